//! What was left open: calls whose outcome nobody knows yet, and questions that a crash cut off.

use super::read::{COLUMNS, entry_from, settlement};
use crate::error::StoreError;
use crate::migrations::Migration;
use crate::store::Store;
use gatehouse_core::{CallId, JournalEntry, JournalEvent, TicketId, TicketKind, Timestamp};
use std::collections::HashSet;

/// The few entries that say of what was left open, found without a walk.
pub(crate) const INDEXES: Migration = Migration {
    to: 9,
    sql: "CREATE INDEX journal_unknown ON journal (call)
              WHERE kind = 'settled' AND event ->> '$.outcome.result' = 'unknown';
          CREATE INDEX journal_read_back ON journal (call) WHERE kind = 'read_back';",
};

/// A call of unknown outcome that was not read back yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// Its intent.
    pub intent: JournalEntry,
    /// When it was written down that its outcome is unknown.
    pub settled_at: Timestamp,
}

impl Store {
    /// The calls of unknown outcome for which no entry says what was read back, oldest first.
    pub fn unknown_outcomes(&self) -> Result<Vec<Unknown>, StoreError> {
        self.read(|read| {
            let mut calls = read.prepare_cached(UNKNOWN)?;
            let calls = calls.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            let mut intents = read.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM journal WHERE call = ?1 AND kind = 'intent' ORDER BY seq LIMIT 1"
            ))?;
            let mut unknown = Vec::new();
            for call in calls {
                let mut rows = intents.query([&call])?;
                let Some(row) = rows.next()? else { continue };
                let intent = entry_from(row)?;
                let JournalEvent::Intent { call, .. } = &intent.event else { continue };
                if let Some(settled) = settlement(read, call)? {
                    unknown.push(Unknown { settled_at: settled.at, intent });
                }
            }
            unknown.sort_by_key(|unknown| unknown.intent.seq);
            Ok(unknown)
        })
    }

    /// The newest calls of unknown outcome, whatever was read back of them, newest first; at most `limit`.
    pub fn lost_calls(&self, limit: u32) -> Result<Vec<CallId>, StoreError> {
        self.read(|read| {
            let mut statement = read.prepare_cached(
                "SELECT event FROM journal INDEXED BY journal_unknown
                 WHERE kind = 'settled' AND event ->> '$.outcome.result' = 'unknown' ORDER BY seq DESC LIMIT ?1",
            )?;
            let events = statement.query_map([limit], |row| row.get::<_, String>(0))?;
            let mut calls = Vec::new();
            for event in events {
                if let Ok(JournalEvent::Settled { call, .. }) = serde_json::from_str(&event?) {
                    calls.push(call);
                }
            }
            Ok(calls)
        })
    }

    /// The questions to a person that were opened since the app's last start and did not end, oldest first: their entries. A
    /// form is none of them, nor is a call that ran.
    pub fn open_tickets(&self) -> Result<Vec<JournalEntry>, StoreError> {
        self.read(|read| {
            let mut statement = read.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM journal
                 WHERE seq > coalesce((SELECT seq FROM journal WHERE kind = 'started' ORDER BY seq DESC LIMIT 1), 0)
                   AND kind IN ('ticket', 'intent', 'call') ORDER BY seq"
            ))?;
            let mut rows = statement.query([])?;
            let (mut opened, mut ended): (Vec<(TicketId, JournalEntry)>, HashSet<TicketId>) = Default::default();
            while let Some(row) = rows.next()? {
                let entry = entry_from(row)?;
                match &entry.event {
                    JournalEvent::Ticket { ticket, ticket_kind, change, .. } => match change.as_str() {
                        "opened" if *ticket_kind != TicketKind::Form => opened.push((ticket.clone(), entry)),
                        // The call of an approved question is still to come; any other is carried out at once.
                        "approved" if *ticket_kind == TicketKind::Call => {}
                        _ => drop(ended.insert(ticket.clone())),
                    },
                    JournalEvent::Intent { of, .. } | JournalEvent::Call { of, .. } => ended.extend(of.ticket.clone()),
                    _ => {}
                }
            }
            Ok(opened.into_iter().filter(|(id, _)| !ended.contains(id)).map(|(_, entry)| entry).collect())
        })
    }
}

/// Left to itself, SQLite goes through every call.
const UNKNOWN: &str = "SELECT call FROM journal AS unknown INDEXED BY journal_unknown
    WHERE kind = 'settled' AND event ->> '$.outcome.result' = 'unknown'
      AND NOT EXISTS (SELECT 1 FROM journal AS found WHERE found.kind = 'read_back' AND found.call = unknown.call)";

/// What was read back of a call.
pub(super) fn read_back(read: &rusqlite::Connection, call: &CallId) -> Result<Option<JournalEntry>, StoreError> {
    let mut statement = read.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM journal WHERE call = ?1 AND kind = 'read_back' ORDER BY seq LIMIT 1"
    ))?;
    let mut rows = statement.query([call.as_str()])?;
    rows.next()?.map(entry_from).transpose()
}
