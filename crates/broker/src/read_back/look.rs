//! Looking: with the connection's own client, and only where the change went.

use super::{Change, Verdict, created, methods, written};
use crate::sessions::Session;
use crate::state::Broker;
use gatehouse_core::{ConnectionStatus, EdgeError, ErrorCode};
use gatehouse_odoo::{Context, OdooError};
use serde_json::{Value, json};

impl Broker {
    /// What Odoo's records tell of a change. An error means that nothing could be read now.
    pub(super) async fn look(&self, change: &Change) -> Result<Verdict, EdgeError> {
        let connection = self.connection(&change.connection)?;
        if !change.is_in(&connection) {
            return Ok(Verdict::unclear(
                "The connection leads elsewhere by now, so it was not looked for. Look into the Odoo that it led to.",
            ));
        }
        // A refused key is not tried again and again: the person enters another.
        if !connection.is_usable() || matches!(connection.status, ConnectionStatus::CredentialRefused { .. }) {
            return Err(EdgeError::new(ErrorCode::ConnectionUnavailable, "The connection is signed out."));
        }
        self.must_be_allowed(connection.host())?;
        let session = self.session(&connection).await?;
        let verdict = match change.tool.as_str() {
            "odoo_write" => written::look(&session, change).await,
            "odoo_unlink" => deleted(&session, change).await,
            "odoo_create" | "odoo_attachment_upload" => created::look(&session, change).await,
            "odoo_execute" => methods::look(&session, change).await,
            _ => Ok(Verdict::unclear("Records do not tell whether it happened. Look into Odoo.")),
        };
        let error = match verdict {
            Ok(verdict) => return Ok(verdict),
            Err(error) => error.edge(),
        };
        self.forget_session_on(&connection.id, &error);
        let is_no = matches!(
            error.code,
            ErrorCode::AccessDenied
                | ErrorCode::RecordMissing
                | ErrorCode::UnknownSchema
                | ErrorCode::InvalidArguments
                | ErrorCode::OdooRefused
                | ErrorCode::TooMuch
        );
        if is_no {
            return Ok(Verdict::unclear("Odoo does not let this user read what would tell. Look into Odoo."));
        }
        Err(error)
    }
}

/// Records that would be gone.
async fn deleted(session: &Session, change: &Change) -> Result<Verdict, OdooError> {
    let ids = ids_in(&change.resolved["ids"]);
    let fields = session.client.fields(&change.model, None).await?;
    // Asked for nothing but ids, Odoo gives back those of records that are gone.
    let kept = |name: &&str| *name != "id" && fields.get(name).is_some_and(|field| field.store);
    let Some(name) = ["create_date", "write_date", "name"].into_iter().find(kept).or_else(|| fields.names().find(kept))
    else {
        return Ok(Verdict::unclear("Its records cannot be read. Look into Odoo."));
    };
    let there = session.client.read(&change.model, &ids, &[name], Some(&reading(change))).await?.len();
    Ok(match there {
        0 => Verdict::applied("The records are gone: it was applied."),
        all if all == ids.len() => Verdict::not_applied("The records are all there: it was not applied."),
        some => {
            let gone = ids.len() - some;
            Verdict { may_change: true, ..Verdict::unclear(format!("{gone} of {} records are gone.", ids.len())) }
        }
    })
}

/// The context that the change was sent with: the same language and companies; archived records too.
pub(super) fn reading(change: &Change) -> Context {
    let mut context = change.resolved["context"].as_object().cloned().unwrap_or_default();
    context.insert("bin_size".into(), json!(true));
    context.insert("active_test".into(), json!(false));
    context
}

pub(super) fn ids_in(value: &Value) -> Vec<i64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
}

/// How many records tell what, and which.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) new: Vec<i64>,
    pub(super) old: Vec<i64>,
    pub(super) neither: Vec<i64>,
}

impl Tally {
    pub(super) fn verdict(&self, applied: &str, not_applied: &str) -> Verdict {
        let (new, old, neither) = (self.new.len(), self.old.len(), self.neither.len());
        match (new, old, neither) {
            // Not why: that would tell whether a value that policy keeps from the agent is the one it wrote.
            (0, 0, 0) => Verdict::unclear("The records do not tell whether it was applied."),
            (_, 0, 0) => Verdict::applied(applied),
            (0, _, 0) => Verdict::not_applied(not_applied),
            (0, 0, _) => Verdict::unclear(format!(
                "Record {} holds neither what it would leave nor what was there before.",
                named(&self.neither)
            )),
            _ => {
                let parts = [
                    (&self.new, "hold what it would leave"),
                    (&self.old, "hold what was there before"),
                    (&self.neither, "hold neither"),
                ];
                let parts = parts.into_iter().filter(|(ids, _)| !ids.is_empty());
                let told: Vec<String> =
                    parts.map(|(ids, what)| format!("{} {what} (record {})", ids.len(), named(ids))).collect();
                let verdict = Verdict::unclear(format!("Of {} records {}.", new + old + neither, told.join(", ")));
                if old > 0 { verdict.until_later() } else { verdict }
            }
        }
    }
}

/// Ids in a row; of many the first.
pub(super) fn named(ids: &[i64]) -> String {
    const NAMED: usize = 20;
    let shown: Vec<String> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_core::Finding;

    fn finding(new: &[i64], old: &[i64], neither: &[i64]) -> (Finding, bool) {
        let tally = Tally { new: new.to_vec(), old: old.to_vec(), neither: neither.to_vec() };
        let verdict = tally.verdict("it was applied.", "it was not applied.");
        (verdict.finding, verdict.may_change)
    }

    #[test]
    fn all_records_must_agree() {
        assert_eq!(finding(&[1, 2], &[], &[]), (Finding::Applied, false));
        assert_eq!(finding(&[], &[1, 2], &[]), (Finding::NotApplied, true));
        assert_eq!(finding(&[1], &[2], &[]), (Finding::Unclear, true));
        assert_eq!(finding(&[1], &[], &[2]), (Finding::Unclear, false));
        assert_eq!(finding(&[], &[], &[1]), (Finding::Unclear, false));
        assert_eq!(finding(&[], &[], &[]), (Finding::Unclear, false));
    }
}
