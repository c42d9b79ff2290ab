//! Contacts, orders, products and messages: the work that a demo shows.

use serde_json::{Value, json};

use crate::Odoo;

#[tokio::test]
async fn there_is_enough_to_look_at() {
    let odoo = Odoo::start().await;
    for (model, least) in
        [("res.partner", 60), ("crm.lead", 20), ("product.template", 30), ("product.product", 30), ("sale.order", 20)]
    {
        let count = odoo.get(model, "search_count", &json!({ "domain": [] })).await;
        assert!(count.as_i64().unwrap() >= least, "{model}: {count}");
    }
    let found = odoo.get("res.partner", "name_search", &json!({ "name": "azure", "limit": 1 })).await;
    assert_eq!(found, json!([[15, "Azure Interior"]]));
    // every field of every record can be read
    let models = odoo.get("ir.model", "get_available_models", &json!({})).await;
    for model in models.as_array().unwrap() {
        let mut body = json!({ "context": { "active_test": false } });
        if model["model"] == "ir.attachment" {
            // the bytes of a picture are no JSON
            body["fields"] = json!(["name", "datas", "index_content", "res_name"]);
        }
        let rows = odoo.get(model["model"].as_str().unwrap(), "search_read", &body).await;
        assert!(!rows.as_array().unwrap().is_empty(), "{model}");
    }
}

#[tokio::test]
async fn rows_come_in_the_order_asked_for() {
    let odoo = Odoo::start().await;
    let body = json!({ "domain": [["state", "=", "sale"]], "fields": ["amount_total"], "order": "amount_total desc, id", "limit": 5, "offset": 1 });
    let rows = odoo.get("sale.order", "search_read", &body).await;
    let amounts: Vec<f64> = rows.as_array().unwrap().iter().map(|row| row["amount_total"].as_f64().unwrap()).collect();
    assert_eq!(amounts.len(), 5);
    assert!(amounts.is_sorted_by(|a, b| a >= b));
    let (status, _, message) = odoo.refused("sale.order", "search", &json!({ "domain": [], "order": "name;x" })).await;
    assert_eq!(status, 422);
    assert!(message.starts_with("Invalid \"order\" specified (name;x)."));
}

#[tokio::test]
async fn an_order_with_lines_is_priced_confirmed_cancelled_and_deleted() {
    let odoo = Odoo::start().await;
    let lines = json!([[0, 0, { "product_id": 7, "product_uom_qty": 2 }], [0, 0, { "product_id": 26, "product_uom_qty": 4, "discount": 10 }]]);
    let id =
        odoo.get("sale.order", "create", &json!({ "vals_list": [{ "partner_id": 15, "order_line": lines }] })).await[0]
            .clone();
    let read = async |fields: Value| {
        odoo.get("sale.order", "read", &json!({ "ids": [id], "fields": fields })).await[0].clone()
    };
    let order = read(json!([
        "name",
        "amount_untaxed",
        "amount_total",
        "user_id",
        "partner_shipping_id",
        "state",
        "order_line"
    ]))
    .await;
    assert_eq!(order["name"], "S00028");
    assert_eq!(order["amount_untaxed"], 1752.0);
    assert_eq!(order["amount_total"], 2014.8);
    assert_eq!(order["user_id"], json!([2, "Mitchell Admin"]));
    assert_eq!(order["partner_shipping_id"][1], "Azure Interior, Azure Interior warehouse");

    let ids = json!({ "ids": [id] });
    assert_eq!(odoo.get("sale.order", "action_confirm", &ids).await, true);
    let (status, _, message) = odoo.refused("sale.order", "action_confirm", &ids).await;
    assert_eq!((status, message.as_str()), (422, "Some orders are not in a state requiring confirmation."));
    let (status, class, _) = odoo.refused("sale.order", "unlink", &ids).await;
    assert_eq!((status, class.as_str()), (422, "odoo.exceptions.UserError"));
    let line = order["order_line"][0].clone();
    assert_eq!(
        odoo.refused("sale.order", "write", &json!({ "ids": [id], "vals": { "order_line": [[2, line]] } })).await.0,
        422
    );

    assert_eq!(odoo.get("sale.order", "action_cancel", &ids).await, true);
    assert_eq!(odoo.get("sale.order", "action_draft", &ids).await, true);
    odoo.get("sale.order", "write", &json!({ "ids": [id], "vals": { "order_line": [[2, line]] } })).await;
    assert_eq!(read(json!(["amount_untaxed"])).await["amount_untaxed"], 252.0);
    // a computed total takes what is written to it
    odoo.get("sale.order", "write", &json!({ "ids": [id], "vals": { "amount_total": 1 } })).await;
    assert_eq!(read(json!(["amount_total"])).await["amount_total"], 1.0);
    assert_eq!(odoo.get("sale.order", "unlink", &ids).await, true);
    assert_eq!(odoo.get("sale.order.line", "search_count", &json!({ "domain": [["order_id", "=", id]] })).await, 0);
}

