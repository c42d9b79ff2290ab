//! One line, and what happens to it.

use super::Commands;
use crate::preview::{Entry, Move, Names, Wanted, Wording, name_of_new};
use crate::view::{FieldChange, RecordChange, RecordVerb};
use gatehouse_odoo::{Fields, Record};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Line<'a> {
    /// As in [`Commands`].
    pub(super) place: Vec<usize>,
    done: Move<'a>,
    fields: Arc<Fields>,
    /// As it is; none of a new one.
    row: Option<Record>,
    inverse: Option<String>,
    owner: String,
}

impl<'a> Line<'a> {
    /// None where only a link changes: the field tells it.
    pub(super) fn of(
        commands: &Commands<'_>,
        place: usize,
        done: Move<'a>,
        fields: &Arc<Fields>,
        rows: &BTreeMap<(String, i64), Record>,
    ) -> Option<Self> {
        let row = match done {
            Move::Create(_) => None,
            Move::Update(id, _) | Move::Delete(id) => rows.get(&(commands.model.clone(), id)).cloned(),
            Move::Remove(id) | Move::Add(id) => {
                commands.inverse.as_ref()?;
                rows.get(&(commands.model.clone(), id)).cloned()
            }
        };
        Some(Self {
            place: commands.place.iter().copied().chain([place]).collect(),
            done,
            fields: fields.clone(),
            row,
            inverse: commands.inverse.clone(),
            owner: commands.owner.clone(),
        })
    }

    /// The commands among its own values.
    pub(super) fn commands(&self) -> Vec<Commands<'a>> {
        match self.done {
            Move::Create(values) | Move::Update(_, values) => {
                Commands::of(&self.place, &self.name(), values, self.row.as_ref(), &self.fields)
            }
            Move::Delete(_) | Move::Remove(_) | Move::Add(_) => Vec::new(),
        }
    }

    pub(super) fn want(&self, wanted: &mut Wanted) {
        if let Move::Create(values) | Move::Update(_, values) = self.done {
            wanted.linked_by(values, &BTreeMap::new(), &self.fields);
            if let Some(row) = &self.row {
                wanted.standing_in(row, values.keys().map(String::as_str), &self.fields);
            }
        }
    }

    pub(super) fn introduce(&self, names: &mut Names) {
        names.learn(self.fields.model(), &self.row);
    }

    pub(super) fn entry(&self, names: &Names) -> Entry {
        let wording = Wording { fields: &self.fields, names };
        let none = BTreeMap::new();
        let (id, change, fields) = match self.done {
            Move::Create(values) => (None, RecordVerb::Create, wording.new_values(values, None, &none)),
            Move::Update(id, values) => {
                let fields = self.row.as_ref().map(|row| wording.changes(row, values, &none));
                (Some(id), RecordVerb::Update, fields.unwrap_or_default())
            }
            Move::Delete(id) => (Some(id), RecordVerb::Delete, Vec::new()),
            Move::Remove(id) => (Some(id), RecordVerb::Update, self.owned_by(None, &wording)),
            Move::Add(id) => (Some(id), RecordVerb::Update, self.owned_by(Some(&self.owner), &wording)),
        };
        let name = format!("{} · {}", self.fields.model(), self.name());
        let record = RecordChange { id, name, change, fields, besides: Vec::new() };
        let held = matches!(self.done, Move::Delete(_)).then(|| self.fields.clone());
        Entry { model: Some(self.fields.model().to_owned()), record, held }
    }

    fn name(&self) -> String {
        match (&self.row, self.done) {
            (Some(row), _) => row.get("display_name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            (None, Move::Create(values)) => name_of_new(values),
            (None, _) => String::new(),
        }
    }

    /// The field that points to its record, as it is and as it will be.
    fn owned_by(&self, owner: Option<&String>, wording: &Wording<'_>) -> Vec<FieldChange> {
        let (Some(inverse), Some(row)) = (&self.inverse, &self.row) else { return Vec::new() };
        let mut told = wording.now(inverse, row);
        if let Some(told) = &mut told {
            told.after = Some(owner.map_or_else(|| crate::preview::NOTHING.to_owned(), Clone::clone));
        }
        told.into_iter().collect()
    }
}
