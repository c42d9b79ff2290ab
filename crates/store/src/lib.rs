//! What Gatehouse keeps on disk, in one SQLite database: connections, agents, settings, standing approvals, and the
//! journal.
//!
//! Whoever can write the user's files can write this one, so nothing in it is believed by itself. Rows that matter are
//! *sealed*: reading them needs a [`Sealer`](gatehouse_core::Sealer) and yields what verified next to a quarantine of
//! what did not ([`Sealed`]). The journal is a hash chain; its head is sealed and kept elsewhere ([`HeadSeal`]).
//!
//! The store reads no clock and knows no vault. Its calls block: a few dozen microseconds, or as long as the disk
//! takes for a write that must be durable.

mod agents;
mod connections;
mod error;
mod file;
mod journal;
mod migrations;
mod sealed;
mod settings;
mod standing;
mod store;

pub use error::StoreError;
pub use journal::{
    Checked, Fault, Filter, Head, HeadSeal, Line, PayloadState, Problem, Proven, SentCall, Unknown, VerifyReport,
    charges_of,
};
pub use sealed::{Generations, Quarantined, Sealed, TableFault, Why};
pub use settings::Setting;
pub use standing::Standing;
pub use store::{Durability, Store};
