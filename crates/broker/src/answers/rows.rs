//! Records as an agent reads them.

use super::text;
use crate::tools::ClosedNames;
use gatehouse_odoo::FieldType;
use gatehouse_odoo::domain::Column;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The longest text of a record that is read by itself, in characters; several long ones share it.
const LONGEST_ALONE: usize = 24_000;
/// The longest text of one record among others.
const LONGEST: usize = 1_000;
/// From how many characters on a text counts as a long one.
const LONG: usize = 2_000;
/// The most related records, or ids of them, that are shown of a record that is read by itself.
const MOST_ALONE: usize = 200;
/// The same of one record among others. Odoo is asked for as many.
pub(crate) const MOST_RELATED: usize = 80;

/// Turns records into what the agent reads, and remembers what was left out on the way.
pub(crate) struct Showing<'a> {
    closed: &'a ClosedNames,
    /// HTML as it is stored, not as text.
    raw_html: bool,
    /// From which character on texts are shown.
    text_from: usize,
    longest: usize,
    most: usize,
    as_text: BTreeSet<String>,
    is_shortened: bool,
}

impl<'a> Showing<'a> {
    pub(crate) fn new(closed: &'a ClosedNames, raw_html: bool, text_from: usize) -> Self {
        Self {
            closed,
            raw_html,
            text_from,
            longest: LONGEST,
            most: MOST_RELATED,
            as_text: BTreeSet::new(),
            is_shortened: false,
        }
    }

    /// Each record as an object: `false` is `null` where the field cannot be false, a many2one is `[id, name]`, or its
    /// id alone where names of that model are closed; what was asked of related records stands inside them.
    pub(crate) fn records(&mut self, rows: &[Map<String, Value>], columns: &[Column]) -> Vec<Value> {
        if let [row] = rows {
            let is_long = |value: &&Value| value.as_str().is_some_and(|text| text.len() > LONG);
            self.longest = LONGEST_ALONE / row.values().filter(is_long).count().max(1);
            self.most = MOST_ALONE;
        }
        rows.iter().map(|row| self.record(row, columns, "")).collect()
    }

    /// What the answer says beside the records about how they are shown.
    pub(crate) fn notes(&self) -> Map<String, Value> {
        let mut notes = Map::new();
        if !self.as_text.is_empty() {
            notes.insert("html_as_text".to_owned(), json!(self.as_text));
        }
        if self.is_shortened {
            let hint = "Texts and lists that end in “…” go on: odoo_read one id and that field, with text_from for a \
                        longer text; search the related model for a longer list.";
            notes.insert("shortened".to_owned(), json!(hint));
        }
        notes
    }

    fn record(&mut self, row: &Map<String, Value>, columns: &[Column], path: &str) -> Value {
        let mut shown = Map::new();
        if let Some(id) = row.get("id") {
            shown.insert("id".to_owned(), id.clone());
        }
        for column in columns {
            if let Some(value) = row.get(&column.name) {
                let path = format!("{path}{}", column.name);
                shown.insert(column.name.clone(), self.value(value, column, &path));
            }
        }
        Value::Object(shown)
    }

    fn value(&mut self, value: &Value, column: &Column, path: &str) -> Value {
        let is_closed = self.closed.hold(column.relation.as_deref());
        match (value, column.kind) {
            (Value::Bool(false), kind) if kind != FieldType::Boolean => Value::Null,
            (Value::Array(pair), FieldType::Many2one) => match pair.as_slice() {
                [id, name] => named(id, Some(name), is_closed),
                _ => value.clone(),
            },
            (Value::Object(row), FieldType::Many2one) => self.related(row, column, is_closed, path),
            (Value::Array(rows), FieldType::One2many | FieldType::Many2many) => self.list(rows, column, path),
            (Value::Array(properties), FieldType::Properties) => {
                properties.iter().map(|property| property_of(property, self.closed)).collect()
            }
            (Value::String(size), FieldType::Binary | FieldType::Image) => json!({"size": size}),
            (Value::String(html), FieldType::Html) if !self.raw_html => {
                let text = text::of_html(html);
                if text != *html {
                    self.as_text.insert(path.to_owned());
                }
                self.text(&text)
            }
            (Value::String(text), _) => self.text(text),
            (Value::Number(number), _) => plain(number),
            _ => value.clone(),
        }
    }

    /// The record that another one points to, with what was asked of it.
    fn related(&mut self, row: &Map<String, Value>, column: &Column, is_closed: bool, path: &str) -> Value {
        let id = row.get("id").cloned().unwrap_or_default();
        if column.columns.is_empty() {
            return named(&id, row.get("display_name"), is_closed);
        }
        let mut shown = self.record(row, &column.columns, &format!("{path}."));
        if let (Some(shown), Some(name), false) = (shown.as_object_mut(), row.get("display_name"), is_closed) {
            shown.entry("name").or_insert_with(|| name.clone());
        }
        shown
    }

