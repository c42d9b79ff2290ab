//! Layers: each judges alone, the strictest answer wins.

use super::{connection, facts, judge, policy, said, write_facts};
use gatehouse_core::{AgentId, Category};
use gatehouse_policy::{Call, Layer, Policy, evaluate, is_hidden};
use serde_json::{Value, json};

fn rules(rules: &Value) -> Policy {
    policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": rules}}))
}

fn limit(counter: &str, max: u64) -> Value {
    json!({"counter": counter, "window": "minute", "max": max, "scope": "grant"})
}

#[test]
fn the_strictest_answer_wins_deny_then_ask_then_allow() {
    let allow = rules(&json!({}));
    let ask = rules(&json!({"require_approval": [{"conditions": []}]}));
    let deny = rules(&json!({"deny_if": [{"conditions": []}]}));
    for (layers, expected) in [
        (vec![&allow, &allow], "allow"),
        (vec![&allow, &ask], "ask connection:con_1:/tools/odoo_write/require_approval/0"),
        (vec![&ask, &allow], "ask user:/tools/odoo_write/require_approval/0"),
        (vec![&ask, &ask], "ask user:/tools/odoo_write/require_approval/0"),
        (vec![&ask, &allow, &deny], "deny agent:claude:/tools/odoo_write/deny_if/0"),
        (vec![&deny, &ask], "deny user:/tools/odoo_write/deny_if/0"),
    ] {
        assert_eq!(said(&judge(&layers, &write_facts(), &json!({}))), expected);
    }
}

#[test]
fn all_limits_of_all_layers_apply() {
    let open =
        policy(&json!({"version": "1", "default": "allow", "all_tools": {"limits": [limit("a", 5), limit("b", 5)]}}));
    let ask = rules(&json!({"require_approval": [{"conditions": []}], "limits": [limit("a", 5)]}));
    let deny = rules(&json!({"deny_if": [{"conditions": []}], "limits": [limit("a", 5)]}));
    let counters = |layers: &[&Policy]| -> Vec<String> {
        let verdict = judge(layers, &write_facts(), &json!({}));
        verdict.charges.iter().map(|charge| charge.counter.to_string()).collect()
    };
    assert_eq!(counters(&[&open, &ask]), ["user/claude/a", "user/claude/b", "connection:con_1/claude/a"]);
    assert!(counters(&[&open, &ask, &deny]).is_empty(), "a call that is denied takes nothing");
}

#[test]
fn limits_of_one_counter_are_one_charge_against_the_smallest_quota() {
    let policy = policy(&json!({"version": "1", "default": "deny", "all_tools": {"limits": [limit("c", 4)]},
        "tools": {"odoo_write": {"limits": [limit("c", 9)]}}}));
    let verdict = judge(&[&policy], &write_facts(), &json!({}));
    assert_eq!(verdict.charges.len(), 1);
    assert_eq!((verdict.charges[0].max, verdict.charges[0].rule.to_string()), (4, "user:/all_tools/limits/0".into()));
}

#[test]
fn hidden_in_one_is_hidden() {
    let open = policy(&json!({"version": "1", "default": "allow"}));
    let hiding = policy(&json!({"version": "1", "default": "allow", "hide": ["odoo_write"]}));
    let layers = [Layer::new("managed", &open), Layer::new("user", &hiding), Layer::new("agent:claude", &open)];
    assert!(is_hidden(&layers, "odoo_write") && !is_hidden(&layers, "odoo_read"));
    assert_eq!(said(&judge(&[&open, &hiding, &open], &write_facts(), &json!({}))), "deny (hidden)");
}

#[test]
fn an_absent_layer_is_skipped_and_none_at_all_allows_nothing() {
    let open = policy(&json!({"version": "1", "default": "allow"}));
    assert_eq!(said(&judge(&[&open], &write_facts(), &json!({}))), "allow");
    assert_eq!(said(&judge(&[], &write_facts(), &json!({}))), "deny (default deny)");
}

#[test]
fn a_call_without_a_connection_matches_nothing_about_one() {
    let about = |op: &str, value: Value| {
        let condition = json!({"path": "connection.environment", "op": op, "value": value});
        policy(
            &json!({"version": "1", "default": "deny", "tools": {"user_connection_add": {"deny_if": [{"conditions": [condition]}]}}}),
        )
    };
    let facts = facts("user_connection_add", Category::Write);
    let (agent, arguments, connection) = (AgentId::parse("claude").unwrap(), json!({}), connection());
    let say = |policy: &Policy, connection| {
        said(&evaluate(
            &[Layer::new("user", policy)],
            &Call { facts: &facts, arguments: &arguments, connection, agent: &agent },
        ))
    };
    let not_development = about("neq", json!("development"));
    assert_eq!(say(&not_development, None), "allow");
    assert_eq!(say(&not_development, Some(&connection)), "deny user:/tools/user_connection_add/deny_if/0");
    assert_eq!(say(&about("exists", json!(false)), None), "deny user:/tools/user_connection_add/deny_if/0");
}

#[test]
fn approval_wait_is_protocol_outside_default_hide_and_limits() {
    let closed =
        policy(&json!({"version": "1", "default": "deny", "hide": ["*"], "all_tools": {"limits": [limit("c", 1)]}}));
    let verdict = judge(&[&closed], &facts("approval_wait", Category::Read), &json!({}));
    assert_eq!((said(&verdict).as_str(), verdict.charges.len()), ("allow", 0));
    let layers = [Layer::new("user", &closed)];
    assert!(!is_hidden(&layers, "approval_wait") && is_hidden(&layers, "odoo_read"));
}
