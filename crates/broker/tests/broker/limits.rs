//! Limits: charged where the call runs, given back only when it provably did not, and not reset by clocks or restarts.

use crate::house::{Agent, House};
use gatehouse_broker::view::{ActivityFilter, OwnPolicy, Verdict};
use gatehouse_core::{Charge, EdgeError, ErrorCode, JournalEvent};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

fn hourly(tool: &str, max: u64) -> String {
    format!(
        r#"{{"version": "1", "default": "allow", "tools": {{"{tool}": {{"limits": [
        {{"counter": "few", "window": "hour", "max": {max}, "scope": "grant"}}]}}}}}}"#
    )
}

async fn list(agent: &Agent) -> Result<Value, EdgeError> {
    agent.call("user_connection_list", json!({})).await
}

fn write(phone: &str) -> Value {
    json!({"model": "res.partner", "ids": [10], "values": {"phone": phone}, "connection": "Demo"})
}

#[tokio::test]
async fn a_limit_tells_its_rule_and_when_to_come_back_and_counts_each_agent_by_itself() {
    let house = House::with_demo().await;
    let one = house.admitted("claude-code").await;
    let other = house.admitted("cursor").await;
    house.save("user", &hourly("user_connection_list", 2)).await;
    list(&one).await.unwrap();
    list(&one).await.unwrap();
    let error = list(&one).await.unwrap_err();
    assert_eq!((error.code, error.retry), (ErrorCode::RateLimited, true));
    assert_eq!(error.rule.as_deref(), Some("user:/tools/user_connection_list/limits/0"));
    let wait = error.retry_after.unwrap();
    assert!(wait > 0 && wait <= 3600 && error.message.contains(&format!("{wait} s")), "{error:?}");
    list(&other).await.unwrap();
    house.clock.forward(Duration::from_secs(wait));
    list(&one).await.unwrap();
    let page =
        house.broker.activity(ActivityFilter { decision: Some("deny".into()), ..ActivityFilter::default() }).unwrap();
    let JournalEvent::Call { of, .. } = &page.entries[0].event else { panic!("{page:?}") };
    assert_eq!(of.rule, "user:/tools/user_connection_list/limits/0");
}

#[tokio::test]
async fn a_restart_gives_nothing_back_and_a_clock_set_back_neither() {
    let house = House::open().await;
    at_the_start_of_a_minute(&house);
    let agent = house.admitted("claude-code").await;
    // Admission itself was one call of the 30 a minute.
    let mut calls = 1;
    while list(&agent).await.is_ok() {
        calls += 1;
    }
    assert_eq!(calls, 30);
    let house = house.again(0).await;
    let error = first_call_after_admission(&house).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited);
    // Set back by two days: time goes on from the journal's newest entry.
    let house = house.again(-2 * 86_400_000).await;
    let error = first_call_after_admission(&house).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited);
    house.clock.forward(Duration::from_secs(error.retry_after.unwrap()));
    let agent = house.bridge("claude-code").await;
    list(&agent).await.unwrap();
}

/// The call that raised the admission card is the first one that is counted.
async fn first_call_after_admission(house: &House) -> Result<Value, EdgeError> {
    let bridge = house.bridge("claude-code").await;
    let call = bridge.calling("user_connection_list", json!({}));
    let card = house.card().await;
    house.decide(&card, Verdict::Admit { connections: Vec::new(), policy: OwnPolicy::Keep }).await.unwrap();
    call.await.unwrap()
}

#[tokio::test]
async fn an_approved_call_is_charged_in_the_window_in_which_it_runs() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let other = || json!({"model": "res.partner", "ids": [9], "values": {"phone": "+2"}, "connection": "Demo"});
    let text = hourly("odoo_write", 1).replace("hour", "minute");
    house.save("user", &text).await;
    at_the_start_of_a_minute(&house);
    let pending = agent.call("odoo_write", write("+1")).await.unwrap();
    let card = house.card().await;
    assert_eq!(agent.call("odoo_write", other()).await.unwrap_err().code, ErrorCode::RateLimited, "reserved");
    // The next minute: what was reserved is of the window before, and the second call takes this one.
    house.clock.forward(Duration::from_mins(1));
    let second = agent.call("odoo_write", other()).await.unwrap();
    house.decide(&card, YES).await.unwrap();
    let error = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited, "this window is full: {error:?}");
    assert_eq!(house.times("write"), 0);
    let state = house
        .broker
        .approvals()
        .open
        .iter()
        .find(|ticket| json!(ticket.id) == pending["ticket"])
        .map(|t| t.state.name());
    assert_eq!(state, Some("approved"), "the ticket stays");
    house.clock.forward(Duration::from_mins(1));
    let answer = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap();
    assert_eq!(answer["status"], "written");
    // It ran in this window, so that the other has no room in it.
    let card = house.card().await;
    assert_eq!(json!(card.ticket), second["ticket"]);
    house.decide(&card, YES).await.unwrap();
    let error = agent.call("approval_wait", json!({"ticket": second["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited);
}

#[tokio::test]
async fn an_approved_call_runs_under_the_limits_of_now() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.save("user", &hourly("odoo_write", 5)).await;
    let first = agent.calling("odoo_write", write("+1"));
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    first.await.unwrap().unwrap();
    let pending = agent.call("odoo_write", write("+2")).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    house.save("user", &hourly("odoo_write", 1)).await;
    let error = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited, "{error:?}");
    assert_eq!(house.times("write"), 1);
}

#[tokio::test]
async fn what_the_person_refuses_costs_nothing() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.save("user", &hourly("odoo_write", 1)).await;
    let call = agent.calling("odoo_write", write("+1"));
    let card = house.card().await;
    assert_eq!(agent.call("odoo_write", write("+2")).await.unwrap_err().code, ErrorCode::RateLimited);
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();
    assert_eq!(agent.call("odoo_write", write("+2")).await.unwrap()["status"], "pending_approval");
}

