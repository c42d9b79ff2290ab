use crate::{House, agent, at, call, charge, connection_id, header, intent, read, record, settled};
use gatehouse_core::{CallHeader, JournalEvent, Outcome, TicketId, TicketKind};
use gatehouse_store::{Durability, Filter, HeadSeal, PayloadState, Store};
use gatehouse_vault::Vault;
use serde_json::json;

#[test]
fn what_was_appended_is_read_back_in_order_and_after_a_restart() {
    let house = House::new();
    let first = house
        .store
        .append(record(0, JournalEvent::Started { version: "0.1.0".into() }, None), Durability::Normal, None)
        .unwrap();
    let second = house.store.append(intent(1, 1), Durability::Full, Some(&*house.sealer)).unwrap();
    assert_eq!((first.seq, second.seq), (1, 2));
    assert_eq!(second.previous, first.hash);

    let again = Store::open(&house.path()).unwrap();
    assert_eq!(again.entry(1, None).unwrap(), Some((first, PayloadState::None)));
    let (entry, payload) = again.entry(2, Some(&*house.sealer)).unwrap().unwrap();
    assert_eq!(entry, second);
    assert_eq!(payload, PayloadState::Present(json!({"values": {"phone": "1"}})));
    assert_eq!(again.entry(3, None).unwrap(), None);
    assert!(again.verify(None, None).unwrap().is_ok());
}

#[test]
fn payloads_are_unreadable_without_the_key() {
    let house = House::new();
    let seq = house.append(record(0, JournalEvent::Quit, Some(json!("a telling old value"))));
    assert_eq!(house.store.entry(seq, None).unwrap().unwrap().1, PayloadState::Locked);
    let stranger = Vault::session_only().unwrap().sealer();
    assert_eq!(house.store.entry(seq, Some(&*stranger)).unwrap().unwrap().1, PayloadState::Damaged);
    for file in std::fs::read_dir(house.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(11).any(|part| part == b"telling old"), "a payload lies there in the clear");
    }
}

#[test]
fn a_locked_vault_does_not_stop_the_journal_and_keeps_no_payload_in_the_clear() {
    let house = House::new();
    let entry = house.store.append(intent(0, 1), Durability::Full, None).unwrap();
    assert_eq!(entry.payload_hash, None);
    assert_eq!(house.store.entry(1, Some(&*house.sealer)).unwrap().unwrap().1, PayloadState::None);
    house.append(intent(1, 2));
    assert!(house.store.verify(None, Some(&*house.sealer)).unwrap().is_ok());
}

#[test]
fn appends_from_many_threads_keep_one_chain() {
    let house = House::new();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let house = &house;
            scope.spawn(move || {
                for number in 0..50 {
                    let seq = house.append(read(i64::from(number), thread, header("odoo_read")));
                    assert!(house.store.entry(seq, None).unwrap().is_some());
                }
            });
        }
    });
    let report = house.store.verify(None, None).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(report.entries, 400);
}

#[test]
fn two_processes_that_append_keep_one_chain() {
    let house = House::new();
    let other = Store::open(&house.path()).unwrap();
    for number in 0..20 {
        house.append(read(0, number, header("odoo_read")));
        other.append(read(0, number, header("odoo_read")), Durability::Full, None).unwrap();
    }
    assert_eq!(house.store.head().unwrap().count, 40);
    assert!(house.store.verify(None, None).unwrap().is_ok());
}

