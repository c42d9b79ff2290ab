//! PolicyLayer's hosted form: this language. What a strict reading refuses is read as its strictest meaning, and told.

use super::draft::{Counted, Draft, Kind, RuleDraft, Spot, Topic};
use super::source::{Entry, Node, Value, quoted};
use super::window::named;
use super::{DifferenceKind, is_remark};
use crate::problem::did_you_mean;
use crate::redact::Glob;

const ROOT: [&str; 6] = ["version", "default", "hide", "all_tools", "tools", "redact"];
const TOOL: [&str; 4] = ["require", "deny_if", "limits", "require_approval"];

pub(super) fn read(root: &Node, draft: &mut Draft<'_>) {
    let at = Spot::new(root.place);
    if root.get("version").is_none() {
        draft.tell(DifferenceKind::Changed, &at, "/version", "The source names no version; it is read as version 1.");
    }
    if root.get("default").is_none() {
        let message = "The source names no default. Here a tool that is not listed is denied.";
        draft.tell(DifferenceKind::Stricter, &at, "/default", message);
    }
    // The tools last: what `*` means depends on the default.
    let (rules, others): (Vec<&Entry>, Vec<&Entry>) = root.entries().iter().partition(|entry| entry.key == "tools");
    for entry in others.into_iter().chain(rules) {
        let spot = at.key(&entry.key, entry.place);
        match entry.key.as_str() {
            "version" => version(entry, &spot, draft),
            "default" => default(&entry.node, &spot, draft),
            "hide" => hide(&entry.node, &spot, draft),
            "all_tools" => all_tools(&entry.node, &spot, draft),
            "tools" => tools(&entry.node, &spot, draft),
            "redact" => redact(&entry.node, &spot, draft),
            other if is_remark(other) => lost(other, &spot, draft),
            other => unknown(other, &ROOT, &spot, draft),
        }
    }
}

/// A key that nothing is known of, where it could concern every tool.
pub(super) fn unknown(key: &str, known: &[&str], spot: &Spot, draft: &mut Draft<'_>) {
    let near = did_you_mean(key, known.iter().copied());
    draft.refuse(spot, format!("“{key}” is not known here, and what it denies cannot be told.{near}"));
}

/// A remark of the source.
pub(super) fn lost(key: &str, spot: &Spot, draft: &mut Draft<'_>) {
    draft.tell(DifferenceKind::Lost, spot, "", format!("A policy here has no place for “{key}”; it is left out."));
}

pub(super) fn version(entry: &Entry, spot: &Spot, draft: &mut Draft<'_>) {
    match &entry.node.value {
        Value::Text(version) if version == "1" => {}
        Value::Number(version) if version == "1" || version == "1.0" => {}
        _ => draft.refuse(spot, "Only version 1 of a policy is known."),
    }
}

pub(super) fn default(node: &Node, spot: &Spot, draft: &mut Draft<'_>) {
    match node.words() {
        Some("allow") => draft.allow = true,
        Some("deny") => {}
        _ => draft.refuse(spot, "The default is “allow” or “deny”."),
    }
}

pub(super) fn hide(node: &Node, spot: &Spot, draft: &mut Draft<'_>) {
    let names = match &node.value {
        Value::List(items) => items.as_slice(),
        Value::Null => &[],
        _ => std::slice::from_ref(node),
    };
    for (index, item) in names.iter().enumerate() {
        let here = if matches!(node.value, Value::List(_)) { spot.index(index, item.place) } else { spot.clone() };
        match item.words() {
            Some("*") => {
                draft.hide_every = true;
                if names.len() > 1 {
                    draft.tell(
                        DifferenceKind::Stricter,
                        &here,
                        "/hide",
                        "“*” hides every tool, whatever else is named.",
                    );
                }
            }
            Some(name) if !name.is_empty() => draft.hide(name),
            _ => draft.refuse(&here, "A hidden tool is named by its name."),
        }
    }
}

fn all_tools(node: &Node, spot: &Spot, draft: &mut Draft<'_>) {
    if !matches!(node.value, Value::Object(_) | Value::Null) {
        return draft.refuse(spot, "“all_tools” is an object with “limits”.");
    }
    for entry in node.entries() {
        let here = spot.key(&entry.key, entry.place);
        match (entry.key.as_str(), &entry.node.value) {
            ("limits", Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let here = here.index(index, item.place);
                    if let Err(why) = limit(item, None, &here, draft) {
                        draft.refuse(&here, why);
                    }
                }
            }
            ("limits", _) => draft.refuse(&here, "“limits” is a list."),
            (other, _) if is_remark(other) => lost(other, &here, draft),
            (other, _) => unknown(other, &["limits"], &here, draft),
        }
    }
}

