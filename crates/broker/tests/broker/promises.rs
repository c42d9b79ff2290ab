//! Promises of the policy language that only the dispatch can keep.

use crate::house::House;
use gatehouse_core::ErrorCode;
use serde_json::json;

#[tokio::test]
async fn calls_without_a_connection_skip_the_connection_layer() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.save(&house.of_demo(), r#"{"version": "1", "default": "deny", "hide": ["user_connection_list"]}"#).await;
    assert!(agent.tools().await.contains(&"user_connection_list".to_owned()), "list and call agree");
    agent.call("user_connection_list", json!({})).await.unwrap();
    let read = json!({"model": "res.partner", "fields": ["name"], "limit": 1, "connection": "Demo"});
    let error = agent.call("odoo_search_read", read).await.unwrap_err();
    assert_eq!((error.code, error.rule.as_deref()), (ErrorCode::Denied, Some("(default deny)")));
}

const UNKNOWN: &str = "tkt_00000000000000000000000000";

#[tokio::test]
async fn approval_wait_is_protocol_outside_default_hide_and_limits() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let closed = json!({"version": "1", "default": "deny", "hide": ["*"], "all_tools": {"limits": [
        {"counter": "every", "window": "day", "max": 1, "scope": "grant"}]}});
    house.save("user", &closed.to_string()).await;
    assert_eq!(agent.tools().await, ["approval_wait"]);
    for _ in 0..3 {
        let error = agent.call("approval_wait", json!({"ticket": UNKNOWN})).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::TicketGone);
    }
}

#[tokio::test]
async fn approval_wait_has_a_cap_of_its_own() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    for _ in 0..1_000 {
        let error = agent.call("approval_wait", json!({"ticket": UNKNOWN})).await.unwrap_err();
        if error.code == ErrorCode::RateLimited {
            return;
        }
    }
    panic!("a thousand at once");
}
