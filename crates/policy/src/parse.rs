//! From a policy's text to a [`Policy`], strictly: every error is told, all at once, each with its place. Not even one
//! is passed over.

mod conditions;
mod warnings;

use crate::json::{Node, Place, Value, read};
use crate::policy::{ApprovalRule, DefaultAnswer, Hide, Increment, Limit, Policy, Rule, ToolRules, Window};
use crate::problem::{PolicyProblem, did_you_mean, token};
use crate::redact::Glob;
use gatehouse_core::ToolDefinition;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// The longest time that a rule may give a person.
const MAX_TIMEOUT: Duration = Duration::from_hours(24);

impl Policy {
    /// Reads a policy. `tools` is the catalogue that `args.` paths are checked against; a tool that it does not have may
    /// be listed all the same (the policy may come from elsewhere), see [`Policy::warnings`].
    pub fn parse(text: &str, tools: &[ToolDefinition]) -> Result<Self, Vec<PolicyProblem>> {
        let root = read(text).map_err(|problem| vec![problem])?;
        let mut parser = Parser { tools, problems: Vec::new(), counters: HashMap::new() };
        let policy = parser.policy(&root);
        match policy {
            Some(policy) if parser.problems.is_empty() => Ok(policy),
            _ => {
                parser.problems.sort_by_key(|problem| (problem.line, problem.column));
                Err(parser.problems)
            }
        }
    }
}

struct Parser<'a> {
    tools: &'a [ToolDefinition],
    problems: Vec<PolicyProblem>,
    /// How each counter was first used.
    counters: HashMap<String, (Window, Increment)>,
}

/// A tool's rules are checked with its schema; `all_tools` and unknown tools have none.
#[derive(Clone, Copy)]
struct Scope<'a> {
    tool: Option<&'a ToolDefinition>,
    every_tool: bool,
}

