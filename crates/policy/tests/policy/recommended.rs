//! The rules that PolicyLayer recommends for its five tools: they load unchanged and act as they say.

use super::{facts, judge, said, tools};
use gatehouse_core::{Category, Decision, Retry, Timestamp};
use gatehouse_policy::{Layer, Limits, Policy, Verdict, is_hidden};
use serde_json::json;

const OTHERS: [&str; 6] =
    ["odoo_read", "odoo_unlink", "user_connection_list", "odoo_connect", "proxy_call", "user_connection_addx"];

/// A quarter of a minute into a minute.
const NOW: Timestamp = Timestamp::from_millis(1_760_000_055_000);

fn loads(text: &str) -> Policy {
    assert!(Policy::warnings(text, &tools()).iter().all(|warning| warning.message.contains("has no tool")));
    Policy::parse(text, &tools()).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn call(policy: &Policy, tool: &str) -> Verdict<'static> {
    judge(&[policy], &facts(tool, Category::Write), &json!({}))
}

fn every_other_tool_is_denied(policy: &Policy, tool: &str) {
    for other in OTHERS {
        assert_ne!(other, tool);
        assert_eq!(said(&call(policy, other)), "deny (default deny)");
    }
}

/// `max` calls a minute pass, the next is refused until the next minute; every other tool is denied.
fn a_rate(text: &str, tool: &str, max: u32) {
    let policy = loads(text);
    let mut limits = Limits::new();
    let verdict = call(&policy, tool);
    assert_eq!(verdict.decision, Decision::Allow);
    for minute in [NOW, Timestamp::from_millis(1_760_000_100_000)] {
        for _ in 0..max {
            limits.reserve(&verdict.charges, minute).unwrap();
        }
        let full = limits.reserve(&verdict.charges, minute).unwrap_err();
        assert_eq!(full.rule, format!("user:/tools/{tool}/limits/0"));
        let until_next = 60 - minute.as_millis() / 1_000 % 60;
        assert_eq!(full.denial().retry, Retry::After { seconds: until_next.cast_unsigned() });
    }
    every_other_tool_is_denied(&policy, tool);
}

/// Not in the list; a call is denied.
fn a_hidden_tool(text: &str, tool: &str) {
    let policy = loads(text);
    assert!(is_hidden(&[Layer::new("user", &policy)], tool));
    assert_eq!(said(&call(&policy, tool)), "deny (hidden)");
    every_other_tool_is_denied(&policy, tool);
}

#[test]
fn user_connection_add_thirty_calls_a_minute_pass_the_31st_is_refused_until_the_next_minute() {
    a_rate(
        r#"{
  "version": "1",
  "default": "deny",
  "tools": {
    "user_connection_add": {
      "limits": [
        {
          "counter": "user_connection_add_rate",
          "window": "minute",
          "max": 30,
          "scope": "grant"
        }
      ]
    }
  }
}"#,
        "user_connection_add",
        30,
    );
}

#[test]
fn user_connection_activate_the_same() {
    a_rate(
        r#"{"version": "1", "default": "deny", "tools": {"user_connection_activate": {"limits": [
            {"counter": "user_connection_activate_rate", "window": "minute", "max": 30, "scope": "grant"}]}}}"#,
        "user_connection_activate",
        30,
    );
}

#[test]
fn open_connection_manager_the_same_with_10() {
    a_rate(
        r#"{"version": "1", "default": "deny", "tools": {"open_connection_manager": {"limits": [
            {"counter": "open_connection_manager_rate", "window": "minute", "max": 10, "scope": "grant"}]}}}"#,
        "open_connection_manager",
        10,
    );
}

#[test]
fn user_connection_delete_is_not_in_the_list_and_a_call_is_denied() {
    a_hidden_tool(
        r#"{"version": "1", "default": "deny", "hide": ["user_connection_delete"]}"#,
        "user_connection_delete",
    );
}

#[test]
fn odoo_disconnect_is_not_in_the_list_and_a_call_is_denied() {
    a_hidden_tool(r#"{"version": "1", "default": "deny", "hide": ["odoo_disconnect"]}"#, "odoo_disconnect");
}
