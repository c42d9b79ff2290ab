//! A value in words, as a person reads it.

use super::linked::Names;
use super::links::names_in_words;
use super::page::readable;
use super::sentences::reference;
use crate::contents::kind_of;
use crate::tools::sized;
use crate::view::ValueForm;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatehouse_odoo::{Field, FieldType};
use serde_json::{Number, Value};

/// An empty value, of whatever form.
pub(crate) const NOTHING: &str = "—";
/// Longer texts are running text.
const ONE_LINE: usize = 80;
/// Related records named where they only stand there.
const NAMED: usize = 20;

/// A value in words where no names of other records are at hand.
pub(crate) fn alone(value: &Value, field: &Field) -> String {
    words(value, field, &Names::default())
}

/// A value in words.
pub(super) fn words(value: &Value, field: &Field, names: &Names) -> String {
    match (value, field.kind) {
        (Value::Bool(yes), FieldType::Boolean) => if *yes { "Yes" } else { "No" }.into(),
        (Value::Null | Value::Bool(false), _) => NOTHING.into(),
        (Value::String(key), FieldType::Selection) => {
            let label = field.selection.iter().find(|(value, _)| value == key);
            label.map_or_else(|| key.clone(), |(_, label)| label.clone())
        }
        (Value::Array(pair), FieldType::Many2one) => match pair.as_slice() {
            [id, Value::String(name)] => format!("{name} (#{id})"),
            _ => value.to_string(),
        },
        (Value::Number(id), FieldType::Many2one) => match (&field.relation, id.as_i64()) {
            (Some(relation), Some(id)) => names.of(relation, id),
            _ => reference(value),
        },
        (Value::Array(ids), FieldType::One2many) => match ids.len() {
            0 => NOTHING.into(),
            1 => "1 record".into(),
            count => format!("{count} records"),
        },
        (Value::Array(ids), FieldType::Many2many) => {
            let ids: Vec<i64> = ids.iter().filter_map(Value::as_i64).collect();
            names_in_words(&ids, field.relation.as_deref().unwrap_or_default(), names, NAMED)
        }
        (Value::String(text), FieldType::Binary | FieldType::Image) => file(text),
        (Value::String(text), FieldType::Html) => {
            let told = readable(text);
            if told.is_empty() { text.clone() } else { told }
        }
        (Value::String(text), _) => text.clone(),
        (Value::Number(number), _) => plain(number, field.decimals),
        (other, _) => other.to_string(),
    }
}

/// How a field's values are shown: these two, in words.
pub(super) fn form(field: &Field, before: Option<&str>, after: Option<&str>) -> ValueForm {
    match field.kind {
        FieldType::Integer | FieldType::Float | FieldType::Monetary => ValueForm::Number,
        FieldType::Date => ValueForm::Date,
        FieldType::Datetime => ValueForm::Datetime,
        FieldType::Html => ValueForm::Text,
        FieldType::Char | FieldType::Text => text_form(before, after),
        _ => ValueForm::Plain,
    }
}

/// Running text where one of both is longer than a line.
pub(crate) fn text_form(before: Option<&str>, after: Option<&str>) -> ValueForm {
    let is_long = |text: &str| text.contains('\n') || text.chars().nth(ONE_LINE).is_some();
    if before.is_some_and(is_long) || after.is_some_and(is_long) { ValueForm::Text } else { ValueForm::Plain }
}

/// A number with a point and no more digits than it has: what a computer adds behind the fifteenth is not told.
fn plain(number: &Number, decimals: Option<u8>) -> String {
    if let (Some(exact), _) | (None, Some(exact)) =
        (number.as_i64().map(|whole| whole.to_string()), number.as_u64().map(|whole| whole.to_string()))
    {
        return exact;
    }
    let Some(given) = number.as_f64() else { return number.to_string() };
    let short: f64 = format!("{given:.14e}").parse().unwrap_or(given);
    let told = match decimals {
        Some(decimals) => {
            let scale = 10_f64.powi(i32::from(decimals));
            let scaled = short * scale;
            // As Odoo rounds: a half goes away from zero, also where it is a little less than one in binary.
            let rounded = (scaled + scaled * f64::EPSILON).round() / scale;
            if rounded.is_finite() { format!("{rounded:.0$}", usize::from(decimals)) } else { format!("{short}") }
        }
        None => format!("{short}"),
    };
    let told = if told.contains('.') { told.trim_end_matches('0').trim_end_matches('.') } else { &told };
    if told == "-0" { "0".into() } else { told.to_owned() }
}