impl Parser<'_> {
    fn policy(&mut self, root: &Node) -> Option<Policy> {
        let keys = self.object(root, "", &["version", "default", "hide", "all_tools", "tools", "redact"])?;
        self.required(root, &keys, "", &["version", "default"]);
        match keys.get("version") {
            Some(Node { value: Value::Text(version), .. }) if version == "1" => {}
            Some(node) => self.report(node.place, "/version", "The version must be \"1\"."),
            None => {}
        }
        let default = match keys.get("default").map(|node| (&node.value, node.place)) {
            Some((Value::Text(word), _)) if word == "allow" => DefaultAnswer::Allow,
            Some((Value::Text(word), _)) if word == "deny" => DefaultAnswer::Deny,
            Some((_, place)) => {
                self.report(place, "/default", "The default must be \"allow\" or \"deny\".");
                DefaultAnswer::Deny
            }
            None => DefaultAnswer::Deny,
        };
        let hide = keys.get("hide").map_or(Hide::Names(Vec::new()), |node| self.hide(node));
        let all_tools = keys.get("all_tools").map_or_else(Vec::new, |node| self.all_tools(node));
        let tools = keys.get("tools").map_or_else(BTreeMap::new, |node| self.tools(node));
        let redact = keys.get("redact").map_or_else(Vec::new, |node| self.redact(node));
        Some(Policy { default, hide, all_tools, tools, redact })
    }

    fn hide(&mut self, node: &Node) -> Hide {
        let mut names: Vec<String> = Vec::new();
        for (index, item) in self.list(node, "/hide").iter().enumerate() {
            let at = format!("/hide/{index}");
            match &item.value {
                Value::Text(name) if names.contains(name) => {
                    self.report(item.place, at, format!("“{name}” is hidden twice."));
                }
                Value::Text(name) if !name.is_empty() => names.push(name.clone()),
                _ => self.report(item.place, at, "A hidden tool is named by its name."),
            }
        }
        if names == ["*"] {
            return Hide::Every;
        }
        if names.iter().any(|name| name == "*") {
            self.report(node.place, "/hide", "“*” hides every tool and stands alone.");
        }
        Hide::Names(names)
    }

    fn redact(&mut self, node: &Node) -> Vec<Glob> {
        let mut globs = Vec::new();
        for (index, item) in self.list(node, "/redact").iter().enumerate() {
            let parsed = match &item.value {
                Value::Text(text) => Glob::parse(text),
                other => Err(format!("A pattern for model.field is a text, not {}.", other.kind())),
            };
            match parsed {
                Ok(glob) => globs.push(glob),
                Err(message) => self.report(item.place, format!("/redact/{index}"), message),
            }
        }
        globs
    }

    fn all_tools(&mut self, node: &Node) -> Vec<Limit> {
        let Some(keys) = self.object(node, "/all_tools", &["limits"]) else { return Vec::new() };
        let scope = Scope { tool: None, every_tool: true };
        keys.get("limits").map_or_else(Vec::new, |node| self.limits(node, "/all_tools/limits", scope))
    }

    fn tools(&mut self, node: &Node) -> BTreeMap<String, ToolRules> {
        let Value::Object(entries) = &node.value else {
            self.report(
                node.place,
                "/tools",
                format!("“tools” is an object of tool names, not {}.", node.value.kind()),
            );
            return BTreeMap::new();
        };
        let mut tools = BTreeMap::new();
        for (name, place, node) in entries {
            let at = format!("/tools/{}", token(name));
            if name == "*" {
                self.report(*place, &at, "A tool is listed by its own name; limits for all stand in “all_tools”.");
            }
            let rules = self.tool(node, &at, self.tools.iter().find(|tool| tool.name == *name));
            if tools.insert(name.clone(), rules).is_some() {
                self.report(*place, &at, format!("“{name}” stands twice."));
            }
        }
        tools
    }

    fn tool(&mut self, node: &Node, at: &str, tool: Option<&ToolDefinition>) -> ToolRules {
        let Some(keys) = self.object(node, at, &["require", "deny_if", "limits", "require_approval"]) else {
            return ToolRules::default();
        };
        let scope = Scope { tool, every_tool: false };
        ToolRules {
            require: keys.get("require").map_or_else(Vec::new, |n| self.rules(n, &format!("{at}/require"), scope)),
            deny_if: keys.get("deny_if").map_or_else(Vec::new, |n| self.rules(n, &format!("{at}/deny_if"), scope)),
            limits: keys.get("limits").map_or_else(Vec::new, |n| self.limits(n, &format!("{at}/limits"), scope)),
            require_approval: keys
                .get("require_approval")
                .map_or_else(Vec::new, |n| self.approvals(n, &format!("{at}/require_approval"), scope)),
        }
    }

    fn rules(&mut self, node: &Node, at: &str, scope: Scope<'_>) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            let at = format!("{at}/{index}");
            let Some(keys) = self.object(item, &at, &["conditions", "on_deny"]) else { continue };
            self.required(item, &keys, &at, &["conditions"]);
            let conditions = self.conditions(&keys, &at, scope);
            let on_deny = self.text(&keys, "on_deny", &at);
            rules.push(Rule { conditions, on_deny });
        }
        rules
    }

    fn approvals(&mut self, node: &Node, at: &str, scope: Scope<'_>) -> Vec<ApprovalRule> {
        let mut rules = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            let at = format!("{at}/{index}");
            let Some(keys) = self.object(item, &at, &["conditions", "reason", "timeout"]) else { continue };
            self.required(item, &keys, &at, &["conditions"]);
            let conditions = self.conditions(&keys, &at, scope);
            let reason = self.text(&keys, "reason", &at);
            let timeout = self.text(&keys, "timeout", &at).and_then(|text| {
                let parsed = duration(&text);
                if parsed.is_none() {
                    let place = keys.get("timeout").map_or(item.place, |node| node.place);
                    self.report(
                        place,
                        format!("{at}/timeout"),
                        "A time is a whole number with s, m or h, at most 24h: \"15m\".",
                    );
                }
                parsed
            });
            rules.push(ApprovalRule { conditions, reason, timeout });
        }
        rules
    }

    fn limits(&mut self, node: &Node, at: &str, scope: Scope<'_>) -> Vec<Limit> {
        let mut limits = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            limits.extend(self.limit(item, &format!("{at}/{index}"), scope));
        }
        limits
    }

    fn limit(&mut self, node: &Node, at: &str, scope: Scope<'_>) -> Option<Limit> {
        let keys = self.object(node, at, &["counter", "window", "max", "scope", "increment_from"])?;
        self.required(node, &keys, at, &["counter", "window", "max", "scope"]);
        let counter = self.text(&keys, "counter", at).filter(|name| {
            let plain = !name.is_empty()
                && name.len() <= 100
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
            if !plain {
                self.report(
                    keys["counter"].place,
                    format!("{at}/counter"),
                    "A counter's name has 1 to 100 letters, digits, _, - and dots.",
                );
            }
            plain
        });
        let window = self.text(&keys, "window", at).and_then(|word| {
            let known = [Window::Minute, Window::Hour, Window::Day].into_iter().find(|window| window.as_str() == word);
            if known.is_none() {
                self.report(
                    keys["window"].place,
                    format!("{at}/window"),
                    format!("“{word}” is not a window: minute, hour or day."),
                );
            }
            known
        });
        let max = keys.get("max").and_then(|node| {
            let max = match &node.value {
                Value::Number(number) => number.whole().filter(|max| (1..=1_u64 << 53).contains(max)),
                _ => None,
            };
            if max.is_none() {
                self.report(
                    node.place,
                    format!("{at}/max"),
                    "“max” is a whole number from 1; to allow no call at all use deny_if or hide.",
                );
            }
            max
        });
        if let Some(word) = self.text(&keys, "scope", at)
            && word != "grant"
        {
            self.report(
                keys["scope"].place,
                format!("{at}/scope"),
                format!("“{word}” is not a scope: it is \"grant\"."),
            );
        }
        let increment = match keys.get("increment_from") {
            Some(node) => self.increment(node, &format!("{at}/increment_from"), scope)?,
            None => Increment::Call,
        };
        let (counter, window, max) = (counter?, window?, max?);
        self.one_use_of(&counter, window, &increment, node.place, at);
        Some(Limit { counter, window, max, increment })
    }

    fn increment(&mut self, node: &Node, at: &str, scope: Scope<'_>) -> Option<Increment> {
        match &node.value {
            Value::Text(text) if text == "call.records" => Some(Increment::Records),
            Value::Text(text) if text == "call.rows" => Some(Increment::Rows),
            Value::Text(text) if text == "call.sensitive" => Some(Increment::Sensitive),
            Value::Text(text) if text.starts_with("args.") => self.path(node, at, scope).map(Increment::Argument),
            _ => {
                self.report(
                    node.place,
                    at,
                    "What is counted is call.records, call.rows, call.sensitive or a number in args.",
                );
                None
            }
        }
    }

    /// A counter counts one thing in one window, or its name would mean two counts.
    fn one_use_of(&mut self, counter: &str, window: Window, increment: &Increment, place: Place, at: &str) {
        let first = self.counters.entry(counter.to_owned()).or_insert_with(|| (window, increment.clone())).clone();
        if first.0 != window {
            self.report(
                place,
                at,
                format!(
                    "The counter “{counter}” is used with two windows, {} and {}.",
                    first.0.as_str(),
                    window.as_str()
                ),
            );
        } else if first.1 != *increment {
            self.report(place, at, format!("The counter “{counter}” counts two different things."));
        }
    }

    /// The keys of an object, each once; unknown and repeated ones are reported.
    fn object<'n>(&mut self, node: &'n Node, at: &str, known: &[&str]) -> Option<HashMap<&'n str, &'n Node>> {
        let Value::Object(entries) = &node.value else {
            self.report(node.place, at, format!("An object is expected here, not {}.", node.value.kind()));
            return None;
        };
        let mut keys = HashMap::new();
        for (key, place, value) in entries {
            let here = format!("{at}/{}", token(key));
            if !known.contains(&key.as_str()) {
                let near = did_you_mean(key, known.iter().copied());
                self.report(
                    *place,
                    here,
                    format!("“{key}” is not a key here; the keys are {}.{near}", known.join(", ")),
                );
            } else if keys.insert(key.as_str(), value).is_some() {
                self.report(*place, here, format!("The key “{key}” stands twice."));
            }
        }
        Some(keys)
    }

    fn required(&mut self, node: &Node, keys: &HashMap<&str, &Node>, at: &str, wanted: &[&str]) {
        for key in wanted.iter().filter(|key| !keys.contains_key(**key)) {
            self.report(node.place, at, format!("The key “{key}” is missing."));
        }
    }

    fn list<'n>(&mut self, node: &'n Node, at: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            other => {
                self.report(node.place, at, format!("A list is expected here, not {}.", other.kind()));
                &[]
            }
        }
    }

    fn text(&mut self, keys: &HashMap<&str, &Node>, key: &str, at: &str) -> Option<String> {
        let node = keys.get(key)?;
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            other => {
                self.report(node.place, format!("{at}/{key}"), format!("“{key}” is a text, not {}.", other.kind()));
                None
            }
        }
    }

    fn report(&mut self, place: Place, at: impl Into<String>, message: impl Into<String>) {
        self.problems.push(problem(place, at, message));
    }
}

fn problem(place: Place, at: impl Into<String>, message: impl Into<String>) -> PolicyProblem {
    PolicyProblem { pointer: at.into(), line: place.line, column: place.column, message: message.into() }
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
