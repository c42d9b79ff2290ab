use crate::{House, agent, at, call, header, intent, record, settled};
use gatehouse_core::{Category, Finding, JournalEvent, Outcome, TicketId, TicketKind};
use gatehouse_store::Filter;

fn unknown(second: i64, number: u8) -> gatehouse_core::JournalRecord {
    let outcome = Outcome::Unknown { message: "no answer".into() };
    record(second, JournalEvent::settled(call(number), outcome, 5, Vec::new()), None)
}

fn read_back(second: i64, number: u8) -> gatehouse_core::JournalRecord {
    let event =
        JournalEvent::ReadBack { call: call(number), finding: Finding::Applied, message: "It is there.".into() };
    record(second, event, None)
}

fn ticket(number: u8) -> TicketId {
    TicketId::from_random([number; 10])
}

fn moved(second: i64, number: u8, ticket_kind: TicketKind, change: &str) -> gatehouse_core::JournalRecord {
    let event = JournalEvent::Ticket {
        ticket: ticket(number),
        ticket_kind,
        agent: Some(agent("claude-code")),
        connection: None,
        change: change.into(),
        summary: "Change 1 field".into(),
    };
    record(second, event, None)
}

fn started(second: i64) -> gatehouse_core::JournalRecord {
    record(second, JournalEvent::Started { version: "0.1.0".into() }, None)
}

#[test]
fn an_unknown_outcome_is_listed_until_it_was_read_back() {
    let house = House::new();
    for number in 1..=3 {
        house.append(intent(i64::from(number), number));
    }
    house.append(settled(10, 1, Vec::new()));
    house.append(unknown(11, 2));
    house.append(unknown(12, 3));
    let unknown = house.store.unknown_outcomes().unwrap();
    let told: Vec<_> = unknown.iter().map(|unknown| (unknown.intent.seq, unknown.settled_at)).collect();
    assert_eq!(told, [(2, at(11)), (3, at(12))]);
    house.append(read_back(20, 2));
    let left = house.store.unknown_outcomes().unwrap();
    assert_eq!(left.iter().map(|unknown| unknown.intent.seq).collect::<Vec<_>>(), [3]);
    let lost = |limit| house.store.lost_calls(limit).unwrap();
    assert_eq!(lost(9), [call(3), call(2)], "read back or not, newest first");
    assert_eq!(lost(1), [call(3)]);
}

#[test]
fn a_list_shows_what_was_read_back_with_its_call_and_nowhere_else() {
    let house = House::new();
    house.append(intent(1, 1));
    house.append(unknown(2, 1));
    house.append(intent(3, 2));
    house.append(settled(4, 2, Vec::new()));
    house.append(read_back(5, 1));
    let lines = house.store.entries(&Filter::default(), None, 9).unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.entry.seq, line.settled.as_ref().map(|e| e.seq), line.read_back.as_ref().map(|e| e.seq)))
        .collect();
    assert_eq!(told, [(3, Some(4), None), (1, Some(2), Some(5))]);
}

#[test]
fn questions_that_a_crash_cut_off_are_those_of_the_last_run_that_did_not_end() {
    let house = House::new();
    house.append(moved(0, 9, TicketKind::Call, "opened"));
    house.append(started(1));
    for (number, kind, moves) in [
        (1, TicketKind::Call, &["opened"][..]),
        (2, TicketKind::Call, &["opened", "approved"]),
        (3, TicketKind::Call, &["opened", "denied"]),
        (4, TicketKind::Call, &["opened", "expired"]),
        (5, TicketKind::Admission, &["opened", "approved"]),
        (6, TicketKind::Loosening, &["opened"]),
        (7, TicketKind::Form, &["opened"]),
        (8, TicketKind::Call, &["opened", "approved"]),
    ] {
        for change in moves {
            house.append(moved(i64::from(number), number, kind, change));
        }
    }
    let mut of = header("odoo_write");
    of.category = Category::Write;
    of.ticket = Some(ticket(8));
    house.append(record(20, JournalEvent::Intent { call: call(8), of }, None));
    let open: Vec<_> = house
        .store
        .open_tickets()
        .unwrap()
        .into_iter()
        .filter_map(|entry| match entry.event {
            JournalEvent::Ticket { ticket, .. } => Some(ticket),
            _ => None,
        })
        .collect();
    assert_eq!(open, [ticket(1), ticket(2), ticket(6)], "8 was sent");
    house.append(started(30));
    assert_eq!(house.store.open_tickets().unwrap(), []);
}
