//! An approval that nobody comes back for.

use super::client::{Client, Manner, Play};
use super::gives_up::{AT_20, AT_60};

/// Seconds that a question stays open.
const LIFETIME: u64 = 15 * 60;

async fn expires(client: Client, how: Manner) {
    let mut play = Play::asked(client).await;
    play.gives_up(how).await;
    play.house("approve").await;
    play.nothing_runs_unclaimed().await;
    play.forward(LIFETIME).await;
    let moves = ["opened", "approved", "expired"];
    play.office.until("the end of the approval", |journal| (journal.moves() == moves).then_some(())).await;
    let journal = play.office.journal().await;
    assert!(journal.intents().is_empty());
    assert_eq!((play.office.writes(), play.office.spent().await), (0, 0), "it costs nothing");

    let call = play.begin().await;
    let error = play.bridge().finish(call).await.error()["error"].take();
    assert_eq!(error["code"], "ticket_gone", "told, and told apart from a refusal: {error}");
    let call = play.begin().await;
    play.house("approve").await;
    assert_eq!(play.bridge().finish(call).await.ok()["status"], "written");
    play.office.ends_well().await;
}

each! { expires:
    because_it_cancelled => AT_60, Manner::Cancels;
    because_it_died => AT_20, Manner::Dies;
}
