//! What a shell can do to the files of the profile, while the app runs and while it does not.

use super::{House, SENTENCE, write};
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Windows, eventually};
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

impl House {
    fn database(&self) -> PathBuf {
        self.stage.profile().join("data/gatehouse.db")
    }

    /// Runs lines of SQL in the app's database, as a shell would; the app may be running.
    fn sql(&self, statements: &str) {
        let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],timeout=10)\nc.executescript(sys.argv[2])\nc.commit()\n\
             print(c.total_changes)";
        let ran = Command::new("python3").args(["-c", script]).arg(self.database()).arg(statements).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let changed = String::from_utf8_lossy(&ran.stdout).trim().to_owned();
        assert_ne!(changed, "0", "nothing was edited: {statements}");
    }

    /// Runs lines of SQL over the journal, and leaves chain and triggers as if nobody had: no hash needs a key.
    fn rewrite(&self, statements: &str) {
        let script = include_str!("../support/rewrite.py");
        let ran = Command::new("python3").args(["-c", script]).arg(self.database()).arg(statements).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    /// The app ends and starts; in between the database is edited once more, as it may have written what it knows.
    fn start_again_after(&mut self, statements: &str) {
        self.stage.end_app();
        self.sql(statements);
        self.stage.start_app(&[]);
    }
}

/// The window says that something of this name was set aside.
async fn is_set_aside(windows: &mut Windows<'_>, words: &str) {
    windows.turn_to(Which::Main).await;
    windows.wait_for_text("quarantine-banner", words).await;
}

/// Verifying the journal says that something is wrong with it.
async fn is_found_by_verifying(windows: &mut Windows<'_>) {
    windows.turn_to(Which::Main).await;
    windows.click("nav-activity").await;
    windows.click("verify-journal").await;
    windows.find_css("[data-testid=verify-report][data-ok=false]").await;
}

