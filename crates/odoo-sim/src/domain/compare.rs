//! One condition against one value.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Leaf, Operator};
use crate::cell::Cell;
use crate::clock;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::{Field, Kind, Model};

/// Whether the record's value fits the condition.
pub(super) fn fits(env: &Env<'_>, model: &'static Model, id: i64, leaf: &Leaf) -> bool {
    let field = leaf.field;
    if matches!(leaf.operator, Operator::ChildOf | Operator::ParentOf) {
        return in_hierarchy(env, model, id, leaf);
    }
    let cell = if field.name == "id" { Cell::Int(id) } else { env.get(model, id, field) };
    if field.is_relation() {
        return relation(env, field, &cell, leaf);
    }
    match leaf.operator {
        Operator::In => is_among(field, &cell, &leaf.value),
        Operator::NotIn => !is_among(field, &cell, &leaf.value),
        Operator::Like { fold_case, negated, whole } => is_like(&cell, &leaf.value, fold_case, whole) != negated,
        operator => is_ordered(field, &cell, operator, &leaf.value),
    }
}

/// Dates are checked and completed when the domain is read, not when it is asked.
pub(super) fn prepared(env: &Env<'_>, field: &Field, operator: Operator, value: &Value) -> Outcome<Value> {
    if !matches!(field.kind, Kind::Date | Kind::Datetime) {
        return Ok(value.clone());
    }
    let one = |value: &Value| match value {
        Value::String(text) => moment(env, field, operator, text).map(Value::from),
        other => Ok(other.clone()),
    };
    match value {
        Value::Array(items) => Ok(Value::Array(items.iter().map(one).collect::<Outcome<_>>()?)),
        other => one(other),
    }
}

/// A date, a datetime, `today`, `now` or a distance such as `-7d`.
fn moment(env: &Env<'_>, field: &Field, operator: Operator, text: &str) -> Outcome<String> {
    if text.contains('T') && text.len() > 10 {
        return Err(Fault::value(format!("expecting only datetimes with no timezone: '{text}'")));
    }
    let at = if let Some(at) = clock::seconds(text) {
        at
    } else {
        relative(env.now, text)
            .ok_or_else(|| Fault::value(format!("Invalid term '{text}' in expression date: '{text}'")))?
    };
    if field.kind == Kind::Date {
        return Ok(clock::date(at));
    }
    // a day means its end after '>' and '<='
    let is_day = text.len() == 10 && matches!(operator, Operator::Greater | Operator::LessOrEqual);
    Ok(clock::datetime(if is_day { at + 86_399 } else { at }))
}

fn relative(now: i64, text: &str) -> Option<i64> {
    let today = now - now.rem_euclid(86_400);
    let mut at = None;
    for term in text.split_whitespace() {
        at = Some(match term {
            "today" => today,
            "now" => now,
            _ => {
                let (count, unit) = term.split_at_checked(term.len().checked_sub(1)?)?;
                let count: i64 = count.strip_prefix('+').unwrap_or(count).parse().ok()?;
                let base = at.unwrap_or(now);
                match unit {
                    "d" => base + count * 86_400,
                    "w" => base + count * 7 * 86_400,
                    "H" => base + count * 3600,
                    "M" => base + count * 60,
                    "S" => base + count,
                    "m" | "y" => {
                        let (year, month, day) = clock::parts(base);
                        let months = if unit == "m" { count } else { count * 12 };
                        clock::midnight(year, month + months, day) + base.rem_euclid(86_400)
                    }
                    _ => return None,
                }
            }
        });
    }
    at
}

fn relation(env: &Env<'_>, field: &Field, cell: &Cell, leaf: &Leaf) -> bool {
    let ids = cell.ids();
    let Ok(target) = env.target(field) else { return false };
    let named = |name: &str| ids.iter().any(|id| env.record(target, *id).name() == name);
    let among = |value: &Value| match value {
        Value::Null | Value::Bool(false) => ids.is_empty(),
        Value::Bool(true) => !ids.is_empty(),
        Value::Number(number) => number.as_i64().is_some_and(|id| ids.contains(&id)),
        Value::String(text) => match text.parse() {
            Ok(id) if target.name != "res.lang" => ids.contains(&id),
            _ => named(text),
        },
        _ => false,
    };
    match leaf.operator {
        Operator::In => each(&leaf.value).iter().any(among),
        Operator::NotIn => !each(&leaf.value).iter().any(among),
        Operator::Like { fold_case, negated, whole } => {
            let is_like = ids
                .iter()
                .any(|id| is_like(&Cell::text(env.record(target, *id).name()), &leaf.value, fold_case, whole));
            is_like != negated
        }
        operator => ids.iter().any(|id| is_ordered(field, &Cell::Int(*id), operator, &leaf.value)),
    }
}

