//! What a tool's schema says of the value that a path leads to.

use super::source::{Node, Value};

/// What stands at the end of a path, as far as the schema says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    Bool,
    Object,
    List,
    /// The path leads through a list of objects.
    ThroughList,
    /// Anything.
    Unknown,
}

/// Follows the keys through the schema of a tool's arguments; an unknown tool has none.
pub(super) fn of(schema: Option<&serde_json::Value>, keys: &[&str]) -> Shape {
    let Some(mut schema) = schema else { return Shape::Unknown };
    for key in keys {
        if schema.get("items").is_some() {
            return Shape::ThroughList;
        }
        match schema.get("properties").and_then(|properties| properties.get(*key)) {
            Some(inner) => schema = inner,
            None => return Shape::Unknown,
        }
    }
    match schema.get("type").and_then(|kind| kind.as_str()) {
        Some("string") => Shape::Text,
        Some("integer" | "number") => Shape::Number,
        Some("boolean") => Shape::Bool,
        Some("object") => Shape::Object,
        Some("array") => Shape::List,
        _ => Shape::Unknown,
    }
}

impl Shape {
    /// Whether a value here may be a list, which conditions look into.
    pub(super) fn may_be_list(self) -> bool {
        matches!(self, Self::List | Self::ThroughList | Self::Unknown)
    }

    /// Whether what a condition compares with is of the only type that stands here.
    pub(super) fn takes(self, op: &str, value: &Node) -> bool {
        match &value.value {
            _ if op == "exists" => true,
            _ if op == "contains" => self == Self::Text && matches!(value.value, Value::Text(_)),
            Value::List(items) => items.iter().all(|item| self.takes(op, item)),
            Value::Text(_) => self == Self::Text,
            Value::Number(_) => self == Self::Number,
            Value::Bool(_) => self == Self::Bool,
            _ => false,
        }
    }
}
