//! Numbers: compared and counted as decimals.

use super::{judge, policy, said, tools, write_facts};
use gatehouse_policy::Policy;
use serde_json::{Value, json};

fn x(value: &Value) -> Value {
    json!({"model": "m", "values": {"x": value}})
}

/// A policy as its text says it: literals that no `Value` keeps.
fn against_literal(op: &str, literal: &str, value: &Value) -> bool {
    let text = format!(
        r#"{{"version":"1","default":"deny","tools":{{"odoo_write":{{"require":[{{"conditions":[{{"path":"args.values.x","op":"{op}","value":{literal}}}]}}]}}}}}}"#
    );
    let policy = Policy::parse(&text, &tools()).unwrap();
    said(&judge(&[&policy], &write_facts(), &x(value))) == "allow"
}

#[test]
fn numbers_compare_as_decimals_integers_exactly() {
    for (op, literal, value) in [
        ("eq", "9007199254740993", json!(9_007_199_254_740_993_u64)),
        ("neq", "9007199254740993", json!(9_007_199_254_740_992_u64)),
        ("eq", "9007199254740992", json!(9_007_199_254_740_992.0)),
        ("eq", "18446744073709551615", json!(u64::MAX)),
        ("gt", "18446744073709551614", json!(u64::MAX)),
        ("lt", "18446744073709551616", json!(u64::MAX)),
        ("eq", "-9223372036854775808", json!(i64::MIN)),
        ("gt", "-9223372036854775809", json!(i64::MIN)),
        ("eq", "0", json!(-0.0)),
        ("eq", "-0", json!(0)),
        ("eq", "0e999", json!(0)),
        ("eq", "100000000000000000000", json!(1e20)),
        ("eq", "1E+2", json!(100)),
        ("lt", "1e400", json!(f64::MAX)),
        ("gt", "-1e400", json!(f64::MIN)),
        ("gt", "1e-400", json!(f64::MIN_POSITIVE)),
        ("lt", "1e-400", json!(0)),
    ] {
        assert!(against_literal(op, literal, &value), "{value} {op} {literal}");
    }
}

#[test]
fn others_from_their_shortest_round_trip_text() {
    for (op, literal, value) in [
        ("eq", "0.1", json!(0.1)),
        ("neq", "0.1000000000000000055511151231257827", json!(0.1)),
        ("eq", "0.30000000000000004", json!(0.1 + 0.2)),
        ("gt", "0.3", json!(0.1 + 0.2)),
        ("eq", "0.30", json!(0.3)),
        ("eq", "5e-324", json!(5e-324)),
        ("eq", "1.7976931348623157e308", json!(f64::MAX)),
        ("eq", "12345.678", json!(12_345.678)),
        ("gte", "50e-1", json!(5)),
    ] {
        assert!(against_literal(op, literal, &value), "{value} {op} {literal}");
    }
}

#[test]
fn never_arbitrary_precision_of_serde_json() {
    // With that feature this is a number, for every crate in the build.
    assert!(serde_json::from_str::<Value>("1e400").is_err());
    assert_eq!(serde_json::from_str::<Value>("0.10000000000000000001").unwrap(), json!(0.1));
}

#[test]
fn an_increment_is_a_decimal_that_is_not_negative_else_the_call_is_denied() {
    let limit =
        json!({"counter": "spend", "window": "day", "max": 100, "scope": "grant", "increment_from": "args.values.x"});
    let policy = policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {"limits": [limit]}}}));
    for (amount, counted) in [
        (json!(12), Some(12)),
        (json!(0.99), Some(1)),
        (json!(0.1 + 0.2), Some(1)),
        (json!(5e-324), Some(1)),
        (json!(0), Some(0)),
        (json!(-0.0), Some(0)),
        (json!(u64::MAX), Some(u64::MAX)),
        (json!(-1), None),
        (json!(-0.5), None),
        (json!("5"), None),
        (json!(true), None),
        (json!(null), None),
        (json!(1e30), None),
        (json!([5]), None),
        (json!([]), None),
        (json!({}), None),
    ] {
        let verdict = judge(&[&policy], &write_facts(), &x(&amount));
        assert_eq!(verdict.charges.first().map(|charge| charge.amount), counted, "{amount}");
        if counted.is_none() {
            assert_eq!(said(&verdict), "deny user:/tools/odoo_write/limits/0", "{amount}");
        }
    }
    let missing = judge(&[&policy], &write_facts(), &json!({}));
    assert_eq!(said(&missing), "deny user:/tools/odoo_write/limits/0");
}
