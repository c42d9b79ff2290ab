use crate::support::{App, Bridge, profile};
use gatehouse_ipc::message::Event;
use serde_json::json;

#[tokio::test]
async fn a_call_is_carried_with_what_the_app_needs_to_know() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    let (text, is_error) = bridge.call("echo", json!({"model": "res.partner"})).await;
    assert!(!is_error);
    assert_eq!(text["arguments"], json!({"model": "res.partner"}));
    assert_eq!(text["client"], json!({"name": "claude-code", "version": "2.1"}));
    assert_eq!(text["wants_progress"], false);
    assert_eq!(text["started_app"], false);
    app.sees("echo delivered true").await;
    let role = r#"Bridge { agent: AgentId("tester"), pinned: None }"#;
    app.sees(role).await;
}

#[tokio::test]
async fn a_pinned_connection_and_the_defaults_reach_the_app() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut command = tokio::process::Command::new(crate::support::PROGRAM);
    command.arg("--profile").arg(dir.path()).arg("--connection=Acme");
    let mut bridge = Bridge::run(command, dir.path());
    bridge.initialize().await;
    app.sees(r#"Bridge { agent: AgentId("unnamed"), pinned: Some("Acme") }"#).await;
}

#[tokio::test]
async fn the_program_behind_the_bridge_is_seen_through_shells() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.arg("-c").arg(format!("{} --profile '{}'; true", crate::support::PROGRAM, dir.path().display()));
    let mut bridge = Bridge::run(shell, dir.path());
    bridge.initialize().await;
    if cfg!(target_os = "linux") {
        let evidence = app.peers.lock().unwrap()[0].evidence.clone();
        assert_eq!(evidence.pid, std::process::id());
        assert_eq!(evidence.program, std::env::current_exe().unwrap().to_str().unwrap());
        assert_ne!(evidence.inode, 0);
    }
}

#[tokio::test]
async fn errors_are_results_that_an_agent_can_read() {
    let dir = profile();
    let _app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    let (text, is_error) = bridge.call("fails", json!({})).await;
    assert!(is_error);
    assert_eq!(
        text,
        json!({"error": {"code": "denied_by_person", "message": "Not today.", "detail": "the person said so", "retry": false}})
    );
    assert_eq!(bridge.call("says_no", json!({})).await, (json!("no"), true));
}

#[tokio::test]
async fn progress_comes_only_where_it_was_asked_for_and_always_grows() {
    let dir = profile();
    let _app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    bridge.call("progress", json!({})).await;
    assert!(bridge.notes.is_empty());

    let params = json!({"name": "progress", "_meta": {"progressToken": "p1"}});
    let answer = bridge.request("tools/call", params).await;
    assert_eq!(answer["result"]["content"][0]["text"], "done");
    let told: Vec<f64> = bridge.notes.iter().map(|note| note["params"]["progress"].as_f64().unwrap()).collect();
    assert_eq!(told.len(), 3, "{:?}", bridge.notes);
    assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
    assert!(bridge.notes.iter().all(|note| note["params"]["progressToken"] == "p1"));
    assert_eq!(bridge.notes[0]["params"]["message"], "waits for approval");
}

#[tokio::test]
async fn after_the_app_restarts_the_next_call_reaches_it() {
    let dir = profile();
    let first = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    bridge.call("echo", json!({})).await;
    first.stop().await;
    let second = App::start(dir.path()).await;
    assert!(!bridge.call("echo", json!({})).await.1);
    assert!(second.saw("call echo"));
}

#[tokio::test]
async fn the_list_is_the_apps_while_it_is_up() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    *app.tools.lock().unwrap() = vec!["zulu", "alpha"];
    let mut bridge = Bridge::start(dir.path(), &[]);
    assert_eq!(bridge.initialize().await["result"]["instructions"], "From the app.");
    let listed = bridge.request("tools/list", json!({})).await;
    let names: Vec<_> = listed["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["zulu", "alpha"]);
    let error = bridge.request("tools/list", json!({"cursor": "2"})).await;
    assert_eq!(error["error"]["code"], -32602);
}

#[tokio::test]
async fn an_app_that_comes_up_with_another_list_is_told_to_the_client() {
    let dir = profile();
    let mut bridge = Bridge::initialized(dir.path()).await;
    bridge.request("tools/list", json!({})).await;
    let _app = App::start(dir.path()).await;
    bridge.call("echo", json!({})).await;
    let note = match bridge.notes.pop() {
        Some(note) => note,
        None => bridge.hear().await.unwrap(),
    };
    assert_eq!(note["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn after_quit_only_the_window_may_be_opened_again() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    bridge.call("echo", json!({})).await;
    app.tell(Event::Quitting);
    app.stop().await;
    let (text, is_error) = bridge.call("echo", json!({})).await;
    assert!(is_error);
    assert_eq!(text["error"]["code"], "app_unavailable");
    assert!(text["error"]["message"].as_str().unwrap().contains("quit"), "{text}");
}
