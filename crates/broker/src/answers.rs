//! How Odoo's values are handed to an agent: by type, compact, and never more than it can read.

use gatehouse_odoo::domain::Column;
use gatehouse_odoo::{FieldType, Fields};
use serde_json::{Map, Value, json};

/// About 8,000 tokens.
pub(crate) const BUDGET: usize = 32_000;

/// A record as the agent reads it: `false` is `null` where the field cannot be false, a many2one is `{id, name}`.
pub(crate) fn record(row: &Map<String, Value>, fields: &Fields) -> Value {
    let shown = row.iter().map(|(name, value)| {
        let kind = fields.get(name).map(|field| field.kind);
        (name.clone(), value_of(value, kind))
    });
    Value::Object(shown.collect())
}

/// A record read with a specification: what was asked of related records stands inside it.
pub(crate) fn nested_record(row: &Map<String, Value>, columns: &[Column]) -> Value {
    let shown = row.iter().map(|(name, value)| {
        let column = columns.iter().find(|column| column.name == *name);
        let value = match (column, value) {
            (Some(column), Value::Array(rows)) if !column.columns.is_empty() => rows
                .iter()
                .map(|row| row.as_object().map_or(Value::Null, |row| nested_record(row, &column.columns)))
                .collect(),
            (Some(column), Value::Object(row)) if !column.columns.is_empty() => nested_record(row, &column.columns),
            (Some(column), Value::Object(row)) if column.kind == FieldType::Many2one => {
                json!({"id": row.get("id"), "name": row.get("display_name")})
            }
            (column, value) => value_of(value, column.map(|column| column.kind)),
        };
        (name.clone(), value)
    });
    Value::Object(shown.collect())
}

fn value_of(value: &Value, kind: Option<FieldType>) -> Value {
    match (value, kind) {
        (Value::Bool(false), Some(kind)) if kind != FieldType::Boolean => Value::Null,
        (Value::Array(pair), Some(FieldType::Many2one)) => match pair.as_slice() {
            [id, name] => json!({"id": id, "name": name}),
            _ => value.clone(),
        },
        (Value::String(size), Some(FieldType::Binary | FieldType::Image)) => json!({"size": size}),
        _ => value.clone(),
    }
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
        let shown = record(row.as_object().unwrap(), &fields());
        assert_eq!(
            shown,
            json!({"id": 1, "name": null, "active": false, "country_id": {"id": 75, "name": "France"}, "image_1920": {"size": "12 Kb"}})
        );
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
