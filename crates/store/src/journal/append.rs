use super::payload;
use super::seal::Head;
use crate::error::StoreError;
use crate::store::{Durability, Store};
use gatehouse_core::{Digest, Hasher, JournalEntry, JournalEvent, JournalRecord, Sealer, Timestamp};
use rusqlite::{Transaction, params};

impl Store {
    /// Writes down what happened, as the next entry of the chain. When this returns, the entry outlives the process;
    /// with [`Durability::Full`], which is for the intents of writes, also a loss of power.
    ///
    /// The payload is kept only with a sealer.
    pub fn append(
        &self,
        record: JournalRecord,
        durability: Durability,
        sealer: Option<&dyn Sealer>,
    ) -> Result<JournalEntry, StoreError> {
        let event = serde_json::to_string(&record.event)?;
        let payload = record.payload.as_ref().map(serde_json::to_vec).transpose()?;
        // Encrypted and hashed before the writers' lock is taken: those who wait for it would wait for that, too.
        let sealed = payload.zip(sealer).map(|(plain, sealer)| payload::encrypt(sealer, record.at, &event, &plain));
        let payload_hash = sealed.as_deref().map(Digest::of);
        self.write(durability, |write| {
            let link = insert(write, record.at, &event, payload_hash.as_ref())?;
            if let Some(body) = sealed {
                payload::insert(write, link.seq, &body)?;
            }
            let Link { seq, previous, hash } = link;
            Ok(JournalEntry { seq, at: record.at, event: record.event, payload_hash, previous, hash })
        })
    }

    /// Puts down what happened as an entry that stands before whatever is written next, and waits for nothing: it is
    /// written, and can be read, with the next write or [`Store::catch_up`]. Until then it is lost with the process.
    pub fn append_soon(&self, at: Timestamp, event: &JournalEvent) -> Result<(), StoreError> {
        self.wait_in_line(Waiting { at, event: serde_json::to_string(event)? });
        Ok(())
    }
}

/// An entry without a payload that is to be written.
#[derive(Clone)]
pub(crate) struct Waiting {
    at: Timestamp,
    event: String,
}

impl Waiting {
    pub(crate) fn insert(&self, write: &Transaction<'_>) -> Result<(), StoreError> {
        insert(write, self.at, &self.event, None).map(drop)
    }
}

/// Where an entry hangs in the chain.
struct Link {
    seq: u64,
    previous: Digest,
    hash: Digest,
}

fn insert(
    write: &Transaction<'_>,
    at: Timestamp,
    event: &str,
    payload_hash: Option<&Digest>,
) -> Result<Link, StoreError> {
    let before = Head::read(write)?;
    let seq = before.count + 1;
    let hash = entry_hash(seq, at, event, payload_hash, &before.hash);
    write
        .prepare_cached(
            "INSERT INTO journal (seq, at, event, payload_hash, previous, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            seq.cast_signed(),
            at.as_millis(),
            event,
            payload_hash.map(Digest::as_bytes),
            before.hash.as_bytes(),
            hash.as_bytes()
        ])?;
    Ok(Link { seq, previous: before.hash, hash })
}

/// Over the event's text as it is stored, so that an entry keeps its hash when later versions read more out of it.
pub(super) fn entry_hash(
    seq: u64,
    at: Timestamp,
    event: &str,
    payload_hash: Option<&Digest>,
    previous: &Digest,
) -> Digest {
    Hasher::new("journal entry")
        .part(&seq.to_be_bytes())
        .part(&at.as_millis().to_be_bytes())
        .part(event.as_bytes())
        .part(payload_hash.map_or(&[][..], |hash| hash.as_bytes()))
        .part(previous.as_bytes())
        .finish()
}
