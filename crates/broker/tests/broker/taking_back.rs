//! Taking back: the person asks, the card shows what would be sent, and it runs once they say yes. What somebody changed
//! since stays.

use crate::besides::{ORDER, an_order_of_another_customer};
use crate::execute::{done, on_demo};
use crate::house::{Agent, House, draft_of};
use gatehouse_broker::view::{
    ActivityFilter, Card, CardContent, ConnectionDraft, RecentState, UndoCard, UndoOffer, Verdict,
};
use gatehouse_core::{
    AgentId, CallHeader, CallId, EdgeError, ErrorCode, JournalEntry, JournalEvent, Outcome, TicketId, TicketKind,
    TicketState,
};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

pub(crate) async fn house() -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    (house, agent)
}

fn claude() -> AgentId {
    AgentId::parse("claude-code").unwrap()
}

pub(crate) fn partner(values: Value) -> Value {
    on_demo(json!({"model": "res.partner", "ids": [10], "values": values}))
}

pub(crate) async fn write(house: &House, agent: &Agent, values: Value) -> CallId {
    done(house, agent, "odoo_write", partner(values)).await;
    last_call(house)
}

fn entries(house: &House) -> Vec<JournalEntry> {
    house.broker.activity(ActivityFilter::default()).unwrap().entries
}

/// The newest call that was sent on its own.
pub(crate) fn last_call(house: &House) -> CallId {
    let sent = |entry: &JournalEntry| match &entry.event {
        JournalEvent::Intent { call, of } if of.plan.is_none() => Some(call.clone()),
        _ => None,
    };
    entries(house).iter().find_map(sent).unwrap()
}

/// What was sent to take calls back, oldest first, each with how it ended.
fn undoings(house: &House) -> Vec<(CallId, CallHeader, Option<Outcome>)> {
    let entries = entries(house);
    let outcome = |wanted: &CallId| {
        entries.iter().find_map(|entry| match &entry.event {
            JournalEvent::Settled { call, outcome, .. } if call == wanted => Some(outcome.clone()),
            _ => None,
        })
    };
    let sent = entries.iter().rev().filter_map(|entry| match &entry.event {
        JournalEvent::Intent { call, of } if of.undoes.is_some() => Some((call.clone(), of.clone(), outcome(call))),
        _ => None,
    });
    sent.collect()
}

pub(crate) fn offer(house: &House, wanted: &CallId) -> Option<UndoOffer> {
    let seq = entries(house)
        .iter()
        .find(|entry| matches!(&entry.event, JournalEvent::Intent { call, .. } if call == wanted))
        .map(|entry| entry.seq)
        .unwrap();
    house.broker.activity_detail(seq).unwrap().undo
}

fn card_of(house: &House, ticket: &TicketId) -> (Card, UndoCard) {
    let card = house.approver.cards().into_iter().find(|card| card.ticket == *ticket).unwrap();
    let CardContent::Undo(undo) = card.content.clone() else { panic!("{card:?}") };
    (card, undo)
}

pub(crate) async fn asked(house: &House, call: &CallId) -> (Card, UndoCard) {
    let ticket = house.broker.undo_call(call).await.unwrap();
    card_of(house, &ticket)
}

pub(crate) async fn taken_back(house: &House, call: &CallId) -> UndoCard {
    let (card, undo) = asked(house, call).await;
    house.decide(&card, Verdict::Approve { typed_count: undo.type_count, unseen: None }).await.unwrap();
    undo
}

pub(crate) async fn all_of_the_hour(house: &House) -> (Card, UndoCard) {
    let ticket = house.broker.undo_agent(&claude()).await.unwrap();
    card_of(house, &ticket)
}

pub(crate) async fn refused(house: &House, call: &CallId) -> EdgeError {
    house.broker.undo_call(call).await.unwrap_err()
}

pub(crate) async fn phone(house: &House) -> Value {
    house.stored("res.partner", 10, "phone").await
}

pub(crate) fn shown(undo: &UndoCard, step: usize) -> Vec<(&str, Option<&str>, Option<&str>)> {
    let records = undo.steps[step].records.iter();
    let fields = records.flat_map(|record| &record.fields);
    fields.map(|field| (field.field.as_str(), field.before.as_deref(), field.after.as_deref())).collect()
}

