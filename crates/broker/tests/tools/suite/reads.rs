use crate::scene::{Scene, ids, records};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) async fn connection_models_and_fields_are_told(scene: &Scene) {
    let connected = scene.ok("odoo_connect", json!({})).await;
    assert_eq!(connected["user"]["login"], scene.target.login.as_str());
    assert_eq!(connected["user"]["is_admin"], scene.is_admin());
    assert!(connected["version"].as_str().is_some_and(|version| version.starts_with("19")), "{connected}");
    let listed = scene.ok("user_connection_list", json!({})).await.to_string();
    assert!(listed.contains("Work") && !listed.contains(&scene.target.key), "{listed}");
    let models = scene.ok("odoo_list_models", json!({"pattern": "sale.order"})).await.to_string();
    assert!(models.contains("sale.order.line"), "{models}");
    let fields = scene.ok("odoo_fields_get", json!({"model": "sale.order"})).await.to_string();
    assert!(fields.contains("partner_id") && fields.contains("res.partner"), "{fields}");
    assert!(fields.len() < 16_000, "a description of 200 fields stays under 4,000 tokens: {} bytes", fields.len());
    let only = scene.ok("odoo_fields_get", json!({"model": "res.partner", "pattern": "phone"})).await.to_string();
    assert!(only.contains("phone") && !only.contains("country_id"), "{only}");
}

pub(super) async fn records_are_found_read_and_paged(scene: &Scene) {
    let mark = scene.name("paged");
    let values: Vec<Value> = (0..7).map(|n| json!({"name": format!("{mark} {n}"), "color": n})).collect();
    let made = scene.contacts(json!(values)).await;
    let domain = json!([["name", "like", mark]]);
    for order in ["id", "color desc", "name", "create_date desc, name"] {
        let mut seen = Vec::new();
        let mut page =
            json!({"model": "res.partner", "domain": domain, "fields": ["name"], "order": order, "limit": 3});
        for round in 0..4 {
            let answer = scene.ok("odoo_search_read", page.clone()).await;
            seen.extend(records(&answer).iter().filter_map(|record| record["id"].as_i64()));
            if round == 0 && order == "id" {
                // Somebody makes one more in the meantime: it comes last, and nothing is lost or doubled.
                let late =
                    scene.odoo("res.partner", "create", json!({"vals_list": [{"name": format!("{mark} late")}]})).await;
                seen.retain(|id| *id != late[0].as_i64().unwrap());
            }
            if answer["has_more"] != json!(true) {
                break;
            }
            page["cursor"] = answer["cursor"].clone();
        }
        let distinct: BTreeSet<i64> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "{order}: a row came twice: {seen:?}");
        assert_eq!(seen.len(), 8, "{order}: a row is missing: {seen:?}");
    }
    let one = json!({"model": "res.partner", "ids": [made[0], 99_999_999], "fields": ["name", "country_id"]});
    let answer = scene.ok("odoo_read", one).await;
    assert_eq!((records(&answer).len(), &answer["missing"]), (1, &json!([99_999_999])), "{answer}");
    let counted = scene.ok("odoo_search_count", json!({"model": "res.partner", "domain": domain})).await;
    assert_eq!(counted["count"], 8);
    let text = scene
        .ok("odoo_search_count", json!({"model": "res.partner", "domain": format!("[('name', 'like', '{mark}')]")}))
        .await;
    assert_eq!(text["count"], 8, "a domain as text is read as the list it is");
    let unasked = scene.ok("odoo_search_read", json!({"model": "res.partner", "domain": domain})).await;
    let first = records(&unasked).remove(0);
    assert!((3..=16).contains(&first.len()), "sensible fields: {first:?}");
    assert!(!unasked.to_string().contains("image"), "nothing large unasked");
    let lines = json!({"model": "sale.order", "fields": ["name", "order_line.name", "amount_total"], "limit": 2});
    let answer = scene.ok("odoo_search_read", lines).await;
    assert!(answer.to_string().contains("order_line"), "{answer}");
    assert!(
        answer["currency"].is_string() || answer.to_string().contains("currency_id"),
        "amounts have a currency: {answer}"
    );
    let all = scene.odoo("res.partner", "search", json!({"domain": domain})).await;
    let all: Vec<i64> = all.as_array().unwrap().iter().filter_map(Value::as_i64).collect();
    scene.remove("res.partner", &all).await;
}

