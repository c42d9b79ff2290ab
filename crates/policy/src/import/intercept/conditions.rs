//! Conditions on arguments: what must be true there and here.

use super::super::draft::{Draft, Kind, Spot, Topic};
use super::super::shape::{self, Shape};
use super::super::source::{Node, Value, quoted};
use super::super::{DifferenceKind, pattern};
use super::escaped;
use crate::decimal::Decimal;
use std::collections::BTreeSet;

/// What Intercept and this language make differently of a condition that both have.
pub(super) fn doubts(condition: &Node, tool: &str, spot: &Spot, target: &str, draft: &mut Draft<'_>) {
    let (Some(path), Some(value)) = (condition.get("path").and_then(Node::words), condition.get("value")) else {
        return;
    };
    let op = condition.get("op").and_then(Node::words).unwrap_or_default();
    let found = shape_of(path, tool, draft);
    if op != "exists" && !found.takes(op, value) && !(op == "contains" && found == Shape::List) {
        let message = "Intercept compares texts and numbers as they print, so that \"5\" equals 5. Here types are never mixed: such a call is denied, or asked about.";
        draft.tell_once(Topic::Coercion, DifferenceKind::Stricter, spot, target, message);
    }
    if found == Shape::Unknown && op != "contains" {
        let message = "Intercept does not look into lists. Here a condition holds for a list when it holds for every element, or for any where the rule asks: a list may pass that Intercept denies.";
        draft.tell_once(Topic::Lists, DifferenceKind::Changed, spot, target, message);
    } else if found.may_be_list() {
        let message = "Intercept compares the members of a list as they print. Here types are never mixed.";
        draft.tell_once(Topic::Coercion, DifferenceKind::Stricter, spot, target, message);
    }
}

pub(super) fn shape_of(path: &str, tool: &str, draft: &Draft<'_>) -> Shape {
    let Some(path) = path.strip_prefix("args.") else { return Shape::Unknown };
    let keys: Vec<&str> = path.split('.').collect();
    shape::of(draft.definition(tool).map(|definition| &definition.input_schema), &keys)
}

/// What becomes of a condition.
pub(super) enum Carried {
    /// This, as JSON text.
    As(String),
    /// It holds for every call there.
    Always,
    /// It holds for no call there; why.
    Never(String),
}

pub(super) fn argument(
    node: &Node,
    tool: &str,
    kind: Kind,
    spot: &Spot,
    draft: &mut Draft<'_>,
) -> Result<Carried, String> {
    if let Some(entry) = node.entries().iter().find(|entry| !["path", "op", "value"].contains(&entry.key.as_str())) {
        return Err(format!("Intercept passes “{}” over without a word; it may have meant more.", entry.key));
    }
    let text = |key: &str| node.get(key).and_then(Node::words).ok_or(format!("A condition has a “{key}”, a text."));
    let (path, op) = (text("path")?, text("op")?);
    if !path.starts_with("args.") {
        return Err(format!("Intercept knows paths of args and state, not “{path}”."));
    }
    let value = node.get("value").ok_or("A condition has a “value”.")?;
    let wants_absence = op == "exists" && matches!(value.value, Value::Bool(false));
    let shape = shape_of(path, tool, draft);
    let known =
        matches!(shape, Shape::Text | Shape::Number | Shape::Bool | Shape::Object | Shape::List | Shape::ThroughList);
    let looks_at_one = ["eq", "in", "lt", "lte", "gt", "gte", "regex"].contains(&op);
    if known && shape == Shape::ThroughList && kind == Kind::Require {
        return Ok(if wants_absence {
            Carried::Always
        } else {
            Carried::Never(format!(
                "Intercept does not look into lists and finds nothing at {path}, so it denies every call, and so does the result. Here the condition can be about every element: write it into “require”."
            ))
        });
    }
    if shape == Shape::ThroughList && wants_absence {
        return Ok(Carried::Always);
    }
    if shape == Shape::List && looks_at_one && kind == Kind::Require {
        return Ok(Carried::Never(format!(
            "{path} is a list, which Intercept compares with nothing, so it denies every call, and so does the result. Here the condition can be about every element: write it into “require”."
        )));
    }
    let path_json = quoted(&escaped(path));
    if shape == Shape::List && ["neq", "not_in"].contains(&op) {
        // True there of any list.
        let json = format!("{{\"path\":{path_json},\"op\":\"exists\",\"value\":true}}");
        let message = format!(
            "{path} is a list, which Intercept finds different from anything: the condition holds when it is there."
        );
        draft.tell(DifferenceKind::Suggestion, spot, "", message);
        return draft.condition(tool, &json).map(|()| Carried::As(json));
    }
    exact(op, value)?;
    let operand = match (op, &value.value) {
        ("regex", Value::Text(go)) => {
            let ours = pattern::from_go(go)
                .ok_or_else(|| format!("The regular expression {go} is not read alike by Intercept and here."))?;
            draft.pattern(&ours)?;
            quoted(&ours)
        }
        _ => value.operand()?,
    };
    let json = format!("{{\"path\":{path_json},\"op\":{},\"value\":{operand}}}", quoted(op));
    draft.condition(tool, &json).map(|()| Carried::As(json))
}

/// Whether Intercept, which keeps numbers in 64 bits of floating point and compares as they print, agrees with an exact
/// comparison.
fn exact(op: &str, value: &Node) -> Result<(), String> {
    let items = match &value.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    };
    for item in items {
        let Value::Number(text) = &item.value else { continue };
        let float: f64 = text.parse().unwrap_or(f64::INFINITY);
        let shortest = serde_json::Number::from_f64(float).and_then(|number| Decimal::parse(&number.to_string()));
        if float.abs() >= 9_007_199_254_740_992.0 || shortest != Decimal::parse(text) {
            return Err(format!("Intercept rounds the number {text}, and here it would be compared exactly."));
        }
    }
    let kinds: BTreeSet<&str> = items.iter().map(Node::kind).collect();
    if kinds.len() > 1 && ["in", "not_in"].contains(&op) {
        return Err("A list of several types is compared there as it prints, and here type by type.".to_owned());
    }
    Ok(())
}
