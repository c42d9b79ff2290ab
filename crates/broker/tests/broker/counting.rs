//! Counts and sums by group: strict about what is asked, and in one shape.

use crate::house::House;
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_count_is_of_the_domain_and_of_nothing_wider() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let count = async |domain: Value| {
        let answer = agent.call("odoo_search_count", json!({"model": "res.partner", "domain": domain})).await;
        answer.map(|answer| answer["count"].as_u64().unwrap())
    };
    let all = agent.call("odoo_search_count", json!({"model": "res.partner"})).await.unwrap();
    assert_eq!(all["company"], "My Company (San Francisco)");
    let companies = count(json!([["is_company", "=", true]])).await.unwrap();
    let people = count(json!("[('is_company', '=', False)]")).await.unwrap();
    assert!(companies > 0 && people > 0);
    assert_eq!(all["count"].as_u64(), Some(companies + people));
    let relative = json!({"model": "res.partner", "domain": [["create_date", ">=", "year_start -100y"]]});
    let relative = agent.call("odoo_search_count", relative).await.unwrap();
    assert!(relative["dates"].is_object(), "which day was meant: {relative}");
    let before = house.times("search_count");
    for (domain, part) in
        [(json!([["is_compny", "=", true]]), "is_company"), (json!("is_company"), "domain"), (json!({}), "domain")]
    {
        let error = count(domain).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments);
        assert!(error.message.contains(part), "{}", error.message);
    }
    assert_eq!(house.times("search_count"), before, "nothing was sent");
}

#[tokio::test]
async fn groups_add_up_and_the_one_without_a_value_is_null() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.meddle("res.partner", 10, json!({"country_id": false})).await;
    let total = agent.call("odoo_search_count", json!({"model": "res.partner"})).await.unwrap()["count"].as_u64();
    let by_country = json!({"model": "res.partner", "group_by": ["country_id"], "order": "__count desc", "limit": 500});
    let groups = agent.call("odoo_read_group", by_country).await.unwrap();
    assert_eq!(groups["columns"], json!(["country_id", "__count"]));
    let rows = groups["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row[1].as_u64().unwrap()).sum::<u64>(), total.unwrap());
    assert_eq!(groups["totals"], json!([{"columns": ["__count"], "rows": [[total]]}]));
    assert!(rows.iter().any(|row| row[0].is_null()), "{groups}");
    assert!(rows.iter().any(|row| row[0][1] == "United States"), "{groups}");
    assert!(rows.is_sorted_by(|a, b| a[1].as_u64() >= b[1].as_u64()));
    let all = json!({"model": "res.partner", "group_by": [], "aggregates": ["id:count_distinct"]});
    let all = agent.call("odoo_read_group", all).await.unwrap();
    assert_eq!(all["rows"], json!([[total, total]]));
    let few = json!({"model": "res.partner", "group_by": ["country_id"], "limit": 1});
    let few = agent.call("odoo_read_group", few).await.unwrap();
    assert_eq!((few["rows"].as_array().unwrap().len(), &few["has_more"]), (1, &json!(true)));
    assert!(few["next"].as_str().unwrap().contains("limit") && few.get("totals").is_none(), "{few}");
}

#[tokio::test]
async fn a_grouping_that_does_not_fit_is_refused_with_its_place_and_the_nearest_name() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let before = house.times("formatted_read_group");
    for (more, parts) in [
        (json!({"group_by": ["partner"]}), vec!["group_by/0", "partner_id"]),
        (json!({"group_by": ["date_order"]}), vec!["group_by/0", "date_order:month"]),
        (json!({"group_by": ["state"], "aggregates": ["amount_totl:sum"]}), vec!["aggregates/0", "amount_total"]),
        (json!({"group_by": ["state"], "aggregates": ["state:sum"]}), vec!["aggregates/0", "selection"]),
        (json!({"group_by": ["state"], "order": "amount_total:sum desc"}), vec!["order", "__count"]),
        (json!({"group_by": ["state"], "limit": 0}), vec!["limit"]),
        (json!({"aggregates": ["amount_total:sum"]}), vec!["group_by: is required"]),
        (json!({"group_by": ["order_line"]}), vec!["group_by/0"]),
    ] {
        let mut arguments = json!({"model": "sale.order"});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let error = agent.call("odoo_read_group", arguments.clone()).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{arguments}: {error:?}");
        for part in parts {
            assert!(error.message.contains(part), "{part} is not in {}", error.message);
        }
    }
    assert_eq!(house.times("formatted_read_group"), before, "nothing was sent");
}
