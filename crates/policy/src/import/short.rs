//! PolicyLayer's short forms: `action`, `reason`, `rate_limit: {max, window}`, with each tool or in a list of rules.

use super::draft::{Counted, Draft, Kind, RuleDraft, Spot, Topic};
use super::hosted::{self, asks, suggest_approval};
use super::source::{Entry, Node, Value};
use super::window::{Quota, per, quota, seconds};
use super::{DifferenceKind, is_remark};
use crate::problem::did_you_mean;

const ROOT: [&str; 7] = ["version", "default", "hide", "tools", "rules", "policies", "default_action"];
/// The keys of a file, where its other keys are one rule.
const OF_FILE: [&str; 4] = ["version", "default", "default_action", "hide"];
/// What a rule may hold besides the tools that it is about.
const RULE: [&str; 5] = ["action", "reason", "rate_limit", "message", "on_deny"];
const ACTIONS: [&str; 5] = ["allow", "deny", "rate_limit", "require_approval", "hide"];

/// Whether an object is a rule of this form.
pub(super) fn is_rule(node: &Node) -> bool {
    node.get("action").is_some() || node.get("rate_limit").is_some()
}

pub(super) fn read(root: &Node, draft: &mut Draft<'_>) {
    let at = Spot::new(root.place);
    if root.get("default").is_none() && root.get("default_action").is_none() {
        let message =
            "The source names no default. PolicyLayer's pages advise deny: here a tool that is not listed is denied.";
        draft.tell(DifferenceKind::Stricter, &at, "/default", message);
    }
    // Rules of `*` last: they stand with every tool that is listed, and what they mean depends on the default.
    for about in [About::Named, About::Every] {
        match &root.value {
            Value::List(items) => rules(items, about, &at, draft),
            _ if is_rule(root) => {
                let of_file = |entry: &Entry| OF_FILE.contains(&entry.key.as_str());
                let (file, rule): (Vec<Entry>, Vec<Entry>) = root.entries().iter().cloned().partition(of_file);
                read_keys(&Node { place: root.place, value: Value::Object(file) }, about, &at, draft);
                listed_rule(&Node { place: root.place, value: Value::Object(rule) }, about, &at, draft);
            }
            _ => read_keys(root, about, &at, draft),
        }
    }
}

/// Which rules are read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Those of tools by name.
    Named,
    /// Those of `*`.
    Every,
}

impl About {
    fn covers(self, name: &str) -> bool {
        (name == "*") == (self == Self::Every)
    }
}

fn read_keys(root: &Node, about: About, at: &Spot, draft: &mut Draft<'_>) {
    let bare = !["tools", "rules", "policies"].iter().any(|key| root.get(key).is_some());
    for entry in root.entries() {
        let spot = at.key(&entry.key, entry.place);
        match entry.key.as_str() {
            "tools" | "rules" | "policies" => wrapped(&entry.node, about, &spot, draft),
            name if bare && of_one_tool(&entry.node) => by_name(name, &entry.node, about, &spot, draft),
            _ if about == About::Every => {}
            "version" => hosted::version(entry, &spot, draft),
            "default" | "default_action" => hosted::default(&entry.node, &spot, draft),
            "hide" => hosted::hide(&entry.node, &spot, draft),
            other if is_remark(other) => hosted::lost(other, &spot, draft),
            other => hosted::unknown(other, &ROOT, &spot, draft),
        }
    }
}

/// Whether a value says what happens to one tool.
fn of_one_tool(node: &Node) -> bool {
    is_rule(node)
        || node.words().is_some_and(|word| action(word).is_some())
        || matches!(&node.value, Value::List(items) if items.iter().any(is_rule))
}

fn wrapped(node: &Node, about: About, spot: &Spot, draft: &mut Draft<'_>) {
    match &node.value {
        Value::List(items) => rules(items, about, spot, draft),
        Value::Object(entries) => {
            for entry in entries {
                by_name(&entry.key, &entry.node, about, &spot.key(&entry.key, entry.place), draft);
            }
        }
        Value::Null => {}
        _ if about == About::Every => {}
        _ => draft.refuse(spot, format!("Rules are a list, or an object of tool names, not {}.", node.kind())),
    }
}

