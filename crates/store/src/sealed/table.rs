use super::list::{List, TableFault, seal_from};
use crate::error::StoreError;
use crate::store::{Durability, Store};
use gatehouse_core::{Digest, Sealer};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use std::fmt;

/// What a sealed table holds: what may be applied, and what must not be.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed<T> {
    /// The rows that verified, by id.
    pub rows: Vec<T>,
    /// The rows that did not. To be shown; never applied.
    pub quarantined: Vec<Quarantined<T>>,
    /// Set when the table as a whole is not believed; every row is then quarantined.
    pub fault: Option<TableFault>,
    /// How often the table was changed.
    pub generation: u64,
}

/// A row that is not applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarantined<T> {
    /// Its id as it claims.
    pub id: String,
    /// What is wrong with it.
    pub why: Why,
    /// What it says, for a person to look at. Writing it again confirms it; removing it forgets it.
    pub claim: Option<T>,
}

/// Why a row is not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its content or seal was changed.
    Edited,
    /// It is as it once was, not as it was last written.
    PutBack,
    /// It was added from outside, or was removed in Gatehouse and came back.
    Unlisted,
    /// It was deleted from outside.
    Deleted,
    /// The table's own list is not believed, so nothing says which rows belong to it.
    ListNotBelieved,
    /// It verifies, but this version cannot read it.
    Unreadable,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Edited => "its content was changed",
            Self::PutBack => "it was put back to an earlier state",
            Self::Unlisted => "it was added, or brought back after it was removed",
            Self::Deleted => "it was deleted",
            Self::ListNotBelieved => "the list of what belongs here was changed, lost or put back",
            Self::Unreadable => "it cannot be read by this version",
        })
    }
}

/// A table with the columns `id`, `body` and `seal`.
pub(crate) struct SealedTable {
    pub(crate) name: &'static str,
}

impl SealedTable {
    /// Reads the whole table; `parse` gives `None` for a body that it cannot read.
    pub(crate) fn read<T>(
        &self,
        store: &Store,
        sealer: &dyn Sealer,
        parse: impl Fn(&str, &str) -> Option<T>,
    ) -> Result<Sealed<T>, StoreError> {
        let expected = store.expected(self.name);
        let contents = store.read(|read| self.contents(read, sealer, expected, parse))?;
        if contents.fault.is_none() {
            store.has_reached(self.name, contents.generation);
        }
        Ok(contents)
    }

    /// Writes a row in place of what was there, quarantined or not.
    pub(crate) fn put(&self, store: &Store, id: &str, body: &str, sealer: &dyn Sealer) -> Result<(), StoreError> {
        self.put_if(store, id, body, sealer, |_| Ok(()))
    }

    /// The same, unless `check` finds in the same transaction that it must not be.
    pub(crate) fn put_if(
        &self,
        store: &Store,
        id: &str,
        body: &str,
        sealer: &dyn Sealer,
        check: impl FnOnce(&Connection) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let seal = sealer.seal(&self.label(id), body.as_bytes());
        self.change(store, sealer, |write, list| {
            check(write)?;
            write
                .prepare_cached(&format!(
                    "INSERT INTO {} (id, body, seal) VALUES (?1, ?2, ?3)
                     ON CONFLICT (id) DO UPDATE SET body = ?2, seal = ?3",
                    self.name
                ))?
                .execute(params![id, body, seal.0.as_bytes()])?;
            list.rows.insert(id.to_owned(), Digest::of(body.as_bytes()));
            Ok(())
        })
    }

    /// Removes a row, quarantined or not; tells whether there was one.
    pub(crate) fn remove(&self, store: &Store, id: &str, sealer: &dyn Sealer) -> Result<bool, StoreError> {
        self.change(store, sealer, |write, list| {
            let deleted = write.prepare_cached(&format!("DELETE FROM {} WHERE id = ?1", self.name))?.execute([id])?;
            Ok(list.rows.remove(id).is_some() || deleted > 0)
        })
    }

    /// The rows of one state of the database.
    pub(crate) fn contents<T>(
        &self,
        read: &Connection,
        sealer: &dyn Sealer,
        expected: u64,
        parse: impl Fn(&str, &str) -> Option<T>,
    ) -> Result<Sealed<T>, StoreError> {
        let list = List::read(read, self.name, sealer, expected)?;
        let mut contents = Sealed {
            rows: Vec::new(),
            quarantined: Vec::new(),
            fault: list.as_ref().err().copied(),
            generation: list.as_ref().map_or(expected, |list| list.generation),
        };
        let mut missing: BTreeSet<String> = list.iter().flat_map(|list| list.rows.keys().cloned()).collect();
        let mut statement = read.prepare_cached(&format!("SELECT id, body, seal FROM {} ORDER BY id", self.name))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, body, seal): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            missing.remove(&id);
            let seal_holds =
                seal_from(&seal).is_some_and(|seal| sealer.verify(&self.label(&id), body.as_bytes(), &seal));
            let claim = parse(&id, &body);
            match (judge(&list, &id, &body, seal_holds), claim) {
                (None, Some(row)) => contents.rows.push(row),
                (None, None) => contents.quarantined.push(Quarantined { id, why: Why::Unreadable, claim: None }),
                (Some(why), claim) => contents.quarantined.push(Quarantined { id, why, claim }),
            }
        }
        let deleted = missing.into_iter().map(|id| Quarantined { id, why: Why::Deleted, claim: None });
        contents.quarantined.extend(deleted);
        Ok(contents)
    }

    /// Changes rows and list together, durably.
    fn change<T>(
        &self,
        store: &Store,
        sealer: &dyn Sealer,
        work: impl FnOnce(&Connection, &mut List) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let expected = store.expected(self.name);
        let (result, generation) = store.write(Durability::Full, |write| {
            let mut list = List::read(write, self.name, sealer, expected)?.unwrap_or_else(|fault| {
                tracing::warn!(table = self.name, %fault, "a sealed table starts a new list");
                List::empty(expected)
            });
            let result = work(write, &mut list)?;
            Ok((result, list.write_next(write, self.name, sealer)?))
        })?;
        store.has_reached(self.name, generation);
        Ok(result)
    }

    fn label(&self, id: &str) -> String {
        format!("{}/{id}", self.name)
    }
}

fn judge(list: &Result<List, TableFault>, id: &str, body: &str, seal_holds: bool) -> Option<Why> {
    let Ok(list) = list else {
        return Some(if seal_holds { Why::ListNotBelieved } else { Why::Edited });
    };
    match list.rows.get(id) {
        _ if !seal_holds => Some(Why::Edited),
        None => Some(Why::Unlisted),
        Some(hash) if *hash != Digest::of(body.as_bytes()) => Some(Why::PutBack),
        Some(_) => None,
    }
}
