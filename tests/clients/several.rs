//! Calls that are made twice at once, and a second bridge of the same agent.

use super::client::{Manner, Play};
use super::gives_up::{AT_45, AT_60, AT_100};
use gatehouse_tests::line::Writes;
use gatehouse_tests::{Bridge, Office};
use serde_json::{Value, json};

/// A second bridge of the play's agent, that has asked the same.
async fn second_asks_the_same(play: &mut Play) -> (Bridge, u64) {
    let mut second = play.office.bridge(play.client.name).await;
    let call = second.begin("odoo_write", play.office.write()).await;
    play.office.house.waited_on(2).await;
    assert_eq!(play.office.open_tickets().await, ["waiting", "waiting"], "each has a question of its own");
    (second, call)
}

fn code(error: &Value) -> &str {
    error["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_call_twice_at_once_is_one_question_and_one_write_and_both_get_the_result() {
    let mut office = Office::open().await;
    let mut bridge = office.admitted("claude-code").await;
    let first = bridge.begin("odoo_write", office.write()).await;
    let second = bridge.begin("odoo_write", office.write()).await;
    office.house.waited_on(2).await;
    office.house.please("approve").await;
    for call in [first, second] {
        assert_eq!(bridge.finish(call).await.ok()["status"], "written");
    }
    let journal = office.journal().await;
    assert_eq!((journal.moves(), journal.intents().len()), (vec!["opened", "approved"], 1));
    assert_eq!(office.spent().await, 1);
    office.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twice_at_once_where_nobody_is_asked_is_one_write_too() {
    let mut office = Office::open_on("development").await;
    let mut bridge = office.admitted("claude-code").await;
    office.line.set(Writes::Held);
    let first = bridge.begin("odoo_write", office.write()).await;
    let second = bridge.begin("odoo_write", office.write()).await;
    office.house.waited_on(2).await;
    office.line.has_lost_one().await;
    office.line.set(Writes::Answered);
    for call in [first, second] {
        assert_eq!(bridge.finish(call).await.ok()["status"], "written");
    }
    let journal = office.journal().await;
    assert_eq!((journal.moves().len(), journal.intents().len()), (0, 1));
    assert_eq!(office.spent().await, 1);
    office.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_equal_calls_one_is_cancelled_and_the_other_gets_the_result() {
    let mut play = Play::asked(AT_60).await;
    let second = play.begin().await;
    play.office.house.waited_on(2).await;
    play.forward(60).await;
    let first = play.call;
    play.bridge().progress(first).await;
    play.bridge().cancel(first).await;
    play.office.house.waited_on(1).await;
    play.house("approve").await;
    assert_eq!(play.bridge().finish(second).await.ok()["status"], "written");
    play.it_ran_once().await;
    play.it_is_over().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_waits_on_one_ticket_run_it_once_and_both_get_the_result() {
    let mut play = Play::asked(AT_45).await;
    play.forward(AT_45.held).await;
    let call = play.call;
    let ticket = json!({ "ticket": play.bridge().finish(call).await.ok()["ticket"] });
    let first = play.bridge().begin("approval_wait", ticket.clone()).await;
    let second = play.bridge().begin("approval_wait", ticket).await;
    play.office.house.waited_on(2).await;
    play.house("approve").await;
    for call in [first, second] {
        assert_eq!(play.bridge().finish(call).await.ok()["status"], "written");
    }
    play.it_ran_once().await;
    play.it_is_over().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_bridge_that_asks_the_same_has_a_question_of_its_own() {
    let mut play = Play::asked(AT_60).await;
    let (mut second, its_call) = second_asks_the_same(&mut play).await;
    play.house("approve").await;
    let first = play.call;
    assert_eq!(play.bridge().finish(first).await.ok()["status"], "written");
    assert_eq!(play.office.open_tickets().await, ["waiting"]);
    play.house("deny").await;
    assert_eq!(code(&second.finish(its_call).await.error()), "denied_by_person");
    assert_eq!(play.office.spent().await, 1);
    play.office.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_bridges_that_ask_the_same_write_once_although_both_are_approved() {
    let mut play = Play::asked(AT_60).await;
    let (mut second, its_call) = second_asks_the_same(&mut play).await;
    play.house("approve").await;
    let first = play.call;
    assert_eq!(play.bridge().finish(first).await.ok()["status"], "written");
    // What the second card showed is no longer so.
    play.house("approve").await;
    assert_eq!(code(&second.finish(its_call).await.error()), "drifted");
    let journal = play.office.journal().await;
    assert_eq!(journal.moves(), ["opened", "opened", "approved", "approved", "void"]);
    assert_eq!((journal.intents().len(), play.office.spent().await), (1, 1));
    play.office.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_bridge_cannot_take_the_ticket_of_one_that_lives() {
    let mut play = Play::asked(AT_45).await;
    play.forward(AT_45.held).await;
    let call = play.call;
    let ticket = json!({ "ticket": play.bridge().finish(call).await.ok()["ticket"] });
    play.house("approve").await;
    let mut second = play.office.bridge(AT_45.name).await;
    assert_eq!(code(&second.call("approval_wait", ticket.clone()).await.error()), "ticket_gone");
    play.nothing_runs_unclaimed().await;
    assert_eq!(play.bridge().call("approval_wait", ticket).await.ok()["status"], "written");
    play.it_ran_once().await;
    play.it_is_over().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_bridge_takes_the_ticket_of_one_that_is_gone() {
    let mut play = Play::asked(AT_100).await;
    play.forward(AT_100.held).await;
    let call = play.call;
    let ticket = json!({ "ticket": play.bridge().finish(call).await.ok()["ticket"] });
    play.stops(Manner::Dies).await;
    play.house("approve").await;
    play.nothing_runs_unclaimed().await;
    assert_eq!(play.bridge().call("approval_wait", ticket).await.ok()["status"], "written");
    play.it_ran_once().await;
    play.it_is_over().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_bridge_let_go_of_stays_its_own_and_is_not_run_by_anothers_question() {
    let mut play = Play::asked(AT_60).await;
    play.forward(60).await;
    let first = play.call;
    play.bridge().progress(first).await;
    play.bridge().cancel(first).await;
    play.office.house.waited_on(0).await;
    let mut second = play.office.bridge(AT_60.name).await;
    let its_call = second.begin("odoo_write", play.office.write()).await;
    play.office.house.waited_on(1).await;
    // The older card: nobody waits for it.
    play.house("approve").await;
    assert_eq!(play.office.open_tickets().await, ["approved", "waiting"]);
    assert_eq!(play.office.writes(), 0);
    play.house("approve").await;
    assert_eq!(second.finish(its_call).await.ok()["status"], "written");
    // The first one comes for its own: it no longer is what the person saw.
    let again = play.begin().await;
    assert_eq!(code(&play.bridge().finish(again).await.error()), "drifted");
    let journal = play.office.journal().await;
    assert_eq!(journal.moves(), ["opened", "opened", "approved", "approved", "void"]);
    assert_eq!(journal.intents().len(), 1);
    play.office.ends_well().await;
}
