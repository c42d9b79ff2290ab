//! Intercept's files: a list of rules for each tool, whose conditions say what must be true.

mod approval;
mod conditions;
mod counters;

use super::draft::{Counted, Draft, Kind, RuleDraft, Spot};
use super::hosted::{self, asks, suggest_approval};
use super::source::{Entry, Node, Value};
use super::window::per;
use super::{DifferenceKind, is_remark};
use crate::problem::did_you_mean;
use approval::approval;
use conditions::{Carried, argument, doubts};
use counters::{Counter, Counters, counters, limit, of_counter};

const ROOT: [&str; 4] = ["version", "default", "hide", "tools"];
const RULE: [&str; 8] =
    ["name", "action", "conditions", "on_deny", "rate_limit", "state", "approval_timeout", "description"];

pub(super) fn read(root: &Node, draft: &mut Draft<'_>) {
    let at = Spot::new(root.place);
    if root.get("default").is_none() {
        draft.allow = true;
        let message =
            "The source names no default, and Intercept's is allow. It is kept: a tool that is not listed is allowed.";
        draft.tell(DifferenceKind::Changed, &at, "/default", message);
    }
    for entry in root.entries() {
        let spot = at.key(&entry.key, entry.place);
        match entry.key.as_str() {
            "version" => hosted::version(entry, &spot, draft),
            "default" => hosted::default(&entry.node, &spot, draft),
            "hide" => hosted::hide(&entry.node, &spot, draft),
            "tools" => {}
            "approvals" => {
                let message = "How Intercept announces and groups approvals has no place in a policy here: the approval window does that.";
                draft.tell(DifferenceKind::Lost, &spot, "", message);
            }
            other if is_remark(other) => hosted::lost(other, &spot, draft),
            other => hosted::unknown(other, &ROOT, &spot, draft),
        }
    }
    let Some(entry) = root.entries().iter().find(|entry| entry.key == "tools") else { return };
    let spot = at.key("tools", entry.place);
    if !matches!(entry.node.value, Value::Object(_) | Value::Null) {
        return draft.refuse(&spot, "“tools” is an object of tool names.");
    }
    let counters = counters(&entry.node);
    let (every, named): (Vec<&Entry>, Vec<&Entry>) = entry.node.entries().iter().partition(|entry| entry.key == "*");
    for tool in &named {
        let here = spot.key(&tool.key, tool.place);
        draft.list(&tool.key, &here);
        rules(&tool.node, &tool.key, std::slice::from_ref(&tool.key), &here, &counters, draft);
    }
    for all in every {
        let here = spot.key("*", all.place);
        every_tool(&all.node, &here, &counters, draft);
    }
}

/// Rules of `*`: one that only counts counts every call, any other stands with each tool.
fn every_tool(node: &Node, spot: &Spot, counters: &Counters, draft: &mut Draft<'_>) {
    let only_counts = |rule: &Node| {
        let counted = rule.get("rate_limit").is_some() || rule.get("state").is_some();
        let own = |condition: &Node| {
            condition.get("path").and_then(Node::words).is_some_and(|path| path.starts_with("state._global."))
        };
        let conditions = rule.get("conditions").map(|node| match &node.value {
            Value::List(items) => items.iter().all(own),
            _ => false,
        });
        let by_argument = rule.get("state").is_some_and(|state| state.get("increment_from").is_some());
        counted
            && conditions.unwrap_or(true)
            && !by_argument
            && rule.get("action").and_then(Node::words).is_none_or(|a| a == "evaluate")
    };
    let all: &[Node] = match node.get("rules").map(|rules| &rules.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    };
    let simple = !all.is_empty()
        && all.iter().all(only_counts)
        && node.entries().iter().all(|entry| entry.key == "rules" || is_remark(&entry.key));
    if simple {
        let message = "A tool is listed by its own name here. The limits of “*” count every call.";
        draft.tell(DifferenceKind::Changed, spot, "/all_tools/limits", message);
        return rules(node, "_global", &[], spot, counters, draft);
    }
    if all.is_empty() && node.entries().iter().all(|entry| is_remark(&entry.key) || entry.key == "rules") {
        return;
    }
    let names = hosted::for_everyone(node, spot, draft);
    rules(node, "_global", &names, spot, counters, draft);
}

/// Intercept knows no escapes: a backslash is a letter of a key.
fn escaped(path: &str) -> String {
    path.replace('\\', "\\\\")
}

