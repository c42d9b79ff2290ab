//! Values that are no relation.

use super::{MAX_JSON_DEPTH, MAX_TEXT};
use crate::domain::{Problem, clip, is_relative, nearest, token, whole};
use crate::values::moment;
use crate::{Field, FieldType};
use serde_json::{Value, json};

/// Checks one value; gives it as Odoo takes it, and words for it where it does not speak for itself.
pub(super) fn check(value: &Value, name: &str, field: &Field, at: &str) -> Result<(Value, Option<String>), Problem> {
    let refuse = |wants: &str| Err(Problem::new(at, format!("“{name}” takes {wants}, not {}", described(value))));
    let plain = |value: Value| Ok((value, None));
    match (field.kind, value) {
        (FieldType::Boolean, Value::Bool(_)) => plain(value.clone()),
        (FieldType::Boolean, _) => refuse("true or false"),

        (FieldType::Integer, _) => match whole(value) {
            Some(number) => plain(json!(number)),
            None => refuse("a whole number of at most 32 bits"),
        },
        (FieldType::Float | FieldType::Monetary, Value::Number(number))
            if number.as_f64().is_some_and(f64::is_finite) =>
        {
            plain(value.clone())
        }
        (FieldType::Float | FieldType::Monetary, _) => refuse("a number"),

        // Odoo's own word for an empty value, and ours.
        (_, Value::Null | Value::Bool(false)) if field.kind != FieldType::Other => plain(Value::Bool(false)),

        (FieldType::Char | FieldType::Text | FieldType::Html, Value::String(text)) => text_value(text, name, at),
        (FieldType::Char | FieldType::Text | FieldType::Html, _) => refuse("a text"),

        (FieldType::Date | FieldType::Datetime, Value::String(text)) if is_relative(text) => Err(Problem::new(
            at,
            format!("“{}” is understood in a domain only; write the day itself into “{name}”", clip(text)),
        )),
        (FieldType::Date, Value::String(text)) => at_place(moment::day(text), at),
        (FieldType::Date, _) => refuse("a date, YYYY-MM-DD"),

        // A bare day is that day's first moment in UTC, as Odoo reads it.
        (FieldType::Datetime, Value::String(text)) if moment::day(text).is_ok() => {
            plain(json!(format!("{text} 00:00:00")))
        }
        (FieldType::Datetime, Value::String(text)) => at_place(moment::second(text), at),
        (FieldType::Datetime, _) => refuse("a moment, YYYY-MM-DD HH:MM:SS in UTC or ISO 8601"),

        (FieldType::Selection, Value::String(text)) => selection(text, name, field, at),
        (FieldType::Selection, _) => refuse("one of its values"),

        (FieldType::Binary | FieldType::Image, Value::String(text)) => match decoded_length(text) {
            Some(bytes) => Ok((value.clone(), Some(size(bytes)))),
            None => Err(Problem::new(at, format!("“{name}” takes base64 with its padding, without line breaks"))),
        },
        (FieldType::Binary | FieldType::Image, _) => refuse("base64"),

        (FieldType::Reference, Value::String(text)) => reference(text, name, field, at),
        (FieldType::Reference, _) => refuse("a text, model,id"),

        (FieldType::Many2oneReference, _) => match whole(value).filter(|id| *id > 0) {
            Some(id) => plain(json!(id)),
            None => refuse("an id"),
        },

        (FieldType::Json, _)
        | (FieldType::Properties, Value::Object(_))
        | (FieldType::Properties | FieldType::PropertiesDefinition, Value::Array(_)) => {
            json_value(value, name, at, 0)?;
            plain(value.clone())
        }
        (FieldType::Properties, _) => refuse("an object of its properties"),
        (FieldType::PropertiesDefinition, _) => refuse("a list of definitions"),

        (FieldType::Many2one | FieldType::One2many | FieldType::Many2many | FieldType::Other, _) => {
            Err(Problem::new(at, format!("“{name}” is of a type that Gatehouse does not know; it is not written")))
        }
    }
}

fn at_place(converted: Result<String, String>, at: &str) -> Result<(Value, Option<String>), Problem> {
    converted.map(|text| (Value::String(text), None)).map_err(|why| Problem::new(at, why))
}

