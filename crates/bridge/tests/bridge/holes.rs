//! Holes of an open-source proxy in reading the wire, each closed here: nothing that was not understood, or that could be
//! understood in two ways, goes on to the app.

use crate::support::{App, Bridge, profile};
use gatehouse_core::AgentId;
use gatehouse_ipc::LeftBehind;
use serde_json::{Value, json};

fn code(answer: &Value) -> Option<i64> {
    answer["error"]["code"].as_i64()
}

/// What the app was asked to call, once everything said before was read.
async fn called(bridge: &mut Bridge, app: &App) -> Vec<String> {
    assert!(!bridge.call("marker", json!({})).await.1);
    let seen = app.seen();
    seen.into_iter()
        .filter_map(|seen| Some(seen.strip_prefix("call ")?.to_owned()))
        .filter(|name| name != "marker")
        .collect()
}

#[tokio::test]
async fn hole_01_a_batch_is_not_forwarded_unchecked() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    let call = r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"odoo_unlink","arguments":{}}}"#;
    for line in [
        format!("[{call}]"),
        format!("[{call},{call}]"),
        format!(" \t[ {call} ]"),
        format!("\u{feff}[{call}]"),
        "[]".to_owned(),
        format!("[[{call}]]"),
    ] {
        bridge.say_line(&line).await;
        assert_eq!(code(&bridge.hear().await.unwrap()), Some(-32600), "{line}");
    }
    for line in [format!("{call}{call}"), format!("{call},{call}"), format!("7 {call}")] {
        bridge.say_line(&line).await;
        assert_eq!(code(&bridge.hear().await.unwrap()), Some(-32700), "{line}");
    }
    assert_eq!(called(&mut bridge, &app).await, [""; 0]);
}

#[tokio::test]
async fn hole_02_a_call_whose_params_do_not_parse_is_not_forwarded() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    for params in [
        r#""odoo_unlink""#,
        r#"["odoo_unlink"]"#,
        "null",
        "7",
        "{}",
        r#"{"name":7}"#,
        r#"{"name":null}"#,
        r#"{"name":["odoo_unlink"]}"#,
        r#"{"Name":"odoo_unlink"}"#,
        r#"{"name":"odoo_unlink","arguments":"{}"}"#,
        r#"{"name":"odoo_unlink","arguments":[]}"#,
        r#"{"name":"odoo_unlink","arguments":7}"#,
        r#"{"name":"odoo_unlink","_meta":7}"#,
    ] {
        bridge.say_line(&format!(r#"{{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{params}}}"#)).await;
        let answer = bridge.answer(5).await;
        assert_eq!(code(&answer), Some(-32602), "{params}: {answer}");
    }
    bridge.say_line(r#"{"jsonrpc":"2.0","id":5,"method":"tools/call"}"#).await;
    assert_eq!(code(&bridge.answer(5).await), Some(-32602));
    assert_eq!(called(&mut bridge, &app).await, [""; 0]);
}

#[tokio::test]
async fn hole_03_what_is_judged_is_what_is_executed_whatever_else_the_message_says() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    // Keys are compared as they are: another spelling is another key, and no name.
    for (params, name) in [
        (r#"{"name":"odoo_unlink","Name":"odoo_read"}"#, "odoo_unlink"),
        (r#"{"Name":"odoo_read","name":"odoo_unlink","NAME":"odoo_read"}"#, "odoo_unlink"),
        (r#"{"n\u0061me":"odoo_unlink"}"#, "odoo_unlink"),
        (r#"{"name":"odoo_unlink","arguments":{"name":"odoo_read"}}"#, "odoo_unlink"),
        (r#"{"name":"odoo_unlink","params":{"name":"odoo_read"}}"#, "odoo_unlink"),
    ] {
        app.forget();
        bridge.say_line(&format!(r#"{{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{params}}}"#)).await;
        bridge.answer(5).await;
        assert_eq!(called(&mut bridge, &app).await, [name], "{params}");
    }
    app.forget();
    bridge
        .say_line(r#"{"jsonrpc":"2.0","id":5,"Method":"tools/call","method":"ping","params":{"name":"odoo_unlink"}}"#)
        .await;
    assert_eq!(bridge.answer(5).await["result"], json!({}));
    assert_eq!(called(&mut bridge, &app).await, [""; 0]);
}

#[tokio::test]
async fn hole_03_a_key_that_stands_twice_does_not_mean_two_things() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let mut bridge = Bridge::initialized(dir.path()).await;
    for message in [
        r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"odoo_unlink","name":"odoo_read"}}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"odoo_read","n\u0061me":"odoo_unlink"}}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"odoo_read","arguments":{},"arguments":{"ids":[1]}}}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"odoo_read"},"params":{"name":"odoo_unlink"}}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":"ping","method":"tools/call","params":{"name":"odoo_unlink"}}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"odoo_write","arguments":{"ids":[1],"ids":[2]}}}"#,
        r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"odoo_write","arguments":{"values":{"x":1,"\u0078":2}}}}"#,
    ] {
        bridge.say_line(message).await;
        let answer = bridge.answer(5).await;
        assert_eq!(code(&answer), Some(-32602), "{message}: {answer}");
    }
    assert_eq!(called(&mut bridge, &app).await, [""; 0]);
}

#[tokio::test]
async fn hole_09_a_list_that_cannot_be_read_shows_no_more_than_the_app_showed_last() {
    let dir = profile();
    let left = LeftBehind { tools: vec![crate::support::tool("echo")], instructions: String::new() };
    left.write(Some(dir.path()), &AgentId::parse("tester").unwrap()).unwrap();
    let app = App::start(dir.path()).await;
    app.tools.lock().unwrap().push("odoo_unlink");
    app.lists_badly();
    let mut bridge = Bridge::initialized(dir.path()).await;
    let answer = bridge.request("tools/list", json!({})).await;
    let names: Vec<&str> =
        answer["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["echo"]);
}
