//! Taking back what touched many records: their number is typed, as for a call that does the same.

use crate::execute::{done, on_demo};
use crate::house::{Agent, House, ids};
use crate::taking_back::{all_of_the_hour, asked, house, last_call};
use gatehouse_broker::view::{Card, Verdict};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

async fn quotations(house: &House, agent: &Agent, count: usize) -> Vec<i64> {
    let values = vec![json!({"partner_id": 10}); count];
    let made = done(house, agent, "odoo_create", on_demo(json!({"model": "sale.order", "values": values}))).await;
    let made: Vec<i64> = made["ids"].as_array().unwrap().iter().filter_map(Value::as_i64).collect();
    assert_eq!(made.len(), count);
    made
}

async fn typed(house: &House, card: &Card, count: Option<u64>) -> Result<(), ErrorCode> {
    let verdict = Verdict::Approve { typed_count: count, unseen: None };
    house.decide(card, verdict).await.map_err(|error| error.code)
}

#[tokio::test]
async fn taking_back_that_deletes_more_than_ten_records_wants_their_number_typed() {
    let (house, agent) = house().await;
    let made = quotations(&house, &agent, 11).await;
    let (card, undo) = asked(&house, &last_call(&house)).await;
    assert_eq!((undo.steps[0].tool.as_str(), undo.type_count), ("odoo_unlink", Some(11)));
    for wrong in [None, Some(10), Some(12)] {
        assert_eq!(typed(&house, &card, wrong).await, Err(ErrorCode::InvalidArguments), "{wrong:?}");
    }
    assert!(!house.stored("sale.order", made[0], "id").await.is_null(), "nothing is deleted yet");
    typed(&house, &card, Some(11)).await.unwrap();
    assert!(house.stored("sale.order", made[0], "id").await.is_null());
}

#[tokio::test]
async fn ten_that_are_deleted_and_eleven_that_are_archived_want_none() {
    let (house, agent) = house().await;
    quotations(&house, &agent, 10).await;
    let (card, undo) = asked(&house, &last_call(&house)).await;
    assert_eq!((undo.steps[0].tool.as_str(), undo.type_count), ("odoo_unlink", None));
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    let values: Vec<Value> = (0..11).map(|number| json!({"name": format!("Contact {number}")})).collect();
    done(&house, &agent, "odoo_create", on_demo(json!({"model": "res.partner", "values": values}))).await;
    let (_, undo) = asked(&house, &last_call(&house)).await;
    assert_eq!((undo.steps[0].tool.as_str(), undo.type_count), ("odoo_write", None));
}

#[tokio::test]
async fn several_calls_count_together_and_a_record_counts_once() {
    let (house, agent) = house().await;
    for _ in 0..2 {
        quotations(&house, &agent, 6).await;
    }
    for phone in ["+2", "+3", "+4"] {
        let write = json!({"model": "res.partner", "ids": [10], "values": {"phone": phone}});
        done(&house, &agent, "odoo_write", on_demo(write)).await;
    }
    let (card, undo) = all_of_the_hour(&house).await;
    assert_eq!((undo.calls.len(), undo.type_count), (5, Some(13)));
    assert_eq!(typed(&house, &card, None).await, Err(ErrorCode::InvalidArguments));
    typed(&house, &card, Some(13)).await.unwrap();
}

#[tokio::test]
async fn more_records_than_fifty_want_their_number_typed_whatever_is_done_to_them() {
    let (house, agent) = house().await;
    let search = json!({"model": "res.partner", "fields": ["name"], "limit": 60, "order": "id desc"});
    let all = ids(&agent.call("odoo_search_read", search).await.unwrap());
    let write = json!({"model": "res.partner", "ids": all, "values": {"phone": "+32 1"}});
    let call = agent.calling("odoo_write", on_demo(write));
    let card = house.card().await;
    typed(&house, &card, Some(60)).await.unwrap();
    call.await.unwrap().unwrap();
    let (card, undo) = asked(&house, &last_call(&house)).await;
    assert_eq!((undo.steps.len(), undo.type_count), (2, Some(60)));
    assert_eq!(typed(&house, &card, None).await, Err(ErrorCode::InvalidArguments));
    typed(&house, &card, Some(60)).await.unwrap();
}
