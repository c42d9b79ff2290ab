//! The main job from end to end: a real bridge, the real windows under WebDriver, and an Odoo.

use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::person::{NewConnection, odoo_says};
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Odoo, Stage, Windows, eventually};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn the_story_against_the_small_odoo() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    play(&Odoo::of(&sim)).await;
}

#[cfg(feature = "real-odoo")]
#[tokio::test(flavor = "multi_thread")]
async fn the_story_against_the_real_odoo_as_admin() {
    play(&Odoo::real("admin")).await;
}

#[cfg(feature = "real-odoo")]
#[tokio::test(flavor = "multi_thread")]
async fn the_story_against_the_real_odoo_as_an_ordinary_user() {
    play(&Odoo::real("demo")).await;
}

/// The parts, in their order. What Gatehouse claims is looked up in Odoo itself.
async fn play(odoo: &Odoo) {
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    the_empty_page_says_what_to_do(&mut windows).await;
    a_connection_is_tested_and_saved(&mut windows, odoo).await;
    assert!(stage.files_with(&odoo.key).is_empty(), "the key lies in {:?}", stage.files_with(&odoo.key));

    let mut bridge = Bridge::start(&stage, "story", "claude-ai").await;
    the_first_call_raises_the_admission_card(&mut bridge, &mut windows).await;
    the_agent_reads(&mut bridge).await;
    an_approved_write_changes_odoo(&mut bridge, &mut windows, odoo).await;
    what_was_done_is_taken_back_at_once_and_later(&mut bridge, &mut windows, odoo).await;
    a_denied_write_changes_nothing_and_the_agent_learns_why(&mut bridge, &mut windows, odoo).await;
    a_write_that_nobody_answers_comes_back_and_can_be_waited_for(&mut bridge, &mut windows, odoo).await;
    a_connection_is_proposed_and_completed(&mut bridge, &mut windows, odoo).await;
    a_connection_is_signed_out_and_another_deleted(&mut bridge, &mut windows).await;
    everything_is_in_the_journal(&mut windows).await;

    bridge.leave().await;
    drop(windows);
    stage.end_app();
    assert!(stage.files_with(&odoo.key).is_empty(), "the key lies in {:?}", stage.files_with(&odoo.key));
    stage.assert_nothing_left_outside();
}

async fn the_empty_page_says_what_to_do(windows: &mut Windows<'_>) {
    windows.turn_to(Which::Main).await;
    windows.find("no-connections").await;
    windows.find("add-connection").await;
    windows.find("try-demo").await;
}

async fn a_connection_is_tested_and_saved(windows: &mut Windows<'_>, odoo: &Odoo) {
    windows.add_connection(&NewConnection { name: "Acme", odoo, environment: "production" }).await;
    windows.wait_for_text("connection-title", "Acme").await;
}

async fn the_first_call_raises_the_admission_card(bridge: &mut Bridge, windows: &mut Windows<'_>) {
    let tools = bridge.tools().await;
    for tool in ["user_connection_list", "odoo_search_read", "odoo_write", "approval_wait", "open_connection_manager"] {
        assert!(tools.iter().any(|name| name == tool), "{tool} is not listed: {tools:?}");
    }
    let call = bridge.begin("user_connection_list", json!({})).await;
    windows.admit("story", &["Acme"]).await;
    let listed = bridge.finish(call).await.ok();
    assert_eq!(listed["connections"][0]["name"], "Acme", "{listed}");
}

async fn the_agent_reads(bridge: &mut Bridge) {
    let read = bridge
        .call(
            "odoo_search_read",
            json!({ "model": "res.partner", "domain": [["is_company", "=", true]], "fields": ["name"], "limit": 3 }),
        )
        .await
        .ok();
    assert_eq!(rows(&read).len(), 3, "{read}");
}

async fn an_approved_write_changes_odoo(bridge: &mut Bridge, windows: &mut Windows<'_>, odoo: &Odoo) {
    let id = odoo.new_contact("Story: approved").await;
    let call = bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card("Change 1 field on 1").await;
    let change = windows.text("change-phone").await;
    assert!(change.contains("000 00 00") && change.contains("111 11 11"), "before and after are not shown: {change}");
    assert_eq!(odoo.field("res.partner", id, "phone").await, "+32 2 000 00 00", "written before it was approved");
    windows.approve("Change 1 field on 1").await;
    bridge.finish(call).await.ok();
    assert_eq!(odoo.field("res.partner", id, "phone").await, "+32 2 111 11 11");
}

async fn what_was_done_is_taken_back_at_once_and_later(bridge: &mut Bridge, windows: &mut Windows<'_>, odoo: &Odoo) {
    let id = odoo.new_contact("Story: taken back").await;
    for later in [false, true] {
        let call = bridge.begin("odoo_write", write(id, "+32 2 444 44 44")).await;
        windows.turn_to_card("Change 1 field on 1").await;
        let newest = "return document.querySelector('[data-testid^=recent-]')?.dataset.testid ?? ''";
        let earlier = windows.driver().script(newest, json!([])).await.expect("the page tells");
        windows.approve("Change 1 field on 1").await;
        bridge.finish(call).await.ok();
        if later {
            windows.turn_to(Which::Main).await;
            windows.click("nav-activity").await;
            // The newest call that was sent is the write.
            windows.click_css("[data-testid=activity-row] td").await;
            windows.click("undo-call").await;
        } else {
            windows.turn_to(Which::Approval).await;
            windows.click_css(&format!("li:first-child:not([data-testid={earlier}]) [data-testid^=undo-]")).await;
        }
        windows.turn_to_card("Take back").await;
        let change = windows.text("change-phone").await;
        assert!(change.contains("444 44 44") && change.contains("000 00 00"), "{change}");
        windows.approve("Take back").await;
        odoo_says(odoo, "res.partner", id, "phone", &json!("+32 2 000 00 00")).await;
    }
}