/// A condition's value as a list: a list itself, or the one value.
fn each(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

fn is_among(field: &Field, cell: &Cell, values: &Value) -> bool {
    each(values).iter().any(|value| equals(field, cell, value))
}

fn equals(field: &Field, cell: &Cell, value: &Value) -> bool {
    match (field.kind, value) {
        (Kind::Boolean, value) => cell.is_set() == is_truthy(value),
        (_, Value::Null | Value::Bool(false)) => !cell.is_set(),
        (_, Value::Bool(true)) => cell.is_set(),
        (_, Value::Number(number)) => match cell {
            Cell::Text(text) => **text == *number.to_string(),
            cell => cell.as_number().unwrap_or(0.0).total_cmp(&number.as_f64().unwrap_or(f64::NAN)).is_eq(),
        },
        (_, Value::String(text)) => match cell {
            Cell::Text(own) => **own == **text,
            Cell::Null => text.is_empty(),
            cell => text.trim().parse().ok() == cell.as_number(),
        },
        _ => false,
    }
}

/// Python's truth of a JSON value.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}

fn is_ordered(field: &Field, cell: &Cell, operator: Operator, value: &Value) -> bool {
    let cell = match cell {
        Cell::Null if matches!(field.kind, Kind::Integer | Kind::Float | Kind::Monetary) => Cell::Float(0.0),
        Cell::Null => return false,
        cell => cell.clone(),
    };
    let other = match value {
        Value::Number(number) => Cell::Float(number.as_f64().unwrap_or(0.0)),
        Value::String(text) => match (&cell, text.trim().parse()) {
            (Cell::Int(_) | Cell::Float(_), Ok(number)) => Cell::Float(number),
            _ => Cell::text(text.as_str()),
        },
        Value::Bool(truth) => Cell::Bool(*truth),
        _ => return false,
    };
    let order = cell.order(&other);
    match operator {
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
        _ => false,
    }
}

fn is_like(cell: &Cell, pattern: &Value, fold_case: bool, whole: bool) -> bool {
    let text = match cell {
        Cell::Text(text) => text.to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) => number.to_string(),
        _ => String::new(),
    };
    let pattern = match pattern {
        Value::String(pattern) => pattern.clone(),
        Value::Null | Value::Bool(false) => String::new(),
        other => other.to_string(),
    };
    let (text, pattern) = if fold_case { (text.to_lowercase(), pattern.to_lowercase()) } else { (text, pattern) };
    let pattern = if whole { pattern } else { format!("%{pattern}%") };
    like(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
}

/// SQL's LIKE: `%` any run, `_` any letter, `\` takes the next letter as it is.
fn like(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut sign, mut retry) = (0, 0, None);
    while at < text.len() {
        match pattern.get(sign) {
            Some('%') => {
                retry = Some((sign, at));
                sign += 1;
                continue;
            }
            Some('_') => {
                at += 1;
                sign += 1;
                continue;
            }
            Some('\\') if pattern.get(sign + 1) == text.get(at) => {
                at += 1;
                sign += 2;
                continue;
            }
            Some(letter) if *letter == text[at] && *letter != '\\' => {
                at += 1;
                sign += 1;
                continue;
            }
            _ => {}
        }
        let Some((star, from)) = retry else { return false };
        retry = Some((star, from + 1));
        sign = star + 1;
        at = from + 1;
    }
    pattern[sign..].iter().all(|letter| *letter == '%')
}

fn in_hierarchy(env: &Env<'_>, model: &'static Model, id: i64, leaf: &Leaf) -> bool {
    let (target, mine) = if leaf.field.is_relation() {
        let Ok(target) = env.target(leaf.field) else { return false };
        (target, env.get(model, id, leaf.field).ids())
    } else {
        (model, vec![id])
    };
    let named: Vec<i64> = each(&leaf.value)
        .iter()
        .flat_map(|value| match value {
            Value::Number(number) => number.as_i64().into_iter().collect(),
            Value::String(name) => {
                let name = Value::from(name.as_str());
                env.db
                    .ids(target)
                    .filter(|id| is_like(&Cell::text(env.record(target, *id).name()), &name, true, false))
                    .collect()
            }
            _ => Vec::new(),
        })
        .collect();
    let is_under = |below: i64, above: i64| lineage(env, target, below).contains(&above);
    mine.iter().any(|mine| {
        named.iter().any(|named| {
            if leaf.operator == Operator::ChildOf { is_under(*mine, *named) } else { is_under(*named, *mine) }
        })
    })
}

/// The record and its parents.
fn lineage(env: &Env<'_>, model: &'static Model, id: i64) -> Vec<i64> {
    let mut line = vec![id];
    while let Some(parent) = line.last().and_then(|at| env.record(model, *at).id_of("parent_id")) {
        if line.contains(&parent) {
            break;
        }
        line.push(parent);
    }
    line
}