fn redact(node: &Node, spot: &Spot, draft: &mut Draft<'_>) {
    let Value::List(items) = &node.value else { return draft.refuse(spot, "“redact” is a list.") };
    for (index, item) in items.iter().enumerate() {
        let parsed = item.words().ok_or_else(|| "A pattern for model.field is a text.".to_owned());
        match parsed.and_then(|text| Glob::parse(text).map(|_| text.to_owned())) {
            Ok(pattern) => draft.redact(pattern),
            Err(why) => draft.refuse(&spot.index(index, item.place), why),
        }
    }
}

fn tools(node: &Node, spot: &Spot, draft: &mut Draft<'_>) {
    if !matches!(node.value, Value::Object(_) | Value::Null) {
        return draft.refuse(spot, "“tools” is an object of tool names.");
    }
    for entry in node.entries().iter().filter(|entry| entry.key != "*") {
        let here = spot.key(&entry.key, entry.place);
        draft.list(&entry.key, &here);
        tool(&entry.node, std::slice::from_ref(&entry.key), &here, draft);
    }
    if let Some(entry) = node.entries().iter().find(|entry| entry.key == "*") {
        let here = spot.key("*", entry.place);
        every_tool(&entry.node, &here, draft);
    }
}

/// The rules of `*`: its limits count every call, the others stand with each tool.
fn every_tool(node: &Node, spot: &Spot, draft: &mut Draft<'_>) {
    let Value::Object(entries) = &node.value else {
        return draft.refuse(spot, "“*” is no tool here; limits for all tools stand in “all_tools”.");
    };
    let (limits, rules): (Vec<Entry>, Vec<Entry>) = entries.iter().cloned().partition(|entry| entry.key == "limits");
    for entry in limits {
        let here = spot.key("limits", entry.place);
        let message = "A tool is listed by its own name here. The limits of “*” count every call.";
        draft.tell(DifferenceKind::Changed, &here, "/all_tools/limits", message);
        let inside = Entry { key: "limits".to_owned(), ..entry };
        let place = inside.node.place;
        all_tools(&Node { place, value: Value::Object(vec![inside]) }, spot, draft);
    }
    if rules.is_empty() {
        return;
    }
    let names = for_everyone(node, spot, draft);
    let place = node.place;
    tool(&Node { place, value: Value::Object(rules) }, &names, spot, draft);
}

/// The tools that rules of `*` are about. Under the default allow they are all listed, and the default becomes deny: a
/// tool that is not listed would escape them.
pub(super) fn for_everyone(rules: &Node, spot: &Spot, draft: &mut Draft<'_>) -> Vec<String> {
    let names = draft.everyone(rules, spot);
    if draft.allow {
        draft.allow = false;
        for name in &names {
            draft.list(name, spot);
        }
        let message = "A tool is listed by its own name here. The rules of “*” stand with every tool that Gatehouse has, and any other is denied.";
        draft.tell(DifferenceKind::Stricter, spot, "/default", message);
    } else {
        let message = "A tool is listed by its own name here. The rules of “*” stand with every tool that is listed.";
        draft.tell(DifferenceKind::Changed, spot, "/tools", message);
    }
    names
}

fn tool(node: &Node, names: &[String], spot: &Spot, draft: &mut Draft<'_>) {
    let close = |draft: &mut Draft<'_>, spot: &Spot, why: &str| {
        for name in names {
            draft.close(name, spot, why);
        }
    };
    if !matches!(node.value, Value::Object(_) | Value::Null) {
        return close(draft, spot, &format!("The rules of a tool are an object, not {}.", node.kind()));
    }
    for entry in node.entries() {
        let here = spot.key(&entry.key, entry.place);
        let key = entry.key.as_str();
        if is_remark(key) {
            lost(key, &here, draft);
            continue;
        }
        if !TOOL.contains(&key) {
            let near = did_you_mean(key, TOOL.into_iter());
            close(draft, &here, &format!("“{key}” is not a key of a tool.{near}"));
            continue;
        }
        let Value::List(items) = &entry.node.value else {
            close(draft, &here, &format!("“{key}” is a list, not {}.", entry.node.kind()));
            continue;
        };
        for (index, item) in items.iter().enumerate() {
            let here = here.index(index, item.place);
            for name in names {
                match key {
                    "limits" => {
                        if let Err(why) = limit(item, Some(name), &here, draft) {
                            draft.close(name, &here, &why);
                        }
                    }
                    "require" => rule(Kind::Require, item, name, &here, draft),
                    "deny_if" => rule(Kind::DenyIf, item, name, &here, draft),
                    _ => rule(Kind::Ask, item, name, &here, draft),
                }
            }
        }
    }
}

