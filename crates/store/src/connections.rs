use crate::error::StoreError;
use crate::migrations::Migration;
use crate::sealed::{Sealed, SealedTable};
use crate::store::Store;
use gatehouse_core::{Connection, ConnectionId, Sealer};

pub(crate) const TABLE: Migration = Migration {
    to: 2,
    sql: "CREATE TABLE connections (
              id TEXT NOT NULL PRIMARY KEY,
              body TEXT NOT NULL,
              seal BLOB NOT NULL
          ) STRICT, WITHOUT ROWID;",
};

const CONNECTIONS: SealedTable = SealedTable { name: "connections" };

impl Store {
    /// All connections, those in the trash too, ordered by id.
    pub fn connections(&self, sealer: &dyn Sealer) -> Result<Sealed<Connection>, StoreError> {
        CONNECTIONS.read(self, sealer, parse)
    }

    /// Adds or changes a connection. Its name must not be that of another live one, whatever the case of its letters.
    pub fn put_connection(&self, connection: &Connection, sealer: &dyn Sealer) -> Result<(), StoreError> {
        let body = serde_json::to_string(connection)?;
        let expected = self.expected(CONNECTIONS.name);
        CONNECTIONS.put_if(self, connection.id.as_str(), &body, sealer, |write| {
            let others = CONNECTIONS.contents(write, sealer, expected, parse)?.rows;
            let is_taken = connection.deleted_at.is_none() && others.iter().any(|other| is_namesake(other, connection));
            if is_taken { Err(StoreError::NameTaken { name: connection.name.clone() }) } else { Ok(()) }
        })
    }

    /// Removes a connection for good; tells whether there was one.
    pub fn remove_connection(&self, id: &ConnectionId, sealer: &dyn Sealer) -> Result<bool, StoreError> {
        CONNECTIONS.remove(self, id.as_str(), sealer)
    }
}

fn is_namesake(other: &Connection, connection: &Connection) -> bool {
    other.id != connection.id
        && other.deleted_at.is_none()
        && other.name.to_lowercase() == connection.name.to_lowercase()
}

/// A body that names another id than its row is not this row's.
fn parse(id: &str, body: &str) -> Option<Connection> {
    serde_json::from_str(body).ok().filter(|connection: &Connection| connection.id.as_str() == id)
}