#[tokio::test]
async fn a_write_is_taken_back_by_the_person_and_the_journal_says_who_and_what() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1 before"})).await;
    let call = write(&house, &agent, json!({"phone": "+2 written", "comment": "<p>Written</p>"})).await;
    assert!(matches!(offer(&house, &call), Some(UndoOffer::Possible { .. })));
    let writes = house.times("write");
    let (card, undo) = asked(&house, &call).await;
    assert!(
        card.agent.is_none() && card.sentence.contains("claude-code") && card.sentence.contains("Demo"),
        "{card:?}"
    );
    assert_eq!(card.connection.as_ref().unwrap().name, "Demo");
    assert_eq!((undo.calls.len(), &undo.calls[0].call, &undo.calls[0].agent), (1, &call, &claude()));
    assert!(shown(&undo, 0).contains(&("phone", Some("+2 written"), Some("+1 before"))), "{undo:?}");
    assert!(undo.conflicts.is_empty() && undo.preview_error.is_none());
    assert_eq!(house.times("write"), writes, "nothing is sent before the person says yes");

    house.decide(&card, YES).await.unwrap();
    assert_eq!(phone(&house).await, json!("+1 before"));
    let undoings = undoings(&house);
    let [(_, of, Some(Outcome::Done { .. }))] = undoings.as_slice() else { panic!("{undoings:?}") };
    assert_eq!((&of.agent, of.undoes.as_ref(), of.tool.as_str()), (&claude(), Some(&call), "odoo_write"));
    assert_eq!((of.decision.as_str(), of.rule.as_str(), of.charges.len()), ("ask", "(undo)", 0));
    assert_eq!(of.ticket.as_ref(), Some(&card.ticket));
    assert!(matches!(offer(&house, &call), Some(UndoOffer::Undone { .. })));
    assert_eq!(house.broker.activity(ActivityFilter::default()).unwrap().undone, std::slice::from_ref(&call));
    assert!(house.broker.verify_journal().await.unwrap().ok);
    assert!(refused(&house, &call).await.message.contains("taken back already"));
}

#[tokio::test]
async fn what_odoo_changed_besides_goes_back_with_it_and_is_no_conflict() {
    let (house, agent) = house().await;
    // An address that would not come back by itself.
    house.meddle("sale.order", ORDER, json!({"partner_shipping_id": 9})).await;
    let before = house.stored("sale.order", ORDER, "partner_shipping_id").await;
    done(&house, &agent, "odoo_write", on_demo(an_order_of_another_customer(&house).await)).await;
    assert_ne!(house.stored("sale.order", ORDER, "partner_shipping_id").await, before);
    let undo = taken_back(&house, &last_call(&house)).await;
    assert!(undo.conflicts.is_empty(), "{undo:?}");
    assert_eq!(house.stored("sale.order", ORDER, "partner_shipping_id").await, before);
}

#[tokio::test]
async fn what_somebody_changed_since_stays_and_stands_on_the_card() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1 before", "city": "Before"})).await;
    let call = write(&house, &agent, json!({"phone": "+2 written", "city": "Written"})).await;
    house.meddle("res.partner", 10, json!({"city": "Theirs"})).await;
    let undo = taken_back(&house, &call).await;
    let [conflict] = undo.conflicts.as_slice() else { panic!("{undo:?}") };
    assert_eq!((conflict.id, conflict.field.as_str(), conflict.label.as_str()), (10, "city", "City"));
    assert_eq!((conflict.left.as_str(), conflict.now.as_str()), ("Written", "Theirs"));
    assert_eq!(shown(&undo, 0), [("phone", Some("+2 written"), Some("+1 before"))]);
    assert_eq!(phone(&house).await, json!("+1 before"));
    assert_eq!(house.stored("res.partner", 10, "city").await, json!("Theirs"));
}

