//! The arguments of a call, by name.

use serde_json::{Map, Value};

/// Bound arguments; what was not given is null.
pub(crate) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(crate) fn new(given: Map<String, Value>) -> Self {
        Self(given)
    }

    pub(crate) fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).as_str()
    }

    /// A list of names. A text is taken letter by letter, as Python iterates it; anything else is the empty list.
    pub(crate) fn names(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
            Value::String(text) => text.chars().map(String::from).collect(),
            _ => Vec::new(),
        }
    }

    /// A list of ids; what is no number is left out.
    pub(crate) fn ids(&self, name: &str) -> Vec<i64> {
        self.get(name).as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
    }

    /// A number of rows, also as text; anything else is zero.
    pub(crate) fn count(&self, name: &str) -> usize {
        match self.get(name) {
            Value::Number(number) => number.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0),
            Value::String(text) => text.trim().parse().unwrap_or(0),
            _ => 0,
        }
    }

    /// A limit; none, false and **zero** mean all rows, as in Odoo.
    pub(crate) fn limit(&self, name: &str) -> usize {
        match self.count(name) {
            0 => usize::MAX,
            limit => limit,
        }
    }

    pub(crate) fn all(&self) -> &Map<String, Value> {
        &self.0
    }
}
