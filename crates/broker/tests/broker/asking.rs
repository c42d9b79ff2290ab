//! Asking a person: exactly that call, once, and nothing behind anybody's back.

use crate::house::{House, ids, ticket_of};
use gatehouse_broker::view::{ActivityFilter, CardContent, Queue, Verdict};
use gatehouse_core::{AgentId, ErrorCode, JournalEvent, TicketId};
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

fn phone(number: &str) -> serde_json::Value {
    json!({"model": "res.partner", "ids": [10], "values": {"phone": number}, "connection": "Demo"})
}

#[tokio::test]
async fn an_approved_write_runs_once_and_its_card_showed_before_and_after() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let before = house.stored("res.partner", 10, "phone").await;
    let call = agent.calling("odoo_write", phone("+33 1 23 45 67 89"));
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    let change = &content.records[0].fields[0];
    assert_eq!(change.field, "phone");
    assert_eq!(change.after.as_deref(), Some("+33 1 23 45 67 89"));
    assert_eq!(change.before.as_deref(), Some(before.as_str().unwrap_or("—")));
    assert_eq!(card.connection.as_ref().unwrap().name, "Demo");
    assert_eq!(house.times("write"), 0, "nothing is sent before the person says yes");
    house.decide(&card, YES).await.unwrap();
    let answer = call.await.unwrap().unwrap();
    assert_eq!(answer["status"], "written");
    assert_eq!(house.stored("res.partner", 10, "phone").await, json!("+33 1 23 45 67 89"));
    assert_eq!(house.times("write"), 1);
}

#[tokio::test]
async fn a_denial_carries_the_persons_reason_and_nothing_is_sent() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let call = agent.calling("odoo_write", phone("+1"));
    let card = house.card().await;
    house.decide(&card, Verdict::Deny { reason: Some("wrong customer".into()) }).await.unwrap();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::DeniedByPerson);
    assert!(error.message.contains("wrong customer") && error.message.contains("Do not retry"), "{}", error.message);
    assert_eq!(house.times("write"), 0);
}

#[tokio::test]
async fn when_nobody_answers_the_agent_gets_a_ticket_and_the_same_call_gets_the_outcome() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let pending = agent.call("odoo_write", phone("+2")).await.unwrap();
    assert_eq!(pending["status"], "pending_approval");
    let card = house.card().await;
    assert_eq!(card.ticket, ticket_of(&pending));
    house.decide(&card, YES).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(house.times("write"), 0, "nothing runs behind the agent's back");
    let answer = agent.call("odoo_write", phone("+2")).await.unwrap();
    assert_eq!(answer["status"], "written");
    assert_eq!(house.times("write"), 1);
}

#[tokio::test]
async fn approval_wait_claims_what_was_approved_and_another_agent_has_no_such_ticket() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let other = house.admitted("cursor").await;
    let pending = agent.call("odoo_write", phone("+3")).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    let error = other.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TicketGone);
    let answer = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap();
    assert_eq!(answer["status"], "written");
    let again = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::TicketGone, "delivered once");
    assert_eq!(house.times("write"), 1);
}

