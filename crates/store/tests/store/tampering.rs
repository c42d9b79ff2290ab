use crate::{House, at, header, intent, outside, read, settled};
use gatehouse_core::{Digest, Hasher};
use gatehouse_store::{Fault, HeadSeal, PayloadState, Store, VerifyReport};
use gatehouse_vault::Vault;
use std::path::PathBuf;

const ENTRIES: u64 = 12;

/// A journal with every kind of row, closed and sealed; each attack works on a copy.
struct Victim {
    house: House,
    seal: HeadSeal,
}

impl Victim {
    fn new() -> Self {
        let house = House::new();
        for number in 0..4_u8 {
            let second = i64::from(number) * 10;
            house.append(read(second, number, header("odoo_read")));
            house.append(intent(second + 1, 100 + number));
            house.append(settled(second + 2, 100 + number, vec![]));
        }
        assert_eq!(house.store.purge_payloads(at(10), &*house.sealer).unwrap(), 2);
        let seal = HeadSeal::of(house.store.head().unwrap(), &*house.sealer);
        assert_eq!(seal.count, ENTRIES);
        Self { house, seal }
    }

    /// What `verify` says after `sql` was run from outside on a copy.
    fn after(&self, sql: &str) -> VerifyReport {
        let (_folder, copy) = self.copy();
        outside(&copy, sql);
        self.verify(&copy)
    }

    fn verify(&self, copy: &std::path::Path) -> VerifyReport {
        Store::open(copy).unwrap().verify(Some(&self.seal), Some(&*self.house.sealer)).unwrap()
    }

    /// The purge emptied the write-ahead log, and nothing was written since: the file is the whole database.
    fn copy(&self) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.sqlite");
        std::fs::copy(self.house.path(), &copy).unwrap();
        (folder, copy)
    }
}

/// What was found, apart from the triggers that the attacker dropped on the way.
fn faults(report: &VerifyReport) -> Vec<(Option<u64>, Fault)> {
    report.problems.iter().map(|p| (p.seq, p.fault)).filter(|(_, fault)| *fault != Fault::FormChanged).collect()
}

#[test]
fn nothing_is_found_where_nothing_was_done() {
    let victim = Victim::new();
    let (_folder, copy) = victim.copy();
    let report = victim.verify(&copy);
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.unsealed, report.purged), (ENTRIES, 0, 2));
}

#[test]
fn every_column_of_every_entry_is_covered() {
    let victim = Victim::new();
    for seq in 1..=ENTRIES {
        for (column, value) in [
            ("at", "at + 1"),
            ("event", "json_set(event, '$.outcome', 'x')"),
            ("event", "event || ' '"),
            ("payload_hash", "zeroblob(32)"),
            ("payload_hash", "iif(payload_hash IS NULL, zeroblob(32), NULL)"),
            ("payload_hash", "zeroblob(3)"),
            ("previous", "zeroblob(32)"),
            ("previous", "zeroblob(0)"),
            ("hash", "zeroblob(32)"),
            ("hash", "zeroblob(31)"),
            ("seq", "seq + 1000"),
        ] {
            let report = victim.after(&format!("UPDATE journal SET {column} = {value} WHERE seq = {seq}"));
            assert!(!faults(&report).is_empty(), "{column} = {value} at {seq} went unseen");
        }
    }
}

#[test]
fn every_cut_is_found() {
    let victim = Victim::new();
    for first in 1..=ENTRIES {
        for last in first..=ENTRIES {
            let report = victim.after(&format!(
                "DELETE FROM payloads WHERE seq BETWEEN {first} AND {last};
                 DELETE FROM journal WHERE seq BETWEEN {first} AND {last}"
            ));
            assert!(!faults(&report).is_empty(), "{first} to {last} went unseen");
        }
    }
    let tail = faults(&victim.after("DELETE FROM payloads WHERE seq > 9; DELETE FROM journal WHERE seq > 9"));
    assert_eq!(tail, [(None, Fault::EndMissing { sealed: ENTRIES })]);
}

