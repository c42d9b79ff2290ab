//! Before and after: what a person is shown of a call, from live data.

use crate::desk::History;
use crate::tools::{Call, Preview, Site, step_of};
use crate::view::{CallCard, FieldChange, RecordChange};
use gatehouse_core::{CallFacts, Category, Nested, Question};
use gatehouse_odoo::{Field, FieldType, Fields};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Records shown one by one on a card.
pub(crate) const SHOWN_RECORDS: usize = 50;
/// Above this many records a destructive call wants their number typed.
const TYPE_COUNT_ABOVE: u64 = 10;
/// Above this many any change does: not every record stands on the card.
const TYPE_COUNT_ABOVE_ALWAYS: u64 = SHOWN_RECORDS as u64;

/// Characters shown of one text among the arguments; the records show what is written in full.
const SHOWN_TEXT: usize = 2_000;
/// Characters kept of one text in the journal: a file's content is not kept twice.
pub(crate) const KEPT_TEXT: usize = 100_000;

/// A value whose long texts are cut.
pub(crate) fn shortened(value: &Value, most: usize) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(most) {
            Some((end, _)) => {
                let more = text[end..].chars().count();
                Value::String(format!("{}… [{more} more characters]", &text[..end]))
            }
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| shortened(item, most)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), shortened(value, most))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The card of a call.
pub(crate) fn card_of(
    site: &Site,
    call: &dyn Call,
    preview: &Preview,
    question: &Question,
    arguments: &Value,
    history: &History,
) -> CallCard {
    let facts = call.facts();
    let total = preview.total.or(facts.records).filter(|_| facts.model.is_some());
    let destructive = facts.risk.category == Category::Destructive;
    let limit = if destructive { TYPE_COUNT_ABOVE } else { TYPE_COUNT_ABOVE_ALWAYS };
    let mut records = preview.records.clone();
    if let Some(before) = &history.drifted_from {
        mark_drift(&mut records, before, &preview.observed);
    }
    CallCard {
        tool: facts.tool.clone(),
        category: facts.risk.category,
        severity: facts.risk.severity,
        model: preview.model.clone(),
        records,
        total,
        touches: preview.touches.iter().cloned().chain(place_of(call)).collect(),
        effects: facts.effects.clone(),
        steps: Vec::new(),
        summary: Vec::new(),
        exportable: None,
        can_archive: false,
        preview_error: None,
        unseen: None,
        rule: question.rule.clone(),
        reason: question.reason.clone(),
        arguments: serde_json::to_string_pretty(&shortened(arguments, SHOWN_TEXT)).unwrap_or_default(),
        standing: crate::standing::offer(site, call),
        type_count: total.filter(|total| facts.changes_odoo() && *total > limit),
        ran_before: history.ran_before,
        drifted: history.drifted_from.is_some(),
    }
}

/// Companies and language that a call acts in, where its tool has them.
fn place_of(call: &dyn Call) -> Option<String> {
    let resolved = call.resolved();
    let context = resolved.get("context")?;
    let companies = context.get("allowed_company_ids")?.as_array()?;
    let companies: Vec<String> = companies.iter().map(|id| format!("#{id}")).collect();
    let lang = context.get("lang").and_then(Value::as_str).unwrap_or("the user's language");
    Some(format!("Acts in company {}, in {lang}.", companies.join(", ")))
}

fn mark_drift(records: &mut [RecordChange], before: &Value, now: &Value) {
    for record in records {
        let Some(id) = record.id.map(|id| id.to_string()) else { continue };
        for field in &mut record.fields {
            field.drifted = before[&id][&field.field] != now[&id][&field.field];
        }
    }
}