#[tokio::test]
async fn two_equal_calls_at_once_are_one_question_and_run_once() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let first = agent.calling("odoo_write", phone("+4"));
    let card = house.card().await;
    let second = agent.calling("odoo_write", phone("+4"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(house.approver.cards().len(), 1);
    house.decide(&card, YES).await.unwrap();
    assert_eq!(first.await.unwrap().unwrap()["status"], "written");
    assert_eq!(second.await.unwrap().unwrap()["status"], "written");
    assert_eq!(house.times("write"), 1);
}

#[tokio::test]
async fn the_window_is_given_one_card_the_wanted_one_or_what_took_its_place() {
    let house = House::with_demo().await;
    let Queue { now: first, tickets, card } = house.approver.queue(None, 0);
    assert_eq!((tickets, card), (Vec::new(), None));
    house.clock.forward(Duration::from_mins(1));
    assert!(house.approver.queue(None, 0).now.since(first) >= Duration::from_mins(1), "the broker's own time");
    let agent = house.admitted("claude-code").await;
    let mut calls = Vec::new();
    for number in 1..=3 {
        calls.push(agent.calling("odoo_write", phone(&format!("+{number}"))));
        house.until("the card", |house| house.approver.cards().len() == number).await;
    }
    let cards = house.approver.cards();
    let shown = |wanted: Option<&TicketId>, place| house.approver.queue(wanted, place).card.unwrap();
    assert_eq!(shown(None, 0), cards[0]);
    assert_eq!(shown(Some(&cards[2].ticket), 0), cards[2]);
    house.decide(&cards[1], Verdict::Deny { reason: None }).await.unwrap();
    let gone = Some(&cards[1].ticket);
    assert_eq!(shown(gone, 1), cards[2], "the next one takes its place");
    assert_eq!(shown(gone, 7), cards[2], "or the last");
    assert_eq!(house.approver.queue(gone, 0).tickets, [cards[0].ticket.clone(), cards[2].ticket.clone()]);
}

#[tokio::test]
async fn two_hundred_calls_at_once_are_five_questions_and_equal_ones_are_one() {
    let house = House::slow(Duration::from_millis(20)).await;
    let agent = house.admitted("claude-code").await;
    let _equal: Vec<_> = (0..20).map(|_| agent.calling("odoo_write", phone("+1"))).collect();
    house.until("the card", |house| house.approver.cards().len() == 1).await;
    let calls: Vec<_> = (0..200).map(|n| agent.calling("odoo_write", phone(&format!("+2{n}")))).collect();
    house.until("the refusals", |_| calls.iter().filter(|call| call.is_finished()).count() >= 196).await;
    assert_eq!(house.approver.cards().len(), 5);
    for call in calls.into_iter().filter(tokio::task::JoinHandle::is_finished) {
        let refused = call.await.unwrap().unwrap_err().code;
        assert!(matches!(refused, ErrorCode::RateLimited | ErrorCode::TooMuch), "{refused:?}");
    }
    assert_eq!(house.times("write"), 0);
}

#[tokio::test]
async fn data_that_changed_since_voids_the_approval_and_the_person_is_asked_anew() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let pending = agent.call("odoo_write", phone("+5")).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    house.meddle("res.partner", 10, json!({"phone": "somebody else was here"})).await;
    let writes = house.times("write");
    let error = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Drifted);
    assert_eq!(house.times("write"), writes);
    let again = agent.calling("odoo_write", phone("+5"));
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert!(content.drifted && content.records[0].fields[0].drifted);
    assert_eq!(content.records[0].fields[0].before.as_deref(), Some("somebody else was here"));
    house.decide(&card, YES).await.unwrap();
    assert_eq!(again.await.unwrap().unwrap()["status"], "written");
}

#[tokio::test]
async fn a_cancelled_call_detaches_and_neither_denies_nor_runs() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let cancel = CancellationToken::new();
    let calling = {
        let (agent, cancel) = (agent.clone(), cancel.clone());
        tokio::spawn(async move { agent.call_until("odoo_write", phone("+6"), &cancel).await })
    };
    let card = house.card().await;
    cancel.cancel();
    assert!(calling.await.unwrap().is_err());
    house.decide(&card, YES).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(house.times("write"), 0);
    assert_eq!(house.broker.approvals().open[0].state.name(), "approved");
    house.broker.withdraw_ticket(&card.ticket).unwrap();
    let error = agent.call("approval_wait", json!({"ticket": card.ticket})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TicketGone);
    assert_eq!(house.times("write"), 0);
}

#[tokio::test]
async fn a_dead_bridge_loses_nothing_and_a_new_one_of_the_same_agent_takes_over() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let calling = agent.calling("odoo_write", phone("+7"));
    let card = house.card().await;
    agent.client.close();
    assert!(calling.await.unwrap().is_err());
    house.decide(&card, YES).await.unwrap();
    assert_eq!(house.times("write"), 0);
    let next = house.bridge("claude-code").await;
    let answer = next.call("odoo_write", phone("+7")).await.unwrap();
    assert_eq!(answer["status"], "written");
    assert_eq!(house.times("write"), 1);
}

