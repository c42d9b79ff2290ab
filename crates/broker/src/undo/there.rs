//! Records as they are now, and as they will be once what was prepared so far has run.

use crate::tools::{Locale, Site};
use gatehouse_core::EdgeError;
use gatehouse_odoo::Record;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A record in a language and companies: its fields may hold other values in others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    place: String,
    model: String,
    pub(super) id: i64,
}

impl At {
    pub(super) fn new(locale: &Locale, model: &str, id: i64) -> Self {
        let context = &locale.context;
        let place = json!([context.get("lang"), context.get("allowed_company_ids")]).to_string();
        Self { place, model: model.to_owned(), id }
    }
}

/// Records as they are and will be.
#[derive(Default)]
pub(super) struct There {
    /// As Odoo reads them; none for one that is not there.
    rows: BTreeMap<At, Option<Record>>,
    /// Values that calls which are prepared will leave.
    will: BTreeMap<(At, String), Value>,
    /// Records that they will delete.
    gone: BTreeSet<(String, i64)>,
}

impl There {
    /// Reads what is not known yet of these records, in one request at most.
    pub(super) async fn read(
        &mut self,
        site: &Site,
        locale: &Locale,
        model: &str,
        ids: &BTreeSet<i64>,
        names: &BTreeSet<String>,
    ) -> Result<(), EdgeError> {
        let is_known = |id: &i64| match self.rows.get(&At::new(locale, model, *id)) {
            Some(Some(row)) => names.iter().all(|name| row.contains_key(name)),
            Some(None) => true,
            None => false,
        };
        let wanted: Vec<i64> = ids.iter().copied().filter(|id| !is_known(id)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let session = site.session().await?;
        let mut asked: Vec<&str> = names.iter().map(String::as_str).collect();
        if !names.contains("display_name") {
            asked.push("display_name");
        }
        let rows = session.client.read(model, &wanted, &asked, Some(&locale.reading())).await;
        let rows = site.told(model, rows).await?;
        let mut found: BTreeMap<i64, Record> =
            rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect();
        for id in wanted {
            let at = At::new(locale, model, id);
            match (found.remove(&id), self.rows.get_mut(&at)) {
                (Some(more), Some(Some(row))) => row.extend(more),
                (row, _) => {
                    self.rows.insert(at, row);
                }
            }
        }
        Ok(())
    }

    /// Whether it is there, and will be.
    pub(super) fn exists(&self, at: &At) -> bool {
        self.rows.get(at).is_some_and(Option::is_some) && !self.gone.contains(&(at.model.clone(), at.id))
    }

    /// Its display name; `#7` of one that is not there.
    pub(super) fn name(&self, at: &At) -> String {
        let row = self.rows.get(at).and_then(Option::as_ref);
        let name = row.and_then(|row| row.get("display_name")).and_then(Value::as_str).filter(|name| !name.is_empty());
        name.map_or_else(|| format!("#{}", at.id), str::to_owned)
    }

    /// What a field holds by then.
    pub(super) fn value(&self, at: &At, field: &str) -> Value {
        let will = self.will.get(&(at.clone(), field.to_owned()));
        let now = || self.rows.get(at).and_then(Option::as_ref).and_then(|row| row.get(field));
        will.or_else(now).cloned().unwrap_or_default()
    }

    /// Whether it will hold something else by then than it does now.
    pub(super) fn is_foreseen(&self, at: &At, field: &str) -> bool {
        self.will.contains_key(&(at.clone(), field.to_owned()))
    }

    /// A call that is prepared will leave this.
    pub(super) fn will_hold(&mut self, at: &At, field: &str, value: Value) {
        self.will.insert((at.clone(), field.to_owned()), value);
    }

    /// A call that is prepared will delete this.
    pub(super) fn will_go(&mut self, at: &At) {
        self.gone.insert((at.model.clone(), at.id));
    }
}