#[test]
fn every_cut_is_found_though_the_rest_is_renumbered() {
    let victim = Victim::new();
    for cut in 1..ENTRIES {
        let report = victim.after(&format!(
            "DELETE FROM payloads WHERE seq = {cut}; DELETE FROM journal WHERE seq = {cut};
             UPDATE journal SET seq = -seq WHERE seq > {cut}; UPDATE journal SET seq = -seq - 1 WHERE seq < 0;
             UPDATE payloads SET seq = -seq WHERE seq > {cut}; UPDATE payloads SET seq = -seq - 1 WHERE seq < 0;"
        ));
        assert!(!faults(&report).is_empty(), "{cut} went unseen");
    }
}

#[test]
fn every_swap_is_found() {
    let victim = Victim::new();
    for one in 1..ENTRIES {
        for other in one + 1..=ENTRIES {
            let report = victim.after(&format!(
                "UPDATE journal SET seq = -1 WHERE seq = {one}; UPDATE journal SET seq = {one} WHERE seq = {other};
                 UPDATE journal SET seq = {other} WHERE seq = -1;"
            ));
            assert!(!faults(&report).is_empty(), "{one} and {other} went unseen");
        }
    }
}

#[test]
fn a_chain_rewritten_with_right_hashes_is_found_by_its_seal() {
    let victim = Victim::new();
    for changed in 1..=ENTRIES {
        let (_folder, copy) = victim.copy();
        outside(&copy, "");
        rewrite_from(&copy, changed);
        let report = victim.verify(&copy);
        assert_eq!(faults(&report), [(Some(ENTRIES), Fault::Rewritten)], "from {changed}");
    }
}

#[test]
fn a_cut_end_filled_up_with_other_entries_is_found() {
    let victim = Victim::new();
    let (_folder, copy) = victim.copy();
    outside(&copy, "DELETE FROM payloads WHERE seq > 9; DELETE FROM journal WHERE seq > 9");
    let store = Store::open(&copy).unwrap();
    for number in 0..6 {
        store.append(read(50, number, header("odoo_read")), gatehouse_store::Durability::Normal, None).unwrap();
    }
    drop(store);
    assert_eq!(faults(&victim.verify(&copy)), [(Some(ENTRIES), Fault::Rewritten)]);
}

#[test]
fn payloads_that_were_changed_moved_added_or_silently_deleted_are_found() {
    let victim = Victim::new();
    let found = |sql: &str| faults(&victim.after(sql));
    assert_eq!(found("UPDATE payloads SET body = zeroblob(40) WHERE seq = 5"), [(Some(5), Fault::PayloadChanged)]);
    assert_eq!(found("DELETE FROM payloads WHERE seq = 5"), [(Some(5), Fault::PayloadMissing)]);
    assert_eq!(found("INSERT INTO payloads VALUES (6, x'00')"), [(Some(6), Fault::PayloadAdded)]);
    assert_eq!(found("INSERT INTO payloads VALUES (99, x'00')"), [(Some(99), Fault::PayloadAdded)]);
    let moved = "UPDATE payloads SET seq = -1 WHERE seq = 4; UPDATE payloads SET seq = 4 WHERE seq = 5;
                 UPDATE payloads SET seq = 5 WHERE seq = -1";
    assert_eq!(found(moved), [(Some(4), Fault::PayloadChanged), (Some(5), Fault::PayloadChanged)]);
}

