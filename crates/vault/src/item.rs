use gatehouse_core::ConnectionId;
use std::fmt;

/// The name of the sealing key's item.
pub(crate) const SEALING_KEY: &str = "sealing-key";

/// One thing the vault keeps. Its text form is its name ("user name") in the keyring.
///
/// Each note has an item of its own: notes are written at different times by different parts, so that a shared item would
/// be read, changed and written back by all of them; and Windows limits an item to 2,560 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Item {
    /// The 32 bytes that every seal is made with.
    SealingKey,
    /// A connection's secret with the place it may be sent to.
    Connection(ConnectionId),
    /// The hash of the PIN, and its count of wrong tries.
    Pin,
    /// A small fact that must not be rolled back together with the files.
    Note(String),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SealingKey => f.write_str(SEALING_KEY),
            Self::Connection(id) => write!(f, "connection/{id}"),
            Self::Pin => f.write_str("pin"),
            Self::Note(name) => write!(f, "note/{name}"),
        }
    }
}