#[tokio::test]
async fn what_odoo_refused_was_sent_and_stays_charged() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.make_development().await;
    house.save("user", &hourly("odoo_create", 2)).await;
    let tag = |name: &str| json!({"model": "crm.tag", "values": {"name": name}, "connection": "Demo"});
    agent.call("odoo_create", tag("Charged")).await.unwrap();
    let error = agent.call("odoo_create", tag("Charged")).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::OdooRefused, "{error:?}");
    assert_eq!(house.times("create"), 2);
    assert_eq!(agent.call("odoo_create", tag("Another")).await.unwrap_err().code, ErrorCode::RateLimited);
}

#[tokio::test]
async fn a_read_that_was_cancelled_on_its_way_stays_charged() {
    let house = House::slow(Duration::from_millis(400)).await;
    let agent = house.admitted("claude-code").await;
    house.save("user", &hourly("odoo_search_read", 2)).await;
    let read = json!({"model": "res.partner", "fields": ["name"], "limit": 1});
    agent.call("odoo_search_read", read.clone()).await.unwrap();
    // The model is known by now, so that the one request of this call is the read itself.
    let cancel = CancellationToken::new();
    let (calling, token, arguments) = (agent.clone(), cancel.clone(), read.clone());
    let call = tokio::spawn(async move { calling.call_until("odoo_search_read", arguments, &token).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    cancel.cancel();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::Cancelled);
    assert_eq!(agent.call("odoo_search_read", read).await.unwrap_err().code, ErrorCode::RateLimited);
}

#[tokio::test]
async fn rows_are_charged_when_they_were_counted_and_the_call_after_is_refused() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let rows = r#"{"version": "1", "default": "allow", "tools": {"odoo_search_read": {"limits": [
        {"counter": "rows", "window": "day", "max": 4, "scope": "grant", "increment_from": "call.rows"}]}}}"#;
    house.save("user", rows).await;
    let read = json!({"model": "res.partner", "fields": ["name"], "limit": 3});
    agent.call("odoo_search_read", read.clone()).await.unwrap();
    agent.call("odoo_search_read", read.clone()).await.unwrap();
    assert_eq!(agent.call("odoo_search_read", read).await.unwrap_err().code, ErrorCode::RateLimited);
}

#[tokio::test]
async fn until_rows_are_counted_the_journal_charges_as_many_as_there_can_be() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let rows = r#"{"version": "1", "default": "allow", "tools": {"odoo_search_read": {"limits": [
        {"counter": "rows", "window": "day", "max": 100, "scope": "grant", "increment_from": "call.rows"}]}}}"#;
    house.save("user", rows).await;
    agent.call("odoo_search_read", json!({"model": "res.partner", "fields": ["name"], "limit": 3})).await.unwrap();
    agent
        .call(
            "odoo_search_read",
            json!({"model": "res.partner", "fields": ["name"], "limit": 50, "domain": [["id", "=", 1]]}),
        )
        .await
        .unwrap();
    let entries = || house.broker.activity(ActivityFilter::default()).unwrap().entries;
    let sum = |charges: &[Charge]| {
        charges.iter().filter(|c| c.counter == "user/claude-code/rows").map(|c| c.amount).sum::<u64>()
    };
    let taken: Vec<u64> = entries()
        .iter()
        .rev()
        .filter_map(|entry| match &entry.event {
            JournalEvent::Intent { of, .. } => Some(sum(&of.charges)),
            _ => None,
        })
        .collect();
    assert_eq!(taken, [3, 50], "before the answers came");
    house
        .until("both reads settled", |_| {
            let settled: Vec<(u64, u64)> = entries()
                .iter()
                .rev()
                .filter_map(|entry| match &entry.event {
                    JournalEvent::Settled { given_back, charges, .. } => Some((sum(given_back), sum(charges))),
                    _ => None,
                })
                .collect();
            settled == [(3, 3), (50, 1)]
        })
        .await;
}

#[tokio::test]
async fn eight_agents_at_once_never_spend_more_than_there_is() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.save("user", &hourly("user_connection_list", 5)).await;
    let calls: Vec<_> = (0..20).map(|_| agent.calling("user_connection_list", json!({}))).collect();
    let mut passed = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => passed += 1,
            Err(error) => assert_eq!(error.code, ErrorCode::RateLimited),
        }
    }
    assert_eq!(passed, 5);
}

#[tokio::test]
async fn asks_survive_a_restart() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    // One ask was the admission.
    for n in 0..3 {
        let call = agent.calling("odoo_write", write(&format!("+{n}")));
        let card = house.card().await;
        house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
        call.await.unwrap().unwrap_err();
    }
    let error = agent.call("odoo_write", write("+9")).await.unwrap_err();
    assert_eq!(error.rule.as_deref(), Some("(ask budget)"));
    assert!(error.retry_after.is_some_and(|wait| wait <= 600), "{error:?}");
    let house = house.again(0).await;
    let bridge = house.bridge("claude-code").await;
    let error = bridge.call("user_connection_list", json!({})).await.unwrap_err();
    assert_eq!(error.rule.as_deref(), Some("(ask budget)"), "also to be admitted is an ask: {error:?}");
}

fn at_the_start_of_a_minute(house: &House) {
    use gatehouse_broker::Clock as _;
    let into = u64::try_from(house.clock.now().as_millis().rem_euclid(60_000)).unwrap();
    house.clock.forward(Duration::from_millis(60_000 - into));
}