#[tokio::test]
async fn approve_arms_only_after_the_card_stood_still() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let _calling = agent.calling("odoo_write", phone("+8"));
    let card = house.card().await;
    let early = house.approver.decide(&card.ticket, &card.digest, YES).await.unwrap_err();
    assert_eq!(early.code, ErrorCode::NotArmed, "never presented");
    house.approver.present(&card.ticket, &card.digest).unwrap();
    assert_eq!(house.approver.decide(&card.ticket, &card.digest, YES).await.unwrap_err().code, ErrorCode::NotArmed);
    house.clock.forward(Duration::from_millis(700));
    house.approver.disturbed();
    assert_eq!(house.approver.decide(&card.ticket, &card.digest, YES).await.unwrap_err().code, ErrorCode::NotArmed);
    assert_eq!(house.times("write"), 0);
}

#[tokio::test]
async fn a_standing_approval_covers_the_same_or_less_and_no_deletion() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let calling = agent.calling("odoo_write", phone("+9"));
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert!(content.standing.as_ref().unwrap().contains("phone"));
    house.decide(&card, Verdict::ApproveStanding).await.unwrap();
    calling.await.unwrap().unwrap();
    assert_eq!(agent.call("odoo_write", phone("+10")).await.unwrap()["status"], "written", "covered: not asked");
    let more = json!({"model": "res.partner", "ids": [10], "values": {"phone": "+11", "email": "a@b.c"}, "connection": "Demo"});
    assert_eq!(
        agent.call("odoo_write", more).await.unwrap()["status"],
        "pending_approval",
        "another field is asked about"
    );
    house.clock.forward(Duration::from_mins(15));
    assert_eq!(agent.call("odoo_write", phone("+12")).await.unwrap()["status"], "pending_approval", "it has expired");
}

#[tokio::test]
async fn deleting_more_than_ten_records_wants_the_count_typed() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let found =
        agent.call("odoo_search_read", json!({"model": "crm.lead", "fields": ["name"], "limit": 11})).await.unwrap();
    let ids = ids(&found);
    assert_eq!(ids.len(), 11);
    let calling = agent.calling("odoo_unlink", json!({"model": "crm.lead", "ids": ids, "connection": "Demo"}));
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert_eq!((content.type_count, content.standing.as_deref()), (Some(11), None));
    assert!(house.decide(&card, YES).await.is_err());
    let typed = |count| {
        house.approver.decide(&card.ticket, &card.digest, Verdict::Approve { typed_count: Some(count), unseen: None })
    };
    assert!(typed(10).await.is_err());
    typed(11).await.unwrap();
    assert_eq!(calling.await.unwrap().unwrap()["status"], "deleted");
}

#[tokio::test]
async fn pausing_all_refuses_every_call_and_voids_every_ticket() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let calling = agent.calling("odoo_write", phone("+13"));
    let card = house.card().await;
    house.broker.pause_all(true).await.unwrap();
    assert!(calling.await.unwrap().is_err());
    assert!(house.decide(&card, YES).await.is_err());
    assert_eq!(agent.call("user_connection_list", json!({})).await.unwrap_err().code, ErrorCode::Paused);
    house.broker.pause_all(false).await.unwrap();
    assert!(agent.call("user_connection_list", json!({})).await.is_ok());
    assert_eq!(house.times("write"), 0);
}

#[tokio::test]
async fn deny_and_pause_stops_that_agent_alone() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let other = house.admitted("cursor").await;
    let calling = agent.calling("odoo_write", phone("+14"));
    let card = house.card().await;
    house.decide(&card, Verdict::DenyAndPause).await.unwrap();
    assert!(calling.await.unwrap().is_err());
    assert_eq!(agent.call("user_connection_list", json!({})).await.unwrap_err().code, ErrorCode::Paused);
    assert!(other.call("user_connection_list", json!({})).await.is_ok());
    house.broker.pause_agent(&AgentId::parse("claude-code").unwrap(), false).await.unwrap();
    assert!(agent.call("user_connection_list", json!({})).await.is_ok());
}

