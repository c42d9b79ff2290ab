//! The Policy page in the real window: what is saved there judges the next call, what loosens is asked again in the approval
//! window, a file edited from outside is only proposed, a draft is tried and replayed before it counts. Once by keyboard alone.

use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::person::NewConnection;
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Odoo, Stage, Windows};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_edited_tried_replayed_and_loosened_only_on_a_card() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let odoo = Odoo::of(&sim);
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.add_connection(&NewConnection { name: "Acme", odoo: &odoo, environment: "production" }).await;
    let mut bridge = Bridge::start(&stage, "policy", "claude-ai").await;
    let call = bridge.begin("user_connection_list", json!({})).await;
    windows.admit("policy", &["Acme"]).await;
    bridge.finish(call).await.ok();
    for _ in 0..3 {
        bridge.call("odoo_search_read", read()).await.ok();
    }

    hiding_a_tool_is_in_force_at_once(&mut windows, &mut bridge).await;
    a_draft_is_tried_and_replayed_before_it_counts(&mut windows, &mut bridge).await;
    loosening_waits_in_the_approval_window(&mut windows, &mut bridge, &odoo).await;
    a_file_edited_outside_is_only_proposed(&stage, &mut windows, &mut bridge).await;
    the_journal_says_why(&mut windows).await;

    bridge.leave().await;
    drop(windows);
    stage.end_app();
}

async fn hiding_a_tool_is_in_force_at_once(windows: &mut Windows<'_>, bridge: &mut Bridge) {
    assert!(bridge.tools().await.iter().any(|name| name == "odoo_unlink"));
    the_connections_layer(windows).await;
    windows.click_css("label:has([data-testid=answer-odoo_unlink-hide])").await;
    windows.find_css("[data-testid=answer-odoo_unlink][data-value=hide]").await;
    windows.find_css("[data-testid=draft-bar][data-dirty=true]").await;
    windows.click("save-policy").await;
    let mut left = 100;
    while bridge.tools().await.iter().any(|name| name == "odoo_unlink") {
        left -= 1;
        assert!(left > 0, "odoo_unlink is still listed");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let refused = bridge.call("odoo_unlink", json!({ "connection": "Acme", "model": "res.partner", "ids": [1] })).await;
    assert!(refused.is_error && refused.text.contains("(hidden)"), "{}", refused.text);
}

async fn a_draft_is_tried_and_replayed_before_it_counts(windows: &mut Windows<'_>, bridge: &mut Bridge) {
    the_connections_layer(windows).await;
    windows.click("choose-preset").await;
    windows.click("preset-locked").await;
    windows.click("preset-use").await;
    windows.find_css("[data-testid=draft-bar][data-dirty=true]").await;

    windows.click("view-replay").await;
    windows.click("replay-start").await;
    windows.find("replay-report").await;
    let headline = windows.text("replay-headline").await;
    assert!(headline.contains('3'), "three reads would be denied: {headline}");
    windows.click_css("[data-testid=replay-row] td").await;
    windows.find("decision-tree").await;
    windows.click("replay-try").await;

    windows.click("try-run").await;
    windows.wait_for_text("try-result", "(default deny)").await;
    // Nothing of it counts yet.
    bridge.call("odoo_search_read", read()).await.ok();
    windows.click("discard-policy").await;
}

async fn loosening_waits_in_the_approval_window(windows: &mut Windows<'_>, bridge: &mut Bridge, odoo: &Odoo) {
    the_connections_layer(windows).await;
    windows.click("choose-preset").await;
    windows.click("preset-trusted").await;
    windows.click("preset-use").await;
    windows.find("draft-loosened").await;
    windows.click("save-policy").await;
    windows.find("waits").await;
    let id = odoo.new_contact("Policy: loosened").await;
    windows.turn_to_card("Loosen").await;
    let loosened = windows.text("card-loosened").await;
    assert!(loosened.contains("odoo_write"), "{loosened}");
    windows.approve("Loosen").await;
    windows.turn_to(Which::Main).await;
    windows.wait_for_text("layer-source", "Trusted").await;
    let write =
        json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "phone": "+32 2 444 44 44" } });
    bridge.call("odoo_write", write).await.ok();
    assert_eq!(odoo.field("res.partner", id, "phone").await, "+32 2 444 44 44");
}

