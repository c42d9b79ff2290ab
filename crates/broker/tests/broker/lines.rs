//! What hides inside a call: lines, many records, answers given in advance.

use crate::besides::{content, refuse};
use crate::execute::on_demo;
use crate::house::{Agent, House};
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

/// A contact with a contact of its own, made behind Gatehouse's back.
async fn family(house: &House, name: &str) -> (i64, i64) {
    let make = async |values: Value| {
        let made = crate::messages::odoo(house, "res.partner", "create", json!({"vals_list": [values]})).await;
        made[0].as_i64().unwrap()
    };
    let parent = make(json!({"name": name, "is_company": true})).await;
    (parent, make(json!({"name": format!("{name} child"), "parent_id": parent})).await)
}

#[tokio::test]
async fn lines_of_lines_are_shown_with_their_own_before_and_after() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let (parent, child) = family(&house, "Deep").await;
    house.meddle("res.partner", child, json!({"category_id": [[6, 0, [1]]], "phone": "+1"})).await;
    let of_child = json!({"phone": "+2", "category_id": [[6, 0, [2]]], "child_ids": [[0, 0, {"name": "Grandchild"}]]});
    let values = json!({"child_ids": [[1, child, of_child], [0, 0, {"name": "New one"}]]});
    let before = house.sim.log().len();
    let call = agent.calling("odoo_write", on_demo(json!({"model": "res.partner", "ids": [parent], "values": values})));
    let card = house.card().await;
    let asked: Vec<String> =
        house.sim.log()[before..].iter().map(|seen| format!("{}.{}", seen.model, seen.method)).collect();
    let reads = asked.iter().filter(|asked| asked.rsplit('.').next() == Some("read")).count();
    assert_eq!(reads, 3, "the record, its line, the names: {asked:?}");
    let records = &content(&card).records;
    let told: Vec<(RecordVerb, &str)> = records.iter().map(|record| (record.change, record.name.as_str())).collect();
    let of = |name: &str| format!("res.partner · {name}");
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(told[0].1, "Deep");
    assert_eq!((told[1].0, records[1].id), (RecordVerb::Update, Some(child)));
    assert_eq!(told[2], (RecordVerb::Create, of("Grandchild").as_str()), "behind the line that it belongs to");
    assert_eq!(told[3], (RecordVerb::Create, of("New one").as_str()));
    let field = |name: &str| records[1].fields.iter().find(|change| change.field == name).unwrap();
    assert_eq!((field("phone").before.as_deref(), field("phone").after.as_deref()), (Some("+1"), Some("+2")));
    let (first, second) = (tag(&house, 1).await, tag(&house, 2).await);
    assert_eq!(field("category_id").before, Some(format!("{first} (#1)")));
    assert_eq!(field("category_id").after, Some(format!("remove {first} (#1); add {second} (#2)")));
    assert_eq!(records[0].fields[0].after.as_deref(), Some("create 1; change 1"));
    refuse(&house, &card, call).await;
}

async fn tag(house: &House, id: i64) -> String {
    house.stored("res.partner.category", id, "display_name").await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_line_of_another_line_is_refused_however_deep_it_stands() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let (parent, child) = family(&house, "One").await;
    let (_, stranger) = family(&house, "Other").await;
    for command in [json!([2, stranger, 0]), json!([1, stranger, {"phone": "+1"}]), json!([3, stranger, 0])] {
        let values = json!({"child_ids": [[1, child, {"child_ids": [command]}]]});
        let write = on_demo(json!({"model": "res.partner", "ids": [parent], "values": values}));
        let error = agent.call("odoo_write", write).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{error:?}");
        assert!(error.message.contains("does not belong"), "{}", error.message);
    }
    assert!(house.approver.cards().is_empty());
}

#[tokio::test]
async fn a_line_that_is_moved_here_or_taken_away_shows_whom_it_belonged_to() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let (parent, child) = family(&house, "Here").await;
    let (other, stranger) = family(&house, "There").await;
    let values = json!({"child_ids": [[6, 0, [stranger]]]});
    let call = agent.calling("odoo_write", on_demo(json!({"model": "res.partner", "ids": [parent], "values": values})));
    let card = house.card().await;
    let line = |id: i64| content(&card).records.iter().find(|record| record.id == Some(id)).unwrap().fields[0].clone();
    let (taken, moved) = (line(child), line(stranger));
    assert_eq!((taken.before, taken.after.as_deref()), (Some(format!("Here (#{parent})")), Some("—")));
    assert_eq!((moved.before, moved.after.as_deref()), (Some(format!("There (#{other})")), Some("Here")));
    refuse(&house, &card, call).await;
    let missing = json!({"model": "res.partner", "ids": [parent], "values": {"category_id": [[4, 99_999, 0]]}});
    let error = agent.call("odoo_write", on_demo(missing)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RecordMissing, "what is linked to has to be there: {error:?}");
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
