//! Invoices from order or hand to payment, and what a posted one no longer allows.

use serde_json::{Value, json};

use crate::{Odoo, told};

const STATE: [&str; 5] = ["name", "state", "payment_state", "amount_total", "amount_residual"];

async fn invoice(odoo: &Odoo) -> i64 {
    let vals = json!({ "move_type": "out_invoice", "partner_id": 15, "ref": "PO-7", "invoice_line_ids": [[0, 0, { "product_id": 7, "quantity": 2 }], [0, 0, { "name": "Delivery", "price_unit": 10 }]] });
    odoo.get("account.move", "create", &json!({ "vals_list": [vals] })).await[0].as_i64().unwrap()
}

async fn read(odoo: &Odoo, id: i64, fields: &Value) -> Value {
    odoo.get("account.move", "read", &json!({ "ids": [id], "fields": fields })).await[0].clone()
}

#[tokio::test]
async fn a_draft_is_totalled_posted_and_numbered() {
    let odoo = Odoo::start().await;
    let id = invoice(&odoo).await;
    let draft = read(
        &odoo,
        id,
        &json!([
            "name",
            "display_name",
            "amount_untaxed",
            "amount_tax",
            "amount_total",
            "amount_residual",
            "invoice_date",
            "invoice_line_ids",
            "line_ids",
            "journal_id",
            "invoice_user_id",
            "invoice_payment_term_id"
        ]),
    )
    .await;
    assert_eq!((&draft["name"], &draft["display_name"]), (&json!(false), &json!("Draft Invoice (PO-7)")));
    assert_eq!((&draft["amount_untaxed"], &draft["amount_total"]), (&json!(1510.0), &json!(1736.5)));
    assert_eq!(
        (draft["invoice_line_ids"].as_array().unwrap().len(), draft["line_ids"].as_array().unwrap().len()),
        (2, 4)
    );
    assert_eq!(
        (&draft["journal_id"], &draft["invoice_payment_term_id"]),
        (&json!([1, "Sales"]), &json!([6, "End of Following Month"]))
    );
    let lines = odoo.get("account.move.line", "search_read", &json!({ "domain": [["move_id", "=", id]], "fields": ["debit", "credit", "account_id", "display_type"], "order": "id" })).await;
    let (debit, credit) = lines.as_array().unwrap().iter().fold((0.0, 0.0), |(debit, credit), line| {
        (debit + line["debit"].as_f64().unwrap(), credit + line["credit"].as_f64().unwrap())
    });
    assert_eq!((debit, credit), (1736.5, 1736.5));
    assert_eq!(odoo.get("account.move", "action_post", &json!({ "ids": [id] })).await, false);
    let posted = read(&odoo, id, &json!(STATE)).await;
    assert!(posted["name"].as_str().unwrap().starts_with("INV/20"), "{posted}");
    assert_eq!((&posted["state"], &posted["payment_state"]), (&json!("posted"), &json!("not_paid")));
    let (_, _, message) = odoo.refused("account.move", "action_post", &json!({ "ids": [id] })).await;
    assert_eq!(message, format!("The entry {} (id {id}) must be in draft.", posted["name"].as_str().unwrap()));
    for (vals, field) in
        [(json!({ "partner_id": 16 }), "partner_id"), (json!({ "invoice_line_ids": [[5]] }), "invoice_line_ids")]
    {
        let refused = odoo.refused("account.move", "write", &json!({ "ids": [id], "vals": vals })).await;
        assert_eq!(refused.2, format!("You cannot modify the following readonly fields on a posted move: {field}"));
    }
    assert_eq!(odoo.get("account.move", "write", &json!({ "ids": [id], "vals": { "ref": "PO-8" } })).await, true);
    assert_eq!(odoo.refused("account.move", "unlink", &json!({ "ids": [id] })).await.0, 422);
    assert_eq!(odoo.get("account.move", "button_cancel", &json!({ "ids": [id] })).await, Value::Null);
    assert_eq!(read(&odoo, id, &json!(STATE)).await["state"], "cancel");
    assert_eq!(odoo.get("account.move", "button_draft", &json!({ "ids": [id] })).await, Value::Null);
    assert_eq!(read(&odoo, id, &json!(STATE)).await["name"], posted["name"]);
    assert_eq!(odoo.get("account.move", "unlink", &json!({ "ids": [id] })).await, true);
    assert_eq!(odoo.get("account.move.line", "search_count", &json!({ "domain": [["move_id", "=", id]] })).await, 0);
}