#[test]
fn the_database_itself_refuses_to_change_the_journal() {
    let house = House::new();
    house.append(intent(0, 1));
    house.append(intent(1, 2));
    let raw = rusqlite::Connection::open(house.path()).unwrap();
    for sql in [
        "UPDATE journal SET at = 0 WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 2",
        "INSERT INTO journal (seq, at, event, previous, hash) VALUES (9, 0, '{}', zeroblob(32), zeroblob(32))",
        "INSERT OR REPLACE INTO journal (seq, at, event, previous, hash) VALUES (1, 0, '{}', zeroblob(32), zeroblob(32))",
    ] {
        assert!(raw.execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn lists_are_newest_first_filtered_and_paged() {
    let house = House::new();
    house.append(record(0, JournalEvent::Started { version: "0.1.0".into() }, None));
    for number in 1..=10 {
        let mut of = header(if number % 2 == 0 { "odoo_read" } else { "odoo_search_read" });
        if number > 8 {
            of.agent = agent("codex");
            of.connection = Some(connection_id(2));
            of.decision = "deny".into();
        }
        house.append(read(i64::from(number), number, of));
    }
    let list = |filter: &Filter, before, limit| -> Vec<u64> {
        let lines = house.store.entries(filter, before, limit).unwrap();
        lines.into_iter().map(|line| line.entry.seq).collect()
    };
    let all = Filter::default();
    assert_eq!(list(&all, None, 3), [11, 10, 9]);
    assert_eq!(list(&all, Some(9), 3), [8, 7, 6]);
    assert_eq!(list(&all, Some(2), 3), [1]);
    assert_eq!(list(&all, Some(u64::MAX), 1), [11]);
    assert_eq!(list(&Filter { agent: Some(agent("codex")), ..all.clone() }, None, 9), [11, 10]);
    assert_eq!(list(&Filter { connection: Some(connection_id(2)), ..all.clone() }, None, 9), [11, 10]);
    assert_eq!(list(&Filter { decision: Some("deny".into()), ..all.clone() }, Some(11), 9), [10]);
    let both = Filter { tool: Some("odoo_read".into()), agent: Some(agent("codex")), ..all.clone() };
    assert_eq!(list(&both, None, 9), [11]);
}

#[test]
fn a_write_is_one_line_with_its_outcome_and_an_open_one_is_found_after_a_crash() {
    let house = House::new();
    house.append(intent(1, 1));
    house.append(intent(2, 2));
    house.append(settled(3, 1, vec![]));
    let lines =
        house.store.entries(&Filter { agent: Some(agent("claude-code")), ..Filter::default() }, None, 9).unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0].entry.seq, lines[0].settled.is_none()), (2, true));
    assert_eq!((lines[1].entry.seq, lines[1].settled.as_ref().map(|entry| entry.seq)), (1, Some(3)));

    let open = house.store.open_intents().unwrap();
    assert_eq!(open.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [2]);
    assert!(matches!(&open[0].event, JournalEvent::Intent { call: id, .. } if *id == call(2)));
    house.append(settled(4, 2, vec![]));
    assert!(house.store.open_intents().unwrap().is_empty());
    // What an earlier run left open was settled at the start after it.
    house.append(intent(5, 3));
    house.append(record(6, JournalEvent::Started { version: "0.1.0".into() }, None));
    assert!(house.store.open_intents().unwrap().is_empty());
    house.append(intent(7, 4));
    assert_eq!(house.store.open_intents().unwrap().len(), 1);
}

#[test]
fn counters_are_rebuilt_less_what_was_given_back() {
    let house = House::new();
    let charged = |amount| CallHeader { charges: vec![charge(amount)], ..header("odoo_read") };
    house.append(read(0, 1, charged(9)));
    house.append(read(100, 2, charged(2)));
    house.append(intent(101, 3));
    house.append(settled(102, 3, vec![charge(1)]));
    house.append(record(103, JournalEvent::Intent { call: call(4), of: charged(5) }, None));
    house.append(settled(104, 4, vec![charge(2), charge(100)]));
    house.append(intent(105, 5));
    let amounts: Vec<_> =
        house.store.charges_since(at(100)).unwrap().into_iter().map(|(when, charge)| (when, charge.amount)).collect();
    assert_eq!(amounts, [(at(100), 2), (at(105), 1)]);
    assert_eq!(house.store.charges_since(at(0)).unwrap().len(), 3);
    // The rows of a read are known at its end.
    house.append(intent(106, 6));
    let event = JournalEvent::Settled {
        call: call(6),
        outcome: Outcome::Done { summary: "7 rows".into() },
        duration_ms: 5,
        given_back: Vec::new(),
        charges: vec![charge(7)],
        rows: 7,
    };
    house.append(record(107, event, None));
    let amounts: Vec<_> = house.store.charges_since(at(106)).unwrap().iter().map(|(_, charge)| charge.amount).collect();
    assert_eq!(amounts, [1, 7]);
}

