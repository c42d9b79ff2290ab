//! The records that a method runs on, as a person recognises them: by name, with state, partner and amounts where the
//! model has them.

use crate::preview::{SHOWN_RECORDS, reference, words};
use crate::tools::{Locale, Site};
use crate::view::{FieldChange, RecordChange, RecordVerb};
use gatehouse_core::EdgeError;
use gatehouse_odoo::{FieldType, Fields, Record};
use gatehouse_policy::guard;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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
/// Fields shown of one record.
const MOST: usize = 6;

/// Records as they are shown, and the values they are shown with.
pub(super) struct Shown {
    pub(super) records: Vec<RecordChange>,
    pub(super) observed: Value,
}

/// Reads the records, in one request. Those that earlier steps of a plan will make are named by their step.
pub(super) async fn read(
    site: &Site,
    locale: &Locale,
    model: &str,
    ids: &[i64],
    fields: &Fields,
) -> Result<Shown, EdgeError> {
    let names = telling(fields);
    let there: Vec<i64> = ids.iter().copied().filter(|id| site.pending_step(*id).is_none()).collect();
    let mut columns = names.clone();
    if fields.get("display_name").is_some() {
        columns.push("display_name");
    }
    let session = site.session().await?;
    let rows = session.client.read(model, &there, &columns, Some(&locale.reading())).await;
    let rows = site.told(model, rows).await?;
    let rows: BTreeMap<i64, Record> =
        rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect();
    let missing: Vec<String> = there.iter().filter(|id| !rows.contains_key(id)).map(ToString::to_string).collect();
    if !missing.is_empty() {
        return Err(crate::tools::site::missing(model, missing.join(", ")));
    }
    let mut observed = Map::new();
    for (id, row) in &rows {
        let seen = names.iter().filter_map(|name| Some(((*name).to_owned(), row.get(*name)?.clone())));
        observed.insert(id.to_string(), Value::Object(seen.collect()));
    }
    let one = |id: &i64| {
        let Some(row) = rows.get(id) else {
            let name = reference(&Value::from(*id));
            return RecordChange {
                id: None,
                name,
                change: RecordVerb::Update,
                fields: Vec::new(),
                besides: Vec::new(),
            };
        };
        RecordChange {
            id: Some(*id),
            name: row.get("display_name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            change: RecordVerb::Update,
            fields: names.iter().filter_map(|name| value_of(name, row, fields)).collect(),
            besides: Vec::new(),
        }
    };
    Ok(Shown { records: ids.iter().take(SHOWN_RECORDS).map(one).collect(), observed: Value::Object(observed) })
}

/// A value as it is now: what the method makes of it is not known beforehand.
fn value_of(name: &str, row: &Record, fields: &Fields) -> Option<FieldChange> {
    let field = fields.get(name)?;
    let value = row.get(name)?;
    Some(FieldChange::new(name.to_owned(), field.label.clone(), Some(words(value, field)), None))
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
