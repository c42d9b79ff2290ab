use crate::support::{App, Bridge, profile};
use serde_json::{Value, json};
use std::time::Instant;

fn error(answer: &Value) -> (i64, &str) {
    (answer["error"]["code"].as_i64().unwrap(), answer["error"]["message"].as_str().unwrap())
}

#[tokio::test]
async fn at_the_end_of_input_the_bridge_ends_at_once() {
    let dir = profile();
    let _app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    bridge.call("echo", json!({})).await;
    let began = Instant::now();
    let (code, said) = bridge.end().await;
    assert!(began.elapsed().as_millis() < 200, "{:?}", began.elapsed());
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn at_the_end_of_input_a_held_call_is_let_go_at_once() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    bridge.send("tools/call", json!({"name": "hold"})).await;
    app.sees("call hold").await;
    let began = Instant::now();
    bridge.hang_up();
    app.sees("disconnected").await;
    app.sees("hold delivered false").await;
    assert!(began.elapsed().as_millis() < 500, "{:?}", began.elapsed());
    assert_eq!(bridge.end().await.0, Some(0));
    assert!(began.elapsed().as_millis() < 1500, "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_was_asked_before_the_end_of_input_is_still_answered() {
    let dir = profile();
    let mut bridge = Bridge::start(dir.path(), &[]);
    bridge.send("initialize", crate::support::initialize("2025-11-25")).await;
    bridge.say_line("garbage").await;
    bridge.send("tools/list", json!({})).await;
    bridge.hang_up();
    let mut heard = Vec::new();
    while let Some(message) = bridge.hear().await {
        heard.push(message);
    }
    assert_eq!(heard.len(), 3, "{heard:?}");
}

#[tokio::test]
async fn a_cancelled_call_is_cancelled_in_the_app_and_never_answered() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    let held = bridge.send("tools/call", json!({"name": "hold"})).await;
    app.sees("call hold").await;
    bridge.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": held}})).await;
    app.sees("cancelled").await;
    app.sees("hold delivered false").await;
    bridge.call("echo", json!({})).await;
    assert!(bridge.notes.is_empty(), "{:?}", bridge.notes);
}

#[tokio::test]
async fn a_known_request_that_does_not_fit_is_told_why() {
    let dir = profile();
    let mut bridge = Bridge::initialized(dir.path()).await;
    for (params, why) in [
        (json!({"arguments": {}}), "name"),
        (json!({"name": "echo", "arguments": [1]}), "arguments must be an object"),
        (Value::Null, "params"),
        (json!(["echo"]), "params must be an object"),
    ] {
        let answer = bridge.request("tools/call", params).await;
        let (code, message) = error(&answer);
        assert_eq!(code, -32602, "{answer}");
        assert!(message.contains(why), "{answer}");
    }
    let id = 900;
    bridge.say(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call"})).await;
    assert_eq!(error(&bridge.answer(id).await).0, -32602);
    assert_eq!(error(&bridge.request("no/such/method", json!({})).await).0, -32601);
}

#[tokio::test]
async fn a_line_too_long_is_answered_to_its_request_and_the_next_one_read() {
    let dir = profile();
    let _app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    let blob = "x".repeat(5 * 1024 * 1024);
    let id = 77;
    bridge.say_line(&format!(r#"{{"method":"tools/call","params":{{"name":"echo","arguments":{{"blob":"{blob}"}}}},"jsonrpc":"2.0","id":{id}}}"#)).await;
    let answer = bridge.answer(id).await;
    let (code, message) = error(&answer);
    assert_eq!(code, -32600);
    assert!(message.contains("4 MiB"), "{message}");

    // Under that, but more than the app takes: an ordinary error of the call.
    let (text, is_error) = bridge.call("echo", json!({"blob": &blob[..3800 * 1024]})).await;
    assert!(is_error);
    assert_eq!(text["error"]["code"], "too_much");
    assert!(!bridge.call("echo", json!({})).await.1);
}

#[tokio::test]
async fn what_is_not_json_and_what_is_a_batch_is_refused_and_the_session_goes_on() {
    let dir = profile();
    let mut bridge = Bridge::initialized(dir.path()).await;
    bridge.say_line(r#"{"jsonrpc":"2.0","id":3,"method":tools/list}"#).await;
    let answer = bridge.hear().await.unwrap();
    let (code, message) = error(&answer);
    assert_eq!(code, -32700);
    assert!(message.contains("line 1 column"), "{message}");

    bridge.say_line(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).await;
    assert_eq!(error(&bridge.hear().await.unwrap()).0, -32600);
    bridge.say_line("").await;
    bridge.say_line(r#"{"jsonrpc":"2.0","method":"textDocument/didOpen","params":7}"#).await;
    assert_eq!(bridge.request("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn what_comes_before_initialize_does_not_end_the_session() {
    let dir = profile();
    let mut bridge = Bridge::start(dir.path(), &[]);
    bridge.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})).await;
    bridge.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    bridge.say(&json!({"jsonrpc": "2.0", "id": 44, "result": {}})).await;
    bridge.say(&json!({"jsonrpc": "2.0", "id": 45, "error": {"code": -1, "message": "x"}})).await;
    bridge.say_line("[]").await;
    assert_eq!(error(&bridge.hear().await.unwrap()).0, -32600);
    assert_eq!(error(&bridge.request("initialize", json!({})).await).0, -32602);
    assert_eq!(bridge.initialize().await["result"]["protocolVersion"], "2025-11-25");
}

#[tokio::test]
async fn nothing_of_a_call_is_ever_logged() {
    let dir = profile();
    let _app = App::start(dir.path()).await;
    // The variables that clients hand on are set first; a log level may come from the client's configuration.
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.arg("-c").arg(format!(
        "GATEHOUSE_LOG=trace RUST_LOG=trace exec {} --profile '{}'",
        crate::support::PROGRAM,
        dir.path().display()
    ));
    let mut bridge = Bridge::run(shell, dir.path());
    bridge.initialize().await;
    bridge.call("echo", json!({"note": "sesame-1234"})).await;
    bridge.call("fails", json!({"note": "sesame-1234"})).await;
    bridge.say_line(r#"{"sesame-1234"}"#).await;
    bridge.request("tools/call", json!({"name": 7, "arguments": {"note": "sesame-1234"}})).await;
    let (_, said) = bridge.end().await;
    assert!(!said.contains("sesame"), "{said}");
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered_and_too_many_told_so() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    let mut held = Vec::new();
    for _ in 0..60 {
        held.push(bridge.send("tools/call", json!({"name": "hold"})).await);
    }
    let (text, is_error) = bridge.call("echo", json!({})).await;
    assert!(is_error);
    assert_eq!(text["error"]["code"], "too_much");
    assert_eq!(text["error"]["retry"], true);
    for id in held {
        bridge.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})).await;
    }
    app.sees("hold delivered false").await;
    let mut asked = Vec::new();
    for _ in 0..50 {
        asked.push(bridge.send("tools/call", json!({"name": "echo"})).await);
    }
    // Answers come in any order.
    let mut answered = 0;
    while answered < asked.len() {
        let message = bridge.hear().await.unwrap();
        answered += usize::from(message["result"]["isError"] == false);
    }
}
