//! Names: Odoo looks for them in fields of its own choice, and shows them wherever a record points to another.

use super::*;

#[tokio::test]
async fn the_oracle_of_the_search_by_name() {
    // Odoo looks for a contact's name in its reference and its tax number, too.
    for redact in [&["res.partner.ref"], &["res.partner.vat"], &["res.partner.name"], &["res.partner.display_name"]] {
        let (house, agent) = keeping(redact).await;
        let calls = [
            find("sale.order", &json!([["partner_id", "ilike", "zq7"]])),
            find("sale.order", &json!([["partner_id", "=", SECRET]])),
            find("sale.order", &json!([["partner_id", "child_of", "zq7"]])),
            find("res.partner", &json!([["child_ids", "not ilike", "zq7"]])),
            find("res.partner", &json!([["display_name", "ilike", "zq7"]])),
            (
                "odoo_search_count",
                json!({"model": "sale.order", "domain": [["partner_id.display_name", "ilike", "z"]]}),
            ),
        ];
        refused_by(BY_POLICY, &house, &agent, &calls).await;
    }
    let (house, agent) = keeping(&["res.users.login"]).await;
    refused_by(BY_POLICY, &house, &agent, &[find("sale.order", &json!([["user_id", "ilike", "a"]]))]).await;
}

#[tokio::test]
async fn the_oracle_of_names_in_values() {
    let (house, agent) = keeping(&["res.users.login", "res.partner.ref"]).await;
    let order = |values: Value| json!({"model": "sale.order", "values": values, "connection": "Demo"});
    let calls = [
        ("odoo_create", order(json!({"partner_id": PARTNER, "user_id": "a%"}))),
        ("odoo_create", order(json!({"partner_id": PARTNER, "user_id": "Marc Demo"}))),
        (
            "odoo_write",
            json!({"model": "res.partner", "ids": [9], "values": {"user_id": "demo"}, "connection": "Demo"}),
        ),
        (
            "odoo_write",
            json!({"model": "res.partner", "updates": [{"id": 9, "values": {"child_ids": [[0, 0, {"name": "x", "user_id": "d"}]]}}], "connection": "Demo"}),
        ),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    let calls =
        [("odoo_create", order(json!({"partner_id": SECRET}))), ("odoo_create", order(json!({"partner_id": "zq7"})))];
    refused_by("user:/redact/1", &house, &agent, &calls).await;
    assert_eq!(house.times("name_search"), 0);
}

#[tokio::test]
async fn the_oracle_of_candidates_in_errors() {
    let (house, agent) = keeping(&["res.partner.name"]).await;
    for name in ["Azure", "Deco Addict", "Nobody at all"] {
        let create = json!({"model": "sale.order", "values": {"partner_id": name}, "connection": "Demo"});
        let error = refusal(&agent, "odoo_create", &create).await;
        let said = format!("{error:?}");
        assert!(said.contains(BY_POLICY) && !said.contains("Interior") && !said.contains("did you mean"), "{said}");
    }
    assert_eq!(house.times("name_search"), 0);
    // A field's own name is no secret.
    let typo = json!({"model": "res.partner", "fields": ["nmae"]});
    assert!(refusal(&agent, "odoo_search_read", &typo).await.message.contains("name"));
}

#[tokio::test]
async fn a_name_is_not_looked_up_for_an_agent_that_could_not_read_it() {
    let (house, agent) = under(&json!({
        "version": "1", "default": "allow",
        "tools": {"odoo_search_read": {"deny_if": [{"conditions": [{"path": "call.model", "op": "eq", "value": "res.partner"}]}]}},
    }))
    .await;
    let create =
        |partner: &str| json!({"model": "sale.order", "values": {"partner_id": partner}, "connection": "Demo"});
    for name in ["Azure", "Azure Interior"] {
        let error = refusal(&agent, "odoo_create", &create(name)).await;
        assert!(error.message.contains("Give its id instead"), "{error:?}");
        assert!(!format!("{error:?}").contains("Interior"), "{error:?}");
    }
    assert_eq!((house.times("name_search"), house.approver.cards().len()), (0, 0));
}

#[tokio::test]
async fn the_names_of_records_whose_names_are_kept_are_not_shown() {
    let (house, agent) = keeping(&["res.partner.name"]).await;
    let order =
        agent.call("odoo_read", json!({"model": "sale.order", "ids": [1], "fields": ["name", "partner_id"]})).await;
    let order = order.unwrap()["records"][0].clone();
    assert!(order["partner_id"].is_number(), "{order}");
    let nested =
        json!({"model": "sale.order", "ids": [1], "fields": ["partner_id.city", "order_line.order_partner_id"]});
    let nested = agent.call("odoo_read", nested).await.unwrap()["records"][0].clone();
    assert!(nested["partner_id"].get("city").is_some() && nested["partner_id"].get("name").is_none(), "{nested}");
    let lines = &nested["order_line"];
    let line = lines.get("rows").map_or(&lines[0]["order_partner_id"], |rows| &rows[0][1]);
    assert!(line.is_number(), "{nested}");
    let groups = agent.call("odoo_read_group", json!({"model": "sale.order", "group_by": ["partner_id"]})).await;
    for row in groups.unwrap()["rows"].as_array().unwrap() {
        assert!(row[0].is_number(), "{row}");
    }
    let default = agent.call("odoo_search_read", json!({"model": "sale.order", "limit": 3})).await.unwrap();
    for row in records(&default) {
        assert!(row["partner_id"].get("name").is_none() && row["user_id"].get("name").is_none(), "{row}");
        assert!(row["name"].is_string(), "the order's own name is not kept: {row}");
    }
    drop(house);
}