#[tokio::test]
async fn commands_create_update_link_clear_and_set() {
    let odoo = Odoo::start().await;
    let vals = json!({ "name": "Lavender Ltd", "is_company": true, "country_id": 75, "category_id": [[6, 0, [1, 7]]], "child_ids": [[0, 0, { "name": "Ines" }]] });
    let id = odoo.get("res.partner", "create", &json!({ "vals_list": [vals] })).await[0].clone();
    let after = async |vals: Value| {
        odoo.get("res.partner", "write", &json!({ "ids": [id], "vals": vals })).await;
        odoo.get("res.partner", "read", &json!({ "ids": [id], "fields": ["category_id", "child_ids"] })).await[0]
            .clone()
    };
    let child = after(json!({})).await["child_ids"][0].clone();
    let ines =
        odoo.get("res.partner", "read", &json!({ "ids": [child], "fields": ["display_name", "country_id"] })).await;
    assert_eq!(ines, json!([{ "id": child, "display_name": "Lavender Ltd, Ines", "country_id": [75, "France"] }]));
    assert_eq!(after(json!({ "category_id": [[4, 2]] })).await["category_id"], json!([7, 2, 1]));
    assert_eq!(after(json!({ "category_id": [[3, 1]] })).await["category_id"], json!([7, 2]));
    assert_eq!(after(json!({ "category_id": [1] })).await["category_id"], json!([1]));
    assert_eq!(after(json!({ "category_id": [[5]] })).await["category_id"], json!([]));
    let (status, ..) =
        odoo.refused("res.partner", "write", &json!({ "ids": [id], "vals": { "category_id": [[4, 9999]] } })).await;
    assert_eq!(status, 422);
    after(json!({ "child_ids": [[1, child, { "function": "Buyer" }]] })).await;
    let ines = odoo.get("res.partner", "read", &json!({ "ids": [child], "fields": ["function"] })).await;
    assert_eq!(ines[0]["function"], "Buyer");
    assert_eq!(after(json!({ "child_ids": [[2, child]] })).await["child_ids"], json!([]));
}

#[tokio::test]
async fn one_trip_reads_orders_with_their_lines() {
    let odoo = Odoo::start().await;
    let spec = json!({ "name": {}, "partner_id": { "fields": { "display_name": {} } }, "user_id": {}, "order_line": { "fields": { "product_id": { "fields": { "display_name": {} } } }, "limit": 1 } });
    let body = json!({ "domain": [["name", "=", "S00011"]], "specification": spec });
    let answer = odoo.get("sale.order", "web_search_read", &body).await;
    assert_eq!(answer["length"], 1);
    let order = &answer["records"][0];
    assert_eq!(order["partner_id"], json!({ "id": 15, "display_name": "Azure Interior" }));
    assert_eq!(order["user_id"], 2);
    assert_eq!(
        order["order_line"][0]["product_id"],
        json!({ "id": 7, "display_name": "[DESK0005] Customizable Desk" })
    );
    assert!(order["order_line"][1].get("product_id").is_none());
}

