//! What Odoo changes besides the values that a call writes, as it foresees itself: for the person's card.

use super::{Locale, Site};
use crate::preview::{is_same, words};
use crate::view::FieldChange;
use futures_util::future::join_all;
use gatehouse_core::EdgeError;
use gatehouse_odoo::{Capability, Field, FieldType, Fields, Record};
use gatehouse_policy::guard;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Records that Odoo is asked about: a request each, all at once.
const ASKED: usize = 10;

/// Written with every change, and said of every one.
const OF_COURSE: [&str; 6] = ["id", "display_name", "create_date", "create_uid", "write_date", "write_uid"];
/// Kept for the chatter and for planned activities.
const KEPT_ASIDE: [&str; 4] = ["message_", "activity_", "access_", "website_message_"];

/// A record as it will be written.
pub(crate) struct Written<'a> {
    /// None for a new one.
    pub(crate) id: Option<i64>,
    pub(crate) values: &'a Record,
}

/// What Odoo changes besides.
#[derive(Debug, Default)]
pub(crate) struct Besides {
    /// Of each record that was asked about, in their order.
    pub(crate) changes: Vec<Vec<FieldChange>>,
    /// What the person has to know of it.
    pub(crate) note: Option<String>,
}

impl Besides {
    /// Asks Odoo: at most two round trips, however many records there are. That it cannot be foreseen is no error.
    pub(crate) async fn foreseen(
        site: &Site,
        locale: &Locale,
        fields: &Fields,
        all: &[Written<'_>],
    ) -> Result<Self, EdgeError> {
        let session = site.session().await?;
        if all.is_empty() {
            return Ok(Self::default());
        }
        if !session.client.version().can(Capability::Foresight) {
            return Ok(Self::unknown("this version of Odoo cannot tell it beforehand"));
        }
        let asked = &all[..all.len().min(ASKED)];
        let context = locale.reading();
        let one = |written: &Written<'_>| {
            let named: Vec<&str> = fields
                .iter()
                .filter(|(name, field)| is_told(name, field) && !written.values.contains_key(*name))
                .map(|(name, _)| name)
                .collect();
            let (client, context, id, values) = (&session.client, &context, written.id, written.values.clone());
            async move { client.foresee(fields, id, &values, &named, Some(context)).await }
        };
        let mut foreseen: Vec<Record> = Vec::with_capacity(asked.len());
        for answer in join_all(asked.iter().map(one)).await {
            match answer {
                Ok(values) => foreseen.push(values),
                Err(_) => return Ok(Self::unknown("Odoo did not tell")),
            }
        }
        let names: BTreeSet<&str> = foreseen.iter().flat_map(|values| values.keys().map(String::as_str)).collect();
        let ids: Vec<i64> = asked.iter().filter_map(|written| written.id).collect();
        let now: BTreeMap<i64, Record> = if names.is_empty() {
            BTreeMap::new()
        } else {
            let names: Vec<&str> = names.into_iter().collect();
            let Ok(rows) = session.client.read(fields.model(), &ids, &names, Some(&context)).await else {
                return Ok(Self::unknown("Odoo did not tell"));
            };
            rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect()
        };
        let changes = asked.iter().zip(&foreseen).map(|(written, values)| {
            let row = written.id.and_then(|id| now.get(&id));
            values.iter().filter_map(|(name, after)| change(name, row, after, fields)).collect()
        });
        let note = (all.len() > asked.len()).then(|| {
            format!("What Odoo changes besides is shown for the first {} of {} records.", asked.len(), all.len())
        });
        Ok(Self { changes: changes.collect(), note })
    }

    fn unknown(why: &str) -> Self {
        Self { changes: Vec::new(), note: Some(format!("What Odoo changes besides is not predicted: {why}.")) }
    }

    /// Of the record at this place.
    pub(crate) fn of(&mut self, place: usize) -> Vec<FieldChange> {
        self.changes.get_mut(place).map(std::mem::take).unwrap_or_default()
    }
}

/// Whether a field is of those that a person reads: what Odoo keeps, in words.
pub(super) fn is_told(name: &str, field: &Field) -> bool {
    let can_be_read = matches!(
        field.kind,
        FieldType::Boolean
            | FieldType::Integer
            | FieldType::Float
            | FieldType::Monetary
            | FieldType::Char
            | FieldType::Text
            | FieldType::Html
            | FieldType::Date
            | FieldType::Datetime
            | FieldType::Selection
            | FieldType::Many2one
    );
    can_be_read
        && field.store
        && !OF_COURSE.contains(&name)
        && !KEPT_ASIDE.iter().any(|beginning| name.starts_with(beginning))
        && !guard::is_credential(name)
}

fn change(name: &str, row: Option<&Record>, after: &Value, fields: &Fields) -> Option<FieldChange> {
    let field = fields.get(name)?;
    let before = row.map(|row| row.get(name).unwrap_or(&Value::Null));
    let stays = match before {
        Some(before) => before == after || is_same(before, link_id(after), field),
        // A new record: what begins empty, or with no, is not told.
        None => is_same(&Value::Null, after, field) || *after == Value::Bool(false),
    };
    (!stays).then(|| {
        FieldChange::new(
            name.to_owned(),
            field.label.clone(),
            before.map(|before| words(before, field)),
            Some(words(after, field)),
        )
    })
}

/// The id of a link, any other value as it is.
fn link_id(value: &Value) -> &Value {
    match value {
        Value::Array(pair) if pair.len() == 2 => &pair[0],
        other => other,
    }
}
