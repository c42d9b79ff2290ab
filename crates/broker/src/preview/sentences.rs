//! Our own sentences about a call.

use crate::tools::step_of;
use gatehouse_core::{CallFacts, Nested};
use gatehouse_odoo::Record;
use serde_json::Value;
use std::collections::BTreeMap;

/// `Change 2 fields on 3 res.partner records in Demo`: the model's technical name, where the label is not known.
pub(crate) fn sentence(verb: &str, facts: &CallFacts, records: u64, place: &str) -> String {
    let model = facts.model.as_deref().unwrap_or("records");
    let fields = facts.fields.len();
    let of = if records == 1 { "record" } else { "records" };
    match verb {
        "Change" => {
            let what = if fields == 1 { "1 field".to_owned() } else { format!("{fields} fields") };
            format!("{verb} {what} on {records} {model} {of} in {place}")
        }
        _ => format!("{verb} {records} {model} {of} in {place}"),
    }
}

/// What nested commands do, one sentence for each model and kind of command.
pub(crate) fn touches(nested: &[Nested]) -> Vec<String> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for one in nested {
        *counts.entry((one.command.clone(), one.model.clone())).or_default() += 1;
    }
    let sentence = |((command, model), count): ((String, String), usize)| {
        let verb = match command.as_str() {
            "create" => "Creates",
            "update" => "Changes",
            "delete" => "Deletes",
            "unlink" => "Removes the link to",
            "link" => "Links",
            "clear" => "Removes every link to",
            _ => "Sets the links to",
        };
        format!("{verb} {count} × {model}")
    };
    counts.into_iter().map(sentence).collect()
}

/// What a record that will be made is called, as far as its values tell.
pub(crate) fn name_of_new(values: &Record) -> String {
    let name = ["name", "display_name", "login", "ref"].iter().find_map(|field| values.get(*field)?.as_str());
    name.unwrap_or("New record").to_owned()
}

/// A record that has no name here: by its id, or by the step of a plan that will make it.
pub(crate) fn reference(id: &Value) -> String {
    match id.as_i64().and_then(step_of) {
        Some(step) => format!("the record of step {step}"),
        None => format!("#{id}"),
    }
}