    /// Any number of records: their ids, or what was asked of them. What is beyond the most is counted.
    fn list(&mut self, rows: &[Value], column: &Column, path: &str) -> Value {
        let is_nested = !column.columns.is_empty();
        // Odoo gives the ids alone of records beyond the limit that it was asked with.
        let most = if is_nested { MOST_RELATED } else { self.most };
        let path = format!("{path}.");
        let mut shown: Vec<Value> = rows
            .iter()
            .take(most)
            .map(|row| match row {
                Value::Object(row) => self.record(row, &column.columns, &path),
                id => id.clone(),
            })
            .collect();
        if let Some(more) = rows.len().checked_sub(most).filter(|more| *more > 0) {
            shown.push(json!(format!("… {more} more")));
            self.is_shortened = true;
        }
        Value::Array(shown)
    }

    fn text(&mut self, text: &str) -> Value {
        let (piece, is_shortened) = text::piece(text, self.text_from, self.longest);
        self.is_shortened |= is_shortened;
        Value::String(piece)
    }
}

/// A record that another one points to.
fn named(id: &Value, name: Option<&Value>, is_closed: bool) -> Value {
    match name {
        Some(Value::String(name)) if !is_closed => json!([id, name]),
        _ => id.clone(),
    }
}

/// `320` for `320.0`.
fn plain(number: &serde_json::Number) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and fits")]
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => json!(float as i64),
        _ => json!(number),
    }
}

/// One property with its definition. Only the definition says which records it points to: their names are shown where
/// nothing is kept from the agent.
fn property_of(property: &Value, closed: &ClosedNames) -> Value {
    let mut property = property.clone();
    let model = property["comodel"].as_str();
    if !matches!(property["type"].as_str(), Some("many2one" | "many2many")) || !closed.hold_unforeseen(model) {
        return property;
    }
    let id = |pair: &Value| pair.get(0).unwrap_or(pair).clone();
    property["value"] = match &property["value"] {
        Value::Array(pairs) if pairs.iter().all(Value::is_array) => pairs.iter().map(id).collect(),
        pair => id(pair),
    };
    property
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn column(name: &str, kind: FieldType, columns: Vec<Column>) -> Column {
        let relation = kind.is_relational().then(|| format!("of.{name}"));
        Column { name: name.into(), kind, relation, currency: None, columns }
    }

    fn shown(row: &Value, columns: &[Column]) -> (Value, Map<String, Value>) {
        let closed = ClosedNames::default();
        let mut showing = Showing::new(&closed, false, 0);
        let rows = showing.records(&[row.as_object().unwrap().clone()], columns);
        (rows.into_iter().next().unwrap(), showing.notes())
    }

    #[test]
    fn false_becomes_null_by_the_type_of_the_field() {
        let row = json!({"id": 1, "name": false, "active": false, "country_id": [75, "France"], "image": "12 Kb", "total": 320.0, "rate": 0.5, "password": "x"});
        let columns = [
            column("name", FieldType::Char, vec![]),
            column("active", FieldType::Boolean, vec![]),
            column("country_id", FieldType::Many2one, vec![]),
            column("image", FieldType::Binary, vec![]),
            column("total", FieldType::Monetary, vec![]),
            column("rate", FieldType::Float, vec![]),
        ];
        let (shown, notes) = shown(&row, &columns);
        assert_eq!(
            shown,
            json!({"id": 1, "name": null, "active": false, "country_id": [75, "France"], "image": {"size": "12 Kb"}, "total": 320, "rate": 0.5}),
            "and what was not asked for is not passed on"
        );
        assert!(notes.is_empty());
    }

    #[test]
    fn what_is_too_long_ends_in_a_count_of_what_is_left() {
        let row = json!({"id": 1, "note": "<p>a</p><p>b</p>", "arch": "x".repeat(60_000), "tag_ids": (1..=250).collect::<Vec<_>>()});
        let columns = [
            column("note", FieldType::Html, vec![]),
            column("arch", FieldType::Text, vec![]),
            column("tag_ids", FieldType::Many2many, vec![]),
        ];
        let (shown, notes) = shown(&row, &columns);
        assert_eq!(shown["note"], "a\nb");
        assert!(shown["arch"].as_str().unwrap().ends_with("x… [36000 more characters]"));
        assert_eq!((shown["tag_ids"].as_array().unwrap().len(), &shown["tag_ids"][200]), (201, &json!("… 50 more")));
        assert_eq!(notes["html_as_text"], json!(["note"]));
        assert!(notes.contains_key("shortened"));
    }

    #[test]
    fn a_property_that_points_to_closed_records_tells_their_ids_alone() {
        let of = |model: &str, value: Value| {
            let property = json!({"name": "a1", "type": "many2many", "comodel": model, "value": value});
            property_of(&property, &ClosedNames::default())["value"].clone()
        };
        assert_eq!(of("res.partner", json!([[3, "Azure"]])), json!([[3, "Azure"]]));
        assert_eq!(of("payment.token", json!([[3, "4242"], [4, "1881"]])), json!([3, 4]));
        assert_eq!(of("payment.token", json!([3, "4242"])), json!(3));
        assert_eq!(of("payment.token", json!(false)), json!(false));
    }
}
