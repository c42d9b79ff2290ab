//! What Odoo changes besides the values that a call writes, as it foresees itself: for the person's card.

use super::{Locale, Site};
use crate::preview::{Wording, currencies, is_same};
use crate::view::FieldChange;
use futures_util::future::join_all;
use gatehouse_core::EdgeError;
use gatehouse_odoo::{Capability, Field, FieldType, Fields, Record};
use gatehouse_policy::guard;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So many records are asked about one by one, all at once; of more only the first.
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
    /// The values to come of each record that was asked about, in their order.
    foreseen: Vec<(Option<i64>, Record)>,
    /// What the person has to know of it.
    pub(crate) note: Option<String>,
}

impl Besides {
    /// Asks Odoo, in one round trip. That it cannot be foreseen is no error.
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
        let asked = if all.len() > ASKED { &all[..1] } else { all };
        let context = locale.reading();
        let one = async |written: &Written<'_>| {
            let given: Vec<&str> = written.values.keys().map(String::as_str).collect();
            let told = fields.iter().filter(|(name, field)| is_told(name, field)).map(|(name, _)| name);
            let named: BTreeSet<&str> = told.chain(currencies(fields, &given)).collect();
            let named: Vec<&str> = named.into_iter().filter(|name| !written.values.contains_key(*name)).collect();
            (written.id, session.client.foresee(fields, written.id, written.values, &named, Some(&context)).await)
        };
        let mut foreseen = Vec::with_capacity(asked.len());
        for (id, answer) in join_all(asked.iter().map(one)).await {
            match answer {
                Ok(values) => foreseen.push((id, values)),
                Err(error) => {
                    tracing::debug!(model = fields.model(), code = ?error.edge().code, "what changes besides is not told");
                    return Ok(Self::unknown("Odoo did not tell"));
                }
            }
        }
        let note = (all.len() > asked.len())
            .then(|| format!("What Odoo changes besides is shown for the first of {} records.", all.len()));
        Ok(Self { foreseen, note })
    }

    fn unknown(why: &str) -> Self {
        Self { foreseen: Vec::new(), note: Some(format!("What Odoo changes besides is not predicted: {why}.")) }
    }

    /// The values to come of the record at this place, where it was asked about.
    pub(crate) fn of(&self, place: usize) -> Option<&Record> {
        self.foreseen.get(place).map(|(_, values)| values)
    }

    /// The same by id.
    pub(crate) fn by_id(&self) -> BTreeMap<i64, Record> {
        self.foreseen.iter().filter_map(|(id, values)| Some(((*id)?, values.clone()))).collect()
    }
}

/// What becomes of one record besides: `row` as it is, none of a new one; `foreseen` as it will be.
pub(super) fn changes(row: Option<&Record>, foreseen: &Record, wording: &Wording<'_>) -> Vec<FieldChange> {
    let one = |(name, after): (&String, &Value)| {
        let field = wording.fields.get(name).filter(|field| is_told(name, field))?;
        let before = row.map(|row| (row.get(name).unwrap_or(&Value::Null), row));
        let stays = match before {
            Some((before, _)) => is_as_foreseen(before, after, field),
            // A new record: what begins empty, or with no, is not told.
            None => is_same(&Value::Null, after, field) || *after == Value::Bool(false),
        };
        if stays { None } else { wording.change(name, before, Some((after, foreseen)), None) }
    };
    foreseen.iter().filter_map(one).collect()
}

/// Whether a value is already as Odoo foresees it.
pub(super) fn is_as_foreseen(before: &Value, after: &Value, field: &Field) -> bool {
    let id = match after {
        Value::Array(pair) if pair.len() == 2 => &pair[0],
        other => other,
    };
    before == after || is_same(before, id, field)
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
