//! Before and after: what a person is shown of a call, from live data.

mod change;
mod cut;
mod drift;
mod export;
mod linked;
mod links;
mod page;
mod sentences;
mod summary;
mod unseen;
mod words;

use crate::desk::History;
use crate::tools::{Call, Site};
use crate::view::{CallCard, RecordChange, StepCard};
pub(crate) use change::{Wording, currencies, is_same};
pub(crate) use cut::shortened;
use drift::{since, unshown};
pub(crate) use export::export;
use gatehouse_core::{Category, Question};
use gatehouse_odoo::Fields;
pub(crate) use linked::{Names, Wanted};
pub(crate) use links::{Move, moves};
pub(crate) use page::readable;
pub(crate) use sentences::{name_of_new, reference, sentence, touches};
use serde_json::Value;
use std::sync::Arc;
pub(crate) use unseen::{is_passing, preview as unseen_preview};
pub(crate) use words::{NOTHING, alone, text_form};

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

/// What a person sees before a call runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Preview {
    /// One sentence of ours.
    pub(crate) sentence: String,
    /// The model's label and technical name.
    pub(crate) model: Option<String>,
    /// Before and after, all of them.
    pub(crate) entries: Vec<Entry>,
    /// The steps of a plan; of any other call none.
    pub(crate) steps: Vec<StepPreview>,
    /// How many records in all.
    pub(crate) total: Option<u64>,
    /// What else it touches, a sentence each.
    pub(crate) touches: Vec<String>,
    /// A deletion that archiving would do for.
    pub(crate) can_archive: bool,
    /// The values it was made from: compared again before the call runs.
    pub(crate) observed: Value,
    /// Why it could not be made.
    pub(crate) error: Option<String>,
}

/// One record of a preview.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The model of a line; none for a record that the call names.
    pub(crate) model: Option<String>,
    pub(crate) record: RecordChange,
    /// Of a record that will be gone: its fields. What changed in it before that stands on the next card.
    pub(crate) held: Option<Arc<Fields>>,
}

/// A step of a plan: its card without the records, and these.
#[derive(Debug, Clone)]
pub(crate) struct StepPreview {
    pub(crate) card: StepCard,
    pub(crate) entries: Vec<Entry>,
}

impl From<RecordChange> for Entry {
    fn from(record: RecordChange) -> Self {
        Self { model: None, record, held: None }
    }
}

impl Entry {
    /// What it stands under among the values that a preview is made from; none for a new one.
    fn key(&self) -> Option<String> {
        let id = self.record.id?;
        Some(self.model.as_ref().map_or_else(|| id.to_string(), |model| format!("{model},{id}")))
    }
}

