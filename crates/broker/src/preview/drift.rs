//! What changed since a card was seen, where no field of the next card can tell it.

use super::linked::Names;
use super::{Entry, Wording};
use crate::contents::one_line;
use crate::view::FieldChange;
use gatehouse_odoo::{FieldType, Fields, Record};
use serde_json::Value;
use std::collections::BTreeSet;

/// Records named in one sentence.
const NAMED: usize = 5;
/// What is counted beside the fields of a record.
const ALONGSIDE: &str = "Attachments";

/// What changed in a record that will be gone: as it was on the card before, and as it is now.
pub(super) fn since(fields: &Fields, before: &Value, now: &Value) -> Vec<FieldChange> {
    let (Some(before), Some(now)) = (before.as_object(), now.as_object()) else { return Vec::new() };
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
    let mut told: Vec<FieldChange> = changed.filter_map(|name| one(name, fields, before, now)).collect();
    if told.len() > 1 {
        // It follows from another field.
        told.retain(|change| change.field != "display_name");
    }
    told
}

fn one(name: &str, fields: &Fields, before: &Record, now: &Record) -> Option<FieldChange> {
    // What is empty is not among what it held.
    let empty = Value::Bool(false);
    let (then, today) = (before.get(name).unwrap_or(&empty), now.get(name).unwrap_or(&empty));
    let mut change = if fields.get(name).is_some() {
        let wording = Wording { fields, names: &Names::default() };
        wording.change(name, Some((then, before)), Some((today, now)), None)?
    } else {
        let count = |value: &Value| value.as_u64().map_or_else(|| "not known".to_owned(), |count| count.to_string());
        FieldChange::new(name, ALONGSIDE, Some(count(then)), Some(count(today)))
    };
    if fields.get(name).is_some_and(|field| field.kind == FieldType::One2many) && change.before == change.after {
        change.after = change.after.map(|count| format!("{count}, not the same"));
    }
    change.drifted = true;
    Some(change)
}

/// The records that changed since and do not stand on the card.
pub(super) fn unshown(entries: &[Entry], before: &Value, now: &Value) -> Option<String> {
    let changed = |entry: &&Entry| entry.key().is_some_and(|key| before[&key] != now[&key]);
    let names: Vec<String> = entries
        .iter()
        .filter(changed)
        .map(|entry| format!("“{}” (#{})", one_line(&entry.record.name, 80), entry.record.id.unwrap_or_default()))
        .collect();
    let more = if names.len() > NAMED { " and others" } else { "" };
    let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("Changed since, and not among the records shown: {named}{more}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{RecordChange, RecordVerb};
    use serde_json::json;

    fn fields() -> Fields {
        let answer = json!({
            "display_name": {"type": "char", "string": "Display Name"},
            "name": {"type": "char", "string": "Name"},
            "active": {"type": "boolean", "string": "Active"},
            "partner_id": {"type": "many2one", "string": "Customer", "relation": "x"},
            "line_ids": {"type": "one2many", "string": "Lines", "relation": "x.line"},
        });
        Fields::parse("x", answer).unwrap()
    }

    fn told(before: &Value, now: &Value) -> Vec<(String, String, String)> {
        let changes = since(&fields(), before, now);
        assert!(changes.iter().all(|change| change.drifted));
        let one = |change: FieldChange| (change.label, change.before.unwrap(), change.after.unwrap());
        changes.into_iter().map(one).collect()
    }

    fn words(label: &str, before: &str, after: &str) -> (String, String, String) {
        (label.to_owned(), before.to_owned(), after.to_owned())
    }

    #[test]
    fn what_changed_in_a_record_is_told_as_it_was_and_as_it_is() {
        let before = json!({"display_name": "A", "name": "A", "active": true, "line_ids": [1, 2], "ir.attachment": 0});
        let now =
            json!({"display_name": "B", "name": "B", "partner_id": [3, "P"], "line_ids": [1, 3], "ir.attachment": 1});
        assert_eq!(
            told(&before, &now),
            [
                words("Active", "Yes", "No"),
                words("Attachments", "0", "1"),
                words("Lines", "2 records", "2 records, not the same"),
                words("Name", "A", "B"),
                words("Customer", "—", "P (#3)"),
            ]
        );
        assert!(told(&before, &before).is_empty());
        assert_eq!(told(&json!({"display_name": "A"}), &json!({"display_name": "B"})).len(), 1);
    }

    #[test]
    fn a_record_that_changed_below_the_last_one_shown_is_named() {
        let entry = |id: i64| {
            let change = RecordVerb::Delete;
            Entry::from(RecordChange {
                id: Some(id),
                name: "A".into(),
                change,
                fields: Vec::new(),
                besides: Vec::new(),
            })
        };
        let (before, now) = (json!({"7": {"n": 1}, "8": {"n": 1}}), json!({"7": {"n": 1}, "8": {"n": 2}}));
        let said = "Changed since, and not among the records shown: “A” (#8).";
        assert_eq!(unshown(&[entry(7), entry(8)], &before, &now).as_deref(), Some(said));
        assert_eq!(unshown(&[entry(7)], &before, &now), None);
    }
}
