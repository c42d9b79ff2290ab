//! What the person approved a moment ago, as the approval window goes on showing it: where it stands, and whether it can be
//! taken back.

use super::recalled::outcome_of;
use crate::approver::Approver;
use crate::desk::{Held, Matter};
use crate::state::Broker;
use crate::view::{RecentCall, RecentState, UndoOffer};
use gatehouse_core::{CallId, EdgeError, ErrorCode, Outcome, TicketId, TicketState, Timestamp};
use std::time::Duration;

/// How long a call is shown after it was approved, or after it ended.
const A_MOMENT: Duration = Duration::from_mins(1);

impl Approver {
    /// The calls that the person approved within the last minute, or that ended within it, the newest first.
    ///
    /// # Errors
    /// Where the journal cannot be read.
    pub fn recent(&self) -> Result<Vec<RecentCall>, EdgeError> {
        let broker = self.broker();
        let now = broker.now();
        let mut recent = Vec::new();
        for (ticket, approved_at) in broker.0.desk.approvals().into_iter().rev() {
            let Some(stands) = broker.0.desk.look(&ticket, Stands::of).flatten() else { continue };
            let latest = stands.ended_at.unwrap_or(approved_at).max(approved_at);
            let is_running = matches!(stands.state, Some(RecentState::Running));
            if !is_running && now.since(latest) > A_MOMENT {
                continue;
            }
            let state = match stands.state {
                Some(state) => state,
                None => broker.ended(&stands.call, latest)?,
            };
            let (sentence, connection) = (stands.sentence, stands.connection);
            recent.push(RecentCall { ticket, call: stands.call, sentence, connection, approved_at, state });
        }
        Ok(recent)
    }

    /// Asks the person, on a card, to take one call back.
    ///
    /// # Errors
    /// As [`Broker::undo_call`].
    pub async fn undo(&self, call: &CallId) -> Result<TicketId, EdgeError> {
        self.broker().undo_call(call).await
    }

    /// A yes to an undo: it happens at once.
    pub(crate) async fn take_back(&self, id: &TicketId) -> Result<(), EdgeError> {
        let broker = self.broker().clone();
        let running = self.broker().0.jobs.spawn(broker.carry_back(id.clone()));
        running.await.unwrap_or_else(|_| Err(EdgeError::new(ErrorCode::Internal, "Taking back was cut off.")))
    }
}

/// Where an approved call stands, by its ticket.
struct Stands {
    call: CallId,
    sentence: String,
    connection: Option<crate::view::ConnectionBadge>,
    /// None of a call that ran: the journal says how it ended.
    state: Option<RecentState>,
    ended_at: Option<Timestamp>,
}

impl Stands {
    fn of(held: &Held) -> Option<Self> {
        let Matter::Call { job, card: Some(_) } = &held.matter else { return None };
        let (state, ended_at) = match held.ticket.state() {
            TicketState::Approved { .. } => (Some(RecentState::Waits), None),
            TicketState::Running { .. } => (Some(RecentState::Running), None),
            TicketState::Settled { at } => match &held.result {
                Some(Err(error)) => (Some(RecentState::Failed { at: *at, message: error.message.clone() }), Some(*at)),
                _ => (None, Some(*at)),
            },
            TicketState::Void { at, why } => (Some(RecentState::Failed { at: *at, message: why.clone() }), Some(*at)),
            TicketState::Waiting
            | TicketState::Denied { .. }
            | TicketState::Expired { .. }
            | TicketState::Withdrawn { .. } => return None,
        };
        let (call, sentence, connection) = (job.id.clone(), held.sentence.clone(), held.badge.clone());
        Some(Self { call, sentence, connection, state, ended_at })
    }
}

impl Broker {
    fn ended(&self, call: &CallId, at: Timestamp) -> Result<RecentState, EdgeError> {
        let sent = self.0.store.sent_call(call, None).map_err(|error| error.edge())?;
        let summary = match sent.as_ref().and_then(|sent| outcome_of(&sent.line)) {
            Some(Outcome::Done { summary }) => summary.clone(),
            Some(Outcome::Failed { message, .. } | Outcome::Unknown { message }) => {
                return Ok(RecentState::Failed { at, message: message.clone() });
            }
            // A read has no intent of its own.
            Some(Outcome::Pending) | None => String::new(),
        };
        let nothing = || UndoOffer::Impossible { why: "It changed nothing.".to_owned() };
        let undo = self.undo_offer(call)?.unwrap_or_else(nothing);
        Ok(RecentState::Done { at, summary, undo })
    }
}
