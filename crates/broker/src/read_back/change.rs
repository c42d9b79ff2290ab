//! A change that was sent: what it would do, and what was there before.

use super::{AT_WORK, Verdict};
use crate::state::Broker;
use crate::tools::{Call, Site};
use gatehouse_core::{CallId, Connection, ConnectionId, JournalEntry, JournalEvent, Timestamp};
use serde_json::Value;

/// A change of unknown outcome, with all that is needed to look for it.
pub(crate) struct Change {
    pub(super) call: CallId,
    pub(super) connection: ConnectionId,
    /// Host, database and login as they were: it is looked for nowhere else.
    pub(super) place: [String; 3],
    pub(super) tool: String,
    pub(super) model: String,
    pub(super) method: String,
    pub(super) resolved: Value,
    pub(super) before: Value,
    /// Nothing of it was sent earlier.
    pub(super) began_at: Timestamp,
    /// Nothing of it was sent later.
    pub(super) ended_at: Timestamp,
}

impl Change {
    /// A call that has just run. None of one that is several: each of its steps is read back itself.
    pub(crate) fn sent(
        broker: &Broker,
        id: &CallId,
        site: &Site,
        call: &dyn Call,
        before: &Value,
        began_at: Timestamp,
    ) -> Option<Self> {
        let facts = call.facts();
        let connection = site.connection.as_ref().filter(|_| call.plan().is_none())?;
        Some(Self {
            call: id.clone(),
            connection: connection.id.clone(),
            place: place_of(connection),
            tool: facts.tool.clone(),
            model: facts.model.clone()?,
            method: facts.method.clone().unwrap_or_default(),
            resolved: call.resolved(),
            before: before.clone(),
            began_at,
            ended_at: broker.now(),
        })
    }

    /// A call of the journal by its intent. None where that says too little.
    pub(super) fn written_down(intent: &JournalEntry, payload: &Value, settled_at: Timestamp) -> Option<Self> {
        let JournalEvent::Intent { call, of } = &intent.event else { return None };
        let place = |part: &str| payload["connection"][part].as_str().map(str::to_owned);
        Some(Self {
            call: call.clone(),
            connection: of.connection.clone()?,
            place: [place("host")?, place("database")?, place("login")?],
            tool: of.tool.clone(),
            model: of.model.clone()?,
            method: of.method.clone().unwrap_or_default(),
            resolved: payload.get("resolved")?.clone(),
            before: payload.get("before").cloned().unwrap_or_default(),
            began_at: intent.at,
            ended_at: settled_at,
        })
    }

    pub(super) fn is_in(&self, connection: &Connection) -> bool {
        self.place == place_of(connection)
    }

    /// Whether a verdict holds for good: Odoo cannot be at work on it any more, or that would change nothing.
    pub(super) fn is_final(&self, verdict: &Verdict, now: Timestamp) -> bool {
        !verdict.may_change || now >= self.ended_at.plus(AT_WORK)
    }
}

fn place_of(connection: &Connection) -> [String; 3] {
    [connection.host().to_owned(), connection.database.clone(), connection.login.clone()]
}