/// A write over "Acme" raises a card, which is refused.
async fn is_asked_about(windows: &mut Windows<'_>, bridge: &mut Bridge, id: i64, phone: &str) {
    let call = bridge.begin("odoo_write", write(id, phone)).await;
    windows.turn_to_card(SENTENCE).await;
    windows.deny(SENTENCE, "no").await;
    bridge.finish(call).await.error();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_written_into_the_database_is_not_believed() {
    let mut house = House::open().await;
    let (mut windows, bridge) = house.admitted("poor").await;
    // Another agent, admitted without any connection.
    let mut none = Bridge::start(&house.stage, "none", "claude-code").await;
    let call = none.begin("user_connection_list", json!({})).await;
    windows.admit("none", &[]).await;
    none.finish(call).await.ok();
    let grant = "UPDATE agents SET body = json_set(body, '$.grants', json((SELECT json_extract(body, '$.grants') FROM agents \
         WHERE id = 'poor'))) WHERE id = 'none';";
    house.sql(grant);
    let read = json!({ "connection": "Acme", "model": "res.partner", "domain": [], "fields": ["name"], "limit": 1 });
    assert!(none.call("odoo_search_read", read.clone()).await.is_error, "the grant counts while the app runs");
    none.leave().await;
    bridge.leave().await;
    drop(windows);

    house.start_again_after(grant);
    let mut windows = Windows::new(&house.stage);
    is_set_aside(&mut windows, "none").await;
    let mut none = Bridge::start(&house.stage, "none", "claude-code").await;
    none.begin("odoo_search_read", read).await;
    windows.turn_to_card("Let none use").await;
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_written_into_the_database_loosens_nothing() {
    let mut house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("eager").await;
    let id = house.odoo.new_contact("Production").await;
    let edit = "UPDATE connections SET body = replace(body, '\"production\"', '\"development\"');";
    house.sql(edit);
    is_asked_about(&mut windows, &mut bridge, id, "+32 2 111 11 11").await;
    bridge.leave().await;
    drop(windows);

    house.start_again_after(edit);
    let mut windows = Windows::new(&house.stage);
    is_set_aside(&mut windows, "Acme").await;
    assert!(!windows.has("connection-row-Acme").await);
    let mut bridge = Bridge::start(&house.stage, "eager", "claude-code").await;
    let error = bridge.call("odoo_write", write(id, "+32 2 222 22 22")).await;
    assert!(error.is_error, "{}", error.text);
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_written_into_the_database_gets_no_key() {
    let mut house = House::open().await;
    let elsewhere = gatehouse_tests::liar::Listening::begin().await;
    let (windows, mut bridge) = house.admitted("thief").await;
    let edit = format!("UPDATE connections SET body = replace(body, '{}', '{}');", house.odoo.url, elsewhere.url);
    house.sql(&edit);
    let read = json!({ "connection": "Acme", "model": "res.partner", "domain": [], "fields": ["name"], "limit": 1 });
    bridge.call("odoo_search_read", read.clone()).await.ok();
    bridge.leave().await;
    drop(windows);

    house.start_again_after(&edit);
    let mut windows = Windows::new(&house.stage);
    is_set_aside(&mut windows, "Acme").await;
    assert!(!windows.has("connection-row-Acme").await, "a row that was tampered with is in use");
    let mut bridge = Bridge::start(&house.stage, "thief", "claude-code").await;
    assert!(bridge.call("odoo_search_read", read).await.is_error);
    assert_eq!(elsewhere.heard(), "", "the address from the database was used");
    assert!(house.stage.files_with(&house.odoo.key).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_approval_written_into_the_database_answers_nothing() {
    let mut house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("eager").await;
    let id = house.odoo.new_contact("Standing").await;
    // In the table of an earlier version, in every shape that a row of it could have, and in a table of its own.
    let forged = "INSERT OR REPLACE INTO standing_approvals (id, body, seal) SELECT 'tkt_forged00000000000000', json_object('agent', 'eager', \
         'connection', id, 'tool', 'odoo_write', 'model', 'res.partner', 'fields', json_array('phone'), 'max_records', 1000000, \
         'until', 4102444800000, 'expires_at', 4102444800000), zeroblob(32) FROM connections;
         CREATE TABLE IF NOT EXISTS tickets (id TEXT, state TEXT, digest TEXT);
         INSERT INTO tickets VALUES ('tkt_forged00000000000000', 'approved', '*');";
    house.sql(forged);
    is_asked_about(&mut windows, &mut bridge, id, "+32 2 111 11 11").await;
    bridge.leave().await;
    drop(windows);

    house.start_again_after(forged);
    let mut windows = Windows::new(&house.stage);
    let mut bridge = Bridge::start(&house.stage, "eager", "claude-code").await;
    is_asked_about(&mut windows, &mut bridge, id, "+32 2 222 22 22").await;
    bridge.leave().await;
    drop(windows);

    // A setting that nobody made is not only not believed: everything stops until the person has looked.
    house.start_again_after("INSERT INTO settings (id, body, seal) VALUES ('standing', '[\"*\"]', zeroblob(32));");
    let mut windows = Windows::new(&house.stage);
    is_set_aside(&mut windows, "paused").await;
    let mut bridge = Bridge::start(&house.stage, "eager", "claude-code").await;
    let error = bridge.call("odoo_write", write(id, "+32 2 333 33 33")).await.error();
    assert_eq!(error["error"]["code"], "paused", "{error}");
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_agent_that_resumes_itself_in_the_database_stays_out() {
    let mut house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("paused").await;
    windows.turn_to(Which::Main).await;
    windows.invoke("pause_agent", json!({ "agent": "paused", "paused": true })).await.unwrap();
    let edit = "UPDATE agents SET body = json_set(body, '$.status', 'admitted') WHERE id = 'paused';";
    house.sql(edit);
    let error = bridge.call("user_connection_list", json!({})).await.error();
    assert_eq!(error["error"]["code"], "paused", "{error}");
    bridge.leave().await;
    drop(windows);

    house.start_again_after(edit);
    let mut windows = Windows::new(&house.stage);
    is_set_aside(&mut windows, "paused").await;
    let mut bridge = Bridge::start(&house.stage, "paused", "claude-code").await;
    bridge.begin("user_connection_list", json!({})).await;
    windows.turn_to_card("Let paused use").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_edited_says_so() {
    let mut house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("forger").await;
    let id = house.odoo.new_contact("Journal").await;
    is_asked_about(&mut windows, &mut bridge, id, "+32 2 111 11 11").await;
    bridge.leave().await;
    windows.turn_to(Which::Main).await;
    windows.click("nav-activity").await;
    windows.click("verify-journal").await;
    windows.find_css("[data-testid=verify-report][data-ok=true]").await;
    house.rewrite("UPDATE journal SET event = replace(event, 'denied', 'approved') WHERE event LIKE '%denied%';");
    // It looks every 20 s: by then it was sealed anew, had the app not looked.
    tokio::time::sleep(Duration::from_secs(25)).await;
    is_set_aside(&mut windows, "journal was altered").await;
    is_found_by_verifying(&mut windows).await;
    drop(windows);

    house.stage.end_app();
    house.stage.start_app(&[]);
    let mut windows = Windows::new(&house.stage);
    is_found_by_verifying(&mut windows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_cut_off_while_the_app_was_down_says_so_and_stops_every_agent() {
    let mut house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("cutter").await;
    let id = house.odoo.new_contact("Journal").await;
    is_asked_about(&mut windows, &mut bridge, id, "+32 2 111 11 11").await;
    bridge.leave().await;
    drop(windows);
    house.stage.end_app();
    house.rewrite(
        "DELETE FROM payloads WHERE seq > (SELECT max(seq) - 6 FROM journal);
         DELETE FROM journal WHERE seq > (SELECT max(seq) - 6 FROM journal);",
    );
    house.stage.start_app(&[]);
    let mut windows = Windows::new(&house.stage);
    is_set_aside(&mut windows, "journal was altered").await;
    let mut bridge = Bridge::start(&house.stage, "cutter", "claude-code").await;
    let error = bridge.call("odoo_write", write(id, "+32 2 222 22 22")).await.error();
    assert_eq!(error["error"]["code"], "paused", "{error}");
    tokio::time::sleep(Duration::from_secs(25)).await;
    is_found_by_verifying(&mut windows).await;
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_file_that_allows_everything_is_only_a_proposal() {
    let mut house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("lawyer").await;
    let id = house.odoo.new_contact("Policy").await;
    let file = house.stage.profile().join("config/policy.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let everything = r#"{"version": "1", "default": "allow"}"#;
    std::fs::write(&file, everything).unwrap();
    windows.turn_to_card("edited outside").await;
    windows.refuse("edited outside").await;
    is_asked_about(&mut windows, &mut bridge, id, "+32 2 111 11 11").await;
    bridge.leave().await;
    drop(windows);

    house.stage.end_app();
    std::fs::write(&file, format!("{everything} ")).unwrap();
    house.stage.start_app(&[]);
    let mut windows = Windows::new(&house.stage);
    windows.turn_to_card("edited outside").await;
    let mut bridge = Bridge::start(&house.stage, "lawyer", "claude-code").await;
    let call = bridge.begin("odoo_write", write(id, "+32 2 222 22 22")).await;
    windows.turn_to_card(SENTENCE).await;
    eventually("both cards", || async { (windows.waiting().await.len() == 2).then_some(()) }).await;
    windows.deny(SENTENCE, "no").await;
    bridge.finish(call).await.error();
    assert_eq!(house.changes(), 0);
}
