use crate::Window;
use gatehouse_core::{Charge, Denial, Retry, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// What a call would take from one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRequest {
    /// Layer, agent and counter: `connection:con_…/claude-code/writes`.
    pub counter: String,
    /// How long a window is.
    pub window: Window,
    /// How much fits into one window.
    pub max: u64,
    /// How much the call takes; zero for rows, which are charged when they were counted.
    pub amount: u64,
    /// Rows returned are charged at settling; until then it only matters that the quota is not spent.
    pub rows: bool,
    /// The rule that sets the limit.
    pub rule: String,
}

/// What was taken, all of it in the windows of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// One for each request, in its order; those of rows are of amount zero.
    pub charges: Vec<Charge>,
    requests: Vec<ChargeRequest>,
}

/// A limit is spent; nothing was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full {
    /// The rule that sets the limit.
    pub rule: String,
    /// How much fits into one window.
    pub max: u64,
    /// The window.
    pub window: Window,
    /// How long until the next window; none when the call alone is more than fits into one.
    pub retry_after: Option<Duration>,
}

impl Full {
    /// As a refusal in words.
    pub fn denial(&self) -> Denial {
        let per = self.window.as_str();
        let (message, retry) = match self.retry_after {
            Some(wait) => {
                let retry = Retry::after(wait);
                let seconds = wait.as_millis().div_ceil(1000);
                (format!("The limit of {} per {per} is spent. Try again in {seconds} s.", self.max), retry)
            }
            None => (
                format!("This call alone is more than the limit of {} per {per}. Make it smaller.", self.max),
                Retry::WhenChanged,
            ),
        };
        Denial { rule: self.rule.clone(), message, retry }
    }
}

/// How much of each limit is spent in its window of now. Kept in memory; rebuilt from the journal's charges at start.
///
/// Time never runs backwards here: a moment before the newest one seen counts as the newest, so that setting a clock back
/// neither resets a quota nor opens an old window again.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    newest: Option<Timestamp>,
    spent: HashMap<(String, u64), Spent>,
}

#[derive(Debug, Clone, Copy)]
struct Spent {
    window_start: Timestamp,
    amount: u64,
}

impl Limits {
    /// Nothing is spent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes all that is asked for, or nothing.
    pub fn reserve(&mut self, requests: &[ChargeRequest], now: Timestamp) -> Result<Reservation, Full> {
        let now = self.advance(now);
        self.check(requests, now)?;
        let charges = requests.iter().map(|request| self.take(request, request.amount, now)).collect();
        Ok(Reservation { charges, requests: requests.to_vec() })
    }

    /// Whether all that is asked for would fit; takes nothing.
    pub fn peek(&mut self, requests: &[ChargeRequest], now: Timestamp) -> Result<(), Full> {
        let now = self.advance(now);
        self.check(requests, now)
    }

    /// Moves a reservation into the windows of `now`, where the call runs. When one of them is full nothing changes: the
    /// reservation stays where it is.
    pub fn move_to(&mut self, reservation: &Reservation, now: Timestamp) -> Result<Reservation, Full> {
        let now = self.advance(now);
        self.give_back_all(reservation);
        match self.check(&reservation.requests, now) {
            Ok(()) => {
                let charges = reservation.requests.iter().map(|r| self.take(r, r.amount, now)).collect();
                Ok(Reservation { charges, requests: reservation.requests.clone() })
            }
            Err(full) => {
                for charge in &reservation.charges {
                    self.add(charge);
                }
                Err(full)
            }
        }
    }

    /// The call ran and returned so many rows: charges them. More than what was left is charged all the same, and the
    /// next call is refused.
    pub fn settle_rows(&mut self, reservation: &Reservation, rows: u64, now: Timestamp) -> Vec<Charge> {
        let now = self.advance(now);
        let counted = reservation.requests.iter().filter(|request| request.rows && rows > 0);
        counted.map(|request| self.take(request, rows, now)).collect()
    }

    /// How many rows fit until the first limit on rows is spent; none when there is no such limit.
    pub fn rows_left(&mut self, reservation: &Reservation, now: Timestamp) -> Option<u64> {
        let now = self.advance(now);
        let counted = reservation.requests.iter().filter(|request| request.rows);
        counted.map(|request| request.max.saturating_sub(self.spent_in(request, now))).min()
    }

    /// Gives a charge back: the call provably did not run. A charge of a window that has passed is gone anyway.
    pub fn give_back(&mut self, charge: &Charge) {
        if let Some(spent) = self.spent.get_mut(&key(charge))
            && spent.window_start == charge.window_start
        {
            spent.amount = spent.amount.saturating_sub(charge.amount);
        }
    }

    /// Gives back everything that was reserved together.
    pub fn give_back_all(&mut self, reservation: &Reservation) {
        for charge in &reservation.charges {
            self.give_back(charge);
        }
    }

    /// Counts charges of the journal again, at start; those that were given back must be left out. `newest` is the
    /// moment of the journal's newest entry.
    pub fn restore(&mut self, charges: impl IntoIterator<Item = Charge>, newest: Timestamp) {
        self.advance(newest);
        for charge in charges {
            self.advance(charge.window_start);
            self.add(&charge);
        }
    }

    /// The moment that counts.
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        let moment = self.newest.map_or(now, |newest| newest.max(now));
        self.newest = Some(moment);
        moment
    }

    fn check(&self, requests: &[ChargeRequest], now: Timestamp) -> Result<(), Full> {
        for (index, request) in requests.iter().enumerate() {
            // Requests of one counter add up.
            let earlier = requests[..index]
                .iter()
                .filter(|other| other.counter == request.counter && other.window == request.window);
            let earlier = earlier.fold(0_u64, |sum, other| sum.saturating_add(other.amount));
            let spent = self.spent_in(request, now).saturating_add(earlier);
            let fits =
                if request.rows { spent < request.max } else { spent.saturating_add(request.amount) <= request.max };
            if !fits {
                let end = request.window.start(now).plus(Duration::from_secs(request.window.seconds()));
                let ever_fits = if request.rows { request.max > 0 } else { request.amount <= request.max };
                return Err(Full {
                    rule: request.rule.clone(),
                    max: request.max,
                    window: request.window,
                    retry_after: ever_fits.then(|| end.since(now)),
                });
            }
        }
        Ok(())
    }

    fn spent_in(&self, request: &ChargeRequest, now: Timestamp) -> u64 {
        let start = request.window.start(now);
        let spent = self.spent.get(&(request.counter.clone(), request.window.seconds()));
        spent.filter(|spent| spent.window_start == start).map_or(0, |spent| spent.amount)
    }

    fn take(&mut self, request: &ChargeRequest, amount: u64, now: Timestamp) -> Charge {
        let charge = Charge {
            counter: request.counter.clone(),
            window: request.window.seconds(),
            window_start: request.window.start(now),
            amount,
        };
        self.add(&charge);
        charge
    }

    /// Adds a charge to its window; a window that has passed is not opened again.
    fn add(&mut self, charge: &Charge) {
        let spent = self.spent.entry(key(charge)).or_insert(Spent { window_start: charge.window_start, amount: 0 });
        if charge.window_start > spent.window_start {
            *spent = Spent { window_start: charge.window_start, amount: 0 };
        }
        if charge.window_start == spent.window_start {
            spent.amount = spent.amount.saturating_add(charge.amount);
        }
    }
}

fn key(charge: &Charge) -> (String, u64) {
    (charge.counter.clone(), charge.window)
}
