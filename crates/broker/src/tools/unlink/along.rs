//! What goes with records that are deleted: what belongs to them, and their messages, activities and attachments.

use crate::tools::{Locale, Site};
use gatehouse_core::EdgeError;
use gatehouse_odoo::domain::{Axis, Grouping};
use gatehouse_odoo::{Client, Context, FieldType, Fields};
use gatehouse_policy::guard;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where files hang by model and id; the key that their number stands under, among a record's fields.
pub(super) const FILES: &str = "ir.attachment";
/// Where a record's messages hang.
pub(super) const MESSAGES: &str = "message_ids";
/// Where what is planned for a record hangs.
const ACTIVITIES: &str = "activity_ids";
/// What Odoo writes by itself.
const BY_ODOO: &str = "notification";
/// Models named in one sentence.
const NAMED: usize = 5;

/// The fields in which it is found.
#[derive(Debug)]
pub(super) struct Along {
    /// What belongs to them, with its model.
    owned: BTreeMap<String, String>,
    /// Their messages and activities.
    around: Vec<String>,
}

impl Along {
    pub(super) fn of(fields: &Fields) -> Self {
        let lists = || fields.iter().filter(|(_, field)| field.kind == FieldType::One2many && field.store);
        let is_owned = |model: &String| !model.starts_with("mail.") && model != FILES && !guard::is_never_read(model);
        let owned = lists().filter_map(|(name, field)| Some((name.to_owned(), field.relation.clone()?)));
        let around = lists().map(|(name, _)| name).filter(|name| [MESSAGES, ACTIVITIES].contains(name));
        Self {
            owned: owned.filter(|(_, model)| is_owned(model)).collect(),
            around: around.map(str::to_owned).collect(),
        }
    }

    /// The fields to read, the fullest list first: what may be left out where the user may not read all of it.
    pub(super) fn reads(&self) -> [Vec<&str>; 3] {
        let around: Vec<&str> = self.around.iter().map(String::as_str).collect();
        let all = around.iter().copied().chain(self.owned.keys().map(String::as_str)).collect();
        [all, around, Vec::new()]
    }

    /// What of it goes with these records, a sentence each; in at most one request.
    pub(super) async fn told(
        &self,
        site: &Site,
        locale: &Locale,
        records: &Map<String, Value>,
    ) -> Result<Vec<String>, EdgeError> {
        let notes = match &oldest_messages(records)[..] {
            [] => Some(0),
            oldest => by_odoo(&site.session().await?.client, oldest, &locale.reading()).await,
        };
        let has = |field: &str| field == FILES || self.around.iter().any(|around| around == field);
        let total = |field: &str| if has(field) { total(records, field) } else { Some(0) };
        let messages = total(MESSAGES).and_then(|all| all.checked_sub(notes?));
        let counts = [
            (total(FILES), "attachment", "attachments"),
            (total(ACTIVITIES), "activity", "activities"),
            (messages, "message", "messages"),
        ];
        let known: Vec<String> = counts
            .iter()
            .filter_map(|(count, one, many)| match (*count)? {
                0 => None,
                1 => Some(format!("1 {one}")),
                count => Some(format!("{count} {many}")),
            })
            .collect();
        let unknown: Vec<&str> =
            counts.iter().filter(|(count, ..)| count.is_none()).map(|(_, _, many)| *many).collect();
        let mut told: Vec<String> = self.belongings(records).into_iter().collect();
        if !known.is_empty() {
            told.push(format!("These go with them: {}.", known.join(", ")));
        }
        if !unknown.is_empty() {
            told.push(format!("How many {} go with them could not be read.", unknown.join(", ")));
        }
        Ok(told)
    }

    /// What belongs to the records and may go with them, by model; counted where it was read.
    fn belongings(&self, records: &Map<String, Value>) -> Option<String> {
        let is_counted = self.owned.keys().any(|field| total(records, field).is_some());
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (field, model) in &self.owned {
            *counts.entry(model).or_default() += total(records, field).unwrap_or_default();
        }
        counts.retain(|_, count| *count > 0 || !is_counted);
        let one = |(model, count): (&&str, &usize)| {
            if is_counted { format!("{count} × {model}") } else { (*model).to_owned() }
        };
        let named: Vec<String> = counts.iter().take(NAMED).map(one).collect();
        let more = if counts.len() > NAMED { " and others" } else { "" };
        let counted = if is_counted { "" } else { " (this user may not read all of it, so it is not counted)" };
        (!named.is_empty())
            .then(|| format!("Odoo may delete what belongs to them: {}{more}{counted}.", named.join(", ")))
    }
}

/// How many records stand in a field of all these; none where it was not read.
fn total(records: &Map<String, Value>, field: &str) -> Option<usize> {
    let of = |record: &Value| match record.get(field)? {
        Value::Array(ids) => Some(ids.len()),
        count => usize::try_from(count.as_u64()?).ok(),
    };
    records.values().map(of).sum()
}

/// The first message of each record that has any: Odoo's own, where it wrote down how the record began.
fn oldest_messages(records: &Map<String, Value>) -> Vec<i64> {
    let oldest = |record: &Value| record.get(MESSAGES)?.as_array()?.iter().filter_map(Value::as_i64).min();
    records.values().filter_map(oldest).collect()
}

/// How many of these messages Odoo wrote by itself; none where it cannot be read.
pub(super) async fn by_odoo(client: &Client, messages: &[i64], context: &Context) -> Option<usize> {
    let rows = client.read("mail.message", messages, &["message_type"], Some(context)).await.ok()?;
    Some(rows.iter().filter(|row| row.get("message_type").is_some_and(|kind| kind == BY_ODOO)).count())
}

/// How many files hang on each of these records, those apart that a field of theirs holds; in one request. Records without
/// any are left out. None where it cannot be read.
pub(super) async fn files(site: &Site, locale: &Locale, model: &str, ids: &[i64]) -> Option<BTreeMap<i64, u64>> {
    let session = site.session().await.ok()?;
    let domain = json!([["res_model", "=", model], ["res_id", "in", ids], ["res_field", "=", false]]);
    let axis =
        Axis { spec: "res_id".into(), field: "res_id".into(), kind: FieldType::Many2oneReference, relation: None };
    let grouping = Grouping::by(vec![axis]);
    let most = u32::try_from(ids.len()).unwrap_or(u32::MAX).max(1);
    let rows = session.client.read_group(FILES, &domain, &grouping, most, Some(&locale.reading())).await.ok()?;
    rows.iter().map(|row| Some((row.get("res_id")?.as_i64()?, row.get("__count")?.as_u64()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_is_not_counted_as_none() {
        let records = json!({"1": {"a": [5, 6], "n": 2}, "2": {"a": [], "n": 1}, "3": {"a": [7], "n": 0}});
        let records = records.as_object().unwrap();
        assert_eq!((total(records, "a"), total(records, "n"), total(records, "b")), (Some(3), Some(3), None));
    }

    #[test]
    fn the_oldest_message_of_each_record_is_looked_at() {
        let records = json!({"1": {"message_ids": [9, 4, 8]}, "2": {"message_ids": []}, "3": {}});
        assert_eq!(oldest_messages(records.as_object().unwrap()), [4]);
    }
}
