//! Types: comparison is strict, and a doubt counts against the call.

use super::{judge, policy, said, tools, write_facts};
use gatehouse_core::{CallFacts, Effect, FieldPath, Nested};
use gatehouse_policy::Policy;
use serde_json::{Value, json};

/// `allow`, `ask` or `deny` of a policy whose only rule is one condition.
fn outcome(kind: &str, condition: &Value, facts: &CallFacts, arguments: &Value) -> String {
    let text =
        json!({"version": "1", "default": "deny", "tools": {"odoo_write": {kind: [{"conditions": [condition]}]}}});
    said(&judge(&[&policy(&text)], facts, arguments)).split(' ').next().unwrap().to_owned()
}

/// Whether a condition denies in `deny_if`, holds in `require`, asks in `require_approval`.
fn in_each(condition: &Value, facts: &CallFacts, arguments: &Value) -> [bool; 3] {
    [
        outcome("deny_if", condition, facts, arguments) == "deny",
        outcome("require", condition, facts, arguments) == "allow",
        outcome("require_approval", condition, facts, arguments) == "ask",
    ]
}

/// The same over `args.values.x`.
fn of_x(op: &str, operand: &Value, arguments: &Value) -> [bool; 3] {
    in_each(&json!({"path": "args.values.x", "op": op, "value": operand}), &write_facts(), arguments)
}

fn x(value: &Value) -> Value {
    json!({"model": "m", "values": {"x": value}})
}

const YES: [bool; 3] = [true, true, true];
const NO: [bool; 3] = [false, false, false];
/// Denies, fails, asks.
const MISMATCH: [bool; 3] = [true, false, true];

#[test]
fn comparison_is_strict() {
    for (op, operand, value, expected) in [
        ("eq", json!(5), json!(5), YES),
        ("eq", json!(5), json!(5.0), YES),
        ("eq", json!(5), json!(6), NO),
        ("eq", json!("5"), json!("5"), YES),
        ("eq", json!("A"), json!("a"), NO),
        ("eq", json!(""), json!(""), YES),
        ("eq", json!("é"), json!("e\u{301}"), NO),
        ("eq", json!(true), json!(true), YES),
        ("eq", json!(true), json!(false), NO),
        ("neq", json!(5), json!(6), YES),
        ("neq", json!(5), json!(5), NO),
        ("in", json!(["a", "b"]), json!("b"), YES),
        ("in", json!(["a", "b"]), json!("c"), NO),
        ("in", json!(["a", 5]), json!(6), NO),
        ("in", json!([5]), json!(5.0), YES),
        ("not_in", json!(["a"]), json!("c"), YES),
        ("not_in", json!(["a"]), json!("a"), NO),
        ("lt", json!(10), json!(9.99), YES),
        ("lt", json!(10), json!(10), NO),
        ("lte", json!(10), json!(10.0), YES),
        ("gt", json!(10000), json!(10000.01), YES),
        ("gt", json!(10), json!(10), NO),
        ("gte", json!(-1), json!(-1), YES),
    ] {
        assert_eq!(of_x(op, &operand, &x(&value)), expected, "{value} {op} {operand}");
    }
}

#[test]
fn in_deny_if_a_type_mismatch_denies_in_require_it_fails_in_require_approval_it_asks() {
    for (op, operand, value) in [
        ("gt", json!(10000), json!("9999")),
        ("gt", json!(10000), json!("")),
        ("lt", json!(0), json!(true)),
        ("lte", json!(0), json!({})),
        ("eq", json!(5), json!("5")),
        ("eq", json!("5"), json!(5)),
        ("eq", json!("true"), json!(true)),
        ("eq", json!(true), json!(1)),
        ("eq", json!("a"), json!({"a": 1})),
        ("neq", json!(5), json!("6")),
        ("in", json!(["a", "b"]), json!(5)),
        ("not_in", json!(["a"]), json!(5)),
        ("not_in", json!([5]), json!(true)),
        ("regex", json!("5"), json!(5)),
        ("contains", json!("b"), json!(5)),
        ("contains", json!("b"), json!({"b": 1})),
        ("contains", json!(5), json!("5")),
        ("contains", json!("b"), json!([1])),
    ] {
        assert_eq!(of_x(op, &operand, &x(&value)), MISMATCH, "{value} {op} {operand}");
    }
    let text_for_object = json!({"values": "a text where an object was meant"});
    assert_eq!(of_x("eq", &json!("a"), &text_for_object), MISMATCH);
    assert_eq!(of_x("exists", &json!(true), &text_for_object), MISMATCH);
}

