use crate::Window;
use crate::rule_id::RuleId;
use gatehouse_core::{Charge, Denial, Retry, Timestamp};
use hashbrown::{Equivalent, HashMap};
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

/// The name of a count: layer, agent and counter, as one text with slashes between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CounterId<'a> {
    layer: Cow<'a, str>,
    agent: Cow<'a, str>,
    counter: Cow<'a, str>,
}

impl<'a> CounterId<'a> {
    /// The count of one agent, in one layer.
    pub const fn new(layer: &'a str, agent: &'a str, counter: &'a str) -> Self {
        Self { layer: Cow::Borrowed(layer), agent: Cow::Borrowed(agent), counter: Cow::Borrowed(counter) }
    }

    /// The same, on its own.
    pub fn into_owned(self) -> CounterId<'static> {
        let own = |part: Cow<'_, str>| Cow::Owned(part.into_owned());
        CounterId { layer: own(self.layer), agent: own(self.agent), counter: own(self.counter) }
    }

    fn parts(&self) -> [&str; 3] {
        [&self.layer, &self.agent, &self.counter]
    }
}

/// Reads `layer/agent/counter`; a text without slashes is a counter's name alone.
impl<'a> From<&'a str> for CounterId<'a> {
    fn from(text: &'a str) -> Self {
        let (before, counter) = text.rsplit_once('/').unwrap_or(("", text));
        let (layer, agent) = before.rsplit_once('/').unwrap_or(("", before));
        Self::new(layer, agent, counter)
    }
}

impl fmt::Display for CounterId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [layer, agent, counter] = self.parts();
        for part in [layer, agent].into_iter().filter(|part| !part.is_empty()) {
            write!(f, "{part}/")?;
        }
        f.write_str(counter)
    }
}

/// What a call would take from one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRequest<'a> {
    /// Layer, agent and counter: `connection:con_…/claude-code/writes`.
    pub counter: CounterId<'a>,
    /// How long a window is.
    pub window: Window,
    /// How much fits into one window.
    pub max: u64,
    /// How much the call takes; zero for rows, which are charged when they were counted.
    pub amount: u64,
    /// Rows returned are charged at settling; until then it only matters that the quota is not spent.
    pub rows: bool,
    /// The rule that sets the limit.
    pub rule: RuleId<'a>,
}

impl ChargeRequest<'_> {
    /// The same, on its own.
    pub fn into_owned(self) -> ChargeRequest<'static> {
        let Self { counter, window, max, amount, rows, rule } = self;
        ChargeRequest { counter: counter.into_owned(), window, max, amount, rows, rule: rule.into_owned() }
    }
}

/// What was taken, all of it in the windows of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// One for each request, in its order; those of rows are of amount zero.
    pub charges: Vec<Charge>,
    requests: Vec<ChargeRequest<'static>>,
}

/// A limit is spent; nothing was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Full {
    /// Which of the requests found it spent, from 0.
    pub request: usize,
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
    spent: HashMap<Count, Spent>,
}

/// A count in windows of one length.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Count {
    counter: CounterId<'static>,
    window: u64,
}

/// The same, borrowed.
struct CountOf<'a>(&'a CounterId<'a>, u64);

fn hash_count<H: Hasher>(counter: &CounterId<'_>, window: u64, state: &mut H) {
    counter.parts().hash(state);
    window.hash(state);
}

impl Hash for Count {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_count(&self.counter, self.window, state);
    }
}

impl Hash for CountOf<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_count(self.0, self.1, state);
    }
}

