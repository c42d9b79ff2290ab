//! The card tells what Odoo changes besides, as Odoo itself foresees, before anything is sent.

use crate::denied::house_denied;
use crate::execute::{done, last_undo, on_demo, taken_back};
use crate::house::House;
use crate::reading::older_house;
use gatehouse_broker::view::{CallCard, Card, CardContent, FieldChange, Verdict};
use gatehouse_core::EdgeError;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };
/// A quotation of the demo, and a customer other than its own.
pub(crate) const ORDER: i64 = 7;
const CUSTOMER: i64 = 14;

pub(crate) fn content(card: &Card) -> &CallCard {
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    content
}

/// The person says no.
pub(crate) async fn refuse(house: &House, card: &Card, call: JoinHandle<Result<Value, EdgeError>>) {
    house.decide(card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();
}

fn of<'a>(changes: &'a [FieldChange], name: &str) -> &'a FieldChange {
    changes.iter().find(|change| change.field == name).unwrap_or_else(|| panic!("{name} is not among {changes:?}"))
}

pub(crate) async fn an_order_of_another_customer(house: &House) -> Value {
    let now = house.stored("sale.order", ORDER, "partner_id").await;
    assert_ne!(now[0], json!(CUSTOMER));
    json!({"model": "sale.order", "ids": [ORDER], "values": {"partner_id": CUSTOMER}})
}

#[tokio::test]
async fn a_write_shows_the_further_fields_that_odoo_changes_with_before_and_after() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let before = house.stored("sale.order", ORDER, "partner_shipping_id").await;
    let call = agent.calling("odoo_write", an_order_of_another_customer(&house).await);
    let card = house.card().await;
    let record = &content(&card).records[0];
    assert_eq!(record.fields.len(), 1, "what was asked for stands by itself: {record:?}");
    let address = of(&record.besides, "partner_shipping_id");
    assert_eq!(address.before.as_deref().unwrap(), format!("{} (#{})", before[1].as_str().unwrap(), before[0]));
    let after = address.after.clone().unwrap();
    assert!(record.besides.iter().all(|change| change.field != "partner_id" && change.field != "write_date"));
    assert_eq!((house.times("write"), house.times("onchange")), (0, 1));
    house.decide(&card, YES).await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!(house.times("onchange"), 1, "looking once more before it runs asks only for what is written");
    // It was foreseen as it came.
    let now = house.stored("sale.order", ORDER, "partner_shipping_id").await;
    assert_eq!(after, format!("{} (#{})", now[1].as_str().unwrap(), now[0]));
}

#[tokio::test]
async fn a_write_that_has_no_further_effect_shows_none() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let values = json!({"model": "res.partner", "ids": [CUSTOMER], "values": {"phone": "+32 2 555"}});
    let call = agent.calling("odoo_write", values);
    let card = house.card().await;
    assert!(content(&card).records[0].besides.is_empty(), "{card:?}");
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn a_new_record_shows_what_odoo_fills_in() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let call = agent.calling("odoo_create", json!({"model": "sale.order", "values": {"partner_id": CUSTOMER}}));
    let card = house.card().await;
    let record = &content(&card).records[0];
    assert_eq!(record.fields.len(), 1, "{record:?}");
    assert!(record.besides.iter().all(|change| change.before.is_none() && change.after.is_some()));
    assert_eq!(of(&record.besides, "state").after.as_deref(), Some("Quotation"));
    assert!(of(&record.besides, "partner_invoice_id").after.is_some());
    assert!(record.besides.iter().all(|change| change.field != "partner_id"), "{:?}", record.besides);
    refuse(&house, &card, call).await;
    assert_eq!(house.times("create"), 0);
}

