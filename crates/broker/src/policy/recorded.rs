//! The calls of the journal, decoded so that they can be judged again.

use super::stack::Judgement;
use crate::preview::{KEPT_TEXT, shortened};
use crate::state::Broker;
use crate::view::{RecordedCall, TryCall};
use gatehouse_core::{CallFacts, CallHeader, EdgeError, Environment, ErrorCode, JournalEntry, JournalEvent};
use gatehouse_policy::{Call as Subject, ConnectionFacts};
use gatehouse_store::{Line, PayloadState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

/// Calls that a replay judges.
pub(crate) const LAST: usize = 1_000;
/// Calls that are listed.
const LISTED: usize = 200;
/// What is remembered of decoded calls together, in bytes of their payloads.
const REMEMBERED_BYTES: usize = 64 * 1024 * 1024;

/// What a connection was like when a call was judged.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ConnectionThen {
    name: String,
    environment: Environment,
    host: String,
    database: String,
    login: String,
    version: Option<String>,
}

/// What is read back of a call's payload. What earlier versions wrote holds arguments alone.
#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    arguments: Value,
    facts: Option<CallFacts>,
    connection: Option<ConnectionThen>,
    #[serde(default)]
    rows: u64,
}

/// The encrypted part of a call's entry: all that judging it again needs, and why it was judged so.
pub(crate) fn payload(
    arguments: &Value,
    facts: Option<&CallFacts>,
    connection: Option<&ConnectionFacts>,
    judgement: Option<&Judgement>,
    rows: u64,
) -> Value {
    let connection = connection.cloned().map(|facts| ConnectionThen {
        name: facts.name,
        environment: facts.environment,
        host: facts.host,
        database: facts.database,
        login: facts.login,
        version: facts.version,
    });
    let mut payload = json!({"arguments": shortened(arguments, KEPT_TEXT)});
    let parts = [
        ("facts", facts.map(|facts| json!(facts))),
        ("connection", connection.map(|connection| json!(connection))),
        ("policies", judgement.map(policies)),
        ("explanation", judgement.map(|judgement| json!(judgement.tree))),
        ("rows", (rows > 0).then(|| json!(rows))),
    ];
    for (key, value) in parts {
        if let Some(value) = value {
            payload[key] = value;
        }
    }
    payload
}

/// The hash of each policy that judged, by its layer.
fn policies(judgement: &Judgement) -> Value {
    judgement.policies.iter().map(|(layer, revision)| (layer.clone(), json!(revision))).collect()
}

/// A call of the journal that can be judged again.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) line: RecordedCall,
    pub(crate) arguments: Value,
    pub(crate) facts: CallFacts,
    pub(crate) connection: Option<ConnectionFacts>,
    pub(crate) rows: u64,
    size: usize,
}

impl Recorded {
    fn of(entry: &JournalEntry, payload: Value, settled: Option<&JournalEntry>) -> Option<Self> {
        // What a person took back by their own hand no policy was asked about.
        let header = header_of(entry).filter(|header| header.undoes.is_none())?;
        let settled_rows = match settled.map(|settled| &settled.event) {
            Some(JournalEvent::Settled { rows, .. }) => *rows,
            _ => 0,
        };
        let size = payload.to_string().len();
        let payload: Payload = serde_json::from_value(payload).ok()?;
        let facts = payload.facts?;
        let connection = payload.connection.map(|then| ConnectionFacts {
            name: then.name,
            environment: then.environment,
            host: then.host,
            database: then.database,
            login: then.login,
            version: then.version,
        });
        let line = line_of(entry, header);
        Some(Self { line, arguments: payload.arguments, facts, connection, rows: payload.rows.max(settled_rows), size })
    }

    /// As the engine takes it.
    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject {
            facts: &self.facts,
            arguments: &self.arguments,
            connection: self.connection.as_ref(),
            agent: &self.line.agent,
        }
    }

    /// The same, to try again.
    pub(crate) fn again(&self) -> TryCall {
        TryCall {
            agent: self.line.agent.clone(),
            connection: self.line.connection.clone(),
            tool: self.line.tool.clone(),
            arguments: serde_json::to_string_pretty(&self.arguments).unwrap_or_default(),
        }
    }
}

