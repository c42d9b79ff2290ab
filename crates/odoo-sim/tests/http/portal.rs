//! The customer's page of an order: the one way to a PDF that an API key has.

use serde_json::json;

use crate::{Odoo, told};

#[tokio::test]
async fn an_address_with_a_token_gives_the_pdf_without_signing_in() {
    let odoo = Odoo::start().await;
    let url = json!({ "ids": [1], "report_type": "pdf", "download": true });
    let (_, url) = odoo.ask(odoo.sim.demo(), "sale.order", "get_portal_url", &url).await;
    let url = url.as_str().unwrap();
    assert!(url.starts_with("/my/orders/1?access_token=") && url.ends_with("&report_type=pdf&download=true"), "{url}");
    let page = odoo.http.get(format!("{}{url}", odoo.sim.url())).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "application/pdf");
    assert_eq!(page.headers()["content-disposition"], "attachment; filename=\"Quotation - S00001.pdf\"");
    let pdf = page.bytes().await.unwrap();
    assert!(pdf.starts_with(b"%PDF-1.4") && String::from_utf8_lossy(&pdf).contains("S00001"));
    // the token stays the same
    let again = odoo.get("sale.order", "get_portal_url", &json!({ "ids": [1] })).await;
    assert_eq!(again.as_str(), url.split_once("&report_type").map(|(url, _)| url));
    let invoice = odoo.get("account.move", "get_portal_url", &json!({ "ids": [5], "report_type": "pdf" })).await;
    let page = odoo.http.get(format!("{}{}", odoo.sim.url(), invoice.as_str().unwrap())).send().await.unwrap();
    assert!(page.bytes().await.unwrap().starts_with(b"%PDF"));
}

#[tokio::test]
async fn without_the_token_the_visitor_is_sent_away() {
    let odoo = Odoo::start().await;
    odoo.get("sale.order", "get_portal_url", &json!({ "ids": [1] })).await;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for page in [
        "orders/1?access_token=wrong",
        "orders/1?access_token=",
        "orders/2?access_token=",
        "orders/99?access_token=x",
        "nothing/1?access_token=x",
    ] {
        let response = http.get(format!("{}/my/{page}&report_type=pdf", odoo.sim.url())).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["location"]),
            (303, &"/my".parse().unwrap()),
            "{page}"
        );
    }
}

#[tokio::test]
async fn only_documents_that_one_may_read_have_an_address() {
    let odoo = Odoo::start().await;
    let (status, answer) = odoo.ask(odoo.sim.demo(), "sale.order", "get_portal_url", &json!({ "ids": [3] })).await;
    assert!(told(status, &answer).2.contains("doesn't have 'read' access"));
    assert_eq!(
        odoo.refused("sale.order", "get_portal_url", &json!({ "ids": [1, 5] })).await.2,
        "Expected singleton: sale.order(1, 5)"
    );
    assert_eq!(odoo.refused("sale.order", "get_portal_url", &json!({ "ids": [99_999] })).await.0, 404);
    assert_eq!(odoo.refused("res.partner", "get_portal_url", &json!({ "ids": [15] })).await.0, 404);
    let reports = json!({ "domain": [["model", "=", "sale.order"]], "fields": ["report_name"] });
    let (_, reports) = odoo.ask(odoo.sim.demo(), "ir.actions.report", "search_read", &reports).await;
    assert!(reports.as_array().unwrap().iter().any(|report| report["report_name"] == "sale.report_saleorder"));
}

#[tokio::test]
async fn buttons_answer_with_the_address_or_the_report_to_open() {
    let odoo = Odoo::start().await;
    let preview = odoo.get("sale.order", "action_preview_sale_order", &json!({ "ids": [1] })).await;
    assert_eq!((&preview["type"], &preview["target"]), (&json!("ir.actions.act_url"), &json!("self")));
    assert!(preview["url"].as_str().unwrap().starts_with("/my/orders/1?access_token="));
    let report = odoo.get("ir.actions.report", "report_action", &json!({ "ids": [574], "docids": [1] })).await;
    assert_eq!(
        (&report["type"], &report["report_name"]),
        (&json!("ir.actions.report"), &json!("sale.report_saleorder"))
    );
    assert_eq!(report["context"], json!({ "active_ids": [1] }));
    let none = odoo.get("sale.order", "action_view_invoice", &json!({ "ids": [1] })).await;
    assert_eq!(none["type"], "ir.actions.act_window_close");
    let won = odoo.get("crm.lead", "action_set_won", &json!({ "ids": [2] })).await;
    assert_eq!(won, true);
    let lost = odoo.refused("crm.lead", "action_set_lost", &json!({ "ids": [2] })).await;
    assert_eq!(lost.2, "A lead in a Won stage cannot be lost. Move it to another stage first.");
}
