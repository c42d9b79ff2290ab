//! What happened since a call stands against taking it back: what a person moved on, what was so before, what nobody can
//! tell. What nothing stands against goes back, whatever was done between.

use crate::connections::draft;
use crate::execute::{done, on_demo};
use crate::house::{Agent, House};
use crate::line::Writes;
use crate::read_back::over_a_line;
use crate::taking_back::{
    YES, all_of_the_hour, asked, house, last_call, offer, partner, phone, refused, shown, taken_back, write,
};
use gatehouse_broker::view::{SecretInput, UndoOffer, Verdict};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;

const ALLOW: &str = r#"{"version": "1", "default": "allow"}"#;

async fn quotation(house: &House, agent: &Agent) -> i64 {
    let order = on_demo(json!({"model": "sale.order", "values": {"partner_id": 10}}));
    done(house, agent, "odoo_create", order).await["ids"][0].as_i64().unwrap()
}

async fn run(house: &House, agent: &Agent, model: &str, method: &str, ids: &[i64]) {
    done(house, agent, "odoo_execute", on_demo(json!({"model": model, "method": method, "ids": ids}))).await;
}

#[tokio::test]
async fn an_order_that_a_person_moved_on_since_is_not_moved_back() {
    let (house, agent) = house().await;
    let (moved, other) = (quotation(&house, &agent).await, quotation(&house, &agent).await);
    run(&house, &agent, "sale.order", "action_confirm", &[moved, other]).await;
    let confirmed = last_call(&house);
    house.meddle("sale.order", moved, json!({"state": "cancel"})).await;
    let undo = taken_back(&house, &confirmed).await;
    assert_eq!(undo.conflicts.len(), 1, "{:?}", undo.conflicts);
    let conflict = &undo.conflicts[0];
    assert_eq!((conflict.id, conflict.field.as_str()), (moved, "state"));
    assert_eq!((conflict.left.as_str(), conflict.now.as_str()), ("Sales Order", "Cancelled"));
    assert_eq!(house.stored("sale.order", moved, "state").await, json!("cancel"), "the person's own");
    assert_eq!(house.stored("sale.order", other, "state").await, json!("draft"));

    let only = quotation(&house, &agent).await;
    run(&house, &agent, "sale.order", "action_confirm", &[only]).await;
    house.meddle("sale.order", only, json!({"state": "cancel"})).await;
    let error = refused(&house, &last_call(&house)).await;
    assert!(error.message.contains("“Status” of") && error.message.contains("was changed since"), "{}", error.message);
}

#[tokio::test]
async fn what_was_so_before_is_not_undone() {
    let (house, agent) = house().await;
    let (locked, open) = (quotation(&house, &agent).await, quotation(&house, &agent).await);
    run(&house, &agent, "sale.order", "action_confirm", &[locked, open]).await;
    house.meddle("sale.order", locked, json!({"locked": true})).await;
    run(&house, &agent, "sale.order", "action_lock", &[locked, open]).await;
    let undo = taken_back(&house, &last_call(&house)).await;
    assert_eq!(undo.steps[0].records.len(), 1, "{undo:?}");
    assert_eq!(house.stored("sale.order", locked, "locked").await, json!(true));
    assert_eq!(house.stored("sale.order", open, "locked").await, json!(false));
    run(&house, &agent, "sale.order", "action_lock", &[locked]).await;
    let Some(UndoOffer::Impossible { why }) = offer(&house, &last_call(&house)) else { panic!("it changed nothing") };
    assert!(why.contains("changed nothing"), "{why}");
}

#[tokio::test]
async fn a_lost_lead_is_restored_as_odoo_does_it() {
    let (house, agent) = house().await;
    let lead = on_demo(json!({"model": "crm.lead", "values": {"name": "Lost and found"}}));
    let lead = done(&house, &agent, "odoo_create", lead).await["ids"][0].as_i64().unwrap();
    run(&house, &agent, "crm.lead", "action_set_lost", &[lead]).await;
    assert_eq!(house.stored("crm.lead", lead, "active").await, json!(false));
    let undo = taken_back(&house, &last_call(&house)).await;
    assert!(undo.steps[0].sentence.contains("action_restore"), "{:?}", undo.steps[0].sentence);
    assert!(undo.leaves.iter().any(|left| left.contains("probability")), "{:?}", undo.leaves);
    assert_eq!(house.stored("crm.lead", lead, "active").await, json!(true));
}

