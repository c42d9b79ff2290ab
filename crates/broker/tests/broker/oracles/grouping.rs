//! Groups and sums: of a single record, they are its values.

use super::*;

#[tokio::test]
async fn the_oracle_of_the_group() {
    let (house, agent) = keeping(REF).await;
    let calls = [
        group("res.partner", &json!({"group_by": ["ref"]})),
        group("res.partner", &json!({"group_by": ["country_id", "ref"], "limit": 1})),
        group("res.partner", &json!({"group_by": ["country_id"], "domain": [["ref", "=like", "a%"]]})),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_the_dotted_group() {
    let (house, agent) = keeping(REF).await;
    let calls = [
        group("sale.order", &json!({"group_by": ["partner_id.ref"]})),
        group("sale.order", &json!({"group_by": ["partner_id.parent_id.ref"]})),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_the_aggregate() {
    let (house, agent) = keeping(&["res.partner.color", "res.partner.ref"]).await;
    for function in ["sum", "avg", "min", "max", "count", "count_distinct"] {
        let sum = format!("color:{function}");
        let calls = [
            group("res.partner", &json!({"aggregates": [sum]})),
            group("res.partner", &json!({"aggregates": [sum], "domain": [["id", "=", PARTNER]]})),
        ];
        refused_by(BY_POLICY, &house, &agent, &calls).await;
    }
    let calls = [group("res.partner", &json!({"aggregates": ["ref:count_distinct"]}))];
    refused_by("user:/redact/1", &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_having() {
    let (house, agent) = keeping(&["res.partner.color"]).await;
    let calls = [
        group("res.partner", &json!({"group_by": ["country_id"], "having": [["color:sum", ">", 3]]})),
        group(
            "res.partner",
            &json!({"group_by": ["name"], "having": ["|", ["__count", ">", 9], ["color:max", "=", 3]]}),
        ),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_the_order_of_groups() {
    let (house, agent) = keeping(&["res.partner.color", "res.partner.name"]).await;
    let sorted = json!({"group_by": ["country_id"], "aggregates": ["color:sum"], "order": "color:sum desc"});
    refused_by(BY_POLICY, &house, &agent, &[group("res.partner", &sorted)]).await;
    // What is not summed up cannot be sorted by either.
    let unasked = json!({"model": "res.partner", "group_by": ["country_id"], "order": "color:sum desc"});
    assert_eq!(refusal(&agent, "odoo_read_group", &unasked).await.code, ErrorCode::InvalidArguments);
    let by_name = json!({"group_by": ["partner_id"], "order": "partner_id desc"});
    refused_by("user:/redact/1", &house, &agent, &[group("sale.order", &by_name)]).await;
}

#[tokio::test]
async fn the_currency_that_is_looked_at_unasked_goes_by_its_id_where_its_name_is_kept() {
    let (house, agent) = keeping(&["res.currency.name"]).await;
    let (tool, sums) = group("sale.order", &json!({"aggregates": ["amount_total:sum"]}));
    let sums = agent.call(tool, sums).await.unwrap();
    assert_eq!(sums["currency"], 1, "{sums}");
    assert!(!sums.to_string().contains("USD"), "{sums}");
    drop(house);
}

#[tokio::test]
async fn a_currency_that_is_kept_is_neither_grouped_by_nor_listed() {
    let (house, agent) = keeping(&["crm.lead.company_currency"]).await;
    let (tool, sums) = group("crm.lead", &json!({"group_by": ["stage_id"], "aggregates": ["expected_revenue:sum"]}));
    let before = house.sim.log().len();
    let sums = agent.call(tool, sums).await.unwrap();
    let asked = house.sim.log().split_off(before);
    assert!(asked.iter().all(|seen| seen.model != "res.currency"), "{asked:?}");
    assert!(sums["notes"][0].as_str().unwrap().contains("may be in different currencies"), "{sums}");
    assert!(sums.get("currency").is_none(), "{sums}");
}