#[tokio::test]
async fn where_nothing_is_left_to_take_back_there_is_no_card() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1 before"})).await;
    let call = write(&house, &agent, json!({"phone": "+2 written"})).await;
    house.meddle("res.partner", 10, json!({"phone": "+3 theirs"})).await;
    let error = refused(&house, &call).await;
    assert!(error.message.contains("“Phone”") && error.message.contains("changed since"), "{}", error.message);
    house.meddle("res.partner", 10, json!({"phone": "+1 before"})).await;
    assert!(refused(&house, &call).await.message.contains("as it was"));
    let made =
        done(&house, &agent, "odoo_create", on_demo(json!({"model": "sale.order", "values": {"partner_id": 10}})))
            .await;
    let call = last_call(&house);
    done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "sale.order", "ids": made["ids"]}))).await;
    assert!(refused(&house, &call).await.message.contains("as it was"), "what was made is gone already");
    assert!(house.approver.cards().is_empty());
}

#[tokio::test]
async fn the_last_hour_goes_back_newest_first_and_each_card_shows_what_will_be_there_by_then() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1"})).await;
    write(&house, &agent, json!({"phone": "+0 long ago"})).await;
    house.clock.forward(Duration::from_mins(61));
    house.meddle("res.partner", 10, json!({"phone": "+1"})).await;
    let first = write(&house, &agent, json!({"phone": "+2"})).await;
    let second = write(&house, &agent, json!({"phone": "+3"})).await;
    let third = write(&house, &agent, json!({"phone": "+2"})).await;
    let contact = on_demo(json!({"model": "res.partner", "values": {"name": "Made within the hour"}}));
    let made = done(&house, &agent, "odoo_create", contact).await["ids"][0].as_i64().unwrap();
    let (card, undo) = all_of_the_hour(&house).await;
    let calls: Vec<&CallId> = undo.calls.iter().map(|call| &call.call).collect();
    assert_eq!(calls[1..], [&third, &second, &first], "newest first, and what is older than an hour stays");
    assert_eq!(shown(&undo, 1), [("phone", Some("+2"), Some("+3"))]);
    assert_eq!(shown(&undo, 2), [("phone", Some("+3"), Some("+2"))]);
    assert_eq!(shown(&undo, 3), [("phone", Some("+2"), Some("+1"))]);
    assert!(undo.stops_before.is_none() && undo.conflicts.is_empty(), "{undo:?}");
    house.decide(&card, YES).await.unwrap();
    assert_eq!(phone(&house).await, json!("+1"));
    assert_eq!(house.stored("res.partner", made, "active").await, json!(false));
    assert_eq!(undoings(&house).len(), 4);
    assert!(house.broker.undo_agent(&claude()).await.unwrap_err().message.contains("changed nothing"));
}

#[tokio::test]
async fn a_created_record_is_archived_or_deleted_again() {
    let (house, agent) = house().await;
    let contact = on_demo(json!({"model": "res.partner", "values": {"name": "Made and archived"}}));
    let id = done(&house, &agent, "odoo_create", contact).await["ids"][0].as_i64().unwrap();
    house.meddle("res.partner", id, json!({"phone": "+3 theirs"})).await;
    let created = last_call(&house);
    let undo = taken_back(&house, &created).await;
    assert!(undo.leaves.iter().any(|left| left.contains("archived")), "{undo:?}");
    assert_eq!(house.stored("res.partner", id, "active").await, json!(false));
    let order = on_demo(json!({"model": "sale.order", "values": {"partner_id": 10}}));
    let order = done(&house, &agent, "odoo_create", order).await["ids"][0].as_i64().unwrap();
    let undo = taken_back(&house, &last_call(&house)).await;
    assert_eq!(undo.steps[0].tool, "odoo_unlink");
    assert!(house.stored("sale.order", order, "id").await.is_null());
    // Archiving goes back in turn.
    let (archiving, ..) = undoings(&house)[0].clone();
    taken_back(&house, &archiving).await;
    assert_eq!(house.stored("res.partner", id, "active").await, json!(true));
    assert!(matches!(offer(&house, &created), Some(UndoOffer::Possible { .. })));
}

