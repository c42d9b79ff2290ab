use crate::{House, agent, at, call, header, record};
use gatehouse_core::{CallHeader, JournalEvent};

#[test]
fn calls_are_counted_by_agent_and_minute_and_a_plan_counts_once() {
    let house = House::new();
    let sent = |second, number, of: CallHeader| {
        house.append(record(second, JournalEvent::Intent { call: call(number), of }, None));
    };
    let of = |name: &str| CallHeader { agent: agent(name), ..header("odoo_write") };
    sent(0, 1, of("claude-code"));
    sent(61, 2, of("claude-code"));
    sent(62, 3, of("claude-code"));
    sent(63, 4, CallHeader { plan: Some(call(3)), ..of("claude-code") });
    sent(64, 5, CallHeader { undoes: Some(call(3)), ..of("claude-code") });
    sent(120, 6, of("cursor"));
    sent(121, 7, of("cursor"));
    let counts = house.store.calls_per_minute(at(120), 2).unwrap();
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [(agent("claude-code"), vec![0, 2]), (agent("cursor"), vec![0, 1])]
    );
    let counts = house.store.calls_per_minute(at(120), 3).unwrap();
    assert_eq!(counts[&agent("claude-code")], [1, 0, 2], "the oldest minute first");
    assert!(house.store.calls_per_minute(at(10_000), 60).unwrap().is_empty());
}

#[test]
fn counting_calls_reads_no_entry() {
    let house = House::new();
    let raw = rusqlite::Connection::open(house.path()).unwrap();
    let sql = "SELECT agent, (?2 - at) / 60000, count(*) FROM journal
        WHERE at > ?1 AND at <= ?2 AND kind IN ('call', 'intent') AND plan IS NULL AND undoes IS NULL GROUP BY 1, 2";
    let told = |sql: &str, column: usize| {
        let mut statement = raw.prepare(sql).unwrap();
        let mut rows = statement.raw_query();
        let mut told = String::new();
        while let Some(row) = rows.next().unwrap() {
            told += &row.get::<_, Option<String>>(column).unwrap().unwrap_or_default();
            told += "; ";
        }
        told
    };
    let plan = told(&format!("EXPLAIN QUERY PLAN {sql}"), 3);
    assert!(plan.contains("INDEX journal_calls (at>? AND at<?)"), "{plan}");
    let taken_apart = |sql: &str| told(&format!("EXPLAIN {sql}"), 5).contains("->>");
    assert!(taken_apart("SELECT agent FROM journal") && !taken_apart(sql));
}
