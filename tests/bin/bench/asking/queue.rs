//! The approval window before one question and before a thousand.

use crate::samples::Samples;
use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::hands::{APPROVAL_TITLE, Hands};
use gatehouse_tests::stage::Screen;
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, House, Odoo, Stage, Windows, eventually};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const AGENTS: usize = 200;
/// More one agent may not have open.
const QUESTIONS_PER_AGENT: usize = 5;
/// As many programs may ask to be admitted within an hour.
const NEWCOMERS_PER_HOUR: usize = 20;
const ROUNDS: usize = 9;

/// Milliseconds.
pub(super) struct Opened {
    pub(super) questions: usize,
    pub(super) one: Samples,
    pub(super) many: Samples,
}

pub(super) async fn measure(programs: &Path) -> Opened {
    let sim = Sim::start(SimOptions::default()).await.expect("odoo-sim starts");
    let odoo = Odoo::of(&sim);
    let mut stage = Stage::set_with(Screen::default(), &programs.join("e2e"));
    admit(&stage, &programs.join("house"), &odoo).await;
    stage.start_app(&[]);
    let customer = odoo.new_contact("Benchmark").await;

    let mut asked = 0;
    let mut windows = Windows::new(&stage);
    windows.turn_to(Which::Main).await;
    let mut bridge = Bridge::start(&stage, &name(0), "claude-code").await;
    ask(&mut bridge, &mut windows, customer, &mut asked, 1).await;
    let one = opened(&stage, &mut windows).await;

    // The socket has fewer seats than that: a bridge leaves when its questions are there, and they stay.
    ask(&mut bridge, &mut windows, customer, &mut asked, QUESTIONS_PER_AGENT - 1).await;
    bridge.leave().await;
    for number in 1..AGENTS {
        let mut bridge = Bridge::start(&stage, &name(number), "claude-code").await;
        ask(&mut bridge, &mut windows, customer, &mut asked, QUESTIONS_PER_AGENT).await;
        bridge.leave().await;
    }
    let many = opened(&stage, &mut windows).await;
    assert_eq!(windows.waiting().await.len(), asked, "some were answered meanwhile");
    Opened { questions: asked, one, many }
}

/// Raises so many questions more, and waits until they are there.
async fn ask(bridge: &mut Bridge, windows: &mut Windows<'_>, customer: i64, asked: &mut usize, more: usize) {
    for _ in 0..more {
        bridge.begin("odoo_write", write(customer, *asked)).await;
        *asked += 1;
    }
    windows.turn_to(Which::Approval).await;
    windows.until_waiting(*asked).await;
}

/// The agents, before the app that is measured runs: hours go by while they are admitted.
async fn admit(stage: &Stage, program: &Path, odoo: &Odoo) {
    let mut house = House::open_with(stage, program).await;
    let connect = json!({
        "do": "connect", "name": "Acme", "url": odoo.url, "database": odoo.database, "login": odoo.login, "key": odoo.key,
    });
    house.tell(connect).await;
    for number in 0..AGENTS {
        if number % NEWCOMERS_PER_HOUR == 0 {
            house.tell(json!({ "do": "forward", "seconds": 3601 })).await;
        }
        let mut bridge = Bridge::start(stage, &name(number), "claude-code").await;
        let asked = bridge.begin("user_connection_list", json!({})).await;
        house.please("admit").await;
        bridge.finish(asked).await.ok();
        bridge.leave().await;
    }
    house.end().await;
}

/// How long the window takes, again and again.
async fn opened(stage: &Stage, windows: &mut Windows<'_>) -> Samples {
    let mut samples = Samples::default();
    for round in 0..=ROUNDS {
        close(stage, windows).await;
        windows.turn_to(Which::Main).await;
        let began = Instant::now();
        windows.invoke("review", json!({ "ticket": null })).await.expect("the main window asks for it");
        while !windows.is_there(Which::Approval).await || windows.driver().find("[data-testid=verdicts]").await.is_err()
        {
            assert!(began.elapsed() < Duration::from_mins(1), "no card came");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let took = began.elapsed();
        // The first brings what is read from the disk once.
        if round > 0 {
            samples.push_time(took);
        }
    }
    samples
}

/// As a person closes a window. It opens nothing by itself until it is asked for.
async fn close(stage: &Stage, windows: &mut Windows<'_>) {
    let hands = Hands::at(stage, APPROVAL_TITLE).await;
    eventually("the window to close", || async {
        hands.raise();
        hands.go("key --clearmodifiers alt+F4");
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage.xdotool(&["search", "--onlyvisible", "--name", APPROVAL_TITLE]).is_empty().then_some(())
    })
    .await;
    windows.until_gone(Which::Approval).await;
    // The machine comes to rest.
    tokio::time::sleep(Duration::from_millis(500)).await;
}

fn name(number: usize) -> String {
    format!("agent-{number:03}")
}

fn write(id: i64, number: usize) -> Value {
    json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "phone": format!("+32 2 {number:04}") } })
}
