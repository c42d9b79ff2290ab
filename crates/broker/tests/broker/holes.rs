//! Holes of an open-source proxy with a policy of the same family, closed where calls are dispatched. Those of the wire
//! are tested in `crates/bridge` and `crates/ipc`, those of the language in `crates/policy`.

use crate::house::House;
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn hole_03_a_name_that_is_not_exact_is_no_name() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let delete = json!({"model": "res.partner", "ids": [10], "connection": "Demo"});
    for tool in ["Odoo_Unlink", "ODOO_UNLINK", "odoo_unlink ", " odoo_unlink", "odoo_unlink\0", "odoo-unlink", ""] {
        let error = agent.call(tool, delete.clone()).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::UnknownTool, "{tool:?}: {error:?}");
    }
    for (tool, arguments) in [
        ("odoo_unlink", json!({"model": "res.partner", "ids": [10], "Ids": [11], "connection": "Demo"})),
        ("odoo_unlink", json!({"Model": "res.partner", "ids": [10], "connection": "Demo"})),
        (
            "odoo_write",
            json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "VALUES": {}, "connection": "Demo"}),
        ),
        ("odoo_search_read", json!({"model": "res.partner", "Domain": [["id", "=", 10]]})),
    ] {
        let error = agent.call(tool, arguments.clone()).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{arguments}: {error:?}");
    }
    assert!(house.approver.cards().is_empty());
    assert_eq!((house.times("unlink"), house.times("write")), (0, 0));
}

#[tokio::test]
async fn hole_09_a_policy_file_that_cannot_be_read_shows_nothing_that_was_hidden() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.save("user", r#"{"version": "1", "default": "allow", "hide": ["odoo_unlink"]}"#).await;
    let delete = json!({"model": "res.partner", "ids": [10], "connection": "Demo"});
    for broken in ["", r#"{"version": "1", "default": "allow", "hides": []}"#, "\0\u{1}"] {
        std::fs::write(house.folder().join("policy.json"), broken).unwrap();
        for _ in 0..12 {
            assert!(!agent.tools().await.contains(&"odoo_unlink".to_owned()), "{broken:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let error = agent.call("odoo_unlink", delete.clone()).await.unwrap_err();
        assert_eq!(error.rule.as_deref(), Some("(hidden)"), "{broken:?}");
    }
}

#[tokio::test]
async fn hole_10_calls_that_do_not_fit_take_no_room_from_others_meanwhile() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let limit = |counter: &str, max: u64| json!({"counter": counter, "window": "hour", "max": max, "scope": "grant"});
    let policy = json!({"version": "1", "default": "allow", "all_tools": {"limits": [limit("every", 11)]},
        "tools": {"odoo_search_read": {"limits": [limit("few", 1)]}}});
    house.save("user", &policy.to_string()).await;
    let read = json!({"model": "res.partner", "fields": ["name"], "limit": 1});
    agent.call("odoo_search_read", read.clone()).await.unwrap();
    let refused: Vec<_> = (0..30).map(|_| agent.calling("odoo_search_read", read.clone())).collect();
    let passing: Vec<_> = (0..10).map(|_| agent.calling("user_connection_list", json!({}))).collect();
    for call in passing {
        call.await.unwrap().expect("its place was held by a call that was refused");
    }
    for call in refused {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.code, ErrorCode::RateLimited, "{error:?}");
    }
    let error = agent.call("user_connection_list", Value::Object(serde_json::Map::new())).await.unwrap_err();
    assert_eq!(error.rule.as_deref(), Some("user:/all_tools/limits/0"), "eleven calls, no more and no fewer");
}
