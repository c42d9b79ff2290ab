//! What a step takes from earlier ones, in sentences for the card.

use super::references::reference;
use crate::preview::Entry;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A sentence for each place of a step's arguments where an earlier step's record stands, by the label of its field.
pub(super) fn uses(given: &Map<String, Value>, entries: &[Entry]) -> Vec<String> {
    let fields = entries.iter().flat_map(|entry| &entry.record.fields);
    let labels: BTreeMap<&str, &str> = fields.map(|change| (change.field.as_str(), change.label.as_str())).collect();
    let mut told = Vec::new();
    for (name, value) in given {
        match value {
            // Here a field may be called “step”.
            Value::Object(values) if name == "values" => {
                values.iter().for_each(|(field, value)| look(field, value, &labels, &mut told));
            }
            value => look(name, value, &labels, &mut told),
        }
    }
    told
}

fn look(name: &str, value: &Value, labels: &BTreeMap<&str, &str>, told: &mut Vec<String>) {
    if let Some((step, record)) = reference(value) {
        let label = match name {
            "ids" => "Records",
            "id" | "res_id" => "Record",
            name => labels.get(name).copied().unwrap_or(name),
        };
        let sentence = match record {
            Some(record) => format!("{label}: record {record} of step {step}"),
            None if name == "ids" => format!("{label}: what step {step} makes"),
            None => format!("{label}: the record of step {step}"),
        };
        if !told.contains(&sentence) {
            told.push(sentence);
        }
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| look(name, item, labels, told)),
        Value::Object(map) => map.iter().for_each(|(name, value)| look(name, value, labels, told)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{FieldChange, RecordChange, RecordVerb};
    use serde_json::json;

    #[test]
    fn each_place_that_takes_from_an_earlier_step_is_told_once_by_its_label() {
        let fields = vec![FieldChange::new("partner_id", "Customer", None, None)];
        let name = String::new();
        let record = RecordChange { id: None, name, change: RecordVerb::Create, fields, besides: Vec::new() };
        let given = json!({
            "ids": {"step": 2}, "res_id": {"step": 1},
            "values": {"partner_id": {"step": 1}, "step": 5, "order_line": [{"partner_id": {"step": 1}}, {"tag": [{"step": 3, "record": 2}]}]},
        });
        let told = uses(given.as_object().unwrap(), &[record.into()]);
        assert_eq!(
            told,
            [
                "Records: what step 2 makes",
                "Record: the record of step 1",
                "Customer: the record of step 1",
                "tag: record 2 of step 3",
            ]
        );
    }
}
