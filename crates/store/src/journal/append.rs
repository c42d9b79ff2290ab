use super::payload;
use super::seal::{Head, tag_of};
use crate::error::StoreError;
use crate::store::{Durability, Store};
use gatehouse_core::{Digest, Hasher, JournalEntry, JournalRecord, Sealer, Timestamp};
use rusqlite::{Transaction, params};

impl Store {
    /// Writes down what happened, as the next entry of the chain. When this returns, the entry outlives the process;
    /// with [`Durability::Full`], which is for the intents of writes, also a loss of power.
    ///
    /// The payload is kept only with a sealer, and only with one does the entry bear a tag that proves who wrote it. Whoever
    /// else wrote into the journal meanwhile shows at the next [`Store::check_head`].
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
        let work = |write: &Transaction<'_>| {
            let before = Head::read(write)?;
            self.known().compare(&before);
            let seq = before.count + 1;
            let hash = entry_hash(seq, record.at, &event, payload_hash.as_ref(), &before.hash);
            let tag = sealer.map(|sealer| tag_of(&hash, sealer));
            write
                .prepare_cached(
                    "INSERT INTO journal (seq, at, event, payload_hash, previous, hash, tag)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    seq.cast_signed(),
                    record.at.as_millis(),
                    event,
                    payload_hash.as_ref().map(Digest::as_bytes),
                    before.hash.as_bytes(),
                    hash.as_bytes(),
                    tag.as_ref().map(|tag| tag.0.as_bytes())
                ])?;
            if let Some(body) = sealed {
                payload::insert(write, seq, &body)?;
            }
            Ok(JournalEntry { seq, at: record.at, event: record.event, payload_hash, previous: before.hash, hash })
        };
        self.write_then(durability, work, |entry| self.known().moved_to(Head { count: entry.seq, hash: entry.hash }))
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
