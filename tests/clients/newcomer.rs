//! Clients that nobody admitted yet: their first call waits for two answers.

use super::client::{Client, Manner, Play};
use super::gives_up::{AT_20, AT_45, AT_60};

/// It gave up before the person admitted it: its call is not made for it. When it calls again, the person is asked about that.
async fn admitted_afterwards(client: Client, how: Manner) {
    let mut play = Play::newcomer(client).await;
    play.gives_up(how).await;
    play.house("admit").await;
    play.comes_back().await;
    let call = play.begin().await;
    play.office.house.waited_on(how.seem_to_wait() + 1).await;
    assert_eq!(play.office.journal().await.moves(), ["opened"], "one question, after the admission");
    play.house("approve").await;
    let answer = play.bridge().finish(call).await.ok();
    assert!(answer["status"] == "written" && answer.get("replayed").is_none(), "{answer}");
    play.it_ran_once().await;
    play.it_is_over().await;
}

mod admitted_after {
    use super::*;

    each! { admitted_afterwards:
        it_cancelled_at_60_s => AT_60, Manner::Cancels;
        it_went_silent_at_20_s => AT_20, Manner::GoesSilent;
        it_left_at_45_s => AT_45, Manner::Leaves;
        it_died_at_20_s => AT_20, Manner::Dies;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_hold_covers_both_answers() {
    let mut play = Play::newcomer(AT_45).await;
    play.forward(AT_45.held - 5).await;
    play.house("admit").await;
    play.house("question").await;
    play.forward(5).await;
    let call = play.call;
    let told = play.bridge().finish(call).await.ok();
    assert_eq!(told["status"], "pending_approval", "{told}");
    play.house("approve").await;
    play.nothing_runs_unclaimed().await;
    assert_eq!(play.asks_again().await["status"], "written");
    play.it_ran_once().await;
    play.it_is_over().await;
}
