//! What the store promises, tried on real files.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod crash;
mod files;
mod journal;
mod left;
mod pace;
mod proven;
mod sealed;
mod speed;
mod tampering;

use gatehouse_core::{
    AgentId, CallHeader, CallId, Category, Charge, ConnectionId, JournalEvent, JournalRecord, Outcome, Sealer,
    Timestamp,
};
use gatehouse_store::{Durability, Store};
use gatehouse_vault::Vault;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A store in a folder of its own, and the real sealer under a fresh key.
struct House {
    folder: TempDir,
    store: Store,
    sealer: Arc<dyn Sealer>,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.sqlite")).unwrap();
        Self { folder, store, sealer: Vault::session_only().unwrap().sealer() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.sqlite")
    }

    fn append(&self, record: JournalRecord) -> u64 {
        self.store.append(record, Durability::Normal, Some(&*self.sealer)).unwrap().seq
    }

    /// SQL from outside, as another program of the same user would run it.
    fn tamper(&self, sql: &str) {
        outside(&self.path(), sql);
    }
}

/// Runs SQL with nothing in its way: no triggers of ours, no foreign keys, no checks.
fn outside(path: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
             DROP TRIGGER IF EXISTS journal_is_not_changed; DROP TRIGGER IF EXISTS journal_is_not_cut;
             DROP TRIGGER IF EXISTS journal_has_no_gaps;",
        )
        .unwrap();
    connection.execute_batch(sql).unwrap();
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + second * 1000)
}

fn agent(name: &str) -> AgentId {
    AgentId::parse(name).unwrap()
}

fn call(number: u8) -> CallId {
    CallId::from_random([number; 10])
}

fn connection_id(number: u8) -> ConnectionId {
    ConnectionId::from_random([number; 10])
}

fn charge(amount: u64) -> Charge {
    Charge { counter: "user/claude-code/writes".into(), window: 3600, window_start: at(0), amount }
}

fn header(tool: &str) -> CallHeader {
    CallHeader {
        agent: agent("claude-code"),
        connection: Some(connection_id(1)),
        connection_name: Some("Acme".into()),
        tool: tool.into(),
        category: Category::Write,
        model: Some("res.partner".into()),
        method: Some("write".into()),
        records: Some(1),
        decision: "allow".into(),
        rule: String::new(),
        ticket: None,
        charges: vec![charge(1)],
        policy: None,
        plan: None,
        undoes: None,
    }
}

fn record(second: i64, event: JournalEvent, payload: Option<Value>) -> JournalRecord {
    JournalRecord { at: at(second), event, payload }
}

fn read(second: i64, number: u8, of: CallHeader) -> JournalRecord {
    let outcome = Outcome::Done { summary: "12 rows".into() };
    record(second, JournalEvent::Call { call: call(number), of, outcome, duration_ms: 3 }, Some(json!({"n": number})))
}

fn intent(second: i64, number: u8) -> JournalRecord {
    let event = JournalEvent::Intent { call: call(number), of: header("odoo_write") };
    record(second, event, Some(json!({"values": {"phone": "1"}})))
}

fn settled(second: i64, number: u8, given_back: Vec<Charge>) -> JournalRecord {
    let outcome = Outcome::Done { summary: "1 record changed".into() };
    record(second, JournalEvent::settled(call(number), outcome, 5, given_back), None)
}
