//! The records that a method runs on, as a person recognises them: by name, with state, partner and amounts where the
//! model has them.

use crate::preview::{Entry, Wanted, Wording, currencies, reference};
use crate::tools::{Locale, Site};
use crate::view::{RecordChange, RecordVerb};
use gatehouse_core::EdgeError;
use gatehouse_odoo::{FieldType, Fields, Record};
use gatehouse_policy::guard;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Fields by which documents are recognised, most telling first.
const TELLING: [&str; 26] = [
    "state",
    "stage_id",
    "partner_id",
    "amount_total",
    "amount_residual",
    "payment_state",
    "amount",
    "total_amount",
    "expected_revenue",
    "probability",
    "sale_order_ids",
    "sale_order_id",
    "move_ids",
    "lead_id",
    "lead_ids",
    "pick_ids",
    "subject",
    "partner_ids",
    "employee_id",
    "product_id",
    "product_qty",
    "invoice_date",
    "date_order",
    "scheduled_date",
    "date_deadline",
    "user_id",
];
/// Fields that tell where a document stands. Observed where they are not shown, too: whether somebody moved it since.
const STANDING: [&str; 5] = ["state", "stage_id", "payment_state", "locked", "active"];
/// Fields shown of one record.
const MOST: usize = 6;

/// Records as they are shown, and the values they are shown with.
pub(super) struct Shown {
    pub(super) entries: Vec<Entry>,
    pub(super) observed: Value,
}

/// Reads the records, in one request, and the names of those that stand in their lists. Those that earlier steps of a plan will make are named by their step.
pub(super) async fn read(
    site: &Site,
    locale: &Locale,
    model: &str,
    ids: &[i64],
    fields: &Fields,
) -> Result<Shown, EdgeError> {
    let names = telling(fields);
    let there: Vec<i64> = ids.iter().copied().filter(|id| site.pending_step(*id).is_none()).collect();
    let own = ["display_name"].into_iter().filter(|name| fields.get(name).is_some());
    let observed: Vec<&str> = names.iter().copied().chain(standing(fields)).collect();
    let columns: BTreeSet<&str> = observed.iter().copied().chain(currencies(fields, &names)).chain(own).collect();
    let columns: Vec<&str> = columns.into_iter().collect();
    let session = site.session().await?;
    let rows = session.client.read(model, &there, &columns, Some(&locale.reading())).await;
    let rows = site.told(model, rows).await?;
    let rows: BTreeMap<i64, Record> =
        rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect();
    let missing: Vec<String> = there.iter().filter(|id| !rows.contains_key(id)).map(ToString::to_string).collect();
    if !missing.is_empty() {
        return Err(crate::tools::site::missing(model, missing.join(", ")));
    }
    let observed = by_record(&rows, &observed);
    let mut wanted = Wanted::default();
    for row in rows.values() {
        wanted.standing_in(row, names.iter().copied(), fields);
    }
    let linked = wanted.read(site, locale).await?;
    let wording = Wording { fields, names: &linked };
    let one = |id: &i64| {
        let row = rows.get(id);
        let name = row.map(|row| row.get("display_name").and_then(Value::as_str).unwrap_or_default().to_owned());
        // What the method makes of a value is not known beforehand.
        let now = |row| names.iter().filter_map(|name| wording.now(name, row)).collect();
        let record = RecordChange {
            id: row.map(|_| *id),
            name: name.unwrap_or_else(|| reference(&Value::from(*id))),
            change: RecordVerb::Update,
            fields: row.map(now).unwrap_or_default(),
            besides: Vec::new(),
        };
        record.into()
    };
    Ok(Shown { entries: ids.iter().map(one).collect(), observed })
}

/// Where records stand, by record and field; none where their model has no field that tells, or they cannot be read.
pub(super) async fn standing_of(site: &Site, locale: &Locale, model: &str, ids: &[i64]) -> Option<Value> {
    let fields = site.fields(model, locale.lang.as_deref()).await.ok()?;
    let names: Vec<&str> = standing(&fields).collect();
    if names.is_empty() {
        return Some(Value::Null);
    }
    let rows = site.session().await.ok()?.client.read(model, ids, &names, Some(&locale.reading())).await.ok()?;
    let rows = rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect();
    Some(by_record(&rows, &names))
}

fn standing(fields: &Fields) -> impl Iterator<Item = &str> {
    STANDING.into_iter().filter(|name| fields.get(name).is_some())
}

fn by_record(rows: &BTreeMap<i64, Record>, names: &[&str]) -> Value {
    let of =
        |row: &Record| names.iter().filter_map(|name| Some(((*name).to_owned(), row.get(*name)?.clone()))).collect();
    rows.iter().map(|(id, row)| (id.to_string(), Value::Object(of(row)))).collect()
}

/// The most telling fields of a model; of one that has none, those that every record of it needs.
fn telling(fields: &Fields) -> Vec<&str> {
    let is_plain = |name: &str| {
        fields.get(name).is_some_and(|field| {
            !guard::is_credential(name)
                && !matches!(
                    field.kind,
                    FieldType::Binary
                        | FieldType::Image
                        | FieldType::Html
                        | FieldType::Properties
                        | FieldType::PropertiesDefinition
                        | FieldType::Json
                        | FieldType::One2many
                        | FieldType::Other
                )
        })
    };
    let told: Vec<&str> = TELLING.into_iter().filter(|name| is_plain(name)).take(MOST).collect();
    if !told.is_empty() {
        return told;
    }
    let needed = fields.iter().filter(|(name, field)| field.required && field.store && is_plain(name));
    needed.map(|(name, _)| name).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_is_shown_by_its_most_telling_fields_or_by_those_it_needs() {
        let of = |fields: Value| {
            let fields = Fields::parse("x", fields).unwrap();
            telling(&fields).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let order = json!({
            "amount_total": {"type": "monetary"}, "partner_id": {"type": "many2one"}, "state": {"type": "selection"},
            "note": {"type": "html"}, "access_token": {"type": "char", "required": true},
        });
        assert_eq!(of(order), ["state", "partner_id", "amount_total"]);
        let other = json!({
            "code": {"type": "char", "required": true}, "pin": {"type": "char", "required": true},
            "file": {"type": "binary", "required": true}, "note": {"type": "char"},
        });
        assert_eq!(of(other), ["code"]);
    }
}
