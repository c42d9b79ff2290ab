//! The names of records that values point to: one request for each model, however many there are.

use super::sentences::reference;
use crate::tools::{Locale, Site, step_of};
use futures_util::future::join_all;
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::{FieldType, Fields, OdooError, Record};
use gatehouse_policy::guard;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Records of one model that are named where they only stand there; of others the ids are told.
const MOST: usize = 500;

/// Display names by model and id.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, BTreeMap<i64, String>>);

impl Names {
    /// `France (#75)`; `#75` where the name is not known, and the step that will make it where it is not there yet.
    pub(crate) fn of(&self, model: &str, id: i64) -> String {
        match self.name(model, id) {
            Some(name) => format!("{name} (#{id})"),
            None => reference(&json!(id)),
        }
    }

    /// The name alone.
    pub(crate) fn name(&self, model: &str, id: i64) -> Option<&str> {
        self.0.get(model)?.get(&id).map(String::as_str)
    }

    /// Learns the names of records that were read.
    pub(crate) fn learn<'r>(&mut self, model: &str, rows: impl IntoIterator<Item = &'r Record>) {
        for row in rows {
            let id = row.get("id").and_then(Value::as_i64);
            let name = row.get("display_name").and_then(Value::as_str);
            if let (Some(id), Some(name)) = (id, name) {
                self.0.entry(model.to_owned()).or_default().insert(id, name.to_owned());
            }
        }
    }
}

/// The records whose names a preview needs.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Values link to them: one that is not there is refused, because Odoo would fail on it only after the person said yes.
    linked: BTreeMap<String, BTreeSet<i64>>,
    /// They only stand there.
    standing: BTreeMap<String, BTreeSet<i64>>,
}

impl Wanted {
    /// The records that the values of one record link to. Where words for a field are there already, its record was found
    /// by name just now.
    pub(crate) fn linked_by(&mut self, values: &Record, found: &BTreeMap<String, String>, fields: &Fields) {
        for (name, value) in values {
            let Some(field) = fields.get(name) else { continue };
            let Some(relation) = &field.relation else { continue };
            let ids: Vec<i64> = match field.kind {
                FieldType::Many2one if !found.contains_key(name) => value.as_i64().into_iter().collect(),
                FieldType::One2many | FieldType::Many2many => linked_by_commands(value),
                _ => Vec::new(),
            };
            let ids = ids.into_iter().filter(|id| step_of(*id).is_none());
            self.linked.entry(relation.clone()).or_default().extend(ids);
        }
    }

    /// The records that stand in these lists of a record.
    pub(crate) fn standing_in<'n>(&mut self, row: &Record, names: impl Iterator<Item = &'n str>, fields: &Fields) {
        for name in names {
            let Some(field) = fields.get(name).filter(|field| field.kind == FieldType::Many2many) else { continue };
            let (Some(relation), Some(ids)) = (&field.relation, row.get(name).and_then(Value::as_array)) else {
                continue;
            };
            let standing = self.standing.entry(relation.clone()).or_default();
            standing.extend(ids.iter().filter_map(Value::as_i64));
        }
    }

    /// Reads the names. What the user may not read keeps its id; what is linked to must be there and readable.
    pub(crate) async fn read(self, site: &Site, locale: &Locale) -> Result<Names, EdgeError> {
        let models: BTreeSet<String> = self
            .linked
            .keys()
            .chain(self.standing.keys())
            .filter(|model| !guard::is_never_read(model))
            .cloned()
            .collect();
        let read = join_all(models.iter().map(|model| self.of_model(model, site, locale))).await;
        let mut names = Names::default();
        for (model, rows) in models.iter().zip(read) {
            names.learn(model, &rows?);
            let known = names.0.get(model);
            let missing = |id: &&i64| known.is_none_or(|known| !known.contains_key(*id));
            if let Some(id) = self.linked.get(model).and_then(|ids| ids.iter().find(missing)) {
                return Err(EdgeError::new(
                    ErrorCode::RecordMissing,
                    format!(
                        "{model} {id}: no such record to link to, or the user may not see it. Search for it again."
                    ),
                ));
            }
        }
        Ok(names)
    }

    async fn of_model(&self, model: &str, site: &Site, locale: &Locale) -> Result<Vec<Record>, EdgeError> {
        let linked: BTreeSet<i64> = self.linked.get(model).cloned().unwrap_or_default();
        let standing = self.standing.get(model).into_iter().flatten().take(MOST).copied();
        let all: BTreeSet<i64> = linked.iter().copied().chain(standing).collect();
        let session = site.session().await?;
        let context = locale.reading();
        let read = |ids: &BTreeSet<i64>| {
            let ids: Vec<i64> = ids.iter().copied().collect();
            let (client, context) = (&session.client, &context);
            async move { client.read(model, &ids, &["display_name"], Some(context)).await }
        };
        let rows = match read(&all).await {
            // One record that the user may not read closes all of them.
            Err(OdooError::AccessDenied { .. }) if all.len() > linked.len() => read(&linked).await,
            rows => rows,
        };
        site.told(model, rows).await
    }
}

/// Records that commands put into a list.
fn linked_by_commands(commands: &Value) -> Vec<i64> {
    let of = |command: &Value| -> Vec<i64> {
        match command.get(0).and_then(Value::as_i64) {
            Some(4) => command.get(1).and_then(Value::as_i64).into_iter().collect(),
            Some(6) => {
                command.get(2).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_i64).collect()
            }
            _ => Vec::new(),
        }
    };
    commands.as_array().into_iter().flatten().flat_map(of).collect()
}