/// What an agent pays for most often, in bytes of the answer.
pub(super) async fn answers_are_small(scene: &Scene) {
    let head = ["name", "partner_id", "date_order", "state", "user_id", "amount_untaxed", "amount_tax", "amount_total"];
    let lines =
        ["product_id", "product_uom_qty", "qty_delivered", "qty_invoiced", "price_unit", "discount", "price_subtotal"];
    let lines: Vec<String> = lines.iter().map(|name| format!("order_line.{name}")).collect();
    let fields: Vec<&str> = head.into_iter().chain(lines.iter().map(String::as_str)).collect();
    // An ordinary user may not see this order.
    if !scene.is_admin() {
        return;
    }
    let order = scene.ok("odoo_read", json!({"model": "sale.order", "ids": [7], "fields": fields})).await;
    assert!(order["currency"].is_string() && !order.to_string().contains("currency_id"), "{order}");
    let whole = order["records"][0]["order_line"]["rows"].as_array().map_or(0, Vec::len);
    assert!(whole > 1 && order.to_string().len() <= 650, "{} bytes: {order}", order.to_string().len());
    let found = json!({"model": "sale.order", "domain": [["id", "=", 7]], "fields": ["id"]});
    let found = scene.ok("odoo_search_read", found).await;
    assert!(found["ids"] == json!([7]) && found.to_string().len() <= 100, "{found}");
    let contacts = scene.ok("odoo_search_read", json!({"model": "res.partner", "limit": 50})).await.to_string();
    assert!(contacts.len() <= 50 * 130, "{} bytes: {contacts}", contacts.len());
}

/// A record as it was read, written again as it is, stays as it was.
pub(super) async fn what_was_handed_out_is_taken_back(scene: &Scene) {
    let name = scene.name("round trip");
    let values = json!({"name": name, "country_id": "France", "is_company": true, "color": 3, "type": "contact", "comment": "<p>a &amp; b</p>"});
    let id = scene.contacts(values).await[0];
    let fields = ["name", "country_id", "is_company", "color", "type"];
    let read = scene.ok("odoo_read", json!({"model": "res.partner", "ids": [id], "fields": fields})).await;
    let mut record = records(&read).remove(0);
    record.remove("id");
    let before = scene.odoo("res.partner", "read", json!({"ids": [id], "fields": fields})).await;
    scene.ok("odoo_write", json!({"model": "res.partner", "ids": [id], "values": record})).await;
    assert_eq!(scene.odoo("res.partner", "read", json!({"ids": [id], "fields": fields})).await, before);
    // The same out of a table.
    let other = scene.contacts(json!({"name": scene.name("round trip"), "country_id": "Belgium"})).await[0];
    let read = scene.ok("odoo_read", json!({"model": "res.partner", "ids": [id, other], "fields": fields})).await;
    let mut rows = records(&read);
    let country = rows.remove(0)["country_id"].clone();
    scene.ok("odoo_write", json!({"model": "res.partner", "ids": [other], "values": {"country_id": country}})).await;
    assert_eq!(scene.stored("res.partner", other, "country_id").await[1], "France");
    scene.remove("res.partner", &[id, other]).await;
}

pub(super) async fn a_relative_date_is_resolved_and_shown(scene: &Scene) {
    let made =
        ids(&scene.ok("odoo_create", json!({"model": "res.partner", "values": {"name": scene.name("today")}})).await);
    // The house's clock stands before the real one.
    for (operator, count) in [(">=", 1), ("<", 0)] {
        let domain = json!([["id", "in", made], ["create_date", operator, "yesterday"]]);
        let arguments =
            json!({"model": "res.partner", "domain": domain, "fields": ["name"], "timezone": "Europe/Brussels"});
        let answer = scene.ok("odoo_search_read", arguments).await;
        assert_eq!(records(&answer).len(), count, "{answer}");
        let yesterday = answer["dates"]["yesterday"].as_str().unwrap_or_default();
        assert!(yesterday.ends_with("22:00:00") || yesterday.ends_with("23:00:00"), "midnight in Brussels: {answer}");
    }
    let ago = json!([["id", "in", made], ["create_date", ">=", "-1h"]]);
    let recent = scene.ok("odoo_search_count", json!({"model": "res.partner", "domain": ago})).await;
    assert_eq!(recent["count"], 1);
    scene.remove("res.partner", &made).await;
}
