//! What hides inside a call: lines, many records, answers given in advance.

use crate::house::{Agent, House, ids};
use gatehouse_broker::view::{CardContent, RecordVerb, Verdict};
use gatehouse_core::{Category, ErrorCode};
use serde_json::{Value, json};
use std::time::Duration;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

/// A quotation with its first line.
async fn quotation(agent: &Agent) -> (i64, i64) {
    let search = json!({"model": "sale.order", "domain": [["state", "=", "draft"], ["order_line", "!=", false]], "fields": ["order_line"], "limit": 1});
    let found = agent.call("odoo_search_read", search).await.unwrap();
    let order = &found["records"][0];
    (order["id"].as_i64().unwrap(), order["order_line"][0].as_i64().unwrap())
}

fn order_lines(order: i64, commands: &Value) -> Value {
    json!({"model": "sale.order", "ids": [order], "values": {"order_line": commands}, "connection": "Demo"})
}

#[tokio::test]
async fn a_changed_line_is_shown_with_before_and_after() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let (order, line) = quotation(&agent).await;
    let _call = agent.calling("odoo_write", order_lines(order, &json!([[1, line, {"price_unit": 1.5}]])));
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    let shown = content.records.iter().find(|record| record.id == Some(line)).expect("the line stands on the card");
    assert_eq!(shown.change, RecordVerb::Update);
    let price = shown.fields.iter().find(|field| field.field == "price_unit").expect("its price does");
    assert_eq!(price.after.as_deref(), Some("1.5"));
    assert_ne!(price.before, price.after);
    // The line changes behind the card: the approval is void.
    let ticket = card.ticket.clone();
    house.decide(&card, YES).await.unwrap();
    house.meddle("sale.order.line", line, json!({"price_unit": 77.0})).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let told = agent.call("approval_wait", json!({"ticket": ticket})).await;
    // Whichever came first, the click's own call or the change, the two never mix.
    if let Err(error) = told {
        assert!(matches!(error.code, ErrorCode::Drifted | ErrorCode::TicketGone), "{error:?}");
    }
}

#[tokio::test]
async fn a_line_of_another_order_is_refused() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let (order, line) = quotation(&agent).await;
    let error = agent.call("odoo_write", order_lines(order + 1, &json!([[2, line, 0]]))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArguments, "{error:?}");
    assert!(error.message.contains("does not belong"), "{}", error.message);
    assert!(house.approver.cards().is_empty());
}

#[tokio::test]
async fn deleting_lines_is_judged_as_deleting_where_writes_run_unasked() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.make_development().await;
    let (order, line) = quotation(&agent).await;
    let free = json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"});
    assert_eq!(agent.call("odoo_write", free).await.unwrap()["status"], "written", "a plain write runs unasked there");
    let _call = agent.calling("odoo_write", order_lines(order, &json!([[2, line, 0]])));
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert_eq!((content.category, content.standing.as_deref()), (Category::Destructive, None));
    assert!(content.records.iter().any(|record| record.id == Some(line) && record.change == RecordVerb::Delete));
}

#[tokio::test]
async fn a_call_approved_in_advance_still_runs_once() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let create = json!({"model": "res.partner", "values": {"name": "Once"}, "connection": "Demo"});
    let pending = agent.call("odoo_create", create.clone()).await.unwrap();
    assert_eq!(pending["status"], "pending_approval");
    let card = house.card().await;
    house.decide(&card, Verdict::ApproveStanding).await.unwrap();
    assert_eq!(agent.call("odoo_create", create.clone()).await.unwrap()["status"], "created");
    assert_eq!(house.times("create"), 1);
    let gone = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::TicketGone);
    assert_eq!(house.times("create"), 1);
}

#[tokio::test]
async fn a_pause_ends_what_was_approved_in_advance() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let write =
        |phone: &str| json!({"model": "res.partner", "ids": [10], "values": {"phone": phone}, "connection": "Demo"});
    let call = agent.calling("odoo_write", write("+1"));
    let card = house.card().await;
    house.decide(&card, Verdict::ApproveStanding).await.unwrap();
    call.await.unwrap().unwrap();
    let standing = house.broker.overview().agents[0].standing.clone();
    assert_eq!(standing.len(), 1);
    assert!(standing[0].sentence.contains("phone"));
    house.broker.pause_all(true).await.unwrap();
    house.broker.pause_all(false).await.unwrap();
    assert!(house.broker.overview().agents[0].standing.is_empty());
    assert_eq!(agent.call("odoo_write", write("+2")).await.unwrap()["status"], "pending_approval");
}

#[tokio::test]
async fn what_does_not_fit_on_the_card_is_summed_up_or_refused() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let search = json!({"model": "res.partner", "fields": ["name"], "limit": 60});
    let found = agent.call("odoo_search_read", search).await.unwrap();
    let ids = ids(&found);
    assert_eq!(ids.len(), 60);
    let same = json!({"model": "res.partner", "ids": ids, "values": {"comment": "x"}, "connection": "Demo"});
    let _call = agent.calling("odoo_write", same);
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert_eq!((content.records.len(), content.total, content.type_count), (50, Some(60), Some(60)));
    assert!(content.touches.iter().any(|line| line.starts_with("10 more records get")), "{:?}", content.touches);
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    let updates: Vec<Value> = ids.iter().map(|id| json!({"id": id, "values": {"comment": format!("x{id}")}})).collect();
    // Ten different ones beyond the fifty fit; what has to be read in the arguments alone does not.
    let most = json!({"model": "res.partner", "updates": updates, "connection": "Demo"});
    assert_eq!(agent.call("odoo_write", most).await.unwrap()["status"], "pending_approval");
}

#[tokio::test]
async fn a_change_that_outlasts_the_hold_is_running_and_its_repeat_gets_the_same_result() {
    let house = House::slow(Duration::from_millis(700)).await;
    let agent = house.admitted("claude-code").await;
    house.make_development().await;
    let create = json!({"model": "res.partner", "values": {"name": "Slow"}, "connection": "Demo"});
    let first = agent.call("odoo_create", create.clone()).await.unwrap();
    let last = if first["status"] == "running" { agent.call("odoo_create", create).await.unwrap() } else { first };
    assert_eq!(last["status"], "created", "{last}");
    assert_eq!(house.times("create"), 1);
}
