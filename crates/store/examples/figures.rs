//! What a long journal costs beside a short one: `figures FOLDER ENTRIES` makes a journal of so many entries in a new file of
//! FOLDER, beside one of a thousand, and prints what was measured as one JSON object. Times are microseconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for a benchmark that stops where it cannot measure"
)]

use gatehouse_core::{
    AgentId, CallHeader, CallId, Category, Charge, ConnectionId, Digest, Hasher, JournalEvent, JournalRecord, Outcome,
    Sealer, Timestamp,
};
use gatehouse_store::{Durability, Filter, Store, VerifyReport};
use gatehouse_vault::Vault;
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The short journal.
const SHORT: u64 = 1000;
/// How often a list is timed.
const ROUNDS: usize = 200;
/// Rows of a page as the Activity page asks for them: one more, to know whether there are any.
const PAGE: usize = 51;
/// 2026-01-01, a fixed moment.
const BEGIN: i64 = 1_767_225_600_000;
const TOOLS: [&str; 5] = ["odoo_search_read", "odoo_read", "odoo_write", "odoo_read_group", "odoo_create"];

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words.next().unwrap();
    let long: u64 = words.next().unwrap().parse().unwrap();
    let sealer = Vault::session_only().unwrap().sealer();
    let began = Instant::now();
    let journals = [SHORT, long].map(|entries| Journal::of(Path::new(&folder), entries, &sealer));
    let written = began.elapsed();

    let lists: Vec<Value> = lists().into_iter().map(|(name, filter)| list(name, &filter, &journals)).collect();
    let whole = &journals[1];
    // Entries and payloads as they lie there, in memory: what cannot be saved.
    let bytes = whole.bytes();
    let is_whole = |report: VerifyReport| assert!(report.is_ok() && report.entries == long);
    let (mut hashing, mut chain, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        hashing.push(micros(timed(|| bare_hash(&bytes))));
        chain.push(micros(timed(|| is_whole(whole.store.verify_chain(None, Some(&*sealer)).unwrap()))));
        all.push(micros(timed(|| is_whole(whole.store.verify(None, Some(&*sealer)).unwrap()))));
    }
    let size: usize = bytes.iter().map(|(event, payload)| event.len() + payload.len()).sum();
    let start = micros(timed(|| {
        assert!(whole.store.open_intents().unwrap().is_empty());
        assert!(whole.store.open_tickets().unwrap().is_empty());
        assert!(whole.store.unknown_outcomes().unwrap().is_empty());
    }));
    let figures = json!({
        "entries": long,
        "append": micros(written / u32::try_from(long + SHORT).unwrap()),
        "file": std::fs::metadata(&whole.path).unwrap().len(),
        "lists": lists,
        "bytes": size,
        "hash": hashing,
        "chain": chain,
        "verify": all,
        "start": start,
    });
    println!("{figures}");
}

/// What the Activity page asks for, each found about as often in the short journal as in the long one.
fn lists() -> Vec<(&'static str, Filter)> {
    let all = Filter::default();
    let (agent, tool) = (Some(agent(3)), Some(TOOLS[2].to_owned()));
    vec![
        ("page", all.clone()),
        ("agent", Filter { agent: agent.clone(), ..all.clone() }),
        ("connection", Filter { connection: Some(connection(2)), ..all.clone() }),
        ("tool", Filter { tool: tool.clone(), ..all.clone() }),
        ("decision", Filter { decision: Some("ask".into()), ..all.clone() }),
        ("agent and tool", Filter { agent: agent.clone(), tool, ..all.clone() }),
        // Nothing fits both.
        ("agent and decision", Filter { agent, decision: Some("deny".into()), ..all }),
    ]
}

/// The newest page of each journal, and one from its middle, in turn.
fn list(name: &str, filter: &Filter, journals: &[Journal; 2]) -> Value {
    let mut taken = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    let mut rows = [0; 4];
    for _ in 0..ROUNDS {
        for (place, journal) in journals.iter().enumerate() {
            for (half, before) in [None, Some(journal.entries / 2)].into_iter().enumerate() {
                let place = 2 * place + half;
                taken[place].push(timed(|| rows[place] = journal.store.entries(filter, before, PAGE).unwrap().len()));
            }
        }
    }
    let [short, short_middle, long, long_middle] = taken.map(|taken| taken.into_iter().map(micros).collect::<Vec<_>>());
    json!({"name": name, "rows": rows, "short": [short, short_middle], "long": [long, long_middle]})
}

