//! Taking back: what is offered, and the card that asks.

use super::{ConnectionBadge, StepCard};
use gatehouse_core::{AgentId, CallId, TicketId, Timestamp};
use serde::Serialize;
use ts_rs::TS;

/// Whether a call can be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "offer")]
pub enum UndoOffer {
    /// A person may try: what was changed since is found when the card is made.
    Possible {
        /// What would not come back, a sentence each.
        leaves: Vec<String>,
    },
    /// It was taken back already.
    Undone {
        /// When.
        at: Timestamp,
    },
    /// There is no way back.
    Impossible {
        /// Why, in a sentence.
        why: String,
    },
}

/// Calls that would be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct UndoCard {
    /// The calls, in the order they are taken back: the newest first.
    pub calls: Vec<UndoneCall>,
    /// What Gatehouse does for it, each with its preview.
    pub steps: Vec<StepCard>,
    /// Values that stay, because they are not what the call left there: somebody changed them since.
    pub conflicts: Vec<UndoConflict>,
    /// What does not come back, a sentence each.
    pub leaves: Vec<String>,
    /// Of several calls: why it stops before an older one.
    pub stops_before: Option<String>,
    /// The preview could not be made: why. Approve stays off.
    pub preview_error: Option<String>,
    /// So many records are changed back or deleted, and the number must be typed before Approve arms.
    #[ts(type = "number | null")]
    pub type_count: Option<u64>,
}

/// A call that would be taken back.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct UndoneCall {
    /// Its id.
    pub call: CallId,
    /// The agent that made it.
    pub agent: AgentId,
    /// When it ran.
    pub at: Timestamp,
    /// The tool.
    pub tool: String,
    /// What it did, in a few words.
    pub summary: String,
}

/// A value that stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct UndoConflict {
    /// The record's display name. Text from the database.
    pub record: String,
    /// Its id.
    #[ts(type = "number")]
    pub id: i64,
    /// Technical name.
    pub field: String,
    /// The field's label in Odoo. Text from the database.
    pub label: String,
    /// What the call left there.
    pub left: String,
    /// What is there now. Text from the database.
    pub now: String,
}

/// A call that the person approved a moment ago, as the approval window goes on showing it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct RecentCall {
    /// Its ticket.
    pub ticket: TicketId,
    /// Its id in the journal.
    pub call: CallId,
    /// One sentence, ours.
    pub sentence: String,
    /// On which connection.
    pub connection: Option<ConnectionBadge>,
    /// When the person approved it.
    pub approved_at: Timestamp,
    /// Where it stands.
    pub state: RecentState,
}

/// Where a call stands that was approved a moment ago.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum RecentState {
    /// Nobody has come for it yet: it runs when the agent asks again.
    Waits,
    /// It runs.
    Running,
    /// It ran.
    Done {
        /// When it ended.
        at: Timestamp,
        /// In a few words.
        summary: String,
        /// Whether it can be taken back.
        undo: UndoOffer,
    },
    /// It did not run to its end, or nobody knows.
    Failed {
        /// When it ended.
        at: Timestamp,
        /// What went wrong.
        message: String,
    },
}
