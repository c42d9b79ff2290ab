//! Whether a field still holds what a call left there: values as Odoo reads them, and as they were written, in one form.

use crate::preview::{alone, readable};
use gatehouse_odoo::{Field, FieldType};
use serde_json::Value;
use std::collections::BTreeSet;

/// Decimals that an amount of money has at least where it is compared: its currency's are not known here.
const CENTS: usize = 2;

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
/// nobody knows what the call wrote. What was there counts first where it is there to the letter, and last where Odoo may
/// only have put it in another form: a call that changed nothing but a link, or a digit, is taken back all the same.
pub(super) fn held(now: &Value, before: &Value, written: Option<&Value>, field: &Field) -> Held {
    let (found, was) = (plain(now, field), plain(before, field));
    if now == before || field.kind != FieldType::Html && was == found {
        return Held::Before;
    }
    let left = written.and_then(|written| left(before, written, field));
    if left.as_ref().is_some_and(|left| is_same(left, &found, field)) {
        return Held::Left;
    }
    if is_same(&was, &found, field) {
        return Held::Before;
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
    is_same(&plain(wanted, field), &plain(now, field), field)
}

/// A value as a person reads it: HTML by its words, and by what its links, images and scripts lead to.
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

/// What a reader of HTML meets, and where its links and images lead. Odoo cleans what is written: other tags and attributes
/// come back otherwise.
fn text_of(html: &str) -> String {
    readable(html).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `wanted` is what was written or read earlier, `found` what is there: a number may have been rounded on the way, to the
/// field's own decimals; an amount of money to those that its currency has, which are told by the two amounts at best.
fn is_same(wanted: &Plain, found: &Plain, field: &Field) -> bool {
    let (Plain::Number(wanted), Plain::Number(found)) = (wanted, found) else { return wanted == found };
    let close = |wanted: f64| (wanted - found).abs() <= f64::EPSILON * 4.0 * found.abs().max(f64::MIN_POSITIVE);
    let decimals = match (field.decimals, field.kind) {
        (Some(decimals), _) => usize::from(decimals),
        (None, FieldType::Monetary) => digits(*found).max(CENTS),
        (None, _) => return close(*wanted),
    };
    let rounded = |number: f64| format!("{number:.decimals$}").parse().unwrap_or(number);
    close(*wanted) || close(rounded(*wanted)) || close(rounded(wanted + wanted * f64::EPSILON))
}

/// How many digits a number has behind its point.
fn digits(number: f64) -> usize {
    number.to_string().split_once('.').map_or(0, |(_, behind)| behind.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_odoo::Fields;
    use serde_json::json;

    fn held_by(kind: &str, now: &Value, before: &Value, written: &Value) -> Held {
        let (kind, digits) = if kind == "cents" { ("float", json!([16, 2])) } else { (kind, Value::Null) };
        let table = json!({"field": {"type": kind, "string": "Field", "relation": "x.y", "digits": digits}});
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
            ("cents", json!(1.23), json!(4.0), json!(1.2349)),
            ("cents", json!(1.01), json!(4.0), json!(1.005)),
            ("float", json!(1.2349), json!(1.23), json!(1.2349)),
            ("float", json!(0.004), json!(0), json!(0.004)),
            ("monetary", json!(1.23), json!(4.0), json!(1.234)),
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
        assert_eq!(held_by("float", &json!(1.08), &json!(4.0), &json!(1.0834)), other("1.0834", "1.08"));
        assert_eq!(held_by("many2one", &json!([3, "Spain"]), &json!(false), &json!(75)), other("#75", "Spain (#3)"));
        assert_eq!(held_by("html", &json!("<p>c</p>"), &json!("<p>a</p>"), &json!("<p>b</p>")), other("b", "c"));
        assert_eq!(held_by("many2many", &json!([1]), &json!([1, 2]), &json!([[4, 3, 0]])), other("#1, #2, #3", "#1"));
    }

    #[test]
    fn a_link_that_leads_elsewhere_under_the_same_words_is_another_value() {
        let page =
            |target: &str, class: &str| json!(format!(r#"<p>See <a class="{class}" href="{target}">here</a></p>"#));
        let (good, evil) = (page("https://good.example", "a"), page("https://evil.example", "a"));
        assert_eq!(held_by("html", &evil, &good, &evil), Held::Left);
        assert_eq!(held_by("html", &page("https://evil.example", "b"), &good, &evil), Held::Left, "cleaned by Odoo");
        assert_eq!(held_by("html", &page("https://good.example", "b"), &good, &evil), Held::Before, "cleaned by Odoo");
        let Held::Other { left, now } = held_by("html", &page("https://third.example", "a"), &good, &evil) else {
            panic!("a person's own link counts as the call's")
        };
        assert_eq!(
            (left.as_str(), now.as_str()),
            ("See here <https://evil.example>", "See here <https://third.example>")
        );
        let bold = json!("<p>a <b>b</b></p>");
        assert_eq!(held_by("html", &bold, &json!("<p>a b</p>"), &bold), Held::Left, "only its looks were changed");
    }

    #[test]
    fn what_a_call_made_inside_another_record_is_not_known_by_its_id() {
        let made = held_by("many2many", &json!([1, 7]), &json!([1]), &json!([[0, 0, {"name": "x"}]]));
        assert_eq!(made, Held::Other { left: "not known".into(), now: "#1, #7".into() });
    }
}
