//! What a form and a list are made of: defaults, foretold changes, saves of many records, columns.

use serde_json::{Value, json};

use crate::{Odoo, told};

#[tokio::test]
async fn a_new_order_foretells_what_follows_from_its_customer() {
    let odoo = Odoo::start().await;
    let demo = odoo.sim.demo();
    let spec = json!({ "partner_id": {}, "user_id": {}, "partner_shipping_id": { "fields": { "display_name": {} } }, "payment_term_id": {}, "name": {}, "state": {}, "amount_total": {}, "order_line": {} });
    let ask = async |values: Value, names: Value| {
        let body = json!({ "ids": [], "values": values, "field_names": names, "fields_spec": spec });
        odoo.ask(demo, "sale.order", "onchange", &body).await.1["value"].clone()
    };
    let fresh = ask(json!({}), json!([])).await;
    assert_eq!(
        (&fresh["name"], &fresh["state"], &fresh["partner_id"]),
        (&json!("New"), &json!("draft"), &json!(false))
    );
    assert!(fresh.get("order_line").is_none());
    let follows = ask(json!({ "partner_id": 15 }), json!(["partner_id"])).await;
    assert_eq!(
        follows,
        json!({ "user_id": 2, "partner_shipping_id": { "id": 62, "display_name": "Azure Interior, Azure Interior warehouse" }, "payment_term_id": 6 })
    );
    let lines = json!([[0, "virtual_1", { "product_id": 7, "product_uom_qty": 2 }]]);
    let total = ask(json!({ "partner_id": 15, "order_line": lines }), json!(["order_line"])).await;
    assert_eq!(total["amount_total"], 1725.0);
    assert_eq!(
        odoo.get(
            "sale.order",
            "search_count",
            &json!({ "domain": [["partner_id", "=", 15], ["state", "=", "draft"], ["create_uid", "=", 5]] })
        )
        .await,
        0
    );
}

#[tokio::test]
async fn a_line_foretells_what_follows_from_its_product() {
    let odoo = Odoo::start().await;
    let spec =
        json!({ "name": {}, "price_unit": {}, "product_uom_id": {}, "price_subtotal": {}, "product_uom_qty": {} });
    let new = json!({ "ids": [], "values": { "product_id": 26, "order_id": 1 }, "field_names": ["product_id"], "fields_spec": spec });
    let told = odoo.get("sale.order.line", "onchange", &new).await["value"].clone();
    assert_eq!(told["price_unit"], 70.0);
    assert!(told.get("price_subtotal").is_none() && told["name"].as_str().unwrap().contains('['));
    let line = odoo.get("sale.order", "read", &json!({ "ids": [1], "fields": ["order_line"] })).await[0]["order_line"]
        [0]
    .clone();
    let old =
        json!({ "ids": [line], "values": { "product_id": 26 }, "field_names": ["product_id"], "fields_spec": spec });
    assert!(odoo.get("sale.order.line", "onchange", &old).await["value"]["price_subtotal"].is_number());
}

#[tokio::test]
async fn what_is_asked_of_onchange_wrongly() {
    let odoo = Odoo::start().await;
    let order = |ids: Value, values: Value, names: Value, spec: Value| json!({ "ids": ids, "values": values, "field_names": names, "fields_spec": spec });
    let unknown = order(json!([1]), json!({ "nope": 1 }), json!(["nope"]), json!({ "partner_id": {} }));
    assert_eq!(odoo.get("sale.order", "onchange", &unknown).await, json!({}));
    let spec = order(json!([1]), json!({ "partner_id": 15 }), json!(["partner_id"]), json!({ "nope": {} }));
    assert_eq!(odoo.refused("sale.order", "onchange", &spec).await.2, "Invalid field 'nope' on 'sale.order'");
    let gone = order(json!([1]), json!({ "partner_id": 999_999 }), json!(["partner_id"]), json!({ "partner_id": {} }));
    assert_eq!(odoo.refused("sale.order", "onchange", &gone).await.0, 404);
    let unasked =
        json!({ "ids": [], "values": { "order_line": [] }, "field_names": [], "fields_spec": { "name": {} } });
    assert_eq!(odoo.refused("sale.order", "onchange", &unasked).await.2, "order_line");
    let many = order(json!([1, 2]), json!({ "partner_id": 15 }), json!(["partner_id"]), json!({ "partner_id": {} }));
    assert_eq!(odoo.refused("sale.order", "onchange", &many).await.2, "Expected singleton: sale.order(1, 2)");
    let hidden = order(json!([3]), json!({ "partner_id": 15 }), json!(["partner_id"]), json!({ "partner_id": {} }));
    let (status, answer) = odoo.ask(odoo.sim.demo(), "sale.order", "onchange", &hidden).await;
    assert!(told(status, &answer).2.contains("doesn't have 'write' access"));
    let moved = json!({ "ids": [15], "values": { "country_id": 20 }, "field_names": ["country_id"], "fields_spec": { "country_id": {}, "state_id": {} } });
    assert_eq!(odoo.get("res.partner", "onchange", &moved).await, json!({ "value": { "state_id": false } }));
}