impl Equivalent<Count> for CountOf<'_> {
    fn equivalent(&self, key: &Count) -> bool {
        self.1 == key.window && self.0.parts() == key.counter.parts()
    }
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
    pub fn reserve(&mut self, requests: &[ChargeRequest<'_>], now: Timestamp) -> Result<Reservation, Full> {
        let now = self.advance(now);
        self.check(requests, now)?;
        let charges = requests.iter().map(|request| self.take(request, request.amount, now)).collect();
        Ok(Reservation { charges, requests: requests.iter().cloned().map(ChargeRequest::into_owned).collect() })
    }

    /// Takes all that is asked for and the rows that came of it, or nothing: for calls that are only judged again.
    pub fn charge(&mut self, requests: &[ChargeRequest<'_>], rows: u64, now: Timestamp) -> Result<(), Full> {
        let now = self.advance(now);
        self.check(requests, now)?;
        for request in requests {
            let amount = if request.rows { rows } else { request.amount };
            self.add(&request.counter, request.window.seconds(), request.window.start(now), amount);
        }
        Ok(())
    }

    /// Whether all that is asked for would fit; takes nothing.
    pub fn peek(&self, requests: &[ChargeRequest<'_>], now: Timestamp) -> Result<(), Full> {
        self.check(requests, self.moment(now))
    }

    /// What is spent of a request's limit in its window of `now`, and how long that window still lasts.
    pub fn spent(&self, request: &ChargeRequest<'_>, now: Timestamp) -> (u64, Duration) {
        let now = self.moment(now);
        let end = request.window.start(now).plus(Duration::from_secs(request.window.seconds()));
        (self.spent_in(request, now), end.since(now))
    }

    /// Moves a reservation into the windows of `now`, where the call runs. When one of them is full nothing changes: the
    /// reservation stays where it is.
    pub fn move_to(&mut self, reservation: &Reservation, now: Timestamp) -> Result<Reservation, Full> {
        let now = self.advance(now);
        // What lies in its window already stays there, however full that is by now.
        let pairs = reservation.requests.iter().zip(&reservation.charges);
        let moves = pairs.filter(|(request, charge)| request.rows || charge.window_start != request.window.start(now));
        let moves: Vec<ChargeRequest<'_>> = moves.map(|(request, _)| request.clone()).collect();
        self.check(&moves, now)?;
        self.give_back_all(reservation);
        let charges = reservation.requests.iter().map(|r| self.take(r, r.amount, now)).collect();
        Ok(Reservation { charges, requests: reservation.requests.clone() })
    }

    /// The call ran and returned so many rows: charges them. More than what was left is charged all the same, and the
    /// next call is refused.
    pub fn settle_rows(&mut self, reservation: &Reservation, rows: u64, now: Timestamp) -> Vec<Charge> {
        let now = self.advance(now);
        let counted = reservation.requests.iter().filter(|request| request.rows && rows > 0);
        counted.map(|request| self.take(request, rows, now)).collect()
    }

    /// What so many rows would be charged, taking nothing: for the journal, until they were counted.
    pub fn rows_to_come(&self, reservation: &Reservation, rows: u64, now: Timestamp) -> Vec<Charge> {
        let now = self.moment(now);
        let counted = reservation.requests.iter().filter(|request| request.rows && rows > 0);
        counted.map(|request| charge_of(request, rows, now)).collect()
    }

    /// How many rows fit until the first limit on rows is spent; none when there is no such limit.
    pub fn rows_left(&self, reservation: &Reservation, now: Timestamp) -> Option<u64> {
        let now = self.moment(now);
        let counted = reservation.requests.iter().filter(|request| request.rows);
        counted.map(|request| request.max.saturating_sub(self.spent_in(request, now))).min()
    }

    /// Gives a charge back: the call provably did not run. A charge of a window that has passed is gone anyway.
    pub fn give_back(&mut self, charge: &Charge) {
        if let Some(spent) = self.spent.get_mut(&CountOf(&charge.counter.as_str().into(), charge.window))
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
            self.add_charge(&charge);
        }
    }

    /// Every count as it stands, in its newest window, by name.
    pub fn counts(&self) -> Vec<Charge> {
        let charge = |(count, spent): (&Count, &Spent)| Charge {
            counter: count.counter.to_string(),
            window: count.window,
            window_start: spent.window_start,
            amount: spent.amount,
        };
        let mut counts: Vec<Charge> = self.spent.iter().map(charge).collect();
        counts.sort_by(|a, b| (&a.counter, a.window).cmp(&(&b.counter, b.window)));
        counts
    }

    /// The moment that counts.
    fn moment(&self, now: Timestamp) -> Timestamp {
        self.newest.map_or(now, |newest| newest.max(now))
    }

    fn advance(&mut self, now: Timestamp) -> Timestamp {
        let moment = self.moment(now);
        self.newest = Some(moment);
        moment
    }

    fn check(&self, requests: &[ChargeRequest<'_>], now: Timestamp) -> Result<(), Full> {
        for (index, request) in requests.iter().enumerate() {
            // Requests of one counter add up.
            let earlier = requests[..index]
                .iter()
                .filter(|other| other.window == request.window && other.counter == request.counter);
            let earlier = earlier.fold(0_u64, |sum, other| sum.saturating_add(other.amount));
            let spent = self.spent_in(request, now).saturating_add(earlier);
            let fits =
                if request.rows { spent < request.max } else { spent.saturating_add(request.amount) <= request.max };
            if !fits {
                let end = request.window.start(now).plus(Duration::from_secs(request.window.seconds()));
                let ever_fits = if request.rows { request.max > 0 } else { request.amount <= request.max };
                return Err(Full {
                    request: index,
                    rule: request.rule.to_string(),
                    max: request.max,
                    window: request.window,
                    retry_after: ever_fits.then(|| end.since(now)),
                });
            }
        }
        Ok(())
    }

    fn spent_in(&self, request: &ChargeRequest<'_>, now: Timestamp) -> u64 {
        let start = request.window.start(now);
        let spent = self.spent.get(&CountOf(&request.counter, request.window.seconds()));
        spent.filter(|spent| spent.window_start == start).map_or(0, |spent| spent.amount)
    }

    fn take(&mut self, request: &ChargeRequest<'_>, amount: u64, now: Timestamp) -> Charge {
        let charge = charge_of(request, amount, now);
        self.add(&request.counter, charge.window, charge.window_start, amount);
        charge
    }

    fn add_charge(&mut self, charge: &Charge) {
        self.add(&charge.counter.as_str().into(), charge.window, charge.window_start, charge.amount);
    }

    /// Adds to a window; a window that has passed is not opened again.
    fn add(&mut self, counter: &CounterId<'_>, window: u64, window_start: Timestamp, amount: u64) {
        let Some(spent) = self.spent.get_mut(&CountOf(counter, window)) else {
            let count = Count { counter: counter.clone().into_owned(), window };
            self.spent.insert(count, Spent { window_start, amount });
            return;
        };
        if window_start > spent.window_start {
            *spent = Spent { window_start, amount: 0 };
        }
        if window_start == spent.window_start {
            spent.amount = spent.amount.saturating_add(amount);
        }
    }
}
fn charge_of(request: &ChargeRequest<'_>, amount: u64, now: Timestamp) -> Charge {
    Charge {
        counter: request.counter.to_string(),
        window: request.window.seconds(),
        window_start: request.window.start(now),
        amount,
    }
}