#[tokio::test]
async fn what_cannot_be_posted_is_said_in_odoos_words() {
    let odoo = Odoo::start().await;
    let refused = async |vals: Value| {
        let id = odoo.get("account.move", "create", &json!({ "vals_list": [vals] })).await;
        odoo.refused("account.move", "action_post", &json!({ "ids": id })).await.2
    };
    let lines = json!([[0, 0, { "name": "x", "price_unit": 10 }]]);
    assert!(
        refused(json!({ "move_type": "out_invoice", "invoice_line_ids": lines }))
            .await
            .starts_with("The 'Customer' field is required")
    );
    assert_eq!(
        refused(json!({ "move_type": "out_invoice", "partner_id": 15 })).await,
        "Even magicians can't post nothing!"
    );
    assert_eq!(
        refused(json!({ "move_type": "in_invoice", "partner_id": 11, "invoice_line_ids": lines })).await,
        "The Bill/Refund date is required to validate this document."
    );
}

#[tokio::test]
async fn a_payment_by_wizard_pays_in_part_and_in_full() {
    let odoo = Odoo::start().await;
    let id = invoice(&odoo).await;
    odoo.get("account.move", "action_post", &json!({ "ids": [id] })).await;
    let context = json!({ "active_model": "account.move", "active_ids": [id] });
    let wizard = async |vals: Value| {
        odoo.get("account.payment.register", "create", &json!({ "vals_list": [vals], "context": context })).await
    };
    let opened = odoo.get("account.move", "action_register_payment", &json!({ "ids": [id] })).await;
    assert_eq!((&opened["res_model"], &opened["target"]), (&json!("account.payment.register"), &json!("new")));
    let part = wizard(json!({ "amount": 100 })).await;
    let read_wizard = json!({ "ids": part, "fields": ["amount", "source_amount", "payment_difference", "payment_type", "partner_id", "journal_id"] });
    let told_wizard = odoo.get("account.payment.register", "read", &read_wizard).await;
    assert_eq!(
        (&told_wizard[0]["payment_difference"], &told_wizard[0]["journal_id"]),
        (&json!(1636.5), &json!([6, "Bank"]))
    );
    let action = odoo.get("account.payment.register", "action_create_payments", &json!({ "ids": part })).await;
    assert_eq!(
        (&action["type"], &action["res_model"], &action["view_mode"]),
        (&json!("ir.actions.act_window"), &json!("account.payment"), &json!("form"))
    );
    let state = read(&odoo, id, &json!(STATE)).await;
    assert_eq!((&state["payment_state"], &state["amount_residual"]), (&json!("partial"), &json!(1636.5)));
    let rest = wizard(json!({})).await;
    let rest = odoo.get("account.payment.register", "action_create_payments", &json!({ "ids": rest })).await;
    let state = read(&odoo, id, &json!(STATE)).await;
    assert_eq!((&state["payment_state"], &state["amount_residual"]), (&json!("paid"), &json!(0.0)));
    let again =
        odoo.refused("account.payment.register", "create", &json!({ "vals_list": [{}], "context": context })).await;
    assert!(again.2.starts_with("There's nothing left to pay"));
    let bare = odoo.refused("account.payment.register", "create", &json!({ "vals_list": [{}] })).await;
    assert!(bare.2.starts_with("The register payment wizard should only be called on"));
    // a payment that is a draft again leaves the rest owed
    odoo.get("account.payment", "action_draft", &json!({ "ids": [rest["res_id"]] })).await;
    let state = read(&odoo, id, &json!(STATE)).await;
    assert_eq!((&state["payment_state"], &state["amount_residual"]), (&json!("partial"), &json!(1636.5)));
}

