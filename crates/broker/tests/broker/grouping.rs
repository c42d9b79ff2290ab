//! Groups as a table with totals, in which nothing is added up that does not belong together.

use crate::house::{Agent, House};
use serde_json::{Value, json};

async fn group(agent: &Agent, more: Value) -> Value {
    let mut arguments = json!({"model": "sale.order", "aggregates": ["amount_total:sum"]});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    agent.call("odoo_read_group", arguments).await.unwrap()
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["rows"].as_array().unwrap()
}

/// The sum of one column.
fn sum(rows: &[Value], column: usize) -> f64 {
    rows.iter().map(|row| row[column].as_f64().unwrap()).sum()
}

fn is_close(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.005
}

#[tokio::test]
async fn totals_come_with_the_groups_in_the_same_trip() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    group(&agent, json!({"group_by": []})).await;
    let before = house.sim.log().len();
    let by = json!({"group_by": ["partner_id", "state"], "aggregates": ["amount_total:sum", "amount_total:avg", "amount_total:max", "user_id:count_distinct"], "subtotals": true});
    let answer = group(&agent, by).await;
    assert_eq!(house.sim.log().len(), before + 1);
    assert_eq!(
        answer["columns"],
        json!([
            "partner_id",
            "state",
            "__count",
            "amount_total:sum",
            "amount_total:avg",
            "amount_total:max",
            "user_id:count_distinct"
        ])
    );
    let [all, by_partner] = answer["totals"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(
        all["columns"],
        json!(["__count", "amount_total:sum", "amount_total:avg", "amount_total:max"]),
        "how many different users there are cannot be told from the groups"
    );
    assert_eq!(by_partner["columns"][0], "partner_id");
    let straight = group(
        &agent,
        json!({"group_by": [], "aggregates": ["amount_total:sum", "amount_total:avg", "amount_total:max"]}),
    )
    .await;
    for column in 0..4 {
        let (told, asked) = (all["rows"][0][column].as_f64().unwrap(), straight["rows"][0][column].as_f64().unwrap());
        assert!(is_close(told, asked), "column {column}: {told} is not {asked}");
    }
    let partners = group(&agent, json!({"group_by": ["partner_id"]})).await;
    for partner in rows(&partners) {
        let told = by_partner["rows"].as_array().unwrap().iter().find(|row| row[0] == partner[0]).unwrap();
        assert_eq!((&told[1], &told[2]), (&partner[1], &partner[2]));
    }
}

#[tokio::test]
async fn a_total_that_the_groups_do_not_tell_is_left_out() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.meddle("res.partner", 10, json!({"category_id": [[6, 0, [1, 2]]]})).await;
    let by_tag = json!({"model": "res.partner", "group_by": ["category_id"], "aggregates": []});
    let by_tag = group(&agent, by_tag).await;
    assert!(by_tag.get("totals").is_none(), "a contact with two tags counts twice: {by_tag}");
    let few = group(&agent, json!({"group_by": ["partner_id"], "limit": 2, "subtotals": true})).await;
    assert!(few.get("totals").is_none() && few["next"].as_str().unwrap().contains("no totals"), "{few}");
    let some = json!({"group_by": ["partner_id"], "having": [["__count", ">", 1]]});
    assert!(group(&agent, some).await.get("totals").is_none());
}

#[tokio::test]
async fn amounts_in_one_currency_say_it_once_and_in_several_are_kept_apart() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let one = group(&agent, json!({"group_by": ["state"]})).await;
    assert_eq!((&one["currency"], &one["columns"]), (&json!("USD"), &json!(["state", "__count", "amount_total:sum"])));
    let total = sum(rows(&one), 2);
    house.meddle("sale.order", 4, json!({"currency_id": 2})).await;
    let before = house.sim.log().len();
    let several = group(&agent, json!({"group_by": ["state"], "order": "amount_total:sum desc"})).await;
    assert_eq!(house.sim.log().len(), before + 2, "once more, kept apart");
    assert_eq!(several["columns"], json!(["currency_id", "state", "__count", "amount_total:sum"]));
    assert!(several.get("currency").is_none() && several["notes"][0].as_str().unwrap().contains("currency_id"));
    assert!(rows(&several).iter().any(|row| row[0] == json!([2, "EUR"])), "{several}");
    assert!(is_close(sum(rows(&several), 3), total));
    let totals = several["totals"][0].clone();
    assert_eq!(totals["columns"], json!(["currency_id", "__count", "amount_total:sum"]), "one for each currency");
    assert_eq!(totals["rows"].as_array().unwrap().len(), 2);
    let asked = group(&agent, json!({"group_by": ["currency_id", "state"]})).await;
    assert_eq!(asked["totals"][0]["columns"], json!(["__count"]), "asked for, but not added up: {asked}");
    let counted = group(&agent, json!({"group_by": ["state"], "aggregates": ["amount_total:count"]})).await;
    assert_eq!(counted["columns"][0], "state", "a count has no currency");
}

#[tokio::test]
async fn where_groups_are_missing_a_currency_is_not_taken_for_the_only_one() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let few = group(&agent, json!({"group_by": ["partner_id"], "limit": 1})).await;
    assert_eq!(few["columns"][0], "currency_id", "{few}");
    assert!(few.get("currency").is_none());
}

