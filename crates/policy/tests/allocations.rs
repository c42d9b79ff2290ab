//! While a call is allowed, judging it allocates nothing.

use gatehouse_core::{AgentId, CallFacts, Category, Decision, Effect, Environment, FieldPath, Risk, Severity};
use gatehouse_policy::{Call, ConnectionFacts, Layer, Policy, evaluate};
use serde_json::{Value, json};

/// Every operator, over arguments and facts, numbers of all kinds, lists, and limits: nothing of it denies or asks.
fn every_operator() -> Value {
    let c = |path: &str, op: &str, value: Value| json!({"path": path, "op": op, "value": value});
    let limit = |counter: &str| json!({"counter": counter, "window": "minute", "max": 9, "scope": "grant"});
    json!({
        "version": "1",
        "default": "deny",
        "hide": ["odoo_unlink"],
        "all_tools": {"limits": [limit("calls")]},
        "redact": ["hr.*.ssn*", "res.users.password"],
        "tools": {"odoo_write": {
            "deny_if": [
                {"conditions": [c("args.values.state", "eq", json!("posted"))]},
                {"conditions": [c("args.values.amount", "gt", json!(1e9)), c("args.values.amount", "lt", json!(0.25))]},
                {"conditions": [c("args.ids", "in", json!([0, -1]))]},
                {"conditions": [c("call.model", "regex", json!("^(ir|base)\\.")), c("call.records", "gte", json!(100))]},
                {"conditions": [c("call.fields", "contains", json!("password"))]},
                {"conditions": [c("call.reads", "regex", json!("password$"))]},
                {"conditions": [c("call.effects", "eq", json!("payment"))]},
                {"conditions": [c("call.commands", "eq", json!("res.users"))]},
                {"conditions": [c("connection.version", "neq", json!("19.0"))]}
            ],
            "require": [
                {"conditions": [c("args.model", "exists", json!(true)), c("args.nothing", "exists", json!(false))]},
                {"conditions": [c("agent.name", "in", json!(["cursor", "claude-desktop"]))]},
                {"conditions": [c("call.reads", "not_in", json!(["res.users.password"]))]},
                {"conditions": [c("args.values.lines.quantity", "lte", json!(12.5))]},
                {"conditions": [c("connection.environment", "eq", json!("production"))]}
            ],
            "limits": [limit("writes"), {"counter": "records", "window": "day", "max": 500, "scope": "grant", "increment_from": "call.records"}],
            "require_approval": [
                {"conditions": [c("call.sensitive", "eq", json!(true))]},
                {"conditions": [c("args.values.amount", "gte", json!(10000))]}
            ]
        }}
    })
}

#[test]
fn allowing_a_call_allocates_nothing() {
    let mut text = every_operator();
    // The tools of the catalogue are not asked here, so any argument may be named.
    let user = Policy::parse(&text.to_string(), &[]).unwrap();
    text["tools"]["odoo_write"]["limits"] = json!([]);
    text["all_tools"] = json!({});
    let connection = Policy::parse(&text.to_string(), &[]).unwrap();
    let layers = [Layer::new("user", &user), Layer::new("connection:con_1", &connection)];
    let facts = CallFacts {
        model: Some("res.partner".into()),
        method: Some("write".into()),
        ids: vec![7, 8],
        records: Some(2),
        fields: vec!["comment".into(), "phone".into()],
        reads: Some(vec![FieldPath { model: "res.partner".into(), field: "display_name".into() }]),
        effects: vec![Effect::MailPossible],
        ..CallFacts::local("odoo_write", Risk { category: Category::Write, severity: Severity::Medium })
    };
    let arguments = json!({"model": "res.partner", "ids": [7, 8], "values": {
        "phone": "+32 2 290 34 90", "amount": 120.75, "lines": [{"quantity": 1}, {"quantity": 2.5}, {"quantity": 12}]}});
    let about = ConnectionFacts {
        name: "Acme".into(),
        environment: Environment::Production,
        host: "acme.odoo.com".into(),
        database: "acme".into(),
        login: "ada".into(),
        version: Some("19.0".into()),
    };
    let agent = AgentId::parse("claude-desktop").unwrap();
    let call = Call { facts: &facts, arguments: &arguments, connection: Some(&about), agent: &agent };
    // A regular expression makes room for its search once.
    assert_eq!(evaluate(&layers, &call).decision, Decision::Allow);
    let mut charges = 0;
    let counted = allocation_counter::measure(|| {
        for _ in 0..100 {
            let verdict = evaluate(&layers, &call);
            charges += verdict.charges.len();
        }
    });
    assert_eq!(charges, 300, "three limits each time");
    assert_eq!(counted.count_total, 0, "{counted:?}");
    // The measure itself sees what allocates.
    let told = allocation_counter::measure(|| drop(evaluate(&layers, &call).into_owned()));
    assert!(told.count_total > 0);
}
