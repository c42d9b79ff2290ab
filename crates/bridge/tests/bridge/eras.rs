use crate::support::{App, Bridge, initialize, meta, profile};
use gatehouse_ipc::message::Event;
use serde_json::json;

#[tokio::test]
async fn every_version_with_a_handshake_gets_it() {
    let dir = profile();
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut bridge = Bridge::start(dir.path(), &[]);
        let answer = bridge.request("initialize", initialize(version)).await;
        let result = &answer["result"];
        assert_eq!(result["protocolVersion"], version);
        assert_eq!(result["serverInfo"]["name"], "gatehouse");
        assert_eq!(result["capabilities"]["tools"]["listChanged"], true);
        let instructions = result["instructions"].as_str().unwrap();
        assert!(!instructions.is_empty() && instructions.len() < 2048);
        let listed = bridge.request("tools/list", json!({})).await;
        assert!(listed["result"].get("ttlMs").is_none() && listed["result"].get("resultType").is_none(), "{listed}");
        assert_eq!(bridge.end().await.0, Some(0));
    }
}

#[tokio::test]
async fn a_client_of_2026_07_28_needs_no_handshake() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::start(dir.path(), &[]);
    let found = bridge.request("server/discover", json!({"_meta": meta()})).await;
    let versions = found["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2025-11-25")), "{found}");
    assert_eq!(found["result"]["instructions"], "From the app.");

    let listed = bridge.request("tools/list", json!({"_meta": meta()})).await;
    let result = &listed["result"];
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["cacheScope"], "private");
    assert!(result["ttlMs"].as_u64().unwrap() > 0, "{listed}");
    assert_eq!(result["tools"][0]["name"], "echo");

    let called = bridge.request("tools/call", json!({"_meta": meta(), "name": "echo", "arguments": {"a": 1}})).await;
    assert_eq!(called["result"]["resultType"], "complete");
    let text = called["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains(r#""client":{"name":"modern","version":"1"}"#), "{text}");
    drop(app);
}

#[tokio::test]
async fn a_probe_by_discover_leaves_the_handshake_open() {
    let dir = profile();
    let mut bridge = Bridge::start(dir.path(), &[]);
    bridge.request("server/discover", json!({"_meta": meta()})).await;
    bridge.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await;
    assert_eq!(bridge.initialize().await["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn a_version_that_nobody_knows_is_offered_one_that_we_know() {
    let dir = profile();
    let mut bridge = Bridge::start(dir.path(), &[]);
    let answer = bridge.request("initialize", initialize("2031-01-01")).await;
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn a_changed_list_is_told_in_both_eras() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut old = Bridge::initialized(dir.path()).await;
    old.request("tools/list", json!({})).await;
    app.tell(Event::ToolsChanged);
    assert_eq!(old.hear().await.unwrap()["method"], "notifications/tools/list_changed");
    old.end().await;

    let mut new = Bridge::start(dir.path(), &[]);
    new.request("tools/list", json!({"_meta": meta()})).await;
    let listening =
        new.send("subscriptions/listen", json!({"_meta": meta(), "notifications": {"toolsListChanged": true}})).await;
    let acknowledged = new.hear().await.unwrap();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
    app.tell(Event::ToolsChanged);
    let told = new.hear().await.unwrap();
    assert_eq!(told["method"], "notifications/tools/list_changed", "{told}");
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], listening, "{told}");
    let began = std::time::Instant::now();
    assert_eq!(new.end().await.0, Some(0));
    assert!(began.elapsed().as_millis() < 1000, "{:?}", began.elapsed());
}