/// An entry of `require`, `deny_if` or `require_approval`. What cannot be kept of a `require` closes the tool; of the
/// others it is left out, so that they hold more often.
fn rule(kind: Kind, node: &Node, tool: &str, spot: &Spot, draft: &mut Draft<'_>) {
    let words = if kind == Kind::Ask { "reason" } else { "on_deny" };
    let mut wrong: Vec<(Spot, String)> = Vec::new();
    let mut drafted = RuleDraft::default();
    if !matches!(node.value, Value::Object(_)) {
        wrong.push((spot.clone(), format!("A rule is an object, not {}.", node.kind())));
    } else if node.get("conditions").is_none() {
        wrong.push((spot.clone(), "The rule has no “conditions”.".to_owned()));
    }
    for entry in node.entries() {
        let here = spot.key(&entry.key, entry.place);
        match (entry.key.as_str(), &entry.node.value) {
            ("conditions", Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let here = here.index(index, item.place);
                    match condition(item, tool, &here, draft) {
                        Ok(json) => {
                            doubts(item, tool, &here, draft);
                            drafted.conditions.push(json);
                        }
                        Err(why) => wrong.push((here, why)),
                    }
                }
            }
            ("conditions", _) => wrong.push((here, "“conditions” is a list.".to_owned())),
            (key, _) if key == words => match entry.node.words() {
                Some(text) => drafted.words = Some(text.to_owned()),
                None => lost(key, &here, draft),
            },
            ("timeout", _) if kind == Kind::Ask => {
                let time = entry.node.words().filter(|time| draft.timeout(time).is_ok());
                drafted.timeout = time.map(str::to_owned);
                if time.is_none() {
                    let message = "A time is a whole number with s, m or h, at most 24h. It is left out, so the ticket's own time counts.";
                    draft.tell(DifferenceKind::Lost, &here, "", message);
                }
            }
            (key, _) if is_remark(key) || ["reason", "on_deny"].contains(&key) => lost(key, &here, draft),
            (key, _) => {
                let near = did_you_mean(key, ["conditions", words].into_iter());
                wrong.push((here, format!("“{key}” is not a key of a rule.{near}")));
            }
        }
    }
    if kind == Kind::Require && !wrong.is_empty() {
        for (here, why) in wrong {
            draft.close(tool, &here, &why);
        }
        return;
    }
    let suggest = kind == Kind::DenyIf && drafted.conditions.is_empty() && asks(drafted.words.as_deref());
    let target = draft.rule(kind, tool, drafted, spot);
    for (here, why) in wrong {
        let effect = if kind == Kind::Ask { "asks" } else { "denies" };
        let message = format!("{why} It is left out, so the rule {effect} more often.");
        draft.tell(DifferenceKind::Stricter, &here, target.clone(), message);
    }
    if suggest {
        suggest_approval(spot, &target, draft);
    }
}

/// Whether a denial says that a person should decide.
pub(super) fn asks(words: Option<&str>) -> bool {
    words.is_some_and(|words| words.to_lowercase().contains("approv"))
}

pub(super) fn suggest_approval(spot: &Spot, target: &str, draft: &mut Draft<'_>) {
    let message = "This denies every call, and stays so. If a person shall decide, move the rule to “require_approval” with a “reason”.";
    draft.tell(DifferenceKind::Suggestion, spot, target, message);
}

