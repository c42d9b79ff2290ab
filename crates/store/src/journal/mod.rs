//! The journal: an append-only chain of entries, each holding the hash of the one before.
//!
//! The chain needs no key, so it goes on while the vault is locked. What a stranger could do to it, rewrite the chain
//! from some entry on or cut its end, shows against a [`HeadSeal`] that the caller keeps in the vault. Entries after the
//! last seal are counted as unsealed; those written while the vault was open bear a tag under its key each, which proves
//! that nobody else wrote them, though not that none is gone behind the last. While the app runs it alone appends, so that
//! it knows where the journal must stand: [`Store::check_head`] tells whether it does, before a seal is renewed.
//!
//! [`Store::check_head`]: crate::Store::check_head
//!
//! Payloads are encrypted and lie in a table of their own. An entry commits to the hash of the encrypted bytes, so
//! that payloads can be purged without touching the chain; each purge leaves a sealed record, so that a payload that is
//! gone without one shows. Without a sealer a payload cannot be encrypted and is not kept: the entry then has no
//! payload hash, like one that never had a payload.

mod append;
mod charges;
mod left;
mod pace;
mod payload;
mod proven;
mod read;
mod seal;
mod undone;
mod verify;

pub use charges::charges_of;
pub(crate) use left::INDEXES;
pub use left::Unknown;
pub(crate) use pace::CALLS;
pub use payload::PayloadState;
pub use proven::Proven;
pub use read::{Filter, Line};
pub use seal::{Checked, Head, HeadSeal};
pub(crate) use seal::{Known, TAGS};
pub(crate) use undone::COLUMNS_OF_CALLS;
pub use undone::SentCall;
pub use verify::{Fault, Problem, VerifyReport};

use crate::migrations::Migration;

/// The lookup columns are computed from the event, so that they cannot disagree with it.
pub(crate) const TABLE: Migration = Migration {
    to: 6,
    sql: "CREATE TABLE journal (
              seq INTEGER NOT NULL PRIMARY KEY,
              at INTEGER NOT NULL,
              event TEXT NOT NULL CHECK (json_valid(event)),
              payload_hash BLOB,
              previous BLOB NOT NULL,
              hash BLOB NOT NULL,
              kind TEXT GENERATED ALWAYS AS (event ->> '$.kind') VIRTUAL,
              call TEXT GENERATED ALWAYS AS (event ->> '$.call') VIRTUAL,
              agent TEXT GENERATED ALWAYS AS (event ->> '$.agent') VIRTUAL,
              connection TEXT GENERATED ALWAYS AS (event ->> '$.connection') VIRTUAL,
              tool TEXT GENERATED ALWAYS AS (event ->> '$.tool') VIRTUAL,
              decision TEXT GENERATED ALWAYS AS (event ->> '$.decision') VIRTUAL
          ) STRICT;
          CREATE INDEX journal_at ON journal (at);
          CREATE INDEX journal_agent ON journal (agent) WHERE agent IS NOT NULL;
          CREATE INDEX journal_connection ON journal (connection) WHERE connection IS NOT NULL;
          CREATE INDEX journal_tool ON journal (tool) WHERE tool IS NOT NULL;
          CREATE INDEX journal_decision ON journal (decision) WHERE decision IS NOT NULL;
          CREATE INDEX journal_writes ON journal (call, kind) WHERE kind = 'intent' OR kind = 'settled';

          CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
              BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
          CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON journal
              BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
          CREATE TRIGGER journal_has_no_gaps BEFORE INSERT ON journal
              WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal)
              BEGIN SELECT raise(ABORT, 'the journal has no gaps'); END;",
};

pub(crate) const PAYLOADS: Migration = Migration {
    to: 7,
    sql: "CREATE TABLE payloads (
              seq INTEGER NOT NULL PRIMARY KEY REFERENCES journal (seq),
              body BLOB NOT NULL
          ) STRICT;
          CREATE TABLE purges (
              id INTEGER NOT NULL PRIMARY KEY,
              before INTEGER NOT NULL,
              through INTEGER NOT NULL,
              payloads INTEGER NOT NULL,
              seal BLOB NOT NULL
          ) STRICT;",
};
