use super::append::entry_hash;
use super::payload::Purge;
use super::read::digest;
use super::seal::{Head, HeadSeal, is_tagged};
use crate::error::StoreError;
use crate::migrations::{schema, schema_of_this_form};
use crate::store::Store;
use gatehouse_core::{Digest, Sealer, Timestamp};
use rusqlite::{Connection, Row};
use std::fmt;

/// What a look at every entry and payload found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many entries there are.
    pub entries: u64,
    /// How many of them came after the last seal: that none is gone behind them cannot be told.
    pub unsealed: u64,
    /// How many of these bear no tag of this key: nothing vouches for them but the chain, which needs no key.
    pub unproven: u64,
    /// How many payloads were purged, by their records.
    pub purged: u64,
    /// What is wrong, in the order found; the first hundred.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub problem_count: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_ok(&self) -> bool {
        self.problem_count == 0
    }
}

/// One thing that is not as Gatehouse wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// The entry it shows at; `None` when it concerns the journal as a whole.
    pub seq: Option<u64>,
    /// What it is.
    pub fault: Fault,
}

/// What can be wrong with the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The entry is not what its hash was made of.
    EntryChanged,
    /// The entry does not follow the one before it: that was changed, or others took its place.
    ChainBroken,
    /// Entries are gone before this one.
    EntriesMissing {
        /// The entry that should be here.
        expected: u64,
    },
    /// The last entries are gone: the seal knows of more.
    EndMissing {
        /// How many the seal knows of.
        sealed: u64,
    },
    /// The sealed entry has another hash: the chain was rewritten.
    Rewritten,
    /// Another program wrote into the journal while Gatehouse did.
    WrittenByOthers,
    /// Entries of this key are there, and no seal is.
    SealMissing,
    /// The seal of the head was changed, or made under another key.
    SealNotBelieved,
    /// The payload is not what the entry commits to.
    PayloadChanged,
    /// The payload is gone, and no purge took it.
    PayloadMissing,
    /// There is a payload that no entry commits to.
    PayloadAdded,
    /// A record of a purge was changed, or made under another key; it accounts for nothing.
    PurgeNotBelieved,
    /// Tables, indexes or triggers are not those of this version: lists may leave entries out.
    FormChanged,
    /// The file is damaged inside: lists may leave entries out.
    FileDamaged,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "Entry {seq}: {}", self.fault),
            None => self.fault.fmt(f),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EntryChanged => f.write_str("its content was changed"),
            Self::ChainBroken => f.write_str("it does not follow the entry before it"),
            Self::EntriesMissing { expected } => {
                write!(f, "entries from {expected} on are gone before it")
            }
            Self::EndMissing { sealed } => {
                write!(f, "the end of the journal is gone; it had {sealed} entries")
            }
            Self::Rewritten => f.write_str("it is not the entry that was sealed; the journal was rewritten"),
            Self::WrittenByOthers => f.write_str("another program wrote into the journal"),
            Self::SealMissing => f.write_str("the journal's seal is gone from the keyring"),
            Self::SealNotBelieved => f.write_str("the journal's seal was changed, or made under another key"),
            Self::PayloadChanged => f.write_str("its payload was changed"),
            Self::PayloadMissing => f.write_str("its payload is gone, and was not purged"),
            Self::PayloadAdded => f.write_str("it has a payload that was not written with it"),
            Self::PurgeNotBelieved => f.write_str("a record of a purge was changed, or made under another key"),
            Self::FormChanged => f.write_str("the database's tables, indexes or triggers were changed"),
            Self::FileDamaged => f.write_str("the database's file is damaged"),
        }
    }
}

