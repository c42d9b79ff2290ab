//! A many2one: an id, `[id, "name"]`, `{"id", "name"}`, `null`, or a name or key that exactly one record
//! has.

use super::scalar::described;
use super::{Check, Stop};
use crate::Field;
use crate::domain::{Problem, clip, whole};
use serde_json::{Value, json};

/// How many records are offered when a name matches none or several.
const CANDIDATES: usize = 5;
/// The longest name that is looked up, in bytes.
const MAX_NAME: usize = 1_000;

impl Check<'_> {
    pub(super) async fn many2one(
        &mut self,
        value: &Value,
        name: &str,
        field: &Field,
        at: &str,
        depth: usize,
    ) -> Result<Value, Stop> {
        if matches!(value, Value::Null | Value::Bool(false)) {
            return Ok(Value::Bool(false));
        }
        if let Value::String(text) = value {
            let model = field.relation.as_deref().unwrap_or_default();
            let (id, found) = self.record_named(text, name, model, at).await?;
            self.show(name, depth, Some(format!("{found} (#{id})")));
            return Ok(json!(id));
        }
        record_id(value).map(|id| json!(id)).ok_or_else(|| {
            let message =
                format!("“{name}” takes an id, [id, \"name\"], null or an exact name, not {}", described(value));
            Problem::new(at, message).into()
        })
    }

    /// The one record of that name, with Odoo's own name for it.
    pub(super) async fn record_named(
        &mut self,
        text: &str,
        field: &str,
        model: &str,
        at: &str,
    ) -> Result<(i64, String), Stop> {
        let wanted = text.trim();
        if wanted.is_empty() {
            return Err(Problem::new(at, format!("“{field}” takes an id or a name; to empty it write null")).into());
        }
        if wanted.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Problem::new(at, format!("write the id of “{field}” without quotes: {}", clip(wanted))).into());
        }
        if wanted.len() > MAX_NAME || wanted.contains(char::is_control) {
            let message = format!("“{}” is no name of a record; use the id of one", clip(wanted));
            return Err(Problem::new(at, message).into());
        }
        self.lookups_left = self
            .lookups_left
            .checked_sub(1)
            .ok_or_else(|| Problem::new(at, format!("more than {} names to look up; use ids", super::MAX_LOOKUPS)))?;
        let mut found: Vec<(i64, String)> = self.names.name_search(model, wanted, true, CANDIDATES).await?;
        let mut near = Vec::new();
        if found.first().is_some_and(|(_, name)| found.len() == 1 && !is_meant(wanted, name)) {
            near.append(&mut found);
        } else if found.iter().any(|(_, name)| name.trim() == wanted) {
            found.retain(|(_, name)| name.trim() == wanted);
        }
        let wanted = clip(wanted);
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => {
                if near.is_empty() {
                    near = self.names.name_search(model, text.trim(), false, CANDIDATES).await?;
                }
                Err(Problem::new(at, format!("no record of {model} is named exactly “{wanted}”; use the id"))
                    .with_candidates(listed(&near))
                    .into())
            }
            _ => Err(Problem::new(at, format!("several records of {model} are named “{wanted}”; use the id of one"))
                .with_candidates(listed(&found))
                .into()),
        }
    }
}

/// Whether `wanted` means the one record that Odoo found to be equal to it. Odoo also looks at keys of its own choice
/// (code, e-mail, login, reference), and of several words sometimes at the first one only: `[X1] Anything` finds the
/// product X1, `400000 Anything` the account 400000. So several words have to stand in the record's name; a single one may
/// be a key.
fn is_meant(wanted: &str, name: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let stands = name.match_indices(wanted).any(|(at, _)| {
        let (before, after) = (name[..at].chars().next_back(), name[at + wanted.len()..].chars().next());
        !(is_word(before) && is_word(wanted.chars().next()) || is_word(after) && is_word(wanted.chars().next_back()))
    });
    stands || !wanted.contains(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '%'))
}

/// An id, bare, as `{"id", "name"}` or as `[id, "name"]`. The name is the agent's claim and is not looked at.
pub(super) fn record_id(value: &Value) -> Option<i64> {
    let id = match value {
        Value::Object(record) if record.keys().all(|key| key == "id" || key == "name") => record.get("id")?,
        Value::Array(pair) if matches!(pair.as_slice(), [_, Value::String(_)]) => pair.first()?,
        other => other,
    };
    whole(id).filter(|id| *id > 0)
}

fn listed(records: &[(i64, String)]) -> Vec<String> {
    records.iter().map(|(id, name)| format!("{id} ({})", clip(name))).collect()
}