fn header_of(entry: &JournalEntry) -> Option<&CallHeader> {
    match &entry.event {
        JournalEvent::Call { of, .. } | JournalEvent::Intent { of, .. } => Some(of),
        _ => None,
    }
}

fn line_of(entry: &JournalEntry, of: &CallHeader) -> RecordedCall {
    RecordedCall {
        seq: entry.seq,
        at: entry.at,
        agent: of.agent.clone(),
        connection: of.connection.clone(),
        connection_name: of.connection_name.clone(),
        tool: of.tool.clone(),
        model: of.model.clone(),
        records: of.records,
        decision: of.decision.clone(),
    }
}

/// The latest calls, decoded once: an entry of the journal never changes.
#[derive(Default)]
pub(crate) struct Remembered {
    /// By entry; none for one that cannot be judged again.
    calls: BTreeMap<u64, Option<Arc<Recorded>>>,
}

impl Remembered {
    fn newest(&self) -> u64 {
        self.calls.last_key_value().map_or(0, |(seq, _)| *seq)
    }

    /// Keeps the latest thousand, and of those the latest that fit into memory.
    fn trim(&mut self) {
        while self.calls.len() > LAST {
            self.calls.pop_first();
        }
        let mut bytes = 0;
        for call in self.calls.values_mut().rev() {
            bytes += call.as_ref().map_or(0, |call| call.size);
            if bytes > REMEMBERED_BYTES {
                *call = None;
            }
        }
    }
}

impl Broker {
    /// The last calls that can be judged again, newest first, and how many others there are among them.
    pub(crate) fn recorded(&self) -> Result<(Vec<Arc<Recorded>>, u32), EdgeError> {
        let sealer = self.sealer()?;
        let mut remembered = self.0.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let newer =
            self.0.store.calls(remembered.newest(), LAST, Some(sealer.as_ref())).map_err(|error| error.edge())?;
        let mut first_open = None;
        for (Line { entry, settled, .. }, state) in newer {
            if settled.is_none() && matches!(entry.event, JournalEvent::Intent { .. }) {
                first_open = Some(entry.seq);
            }
            let call = match state {
                PayloadState::Present(payload) => Recorded::of(&entry, payload, settled.as_ref()).map(Arc::new),
                _ => None,
            };
            remembered.calls.insert(entry.seq, call);
        }
        remembered.trim();
        let calls: Vec<_> = remembered.calls.values().rev().flatten().cloned().collect();
        let skipped = u32::try_from(remembered.calls.len() - calls.len()).unwrap_or(u32::MAX);
        // What a call that still runs will have returned is not known yet: it is decoded again the next time.
        if let Some(seq) = first_open {
            drop(remembered.calls.split_off(&seq));
        }
        Ok((calls, skipped))
    }

    /// Forgets what was decoded: another vault reads other payloads, and purged ones are gone.
    pub(crate) fn forget_recorded(&self) {
        *self.0.remembered.lock().unwrap_or_else(PoisonError::into_inner) = Remembered::default();
    }

    /// The latest calls of the journal that can be tried again, newest first, at most 200.
    pub fn recorded_calls(&self) -> Result<Vec<RecordedCall>, EdgeError> {
        let (calls, _) = self.recorded()?;
        let again = calls.iter().filter(|call| call.line.tool != crate::tools::CONNECTION_ADD);
        Ok(again.take(LISTED).map(|call| call.line.clone()).collect())
    }

    /// A call of the journal, to try again.
    pub fn recorded_call(&self, seq: u64) -> Result<TryCall, EdgeError> {
        Ok(self.one_recorded(seq)?.again())
    }

    pub(crate) fn one_recorded(&self, seq: u64) -> Result<Arc<Recorded>, EdgeError> {
        let sealer = self.sealer()?;
        let found = self.0.store.entry(seq, Some(sealer.as_ref())).map_err(|error| error.edge())?;
        let call = match found {
            Some((entry, PayloadState::Present(payload))) => Recorded::of(&entry, payload, None),
            _ => None,
        };
        call.map(Arc::new).ok_or_else(|| {
            EdgeError::new(
                ErrorCode::RecordMissing,
                "This call cannot be judged again: its details are gone, or it was refused before any policy was asked.",
            )
        })
    }
}