#[test]
fn the_latest_calls_come_with_what_judging_them_again_needs() {
    let house = House::new();
    assert_eq!(house.store.newest().unwrap(), None);
    house.append(read(0, 1, header("odoo_read")));
    house.append(intent(1, 2));
    house.append(settled(2, 2, vec![]));
    let moved = |second, change: &str| {
        let event = JournalEvent::Ticket {
            ticket: TicketId::from_random([1; 10]),
            ticket_kind: TicketKind::Call,
            agent: Some(agent("claude-code")),
            connection: None,
            change: change.into(),
            summary: String::new(),
        };
        record(second, event, None)
    };
    house.append(moved(3, "opened"));
    house.append(moved(9, "denied"));
    house.append(record(4, JournalEvent::Quit, None));
    let calls = house.store.calls(0, 9, Some(&*house.sealer)).unwrap();
    assert_eq!(calls.iter().map(|(line, _)| line.entry.seq).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(calls[1].1, PayloadState::Present(json!({"n": 1})));
    assert_eq!(house.store.calls(0, 1, None).unwrap()[0].1, PayloadState::Locked);
    assert_eq!(house.store.calls(1, 9, None).unwrap().len(), 1);
    assert!(house.store.calls(2, 9, None).unwrap().is_empty());
    assert_eq!(house.store.newest().unwrap(), Some(at(9)), "by time, not by number");
    let since = house.store.tickets_since(at(4)).unwrap();
    assert_eq!(since.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [5]);
}

#[test]
fn an_entry_of_an_earlier_version_is_still_read() {
    let mut old = serde_json::to_value(JournalEvent::Intent { call: call(1), of: header("odoo_write") }).unwrap();
    old.as_object_mut().unwrap().remove("policy");
    let JournalEvent::Intent { of, .. } = serde_json::from_value(old).unwrap() else { panic!("another kind") };
    assert_eq!(of, header("odoo_write"));
    let old = json!({"kind": "policy", "layer": "user", "change": "accepted"});
    let read: JournalEvent = serde_json::from_value(old).unwrap();
    assert_eq!(read, JournalEvent::Policy { layer: "user".into(), change: "accepted".into(), revision: None });
}

#[test]
fn a_purge_takes_old_payloads_only_and_keeps_the_chain() {
    let house = House::new();
    for number in 0..10 {
        house.append(read(i64::from(number), number, header("odoo_read")));
    }
    let seal = HeadSeal::of(house.store.head().unwrap(), &*house.sealer);
    assert_eq!(house.store.purge_payloads(at(4), &*house.sealer).unwrap(), 4);
    assert_eq!(house.store.purge_payloads(at(4), &*house.sealer).unwrap(), 0);
    let state = |seq| house.store.entry(seq, Some(&*house.sealer)).unwrap().unwrap().1;
    assert_eq!(state(4), PayloadState::Purged);
    assert_eq!(state(5), PayloadState::Present(json!({"n": 4})));
    house.append(read(2, 11, header("odoo_read")));
    assert_eq!(house.store.purge_payloads(at(6), &*house.sealer).unwrap(), 3);
    let report = house.store.verify(Some(&seal), Some(&*house.sealer)).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.unsealed, report.purged), (11, 1, 7));
}

#[test]
fn a_seal_vouches_for_what_was_there_and_the_rest_is_counted() {
    let house = House::new();
    let empty = HeadSeal::of(house.store.head().unwrap(), &*house.sealer);
    assert_eq!(house.store.verify(Some(&empty), Some(&*house.sealer)).unwrap().unsealed, 0);
    for number in 0..3 {
        house.append(intent(0, number));
    }
    let seal = HeadSeal::of(house.store.head().unwrap(), &*house.sealer);
    let text = serde_json::to_string(&seal).unwrap();
    assert!(text.len() < 250, "too long for a note: {text}");
    let seal = serde_json::from_str(&text).unwrap();
    house.append(intent(0, 4));
    let report = house.store.verify(Some(&seal), Some(&*house.sealer)).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!((report.entries, report.unsealed), (4, 1));
    assert_eq!(house.store.verify(Some(&empty), Some(&*house.sealer)).unwrap().unsealed, 4);
    assert_eq!(house.store.verify(None, None).unwrap().unsealed, 4);
}