fn condition(node: &Node, tool: &str, spot: &Spot, draft: &mut Draft<'_>) -> Result<String, String> {
    let mut parts = Vec::new();
    for entry in node.entries() {
        let key = entry.key.as_str();
        if is_remark(key) {
            lost(key, &spot.key(key, entry.place), draft);
        } else {
            parts.push(format!("{}:{}", quoted(key), entry.node.operand()?));
        }
    }
    let json = match node.value {
        Value::Object(_) => format!("{{{}}}", parts.join(",")),
        _ => return Err(format!("A condition is an object, not {}.", node.kind())),
    };
    if let (Some("regex"), Some(Value::Text(pattern))) =
        (node.get("op").and_then(Node::words), node.get("value").map(|value| &value.value))
    {
        draft.pattern(pattern)?;
    }
    draft.condition(tool, &json).map(|()| json)
}

/// What PolicyLayer leaves open about a condition and this language says.
fn doubts(node: &Node, tool: &str, spot: &Spot, draft: &mut Draft<'_>) {
    let (Some(path), Some(value)) = (node.get("path").and_then(Node::words), node.get("value")) else { return };
    let op = node.get("op").and_then(Node::words).unwrap_or_default();
    let Some(path) = path.strip_prefix("args.") else { return };
    let keys: Vec<&str> = path.split('.').collect();
    let found = super::shape::of(draft.definition(tool).map(|definition| &definition.input_schema), &keys);
    if !found.takes(op, value) {
        let message = "PolicyLayer does not say whether \"5\" equals 5. Here types are never mixed: a doubt denies in “deny_if”, fails in “require” and asks in “require_approval”.";
        draft.tell_once(Topic::Coercion, DifferenceKind::Changed, spot, "", message);
    }
    if found.may_be_list() {
        let message = "PolicyLayer does not say what a condition makes of a list. Here one element is enough for “deny_if” and “require_approval”, and “require” wants them all.";
        draft.tell_once(Topic::Lists, DifferenceKind::Changed, spot, "", message);
    }
}

fn limit(node: &Node, tool: Option<&str>, spot: &Spot, draft: &mut Draft<'_>) -> Result<(), String> {
    let Value::Object(entries) = &node.value else {
        return Err(format!("A limit is an object, not {}.", node.kind()));
    };
    for entry in entries {
        let key = entry.key.as_str();
        let known = ["counter", "window", "max", "scope", "increment_from"];
        if is_remark(key) {
            lost(key, &spot.key(key, entry.place), draft);
        } else if !known.contains(&key) {
            return Err(format!("“{key}” is not a key of a limit.{}", did_you_mean(key, known.into_iter())));
        }
    }
    let window = node.get("window").and_then(Node::words).and_then(named);
    let window = window.ok_or("The window of a limit is minute, hour or day.")?;
    let max = node.get("max").and_then(Node::whole).ok_or("The “max” of a limit is a whole number.")?;
    match node.get("scope").map(Node::words) {
        Some(Some("grant")) => {}
        None => draft.tell(DifferenceKind::Changed, spot, "", "The limit names no scope; it is one agent's, “grant”."),
        _ => return Err("The scope of a limit is “grant”.".to_owned()),
    }
    let from = match node.get("increment_from") {
        None => None,
        Some(from) => Some(from.words().ok_or("What a limit counts is a text.")?.to_owned()),
    };
    if let Some(from) = &from {
        draft.countable(tool, from)?;
    }
    let name = node.get("counter").map_or(Some(""), Node::words).ok_or("The counter of a limit is a text.")?;
    if max == 0 {
        return Err("A “max” of 0 allows no call.".to_owned());
    }
    let counted = Counted { window, from };
    let wanted = if name.is_empty() { format!("{}_rate", tool.unwrap_or("all_tools")) } else { name.to_owned() };
    let owner = if name.is_empty() { tool.unwrap_or("*") } else { "" };
    let counter = draft.counter(owner, name, &counted, &wanted);
    let renamed = (counter != name).then(|| {
        format!("The counter “{name}” is called “{counter}” here: a counter has one window, counts one thing, and is named with letters, digits, _, - and dots.")
    });
    let target = draft.limit(tool, counter, counted, max, spot);
    if let Some(message) = renamed {
        draft.tell(DifferenceKind::Changed, spot, target.clone(), message);
    }
    let message = "PolicyLayer's pages speak of sliding windows in one place. Here windows are fixed and begin with the minute, hour or day of UTC, so twice “max” can pass around a boundary. Each agent has its own count.";
    draft.tell_once(Topic::Windows, DifferenceKind::Changed, spot, &target, message);
    Ok(())
}
