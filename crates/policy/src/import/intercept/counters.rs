//! What a file counts, as limits.

use super::super::DifferenceKind;
use super::super::draft::{Counted, Draft, Spot, Topic};
use super::super::source::{Node, Value};
use super::super::window::named;
use super::{Reading, Trouble, escaped};
use crate::problem::did_you_mean;
use std::collections::HashMap;

/// The counters of a file, by the tool that counts and the name.
pub(super) type Counters = HashMap<(String, String), Result<Counter, String>>;

#[derive(Debug, Clone)]
pub(super) struct Counter {
    pub(super) counted: Counted,
    /// How much a call adds.
    pub(super) step: u64,
}

/// Every `state` block of the file.
pub(super) fn counters(tools: &Node) -> Counters {
    let mut found = HashMap::new();
    for tool in tools.entries() {
        let owner = if tool.key == "*" { "_global" } else { tool.key.as_str() };
        let Some(Value::List(rules)) = tool.node.get("rules").map(|rules| &rules.value) else { continue };
        for state in rules.iter().filter_map(|rule| rule.get("state")) {
            let Some(name) = state.get("counter").and_then(Node::words) else { continue };
            let key = (owner.to_owned(), name.to_owned());
            let counter = counter(state);
            let twice = found.contains_key(&key);
            let counter = if twice { Err(format!("The counter “{name}” is described twice.")) } else { counter };
            found.insert(key, counter);
        }
    }
    found
}

fn counter(state: &Node) -> Result<Counter, String> {
    let known = ["counter", "window", "increment", "increment_from"];
    if let Some(entry) = state.entries().iter().find(|entry| !known.contains(&entry.key.as_str())) {
        return Err(format!("“{}” is not a key of a state.{}", entry.key, did_you_mean(&entry.key, known.into_iter())));
    }
    let window = state.get("window").and_then(Node::words).and_then(named);
    let window = window.ok_or("The window of a state is minute, hour or day.")?;
    let step = match state.get("increment") {
        None => 1,
        Some(step) => {
            step.whole().filter(|step| *step > 0).ok_or("The increment of a state is a whole number from 1.")?
        }
    };
    let from = match state.get("increment_from") {
        None => None,
        Some(from) if step == 1 => Some(from.words().map(escaped).ok_or("“increment_from” is a path.")?),
        Some(_) => return Err("A state counts by “increment” or by “increment_from”.".to_owned()),
    };
    Ok(Counter { counted: Counted { window, from }, step })
}

/// A condition on a counter: at most so much.
pub(super) fn of_counter(node: &Node, spot: &Spot, reading: Reading<'_>, draft: &mut Draft<'_>) -> Result<(), Trouble> {
    let trouble = |why: &str| (spot.clone(), why.to_owned());
    let path = node.get("path").and_then(Node::words).unwrap_or_default();
    let (owner, name) = path
        .strip_prefix("state.")
        .and_then(|rest| rest.rsplit_once('.'))
        .ok_or_else(|| trouble("A counter is named like state.tool.counter."))?;
    let counter = match reading.counters.get(&(owner.to_owned(), name.to_owned())) {
        Some(Ok(counter)) => counter.clone(),
        Some(Err(why)) => return Err(trouble(why)),
        None => return Err((spot.clone(), format!("No state counts “{name}” of {owner}."))),
    };
    let bound = match node.get("value").map(|value| &value.value) {
        Some(Value::Number(text)) => text.parse::<f64>().ok().filter(|bound| bound.abs() < 9_007_199_254_740_992.0),
        _ => None,
    };
    let bound = bound.ok_or_else(|| trouble("A counter is compared with a number."))?;
    let most = match node.get("op").and_then(Node::words) {
        Some("lte") => bound.floor(),
        Some("lt") => bound.ceil() - 1.0,
        _ => return Err(trouble("Only lt and lte of a counter can be said here.")),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, not negative and below 2^53")]
    let most = if most < 0.0 { 0 } else { most as u64 };
    if owner != reading.owner {
        let message =
            format!("Intercept only looks at the counter of {owner} here. A limit here also counts the call.");
        draft.tell(DifferenceKind::Stricter, spot, "", message);
    }
    limit(name, owner, &counter, most, spot, reading.names, draft)
}

/// A limit of each of the tools, or of all when there are none.
pub(super) fn limit(
    name: &str,
    owner: &str,
    counter: &Counter,
    most: u64,
    spot: &Spot,
    names: &[String],
    draft: &mut Draft<'_>,
) -> Result<(), Trouble> {
    let max = most / counter.step;
    if max == 0 {
        return Err((spot.clone(), "Not one call fits into this limit.".to_owned()));
    }
    let prefix = if owner == "_global" { "all_tools" } else { owner };
    let wanted = match name.strip_prefix("_rate_") {
        Some(window) => format!("{prefix}_per_{window}"),
        None => format!("{prefix}_{name}"),
    };
    let each: Vec<Option<&str>> =
        if names.is_empty() { vec![None] } else { names.iter().map(|name| Some(name.as_str())).collect() };
    for tool in each {
        if let Some(from) = &counter.counted.from
            && let Err(why) = draft.countable(tool, from)
        {
            match tool {
                Some(tool) => draft.close(tool, spot, &why),
                None => draft.refuse(spot, why),
            }
            continue;
        }
        let unique = draft.counter(owner, name, &counter.counted, &wanted);
        let target = draft.limit(tool, unique, counter.counted.clone(), max, spot);
        let message = "Intercept counts all its callers together. Here each agent has its own count, so several agents may make more calls in all.";
        draft.tell_once(Topic::Agents, DifferenceKind::Changed, spot, &target, message);
        if counter.counted.from.is_some() {
            let message = "Intercept cuts an amount down to a whole number, and a negative one lowers the counter. Here an amount is rounded up, and one that is missing, negative or no number denies the call.";
            draft.tell_once(Topic::Rounding, DifferenceKind::Stricter, spot, &target, message);
        }
    }
    Ok(())
}
