//! How a write is taken back: the values before, in the form that values are checked in; and what stays.

use super::WriteCall;
use crate::preview::is_same;
use crate::tools::besides::is_as_foreseen;
use gatehouse_core::{Effect, Undo};
use gatehouse_odoo::{Field, FieldType, Fields};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where the values stand that Odoo was foreseen to change besides, by record and field.
pub(crate) const BESIDES: &str = "besides";

/// Fields named in one sentence.
const NAMED: usize = 5;
/// How the sentence begins that asks for the language or companies that the call named.
pub(crate) const OF_A_PLACE: &str = "The values are those of";

/// What brings one field of a record back.
enum Back {
    /// This value.
    Value(Value),
    /// It was the same before.
    Same,
}

/// The way back of a write that changed these records.
pub(super) fn of(call: &WriteCall, before: &Value, changed: &BTreeSet<i64>) -> Undo {
    let mut leaves = BTreeSet::new();
    let mut updates = Vec::new();
    let mut fields = BTreeSet::new();
    let mut kept = BTreeSet::new();
    for update in &call.updates {
        for id in update.ids.iter().filter(|id| changed.contains(id)) {
            let mut values = Map::new();
            for (name, after) in &update.checked.values {
                let Some(field) = call.fields.get(name) else { continue };
                let Some(old) = before.get(id.to_string()).and_then(|record| record.get(name)) else {
                    leaves.insert(format!("“{}” stays: its value before is not known.", field.label));
                    continue;
                };
                if let Some(Back::Value(value)) = back(old, after, field, before, &mut leaves) {
                    fields.insert(name.as_str());
                    values.insert(name.clone(), value);
                }
            }
            for (name, old, after) in changed_besides(*id, before, &call.fields) {
                let Some(field) = call.fields.get(name) else { continue };
                if update.checked.values.contains_key(name) {
                    continue;
                }
                // Some fields Odoo computes and gives nobody to write.
                if field.readonly {
                    kept.insert(field.label.as_str());
                } else if let Some(Back::Value(value)) = back(old, after, field, before, &mut leaves) {
                    fields.insert(name);
                    values.insert(name.to_owned(), value);
                }
            }
            if !values.is_empty() {
                updates.push(json!({"id": id, "values": values}));
            }
        }
    }
    if updates.is_empty() {
        let stays = leaves.into_iter().collect::<Vec<_>>().join(" ");
        return Undo::none(if stays.is_empty() { "No value was changed.".to_owned() } else { stays });
    }
    if call.facts.effects.iter().any(|effect| matches!(effect, Effect::Mail | Effect::MailPossible)) {
        leaves.insert("A message that went out stays.".into());
    }
    leaves.extend(named(kept).map(|named| {
        format!("Odoo may have changed {named} too: it computes that itself, and nobody writes it back.")
    }));
    leaves.extend(computed_with(&fields, &call.fields));
    if !call.place.is_empty() {
        leaves.insert(format!("{OF_A_PLACE} {}: give the same with it.", call.place.join(" and ")));
    }
    let undo = Undo::by(super::NAME, json!({"model": call.model, "updates": updates}));
    leaves.into_iter().fold(undo, Undo::leaving)
}

