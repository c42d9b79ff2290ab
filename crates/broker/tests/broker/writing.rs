//! Creating, changing, deleting: what is lacking is told before anybody is asked, and what a write was like before is kept.

use crate::execute::{approved, done, on_demo};
use crate::house::House;
use gatehouse_broker::view::CardContent;
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

#[tokio::test]
async fn what_a_new_record_needs_is_told_before_anybody_is_asked() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let order = on_demo(json!({"model": "sale.order", "values": {"note": "no customer"}}));
    let error = agent.call("odoo_create", order).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArguments);
    assert!(error.message.contains("partner_id") && error.message.contains("res.partner"), "{}", error.message);
    let two = on_demo(json!({"model": "sale.order", "values": [{"partner_id": 9}, {"note": "none"}]}));
    let error = agent.call("odoo_create", two).await.unwrap_err();
    assert!(error.message.starts_with("values/1: sale.order needs partner_id"), "{}", error.message);
    assert!(house.approver.cards().is_empty());
    assert_eq!(house.times("create"), 0);
}

#[tokio::test]
async fn what_is_given_or_filled_by_odoo_is_not_missed_and_costs_no_request() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let contact = on_demo(json!({"model": "res.partner", "values": {"name": "Whole"}}));
    let (_, answer) = approved(&house, &agent, "odoo_create", contact).await;
    assert_eq!(answer.unwrap()["status"], "created");
    assert_eq!(house.times("default_get"), 0);
}

#[tokio::test]
async fn many_records_with_values_of_their_own_are_one_call_and_one_transaction() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let updates = json!([{"id": 9, "values": {"phone": "+9"}}, {"id": 10, "values": {"phone": "+10"}}]);
    let answer = done(&house, &agent, "odoo_write", on_demo(json!({"model": "res.partner", "updates": updates}))).await;
    assert_eq!((&answer["status"], &answer["ids"]), (&json!("written"), &json!([9, 10])));
    assert_eq!((house.times("web_save_multi"), house.times("write")), (1, 0));
    assert_eq!(house.stored("res.partner", 9, "phone").await, json!("+9"));
    assert_eq!(house.stored("res.partner", 10, "phone").await, json!("+10"));
}

#[tokio::test]
async fn a_write_that_nobody_is_asked_about_finds_missing_records_before_it_is_sent() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.make_development().await;
    let write = on_demo(json!({"model": "res.partner", "ids": [10, 99_999], "values": {"phone": "+1"}}));
    let error = agent.call("odoo_write", write).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RecordMissing);
    assert!(error.message.contains("99999") && !error.message.contains("10,"), "{}", error.message);
    assert_eq!(house.times("write"), 0);
}

#[tokio::test]
async fn the_record_of_an_earlier_step_is_shown_by_its_step_and_not_looked_up() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let steps = json!([
        {"tool": "odoo_create", "arguments": {"model": "res.partner", "values": {"name": "Parent"}}},
        {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [10], "values": {"parent_id": {"step": 1}}}},
        {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": {"step": 1}, "values": {"phone": "+3"}}},
    ]);
    let (card, answer) = approved(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    let parent = content.steps[1].records[0].fields.iter().find(|field| field.field == "parent_id").unwrap();
    assert_eq!(parent.after.as_deref(), Some("the record of step 1"));
    let later = &content.steps[2].records[0];
    assert_eq!((later.name.as_str(), later.id), ("the record of step 1", None));
    assert_eq!(later.fields[0].before, None, "there is nothing before it");
    assert!(content.steps[0].records[0].besides.is_empty());
    assert!(content.touches.iter().any(|line| line.contains("not predicted for the steps")), "{:?}", content.touches);
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "done", "{answer}");
    let made = answer["steps"][0]["ids"][0].as_i64().unwrap();
    assert_eq!(house.stored("res.partner", 10, "parent_id").await[0], json!(made));
    assert_eq!(house.stored("res.partner", made, "phone").await, json!("+3"));
}

#[tokio::test]
async fn what_is_not_there_yet_is_not_deleted() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let steps = json!([
        {"tool": "odoo_create", "arguments": {"model": "res.partner", "values": {"name": "Short-lived"}}},
        {"tool": "odoo_unlink", "arguments": {"model": "res.partner", "ids": {"step": 1}}},
    ]);
    let error = agent.call("odoo_plan", on_demo(json!({"steps": steps}))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArguments);
    assert!(error.message.contains("step 2") && error.message.contains("not there yet"), "{}", error.message);
}

#[tokio::test]
async fn a_deletion_names_where_it_took_place_and_what_goes_with_it() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let made = on_demo(json!({"model": "res.partner", "values": {"name": "To be deleted"}}));
    let id = done(&house, &agent, "odoo_create", made).await["ids"][0].clone();
    let (card, answer) =
        approved(&house, &agent, "odoo_unlink", on_demo(json!({"model": "res.partner", "ids": [id]}))).await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert_eq!(content.records[0].name, "To be deleted");
    assert!(content.touches.iter().any(|touched| touched.contains("Archiving would do")), "{:?}", content.touches);
    assert!(content.can_archive);
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "deleted");
    for part in ["connection", "database", "company"] {
        assert!(answer.get(part).is_some_and(|value: &Value| !value.is_null()), "{part} is missing in {answer}");
    }
}

#[tokio::test]
async fn a_text_or_list_that_was_shown_in_part_is_not_written_back() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.meddle("res.partner", 9, json!({"website": "x".repeat(3_000)})).await;
    let read = on_demo(json!({"model": "res.partner", "ids": [9, 10], "fields": ["website"]}));
    let answer = agent.call("odoo_read", read).await.unwrap();
    let shown = crate::house::records(&answer)[0]["website"].clone();
    assert!(shown.as_str().unwrap().ends_with("… [2000 more characters]"), "{shown}");
    for values in [json!({"website": shown}), json!({"category_id": [1, "… 50 more"]})] {
        let write = on_demo(json!({"model": "res.partner", "ids": [9], "values": values}));
        let error = agent.call("odoo_write", write).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{values}");
        assert!(error.message.contains("shown only in part"), "{}", error.message);
    }
    assert!(house.approver.cards().is_empty());
}
