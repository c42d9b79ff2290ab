//! Odoo's silent mistakes: a client that trusts them loses data, so the simulator makes them too.

use serde_json::{Value, json};

use crate::Odoo;

/// A contact to spoil, in the United States.
async fn contact(odoo: &Odoo) -> i64 {
    let created =
        odoo.get("res.partner", "create", &json!({ "vals_list": [{ "name": "Test", "country_id": 233 }] })).await;
    created[0].as_i64().unwrap()
}

async fn written(odoo: &Odoo, id: i64, vals: Value) -> Value {
    assert_eq!(odoo.get("res.partner", "write", &json!({ "ids": [id], "vals": vals })).await, true);
    odoo.get("res.partner", "read", &json!({ "ids": [id], "fields": ["country_id", "is_company", "color", "name"] }))
        .await[0]
        .clone()
}

#[tokio::test]
async fn a_many2one_written_as_anything_but_a_number_is_emptied() {
    let odoo = Odoo::start().await;
    let id = contact(&odoo).await;
    for wrong in [json!("France"), json!("75"), json!([75, "France"]), json!({ "id": 75, "name": "France" })] {
        assert_eq!(written(&odoo, id, json!({ "country_id": 233 })).await["country_id"], json!([233, "United States"]));
        assert_eq!(written(&odoo, id, json!({ "country_id": wrong })).await["country_id"], false);
    }
}

#[tokio::test]
async fn a_boolean_takes_pythons_truth_and_a_number_takes_text() {
    let odoo = Odoo::start().await;
    let id = contact(&odoo).await;
    assert_eq!(written(&odoo, id, json!({ "is_company": "false" })).await["is_company"], true);
    assert_eq!(written(&odoo, id, json!({ "is_company": 0 })).await["is_company"], false);
    assert_eq!(written(&odoo, id, json!({ "color": "7" })).await["color"], 7);
    assert_eq!(written(&odoo, id, json!({ "name": 12 })).await["name"], "12");
}

#[tokio::test]
async fn without_ids_everything_succeeds_and_nothing_happens() {
    let odoo = Odoo::start().await;
    let before = odoo.get("res.partner", "search_read", &json!({ "domain": [], "fields": ["name"] })).await;
    assert_eq!(odoo.get("res.partner", "write", &json!({ "vals": { "name": "x" } })).await, true);
    assert_eq!(odoo.get("res.partner", "unlink", &json!({})).await, true);
    assert_eq!(odoo.get("sale.order", "action_confirm", &json!({})).await, true);
    assert_eq!(odoo.get("res.partner", "search_read", &json!({ "domain": [], "fields": ["name"] })).await, before);
}

#[tokio::test]
async fn a_limit_of_zero_is_every_row() {
    let odoo = Odoo::start().await;
    let all = odoo.get("res.partner", "search_count", &json!({ "domain": [] })).await;
    let rows = odoo.get("res.partner", "search", &json!({ "domain": [], "limit": 0 })).await;
    assert!(rows.as_array().unwrap().len() >= 60);
    assert_eq!(json!(rows.as_array().unwrap().len()), all);
}

#[tokio::test]
async fn values_that_do_not_convert_are_server_errors_and_change_nothing() {
    let odoo = Odoo::start().await;
    let cases = [
        (
            "sale.order",
            json!({ "date_order": "2026-01-01T00:00:00Z" }),
            "builtins.ValueError",
            "time data '2026-01-01T00:00:00Z' does not match format '%Y-%m-%d %H:%M:%S'",
        ),
        ("sale.order", json!({ "state": "bad" }), "builtins.ValueError", "Wrong value for sale.order.state: 'bad'"),
        ("sale.order", json!({ "nope": 1 }), "builtins.ValueError", "Invalid field 'nope' in 'sale.order'"),
        ("res.partner", json!({ "nope": 1 }), "builtins.KeyError", "nope"),
        (
            "res.partner",
            json!({ "color": "abc" }),
            "builtins.ValueError",
            "invalid literal for int() with base 10: 'abc'",
        ),
        (
            "crm.lead",
            json!({ "expected_revenue": "abc" }),
            "builtins.ValueError",
            "could not convert string to float: 'abc'",
        ),
        (
            "res.partner",
            json!({ "category_id": "x" }),
            "builtins.ValueError",
            "Wrong value for res.partner.category_id: x",
        ),
    ];
    for (model, vals, class, message) in cases {
        let id = if model == "res.partner" { 15 } else { 1 };
        let read = json!({ "ids": [id] });
        let before = odoo.get(model, "read", &read).await;
        let refused = odoo.refused(model, "write", &json!({ "ids": [id], "vals": vals })).await;
        assert_eq!(refused, (500, class.to_owned(), message.to_owned()));
        assert_eq!(odoo.get(model, "read", &read).await, before);
    }
}