/// What brings a field back; none, and a sentence, where nothing does.
fn back(old: &Value, after: &Value, field: &Field, before: &Value, leaves: &mut BTreeSet<String>) -> Option<Back> {
    let label = &field.label;
    match field.kind {
        FieldType::Many2many => {
            let ids: Vec<i64> = old.as_array()?.iter().filter_map(Value::as_i64).collect();
            if codes(after).any(|code| code == 0) {
                leaves.insert(format!(
                    "“{label}” stays as it was written: which records were made through it is not known."
                ));
                return None;
            }
            for code in codes(after) {
                if code <= 2 {
                    leaves.insert(format!("Records that were made, changed or deleted through “{label}” stay so."));
                }
            }
            Some(Back::Value(json!([[6, 0, ids]])))
        }
        FieldType::One2many => lines(after, field, before, leaves).map(Back::Value),
        FieldType::Binary | FieldType::Image => {
            leaves.insert(format!("“{label}” stays: files are not kept."));
            None
        }
        FieldType::Properties | FieldType::PropertiesDefinition | FieldType::Json | FieldType::Other => {
            leaves.insert(format!("“{label}” stays as it was written."));
            None
        }
        _ if is_same(old, after, field) => Some(Back::Same),
        FieldType::Boolean => Some(Back::Value(old.clone())),
        FieldType::Many2one => Some(Back::Value(old.get(0).cloned().unwrap_or(Value::Null))),
        _ if *old == Value::Bool(false) => Some(Back::Value(Value::Null)),
        _ => Some(Back::Value(old.clone())),
    }
}

/// Commands that bring changed lines back. Lines that were made, moved or deleted stay so.
fn lines(after: &Value, field: &Field, before: &Value, leaves: &mut BTreeSet<String>) -> Option<Value> {
    let (label, model) = (&field.label, field.relation.as_deref().unwrap_or_default());
    let mut commands = Vec::new();
    for command in after.as_array().into_iter().flatten() {
        match (command.get(0).and_then(Value::as_i64), command.get(1).and_then(Value::as_i64)) {
            (Some(0), _) => {
                leaves.insert(format!("Lines that were added to “{label}” stay."));
            }
            (Some(1), Some(id)) => {
                let written = command.get(2).and_then(Value::as_object);
                let old = before.get(format!("{model},{id}"));
                let mut values = Map::new();
                for name in written.into_iter().flat_map(Map::keys) {
                    match old.and_then(|line| line.get(name)).and_then(of_line) {
                        Some(value) => {
                            values.insert(name.clone(), value);
                        }
                        None => {
                            leaves.insert(format!("“{name}” of lines of “{label}” stays as it was written."));
                        }
                    }
                }
                if !values.is_empty() {
                    commands.push(json!([1, id, values]));
                }
            }
            (Some(4), _) => {
                leaves.insert(format!("Records that were added to “{label}” stay there."));
            }
            _ => {
                leaves.insert(format!("Lines that were taken from “{label}” do not come back."));
            }
        }
    }
    (!commands.is_empty()).then_some(Value::Array(commands))
}

/// A value of a line, whose field is not known here. A many2one is a pair of id and name; other lists are not taken back.
fn of_line(old: &Value) -> Option<Value> {
    match old {
        Value::Array(pair) => match pair.as_slice() {
            [id @ Value::Number(_), Value::String(_)] => Some(id.clone()),
            _ => None,
        },
        Value::Object(_) => None,
        other => Some(other.clone()),
    }
}

fn codes(commands: &Value) -> impl Iterator<Item = i64> + '_ {
    commands.as_array().into_iter().flatten().filter_map(|command| command.get(0)?.as_i64())
}

/// What people can write, too, and Odoo computes from what was changed.
fn computed_with(changed: &BTreeSet<&str>, fields: &Fields) -> Option<String> {
    let follows = |(name, field): &(&str, &Field)| {
        let first = |path: &String| path.split('.').next().is_some_and(|first| changed.contains(first));
        field.store && !field.readonly && !changed.contains(name) && field.depends.iter().any(first)
    };
    let labels = fields.iter().filter(follows).map(|(_, field)| field.label.as_str()).collect();
    named(labels).map(|named| format!("Odoo may have computed {named} anew; it does so again, which may differ."))
}

/// Fields by their labels, the first few of them.
fn named(labels: BTreeSet<&str>) -> Option<String> {
    let more = labels.len().saturating_sub(NAMED);
    let named: Vec<String> = labels.into_iter().take(NAMED).map(|label| format!("“{label}”")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| format!("{}{more}", named.join(", ")))
}

