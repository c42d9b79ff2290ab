use crate::error::StoreError;
use crate::migrations::Migration;
use crate::sealed::{Sealed, SealedTable};
use crate::store::Store;
use gatehouse_core::{Agent, AgentId, Sealer};

pub(crate) const TABLE: Migration = Migration {
    to: 3,
    sql: "CREATE TABLE agents (
              id TEXT NOT NULL PRIMARY KEY,
              body TEXT NOT NULL,
              seal BLOB NOT NULL
          ) STRICT, WITHOUT ROWID;",
};

const AGENTS: SealedTable = SealedTable { name: "agents" };

impl Store {
    /// All agents that the person admitted, with their grants, ordered by id.
    pub fn agents(&self, sealer: &dyn Sealer) -> Result<Sealed<Agent>, StoreError> {
        AGENTS.read(self, sealer, |id, body| {
            serde_json::from_str(body).ok().filter(|agent: &Agent| agent.id.as_str() == id)
        })
    }

    /// Adds or changes an agent.
    pub fn put_agent(&self, agent: &Agent, sealer: &dyn Sealer) -> Result<(), StoreError> {
        AGENTS.put(self, agent.id.as_str(), &serde_json::to_string(agent)?, sealer)
    }

    /// Forgets an agent; tells whether there was one.
    pub fn remove_agent(&self, id: &AgentId, sealer: &dyn Sealer) -> Result<bool, StoreError> {
        AGENTS.remove(self, id.as_str(), sealer)
    }
}