#[tokio::test]
async fn a_deleted_record_on_which_nothing_hung_is_made_again_and_its_new_id_is_said_plainly() {
    let (house, agent) = house().await;
    let tag = on_demo(
        json!({"model": "res.partner.category", "values": {"name": "Deleted and back", "color": 4, "active": false}}),
    );
    let tag = done(&house, &agent, "odoo_create", tag).await["ids"][0].as_i64().unwrap();
    done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "res.partner.category", "ids": [tag]}))).await;
    let undo = taken_back(&house, &last_call(&house)).await;
    assert_eq!((undo.steps.len(), undo.steps[0].tool.as_str()), (1, "odoo_create"));
    assert!(undo.leaves.iter().any(|left| left.contains("new ids")), "{:?}", undo.leaves);
    assert!(house.stored("res.partner.category", tag, "id").await.is_null(), "the old id stays gone");
    let new = tag + 1;
    assert_eq!(house.stored("res.partner.category", new, "name").await, json!("Deleted and back"));
    assert_eq!(house.stored("res.partner.category", new, "color").await, json!(4));
    assert_eq!(house.stored("res.partner.category", new, "active").await, json!(false));

    let quotation = on_demo(json!({"model": "sale.order", "values": {"partner_id": 10}}));
    let order = done(&house, &agent, "odoo_create", quotation).await["ids"][0].as_i64().unwrap();
    let note = on_demo(json!({"model": "sale.order", "res_id": order, "body": "Somebody's words"}));
    done(&house, &agent, "odoo_message_post", note).await;
    done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "sale.order", "ids": [order]}))).await;
    let error = refused(&house, &last_call(&house)).await;
    assert!(error.message.contains("do not come back"), "{}", error.message);
}

#[tokio::test]
async fn a_plan_goes_back_as_a_whole_the_last_step_first() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1"})).await;
    let steps = json!([
        {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [10], "values": {"phone": "+2"}}},
        {"tool": "odoo_create", "arguments": {"model": "res.partner", "values": {"name": "Planned and gone"}}},
        {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [10], "values": {"phone": "+3"}}},
    ]);
    let answer = done(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let made = answer["steps"][1]["ids"][0].as_i64().unwrap();
    let plan = last_call(&house);
    let step = entries(&house).iter().find_map(|entry| match &entry.event {
        JournalEvent::Intent { call, of } if of.plan.as_ref() == Some(&plan) => Some(call.clone()),
        _ => None,
    });
    let step = step.unwrap();
    assert!(refused(&house, &step).await.message.contains("step of a plan"));
    let undo = taken_back(&house, &plan).await;
    assert_eq!(undo.calls.len(), 1);
    assert_eq!(undo.steps.iter().map(|step| step.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(shown(&undo, 0), [("phone", Some("+3"), Some("+2"))]);
    assert_eq!(shown(&undo, 2), [("phone", Some("+2"), Some("+1"))]);
    assert_eq!(phone(&house).await, json!("+1"));
    assert_eq!(house.stored("res.partner", made, "active").await, json!(false));
    let undoings = undoings(&house);
    let whole = &undoings[0];
    assert_eq!((whole.1.tool.as_str(), whole.1.undoes.as_ref()), ("odoo_plan", Some(&plan)));
    assert_eq!(undoings.len(), 4);
    assert!(undoings[1..].iter().all(|(_, of, _)| of.plan.as_ref() == Some(&whole.0)));
    let undone = house.broker.activity(ActivityFilter::default()).unwrap().undone;
    assert!(undone.contains(&plan) && undone.contains(&step), "{undone:?}");
    // And forth again.
    taken_back(&house, &whole.0).await;
    assert_eq!(phone(&house).await, json!("+3"));
    assert_eq!(house.stored("res.partner", made, "active").await, json!(true));
    assert!(matches!(offer(&house, &plan), Some(UndoOffer::Possible { .. })));
}

#[tokio::test]
async fn a_confirmed_order_becomes_a_quotation_again_and_what_stays_is_named() {
    let (house, agent) = house().await;
    let order = on_demo(json!({"model": "sale.order", "values": {"partner_id": 10}}));
    let order = done(&house, &agent, "odoo_create", order).await["ids"][0].as_i64().unwrap();
    let confirm = on_demo(json!({"model": "sale.order", "method": "action_confirm", "ids": [order]}));
    done(&house, &agent, "odoo_execute", confirm).await;
    let call = last_call(&house);
    let undo = taken_back(&house, &call).await;
    assert!(undo.leaves.iter().any(|left| left.contains("order date")), "{:?}", undo.leaves);
    assert_eq!(undo.steps.len(), 2);
    assert!(undo.steps[0].sentence.contains("action_cancel") && undo.steps[1].sentence.contains("action_draft"));
    assert_eq!(house.stored("sale.order", order, "state").await, json!("draft"));
    assert!(matches!(offer(&house, &call), Some(UndoOffer::Undone { .. })));
}

#[tokio::test]
async fn what_changed_between_the_card_and_the_click_voids_it_and_a_new_card_marks_it() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1", "city": "Before"})).await;
    let call = write(&house, &agent, json!({"phone": "+2", "city": "Written"})).await;
    let (card, _) = asked(&house, &call).await;
    house.meddle("res.partner", 10, json!({"city": "Theirs"})).await;
    let error = house.decide(&card, YES).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Drifted, "{error:?}");
    assert_eq!(phone(&house).await, json!("+2"), "nothing ran");
    assert!(undoings(&house).is_empty());
    let old = house.broker.approvals().ended.into_iter().find(|ticket| ticket.id == card.ticket).unwrap();
    assert!(matches!(old.state, TicketState::Void { .. }) && old.kind == TicketKind::Undo);
    let new = house.approver.cards().remove(0);
    let (new, undo) = card_of(&house, &new.ticket);
    assert_eq!(undo.conflicts.len(), 1);
    house.decide(&new, YES).await.unwrap();
    assert_eq!(phone(&house).await, json!("+1"));
    assert_eq!(house.stored("res.partner", 10, "city").await, json!("Theirs"));
}