#[tokio::test]
async fn a_link_that_was_changed_under_its_words_goes_back() {
    let (house, agent) = house().await;
    let page = |target: &str| json!(format!("<p>Pay <a href=\"{target}\">here</a></p>"));
    let (good, evil) = (page("https://bank.example"), page("https://evil.example"));
    house.meddle("res.partner", 10, json!({"comment": good})).await;
    let call = write(&house, &agent, json!({"comment": evil})).await;
    assert_eq!(house.stored("res.partner", 10, "comment").await, evil);
    let undo = taken_back(&house, &call).await;
    assert!(shown(&undo, 0)[0].1.is_some_and(|before| before.contains("evil.example")), "{undo:?}");
    assert_eq!(house.stored("res.partner", 10, "comment").await, good);

    let call = write(&house, &agent, json!({"comment": evil})).await;
    house.meddle("res.partner", 10, json!({"comment": page("https://corrected.example")})).await;
    let error = refused(&house, &call).await;
    assert!(error.message.contains("was changed since"), "{}", error.message);
}

#[tokio::test]
async fn the_last_hour_stops_before_the_first_conflict() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1", "city": "Before"})).await;
    write(&house, &agent, json!({"city": "Written"})).await;
    write(&house, &agent, json!({"phone": "+2"})).await;
    let newer = write(&house, &agent, json!({"street": "New street"})).await;
    house.meddle("res.partner", 10, json!({"phone": "+3 theirs"})).await;
    let (card, undo) = all_of_the_hour(&house).await;
    assert_eq!(undo.calls.iter().map(|call| &call.call).collect::<Vec<_>>(), [&newer]);
    assert!(undo.stops_before.as_ref().is_some_and(|why| why.contains("“Phone”")), "{:?}", undo.stops_before);
    house.decide(&card, YES).await.unwrap();
    assert_eq!(phone(&house).await, json!("+3 theirs"));
    assert_eq!(house.stored("res.partner", 10, "city").await, json!("Written"));
}

#[tokio::test]
async fn the_last_hour_passes_by_what_has_no_way_back_and_names_it() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1", "city": "Before"})).await;
    let oldest = write(&house, &agent, json!({"city": "Written"})).await;
    let comment = json!({"model": "res.partner", "res_id": 10, "body": "It went out", "message_type": "comment"});
    done(&house, &agent, "odoo_message_post", on_demo(comment)).await;
    let newest = write(&house, &agent, json!({"phone": "+2"})).await;
    let (card, undo) = all_of_the_hour(&house).await;
    assert_eq!(undo.calls.iter().map(|call| &call.call).collect::<Vec<_>>(), [&newest, &oldest]);
    assert_eq!(undo.stops_before, None);
    assert!(undo.leaves.iter().any(|left| left.contains("posted a comment") && left.contains("stays")), "{undo:?}");
    house.decide(&card, YES).await.unwrap();
    assert_eq!(phone(&house).await, json!("+1"));
    assert_eq!(house.stored("res.partner", 10, "city").await, json!("Before"));
}

#[tokio::test]
async fn what_was_made_and_is_gone_again_stands_against_nothing_and_what_was_changed_does() {
    let (house, agent) = house().await;
    house.meddle("res.partner", 10, json!({"phone": "+1"})).await;
    let oldest = write(&house, &agent, json!({"phone": "+2"})).await;
    let category = |mut arguments: Value| {
        arguments["model"] = json!("res.partner.category");
        on_demo(arguments)
    };
    let tag = done(&house, &agent, "odoo_create", category(json!({"values": {"name": "Short-lived"}}))).await;
    let tag = tag["ids"][0].as_i64().unwrap();
    let made = last_call(&house);
    let below = category(json!({"values": {"name": "Below", "parent_id": tag}}));
    done(&house, &agent, "odoo_create", below).await;
    done(&house, &agent, "odoo_unlink", category(json!({"ids": [tag]}))).await;
    let (card, undo) = all_of_the_hour(&house).await;
    assert!(undo.calls.iter().any(|call| call.call == oldest), "{undo:?}");
    assert!(undo.leaves.iter().any(|left| left.contains("do not come back")), "{:?}", undo.leaves);
    assert_eq!(undo.stops_before, None);
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    let error = refused(&house, &made).await;
    assert!(error.message.contains("as it was before this call already"), "{}", error.message);

    let tag = done(&house, &agent, "odoo_create", category(json!({"values": {"name": "Renamed"}}))).await;
    let tag = tag["ids"][0].as_i64().unwrap();
    done(&house, &agent, "odoo_write", category(json!({"ids": [tag], "values": {"name": "Other"}}))).await;
    let renamed = last_call(&house);
    done(&house, &agent, "odoo_unlink", category(json!({"ids": [tag]}))).await;
    let error = refused(&house, &renamed).await;
    assert!(error.message.contains("does not exist there any more"), "{}", error.message);
}