/// Refuses what PostgreSQL would, and what nests or is longer than any use of it.
fn json_value(value: &Value, name: &str, at: &str, depth: usize) -> Result<(), Problem> {
    let text = |text: &str| {
        if text.len() > MAX_TEXT {
            Err(too_long(name, at))
        } else if text.contains('\0') {
            Err(Problem::new(at, format!("“{name}” holds a zero character, which the database does not take")))
        } else {
            Ok(())
        }
    };
    if depth > MAX_JSON_DEPTH {
        return Err(Problem::new(at, format!("“{name}” nests deeper than {MAX_JSON_DEPTH} levels")));
    }
    match value {
        Value::String(one) => text(one),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| json_value(item, name, &format!("{at}/{index}"), depth + 1)),
        Value::Object(entries) => entries.iter().try_for_each(|(key, item)| {
            text(key)?;
            json_value(item, name, &format!("{at}/{}", token(key)), depth + 1)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn too_long(name: &str, at: &str) -> Problem {
    Problem::new(
        at,
        format!("the text for “{name}” is longer than {MAX_TEXT} bytes; shorten it, or attach it as a file"),
    )
}

fn text_value(text: &str, name: &str, at: &str) -> Result<(Value, Option<String>), Problem> {
    if text.len() > MAX_TEXT {
        return Err(too_long(name, at));
    }
    if is_cut_text(text) {
        let message = format!(
            "the text for “{name}” was shown only in part, and the rest of it would be lost; read on with odoo_read and \
             text_from, then write all of it"
        );
        return Err(Problem::new(at, message));
    }
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        None => Ok((Value::String(text.to_owned()), None)),
        Some(c) => Err(Problem::new(
            at,
            format!("“{name}” holds the control character U+{:04X}; only line feeds and tabs are taken", u32::from(c)),
        )),
    }
}

/// Whether a text ends as one that was shown in part does: `… [12 more characters]`.
fn is_cut_text(text: &str) -> bool {
    let count = text.strip_suffix(" more characters]").and_then(|rest| rest.rsplit_once("… [")).map(|(_, count)| count);
    count.is_some_and(is_count)
}

/// Whether a list ends as one that was shown in part does: `… 12 more`.
pub(super) fn is_cut_list(items: &[Value]) -> bool {
    let last = items.last().and_then(Value::as_str);
    last.and_then(|last| last.strip_prefix("… ")?.strip_suffix(" more")).is_some_and(is_count)
}

fn is_count(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A value of the selection, or a label that exactly one value has.
fn selection(text: &str, name: &str, field: &Field, at: &str) -> Result<(Value, Option<String>), Problem> {
    let options = &field.selection;
    if let Some((key, label)) = options.iter().find(|(key, _)| key == text) {
        return Ok((json!(key), Some(label.clone())));
    }
    let mut labelled = options.iter().filter(|(_, label)| label.to_lowercase() == text.to_lowercase());
    if let (Some((key, label)), None) = (labelled.next(), labelled.next()) {
        return Ok((json!(key), Some(label.clone())));
    }
    if options.is_empty() {
        return Err(Problem::new(at, format!("“{name}” has no values that this user can see")));
    }
    let allowed: Vec<String> = options.iter().take(40).map(|(key, label)| format!("{key} ({label})")).collect();
    let near = nearest(text, options.iter().flat_map(|(key, label)| [key.as_str(), label.as_str()]));
    Err(Problem::new(at, format!("“{}” is not a value of “{name}”; its values are {}", clip(text), allowed.join(", ")))
        .with_candidates(near))
}

/// `model,id`, of a model that the field allows.
fn reference(text: &str, name: &str, field: &Field, at: &str) -> Result<(Value, Option<String>), Problem> {
    let well_formed = text.split_once(',').is_some_and(|(model, id)| {
        let model_ok = !model.is_empty()
            && model.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'_');
        let id_ok = id.bytes().all(|b| b.is_ascii_digit()) && id.parse::<i32>().is_ok_and(|id| id > 0);
        model_ok && id_ok
    });
    if !well_formed {
        return Err(Problem::new(at, format!("“{name}” takes model,id such as res.partner,7")));
    }
    let model = text.split(',').next().unwrap_or_default();
    if !field.selection.is_empty() && !field.selection.iter().any(|(allowed, _)| allowed == model) {
        let allowed: Vec<&str> = field.selection.iter().take(40).map(|(allowed, _)| allowed.as_str()).collect();
        let problem = Problem::new(at, format!("“{name}” refers to records of {}", allowed.join(", ")));
        return Err(problem.with_candidates(nearest(model, allowed.into_iter())));
    }
    Ok((json!(text), None))
}

/// How many bytes a base64 text stands for; none when it is not the standard alphabet with exact padding.
fn decoded_length(text: &str) -> Option<usize> {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let in_alphabet = body.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
    (!text.is_empty() && in_alphabet && text.len().is_multiple_of(4) && padding <= 2)
        .then(|| text.len() / 4 * 3 - padding)
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}

/// A value in a sentence.
pub(super) fn described(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text “{}”", clip(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    }
}
