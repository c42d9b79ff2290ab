use super::left;
use super::payload::{self, PayloadState};
use crate::error::StoreError;
use crate::store::Store;
use gatehouse_core::{AgentId, CallId, ConnectionId, Digest, JournalEntry, JournalEvent, Outcome, Sealer, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};
use std::collections::HashSet;

/// Which entries to list. All that is set must hold; entries without such a property (the app's start) match only when
/// it is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this agent.
    pub agent: Option<AgentId>,
    /// About this connection.
    pub connection: Option<ConnectionId>,
    /// Calls of this tool.
    pub tool: Option<String>,
    /// Calls decided so: `allow`, `ask` or `deny`.
    pub decision: Option<String>,
}

/// What a list of the journal shows as one: an entry, and for an intent how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The entry. Never a [`JournalEvent::Settled`] or [`JournalEvent::ReadBack`].
    pub entry: JournalEntry,
    /// The entry that settled it; `None` for all but intents, and for an intent that is still open.
    pub settled: Option<JournalEntry>,
    /// The entry that says what was read back, where its outcome is unknown.
    pub read_back: Option<JournalEntry>,
}

impl Line {
    pub(super) fn of(read: &Connection, entry: JournalEntry) -> Result<Self, StoreError> {
        let settled = match &entry.event {
            JournalEvent::Intent { call, .. } => settlement(read, call)?,
            _ => None,
        };
        let read_back = match settled.as_ref().map(|settled| &settled.event) {
            Some(JournalEvent::Settled { call, outcome: Outcome::Unknown { .. }, .. }) => left::read_back(read, call)?,
            _ => None,
        };
        Ok(Self { entry, settled, read_back })
    }
}

pub(super) const COLUMNS: &str = "seq, at, event, payload_hash, previous, hash";

impl Store {
    /// The latest lines that match, newest first: at most `limit`, all before entry `before` where that is given.
    pub fn entries(&self, filter: &Filter, before: Option<u64>, limit: usize) -> Result<Vec<Line>, StoreError> {
        let (conditions, values) = filter.to_sql(before);
        let sql = format!("SELECT {COLUMNS} FROM journal WHERE {conditions} ORDER BY seq DESC LIMIT {limit}");
        self.read(|read| {
            let mut statement = read.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut lines = Vec::new();
            while let Some(row) = rows.next()? {
                lines.push(Line::of(read, entry_from(row)?)?);
            }
            Ok(lines)
        })
    }

    /// One entry of any kind with what became of its payload; `None` when there is no such entry.
    pub fn entry(
        &self,
        seq: u64,
        sealer: Option<&dyn Sealer>,
    ) -> Result<Option<(JournalEntry, PayloadState)>, StoreError> {
        self.read(|read| {
            let mut statement = read.prepare_cached(&format!("SELECT {COLUMNS} FROM journal WHERE seq = ?1"))?;
            let mut rows = statement.query([seq.cast_signed()])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            let entry = entry_from(row)?;
            let state = payload::state(read, &entry, sealer)?;
            Ok(Some((entry, state)))
        })
    }

    /// The latest calls after entry `after`, newest first: at most `limit` intents and calls that needed none, each with
    /// what became of its payload.
    pub fn calls(
        &self,
        after: u64,
        limit: usize,
        sealer: Option<&dyn Sealer>,
    ) -> Result<Vec<(Line, PayloadState)>, StoreError> {
        self.read_at_length(|read| {
            let mut statement = read.prepare(&format!(
                "SELECT {COLUMNS} FROM journal WHERE seq > ?1 AND kind IN ('call', 'intent') ORDER BY seq DESC LIMIT {limit}"
            ))?;
            let mut rows = statement.query([after.cast_signed()])?;
            let mut calls = Vec::new();
            while let Some(row) = rows.next()? {
                let line = Line::of(read, entry_from(row)?)?;
                let state = payload::state(read, &line.entry, sealer)?;
                calls.push((line, state));
            }
            Ok(calls)
        })
    }

