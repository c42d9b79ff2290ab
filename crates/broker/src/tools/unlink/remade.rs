//! How a deletion is taken back: the records are made again, under new ids, where nothing hung on them.

use super::along::{self, FILES, MESSAGES, by_odoo};
use crate::tools::besides::is_told;
use crate::tools::{CREATE, Locale, Site};
use futures_util::future::join;
use gatehouse_core::{Undo, UndoCall};
use gatehouse_odoo::values::never_written;
use gatehouse_odoo::{Field, FieldType, Fields};
use gatehouse_policy::guard;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Whoever makes a record follows it.
const FOLLOWERS: &str = "mail.followers";
/// Fields named in one sentence.
const NAMED: usize = 5;

/// What hung on records just before they were deleted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Hung {
    /// Nothing but the note that Odoo itself wrote when each was made.
    Nothing,
    /// Something in these fields, or files.
    Some(BTreeSet<String>),
    /// The user may not read it, or Odoo did not tell.
    Unknown,
}

/// Looks at what hangs on records: two requests at once, and one more where each has a single message.
pub(super) async fn hung(site: &Site, locale: &Locale, fields: &Fields, ids: &[i64]) -> Hung {
    let look = join(in_fields(site, locale, fields, ids), along::files(site, locale, fields.model(), ids));
    let (Some((mut found, notes)), Some(files)) = look.await else { return Hung::Unknown };
    if !files.is_empty() {
        found.insert(FILES.to_owned());
    }
    if found.is_empty() && !notes.is_empty() {
        let Ok(session) = site.session().await else { return Hung::Unknown };
        match by_odoo(&session.client, &notes, &locale.reading()).await {
            Some(all) if all == notes.len() => {}
            Some(_) => {
                found.insert(MESSAGES.to_owned());
            }
            None => return Hung::Unknown,
        }
    }
    if found.is_empty() { Hung::Nothing } else { Hung::Some(found) }
}

/// The fields in which something hangs, and the message of each record that has a single one; none where it is not known.
async fn in_fields(site: &Site, locale: &Locale, fields: &Fields, ids: &[i64]) -> Option<(BTreeSet<String>, Vec<i64>)> {
    let hangs = |field: &Field| {
        field.kind == FieldType::One2many && field.store && field.relation.as_deref() != Some(FOLLOWERS)
    };
    let names: Vec<&str> = fields.iter().filter(|(_, field)| hangs(field)).map(|(name, _)| name).collect();
    let (mut found, mut notes) = (BTreeSet::new(), Vec::new());
    if names.is_empty() {
        return Some((found, notes));
    }
    let session = site.session().await.ok()?;
    let rows = session.client.read(fields.model(), ids, &names, Some(&locale.reading())).await.ok()?;
    if rows.len() != ids.len() {
        return None;
    }
    for row in &rows {
        for name in &names {
            match row.get(*name)?.as_array()?.as_slice() {
                [] => {}
                [note] if *name == MESSAGES => notes.extend(note.as_i64()),
                _ => {
                    found.insert((*name).to_owned());
                }
            }
        }
    }
    Some((found, notes))
}

/// Whether a field holds what nobody gives again as a value: it stands in the journal alone. What Odoo works out by itself
/// is not among them.
pub(super) fn is_left_out(name: &str, field: &Field) -> bool {
    matches!(
        field.kind,
        FieldType::Properties
            | FieldType::PropertiesDefinition
            | FieldType::Json
            | FieldType::Reference
            | FieldType::Many2oneReference
    ) && field.store
        && field.related.is_none()
        && !(field.computed && field.readonly)
        && !guard::is_credential(name)
}

