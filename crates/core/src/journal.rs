use crate::{AgentId, CallId, Category, ConnectionId, Digest, TicketId, TicketKind, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Something to be written down. The payload is encrypted, hashed into the chain, and can be purged without
/// breaking it; everything in `event` stays readable for as long as the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalRecord {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: JournalEvent,
    /// Arguments, values before, deleted content: what only the app may read.
    pub payload: Option<Value>,
}

/// A line of the journal, as it stands in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct JournalEntry {
    /// 1 for the first, without gaps.
    #[ts(type = "number")]
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: JournalEvent,
    /// Hash of the payload as encrypted; absent when there was none.
    #[ts(type = "string | null")]
    pub payload_hash: Option<Digest>,
    /// Hash of the entry before.
    pub previous: Digest,
    /// Hash over all of the above.
    pub hash: Digest,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum JournalEvent {
    /// The app started.
    Started {
        /// Its version.
        version: String,
    },
    /// The app ended in order.
    Quit,
    /// A call that was refused, or that asked Odoo nothing: one entry, written when it ended.
    Call {
        /// Its id.
        call: CallId,
        /// Who, on what, doing what.
        #[serde(flatten)]
        of: CallHeader,
        /// How it ended.
        outcome: Outcome,
        /// From arrival to answer, in milliseconds.
        #[ts(type = "number")]
        duration_ms: u64,
    },
    /// A call that asks Odoo. Of a change it is durable before anything is sent; of a read it is written while Odoo
    /// answers, and before the agent has the answer.
    Intent {
        /// Its id.
        call: CallId,
        /// Who, on what, doing what.
        #[serde(flatten)]
        of: CallHeader,
    },
    /// How a call ended whose intent stands above.
    Settled {
        /// Its id.
        call: CallId,
        /// How it ended.
        outcome: Outcome,
        /// From sending to answer, in milliseconds.
        #[ts(type = "number")]
        duration_ms: u64,
        /// Charges given back because the call provably did not run.
        given_back: Vec<Charge>,
        /// What it took from limits besides, once it was known: the rows of a read.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<Charge>>", optional)]
        charges: Vec<Charge>,
        /// Rows that it returned.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[ts(type = "number", optional)]
        rows: u64,
    },
    /// What a call left whose outcome was unknown, as Odoo's records tell afterwards.
    ReadBack {
        /// Its id.
        call: CallId,
        /// What was found.
        finding: Finding,
        /// In a sentence.
        message: String,
    },
    /// The PIN changed, was typed wrongly too often, or was taken out of the keyring by another program.
    Pin {
        /// `set`, `changed`, `removed`, `refused`, `gone`.
        change: String,
    },
    /// What was found of the journal itself.
    Journal {
        /// `altered`: it is not as Gatehouse wrote it. `unproven`: nothing proves who wrote some of it.
        change: String,
        /// In a sentence.
        summary: String,
    },
    /// A question to a person moved.
    Ticket {
        /// Its id.
        ticket: TicketId,
        /// Its kind.
        ticket_kind: TicketKind,
        /// Who asked, if an agent did.
        agent: Option<AgentId>,
        /// About which connection.
        connection: Option<ConnectionId>,
        /// `opened`, `approved`, `denied`, `expired`, `withdrawn`, `void`.
        change: String,
        /// In a few words.
        summary: String,
    },
    /// A connection changed.
    Connection {
        /// Its id.
        connection: ConnectionId,
        /// Its name at the time.
        name: String,
        /// `added`, `changed`, `trashed`, `restored`, `purged`, `signed_out`, `reconnected`, `quarantined`.
        change: String,
        /// The agent that asked for it, where one did.
        agent: Option<AgentId>,
    },
    /// An agent changed.
    Agent {
        /// Its id.
        agent: AgentId,
        /// `admitted`, `refused`, `paused`, `resumed`, `granted`, `ungranted`, `revoked`, `quarantined`.
        change: String,
        /// In a few words: which program, which connections.
        summary: String,
    },
    /// Every agent was paused, or resumed.
    AllAgents {
        /// Paused or resumed.
        paused: bool,
    },
    /// The vault changed.
    Vault {
        /// `unlocked`, `locked`, `session_only`.
        change: String,
    },
    /// A model that the guard closes was opened for one connection, or closed again.
    Guard {
        /// The connection.
        connection: ConnectionId,
        /// Its name at the time.
        name: String,
        /// The model's technical name.
        model: String,
        /// `opened` or `closed`.
        change: String,
    },
    /// A policy layer changed.
    Policy {
        /// Which layer: `managed`, `user`, `connection:con_…` or `agent:claude-code`.
        layer: String,
        /// `saved`, `accepted`, `outside_edit`, `refused`, `removed`; for the administrator's file `changed`.
        change: String,
        /// The hash of the policy that the change leads to, or would have led to; absent when there is none.
        #[serde(default)]
        #[ts(type = "string | null")]
        revision: Option<Digest>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_zero(rows: &u64) -> bool {
    *rows == 0
}

impl JournalEvent {
    /// How a call ended whose intent was written: what it gives back of its charges, and took no more.
    pub fn settled(call: CallId, outcome: Outcome, duration_ms: u64, given_back: Vec<Charge>) -> Self {
        Self::Settled { call, outcome, duration_ms, given_back, charges: Vec::new(), rows: 0 }
    }
}

/// Who, on what, doing what: the readable part of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct CallHeader {
    /// The agent.
    pub agent: AgentId,
    /// The connection, where the call has one.
    pub connection: Option<ConnectionId>,
    /// The connection's name at the time.
    pub connection_name: Option<String>,
    /// The tool.
    pub tool: String,
    /// The tool's category for these arguments.
    pub category: Category,
    /// The model, where there is one.
    pub model: Option<String>,
    /// The method, where there is one.
    pub method: Option<String>,
    /// How many records; absent when unknown.
    #[ts(type = "number | null")]
    pub records: Option<u64>,
    /// `allow`, `ask` or `deny`.
    pub decision: String,
    /// The rule that decided; empty when allowed.
    pub rule: String,
    /// The ticket, where a person was asked.
    pub ticket: Option<TicketId>,
    /// What it took from limits.
    pub charges: Vec<Charge>,
    /// The hash over all policies that judged it; absent when none was asked.
    #[serde(default)]
    #[ts(type = "string | null")]
    pub policy: Option<Digest>,
    /// The plan that it is a step of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub plan: Option<CallId>,
    /// The call that it takes back. Then a person made it, and `agent` is the one whose call that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub undoes: Option<CallId>,
}

/// Whether a change of unknown outcome happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Odoo holds what it would have left.
    Applied,
    /// Odoo holds what was there before.
    NotApplied,
    /// Neither, or it cannot be told.
    Unclear,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Outcome {
    /// It did what it should.
    Done {
        /// In a few words: `12 rows`, `3 records changed`.
        summary: String,
    },
    /// It did not run, or Odoo refused it: nothing changed.
    Failed {
        /// The error's code.
        code: crate::ErrorCode,
        /// The error's sentence.
        message: String,
    },
    /// It was sent and no answer came.
    Unknown {
        /// What is known.
        message: String,
    },
    /// The agent was told to come back for it.
    Pending,
}

/// What a call took from one limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Charge {
    /// Layer, agent and counter: `connection:con_…/claude-code/odoo_write_rate`.
    pub counter: String,
    /// Length of the window in seconds: 60, 3600 or 86400.
    #[ts(type = "number")]
    pub window: u64,
    /// When the window began, aligned to UTC.
    pub window_start: Timestamp,
    /// How much.
    #[ts(type = "number")]
    pub amount: u64,
}