    /// When the newest entry was made; none in an empty journal.
    pub fn newest(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|read| {
            let newest: Option<i64> = read.query_row("SELECT max(at) FROM journal", [], |row| row.get(0))?;
            Ok(newest.map(Timestamp::from_millis))
        })
    }

    /// How tickets moved since a moment, oldest first.
    pub fn tickets_since(&self, since: Timestamp) -> Result<Vec<JournalEntry>, StoreError> {
        self.read(|read| {
            let mut statement = read.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM journal WHERE at >= ?1 AND kind = 'ticket' ORDER BY seq"
            ))?;
            let mut rows = statement.query([since.as_millis()])?;
            let mut moves = Vec::new();
            while let Some(row) = rows.next()? {
                moves.push(entry_from(row)?);
            }
            Ok(moves)
        })
    }

    /// The intents since the app's last start that nothing settled, oldest first: after a crash, the calls whose outcome
    /// nobody knows. Those of earlier runs were settled at the start after them.
    pub fn open_intents(&self) -> Result<Vec<JournalEntry>, StoreError> {
        self.read(|read| {
            let mut statement = read.prepare_cached(&format!("SELECT {COLUMNS} FROM journal ORDER BY seq DESC"))?;
            let mut rows = statement.query([])?;
            let (mut intents, mut settled) = (Vec::new(), HashSet::new());
            while let Some(row) = rows.next()? {
                let entry = entry_from(row)?;
                match &entry.event {
                    JournalEvent::Started { .. } => break,
                    JournalEvent::Settled { call, .. } => {
                        settled.insert(call.clone());
                    }
                    JournalEvent::Intent { call, .. } if !settled.contains(call) => intents.push(entry),
                    _ => {}
                }
            }
            intents.reverse();
            Ok(intents)
        })
    }
}

impl Filter {
    fn to_sql(&self, before: Option<u64>) -> (String, Vec<Value>) {
        let mut conditions = vec!["kind NOT IN ('settled', 'read_back')".to_owned()];
        let mut values = Vec::new();
        let columns = [
            ("agent", self.agent.as_ref().map(AgentId::as_str)),
            ("connection", self.connection.as_ref().map(ConnectionId::as_str)),
            ("tool", self.tool.as_deref()),
            ("decision", self.decision.as_deref()),
        ];
        for (column, wanted) in columns {
            if let Some(wanted) = wanted {
                values.push(Value::Text(wanted.to_owned()));
                conditions.push(format!("{column} = ?{}", values.len()));
            }
        }
        if let Some(before) = before {
            values.push(Value::Integer(i64::try_from(before).unwrap_or(i64::MAX)));
            conditions.push(format!("seq < ?{}", values.len()));
        }
        (conditions.join(" AND "), values)
    }
}

pub(super) fn settlement(read: &Connection, call: &CallId) -> Result<Option<JournalEntry>, StoreError> {
    let seq: Option<i64> = read
        .prepare_cached("SELECT min(seq) FROM journal WHERE call = ?1 AND kind = 'settled'")?
        .query_row([call.as_str()], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(seq) = seq else { return Ok(None) };
    let mut statement = read.prepare_cached(&format!("SELECT {COLUMNS} FROM journal WHERE seq = ?1"))?;
    let mut rows = statement.query([seq])?;
    rows.next()?.map(entry_from).transpose()
}

pub(super) fn entry_from(row: &Row<'_>) -> Result<JournalEntry, StoreError> {
    let seq = row.get::<_, i64>(0)?.cast_unsigned();
    let unreadable = || StoreError::Unreadable { what: format!("Entry {seq} of the journal") };
    let read = |column: usize| digest(&row.get::<_, Vec<u8>>(column)?).ok_or_else(unreadable);
    let payload_hash: Option<Vec<u8>> = row.get(3)?;
    Ok(JournalEntry {
        seq,
        at: Timestamp::from_millis(row.get(1)?),
        event: serde_json::from_str(&row.get::<_, String>(2)?).map_err(|_| unreadable())?,
        payload_hash: payload_hash.map(|bytes| digest(&bytes).ok_or_else(unreadable)).transpose()?,
        previous: read(4)?,
        hash: read(5)?,
    })
}

pub(super) fn digest(bytes: &[u8]) -> Option<Digest> {
    Some(Digest::from_bytes(bytes.try_into().ok()?))
}
