//! Names in values: what they were resolved to stands on the card, and all that is not one record's is refused before
//! anybody is asked.

use crate::execute::{approved, on_demo};
use crate::house::House;
use gatehouse_broker::view::CardContent;
use gatehouse_core::ErrorCode;
use serde_json::json;

#[tokio::test]
async fn a_product_is_meant_by_its_name_and_the_card_says_which_it_is() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let line =
        |product: &str| on_demo(json!({"model": "sale.order.line", "values": {"order_id": 4, "product_id": product}}));
    let (card, answer) = approved(&house, &agent, "odoo_create", line("[E-COM07] Large Cabinet")).await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    let shown = content.records[0].fields.iter().find(|field| field.field == "product_id").unwrap();
    assert!(shown.after.as_deref().unwrap().contains("[E-COM07] Large Cabinet"), "{shown:?}");
    let id = answer.unwrap()["ids"][0].as_i64().unwrap();
    assert_eq!(house.stored("sale.order.line", id, "product_id").await[1], "[E-COM07] Large Cabinet");

    for name in ["Cabinet", "[E-COM07] Small Cabinet"] {
        let error = agent.call("odoo_create", line(name)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{name}");
        assert!(format!("{error:?}").contains("exactly"), "{name}: {error:?}");
    }
    assert!(house.approver.cards().is_empty(), "nobody was asked");
}
