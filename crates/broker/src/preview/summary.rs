//! Many records, field by field: which values become which, and in how many of them.

use super::Entry;
use super::cut::cut;
use crate::view::{ChangeCount, FieldChange, FieldSummary, ValueForm};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Changes told of one field.
const TOLD: usize = 8;
/// Characters told of one value.
const SHOWN_TEXT: usize = 300;

/// What tells one change from another. Amounts of two currencies are never counted together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Told<'a> {
    before: Option<&'a str>,
    after: Option<&'a str>,
    unit: Option<&'a str>,
    form: ValueForm,
}

/// A field's label, and how often it changes so.
type Counted<'a> = (&'a str, BTreeMap<Told<'a>, u64>);

/// Whether Odoo changes it besides, the model of a line, and the field.
type Key<'a> = (bool, &'a str, &'a str);

/// Each field of each model with its most frequent changes, over all records; behind them what Odoo changes besides.
pub(super) fn summary<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<FieldSummary> {
    let mut order: Vec<Key<'a>> = Vec::new();
    let mut fields: BTreeMap<Key<'a>, Counted<'a>> = BTreeMap::new();
    for Entry { model, record, .. } in entries {
        let model = model.as_deref().unwrap_or_default();
        let asked = record.fields.iter().map(|change| (false, change));
        for (besides, change) in asked.chain(record.besides.iter().map(|change| (true, change))) {
            let (_, counts) = fields.entry((besides, model, &change.field)).or_insert_with(|| {
                order.push((besides, model, &change.field));
                (&change.label, BTreeMap::new())
            });
            *counts.entry(Told::of(change)).or_default() += 1;
        }
    }
    order.sort_by_key(|(besides, ..)| *besides);
    let one = |key: Key<'a>| {
        let (label, counts) = fields.remove(&key)?;
        let mut counts: Vec<(Told<'a>, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, records)| Reverse(*records));
        let others = counts.iter().skip(TOLD).map(|(_, records)| records).sum();
        let changes = counts.into_iter().take(TOLD).map(|(told, records)| told.counted(records));
        let (besides, model, field) = key;
        let label = if model.is_empty() { label.to_owned() } else { format!("{model} · {label}") };
        Some(FieldSummary { field: field.to_owned(), label, besides, changes: changes.collect(), others })
    };
    order.into_iter().filter_map(one).collect()
}

impl<'a> Told<'a> {
    fn of(change: &'a FieldChange) -> Self {
        Self {
            before: change.before.as_deref(),
            after: change.after.as_deref(),
            unit: change.unit.as_deref(),
            form: change.form,
        }
    }

    fn counted(self, records: u64) -> ChangeCount {
        ChangeCount {
            before: self.before.map(|text| cut(text, SHOWN_TEXT)),
            after: self.after.map(|text| cut(text, SHOWN_TEXT)),
            form: self.form,
            unit: self.unit.map(|text| cut(text, SHOWN_TEXT)),
            records,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{RecordChange, RecordVerb};

    fn entry(model: Option<&str>, before: &str, after: &str) -> Entry {
        let change = FieldChange::new("f", "Label", Some(before.into()), Some(after.into()));
        let record = RecordChange {
            id: Some(1),
            name: String::new(),
            change: RecordVerb::Update,
            fields: vec![change],
            besides: Vec::new(),
        };
        Entry { model: model.map(str::to_owned), record, held: None }
    }

    #[test]
    fn the_most_frequent_changes_come_first_and_every_record_is_counted() {
        let mut entries: Vec<Entry> = (0..20).map(|n| entry(None, &format!("{n:02}"), "x")).collect();
        entries.extend((0..3).map(|_| entry(None, "same", "x")));
        entries.push(entry(Some("x.line"), "1", "2"));
        let told = summary(entries.iter());
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].changes.len(), told[0].changes[0].records), (8, 3));
        assert_eq!(told[0].changes[0].before.as_deref(), Some("same"));
        assert_eq!(told[0].changes.iter().map(|one| one.records).sum::<u64>() + told[0].others, 23);
        assert_eq!(told[1].label, "x.line · Label");
    }

    #[test]
    fn what_odoo_changes_besides_stands_behind_and_apart() {
        let mut first = entry(None, "1", "2");
        first.record.besides = vec![FieldChange::new("f", "Label", Some("1".into()), Some("3".into()))];
        first.record.besides.push(FieldChange::new("g", "Other", None, Some("x".into())));
        let entries = [first, entry(Some("x.line"), "1", "2")];
        let told = summary(entries.iter());
        let order: Vec<_> = told.iter().map(|one| (one.label.as_str(), one.besides)).collect();
        assert_eq!(order, [("Label", false), ("x.line · Label", false), ("Label", true), ("Other", true)]);
        assert_eq!(told[2].changes[0].after.as_deref(), Some("3"));
    }

    #[test]
    fn a_value_keeps_its_form_and_an_amount_its_currency() {
        let amount = |unit: Option<&str>, form: ValueForm, before: &str, after: &str| {
            let mut one = entry(None, before, after);
            one.record.fields[0].unit = unit.map(str::to_owned);
            one.record.fields[0].form = form;
            one
        };
        let entries = [
            amount(Some("EUR"), ValueForm::Number, "5", "7.5"),
            amount(Some("USD"), ValueForm::Number, "5", "7.5"),
            amount(Some("EUR"), ValueForm::Number, "5", "7.5"),
            amount(None, ValueForm::Plain, "5 USD", "7.5 EUR"),
        ];
        let told = summary(entries.iter());
        let shown: Vec<_> = told[0]
            .changes
            .iter()
            .map(|one| (one.before.as_deref(), one.after.as_deref(), one.unit.as_deref(), one.form, one.records))
            .collect();
        assert_eq!(
            shown,
            [
                (Some("5"), Some("7.5"), Some("EUR"), ValueForm::Number, 2),
                (Some("5"), Some("7.5"), Some("USD"), ValueForm::Number, 1),
                (Some("5 USD"), Some("7.5 EUR"), None, ValueForm::Plain, 1),
            ]
        );
    }
}
