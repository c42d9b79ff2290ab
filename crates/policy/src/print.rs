//! A policy as text again. Reading that text gives the same policy.

use crate::condition::{Condition, Operand, Test};
use crate::json::{self, Node};
use crate::outline::{
    ApprovalOutline, ConditionOutline, LimitOutline, PinsOutline, PolicyOutline, RuleOutline, ToolOutline,
};
use crate::policy::{ApprovalRule, DefaultAnswer, Hide, Increment, Limit, Policy, Rule, ToolRules};
use crate::{Managed, decimal::Decimal};
use std::fmt::Write as _;
use std::time::Duration;

impl Policy {
    /// Its JSON, indented by two spaces, with a line feed at the end; tools sorted by name.
    pub fn to_json_pretty(&self) -> String {
        self.outline().print()
    }

    /// The same as plain data.
    pub fn outline(&self) -> PolicyOutline {
        let default = match self.default {
            DefaultAnswer::Allow => "allow",
            DefaultAnswer::Deny => "deny",
        };
        PolicyOutline {
            default: default.to_owned(),
            hide: match &self.hide {
                Hide::Every => vec!["*".to_owned()],
                Hide::Names { listed, .. } => listed.clone(),
            },
            all_tools: self.all_tools.iter().map(limit).collect(),
            tools: self.sorted().into_iter().map(|(name, rules)| tool(name, rules)).collect(),
            redact: self.redact.iter().map(|glob| glob.as_str().to_owned()).collect(),
            pins: PinsOutline::default(),
        }
    }
}

impl Managed {
    /// The same as plain data.
    pub fn outline(&self) -> PolicyOutline {
        PolicyOutline { pins: self.pins.outline(), ..self.policy.outline() }
    }
}

fn tool(name: &str, rules: &ToolRules) -> ToolOutline {
    ToolOutline {
        name: name.to_owned(),
        require: rules.require.iter().map(rule).collect(),
        deny_if: rules.deny_if.iter().map(rule).collect(),
        limits: rules.limits.iter().map(limit).collect(),
        require_approval: rules.require_approval.iter().map(approval).collect(),
    }
}

fn rule(rule: &Rule) -> RuleOutline {
    RuleOutline { conditions: rule.conditions.iter().map(condition).collect(), on_deny: rule.on_deny.clone() }
}

fn approval(rule: &ApprovalRule) -> ApprovalOutline {
    ApprovalOutline {
        conditions: rule.conditions.iter().map(condition).collect(),
        reason: rule.reason.clone(),
        timeout: rule.timeout.map(time),
    }
}

