use super::{facts, judge, policy, said, write_facts};
use gatehouse_core::{CallFacts, Category, Decision, Effect, FieldPath, Nested, Retry};
use gatehouse_policy::{Layer, is_hidden, is_redacted};
use serde_json::{Value, json};
use std::time::Duration;

fn rules(rules: &Value) -> Value {
    json!({"version": "1", "default": "deny", "tools": {"odoo_write": rules}})
}

fn outcome(kind: &str, condition: &Value, facts: &CallFacts, arguments: &Value) -> String {
    let policy = policy(&rules(&json!({ kind: [{"conditions": [condition]}] })));
    said(&judge(&[&policy], facts, arguments)).split(' ').next().unwrap().to_owned()
}

/// What a condition over `args.values.x` says in `deny_if`, `require` and `require_approval`.
fn in_each(op: &str, operand: &Value, arguments: &Value) -> [bool; 3] {
    let condition = json!({"path": "args.values.x", "op": op, "value": operand});
    let facts = write_facts();
    [
        outcome("deny_if", &condition, &facts, arguments) == "deny",
        outcome("require", &condition, &facts, arguments) == "allow",
        outcome("require_approval", &condition, &facts, arguments) == "ask",
    ]
}

const YES: [bool; 3] = [true, true, true];
const NO: [bool; 3] = [false, false, false];
/// Denies, fails, asks: a doubt counts against the call.
const DOUBT: [bool; 3] = [true, false, true];

#[test]
fn comparison_is_strict_and_a_doubt_counts_against_the_call() {
    for (op, operand, x, expected) in [
        ("eq", json!(5), json!(5), YES),
        ("eq", json!(5), json!(5.0), YES),
        ("eq", json!(5), json!(6), NO),
        ("eq", json!(5), json!("5"), DOUBT),
        ("eq", json!("5"), json!(5), DOUBT),
        ("eq", json!("true"), json!(true), DOUBT),
        ("eq", json!(true), json!(true), YES),
        ("eq", json!(true), json!(1), DOUBT),
        ("eq", json!("a"), json!({"a": 1}), DOUBT),
        ("eq", json!(0.1), json!(0.1), YES),
        ("eq", json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), NO),
        ("neq", json!(5), json!(6), YES),
        ("neq", json!(5), json!(5), NO),
        ("neq", json!(5), json!("6"), DOUBT),
        ("neq", json!(5), json!(null), NO),
        ("in", json!(["a", "b"]), json!("b"), YES),
        ("in", json!(["a", "b"]), json!("c"), NO),
        ("in", json!(["a", 5]), json!(6), NO),
        ("in", json!(["a", "b"]), json!(5), DOUBT),
        ("not_in", json!(["a"]), json!("c"), YES),
        ("not_in", json!(["a"]), json!(5), DOUBT),
        ("not_in", json!(["a"]), json!(null), NO),
        ("lt", json!(10), json!(9.99), YES),
        ("lt", json!(10), json!(10), NO),
        ("lte", json!(10), json!(10.0), YES),
        ("gt", json!(10000), json!(10000.01), YES),
        ("gt", json!(10000), json!("9999"), DOUBT),
        ("gte", json!(-1), json!(-1), YES),
        ("regex", json!("^a.c$"), json!("abc"), YES),
        ("regex", json!("b"), json!("abc"), YES),
        ("regex", json!("^b"), json!("abc"), NO),
        ("regex", json!("5"), json!(5), DOUBT),
        ("contains", json!("b"), json!("abc"), YES),
        ("contains", json!("b"), json!(["a", "b"]), YES),
        ("contains", json!("b"), json!(["ab"]), NO),
        ("contains", json!("b"), json!([1]), DOUBT),
        ("contains", json!("b"), json!(5), DOUBT),
        ("contains", json!("b"), json!([]), NO),
        ("exists", json!(true), json!(0), YES),
        ("exists", json!(true), json!(null), NO),
        ("exists", json!(false), json!(null), YES),
        ("exists", json!(false), json!(false), NO),
        ("exists", json!(true), json!([]), YES),
    ] {
        let found = in_each(op, &operand, &json!({"model": "m", "values": {"x": x}}));
        assert_eq!(found, expected, "{x} {op} {operand}");
    }
}

#[test]
fn a_missing_argument_makes_a_condition_false() {
    for op in ["eq", "neq", "contains"] {
        assert_eq!(in_each(op, &json!("a"), &json!({"model": "m"})), NO, "{op}");
    }
    assert_eq!(in_each("not_in", &json!(["a"]), &json!({"values": {}})), NO);
    assert_eq!(in_each("lt", &json!(1), &json!({"values": null})), NO);
    assert_eq!(in_each("exists", &json!(false), &json!({})), YES);
    assert_eq!(in_each("exists", &json!(true), &json!({})), NO);
    assert_eq!(in_each("eq", &json!("a"), &json!({"values": "a text where an object was meant"})), DOUBT);
}