#[test]
fn lookups_use_their_index() {
    let house = House::new();
    let raw = rusqlite::Connection::open(house.path()).unwrap();
    for (sql, index) in [
        (
            "SELECT * FROM journal WHERE kind NOT IN ('settled', 'read_back') AND agent = ?1 AND seq < 9 ORDER BY seq DESC",
            "journal_agent",
        ),
        (
            "SELECT * FROM journal WHERE kind NOT IN ('settled', 'read_back') AND connection = ?1 ORDER BY seq DESC",
            "journal_connection",
        ),
        (
            "SELECT * FROM journal WHERE kind NOT IN ('settled', 'read_back') AND tool = ?1 ORDER BY seq DESC",
            "journal_tool",
        ),
        (
            "SELECT * FROM journal WHERE kind NOT IN ('settled', 'read_back') AND decision = ?1 ORDER BY seq DESC",
            "journal_decision",
        ),
        ("SELECT min(seq) FROM journal WHERE call = ?1 AND kind = 'settled'", "journal_writes"),
        (
            "SELECT min(seq) FROM journal WHERE kind = 'intent' OR kind = 'settled'
             GROUP BY call HAVING count(*) = sum(kind = 'intent')",
            "INDEX journal_writes",
        ),
        ("SELECT seq, at, event FROM journal WHERE at >= ?1 AND kind IN ('call')", "journal_at"),
        (
            "SELECT call FROM journal INDEXED BY journal_unknown
             WHERE kind = 'settled' AND event ->> '$.outcome.result' = 'unknown'",
            "journal_unknown",
        ),
        ("SELECT * FROM journal WHERE call = ?1 AND kind = 'read_back'", "journal_read_back"),
    ] {
        let mut statement = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        statement.raw_bind_parameter(1, "x").ok();
        let mut rows = statement.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().unwrap() {
            plan += &row.get::<_, String>(3).unwrap();
            plan += "; ";
        }
        assert!(plan.contains(index) && !plan.contains("ORDER BY"), "{sql}: {plan}");
    }
}

#[test]
fn a_call_is_found_with_its_steps_and_with_what_took_it_back() {
    let house = House::new();
    let with = |second, number, of: CallHeader| {
        let event = JournalEvent::Intent { call: call(number), of };
        house.append(record(second, event, Some(json!({"n": number}))));
    };
    with(0, 1, header("odoo_plan"));
    with(1, 2, CallHeader { plan: Some(call(1)), ..header("odoo_write") });
    with(2, 3, CallHeader { plan: Some(call(1)), ..header("odoo_create") });
    house.append(settled(3, 3, Vec::new()));
    house.append(record(
        4,
        JournalEvent::settled(call(1), Outcome::Done { summary: "did 2 of 2 steps".into() }, 5, Vec::new()),
        Some(json!({"undo": "kept"})),
    ));
    with(5, 4, CallHeader { undoes: Some(call(1)), ..header("odoo_plan") });
    with(6, 5, CallHeader { agent: agent("cursor"), undoes: Some(call(1)), ..header("odoo_plan") });

    let sealer = Some(&*house.sealer);
    let found = house.store.sent_call(&call(1), sealer).unwrap().unwrap();
    assert_eq!(found.sent, PayloadState::Present(json!({"n": 1})));
    assert_eq!(found.settled, PayloadState::Present(json!({"undo": "kept"})));
    assert_eq!(house.store.sent_call(&call(1), None).unwrap().unwrap().settled, PayloadState::Locked);
    assert_eq!(house.store.sent_call(&call(9), sealer).unwrap(), None);

    let number = |event: &JournalEvent| match event {
        JournalEvent::Intent { call: found, .. } => (1..9).find(|number| call(*number) == *found),
        _ => None,
    };
    let steps = house.store.steps(&call(1), sealer).unwrap();
    let told: Vec<_> = steps.iter().map(|step| (number(&step.line.entry.event), step.line.settled.is_some())).collect();
    assert_eq!(told, [(Some(3), true), (Some(2), false)], "the last step first");
    let undoing = house.store.undoing(&call(1)).unwrap();
    assert_eq!(undoing.iter().map(|line| number(&line.entry.event)).collect::<Vec<_>>(), [Some(5), Some(4)]);
    assert!(house.store.undoing(&call(4)).unwrap().is_empty());

    let mut seen = Vec::new();
    let since = |second| {
        let mut seen = Vec::new();
        house.store.sent_since(&agent("claude-code"), at(second), |line| {
            seen.push(number(&line.entry.event));
            true
        })?;
        Ok::<_, gatehouse_store::StoreError>(seen)
    };
    assert_eq!(since(0).unwrap(), [Some(4), Some(1)], "steps and other agents are left out");
    assert_eq!(since(1).unwrap(), [Some(4)]);
    let enough = |line: gatehouse_store::Line| {
        seen.push(number(&line.entry.event));
        false
    };
    house.store.sent_since(&agent("claude-code"), at(0), enough).unwrap();
    assert_eq!(seen, [Some(4)]);
}
