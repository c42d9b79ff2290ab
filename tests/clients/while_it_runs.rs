//! Clients that give up while Odoo is at work on what was approved: it runs to its end, and the result waits for them.

use super::client::{Client, Manner, Play};
use super::gives_up::{AT_20, AT_45, AT_60, AT_100, AT_240};
use gatehouse_tests::line::Writes;
use serde_json::json;

async fn gives_up_while_it_runs(client: Client, how: Manner) {
    let mut play = running(client).await;
    play.forward(client.gives_up).await;
    play.stops(how).await;
    play.office.line.set(Writes::Answered);
    play.office.until("the end of the call", |journal| (journal.ends().len() == 1).then_some(())).await;
    if how == Manner::GoesSilent {
        let call = play.call;
        play.bridge().finish(call).await.ok();
    } else {
        let answer = play.asks_again().await;
        assert!(answer["status"] == "written" && answer["replayed"] == true, "{answer}");
    }
    play.it_ran_once().await;
    play.it_is_over().await;
}

/// Its call was alive when the person said yes, and nobody took the answer: it waits for the next bridge.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_result_for_a_bridge_that_hangs_and_dies_is_there_for_the_next_one() {
    let mut play = Play::asked(AT_60).await;
    play.office.stage.freeze_bridges();
    play.house("approve").await;
    play.office.until("the end of the call", |journal| (journal.ends().len() == 1).then_some(())).await;
    play.office.house.waited_on(0).await;
    play.stops(Manner::Dies).await;
    let answer = play.asks_again().await;
    assert!(answer["status"] == "written" && answer["replayed"] == true, "{answer}");
    play.it_ran_once().await;
    play.it_is_over().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_says_that_it_runs() {
    let mut play = running(AT_60).await;
    play.forward(5).await;
    let call = play.call;
    assert_eq!(play.bridge().progress(call).await["message"], "running in Odoo");
    play.office.line.set(Writes::Answered);
    play.bridge().finish(call).await.ok();
    play.it_ran_once().await;
}

/// It asks again while Odoo is still at work: the same run, and its result.
async fn asks_again_while_it_runs(client: Client, how: Manner) {
    let mut play = running(client).await;
    play.forward(client.gives_up).await;
    play.stops(how).await;
    play.comes_back().await;
    let call = play.begin().await;
    play.office.house.waited_on(how.seem_to_wait() + 1).await;
    play.office.line.set(Writes::Answered);
    let answer = play.bridge().finish(call).await.ok();
    assert_eq!(answer["status"], "written", "{answer}");
    play.it_ran_once().await;
    play.it_is_over().await;
}

/// The hold ends before Odoo has answered: the client is told that it runs, and gets the result under the ticket.
async fn is_told_that_it_runs(client: Client, how: Again) {
    let mut play = running(client).await;
    play.forward(client.held).await;
    let call = play.call;
    let told = play.bridge().finish(call).await.ok();
    assert_eq!(told["status"], "running", "{told}");
    assert_eq!(play.office.open_tickets().await, ["running"]);
    let again = match how {
        Again::ByTicket => {
            let ticket = json!({ "ticket": told["ticket"] });
            play.bridge().begin("approval_wait", ticket).await
        }
        Again::ByCall => play.begin().await,
    };
    play.office.house.waited_on(1).await;
    play.office.line.set(Writes::Answered);
    let answer = play.bridge().finish(again).await.ok();
    assert_eq!(answer["status"], "written", "{answer}");
    play.it_ran_once().await;
    play.it_is_over().await;
}

#[derive(Debug, Clone, Copy)]
enum Again {
    ByTicket,
    ByCall,
}

async fn running(client: Client) -> Play {
    let mut play = Play::asked(client).await;
    play.office.line.set(Writes::Held);
    play.house("approve").await;
    play.office.line.has_lost_one().await;
    play
}

mod gives_up {
    use super::*;

    each! { gives_up_while_it_runs:
        it_cancels_at_20_s => AT_20, Manner::Cancels;
        it_cancels_at_60_s => AT_60, Manner::Cancels;
        it_goes_silent_at_60_s => AT_60, Manner::GoesSilent;
        it_leaves_at_45_s => AT_45, Manner::Leaves;
        it_dies_at_100_s => AT_100, Manner::Dies;
        it_dies_at_240_s => AT_240, Manner::Dies;
    }
}

mod asks_again {
    use super::*;

    each! { asks_again_while_it_runs:
        it_cancelled_at_45_s => AT_45, Manner::Cancels;
        it_went_silent_at_20_s => AT_20, Manner::GoesSilent;
        it_left_at_60_s => AT_60, Manner::Leaves;
        it_died_at_100_s => AT_100, Manner::Dies;
    }
}

mod the_hold_ends {
    use super::*;

    each! { is_told_that_it_runs:
        and_it_waits_on_the_ticket => AT_45, Again::ByTicket;
        and_it_asks_the_same => AT_100, Again::ByCall;
    }
}
