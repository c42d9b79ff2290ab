//! Order: strict parse → hide → default → `deny_if` → `require` → limits → `require_approval`.

use super::{facts, judge, policy, said, write_facts};
use gatehouse_core::{AgentId, Category, Decision, FieldPath, Timestamp};
use gatehouse_policy::{Call, Layer, Limits, Policy, evaluate, explain, is_redacted};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// Everything at once that could refuse `odoo_write`, strongest first: taken away one by one, the next one speaks.
#[test]
fn the_order_is_hide_default_deny_if_require_limits_require_approval() {
    let always = json!([{"conditions": []}]);
    let never = json!([{"conditions": [{"path": "call.model", "op": "eq", "value": "no.such"}]}]);
    let uncountable =
        json!([{"counter": "c", "window": "day", "max": 1, "scope": "grant", "increment_from": "args.values.x"}]);
    let mut text = json!({"version": "1", "default": "deny", "hide": ["odoo_write"], "redact": ["sale.order.note"], "tools": {
        "odoo_write": {"deny_if": always, "require": never, "limits": uncountable, "require_approval": always}}});
    let say = |text: &Value| said(&judge(&[&policy(text)], &write_facts(), &json!({})));
    assert_eq!(say(&text), "deny (hidden)");
    text.as_object_mut().unwrap().remove("hide");
    let rules = text["tools"]["odoo_write"].take();
    text["tools"] = json!({"odoo_read": rules});
    assert_eq!(say(&text), "deny (default deny)");
    let rules = text["tools"]["odoo_read"].take();
    text["tools"] = json!({"odoo_write": rules});
    for expected in [
        "deny user:/redact/0",
        "deny user:/tools/odoo_write/deny_if/0",
        "deny user:/tools/odoo_write/require/0",
        "deny user:/tools/odoo_write/limits/0",
        "ask user:/tools/odoo_write/require_approval/0",
        "allow",
    ] {
        assert_eq!(say(&text), expected);
        let kind = expected.split('/').nth(3).unwrap_or("");
        if expected.contains("redact") {
            text.as_object_mut().unwrap().remove("redact");
        } else {
            text["tools"]["odoo_write"].as_object_mut().unwrap().remove(kind);
        }
    }
}

#[test]
fn deny_wins_over_require_approval() {
    let always = json!([{"conditions": []}]);
    let rules = json!({"require_approval": always, "deny_if": always});
    let policy = policy(&json!({"version": "1", "default": "allow", "tools": {"odoo_write": rules}}));
    assert_eq!(said(&judge(&[&policy], &write_facts(), &json!({}))), "deny user:/tools/odoo_write/deny_if/0");
}

#[test]
fn only_calls_that_could_run_are_asked_about() {
    let limit = json!({"counter": "c", "window": "minute", "max": 1, "scope": "grant"});
    let policy = policy(&json!({"version": "1", "default": "deny", "tools": {
        "odoo_write": {"limits": [limit], "require_approval": [{"conditions": []}]}}}));
    let layers = [Layer::new("user", &policy)];
    let (facts, arguments, agent) = (write_facts(), json!({}), AgentId::parse("claude").unwrap());
    let call = Call { facts: &facts, arguments: &arguments, connection: None, agent: &agent };
    let verdict = evaluate(&layers, &call);
    let mut limits = Limits::new();
    assert!(matches!(explain(&layers, &call, &limits, NOW).decision, Decision::Ask(_)));
    limits.reserve(&verdict.charges, NOW).unwrap();
    assert!(limits.peek(&verdict.charges, NOW).is_err());
    let Decision::Deny(denial) = explain(&layers, &call, &limits, NOW).decision else { panic!("asked in vain") };
    assert_eq!(denial.rule, "user:/tools/odoo_write/limits/0");
}

#[test]
fn limits_are_reserved_the_tools_and_all_tools_all_or_none() {
    let limit = |counter: &str, max: u64| json!({"counter": counter, "window": "minute", "max": max, "scope": "grant"});
    let policy = policy(&json!({"version": "1", "default": "deny", "all_tools": {"limits": [limit("every", 2)]},
        "tools": {"odoo_write": {"limits": [limit("own", 9)]}, "odoo_read": {}}}));
    let mut limits = Limits::new();
    let mut reserve = |tool: &str| {
        let verdict = judge(&[&policy], &facts(tool, Category::Read), &json!({}));
        limits.reserve(&verdict.charges, NOW).map(drop).map_err(|full| full.rule)
    };
    assert_eq!(reserve("odoo_read"), Ok(()));
    assert_eq!(reserve("odoo_write"), Ok(()));
    for _ in 0..9 {
        assert_eq!(reserve("odoo_write"), Err("user:/all_tools/limits/0".to_owned()));
    }
    let own = judge(&[&policy], &facts("odoo_write", Category::Write), &json!({})).charges.remove(0);
    for _ in 0..8 {
        limits.reserve(std::slice::from_ref(&own), NOW).unwrap();
    }
    assert!(limits.reserve(std::slice::from_ref(&own), NOW).is_err(), "one was taken, and none by those refused");
}

fn redacting(glob: &str) -> Policy {
    policy(&json!({"version": "1", "default": "deny", "redact": [glob], "tools": {"odoo_write": {}}}))
}

fn field(model: &str, field: &str) -> FieldPath {
    FieldPath { model: model.into(), field: field.into() }
}

#[test]
fn a_redacted_field_is_named_by_no_domain_order_grouping_or_field_list() {
    let mut facts = write_facts();
    let note = redacting("sale.order.no*");
    facts.reads = Some(vec![field("res.partner", "name"), field("sale.order", "note")]);
    assert_eq!(said(&judge(&[&note], &facts, &json!({}))), "deny user:/redact/0");
    facts.reads = Some(vec![field("sale.order", "name")]);
    assert_eq!(said(&judge(&[&note], &facts, &json!({}))), "allow");
    facts.reads = None;
    facts.risk.category = Category::Read;
    assert_eq!(said(&judge(&[&note], &facts, &json!({}))), "deny user:/redact/0", "what it reads cannot be told");
}

#[test]
fn redact_is_globs_of_model_and_field_and_a_star_stands_for_any_characters() {
    for (glob, model, name, redacted) in [
        ("hr.employee.pin", "hr.employee", "pin", true),
        ("hr.employee.pin", "hr.employee", "pin2", false),
        ("*.pin", "hr.employee", "pin", true),
        ("hr.*", "hr.employee", "name", true),
        ("hr.*", "res.partner", "hr.x", false),
        ("hr.employee.*", "hr.employee.public", "name", true),
        ("res.*.em*il", "res.partner", "email", true),
        ("res.*.em*il", "res.partner", "email2", false),
    ] {
        let policy = redacting(glob);
        assert_eq!(is_redacted(&[Layer::new("user", &policy)], &field(model, name)), redacted, "{glob} {model} {name}");
    }
    let open = policy(&json!({"version": "1", "default": "allow"}));
    let (closed, pin) = (redacting("*.pin"), field("hr.employee", "pin"));
    assert!(
        is_redacted(&[Layer::new("user", &open), Layer::new("agent:claude", &closed)], &pin),
        "in one layer is enough"
    );
    assert!(!is_redacted(&[Layer::new("user", &open)], &pin));
}