#[tokio::test]
async fn of_more_than_ten_records_the_first_is_asked_about_and_the_card_says_so() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let found = agent.call("odoo_search_read", json!({"model": "res.partner", "fields": ["name"], "limit": 12}));
    let ids = crate::house::ids(&found.await.unwrap());
    assert_eq!(ids.len(), 12);
    let values = json!({"model": "res.partner", "ids": ids, "values": {"country_id": "Belgium"}});
    let call = agent.calling("odoo_write", values);
    let card = house.card().await;
    assert_eq!(house.times("onchange"), 1);
    let said = "What Odoo changes besides is shown for the first of 12 records.";
    assert!(content(&card).touches.iter().any(|line| line == said), "{:?}", content(&card).touches);
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn where_odoo_cannot_tell_the_card_says_that_it_is_not_predicted() {
    let house = older_house().await;
    let agent = house.admitted("claude-code").await;
    let call = agent.calling("odoo_write", an_order_of_another_customer(&house).await);
    let card = house.card().await;
    assert!(content(&card).records[0].besides.is_empty());
    assert!(
        content(&card).touches.iter().any(|line| line.contains("is not predicted")),
        "{:?}",
        content(&card).touches
    );
    assert_eq!(house.times("onchange"), 0);
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn a_new_record_that_may_be_there_already_is_told_with_what_is_the_same() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let name = house.stored("res.partner", CUSTOMER, "name").await;
    let email = house.stored("res.partner", CUSTOMER, "email").await;
    let create = |values: Value| json!({"model": "res.partner", "values": values});
    let like = create(json!({"name": name.as_str().unwrap().to_uppercase(), "email": email}));
    let call = agent.calling("odoo_create", like);
    let card = house.card().await;
    let touches = &content(&card).touches;
    let told = format!("(#{CUSTOMER}), with the same Email and Name.");
    assert!(
        touches.iter().any(|line| line.starts_with("Perhaps there already:") && line.ends_with(&told)),
        "{touches:?}"
    );
    refuse(&house, &card, call).await;
    let call = agent.calling("odoo_create", create(json!({"name": "%", "email": "nobody_@%.example"})));
    let card = house.card().await;
    assert!(content(&card).touches.iter().all(|line| !line.contains("already")), "{card:?}");
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn all_of_many_new_records_are_looked_for_in_one_request() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let there = house.stored("res.partner", CUSTOMER, "email").await;
    let mut values: Vec<Value> = (0..99)
        .map(|n| json!({"name": format!("One of a hundred {n}"), "email": format!("{n}@hundred.example")}))
        .collect();
    values.push(json!({"name": "The hundredth", "email": there}));
    let before = house.times("search_read");
    let call = agent.calling("odoo_create", json!({"model": "res.partner", "values": values}));
    let card = house.card().await;
    let told = format!("(#{CUSTOMER}), with the same Email.");
    assert!(content(&card).touches.iter().any(|line| line.ends_with(&told)), "{:?}", content(&card).touches);
    assert_eq!(house.times("search_read") - before, 1);
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn where_nobody_may_look_for_the_same_record_the_card_says_so() {
    let house = house_denied(&["/res.partner/search_read", "=ilike"]).await;
    let agent = house.admitted("claude-code").await;
    let call = agent.calling("odoo_create", json!({"model": "res.partner", "values": {"name": "Somebody new"}}));
    let card = house.card().await;
    let said = "Whether it is there already could not be looked up.";
    assert!(content(&card).touches.iter().any(|line| line == said), "{:?}", content(&card).touches);
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn what_changed_besides_is_taken_back_too() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let read = async || {
        let mut values = Vec::new();
        for field in ["partner_id", "partner_shipping_id", "partner_invoice_id"] {
            values.push(house.stored("sale.order", ORDER, field).await);
        }
        values
    };
    // An address that would not come back by itself.
    house.meddle("sale.order", ORDER, json!({"partner_shipping_id": 9})).await;
    let before = read().await;
    done(&house, &agent, "odoo_write", on_demo(an_order_of_another_customer(&house).await)).await;
    assert_ne!(read().await[1], before[1]);
    let undo = last_undo(&house);
    let values = &undo["calls"][0]["arguments"]["updates"][0]["values"];
    assert_eq!(values["partner_shipping_id"], json!(9), "{undo}");
    taken_back(&house, &agent).await;
    assert_eq!(read().await, before);
}

#[tokio::test]
async fn a_field_that_odoo_changes_besides_voids_the_yes_when_it_changes_first() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let call = agent.calling("odoo_write", an_order_of_another_customer(&house).await);
    let card = house.card().await;
    of(&content(&card).records[0].besides, "partner_shipping_id");
    house.meddle("sale.order", ORDER, json!({"partner_shipping_id": 9})).await;
    house.decide(&card, YES).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code, gatehouse_core::ErrorCode::Drifted);
    assert_eq!(house.times("write"), 1, "ours behind its back alone");
}
