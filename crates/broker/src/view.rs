//! What the windows are shown: plain data, exported to TypeScript. No secret ever stands here.

mod policy;

pub use policy::*;

use gatehouse_core::{
    AgentId, AgentStatus, Category, Connection, ConnectionId, Digest, EdgeError, Effect, Environment, Evidence,
    JournalEntry, Protocol, Severity, TicketId, TicketKind, TicketState, Timestamp, Tls,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything that the sidebar and header show.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Overview {
    /// The app's version.
    pub version: String,
    /// Live connections, favourites first, then by name.
    pub connections: Vec<Connection>,
    /// Connections in the trash, newest first.
    pub trash: Vec<Connection>,
    /// Admitted and paused agents, by name.
    pub agents: Vec<AgentView>,
    /// Tickets that wait for a person.
    pub waiting: u32,
    /// Every agent is paused.
    pub paused: bool,
    /// The vault.
    pub vault: VaultView,
    /// What agents proposed to add and the person has not answered.
    pub proposals: Vec<Proposal>,
    /// Rows that did not verify, each in a sentence.
    pub quarantine: Vec<String>,
    /// Whether the embedded demo Odoo is running.
    pub demo_running: bool,
    /// Where `gatehouse-mcp` lies, for "Connect a client".
    pub bridge_path: String,
}

/// An agent in a list.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct AgentView {
    /// Its name.
    pub id: AgentId,
    /// What the system saw.
    pub evidence: Evidence,
    /// Admitted or paused.
    pub status: AgentStatus,
    /// Connections it may use, by id.
    pub grants: Vec<ConnectionId>,
    /// How many of its bridges are connected now.
    pub bridges: u32,
    /// What it may do without asking just now.
    pub standing: Vec<StandingView>,
    /// When it was admitted.
    pub admitted_at: Timestamp,
    /// When it last called.
    pub last_seen: Timestamp,
}

/// A standing approval: an answer that the person gave in advance.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct StandingView {
    /// The ticket it was given on; names it for revoking.
    pub ticket: TicketId,
    /// Its bounds, as the card spelt them out.
    pub sentence: String,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// The vault, as the window shows it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum VaultView {
    /// The system keyring is open.
    System,
    /// The person chose to keep secrets for this session only.
    SessionOnly,
    /// Locked, absent or failing: every call is refused until the person acts.
    Closed {
        /// Which.
        error: EdgeError,
    },
}

/// A connection as the form edits it. The secret is not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConnectionDraft {
    /// The connection edited; none for a new one.
    pub id: Option<ConnectionId>,
    /// Its name.
    pub name: String,
    /// Whatever the person typed or pasted as address.
    pub url: String,
    /// The database; may be empty when the address or the server tells it.
    pub database: String,
    /// The login.
    pub login: String,
    /// Production, staging or development.
    pub environment: Environment,
    /// No writes.
    pub read_only: bool,
    /// Auto, JSON-2 or JSON-RPC.
    pub protocol: Protocol,
    /// How the certificate is checked.
    pub tls: Tls,
    /// A language code, or the user's own.
    pub language: Option<String>,
    /// A note.
    pub note: String,
    /// Labels.
    pub tags: Vec<String>,
    /// Listed first.
    pub favourite: bool,
    /// The proposal of an agent that this draft answers.
    pub proposal: Option<TicketId>,
}

/// What a pasted address tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ParsedUrl {
    /// Scheme, host and port.
    pub origin: String,
    /// Host and port, to be shown large.
    pub host: String,
    /// The database, when the address names one or the host implies it (`acme.odoo.com` → `acme`).
    pub database: Option<String>,
    /// A name to start from.
    pub name: String,
    /// What the environment should start as.
    pub environment: Environment,
    /// The page of that Odoo where an API key is made.
    pub api_key_page: String,
}

/// The secret that goes with a draft: typed by the person, set and never read back.
#[derive(Clone, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
#[ts(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum SecretInput {
    /// An API key of Odoo.
    ApiKey(#[ts(type = "string")] secrecy::SecretString),
    /// The user's password.
    Password(#[ts(type = "string")] secrecy::SecretString),
}

/// What saving came to.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum SaveOutcome {
    /// Saved.
    Saved {
        /// As it stands now.
        connection: Connection,
    },
    /// The harmless part is saved; the rest loosens something and waits in the approval window.
    NeedsApproval {
        /// The ticket.
        ticket: TicketId,
        /// As it stands now.
        connection: Connection,
    },
}