#[tokio::test]
async fn groups_are_counted_and_summed() {
    let odoo = Odoo::start().await;
    let body = json!({ "domain": [], "groupby": ["state"], "aggregates": ["__count", "amount_total:sum"] });
    let groups = odoo.get("sale.order", "formatted_read_group", &body).await;
    let states: Vec<&str> = groups.as_array().unwrap().iter().map(|group| group["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["cancel", "draft", "sale", "sent"]);
    let counted: i64 = groups.as_array().unwrap().iter().map(|group| group["__count"].as_i64().unwrap()).sum();
    assert_eq!(odoo.get("sale.order", "search_count", &json!({ "domain": [] })).await, counted);
    let body = json!({ "domain": [], "groupby": ["date_order:month"], "aggregates": ["__count"] });
    let months = odoo.get("sale.order", "formatted_read_group", &body).await;
    let month = &months[0];
    let selected = odoo.get("sale.order", "search_count", &json!({ "domain": month["__extra_domain"] })).await;
    assert_eq!(selected, month["__count"]);
    let aggregates = json!(["currency_id:array_agg_distinct", "id:array_agg"]);
    let body = json!({ "domain": [["id", "in", [1, 2]]], "groupby": [], "aggregates": aggregates });
    let listed = odoo.get("sale.order", "formatted_read_group", &body).await;
    assert_eq!(listed[0]["currency_id:array_agg_distinct"], json!([1]));
    assert_eq!(listed[0]["id:array_agg"], json!([1, 2]));
    let (status, _, message) =
        odoo.refused("sale.order", "formatted_read_group", &json!({ "domain": [], "groupby": ["date_order"] })).await;
    assert_eq!((status, message.as_str()), (500, "Granularity not set on a date(time) field: 'date_order'"));
}

#[tokio::test]
async fn onchange_foretells_and_changes_nothing() {
    let odoo = Odoo::start().await;
    let spec = json!({ "partner_id": {}, "partner_invoice_id": {}, "partner_shipping_id": {}, "state": {} });
    let body =
        json!({ "ids": [1], "values": { "partner_id": 16 }, "field_names": ["partner_id"], "fields_spec": spec });
    let before = odoo.get("sale.order", "read", &json!({ "ids": [1] })).await;
    let told = odoo.get("sale.order", "onchange", &body).await;
    let invoice = odoo
        .get("res.partner", "search", &json!({ "domain": [["parent_id", "=", 16], ["type", "=", "invoice"]] }))
        .await[0]
        .clone();
    assert_eq!(told, json!({ "value": { "partner_invoice_id": invoice, "partner_shipping_id": 16 } }));
    assert_eq!(odoo.get("sale.order", "read", &json!({ "ids": [1] })).await, before);
}

#[tokio::test]
async fn a_message_is_text_unless_it_says_that_it_is_html() {
    let odoo = Odoo::start().await;
    let post = async |body: Value| {
        let message = odoo.get("res.partner", "message_post", &body).await;
        odoo.get("mail.message", "read", &json!({ "ids": message, "fields": ["body", "res_id", "author_id"] })).await[0]
            .clone()
    };
    let text = post(json!({ "ids": [15], "body": "Hi <b>there</b>" })).await;
    assert_eq!(text["body"], "<p>Hi &lt;b&gt;there&lt;/b&gt;</p>");
    assert_eq!(text["author_id"][0], 3);
    let html = post(json!({ "ids": [15], "body": "<p>Hi</p>", "body_is_html": true })).await;
    assert_eq!(html["body"], "<p>Hi</p>");
    assert_eq!(
        odoo.refused("res.partner", "message_post", &json!({ "ids": [9, 10], "body": "x" })).await.2,
        "Expected singleton: res.partner(9, 10)"
    );
    assert_eq!(odoo.refused("res.country", "message_post", &json!({ "ids": [20], "body": "x" })).await.0, 404);
}

#[tokio::test]
async fn fields_tell_what_the_real_ones_tell() {
    let odoo = Odoo::start().await;
    let fields = odoo.get("sale.order", "fields_get", &json!({})).await;
    assert!(fields.as_object().unwrap().len() >= 35);
    let partner = &fields["partner_id"];
    assert_eq!(
        (&partner["string"], &partner["type"], &partner["relation"]),
        (&json!("Customer"), &json!("many2one"), &json!("res.partner"))
    );
    assert_eq!(
        (&partner["required"], &partner["store"], &partner["searchable"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert_eq!(fields["state"]["selection"][2], json!(["sale", "Sales Order"]));
    assert_eq!(fields["order_line"]["relation_field"], "order_id");
    assert!(partner.as_object().unwrap().keys().all(|name| !name.starts_with('_')));
    let some =
        odoo.get("sale.order", "fields_get", &json!({ "allfields": ["name", "nope"], "attributes": ["string"] })).await;
    assert_eq!(some, json!({ "name": { "string": "Order Reference" } }));
}

#[tokio::test]
async fn archived_records_are_found_when_asked_for_only() {
    let odoo = Odoo::start().await;
    let count = async |domain: Value, context: Value| {
        odoo.get("res.partner", "search_count", &json!({ "domain": domain, "context": context })).await
    };
    let named = json!(["name", "=", "Old Mill Carpentry"]);
    assert_eq!(count(json!([named]), json!({})).await, 0);
    assert_eq!(count(json!([named]), json!({ "active_test": false })).await, 1);
    assert_eq!(count(json!([named, ["active", "=", false]]), json!({})).await, 1);
}

#[tokio::test]
async fn a_variant_and_its_template_are_one_product() {
    let odoo = Odoo::start().await;
    let id = odoo
        .get("product.product", "create", &json!({ "vals_list": [{ "name": "Stool", "list_price": 49 }] }))
        .await[0]
        .clone();
    let read = async |fields: Value| {
        odoo.get("product.product", "read", &json!({ "ids": [id], "fields": fields })).await[0].clone()
    };
    let product = read(json!(["display_name", "lst_price", "product_tmpl_id", "categ_id"])).await;
    assert_eq!((&product["display_name"], &product["lst_price"]), (&json!("Stool"), &json!(49.0)));
    let template = product["product_tmpl_id"][0].clone();
    odoo.get("product.template", "write", &json!({ "ids": [template], "vals": { "default_code": "ST-1" } })).await;
    assert_eq!(read(json!(["display_name"])).await["display_name"], "[ST-1] Stool");
    let template = odoo
        .get(
            "product.template",
            "read",
            &json!({ "ids": [template], "fields": ["product_variant_id", "product_variant_count"] }),
        )
        .await;
    assert_eq!((&template[0]["product_variant_id"][0], &template[0]["product_variant_count"]), (&id, &json!(1)));
}

#[tokio::test]
async fn over_jsonrpc_one_object_of_values_gives_one_id() {
    let odoo = Odoo::start().await;
    let one = odoo.execute_kw("res.partner", "create", &json!([{ "name": "One" }]), &json!({})).await;
    assert!(one["result"].is_i64(), "{one}");
    let many = odoo.execute_kw("res.partner", "create", &json!([[{ "name": "Two" }]]), &json!({})).await;
    assert!(many["result"][0].is_i64(), "{many}");
    let read = odoo
        .execute_kw(
            "res.partner",
            "read",
            &json!([[one["result"]], ["name"]]),
            &json!({ "context": { "lang": "en_US" } }),
        )
        .await;
    assert_eq!(read["result"], json!([{ "id": one["result"], "name": "One" }]));
}