#[test]
fn along_a_list_one_suspect_is_enough_to_deny_and_one_failure_to_fail() {
    let arguments = json!({"updates": [{"id": 1, "values": {"x": 1}}, {"id": 2, "values": {"x": 20}}]});
    let facts = write_facts();
    let over = json!({"path": "args.updates.values.x", "op": "gt", "value": 10});
    let under = json!({"path": "args.updates.values.x", "op": "lt", "value": 10});
    assert_eq!(outcome("deny_if", &over, &facts, &arguments), "deny");
    assert_eq!(outcome("require", &under, &facts, &arguments), "deny");
    let ids = json!({"path": "args.ids", "op": "in", "value": [1, 2]});
    assert_eq!(outcome("require", &ids, &facts, &json!({"ids": [1, 2]})), "allow");
    assert_eq!(outcome("require", &ids, &facts, &json!({"ids": [1, 3]})), "deny");
    assert_eq!(outcome("require", &ids, &facts, &json!({"ids": []})), "deny", "an empty list is nothing");
    assert_eq!(outcome("deny_if", &ids, &facts, &json!({"ids": [9, 2]})), "deny");
    let partly = json!({"updates": [{"id": 1, "values": {"x": 1}}, {"id": 2, "values": {}}]});
    assert_eq!(outcome("require", &under, &facts, &partly), "deny", "missing in one element");
}

#[test]
fn facts_are_what_gatehouse_computed_and_the_unknown_is_a_doubt() {
    let mut facts = write_facts();
    facts.effects = vec![Effect::Mail, Effect::State];
    facts.commands = vec![Nested { model: "sale.order.line".into(), command: "create".into(), fields: vec![] }];
    for (path, op, value) in [
        ("call.model", "eq", json!("sale.order")),
        ("call.method", "eq", json!("write")),
        ("call.records", "eq", json!(2)),
        ("call.fields", "contains", json!("state")),
        ("call.fields", "eq", json!("state")),
        ("call.reads", "contains", json!("sale.order.note")),
        ("call.commands", "contains", json!("sale.order.line")),
        ("call.effects", "in", json!(["mail"])),
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
        assert_eq!(outcome("deny_if", &condition, &facts, &json!({})), "deny", "{path}");
    }
    facts.records = None;
    facts.reads = None;
    for (path, value) in [("call.records", json!(5)), ("call.reads", json!("x.y")), ("call.sensitive", json!(true))] {
        let condition = json!({"path": path, "op": "eq", "value": value});
        assert_eq!(outcome("deny_if", &condition, &facts, &json!({})), "deny", "{path}");
        assert_eq!(outcome("require", &condition, &facts, &json!({})), "deny", "{path}");
        assert_eq!(outcome("require_approval", &condition, &facts, &json!({})), "ask", "{path}");
    }
}

#[test]
fn the_order_is_hide_default_deny_if_require_approval() {
    let always = json!([{"conditions": []}]);
    let never = json!([{"conditions": [{"path": "call.model", "op": "eq", "value": "no.such"}]}]);
    let all = json!({"require": never, "deny_if": always, "require_approval": always});
    let mut text = rules(&all);
    assert_eq!(said(&judge(&[&policy(&text)], &write_facts(), &json!({}))), "deny user:/tools/odoo_write/deny_if/0");
    text["hide"] = json!(["odoo_write"]);
    assert_eq!(said(&judge(&[&policy(&text)], &write_facts(), &json!({}))), "deny (hidden)");
    let text = rules(&json!({"require": never, "require_approval": always}));
    assert_eq!(said(&judge(&[&policy(&text)], &write_facts(), &json!({}))), "deny user:/tools/odoo_write/require/0");
    let text = rules(&json!({"require_approval": always}));
    assert_eq!(
        said(&judge(&[&policy(&text)], &write_facts(), &json!({}))),
        "ask user:/tools/odoo_write/require_approval/0"
    );
    assert_eq!(said(&judge(&[&policy(&rules(&json!({})))], &write_facts(), &json!({}))), "allow");
    let other = facts("odoo_unlink", Category::Destructive);
    assert_eq!(said(&judge(&[&policy(&rules(&json!({})))], &other, &json!({}))), "deny (default deny)");
    assert_eq!(said(&judge(&[], &other, &json!({}))), "deny (default deny)");
    let open = policy(&json!({"version": "1", "default": "allow"}));
    assert_eq!(said(&judge(&[&open], &other, &json!({}))), "allow");
}

#[test]
fn a_denial_says_whether_to_retry() {
    let denial = |text: &Value| match judge(&[&policy(text)], &write_facts(), &json!({})).decision {
        Decision::Deny(denial) => denial,
        other => panic!("{other:?}"),
    };
    let flat = denial(&rules(&json!({"deny_if": [{"conditions": [], "on_deny": "Requires human approval."}]})));
    assert_eq!(
        (flat.retry, flat.message.as_str()),
        (Retry::Never, "Denied by policy: Requires human approval. Do not try again.")
    );
    let on_call = denial(&rules(
        &json!({"deny_if": [{"conditions": [{"path": "call.records", "op": "gt", "value": 1}], "on_deny": "One at a time"}]}),
    ));
    assert_eq!(
        (on_call.retry, on_call.message.as_str()),
        (Retry::WhenChanged, "Denied by policy: One at a time. Do not retry it unchanged.")
    );
}

