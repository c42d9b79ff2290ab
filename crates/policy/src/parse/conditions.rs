//! Conditions: a path that the tool has, an operator, and an operand of the type it needs.

use super::{Parser, Scope};
use crate::condition::{Condition, Operand, Test};
use crate::decimal::Decimal;
use crate::json::{Node, Value};
use crate::path::Path;
use crate::problem::did_you_mean;
use gatehouse_core::ToolDefinition;
use std::collections::HashMap;

/// The largest compiled regular expression, in bytes.
const MAX_REGEX: usize = 1 << 20;

impl Parser<'_> {
    pub(super) fn conditions(&mut self, keys: &HashMap<&str, &Node>, at: &str, scope: Scope<'_>) -> Vec<Condition> {
        let Some(node) = keys.get("conditions") else { return Vec::new() };
        let at = format!("{at}/conditions");
        let mut conditions = Vec::new();
        for (index, item) in self.list(node, &at).iter().enumerate() {
            conditions.extend(self.condition(item, &format!("{at}/{index}"), scope));
        }
        conditions
    }

    fn condition(&mut self, node: &Node, at: &str, scope: Scope<'_>) -> Option<Condition> {
        let keys = self.object(node, at, &["path", "op", "value"])?;
        self.required(node, &keys, at, &["path", "op", "value"]);
        let path = keys.get("path").and_then(|node| self.path(node, &format!("{at}/path"), scope));
        let test = match (keys.get("op"), keys.get("value")) {
            (Some(op), Some(value)) => self.test(op, value, at),
            _ => None,
        };
        Some(Condition { path: path?, test: test? })
    }

    pub(super) fn path(&mut self, node: &Node, at: &str, scope: Scope<'_>) -> Option<Path> {
        let Value::Text(text) = &node.value else {
            self.report(node.place, at, format!("A path is a text, not {}.", node.value.kind()));
            return None;
        };
        let checked = Path::parse(text).and_then(|path| match &path {
            Path::Arguments(_) if scope.every_tool => {
                Err("Limits of all tools cannot count an argument: tools differ in theirs.".to_owned())
            }
            Path::Arguments(keys) => match scope.tool {
                Some(tool) => has_argument(tool, keys).map(|()| path),
                None => Ok(path),
            },
            Path::Fact(_) => Ok(path),
        });
        checked.map_err(|message| self.report(node.place, at, message)).ok()
    }

    fn test(&mut self, op: &Node, value: &Node, at: &str) -> Option<Test> {
        const OPS: [&str; 11] = ["eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists"];
        let name = match &op.value {
            Value::Text(name) if OPS.contains(&name.as_str()) => name.as_str(),
            Value::Text(name) => {
                let near = did_you_mean(name, OPS.into_iter());
                self.report(
                    op.place,
                    format!("{at}/op"),
                    format!("“{name}” is not an operator; they are {}.{near}", OPS.join(", ")),
                );
                return None;
            }
            other => {
                self.report(op.place, format!("{at}/op"), format!("An operator is a text, not {}.", other.kind()));
                return None;
            }
        };
        let result = match name {
            "eq" => operand(value).map(Test::Eq),
            "neq" => operand(value).map(Test::Neq),
            "contains" => operand(value).map(Test::Contains),
            "in" => operands(value).map(Test::In),
            "not_in" => operands(value).map(Test::NotIn),
            "lt" => number(value, name).map(Test::Lt),
            "lte" => number(value, name).map(Test::Lte),
            "gt" => number(value, name).map(Test::Gt),
            "gte" => number(value, name).map(Test::Gte),
            "regex" => regex(value).map(Test::Regex),
            _ => match value.value {
                Value::Bool(wanted) => Ok(Test::Exists(wanted)),
                _ => Err("“exists” compares with true or false.".to_owned()),
            },
        };
        result.map_err(|message| self.report(value.place, format!("{at}/value"), message)).ok()
    }
}

fn operand(node: &Node) -> Result<Operand, String> {
    match &node.value {
        Value::Text(text) => Ok(Operand::Text(text.clone())),
        Value::Number(number) => Ok(Operand::Number(number.clone())),
        Value::Bool(flag) => Ok(Operand::Bool(*flag)),
        Value::Null => Err("null cannot be compared with; use the operator exists.".to_owned()),
        other => Err(format!("This operator compares with one text, number, true or false, not {}.", other.kind())),
    }
}

fn operands(node: &Node) -> Result<Vec<Operand>, String> {
    match &node.value {
        Value::List(items) if !items.is_empty() => items.iter().map(operand).collect(),
        _ => Err("This operator compares with a list that is not empty.".to_owned()),
    }
}

fn number(node: &Node, op: &str) -> Result<Decimal, String> {
    match &node.value {
        Value::Number(number) => Ok(number.clone()),
        other => Err(format!("“{op}” compares with a number, not {}.", other.kind())),
    }
}

fn regex(node: &Node) -> Result<regex::Regex, String> {
    let Value::Text(pattern) = &node.value else {
        return Err(format!("A regular expression is a text, not {}.", node.value.kind()));
    };
    regex::RegexBuilder::new(pattern).size_limit(MAX_REGEX).build().map_err(|error| {
        let last = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        format!("This is not a regular expression that can be used: {last}.")
    })
}

/// Whether the tool takes such an argument, as far as its schema says.
fn has_argument(tool: &ToolDefinition, keys: &[String]) -> Result<(), String> {
    let mut schema = &tool.input_schema;
    for (index, key) in keys.iter().enumerate() {
        while let Some(items) = schema.get("items") {
            schema = items;
        }
        let Some(properties) = schema.get("properties").and_then(|p| p.as_object()) else { return Ok(()) };
        match properties.get(key) {
            Some(inner) => schema = inner,
            None if index > 0
                && schema.get("additionalProperties").is_none_or(|more| *more != serde_json::Value::Bool(false)) =>
            {
                return Ok(());
            }
            None => {
                let near = did_you_mean(key, properties.keys().map(String::as_str));
                return Err(format!("{} has no argument “{}”.{near}", tool.name, keys[..=index].join(".")));
            }
        }
    }
    Ok(())
}
