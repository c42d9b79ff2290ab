//! What an agent learns of models and fields, and in how many words.

use crate::house::House;
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

fn lines(answer: &Value) -> Vec<&str> {
    answer["fields"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_field_is_one_line_and_technical_ones_are_left_out_unasked() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent.call("odoo_fields_get", json!({"model": "sale.order"})).await.unwrap();
    let told = lines(&answer);
    assert!(told.contains(&"partner_id* m2o res.partner Customer"), "{told:?}");
    assert!(told.contains(&"state= sel draft|sent|sale|cancel Status"), "{told:?}");
    assert!(!told.iter().any(|line| line.starts_with("message_follower_ids") || line.starts_with("create_uid")));
    assert!(answer["signs"].as_str().unwrap().starts_with("* required, = readonly"), "{answer}");
    let all = agent.call("odoo_fields_get", json!({"model": "sale.order", "pattern": "*"})).await.unwrap();
    let left_out = usize::try_from(answer["left_out"].as_u64().unwrap()).unwrap();
    assert_eq!(lines(&all).len(), told.len() + left_out);
    assert!(left_out > 0 && all.get("left_out").is_none());
}

#[tokio::test]
async fn a_pattern_looks_through_names_and_labels_word_by_word() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let found = async |pattern: &str| {
        let answer = agent.call("odoo_fields_get", json!({"model": "sale.order", "pattern": pattern})).await.unwrap();
        lines(&answer)
            .iter()
            .map(|line| line.split([' ', '*', '=', '!']).next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(found("Customer").await.contains(&"partner_id".to_owned()));
    assert_eq!(found("order reference").await, ["client_order_ref", "name"]);
    let either = found("amount total, salesperson").await;
    assert!(either.contains(&"amount_total".to_owned()) && either.contains(&"user_id".to_owned()), "{either:?}");
    assert!(found("zzz").await.is_empty());
}

#[tokio::test]
async fn in_detail_a_field_is_told_whole() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let asked = json!({"model": "sale.order", "fields": ["amount_total", "state"], "detail": true});
    let answer = agent.call("odoo_fields_get", asked).await.unwrap();
    let [amount, state] = answer["fields"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!((&amount["type"], &amount["currency_field"]), (&json!("monetary"), &json!("currency_id")));
    assert_eq!((&amount["is"], &state["values"]["sale"]), (&json!(["readonly"]), &json!("Sales Order")));
}

#[tokio::test]
async fn a_field_by_its_name_in_another_version_is_found_and_an_unknown_one_has_a_nearest_name() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let old = json!({"model": "sale.order.line", "fields": ["product_uom"]});
    let answer = agent.call("odoo_fields_get", old).await.unwrap();
    assert!(lines(&answer)[0].starts_with("product_uom_id"), "{answer}");
    assert_eq!(answer["called_here"], json!({"product_uom": "product_uom_id"}));
    let error = agent.call("odoo_fields_get", json!({"model": "sale.order", "fields": ["amount_totl", "name"]})).await;
    let error = error.unwrap_err();
    assert_eq!(error.code, ErrorCode::UnknownSchema);
    assert!(error.message.contains("did you mean amount_total?") && error.message.contains("pattern"), "{error:?}");
}

#[tokio::test]
async fn models_are_found_by_the_words_that_people_use() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let found = async |pattern: &str| {
        let answer = agent.call("odoo_list_models", json!({"pattern": pattern})).await.unwrap();
        let models = answer["models"].as_array().unwrap().clone();
        models.iter().map(|line| line.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("customer").await.first().map(String::as_str), Some("res.partner Contact"));
    assert_eq!(found("quotation").await.first().map(String::as_str), Some("sale.order Sales Order"));
    assert!(found("sales order line").await.contains(&"sale.order.line Sales Order Line".to_owned()));
    let none = agent.call("odoo_list_models", json!({"pattern": "zzz"})).await.unwrap();
    assert!(none["models"].as_array().unwrap().is_empty() && none["next"].is_string());
    let few = agent.call("odoo_list_models", json!({"limit": 1})).await.unwrap();
    assert_eq!((few["models"].as_array().unwrap().len(), &few["has_more"]), (1, &json!(true)));
}

#[tokio::test]
async fn signing_in_tells_who_the_agent_is_there() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent.call("odoo_connect", json!({"connection": "Demo"})).await.unwrap();
    assert_eq!((&answer["user"]["login"], &answer["user"]["is_admin"]), (&json!("admin"), &json!(true)));
    assert!(answer["companies"].as_array().unwrap().len() > 1, "{answer}");
    assert!(answer["version"].as_str().unwrap().starts_with("19"), "{answer}");
}
