//! What taking a call back looks at: the call, its steps, what took it back, and what an agent changed of late.

use super::payload::{self, PayloadState};
use super::read::{COLUMNS, Line, entry_from};
use crate::error::StoreError;
use crate::migrations::Migration;
use crate::store::Store;
use gatehouse_core::{AgentId, CallId, JournalEntry, JournalEvent, Sealer, Timestamp};
use rusqlite::Connection;

/// The calls that take another back, and the steps of a plan, are found without walking the journal.
pub(crate) const COLUMNS_OF_CALLS: Migration = Migration {
    to: 8,
    sql: "ALTER TABLE journal ADD COLUMN undoes TEXT GENERATED ALWAYS AS (event ->> '$.undoes') VIRTUAL;
          ALTER TABLE journal ADD COLUMN plan TEXT GENERATED ALWAYS AS (event ->> '$.plan') VIRTUAL;
          CREATE INDEX journal_undoes ON journal (undoes) WHERE undoes IS NOT NULL;
          CREATE INDEX journal_plan ON journal (plan) WHERE plan IS NOT NULL;",
};

/// A call that asked Odoo, with what only the app may read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SentCall {
    /// Its intent, and how it ended.
    pub line: Line,
    /// What became of the intent's payload.
    pub sent: PayloadState,
    /// What became of the payload of its end; [`PayloadState::None`] while it has none.
    pub settled: PayloadState,
}

impl Store {
    /// A call by its id, where it asked Odoo; `None` for one that is not known or that asked nothing.
    pub fn sent_call(&self, call: &CallId, sealer: Option<&dyn Sealer>) -> Result<Option<SentCall>, StoreError> {
        self.read(|read| {
            let sql = format!("SELECT {COLUMNS} FROM journal WHERE call = ?1 AND kind = 'intent' ORDER BY seq LIMIT 1");
            let Some(entry) = entries(read, &sql, call.as_str())?.pop() else { return Ok(None) };
            sent_call(read, entry, sealer).map(Some)
        })
    }

    /// The steps of a plan that were sent or refused, newest first.
    pub fn steps(&self, plan: &CallId, sealer: Option<&dyn Sealer>) -> Result<Vec<SentCall>, StoreError> {
        self.read(|read| {
            let sql = format!("SELECT {COLUMNS} FROM journal WHERE plan = ?1 ORDER BY seq DESC");
            let steps = entries(read, &sql, plan.as_str())?;
            steps.into_iter().map(|entry| sent_call(read, entry, sealer)).collect()
        })
    }

    /// The calls that took this one back, or tried to, newest first.
    pub fn undoing(&self, call: &CallId) -> Result<Vec<Line>, StoreError> {
        self.read(|read| {
            let sql = format!("SELECT {COLUMNS} FROM journal WHERE undoes = ?1 ORDER BY seq DESC");
            entries(read, &sql, call.as_str())?.into_iter().map(|entry| Line::of(read, entry)).collect()
        })
    }

    /// What an agent sent since a moment, newest first, steps of plans left out; `take` says when it has enough.
    pub fn sent_since(
        &self,
        agent: &AgentId,
        since: Timestamp,
        mut take: impl FnMut(Line) -> bool,
    ) -> Result<(), StoreError> {
        self.read_at_length(|read| {
            let mut statement = read.prepare(&format!(
                "SELECT {COLUMNS} FROM journal WHERE agent = ?1 AND kind = 'intent' ORDER BY seq DESC"
            ))?;
            let mut rows = statement.query([agent.as_str()])?;
            while let Some(row) = rows.next()? {
                let entry = entry_from(row)?;
                if entry.at < since {
                    break;
                }
                let is_step = matches!(&entry.event, JournalEvent::Intent { of, .. } if of.plan.is_some());
                if !is_step && !take(Line::of(read, entry)?) {
                    break;
                }
            }
            Ok(())
        })
    }
}

fn entries(read: &Connection, sql: &str, id: &str) -> Result<Vec<JournalEntry>, StoreError> {
    let mut statement = read.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry_from(row)?);
    }
    Ok(entries)
}

fn sent_call(read: &Connection, entry: JournalEntry, sealer: Option<&dyn Sealer>) -> Result<SentCall, StoreError> {
    let sent = payload::state(read, &entry, sealer)?;
    let line = Line::of(read, entry)?;
    let settled = match &line.settled {
        Some(settled) => payload::state(read, settled, sealer)?,
        None => PayloadState::None,
    };
    Ok(SentCall { line, sent, settled })
}
