//! From the click on Approve to the line at the agent, less the time that Odoo worked in between.

use crate::ASKED;
use crate::gauge::{Gauge, Work};
use crate::house::House;
use crate::rpc::{Server, Told};
use crate::samples::Samples;
use gatehouse_tests::{Odoo, Windows};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;

/// An agent may ask a person twenty times an hour; one is spent on the card that keeps the window, one on the first click.
pub(crate) const CLICKS_PER_AGENT: usize = 18;
const SENTENCE: &str = "Change 1 field on 1";

/// Milliseconds, and requests to Odoo.
#[derive(Default)]
pub(crate) struct Approved {
    pub(crate) whole: Samples,
    pub(crate) odoo: Samples,
    /// What Gatehouse took of it: up to Odoo's first request, between requests, and after the last.
    pub(crate) rest: Samples,
    pub(crate) before: Samples,
    pub(crate) amid: Samples,
    pub(crate) after: Samples,
    pub(crate) requests: Samples,
}

/// Approves so many writes to one record, asked for by these agents in turn, over the connection that leads to Odoo through
/// the gauge.
pub(crate) async fn approvals(house: &House, agents: &[&str], clicks: usize, odoo: &Odoo, gauge: &Gauge) -> Approved {
    let id = odoo.new_contact("Benchmark").await;
    // A card that nobody decides: the window stays, and with it what the page noted about the click.
    let mut waiting = house.bridge_of(agents[0]);
    let values = json!({ "name": "Benchmark: never approved" });
    let create = json!({ "connection": ASKED, "model": "res.partner", "values": values });
    std::thread::spawn(move || {
        drop(waiting.call("odoo_create", &create));
        // The client stays, so that its question does.
        loop {
            std::thread::park();
        }
    });
    let mut windows = Windows::new(&house.stage);
    windows.turn_to_card("Create").await;
    listen(&windows).await;

    let mut bridges: Vec<Option<Server>> = agents.iter().map(|agent| Some(house.bridge_of(agent))).collect();
    let mut found = Approved::default();
    // The first one warms up.
    for round in 0..=clicks {
        let place = round % bridges.len();
        let mut bridge = bridges[place].take().expect("it came back");
        let values = json!({ "phone": format!("+32 2 000 {round:02}") });
        let write = json!({ "connection": ASKED, "model": "res.partner", "ids": [id], "values": values });
        let call = tokio::task::spawn_blocking(move || {
            let told = bridge.call("odoo_write", &write);
            (bridge, told)
        });
        windows.turn_to_card(SENTENCE).await;
        let (back, told, clicked) = click(&windows, call).await;
        windows.wait_for_end_of_card(SENTENCE).await;
        bridges[place] = Some(back);
        if let Err(why) = &told.outcome {
            panic!("the approved write failed: {why}");
        }
        let work = gauge.between(clicked, told.arrived);
        let whole = told.arrived.duration_since(clicked).expect("the answer comes after the click");
        if std::env::var_os("BENCH_CLICKS").is_some() {
            let (Work { before, amid, after, .. }, at) =
                (&work, clicked.duration_since(UNIX_EPOCH).unwrap_or_default());
            println!("   {:.3} {round}: {before:.1?} + {amid:.1?} + {after:.1?}", at.as_secs_f64());
        }
        if round > 0 {
            found.whole.push_time(whole);
            found.odoo.push_time(work.at_odoo);
            found.rest.push_time(work.rest());
            found.before.push_time(work.before);
            found.amid.push_time(work.amid);
            found.after.push_time(work.after);
            found.requests.push(work.requests as f64);
        }
    }
    odoo.call("res.partner", "unlink", json!({ "ids": [id] })).await;
    found
}

/// The page notes when a click on Approve reached it: by the event's own stamp, on the clock of the machine.
async fn listen(windows: &Windows<'_>) {
    let script = "window.clicks = []; addEventListener('click', (event) => { \
                  if (event.target.closest('[data-testid=approve]')) \
                  window.clicks.push([performance.timeOrigin + event.timeStamp, Date.now()]); }, true);";
    windows.driver().script(script, json!([])).await.expect("the page listens");
}

/// Clicks as soon as Approve is armed, then leaves windows and driver alone until the answer is there.
async fn click(
    windows: &Windows<'_>,
    mut call: JoinHandle<(Server, Result<Told, String>)>,
) -> (Server, Told, SystemTime) {
    let driver = windows.driver();
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        assert!(Instant::now() < until, "Approve could not be clicked");
        windows.read_to_the_end().await;
        if driver.find("[data-testid=verdicts][data-armed=true]").await.is_ok()
            && let Ok(button) = driver.find("[data-testid=approve]").await
        {
            let before = clicks(windows).await.len();
            // The hand rests, and with it the machine, as they do while a person reads.
            if driver.click_by_hand(&button).await.is_ok() {
                // Sleeps until the answer is there: whoever looks again and again takes a processor from what is measured.
                if let Ok(done) = tokio::time::timeout(Duration::from_secs(3), &mut call).await {
                    let (server, told) = done.expect("a thread");
                    let clicks = clicks(windows).await;
                    assert_eq!(clicks.len(), before + 1, "the page saw another number of clicks");
                    return (server, told.expect("the bridge answers"), moment(clicks.last()));
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn clicks(windows: &Windows<'_>) -> Vec<Value> {
    let told = windows.driver().script("return window.clicks", json!([])).await.expect("the page tells");
    told.as_array().cloned().unwrap_or_default()
}

/// The event's stamp where it is sane, else the moment when the page handled it, which is later.
fn moment(click: Option<&Value>) -> SystemTime {
    let click = click.expect("the page saw the click");
    let [stamped, handled] = [click[0].as_f64().unwrap_or(0.0), click[1].as_f64().expect("a time")];
    let is_sane = (-2.0..100.0).contains(&(handled - stamped));
    let at = if is_sane { stamped.min(handled) } else { handled };
    if std::env::var_os("BENCH_CLICKS").is_some() {
        println!("   click stamped {stamped:.2}, handled {handled:.2}");
    }
    UNIX_EPOCH + Duration::from_secs_f64(at / 1000.0)
}