#[tokio::test]
async fn taking_back_is_taken_back_as_often_as_the_person_likes() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1"})).await;
    let call = write(&house, &agent, json!({"phone": "+2"})).await;
    taken_back(&house, &call).await;
    let undoing = undoings(&house).remove(0).0;
    taken_back(&house, &undoing).await;
    assert_eq!(phone(&house).await, json!("+2"));
    assert!(matches!(offer(&house, &undoing), Some(UndoOffer::Undone { .. })));
    assert!(matches!(offer(&house, &call), Some(UndoOffer::Possible { .. })), "it is in place again");
    assert_eq!(house.broker.activity(ActivityFilter::default()).unwrap().undone, [undoing]);
    taken_back(&house, &call).await;
    assert_eq!(phone(&house).await, json!("+1"));
}

#[tokio::test]
async fn a_paused_or_revoked_agent_does_not_stand_in_the_way_and_its_limits_are_not_touched() {
    let (house, agent) = house().await;
    house.make_development().await;
    house.meddle("res.partner", 10, json!({"phone": "+1"})).await;
    let limit = r#"{"version": "1", "default": "allow", "tools": {"odoo_write": {"limits": [{"counter": "writes", "window": "hour", "max": 2, "scope": "grant"}]}}}"#;
    house.save("user", limit).await;
    let mut calls = Vec::new();
    for number in ["+2", "+3"] {
        agent.call("odoo_write", partner(json!({"phone": number}))).await.unwrap();
        calls.push(last_call(&house));
    }
    house.broker.pause_agent(&claude(), true).await.unwrap();
    taken_back(&house, &calls[1]).await;
    house.broker.pause_agent(&claude(), false).await.unwrap();
    house.broker.revoke_agent(&claude()).await.unwrap();
    house.broker.pause_all(true).await.unwrap();
    taken_back(&house, &calls[0]).await;
    assert_eq!(phone(&house).await, json!("+1"));
}

