use crate::scene::{Scene, ids};
use gatehouse_core::ErrorCode;
use serde_json::json;

pub(super) async fn a_quotation_is_confirmed_and_a_second_time_refused(scene: &Scene) {
    let customer = scene.contacts(json!({"name": scene.name("buyer")})).await[0];
    let product =
        scene.odoo("product.product", "search", json!({"domain": [["sale_ok", "=", true]], "limit": 1})).await;
    let line = json!({"product_id": product[0], "product_uom_qty": 2});
    let made = scene
        .ok("odoo_create", json!({"model": "sale.order", "values": {"partner_id": customer, "order_line": [line]}}))
        .await;
    let order = ids(&made)[0];
    let confirm = json!({"model": "sale.order", "method": "action_confirm", "ids": [order]});
    scene.ok("odoo_execute", confirm.clone()).await;
    assert_eq!(scene.stored("sale.order", order, "state").await, "sale");
    let again = scene.err("odoo_execute", confirm).await;
    assert!(again.detail.unwrap_or_default().starts_with("Odoo says: "), "Odoo's own words are labelled");
    // Python's None is a success.
    let locked =
        scene.ok("odoo_execute", json!({"model": "sale.order", "method": "action_lock", "ids": [order]})).await;
    assert!(locked["result"].is_null(), "{locked}");
    assert_eq!(scene.stored("sale.order", order, "locked").await, json!(true));
    scene.odoo("sale.order", "action_unlock", json!({"ids": [order]})).await;
    scene.odoo("sale.order", "action_cancel", json!({"ids": [order]})).await;
    scene.remove("sale.order", &[order]).await;
    scene.remove("res.partner", &[customer]).await;
}

pub(super) async fn a_wizard_is_told_with_the_call_that_answers_it(scene: &Scene) {
    let customer = scene.contacts(json!({"name": scene.name("reader")})).await[0];
    let order =
        ids(&scene.ok("odoo_create", json!({"model": "sale.order", "values": {"partner_id": customer}})).await)[0];
    let send = json!({"model": "sale.order", "method": "action_quotation_send", "ids": [order]});
    let answer = scene.ok("odoo_execute", send).await;
    let told = answer.to_string();
    assert!(told.contains("mail.compose.message") && told.contains("odoo_plan"), "{told}");
    assert!(!told.contains("access_token"), "{told}");
    scene.remove("sale.order", &[order]).await;
    scene.remove("res.partner", &[customer]).await;
}

pub(super) async fn the_orms_own_verbs_are_no_methods(scene: &Scene) {
    for (method, tool) in [
        ("create", "odoo_create"),
        ("write", "odoo_write"),
        ("web_save", "odoo_write"),
        ("web_save_multi", "odoo_write"),
        ("unlink", "odoo_unlink"),
        ("search_read", "odoo_search_read"),
        ("web_search_read", "odoo_search_read"),
        ("read", "odoo_read"),
        ("export_data", "odoo_"),
        ("load", "odoo_create"),
        ("name_create", "odoo_create"),
        ("toggle_active", "odoo_write"),
        ("action_archive", "odoo_write"),
        ("message_post", "odoo_message_post"),
        ("formatted_read_group", "odoo_read_group"),
        ("read_group", "odoo_read_group"),
    ] {
        let error = scene.err("odoo_execute", json!({"model": "res.partner", "method": method, "ids": [1]})).await;
        assert!(matches!(error.code, ErrorCode::InvalidArguments | ErrorCode::Denied), "{method}: {error:?}");
        let told = format!("{} {}", error.message, error.detail.unwrap_or_default());
        assert!(told.contains(tool), "{method}: {told}");
    }
    let kwargs =
        json!({"model": "sale.order", "method": "action_confirm", "ids": [1], "kwargs": {"context": {"a": 1}}});
    assert_eq!(scene.err("odoo_execute", kwargs).await.code, ErrorCode::InvalidArguments);
}