#[tokio::test]
async fn an_agent_that_is_not_admitted_reads_nothing_and_may_open_the_window() {
    let house = House::with_demo().await;
    let agent = house.bridge("stranger").await;
    let pending = agent.call("odoo_search_read", json!({"model": "res.partner"})).await.unwrap();
    assert_eq!(pending["status"], "pending_approval");
    let opened = agent.call("open_connection_manager", json!({})).await.unwrap();
    assert_eq!(opened["window"], "focused");
    let card = house.card().await;
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    let told = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(told.code, ErrorCode::DeniedByPerson);
    assert_eq!(house.times("search_read"), 0);
}

#[tokio::test]
async fn a_write_of_a_name_that_fits_nothing_is_refused_before_anybody_is_asked() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let nowhere =
        json!({"model": "res.partner", "ids": [10], "values": {"country_id": "Atlantis"}, "connection": "Demo"});
    let error = agent.call("odoo_write", nowhere).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArguments);
    assert!(house.approver.cards().is_empty());
    let calling = agent.calling(
        "odoo_write",
        json!({"model": "res.partner", "ids": [10], "values": {"country_id": "France"}, "connection": "Demo"}),
    );
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert!(content.records[0].fields[0].after.as_ref().unwrap().starts_with("France"));
    house.decide(&card, YES).await.unwrap();
    calling.await.unwrap().unwrap();
    assert_eq!(house.stored("res.partner", 10, "country_id").await[1], json!("France"));
}

#[tokio::test]
async fn the_approval_of_a_write_stands_in_the_journal_before_its_intent_and_that_before_its_end() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let calling =
        agent.calling("odoo_create", json!({"model": "res.partner", "values": {"name": "New"}, "connection": "Demo"}));
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    calling.await.unwrap().unwrap();
    let page = house.broker.activity(ActivityFilter::default()).unwrap();
    let intent =
        page.entries.iter().find(|e| matches!(&e.event, JournalEvent::Intent { of, .. } if of.tool == "odoo_create"));
    let settled = page.entries.iter().find(|e| matches!(&e.event, JournalEvent::Settled { .. }));
    let approved =
        page.entries.iter().find(|e| matches!(&e.event, JournalEvent::Ticket { change, .. } if change == "approved"));
    let order = [approved, intent, settled].map(|entry| entry.unwrap().seq);
    assert!(order.is_sorted(), "{order:?}");
    let detail = house.broker.activity_detail(intent.unwrap().seq).unwrap();
    assert!(detail.payload.unwrap().contains("\"New\""));
}

#[tokio::test]
async fn an_approval_is_written_down_when_the_decision_is_done_even_if_nobody_claims_it() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    agent.call("odoo_write", phone("+8")).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    let newest = house.broker.activity(ActivityFilter::default()).unwrap().entries.remove(0).event;
    assert!(matches!(&newest, JournalEvent::Ticket { change, .. } if change == "approved"), "{newest:?}");
}

#[tokio::test]
async fn an_edit_of_the_policy_file_is_a_proposal_until_the_person_accepts_it() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    std::fs::write(house.folder().join("policy.json"), r#"{"version":"1","default":"allow","hide":["odoo_unlink"]}"#)
        .unwrap();
    let card = house.card().await;
    assert!(matches!(&card.content, CardContent::Policy(edit) if edit.errors.is_empty()));
    let delete = json!({"model": "res.partner", "ids": [10], "connection": "Demo"});
    assert_eq!(
        agent.call("odoo_unlink", delete.clone()).await.unwrap()["status"],
        "pending_approval",
        "not in force yet"
    );
    let edit = |card: &gatehouse_broker::view::Card| matches!(card.content, CardContent::Policy(_));
    let card = house.approver.cards().into_iter().find(edit).unwrap();
    house.decide(&card, YES).await.unwrap();
    let error = agent.call("odoo_unlink", delete).await.unwrap_err();
    assert!(error.detail.unwrap_or_default().contains("(hidden)"));
}
