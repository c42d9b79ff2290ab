//! Companies: the user's main one unless others are named, told in every answer, each record's own where there are several.

use crate::house::{House, ids, records};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

const HERE: &str = "My Company (San Francisco)";
const THERE: &str = "My Company (Chicago)";

fn orders(companies: &Value) -> Value {
    json!({"model": "sale.order", "fields": ["name"], "order": "id", "limit": 100, "companies": companies})
}

#[tokio::test]
async fn unasked_the_main_company_is_read_and_named() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent.call("odoo_search_read", orders(&Value::Null)).await.unwrap();
    assert_eq!((&answer["company"], answer.get("companies")), (&json!(HERE), None));
    assert!(!ids(&answer).contains(&14), "an order of the other company");
    assert!(!answer.to_string().contains("company_id"), "one company needs no column: {answer}");
    let other = agent.call("odoo_search_read", orders(&json!([THERE]))).await.unwrap();
    assert_eq!((&other["company"], ids(&other)), (&json!(THERE), vec![14, 24]));
}

#[tokio::test]
async fn of_several_companies_each_record_says_which_it_is_of() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent.call("odoo_search_read", orders(&json!([1, THERE]))).await.unwrap();
    assert_eq!(answer["companies"], json!([HERE, THERE]));
    let of = |id: i64| records(&answer).iter().find(|row| row["id"] == id).unwrap()["company_id"][1].clone();
    assert_eq!((of(1), of(14)), (json!(HERE), json!(THERE)));
    let read = json!({"model": "sale.order", "ids": [14], "fields": ["name"], "companies": [1, 2]});
    assert_eq!(agent.call("odoo_read", read).await.unwrap()["records"][0]["company_id"][1], THERE);
    let countries = json!({"model": "res.country", "companies": [1, 2], "limit": 1, "fields": ["code"]});
    let country = agent.call("odoo_search_read", countries).await.unwrap()["records"][0].clone();
    assert!(country.get("company_id").is_none(), "a model without companies: {country}");
}

#[tokio::test]
async fn only_the_users_own_companies_can_be_named() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    for companies in [json!([99]), json!(["Elsewhere"]), json!([1, 77]), json!([])] {
        let error = agent.call("odoo_search_read", orders(&companies)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{companies}: {error:?}");
        assert!(error.message.contains("companies"), "{}", error.message);
    }
    let error = agent.call("odoo_search_read", orders(&json!([99]))).await.unwrap_err();
    assert!(error.message.contains(HERE) && error.message.contains(THERE), "{}", error.message);
}