async fn a_file_edited_outside_is_only_proposed(stage: &Stage, windows: &mut Windows<'_>, bridge: &mut Bridge) {
    let file = stage.profile().join("config/policy.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, r#"{"version": "1", "default": "deny"}"#).unwrap();
    windows.turn_to_card("edited outside").await;
    bridge.call("odoo_search_read", read()).await.ok();
    windows.approve("edited outside").await;
    let mut left = 100;
    loop {
        let answer = bridge.call("odoo_search_read", read()).await;
        if answer.is_error {
            assert!(answer.text.contains("(default deny)"), "{}", answer.text);
            break;
        }
        left -= 1;
        assert!(left > 0, "the accepted policy does not judge");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn the_journal_says_why(windows: &mut Windows<'_>) {
    windows.turn_to(Which::Main).await;
    windows.click("nav-activity").await;
    windows.click_css("[data-testid=activity-row] td").await;
    windows.find_css("[data-testid=activity-detail] [data-testid=decision-tree]").await;
}

async fn the_connections_layer(windows: &mut Windows<'_>) {
    windows.turn_to(Which::Main).await;
    windows.click("nav-policy").await;
    windows.click("layer-connection").await;
    windows.click("view-edit").await;
    windows.find("policy-builder").await;
}

fn read() -> Value {
    json!({ "connection": "Acme", "model": "res.partner", "domain": [], "fields": ["name"], "limit": 2 })
}

/// Pointer untouched: to the page, to a tool's answer, saved; the tightening counts.
#[tokio::test(flavor = "multi_thread")]
async fn the_policy_page_is_worked_by_keyboard_alone() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let odoo = Odoo::of(&sim);
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.add_connection(&NewConnection { name: "Acme", odoo: &odoo, environment: "production" }).await;

    stage.xdotool(&["key", "ctrl+4"]);
    windows.find("layer-user").await;
    tab_to(&stage, &windows, "layer-user").await;
    stage.xdotool(&["key", "Right"]);
    windows.wait_for_text("layer-source", "Ask first").await;
    tab_to(&stage, &windows, "answer-odoo_write-").await;
    // From Ask to Deny.
    stage.xdotool(&["key", "Right"]);
    windows.find_css("[data-testid=draft-bar][data-dirty=true]").await;
    windows.find_css("[data-testid=answer-odoo_write][data-value=deny]").await;
    stage.xdotool(&["key", "ctrl+s"]);
    windows.find_css("[data-testid=layer-source][data-source=custom]").await;
    // The text beside it takes keys, and lets go of them.
    tab_to(&stage, &windows, "json-editor").await;
    stage.xdotool(&["key", "Escape"]);
    stage.xdotool(&["key", "Tab"]);
    assert_ne!(focused(&windows).await, "json-editor", "the editor keeps the keyboard");
    drop(windows);
    stage.end_app();
}

async fn focused(windows: &Windows<'_>) -> String {
    let script = "const at = document.activeElement?.closest('[data-testid]'); return at ? at.dataset.testid : '';";
    windows
        .driver()
        .script(script, json!([]))
        .await
        .ok()
        .and_then(|id| id.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Presses Tab until the keyboard is at a control whose id begins so.
async fn tab_to(stage: &Stage, windows: &Windows<'_>, id: &str) {
    let mut passed = Vec::new();
    for _ in 0..80 {
        let now = focused(windows).await;
        if now.starts_with(id) {
            return;
        }
        passed.push(now);
        stage.xdotool(&["key", "Tab"]);
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    panic!("{id} was not reached by Tab, only {passed:?}");
}
