//! Whether a field still holds what a call left there: values as Odoo reads them, and as they were written, in one form.

use crate::html::{Piece, pieces};
use crate::preview::alone;
use gatehouse_odoo::{Field, FieldType};
use serde_json::Value;
use std::collections::BTreeSet;

/// Decimals that a number has at least where it is compared: what Odoo rounds, it rounds to two or more.
const DECIMALS: usize = 2;

/// A value in the form in which two of them are compared.
#[derive(Debug, Clone, PartialEq)]
enum Plain {
    Nothing,
    Flag(bool),
    Number(f64),
    Text(String),
    Record(i64),
    Records(BTreeSet<i64>),
    Other(Value),
}

/// What a field holds now, as far as a call that wrote it is concerned.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Held {
    /// What was there before the call: nothing to do.
    Before,
    /// What the call left.
    Left,
    /// Something else; in words, what the call left and what is there.
    Other { left: String, now: String },
}

/// Compares what is there now with what was there before a call wrote, and with what it left. `written` is none where
/// nobody knows what the call wrote.
pub(super) fn held(now: &Value, before: &Value, written: Option<&Value>, field: &Field) -> Held {
    let found = plain(now, field);
    if is_same(&plain(before, field), &found) {
        return Held::Before;
    }
    let left = written.and_then(|written| left(before, written, field));
    if left.as_ref().is_some_and(|left| is_same(left, &found)) {
        return Held::Left;
    }
    let left = match left {
        Some(Plain::Records(ids)) => listed(&ids),
        Some(Plain::Text(text)) if field.kind == FieldType::Html => text,
        Some(_) => alone(written.unwrap_or(&Value::Null), field),
        None => "not known".to_owned(),
    };
    Held::Other { left, now: shown(now, field) }
}

/// Whether a value as Odoo reads it is this one.
pub(super) fn holds(now: &Value, wanted: &Value, field: &Field) -> bool {
    is_same(&plain(wanted, field), &plain(now, field))
}

/// A value as a person reads it: HTML by its text.
pub(super) fn shown(value: &Value, field: &Field) -> String {
    match plain(value, field) {
        Plain::Text(text) if field.kind == FieldType::Html => text,
        Plain::Records(ids) => listed(&ids),
        _ => alone(value, field),
    }
}

fn listed(ids: &BTreeSet<i64>) -> String {
    if ids.is_empty() {
        return "—".to_owned();
    }
    ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>().join(", ")
}

/// What a write left; none where that cannot be known.
fn left(before: &Value, written: &Value, field: &Field) -> Option<Plain> {
    if !field.kind.is_x2many() {
        return Some(plain(written, field));
    }
    let Plain::Records(mut ids) = plain(before, field) else { return None };
    for command in written.as_array()? {
        let id = command.get(1).and_then(Value::as_i64);
        match (command.get(0).and_then(Value::as_i64)?, id) {
            (1, _) => {}
            (2 | 3, Some(id)) => {
                ids.remove(&id);
            }
            (4, Some(id)) => {
                ids.insert(id);
            }
            (5, _) => ids.clear(),
            (6, _) => ids = command.get(2)?.as_array()?.iter().filter_map(Value::as_i64).collect(),
            // The id of what a command made is not in the journal.
            _ => return None,
        }
    }
    Some(Plain::Records(ids))
}

fn plain(value: &Value, field: &Field) -> Plain {
    match (value, field.kind) {
        (Value::Bool(yes), FieldType::Boolean) => Plain::Flag(*yes),
        (Value::Null, FieldType::Boolean) => Plain::Flag(false),
        // Odoo reads a number that nobody gave as zero.
        (Value::Null | Value::Bool(false), FieldType::Integer | FieldType::Float | FieldType::Monetary) => {
            Plain::Number(0.0)
        }
        (Value::Null | Value::Bool(false), FieldType::One2many | FieldType::Many2many) => {
            Plain::Records(BTreeSet::new())
        }
        (Value::Null | Value::Bool(false), _) => Plain::Nothing,
        (Value::Number(number), FieldType::Integer | FieldType::Float | FieldType::Monetary) => {
            number.as_f64().map_or_else(|| Plain::Other(value.clone()), Plain::Number)
        }
        (Value::Array(pair), FieldType::Many2one) => record(pair.first(), value),
        (Value::Number(_), FieldType::Many2one) => record(Some(value), value),
        (Value::Array(ids), FieldType::One2many | FieldType::Many2many) => {
            Plain::Records(ids.iter().filter_map(Value::as_i64).collect())
        }
        (Value::String(text), FieldType::Html) => text_or_nothing(&text_of(text)),
        (Value::String(text), FieldType::Char | FieldType::Text) => text_or_nothing(&text.replace("\r\n", "\n")),
        (Value::String(text), _) => Plain::Text(text.clone()),
        (other, _) => Plain::Other(other.clone()),
    }
}