struct Journal {
    path: std::path::PathBuf,
    store: Store,
    entries: u64,
}

impl Journal {
    fn of(folder: &Path, entries: u64, sealer: &Arc<dyn Sealer>) -> Self {
        let path = folder.join(format!("{entries}.sqlite"));
        let store = Store::open(&path).unwrap();
        append(&store, 0, JournalEvent::Started { version: "0.1.0".into() }, None, sealer);
        let mut number = 1;
        while number < entries {
            number += call(&store, number, entries - number, sealer);
        }
        Self { path, store, entries }
    }

    fn bytes(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let connection = rusqlite::Connection::open(&self.path).unwrap();
        let mut statement = connection
            .prepare("SELECT event, coalesce(body, x'') FROM journal LEFT JOIN payloads USING (seq) ORDER BY seq")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?.into_bytes(), row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

/// One call: a refusal is one entry, a read or a change two.
fn call(store: &Store, number: u64, room: u64, sealer: &Arc<dyn Sealer>) -> u64 {
    let mut id = [0; 10];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let (id, of) = (CallId::from_random(id), header(number));
    let payload = json!({
        "arguments": {"connection": "Acme", "model": "res.partner", "ids": [number], "values": {"phone": "+32 2 290 34 80"}},
        "facts": {"risk": {"category": "write", "effects": ["sends no mail"]}, "records": 1, "company": [1]},
        "before": {"7": {"phone": "+32 2 290 34 80", "email": "deco.addict82@example.com", "name": "Deco Addict"}},
    });
    let outcome = Outcome::Done { summary: "1 record changed".into() };
    if of.decision == "deny" || room < 2 {
        let event = JournalEvent::Call { call: id, of, outcome, duration_ms: 3 };
        append(store, number, event, Some(payload), sealer);
        return 1;
    }
    append(store, number, JournalEvent::Intent { call: id.clone(), of }, Some(payload), sealer);
    append(store, number + 1, JournalEvent::settled(id, outcome, 12, Vec::new()), None, sealer);
    2
}

fn append(store: &Store, number: u64, event: JournalEvent, payload: Option<Value>, sealer: &Arc<dyn Sealer>) {
    let at = Timestamp::from_millis(BEGIN + number.cast_signed() * 1000);
    store.append(JournalRecord { at, event, payload }, Durability::Normal, Some(&**sealer)).unwrap();
}

fn header(number: u64) -> CallHeader {
    // Mixed, and the same in every run; one agent is never refused.
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let who = mixed % 5;
    let decision = match mixed / 5 % 10 {
        0 if who != 3 => "deny",
        1 | 2 => "ask",
        _ => "allow",
    };
    let charge = |counter: &str, window| Charge {
        counter: format!("user/{}/{counter}", agent(who)),
        window,
        window_start: Timestamp::from_millis(BEGIN),
        amount: 1,
    };
    CallHeader {
        agent: agent(who),
        connection: Some(connection(mixed / 50 % 4)),
        connection_name: Some("Acme".into()),
        tool: TOOLS[usize::try_from(mixed / 200 % 5).unwrap()].into(),
        category: Category::Write,
        model: Some("res.partner".into()),
        method: Some("write".into()),
        records: Some(1),
        decision: decision.into(),
        rule: "tools/odoo_write/require/0".into(),
        ticket: None,
        charges: vec![charge("calls", 60), charge("writes", 3600)],
        policy: None,
        plan: None,
        undoes: None,
    }
}

fn agent(number: u64) -> AgentId {
    AgentId::parse(&format!("agent-{number}")).unwrap()
}

fn connection(number: u64) -> ConnectionId {
    ConnectionId::from_random([u8::try_from(number).unwrap(); 10])
}

/// The chain's hash and the payloads', and nothing else.
fn bare_hash(entries: &[(Vec<u8>, Vec<u8>)]) {
    let mut previous = Digest::of(b"");
    for (number, (event, payload)) in entries.iter().enumerate() {
        let payload = Digest::of(payload);
        previous = Hasher::new("journal entry")
            .part(&(number as u64).to_be_bytes())
            .part(&0u64.to_be_bytes())
            .part(event)
            .part(payload.as_bytes())
            .part(previous.as_bytes())
            .finish();
    }
    black_box(previous);
}

fn timed(mut work: impl FnMut()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
