//! Every window that ever was, and what was taken from it. Nothing is forgotten, so that a restart changes nothing.

use std::collections::HashMap;

/// What a call would take from one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) counter: String,
    /// Seconds.
    pub(super) window: u64,
    pub(super) max: u64,
    pub(super) amount: u64,
    pub(super) rows: bool,
    pub(super) rule: String,
}

/// What a call took: each want with the start of its window.
#[derive(Debug, Clone)]
pub(super) struct Held(pub(super) Vec<(Wanted, i64)>);

/// A want that does not fit, and how many milliseconds until it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) wanted: Wanted,
    pub(super) wait: Option<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    taken: HashMap<(String, i64), u128>,
    pub(super) newest: i64,
}

impl Ledger {
    /// The moment that counts: never before the newest one seen.
    fn moment(&mut self, now: i64) -> i64 {
        self.newest = self.newest.max(now);
        self.newest
    }

    fn taken(&self, wanted: &Wanted, start: i64) -> u128 {
        self.taken.get(&(wanted.counter.clone(), start)).copied().unwrap_or(0)
    }

    /// What is taken in the window of this moment.
    pub(super) fn taken_at(&self, wanted: &Wanted, now: i64) -> u128 {
        self.taken(wanted, start(wanted, self.newest.max(now)))
    }

    /// Seconds until the next window, rounded up.
    pub(super) fn until_next(&self, wanted: &Wanted, now: i64) -> u64 {
        let now = self.newest.max(now);
        u64::try_from(start(wanted, now) + length(wanted) - now).unwrap().div_ceil(1_000)
    }

    /// Every want that does not fit at this moment.
    pub(super) fn spent<'w>(&self, wants: impl IntoIterator<Item = &'w Wanted>, now: i64) -> Vec<Spent> {
        let now = self.newest.max(now);
        let mut spent = Vec::new();
        for wanted in wants {
            let taken = self.taken(wanted, start(wanted, now));
            let full = if wanted.rows {
                taken >= u128::from(wanted.max)
            } else {
                taken + u128::from(wanted.amount) > u128::from(wanted.max)
            };
            if full {
                let wait = start(wanted, now) + length(wanted) - now;
                spent.push(Spent { wanted: wanted.clone(), wait: Some(wait).filter(|_| wanted.amount <= wanted.max) });
            }
        }
        spent
    }

    /// Takes all, or nothing.
    pub(super) fn reserve(&mut self, wants: &[Wanted], now: i64) -> Result<Held, Vec<Spent>> {
        let now = self.moment(now);
        let spent = self.spent(wants, now);
        if !spent.is_empty() {
            return Err(spent);
        }
        Ok(Held(wants.iter().map(|wanted| (wanted.clone(), self.take(wanted, wanted.amount, now))).collect()))
    }

    /// Moves what a call took into the windows of now, or nothing of it.
    pub(super) fn move_to(&mut self, held: &mut Held, now: i64) -> Result<(), Vec<Spent>> {
        let now = self.moment(now);
        let elsewhere = held.0.iter().filter(|(wanted, from)| *from != start(wanted, now) || wanted.rows);
        let wants: Vec<Wanted> = elsewhere.map(|(wanted, _)| wanted.clone()).collect();
        let spent = self.spent(&wants, now);
        if !spent.is_empty() {
            return Err(spent);
        }
        for (wanted, from) in &mut held.0 {
            *self.taken.entry((wanted.counter.clone(), *from)).or_default() -= u128::from(wanted.amount);
            *from = self.take(wanted, wanted.amount, now);
        }
        Ok(())
    }

    /// Gives back what a call took that did not run.
    pub(super) fn give_back(&mut self, held: &Held) {
        for (wanted, from) in &held.0 {
            *self.taken.entry((wanted.counter.clone(), *from)).or_default() -= u128::from(wanted.amount);
        }
    }

    /// Charges the rows that a call returned, in the windows of now.
    pub(super) fn settle(&mut self, held: &Held, rows: u64, now: i64) -> Vec<(Wanted, i64)> {
        let now = self.moment(now);
        let counted = held.0.iter().filter(|(wanted, _)| wanted.rows && rows > 0);
        counted.map(|(wanted, _)| (Wanted { amount: rows, ..wanted.clone() }, self.take(wanted, rows, now))).collect()
    }

    /// How many rows fit until the first quota is spent.
    pub(super) fn rows_left(&mut self, held: &Held, now: i64) -> Option<u64> {
        let now = self.moment(now);
        let limits = held.0.iter().filter(|(wanted, _)| wanted.rows);
        let left =
            limits.map(|(wanted, _)| u128::from(wanted.max).saturating_sub(self.taken(wanted, start(wanted, now))));
        left.min().map(|left| u64::try_from(left).unwrap())
    }

    fn take(&mut self, wanted: &Wanted, amount: u64, now: i64) -> i64 {
        let start = start(wanted, now);
        *self.taken.entry((wanted.counter.clone(), start)).or_default() += u128::from(amount);
        start
    }
}

fn length(wanted: &Wanted) -> i64 {
    i64::try_from(wanted.window).unwrap() * 1_000
}

/// When the window that holds the moment began, aligned to UTC.
pub(super) fn start(wanted: &Wanted, moment: i64) -> i64 {
    moment - moment.rem_euclid(length(wanted))
}
