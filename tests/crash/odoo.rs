//! Odoo dies at each step of a call, and comes back.

use super::cell::{ASK, AT_WORK, At, Cell, DECIDE, DESCRIBE, RESERVE};
use gatehouse_tests::line::Writes;
use serde_json::json;

async fn odoo_dies(at: At) {
    let mut cell = Cell::held(at).await;
    cell.office.line.die().await;
    if !matches!(at, At::Sent(_)) {
        cell.office.house.please("release").await;
    }
    if at == ASK {
        cell.office.house.please("approve").await;
    }
    if is_unseen(at) {
        cell.office.house.please("deny").await;
    }
    let answer = cell.answer().await;
    let code = answer.json["error"]["code"].as_str().unwrap_or("none").to_owned();
    match at {
        At::Answered => assert_eq!(answer.ok()["status"], "written"),
        At::Sent(_) => assert_eq!(code, "outcome_unknown"),
        // Before the app has seen that its line is dead, it cannot tell that nothing was sent.
        At::Approved(_) if code == "outcome_unknown" => {}
        _ => {
            let wanted = if is_unseen(at) { "denied_by_person" } else { "unreachable" };
            assert_eq!(code, wanted, "{}", answer.text);
            nothing_was_sent(&mut cell).await;
        }
    }
    if code == "outcome_unknown" {
        its_outcome_is_read_back(&mut cell).await;
    } else {
        cell.office.line.revive().await;
    }
    assert_eq!(cell.office.is_new().await, at.is_written());
    cell.same_call_again().await;
}

/// What the call is, is known by then: its card says that nothing can be shown, and the person decides.
fn is_unseen(at: At) -> bool {
    matches!(at, DESCRIBE | DECIDE | RESERVE)
}

/// Odoo was not there: what the call took is given back.
async fn nothing_was_sent(cell: &mut Cell) {
    let at = cell.at;
    let journal = cell.office.journal().await;
    let moves: &[&str] = match at {
        DESCRIBE | DECIDE | RESERVE => &["opened", "denied"],
        At::Early(_) => &[],
        At::Asked => &["opened", "approved", "void"],
        _ => &["opened", "approved"],
    };
    assert_eq!(journal.moves(), moves);
    if matches!(at, At::Approved(_)) {
        let [end] = journal.ends()[..] else { panic!("no end of the call") };
        assert_eq!((&end["outcome"]["result"], &end["outcome"]["code"]), (&json!("failed"), &json!("unreachable")));
        assert_eq!(end["given_back"][0]["amount"], 1, "{end}");
    } else {
        assert!(journal.intents().is_empty());
        assert_eq!(journal.refused().len(), 1);
    }
    assert_eq!((cell.office.spent().await, cell.office.writes()), (0, 0));
    assert_eq!(cell.office.open_tickets().await, Vec::<String>::new());
}

/// Nobody knows what became of it until Odoo is back.
async fn its_outcome_is_read_back(cell: &mut Cell) {
    let journal = cell.office.journal().await;
    let [end] = journal.ends()[..] else { panic!("no end of the call") };
    assert_eq!((&end["outcome"]["result"], &end["given_back"]), (&json!("unknown"), &json!([])));
    assert_eq!(journal.read_back(), Vec::<&str>::new(), "nothing could be read");
    assert_eq!(cell.office.spent().await, 1);
    cell.office.line.set(Writes::Answered);
    cell.office.line.revive().await;
    cell.office.house.forward(AT_WORK).await;
    let finding =
        cell.office.until("what was read back", |journal| Some((*journal.read_back().first()?).to_owned())).await;
    assert_eq!(finding, if cell.at.is_written() { "applied" } else { "not_applied" });
}

cells! { odoo_dies:
    at_execute_and_never_saw_it => At::Sent(Writes::Swallowed),
    at_execute_and_did_it => At::Sent(Writes::Stalled),
}
