//! What a call came to belongs to the program that asked, is kept until it was had, and is not done twice without a word.

use crate::admission::seated;
use crate::connections::draft;
use crate::execute::on_demo;
use crate::house::{Agent, House};
use crate::line::{Line, Writes};
use gatehouse_broker::view::{ActivityFilter, Card, CardContent, ConnectionDraft, OwnPolicy, SecretInput, Verdict};
use gatehouse_core::{ErrorCode, JournalEvent};
use gatehouse_odoo_sim::{Sim, SimOptions};
use serde_json::{Value, json};
use std::time::Duration;

const ALLOW: &str = r#"{"version": "1", "default": "allow"}"#;
const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

fn phone(number: &str) -> Value {
    on_demo(json!({"model": "res.partner", "ids": [10], "values": {"phone": number}}))
}

/// Another program calls itself claude-code, and the person lets it.
async fn admitted_instead(house: &House, other: &Agent) {
    let call = other.calling("user_connection_list", json!({}));
    let card = house.card().await;
    let CardContent::Admission(admission) = &card.content else { panic!("{card:?}") };
    let connections = admission.connections.iter().map(|connection| connection.id.clone()).collect();
    house.decide(&card, Verdict::Admit { connections, policy: OwnPolicy::Keep }).await.unwrap();
    call.await.unwrap().unwrap();
}

/// A change that nobody is asked about, whose caller dies while Odoo is at work on it.
async fn sent_and_left(house: &House, agent: &Agent, number: &str) {
    let has = |is_it: fn(&JournalEvent) -> bool| {
        move |house: &House| {
            let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
            entries.iter().any(|entry| is_it(&entry.event))
        }
    };
    let call = agent.calling("odoo_write", phone(number));
    house.until("it is sent", has(|event| matches!(event, JournalEvent::Intent { .. }))).await;
    agent.client.close();
    assert!(call.await.unwrap().is_err());
    house.until("it has run", has(|event| matches!(event, JournalEvent::Settled { .. }))).await;
}

fn ran_before(card: &Card) -> Option<u64> {
    let CardContent::Call(call) = &card.content else { panic!("{card:?}") };
    call.ran_before
}

#[tokio::test]
async fn an_approval_does_not_pass_to_another_program_that_is_admitted_under_the_name() {
    let house = House::with_demo().await;
    let claude = house.admitted("claude-code").await;
    let call = claude.calling("odoo_write", phone("+7"));
    let card = house.card().await;
    claude.client.close();
    assert!(call.await.unwrap().is_err());
    house.decide(&card, YES).await.unwrap();
    assert_eq!(house.broker.approvals().open[0].state.name(), "approved");

    let (other, _seat) = seated(&house, "/tmp/claude", 7).await;
    admitted_instead(&house, &other).await;
    assert!(house.broker.approvals().open.is_empty(), "{:?}", house.broker.approvals().open);
    let error = other.call("approval_wait", json!({"ticket": card.ticket})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TicketGone, "{error:?}");
    let call = other.calling("odoo_write", phone("+7"));
    let asked = house.card().await;
    assert_eq!((asked.ticket != card.ticket, house.times("write")), (true, 0), "it is asked about like any other");
    house.decide(&asked, Verdict::Deny { reason: None }).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::DeniedByPerson);
}

#[tokio::test]
async fn a_result_does_not_pass_to_another_program_that_is_admitted_under_the_name() {
    let house = House::slow(Duration::from_millis(150)).await;
    house.add_demo().await;
    let claude = house.admitted("claude-code").await;
    house.save(&house.of_demo(), ALLOW).await;
    sent_and_left(&house, &claude, "+7").await;
    let (other, _seat) = seated(&house, "/tmp/claude", 7).await;
    admitted_instead(&house, &other).await;
    other.call("odoo_write", phone("+7")).await.unwrap();
    assert_eq!(house.times("write"), 2, "its own call, not what came of the other's");
}

