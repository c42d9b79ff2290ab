//! What is believed of a journal that was written into while the app did not run.

use crate::{House, at, charge, header, intent, outside, record, settled};
use gatehouse_core::{CallHeader, JournalEvent, JournalRecord, Sealer};
use gatehouse_store::{Durability, Fault, HeadSeal, Proven, Store, charges_of};
use gatehouse_vault::Vault;
use std::path::{Path, PathBuf};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// A journal that was sealed after eight entries, and cut off after four more.
struct Cut {
    house: House,
    seal: HeadSeal,
}

impl Cut {
    fn new() -> Self {
        let house = House::new();
        for number in 0..4_u8 {
            house.append(intent(i64::from(number), number));
            house.append(settled(i64::from(number), number, vec![]));
        }
        let seal = HeadSeal::of(house.store.head().unwrap(), &*house.sealer);
        for number in 4..6_u8 {
            house.append(intent(i64::from(number), number));
            house.append(settled(i64::from(number), number, vec![]));
        }
        Self { house, seal }
    }

    /// What is proven after somebody did something to a copy of the file.
    fn after(&self, done: impl FnOnce(&Path)) -> Proven {
        let (_folder, copy) = self.copy();
        done(&copy);
        self.proven(&copy, Some(&self.seal))
    }

    fn proven(&self, copy: &Path, seal: Option<&HeadSeal>) -> Proven {
        Store::open(copy).unwrap().proven(seal, &*self.house.sealer, at(10), DAY).unwrap()
    }

    fn copy(&self) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.sqlite");
        let open = rusqlite::Connection::open(self.house.path()).unwrap();
        open.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        (folder, copy)
    }
}

fn taken(proven: Proven) -> u64 {
    charges_of(proven.entries).into_iter().map(|(_, charge)| charge.amount).sum()
}

fn faults(proven: &Proven) -> Vec<Fault> {
    proven.problems.iter().map(|problem| problem.fault).collect()
}

/// Appends as another program would: the chain is right, and it has no key, or one of its own.
fn forge(copy: &Path, records: Vec<JournalRecord>, sealer: Option<&dyn Sealer>) {
    let store = Store::open(copy).unwrap();
    for record in records {
        store.append(record, Durability::Normal, sealer).unwrap();
    }
}

#[test]
fn what_a_crash_left_is_proven_by_its_tags() {
    let proven = Cut::new().after(|_| {});
    assert_eq!((proven.unproven, faults(&proven), proven.newest), (0, vec![], Some(at(5))));
    assert_eq!((proven.entries.len(), taken(proven)), (12, 6));
}

#[test]
fn what_another_program_appended_takes_and_gives_nothing_back() {
    let cut = Cut::new();
    let stranger = Vault::session_only().unwrap().sealer();
    for sealer in [None, Some(&*stranger)] {
        let proven = cut.after(|copy| {
            let back = (0..6).map(|number| settled(7, number, vec![charge(1)]));
            forge(copy, back.chain([intent(7, 9)]).collect(), sealer);
        });
        assert_eq!((proven.unproven, faults(&proven), proven.newest), (7, vec![], Some(at(5))));
        assert_eq!(taken(proven), 7, "nothing came back, and one was taken");
    }
}

#[test]
fn a_row_of_tomorrow_moves_no_clock_and_ends_no_window() {
    let cut = Cut::new();
    let tomorrow = 25 * 3600;
    let later = gatehouse_core::Charge { window_start: at(tomorrow), ..charge(1) };
    let of = CallHeader { charges: vec![later], ..header("odoo_write") };
    let proven = cut.after(|copy| {
        forge(
            copy,
            vec![
                record(tomorrow, JournalEvent::Quit, None),
                record(8, JournalEvent::Intent { call: crate::call(9), of }, None),
            ],
            None,
        );
    });
    assert_eq!((proven.unproven, proven.newest), (2, Some(at(5))));
    assert!(charges_of(proven.entries).iter().all(|(_, charge)| charge.window_start <= at(10)));
}