/// What Odoo was foreseen to change besides in one record: fields that had another value before, with that.
fn changed_besides<'a>(id: i64, before: &'a Value, fields: &Fields) -> Vec<(&'a str, &'a Value, &'a Value)> {
    let id = id.to_string();
    let foreseen = before.get(BESIDES).and_then(|besides| besides.get(&id)).and_then(Value::as_object);
    let one = |(name, after): (&'a String, &'a Value)| {
        let old = before.get(&id)?.get(name)?;
        let field = fields.get(name)?;
        (!is_as_foreseen(old, after, field)).then_some((name.as_str(), old, after))
    };
    foreseen.into_iter().flatten().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        let answer = json!({
            "name": {"type": "char", "string": "Name"},
            "active": {"type": "boolean", "string": "Active"},
            "country_id": {"type": "many2one", "string": "Country", "relation": "res.country"},
            "tag_ids": {"type": "many2many", "string": "Tags", "relation": "x.tag"},
            "line_ids": {"type": "one2many", "string": "Lines", "relation": "x.line"},
            "file": {"type": "binary", "string": "File"},
            "total": {"type": "float", "string": "Total", "depends": ["name"], "store": true},
            "shown": {"type": "float", "string": "Shown", "depends": ["name"], "store": false},
        });
        Fields::parse("x", answer).unwrap()
    }

    fn brought_back(name: &str, old: &Value, after: &Value, before: &Value) -> (Option<Value>, Vec<String>) {
        let mut leaves = BTreeSet::new();
        let value = match back(old, after, fields().get(name).unwrap(), before, &mut leaves) {
            Some(Back::Value(value)) => Some(value),
            Some(Back::Same) => Some(json!("same")),
            None => None,
        };
        (value, leaves.into_iter().collect())
    }

    #[test]
    fn values_go_back_in_the_form_that_values_are_given_in() {
        let of = |name: &str, old: Value, after: Value| brought_back(name, &old, &after, &Value::Null).0.unwrap();
        assert_eq!(of("name", json!("old"), json!("new")), json!("old"));
        assert_eq!(of("name", json!(false), json!("new")), Value::Null);
        assert_eq!(of("name", json!("x"), json!("x")), json!("same"));
        assert_eq!(of("active", json!(false), json!(true)), json!(false));
        assert_eq!(of("country_id", json!([75, "France"]), json!(20)), json!(75));
        assert_eq!(of("country_id", json!(false), json!(20)), Value::Null);
        assert_eq!(of("tag_ids", json!([1, 2]), json!([[4, 3, 0]])), json!([[6, 0, [1, 2]]]));
    }

    #[test]
    fn changed_lines_go_back_and_others_are_said_to_stay() {
        let before = json!({"x.line,7": {"price": 5.0, "product_id": [3, "Chair"], "tax_ids": [1], "id": 7}});
        let after = json!([
            [1, 7, {"price": 1.0, "product_id": 4, "tax_ids": [[6, 0, []]]}], [0, 0, {"price": 2.0}], [2, 8, 0],
        ]);
        let (value, leaves) = brought_back("line_ids", &json!([7, 8]), &after, &before);
        assert_eq!(value, Some(json!([[1, 7, {"price": 5.0, "product_id": 3}]])));
        assert_eq!(leaves.len(), 3, "{leaves:?}");
    }

    #[test]
    fn files_are_not_kept_and_that_is_said() {
        let (value, leaves) = brought_back("file", &json!("12 Kb"), &json!("QUJD"), &Value::Null);
        assert!(value.is_none() && leaves[0].contains("files are not kept"));
    }

    #[test]
    fn what_odoo_computes_from_a_change_is_named() {
        let told = computed_with(&BTreeSet::from(["name"]), &fields()).unwrap();
        assert!(told.contains("Total") && !told.contains("Shown"), "{told}");
        assert!(computed_with(&BTreeSet::from(["active"]), &fields()).is_none());
    }
}
