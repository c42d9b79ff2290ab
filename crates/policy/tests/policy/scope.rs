//! Scope: whose a charge is, when it is taken, moved and given back.

use super::windows::{at, request, rows};
use super::{connection, judge, policy, write_facts};
use gatehouse_core::{AgentId, Retry};
use gatehouse_policy::{Call, Layer, Limits, evaluate};
use serde_json::json;

#[test]
fn scope_grant_is_one_agent_and_a_counters_key_is_layer_agent_counter() {
    let limit = json!({"counter": "c", "window": "minute", "max": 1, "scope": "grant"});
    let policy = policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {"limits": [limit]}}}));
    let (facts, arguments, connection) = (write_facts(), json!({}), connection());
    let mut limits = Limits::new();
    let mut counters = Vec::new();
    for layer in ["user", "connection:con_1", "connection:con_2", "agent:claude"] {
        for agent in ["claude", "codex"] {
            let (layers, agent) = ([Layer::new(layer, &policy)], AgentId::parse(agent).unwrap());
            let call = Call { facts: &facts, arguments: &arguments, connection: Some(&connection), agent: &agent };
            let verdict = evaluate(&layers, &call);
            counters.push(verdict.charges[0].counter.to_string());
            limits.reserve(&verdict.charges, at(0)).unwrap();
            assert!(limits.reserve(&verdict.charges, at(0)).is_err(), "{layer} {agent}");
        }
    }
    assert_eq!(counters[..3], ["user/claude/c", "user/codex/c", "connection:con_1/claude/c"]);
}

#[test]
fn all_is_reserved_or_nothing() {
    let mut limits = Limits::new();
    limits.reserve(&[request("b", 1, 1)], at(0)).unwrap();
    let full = limits.reserve(&[request("a", 1, 1), request("b", 1, 1)], at(0)).unwrap_err();
    assert_eq!(full.rule, "user:/tools/b/limits/0");
    assert!(limits.reserve(&[request("a", 1, 1)], at(0)).is_ok(), "nothing was taken from a");
    assert!(
        limits.reserve(&[request("d", 1, 1), request("d", 1, 1)], at(0)).is_err(),
        "requests of one counter add up"
    );
}

#[test]
fn a_call_that_never_fits_is_not_told_to_wait() {
    let full = Limits::new().reserve(&[request("a", 5, 6)], at(0)).unwrap_err();
    assert_eq!((full.retry_after, full.denial().retry), (None, Retry::WhenChanged));
    assert!(Limits::new().reserve(&[request("a", 5, u64::MAX)], at(0)).is_err());
}

#[test]
fn charges_survive_restarts() {
    let mut limits = Limits::new();
    let old = limits.reserve(&[request("a", 2, 1)], at(0)).unwrap();
    let new = limits.reserve(&[request("a", 2, 2)], at(60)).unwrap();
    let mut restarted = Limits::new();
    restarted.restore(new.charges.iter().chain(&old.charges).cloned(), at(75));
    assert!(restarted.reserve(&[request("a", 2, 1)], at(76)).is_err());
    restarted.give_back_all(&new);
    assert!(restarted.reserve(&[request("a", 2, 2)], at(77)).is_ok(), "and are given back as before");
}

#[test]
fn a_charge_is_moved_to_the_window_in_which_the_call_runs() {
    let mut limits = Limits::new();
    let asked = limits.reserve(&[request("a", 1, 1)], at(0)).unwrap();
    let moved = limits.move_to(&asked, at(61)).unwrap();
    assert_eq!(moved.charges[0].window_start, at(60));
    assert!(limits.reserve(&[request("a", 1, 1)], at(62)).is_err());
    let again = limits.move_to(&moved, at(70)).unwrap();
    assert_eq!(again.charges, moved.charges, "within one window it stays");
}

