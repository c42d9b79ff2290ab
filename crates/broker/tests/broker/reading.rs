//! Reads run by themselves, within policy; what may never be read is refused.

use crate::house::House;
use gatehouse_broker::view::ActivityFilter;
use gatehouse_core::{ErrorCode, JournalEvent, Outcome};
use serde_json::json;

#[tokio::test]
async fn a_read_runs_unasked_and_stands_in_the_journal() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent
        .call("odoo_search_read", json!({"model": "res.partner", "fields": ["name", "country_id"], "limit": 3}))
        .await
        .unwrap();
    assert_eq!(answer["records"].as_array().unwrap().len(), 3);
    assert_eq!(answer["has_more"], true);
    let next = agent
        .call(
            "odoo_search_read",
            json!({"model": "res.partner", "fields": ["name"], "limit": 3, "cursor": answer["cursor"]}),
        )
        .await
        .unwrap();
    assert_ne!(next["records"][0]["id"], answer["records"][0]["id"]);
    let page = house.broker.activity(ActivityFilter::default()).unwrap();
    let read = page.entries.iter().find_map(|entry| match &entry.event {
        JournalEvent::Call { of, outcome, .. } if of.tool == "odoo_search_read" => Some((of.clone(), outcome.clone())),
        _ => None,
    });
    let (of, outcome) = read.expect("the read stands in the journal");
    assert_eq!((of.decision.as_str(), of.model.as_deref()), ("allow", Some("res.partner")));
    assert_eq!(outcome, Outcome::Done { summary: "3 rows".into() });
    assert!(house.broker.verify_journal().await.unwrap().ok);
}

#[tokio::test]
async fn one_search_is_one_request_once_the_fields_are_known() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let arguments = json!({"model": "res.partner", "domain": [["is_company", "=", true]], "fields": ["name"]});
    agent.call("odoo_search_read", arguments.clone()).await.unwrap();
    let before = house.sim.log().len();
    agent.call("odoo_search_read", arguments).await.unwrap();
    assert_eq!(house.sim.log().len() - before, 1);
}

#[tokio::test]
async fn what_does_not_parse_is_refused_with_its_place_and_never_widened() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let before = house.times("search_read");
    for (arguments, part) in [
        (json!({"model": "res.partner", "domain": [["nmae", "=", "x"]]}), "domain/0"),
        (json!({"model": "res.partner", "domain": "name = x"}), "domain"),
        (json!({"model": "res.partner", "limit": 0}), "limit"),
        (json!({"model": "res.partner", "order": "naem desc"}), "order"),
        (json!({"model": "res.partner", "fields": ["nmae"]}), "fields/0"),
        (json!({"model": "res.partner", "filter": []}), "filter: unknown argument"),
    ] {
        let error = agent.call("odoo_search_read", arguments.clone()).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{arguments}: {error:?}");
        assert!(error.message.contains(part), "{part} is not in {}", error.message);
    }
    assert_eq!(house.times("search_read"), before, "nothing was sent");
}

#[tokio::test]
async fn the_guard_stands_before_every_policy() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    for (tool, arguments) in [
        ("odoo_search_read", json!({"model": "ir.config_parameter"})),
        ("odoo_search_read", json!({"model": "res.users", "fields": ["password"]})),
        ("odoo_search_read", json!({"model": "res.partner", "domain": [["user_ids.password", "=like", "a%"]]})),
        ("odoo_write", json!({"model": "res.users", "ids": [2], "values": {"name": "x"}})),
        ("odoo_unlink", json!({"model": "ir.rule", "ids": [1]})),
    ] {
        let error = agent.call(tool, arguments.clone()).await.unwrap_err();
        let refused = matches!(error.code, ErrorCode::Denied | ErrorCode::InvalidArguments | ErrorCode::UnknownSchema);
        assert!(refused, "{tool} {arguments}: {error:?}");
    }
    assert!(house.approver.cards().is_empty(), "nobody is asked about what is never done");
    assert_eq!(house.times("write") + house.times("unlink"), 0);
}

#[tokio::test]
async fn an_agent_reaches_only_what_it_was_granted() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let error =
        agent.call("odoo_search_read", json!({"model": "res.partner", "connection": "other"})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UnknownConnection);
    assert!(error.message.contains("Demo"), "{}", error.message);
}

#[tokio::test]
async fn related_records_come_in_the_same_trip() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent
        .call(
            "odoo_search_read",
            json!({"model": "sale.order", "fields": ["name", "partner_id", "order_line.name"], "limit": 2}),
        )
        .await
        .unwrap();
    let order = &answer["records"][0];
    assert!(order["partner_id"]["name"].is_string(), "{order}");
    assert!(order["order_line"][0]["name"].is_string(), "{order}");
}

#[tokio::test]
async fn a_limit_that_is_spent_says_when_to_come_back() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let mut spent = None;
    for _ in 0..70 {
        if let Err(error) = agent.call("odoo_list_models", json!({"pattern": "sale"})).await {
            spent = Some(error);
            break;
        }
    }
    let error = spent.expect("sixty reads a minute, not more");
    assert_eq!(error.code, ErrorCode::RateLimited);
    assert!(error.retry && error.message.contains("Try again in"), "{error:?}");
}