#[tokio::test]
async fn a_connection_that_takes_no_change_or_is_another_place_now_refuses_in_words() {
    let (house, agent) = house().await;
    let call = write(&house, &agent, json!({"phone": "+2"})).await;
    let demo = house.broker.overview().connections[0].clone();
    let (waiting, _) = asked(&house, &call).await;
    house.broker.save_connection(ConnectionDraft { read_only: true, ..draft_of(demo.clone()) }, None).await.unwrap();
    assert!(house.decide(&waiting, YES).await.is_err(), "the card was voided with the change");
    assert!(refused(&house, &call).await.message.contains("read only"));
    let draft = ConnectionDraft { read_only: false, ..draft_of(demo.clone()) };
    house.broker.save_connection(draft, None).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    house.broker.disconnect_connection(&demo.id).await.unwrap();
    assert!(refused(&house, &call).await.message.contains("signed out"));
    house.broker.reconnect_connection(&demo.id).await.unwrap();
    house.broker.trash_connection(&demo.id).await.unwrap();
    assert!(refused(&house, &call).await.message.contains("trash"));
    assert_eq!(phone(&house).await, json!("+2"));
}

#[tokio::test]
async fn no_agent_can_see_claim_or_approve_an_undo() {
    let (house, agent) = house().await;
    let call = write(&house, &agent, json!({"phone": "+2"})).await;
    let (card, _) = asked(&house, &call).await;
    let error = agent.call("approval_wait", json!({"ticket": card.ticket})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TicketGone);
    assert!(house.broker.withdraw_ticket(&card.ticket).is_err(), "the main window has nothing to withdraw");
    for tool in ["undo_call", "odoo_undo", "undo_recent"] {
        assert_eq!(agent.call(tool, json!({"call": call})).await.unwrap_err().code, ErrorCode::UnknownTool);
    }
    let error = house.approver.decide(&card.ticket, &card.digest, YES).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotArmed);
    assert!(house.decide(&card, Verdict::ApproveStanding).await.is_err(), "nothing stands for later undos");
    assert_eq!(phone(&house).await, json!("+2"));
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    assert!(house.decide(&card, YES).await.is_err(), "decided once");
    assert_eq!(phone(&house).await, json!("+2"));
}

#[tokio::test]
async fn it_stops_at_the_first_failure_says_what_was_done_and_the_rest_can_follow() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1", "city": "Before"})).await;
    let steps = json!([
        {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [10], "values": {"phone": "+2"}}},
        {"tool": "odoo_create", "arguments": {"model": "sale.order", "values": {"partner_id": 10}}},
        {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [10], "values": {"city": "Written"}}},
    ]);
    let answer = done(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let order = answer["steps"][1]["ids"][0].as_i64().unwrap();
    let plan = last_call(&house);
    house.meddle("sale.order", order, json!({"state": "sale"})).await;
    let (card, undo) = asked(&house, &plan).await;
    assert_eq!(undo.steps.len(), 3, "{undo:?}");
    let error = house.decide(&card, YES).await.unwrap_err();
    assert!(error.message.starts_with("step 2: "), "{}", error.message);
    assert_eq!(house.stored("res.partner", 10, "city").await, json!("Before"), "the first step was done");
    assert_eq!(phone(&house).await, json!("+2"), "what follows the failure was not");
    let tried = undoings(&house);
    assert_eq!(tried.len(), 3, "the whole, and the two steps that were sent: {tried:?}");
    let Some(Outcome::Done { summary }) = &tried[0].2 else { panic!("{tried:?}") };
    assert!(summary.starts_with("did 1 of 3 steps, then: "), "{summary}");
    assert!(matches!(tried[2].2, Some(Outcome::Failed { .. })), "{tried:?}");
    assert!(matches!(offer(&house, &plan), Some(UndoOffer::Possible { .. })));

    house.meddle("sale.order", order, json!({"state": "draft"})).await;
    let undo = taken_back(&house, &plan).await;
    assert_eq!(undo.steps.len(), 2, "what went back already is left alone: {undo:?}");
    assert!(house.stored("sale.order", order, "id").await.is_null());
    assert_eq!(phone(&house).await, json!("+1"));
    assert!(matches!(offer(&house, &plan), Some(UndoOffer::Undone { .. })));
}

