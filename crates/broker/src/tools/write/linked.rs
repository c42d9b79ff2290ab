//! The names of records that written values point to.

use super::Update;
use crate::tools::{Locale, Site};
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::{FieldType, Fields};
use std::collections::{BTreeMap, BTreeSet};

/// Display names by model and id.
pub(super) type Names = BTreeMap<(String, i64), String>;

/// Display names of the records that many2one values point to, one request for each model. An id that does not exist is
/// refused here: Odoo would fail on it only after the person said yes.
pub(super) async fn names_of_linked(
    site: &Site,
    locale: &Locale,
    fields: &Fields,
    updates: &[Update],
) -> Result<Names, EdgeError> {
    let mut wanted: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for update in updates {
        for (name, value) in &update.checked.values {
            let field = fields.get(name).filter(|field| field.kind == FieldType::Many2one);
            let relation = field.and_then(|field| field.relation.clone());
            if let (Some(relation), Some(id)) = (relation, value.as_i64())
                && site.pending_step(id).is_none()
            {
                wanted.entry(relation).or_default().insert(id);
            }
        }
    }
    let session = site.session().await?;
    let mut names = BTreeMap::new();
    for (model, ids) in wanted {
        let ids: Vec<i64> = ids.into_iter().collect();
        let rows = session.client.read(&model, &ids, &["display_name"], Some(&locale.context)).await;
        let rows = site.told(&model, rows).await?;
        for row in rows {
            if let (Some(id), Some(name)) = (row["id"].as_i64(), row["display_name"].as_str()) {
                names.insert((model.clone(), id), name.to_owned());
            }
        }
        if let Some(id) = ids.iter().find(|id| !names.contains_key(&(model.clone(), **id))) {
            return Err(EdgeError::new(
                ErrorCode::RecordMissing,
                format!("{model} {id}: no such record to link to, or the user may not see it. Search for it again."),
            ));
        }
    }
    Ok(names)
}

/// Words for the values of one update.
pub(super) fn hints_for(update: &Update, linked: &Names, fields: &Fields) -> BTreeMap<String, String> {
    let mut hints = update.checked.shown.clone();
    for (name, value) in &update.checked.values {
        let relation = fields.get(name).and_then(|field| field.relation.clone());
        if let (Some(relation), Some(id)) = (relation, value.as_i64())
            && let Some(shown) = linked.get(&(relation, id))
        {
            hints.insert(name.clone(), format!("{shown} (#{id})"));
        }
    }
    hints
}
