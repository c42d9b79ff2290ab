//! Where a call is taken back: on its connection as it is now.

use super::recalled::Change;
use crate::state::{Broker, new_bridge_id};
use crate::tools::Site;
use gatehouse_core::{Agent, AgentId, AgentStatus, EdgeError, ErrorCode, Evidence};

impl Broker {
    /// Where a call is taken back: its connection as it is now, if that still is the same place and takes changes.
    pub(super) fn site_of_undo(&self, change: &Change) -> Result<Site, EdgeError> {
        self.vault()?;
        let unavailable = |message: String| Err(EdgeError::new(ErrorCode::ConnectionUnavailable, message));
        let known = self.registry(|registry| registry.connections.get(&change.connection).cloned());
        let Some(connection) = known else {
            return unavailable("The connection of this call was deleted.".into());
        };
        let name = &connection.name;
        if connection.deleted_at.is_some() {
            return unavailable(format!("“{name}” is in the trash. Restore it, then take the call back."));
        }
        let connection = self.connection(&connection.id)?;
        self.must_be_allowed(connection.host())?;
        let (host, database) = &change.place;
        if connection.host() != host || connection.database != *database {
            return unavailable(format!(
                "“{name}” has another address or database now: the call ran on {host}, database {database}."
            ));
        }
        if !connection.is_usable() {
            return unavailable(format!("“{name}” is signed out. Sign in again, then take the call back."));
        }
        if connection.read_only {
            return Err(EdgeError::new(
                ErrorCode::Denied,
                format!("“{name}” is read only: no change goes through it, not even one that takes something back."),
            ));
        }
        Ok(Site {
            broker: self.clone(),
            agent: self.agent_of_undo(&change.agent),
            bridge: new_bridge_id(),
            connection: Some(connection),
            started_app: false,
            is_planned: false,
            by_person: true,
        })
    }

    /// Whose call it was; it may be revoked by now.
    fn agent_of_undo(&self, id: &AgentId) -> Agent {
        self.registry(|registry| registry.agents.get(id).cloned()).unwrap_or_else(|| Agent {
            id: id.clone(),
            evidence: Evidence { uid: 0, pid: 0, program: String::new(), inode: 0 },
            status: AgentStatus::Paused,
            grants: Vec::new(),
            admitted_at: self.now(),
            last_seen: self.now(),
        })
    }
}