/// The rules of a tool. `owner` is whose counters they are; `names` are the tools that get them, none for a limit of all.
fn rules(node: &Node, owner: &str, names: &[String], spot: &Spot, counters: &Counters, draft: &mut Draft<'_>) {
    let close = |draft: &mut Draft<'_>, spot: &Spot, why: &str| {
        if names.is_empty() {
            draft.refuse(spot, why);
        }
        for name in names {
            draft.close(name, spot, why);
        }
    };
    if !matches!(node.value, Value::Object(_) | Value::Null) {
        return close(draft, spot, &format!("The rules of a tool stand under “rules”, not in {}.", node.kind()));
    }
    for entry in node.entries() {
        let here = spot.key(&entry.key, entry.place);
        match (entry.key.as_str(), &entry.node.value) {
            ("rules", Value::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let here = here.index(index, item.place);
                    let reading = Reading { owner, names, counters };
                    if let Err((here, why)) = rule(item, &here, reading, draft) {
                        close(draft, &here, &why);
                    }
                }
            }
            ("rules", Value::Null) => {}
            ("rules", _) => close(draft, &here, "“rules” is a list."),
            (key, _) if is_remark(key) => hosted::lost(key, &here, draft),
            (key, _) => {
                let near = did_you_mean(key, std::iter::once("rules"));
                close(
                    draft,
                    &here,
                    &format!("Intercept passes “{key}” over without a word; it may have meant a rule.{near}"),
                );
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Reading<'a> {
    owner: &'a str,
    names: &'a [String],
    counters: &'a Counters,
}

type Trouble = (Spot, String);

fn rule(node: &Node, spot: &Spot, reading: Reading<'_>, draft: &mut Draft<'_>) -> Result<(), Trouble> {
    if !matches!(node.value, Value::Object(_)) {
        return Err((spot.clone(), format!("A rule is an object, not {}.", node.kind())));
    }
    for entry in node.entries() {
        let key = entry.key.as_str();
        if key != "description" && key != "name" && RULE.contains(&key) {
            continue;
        }
        let here = spot.key(key, entry.place);
        if key == "name" || is_remark(key) {
            draft.tell(DifferenceKind::Lost, &here, "", format!("A rule here has no “{key}”; it is left out."));
        } else {
            let near = did_you_mean(key, RULE.into_iter());
            return Err((here, format!("Intercept passes “{key}” over without a word; it may have meant more.{near}")));
        }
    }
    let words = node.get("on_deny").and_then(Node::words).map(str::to_owned);
    let conditions: &[Node] = match node.get("conditions").map(|conditions| &conditions.value) {
        None | Some(Value::Null) => &[],
        Some(Value::List(items)) => items,
        Some(_) => return Err((spot.clone(), "“conditions” is a list.".to_owned())),
    };
    let at = |key: &str| {
        spot.key(key, node.entries().iter().find(|entry| entry.key == key).map_or(spot.place, |entry| entry.place))
    };
    match node.get("action").map(Node::words) {
        Some(Some("deny")) => {
            for name in reading.names {
                let suggest = asks(words.as_deref());
                let target =
                    draft.rule(Kind::DenyIf, name, RuleDraft { words: words.clone(), ..RuleDraft::default() }, spot);
                if !conditions.is_empty() {
                    let message =
                        "Intercept takes no conditions on a rule that denies. They are left out: it denies always.";
                    draft.tell(DifferenceKind::Stricter, &at("conditions"), target.clone(), message);
                }
                if suggest {
                    suggest_approval(spot, &target, draft);
                }
            }
            Ok(())
        }
        Some(Some("require_approval")) => {
            for name in reading.names {
                approval(node, name, conditions, words.clone(), spot, draft);
            }
            if node.get("state").is_some() || node.get("rate_limit").is_some() {
                return Err((spot.clone(), "Intercept takes no rate on a rule that asks.".to_owned()));
            }
            Ok(())
        }
        None | Some(Some("evaluate")) => evaluate(node, conditions, words.as_deref(), spot, reading, draft),
        _ => Err((at("action"), "The action of a rule is evaluate, deny or require_approval.".to_owned())),
    }
}

fn evaluate(
    node: &Node,
    conditions: &[Node],
    words: Option<&str>,
    spot: &Spot,
    reading: Reading<'_>,
    draft: &mut Draft<'_>,
) -> Result<(), Trouble> {
    let at = spot.key("conditions", node.get("conditions").map_or(spot.place, |conditions| conditions.place));
    if let Some(rate) = node.get("rate_limit") {
        let here = spot.key("rate_limit", rate.place);
        let (max, window) =
            rate.words().and_then(per).ok_or_else(|| (here.clone(), "A rate is written like 30/minute.".to_owned()))?;
        let counter = Counter { counted: Counted { window, from: None }, step: 1 };
        limit(&format!("_rate_{}", window.as_str()), reading.owner, &counter, max, &here, reading.names, draft)?;
    }
    let is_state =
        |condition: &Node| condition.get("path").and_then(Node::words).is_some_and(|path| path.starts_with("state."));
    let (of_state, of_arguments): (Vec<_>, Vec<_>) =
        conditions.iter().enumerate().partition(|(_, condition)| is_state(condition));
    if conditions.is_empty() && node.get("state").is_none() && node.get("rate_limit").is_none() {
        return Err((spot.clone(), "A rule that evaluates has conditions or a rate_limit.".to_owned()));
    }
    let mut counts = false;
    for (index, condition) in of_state {
        counts = true;
        of_counter(condition, &at.index(index, condition.place), reading, draft)?;
    }
    if let (Some(state), false) = (node.get("state"), counts) {
        let message =
            "No condition of the rule compares this counter. Intercept never counts it, and neither does the result.";
        draft.tell(DifferenceKind::Suggestion, &spot.key("state", state.place), "", message);
    }
    if of_arguments.is_empty() {
        return Ok(());
    }
    for name in reading.names {
        let mut require = RuleDraft { words: words.map(str::to_owned), ..RuleDraft::default() };
        let mut kept = Vec::new();
        for (index, condition) in &of_arguments {
            let here = at.index(*index, condition.place);
            match argument(condition, name, Kind::Require, &here, draft) {
                Ok(Carried::As(json)) => {
                    kept.push((*condition, here));
                    require.conditions.push(json);
                }
                Ok(Carried::Always) => {}
                Ok(Carried::Never(why)) => {
                    let rule = RuleDraft { words: words.map(str::to_owned), ..RuleDraft::default() };
                    let target = draft.rule(Kind::DenyIf, name, rule, &here);
                    draft.tell(DifferenceKind::Suggestion, &here, target, why);
                }
                Err(why) => draft.close(name, &here, &why),
            }
        }
        if require.conditions.is_empty() {
            continue;
        }
        let target = draft.rule(Kind::Require, name, require, spot);
        for (condition, here) in kept {
            doubts(condition, name, &here, &target, draft);
        }
    }
    Ok(())
}
