use crate::error::StoreError;
use crate::migrations::Migration;
use gatehouse_core::{Digest, Seal, Sealer};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

pub(crate) const LISTS: Migration = Migration {
    to: 1,
    sql: "CREATE TABLE sealed_lists (
              name TEXT NOT NULL PRIMARY KEY,
              generation INTEGER NOT NULL,
              list TEXT NOT NULL,
              seal BLOB NOT NULL
          ) STRICT, WITHOUT ROWID;",
};

/// How often each sealed table was changed. Kept in the vault's note as JSON: an object of table names and numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generations(BTreeMap<String, u64>);

impl Generations {
    /// The generation of one table; zero for one that was never written.
    pub fn of(&self, table: &str) -> u64 {
        self.0.get(table).copied().unwrap_or(0)
    }

    pub(crate) fn raise(&mut self, table: &str, generation: u64) {
        let known = self.0.entry(table.to_owned()).or_default();
        *known = generation.max(*known);
    }

    pub(crate) fn raise_to(&mut self, other: &Self) {
        for (table, generation) in &other.0 {
            self.raise(table, *generation);
        }
    }
}

/// Why nothing in a table is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFault {
    /// Its list is gone.
    ListMissing,
    /// Its list was changed, or sealed under another key.
    ListAltered,
    /// The whole table is as it once was.
    RolledBack {
        /// The generation found.
        found: u64,
        /// The generation it had reached.
        expected: u64,
    },
}

impl fmt::Display for TableFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ListMissing => f.write_str("its list of rows is gone"),
            Self::ListAltered => f.write_str("its list of rows was changed, or was sealed under another key"),
            Self::RolledBack { found, expected } => {
                write!(f, "it was put back to an earlier state ({found}, after {expected} was reached)")
            }
        }
    }
}

/// A table's rows as they must be: hashes of their bodies by id.
pub(super) struct List {
    pub(super) generation: u64,
    pub(super) rows: BTreeMap<String, Digest>,
}

impl List {
    /// The list, or why it is not believed.
    pub(super) fn read(
        connection: &Connection,
        table: &'static str,
        sealer: &dyn Sealer,
        expected: u64,
    ) -> Result<Result<Self, TableFault>, StoreError> {
        let stored = connection
            .prepare_cached("SELECT generation, list, seal FROM sealed_lists WHERE name = ?1")?
            .query_row([table], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, Vec<u8>>(2)?)))
            .optional()?;
        let Some((generation, text, seal)) = stored else {
            let is_new = expected == 0 && is_empty(connection, table)?;
            return Ok(if is_new { Ok(Self::empty(0)) } else { Err(TableFault::ListMissing) });
        };
        let generation = generation.cast_unsigned();
        let holds = seal_from(&seal).is_some_and(|seal| sealer.verify(&label(table), &bytes(generation, &text), &seal));
        let rows = serde_json::from_str(&text);
        Ok(match rows {
            _ if !holds => Err(TableFault::ListAltered),
            Err(_) => Err(TableFault::ListAltered),
            Ok(_) if generation < expected => Err(TableFault::RolledBack { found: generation, expected }),
            Ok(rows) => Ok(Self { generation, rows }),
        })
    }

    pub(super) fn empty(generation: u64) -> Self {
        Self { generation, rows: BTreeMap::new() }
    }

    /// Seals and writes it under the next generation, which is returned.
    pub(super) fn write_next(
        &self,
        connection: &Connection,
        table: &'static str,
        sealer: &dyn Sealer,
    ) -> Result<u64, StoreError> {
        let generation = self.generation + 1;
        let text = serde_json::to_string(&self.rows)?;
        let seal = sealer.seal(&label(table), &bytes(generation, &text));
        connection
            .prepare_cached(
                "INSERT INTO sealed_lists (name, generation, list, seal) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET generation = ?2, list = ?3, seal = ?4",
            )?
            .execute(params![table, generation.cast_signed(), text, seal.0.as_bytes()])?;
        Ok(generation)
    }
}

pub(crate) fn seal_from(bytes: &[u8]) -> Option<Seal> {
    Some(Seal(Digest::from_bytes(bytes.try_into().ok()?)))
}

fn is_empty(connection: &Connection, table: &str) -> Result<bool, StoreError> {
    let rows: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    Ok(rows == 0)
}

/// No row's label begins like this: tables have other names.
fn label(table: &str) -> String {
    format!("sealed_lists/{table}")
}

fn bytes(generation: u64, list: &str) -> Vec<u8> {
    [&generation.to_be_bytes(), list.as_bytes()].concat()
}