impl Preview {
    /// Every record, whichever step it belongs to; those of steps tell their step.
    pub(crate) fn into_all(self) -> Vec<Entry> {
        let mut all = self.entries;
        for step in self.steps {
            let number = step.card.number;
            all.extend(step.entries.into_iter().map(|mut entry| {
                entry.record.name = format!("{number} · {}", entry.record.name);
                entry
            }));
        }
        all
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
    let all = || preview.entries.iter().chain(preview.steps.iter().flat_map(|step| &step.entries));
    let is_too_many = all().nth(SHOWN_RECORDS).is_some();
    let mut records = shown(&preview.entries, SHOWN_RECORDS);
    let mut steps = shown_steps(&preview.steps);
    let mut touches = preview.touches.clone();
    if let Some(before) = &history.drifted_from {
        mark_drift(&mut records, &preview.entries, before, &preview.observed);
        touches.extend(unshown(&preview.entries[records.len()..], before, &preview.observed));
        for (place, (card, step)) in steps.iter_mut().zip(&preview.steps).enumerate() {
            mark_drift(&mut card.records, &step.entries, &before[place], &preview.observed[place]);
            let rest = &step.entries[card.records.len()..];
            card.touches.extend(unshown(rest, &before[place], &preview.observed[place]));
        }
    }
    CallCard {
        tool: facts.tool.clone(),
        category: facts.risk.category,
        severity: facts.risk.severity,
        model: preview.model.clone(),
        records,
        total,
        touches: touches.into_iter().chain(place_of(call)).collect(),
        effects: facts.effects.clone(),
        steps,
        summary: if is_too_many { summary::summary(all()) } else { Vec::new() },
        exportable: is_too_many.then(|| all().count() as u64),
        can_archive: preview.can_archive,
        preview_error: preview.error.clone(),
        unseen: preview.error.as_ref().and_then(|_| unseen::words(call)),
        rule: question.rule.clone(),
        reason: question.reason.clone(),
        arguments: serde_json::to_string_pretty(&shortened(arguments, SHOWN_TEXT)).unwrap_or_default(),
        standing: crate::standing::offer(site, call).filter(|_| preview.error.is_none()),
        type_count: total.filter(|_| facts.changes_odoo()).and_then(|total| typed_count(total, facts.risk.category)),
        ran_before: history.ran_before,
        drifted: history.drifted_from.is_some(),
    }
}

/// The number that has to be typed before so many records are touched; none where they are few.
pub(crate) fn typed_count(records: u64, category: Category) -> Option<u64> {
    let limit = if category == Category::Destructive { TYPE_COUNT_ABOVE } else { TYPE_COUNT_ABOVE_ALWAYS };
    Some(records).filter(|records| *records > limit)
}

fn shown(entries: &[Entry], most: usize) -> Vec<RecordChange> {
    entries.iter().take(most).map(|entry| entry.record.clone()).collect()
}

/// The steps with as many records each as fit on the card together: short steps whole, long ones alike.
fn shown_steps(steps: &[StepPreview]) -> Vec<StepCard> {
    let together = |each: usize| steps.iter().map(|step| step.entries.len().min(each)).sum::<usize>();
    let each = (1..=SHOWN_RECORDS).rev().find(|each| together(*each) <= SHOWN_RECORDS).unwrap_or(1);
    let one = |step: &StepPreview| StepCard { records: shown(&step.entries, each), ..step.card.clone() };
    steps.iter().map(one).collect()
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

/// Marks the values that were others when it was approved first, and adds those of a record that will be gone.
fn mark_drift(records: &mut [RecordChange], entries: &[Entry], before: &Value, now: &Value) {
    for (record, entry) in records.iter_mut().zip(entries) {
        let Some(key) = entry.key() else { continue };
        for change in record.fields.iter_mut().chain(&mut record.besides) {
            change.drifted = before[&key][&change.field] != now[&key][&change.field];
        }
        if let Some(fields) = &entry.held {
            record.fields.extend(since(fields, &before[&key], &now[&key]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{FieldChange, RecordVerb};
    use serde_json::json;

    fn entry(model: Option<&str>, id: i64) -> Entry {
        let fields = vec![FieldChange::new("name", "Name", Some("x".into()), Some("y".into()))];
        let change = RecordVerb::Update;
        let record = RecordChange { id: Some(id), name: "A".into(), change, fields, besides: Vec::new() };
        Entry { model: model.map(str::to_owned), record, held: None }
    }

    fn step(number: u32, records: i64) -> StepPreview {
        let card = StepCard {
            number,
            tool: "odoo_write".into(),
            category: Category::Write,
            sentence: String::new(),
            model: None,
            records: Vec::new(),
            touches: Vec::new(),
            effects: Vec::new(),
            uses: Vec::new(),
        };
        StepPreview { card, entries: (0..records).map(|id| entry(None, id)).collect() }
    }

    #[test]
    fn a_value_that_drifted_is_marked_and_a_line_is_not_taken_for_a_record_of_the_same_id() {
        let entries = [entry(None, 7), entry(Some("x.line"), 7)];
        let mut records = shown(&entries, 50);
        let now = json!({"7": {"name": "x"}, "x.line,7": {"name": "x"}});
        mark_drift(&mut records, &entries, &json!({"7": {"name": "old"}, "x.line,7": {"name": "x"}}), &now);
        assert!(records[0].fields[0].drifted && !records[1].fields[0].drifted);
    }

    #[test]
    fn the_steps_of_a_plan_share_the_card() {
        let of = |counts: &[i64]| {
            let steps: Vec<StepPreview> = counts.iter().map(|count| step(1, *count)).collect();
            shown_steps(&steps).iter().map(|step| step.records.len()).collect::<Vec<_>>()
        };
        assert_eq!(of(&[1, 2, 40]), [1, 2, 40]);
        assert_eq!(of(&[1, 100, 100]), [1, 24, 24]);
        assert_eq!(of(&[100; 20]), [2; 20]);
    }
}