impl Store {
    /// Looks at every entry, every payload, and the lists' indexes. Appending goes on meanwhile; what is looked at is the
    /// state at the start.
    ///
    /// Without a sealed head the whole journal counts as unsealed; without a sealer the seal is taken at its word, and no tag
    /// is.
    pub fn verify(
        &self,
        sealed_head: Option<&HeadSeal>,
        sealer: Option<&dyn Sealer>,
    ) -> Result<VerifyReport, StoreError> {
        // The indexes take several times as long as the chain: the two are looked at side by side.
        std::thread::scope(|scope| {
            let form = scope.spawn(|| self.verify_form());
            let mut report = self.verify_chain(sealed_head, sealer)?;
            let found = form.join().map_err(|_| StoreError::Unreadable { what: "The journal's form".to_owned() })??;
            report.problem_count += found.len() as u64;
            report.problems.extend(found);
            report.problems.truncate(MOST_PROBLEMS);
            Ok(report)
        })
    }

    /// The same for entries and payloads alone: whatever anybody did to them shows here.
    pub fn verify_chain(
        &self,
        sealed_head: Option<&HeadSeal>,
        sealer: Option<&dyn Sealer>,
    ) -> Result<VerifyReport, StoreError> {
        self.read_at_length(|read| Verification::new(read, sealed_head, sealer)?.run(read))
    }

    /// Lists find their entries by lookup columns and indexes: what is wrong with these.
    fn verify_form(&self) -> Result<Vec<Problem>, StoreError> {
        self.read_at_length(|read| {
            let mut problems = Vec::new();
            if schema(read)? != schema_of_this_form()? {
                problems.push(Problem { seq: None, fault: Fault::FormChanged });
            }
            let first: String = read.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            if first != "ok" {
                problems.push(Problem { seq: None, fault: Fault::FileDamaged });
            }
            Ok(problems)
        })
    }
}

const MOST_PROBLEMS: usize = 100;

struct Verification<'a> {
    sealed_head: Option<&'a HeadSeal>,
    sealer: Option<&'a dyn Sealer>,
    purges: Vec<Purge>,
    report: VerifyReport,
}

impl<'a> Verification<'a> {
    fn new(
        read: &Connection,
        sealed_head: Option<&'a HeadSeal>,
        sealer: Option<&'a dyn Sealer>,
    ) -> Result<Self, StoreError> {
        let report =
            VerifyReport { entries: 0, unsealed: 0, unproven: 0, purged: 0, problems: Vec::new(), problem_count: 0 };
        let mut verification = Self { sealed_head, sealer, purges: Vec::new(), report };
        if let Some((seal, sealer)) = sealed_head.zip(sealer)
            && !seal.holds(sealer)
        {
            verification.found(None, Fault::SealNotBelieved);
        }
        for (purge, holds) in Purge::read_all(read, sealer)? {
            if holds {
                verification.purges.push(purge);
            } else {
                verification.found(None, Fault::PurgeNotBelieved);
            }
        }
        Ok(verification)
    }

    fn run(mut self, read: &Connection) -> Result<VerifyReport, StoreError> {
        let mut statement = read.prepare(
            "SELECT journal.seq, at, event, payload_hash, previous, hash, tag, body
             FROM journal LEFT JOIN payloads ON payloads.seq = journal.seq ORDER BY journal.seq",
        )?;
        let mut rows = statement.query([])?;
        let (mut before, mut payloads) = (Head::of_empty(), 0);
        while let Some(row) = rows.next()? {
            let entry = Entry::read(row)?;
            let payload = row.get_ref(7)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
            before = self.entry(&entry, &before);
            self.payload(&entry, payload);
            payloads += i64::from(payload.is_some());
        }
        self.end(&before);
        self.stray_payloads(read, payloads)?;
        Ok(self.report)
    }