/// A file: its size and what it is, never what it holds. Odoo tells the size alone of those that it has.
fn file(value: &str) -> String {
    let is_size = value.len() < 24
        && value.split_once(' ').is_some_and(|(number, unit)| number.parse::<f64>().is_ok() && unit.len() <= 5);
    if is_size {
        return format!("{} file", value.replace("Kb", "KB").replace("Mb", "MB").replace("Gb", "GB"));
    }
    let packed: String = value.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let Ok(bytes) = STANDARD.decode(packed) else { return "a file".into() };
    let what = kind_of(&bytes, "").in_words();
    format!("{} {what}", sized(bytes.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_odoo::Fields;
    use serde_json::json;

    fn told(attributes: &Value, value: &Value) -> String {
        let fields = Fields::parse("x", json!({"f": attributes})).unwrap();
        words(value, fields.get("f").unwrap(), &Names::default())
    }

    #[test]
    fn numbers_have_a_point_and_no_more_digits_than_they_have() {
        let float = |value: Value| told(&json!({"type": "float"}), &value);
        assert_eq!(float(json!(0.1 + 0.2)), "0.3");
        assert_eq!(float(json!(-1250.5)), "-1250.5");
        assert_eq!(float(json!(2.0)), "2");
        assert_eq!(float(json!(1e21)), "1000000000000000000000");
        assert_eq!(float(json!(-0.0)), "0");
        assert_eq!(told(&json!({"type": "integer"}), &json!(9_007_199_254_740_993_i64)), "9007199254740993");
        assert_eq!(told(&json!({"type": "integer"}), &json!(0)), "0");
        let kept = |value: Value| told(&json!({"type": "float", "digits": [16, 2]}), &value);
        assert_eq!(
            (kept(json!(1.005)), kept(json!(-1.005)), kept(json!(1.5))),
            ("1.01".into(), "-1.01".into(), "1.5".into())
        );
        assert_eq!(kept(json!(3)), "3");
    }

    #[test]
    fn a_file_is_told_by_size_and_kind_and_its_bytes_never() {
        let binary = |value: &str| told(&json!({"type": "binary"}), &json!(value));
        assert_eq!(binary("10.44 Kb"), "10.44 KB file");
        assert_eq!(binary("67 bytes"), "67 bytes file");
        assert_eq!(binary(&STANDARD.encode(b"\x89PNG\r\n\x1a\nrest")), "12 bytes PNG image");
        assert_eq!(binary(&STANDARD.encode(vec![b'a'; 3000])), "3 KB text file");
        assert_eq!(binary(&STANDARD.encode(b"%PDF-1.7\n\0")), "10 bytes PDF file");
        assert_eq!(binary("no base64!"), "a file");
    }

    #[test]
    fn each_kind_of_field_has_its_form() {
        let form_of = |kind: &str, after: &str| {
            let fields = Fields::parse("x", json!({"f": {"type": kind}})).unwrap();
            form(fields.get("f").unwrap(), Some("a"), Some(after))
        };
        assert_eq!(form_of("monetary", "1"), ValueForm::Number);
        assert_eq!(form_of("date", "2026-01-01"), ValueForm::Date);
        assert_eq!(form_of("datetime", "2026-01-01 00:00:00"), ValueForm::Datetime);
        assert_eq!(form_of("html", "a"), ValueForm::Text);
        assert_eq!((form_of("char", "a"), form_of("char", "a\nb")), (ValueForm::Plain, ValueForm::Text));
        assert_eq!(form_of("text", &"a".repeat(81)), ValueForm::Text);
        assert_eq!(form_of("selection", &"a".repeat(81)), ValueForm::Plain);
    }
}