#[tokio::test]
async fn the_approval_window_shows_what_was_approved_a_moment_ago_and_takes_it_back() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1"})).await;
    assert!(house.approver.recent().unwrap().is_empty());
    let pending = agent.call("odoo_write", partner(json!({"phone": "+2"}))).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    let recent = house.approver.recent().unwrap();
    assert_eq!((recent.len(), &recent[0].ticket, &recent[0].state), (1, &card.ticket, &RecentState::Waits));
    agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap();
    let recent = house.approver.recent().unwrap().remove(0);
    let RecentState::Done { summary, undo: UndoOffer::Possible { .. }, .. } = &recent.state else {
        panic!("{recent:?}")
    };
    assert!(summary.contains("changed 1"), "{summary}");
    assert_eq!(recent.connection.unwrap().name, "Demo");
    let ticket = house.approver.undo(&recent.call).await.unwrap();
    let (card, _) = card_of(&house, &ticket);
    house.decide(&card, YES).await.unwrap();
    assert_eq!(phone(&house).await, json!("+1"));
    let recent = house.approver.recent().unwrap();
    assert_eq!(recent.len(), 1, "an undo is not offered to be taken back there");
    assert!(matches!(recent[0].state, RecentState::Done { undo: UndoOffer::Undone { .. }, .. }), "{recent:?}");
    house.clock.forward(Duration::from_secs(61));
    assert!(house.approver.recent().unwrap().is_empty());
}

#[tokio::test]
async fn a_changed_line_goes_back_and_one_that_somebody_changed_since_stays() {
    let (house, agent) = house().await;
    let found = json!({"model": "sale.order", "domain": [["state", "=", "draft"], ["order_line", "!=", false]], "fields": ["order_line"], "limit": 1, "connection": "Demo"});
    let found = crate::house::records(&agent.call("odoo_search_read", found).await.unwrap());
    let (order, line) = (found[0]["id"].as_i64().unwrap(), found[0]["order_line"][0].as_i64().unwrap());
    let price = house.stored("sale.order.line", line, "price_unit").await;
    let set = |values: Value| {
        on_demo(json!({"model": "sale.order", "ids": [order], "values": {"order_line": [[1, line, values]]}}))
    };
    done(&house, &agent, "odoo_write", set(json!({"price_unit": 1.25, "product_uom_qty": 7}))).await;
    let call = last_call(&house);
    house.meddle("sale.order.line", line, json!({"product_uom_qty": 8})).await;
    let undo = taken_back(&house, &call).await;
    assert_eq!((undo.conflicts.len(), undo.conflicts[0].field.as_str()), (1, "product_uom_qty"), "{undo:?}");
    assert_eq!(house.stored("sale.order.line", line, "price_unit").await, price);
    assert_eq!(house.stored("sale.order.line", line, "product_uom_qty").await.as_f64(), Some(8.0));
}

