//! A policy as text again. Reading that text gives the same policy.

use crate::condition::{Condition, Operand, Test};
use crate::decimal::Decimal;
use crate::policy::{ApprovalRule, DefaultAnswer, Hide, Increment, Limit, Policy, Rule, ToolRules};
use std::fmt::Write as _;

impl Policy {
    /// Its JSON, indented by two spaces, with a line feed at the end; tools sorted by name.
    pub fn to_json_pretty(&self) -> String {
        let default = match self.default {
            DefaultAnswer::Allow => "allow",
            DefaultAnswer::Deny => "deny",
        };
        let mut root = vec![("version", text("1")), ("default", text(default))];
        match &self.hide {
            Hide::Every => root.push(("hide", Json::List(vec![text("*")]))),
            Hide::Names(names) if names.is_empty() => {}
            Hide::Names(names) => root.push(("hide", each(names, |name| text(name)))),
        }
        if !self.all_tools.is_empty() {
            root.push(("all_tools", object(vec![("limits", each(&self.all_tools, limit))])));
        }
        if !self.tools.is_empty() {
            let tools: Vec<(&str, Json)> =
                self.tools.iter().map(|(name, rules)| (name.as_str(), tool(rules))).collect();
            root.push(("tools", object(tools)));
        }
        if !self.redact.is_empty() {
            root.push(("redact", each(&self.redact, |glob| text(glob.as_str()))));
        }
        let mut out = String::new();
        object(root).write(&mut out, 0);
        out.push('\n');
        out
    }
}

/// JSON whose numbers are text, and whose keys keep their order.
enum Json {
    Word(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn tool(rules: &ToolRules) -> Json {
    let mut keys = Vec::new();
    if !rules.require.is_empty() {
        keys.push(("require", each(&rules.require, rule)));
    }
    if !rules.deny_if.is_empty() {
        keys.push(("deny_if", each(&rules.deny_if, rule)));
    }
    if !rules.limits.is_empty() {
        keys.push(("limits", each(&rules.limits, limit)));
    }
    if !rules.require_approval.is_empty() {
        keys.push(("require_approval", each(&rules.require_approval, approval)));
    }
    object(keys)
}

fn rule(rule: &Rule) -> Json {
    let mut keys = vec![("conditions", each(&rule.conditions, condition))];
    keys.extend(rule.on_deny.as_deref().map(|words| ("on_deny", text(words))));
    object(keys)
}

fn approval(rule: &ApprovalRule) -> Json {
    let mut keys = vec![("conditions", each(&rule.conditions, condition))];
    keys.extend(rule.reason.as_deref().map(|words| ("reason", text(words))));
    keys.extend(rule.timeout.map(|time| ("timeout", text(&format!("{}s", time.as_secs())))));
    object(keys)
}

fn limit(limit: &Limit) -> Json {
    let mut keys = vec![
        ("counter", text(&limit.counter)),
        ("window", text(limit.window.as_str())),
        ("max", Json::Word(limit.max.to_string())),
        ("scope", text("grant")),
    ];
    let increment = match &limit.increment {
        Increment::Call => None,
        Increment::Records => Some("call.records".to_owned()),
        Increment::Rows => Some("call.rows".to_owned()),
        Increment::Sensitive => Some("call.sensitive".to_owned()),
        Increment::Argument(path) => Some(path.to_string()),
    };
    keys.extend(increment.map(|from| ("increment_from", text(&from))));
    object(keys)
}

fn condition(condition: &Condition) -> Json {
    let (op, value) = match &condition.test {
        Test::Eq(value) => ("eq", operand(value)),
        Test::Neq(value) => ("neq", operand(value)),
        Test::Contains(value) => ("contains", operand(value)),
        Test::In(values) => ("in", each(values, operand)),
        Test::NotIn(values) => ("not_in", each(values, operand)),
        Test::Lt(number) => ("lt", decimal(number)),
        Test::Lte(number) => ("lte", decimal(number)),
        Test::Gt(number) => ("gt", decimal(number)),
        Test::Gte(number) => ("gte", decimal(number)),
        Test::Regex(regex) => ("regex", text(regex.as_str())),
        Test::Exists(wanted) => ("exists", Json::Word(wanted.to_string())),
    };
    object(vec![("path", text(&condition.path.to_string())), ("op", text(op)), ("value", value)])
}

fn operand(operand: &Operand) -> Json {
    match operand {
        Operand::Text(words) => text(words),
        Operand::Number(number) => decimal(number),
        Operand::Bool(flag) => Json::Word(flag.to_string()),
    }
}

fn decimal(number: &Decimal) -> Json {
    Json::Word(number.to_string())
}

fn text(words: &str) -> Json {
    Json::Word(serde_json::Value::from(words).to_string())
}

fn each<T>(items: &[T], print: impl Fn(&T) -> Json) -> Json {
    Json::List(items.iter().map(print).collect())
}

fn object(keys: Vec<(&str, Json)>) -> Json {
    Json::Object(keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

impl Json {
    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Word(word) => out.push_str(word),
            Self::List(items) if items.is_empty() => out.push_str("[]"),
            Self::List(items) if items.iter().all(|item| matches!(item, Self::Word(_))) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    item.write(out, depth);
                }
                out.push(']');
            }
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ",\n" } else { "[\n" });
                    out.push_str(&"  ".repeat(depth + 1));
                    item.write(out, depth + 1);
                }
                let _ = write!(out, "\n{}]", "  ".repeat(depth));
            }
            Self::Object(keys) if keys.is_empty() => out.push_str("{}"),
            Self::Object(keys) => {
                for (index, (key, value)) in keys.iter().enumerate() {
                    out.push_str(if index > 0 { ",\n" } else { "{\n" });
                    let _ = write!(out, "{}{}: ", "  ".repeat(depth + 1), serde_json::Value::from(key.as_str()));
                    value.write(out, depth + 1);
                }
                let _ = write!(out, "\n{}}}", "  ".repeat(depth));
            }
        }
    }
}
