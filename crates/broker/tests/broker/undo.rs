//! The way back of each change, as the journal keeps it: calls that bring the values back, and what they do not.

use crate::execute::{done, last_undo, on_demo, taken_back};
use crate::house::{Agent, House};
use serde_json::{Value, json};

async fn house() -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    (house, agent)
}

#[tokio::test]
async fn every_kind_of_value_goes_back_to_what_it_was() {
    let (house, agent) = house().await;
    let fields = ["name", "phone", "is_company", "country_id", "comment", "category_id", "color"];
    let mut before = Vec::new();
    for field in fields {
        before.push(house.stored("res.partner", 10, field).await);
    }
    let values = json!({
        "name": "Other name", "phone": "+1", "is_company": !before[2].as_bool().unwrap(), "country_id": 20,
        "comment": "other", "category_id": [[4, 1, 0]], "color": 7,
    });
    done(&house, &agent, "odoo_write", on_demo(json!({"model": "res.partner", "ids": [10], "values": values}))).await;
    assert_eq!(house.stored("res.partner", 10, "name").await, json!("Other name"));
    let answer = taken_back(&house, &agent).await;
    assert_eq!(answer["status"], "done", "{answer}");
    for (field, old) in fields.into_iter().zip(before) {
        assert_eq!(house.stored("res.partner", 10, field).await, old, "{field}");
    }
}

#[tokio::test]
async fn an_unasked_write_keeps_the_values_before_too() {
    let (house, agent) = house().await;
    house.make_development().await;
    let before = house.stored("res.partner", 10, "phone").await;
    let write = on_demo(json!({"model": "res.partner", "ids": [10], "values": {"phone": "+5"}}));
    agent.call("odoo_write", write).await.unwrap();
    let undo = last_undo(&house);
    assert_eq!(undo["calls"][0]["tool"], "odoo_write");
    let old = if before == json!(false) { Value::Null } else { before };
    assert_eq!(undo["calls"][0]["arguments"]["updates"], json!([{"id": 10, "values": {"phone": old}}]));
    assert!(undo["calls"][0]["arguments"].get("connection").is_none(), "a plan names the connection once");
}

#[tokio::test]
async fn a_changed_line_goes_back_and_an_added_one_is_said_to_stay() {
    let (house, agent) = house().await;
    let found = json!({"model": "sale.order", "domain": [["state", "=", "draft"], ["order_line", "!=", false]], "fields": ["order_line"], "limit": 1, "connection": "Demo"});
    let found = crate::house::records(&agent.call("odoo_search_read", found).await.unwrap());
    let (order, line) = (found[0]["id"].as_i64().unwrap(), found[0]["order_line"][0].as_i64().unwrap());
    let before = house.stored("sale.order.line", line, "price_unit").await;
    let product = house.stored("sale.order.line", line, "product_id").await[0].clone();
    let commands = json!([[1, line, {"price_unit": 1.25}], [0, 0, {"product_id": product, "product_uom_qty": 1}]]);
    let write = on_demo(json!({"model": "sale.order", "ids": [order], "values": {"order_line": commands}}));
    done(&house, &agent, "odoo_write", write).await;
    assert_eq!(house.stored("sale.order.line", line, "price_unit").await, json!(1.25));
    let leaves = last_undo(&house)["leaves"].clone();
    assert!(leaves.to_string().contains("Lines that were added"), "{leaves}");
    taken_back(&house, &agent).await;
    assert_eq!(house.stored("sale.order.line", line, "price_unit").await, before);
}

#[tokio::test]
async fn a_new_record_is_archived_or_deleted_and_a_deleted_one_comes_back_under_a_new_id() {
    let (house, agent) = house().await;
    let contact = on_demo(json!({"model": "res.partner", "values": {"name": "Made and archived"}}));
    let id = done(&house, &agent, "odoo_create", contact).await["ids"][0].as_i64().unwrap();
    taken_back(&house, &agent).await;
    assert_eq!(house.stored("res.partner", id, "active").await, json!(false));

    let order = on_demo(json!({"model": "sale.order", "values": {"partner_id": 10}}));
    let order = done(&house, &agent, "odoo_create", order).await["ids"][0].as_i64().unwrap();
    assert_eq!(last_undo(&house)["calls"][0]["tool"], "odoo_unlink");
    taken_back(&house, &agent).await;
    assert!(house.stored("sale.order", order, "id").await.is_null());
    let undo = last_undo(&house);
    assert_eq!(undo["calls"][0]["tool"], "odoo_create", "nothing hung on it: {undo}");
    assert!(undo["leaves"].to_string().contains("new ids"), "{undo}");
}