#[tokio::test]
async fn more_records_than_one_step_shows_go_back_in_several() {
    let (house, agent) = house().await;
    let found = json!({"model": "res.partner", "domain": [["active", "=", true]], "fields": ["phone"], "limit": 60, "connection": "Demo"});
    let ids = crate::house::ids(&agent.call("odoo_search_read", found).await.unwrap());
    assert!(ids.len() > 50, "the demo has {}", ids.len());
    for id in &ids {
        house.meddle("res.partner", *id, json!({"phone": format!("+{id}")})).await;
    }
    done(&house, &agent, "odoo_write", on_demo(json!({"model": "res.partner", "ids": ids, "values": {"phone": "+0"}})))
        .await;
    let undo = taken_back(&house, &last_call(&house)).await;
    assert_eq!(undo.steps.iter().map(|step| step.records.len()).sum::<usize>(), ids.len(), "each stands on the card");
    for id in ids {
        assert_eq!(house.stored("res.partner", id, "phone").await, json!(format!("+{id}")));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_done_before_a_restart_is_taken_back_after_it() {
    use gatehouse_broker::DemoServer;
    use gatehouse_odoo_sim::{Sim, SimOptions};

    crate::sealed::inside_a_session("taking_back::what_was_done_before_a_restart_is_taken_back_after_it", async || {
        let house = crate::sealed::house().await;
        let sim = Sim::start(SimOptions::default()).await.unwrap();
        let demo = house.broker.overview().connections[0].clone();
        house.broker.trash_connection(&demo.id).await.unwrap();
        house.broker.purge_connection(&demo.id).await.unwrap();
        let server = DemoServer {
            origin: sim.url(),
            database: sim.database().to_owned(),
            login: sim.admin().login.clone(),
            api_key: sim.admin().api_key.clone().into(),
        };
        house.broker.add_demo(server).await.unwrap();
        let agent = house.admitted("claude-code").await;
        let name = on_demo(json!({"model": "res.partner", "ids": [10], "values": {"phone": "+2"}}));
        let read = on_demo(json!({"model": "res.partner", "ids": [10], "fields": ["phone"]}));
        let phone = |answer: Value| crate::house::records(&answer)[0]["phone"].clone();
        let before = phone(agent.call("odoo_read", read.clone()).await.unwrap());
        done(&house, &agent, "odoo_write", name).await;
        let call = last_call(&house);
        let house = house.again(0).await;
        taken_back(&house, &call).await;
        let agent = house.bridge("claude-code").await;
        assert_eq!(phone(agent.call("odoo_read", read).await.unwrap()), before);
        assert!(matches!(offer(&house, &call), Some(UndoOffer::Undone { .. })));
    });
}

/// Against a real Odoo 19: `GATEHOUSE_ODOO_URL`, `GATEHOUSE_ODOO_DB` and `GATEHOUSE_ODOO_DEMO_KEY` name it.
#[cfg(feature = "real-odoo")]
#[tokio::test]
async fn an_ordinary_user_s_write_in_a_real_odoo_is_taken_back() {
    use gatehouse_broker::DemoServer;

    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let house = House::open().await;
    let server = DemoServer {
        origin: variable("GATEHOUSE_ODOO_URL"),
        database: variable("GATEHOUSE_ODOO_DB"),
        login: "demo".into(),
        api_key: variable("GATEHOUSE_ODOO_DEMO_KEY").into(),
    };
    house.broker.add_demo(server).await.unwrap();
    let agent = house.admitted("claude-code").await;
    let before = json!({"name": "Taking back", "phone": "+32 2 000", "comment": "<p>Before</p>", "country_id": 20, "city": "Ghent"});
    let made = done(&house, &agent, "odoo_create", on_demo(json!({"model": "res.partner", "values": before}))).await;
    let id = made["ids"][0].as_i64().unwrap();
    let created = last_call(&house);
    let values = json!({"phone": "+32 2 111", "comment": "<div class='x'>After <b>it</b></div>", "country_id": 75, "city": "Namur", "category_id": [[4, 1, 0]]});
    done(&house, &agent, "odoo_write", on_demo(json!({"model": "res.partner", "ids": [id], "values": values}))).await;
    let written = last_call(&house);
    done(
        &house,
        &agent,
        "odoo_write",
        on_demo(json!({"model": "res.partner", "ids": [id], "values": {"city": "Liège"}})),
    )
    .await;

    let undo = taken_back(&house, &written).await;
    assert_eq!(undo.conflicts.iter().map(|conflict| conflict.field.as_str()).collect::<Vec<_>>(), ["city"], "{undo:?}");
    let read = on_demo(
        json!({"model": "res.partner", "ids": [id], "fields": ["phone", "comment", "country_id", "city", "category_id", "active"]}),
    );
    let found = crate::house::records(&agent.call("odoo_read", read.clone()).await.unwrap())[0].clone();
    assert_eq!((&found["phone"], &found["city"]), (&json!("+32 2 000"), &json!("Liège")));
    assert_eq!((&found["country_id"][0], &found["category_id"]), (&json!(20), &json!([])), "{found}");
    assert!(found["comment"].to_string().contains("Before"), "{found}");
    taken_back(&house, &created).await;
    let found = crate::house::records(&agent.call("odoo_read", read).await.unwrap())[0].clone();
    assert_eq!(found["active"], json!(false), "{found}");
    done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "res.partner", "ids": [id]}))).await;
}