#[test]
fn what_was_appended_gives_nothing_back_though_a_seal_covers_it_and_tags_are_gone() {
    let cut = Cut::new();
    let (_folder, copy) = cut.copy();
    forge(&copy, (0..6).map(|number| settled(7, number, vec![charge(1)])).collect(), None);
    // The app starts, says so, and goes on.
    let store = Store::open(&copy).unwrap();
    store.append(record(9, JournalEvent::Quit, None), Durability::Normal, Some(&*cut.house.sealer)).unwrap();
    let seal = HeadSeal::of(store.head().unwrap(), &*cut.house.sealer);
    drop(store);
    let proven = cut.proven(&copy, Some(&seal));
    assert_eq!((proven.unproven, faults(&proven), taken(proven)), (0, vec![], 6));
    outside(&copy, "UPDATE journal SET tag = NULL");
    assert_eq!(taken(cut.proven(&copy, Some(&seal))), 6);
}

#[test]
fn edits_and_cuts_are_found_whether_their_hashes_are_right_or_not() {
    let cut = Cut::new();
    for (sql, fault) in [
        ("DELETE FROM journal WHERE seq > 7", Fault::EndMissing { sealed: 8 }),
        ("DELETE FROM journal", Fault::EndMissing { sealed: 8 }),
        ("DELETE FROM journal WHERE seq = 10", Fault::EntriesMissing { expected: 10 }),
        ("DELETE FROM journal WHERE seq < 3", Fault::ChainBroken),
        ("UPDATE journal SET event = json_set(event, '$.charges', json('[]')) WHERE seq = 5", Fault::EntryChanged),
        ("UPDATE journal SET at = at - 100000000 WHERE seq < 9", Fault::EntryChanged),
    ] {
        assert_eq!(faults(&cut.after(|copy| outside(copy, &format!("DELETE FROM payloads; {sql}")))), [fault], "{sql}");
    }
    let rewritten = cut.after(|copy| {
        outside(copy, "DELETE FROM journal WHERE seq > 8");
        crate::tampering::rewrite_from(copy, 3);
    });
    assert_eq!(faults(&rewritten), [Fault::Rewritten]);
    let last = cut.after(|copy| outside(copy, "UPDATE journal SET at = at + 1 WHERE seq = 12"));
    assert_eq!((last.unproven, faults(&last)), (1, vec![]));
}

#[test]
fn a_seal_that_is_gone_is_missed_where_entries_bear_tags() {
    let cut = Cut::new();
    let (_folder, copy) = cut.copy();
    assert_eq!(faults(&cut.proven(&copy, None)), [Fault::SealMissing]);
    let old = cut.after(|copy| outside(copy, "UPDATE journal SET tag = NULL"));
    assert_eq!((old.unproven, faults(&old)), (4, vec![]), "an earlier version made none");
}

#[test]
fn who_writes_while_the_app_does_is_found_at_the_next_check_once() {
    let house = House::new();
    house.append(intent(0, 1));
    let seal = HeadSeal::of(house.store.check_head(None).unwrap().head, &*house.sealer);
    let found = |house: &House| {
        let checked = house.store.check_head(Some(&seal)).unwrap();
        checked.problem.into_iter().map(|problem| problem.fault).collect::<Vec<_>>()
    };
    house.append(intent(1, 2));
    assert!(found(&house).is_empty());
    // Another program's entry, with or without one of ours on top of it.
    for goes_on in [false, true] {
        forge(&house.path(), vec![intent(2, 3)], None);
        if goes_on {
            house.append(intent(3, 4));
        }
        assert_eq!(found(&house), [Fault::WrittenByOthers]);
        assert!(found(&house).is_empty());
    }
    // Rewritten with right hashes, before and after the seal.
    outside(&house.path(), "");
    crate::tampering::rewrite_from(&house.path(), 3);
    assert_eq!(found(&house), [Fault::WrittenByOthers]);
    outside(&house.path(), "DELETE FROM payloads WHERE seq > 3; DELETE FROM journal WHERE seq > 3");
    house.append(intent(4, 5));
    assert_eq!(found(&house), [Fault::EndMissing { sealed: 5 }]);
    crate::tampering::rewrite_from(&house.path(), 1);
    assert_eq!(found(&house), [Fault::Rewritten]);
}
