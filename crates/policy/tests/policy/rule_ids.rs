//! Rule ids, and what a denial tells the agent.

use super::{facts, judge, policy, said, write_facts};
use gatehouse_core::{CallFacts, Category, Decision, Denial, Retry};
use gatehouse_policy::guard;
use serde_json::{Map, Value, json};

fn denial(policy_text: &Value, facts: &CallFacts, arguments: &Value) -> Denial {
    match judge(&[&policy(policy_text)], facts, arguments).decision {
        Decision::Deny(denial) => denial,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rule_ids_are_json_pointers_into_the_file_with_their_layer() {
    let always = json!([{"conditions": []}]);
    let never = json!([{"conditions": []}, {"conditions": [{"path": "call.model", "op": "eq", "value": "x"}]}]);
    let uncountable =
        json!({"counter": "c", "window": "day", "max": 1, "scope": "grant", "increment_from": "call.records"});
    for text in [
        json!({"version": "1", "default": "deny", "tools": {"a/b~c": {"deny_if": always}}}),
        json!({"version": "1", "default": "deny", "tools": {"a/b~c": {"require": never}}}),
        json!({"version": "1", "default": "deny", "tools": {"a/b~c": {"require_approval": always}}}),
        json!({"version": "1", "default": "deny", "tools": {"a/b~c": {"limits": [uncountable]}}}),
        json!({"version": "1", "default": "allow", "all_tools": {"limits": [uncountable]}}),
        json!({"version": "1", "default": "allow", "redact": ["x.y", "sale.order.*"]}),
    ] {
        let facts = CallFacts { tool: "a/b~c".into(), records: None, ..write_facts() };
        let said = said(&judge(&[&policy(&text)], &facts, &json!({})));
        let pointer = said.split_once(" user:").unwrap_or_else(|| panic!("{said}")).1;
        assert!(
            text.pointer(pointer).is_some_and(|rule| rule.is_object() || rule == "sale.order.*"),
            "{text} {pointer}"
        );
    }
}

#[test]
fn what_no_rule_of_a_file_says_has_a_name_in_brackets() {
    let hidden = json!({"version": "1", "default": "allow", "hide": ["odoo_write"]});
    let closed = json!({"version": "1", "default": "deny"});
    assert_eq!(denial(&hidden, &write_facts(), &json!({})).rule, "(hidden)");
    assert_eq!(denial(&closed, &write_facts(), &json!({})).rule, "(default deny)");
    let users = CallFacts { model: Some("res.users".into()), ..write_facts() };
    assert_eq!(guard::judge(&users, &Map::new(), &[]).unwrap().rule, "(guard)");
}

#[test]
fn a_denial_tells_the_agent_the_rule_the_message_and_whether_and_when_to_retry() {
    let with = |rules: Value| json!({"version": "1", "default": "deny", "tools": {"odoo_write": rules}});
    let over = json!({"path": "call.records", "op": "gt", "value": 1});
    for (rules, rule, message, retry) in [
        (
            json!({"deny_if": [{"conditions": [], "on_deny": "Requires human approval."}]}),
            "user:/tools/odoo_write/deny_if/0",
            "Denied by policy: Requires human approval. Do not try again.",
            Retry::Never,
        ),
        (
            json!({"deny_if": [{"conditions": [over], "on_deny": "One at a time"}]}),
            "user:/tools/odoo_write/deny_if/0",
            "Denied by policy: One at a time. Do not retry it unchanged.",
            Retry::WhenChanged,
        ),
        (
            json!({"require": [{"conditions": [{"path": "args.ids", "op": "exists", "value": true}], "on_deny": "Name the ids"}]}),
            "user:/tools/odoo_write/require/0",
            "Denied by policy: Name the ids. Do not retry it unchanged.",
            Retry::WhenChanged,
        ),
    ] {
        let told = denial(&with(rules), &write_facts(), &json!({}));
        assert_eq!((told.rule.as_str(), told.message.as_str(), told.retry), (rule, message, retry));
    }
    for text in [
        with(json!({"deny_if": [{"conditions": []}]})),
        json!({"version": "1", "default": "deny"}),
        json!({"version": "1", "default": "deny", "hide": ["*"]}),
    ] {
        let told = denial(&text, &write_facts(), &json!({}));
        assert!(told.message.len() > 10 && told.message.ends_with('.') && told.retry == Retry::Never, "{told:?}");
    }
}

#[test]
fn a_question_tells_the_person_the_rule_and_the_reason() {
    let text = json!({"version": "1", "default": "deny", "tools": {"odoo_write": {"require_approval": [
        {"conditions": [{"path": "call.records", "op": "gt", "value": 99}]}, {"conditions": [], "reason": "It changes records."}]}}});
    let Decision::Ask(question) = judge(&[&policy(&text)], &write_facts(), &json!({})).decision else {
        panic!("not asked")
    };
    assert_eq!(
        (question.rule.as_str(), question.reason.as_str()),
        ("user:/tools/odoo_write/require_approval/1", "It changes records.")
    );
    let other = facts("odoo_unlink", Category::Destructive);
    assert_eq!(said(&judge(&[&policy(&text)], &other, &json!({}))), "deny (default deny)");
}