#[tokio::test]
async fn each_record_is_saved_with_its_own_values() {
    let odoo = Odoo::start().await;
    let ids = odoo.get("res.partner", "create", &json!({ "vals_list": [{ "name": "A" }, { "name": "B" }] })).await;
    let body =
        json!({ "ids": ids, "vals_list": [{ "city": "Ghent" }, { "city": "Lyon" }], "specification": { "city": {} } });
    let saved = odoo.get("res.partner", "web_save_multi", &body).await;
    assert_eq!(saved, json!([{ "id": ids[0], "city": "Ghent" }, { "id": ids[1], "city": "Lyon" }]));
    let short = json!({ "ids": ids, "vals_list": [{ "city": "Ghent" }], "specification": {} });
    assert_eq!(
        odoo.refused("res.partner", "web_save_multi", &short).await.2,
        "Each record must have a corresponding vals entry."
    );
    let same = json!({ "ids": ids, "vals": { "city": "Oslo" }, "specification": { "city": {} } });
    assert_eq!(odoo.get("res.partner", "web_save", &same).await[1]["city"], "Oslo");
    let missing = json!({ "ids": [15, 999_999], "specification": { "name": {} } });
    assert_eq!(odoo.refused("res.partner", "web_read", &missing).await.0, 404);
    let ordered = json!({ "ids": [15], "specification": { "child_ids": { "fields": { "name": {} }, "order": "name desc", "limit": 1 } } });
    assert_eq!(odoo.get("res.partner", "web_read", &ordered).await[0]["child_ids"][0]["name"], "Nicole Ford");
    let about = json!({ "ids": [1], "specification": { "res_id": { "fields": { "display_name": {} } } } });
    assert_eq!(
        odoo.get("mail.message", "web_read", &about).await[0]["res_id"],
        json!({ "id": 15, "display_name": "Azure Interior" })
    );
}

#[tokio::test]
async fn a_list_says_which_columns_are_optional_and_which_are_never_seen() {
    let odoo = Odoo::start().await;
    let view = odoo.get("sale.order", "get_view", &json!({ "view_type": "list" })).await;
    let arch = view["arch"].as_str().unwrap();
    assert!(arch.starts_with("<list ") && arch.ends_with("</list>"));
    for column in [
        "<field name=\"name\"/>",
        "<field name=\"amount_total\" optional=\"show\"/>",
        "<field name=\"state\" optional=\"hide\"/>",
        "<field name=\"currency_id\" column_invisible=\"True\"/>",
    ] {
        assert!(arch.contains(column), "{column}");
    }
    let models = odoo.get("ir.model", "get_available_models", &json!({})).await;
    for model in models.as_array().unwrap() {
        let name = model["model"].as_str().unwrap();
        assert!(
            odoo.get(name, "get_view", &json!({ "view_type": "list" })).await["arch"]
                .as_str()
                .unwrap()
                .contains("<field"),
            "{name}"
        );
    }
    let (status, _, message) = odoo.refused("sale.order", "get_view", &json!({ "view_type": "tree" })).await;
    assert_eq!((status, message.as_str()), (422, "No default view of type 'tree' could be found!"));
}

#[tokio::test]
async fn wizards_are_not_among_the_models_and_belong_to_who_made_them() {
    let odoo = Odoo::start().await;
    let models = odoo.get("ir.model", "get_available_models", &json!({})).await;
    assert!(!models.as_array().unwrap().iter().any(|model| model["model"] == "sale.advance.payment.inv"));
    let context = json!({ "active_model": "sale.order", "active_ids": [4] });
    let wizard =
        odoo.get("sale.advance.payment.inv", "create", &json!({ "vals_list": [{}], "context": context })).await;
    let mine = odoo
        .get(
            "sale.advance.payment.inv",
            "read",
            &json!({ "ids": wizard, "fields": ["display_name", "sale_order_ids", "count"] }),
        )
        .await;
    assert_eq!(
        mine,
        json!([{ "id": wizard[0], "display_name": format!("sale.advance.payment.inv,{}", wizard[0]), "sale_order_ids": [4], "count": 1 }])
    );
    let theirs = odoo
        .ask(odoo.sim.demo(), "sale.advance.payment.inv", "read", &json!({ "ids": wizard, "fields": ["count"] }))
        .await;
    assert_eq!(theirs.0, 403);
    let send = odoo.get("sale.order", "action_quotation_send", &json!({ "ids": [1] })).await;
    let context = send["context"].clone();
    let composer = odoo.get("mail.compose.message", "create", &json!({ "vals_list": [{ "body": "<p>Our offer</p>", "partner_ids": [[6, 0, [15]]] }], "context": context })).await;
    let sent = json!({ "ids": composer, "context": { "mark_so_as_sent": true } });
    assert_eq!(
        odoo.get("mail.compose.message", "action_send_mail", &sent).await,
        json!({ "type": "ir.actions.act_window_close" })
    );
    let order = odoo.get("sale.order", "read", &json!({ "ids": [1], "fields": ["state"] })).await;
    assert_eq!(order[0]["state"], "sent");
    let lost = odoo.get("crm.lead.lost", "create", &json!({ "vals_list": [{ "lost_reason_id": 1 }], "context": { "active_model": "crm.lead", "active_ids": [1] } })).await;
    odoo.get("crm.lead.lost", "action_lost_reason_apply", &json!({ "ids": lost })).await;
    let lead = odoo
        .get("crm.lead", "read", &json!({ "ids": [1], "fields": ["active", "lost_reason_id", "won_status"] }))
        .await;
    assert_eq!(
        lead,
        json!([{ "id": 1, "active": false, "lost_reason_id": [1, "Too expensive"], "won_status": "lost" }])
    );
}
