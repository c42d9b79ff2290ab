//! Conditions: a path that the tool has, an operator, and an operand of the type it needs.

use super::pointer::At;
use super::{Parser, Scope};
use crate::condition::{Condition, Operand, Test};
use crate::decimal::Decimal;
use crate::json::{Node, Value};
use crate::path::Path;
use crate::problem::did_you_mean;
use gatehouse_core::ToolDefinition;
use regex::{Regex, RegexBuilder};

/// The largest compiled regular expression, in bytes.
const MAX_REGEX: usize = 1 << 20;
/// How many of them are compiled: each may take some milliseconds.
pub(super) const MAX_PATTERNS: usize = 1_000;

const OPS: [&str; 11] = ["eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists"];

impl<'a> Parser<'a> {
    pub(super) fn conditions(&mut self, node: Option<&Node<'_>>, at: &At<'_>, scope: Scope<'a>) -> Vec<Condition> {
        let Some(node) = node else { return Vec::new() };
        let at = &at.key("conditions");
        let items = self.list(node, at);
        let mut conditions = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            conditions.extend(self.condition(item, &at.index(index), scope));
        }
        conditions
    }

    fn condition(&mut self, node: &Node<'_>, at: &At<'_>, scope: Scope<'a>) -> Option<Condition> {
        let [path, op, value] = self.object(node, at, ["path", "op", "value"])?;
        self.required(node, at, [("path", path), ("op", op), ("value", value)]);
        let path = path.and_then(|node| self.path(node, &at.key("path"), scope));
        let test = op.zip(value).and_then(|(op, value)| self.test(op, value, at));
        Some(Condition { path: path?, test: test? })
    }

    pub(super) fn path(&mut self, node: &Node<'_>, at: &At<'_>, scope: Scope<'a>) -> Option<Path> {
        let Value::Text(text) = &node.value else {
            self.report(node, at, format!("A path is a text, not {}.", node.value.kind()));
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
        checked.map_err(|message| self.report(node, at, message)).ok()
    }

    fn test(&mut self, op: &Node<'_>, value: &Node<'_>, at: &At<'_>) -> Option<Test> {
        let name = match &op.value {
            Value::Text(name) if OPS.contains(&name.as_ref()) => name.as_ref(),
            Value::Text(name) => {
                let near = did_you_mean(name, OPS.into_iter());
                let message = format!("“{name}” is not an operator; they are {}.{near}", OPS.join(", "));
                self.report(op, &at.key("op"), message);
                return None;
            }
            other => {
                self.report(op, &at.key("op"), format!("An operator is a text, not {}.", other.kind()));
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
            "regex" => self.regex(value).map(Test::Regex),
            _ => match value.value {
                Value::Bool(wanted) => Ok(Test::Exists(wanted)),
                _ => Err("“exists” compares with true or false.".to_owned()),
            },
        };
        result.map_err(|message| self.report(value, &at.key("value"), message)).ok()
    }

    fn regex(&mut self, node: &Node<'_>) -> Result<Regex, String> {
        let Value::Text(pattern) = &node.value else {
            return Err(format!("A regular expression is a text, not {}.", node.value.kind()));
        };
        if let Some(known) = self.regexes.get(pattern.as_ref()) {
            return Ok(known.clone());
        }
        if self.compiled == MAX_PATTERNS {
            return Err(format!("The policy has more than {MAX_PATTERNS} different regular expressions."));
        }
        self.compiled += 1;
        let regex = RegexBuilder::new(pattern).size_limit(MAX_REGEX).build().map_err(|error| {
            let last = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
            format!("This is not a regular expression that can be used: {last}.")
        })?;
        self.regexes.insert(pattern.to_string(), regex.clone());
        Ok(regex)
    }
}

fn operand(node: &Node<'_>) -> Result<Operand, String> {
    match &node.value {
        Value::Text(text) => Ok(Operand::Text(text.to_string())),
        Value::Number(number) => Ok(Operand::Number(number.clone())),
        Value::Bool(flag) => Ok(Operand::Bool(*flag)),
        Value::Null => Err("null cannot be compared with; use the operator exists.".to_owned()),
        other => Err(format!("This operator compares with one text, number, true or false, not {}.", other.kind())),
    }
}

fn operands(node: &Node<'_>) -> Result<Vec<Operand>, String> {
    match &node.value {
        Value::List(items) if !items.is_empty() => items.iter().map(operand).collect(),
        _ => Err("This operator compares with a list that is not empty.".to_owned()),
    }
}

fn number(node: &Node<'_>, op: &str) -> Result<Decimal, String> {
    match &node.value {
        Value::Number(number) => Ok(number.clone()),
        other => Err(format!("“{op}” compares with a number, not {}.", other.kind())),
    }
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
