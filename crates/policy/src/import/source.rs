//! A text from elsewhere as a tree: JSON, or YAML as far as its readers agree on it. Everything keeps its place, and
//! what would make the tree large, deep or ambiguous is refused in words.

mod yaml;

use crate::PolicyProblem;
use crate::json::{self, Places};
use crate::problem::token;
use std::collections::HashSet;
use yaml::yaml;

/// The longest text, in bytes.
const MAX_TEXT: usize = 1_000_000;
/// How many values a text may stand for, with every alias and every rule for all tools written out.
pub(super) const MAX_NODES: usize = 200_000;
/// Line and character, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A value and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// A key of an object, where it begins, and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As JSON writes it.
    Number(String),
    Text(String),
    /// A YAML word that one reader takes for a text and another for something else: `yes`, `017`, `2026-01-01`.
    Odd(String),
    List(Vec<Node>),
    Object(Vec<Entry>),
}

impl Node {
    /// The entries of an object, else none.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Object(entries) => entries,
            _ => &[],
        }
    }

    /// How many values it is, itself included.
    pub(super) fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::size).sum(),
            Value::Object(entries) => entries.iter().map(|entry| entry.node.size()).sum(),
            _ => 0,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// Words: a text, or a YAML word that some take for more.
    pub(super) fn words(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Odd(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn whole(&self) -> Option<u64> {
        match &self.value {
            Value::Number(text) => crate::decimal::Decimal::parse(text)?.whole(),
            _ => None,
        }
    }

    /// As JSON text, where a condition may compare with it.
    pub(super) fn operand(&self) -> Result<String, String> {
        match &self.value {
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Number(text) => Ok(text.clone()),
            Value::Text(text) => Ok(quoted(text)),
            Value::List(items) => {
                let items: Result<Vec<String>, String> = items.iter().map(Self::operand).collect();
                Ok(format!("[{}]", items?.join(", ")))
            }
            Value::Null => Err("Nothing can be compared with null; use the operator exists.".to_owned()),
            Value::Object(_) => Err("Nothing can be compared with an object.".to_owned()),
            Value::Odd(text) => Err(format!(
                "Readers of YAML differ about {text}: put it in quotes, or write it as JSON would (true, 15, 0.5)."
            )),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) | Value::Odd(_) => "a text",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

/// A text as JSON writes it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Reads a text. The flag says whether it is JSON.
pub(super) fn read(text: &str) -> Result<(Node, bool), Vec<PolicyProblem>> {
    if text.len() > MAX_TEXT {
        return Err(vec![refusal(Place { line: 1, column: 1 }, "The text is longer than one megabyte.")]);
    }
    let (node, is_json) = match json::read(text) {
        Ok(node) => (from_json(&node, &mut Places::of(text)), true),
        // What begins like JSON may still be YAML; when it is not, the complaint about the JSON is the clearer one.
        Err(problem) => match yaml(text) {
            Ok(node) => (node, false),
            Err(_) if looks_like_json(text) => return Err(vec![problem]),
            Err(problem) => return Err(vec![problem]),
        },
    };
    let mut problems = Vec::new();
    repeated(&node, "", &mut problems);
    problems.sort_by_key(|problem| (problem.line, problem.column));
    if problems.is_empty() { Ok((node, is_json)) } else { Err(problems) }
}

fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('[') || text.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'))
}

fn refusal(place: Place, message: impl Into<String>) -> PolicyProblem {
    PolicyProblem { pointer: String::new(), line: place.line, column: place.column, message: message.into() }
}

/// A key that stands twice: readers differ about which one counts.
fn repeated(node: &Node, at: &str, problems: &mut Vec<PolicyProblem>) {
    match &node.value {
        Value::Object(entries) => {
            let mut seen = HashSet::new();
            for entry in entries {
                let here = format!("{at}/{}", token(&entry.key));
                if !seen.insert(entry.key.as_str()) {
                    problems.push(PolicyProblem {
                        pointer: here.clone(),
                        ..refusal(entry.place, format!("The key “{}” stands twice.", entry.key))
                    });
                }
                repeated(&entry.node, &here, problems);
            }
        }
        Value::List(items) => {
            items.iter().enumerate().for_each(|(index, item)| repeated(item, &format!("{at}/{index}"), problems));
        }
        _ => {}
    }
}

fn from_json(node: &json::Node<'_>, places: &mut Places<'_>) -> Node {
    let place = place_of(node.at, places);
    let value = match &node.value {
        json::Value::Null => Value::Null,
        json::Value::Bool(flag) => Value::Bool(*flag),
        json::Value::Number(number) => Value::Number(number.to_string()),
        json::Value::Text(text) => Value::Text(text.to_string()),
        json::Value::List(items) => Value::List(items.iter().map(|item| from_json(item, places)).collect()),
        json::Value::Object(entries) => {
            let entry = |entry: &json::Entry<'_>, places: &mut Places<'_>| Entry {
                key: entry.key.to_string(),
                place: place_of(entry.key_at, places),
                node: from_json(&entry.node, places),
            };
            Value::Object(entries.iter().map(|one| entry(one, places)).collect())
        }
    };
    Node { place, value }
}

fn place_of(at: usize, places: &mut Places<'_>) -> Place {
    let (line, column) = places.at(at);
    Place { line, column }
}