/// The way back of deleting records that held this, by id.
pub(super) fn undo(fields: &Fields, hung: &Hung, held: &Value) -> Undo {
    let label = |name: &String| match fields.get(name) {
        Some(field) => format!("“{}”", field.label),
        None if name == FILES => "attachments".to_owned(),
        None => name.clone(),
    };
    match hung {
        Hung::Nothing => {}
        Hung::Some(names) => {
            let named = names.iter().map(label).take(NAMED).collect::<Vec<_>>().join(", ");
            return Undo::none(format!(
                "Deleted records do not come back where something hung on them ({named}); what they held stands in the \
                 journal."
            ));
        }
        Hung::Unknown => {
            return Undo::none(
                "Deleted records do not come back: whether other records or files hung on them is not known. What they held \
                 stands in the journal.",
            );
        }
    }
    let records = || held.as_object().into_iter().flat_map(Map::values).filter_map(Value::as_object);
    let made: Vec<Value> = records().map(|record| Value::Object(values(record, fields))).collect();
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
    leaves.extend(named(&lost).map(|named| format!("Lists and files are not kept: {named}.")));
    let held = |name: &str, field: &Field| {
        records().any(|record| record.get(name).is_some_and(|value| is_something(value, field.kind)))
    };
    let left_out: Vec<&str> = fields
        .iter()
        .filter(|(name, field)| is_left_out(name, field) && held(name, field))
        .map(|(_, field)| field.label.as_str())
        .collect();
    leaves.extend(named(&left_out).map(|named| format!("Not given again, and kept in the journal alone: {named}.")));
    Undo::Calls { calls: vec![UndoCall::new(CREATE, arguments)], leaves }
}

/// Labels in a row; of many the first.
fn named(labels: &[&str]) -> Option<String> {
    let named = labels.iter().take(NAMED).map(|label| format!("“{label}”")).collect::<Vec<_>>().join(", ");
    let more = if labels.len() > NAMED { " and others" } else { "" };
    (!labels.is_empty()).then(|| format!("{named}{more}"))
}

/// Whether a value holds anything. Properties come with their definition, which lies on another record.
fn is_something(value: &Value, kind: FieldType) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) if kind == FieldType::Properties => {
            list.iter().any(|one| one.get("value").is_some_and(|value| is_something(value, FieldType::Other)))
        }
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
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
            "traits": {"type": "properties", "string": "Traits", "store": true},
            "shares": {"type": "json", "string": "Shares", "store": true},
            "about": {"type": "reference", "string": "About", "store": true},
            "worked_out": {"type": "json", "string": "Worked out", "store": true, "readonly": true, "depends": ["name"]},
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
    fn values_that_are_not_given_again_are_named_where_they_held_anything() {
        let left = |record: Value| match undo(&fields(), &Hung::Nothing, &json!({"7": record})) {
            Undo::Calls { leaves, .. } => leaves.into_iter().find(|left| left.contains("in the journal alone")),
            other @ Undo::None { .. } => panic!("{other:?}"),
        };
        let trait_of = |value: Value| json!([{"name": "a", "type": "char", "string": "Hobby", "value": value}]);
        let held = json!({
            "traits": trait_of(json!("chess")), "shares": {"1": 100.0}, "about": "x,1", "worked_out": {"a": 1},
        });
        let said = "Not given again, and kept in the journal alone: “About”, “Shares”, “Traits”.";
        assert_eq!(left(held).as_deref(), Some(said));
        assert_eq!(left(json!({"name": "A", "traits": trait_of(json!(false)), "shares": {}})), None);
        assert_eq!(left(json!({"name": "A", "traits": [{"name": "a", "type": "separator"}]})), None);
    }

    #[test]
    fn records_on_which_something_hung_or_may_have_hung_are_not() {
        let held = json!({"7": {"name": "A"}});
        let why = |hung: Hung| match undo(&fields(), &hung, &held) {
            Undo::None { why } => why,
            other @ Undo::Calls { .. } => panic!("{other:?}"),
        };
        assert!(why(Hung::Some(BTreeSet::from(["line_ids".to_owned()]))).contains("“Lines”"));
        assert!(why(Hung::Some(BTreeSet::from([FILES.to_owned()]))).contains("(attachments)"));
        assert!(why(Hung::Unknown).contains("not known"));
    }
}