/// One step of a connection test, as it happens.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ProbeStep {
    /// `address`, `dns`, `tcp`, `tls`, `version`, `protocol`, `database`, `sign_in`, `rights`.
    pub step: String,
    /// Where it stands.
    pub state: ProbeState,
    /// What was found, or what went wrong, in a sentence.
    pub message: String,
    /// What to do about a failure.
    pub fix: Option<String>,
    /// How long it took.
    #[ts(type = "number")]
    pub elapsed_ms: u64,
}

/// Where a step of a test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProbeState {
    /// Begun.
    Running,
    /// Fine.
    Ok,
    /// Worth knowing, not in the way.
    Warning,
    /// Failed; the steps after it are not tried.
    Failed,
    /// Not needed here: TLS for loopback.
    Skipped,
}

/// A connection that an agent proposed.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Proposal {
    /// Its ticket.
    pub ticket: TicketId,
    /// Who proposed it.
    pub agent: AgentId,
    /// The form filled.
    pub draft: ConnectionDraft,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// The Approvals page.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Approvals {
    /// Open tickets, oldest first.
    pub open: Vec<TicketView>,
    /// Tickets that ended in this session, newest first, at most 200.
    pub ended: Vec<TicketView>,
}

/// A ticket in a list.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct TicketView {
    /// Its id.
    pub id: TicketId,
    /// Its kind.
    pub kind: TicketKind,
    /// Who asks.
    pub agent: Option<AgentId>,
    /// About which connection.
    pub connection: Option<ConnectionBadge>,
    /// One sentence, ours: "Change 3 fields on 12 contacts".
    pub sentence: String,
    /// Where it stands.
    pub state: TicketState,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// How a connection is shown where something is decided about it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ConnectionBadge {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: Environment,
    /// Host and port.
    pub host: String,
    /// Database.
    pub database: String,
    /// The login that acts.
    pub login: String,
}

/// One card of the approval window.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Card {
    /// The ticket it decides.
    pub ticket: TicketId,
    /// What exactly is asked; sent back with the decision.
    pub digest: Digest,
    /// Who asks, as the system saw it; nobody when the person started it.
    pub agent: Option<CardAgent>,
    /// About which connection.
    pub connection: Option<ConnectionBadge>,
    /// One sentence, ours.
    pub sentence: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Until when the client waits; none when it stopped waiting ("runs when it asks again").
    pub held_until: Option<Timestamp>,
    /// What kind of question, with its content.
    pub content: CardContent,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct CardAgent {
    /// Its name.
    pub id: AgentId,
    /// What the system saw.
    pub evidence: Evidence,
    /// What the client says it is: a claim.
    pub claims: Option<String>,
}

/// The content of a card.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum CardContent {
    /// A call.
    Call(CallCard),
    /// A new agent, or one whose program changed.
    Admission(AdmissionCard),
    /// Something would become looser.
    Loosening(LooseningCard),
    /// The policy file was edited outside the app.
    Policy(PolicyCard),
}

/// A call to be decided.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct CallCard {
    /// The tool.
    pub tool: String,
    /// What it does.
    pub category: Category,
    /// How bad it can be.
    pub severity: Severity,
    /// The model's own label and technical name: `Contact (res.partner)`.
    pub model: Option<String>,
    /// Before and after, record by record; at most 50.
    pub records: Vec<RecordChange>,
    /// How many records in all; none when unknown.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// What else it touches: lines through x2many, cascades; one sentence each.
    pub touches: Vec<String>,
    /// Effects beyond the values.
    pub effects: Vec<Effect>,
    /// The preview could not be made: why. Approve stays off.
    pub preview_error: Option<String>,
    /// The rule that asked.
    pub rule: String,
    /// Why it asks.
    pub reason: String,
    /// The arguments as pretty JSON.
    pub arguments: String,
    /// What "Approve like this for 15 minutes" would cover, in a sentence; none where it is not offered.
    pub standing: Option<String>,
    /// This many must be typed before Approve arms.
    #[ts(type = "number | null")]
    pub type_count: Option<u64>,
    /// The same call ran this many seconds ago.
    #[ts(type = "number | null")]
    pub ran_before: Option<u64>,
    /// The data changed after the first approval; these are the new values.
    pub drifted: bool,
}

