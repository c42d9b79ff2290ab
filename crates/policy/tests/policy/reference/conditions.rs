//! Whether a condition holds, as its rule reads it.

use super::number::Number;
use super::seen::{Seen, seen};
use crate::generated::{Call, literal};
use regex::Regex;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;

/// How a rule reads a doubt, and a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// `deny_if`, `require_approval`: one element is enough, and so is a doubt.
    Suspicion,
    /// `require`: every element must pass, and a doubt does not.
    Requirement,
}

/// Whether every condition of an entry holds.
pub(super) fn entry_holds(entry: &Value, call: &Call, reading: Reading) -> bool {
    entry["conditions"].as_array().unwrap().iter().all(|condition| {
        let found = seen(condition["path"].as_str().unwrap(), call);
        holds(condition["op"].as_str().unwrap(), &condition["value"], &found, reading)
    })
}

fn holds(op: &str, operand: &Value, found: &Seen, reading: Reading) -> bool {
    match found {
        Seen::Missing => op == "exists" && operand == &Value::Bool(false),
        Seen::Unknown => reading == Reading::Suspicion,
        Seen::Along(items) => along(op, operand, items, reading),
        Seen::One(Value::Array(items)) if op != "exists" && op != "contains" => {
            let items: Vec<Seen> = items.iter().map(one).collect();
            along(op, operand, &items, reading)
        }
        Seen::One(value) => compare(op, operand, value).unwrap_or(reading == Reading::Suspicion),
    }
}

fn along(op: &str, operand: &Value, items: &[Seen], reading: Reading) -> bool {
    if items.is_empty() {
        return holds(op, operand, &Seen::Missing, reading);
    }
    let mut results = items.iter().map(|item| holds(op, operand, item, reading));
    match reading {
        Reading::Suspicion => results.any(|holds| holds),
        Reading::Requirement => results.all(|holds| holds),
    }
}

/// An element of a list that is compared with. A list in it is no single value, so it is of another type than any.
fn one(value: &Value) -> Seen {
    match value {
        Value::Null => Seen::Missing,
        Value::Array(_) => Seen::Unknown,
        other => Seen::One(other.clone()),
    }
}

/// Whether the comparison holds; none when the types do not fit.
fn compare(op: &str, operand: &Value, value: &Value) -> Option<bool> {
    match op {
        "eq" => equal(operand, value),
        "neq" => equal(operand, value).map(|equal| !equal),
        "in" => member(operand, value),
        "not_in" => member(operand, value).map(|member| !member),
        "lt" => Some(number(value)? < number(operand)?),
        "lte" => Some(number(value)? <= number(operand)?),
        "gt" => Some(number(value)? > number(operand)?),
        "gte" => Some(number(value)? >= number(operand)?),
        "regex" => Some(matches(operand.as_str().unwrap(), value.as_str()?)),
        "contains" => contains(operand, value),
        "exists" => Some(operand == &Value::Bool(true)),
        other => panic!("no such op: {other}"),
    }
}

fn equal(operand: &Value, value: &Value) -> Option<bool> {
    match (operand, value) {
        (Value::String(a), Value::String(b)) => Some(a == b),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        _ => Some(number(operand)? == number(value)?),
    }
}

/// Whether one of the operands is equal; a doubt when none is even of the value's type.
fn member(operands: &Value, value: &Value) -> Option<bool> {
    let answers: Vec<bool> = operands.as_array().unwrap().iter().filter_map(|operand| equal(operand, value)).collect();
    if answers.is_empty() { None } else { Some(answers.contains(&true)) }
}

/// A substring, or a member of a list; an element of another type leaves a doubt unless another one is equal.
fn contains(operand: &Value, value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => Some(text.contains(operand.as_str()?)),
        Value::Array(items) => {
            let answers: Vec<Option<bool>> = items.iter().map(|item| equal(operand, item)).collect();
            if answers.contains(&Some(true)) {
                Some(true)
            } else if answers.contains(&None) {
                None
            } else {
                Some(false)
            }
        }
        _ => None,
    }
}

pub(super) fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(Number::read(&number.to_string())),
        other => literal(other).map(Number::read),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
    }
    COMPILED.with_borrow_mut(|compiled| {
        compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap()).is_match(text)
    })
}
