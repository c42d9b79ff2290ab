//! How a write is sent, and what the agent is told of it.

use super::WriteCall;
use crate::answers;
use crate::tools::{Done, Site, counted};
use gatehouse_core::{EdgeError, ErrorCode, Outcome};
use gatehouse_odoo::{Capability, Method, OdooError};
use serde_json::{Value, json};

/// Writes each record its own values; since 19.
const SAVE_MULTI: &str = "web_save_multi";

impl WriteCall {
    /// Every record its own values in one call and one transaction, where Odoo has a method for it.
    pub(super) async fn run_at_once(&self, site: &Site) -> Result<Option<Done>, EdgeError> {
        let session = site.session().await?;
        if self.updates.len() < 2 || !session.client.version().can(Capability::SaveEachItsOwn) {
            return Ok(None);
        }
        let values: Vec<Value> = self.updates.iter().map(|update| json!(update.checked.values)).collect();
        let method = Method::write(&self.model, SAVE_MULTI)
            .on(&self.facts.ids)
            .arg("vals_list", values)
            .arg("specification", json!({}))
            .within(Some(&self.locale.context));
        match session.client.call(&method).await {
            // Nothing ran: this server has no such method.
            Err(OdooError::UnknownSchema { words }) if words.as_str().contains(SAVE_MULTI) => Ok(None),
            written => {
                site.told(&self.model, written).await?;
                self.done(site).map(Some)
            }
        }
    }

    pub(super) fn done(&self, site: &Site) -> Result<Done, EdgeError> {
        Ok(Done {
            summary: format!("changed {}", counted(self.facts.ids.len(), &format!("{} record", self.model))),
            answer: answers::changed(site, &self.locale, "written", &self.facts.ids)?,
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }

    pub(super) fn partly_done(
        &self,
        site: &Site,
        changed: &[i64],
        stopped_at: &[i64],
        error: &EdgeError,
    ) -> Result<Done, EdgeError> {
        let summary = format!("changed {} of {} records, then: {}", changed.len(), self.facts.ids.len(), error.message);
        let is_unknown = error.code == ErrorCode::OutcomeUnknown;
        let (key, next) = if is_unknown {
            ("unknown", "Read the records under unknown before anything else: they may or may not have been written.")
        } else {
            ("failed_at", "The records under ids are written. Look at the error, then send only the rest.")
        };
        let mut answer = answers::changed(site, &self.locale, "partly_done", changed)?;
        answer["error"] = json!(error);
        answer["next"] = json!(next);
        answer[key] = json!(stopped_at);
        let outcome = is_unknown.then(|| Outcome::Unknown { message: summary.clone() });
        Ok(Done { answer, summary, rows: 0, outcome, images: Vec::new() })
    }
}
