//! Plays the story in a terminal: the real bridge, the real app, and the demo's small Odoo inside it.
//!
//! `demo --person|--webdriver PROGRAMS PICTURES`: a person clicks, or WebDriver does and leaves a picture of each card.
#![expect(clippy::print_stdout, clippy::panic, reason = "a play for a terminal")]

use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Stage, Windows, eventually};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [who, programs, pictures] = words.as_slice() else {
        panic!("usage: demo --person|--webdriver PROGRAMS PICTURES");
    };
    let (programs, pictures) = (Path::new(programs), PathBuf::from(pictures));
    if who == "--person" {
        let mut stage = Stage::on_the_desktop(programs);
        say("Gatehouse opens on your desktop, with a profile that is gone afterwards. You are the person: you click.");
        stage.start_app(&[]);
        play(&stage, Person::Real).await;
        stage.end_app();
    } else {
        let mut stage = Stage::set();
        say(
            "There is no display here: the window opens on a screen of its own (Xvfb), WebDriver clicks in place of a person,",
        );
        say(&format!("and pictures of each card are left in {}.", pictures.display()));
        stage.start_app(&[]);
        play(&stage, Person::Played(Windows::new(&stage), pictures)).await;
        stage.end_app();
    }
    say("\nThe end. Everything above is in the journal; `cargo xtask run` opens Gatehouse for yourself.");
}

/// Who sits at the window.
enum Person<'a> {
    Real,
    Played(Windows<'a>, PathBuf),
}

async fn play(stage: &Stage, mut person: Person<'_>) {
    person.does("click “Try the demo”");
    if let Person::Played(windows, pictures) = &mut person {
        windows.turn_to(Which::Main).await;
        windows.find("no-connections").await;
        windows.picture(&pictures.join("1-empty.png")).await;
        windows.click("try-demo").await;
        windows.find("connection-row-Demo").await;
        windows.picture(&pictures.join("2-connection.png")).await;
    } else {
        until_the_demo_is_there(stage).await;
    }

    say("\nAn MCP client starts gatehouse-mcp with no more than HOME, PATH, SHELL, TERM, USER and LOGNAME.");
    let mut bridge = Bridge::start(stage, "demo-agent", "claude-code").await;
    let tools = bridge.tools().await;
    say(&format!("agent  tools/list → {}", tools.join(", ")));

    person.does("admit demo-agent for the connection Demo");
    let call = begin(&mut bridge, "user_connection_list", json!({})).await;
    if let Person::Played(windows, pictures) = &mut person {
        windows.turn_to_card("demo-agent").await;
        windows.picture(&pictures.join("3-admission.png")).await;
        windows.admit("demo-agent", &["Demo"]).await;
    }
    finish(&mut bridge, call).await;

    let read = json!({ "model": "res.partner", "domain": [["is_company", "=", true]], "fields": ["name", "phone", "city"], "limit": 3 });
    let call = begin(&mut bridge, "odoo_search_read", read).await;
    let found = finish(&mut bridge, call).await;
    let rows = found["rows"].as_array().or_else(|| found["records"].as_array()).cloned().unwrap_or_default();
    let ids: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
    let [first, second, ..] = ids.as_slice() else { panic!("the demo has too few companies: {found}") };

    person.does("read the card, then approve");
    let call =
        begin(&mut bridge, "odoo_write", write(&[*first], &json!({ "phone": "+32 2 290 34 90", "city": "Namur" })))
            .await;
    if let Person::Played(windows, pictures) = &mut person {
        windows.turn_to_card("Change 2 fields on 1").await;
        windows.picture(&pictures.join("4-write.png")).await;
        windows.approve("Change 2 fields on 1").await;
    }
    finish(&mut bridge, call).await;

    person.does("deny, with a reason");
    let call = begin(&mut bridge, "odoo_write", write(&[*second], &json!({ "email": "nobody@example.com" }))).await;
    if let Person::Played(windows, pictures) = &mut person {
        windows.turn_to_card("Change 1 field on 1").await;
        windows.picture(&pictures.join("5-denied.png")).await;
        windows.deny("Change 1 field on 1", "The address was confirmed by phone last week; leave it.").await;
    }
    finish(&mut bridge, call).await;

    person.does("approve, or deny, a new contact and its deletion");
    let created =
        json!({ "connection": "Demo", "model": "res.partner", "values": { "name": "A contact made by mistake" } });
    let call = begin(&mut bridge, "odoo_create", created).await;
    if let Person::Played(windows, pictures) = &mut person {
        windows.turn_to_card("Create").await;
        windows.picture(&pictures.join("6-create.png")).await;
        windows.approve("Create").await;
    }
    let made = finish(&mut bridge, call).await;
    let id = made["ids"][0].as_i64().or_else(|| made["id"].as_i64());
    if let Some(id) = id {
        let call =
            begin(&mut bridge, "odoo_unlink", json!({ "connection": "Demo", "model": "res.partner", "ids": [id] }))
                .await;
        if let Person::Played(windows, pictures) = &mut person {
            windows.turn_to_card("Delete").await;
            windows.picture(&pictures.join("7-delete.png")).await;
            windows.approve("Delete").await;
        }
        finish(&mut bridge, call).await;
    }

    let call = begin(&mut bridge, "open_connection_manager", json!({ "page": "activity" })).await;
    finish(&mut bridge, call).await;
    if let Person::Played(windows, pictures) = &mut person {
        windows.turn_to(Which::Main).await;
        windows.click("nav-activity").await;
        windows.find("activity-row").await;
        windows.picture(&pictures.join("8-activity.png")).await;
    }
    bridge.leave().await;
}

impl Person<'_> {
    fn does(&self, what: &str) {
        match self {
            Self::Real => say(&format!("\nperson now you: {what}")),
            Self::Played(..) => say(&format!("\nperson {what}")),
        }
    }
}

async fn begin(bridge: &mut Bridge, tool: &str, arguments: Value) -> u64 {
    say(&format!("agent  {tool} {arguments}"));
    bridge.begin(tool, arguments).await
}

/// The answer; a person may take longer than a client waits.
async fn finish(bridge: &mut Bridge, call: u64) -> Value {
    let mut answer = bridge.finish(call).await;
    while answer.json["status"] == "pending_approval" {
        say("       … nobody has decided yet; the agent waits");
        let ticket = answer.json["ticket"].clone();
        answer = bridge.call("approval_wait", json!({ "ticket": ticket })).await;
    }
    let mark = if answer.is_error { "error" } else { "→" };
    let text: String = answer.text.chars().take(600).collect();
    say(&format!("       {mark} {text}"));
    answer.json
}

fn write(ids: &[i64], values: &Value) -> Value {
    json!({ "connection": "Demo", "model": "res.partner", "ids": ids, "values": values })
}

async fn until_the_demo_is_there(stage: &Stage) {
    loop {
        let doctor =
            stage.command(stage.program("gatehouse-mcp")).arg("doctor").arg("--profile").arg(stage.profile()).output();
        let told = doctor.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        if told.contains("1 connection") {
            return;
        }
        assert!(!stage.app_ids().is_empty() || stage.app_runs(), "Gatehouse was closed");
        eventually("a moment", || async { Some(()) }).await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

fn say(text: &str) {
    println!("{text}");
}
