//! How a deletion is taken back: the records are made again, under new ids, where nothing hung on them.

use crate::tools::besides::is_told;
use crate::tools::{CREATE, Locale, Site};
use gatehouse_core::{Undo, UndoCall};
use gatehouse_odoo::values::never_written;
use gatehouse_odoo::{Field, FieldType, Fields};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where a record's messages hang.
const MESSAGES: &str = "message_ids";
/// Whoever makes a record follows it.
const FOLLOWERS: &str = "mail.followers";
/// What Odoo writes by itself.
const BY_ODOO: &str = "notification";
/// Fields named in one sentence.
const NAMED: usize = 5;

/// What hung on records just before they were deleted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Hung {
    /// Nothing but the note that Odoo itself wrote when each was made.
    Nothing,
    /// Something in these fields.
    Some(BTreeSet<String>),
    /// The user may not read it, or Odoo did not tell.
    Unknown,
}

/// Looks at what hangs on records: one request, and one more where each has a single message.
pub(super) async fn hung(site: &Site, locale: &Locale, fields: &Fields, ids: &[i64]) -> Hung {
    let hangs = |field: &Field| {
        field.kind == FieldType::One2many && field.store && field.relation.as_deref() != Some(FOLLOWERS)
    };
    let names: Vec<&str> = fields.iter().filter(|(_, field)| hangs(field)).map(|(name, _)| name).collect();
    if names.is_empty() {
        return Hung::Nothing;
    }
    let Ok(session) = site.session().await else { return Hung::Unknown };
    let context = locale.reading();
    let Ok(rows) = session.client.read(fields.model(), ids, &names, Some(&context)).await else { return Hung::Unknown };
    if rows.len() != ids.len() {
        return Hung::Unknown;
    }
    let (mut found, mut notes) = (BTreeSet::new(), Vec::new());
    for row in &rows {
        for name in &names {
            let Some(hanging) = row.get(*name).and_then(Value::as_array) else { return Hung::Unknown };
            match hanging.as_slice() {
                [] => {}
                [note] if *name == MESSAGES => notes.extend(note.as_i64()),
                _ => {
                    found.insert((*name).to_owned());
                }
            }
        }
    }
    if found.is_empty() && !notes.is_empty() {
        let read = session.client.read("mail.message", &notes, &["message_type"], Some(&context)).await;
        let Ok(messages) = read else { return Hung::Unknown };
        let by_odoo = |row: &Map<String, Value>| row.get("message_type").is_some_and(|kind| kind == BY_ODOO);
        if messages.len() != notes.len() || !messages.iter().all(by_odoo) {
            found.insert(MESSAGES.to_owned());
        }
    }
    if found.is_empty() { Hung::Nothing } else { Hung::Some(found) }
}

/// The way back of deleting records that held this, by id.
pub(super) fn undo(fields: &Fields, hung: &Hung, held: &Value) -> Undo {
    let label = |name: &String| fields.get(name).map_or_else(|| name.clone(), |field| format!("“{}”", field.label));
    match hung {
        Hung::Nothing => {}
        Hung::Some(names) => {
            let named = names.iter().map(label).take(NAMED).collect::<Vec<_>>().join(", ");
            return Undo::none(format!(
                "Deleted records do not come back where other records hung on them ({named}); what they held stands in the \
                 journal."
            ));
        }
        Hung::Unknown => {
            return Undo::none(
                "Deleted records do not come back: whether others hung on them is not known. What they held stands in the \
                 journal.",
            );
        }
    }
    let records = held.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_object);
    let made: Vec<Value> = records.map(|record| Value::Object(values(record, fields))).collect();
    if made.is_empty() {
        return Undo::none("Deleted records do not come back; their names stand in the journal.");
    }
    let arguments = json!({"model": fields.model(), "values": made});
    let mut leaves = vec![
        "The records are made anew and get new ids: what pointed to the old ones does not find them.".to_owned(),
        "What was empty in them, Odoo may fill in.".to_owned(),
    ];
    let is_lost = |field: &Field| {
        field.store
            && field.related.is_none()
            && matches!(field.kind, FieldType::Many2many | FieldType::Binary | FieldType::Image)
    };
    let lost: Vec<&str> =
        fields.iter().filter(|(_, field)| is_lost(field)).map(|(_, field)| field.label.as_str()).collect();
    if !lost.is_empty() {
        let named = lost.iter().take(NAMED).map(|label| format!("“{label}”")).collect::<Vec<_>>().join(", ");
        let more = if lost.len() > NAMED { " and others" } else { "" };
        leaves.push(format!("Lists and files are not kept: {named}{more}."));
    }
    Undo::Calls { calls: vec![UndoCall::new(CREATE, arguments)], leaves }
}

/// What a record held that people can write, in the form that values are given in.
fn values(held: &Map<String, Value>, fields: &Fields) -> Map<String, Value> {
    let mut values = Map::new();
    for (name, field) in fields.iter().filter(|(name, field)| is_told(name, field)) {
        if field.readonly || field.related.is_some() || never_written(name).is_some() {
            continue;
        }
        let value = match (held.get(name), field.kind) {
            // What is empty is not among what it held.
            (None, FieldType::Boolean) => json!(false),
            (None, _) => continue,
            (Some(Value::Array(pair)), FieldType::Many2one) => pair.first().cloned().unwrap_or_default(),
            (Some(value), _) => value.clone(),
        };
        values.insert(name.to_owned(), value);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        let answer = json!({
            "parent_path": {"type": "char", "string": "Parent path", "store": true},
            "name": {"type": "char", "string": "Name", "store": true},
            "active": {"type": "boolean", "string": "Active", "store": true},
            "parent_id": {"type": "many2one", "string": "Parent", "relation": "x", "store": true},
            "total": {"type": "float", "string": "Total", "store": true, "readonly": true},
            "line_ids": {"type": "one2many", "string": "Lines", "relation": "x.line", "store": true},
            "tag_ids": {"type": "many2many", "string": "Tags", "relation": "x.tag", "store": true},
        });
        Fields::parse("x", answer).unwrap()
    }

    #[test]
    fn records_on_which_nothing_hung_are_made_again_with_what_people_write() {
        let held = json!({"7": {"display_name": "A", "name": "A", "parent_id": [3, "P"], "parent_path": "3/7/", "total": 5.0, "line_ids": []}});
        let Undo::Calls { calls, leaves } = undo(&fields(), &Hung::Nothing, &held) else { panic!("no way back") };
        assert_eq!(
            calls[0].arguments,
            json!({"model": "x", "values": [{"name": "A", "active": false, "parent_id": 3}]})
        );
        assert!(leaves[0].contains("new ids") && leaves[2].contains("“Tags”"), "{leaves:?}");
    }

    #[test]
    fn records_on_which_something_hung_or_may_have_hung_are_not() {
        let held = json!({"7": {"name": "A"}});
        let why = |hung: Hung| match undo(&fields(), &hung, &held) {
            Undo::None { why } => why,
            other @ Undo::Calls { .. } => panic!("{other:?}"),
        };
        assert!(why(Hung::Some(BTreeSet::from(["line_ids".to_owned()]))).contains("“Lines”"));
        assert!(why(Hung::Unknown).contains("not known"));
    }
}
