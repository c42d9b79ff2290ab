//! What follows a change of policy: lists of tools, tickets that wait, approvals given in advance.

use crate::house::House;
use gatehouse_broker::view::{PolicyEdit, PolicySaved, Verdict};
use gatehouse_core::{AgentId, ErrorCode};
use gatehouse_ipc::LeftBehind;
use gatehouse_ipc::message::Event;
use gatehouse_policy::Preset;
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
async fn a_tool_hidden_in_the_window_is_gone_from_the_list_and_denied_when_called() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let mut events = agent.client.events().unwrap();
    assert!(agent.tools().await.contains(&"odoo_unlink".to_owned()));
    while events.try_recv().is_ok() {}
    for layer in ["user".to_owned(), house.of_demo(), "agent:claude-code".to_owned()] {
        let text = house.layer(&layer).text.unwrap_or(OPEN.into());
        let mut policy: Value = serde_json::from_str(&text).unwrap();
        policy["hide"] = json!(["odoo_unlink"]);
        let saved = house.broker.save_policy(&layer, custom(&policy.to_string())).await.unwrap();
        assert_eq!(saved, PolicySaved::Saved, "hiding is a tightening: {layer}");
        let told = tokio::time::timeout(Duration::from_secs(2), events.recv()).await.unwrap();
        assert_eq!(told, Some(Event::ToolsChanged), "{layer}");
        assert!(!agent.tools().await.contains(&"odoo_unlink".to_owned()), "{layer}");
        let id = AgentId::parse("claude-code").unwrap();
        let left = LeftBehind::read(Some(house.folder()), &id).unwrap();
        assert!(left.tools.iter().all(|tool| tool.name != "odoo_unlink"), "{layer}");
        let delete = json!({"model": "res.partner", "ids": [10], "connection": "Demo"});
        let error = agent.call("odoo_unlink", delete).await.unwrap_err();
        assert_eq!((error.code, error.rule.as_deref(), error.retry), (ErrorCode::Denied, Some("(hidden)"), false));
        let saved = house.broker.save_policy(&layer, PolicyEdit::Absent).await.unwrap();
        let PolicySaved::NeedsApproval { ticket } = saved else { panic!("showing it again loosens: {layer}") };
        let card = house.approver.cards().into_iter().find(|card| card.ticket == ticket).unwrap();
        house.decide(&card, YES).await.unwrap();
        assert!(agent.tools().await.contains(&"odoo_unlink".to_owned()), "{layer}");
        while events.try_recv().is_ok() {}
    }
}

#[tokio::test]
async fn what_a_new_policy_denies_waits_no_more_and_approvals_in_advance_are_gone() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let call = agent.calling("odoo_write", phone());
    let card = house.card().await;
    house.decide(&card, Verdict::ApproveStanding).await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!(house.broker.overview().agents[0].standing.len(), 1);
    let create = json!({"model": "res.partner", "values": {"name": "New"}, "connection": "Demo"});
    let kept = agent.call("odoo_create", create).await.unwrap();
    let delete = json!({"model": "res.partner", "ids": [10], "connection": "Demo"});
    agent.call("odoo_unlink", delete).await.unwrap();
    assert_eq!(house.approver.cards().len(), 2);
    house.broker.save_policy("user", custom(HIDES_UNLINK)).await.unwrap();
    let cards = house.approver.cards();
    assert_eq!(cards.len(), 1, "the deletion waits no more");
    assert_eq!(json!(cards[0].ticket), kept["ticket"]);
    assert!(house.broker.overview().agents[0].standing.is_empty());
}

#[tokio::test]
async fn an_agents_own_layer_binds_that_agent_alone() {
    let house = House::with_demo().await;
    let bound = house.admitted("claude-code").await;
    let free = house.admitted("cursor").await;
    house.save("agent:claude-code", r#"{"version": "1", "default": "deny"}"#).await;
    let list = json!({"pattern": "sale"});
    let error = bound.call("odoo_list_models", list.clone()).await.unwrap_err();
    assert_eq!(error.rule.as_deref(), Some("(default deny)"));
    free.call("odoo_list_models", list).await.unwrap();
}

#[tokio::test]
async fn a_rule_may_give_the_person_less_time() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let short = r#"{"version": "1", "default": "allow", "tools": {"odoo_write": {"require_approval": [
        {"conditions": [], "reason": "soon", "timeout": "2m"}]}}}"#;
    house.save("user", short).await;
    agent.call("odoo_write", phone()).await.unwrap();
    let card = house.card().await;
    assert_eq!(card.expires_at.since(card.opened_at), Duration::from_mins(2));
}

#[tokio::test]
async fn while_the_vault_is_closed_nothing_is_saved_and_lists_stay_as_they_were() {
    let house = House::locked().await;
    let id = AgentId::parse("claude-code").unwrap();
    let tools = gatehouse_broker::catalogue().into_iter().filter(|tool| tool.name != "odoo_unlink").collect();
    let left = LeftBehind { tools, instructions: String::new() };
    left.write(Some(house.folder()), &id).unwrap();
    let agent = house.bridge("claude-code").await;
    assert!(!agent.tools().await.contains(&"odoo_unlink".to_owned()), "what policy hid is still hidden");
    assert_eq!(LeftBehind::read(Some(house.folder()), &id), Some(left));
    let error = house.broker.save_policy("user", custom(NO_WRITE)).await.unwrap_err();
    assert!(matches!(error.code, ErrorCode::VaultLocked | ErrorCode::VaultUnavailable), "{error:?}");
    std::fs::write(house.folder().join("policy.json"), OPEN).unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(house.approver.cards().is_empty(), "nothing could be compared");
}

#[tokio::test]
async fn lists_follow_the_connections_that_an_agent_may_use() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let mut hidden: Value = serde_json::from_str(Preset::AskFirst.text()).unwrap();
    hidden["hide"] = json!(["odoo_write"]);
    house.save(&house.of_demo(), &hidden.to_string()).await;
    assert!(!agent.tools().await.contains(&"odoo_write".to_owned()), "hidden on its only connection");
    let mut events = agent.client.events().unwrap();
    while events.try_recv().is_ok() {}
    // Without that connection there is none that hides it.
    let connection = house.broker.overview().connections[0].id.clone();
    house.broker.trash_connection(&connection).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(2), events.recv()).await.unwrap();
    assert_eq!(told, Some(Event::ToolsChanged));
    assert!(agent.tools().await.contains(&"odoo_write".to_owned()));
}

#[tokio::test]
async fn an_approval_that_waits_for_its_agent_is_void_once_a_policy_denies_it() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let pending = agent.call("odoo_write", phone()).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    house.broker.save_policy("user", custom(NO_WRITE)).await.unwrap();
    let error = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TicketGone);
    assert!(error.message.contains("not today"), "{}", error.message);
    assert_eq!(house.times("write"), 0);
}
