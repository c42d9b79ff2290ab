//! Printed documents, as far as Odoo hands them out.

use crate::house::{Agent, House};
use crate::messages::odoo;
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

async fn scene() -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    (house, agent)
}

async fn order(house: &House) -> (i64, String) {
    let found = json!({"domain": [], "fields": ["name"], "limit": 1, "order": "id"});
    let found = odoo(house, "sale.order", "search_read", found).await;
    (found[0]["id"].as_i64().unwrap(), found[0]["name"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_order_is_read_from_the_portal_and_its_token_is_told_to_nobody() {
    let (house, agent) = scene().await;
    let (id, name) = order(&house).await;
    let arguments = json!({"report_name": "sale.report_saleorder", "ids": [id]});
    let answer = agent.call("odoo_report", arguments).await.unwrap();
    let document = &answer["documents"][0];
    assert_eq!(
        (&document["from"], &document["kind"], &document["pages"]),
        (&json!("portal"), &json!("pdf"), &json!(1))
    );
    assert!(document["text"].as_str().unwrap().contains(&name), "{document}");
    assert!(document["differs"].is_null());
    let token = house.stored("sale.order", id, "access_token").await;
    assert!(
        token.as_str().is_some_and(|token| token.len() > 20) && !answer.to_string().contains(token.as_str().unwrap())
    );
    // By its label too, where only one report has it.
    let by_label = agent.call("odoo_report", json!({"report_name": "PDF Quote", "ids": [id]})).await.unwrap();
    assert_eq!(by_label["report"], "sale.report_saleorder");
}

#[tokio::test]
async fn what_is_attached_already_comes_first() {
    let (house, agent) = scene().await;
    let found = json!({"domain": [["move_type", "=", "out_invoice"]], "fields": ["name"], "limit": 1, "order": "id"});
    let invoice = odoo(&house, "account.move", "search_read", found).await;
    let id = invoice[0]["id"].as_i64().unwrap();
    let report = json!({
        "name": "Original Bills", "model": "account.move", "report_type": "qweb-pdf",
        "report_name": "account.report_original_vendor_bill", "attachment": "'original_vendor_bill.pdf'", "binding_type": "report",
    });
    let made = odoo(&house, "ir.actions.report", "create", json!({"vals_list": [report]})).await;
    assert!(made[0].is_number(), "{made}");
    let pdf = json!({"name": "original_vendor_bill.pdf", "datas": PDF, "res_model": "account.move", "res_id": id});
    let file = odoo(&house, "ir.attachment", "create", json!({"vals_list": [pdf]})).await[0].clone();
    let arguments = json!({"report_name": "account.report_original_vendor_bill", "ids": [id]});
    let answer = agent.call("odoo_report", arguments).await.unwrap();
    let document = &answer["documents"][0];
    assert_eq!((&document["from"], &document["attachment_id"]), (&json!("attachment"), &file), "{document}");
    assert_eq!(document["text"], "attached", "{document}");
}

#[tokio::test]
async fn where_odoo_hands_out_nothing_the_answer_says_where_the_user_can() {
    let (house, agent) = scene().await;
    let found =
        json!({"domain": [["model", "not in", ["sale.order", "account.move"]]], "fields": ["report_name", "model"]});
    let reports = odoo(&house, "ir.actions.report", "search_read", found).await;
    let known: Vec<&Value> = reports.as_array().unwrap().iter().collect();
    if let Some(report) = known.first() {
        let model = report["model"].as_str().unwrap();
        let id = odoo(&house, model, "search", json!({"domain": [], "limit": 1})).await[0].clone();
        let arguments = json!({"report_name": report["report_name"], "ids": [id]});
        let error = agent.call("odoo_report", arguments).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::OdooRefused, "{error:?}");
        assert!(error.message.contains(&house.sim.url()) && error.message.contains(model), "{error:?}");
    }
    let (id, _) = order(&house).await;
    let both = json!({"report_name": "sale.report_saleorder", "ids": [id, 999_999]});
    let answer = agent.call("odoo_report", both).await.unwrap();
    assert!(answer["documents"][0]["text"].is_string() && answer["documents"][1]["error"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_report_that_is_not_there_is_answered_with_those_that_are() {
    let (house, agent) = scene().await;
    let (id, _) = order(&house).await;
    let error = agent.call("odoo_report", json!({"report_name": "saleorder", "ids": [id]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArguments);
    assert!(error.message.contains("sale.report_saleorder"), "{error:?}");
    for arguments in
        [json!({"report_name": "", "ids": [id]}), json!({"report_name": "sale.report_saleorder", "ids": []})]
    {
        assert_eq!(agent.call("odoo_report", arguments).await.unwrap_err().code, ErrorCode::InvalidArguments);
    }
}

/// One page: "attached".
const PDF: &str = "JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyAvUGFnZXMgMiAwIFIgPj4KZW5kb2JqCjIgMCBvYmoKPDwgL1R5cGUg\
     L1BhZ2VzIC9LaWRzIFszIDAgUl0gL0NvdW50IDEgPj4KZW5kb2JqCjMgMCBvYmoKPDwgL1R5cGUgL1BhZ2UgL1BhcmVudCAyIDAg\
     UiAvQ29udGVudHMgNCAwIFIgL1Jlc291cmNlcyA8PCAvRm9udCA8PCAvRjEgNSAwIFIgPj4gPj4gPj4KZW5kb2JqCjQgMCBvYmoK\
     PDwgL0xlbmd0aCAzNiA+PgpzdHJlYW0KQlQgL0YxIDEyIFRmIDkgOSBUZCAoYXR0YWNoZWQpIFRqIEVUCmVuZHN0cmVhbQplbmRv\
     YmoKNSAwIG9iago8PCAvVHlwZSAvRm9udCAvU3VidHlwZSAvVHlwZTEgL0Jhc2VGb250IC9IZWx2ZXRpY2EgL0VuY29kaW5nIC9X\
     aW5BbnNpRW5jb2RpbmcgPj4KZW5kb2JqCnhyZWYKMCA2CjAwMDAwMDAwMDAgNjU1MzUgZiAKMDAwMDAwMDAwOSAwMDAwMCBuIAow\
     MDAwMDAwMDU4IDAwMDAwIG4gCjAwMDAwMDAxMTUgMDAwMDAgbiAKMDAwMDAwMDIxNyAwMDAwMCBuIAowMDAwMDAwMzAzIDAwMDAw\
     IG4gCnRyYWlsZXIgPDwgL1Jvb3QgMSAwIFIgL1NpemUgNiA+PgpzdGFydHhyZWYKNDAwCiUlRU9GCg==";
