//! Clients that give up before a person decides, and before Gatehouse would tell them to come back.

use super::client::{Client, Manner, Play};

/// Nobody knows it, and it bears little.
pub(super) const AT_20: Client = Client { name: "a client of someone's", held: 45, gives_up: 20 };
/// `timeout` in its configuration.
pub(super) const AT_45: Client = Client { name: "claude-code", held: 100, gives_up: 45 };
/// Its time-out by default, once.
pub(super) const AT_60: Client = Client { name: "codex-mcp-client", held: 240, gives_up: 60 };
/// `timeout` in its configuration.
pub(super) const AT_100: Client = Client { name: "goose", held: 240, gives_up: 100 };
/// It has no time-out; its user presses Stop.
pub(super) const AT_240: Client = Client { name: "Visual Studio Code", held: 600, gives_up: 240 };

/// The person says yes while the question still stands: it runs when the client asks again, once.
async fn approved_afterwards(client: Client, how: Manner) {
    let mut play = Play::asked(client).await;
    play.gives_up(how).await;
    play.house("approve").await;
    if how == Manner::GoesSilent {
        return it_ran_for_the_silent(play).await;
    }
    play.nothing_runs_unclaimed().await;
    let answer = play.asks_again().await;
    assert!(answer["status"] == "written" && answer.get("replayed").is_none(), "{answer}");
    play.it_ran_once().await;
    play.it_is_over().await;
}

/// Its call looks alive, so it ran and was answered. Whoever asks the same again does not run it again: the person is asked,
/// and the card says that it ran.
async fn it_ran_for_the_silent(mut play: Play) {
    play.office.until("the end of the call", |journal| (journal.ends().len() == 1).then_some(())).await;
    let call = play.call;
    play.bridge().finish(call).await.ok();
    play.it_ran_once().await;
    play.it_is_over().await;
}

/// The person says no: nothing runs, and the client is told so when it asks again.
async fn denied_afterwards(client: Client, how: Manner) {
    let mut play = Play::asked(client).await;
    play.gives_up(how).await;
    play.house("deny").await;
    play.comes_back().await;
    // The silent one was told, and does not know it.
    let told = if how == Manner::GoesSilent { play.call } else { play.begin().await };
    let error = play.bridge().finish(told).await.error()["error"].take();
    assert_eq!(error["code"], "denied_by_person", "{error}");
    let journal = play.office.journal().await;
    assert_eq!((journal.moves(), journal.refused()), (vec!["opened", "denied"], vec!["denied_by_person"]));
    assert!(journal.intents().is_empty());
    assert_eq!((play.office.writes(), play.office.spent().await), (0, 0));

    // A refusal is told once; the same call is a new question then.
    let call = play.begin().await;
    play.house("approve").await;
    assert_eq!(play.bridge().finish(call).await.ok()["status"], "written");
    play.office.ends_well().await;
}

/// It asks again before the person has decided: the same question, and what comes of it.
async fn asks_again_before_the_answer(client: Client, how: Manner) {
    let mut play = Play::asked(client).await;
    play.gives_up(how).await;
    play.comes_back().await;
    let call = play.begin().await;
    play.office.house.waited_on(how.seem_to_wait() + 1).await;
    assert_eq!(play.office.open_tickets().await, ["waiting"], "one question");
    play.house("approve").await;
    let answer = play.bridge().finish(call).await.ok();
    assert!(answer["status"] == "written" && answer.get("replayed").is_none(), "{answer}");
    play.it_ran_once().await;
    play.it_is_over().await;
}

mod approved_after {
    use super::*;

    each! { approved_afterwards:
        it_cancelled_at_20_s => AT_20, Manner::Cancels;
        it_cancelled_at_45_s => AT_45, Manner::Cancels;
        it_cancelled_at_60_s => AT_60, Manner::Cancels;
        it_cancelled_at_100_s => AT_100, Manner::Cancels;
        it_cancelled_at_240_s => AT_240, Manner::Cancels;
        it_went_silent_at_20_s => AT_20, Manner::GoesSilent;
        it_went_silent_at_45_s => AT_45, Manner::GoesSilent;
        it_went_silent_at_60_s => AT_60, Manner::GoesSilent;
        it_went_silent_at_100_s => AT_100, Manner::GoesSilent;
        it_went_silent_at_240_s => AT_240, Manner::GoesSilent;
        it_left_at_20_s => AT_20, Manner::Leaves;
        it_left_at_45_s => AT_45, Manner::Leaves;
        it_left_at_60_s => AT_60, Manner::Leaves;
        it_left_at_100_s => AT_100, Manner::Leaves;
        it_left_at_240_s => AT_240, Manner::Leaves;
        it_died_at_20_s => AT_20, Manner::Dies;
        it_died_at_45_s => AT_45, Manner::Dies;
        it_died_at_60_s => AT_60, Manner::Dies;
        it_died_at_100_s => AT_100, Manner::Dies;
        it_died_at_240_s => AT_240, Manner::Dies;
    }
}

mod denied_after {
    use super::*;

    each! { denied_afterwards:
        it_cancelled_at_60_s => AT_60, Manner::Cancels;
        it_went_silent_at_20_s => AT_20, Manner::GoesSilent;
        it_left_at_100_s => AT_100, Manner::Leaves;
        it_died_at_45_s => AT_45, Manner::Dies;
    }
}

mod asks_again_after {
    use super::*;

    each! { asks_again_before_the_answer:
        it_cancelled_at_45_s => AT_45, Manner::Cancels;
        it_went_silent_at_60_s => AT_60, Manner::GoesSilent;
        it_left_at_240_s => AT_240, Manner::Leaves;
        it_died_at_20_s => AT_20, Manner::Dies;
    }
}