#[tokio::test]
async fn a_failed_call_takes_back_what_it_did_before_it_failed() {
    let odoo = Odoo::start().await;
    let count = odoo.get("res.partner", "search_count", &json!({ "domain": [] })).await;
    let (status, ..) = odoo
        .refused(
            "res.partner",
            "create",
            &json!({ "vals_list": [{ "name": "First" }, { "name": "Second", "type": "bad" }] }),
        )
        .await;
    assert_eq!(status, 500);
    assert_eq!(odoo.get("res.partner", "search_count", &json!({ "domain": [] })).await, count);
}

#[tokio::test]
async fn what_is_gone_reads_as_nothing_and_cannot_be_deleted_again() {
    let odoo = Odoo::start().await;
    let id = contact(&odoo).await;
    let ids = json!({ "ids": [id] });
    assert_eq!(odoo.get("res.partner", "unlink", &ids).await, true);
    let message = format!("Record does not exist or has been deleted.\n(Record: res.partner({id},), User: 2)");
    assert_eq!(
        odoo.refused("res.partner", "unlink", &ids).await,
        (404, "odoo.exceptions.MissingError".to_owned(), message)
    );
    assert_eq!(odoo.get("res.partner", "read", &ids).await, json!([]));
}

#[tokio::test]
async fn what_is_required_is_asked_for_in_odoos_words() {
    let odoo = Odoo::start().await;
    let (status, class, message) =
        odoo.refused("sale.order", "write", &json!({ "ids": [1], "vals": { "partner_id": "Azure" } })).await;
    assert_eq!((status, class.as_str()), (422, "odoo.exceptions.ValidationError"));
    assert!(message.starts_with("The operation cannot be completed: Missing required value for the field 'Customer' (partner_id).\nModel: 'Sales Order' (sale.order)"));
    let (status, _, message) = odoo.refused("res.partner", "create", &json!({ "vals_list": [{}] })).await;
    assert_eq!((status, message.as_str()), (422, "The operation cannot be completed: Contacts require a name"));
}

#[tokio::test]
async fn a_total_that_is_written_stands_until_it_is_worked_out_anew() {
    let odoo = Odoo::start().await;
    let vals = json!({ "move_type": "out_invoice", "partner_id": 15, "invoice_line_ids": [[0, 0, { "name": "x", "price_unit": 100 }]] });
    let id = odoo.get("account.move", "create", &json!({ "vals_list": [vals] })).await;
    let total = async || {
        odoo.get("account.move", "read", &json!({ "ids": id, "fields": ["amount_total"] })).await[0]["amount_total"]
            .clone()
    };
    odoo.get("account.move", "write", &json!({ "ids": id, "vals": { "amount_total": 5 } })).await;
    assert_eq!(total().await, 5.0);
    odoo.get("account.move", "action_post", &json!({ "ids": id })).await;
    assert_eq!(total().await, 115.0);
}

#[tokio::test]
async fn a_state_that_is_written_posts_and_numbers_an_invoice() {
    let odoo = Odoo::start().await;
    let vals = json!({ "move_type": "in_invoice", "partner_id": 11, "invoice_line_ids": [[0, 0, { "name": "x", "price_unit": 100 }]] });
    let id = odoo.get("account.move", "create", &json!({ "vals_list": [vals] })).await;
    // the button would have asked for the date of the bill
    assert_eq!(odoo.refused("account.move", "action_post", &json!({ "ids": id })).await.0, 422);
    assert_eq!(odoo.get("account.move", "write", &json!({ "ids": id, "vals": { "state": "posted" } })).await, true);
    let posted =
        odoo.get("account.move", "read", &json!({ "ids": id, "fields": ["name", "state", "invoice_date"] })).await;
    assert!(posted[0]["name"].as_str().unwrap().starts_with("BILL/"), "{posted}");
    assert_eq!((&posted[0]["state"], &posted[0]["invoice_date"]), (&json!("posted"), &json!(false)));
}

#[tokio::test]
async fn without_ids_even_what_is_forbidden_succeeds() {
    let odoo = Odoo::start().await;
    let demo = odoo.sim.demo();
    for (model, method, body, answer) in [
        ("res.users", "write", json!({ "ids": [], "vals": { "name": "x" } }), json!(true)),
        ("res.users", "unlink", json!({ "ids": [] }), json!(true)),
        ("account.move", "action_post", json!({ "ids": [] }), json!(false)),
        ("account.move", "button_draft", json!({ "ids": [] }), Value::Null),
    ] {
        assert_eq!(odoo.ask(demo, model, method, &body).await, (200, answer), "{model}.{method}");
    }
}