#[test]
fn a_missing_argument_makes_a_condition_false_also_neq_and_not_in_except_exists_false() {
    for arguments in [json!({"model": "m"}), json!({"values": {}}), json!({"values": {"y": 1}}), json!({})] {
        for (op, operand) in [
            ("eq", json!("a")),
            ("neq", json!("a")),
            ("in", json!(["a"])),
            ("not_in", json!(["a"])),
            ("lt", json!(1)),
            ("lte", json!(1)),
            ("gt", json!(1)),
            ("gte", json!(1)),
            ("regex", json!("")),
            ("contains", json!("")),
            ("exists", json!(true)),
        ] {
            assert_eq!(of_x(op, &operand, &arguments), NO, "{op} {arguments}");
        }
        assert_eq!(of_x("exists", &json!(false), &arguments), YES, "{arguments}");
    }
    for there in [json!(0), json!(""), json!(false), json!([]), json!({})] {
        assert_eq!(of_x("exists", &json!(true), &x(&there)), YES, "{there}");
        assert_eq!(of_x("exists", &json!(false), &x(&there)), NO, "{there}");
    }
}

#[test]
fn null_counts_as_missing() {
    for arguments in [x(&json!(null)), json!({"values": null})] {
        for (op, operand) in [
            ("eq", json!("null")),
            ("neq", json!(5)),
            ("not_in", json!(["a"])),
            ("lt", json!(1)),
            ("exists", json!(true)),
        ] {
            assert_eq!(of_x(op, &operand, &arguments), NO, "{op} {arguments}");
        }
        assert_eq!(of_x("exists", &json!(false), &arguments), YES, "{arguments}");
    }
}

#[test]
fn along_a_list_deny_if_and_require_approval_hold_when_any_element_does_require_when_all_do() {
    let updates = json!({"path": "args.updates.values.x", "op": "gt", "value": 10});
    let ids = json!({"path": "args.ids", "op": "in", "value": [1, 2]});
    let given = json!({"path": "args.updates.values.x", "op": "exists", "value": true});
    let left_out = json!({"path": "args.updates.values.x", "op": "exists", "value": false});
    let of =
        |xs: &[Value]| json!({"updates": xs.iter().map(|x| json!({"id": 1, "values": {"x": x}})).collect::<Value>()});
    for (condition, arguments, expected) in [
        (&updates, of(&[json!(11), json!(20)]), YES),
        (&updates, of(&[json!(1), json!(20)]), MISMATCH),
        (&updates, of(&[json!(1), json!(2)]), NO),
        (&updates, of(&[json!(11), json!("20")]), MISMATCH),
        (&updates, of(&[json!(11), json!(null)]), MISMATCH),
        (&updates, json!({"updates": [{"values": {"x": 11}}, {"values": {}}, {}]}), MISMATCH),
        (&updates, json!({"updates": [{"values": [{"x": 11}, {"x": 12}]}]}), YES),
        (&updates, json!({"updates": [{"values": [{"x": 11}, {"x": 2}]}]}), MISMATCH),
        (&updates, json!({"updates": [{"values": "x"}]}), MISMATCH),
        (&updates, json!({"updates": []}), NO),
        (&updates, json!({"updates": {"values": {"x": 11}}}), YES),
        (&ids, json!({"ids": [1, 2]}), YES),
        (&ids, json!({"ids": [1, 3]}), MISMATCH),
        (&ids, json!({"ids": [3]}), NO),
        (&ids, json!({"ids": []}), NO),
        (&ids, json!({"ids": [null]}), NO),
        (&ids, json!({"ids": [1, null]}), MISMATCH),
        (&ids, json!({"ids": 1}), YES),
        (&ids, json!({"ids": [[1]]}), MISMATCH),
        (&given, of(&[json!(1), json!(2)]), YES),
        (&given, of(&[json!(1), json!(null)]), MISMATCH),
        (&left_out, of(&[json!(1), json!(null)]), MISMATCH),
        (&left_out, json!({"updates": []}), YES),
        (&left_out, json!({"updates": [{}, {"values": {}}]}), YES),
    ] {
        assert_eq!(in_each(condition, &write_facts(), &arguments), expected, "{condition} {arguments}");
    }
}

#[test]
fn an_element_of_a_list_in_which_nothing_is_does_not_hold() {
    let id = json!({"path": "args.updates.id", "op": "neq", "value": 100});
    for arguments in [
        json!({"updates": [{}, {"id": 1}]}),
        json!({"updates": [[], {"id": 1}]}),
        json!({"updates": [{"id": 1}, [[]]]}),
    ] {
        assert_eq!(outcome("require", &id, &write_facts(), &arguments), "deny", "{arguments}");
    }
}

#[test]
fn an_unknown_fact_is_a_type_mismatch() {
    let mut facts = write_facts();
    facts.records = None;
    facts.reads = None;
    for (path, op, value) in [
        ("call.records", "eq", json!(5)),
        ("call.records", "lt", json!(10)),
        ("call.records", "gte", json!(10)),
        ("call.records", "exists", json!(true)),
        ("call.records", "exists", json!(false)),
        ("call.reads", "contains", json!("x.y")),
        ("call.reads", "not_in", json!(["x.y"])),
        ("call.sensitive", "eq", json!(true)),
        ("call.sensitive", "eq", json!(false)),
    ] {
        let condition = json!({"path": path, "op": op, "value": value});
        assert_eq!(in_each(&condition, &facts, &json!({})), MISMATCH, "{condition}");
    }
    facts.sensitive = true;
    let sensitive = json!({"path": "call.sensitive", "op": "eq", "value": true});
    assert_eq!(in_each(&sensitive, &facts, &json!({})), YES, "it is, whatever else it reads");
}

