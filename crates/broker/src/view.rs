//! What the windows are shown: plain data, exported to TypeScript. No secret ever stands here.

mod activity;
mod card;
mod pin;
mod policy;
mod undo;

pub use activity::*;
pub use card::*;
pub use pin::*;
pub use policy::*;
pub use undo::*;

use gatehouse_core::{
    AgentId, AgentStatus, Connection, ConnectionId, EdgeError, Environment, Evidence, Protocol, TicketId, TicketKind,
    TicketState, Timestamp, Tls,
};
use gatehouse_policy::Preset;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything that the sidebar and header show.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Overview {
    /// The app's version.
    pub version: String,
    /// What time it is for Gatehouse. The system's clock may be set meanwhile; all times told here are of this one.
    pub now: Timestamp,
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
    /// Whether destructive and production approvals want a PIN.
    pub has_pin: bool,
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
    /// Calls in each of the last 60 minutes, the oldest first.
    pub calls: Vec<u32>,
    /// Where its own policy comes from: absent, a preset, or custom.
    pub policy: PolicySource,
    /// The preset that its own policy says the same as.
    pub preset: Option<Preset>,
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
    /// What time it is for Gatehouse.
    pub now: Timestamp,
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
    /// `connections`, `approvals`, `agents`, `policy`, `activity`, `settings`.
    pub page: String,
    /// A connection to select.
    pub connection: Option<ConnectionId>,
}
