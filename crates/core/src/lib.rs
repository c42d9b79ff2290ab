//! The words of the domain: connections, agents, calls, decisions, tickets and journal entries.
//!
//! Nothing here does I/O, reads a clock or draws randomness: time and ids are passed in. Every other crate may lean on
//! this one; it leans on none of ours.

mod agent;
mod call;
mod catalogue;
mod connection;
mod decision;
mod digest;
mod environment;
mod error;
mod id;
mod journal;
mod seal;
mod ticket;
mod time;
mod undo;

pub use agent::{Agent, AgentStatus, Evidence};
pub use call::{CallFacts, Category, Effect, FieldPath, Nested, Risk, Severity};
pub use catalogue::{Annotations, ToolDefinition};
pub use connection::{Connection, ConnectionStatus, Protocol, Tls};
pub use decision::{Decision, Denial, Question, Retry};
pub use digest::{Digest, Hasher};
pub use environment::Environment;
pub use error::{EdgeError, ErrorCode};
pub use id::{AgentId, BridgeId, CallId, ConnectionId, InvalidId, TicketId};
pub use journal::{CallHeader, Charge, Finding, JournalEntry, JournalEvent, JournalRecord, Outcome};
pub use seal::{Seal, Sealer};
pub use ticket::{IllegalMove, TICKET_LIFETIME, Ticket, TicketKind, TicketState};
pub use time::Timestamp;
pub use undo::{Undo, UndoCall};