/// What writing `values` changes in one record: fields whose value stays are left out.
pub(crate) fn changes(
    row: &Map<String, Value>,
    values: &Map<String, Value>,
    hints: &BTreeMap<String, String>,
    fields: &Fields,
) -> Vec<FieldChange> {
    let one = |(name, after): (&String, &Value)| {
        let field = fields.get(name)?;
        let before = row.get(name).unwrap_or(&Value::Null);
        if is_same(before, after, field) {
            return None;
        }
        Some(FieldChange::new(
            name.clone(),
            field.label.clone(),
            Some(words(before, field)),
            Some(hint(name, hints, field).unwrap_or_else(|| words(after, field))),
        ))
    };
    values.iter().filter_map(one).collect()
}

/// The values of a record that will be made.
pub(crate) fn new_values(
    values: &Map<String, Value>,
    hints: &BTreeMap<String, String>,
    fields: &Fields,
) -> Vec<FieldChange> {
    let one = |(name, after): (&String, &Value)| {
        let field = fields.get(name)?;
        Some(FieldChange::new(
            name.clone(),
            field.label.clone(),
            None,
            Some(hint(name, hints, field).unwrap_or_else(|| words(after, field))),
        ))
    };
    values.iter().filter_map(one).collect()
}

/// Words for a value that does not speak for itself. Commands always stand in full.
fn hint(name: &str, hints: &BTreeMap<String, String>, field: &Field) -> Option<String> {
    if field.kind.is_x2many() { None } else { hints.get(name).cloned() }
}

/// Whether a value as Odoo reads it is the value as it is written.
pub(crate) fn is_same(before: &Value, after: &Value, field: &Field) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Bool(false) => field.kind != FieldType::Boolean,
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    if empty(before) && empty(after) {
        return true;
    }
    match (before, field.kind) {
        (Value::Array(pair), FieldType::Many2one) => pair.first() == Some(after),
        (_, FieldType::One2many | FieldType::Many2many) => false,
        (Value::Number(a), FieldType::Float | FieldType::Monetary) => {
            after.as_f64().is_some_and(|b| a.as_f64() == Some(b))
        }
        _ => before == after,
    }
}

/// A value in words, as a person reads it.
pub(crate) fn words(value: &Value, field: &Field) -> String {
    match (value, field.kind) {
        (Value::Bool(yes), FieldType::Boolean) => if *yes { "Yes" } else { "No" }.into(),
        (Value::Null | Value::Bool(false), _) => "—".into(),
        (Value::String(key), FieldType::Selection) => {
            let label = field.selection.iter().find(|(value, _)| value == key);
            label.map_or_else(|| key.clone(), |(_, label)| label.clone())
        }
        (Value::Array(pair), FieldType::Many2one) => match pair.as_slice() {
            [id, Value::String(name)] => format!("{name} (#{id})"),
            _ => value.to_string(),
        },
        (Value::Number(_), FieldType::Many2one) => reference(value),
        (Value::Array(items), FieldType::One2many | FieldType::Many2many) => commands_in_words(items),
        (Value::String(_), FieldType::Binary | FieldType::Image) => "a file".into(),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    }
}

/// A record that has no name here: by its id, or by the step of a plan that will make it.
pub(crate) fn reference(id: &Value) -> String {
    match id.as_i64().and_then(step_of) {
        Some(step) => format!("the record of step {step}"),
        None => format!("#{id}"),
    }
}