async fn a_denied_write_changes_nothing_and_the_agent_learns_why(
    bridge: &mut Bridge,
    windows: &mut Windows<'_>,
    odoo: &Odoo,
) {
    let id = odoo.new_contact("Story: denied").await;
    let call = bridge.begin("odoo_write", write(id, "+32 2 222 22 22")).await;
    windows.deny("Change 1 field on 1", "not this customer").await;
    let answer = bridge.finish(call).await;
    assert!(answer.text.contains("not this customer"), "{}", answer.text);
    let error = answer.error();
    assert_eq!(error["error"]["code"].as_str().or(error["code"].as_str()), Some("denied_by_person"), "{error}");
    assert_eq!(odoo.field("res.partner", id, "phone").await, "+32 2 000 00 00");
}

async fn a_write_that_nobody_answers_comes_back_and_can_be_waited_for(
    bridge: &mut Bridge,
    windows: &mut Windows<'_>,
    odoo: &Odoo,
) {
    let id = odoo.new_contact("Story: patience").await;
    let began = Instant::now();
    let pending = bridge.call("odoo_write", write(id, "+32 2 333 33 33")).await.ok();
    assert_eq!(pending["status"], "pending_approval", "{pending}");
    assert!((15..30).contains(&began.elapsed().as_secs()), "held {:?}", began.elapsed());
    let ticket = pending["ticket"].as_str().expect("a ticket").to_owned();

    windows.approve("Change 1 field on 1").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(odoo.field("res.partner", id, "phone").await, "+32 2 000 00 00", "it ran behind the agent's back");
    bridge.call("approval_wait", json!({ "ticket": ticket })).await.ok();
    assert_eq!(odoo.field("res.partner", id, "phone").await, "+32 2 333 33 33");
}

async fn a_connection_is_proposed_and_completed(bridge: &mut Bridge, windows: &mut Windows<'_>, odoo: &Odoo) {
    let refused =
        bridge.call("user_connection_add", json!({ "url": odoo.url, "alias": "Second", "user": odoo.key })).await;
    assert!(refused.is_error, "a secret was taken: {}", refused.text);

    let proposal = json!({ "url": odoo.url, "alias": "Second", "db": odoo.database, "user": odoo.login });
    let call = bridge.begin("user_connection_add", proposal.clone()).await;
    windows.turn_to(Which::Main).await;
    // The form is open, and says who filled it in.
    windows.wait_for_text("proposal", "story").await;
    assert_eq!(windows.value("field-url").await, odoo.url);
    assert_eq!(windows.value("field-login").await, odoo.login);
    windows.fill("field-secret", &odoo.key).await;
    windows.click("save-connection").await;
    windows.approve("story").await;
    let mut added = bridge.finish(call).await.ok();
    if added["status"] == "awaiting_person" {
        added = bridge.call("user_connection_add", proposal).await.ok();
    }
    assert_eq!(added["granted"], true, "{added}");

    bridge.call("user_connection_activate", json!({ "alias": "Second" })).await.ok();
    let listed = bridge.call("user_connection_list", json!({})).await.ok();
    let active: Vec<&Value> =
        listed["connections"].as_array().into_iter().flatten().filter(|row| row["active"] == true).collect();
    assert_eq!(active.len(), 1, "{listed}");
    assert_eq!(active[0]["name"], "Second", "{listed}");
    assert!(!listed.to_string().contains(&odoo.key), "the list holds the key");
}

async fn a_connection_is_signed_out_and_another_deleted(bridge: &mut Bridge, windows: &mut Windows<'_>) {
    let call = bridge.begin("odoo_disconnect", json!({ "alias": "Acme" })).await;
    windows.approve("Acme").await;
    bridge.finish(call).await.ok();
    let read = json!({ "connection": "Acme", "model": "res.partner", "domain": [], "fields": ["name"], "limit": 1 });
    bridge.call("odoo_search_read", read.clone()).await.error();

    let call = bridge.begin("user_connection_delete", json!({ "alias": "Second" })).await;
    windows.approve("Second").await;
    bridge.finish(call).await.ok();
    let mut gone = read;
    gone["connection"] = json!("Second");
    bridge.call("odoo_search_read", gone).await.error();

    windows.turn_to(Which::Main).await;
    windows.click("nav-connections").await;
    windows.click("open-trash").await;
    windows.find("trash-row-Second").await;
    windows.click("restore-Second").await;
    windows.find("connection-row-Second").await;
}

async fn everything_is_in_the_journal(windows: &mut Windows<'_>) {
    windows.turn_to(Which::Main).await;
    windows.click("nav-activity").await;
    let driver = windows.driver();
    let page = eventually("the Activity page", || async {
        let rows = driver.find_all("[data-testid=activity-row]").await.ok()?;
        let mut page = String::new();
        for row in &rows {
            page.push_str(&driver.text(row).await.ok()?);
            page.push('\n');
        }
        (rows.len() > 10).then_some(page)
    })
    .await;
    for part in ["odoo_write", "odoo_search_read", "user_connection_add", "odoo_disconnect", "user_connection_delete"] {
        assert!(page.contains(part), "{part} is not on the Activity page:\n{page}");
    }
    windows.click("verify-journal").await;
    windows.find_css("[data-testid=verify-report][data-ok=true]").await;
}

fn write(id: i64, phone: &str) -> Value {
    json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "phone": phone } })
}

fn rows(read: &Value) -> &[Value] {
    read["rows"].as_array().or_else(|| read["records"].as_array()).map_or(&[], Vec::as_slice)
}
