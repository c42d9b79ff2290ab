//! Holes of an open-source proxy with a policy of the same family, each closed here. Those of the wire are tested where
//! the wire is read: `crates/bridge`, `crates/ipc`, `crates/broker`.

use super::windows::{at, request};
use super::{judge, policy, said, tools, write_facts};
use gatehouse_policy::{Limits, Policy};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

fn with(rules: &Value) -> Value {
    json!({"version": "1", "default": "deny", "tools": {"odoo_write": rules}})
}

#[test]
fn hole_04_a_misspelt_key_is_not_ignored() {
    for (misspelt, pointer) in [
        (json!({"version": "1", "default": "deny", "hides": ["*"]}), "/hides"),
        (json!({"version": "1", "defualt": "deny"}), "/defualt"),
        (with(&json!({"rulez": []})), "/tools/odoo_write/rulez"),
        (with(&json!({"deny_If": [{"conditions": []}]})), "/tools/odoo_write/deny_If"),
        (with(&json!({"deny_if": [{"condition": []}]})), "/tools/odoo_write/deny_if/0/condition"),
    ] {
        let problems = Policy::parse(&misspelt.to_string(), &tools()).unwrap_err();
        assert!(problems.iter().any(|problem| problem.pointer == pointer), "{misspelt}: {problems:?}");
    }
    let without_default = Policy::parse(r#"{"version": "1"}"#, &tools()).unwrap_err();
    assert!(without_default[0].message.contains("default"), "there is none to fall back on");
}

#[test]
fn hole_05_a_slow_call_that_fails_does_not_free_the_next_window() {
    let mut limits = Limits::new();
    let slow = limits.reserve(&[request("a", 2, 1)], at(59)).unwrap();
    let next = limits.reserve(&[request("a", 2, 2)], at(60)).unwrap();
    limits.give_back_all(&slow);
    assert!(limits.reserve(&[request("a", 2, 1)], at(61)).is_err());
    limits.give_back_all(&next);
    limits.give_back_all(&slow);
    assert!(limits.reserve(&[request("a", 2, 3)], at(62)).is_err(), "nor does it make room for more than there is");
    assert!(limits.reserve(&[request("a", 2, 2)], at(62)).is_ok());
}

#[test]
fn hole_06_an_amount_is_not_negative_not_truncated_and_does_not_overflow() {
    let limit =
        json!({"counter": "spend", "window": "day", "max": 100, "scope": "grant", "increment_from": "args.values.x"});
    let policy = policy(&with(&json!({"limits": [limit]})));
    let charges = |amount: Value| judge(&[&policy], &write_facts(), &json!({"values": {"x": amount}})).charges;
    assert!(charges(json!(-50)).is_empty(), "a negative amount is denied, it lowers nothing");
    let mut limits = Limits::new();
    for _ in 0..100 {
        limits.reserve(&charges(json!(0.99)), at(0)).unwrap();
    }
    assert!(limits.reserve(&charges(json!(0.01)), at(0)).is_err(), "each fraction counts as one");
    for huge in [json!(u64::MAX), json!(i64::MAX), json!(101)] {
        assert!(Limits::new().reserve(&charges(huge), at(0)).is_err());
    }
    assert!(charges(json!(1e300)).is_empty());
    let mut limits = Limits::new();
    limits.reserve(&charges(json!(1)), at(0)).unwrap();
    assert!(limits.reserve(&charges(json!(u64::MAX)), at(0)).is_err(), "a sum does not wrap");
}

#[test]
fn hole_07_true_is_not_the_text_true_and_1_is_not_the_text_1() {
    for (operand, value) in [
        (json!(true), json!("true")),
        (json!("true"), json!(true)),
        (json!(1), json!("1")),
        (json!("1"), json!(1)),
        (json!(true), json!(1)),
        (json!("<nil>"), json!(null)),
        (json!("null"), json!(null)),
        (json!("map[]"), json!({})),
    ] {
        for op in ["eq", "in", "contains"] {
            let value_of_rule = if op == "in" { json!([operand]) } else { operand.clone() };
            let condition = json!({"path": "args.values.x", "op": op, "value": value_of_rule});
            let policy = policy(&with(&json!({"require": [{"conditions": [condition]}]})));
            let verdict = judge(&[&policy], &write_facts(), &json!({"values": {"x": value}}));
            assert_eq!(said(&verdict), "deny user:/tools/odoo_write/require/0", "{value} {op} {operand}");
        }
    }
}

#[test]
fn hole_08_a_limit_counts_without_a_condition_of_its_own() {
    let limit = json!({"counter": "c", "window": "minute", "max": 2, "scope": "grant"});
    for text in [
        with(&json!({"limits": [limit]})),
        json!({"version": "1", "default": "allow", "all_tools": {"limits": [limit]}}),
    ] {
        let charges = judge(&[&policy(&text)], &write_facts(), &json!({})).charges;
        let mut limits = Limits::new();
        let passed = (0..9).filter(|_| limits.reserve(&charges, at(0)).is_ok()).count();
        assert_eq!(passed, 2, "{text}");
    }
}

#[test]
fn hole_10_a_call_that_does_not_fit_takes_nothing_from_others_meanwhile() {
    let mut limits = Limits::new();
    limits.reserve(&[request("full", 1, 1)], at(0)).unwrap();
    let limits = Mutex::new(limits);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let refused =
                        limits.lock().unwrap().reserve(&[request("last", 1, 1), request("full", 1, 1)], at(1));
                    assert!(refused.is_err());
                }
            });
        }
        for _ in 0..2_000 {
            let taken = limits.lock().unwrap().reserve(&[request("last", 1, 1)], at(1));
            let given_back = taken.map(|taken| limits.lock().unwrap().give_back_all(&taken));
            if given_back.is_err() {
                done.store(true, Ordering::Relaxed);
            }
            assert!(given_back.is_ok(), "its place was held by a call that was refused");
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn hole_11_an_argument_whose_key_has_a_dot_can_be_addressed() {
    let condition = json!({"path": "args.values.amount\\.total", "op": "gt", "value": 10});
    let policy = policy(&with(&json!({"deny_if": [{"conditions": [condition]}]})));
    let say = |values: Value| said(&judge(&[&policy], &write_facts(), &json!({"values": values})));
    assert_eq!(say(json!({"amount.total": 11})), "deny user:/tools/odoo_write/deny_if/0");
    assert_eq!(say(json!({"amount.total": 9})), "allow");
    assert_eq!(say(json!({"amount": {"total": 11}})), "allow", "another argument");
}