/// Odoo's commands, or a list of ids as it reads them.
fn commands_in_words(items: &[Value]) -> String {
    if items.is_empty() {
        return "—".into();
    }
    if items.iter().all(Value::is_number) {
        let ids: Vec<String> = items.iter().take(20).map(reference).collect();
        let more = items.len().saturating_sub(20);
        return if more > 0 { format!("{} and {more} more", ids.join(", ")) } else { ids.join(", ") };
    }
    let one = |command: &Value| {
        let part = |index: usize| command.get(index).cloned().unwrap_or(Value::Null);
        match command.get(0).and_then(Value::as_i64) {
            Some(0) => format!("create a line {}", part(2)),
            Some(1) => format!("change line {}: {}", reference(&part(1)), part(2)),
            Some(2) => format!("delete line {}", reference(&part(1))),
            Some(3) => format!("remove {}", reference(&part(1))),
            Some(4) => format!("add {}", reference(&part(1))),
            Some(5) => "remove all".into(),
            Some(6) => match part(2).as_array() {
                Some(ids) if ids.is_empty() => "set to none".into(),
                Some(ids) => format!("set to {}", commands_in_words(ids)),
                None => "set".into(),
            },
            _ => command.to_string(),
        }
    };
    items.iter().map(one).collect::<Vec<_>>().join("; ")
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

/// `3 contacts`, in the words that the catalogue has: the model's technical name where the label is not known.
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Fields {
        let answer = json!({
            "name": {"type": "char", "string": "Name"},
            "active": {"type": "boolean", "string": "Active"},
            "state": {"type": "selection", "string": "Status", "selection": [["draft", "Quotation"], ["sale", "Sales Order"]]},
            "country_id": {"type": "many2one", "string": "Country", "relation": "res.country"},
            "amount": {"type": "float", "string": "Amount"},
            "line_ids": {"type": "one2many", "string": "Lines", "relation": "x.line"},
        });
        Fields::parse("x", answer).unwrap()
    }

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn fields_that_stay_as_they_are_are_left_out() {
        let row = map(&json!({"name": "A", "active": true, "country_id": [75, "France"], "amount": 2, "state": false}));
        let values = map(&json!({"name": "B", "active": true, "country_id": 75, "amount": 2.0, "state": null}));
        let changed = changes(&row, &values, &BTreeMap::new(), &fields());
        assert_eq!(changed.len(), 1);
        assert_eq!((changed[0].before.as_deref(), changed[0].after.as_deref()), (Some("A"), Some("B")));
    }

    #[test]
    fn a_text_as_long_as_a_file_is_cut_where_nobody_reads_it() {
        let given = json!({"model": "a", "list": [{"content": "é".repeat(10)}]});
        let cut = shortened(&given, 4);
        assert_eq!(cut, json!({"model": "a", "list": [{"content": "éééé… [6 more characters]"}]}));
        assert_eq!(shortened(&given, 10), given);
    }

    #[test]
    fn values_are_shown_in_the_words_of_odoo() {
        let row = map(&json!({"state": "draft", "country_id": false, "active": true}));
        let values = map(&json!({"state": "sale", "country_id": 75, "active": false}));
        let hints = BTreeMap::from([("country_id".to_owned(), "France (#75)".to_owned())]);
        let changed = changes(&row, &values, &hints, &fields());
        let shown: Vec<_> = changed
            .iter()
            .map(|c| (c.label.as_str(), c.before.as_deref().unwrap(), c.after.as_deref().unwrap()))
            .collect();
        assert!(shown.contains(&("Status", "Quotation", "Sales Order")));
        assert!(shown.contains(&("Country", "—", "France (#75)")));
        assert!(shown.contains(&("Active", "Yes", "No")));
    }

    #[test]
    fn commands_are_told_in_words() {
        let field = fields();
        let field = field.get("line_ids").unwrap();
        assert_eq!(words(&json!([[2, 7, 0], [6, 0, [1, 2]]]), field), "delete line #7; set to #1, #2");
        assert_eq!(words(&json!([]), field), "—");
        assert_eq!(words(&json!([[4, 2_000_003_000_i64, 0]]), field), "add the record of step 3");
    }

    #[test]
    fn a_value_that_drifted_is_marked() {
        let mut records = vec![RecordChange {
            id: Some(7),
            name: "A".into(),
            change: crate::view::RecordVerb::Update,
            fields: vec![FieldChange::new("name", "Name", Some("x".into()), Some("y".into()))],
            besides: Vec::new(),
        }];
        mark_drift(&mut records, &json!({"7": {"name": "old"}}), &json!({"7": {"name": "x"}}));
        assert!(records[0].fields[0].drifted);
    }
}
