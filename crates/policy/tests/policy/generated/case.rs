//! One case: layers, calls, and what happens.

use gatehouse_core::CallFacts;
use gatehouse_policy::ConnectionFacts;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A number of a policy that `serde_json` would change, kept as its text.
const LITERAL: &str = "literal";

/// Policies, calls and a history.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// Names and policies. Numbers that are compared with stand as literals.
    pub(crate) layers: Vec<(String, Value)>,
    pub(crate) calls: Vec<Call>,
    pub(crate) history: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) facts: CallFacts,
    pub(crate) arguments: Value,
    pub(crate) connection: Option<ConnectionFacts>,
    pub(crate) agent: String,
}

/// Indices are taken modulo what there is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// The call is judged, and its charges reserved.
    Call(usize),
    /// The call that holds this reservation runs now, if it may.
    Move(usize),
    /// It ran and returned so many rows.
    Settle(usize, u64),
    /// It did not run.
    GiveBack(usize),
    /// The clock moves, in milliseconds, forth or back.
    Jump(i64),
    /// Everything in memory is lost and rebuilt from the charges.
    Restart,
}

pub(crate) fn of_literal(text: &str) -> Value {
    json!({ LITERAL: text })
}

/// The text of a literal.
pub(crate) fn literal(value: &Value) -> Option<&str> {
    value.get(LITERAL).and_then(Value::as_str)
}

/// A policy as text, its literals bare.
pub(crate) fn text(policy: &Value) -> String {
    let mut text = String::new();
    write(policy, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        _ if literal(value).is_some() => text.push_str(literal(value).unwrap()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                text.push(if index == 0 { '[' } else { ',' });
                write(item, text);
            }
            text.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Value::Object(keys) => {
            for (index, (key, value)) in keys.iter().enumerate() {
                text.push(if index == 0 { '{' } else { ',' });
                text.push_str(&serde_json::to_string(key).unwrap());
                text.push(':');
                write(value, text);
            }
            text.push_str(if keys.is_empty() { "{}" } else { "}" });
        }
        other => text.push_str(&other.to_string()),
    }
}

impl Case {
    /// As a person reads it.
    pub(crate) fn told(&self) -> String {
        let mut told = String::new();
        for (name, policy) in &self.layers {
            writeln!(told, "{name}: {}", text(policy)).unwrap();
        }
        let made =
            |index| self.history.iter().any(|step| matches!(step, Step::Call(any) if any % self.calls.len() == index));
        for (index, call) in self.calls.iter().enumerate().filter(|(index, _)| made(*index)) {
            let connection = call.connection.as_ref();
            writeln!(told, "call {index} of {}, {}, {connection:?}, {:?}", call.agent, call.arguments, call.facts)
                .unwrap();
        }
        writeln!(told, "{:?}", self.history).unwrap();
        told
    }
}
