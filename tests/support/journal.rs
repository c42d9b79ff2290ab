//! What a journal says about writes and the questions about them.

use serde_json::Value;
use std::collections::BTreeMap;

/// What the journal says, oldest first.
#[derive(Debug, Clone)]
pub struct Journal(Vec<Value>);

impl Journal {
    /// Of the entries that a house gave.
    pub fn of(entries: &Value) -> Self {
        let entries = entries.as_array().expect("a list of entries");
        Self(entries.iter().map(|entry| entry["event"].clone()).collect())
    }

    /// The ids of writes whose intent is there.
    pub fn intents(&self) -> Vec<&str> {
        let intents = self.0.iter().filter(|event| event["kind"] == "intent" && event["tool"] == "odoo_write");
        intents.map(|event| event["call"].as_str().unwrap()).collect()
    }

    /// How the writes ended whose intent is there.
    pub fn ends(&self) -> Vec<&Value> {
        let intents = self.intents();
        let ended = |event: &&Value| event["kind"] == "settled" && intents.contains(&event["call"].as_str().unwrap());
        self.0.iter().filter(ended).collect()
    }

    /// Writes that came to nothing, by their error's code.
    pub fn refused(&self) -> Vec<&str> {
        let calls = self.0.iter().filter(|event| event["kind"] == "call" && event["tool"] == "odoo_write");
        calls.map(|event| event["outcome"]["code"].as_str().unwrap_or_default()).collect()
    }

    /// What was read back.
    pub fn read_back(&self) -> Vec<&str> {
        let found = self.0.iter().filter(|event| event["kind"] == "read_back");
        found.map(|event| event["finding"].as_str().unwrap()).collect()
    }

    /// How the questions about calls moved.
    pub fn moves(&self) -> Vec<&str> {
        let moves = self.0.iter().filter(|event| event["kind"] == "ticket" && event["ticket_kind"] == "call");
        moves.map(|event| event["change"].as_str().unwrap()).collect()
    }

    /// What was taken from each limit and not given back, by counter and start of its window in milliseconds.
    pub fn charges(&self) -> BTreeMap<(String, i64), u64> {
        let mut taken: BTreeMap<(String, i64), u64> = BTreeMap::new();
        for event in &self.0 {
            let each = |name: &str| event[name].as_array().cloned().unwrap_or_default();
            for (name, start, amount) in each("charges").iter().map(parts) {
                *taken.entry((name, start)).or_default() += amount;
            }
            for (name, start, amount) in each("given_back").iter().map(parts) {
                *taken.entry((name, start)).or_default() -= amount;
            }
        }
        taken
    }
}

/// Counter, start of its window in milliseconds, amount.
pub(crate) fn parts(charge: &Value) -> (String, i64, u64) {
    let counter = charge["counter"].as_str().unwrap().to_owned();
    (counter, charge["window_start"].as_i64().unwrap(), charge["amount"].as_u64().unwrap())
}
