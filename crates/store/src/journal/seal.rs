use super::verify::{Fault, Problem};
use crate::error::StoreError;
use crate::migrations::Migration;
use crate::store::{Durability, Store};
use gatehouse_core::{Digest, Hasher, Seal, Sealer};
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};

const LABEL: &str = "journal head";
const LABEL_OF_ENTRIES: &str = "journal entry";

/// Beside each entry a seal of its hash, where the vault was open when it was written.
pub(crate) const TAGS: Migration = Migration { to: 11, sql: "ALTER TABLE journal ADD COLUMN tag BLOB;" };

/// Where the journal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries it has.
    pub count: u64,
    /// The hash of the last one; of an empty journal a fixed one.
    pub hash: Digest,
}

/// Where the journal stood, sealed. The caller keeps the latest in the vault, out of reach of whoever can write the
/// database; as JSON it takes about 190 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadSeal {
    /// How many entries it had.
    pub count: u64,
    /// The hash of the last one.
    pub head: Digest,
    /// Over both.
    pub seal: Seal,
}

/// Where the journal stands, and whether that is where it must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Where it stands.
    pub head: Head,
    /// What another program did to it.
    pub problem: Option<Problem>,
}

/// Where the journal must stand by what this process wrote.
pub(crate) struct Known {
    head: Head,
    /// It stood elsewhere when something was appended.
    was_elsewhere: Option<Fault>,
}

impl Known {
    pub(crate) fn at(head: Head) -> Self {
        Self { head, was_elsewhere: None }
    }

    /// Takes note of where it was found; the first difference is kept until it was told.
    pub(super) fn compare(&mut self, found: &Head) {
        if *found != self.head && self.was_elsewhere.is_none() {
            let is_shorter = found.count < self.head.count;
            let gone = Fault::EndMissing { sealed: self.head.count };
            self.was_elsewhere = Some(if is_shorter { gone } else { Fault::WrittenByOthers });
        }
    }

    pub(super) fn moved_to(&mut self, head: Head) {
        self.head = head;
    }
}

impl Store {
    /// Where the journal stands.
    pub fn head(&self) -> Result<Head, StoreError> {
        self.read(|read| Head::read(read))
    }

    /// Compares where the journal stands with what this process wrote and with a seal, and takes where it stands as known
    /// from now on: each difference is told once. Entries before the seal are not looked at; their chain leads to it.
    pub fn check_head(&self, sealed: Option<&HeadSeal>) -> Result<Checked, StoreError> {
        self.write(Durability::Normal, |write| {
            let head = Head::read(write)?;
            let mut known = self.known();
            known.compare(&head);
            let of_end = known.was_elsewhere.take().map(|fault| Problem { seq: None, fault });
            known.moved_to(head);
            // What is wrong with the sealed entry says more than that the end is another, too.
            let of_seal = sealed.map(|sealed| sealed.missing_in(write)).transpose()?.flatten();
            Ok(Checked { head, problem: of_seal.or(of_end) })
        })
    }
}

impl Head {
    pub(crate) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let last = connection
            .prepare_cached("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
            .optional()?;
        Ok(last.map_or_else(Self::of_empty, |(seq, hash)| Self {
            count: seq.cast_unsigned(),
            hash: Digest::from_bytes(hash),
        }))
    }

    /// Where every journal begins.
    pub fn of_empty() -> Self {
        Self { count: 0, hash: Hasher::new("journal").finish() }
    }
}

impl HeadSeal {
    /// Seals where a journal stood.
    pub fn of(head: Head, sealer: &dyn Sealer) -> Self {
        let Head { count, hash } = head;
        Self { count, head: hash, seal: sealer.seal(LABEL, &bytes(count, &hash)) }
    }

    /// What is wrong with the entry that was sealed.
    fn missing_in(&self, connection: &Connection) -> Result<Option<Problem>, StoreError> {
        if self.count == 0 {
            return Ok(None);
        }
        let hash = connection
            .prepare_cached("SELECT hash FROM journal WHERE seq = ?1")?
            .query_row([self.count.cast_signed()], |row| row.get::<_, Vec<u8>>(0))
            .optional()?;
        Ok(match hash {
            Some(hash) if hash == self.head.as_bytes() => None,
            Some(_) => Some(Problem { seq: Some(self.count), fault: Fault::Rewritten }),
            None => Some(Problem { seq: None, fault: Fault::EndMissing { sealed: self.count } }),
        })
    }

    /// Whether it was sealed by this sealer's key and not changed since.
    pub fn holds(&self, sealer: &dyn Sealer) -> bool {
        sealer.verify(LABEL, &bytes(self.count, &self.head), &self.seal)
    }
}

/// What stands beside an entry, to prove who wrote it.
pub(super) fn tag_of(hash: &Digest, sealer: &dyn Sealer) -> Seal {
    sealer.seal(LABEL_OF_ENTRIES, hash.as_bytes())
}

/// Whether an entry's tag was made under this key. The hash covers what the entry says, its place and all before it.
pub(super) fn is_tagged(hash: &Digest, tag: Option<&[u8]>, sealer: &dyn Sealer) -> bool {
    let seal = tag.and_then(crate::sealed::seal_from);
    seal.is_some_and(|seal| sealer.verify(LABEL_OF_ENTRIES, hash.as_bytes(), &seal))
}

fn bytes(count: u64, head: &Digest) -> Vec<u8> {
    [count.to_be_bytes().as_slice(), head.as_bytes()].concat()
}
