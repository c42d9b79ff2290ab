use crate::{AgentId, ConnectionId, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A program that may call tools: its name, what the system saw of it, and what the person granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Agent {
    /// The name it was registered under.
    pub id: AgentId,
    /// What the system saw when the person admitted it.
    pub evidence: Evidence,
    /// Admitted, refused or paused.
    pub status: AgentStatus,
    /// The connections it may use.
    pub grants: Vec<ConnectionId>,
    /// When the person admitted it.
    pub admitted_at: Timestamp,
    /// When it last called.
    pub last_seen: Timestamp,
}

impl Agent {
    /// Whether it may use `connection`.
    pub fn is_granted(&self, connection: &ConnectionId) -> bool {
        self.grants.contains(connection)
    }
}

/// Where an agent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// It may call, within policy.
    Admitted,
    /// Every call is refused until the person resumes it.
    Paused,
}

/// What the operating system says of the process behind a bridge: the first ancestor that is not a shell, a package
/// runner or a sandbox. Never what the client says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Evidence {
    /// The user id of the bridge process.
    pub uid: u32,
    /// The process id of the ancestor, when it was looked at.
    pub pid: u32,
    /// Its program file, version folders replaced by `*`; empty when the system would not tell.
    pub program: String,
    /// Stands for device and inode of that file; zero when the system would not tell.
    #[ts(type = "number")]
    pub inode: u64,
}

impl Evidence {
    /// Whether `other` is the same program: the same file at the same path. A path alone proves nothing, because any
    /// program may have a file of its own bound there, in a namespace of its own.
    pub fn is_same_program(&self, other: &Self) -> bool {
        let is_known = !self.program.is_empty() && self.inode != 0;
        is_known && self.uid == other.uid && self.program == other.program && self.inode == other.inode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(program: &str) -> Evidence {
        Evidence { uid: 1000, pid: 5, program: program.into(), inode: 9 }
    }

    #[test]
    fn evidence_that_the_system_would_not_tell_matches_nothing() {
        assert!(!seen("").is_same_program(&seen("")));
        let untold = Evidence { inode: 0, ..seen("/usr/bin/claude") };
        assert!(!untold.is_same_program(&untold));
    }

    #[test]
    fn another_program_is_not_the_same_agent() {
        let claude = seen("/usr/bin/claude");
        assert!(claude.is_same_program(&Evidence { pid: 77, ..claude.clone() }));
        assert!(!claude.is_same_program(&seen("/tmp/claude")));
        assert!(!claude.is_same_program(&Evidence { inode: 3, ..claude.clone() }), "another file at the same path");
        assert!(!claude.is_same_program(&Evidence { uid: 1001, ..claude.clone() }));
    }
}
