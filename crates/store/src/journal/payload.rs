use super::seal::Head;
use crate::error::StoreError;
use crate::store::{Durability, Store};
use gatehouse_core::{Digest, Hasher, JournalEntry, Sealer, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

/// What became of an entry's payload.
#[derive(Debug, Clone, PartialEq)]
pub enum PayloadState {
    /// The entry has none: nothing was given, or the vault was locked.
    None,
    /// Here it is.
    Present(Value),
    /// It is there, and needs a sealer to be read.
    Locked,
    /// It was purged.
    Purged,
    /// It is gone without having been purged.
    Missing,
    /// It was changed, or encrypted under another key.
    Damaged,
}

impl Store {
    /// Purges the payloads of all entries made before a moment, and records that sealed; returns how many.
    pub fn purge_payloads(&self, before: Timestamp, sealer: &dyn Sealer) -> Result<u64, StoreError> {
        let purged = self.write(Durability::Full, |write| {
            let payloads = write.execute(
                "DELETE FROM payloads WHERE seq IN (SELECT seq FROM journal WHERE at < ?1)",
                [before.as_millis()],
            )? as u64;
            if payloads > 0 {
                let id: i64 = write.query_row("SELECT coalesce(max(id), 0) + 1 FROM purges", [], |row| row.get(0))?;
                let purge = Purge { id: id.cast_unsigned(), before, through: Head::read(write)?.count, payloads };
                purge.insert(write, sealer)?;
            }
            Ok(payloads)
        })?;
        if purged > 0 {
            self.checkpoint()?;
        }
        Ok(purged)
    }
}

/// The record of one purge: whose payloads are rightly gone.
pub(super) struct Purge {
    pub(super) id: u64,
    /// Of entries made before this.
    before: Timestamp,
    /// And not after this entry.
    through: u64,
    /// How many there were.
    payloads: u64,
}

impl Purge {
    /// All records, each with whether its seal holds; without a sealer none is doubted.
    pub(super) fn read_all(
        connection: &Connection,
        sealer: Option<&dyn Sealer>,
    ) -> Result<Vec<(Self, bool)>, StoreError> {
        let mut statement =
            connection.prepare_cached("SELECT id, before, through, payloads, seal FROM purges ORDER BY id")?;
        let purges = statement.query_map([], |row| {
            let purge = Self {
                id: row.get::<_, i64>(0)?.cast_unsigned(),
                before: Timestamp::from_millis(row.get(1)?),
                through: row.get::<_, i64>(2)?.cast_unsigned(),
                payloads: row.get::<_, i64>(3)?.cast_unsigned(),
            };
            let seal = crate::sealed::seal_from(&row.get::<_, Vec<u8>>(4)?);
            let holds = sealer
                .is_none_or(|sealer| seal.is_some_and(|seal| sealer.verify(&purge.label(), &purge.bytes(), &seal)));
            Ok((purge, holds))
        })?;
        Ok(purges.collect::<Result<_, _>>()?)
    }

    /// Whether it took the payload of this entry.
    pub(super) fn covers(&self, seq: u64, at: Timestamp) -> bool {
        at < self.before && seq <= self.through
    }

    fn insert(&self, connection: &Connection, sealer: &dyn Sealer) -> Result<(), StoreError> {
        let seal = sealer.seal(&self.label(), &self.bytes());
        connection.execute(
            "INSERT INTO purges (id, before, through, payloads, seal) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                self.id.cast_signed(),
                self.before.as_millis(),
                self.through.cast_signed(),
                self.payloads.cast_signed(),
                seal.0.as_bytes()
            ],
        )?;
        Ok(())
    }

    fn label(&self) -> String {
        format!("journal purge/{}", self.id)
    }

    fn bytes(&self) -> Vec<u8> {
        let before = self.before.as_millis().to_be_bytes();
        [before, self.through.to_be_bytes(), self.payloads.to_be_bytes()].concat()
    }
}

/// Encrypts the payload of the entry that says `event`; it opens for that entry alone.
pub(super) fn encrypt(sealer: &dyn Sealer, at: Timestamp, event: &str, plain: &[u8]) -> Vec<u8> {
    sealer.encrypt(&label(at, event), plain)
}

pub(super) fn insert(connection: &Connection, seq: u64, body: &[u8]) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO payloads (seq, body) VALUES (?1, ?2)")?
        .execute(params![seq.cast_signed(), body])?;
    Ok(())
}

pub(super) fn state(
    connection: &Connection,
    entry: &JournalEntry,
    sealer: Option<&dyn Sealer>,
) -> Result<PayloadState, StoreError> {
    let Some(hash) = entry.payload_hash else {
        return Ok(PayloadState::None);
    };
    let found: Option<(Vec<u8>, String)> = connection
        .prepare_cached("SELECT body, event FROM payloads JOIN journal USING (seq) WHERE seq = ?1")?
        .query_row([entry.seq.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((body, event)) = found else {
        let purges = Purge::read_all(connection, sealer)?;
        let is_purged = purges.iter().any(|(purge, holds)| *holds && purge.covers(entry.seq, entry.at));
        return Ok(if is_purged { PayloadState::Purged } else { PayloadState::Missing });
    };
    if Digest::of(&body) != hash {
        return Ok(PayloadState::Damaged);
    }
    let Some(sealer) = sealer else {
        return Ok(PayloadState::Locked);
    };
    let plain = sealer.decrypt(&label(entry.at, &event), &body);
    let value = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
    Ok(value.map_or(PayloadState::Damaged, PayloadState::Present))
}

/// Known before the entry has its number. The event's text names its call, so no two entries share it.
fn label(at: Timestamp, event: &str) -> String {
    let entry = Hasher::new("journal payload").part(&at.as_millis().to_be_bytes()).part(event.as_bytes()).finish();
    format!("journal payload/{entry}")
}
