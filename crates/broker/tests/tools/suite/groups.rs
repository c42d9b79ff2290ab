use crate::scene::Scene;
use serde_json::json;

pub(super) async fn records_are_counted_and_summed_up_in_one_shape(scene: &Scene) {
    let mark = scene.name("grouped");
    let contact = |n: u32, color: u32, country: serde_json::Value| json!({"name": format!("{mark} {n}"), "color": color, "country_id": country});
    let made = scene
        .contacts(json!([contact(1, 1, json!("France")), contact(2, 4, json!("France")), contact(3, 2, json!(null))]))
        .await;
    let domain = json!([["id", "in", made]]);
    let grouped = json!({"model": "res.partner", "domain": domain, "group_by": ["country_id"], "aggregates": ["color:sum"], "order": "color:sum desc"});
    let answer = scene.ok("odoo_read_group", grouped).await;
    let told = answer.to_string();
    assert!(told.contains("France") && told.contains('5'), "{told}");
    assert!(told.contains("null"), "the group without a value is named: {told}");
    let months = json!({"model": "res.partner", "domain": domain, "group_by": ["country_id", "create_date:month"]});
    let answer = scene.ok("odoo_read_group", months).await;
    assert!(answer.to_string().contains("create_date:month"), "{answer}");
    let all = scene
        .ok(
            "odoo_read_group",
            json!({"model": "res.partner", "domain": domain, "group_by": [], "aggregates": ["color:max"]}),
        )
        .await;
    assert!(all.to_string().contains('4'), "{all}");
    let error = scene.err("odoo_read_group", json!({"model": "res.partner", "group_by": ["contry_id"]})).await;
    assert!(error.message.contains("country_id"), "the nearest name is offered: {}", error.message);
    scene.remove("res.partner", &made).await;
}