fn record(id: Option<&Value>, whole: &Value) -> Plain {
    id.and_then(Value::as_i64).map_or_else(|| Plain::Other(whole.clone()), Plain::Record)
}

fn text_or_nothing(text: &str) -> Plain {
    let text = text.trim();
    if text.is_empty() { Plain::Nothing } else { Plain::Text(text.to_owned()) }
}

/// The words of HTML. Odoo cleans what is written: tags and attributes come back otherwise.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let taken: Result<(), std::convert::Infallible> = pieces(html, |piece| {
        match piece {
            Piece::Words(words) => text.push_str(words),
            Piece::Line | Piece::Entry | Piece::Cell => text.push(' '),
        }
        Ok(())
    });
    let Ok(()) = taken;
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `wanted` is what was written or read earlier, `found` what is there: a number may have been rounded on the way.
fn is_same(wanted: &Plain, found: &Plain) -> bool {
    let (Plain::Number(wanted), Plain::Number(found)) = (wanted, found) else { return wanted == found };
    let decimals = found.to_string().split_once('.').map_or(0, |(_, behind)| behind.len()).max(DECIMALS);
    let rounded: f64 = format!("{wanted:.decimals$}").parse().unwrap_or(*wanted);
    (rounded - found).abs() < f64::EPSILON * found.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_odoo::Fields;
    use serde_json::json;

    fn held_by(kind: &str, now: &Value, before: &Value, written: &Value) -> Held {
        let table = json!({"field": {"type": kind, "string": "Field", "relation": "x.y"}});
        let fields = Fields::parse("x", table).unwrap();
        held(now, before, Some(written), fields.get("field").unwrap())
    }

    #[test]
    fn what_the_call_left_is_known_again_in_the_form_that_odoo_reads_it_in() {
        for (kind, now, before, written) in [
            ("char", json!("new"), json!("old"), json!("new")),
            ("char", json!(false), json!("old"), Value::Null),
            ("text", json!("a\nb"), json!(false), json!("a\r\nb ")),
            ("html", json!("<p>Hello <b>you</b></p>"), json!(false), json!("<div class='x'>Hello you</div>")),
            ("many2one", json!([75, "France"]), json!([20, "Belgium"]), json!(75)),
            ("many2one", json!(false), json!([20, "Belgium"]), Value::Null),
            ("float", json!(1.23), json!(4.0), json!(1.2349)),
            ("float", json!(0), json!(4.0), Value::Null),
            ("monetary", json!(10), json!(4.0), json!(10.0)),
            ("boolean", json!(false), json!(true), json!(false)),
            ("many2many", json!([3, 1]), json!([1, 2]), json!([[4, 3, 0], [3, 2, 0]])),
            ("many2many", json!([9]), json!([1, 2]), json!([[6, 0, [9]]])),
        ] {
            assert_eq!(held_by(kind, &now, &before, &written), Held::Left, "{kind} {now}");
            assert_eq!(held_by(kind, &before, &before, &written), Held::Before, "{kind} {before}");
        }
    }

    #[test]
    fn what_somebody_else_wrote_is_told_beside_what_the_call_left() {
        let other = |left: &str, now: &str| Held::Other { left: left.into(), now: now.into() };
        assert_eq!(held_by("char", &json!("theirs"), &json!("old"), &json!("new")), other("new", "theirs"));
        assert_eq!(held_by("float", &json!(1.2), &json!(4.0), &json!(1.23)), other("1.23", "1.2"));
        assert_eq!(held_by("float", &json!(1), &json!(4.0), &json!(1.23)), other("1.23", "1"));
        assert_eq!(held_by("many2one", &json!([3, "Spain"]), &json!(false), &json!(75)), other("#75", "Spain (#3)"));
        assert_eq!(held_by("html", &json!("<p>c</p>"), &json!("<p>a</p>"), &json!("<p>b</p>")), other("b", "c"));
        assert_eq!(held_by("many2many", &json!([1]), &json!([1, 2]), &json!([[4, 3, 0]])), other("#1, #2, #3", "#1"));
    }

    #[test]
    fn what_a_call_made_inside_another_record_is_not_known_by_its_id() {
        let made = held_by("many2many", &json!([1, 7]), &json!([1]), &json!([[0, 0, {"name": "x"}]]));
        assert_eq!(made, Held::Other { left: "not known".into(), now: "#1, #7".into() });
    }
}
