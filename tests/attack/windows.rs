//! A page that was taken over: what it tries, and what it gets.

use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::person::NewConnection;
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Odoo, Stage, Windows};
use serde_json::{Value, json};

/// Calls a command as a script in the page would; gives `ok` or what the app said.
const INVOKE: &str = "const done = arguments[arguments.length - 1]; \
     window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then(() => done('ok'), (error) => done(JSON.stringify(error)));";

#[tokio::test(flavor = "multi_thread")]
async fn a_main_window_that_was_taken_over_cannot_decide() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let odoo = Odoo::of(&sim);
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.add_connection(&NewConnection { name: "Acme", odoo: &odoo, environment: "production" }).await;
    let mut bridge = Bridge::start(&stage, "burglar", "claude-code").await;
    let call = bridge.begin("user_connection_list", json!({})).await;
    windows.turn_to_card("burglar").await;

    windows.turn_to(Which::Main).await;
    let driver = windows.driver();
    assert_eq!(driver.script_async(INVOKE, json!(["approvals", {}])).await.unwrap(), "ok");
    let ticket = "tkt_00000000000000000000";
    let digest = "0".repeat(64);
    for (command, arguments) in [
        ("queue", json!({ "wanted": null, "place": 0 })),
        ("wanted_card", json!({})),
        ("present_card", json!({ "ticket": ticket, "digest": digest })),
        ("decide", json!({ "ticket": ticket, "digest": digest, "verdict": { "verdict": "deny_and_pause" } })),
        ("recent_calls", json!({})),
        ("undo_recent", json!({ "call": "call_00000000000000000000" })),
        ("plugin:event|emit", json!({ "event": "gatehouse://changed", "payload": [] })),
        ("plugin:window|close", json!({ "label": "approval" })),
        ("plugin:webview|create_webview_window", json!({ "options": { "label": "approval2", "url": "index.html" } })),
        ("plugin:notification|notify", json!({ "options": { "title": "x" } })),
    ] {
        let told = driver.script_async(INVOKE, json!([command, arguments])).await.unwrap();
        assert!(refused(&told), "{command}: {told}");
    }

    windows.turn_to(Which::Approval).await;
    let driver = windows.driver();
    for command in ["overview", "activity", "undo_call", "undo_agent", "use_session_vault", "start_demo"] {
        let told = driver.script_async(INVOKE, json!([command, { "filter": {} }])).await.unwrap();
        assert!(refused(&told), "the approval window may {command}: {told}");
    }
    windows.admit("burglar", &["Acme"]).await;
    bridge.finish(call).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_goes_nowhere_else_and_loads_nothing_from_there() {
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.turn_to(Which::Main).await;
    windows.find("no-connections").await;
    let driver = windows.driver();
    let elsewhere = gatehouse_tests::line::answers_always(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\naccess-control-allow-origin: *\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhome",
    )
    .await;
    drop(driver.script("location.href = arguments[0]", json!([elsewhere])).await);
    drop(driver.script("window.open(arguments[0])", json!([elsewhere])).await);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(driver.url().await.unwrap().starts_with("tauri://localhost"));
    assert_eq!(driver.handles().await.unwrap().len(), 1);
    let fetch = "const done = arguments[arguments.length - 1]; \
         fetch(arguments[0]).then(() => done('fetched'), () => done('refused'));";
    assert_eq!(driver.script_async(fetch, json!([elsewhere])).await.unwrap(), "refused");
    let image = "const done = arguments[arguments.length - 1]; const image = new Image(); \
         image.onload = () => done('loaded'); image.onerror = () => done('refused'); image.src = arguments[0];";
    assert_eq!(driver.script_async(image, json!([format!("{elsewhere}/x.png")])).await.unwrap(), "refused");
}

fn refused(told: &Value) -> bool {
    told.as_str().is_some_and(|text| text.contains("not allowed") || text.contains("denied"))
}