#[tokio::test]
async fn groups_in_one_currency_are_asked_for_once_without_grouping_by_it() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let first = group(&agent, json!({"group_by": ["state"]})).await;
    let names = house.times("search_read");
    for (model, aggregate, by) in [
        ("sale.order", "amount_total:sum", "state"),
        ("sale.order", "amount_total:avg", "partner_id"),
        ("account.move", "amount_total_signed:sum", "move_type"),
        ("crm.lead", "expected_revenue:max", "stage_id"),
    ] {
        let by = json!({"model": model, "aggregates": [aggregate], "group_by": [by]});
        let cold = group(&agent, by.clone()).await;
        let before = house.sim.log();
        let warm = group(&agent, by).await;
        assert_eq!(house.sim.log().len(), before.len() + 1, "{model}: {:?}", house.sim.log().last());
        assert_eq!((&warm["currency"], &warm["rows"]), (&json!("USD"), &cold["rows"]), "{model}");
        assert!(warm.get("notes").is_none(), "{warm}");
    }
    assert_eq!(house.times("search_read"), names, "what currencies are called is known");
    house.meddle("res.currency", 1, json!({"active": false})).await;
    let in_french = group(&agent, json!({"group_by": ["state"], "lang": "fr_FR"})).await;
    assert_eq!(in_french["currency"], "USD", "an archived one is found");
    assert_eq!(in_french["rows"], first["rows"]);
}

#[tokio::test]
async fn groups_each_in_a_currency_of_its_own_are_kept_apart_like_mixed_ones() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.meddle("sale.order", 4, json!({"currency_id": 2})).await;
    let two = json!({"group_by": ["name"], "domain": [["id", "in", [3, 4]]]});
    let two = group(&agent, two).await;
    assert_eq!((&two["columns"][0], rows(&two).len()), (&json!("currency_id"), 2), "{two}");
    assert!(two.get("totals").is_none() && two.get("currency").is_none(), "nothing is said of both: {two}");
    house.meddle("sale.order", 4, json!({"currency_id": false})).await;
    let none = group(&agent, json!({"group_by": [], "domain": [["id", "in", [3, 4]]]})).await;
    assert_eq!(none["columns"][0], "currency_id", "an amount without a currency is not mixed with another: {none}");
    assert_eq!(rows(&none).len(), 2);
    let alone = group(&agent, json!({"group_by": [], "domain": [["id", "=", 4]]})).await;
    assert_eq!((&alone["columns"][0], alone.get("currency")), (&json!("__count"), None), "{alone}");
}

#[tokio::test]
async fn a_sum_over_no_records_is_none_in_no_currency() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let nothing = json!([["id", "=", 999_999]]);
    let all = group(&agent, json!({"group_by": [], "domain": nothing})).await;
    assert_eq!((&all["rows"], all.get("currency")), (&json!([[0, null]]), None), "{all}");
    let by_state = group(&agent, json!({"group_by": ["state"], "domain": nothing})).await;
    assert_eq!((&by_state["rows"], by_state.get("currency")), (&json!([]), None), "{by_state}");
}

#[tokio::test]
async fn a_rank_and_a_condition_on_sums_look_at_each_currency_by_itself() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    // One customer with a little in one currency and much in another.
    for (order, partner) in [(3, 11), (4, 11), (5, 10)] {
        house.meddle("sale.order", order, json!({"partner_id": partner})).await;
    }
    house.meddle("sale.order", 3, json!({"currency_id": 2, "amount_total": 900_000})).await;
    house.meddle("sale.order", 4, json!({"amount_total": 0.01})).await;
    let domain = json!([["id", "in", [3, 4, 5]]]);
    let least = json!({"group_by": ["partner_id"], "domain": domain, "order": "amount_total:sum", "limit": 1});
    let before = house.times("formatted_read_group");
    let least = group(&agent, least).await;
    assert_eq!(house.times("formatted_read_group"), before + 1);
    assert_eq!((&rows(&least)[0][1][0], &rows(&least)[0][3]), (&json!(11), &json!(0.01)), "{least}");
    let having = json!([["amount_total:sum", "<", 0.1]]);
    let little = group(&agent, json!({"group_by": ["partner_id"], "domain": domain, "having": having})).await;
    assert_eq!(rows(&little).len(), 1, "{little}");
    assert_eq!(little["currency"], "USD");
}

#[tokio::test]
async fn several_companies_are_kept_apart_unless_they_are_grouped_by() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.meddle("sale.order", 5, json!({"company_id": 2})).await;
    let both = json!({"group_by": [], "companies": [1, 2]});
    let apart = group(&agent, both).await;
    assert_eq!(apart["companies"].as_array().unwrap().len(), 2);
    assert_eq!(apart["columns"][0], "company_id");
    assert_eq!((rows(&apart).len(), apart.get("totals")), (2, None), "no total over both: {apart}");
    assert!(apart["notes"][0].as_str().unwrap().contains("company_id"));
    let asked = group(&agent, json!({"group_by": ["company_id"], "companies": [1, 2]})).await;
    assert!(asked.get("notes").is_none());
    assert!(is_close(asked["totals"][0]["rows"][0][1].as_f64().unwrap(), sum(rows(&apart), 2)), "{asked}");
    let one = group(&agent, json!({"group_by": []})).await;
    assert_eq!((&one["company"], &one["columns"][0]), (&json!("My Company (San Francisco)"), &json!("__count")));
}

#[tokio::test]
async fn spans_of_dates_go_by_short_names_in_the_time_zone_of_the_call() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.meddle("sale.order", 4, json!({"date_order": "2025-12-31 23:30:00"})).await;
    let of = async |zone: &str, unit: &str| {
        let by = json!({"group_by": [format!("date_order:{unit}")], "domain": [["id", "=", 4]], "timezone": zone});
        let answer = group(&agent, by).await;
        (answer["rows"][0][0].as_str().unwrap().to_owned(), answer["timezone"].clone())
    };
    assert_eq!(of("UTC", "month").await, ("2025-12".to_owned(), json!("UTC")));
    assert_eq!(of("UTC", "quarter").await.0, "2025-Q4");
    assert_eq!(of("UTC", "day").await.0, "2025-12-31");
    assert_eq!(of("UTC", "year").await.0, "2025");
}
