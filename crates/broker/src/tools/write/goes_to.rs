//! Whom a change of a message, or of a form that writes one, may send it to: those it had, and those that are written.

use super::WriteCall;
use crate::tools::recipients::{Addressees, fields_of, sends};
use crate::tools::{Locale, Site};
use gatehouse_core::{EdgeError, Effect};
use gatehouse_odoo::{Fields, Record};
use std::collections::BTreeMap;

impl WriteCall {
    /// Sentences for the card; none where a change of this model sends nothing.
    pub(super) async fn goes_to(&self, site: &Site) -> Result<Vec<String>, EdgeError> {
        if !self.facts.effects.contains(&Effect::Mail) || !sends(&self.model) {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = self.facts.ids.iter().copied().filter(|id| site.pending_step(*id).is_none()).collect();
        let rows = messages(site, &self.locale, &self.fields, &ids).await?;
        let mut wanted = Addressees::default();
        for (update, id) in self.records() {
            let row = rows.get(&id).cloned().unwrap_or_default();
            let mut after = row.clone();
            after.extend(update.checked.values.clone());
            // A command adds to those that are there.
            wanted.add(&self.model, &row, true);
            wanted.add(&self.model, &after, true);
        }
        let found = wanted.find(site, &self.locale).await?;
        let mut told = vec![format!("May go to: {}.", found.words())];
        told.extend(found.notes().iter().cloned());
        Ok(told)
    }
}

async fn messages(
    site: &Site,
    locale: &Locale,
    fields: &Fields,
    ids: &[i64],
) -> Result<BTreeMap<i64, Record>, EdgeError> {
    let model = fields.model();
    let names: Vec<&str> = fields_of(model).iter().copied().filter(|name| fields.get(name).is_some()).collect();
    if ids.is_empty() || names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = site.session().await?.client.read(model, ids, &names, Some(&locale.reading())).await;
    let rows = site.told(model, rows).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect())
}