fn rules(items: &[Node], about: About, spot: &Spot, draft: &mut Draft<'_>) {
    for (index, item) in items.iter().enumerate() {
        listed_rule(item, about, &spot.index(index, item.place), draft);
    }
}

/// The tools that a rule in a list names, and by which key.
fn names(node: &Node) -> Result<(&'static str, Vec<String>), String> {
    let missing = || "The rule does not say which tool it is about: give it “tool” or “tools”.".to_owned();
    let named = ["tool", "tools", "name"].into_iter().find_map(|key| Some((key, node.get(key)?)));
    let (key, named) = named.ok_or_else(missing)?;
    let names: Option<Vec<String>> = match &named.value {
        Value::List(items) if !items.is_empty() => items.iter().map(|item| item.words().map(str::to_owned)).collect(),
        _ => named.words().map(|name| vec![name.to_owned()]),
    };
    Ok((key, names.ok_or_else(missing)?))
}

fn listed_rule(node: &Node, about: About, spot: &Spot, draft: &mut Draft<'_>) {
    match names(node) {
        Ok((key, names)) => {
            for name in names.iter().filter(|name| about.covers(name)) {
                one(name, node, Some(key), spot, draft);
            }
        }
        Err(_) if about == About::Every => {}
        Err(why) => draft.refuse(spot, why),
    }
}

fn by_name(name: &str, node: &Node, about: About, spot: &Spot, draft: &mut Draft<'_>) {
    if !about.covers(name) {
        return;
    }
    match &node.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                one(name, item, None, &spot.index(index, item.place), draft);
            }
        }
        _ => one(name, node, None, spot, draft),
    }
}

fn action(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase().replace(['-', ' '], "_");
    ACTIONS.into_iter().find(|action| *action == word)
}

/// One rule about one tool, or about all when that is `*`. `named_by` is the key that names the tool.
fn one(name: &str, node: &Node, named_by: Option<&str>, spot: &Spot, draft: &mut Draft<'_>) {
    let rate = node.get("rate_limit");
    if name != "*" {
        draft.list(name, spot);
        return act(&[name.to_owned()], node, rate, named_by, spot, draft);
    }
    // The rate of `*` counts every call.
    if let Some(rate) = rate {
        let here = spot.key("rate_limit", rate.place);
        match quota_of(rate) {
            Ok(quota) => limit(None, quota, &here, draft),
            Err(why) => draft.refuse(&here, why),
        }
    }
    if rate.is_some() && (node.get("action").is_none() || word(node) == Some("rate_limit")) {
        for (here, why) in not_understood(node, named_by, spot, draft) {
            draft.refuse(&here, why);
        }
        return;
    }
    let names = hosted::for_everyone(node, spot, draft);
    act(&names, node, None, named_by, spot, draft);
}

fn word(node: &Node) -> Option<&'static str> {
    let written = node.get("action").map_or_else(|| node.words(), Node::words);
    written.and_then(action)
}

/// The keys of a rule that nothing is known of.
fn not_understood(node: &Node, named_by: Option<&str>, spot: &Spot, draft: &mut Draft<'_>) -> Vec<(Spot, String)> {
    let mut wrong = Vec::new();
    for entry in node.entries() {
        let key = entry.key.as_str();
        if RULE.contains(&key) || named_by == Some(key) {
            continue;
        }
        let here = spot.key(key, entry.place);
        if is_remark(key) {
            hosted::lost(key, &here, draft);
        } else {
            wrong.push((here, format!("“{key}” is not a key of such a rule.{}", did_you_mean(key, RULE.into_iter()))));
        }
    }
    wrong
}

