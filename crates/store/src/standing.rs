use crate::error::StoreError;
use crate::migrations::Migration;
use crate::sealed::{Sealed, SealedTable};
use crate::store::Store;
use gatehouse_core::Sealer;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) const TABLE: Migration = Migration {
    to: 5,
    sql: "CREATE TABLE standing_approvals (
              id TEXT NOT NULL PRIMARY KEY,
              body TEXT NOT NULL,
              seal BLOB NOT NULL
          ) STRICT, WITHOUT ROWID;",
};

const STANDING: SealedTable = SealedTable { name: "standing_approvals" };

/// A standing approval: what it allows is the caller's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<T> {
    /// Its id.
    pub id: String,
    /// What it allows, and until when.
    pub body: T,
}

impl Store {
    /// All standing approvals, also expired ones, ordered by id.
    pub fn standing<T: DeserializeOwned>(&self, sealer: &dyn Sealer) -> Result<Sealed<Standing<T>>, StoreError> {
        STANDING
            .read(self, sealer, |id, body| Some(Standing { id: id.to_owned(), body: serde_json::from_str(body).ok()? }))
    }

    /// Adds or changes a standing approval.
    pub fn put_standing<T: Serialize>(&self, id: &str, body: &T, sealer: &dyn Sealer) -> Result<(), StoreError> {
        STANDING.put(self, id, &serde_json::to_string(body)?, sealer)
    }

    /// Revokes a standing approval; tells whether there was one.
    pub fn remove_standing(&self, id: &str, sealer: &dyn Sealer) -> Result<bool, StoreError> {
        STANDING.remove(self, id, sealer)
    }
}
