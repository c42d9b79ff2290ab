//! From a policy's text to a [`Policy`], strictly: every error is told, all at once, each with its place. Not even one
//! is passed over.

mod conditions;
mod managed;
mod pointer;
mod warnings;

pub use managed::{Managed, Pins};

use crate::json::{Node, Places, Value, read};
use crate::policy::{ApprovalRule, DefaultAnswer, Hide, Increment, Limit, Policy, Rule, ToolRules, Window};
use crate::problem::{PolicyProblem, did_you_mean};
use crate::redact::Glob;
use gatehouse_core::ToolDefinition;
use hashbrown::{HashMap, HashSet};
use pointer::At;
use regex::Regex;
use std::cmp::Ordering;
use std::time::Duration;

/// The longest time that a rule may give a person.
const MAX_TIMEOUT: Duration = Duration::from_hours(24);

/// The longest name of a tool, in bytes: it stands in the pointer of each of its problems.
pub(crate) const MAX_NAME: usize = 200;
/// How many problems are told.
const MAX_PROBLEMS: usize = 1_000;

/// The keys of a policy's root.
const ROOT: [&str; 6] = ["version", "default", "hide", "all_tools", "tools", "redact"];

impl Policy {
    /// Reads a policy. `tools` is the catalogue that `args.` paths are checked against; a tool that it does not have may
    /// be listed all the same (the policy may come from elsewhere), see [`Policy::warnings`].
    pub fn parse(text: &str, tools: &[ToolDefinition]) -> Result<Self, Vec<PolicyProblem>> {
        parse(text, tools, |parser, root| {
            let keys = parser.object(root, At::ROOT, ROOT)?;
            Some(parser.policy(root, keys))
        })
    }
}

/// Reads a text with `read_root` and tells every problem, in the text's order.
fn parse<T>(
    text: &str,
    tools: &[ToolDefinition],
    read_root: impl FnOnce(&mut Parser<'_>, &Node<'_>) -> Option<T>,
) -> Result<T, Vec<PolicyProblem>> {
    let root = read(text).map_err(|problem| vec![problem])?;
    let mut parser = Parser {
        tools: tools.iter().map(|tool| (tool.name.as_str(), tool)).collect(),
        problems: Vec::new(),
        counters: HashMap::new(),
        regexes: HashMap::new(),
        compiled: 0,
    };
    let result = read_root(&mut parser, &root);
    match result {
        Some(result) if parser.problems.is_empty() => Ok(result),
        _ => Err(placed(text, parser.problems)),
    }
}

/// A problem and the byte of the text where it stands.
struct Found {
    at: usize,
    pointer: String,
    message: String,
}

fn placed(text: &str, mut found: Vec<Found>) -> Vec<PolicyProblem> {
    found.sort_by_key(|found| found.at);
    let mut places = Places::of(text);
    let told = found.into_iter().map(|Found { at, pointer, message }| {
        let (line, column) = places.at(at);
        PolicyProblem { pointer, line, column, message }
    });
    told.collect()
}

struct Parser<'a> {
    tools: HashMap<&'a str, &'a ToolDefinition>,
    problems: Vec<Found>,
    /// How each counter was first used.
    counters: HashMap<String, (Window, Increment)>,
    /// Each pattern is compiled once.
    regexes: HashMap<String, Regex>,
    /// How many were compiled, or tried.
    compiled: usize,
}

/// A tool's rules are checked with its schema; `all_tools` and unknown tools have none.
#[derive(Clone, Copy)]
struct Scope<'a> {
    tool: Option<&'a ToolDefinition>,
    every_tool: bool,
}

/// The values of known keys, in the order they were asked for.
type Keys<'n, 't, const N: usize> = [Option<&'n Node<'t>>; N];

impl<'a> Parser<'a> {
    fn policy(&mut self, root: &Node<'_>, keys: Keys<'_, '_, 6>) -> Policy {
        self.required(root, At::ROOT, [("version", keys[0]), ("default", keys[1])]);
        let [version, default, hide, all_tools, tools, redact] = keys;
        match version.map(|node| (&node.value, node)) {
            Some((Value::Text(version), _)) if version == "1" => {}
            Some((_, node)) => self.report(node, &At::ROOT.key("version"), "The version must be \"1\"."),
            None => {}
        }
        let default = match default.map(|node| (&node.value, node)) {
            Some((Value::Text(word), _)) if word == "allow" => DefaultAnswer::Allow,
            Some((Value::Text(word), _)) if word == "deny" => DefaultAnswer::Deny,
            Some((_, node)) => {
                self.report(node, &At::ROOT.key("default"), "The default must be \"allow\" or \"deny\".");
                DefaultAnswer::Deny
            }
            None => DefaultAnswer::Deny,
        };
        let hide = hide.map_or_else(Hide::default, |node| self.hide(node));
        let all_tools = all_tools.map_or_else(Vec::new, |node| self.all_tools(node));
        let tools = tools.map_or_else(HashMap::new, |node| self.tools(node));
        let redact = redact.map_or_else(Vec::new, |node| self.redact(node));
        Policy { default, hide, all_tools, tools, redact }
    }

