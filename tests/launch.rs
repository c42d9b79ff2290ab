//! `open_connection_manager`: launched, focused or shown, and it says truthfully which. The client gave the bridge nothing but
//! HOME, PATH, SHELL, TERM, USER and LOGNAME.

use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Stage, Windows};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_not_running_is_launched_and_shown() {
    let mut stage = Stage::set();
    let mut bridge = Bridge::start(&stage, "opener", "claude-code").await;
    bridge.tools().await;
    assert!(stage.app_ids().is_empty(), "listing tools started the app");

    let answer = bridge.call("open_connection_manager", json!({})).await.ok();
    assert_eq!(how(&answer), "launched", "{answer}");
    let mut windows = Windows::new(&stage);
    windows.turn_to(Which::Main).await;
    windows.find("no-connections").await;
    assert_eq!(stage.xdotool(&["getactivewindow", "getwindowname"]), "Gatehouse");

    // The app is nobody's child: it stays when client and bridge are gone.
    bridge.leave().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(stage.app_ids().len(), 1);
    drop(windows);
    stage.end_app();
    stage.assert_nothing_left_outside();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_behind_other_windows_is_brought_to_the_front() {
    let mut stage = Stage::set();
    stage.start_app(&["--background"]);
    let mut bridge = Bridge::start(&stage, "opener", "claude-code").await;
    gatehouse_tests::eventually("the app", || async { stage.app_runs().then_some(()) }).await;
    let mut windows = Windows::new(&stage);
    assert!(!windows.is_there(Which::Main).await, "--background showed a window");

    let answer = bridge.call("open_connection_manager", json!({})).await.ok();
    assert_eq!(how(&answer), "focused", "{answer}");
    windows.turn_to(Which::Main).await;

    // Another window in front of it.
    let mut other = stage.command("/usr/bin/xmessage").args(["-center", "in front"]).spawn().ok();
    if other.is_some() {
        stage.xdotool(&["search", "--sync", "--onlyvisible", "--class", "xmessage", "windowactivate", "--sync"]);
        assert_ne!(stage.xdotool(&["getactivewindow", "getwindowname"]), "Gatehouse");
    } else {
        stage.xdotool(&["search", "--name", "^Gatehouse$", "windowminimize"]);
    }
    // It raises at most once in 10 seconds.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let answer = bridge.call("open_connection_manager", json!({ "page": "activity" })).await.ok();
    assert_eq!(how(&answer), "focused", "{answer}");
    assert_eq!(stage.xdotool(&["getactivewindow", "getwindowname"]), "Gatehouse");
    if let Some(other) = &mut other {
        drop(other.kill());
        drop(other.wait());
    }
    stage.assert_nothing_left_outside();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_shows_the_first_and_ends() {
    let mut stage = Stage::set();
    stage.start_app(&["--background"]);
    gatehouse_tests::eventually("the app", || async { stage.app_runs().then_some(()) }).await;
    let mut second = stage.command(stage.program("gatehouse"));
    let status = second.arg("--profile").arg(stage.profile()).args(["--show", "activity"]).status().unwrap();
    assert!(status.success());
    assert_eq!(stage.app_ids().len(), 1, "two apps of one profile");
    let mut windows = Windows::new(&stage);
    windows.turn_to(Which::Main).await;
    windows.find_css("[data-testid=nav-activity][aria-current]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_window_where_there_is_no_tray_never_strands_the_person() {
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.turn_to(Which::Main).await;
    windows.find("no-connections").await;

    // While an agent is connected, the window stays within reach.
    let mut bridge = Bridge::start(&stage, "worker", "claude-code").await;
    let asked = bridge.begin("user_connection_list", json!({})).await;
    windows.turn_to_card("worker").await;
    windows.admit("worker", &[]).await;
    bridge.finish(asked).await;
    windows.turn_to(Which::Main).await;
    stage.xdotool(&["search", "--name", "^Gatehouse$", "windowactivate", "--sync"]);
    stage.xdotool(&["key", "--clearmodifiers", "alt+F4"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.app_ids().len(), 1, "the app ended while an agent was connected");
    assert_ne!(stage.xdotool(&["getactivewindow", "getwindowname"]), "Gatehouse", "the window was not closed");
    let answer = bridge.call("open_connection_manager", json!({})).await.ok();
    assert_eq!(how(&answer), "focused", "{answer}");
    bridge.leave().await;
    tokio::time::sleep(Duration::from_millis(300)).await;

    // Nobody needs it: it ends, and the next call starts it again.
    stage.xdotool(&["search", "--name", "^Gatehouse$", "windowactivate", "--sync"]);
    stage.xdotool(&["key", "--clearmodifiers", "alt+F4"]);
    gatehouse_tests::eventually("the app to end", || async { stage.app_ids().is_empty().then_some(()) }).await;
    let mut bridge = Bridge::start(&stage, "worker", "claude-code").await;
    bridge.call("user_connection_list", json!({})).await.ok();
    assert_eq!(stage.app_ids().len(), 1);
}

#[test]
fn without_a_display_the_app_says_so() {
    let stage = Stage::set();
    let mut command = stage.command(gatehouse_tests::target().join("e2e/gatehouse"));
    let output = command.env_remove("DISPLAY").arg("--profile").arg(stage.profile()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no display"), "{output:?}");
}

fn how(answer: &serde_json::Value) -> &str {
    ["result", "status", "window"].iter().find_map(|name| answer[*name].as_str()).unwrap_or_default()
}
