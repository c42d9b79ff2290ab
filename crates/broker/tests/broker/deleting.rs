//! Deleting: the card counts what goes along, and what the records held stays in the journal.

use crate::house::{House, ids};
use gatehouse_broker::view::{ActivityFilter, Card, CardContent, Verdict};
use gatehouse_core::{ErrorCode, JournalEvent};
use serde_json::{Value, json};

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

fn touches(card: &Card) -> &[String] {
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    &content.touches
}

/// A quotation with two lines, made by the agent with the person's yes.
async fn quotation(house: &House, agent: &crate::house::Agent) -> i64 {
    let line = json!([0, 0, {"product_id": {"id": 1}, "product_uom_qty": 2}]);
    let values = json!({"partner_id": 10, "client_order_ref": "PO 77", "order_line": [line.clone(), line]});
    let call = agent.calling("odoo_create", json!({"model": "sale.order", "values": values}));
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    ids(&call.await.unwrap().unwrap())[0]
}

#[tokio::test]
async fn what_goes_along_is_counted_and_what_was_held_stays_in_the_journal() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let order = quotation(&house, &agent).await;
    let before = house.sim.log().len();
    let call = agent.calling("odoo_unlink", json!({"model": "sale.order", "ids": [order]}));
    let card = house.card().await;
    assert_eq!(house.sim.log().len() - before, 1, "one request for the whole card");
    let told = touches(&card);
    assert!(told.iter().any(|line| line.contains("2 × sale.order.line")), "{told:?}");
    house.decide(&card, YES).await.unwrap();
    call.await.unwrap().unwrap();
    let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
    let intent = entries
        .iter()
        .find(|entry| matches!(&entry.event, JournalEvent::Intent { of, .. } if of.tool == "odoo_unlink"));
    let detail = house.broker.activity_detail(intent.unwrap().seq).unwrap();
    let payload: Value = serde_json::from_str(&detail.payload.unwrap()).unwrap();
    let held = &payload["before"][order.to_string()];
    assert_eq!((&held["client_order_ref"], &held["partner_id"][0]), (&json!("PO 77"), &json!(10)), "{held}");
    assert_eq!(held["order_line"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_record_that_changed_after_the_yes_is_not_deleted() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let order = quotation(&house, &agent).await;
    let call = agent.calling("odoo_unlink", json!({"model": "sale.order", "ids": [order]}));
    let card = house.card().await;
    house.meddle("sale.order", order, json!({"client_order_ref": "PO 78"})).await;
    house.decide(&card, YES).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::Drifted);
    assert_eq!(house.times("unlink"), 0);
}