#[tokio::test]
async fn a_result_that_nobody_had_waits_for_the_same_call_whatever_others_do_meanwhile() {
    let house = House::slow(Duration::from_millis(30)).await;
    house.add_demo().await;
    let claude = house.admitted("claude-code").await;
    let busy = house.admitted("codex").await;
    house.save(&house.of_demo(), ALLOW).await;
    sent_and_left(&house, &claude, "+7").await;
    for number in 0..210 {
        let other = json!({"model": "res.partner", "ids": [11], "values": {"phone": format!("+{number}")}});
        busy.call("odoo_write", on_demo(other)).await.unwrap();
    }
    house.clock.forward(Duration::from_mins(31));
    let writes = house.times("write");
    let answer = house.bridge("claude-code").await.call("odoo_write", phone("+7")).await.unwrap();
    assert_eq!(answer["status"], "written", "{answer}");
    assert_eq!(house.times("write"), writes, "it did not run again");
}

#[tokio::test]
async fn two_bridges_that_ask_the_same_do_not_do_it_twice_on_one_look() {
    let house = House::with_demo().await;
    let (first, second) = (house.admitted("claude-code").await, house.bridge("claude-code").await);
    let make = || on_demo(json!({"model": "res.partner.category", "values": {"name": "Made once"}}));
    let (one, two) = (first.calling("odoo_create", make()), second.calling("odoo_create", make()));
    house.until("both are asked", |house| house.approver.cards().len() == 2).await;
    let cards = house.approver.cards();
    assert!(cards.iter().all(|card| ran_before(card).is_none()));
    // One right after the other: both are claimed before either has run.
    for card in &cards {
        house.decide(card, YES).await.unwrap();
    }
    let (one, two) = (one.await.unwrap(), two.await.unwrap());
    let (done, refused): (Vec<_>, Vec<_>) = [one, two].into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), house.times("create")), (1, 1), "{done:?} {refused:?}");
    let error = refused.into_iter().next().unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::Drifted, "{error:?}");
    assert!(error.message.contains("the same call has run since"), "{error:?}");

    let again = second.calling("odoo_create", make());
    let card = house.card().await;
    assert!(ran_before(&card).is_some(), "the card says that it ran");
    house.decide(&card, YES).await.unwrap();
    again.await.unwrap().unwrap();
    assert_eq!(house.times("create"), 2, "the person may want it twice");
}

#[cfg(target_os = "linux")]
#[test]
fn a_call_whose_outcome_is_unknown_is_remembered_over_a_restart() {
    crate::sealed::inside_a_session(
        "inherited::a_call_whose_outcome_is_unknown_is_remembered_over_a_restart",
        async || {
            let house = crate::sealed::house().await;
            let sim = Sim::start(SimOptions::default()).await.unwrap();
            let line = Line::open(sim.url().trim_start_matches("http://").to_owned()).await;
            let draft = ConnectionDraft {
                url: line.url(),
                database: sim.database().into(),
                login: sim.admin().login.clone(),
                ..draft(&house, "Second")
            };
            let key = SecretInput::ApiKey(sim.admin().api_key.clone().into());
            house.broker.save_connection(draft, Some(key)).await.unwrap();
            let agent = house.admitted("claude-code").await;
            let make =
                || json!({"model": "res.partner.category", "values": {"name": "Made once"}, "connection": "Second"});
            let call = agent.calling("odoo_create", make());
            let card = house.card().await;
            line.set(Writes::Cut);
            house.decide(&card, YES).await.unwrap();
            assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::OutcomeUnknown);
            line.set(Writes::Answered);

            let house = house.again(0).await;
            let agent = house.bridge("claude-code").await;
            let other = json!({"model": "res.partner.category", "values": {"name": "Another"}, "connection": "Second"});
            for (call, is_told) in [(make(), true), (other, false)] {
                let calling = agent.calling("odoo_create", call);
                let card = house.card().await;
                let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
                let told = content.touches.first().is_some_and(|first| first.starts_with("The same call was sent "));
                assert_eq!(told, is_told, "{:?}", content.touches);
                house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
                assert!(calling.await.unwrap().is_err());
            }
        },
    );
}
