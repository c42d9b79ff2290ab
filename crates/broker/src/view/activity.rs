//! The Activity page.

use super::UndoOffer;
use gatehouse_core::{AgentId, CallId, ConnectionId, JournalEntry};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the Activity page asks for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, TS)]
#[serde(default)]
pub struct ActivityFilter {
    /// Only this agent.
    pub agent: Option<AgentId>,
    /// Only this connection.
    pub connection: Option<ConnectionId>,
    /// Only this tool.
    pub tool: Option<String>,
    /// Only `allow`, `ask` or `deny`.
    pub decision: Option<String>,
    /// Only what happened before this entry.
    #[ts(type = "number | null")]
    pub before: Option<u64>,
}

/// A page of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ActivityPage {
    /// Newest first, at most 100, and with each call that was sent the entries that settled it and that say what was read
    /// back.
    pub entries: Vec<JournalEntry>,
    /// Calls among them that were taken back.
    pub undone: Vec<CallId>,
    /// Whether there are older ones.
    pub more: bool,
}

/// One entry with its payload.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ActivityDetail {
    /// The entry.
    pub entry: JournalEntry,
    /// The payload as pretty JSON; none when there was none, it was purged, or the vault is closed.
    pub payload: Option<String>,
    /// Why there is none, where that is not plain.
    pub payload_note: Option<String>,
    /// Whether the call can be taken back, of an entry that changed something; of others none.
    pub undo: Option<UndoOffer>,
}

/// What verifying the journal found.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct VerifyReport {
    /// Whether all is well.
    pub ok: bool,
    /// How many entries were checked.
    #[ts(type = "number")]
    pub entries: u64,
    /// Entries at the end that no seal covers yet.
    #[ts(type = "number")]
    pub unsealed: u64,
    /// Entries of which nothing proves that Gatehouse wrote them: the keyring was closed then, or another program wrote them.
    #[ts(type = "number")]
    pub unproven: u64,
    /// Each thing that is wrong, in a sentence.
    pub problems: Vec<String>,
}
