//! Shape: the keys of a policy and what they mean.

use super::{facts, judge, policy, said, tools, write_facts};
use gatehouse_core::{CallFacts, Category};
use gatehouse_policy::{DefaultAnswer, Policy, local_tools};
use serde_json::json;
use std::time::Duration;

#[test]
fn version_is_required_and_is_the_text_1_and_default_is_required_and_is_allow_or_deny() {
    let minimal = policy(&json!({"version": "1", "default": "allow"}));
    assert_eq!(minimal.default(), DefaultAnswer::Allow);
    for (bad, pointers) in [
        (json!({}), &["", ""][..]),
        (json!([]), &[""]),
        (json!("deny"), &[""]),
        (json!({"version": "1"}), &[""]),
        (json!({"default": "deny"}), &[""]),
        (json!({"version": 1, "default": "deny"}), &["/version"]),
        (json!({"version": "2", "default": "deny"}), &["/version"]),
        (json!({"version": "1", "default": "block"}), &["/default"]),
        (json!({"version": "1", "default": null}), &["/default"]),
        (json!({"version": "1", "default": true}), &["/default"]),
    ] {
        let problems = Policy::parse(&bad.to_string(), &tools()).unwrap_err();
        let found: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(found, pointers, "{bad}");
    }
}

#[test]
fn a_listed_tool_is_allowed_and_an_empty_object_is_enough_under_either_default() {
    for default in ["allow", "deny"] {
        let listed = policy(&json!({"version": "1", "default": default, "tools": {"odoo_write": {}}}));
        assert_eq!(said(&judge(&[&listed], &write_facts(), &json!({}))), "allow", "{default}");
    }
}

#[test]
fn default_is_for_a_tool_that_tools_does_not_list() {
    let other = facts("odoo_unlink", Category::Destructive);
    let tools = json!({"odoo_write": {"deny_if": [{"conditions": []}]}});
    let closed = policy(&json!({"version": "1", "default": "deny", "tools": tools}));
    let open = policy(&json!({"version": "1", "default": "allow", "tools": tools}));
    assert_eq!(said(&judge(&[&closed], &other, &json!({}))), "deny (default deny)");
    assert_eq!(said(&judge(&[&open], &other, &json!({}))), "allow");
    assert_eq!(said(&judge(&[&open], &write_facts(), &json!({}))), "deny user:/tools/odoo_write/deny_if/0");
    assert_eq!(said(&judge(&[&Policy::deny_everything()], &other, &json!({}))), "deny (default deny)");
}

#[test]
fn hide_names_tools_or_every_tool() {
    for (hide, hidden) in [
        (json!([]), [false, false]),
        (json!(["odoo_write"]), [true, false]),
        (json!(["odoo_unlink", "odoo_write"]), [true, true]),
        (json!(["*"]), [true, true]),
        (json!(["odoo_*"]), [false, false]),
        (json!(["ODOO_WRITE"]), [false, false]),
    ] {
        let policy = policy(&json!({"version": "1", "default": "allow", "hide": hide, "tools": {"odoo_write": {}}}));
        let found = [write_facts(), facts("odoo_unlink", Category::Destructive)]
            .map(|facts| said(&judge(&[&policy], &facts, &json!({}))) == "deny (hidden)");
        assert_eq!(found, hidden, "{hide}");
    }
}

#[test]
fn limits_of_all_tools_count_every_call_and_those_of_a_tool_its_own() {
    let limit = |counter: &str| json!({"counter": counter, "window": "minute", "max": 5, "scope": "grant"});
    let policy = policy(&json!({"version": "1", "default": "allow",
        "all_tools": {"limits": [limit("every")]}, "tools": {"odoo_write": {"limits": [limit("own")]}}}));
    let counted = |facts: &CallFacts| {
        let verdict = judge(&[&policy], facts, &json!({}));
        verdict.charges.iter().map(|charge| charge.counter.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(counted(&write_facts()), ["user/claude/own", "user/claude/every"]);
    assert_eq!(counted(&facts("odoo_read", Category::Read)), ["user/claude/every"]);
    assert_eq!(counted(&facts("no_such_tool", Category::Read)), ["user/claude/every"]);
    let local = local_tools(&tools());
    assert!(judge(&[&local], &write_facts(), &json!({})).charges.is_empty(), "none of its tools");
}

#[test]
fn an_entry_without_conditions_is_always_true() {
    for (kind, answer) in [
        ("deny_if", "deny user:/tools/odoo_write/deny_if/0"),
        ("require", "allow"),
        ("require_approval", "ask user:/tools/odoo_write/require_approval/0"),
    ] {
        let policy =
            policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {kind: [{"conditions": []}]}}}));
        assert_eq!(said(&judge(&[&policy], &write_facts(), &json!({}))), answer);
    }
}

#[test]
fn conditions_are_anded_and_entries_are_not() {
    let yes = json!({"path": "call.model", "op": "eq", "value": "sale.order"});
    let no = json!({"path": "call.model", "op": "eq", "value": "res.partner"});
    for (kind, entries, answer) in [
        ("deny_if", json!([{"conditions": [yes, yes]}]), "deny"),
        ("deny_if", json!([{"conditions": [yes, no]}]), "allow"),
        ("deny_if", json!([{"conditions": [no]}, {"conditions": [yes]}]), "deny"),
        ("require", json!([{"conditions": [yes, yes]}]), "allow"),
        ("require", json!([{"conditions": [yes, no]}]), "deny"),
        ("require", json!([{"conditions": [yes]}, {"conditions": [no]}]), "deny"),
        ("require_approval", json!([{"conditions": [no, yes]}]), "allow"),
        ("require_approval", json!([{"conditions": [no]}, {"conditions": [yes]}]), "ask"),
    ] {
        let policy = policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {kind: entries}}}));
        let said = said(&judge(&[&policy], &write_facts(), &json!({})));
        assert_eq!(said.split(' ').next().unwrap(), answer, "{kind} {entries}");
    }
}

#[test]
fn the_shortest_time_of_the_asking_rules_counts() {
    let asking = |entries| {
        policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {"require_approval": entries}}}))
    };
    let slow = asking(json!([{"conditions": [], "timeout": "10m"}, {"conditions": [], "timeout": "5m"}]));
    let quick = asking(json!([{"conditions": [], "timeout": "90s", "reason": "Quick"}]));
    let verdict = judge(&[&slow, &quick], &write_facts(), &json!({}));
    assert_eq!(verdict.timeout, Some(Duration::from_secs(90)));
    assert_eq!(said(&verdict), "ask user:/tools/odoo_write/require_approval/0");
    assert_eq!(judge(&[&asking(json!([{"conditions": []}]))], &write_facts(), &json!({})).timeout, None);
}