#[tokio::test]
async fn the_last_hour_stops_after_fifty_calls() {
    let (house, agent) = house().await;
    house.save(&house.of_demo(), ALLOW).await;
    for number in 0..51 {
        agent.call("odoo_write", partner(json!({"phone": format!("+{number}")}))).await.unwrap();
    }
    let (card, undo) = all_of_the_hour(&house).await;
    assert_eq!(undo.calls.len(), 50);
    assert!(undo.stops_before.as_ref().is_some_and(|why| why.contains("after 50 calls")), "{:?}", undo.stops_before);
    house.decide(&card, YES).await.unwrap();
    assert_eq!(phone(&house).await, json!("+0"));
}

#[tokio::test]
async fn the_last_hour_stops_at_another_connection() {
    let house = House::with_demo().await;
    let key = SecretInput::ApiKey(house.sim.admin().api_key.clone().into());
    house.broker.save_connection(draft(&house, "Second"), Some(key)).await.unwrap();
    let agent = house.admitted("claude-code").await;
    write(&house, &agent, json!({"phone": "+2"})).await;
    let second = json!({"model": "res.partner", "ids": [10], "values": {"city": "Written"}, "connection": "Second"});
    done(&house, &agent, "odoo_write", second).await;
    let (card, undo) = all_of_the_hour(&house).await;
    assert_eq!(undo.calls.len(), 1);
    assert!(undo.stops_before.as_ref().is_some_and(|why| why.contains("in Demo")), "{:?}", undo.stops_before);
    house.decide(&card, YES).await.unwrap();
    assert_eq!(phone(&house).await, json!("+2"));
}

#[tokio::test]
async fn every_line_that_goes_back_stands_on_the_card_and_counts() {
    let (house, agent) = house().await;
    let lines: Vec<Value> = (0..60).map(|_| json!({"product_id": 1, "product_uom_qty": 1})).collect();
    let order = on_demo(json!({"model": "sale.order", "values": {"partner_id": 10, "order_line": lines}}));
    let call = agent.calling("odoo_create", order);
    let card = house.card().await;
    let all = Verdict::Approve { typed_count: Some(61), unseen: None };
    house.decide(&card, all.clone()).await.unwrap();
    let order = call.await.unwrap().unwrap()["ids"][0].as_i64().unwrap();
    let lines = house.stored("sale.order", order, "order_line").await;
    let lines: Vec<i64> = lines.as_array().unwrap().iter().filter_map(Value::as_i64).collect();
    assert_eq!(lines.len(), 60);
    let update: Vec<Value> = lines.iter().map(|id| json!([1, id, {"product_uom_qty": 7}])).collect();
    let call = agent.calling(
        "odoo_write",
        on_demo(json!({"model": "sale.order", "ids": [order], "values": {"order_line": update}})),
    );
    let card = house.card().await;
    house.decide(&card, all.clone()).await.unwrap();
    call.await.unwrap().unwrap();
    let (card, undo) = asked(&house, &last_call(&house)).await;
    let of_lines = undo.steps[0].records.iter().filter(|record| record.id.is_some_and(|id| lines.contains(&id)));
    assert_eq!((of_lines.count(), undo.type_count), (60, Some(61)), "{:?}", undo.steps[0].records.len());
    assert!(house.decide(&card, YES).await.is_err(), "their number is typed");
    house.decide(&card, all).await.unwrap();
    assert_eq!(house.stored("sale.order.line", lines[59], "product_uom_qty").await, json!(1.0));
}