#[test]
fn every_path_leads_to_what_gatehouse_computed() {
    let mut facts = write_facts();
    facts.effects = vec![Effect::Mail, Effect::State];
    facts.commands = vec![Nested { model: "sale.order.line".into(), command: "create".into(), fields: vec![] }];
    facts.reads = Some(vec![FieldPath { model: "sale.order".into(), field: "note".into() }]);
    for (path, op, value) in [
        ("call.model", "eq", json!("sale.order")),
        ("call.method", "eq", json!("write")),
        ("call.records", "eq", json!(2)),
        ("call.fields", "contains", json!("state")),
        ("call.fields", "in", json!(["note", "state"])),
        ("call.reads", "contains", json!("sale.order.note")),
        ("call.commands", "contains", json!("sale.order.line")),
        ("call.effects", "in", json!(["mail", "state"])),
        ("call.sensitive", "eq", json!(false)),
        ("connection.name", "eq", json!("Acme")),
        ("connection.environment", "eq", json!("production")),
        ("connection.host", "regex", json!("\\.odoo\\.com$")),
        ("connection.database", "eq", json!("acme")),
        ("connection.login", "eq", json!("demo")),
        ("connection.version", "eq", json!("19.0")),
        ("agent.name", "eq", json!("claude")),
    ] {
        let condition = json!({"path": path, "op": op, "value": value});
        assert_eq!(in_each(&condition, &facts, &json!({"model": "not the fact"})), YES, "{condition}");
    }
}

#[test]
fn a_backslash_and_a_dot_stand_for_a_dot_inside_a_key() {
    let arguments = json!({"values": {"a.b": 1, "a": {"b": 2, "c\\": 3}, "é.": {"\\.": 4}}});
    for (path, value) in [("a\\.b", 1), ("a.b", 2), ("a.c\\\\", 3), ("é\\..\\\\\\.", 4)] {
        let condition = json!({"path": format!("args.values.{path}"), "op": "eq", "value": value});
        assert_eq!(in_each(&condition, &write_facts(), &arguments), YES, "{path}");
    }
}

#[test]
fn regex_is_unanchored_and_size_limited() {
    for (pattern, value, expected) in [
        ("b", "abc", YES),
        ("^b", "abc", NO),
        ("^a.c$", "abc", YES),
        ("", "", YES),
        ("(?i)É", "é", YES),
        ("^$", "a\n", NO),
    ] {
        assert_eq!(of_x("regex", &json!(pattern), &x(&json!(value))), expected, "{value} {pattern}");
    }
    let large = json!({"version": "1", "default": "deny", "tools": {"odoo_write": {"deny_if": [
        {"conditions": [{"path": "args.model", "op": "regex", "value": "(?:[a-z]{900}){900}"}]}]}}});
    assert!(Policy::parse(&large.to_string(), &tools()).is_err());
}

#[test]
fn contains_is_a_substring_or_a_member_of_a_list() {
    for (operand, value, expected) in [
        (json!("b"), json!("abc"), YES),
        (json!("ac"), json!("abc"), NO),
        (json!(""), json!(""), YES),
        (json!("b"), json!(["a", "b"]), YES),
        (json!("b"), json!(["ab"]), NO),
        (json!("b"), json!([]), NO),
        (json!(5), json!([1, 5.0]), YES),
        (json!(true), json!([false]), NO),
        (json!("b"), json!([1, "b"]), YES),
        (json!("b"), json!([1, "a"]), MISMATCH),
        (json!("b"), json!([["b"]]), MISMATCH),
    ] {
        assert_eq!(of_x("contains", &operand, &x(&value)), expected, "{value} {operand}");
    }
}

#[test]
fn the_checker_warns_where_a_deny_if_guards_an_optional_argument_and_offers_the_require_exists_that_closes_it() {
    let text = json!({"version": "1", "default": "deny", "tools": {
        "odoo_write": {"deny_if": [
            {"conditions": [{"path": "args.model", "op": "eq", "value": "x"}]},
            {"conditions": [{"path": "args.values.state", "op": "eq", "value": "x"}]},
            {"conditions": [{"path": "call.records", "op": "gt", "value": 10}]}
        ], "require": [{"conditions": [{"path": "args.ids", "op": "exists", "value": true}]}]}
    }})
    .to_string();
    let warnings = Policy::warnings(&text, &tools());
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].pointer, "/tools/odoo_write/deny_if/1");
    assert!(
        warnings[0].message.contains(r#"require with {"path": "args.values.state", "op": "exists", "value": true}"#),
        "{}",
        warnings[0].message
    );
}
