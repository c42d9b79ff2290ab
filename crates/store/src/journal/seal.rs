use crate::error::StoreError;
use crate::store::Store;
use gatehouse_core::{Digest, Hasher, Seal, Sealer};
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};

const LABEL: &str = "journal head";

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

impl Store {
    /// Where the journal stands.
    pub fn head(&self) -> Result<Head, StoreError> {
        self.read(|read| Head::read(read))
    }

    /// Seals where the journal stands.
    pub fn seal_head(&self, sealer: &dyn Sealer) -> Result<HeadSeal, StoreError> {
        let Head { count, hash } = self.head()?;
        Ok(HeadSeal { count, head: hash, seal: sealer.seal(LABEL, &bytes(count, &hash)) })
    }
}

impl Head {
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let last = connection
            .prepare_cached("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
            .optional()?;
        Ok(last.map_or_else(Self::of_empty, |(seq, hash)| Self {
            count: seq.cast_unsigned(),
            hash: Digest::from_bytes(hash),
        }))
    }

    pub(super) fn of_empty() -> Self {
        Self { count: 0, hash: Hasher::new("journal").finish() }
    }
}

impl HeadSeal {
    /// Whether it was sealed by this sealer's key and not changed since.
    pub fn holds(&self, sealer: &dyn Sealer) -> bool {
        sealer.verify(LABEL, &bytes(self.count, &self.head), &self.seal)
    }
}

fn bytes(count: u64, head: &Digest) -> Vec<u8> {
    [count.to_be_bytes().as_slice(), head.as_bytes()].concat()
}