#[test]
fn a_purge_cannot_be_claimed_widened_or_forgotten() {
    let victim = Victim::new();
    let gone = "DELETE FROM payloads WHERE seq = 5;";
    for sql in [
        format!("{gone} INSERT INTO purges SELECT 2, before + 100000, through, payloads, seal FROM purges"),
        format!("{gone} UPDATE purges SET before = before + 100000"),
        format!("{gone} UPDATE purges SET id = 2"),
        "UPDATE purges SET payloads = 1".to_owned(),
        "UPDATE purges SET through = 99".to_owned(),
        "UPDATE purges SET seal = x'00'".to_owned(),
    ] {
        let found = faults(&victim.after(&sql));
        assert!(found.contains(&(None, Fault::PurgeNotBelieved)), "{sql}: {found:?}");
    }
    assert_eq!(
        faults(&victim.after("DELETE FROM purges")),
        [(Some(1), Fault::PayloadMissing), (Some(2), Fault::PayloadMissing)]
    );

    let (_folder, copy) = victim.copy();
    outside(&copy, gone);
    let state = Store::open(&copy).unwrap().entry(5, Some(&*victim.house.sealer)).unwrap().unwrap().1;
    assert_eq!(state, PayloadState::Missing);
}

#[test]
fn a_seal_of_another_key_or_other_words_is_not_believed() {
    let victim = Victim::new();
    let verify = |seal: &HeadSeal, sealer| victim.house.store.verify(Some(seal), Some(sealer)).unwrap();
    let stranger = Vault::session_only().unwrap().sealer();
    let found = faults(&verify(&victim.seal, &*stranger));
    assert!(found.contains(&(None, Fault::SealNotBelieved)), "{found:?}");
    let shorter = HeadSeal { count: victim.seal.count - 1, ..victim.seal };
    assert!(faults(&verify(&shorter, &*victim.house.sealer)).contains(&(None, Fault::SealNotBelieved)));
    let other = HeadSeal { head: Digest::of(b"x"), ..victim.seal };
    assert!(faults(&verify(&other, &*victim.house.sealer)).contains(&(None, Fault::SealNotBelieved)));
}

#[test]
fn tables_made_to_hide_entries_from_lists_are_found() {
    let victim = Victim::new();
    for sql in [
        "DROP INDEX journal_agent",
        "CREATE TRIGGER quiet AFTER INSERT ON journal BEGIN DELETE FROM payloads; END",
        "CREATE TABLE extra (a)",
    ] {
        let (_folder, copy) = victim.copy();
        rusqlite::Connection::open(&copy).unwrap().execute_batch(sql).unwrap();
        let report = victim.verify(&copy);
        assert_eq!(report.problems.iter().map(|p| p.fault).collect::<Vec<_>>(), [Fault::FormChanged], "{sql}");
    }
}

#[test]
fn a_report_stays_short_and_counts_everything() {
    let house = House::new();
    for number in 0..150 {
        house.append(read(0, number, header("odoo_read")));
    }
    house.tamper("UPDATE journal SET at = at + 1");
    let report = house.store.verify(None, None).unwrap();
    assert_eq!((report.problems.len(), report.problem_count >= 150), (100, true));
    assert!(report.problems[0].to_string().contains("Entry 1:"), "{}", report.problems[0]);
}

/// Changes one entry and makes every hash from there on right again: the chain as documented, computed independently.
pub(crate) fn rewrite_from(path: &std::path::Path, changed: u64) {
    let raw = rusqlite::Connection::open(path).unwrap();
    raw.execute("UPDATE journal SET at = at + 1 WHERE seq = ?1", [changed.cast_signed()]).unwrap();
    let mut previous = Hasher::new("journal").finish();
    let mut statement = raw.prepare("SELECT seq, at, event, payload_hash FROM journal ORDER BY seq").unwrap();
    let entries: Vec<(i64, i64, String, Option<Vec<u8>>)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (seq, at, event, payload) in entries {
        let hash = Hasher::new("journal entry")
            .part(&seq.to_be_bytes())
            .part(&at.to_be_bytes())
            .part(event.as_bytes())
            .part(payload.as_deref().unwrap_or_default())
            .part(previous.as_bytes())
            .finish();
        raw.execute(
            "UPDATE journal SET previous = ?2, hash = ?3 WHERE seq = ?1",
            rusqlite::params![seq, previous.as_bytes(), hash.as_bytes()],
        )
        .unwrap();
        previous = hash;
    }
}
