//! Domains, orders and counts: whether a record is found, and where it stands, tells of its values.

use super::*;

#[tokio::test]
async fn the_oracle_of_the_domain() {
    let (house, agent) = keeping(REF).await;
    let calls = [
        find("res.partner", &json!([["ref", "=like", "a%"]])),
        find("res.partner", &json!([["ref", "!=", false]])),
        find("res.partner", &json!(["|", ["name", "=", "x"], "!", ["ref", "<", "m"]])),
        find("res.partner", &json!("[('ref', '>=', 'a')]")),
        find("res.partner", &json!([["id", "=", PARTNER], ["ref", "in", [SECRET]]])),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    refused_by(BY_GUARD, &house, &agent, &[find("res.users", &json!([["api_key_ids", "!=", false]]))]).await;
}

#[tokio::test]
async fn the_oracle_of_the_dotted_domain() {
    let (house, agent) = keeping(REF).await;
    let calls = [
        find("sale.order", &json!([["partner_id.ref", "=like", "a%"]])),
        find("sale.order", &json!([["order_line.order_id.partner_id.ref", "=like", "a%"]])),
        find("res.partner", &json!([["parent_id.ref", "!=", false]])),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    let calls = [
        find("res.partner", &json!([["user_ids.api_key_ids", "!=", false]])),
        find("res.partner", &json!([["user_ids.api_key_ids.name", "=like", "a%"]])),
        find("sale.order", &json!([["user_id.api_key_ids.scope", "=", "rpc"]])),
    ];
    refused_by(BY_GUARD, &house, &agent, &calls).await;
    // Odoo itself does not search by this one; it is refused before anybody looks.
    let before = looked(&house);
    let password = json!({"model": "res.partner", "domain": [["user_ids.password", "=like", "a%"]]});
    let error = refusal(&agent, "odoo_search_read", &password).await;
    assert!(matches!(error.code, ErrorCode::Denied | ErrorCode::InvalidArguments), "{error:?}");
    assert_eq!(looked(&house), before);
}

#[tokio::test]
async fn the_oracle_of_the_sub_domain() {
    let (house, agent) = keeping(REF).await;
    let calls = [
        find("sale.order", &json!([["partner_id", "any", [["ref", "=like", "a%"]]]])),
        find("sale.order", &json!([["partner_id", "not any", [["ref", "=like", "a%"]]]])),
        find("sale.order", &json!([["order_line", "any", [["order_id.partner_id", "any", [["ref", "!=", false]]]]]])),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    let keys = json!([["user_ids", "any", [["api_key_ids", "any", [["name", "=like", "a%"]]]]]]);
    refused_by(BY_GUARD, &house, &agent, &[find("res.partner", &keys)]).await;
}

#[tokio::test]
async fn the_oracle_of_the_hierarchy() {
    let (house, agent) = keeping(&["res.partner.parent_id"]).await;
    let calls = [
        find("res.partner", &json!([["id", "child_of", PARTNER]])),
        find("sale.order", &json!([["partner_id", "child_of", [PARTNER]]])),
        find("sale.order", &json!([["partner_id", "parent_of", PARTNER]])),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_the_order() {
    let (house, agent) = keeping(REF).await;
    let by = |model: &str, order: &str| {
        ("odoo_search_read", json!({"model": model, "fields": ["id"], "order": order, "limit": 1}))
    };
    let calls = [by("res.partner", "ref desc"), by("res.partner", "name, ref")];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    // A related model puts its records in an order of its own, by its names among others.
    let (house, agent) = keeping(&["res.partner.name"]).await;
    refused_by(BY_POLICY, &house, &agent, &[by("sale.order", "partner_id desc"), by("res.users", "partner_id")]).await;
}

#[tokio::test]
async fn the_oracle_of_the_dotted_order() {
    let (house, agent) = keeping(REF).await;
    agent.call("odoo_search_count", json!({"model": "res.country"})).await.unwrap();
    let before = looked(&house);
    for order in ["partner_id.ref", "partner_id.ref desc", "user_id.api_key_ids"] {
        let arguments = json!({"model": "sale.order", "fields": ["id"], "order": order, "limit": 1});
        let error = refusal(&agent, "odoo_search_read", &arguments).await;
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{error:?}");
    }
    assert_eq!(looked(&house), before);
}

#[tokio::test]
async fn the_oracle_of_the_default_order() {
    for redact in ["res.partner.complete_name", "res.partner.name"] {
        let (_house, agent) = keeping(&[redact]).await;
        let cities = json!({"model": "res.partner", "fields": ["city"], "limit": 8});
        let answer = agent.call("odoo_search_read", cities).await.unwrap();
        let ids = ids(&answer);
        assert!(ids.is_sorted() && ids.len() == 8, "by id, not by name: {ids:?}");
    }
}

#[tokio::test]
async fn the_oracle_of_the_count() {
    let (house, agent) = keeping(REF).await;
    let count = |model: &str, domain: Value| ("odoo_search_count", json!({"model": model, "domain": domain}));
    let calls = [
        count("res.partner", json!([["ref", "=like", "a%"]])),
        count("sale.order", json!([["partner_id.ref", "=like", "a%"]])),
        count("sale.order", json!([["partner_id", "any", [["ref", "!=", false]]]])),
        count("sale.order", json!([["partner_id", "ilike", "zq7"]])),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    let keys = count("res.partner", json!([["user_ids.api_key_ids", "!=", false]]));
    refused_by(BY_GUARD, &house, &agent, &[keys]).await;
}

#[tokio::test]
async fn the_oracle_of_archived_records() {
    let (house, agent) = keeping(&["res.partner.active"]).await;
    let calls = [
        find("res.partner", &json!([])),
        ("odoo_search_count", json!({"model": "res.partner", "domain": [["id", "=", PARTNER]]})),
        find("sale.order", &json!([["partner_id.city", "=", "x"]])),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
}
