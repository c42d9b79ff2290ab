//! `policy.json`: what is saved in the window is written to it; an edit of it from outside is a proposal.

use crate::house::House;
use gatehouse_broker::view::{CardContent, PolicyEdit, PolicySaved, PolicySource, Verdict};
use gatehouse_core::{ErrorCode, TicketKind};
use serde_json::{Value, json};
use std::time::Duration;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };
const OPEN: &str = r#"{"version": "1", "default": "allow"}"#;
const HIDES_UNLINK: &str = r#"{"version": "1", "default": "allow", "hide": ["odoo_unlink"]}"#;
const NO_WRITE: &str = r#"{"version": "1", "default": "allow", "tools": {"odoo_write": {"deny_if": [{"conditions": [], "on_deny": "not today"}]}}}"#;

fn custom(text: &str) -> PolicyEdit {
    PolicyEdit::Custom { text: text.into() }
}

fn phone() -> Value {
    json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"})
}

#[tokio::test]
async fn a_file_swapped_between_card_and_yes_changes_nothing_of_what_is_applied() {
    let house = House::with_demo().await;
    let path = house.folder().join("policy.json");
    std::fs::write(&path, HIDES_UNLINK).unwrap();
    let card = house.card().await;
    let CardContent::Policy(content) = &card.content else { panic!("{card:?}") };
    assert_eq!(content.path.as_deref(), Some(path.to_str().unwrap()));
    std::fs::write(&path, OPEN).unwrap();
    house.decide(&card, YES).await.unwrap();
    assert_eq!(house.layer("user").text.as_deref(), Some(HIDES_UNLINK));
    assert!(house.layer("user").warnings[0].contains("says something else"));
    // The other text is a proposal of its own, and says where it would loosen.
    house.clock.forward(Duration::from_mins(1));
    let card = house.card().await;
    let CardContent::Policy(content) = &card.content else { panic!("{card:?}") };
    assert_eq!(content.after, OPEN);
    assert!(content.loosened[0].contains("odoo_unlink"), "{:?}", content.loosened);
    std::fs::write(&path, HIDES_UNLINK).unwrap();
    house
        .until("the card is void once the file says again what is in force", |house| house.approver.cards().is_empty())
        .await;
}

#[tokio::test]
async fn an_outside_edit_with_errors_is_shown_and_cannot_be_accepted() {
    let house = House::with_demo().await;
    std::fs::write(house.folder().join("policy.json"), r#"{"version": "1", "default": "maybe"}"#).unwrap();
    let card = house.card().await;
    let CardContent::Policy(content) = &card.content else { panic!("{card:?}") };
    assert!(content.errors[0].contains("default"), "{:?}", content.errors);
    assert_eq!(house.decide(&card, YES).await.unwrap_err().code, ErrorCode::Denied);
    assert_eq!(house.layer("user").source, PolicySource::Absent);
    let ticket = house.broker.approvals().open.into_iter().find(|ticket| ticket.id == card.ticket).unwrap();
    assert_eq!(ticket.kind, TicketKind::OutsideEdit);
}

#[tokio::test]
async fn deleting_the_file_loosens_nothing_and_is_said_on_the_page() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.broker.save_policy("user", custom(NO_WRITE)).await.unwrap();
    std::fs::remove_file(house.folder().join("policy.json")).unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(house.approver.cards().is_empty());
    assert!(agent.call("odoo_write", phone()).await.is_err());
    assert!(house.layer("user").warnings[0].contains("was deleted"), "{:?}", house.layer("user").warnings);
}

#[tokio::test]
async fn saves_at_once_leave_one_policy_that_file_and_app_agree_on() {
    let house = House::with_demo().await;
    let saves: Vec<_> = (0..8)
        .map(|n| {
            let broker = house.broker.clone();
            let text = format!(
                r#"{{"version": "1", "default": "allow", "all_tools": {{"limits": [
                {{"counter": "c", "window": "hour", "max": {}, "scope": "grant"}}]}}}}"#,
                100 - n
            );
            tokio::spawn(async move { broker.save_policy("user", custom(&text)).await.unwrap() })
        })
        .collect();
    let mut saved = 0;
    for save in saves {
        saved += usize::from(save.await.unwrap() == PolicySaved::Saved);
    }
    let layer = house.layer("user");
    assert_eq!(layer.history.len(), saved, "each that tightened is one save, each that did not is a card");
    assert!(house.approver.cards().len() <= 1);
    let written = std::fs::read_to_string(house.folder().join("policy.json")).unwrap();
    assert_eq!(layer.text, Some(written));
}