/// What a rule makes of each of the tools; `rate` is what each may be called.
fn act(names: &[String], node: &Node, rate: Option<&Node>, named_by: Option<&str>, spot: &Spot, draft: &mut Draft<'_>) {
    let is_reason = |entry: &&Entry| ["reason", "message", "on_deny"].contains(&entry.key.as_str());
    let reason_entry = node.entries().iter().find(is_reason);
    let reason = reason_entry.and_then(|entry| entry.node.words());
    let mut wrong = not_understood(node, named_by, spot, draft);
    let says_nothing = match &node.value {
        Value::Null => true,
        Value::Object(entries) => entries.is_empty() || (rate.is_some() && node.get("action").is_none()),
        _ => false,
    };
    if word(node).is_none() && !says_nothing {
        wrong.push((spot.clone(), format!("The action of a rule is one of {}.", ACTIONS.join(", "))));
    }
    for name in names {
        // What denies or asks denies or asks always, so what is not understood of it cannot loosen it.
        match word(node) {
            Some("hide") => draft.hide(name),
            Some("deny") => {
                let rule = RuleDraft { words: reason.map(str::to_owned), ..RuleDraft::default() };
                let target = draft.rule(Kind::DenyIf, name, rule, spot);
                left_out(&wrong, &target, "denies", draft);
                if asks(reason) {
                    suggest_approval(spot, &target, draft);
                }
                continue;
            }
            Some("require_approval") => {
                let rule = RuleDraft { words: reason.map(str::to_owned), ..RuleDraft::default() };
                let target = draft.rule(Kind::Ask, name, rule, spot);
                left_out(&wrong, &target, "asks", draft);
            }
            found => {
                for (here, why) in &wrong {
                    draft.close(name, here, why);
                }
                if found == Some("rate_limit") && rate.is_none() {
                    draft.close(name, spot, "The rule limits a rate and names none.");
                }
                if let Some(entry) = reason_entry {
                    hosted::lost(&entry.key, &spot.key(&entry.key, entry.place), draft);
                }
            }
        }
        if let Some(rate) = rate {
            let here = spot.key("rate_limit", rate.place);
            match quota_of(rate) {
                Ok(quota) => {
                    limit(Some(name), quota, &here, draft);
                }
                Err(why) => draft.close(name, &here, &why),
            }
        }
    }
}

fn left_out(wrong: &[(Spot, String)], target: &str, does: &str, draft: &mut Draft<'_>) {
    for (here, why) in wrong {
        draft.tell(DifferenceKind::Stricter, here, target, format!("{why} It is left out: the rule {does} always."));
    }
}

fn quota_of(node: &Node) -> Result<(Quota, u64), String> {
    let none = || "Not one call fits into this rate.".to_owned();
    if let Some((max, window)) = node.words().and_then(per) {
        return Ok((quota(max, window.seconds()).ok_or_else(none)?, window.seconds()));
    }
    if let Some(entry) = node.entries().iter().find(|entry| !["max", "window"].contains(&entry.key.as_str())) {
        return Err(format!("“{}” is not a key of a rate; they are max and window.", entry.key));
    }
    let max = node.get("max").and_then(Node::whole).ok_or("A rate has a “max”, a whole number.")?;
    let window = node.get("window").and_then(seconds).ok_or("A rate has a “window”, in seconds: 60.")?;
    Ok((quota(max, window).ok_or_else(none)?, window))
}

fn limit(tool: Option<&str>, (quota, seconds): (Quota, u64), spot: &Spot, draft: &mut Draft<'_>) {
    let counted = Counted { window: quota.window, from: None };
    let owner = tool.unwrap_or("all_tools");
    let counter = draft.counter(owner, "rate", &counted, &format!("{owner}_rate"));
    let target = draft.limit(tool, counter, counted, quota.max, spot);
    if quota.narrowed {
        let message = format!(
            "A window of {seconds} s cannot be said here. {} per {} is the nearest that never allows more.",
            quota.max,
            quota.window.as_str()
        );
        draft.tell(DifferenceKind::Stricter, spot, target.clone(), message);
    }
    let message = "PolicyLayer's pages count such a rate for each session of an agent. Here each agent has one count, which survives restarts; windows begin with the minute, hour or day of UTC, so twice “max” can pass around a boundary.";
    draft.tell_once(Topic::Windows, DifferenceKind::Changed, spot, &target, message);
}
