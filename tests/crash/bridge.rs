//! The bridge is killed at each step of its call; the app goes on, and another bridge of the agent comes.

use super::cell::{At, Cell, RECHECK};
use gatehouse_tests::line::Writes;

async fn bridge_dies(at: At) {
    let mut cell = Cell::held(at).await;
    cell.office.stage.kill_bridges();
    cell.office.house.please("alone").await;
    match at {
        At::Sent(_) => cell.office.line.set(Writes::Answered),
        _ => drop(cell.office.house.please("release").await),
    }
    match at {
        At::Early(_) => nothing_ran(cell).await,
        At::Asked => {
            cell.office.house.please("approve").await;
            the_approval_waits_for_the_agent(cell).await;
        }
        _ if at == RECHECK => the_approval_waits_for_the_agent(cell).await,
        _ => it_ran_to_its_end(cell).await,
    }
}

/// The call is over, and nothing of it was asked, charged or sent.
async fn nothing_ran(mut cell: Cell) {
    cell.office.until("the end of the call", |journal| (journal.refused() == ["cancelled"]).then_some(())).await;
    let journal = cell.office.journal().await;
    assert!(journal.intents().is_empty() && journal.moves().is_empty());
    assert_eq!((cell.office.spent().await, cell.office.writes()), (0, 0));
    cell.another_bridge().await;
    cell.same_call_again().await;
}

/// The person said yes, and nobody is there for it: it runs when the agent comes back, once.
async fn the_approval_waits_for_the_agent(mut cell: Cell) {
    loop {
        // A claim that finds its caller gone is given back.
        if cell.office.open_tickets().await == ["approved"] {
            break;
        }
    }
    assert!(cell.office.journal().await.intents().is_empty());
    assert_eq!((cell.office.writes(), cell.office.is_new().await), (0, false));
    cell.another_bridge().await;
    let call = cell.begin().await;
    let answer = cell.bridge.finish(call).await.ok();
    assert_eq!(answer["status"], "written", "{answer}");
    assert_eq!(cell.office.journal().await.moves(), ["opened", "approved"], "nobody was asked again");
    assert_eq!(cell.office.spent().await, 1);
    cell.same_call_again().await;
}

/// What a live call had claimed went on, and the next bridge of the agent gets the result, once.
async fn it_ran_to_its_end(mut cell: Cell) {
    cell.office
        .until("the end of the call", |journal| {
            let [end] = journal.ends()[..] else { return None };
            assert_eq!(end["outcome"]["result"], "done", "{end}");
            Some(())
        })
        .await;
    assert_eq!((cell.office.writes(), cell.office.spent().await), (1, 1));
    cell.another_bridge().await;
    let call = cell.begin().await;
    let answer = cell.bridge.finish(call).await.ok();
    assert!(answer["status"] == "written" && answer["replayed"] == true, "{answer}");
    let journal = cell.office.journal().await;
    assert_eq!((journal.moves(), journal.intents().len()), (vec!["opened", "approved"], 1));
    cell.same_call_again().await;
}

cells! { bridge_dies:
    at_execute => At::Sent(Writes::Held),
}
