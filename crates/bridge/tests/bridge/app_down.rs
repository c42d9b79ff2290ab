use crate::support::{Bridge, profile, tool};
use gatehouse_core::AgentId;
use gatehouse_ipc::{LeftBehind, quit_marker};
use serde_json::json;

#[tokio::test]
async fn without_the_app_the_built_in_list_is_given_and_nothing_is_written_or_started() {
    let dir = profile();
    let mut bridge = Bridge::initialized(dir.path()).await;
    let listed = bridge.request("tools/list", json!({})).await;
    assert!(listed.to_string().len() < 14 * 1024);
    let tools = listed["result"]["tools"].as_array().unwrap();
    assert!(tools.iter().any(|tool| tool["name"] == "open_connection_manager"), "{listed}");
    assert!(tools.iter().all(|tool| tool["annotations"].as_object().unwrap().len() == 4));
    assert_eq!(bridge.end().await, (Some(0), String::new()));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_the_app_left_behind_is_given_to_its_agent() {
    let dir = profile();
    let left = LeftBehind { tools: vec![tool("from_before")], instructions: "As before.".into() };
    left.write(Some(dir.path()), &AgentId::parse("tester").unwrap()).unwrap();
    let mut bridge = Bridge::start(dir.path(), &[]);
    assert_eq!(bridge.initialize().await["result"]["instructions"], "As before.");
    let listed = bridge.request("tools/list", json!({})).await;
    assert_eq!(listed["result"]["tools"][0]["name"], "from_before");
}

#[tokio::test]
async fn where_it_may_not_start_the_app_a_call_says_what_to_do() {
    let dir = profile();
    let mut bridge = Bridge::start(dir.path(), &["--no-launch"]);
    bridge.initialize().await;
    let (text, is_error) = bridge.call("user_connection_list", json!({})).await;
    assert!(is_error);
    assert_eq!(text["error"]["code"], "app_unavailable");
    assert!(text["error"]["message"].as_str().unwrap().contains("start it"), "{text}");
}

#[tokio::test]
async fn a_quit_that_the_bridge_did_not_see_is_respected_too() {
    let dir = profile();
    std::fs::write(quit_marker(Some(dir.path())), "").unwrap();
    let mut bridge = Bridge::initialized(dir.path()).await;
    let (text, _) = bridge.call("user_connection_list", json!({})).await;
    assert!(text["error"]["message"].as_str().unwrap().contains("open_connection_manager"), "{text}");
}

#[tokio::test]
async fn a_command_line_that_is_wrong_is_refused_with_words() {
    let output = tokio::process::Command::new(crate::support::PROGRAM).arg("--agnet").output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--agnet"));
}