#[test]
fn a_charge_that_is_in_its_window_already_is_not_asked_whether_it_fits() {
    let limit = |max: u64| json!({"counter": "c", "window": "day", "max": max, "scope": "grant"});
    let policy = policy(&json!({"version": "1", "default": "deny", "all_tools": {"limits": [limit(40)]},
        "tools": {"odoo_write": {"limits": [limit(1)]}, "odoo_read": {}}}));
    let mut limits = Limits::new();
    let mut facts = write_facts();
    let asked = limits.reserve(&judge(&[&policy], &facts, &json!({})).charges, at(0)).unwrap();
    facts.tool = "odoo_read".into();
    limits.reserve(&judge(&[&policy], &facts, &json!({})).charges, at(0)).unwrap();
    let moved = limits.move_to(&asked, at(60));
    assert_eq!(moved.map(|moved| moved.charges), Ok(asked.charges), "two of forty, and this one is the first");
}

#[test]
fn if_that_window_is_full_nothing_is_moved_and_the_agent_is_told_when() {
    let mut limits = Limits::new();
    let asked = limits.reserve(&[request("a", 1, 1), request("b", 9, 1)], at(0)).unwrap();
    limits.reserve(&[request("a", 1, 1)], at(60)).unwrap();
    let full = limits.move_to(&asked, at(61)).unwrap_err();
    assert_eq!((full.rule.as_str(), full.denial().retry), ("user:/tools/a/limits/0", Retry::After { seconds: 59 }));
    assert!(limits.reserve(&[request("b", 9, 9)], at(62)).is_ok(), "nothing was moved into b's minute");
    let moved = limits.move_to(&asked, at(120)).unwrap();
    assert!(moved.charges.iter().all(|charge| charge.window_start == at(120)));
}

#[test]
fn it_is_given_back_to_its_own_window_only() {
    let mut limits = Limits::new();
    let first = limits.reserve(&[request("a", 1, 1)], at(0)).unwrap();
    limits.give_back_all(&first);
    let second = limits.reserve(&[request("a", 1, 1)], at(0)).unwrap();
    limits.reserve(&[request("a", 1, 1)], at(60)).unwrap();
    limits.give_back_all(&second);
    assert!(limits.reserve(&[request("a", 1, 1)], at(60)).is_err(), "an old charge does not free the new window");
}

#[test]
fn an_unknown_outcome_keeps_the_charge() {
    let mut limits = Limits::new();
    drop(limits.reserve(&[request("a", 1, 1)], at(0)).unwrap());
    assert!(limits.reserve(&[request("a", 1, 1)], at(59)).is_err());
}

#[test]
fn rows_are_charged_at_settling_and_a_call_is_refused_once_the_quota_is_spent() {
    let mut limits = Limits::new();
    let first = limits.reserve(&[rows(100)], at(0)).unwrap();
    assert_eq!(limits.rows_left(&first, at(0)), Some(100));
    assert_eq!(limits.settle_rows(&first, 99, at(0))[0].amount, 99);
    let second = limits.reserve(&[rows(100)], at(0)).unwrap();
    assert_eq!(limits.rows_left(&second, at(0)), Some(1));
    limits.settle_rows(&second, 50, at(0));
    assert!(limits.reserve(&[rows(100)], at(0)).is_err());
    assert!(limits.settle_rows(&second, 0, at(0)).is_empty());
    let third = limits.reserve(&[rows(100)], at(60)).unwrap();
    let late = limits.settle_rows(&third, 100, at(130));
    assert_eq!(late[0].window_start, at(120), "where they were counted");
    assert!(limits.reserve(&[rows(100)], at(131)).is_err());
}

#[test]
fn a_call_that_waited_is_refused_where_the_quota_of_rows_is_spent_meanwhile() {
    let mut limits = Limits::new();
    let [waiting, quick] = [0, 0].map(|_| limits.reserve(&[rows(100)], at(0)).unwrap());
    limits.settle_rows(&quick, 100, at(1));
    assert!(limits.move_to(&waiting, at(2)).is_err());
    assert!(limits.move_to(&waiting, at(60)).is_ok());
}
