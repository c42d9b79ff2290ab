use crate::error::StoreError;
use crate::journal::{Head, Known};
use crate::sealed::Generations;
use crate::{file, migrations};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The database of one profile. Cheap to clone; all clones are the same store.
///
/// There is one writer. Readers have a connection of their own and do not wait for it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    writer: Mutex<Writer>,
    reader: Mutex<Connection>,
    expected: Mutex<Generations>,
    /// Where the journal stood when this process opened it.
    opened: Head,
    /// Where it must stand now. Taken only by whoever holds the writer.
    known: Mutex<Known>,
}

struct Writer {
    connection: Connection,
    durability: Durability,
}

/// What a write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, however sudden. A loss of power may take the last moments with it.
    Normal,
    /// Also a loss of power: it returns when the disk has it.
    Full,
}

impl Store {
    /// Opens the database, making it (0600, in a folder of 0700) or bringing it forward to this program's form.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        file::prepare(path)?;
        let mut writer = connect(path)?;
        migrations::migrate(&mut writer, path)?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        let durability = Durability::Normal;
        set_durability(&writer, durability)?;
        let reader = connect_for_reading(path)?;
        // One that cannot be read fails the seal's check, and every append.
        let opened = Head::read(&reader).unwrap_or_else(|_| Head::of_empty());
        let shared = Shared {
            path: path.to_owned(),
            writer: Mutex::new(Writer { connection: writer, durability }),
            reader: Mutex::new(reader),
            expected: Mutex::new(Generations::default()),
            opened,
            known: Mutex::new(Known::at(opened)),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The generations that sealed tables had when last known, from the vault's note. A table that is older was rolled
    /// back, and all of it is quarantined; one that is newer was written just before a crash, and is fine.
    pub fn expect(&self, known: &Generations) {
        locked(&self.shared.expected).raise_to(known);
    }

    /// The generations to keep in the vault's note: what was expected, raised by every change and every read that
    /// verified since.
    pub fn generations(&self) -> Generations {
        locked(&self.shared.expected).clone()
    }

    /// The least generation that a table may have.
    pub(crate) fn expected(&self, table: &str) -> u64 {
        locked(&self.shared.expected).of(table)
    }

    pub(crate) fn has_reached(&self, table: &'static str, generation: u64) {
        locked(&self.shared.expected).raise(table, generation);
    }

    /// Where the journal stood when this process opened it: what comes after is its own.
    pub(crate) fn opened(&self) -> Head {
        self.shared.opened
    }

    /// Where the journal must stand by what this process wrote. For whoever writes, while it does.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        locked(&self.shared.known)
    }

    /// Runs `work` in one transaction of the writer.
    pub(crate) fn write<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_then(durability, work, |_| ())
    }

    /// The same; `then` learns what came of it once it stands in the database, before anybody else writes.
    pub(crate) fn write_then<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
        then: impl FnOnce(&T),
    ) -> Result<T, StoreError> {
        let mut writer = locked(&self.shared.writer);
        if writer.durability != durability {
            set_durability(&writer.connection, durability)?;
            writer.durability = durability;
        }
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        then(&result);
        Ok(result)
    }

    /// Runs `work` on one unchanging state of the database.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&locked(&self.shared.reader).transaction()?)
    }

    /// The same for work that takes long: on a connection of its own, so that no other reader waits.
    pub(crate) fn read_at_length<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(&connect_for_reading(&self.shared.path)?.transaction()?)
    }

    /// Returns when the disk has all that was written. A seal kept elsewhere must not know of more than a loss of power
    /// leaves here.
    pub fn sync(&self) -> Result<(), StoreError> {
        // The log alone: what left it was synced by that. And to close the database's own file would end SQLite's locks.
        let mut path = self.shared.path.clone().into_os_string();
        path.push("-wal");
        match OpenOptions::new().write(true).open(&path).and_then(|log| log.sync_all()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            synced => synced.map_err(|cause| StoreError::File { path: path.into(), cause }),
        }
    }

    /// Moves the write-ahead log into the database and empties it, so that what was deleted is gone from both.
    pub(crate) fn checkpoint(&self) -> Result<(), StoreError> {
        let writer = locked(&self.shared.writer);
        writer.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

/// A panic while it was held has rolled its transaction back, so what is inside is sound.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    for (pragma, value) in [
        ("foreign_keys", true),
        // A row that is replaced counts as deleted, so the journal's triggers see it.
        ("recursive_triggers", true),
        // Whoever can write the file can write its schema too.
        ("trusted_schema", false),
        // What is purged is overwritten.
        ("secure_delete", true),
        // On macOS `fsync` alone does not reach the disk; elsewhere these do nothing.
        ("fullfsync", true),
        ("checkpoint_fullfsync", true),
    ] {
        connection.pragma_update(None, pragma, value)?;
    }
    Ok(connection)
}

fn connect_for_reading(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn set_durability(connection: &Connection, durability: Durability) -> rusqlite::Result<()> {
    let level = match durability {
        Durability::Normal => "NORMAL",
        Durability::Full => "FULL",
    };
    connection.pragma_update(None, "synchronous", level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma(store: &Store, name: &str) -> String {
        let writer = locked(&store.shared.writer);
        let value = writer.connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
        match value.unwrap() {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_full_write_waits_for_the_disk_and_a_normal_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.sqlite")).unwrap();
        assert_eq!(pragma(&store, "journal_mode"), "wal");
        for (durability, level) in [(Durability::Full, "2"), (Durability::Normal, "1"), (Durability::Full, "2")] {
            store.write(durability, |_| Ok(())).unwrap();
            assert_eq!(pragma(&store, "synchronous"), level);
        }
        for on in ["foreign_keys", "fullfsync", "secure_delete", "recursive_triggers"] {
            assert_eq!(pragma(&store, on), "1", "{on}");
        }
    }

    #[test]
    fn readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.sqlite")).unwrap();
        let tried = store.read(|read| Ok(read.execute("DELETE FROM settings", [])?));
        assert!(tried.is_err());
    }
}
