use crate::error::StoreError;
use crate::store::Store;
use gatehouse_core::{CallId, Charge, JournalEntry, JournalEvent, Timestamp};
use std::collections::HashMap;

impl Store {
    /// What calls since a moment took from limits and did not get back, in the order they were made. At the app's
    /// start, a day back rebuilds every counter.
    pub fn charges_since(&self, since: Timestamp) -> Result<Vec<(Timestamp, Charge)>, StoreError> {
        self.read(|read| {
            let mut statement = read.prepare_cached(
                "SELECT seq, at, event FROM journal
                 WHERE at >= ?1 AND kind IN ('call', 'intent', 'settled') ORDER BY seq",
            )?;
            let mut rows = statement.query([since.as_millis()])?;
            let mut taken = Taken::default();
            while let Some(row) = rows.next()? {
                let seq: i64 = row.get(0)?;
                let text: String = row.get(2)?;
                let event = serde_json::from_str(&text)
                    .map_err(|_| StoreError::Unreadable { what: format!("Entry {seq} of the journal") })?;
                taken.add(Timestamp::from_millis(row.get(1)?), event);
            }
            Ok(taken.left())
        })
    }
}

/// The same of entries that were read already, in the order they were made.
pub fn charges_of(entries: impl IntoIterator<Item = JournalEntry>) -> Vec<(Timestamp, Charge)> {
    let mut taken = Taken::default();
    for entry in entries {
        taken.add(entry.at, entry.event);
    }
    taken.left()
}

#[derive(Default)]
struct Taken {
    charges: Vec<(Timestamp, Charge)>,
    of_call: HashMap<CallId, Vec<usize>>,
}

impl Taken {
    fn left(self) -> Vec<(Timestamp, Charge)> {
        self.charges.into_iter().filter(|(_, charge)| charge.amount > 0).collect()
    }

    fn add(&mut self, at: Timestamp, event: JournalEvent) {
        match event {
            JournalEvent::Call { call, of, .. } | JournalEvent::Intent { call, of } => self.take(at, &call, of.charges),
            JournalEvent::Settled { call, given_back, charges, .. } => {
                for charge in &given_back {
                    self.give_back(&call, charge);
                }
                self.take(at, &call, charges);
            }
            _ => {}
        }
    }

    fn take(&mut self, at: Timestamp, call: &CallId, charges: Vec<Charge>) {
        for charge in charges {
            self.of_call.entry(call.clone()).or_default().push(self.charges.len());
            self.charges.push((at, charge));
        }
    }

    /// Never more than the call took.
    fn give_back(&mut self, call: &CallId, given: &Charge) {
        let mut left = given.amount;
        for index in self.of_call.get(call).into_iter().flatten() {
            let taken = &mut self.charges[*index].1;
            let is_same = (&taken.counter, taken.window, taken.window_start)
                == (&given.counter, given.window, given.window_start);
            if is_same {
                let back = left.min(taken.amount);
                taken.amount -= back;
                left -= back;
            }
        }
    }
}