#[test]
fn the_shortest_time_of_the_asking_rules_counts() {
    let slow = policy(&rules(
        &json!({"require_approval": [{"conditions": [], "timeout": "10m"}, {"conditions": [], "timeout": "5m"}]}),
    ));
    let quick = policy(&rules(&json!({"require_approval": [{"conditions": [], "timeout": "90s", "reason": "Quick"}]})));
    let verdict = judge(&[&slow, &quick], &write_facts(), &json!({}));
    assert_eq!(verdict.timeout, Some(Duration::from_secs(90)));
    assert_eq!(said(&verdict), "ask user:/tools/odoo_write/require_approval/0");
}

#[test]
fn the_strictest_layer_wins_and_all_limits_of_all_layers_apply() {
    let limit = |counter: &str| json!({"counter": counter, "window": "minute", "max": 5, "scope": "grant"});
    let allow = policy(&json!({"version": "1", "default": "allow", "all_tools": {"limits": [limit("a")]}}));
    let ask = policy(&rules(&json!({"require_approval": [{"conditions": []}], "limits": [limit("a")]})));
    let deny = policy(&rules(&json!({"deny_if": [{"conditions": []}]})));
    let verdict = judge(&[&allow, &ask], &write_facts(), &json!({}));
    assert_eq!(said(&verdict), "ask connection:con_1:/tools/odoo_write/require_approval/0");
    let counters: Vec<String> = verdict.charges.iter().map(|charge| charge.counter.to_string()).collect();
    assert_eq!(counters, ["user/claude/a", "connection:con_1/claude/a"]);
    let verdict = judge(&[&allow, &ask, &deny], &write_facts(), &json!({}));
    assert_eq!(said(&verdict), "deny agent:claude:/tools/odoo_write/deny_if/0");
    assert!(verdict.charges.is_empty());
}

#[test]
fn limits_of_one_counter_are_one_charge_against_the_smallest_quota() {
    let limit = |max: u64| json!({"counter": "c", "window": "minute", "max": max, "scope": "grant"});
    let mut text = rules(&json!({"limits": [limit(9)]}));
    text["all_tools"] = json!({"limits": [limit(4)]});
    let verdict = judge(&[&policy(&text)], &write_facts(), &json!({}));
    assert_eq!(verdict.charges.len(), 1);
    assert_eq!((verdict.charges[0].max, verdict.charges[0].rule.to_string().as_str()), (4, "user:/all_tools/limits/0"));
}

#[test]
fn what_a_limit_counts_is_a_number_that_is_not_negative_or_the_call_is_denied() {
    let text = rules(
        &json!({"limits": [{"counter": "spend", "window": "day", "max": 100, "scope": "grant", "increment_from": "args.values.amount"}]}),
    );
    let policy = policy(&text);
    for (amount, counted) in [
        (json!(12), Some(12)),
        (json!(0.99), Some(1)),
        (json!(0), Some(0)),
        (json!(-1), None),
        (json!("5"), None),
        (json!(null), None),
        (json!(1e30), None),
        (json!([5]), None),
    ] {
        let verdict = judge(&[&policy], &write_facts(), &json!({"values": {"amount": amount}}));
        assert_eq!(verdict.charges.first().map(|charge| charge.amount), counted, "{amount}");
        if counted.is_none() {
            assert_eq!(said(&verdict), "deny user:/tools/odoo_write/limits/0");
        }
    }
}

#[test]
fn a_redacted_field_is_not_named_either() {
    let mut text = rules(&json!({}));
    text["redact"] = json!(["sale.order.no*"]);
    let policy = policy(&text);
    let mut facts = write_facts();
    assert_eq!(said(&judge(&[&policy], &facts, &json!({}))), "deny user:/redact/0");
    facts.reads = Some(vec![FieldPath { model: "sale.order".into(), field: "name".into() }]);
    assert_eq!(said(&judge(&[&policy], &facts, &json!({}))), "allow");
    facts.reads = None;
    facts.risk.category = Category::Read;
    assert_eq!(said(&judge(&[&policy], &facts, &json!({}))), "deny user:/redact/0");
    let note = FieldPath { model: "sale.order".into(), field: "note".into() };
    assert!(is_redacted(&[Layer::new("user", &policy)], &note));
}

#[test]
fn waiting_for_an_approval_is_protocol_and_never_hidden_or_limited() {
    let closed = policy(
        &json!({"version": "1", "default": "deny", "hide": ["*"], "all_tools": {"limits": [{"counter": "c", "window": "day", "max": 1, "scope": "grant"}]}}),
    );
    let waiting = facts("approval_wait", Category::Read);
    let verdict = judge(&[&closed], &waiting, &json!({}));
    assert_eq!((said(&verdict).as_str(), verdict.charges.len()), ("allow", 0));
    let layers = [Layer::new("user", &closed)];
    assert!(!is_hidden(&layers, "approval_wait") && is_hidden(&layers, "odoo_read"));
}