/// One record of a preview.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct RecordChange {
    /// Its id; none for one that will be created.
    #[ts(type = "number | null")]
    pub id: Option<i64>,
    /// Its display name. Text from the database.
    pub name: String,
    /// What happens to it.
    pub change: RecordVerb,
    /// Fields that change; those that stay are left out.
    pub fields: Vec<FieldChange>,
    /// Fields that Odoo changes besides, as it foresees itself. What it does only while it saves is not among them.
    pub besides: Vec<FieldChange>,
}

/// What happens to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordVerb {
    /// It will exist.
    Create,
    /// Its fields change.
    Update,
    /// It will be gone.
    Delete,
}

/// One field of a preview.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct FieldChange {
    /// Technical name.
    pub field: String,
    /// The field's label in Odoo. Text from the database.
    pub label: String,
    /// The value before; none for a new record. Text from the database.
    pub before: Option<String>,
    /// The value after; none for a deletion.
    pub after: Option<String>,
    /// The value before differs from what was approved first.
    pub drifted: bool,
}

/// A new agent, or one whose program changed.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct AdmissionCard {
    /// The first tool it called.
    pub tool: String,
    /// The program that was admitted before under this name, when it is another now.
    pub was: Option<Evidence>,
    /// What can be granted.
    pub connections: Vec<ConnectionBadge>,
    /// Granted before; ticked when the card opens.
    pub granted: Vec<ConnectionId>,
    /// What the policy of the granted connections means, in a sentence.
    pub policy: String,
}

/// Something would become looser.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct LooseningCard {
    /// What would change, each from → to.
    pub changes: Vec<FieldChange>,
}

/// A policy would change: its file was edited outside the app, or an edit in the window loosens it.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PolicyCard {
    /// The layer: `user`, `connection:con_…` or `agent:claude-code`.
    pub layer: String,
    /// The connection's or the agent's name; empty for the user's.
    pub name: String,
    /// The file that was edited; none when the edit was made in the window.
    pub path: Option<String>,
    /// The policy in force; empty when there is none.
    pub before: String,
    /// What it would become; empty when it would be removed.
    pub after: String,
    /// Where it may let agents do more, a sentence each.
    pub loosened: Vec<String>,
    /// Why it cannot be accepted: errors with their places. Empty when it can.
    pub errors: Vec<String>,
}

/// What the person decides on a card.
#[derive(Debug, Clone, PartialEq, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// No; with words for the agent, if any.
    Deny {
        /// For the agent.
        reason: Option<String>,
    },
    /// No, and no more calls from this agent.
    DenyAndPause,
    /// Yes, this once.
    Approve {
        /// The count, where the card asks for it to be typed.
        #[ts(type = "number | null")]
        typed_count: Option<u64>,
    },
    /// Yes, and the same for 15 minutes within the bounds the card spells out.
    ApproveStanding,
    /// Admission: yes, for these connections.
    Admit {
        /// Which.
        connections: Vec<ConnectionId>,
    },
}

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
    /// Newest first, at most 100, and with each call that was sent the entry that settled it.
    pub entries: Vec<JournalEntry>,
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
    /// Each thing that is wrong, in a sentence.
    pub problems: Vec<String>,
}

/// What changed, so that a window asks again for what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Connections, trash, quarantine.
    Connections,
    /// Agents and pause.
    Agents,
    /// Tickets and cards.
    Approvals,
    /// Proposals of agents.
    Proposals,
    /// The journal.
    Activity,
    /// The vault.
    Vault,
    /// The layers of policy.
    Policy,
}

/// Which page a window was asked to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Navigation {
    /// `connections`, `approvals`, `agents`, `policy`, `activity`.
    pub page: String,
    /// A connection to select.
    pub connection: Option<ConnectionId>,
}
