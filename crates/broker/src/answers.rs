//! How Odoo's values are handed to an agent: by type, compact, and never more than it can read.

use crate::tools::ClosedNames;
use gatehouse_odoo::domain::Column;
use gatehouse_odoo::{FieldType, Fields};
use serde_json::{Map, Value, json};

/// About 8,000 tokens.
pub(crate) const BUDGET: usize = 32_000;

/// A record as the agent reads it: `false` is `null` where the field cannot be false, a many2one is `{id, name}`, or
/// `{id}` where names of that model are closed.
pub(crate) fn record(row: &Map<String, Value>, fields: &Fields, closed: &ClosedNames) -> Value {
    let shown = row.iter().map(|(name, value)| {
        let field = fields.get(name);
        let is_closed = closed.hold(field.and_then(|field| field.relation.as_deref()));
        (name.clone(), value_of(value, field.map(|field| field.kind), is_closed, closed))
    });
    Value::Object(shown.collect())
}

/// A record read with a specification: what was asked of related records stands inside it.
pub(crate) fn nested_record(row: &Map<String, Value>, columns: &[Column], closed: &ClosedNames) -> Value {
    let shown = row.iter().map(|(name, value)| {
        let column = columns.iter().find(|column| column.name == *name);
        let is_closed = closed.hold(column.and_then(|column| column.relation.as_deref()));
        let value = match (column, value) {
            (Some(column), Value::Array(rows)) if !column.columns.is_empty() => rows
                .iter()
                .map(|row| row.as_object().map_or(Value::Null, |row| nested_record(row, &column.columns, closed)))
                .collect(),
            (Some(column), Value::Object(row)) if !column.columns.is_empty() => {
                let mut shown = nested_record(row, &column.columns, closed);
                if let (Some(shown), true) = (shown.as_object_mut(), is_closed) {
                    shown.remove("display_name");
                }
                shown
            }
            (Some(column), Value::Object(row)) if column.kind == FieldType::Many2one => {
                named(row.get("id"), row.get("display_name"), is_closed)
            }
            (column, value) => value_of(value, column.map(|column| column.kind), is_closed, closed),
        };
        (name.clone(), value)
    });
    Value::Object(shown.collect())
}

/// A record that another one points to.
fn named(id: Option<&Value>, name: Option<&Value>, is_closed: bool) -> Value {
    if is_closed { json!({"id": id}) } else { json!({"id": id, "name": name}) }
}

fn value_of(value: &Value, kind: Option<FieldType>, is_closed: bool, closed: &ClosedNames) -> Value {
    match (value, kind) {
        (Value::Bool(false), Some(kind)) if kind != FieldType::Boolean => Value::Null,
        (Value::Array(pair), Some(FieldType::Many2one)) => match pair.as_slice() {
            [id, name] => named(Some(id), Some(name), is_closed),
            _ => value.clone(),
        },
        (Value::Array(properties), Some(FieldType::Properties)) => {
            properties.iter().map(|property| property_of(property, closed)).collect()
        }
        (Value::String(size), Some(FieldType::Binary | FieldType::Image)) => json!({"size": size}),
        _ => value.clone(),
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

/// Cuts a list of rows, whole ones only, to what an agent can read. Says whether any was left out.
pub(crate) fn cut(mut rows: Vec<Value>) -> (Vec<Value>, bool) {
    let mut used = 0;
    let mut keep = 0;
    for row in &rows {
        used += row.to_string().len();
        if used > BUDGET && keep > 0 {
            break;
        }
        keep += 1;
    }
    let was_cut = keep < rows.len();
    rows.truncate(keep);
    (rows, was_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        let answer = json!({
            "name": {"type": "char", "string": "Name"},
            "active": {"type": "boolean", "string": "Active"},
            "country_id": {"type": "many2one", "string": "Country", "relation": "res.country"},
            "image_1920": {"type": "binary", "string": "Image"},
        });
        Fields::parse("res.partner", answer).unwrap()
    }

    #[test]
    fn false_becomes_null_by_the_type_of_the_field() {
        let row = json!({"id": 1, "name": false, "active": false, "country_id": [75, "France"], "image_1920": "12 Kb"});
        let shown = record(row.as_object().unwrap(), &fields(), &ClosedNames::default());
        assert_eq!(
            shown,
            json!({"id": 1, "name": null, "active": false, "country_id": {"id": 75, "name": "France"}, "image_1920": {"size": "12 Kb"}})
        );
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

    #[test]
    fn rows_are_cut_whole() {
        let rows: Vec<Value> = (0..1000).map(|n| json!({"id": n, "name": "x".repeat(100)})).collect();
        let (kept, was_cut) = cut(rows);
        assert!(was_cut && !kept.is_empty());
        assert!(kept.iter().map(|row| row.to_string().len()).sum::<usize>() <= BUDGET);
        let (kept, was_cut) = cut(vec![json!({"name": "x".repeat(BUDGET * 2)})]);
        assert!(!was_cut && kept.len() == 1, "one row always comes through");
    }
}
