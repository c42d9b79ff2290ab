use super::payload;
use super::seal::Head;
use crate::error::StoreError;
use crate::store::{Durability, Store};
use gatehouse_core::{Digest, Hasher, JournalEntry, JournalRecord, Sealer, Timestamp};
use rusqlite::params;

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
            let before = Head::read(write)?;
            let seq = before.count + 1;
            let hash = entry_hash(seq, record.at, &event, payload_hash.as_ref(), &before.hash);
            write
                .prepare_cached(
                    "INSERT INTO journal (seq, at, event, payload_hash, previous, hash)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    seq.cast_signed(),
                    record.at.as_millis(),
                    event,
                    payload_hash.as_ref().map(Digest::as_bytes),
                    before.hash.as_bytes(),
                    hash.as_bytes()
                ])?;
            if let Some(body) = sealed {
                payload::insert(write, seq, &body)?;
            }
            Ok(JournalEntry { seq, at: record.at, event: record.event, payload_hash, previous: before.hash, hash })
        })
    }
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