#[tokio::test]
async fn an_undo_that_ended_half_way_leaves_the_rest_to_be_undone() {
    let house = House::slow(Duration::from_millis(100)).await;
    let demo = house.add_demo().await.id;
    let agent = house.admitted("claude-code").await;
    house.meddle("res.partner", 10, json!({"phone": "+1", "city": "Before"})).await;
    let steps = json!([
        {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [10], "values": {"phone": "+2"}}},
        {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [10], "values": {"city": "Written"}}},
    ]);
    done(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let plan = last_call(&house);
    let (card, undo) = asked(&house, &plan).await;
    assert_eq!(undo.steps.len(), 2);
    let writes = house.times("write");
    let (decided, signed_out) = tokio::join!(house.decide(&card, YES), async {
        house.until("the first step is sent", |house| house.times("write") > writes).await;
        house.broker.disconnect_connection(&demo).await
    });
    signed_out.unwrap();
    assert!(decided.is_err(), "the second step was not sent");
    assert_eq!(house.stored("res.partner", 10, "city").await, json!("Before"), "the first was");
    assert_eq!(phone(&house).await, json!("+2"));
    house.broker.reconnect_connection(&demo).await.unwrap();
    assert!(matches!(offer(&house, &plan), Some(UndoOffer::Possible { .. })), "{:?}", offer(&house, &plan));
    taken_back(&house, &plan).await;
    assert_eq!(phone(&house).await, json!("+1"));
    assert!(matches!(offer(&house, &plan), Some(UndoOffer::Undone { .. })));
}

#[tokio::test]
async fn an_undo_whose_answer_was_lost_is_read_back_and_counts() {
    let (house, agent, line) = over_a_line().await;
    house.meddle("res.partner", 10, json!({"phone": "+1"})).await;
    let call = write(&house, &agent, json!({"phone": "+2"})).await;
    let (card, _) = asked(&house, &call).await;
    line.set(Writes::Cut);
    let error = house.decide(&card, YES).await.unwrap_err();
    line.set(Writes::Answered);
    assert_eq!(error.code, ErrorCode::OutcomeUnknown, "{error:?}");
    assert_eq!(phone(&house).await, json!("+1"));
    assert!(matches!(offer(&house, &call), Some(UndoOffer::Undone { .. })), "{:?}", offer(&house, &call));
}

#[tokio::test]
async fn records_that_may_be_there_again_are_not_made_once_more_without_a_word() {
    let (house, agent, line) = over_a_line().await;
    let tag = on_demo(json!({"model": "res.partner.category", "values": {"name": "Deleted and back"}}));
    let tag = done(&house, &agent, "odoo_create", tag).await["ids"][0].as_i64().unwrap();
    done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "res.partner.category", "ids": [tag]}))).await;
    let call = last_call(&house);
    let (card, _) = asked(&house, &call).await;
    line.set(Writes::Dropped);
    house.decide(&card, YES).await.unwrap_err();
    line.set(Writes::Answered);
    let error = refused(&house, &call).await;
    assert!(error.message.contains("Odoo's answer was lost"), "{}", error.message);
    house.clock.forward(Duration::from_secs(155));
    let is_offered = |house: &House| matches!(offer(house, &call), Some(UndoOffer::Possible { .. }));
    house.until("it was looked for", is_offered).await;
    let undo = taken_back(&house, &call).await;
    let warned = undo.leaves.iter().find(|left| left.contains("would be made twice"));
    assert!(warned.is_some_and(|warned| warned.contains("No record with exactly these values")), "{:?}", undo.leaves);
}

#[cfg(feature = "real-odoo")]
mod real {
    use super::*;
    use crate::execute::real::real;
    use crate::house::records;

    async fn now(agent: &Agent, model: &str, id: i64, field: &str) -> Value {
        let read = on_demo(json!({"model": model, "ids": [id], "fields": [field]}));
        records(&agent.call("odoo_read", read).await.unwrap())[0][field].clone()
    }

    async fn made(house: &House, agent: &Agent, model: &str, values: Value) -> i64 {
        let made = done(house, agent, "odoo_create", on_demo(json!({"model": model, "values": values}))).await;
        made["ids"][0].as_i64().unwrap()
    }