    /// Looks at one entry; what it says of itself is what the next one must follow.
    fn entry(&mut self, entry: &Entry<'_>, before: &Head) -> Head {
        self.report.entries += 1;
        let (seq, expected) = (entry.seq, before.count + 1);
        if seq != expected {
            self.found(Some(seq), Fault::EntriesMissing { expected });
        }
        let previous = digest(entry.previous);
        if previous != Some(before.hash) {
            self.found(Some(seq), Fault::ChainBroken);
        }
        let hash = digest(entry.hash);
        if !entry.is_whole() {
            self.found(Some(seq), Fault::EntryChanged);
        }
        let hash = hash.unwrap_or(Digest::from_bytes([0; 32]));
        let is_proven = || self.sealer.is_some_and(|sealer| is_tagged(&hash, entry.tag, sealer));
        if self.sealed_head.is_none_or(|seal| seal.count < seq) && !is_proven() {
            self.report.unproven += 1;
        }
        if self.sealed_head.is_some_and(|seal| seal.count == seq && seal.head != hash) {
            self.found(Some(seq), Fault::Rewritten);
        }
        Head { count: seq, hash }
    }

    fn payload(&mut self, entry: &Entry<'_>, body: Option<&[u8]>) {
        match (&entry.payload_hash, body) {
            (None, None) => {}
            (None, Some(_)) => self.found(Some(entry.seq), Fault::PayloadAdded),
            (Some(hash), Some(body)) => {
                if Digest::of(body).as_bytes().as_slice() != *hash {
                    self.found(Some(entry.seq), Fault::PayloadChanged);
                }
            }
            (Some(_), None) if self.was_purged(entry.seq, entry.at) => self.report.purged += 1,
            (Some(_), None) => self.found(Some(entry.seq), Fault::PayloadMissing),
        }
    }

    fn end(&mut self, last: &Head) {
        let sealed = self.sealed_head.map_or(0, |seal| seal.count);
        if last.count < sealed {
            self.found(None, Fault::EndMissing { sealed });
        }
        self.report.unsealed = last.count.saturating_sub(sealed).min(self.report.entries);
    }

    /// `seen` payloads belong to an entry.
    fn stray_payloads(&mut self, read: &Connection, seen: i64) -> Result<(), StoreError> {
        if read.query_row("SELECT count(*) FROM payloads", [], |row| row.get::<_, i64>(0))? == seen {
            return Ok(());
        }
        let mut statement = read.prepare("SELECT seq FROM payloads WHERE seq NOT IN (SELECT seq FROM journal)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.found(Some(row.get::<_, i64>(0)?.cast_unsigned()), Fault::PayloadAdded);
        }
        Ok(())
    }

    fn was_purged(&self, seq: u64, at: Timestamp) -> bool {
        self.purges.iter().any(|purge| purge.covers(seq, at))
    }

    fn found(&mut self, seq: Option<u64>, fault: Fault) {
        self.report.problem_count += 1;
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(Problem { seq, fault });
        }
    }
}

/// An entry as it lies in the row, believed in nothing.
pub(super) struct Entry<'row> {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) event: &'row str,
    payload_hash: Option<&'row [u8]>,
    pub(super) previous: &'row [u8],
    pub(super) hash: &'row [u8],
    pub(super) tag: Option<&'row [u8]>,
}

impl<'row> Entry<'row> {
    /// From the columns `seq, at, event, payload_hash, previous, hash, tag`.
    pub(super) fn read(row: &'row Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get::<_, i64>(0)?.cast_unsigned(),
            at: Timestamp::from_millis(row.get(1)?),
            event: row.get_ref(2)?.as_str()?,
            payload_hash: row.get_ref(3)?.as_blob_or_null()?,
            previous: row.get_ref(4)?.as_blob()?,
            hash: row.get_ref(5)?.as_blob()?,
            tag: row.get_ref(6)?.as_blob_or_null()?,
        })
    }

    /// Whether its hash is made of what it says.
    pub(super) fn is_whole(&self) -> bool {
        let (Some(previous), Some(hash)) = (digest(self.previous), digest(self.hash)) else { return false };
        let payload = match self.payload_hash.map(digest) {
            Some(None) => return false,
            payload => payload.flatten(),
        };
        entry_hash(self.seq, self.at, self.event, payload.as_ref(), &previous) == hash
    }
}
