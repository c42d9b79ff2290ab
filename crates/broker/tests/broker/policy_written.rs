//! What the journal keeps of policy: which policies judged a call, and why.

use crate::house::House;
use gatehouse_broker::view::{ActivityFilter, Verdict};
use gatehouse_core::JournalEvent;
use serde_json::{Value, json};

const NO_WRITE: &str = r#"{"version": "1", "default": "allow", "tools": {"odoo_write": {"deny_if": [{"conditions": [], "on_deny": "not today"}]}}}"#;

fn phone() -> Value {
    json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"})
}

#[tokio::test]
async fn every_call_is_written_down_with_the_policies_that_judged_it_and_why() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let read = json!({"model": "res.partner", "fields": ["name"], "limit": 3});
    agent.call("odoo_search_read", read.clone()).await.unwrap();
    house.save("user", NO_WRITE).await;
    agent.call("odoo_search_read", read).await.unwrap();
    agent.call("odoo_write", phone()).await.unwrap_err();
    agent.call("odoo_search_read", json!({"model": "ir.config_parameter"})).await.unwrap_err();
    let page = house.broker.activity(ActivityFilter::default()).unwrap();
    let calls: Vec<_> = page
        .entries
        .iter()
        .rev()
        .filter_map(|entry| match &entry.event {
            JournalEvent::Call { of, .. } | JournalEvent::Intent { of, .. } if of.tool.starts_with("odoo_") => {
                Some((entry.seq, of.clone()))
            }
            _ => None,
        })
        .collect();
    let [first, second, denied, guarded] = calls.as_slice() else { panic!("{calls:?}") };
    assert!(first.1.policy.is_some() && second.1.policy.is_some());
    assert_ne!(first.1.policy, second.1.policy, "another policy judged");
    assert_eq!(denied.1.policy, second.1.policy);
    assert_eq!((denied.1.decision.as_str(), denied.1.rule.as_str()), ("deny", "user:/tools/odoo_write/deny_if/0"));
    assert_eq!((guarded.1.decision.as_str(), guarded.1.rule.as_str()), ("deny", "(guard)"));
    let payload = |seq: u64| -> Value {
        serde_json::from_str(&house.broker.activity_detail(seq).unwrap().payload.unwrap()).unwrap()
    };
    let first = payload(first.0);
    assert_eq!(first["facts"]["model"], "res.partner");
    assert_eq!(first["connection"]["environment"], "production");
    assert_eq!(first["explanation"]["decision"]["kind"], "allow");
    let denied = payload(denied.0);
    let layers = denied["explanation"]["readings"][0]["layers"].as_array().unwrap();
    let user = layers.iter().find(|layer| layer["layer"] == "user").unwrap();
    assert_eq!(user["decision"]["rule"], "user:/tools/odoo_write/deny_if/0");
    let short = house.layer("user").revision;
    assert!(denied["policies"]["user"].as_str().unwrap().starts_with(&short), "{}", denied["policies"]);
    assert_eq!(payload(guarded.0)["explanation"]["guard"]["rule"], "(guard)");
    let saved = page.entries.iter().find(|entry| matches!(&entry.event, JournalEvent::Policy { .. })).unwrap();
    assert_eq!(payload(saved.seq), json!({"before": null, "after": NO_WRITE}));
}

#[tokio::test]
async fn a_call_that_was_refused_by_the_person_is_written_down_with_what_was_asked() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let call = agent.calling("odoo_write", phone());
    let card = house.card().await;
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();
    let page =
        house.broker.activity(ActivityFilter { decision: Some("ask".into()), ..ActivityFilter::default() }).unwrap();
    let JournalEvent::Call { of, .. } = &page.entries[0].event else { panic!("{page:?}") };
    assert_eq!((of.tool.as_str(), of.ticket.as_ref()), ("odoo_write", Some(&card.ticket)));
    assert!(of.charges.is_empty(), "what never ran costs nothing");
    let detail = house.broker.activity_detail(page.entries[0].seq).unwrap();
    assert!(detail.payload.unwrap().contains("require_approval"));
}