/// `15m`, in the largest unit that is exact.
fn time(time: Duration) -> String {
    match time.as_secs() {
        0 => "0s".to_owned(),
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

fn limit(limit: &Limit) -> LimitOutline {
    LimitOutline {
        counter: limit.counter.clone(),
        window: limit.window.as_str().to_owned(),
        max: limit.max,
        increment_from: match &limit.increment {
            Increment::Call => None,
            Increment::Records => Some("call.records".to_owned()),
            Increment::Rows => Some("call.rows".to_owned()),
            Increment::Sensitive => Some("call.sensitive".to_owned()),
            Increment::Argument(path) => Some(path.to_string()),
        },
    }
}

fn condition(condition: &Condition) -> ConditionOutline {
    ConditionOutline {
        path: condition.path.to_string(),
        op: condition.test.op().to_owned(),
        value: value(&condition.test),
    }
}

/// What a test compares with, as JSON text.
pub(crate) fn value(test: &Test) -> String {
    match test {
        Test::Eq(value) | Test::Neq(value) | Test::Contains(value) => operand(value),
        Test::In(values) | Test::NotIn(values) => {
            format!("[{}]", values.iter().map(operand).collect::<Vec<_>>().join(", "))
        }
        Test::Lt(number) | Test::Lte(number) | Test::Gt(number) | Test::Gte(number) => decimal(number),
        Test::Regex(regex) => text(regex.as_str()),
        Test::Exists(wanted) => wanted.to_string(),
    }
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Text(words) => text(words),
        Operand::Number(number) => decimal(number),
        Operand::Bool(flag) => flag.to_string(),
    }
}

fn decimal(number: &Decimal) -> String {
    number.to_string()
}

fn text(words: &str) -> String {
    serde_json::Value::from(words).to_string()
}

impl PolicyOutline {
    /// Its JSON, indented by two spaces, with a line feed at the end; tools in the order given. A condition's value that
    /// is not JSON is taken for a text.
    pub fn print(&self) -> String {
        let mut root = vec![("version", word("1")), ("default", word(&self.default))];
        if !self.hide.is_empty() {
            root.push(("hide", each(&self.hide, |name| word(name))));
        }
        if !self.all_tools.is_empty() {
            root.push(("all_tools", object(vec![("limits", each(&self.all_tools, print_limit))])));
        }
        if !self.tools.is_empty() {
            root.push((
                "tools",
                object(self.tools.iter().map(|tool| (tool.name.as_str(), print_tool(tool))).collect()),
            ));
        }
        if !self.redact.is_empty() {
            root.push(("redact", each(&self.redact, |glob| word(glob))));
        }
        root.extend(print_pins(&self.pins).map(|pins| ("pin", pins)));
        let mut out = String::new();
        object(root).write(&mut out, 0);
        out.push('\n');
        out
    }
}

/// JSON whose scalars are text, and whose keys keep their order.
enum Json {
    Word(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

fn print_tool(tool: &ToolOutline) -> Json {
    let mut keys = Vec::new();
    if !tool.require.is_empty() {
        keys.push(("require", each(&tool.require, print_rule)));
    }
    if !tool.deny_if.is_empty() {
        keys.push(("deny_if", each(&tool.deny_if, print_rule)));
    }
    if !tool.limits.is_empty() {
        keys.push(("limits", each(&tool.limits, print_limit)));
    }
    if !tool.require_approval.is_empty() {
        keys.push(("require_approval", each(&tool.require_approval, print_approval)));
    }
    object(keys)
}

fn print_rule(rule: &RuleOutline) -> Json {
    let mut keys = vec![("conditions", each(&rule.conditions, print_condition))];
    keys.extend(rule.on_deny.as_deref().map(|words| ("on_deny", word(words))));
    object(keys)
}

fn print_approval(rule: &ApprovalOutline) -> Json {
    let mut keys = vec![("conditions", each(&rule.conditions, print_condition))];
    keys.extend(rule.reason.as_deref().map(|words| ("reason", word(words))));
    keys.extend(rule.timeout.as_deref().map(|time| ("timeout", word(time))));
    object(keys)
}

fn print_limit(limit: &LimitOutline) -> Json {
    let mut keys = vec![
        ("counter", word(&limit.counter)),
        ("window", word(&limit.window)),
        ("max", Json::Word(limit.max.to_string())),
        ("scope", word("grant")),
    ];
    keys.extend(limit.increment_from.as_deref().map(|from| ("increment_from", word(from))));
    object(keys)
}

fn print_condition(condition: &ConditionOutline) -> Json {
    let value = json::read(&condition.value).map_or_else(|_| word(&condition.value), |node| again(&node));
    object(vec![("path", word(&condition.path)), ("op", word(&condition.op)), ("value", value)])
}

fn print_pins(pins: &PinsOutline) -> Option<Json> {
    let mut keys = Vec::new();
    if !pins.environments.is_empty() {
        let pin = |pin: &crate::EnvironmentPin| {
            object(vec![("host", word(&pin.host)), ("environment", word(&pin.environment))])
        };
        keys.push(("environments", each(&pins.environments, pin)));
    }
    keys.extend(pins.allowed_hosts.as_ref().map(|hosts| ("allowed_hosts", each(hosts, |host| word(host)))));
    (!keys.is_empty()).then(|| object(keys))
}

/// What was read, to be printed.
fn again(node: &Node<'_>) -> Json {
    match &node.value {
        json::Value::Null => Json::Word("null".to_owned()),
        json::Value::Bool(flag) => Json::Word(flag.to_string()),
        json::Value::Number(number) => Json::Word(decimal(number)),
        json::Value::Text(words) => word(words),
        json::Value::List(items) => Json::List(items.iter().map(again).collect()),
        json::Value::Object(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.to_string(), again(&entry.node))).collect())
        }
    }
}

fn word(words: &str) -> Json {
    Json::Word(text(words))
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
            // A condition or a limit reads best in one line.
            Self::Object(keys) if keys.iter().all(|(_, value)| value.is_short()) && self.width() <= 100 => {
                for (index, (key, value)) in keys.iter().enumerate() {
                    let _ = write!(out, "{}{}: ", if index > 0 { ", " } else { "{ " }, text(key));
                    value.write(out, depth);
                }
                out.push_str(" }");
            }
            Self::Object(keys) => {
                for (index, (key, value)) in keys.iter().enumerate() {
                    out.push_str(if index > 0 { ",\n" } else { "{\n" });
                    let _ = write!(out, "{}{}: ", "  ".repeat(depth + 1), text(key));
                    value.write(out, depth + 1);
                }
                let _ = write!(out, "\n{}}}", "  ".repeat(depth));
            }
        }
    }

    /// A scalar, or a list of scalars.
    fn is_short(&self) -> bool {
        match self {
            Self::Word(_) => true,
            Self::List(items) => items.iter().all(|item| matches!(item, Self::Word(_))),
            Self::Object(_) => false,
        }
    }

    /// Characters in one line.
    fn width(&self) -> usize {
        match self {
            Self::Word(word) => word.chars().count(),
            Self::List(items) => items.iter().map(|item| item.width() + 2).sum(),
            Self::Object(keys) => keys.iter().map(|(key, value)| key.len() + value.width() + 6).sum(),
        }
    }
}
