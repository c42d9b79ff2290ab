//! What a decision costs that outlives the process: judged, charged, and its intent on the disk before anything is sent,
//! by eight agents at once; beside a bare insert of the same row under the same pragmas.

use criterion::{Criterion, criterion_group, criterion_main};
use gatehouse_core::{AgentId, CallHeader, CallId, Category, JournalEvent, JournalRecord, Timestamp};
use gatehouse_policy::{Explanation, Layer, Limits, evaluate, explain};
use gatehouse_policy_bench::{Made, calls, policy, tool_name};
use gatehouse_store::{Durability, Store};
use gatehouse_vault::Vault;
use rusqlite::{Connection, params};
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const AGENTS: usize = 8;
/// 2025-11-21, a fixed moment: the quota of the minute is larger than any run.
const NOW: Timestamp = Timestamp::from_millis(1_763_700_000_000);

fn agents() -> Vec<Made> {
    let agent = |index| {
        let mut made = calls(&tool_name(0)).swap_remove(0);
        made.agent = AgentId::parse(&format!("agent-{index}")).unwrap();
        made
    };
    // The rules allow three names; here each agent has its own counters.
    (0..AGENTS).map(agent).collect()
}

fn intent(made: &Made, number: u64, charges: Vec<gatehouse_core::Charge>, told: Option<&Explanation>) -> JournalRecord {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    let header = CallHeader {
        agent: made.agent.clone(),
        connection_name: Some("Acme".into()),
        category: Category::Write,
        model: Some("res.partner".into()),
        method: Some("write".into()),
        records: Some(2),
        decision: "allow".into(),
        charges,
        connection: None,
        tool: "odoo_write".into(),
        rule: String::new(),
        ticket: None,
        policy: None,
        plan: None,
        undoes: None,
    };
    let payload = json!({
        "arguments": made.arguments,
        "facts": made.facts,
        "explanation": told,
        "before": {"7": {"phone": "+32 2 290 34 80"}},
    });
    JournalRecord {
        at: NOW,
        event: JournalEvent::Intent { call: CallId::from_random(bytes), of: header },
        payload: Some(payload),
    }
}

/// Runs `work` on as many threads as there are agents, `iterations` times in all, and takes the whole time.
fn together(iterations: u64, work: impl Fn(usize) + Sync) -> Duration {
    let left = AtomicU64::new(iterations);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for agent in 0..AGENTS {
            let (left, work) = (&left, &work);
            scope.spawn(move || {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    work(agent);
                }
            });
        }
    });
    start.elapsed()
}

fn journal(c: &mut Criterion) {
    decided(c, "evaluate_reserve_intent", "bare_insert", false);
    decided(c, "with_explanation", "bare_insert_with_explanation", true);
}

/// Every call judged, charged and written down, beside the bare insert of the same row; explained, too, where asked for.
fn decided(c: &mut Criterion, ours: &str, bare_name: &str, explained: bool) {
    let mut group = c.benchmark_group("journal");
    group.sample_size(20).measurement_time(Duration::from_secs(10));
    let folder = tempfile::tempdir().unwrap();
    let agents = agents();

    let store = Store::open(&folder.path().join("ours.db")).unwrap();
    let sealer = Vault::session_only().unwrap().sealer();
    let mut open = policy(1, true).outline();
    // Agents of any name, because each has its own counters here.
    open.tools[0].require.retain(|rule| rule.conditions[0].path != "agent.name");
    let rules = gatehouse_policy::Policy::parse(&open.print(), &[]).unwrap();
    let layers = [Layer::new("user", &rules)];
    let limits = Mutex::new(Limits::new());
    let number = AtomicU64::new(0);
    let taken = AtomicU64::new(0);
    group.bench_function(ours, |b| {
        b.iter_custom(|iterations| {
            together(iterations, |agent| {
                let made = &agents[agent];
                let verdict = evaluate(&layers, &made.call());
                let (told, reserved) = {
                    let mut limits = limits.lock().unwrap();
                    let told = explained.then(|| explain(&layers, &made.call(), &limits, NOW));
                    (told, limits.reserve(&verdict.charges, NOW).unwrap())
                };
                taken.fetch_add(reserved.charges.iter().map(|charge| charge.amount).sum(), Ordering::Relaxed);
                let number = number.fetch_add(1, Ordering::Relaxed);
                let record = intent(made, number, reserved.charges, told.as_ref());
                store.append(record, Durability::Full, Some(sealer.as_ref())).unwrap();
            })
        });
    });
    let kept: u64 =
        store.charges_since(Timestamp::from_millis(0)).unwrap().iter().map(|(_, charge)| charge.amount).sum();
    assert_eq!(kept, taken.load(Ordering::Relaxed), "every charge stands in the journal, and none twice");

    let line = store.entry(1, None).unwrap().unwrap().0;
    let row = Row::of(&line, folder.path());
    let bare = Mutex::new(row.table(folder.path()));
    let seq = AtomicU64::new(0);
    group.bench_function(bare_name, |b| {
        b.iter_custom(|iterations| {
            together(iterations, |_| {
                let bare = bare.lock().unwrap();
                row.insert(&bare, seq.fetch_add(1, Ordering::Relaxed));
            })
        });
    });
    group.finish();
}

/// The first row of the journal with its payload, as bytes.
struct Row {
    at: i64,
    event: String,
    hash: Vec<u8>,
    body: Vec<u8>,
}

impl Row {
    fn of(line: &gatehouse_core::JournalEntry, folder: &std::path::Path) -> Self {
        let read = Connection::open(folder.join("ours.db")).unwrap();
        let body = read.query_row("SELECT body FROM payloads WHERE seq = 1", [], |row| row.get(0)).unwrap();
        Self {
            at: line.at.as_millis(),
            event: serde_json::to_string(&line.event).unwrap(),
            hash: line.hash.as_bytes().to_vec(),
            body,
        }
    }

    /// One table, no index but its key, the pragmas of the store.
    fn table(&self, folder: &std::path::Path) -> Connection {
        let bare = Connection::open(folder.join("bare.db")).unwrap();
        bare.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;
             PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
             CREATE TABLE rows (seq INTEGER NOT NULL PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL, payload_hash BLOB,
                 previous BLOB NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT;",
        )
        .unwrap();
        bare
    }

    fn insert(&self, bare: &Connection, seq: u64) {
        bare.prepare_cached("INSERT INTO rows VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .unwrap()
            .execute(params![seq.cast_signed(), self.at, self.event, self.hash, self.hash, self.hash, self.body])
            .unwrap();
    }
}

criterion_group!(benches, journal);
criterion_main!(benches);