#[tokio::test]
async fn an_order_is_invoiced_by_wizard_also_by_an_ordinary_user() {
    let odoo = Odoo::start().await;
    let demo = odoo.sim.demo();
    let ask = async |model: &str, method: &str, body: Value| odoo.ask(demo, model, method, &body).await.1;
    let order = ask("sale.order", "create", json!({ "vals_list": [{ "partner_id": 14, "order_line": [[0, 0, { "product_id": 7, "product_uom_qty": 2 }]] }] })).await[0].clone();
    ask("sale.order", "action_confirm", json!({ "ids": [order] })).await;
    let context = json!({ "active_model": "sale.order", "active_ids": [order] });
    let wizard = ask(
        "sale.advance.payment.inv",
        "create",
        json!({ "vals_list": [{ "advance_payment_method": "delivered" }], "context": context }),
    )
    .await;
    let action = ask("sale.advance.payment.inv", "create_invoices", json!({ "ids": wizard })).await;
    assert_eq!((&action["type"], &action["res_model"]), (&json!("ir.actions.act_window"), &json!("account.move")));
    let told_order = ask(
        "sale.order",
        "read",
        json!({ "ids": [order], "fields": ["invoice_ids", "invoice_status", "amount_total"] }),
    )
    .await[0]
        .clone();
    assert_eq!(
        (&told_order["invoice_ids"], &told_order["invoice_status"]),
        (&json!([action["res_id"]]), &json!("invoiced"))
    );
    let made = ask(
        "account.move",
        "read",
        json!({ "ids": [action["res_id"]], "fields": ["amount_total", "state", "invoice_origin"] }),
    )
    .await[0]
        .clone();
    assert_eq!((&made["amount_total"], &made["state"]), (&told_order["amount_total"], &json!("draft")));
    let again = odoo.ask(demo, "sale.advance.payment.inv", "create_invoices", &json!({ "ids": wizard })).await;
    assert!(told(again.0, &again.1).2.starts_with("Cannot create an invoice. No items are available to invoice."));
    let posting = odoo.ask(demo, "account.move", "action_post", &json!({ "ids": [action["res_id"]] })).await;
    assert_eq!(told(posting.0, &posting.1).2, "You don't have the access rights to post an invoice.");
    odoo.get("account.move", "unlink", &json!({ "ids": [action["res_id"]] })).await;
    let told_order = ask("sale.order", "read", json!({ "ids": [order], "fields": ["invoice_status"] })).await;
    assert_eq!(told_order[0]["invoice_status"], "to invoice");
}

#[tokio::test]
async fn the_demo_has_unpaid_paid_and_foreign_invoices() {
    let odoo = Odoo::start().await;
    let domain = json!([
        ["move_type", "=", "out_invoice"],
        ["state", "=", "posted"],
        ["payment_state", "in", ["not_paid", "partial"]]
    ]);
    let body = json!({ "domain": domain, "groupby": ["partner_id", "company_id", "currency_id"], "aggregates": ["__count", "amount_residual:sum"] });
    let groups = odoo.get("account.move", "formatted_read_group", &body).await;
    assert!(groups.as_array().unwrap().len() >= 5);
    let currencies: Vec<&str> =
        groups.as_array().unwrap().iter().map(|group| group["currency_id"][1].as_str().unwrap()).collect();
    assert!(currencies.contains(&"EUR") && currencies.contains(&"USD"));
    let names = odoo.get("account.move", "search_read", &json!({ "domain": [["state", "=", "posted"], ["move_type", "=", "out_invoice"]], "fields": ["name", "payment_state", "amount_residual", "amount_total"] })).await;
    for row in names.as_array().unwrap() {
        let owed = row["amount_residual"].as_f64().unwrap();
        let is_right = match row["payment_state"].as_str().unwrap() {
            "paid" => owed == 0.0,
            "partial" => owed > 0.0 && owed < row["amount_total"].as_f64().unwrap(),
            _ => row["amount_residual"] == row["amount_total"],
        };
        assert!(is_right && row["name"].as_str().unwrap().starts_with("INV/"), "{row}");
    }
    let bill = odoo.get("account.move", "search_read", &json!({ "domain": [["move_type", "=", "in_invoice"]], "fields": ["name", "amount_total", "amount_total_signed"], "limit": 1 })).await;
    assert!(bill[0]["amount_total"].as_f64().unwrap() > 0.0);
    assert_eq!(json!(-bill[0]["amount_total_signed"].as_f64().unwrap()), bill[0]["amount_total"]);
}

#[tokio::test]
async fn an_ordinary_user_sees_own_and_nobodys_customer_invoices_and_changes_none() {
    let odoo = Odoo::start().await;
    let demo = odoo.sim.demo();
    let (_, seen) = odoo
        .ask(demo, "account.move", "search_read", &json!({ "domain": [], "fields": ["move_type", "invoice_user_id"] }))
        .await;
    assert!(seen.as_array().unwrap().len() >= 4);
    assert!(seen.as_array().unwrap().iter().all(|row| row["move_type"].as_str().unwrap().starts_with("out_")
        && (row["invoice_user_id"] == false || row["invoice_user_id"][0] == 5)));
    let write = json!({ "ids": [1], "vals": { "ref": "x" } });
    let (status, answer) = odoo.ask(demo, "account.move", "write", &write).await;
    assert!(told(status, &answer).2.contains("\t- Accounting/Invoicing\n\t- Purchase/User"));
    assert_eq!(odoo.ask(demo, "account.payment", "search_read", &json!({ "domain": [] })).await.0, 403);
    let wizard = json!({ "vals_list": [{}], "context": { "active_model": "account.move", "active_ids": [1] } });
    assert_eq!(odoo.ask(demo, "account.payment.register", "create", &wizard).await.0, 403);
}
