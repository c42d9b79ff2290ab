//! The app is killed at each step of a call, and started again.

use super::cell::{AT_WORK, At, Cell};
use gatehouse_tests::House;
use gatehouse_tests::line::Writes;
use serde_json::json;

async fn app_dies(at: At) {
    let mut cell = Cell::held(at).await;
    let house = cell.office.house;
    house.kill().await;
    cell.office.line.set(Writes::Answered);
    cell.office.house = House::open(&cell.office.stage).await;

    // Only the app knew how far it was.
    let answer = cell.answer().await;
    assert!(answer.is_error && answer.text.contains("outcome_unknown"), "{}", answer.text);

    let journal = cell.office.journal().await;
    let asked: &[&str] = match at {
        At::Early(_) => &[],
        At::Asked => &["opened", "void"],
        _ if at.has_intent() => &["opened", "approved"],
        _ => &["opened", "approved", "void"],
    };
    assert_eq!(journal.moves(), asked);
    assert_eq!((journal.intents().len(), journal.ends().len()), if at.has_intent() { (1, 1) } else { (0, 0) });
    assert!(journal.ends().iter().all(|end| end["outcome"]["result"] == "unknown" && end["given_back"] == json!([])));
    assert_eq!(journal.refused(), Vec::<&str>::new());
    assert_eq!(cell.office.spent().await, u64::from(at.has_intent()), "what may have been sent stays charged");
    assert_eq!(cell.office.open_tickets().await, Vec::<String>::new());
    assert_eq!(cell.office.is_new().await, at.is_written());

    if at.has_intent() {
        let finding = if at.is_written() {
            cell.office.until("what was read back", |journal| Some((*journal.read_back().first()?).to_owned())).await
        } else {
            // Until then Odoo may be at work on it.
            assert_eq!(cell.office.journal().await.read_back(), Vec::<&str>::new());
            cell.office.house.forward(AT_WORK).await;
            cell.office.until("what was read back", |journal| Some((*journal.read_back().first()?).to_owned())).await
        };
        assert_eq!(finding, if at.is_written() { "applied" } else { "not_applied" });
    }
    cell.same_call_again().await;
}

cells! { app_dies:
    at_execute_and_odoo_never_saw_it => At::Sent(Writes::Swallowed),
    at_execute_and_odoo_did_it => At::Sent(Writes::Stalled),
}
