//! The app, the bridge or Odoo dies in the middle. Nothing that began is forgotten, and nothing is done twice.

/// A test for each point at which something dies: every step of a call, and how far Odoo may be with it.
macro_rules! cells {
    (@each $dies:ident: $($name:ident => $at:expr,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $dies($at).await;
            }
        )*
    };
    ($dies:ident: $($name:ident => $at:expr,)*) => {
        $crate::crash::cells! { @each $dies:
            at_admit => $crate::crash::cell::ADMIT,
            at_resolve => $crate::crash::cell::RESOLVE,
            at_screen => $crate::crash::cell::SCREEN,
            at_describe => $crate::crash::cell::DESCRIBE,
            at_decide => $crate::crash::cell::DECIDE,
            at_reserve => $crate::crash::cell::RESERVE,
            at_ask => $crate::crash::cell::ASK,
            at_recheck => $crate::crash::cell::RECHECK,
            before_the_intent => $crate::crash::cell::INTENT,
            after_the_intent => $crate::crash::cell::INTENT_DURABLE,
            $($name => $at,)*
            at_settle => $crate::crash::cell::SETTLE,
        }
    };
}
use cells;

mod app;
mod bridge;
mod cell;
mod odoo;

use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::line::{Line, Writes};
use gatehouse_tests::person::NewConnection;
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Odoo, Stage, Windows, eventually};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_under_way_when_the_app_died_is_in_the_journal_as_unknown() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let line = Line::open(sim.url().trim_start_matches("http://").to_owned()).await;
    let odoo = Odoo { url: line.url(), ..Odoo::of(&sim) };
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.add_connection(&NewConnection { name: "Acme", odoo: &odoo, environment: "production" }).await;
    let mut bridge = Bridge::start(&stage, "crash", "claude-code").await;
    let call = bridge.begin("user_connection_list", json!({})).await;
    windows.admit("crash", &["Acme"]).await;
    bridge.finish(call).await.ok();

    let id = odoo.new_contact("Crash").await;
    let writes = || sim.log().iter().filter(|seen| format!("{seen:?}").contains("\"write\"")).count();
    let write = json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "phone": "+32 1" } });
    line.set(Writes::Stalled);
    let call = bridge.begin("odoo_write", write).await;
    let is_sent = eventually("the write to be sent", || async { (line.lost() == 1).then_some(()) });
    // The click is all that counts: nobody waits for the window to close.
    tokio::select! {
        () = is_sent => {}
        () = async { windows.approve("Change 1 field").await; std::future::pending().await } => {}
    }
    drop(windows);
    stage.kill_app();

    let answer = bridge.finish(call).await;
    assert!(answer.is_error && answer.text.contains("outcome_unknown"), "{}", answer.text);

    line.set(Writes::Answered);
    stage.start_app(&["--show", "activity"]);
    let mut windows = Windows::new(&stage);
    windows.turn_to(Which::Main).await;
    let driver = windows.driver();
    eventually("the unknown outcome", || async {
        for row in driver.find_all("[data-testid=activity-row]").await.ok()? {
            let text = driver.text(&row).await.ok()?;
            if text.contains("odoo_write") && text.to_lowercase().contains("unknown") {
                return Some(());
            }
        }
        None
    })
    .await;
    windows.click("verify-journal").await;
    windows.find_css("[data-testid=verify-report][data-ok=true]").await;
    assert_eq!(writes(), 1, "the write was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keyring_the_window_opens_says_so_and_every_call_is_refused() {
    let mut stage = Stage::set();
    stage.end("gnome-keyring-daemon");
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.turn_to(Which::Main).await;
    windows.find("vault-banner").await;
    let mut bridge = Bridge::start(&stage, "early", "claude-code").await;
    let error = bridge.call("user_connection_list", json!({})).await.error().to_string();
    assert!(error.contains("vault_unavailable") || error.contains("vault_locked"), "{error}");

    windows.click("use-session-vault").await;
    if windows.has("confirm-yes").await {
        windows.click("confirm-yes").await;
    }
    windows.find_css("[data-testid=vault-state][data-state=session_only]").await;
}
