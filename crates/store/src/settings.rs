use crate::error::StoreError;
use crate::migrations::Migration;
use crate::sealed::{Sealed, SealedTable};
use crate::store::Store;
use gatehouse_core::Sealer;

pub(crate) const TABLE: Migration = Migration {
    to: 4,
    sql: "CREATE TABLE settings (
              id TEXT NOT NULL PRIMARY KEY,
              body TEXT NOT NULL,
              seal BLOB NOT NULL
          ) STRICT, WITHOUT ROWID;",
};

const SETTINGS: SealedTable = SealedTable { name: "settings" };

/// A setting that matters: a name and a text whose form is the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name: `hold_seconds`, `policy/user`.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Store {
    /// All settings, ordered by name.
    pub fn settings(&self, sealer: &dyn Sealer) -> Result<Sealed<Setting>, StoreError> {
        SETTINGS.read(self, sealer, |name, value| Some(Setting { name: name.to_owned(), value: value.to_owned() }))
    }

    /// One setting; `None` when it was never set. One that was tampered with is an error, not its default.
    pub fn setting(&self, name: &str, sealer: &dyn Sealer) -> Result<Option<String>, StoreError> {
        let settings = self.settings(sealer)?;
        if let Some(quarantined) = settings.quarantined.into_iter().find(|row| row.id == name) {
            let why = quarantined.why;
            return Err(StoreError::Quarantined { table: SETTINGS.name, id: quarantined.id, why });
        }
        match settings.fault {
            // Nothing says that it was not there.
            Some(_) => {
                let why = crate::Why::ListNotBelieved;
                Err(StoreError::Quarantined { table: SETTINGS.name, id: name.to_owned(), why })
            }
            None => Ok(settings.rows.into_iter().find(|row| row.name == name).map(|row| row.value)),
        }
    }

    /// Sets a setting.
    pub fn put_setting(&self, name: &str, value: &str, sealer: &dyn Sealer) -> Result<(), StoreError> {
        SETTINGS.put(self, name, value, sealer)
    }

    /// Forgets a setting; tells whether there was one.
    pub fn remove_setting(&self, name: &str, sealer: &dyn Sealer) -> Result<bool, StoreError> {
        SETTINGS.remove(self, name, sealer)
    }
}