    fn hide(&mut self, node: &Node<'_>) -> Hide {
        let at = &At::ROOT.key("hide");
        let mut names: Vec<String> = Vec::new();
        let mut known: HashSet<&str> = HashSet::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            match &item.value {
                Value::Text(name) if known.contains(name.as_ref()) => {
                    self.report(item, &at.index(index), format!("“{name}” is hidden twice."));
                }
                Value::Text(name) if !name.is_empty() => {
                    known.insert(name);
                    names.push(name.to_string());
                }
                _ => self.report(item, &at.index(index), "A hidden tool is named by its name."),
            }
        }
        if names == ["*"] {
            return Hide::Every;
        }
        if known.contains("*") {
            self.report(node, at, "“*” hides every tool and stands alone.");
        }
        Hide::names(names)
    }

    fn redact(&mut self, node: &Node<'_>) -> Vec<Glob> {
        let at = &At::ROOT.key("redact");
        let mut globs = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            let parsed = match &item.value {
                Value::Text(text) => Glob::parse(text),
                other => Err(format!("A pattern for model.field is a text, not {}.", other.kind())),
            };
            match parsed {
                Ok(glob) => globs.push(glob),
                Err(message) => self.report(item, &at.index(index), message),
            }
        }
        globs
    }

    fn all_tools(&mut self, node: &Node<'_>) -> Vec<Limit> {
        let at = &At::ROOT.key("all_tools");
        let Some([limits]) = self.object(node, at, ["limits"]) else { return Vec::new() };
        let scope = Scope { tool: None, every_tool: true };
        limits.map_or_else(Vec::new, |node| self.limits(node, &at.key("limits"), scope))
    }

    fn tools(&mut self, node: &Node<'_>) -> HashMap<String, ToolRules> {
        let root = &At::ROOT.key("tools");
        let Value::Object(entries) = &node.value else {
            self.report(node, root, format!("“tools” is an object of tool names, not {}.", node.value.kind()));
            return HashMap::new();
        };
        let mut tools = HashMap::with_capacity(entries.len());
        for entry in entries {
            if entry.key.len() > MAX_NAME {
                self.report_at(entry.key_at, root, format!("The name of a tool has at most {MAX_NAME} bytes."));
                continue;
            }
            let at = &root.key(&entry.key);
            if entry.key == "*" {
                self.report_at(
                    entry.key_at,
                    at,
                    "A tool is listed by its own name; limits for all stand in “all_tools”.",
                );
            }
            let scope = Scope { tool: self.tools.get(entry.key.as_ref()).copied(), every_tool: false };
            let rules = self.tool(&entry.node, at, scope);
            if tools.insert(entry.key.to_string(), rules).is_some() {
                self.report_at(entry.key_at, at, format!("“{}” stands twice.", entry.key));
            }
        }
        tools
    }

    fn tool(&mut self, node: &Node<'_>, at: &At<'_>, scope: Scope<'a>) -> ToolRules {
        let Some(keys) = self.object(node, at, ["require", "deny_if", "limits", "require_approval"]) else {
            return ToolRules::default();
        };
        let [require, deny_if, limits, require_approval] = keys;
        ToolRules {
            require: require.map_or_else(Vec::new, |node| self.rules(node, &at.key("require"), scope)),
            deny_if: deny_if.map_or_else(Vec::new, |node| self.rules(node, &at.key("deny_if"), scope)),
            limits: limits.map_or_else(Vec::new, |node| self.limits(node, &at.key("limits"), scope)),
            require_approval: require_approval
                .map_or_else(Vec::new, |node| self.approvals(node, &at.key("require_approval"), scope)),
        }
    }

    fn rules(&mut self, node: &Node<'_>, at: &At<'_>, scope: Scope<'a>) -> Vec<Rule> {
        let items = self.list(node, at);
        let mut rules = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = &at.index(index);
            let Some([conditions, on_deny]) = self.object(item, at, ["conditions", "on_deny"]) else { continue };
            self.required(item, at, [("conditions", conditions)]);
            let conditions = self.conditions(conditions, at, scope);
            let on_deny = self.text(on_deny, "on_deny", at);
            rules.push(Rule { conditions, on_deny });
        }
        rules
    }

    fn approvals(&mut self, node: &Node<'_>, at: &At<'_>, scope: Scope<'a>) -> Vec<ApprovalRule> {
        let items = self.list(node, at);
        let mut rules = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = &at.index(index);
            let Some(keys) = self.object(item, at, ["conditions", "reason", "timeout"]) else { continue };
            let [conditions, reason, timeout] = keys;
            self.required(item, at, [("conditions", conditions)]);
            let conditions = self.conditions(conditions, at, scope);
            let reason = self.text(reason, "reason", at);
            let timeout = self.text(timeout, "timeout", at).zip(timeout).and_then(|(text, node)| {
                let parsed = duration(&text);
                if parsed.is_none() {
                    let message = "A time is a whole number with s, m or h, at most 24h: \"15m\".";
                    self.report(node, &at.key("timeout"), message);
                }
                parsed
            });
            rules.push(ApprovalRule { conditions, reason, timeout });
        }
        rules
    }

    fn limits(&mut self, node: &Node<'_>, at: &At<'_>, scope: Scope<'a>) -> Vec<Limit> {
        let items = self.list(node, at);
        let mut limits = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            limits.extend(self.limit(item, &at.index(index), scope));
        }
        limits
    }

    fn limit(&mut self, node: &Node<'_>, at: &At<'_>, scope: Scope<'a>) -> Option<Limit> {
        let keys = self.object(node, at, ["counter", "window", "max", "scope", "increment_from"])?;
        let [counter, window, max, grant, increment] = keys;
        self.required(node, at, [("counter", counter), ("window", window), ("max", max), ("scope", grant)]);
        let counter = self.text(counter, "counter", at).zip(counter).and_then(|(name, node)| {
            let plain = !name.is_empty()
                && name.len() <= 100
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
            if !plain {
                let message = "A counter's name has 1 to 100 letters, digits, _, - and dots.";
                self.report(node, &at.key("counter"), message);
            }
            plain.then_some(name)
        });
        let window = self.text(window, "window", at).zip(window).and_then(|(word, node)| {
            let known = [Window::Minute, Window::Hour, Window::Day].into_iter().find(|window| window.as_str() == word);
            if known.is_none() {
                self.report(node, &at.key("window"), format!("“{word}” is not a window: minute, hour or day."));
            }
            known
        });
        let max = max.and_then(|node| {
            let max = match &node.value {
                Value::Number(number) => number.whole().filter(|max| (1..=1_u64 << 53).contains(max)),
                _ => None,
            };
            if max.is_none() {
                let message = "“max” is a whole number from 1; to allow no call at all use deny_if or hide.";
                self.report(node, &at.key("max"), message);
            }
            max
        });
        if let Some((word, node)) = self.text(grant, "scope", at).zip(grant)
            && word != "grant"
        {
            self.report(node, &at.key("scope"), format!("“{word}” is not a scope: it is \"grant\"."));
        }
        let increment = match increment {
            Some(node) => self.increment(node, &at.key("increment_from"), scope)?,
            None => Increment::Call,
        };
        let (counter, window, max) = (counter?, window?, max?);
        self.one_use_of(&counter, window, &increment, node, at);
        Some(Limit { counter, window, max, increment })
    }

    fn increment(&mut self, node: &Node<'_>, at: &At<'_>, scope: Scope<'a>) -> Option<Increment> {
        match &node.value {
            Value::Text(text) if text == "call.records" => Some(Increment::Records),
            Value::Text(text) if text == "call.rows" => Some(Increment::Rows),
            Value::Text(text) if text == "call.sensitive" => Some(Increment::Sensitive),
            Value::Text(text) if text.starts_with("args.") => self.path(node, at, scope).map(Increment::Argument),
            _ => {
                let message = "What is counted is call.records, call.rows, call.sensitive or a number in args.";
                self.report(node, at, message);
                None
            }
        }
    }

    /// A counter counts one thing in one window, or its name would mean two counts.
    fn one_use_of(&mut self, counter: &str, window: Window, increment: &Increment, node: &Node<'_>, at: &At<'_>) {
        let Some((first_window, first_increment)) = self.counters.get(counter) else {
            self.counters.insert(counter.to_owned(), (window, increment.clone()));
            return;
        };
        if *first_window != window {
            let windows = (first_window.as_str(), window.as_str());
            let message = format!("The counter “{counter}” is used with two windows, {} and {}.", windows.0, windows.1);
            self.report(node, at, message);
        } else if first_increment != increment {
            self.report(node, at, format!("The counter “{counter}” counts two different things."));
        }
    }

    /// The values of the known keys of an object; unknown and repeated keys are reported.
    fn object<'n, 't, const N: usize>(
        &mut self,
        node: &'n Node<'t>,
        at: &At<'_>,
        known: [&str; N],
    ) -> Option<Keys<'n, 't, N>> {
        let Value::Object(entries) = &node.value else {
            self.report(node, at, format!("An object is expected here, not {}.", node.value.kind()));
            return None;
        };
        let mut values = [None; N];
        for entry in entries {
            let key = entry.key.as_ref();
            match known.iter().position(|name| *name == key) {
                None => {
                    let near = did_you_mean(key, known.iter().copied());
                    let message = format!("“{key}” is not a key here; the keys are {}.{near}", known.join(", "));
                    self.report_at(entry.key_at, &at.key(key), message);
                }
                Some(index) if values[index].is_some() => {
                    self.report_at(entry.key_at, &at.key(key), format!("The key “{key}” stands twice."));
                }
                Some(index) => values[index] = Some(&entry.node),
            }
        }
        Some(values)
    }

    fn required<const N: usize>(&mut self, node: &Node<'_>, at: &At<'_>, wanted: [(&str, Option<&Node<'_>>); N]) {
        for (key, _) in wanted.iter().filter(|(_, found)| found.is_none()) {
            self.report(node, at, format!("The key “{key}” is missing."));
        }
    }

    fn list<'n, 't>(&mut self, node: &'n Node<'t>, at: &At<'_>) -> &'n [Node<'t>] {
        match &node.value {
            Value::List(items) => items,
            other => {
                self.report(node, at, format!("A list is expected here, not {}.", other.kind()));
                &[]
            }
        }
    }

    fn text(&mut self, node: Option<&Node<'_>>, key: &str, at: &At<'_>) -> Option<String> {
        let node = node?;
        match &node.value {
            Value::Text(text) => Some(text.to_string()),
            other => {
                self.report(node, &at.key(key), format!("“{key}” is a text, not {}.", other.kind()));
                None
            }
        }
    }

    fn report(&mut self, node: &Node<'_>, at: &At<'_>, message: impl Into<String>) {
        self.report_at(node.at, at, message);
    }

    fn report_at(&mut self, place: usize, at: &At<'_>, message: impl Into<String>) {
        let message = match self.problems.len().cmp(&MAX_PROBLEMS) {
            Ordering::Less => message.into(),
            Ordering::Equal => {
                format!("There are more than {MAX_PROBLEMS} problems; the others show when these are mended.")
            }
            Ordering::Greater => return,
        };
        self.problems.push(Found { at: place, pointer: at.to_string(), message });
    }
}

/// `90s`, `15m`, `2h`.
fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let seconds = digits.parse::<u64>().ok().filter(|_| plain)?.checked_mul(unit)?;
    Some(Duration::from_secs(seconds)).filter(|time| *time <= MAX_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(tools: &str) -> Vec<PolicyProblem> {
        let text = format!("{{\"version\":\"1\",\"default\":\"deny\",\"tools\":{{{tools}}}}}");
        Policy::parse(&text, &[]).unwrap_err()
    }

    #[test]
    fn what_is_told_of_a_long_text_stays_bounded() {
        let many: Vec<String> = (0..50_000).map(|n| format!("\"k{n}\":1")).collect();
        let found = problems(&format!("\"odoo_write\":{{{}}}", many.join(",")));
        assert_eq!(found.len(), MAX_PROBLEMS + 1);
        assert!(found[MAX_PROBLEMS].message.contains("more than 1000 problems"));
        let found = problems(&format!("\"{}\":{{{}}}", "x".repeat(1_000_000), many.join(",")));
        assert_eq!((found.len(), found[0].pointer.as_str()), (1, "/tools"));
    }

    #[test]
    fn patterns_are_compiled_up_to_a_number_and_equal_ones_once() {
        let rules = |patterns: &mut dyn Iterator<Item = String>| {
            let conditions: Vec<String> = patterns
                .map(|p| format!("{{\"conditions\":[{{\"path\":\"args.a\",\"op\":\"regex\",\"value\":\"{p}\"}}]}}"))
                .collect();
            format!("\"odoo_write\":{{\"deny_if\":[{}]}}", conditions.join(","))
        };
        let found = problems(&rules(&mut (0..=conditions::MAX_PATTERNS).map(|n| format!("a{n}"))));
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("more than 1000 different"), "{}", found[0].message);
        let text = format!(
            "{{\"version\":\"1\",\"default\":\"deny\",\"tools\":{{{}}}}}",
            rules(&mut (0..5_000).map(|_| "same".to_owned()))
        );
        assert!(Policy::parse(&text, &[]).is_ok());
    }
}
