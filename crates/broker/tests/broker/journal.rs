//! The journal against another program that writes into the database, while the app runs and while it does not.
//!
//! Each test runs itself once more inside a D-Bus session with a keyring of its own.

use crate::house::House;
use crate::sealed::{house, inside_a_session};
use gatehouse_broker::view::{ActivityFilter, VaultView, VerifyReport};
use gatehouse_core::{ErrorCode, JournalEvent, JournalRecord, Timestamp};
use gatehouse_store::{Durability, Store};
use serde_json::json;
use std::process::Command;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// Runs statements, and makes every hash right again, with no trigger missing afterwards.
const REWRITE: &str = include_str!("../../../../tests/support/rewrite.py");

/// What a shell does to the journal, so that its chain and its form are right afterwards.
fn rewrite(house: &House, statements: &str) {
    let database = house.folder().join("data/gatehouse.db");
    let ran = Command::new("python3").arg("-c").arg(REWRITE).arg(database).arg(statements).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// Appends entries as another program would, with a right chain and without a key.
pub(crate) fn append(house: &House, entries: impl IntoIterator<Item = (Timestamp, JournalEvent)>) {
    let store = Store::open(&house.folder().join("data/gatehouse.db")).unwrap();
    for (at, event) in entries {
        store.append(JournalRecord { at, event, payload: None }, Durability::Normal, None).unwrap();
    }
}

async fn verify(house: &House) -> VerifyReport {
    house.broker.verify_journal().await.unwrap()
}

fn said(house: &House, wanted: &str) -> usize {
    let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
    entries
        .iter()
        .filter(|entry| matches!(&entry.event, JournalEvent::Journal { change, .. } if change == wanted))
        .count()
}

/// It was found, it is said everywhere, and every agent is paused; also after a restart.
async fn is_found(house: House, words: &str) {
    let report = verify(&house).await;
    assert!(!report.ok && report.problems.iter().any(|problem| problem.contains(words)), "{report:?}");
    house.until("it is said", |house| house.broker.overview().quarantine.join(" ").contains(words)).await;
    house.until("agents are paused", |house| house.broker.overview().paused).await;
    assert_eq!(said(&house, "altered"), 1);
    // Sealed anew or not, and whoever resumes: it stays said.
    house.broker.pause_all(false).await.unwrap();
    house.clock.forward(Duration::from_mins(1));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let report = verify(&house).await;
    assert!(!report.ok && report.problems.iter().any(|problem| problem.contains(words)), "{report:?}");
    let house = house.again(0).await;
    let report = verify(&house).await;
    assert!(!report.ok && report.problems.iter().any(|problem| problem.contains(words)), "{report:?}");
    assert!(house.broker.overview().quarantine.join(" ").contains(words));
    assert_eq!(said(&house, "altered"), 1, "it is found once");
    assert!(!house.broker.overview().paused, "the person resumed");
    house.clock.forward(DAY);
    assert!(house.broker.overview().quarantine.is_empty());
    assert!(!verify(&house).await.ok);
}

#[test]
fn what_was_rewritten_with_right_hashes_while_the_app_runs_stays_said() {
    inside_a_session("journal::what_was_rewritten_with_right_hashes_while_the_app_runs_stays_said", async || {
        let house = house().await;
        house.admitted("claude-code").await;
        assert!(verify(&house).await.ok);
        rewrite(&house, "UPDATE journal SET event = replace(event, 'claude', 'clawed')");
        // The next seal comes by itself.
        house.clock.forward(Duration::from_secs(21));
        house.until("the rewriting is found", |house| house.broker.overview().paused).await;
        is_found(house, "rewritten").await;
    });
}

#[test]
fn what_was_cut_off_while_the_app_runs_stays_said() {
    inside_a_session("journal::what_was_cut_off_while_the_app_runs_stays_said", async || {
        let house = house().await;
        house.admitted("claude-code").await;
        assert!(verify(&house).await.ok);
        rewrite(
            &house,
            "DELETE FROM payloads WHERE seq > (SELECT max(seq) - 3 FROM journal);
             DELETE FROM journal WHERE seq > (SELECT max(seq) - 3 FROM journal)",
        );
        is_found(house, "the end of the journal is gone").await;
    });
}

#[test]
fn what_was_appended_while_the_app_runs_stays_said() {
    inside_a_session("journal::what_was_appended_while_the_app_runs_stays_said", async || {
        use gatehouse_broker::Clock as _;
        let house = house().await;
        assert!(verify(&house).await.ok);
        append(&house, [(house.clock.now(), JournalEvent::Quit)]);
        is_found(house, "another program wrote").await;
    });
}

#[test]
fn what_was_rewritten_while_the_app_does_not_run_stays_said_and_pauses_every_agent() {
    inside_a_session(
        "journal::what_was_rewritten_while_the_app_does_not_run_stays_said_and_pauses_every_agent",
        async || {
            let house = house().await;
            house.admitted("claude-code").await;
            let house = house
                .again_after(|house| {
                    rewrite(house, "UPDATE journal SET event = replace(event, 'admitted', 'refused')");
                })
                .await;
            assert_eq!(house.broker.overview().vault, VaultView::System);
            assert!(house.broker.overview().paused);
            let agent = house.bridge("claude-code").await;
            let error = agent.call("user_connection_list", json!({})).await.unwrap_err();
            assert_eq!(error.code, ErrorCode::Paused, "{error:?}");
            is_found(house, "rewritten").await;
        },
    );
}

#[test]
fn rows_that_were_appended_while_the_app_does_not_run_move_no_clock_and_are_told() {
    inside_a_session(
        "journal::rows_that_were_appended_while_the_app_does_not_run_move_no_clock_and_are_told",
        async || {
            use gatehouse_broker::Clock as _;
            let house = house().await;
            house.admitted("claude-code").await;
            let demo = house.broker.overview().connections[0].id.clone();
            house.broker.trash_connection(&demo).await.unwrap();
            let house = house
                .again_after(|house| {
                    let later = house.clock.now().plus(31 * DAY);
                    append(house, [(later, JournalEvent::Quit), (later, JournalEvent::Quit)]);
                })
                .await;
            let report = verify(&house).await;
            assert!(report.unproven == 2 && report.ok, "{report:?}");
            assert_eq!((said(&house, "unproven"), said(&house, "altered")), (1, 0));
            tokio::time::sleep(Duration::from_millis(1500)).await;
            assert_eq!(house.broker.overview().trash.len(), 1, "the trash was emptied thirty days too early");
            // An order of the app's own time.
            let started = house.broker.activity(ActivityFilter::default()).unwrap().entries;
            let started = started.iter().find(|entry| matches!(entry.event, JournalEvent::Started { .. })).unwrap();
            assert!(started.at < house.clock.now().plus(DAY), "time went on from a row that nobody proves");
            let house = house.again(0).await;
            assert_eq!(verify(&house).await.unproven, 2, "it stays said");
            assert_eq!(said(&house, "unproven"), 1);
        },
    );
}

#[test]
fn a_clock_that_was_set_back_goes_on_from_the_sealed_entry() {
    inside_a_session("journal::a_clock_that_was_set_back_goes_on_from_the_sealed_entry", async || {
        use gatehouse_broker::Clock as _;
        let house = house().await;
        let before = house.clock.now();
        let house = house.again(-2 * 86_400_000).await;
        house.admitted("claude-code").await;
        let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
        let started = entries.iter().find(|entry| matches!(entry.event, JournalEvent::Started { .. })).unwrap();
        assert!(started.at >= before, "{started:?}");
        assert!(verify(&house).await.ok);
    });
}

#[test]
fn a_start_after_another_is_quiet() {
    inside_a_session("journal::a_start_after_another_is_quiet", async || {
        let mut house = house().await;
        house.admitted("claude-code").await;
        for _ in 0..3 {
            house = house.again(0).await;
            let report = verify(&house).await;
            assert_eq!((report.ok, report.unproven, report.problems), (true, 0, vec![]));
            assert!(house.broker.overview().quarantine.is_empty());
        }
    });
}

#[test]
fn a_session_of_its_own_between_two_openings_moves_no_clock() {
    inside_a_session("journal::a_session_of_its_own_between_two_openings_moves_no_clock", async || {
        use gatehouse_broker::Clock as _;
        let house = house().await;
        house.admitted("claude-code").await;
        let house = house
            .again_after(|house| {
                append(house, [(house.clock.now().plus(31 * DAY), JournalEvent::Quit)]);
            })
            .await;
        house.broker.use_session_vault().await.unwrap();
        house.broker.retry_vault().await.unwrap();
        house.broker.pause_all(true).await.unwrap();
        let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
        assert!(entries[0].at < house.clock.now().plus(DAY), "{:?}", entries[0]);
        assert!(verify(&house).await.ok);
        let house = house.again(0).await;
        assert_eq!(house.broker.overview().vault, VaultView::System);
        assert!(verify(&house).await.ok);
    });
}
