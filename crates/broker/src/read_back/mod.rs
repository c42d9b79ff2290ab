//! A change whose outcome is unknown is read back: what Odoo holds now tells whether it was applied. Right after it, before
//! the agent is answered, where that takes no time; else later and in the background. The reading is the app's own: it costs
//! an agent nothing, and policies are not asked about it.

mod change;
mod compare;
mod created;
mod due;
mod look;
mod methods;
mod written;

use crate::state::Broker;
use crate::tools::Done;
use crate::view::Topic;
pub(crate) use change::Change;
pub(crate) use due::ReadBacks;
use gatehouse_core::{CallId, EdgeError, ErrorCode, Finding, JournalEvent, Outcome};
use serde_json::json;
use std::time::Duration;

/// How long an agent waits for it.
const AT_ONCE: Duration = Duration::from_secs(2);
/// How long Odoo may be at work on a request whose line is gone: its own limit is two minutes unless somebody set another.
const AT_WORK: Duration = Duration::from_secs(150);

/// What the records tell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    finding: Finding,
    /// A sentence, without values of records.
    message: String,
    /// Odoo, still at work on it, could make it another.
    may_change: bool,
}

impl Verdict {
    fn applied(message: impl Into<String>) -> Self {
        Self { finding: Finding::Applied, message: message.into(), may_change: false }
    }

    fn not_applied(message: impl Into<String>) -> Self {
        Self { finding: Finding::NotApplied, message: message.into(), may_change: true }
    }

    fn unclear(message: impl Into<String>) -> Self {
        Self { finding: Finding::Unclear, message: message.into(), may_change: false }
    }

    fn until_later(self) -> Self {
        Self { may_change: true, ..self }
    }
}

impl Broker {
    /// What the agent is told of a change that has run. One of unknown outcome is read back first, where Odoo answers in
    /// time; if not, that follows later.
    pub(crate) async fn told_with_read_back(
        &self,
        done: Result<Done, EdgeError>,
        change: impl FnOnce() -> Option<Change>,
    ) -> Result<Done, EdgeError> {
        let is_unknown = match &done {
            Ok(done) => matches!(done.outcome, Some(Outcome::Unknown { .. })),
            Err(error) => error.code == ErrorCode::OutcomeUnknown,
        };
        // A quitting app waits for nothing: the next start reads it back.
        if !is_unknown || self.is_stopping() {
            return done;
        }
        let Some(change) = change() else { return done };
        let looked = tokio::time::timeout(AT_ONCE, Box::pin(self.look(&change))).await;
        let verdict = looked.ok().and_then(Result::ok);
        match &verdict {
            Some(verdict) if change.is_final(verdict, self.now()) => self.note_read_back(change.call.clone(), verdict),
            _ => self.0.read_backs.add(change, self.now()),
        }
        match (verdict, done) {
            (None, done) => done,
            (Some(verdict), Ok(mut done)) => {
                let finding = if verdict.may_change { Finding::Unclear } else { verdict.finding };
                done.answer["read_back"] = json!({"finding": finding, "message": told(&verdict)});
                Ok(done)
            }
            (Some(verdict), Err(error)) => Err(EdgeError {
                message: format!("The change was sent to Odoo, and no whole answer came back. {}", told(&verdict)),
                ..error
            }),
        }
    }

    fn note_read_back(&self, call: CallId, verdict: &Verdict) {
        let (finding, message) = (verdict.finding, verdict.message.clone());
        self.note(JournalEvent::ReadBack { call, finding, message });
        self.changed(&[Topic::Activity]);
    }
}

/// The verdict as the agent reads it, with the next step.
fn told(verdict: &Verdict) -> String {
    let next = match verdict.finding {
        _ if verdict.may_change => {
            "Odoo may still be at work on it; Gatehouse looks again later. Read the records before you repeat anything."
        }
        Finding::Applied => "Do not send it again.",
        Finding::NotApplied => "It can be sent again.",
        Finding::Unclear => "Read the records before you repeat anything.",
    };
    let message = match verdict.finding {
        // Too early to say that it was not.
        Finding::NotApplied if verdict.may_change => "Odoo still holds what was there before.",
        _ => &verdict.message,
    };
    format!("{message} {next}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_not_told_to_repeat_what_odoo_may_still_be_doing() {
        let told_now = told(&Verdict::not_applied("Odoo still holds the values from before: it was not applied."));
        assert!(!told_now.contains("not applied") && told_now.contains("may still be at work"), "{told_now}");
        let applied = told(&Verdict::applied("Odoo now holds the new values: it was applied."));
        assert!(applied.ends_with("it was applied. Do not send it again."), "{applied}");
    }
}