    #[tokio::test]
    async fn a_confirmed_order_goes_back_by_the_person_s_hand_unless_somebody_moved_it_on() {
        let (house, agent) = real("admin").await;
        let order = made(&house, &agent, "sale.order", json!({"partner_id": 10})).await;
        run(&house, &agent, "sale.order", "action_confirm", &[order]).await;
        let confirmed = last_call(&house);
        let undo = taken_back(&house, &confirmed).await;
        assert_eq!(undo.steps.len(), 2, "{undo:?}");
        assert_eq!(now(&agent, "sale.order", order, "state").await, json!("draft"));
        assert!(matches!(offer(&house, &confirmed), Some(UndoOffer::Undone { .. })));

        run(&house, &agent, "sale.order", "action_confirm", &[order]).await;
        let again = last_call(&house);
        run(&house, &agent, "sale.order", "action_cancel", &[order]).await;
        let error = refused(&house, &again).await;
        assert!(error.message.contains("was changed since"), "{}", error.message);
        done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "sale.order", "ids": [order]}))).await;
    }

    #[tokio::test]
    async fn a_lost_lead_is_in_play_again_with_a_probability() {
        let (house, agent) = real("admin").await;
        let lead = made(&house, &agent, "crm.lead", json!({"name": "Lost and found", "type": "opportunity"})).await;
        let likely = now(&agent, "crm.lead", lead, "probability").await;
        run(&house, &agent, "crm.lead", "action_set_lost", &[lead]).await;
        let lost = last_call(&house);
        assert_eq!(now(&agent, "crm.lead", lead, "probability").await.as_f64(), Some(0.0));
        taken_back(&house, &lost).await;
        assert_eq!(now(&agent, "crm.lead", lead, "active").await, json!(true));
        assert_eq!(now(&agent, "crm.lead", lead, "probability").await, likely);
        done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "crm.lead", "ids": [lead]}))).await;
    }

    #[tokio::test]
    async fn a_link_goes_back_as_odoo_cleans_it() {
        let (house, agent) = real("demo").await;
        let page = |target: &str| format!("<p>Pay <a href=\"{target}\">here</a></p>");
        let values = json!({"name": "Links", "comment": page("https://bank.example")});
        let partner = made(&house, &agent, "res.partner", values).await;
        let values = json!({"comment": page("https://evil.example")});
        let change = json!({"model": "res.partner", "ids": [partner], "values": values});
        done(&house, &agent, "odoo_write", on_demo(change)).await;
        let undo = taken_back(&house, &last_call(&house)).await;
        assert!(shown(&undo, 0)[0].1.is_some_and(|before| before.contains("evil.example")), "{undo:?}");
        let change =
            json!({"model": "res.partner", "ids": [partner], "values": {"comment": page("https://third.example")}});
        done(&house, &agent, "odoo_write", on_demo(change)).await;
        let undo = taken_back(&house, &last_call(&house)).await;
        assert!(shown(&undo, 0)[0].2.is_some_and(|after| after.contains("bank.example")), "{undo:?}");
        done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "res.partner", "ids": [partner]}))).await;
    }

    #[tokio::test]
    async fn a_deleted_tag_is_made_again_and_an_hour_goes_back_as_a_whole() {
        let (house, agent) = real("admin").await;
        let partner = made(&house, &agent, "res.partner", json!({"name": "An hour", "city": "Ghent"})).await;
        // No other run's.
        let name = format!("Deleted and back {}", std::process::id());
        let tag = made(&house, &agent, "res.partner.category", json!({"name": name})).await;
        done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "res.partner.category", "ids": [tag]}))).await;
        taken_back(&house, &last_call(&house)).await;
        let found = json!({"model": "res.partner.category", "domain": [["name", "=", name]], "fields": ["name"]});
        let found = agent.call("odoo_search_read", on_demo(found)).await.unwrap();
        let again = records(&found).iter().filter_map(|row| row["id"].as_i64()).collect::<Vec<_>>();
        assert!(again.len() == 1 && again[0] != tag, "{found}");

        let steps = json!([
            {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [partner], "values": {"city": "Namur"}}},
            {"tool": "odoo_write", "arguments": {"model": "res.partner", "ids": [partner], "values": {"phone": "+32 1"}}},
        ]);
        done(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
        let (card, undo) = all_of_the_hour(&house).await;
        assert_eq!(undo.calls.len(), 2, "the plan, and the contact; what became of the tag is settled: {undo:?}");
        house.decide(&card, YES).await.unwrap();
        assert_eq!(now(&agent, "res.partner", partner, "city").await, json!("Ghent"));
        assert_eq!(now(&agent, "res.partner", partner, "active").await, json!(false));
        done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "res.partner", "ids": [partner]}))).await;
        done(&house, &agent, "odoo_unlink", on_demo(json!({"model": "res.partner.category", "ids": again}))).await;
    }
}
