use crate::{at, header, intent, read};
use gatehouse_core::{Agent, AgentId, AgentStatus, Digest, Evidence, JournalRecord};
use gatehouse_store::{Durability, Store};
use gatehouse_vault::Vault;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const STORE: &str = "GATEHOUSE_TEST_STORE";
const TEST: &str = "crash::nothing_acknowledged_is_lost_by_kill_9";

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    if let Some(path) = std::env::var_os(STORE) {
        append_until_killed(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    let mut last = 0;
    for round in 1..=6 {
        let acknowledged = killed_after(&path, round * 70);
        assert!(acknowledged > last, "round {round} appended nothing");
        let store = Store::open(&path).unwrap();
        let head = store.head().unwrap();
        assert!(head.count >= acknowledged, "{acknowledged} was acknowledged, {} are there", head.count);
        let report = store.verify(None, None).unwrap();
        assert!(report.is_ok(), "{report:?}");
        assert_eq!(report.entries, head.count);
        last = head.count;
    }
    assert_eq!(listed_hash(&path), Some(hash_of_row(&path)), "a row and its list were torn apart");
}

/// Starts this test as a child, kills it at once after so many lines, and returns the last entry that it said is kept.
fn killed_after(path: &Path, lines: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut kept = output.by_ref().filter_map(|line| line.strip_prefix("kept ")?.parse::<u64>().ok());
    let mut last = kept.by_ref().take(lines).last();
    child.kill().unwrap();
    // What it still said before it died counts as well; its last line may be cut, and then reads as a smaller number.
    last = last.max(kept.last());
    child.wait().unwrap();
    last.unwrap()
}

fn append_until_killed(path: &Path) -> ! {
    let store = Store::open(path).unwrap();
    let sealer = Vault::session_only().unwrap().sealer();
    for number in 0.. {
        let (record, durability): (JournalRecord, _) = match number % 5 {
            0 => (intent(0, 1), Durability::Full),
            _ => (read(0, 1, header("odoo_read")), Durability::Normal),
        };
        let entry = store.append(record, durability, Some(&*sealer)).unwrap();
        println!("kept {}", entry.seq);
        if number % 7 == 0 {
            store.put_agent(&agent(i64::from(number)), &*sealer).unwrap();
        }
    }
    unreachable!("it is killed")
}

fn agent(second: i64) -> Agent {
    Agent {
        id: AgentId::parse("claude-code").unwrap(),
        evidence: Evidence { uid: 1000, pid: 1, program: "/usr/bin/claude".into(), inode: 1 },
        status: AgentStatus::Admitted,
        grants: vec![],
        admitted_at: at(0),
        last_seen: at(second),
    }
}

fn listed_hash(path: &Path) -> Option<Digest> {
    let raw = rusqlite::Connection::open(path).unwrap();
    let list: String =
        raw.query_row("SELECT list FROM sealed_lists WHERE name = 'agents'", [], |row| row.get(0)).unwrap();
    serde_json::from_str::<BTreeMap<String, Digest>>(&list).unwrap().remove("claude-code")
}

fn hash_of_row(path: &Path) -> Digest {
    let raw = rusqlite::Connection::open(path).unwrap();
    Digest::of(raw.query_row("SELECT body FROM agents", [], |row| row.get::<_, String>(0)).unwrap().as_bytes())
}
