use crate::scene::{Scene, ids};
use serde_json::{Value, json};

fn step(tool: &str, arguments: Value) -> Value {
    json!({"tool": tool, "arguments": arguments})
}

/// A customer with a quotation of two lines, confirmed and with a note: one call.
pub(super) async fn a_document_is_made_in_one_plan_and_a_broken_one_stops(scene: &Scene) {
    let customer = scene.name("customer");
    let product =
        scene.odoo("product.product", "search", json!({"domain": [["sale_ok", "=", true]], "limit": 1})).await;
    let line = |quantity: u32| json!({"product_id": product[0], "product_uom_qty": quantity});
    let steps = json!([
        step("odoo_create", json!({"model": "res.partner", "values": {"name": customer, "is_company": true}})),
        step(
            "odoo_create",
            json!({"model": "sale.order", "values": {"partner_id": {"step": 1}, "order_line": [line(1), line(3)]}})
        ),
        step("odoo_message_post", json!({"model": "sale.order", "res_id": {"step": 2}, "body": "Made **in one go**."})),
        step("odoo_execute", json!({"model": "sale.order", "method": "action_confirm", "ids": {"step": 2}})),
        step(
            "odoo_read",
            json!({"model": "sale.order", "ids": {"step": 2}, "fields": ["state", "order_line.product_uom_qty"]})
        ),
    ]);
    let answer = scene.ok("odoo_plan", json!({"steps": steps, "why": "A test of the whole job."})).await;
    assert_eq!(answer["status"], "done", "{answer}");
    let (customer_id, order_id) = (ids(&answer["steps"][0])[0], ids(&answer["steps"][1])[0]);
    assert_eq!(scene.stored("sale.order", order_id, "state").await, "sale");
    assert_eq!(scene.stored("sale.order", order_id, "partner_id").await[0], json!(customer_id));
    let told = answer["steps"][4].to_string();
    assert!(told.contains("sale") && told.contains("product_uom_qty"), "{told}");

    let broken = json!([
        step("odoo_write", json!({"model": "res.partner", "ids": [customer_id], "values": {"phone": "+32 1"}})),
        step("odoo_execute", json!({"model": "sale.order", "method": "action_confirm", "ids": [order_id]})),
        step("odoo_write", json!({"model": "res.partner", "ids": [customer_id], "values": {"phone": "+32 2"}})),
    ]);
    let answer = scene.ok("odoo_plan", json!({"steps": broken})).await;
    assert_eq!((&answer["status"], &answer["failed"]["step"]), (&json!("partly_done"), &json!(2)), "{answer}");
    assert_eq!(scene.stored("res.partner", customer_id, "phone").await, "+32 1");
    let undone = scene.ok("odoo_plan", json!({"steps": answer["undo"]})).await;
    assert_eq!(undone["status"], "done", "{undone}");
    assert_eq!(scene.stored("res.partner", customer_id, "phone").await, json!(false));

    scene.odoo("sale.order", "action_cancel", json!({"ids": [order_id]})).await;
    scene.remove("sale.order", &[order_id]).await;
    scene.remove("res.partner", &[customer_id]).await;
}
