//! Whether a record that is to be made is there already, as far as what names it tells.

use crate::contents::as_it_is;
use crate::tools::{Locale, Site};
use gatehouse_core::EdgeError;
use gatehouse_odoo::values::CheckedValues;
use gatehouse_odoo::{FieldType, Fields, Record, Search};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Fields by which people tell records apart, the most telling first.
const TELLING: [&str; 11] = [
    "vat",
    "ref",
    "client_order_ref",
    "partner_ref",
    "payment_reference",
    "barcode",
    "default_code",
    "email",
    "login",
    "code",
    "name",
];
/// What is found in many records says nothing.
const SHORTEST: usize = 3;
/// Records that are named on the card.
const NAMED: usize = 5;

/// A sentence for each record found; all are looked for in one request.
pub(super) async fn found(
    site: &Site,
    locale: &Locale,
    fields: &Fields,
    records: &[CheckedValues],
) -> Result<Vec<String>, EdgeError> {
    let asked: BTreeSet<(&str, &str)> = records.iter().flat_map(|one| telling(&one.values, fields)).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut domain: Vec<Value> = vec![json!("|"); asked.len() - 1];
    domain.extend(asked.iter().map(|(name, value)| json!([name, "=ilike", literally(value)])));
    let names: Vec<&str> = TELLING.into_iter().filter(|name| asked.iter().any(|(asked, _)| asked == name)).collect();
    let own = ["display_name", "active"].into_iter().filter(|name| fields.get(name).is_some());
    let read: Vec<&str> = names.iter().copied().chain(own).collect();
    let limit = u32::try_from(NAMED + 1).unwrap_or(u32::MAX);
    let search = Search { domain: Value::Array(domain), fields: &read, offset: 0, limit, order: None };
    let session = site.session().await?;
    let mut context = locale.reading();
    // What was archived is there, too.
    context.insert("active_test".into(), json!(false));
    let rows = match session.client.search_read(fields.model(), &search, Some(&context)).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::debug!(model = fields.model(), code = ?error.edge().code, "duplicates are not looked up");
            return Ok(vec!["Whether it is there already could not be looked up.".to_owned()]);
        }
    };
    let one = |row: &Record| {
        let is_same = |name: &&str| {
            let there = row.get(*name).and_then(Value::as_str).map(str::to_lowercase);
            asked.iter().any(|(asked, value)| asked == name && there.as_deref() == Some(value.to_lowercase().as_str()))
        };
        let label = |name: &str| fields.get(name).map_or_else(|| name.to_owned(), |field| as_it_is(&field.label, 40));
        let same: Vec<String> = names.iter().filter(|name| is_same(name)).map(|name| label(name)).collect();
        let name = as_it_is(row.get("display_name").and_then(Value::as_str).unwrap_or_default(), 80);
        let id = row.get("id").cloned().unwrap_or_default();
        let archived = if row.get("active") == Some(&Value::Bool(false)) { ", archived" } else { "" };
        format!("Perhaps there already: “{name}” (#{id}{archived}), with the same {}.", same.join(" and "))
    };
    let mut told: Vec<String> = rows.iter().take(NAMED).map(one).collect();
    if rows.len() > NAMED {
        told.push("Others are like it, too.".to_owned());
    }
    Ok(told)
}

/// What tells this record apart.
fn telling<'a>(values: &'a Record, fields: &Fields) -> Vec<(&'static str, &'a str)> {
    TELLING
        .into_iter()
        .filter(|name| {
            fields.get(name).is_some_and(|field| field.kind == FieldType::Char && field.store && field.searchable)
        })
        .filter_map(|name| Some((name, values.get(name)?.as_str()?.trim())))
        .filter(|(_, value)| value.chars().count() >= SHORTEST)
        .collect()
}

/// A text that `=ilike` takes for itself.
fn literally(text: &str) -> String {
    text.chars().flat_map(|c| if "\\%_".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_that_name_a_record_are_looked_for() {
        let answer = json!({
            "name": {"type": "char", "store": true, "searchable": true},
            "email": {"type": "char", "store": true, "searchable": true},
            "vat": {"type": "char", "store": true, "searchable": true},
            "ref": {"type": "char", "store": false, "searchable": true},
            "code": {"type": "integer", "store": true, "searchable": true},
        });
        let fields = Fields::parse("x", answer).unwrap();
        let values = json!({"name": " Anna ", "email": "a", "vat": false, "ref": "R-17", "code": 1000});
        assert_eq!(telling(values.as_object().unwrap(), &fields), [("name", "Anna")]);
    }

    #[test]
    fn signs_that_mean_anything_stand_for_themselves() {
        assert_eq!(literally("50%_a\\b"), "50\\%\\_a\\\\b");
    }
}
