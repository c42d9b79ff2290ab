use crate::scene::{Scene, ids};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

pub(super) async fn values_are_checked_before_anything_is_sent(scene: &Scene) {
    let id = scene.contacts(json!({"name": scene.name("checked")})).await[0];
    let cases = [
        (json!({"nmae": "x"}), "name"),
        (json!({"type": "invoce"}), "invoice"),
        (json!({"country_id": "Frankreich-und-so"}), "country_id"),
        (json!({"is_company": "maybe"}), "is_company"),
        (json!({"color": "blue"}), "color"),
        (json!({"country_id": 99_999_999}), "res.country"),
        (json!({"write_date": "2026-01-01 00:00:00"}), "Odoo writes this field itself"),
    ];
    for (values, words) in cases {
        let error = scene.err("odoo_write", json!({"model": "res.partner", "ids": [id], "values": values})).await;
        let told = format!("{} {}", error.message, error.detail.clone().unwrap_or_default());
        assert!(told.contains(words), "{values}: {told}");
    }
    let error = scene.err("odoo_create", json!({"model": "res.partner.category", "values": {"color": 1}})).await;
    assert!(error.message.contains("name"), "what is required and missing is told: {}", error.message);
    assert_eq!(scene.stored("res.partner", id, "country_id").await, json!(false));
    scene.remove("res.partner", &[id]).await;
}

/// Odoo answers 200 to each of these and empties the field, or does it to every record, or to none.
pub(super) async fn odoos_silent_mistakes_do_not_happen(scene: &Scene) {
    let id = scene.contacts(json!({"name": scene.name("silent"), "country_id": "France", "is_company": true})).await[0];
    let france = scene.stored("res.partner", id, "country_id").await;
    assert_eq!(france[1], "France", "{france}");
    for form in [json!("Belgium"), json!({"id": 20, "name": "Belgium"}), json!([20, "Belgium"]), json!(20)] {
        scene.ok("odoo_write", json!({"model": "res.partner", "ids": [id], "values": {"country_id": form}})).await;
        assert_eq!(scene.stored("res.partner", id, "country_id").await[0], 20, "{form}");
        scene.ok("odoo_write", json!({"model": "res.partner", "ids": [id], "values": {"country_id": "France"}})).await;
    }
    let is_company = |value: Value| json!({"model": "res.partner", "ids": [id], "values": {"is_company": value}});
    for word in ["false", "no"] {
        // Either converted as it was meant, or refused; Odoo itself would store "true".
        drop(scene.call("odoo_write", is_company(json!(word))).await);
        let stored = scene.stored("res.partner", id, "is_company").await;
        if stored == json!(true) {
            assert_eq!(scene.err("odoo_write", is_company(json!(word))).await.code, ErrorCode::InvalidArguments);
        }
    }
    scene.ok("odoo_write", is_company(json!(false))).await;
    assert_eq!(scene.stored("res.partner", id, "is_company").await, json!(false));
    for (tool, arguments) in [
        ("odoo_write", json!({"model": "res.partner", "ids": [], "values": {"phone": "+1"}})),
        ("odoo_write", json!({"model": "res.partner", "values": {"phone": "+1"}})),
        ("odoo_unlink", json!({"model": "res.partner", "ids": []})),
        ("odoo_search_read", json!({"model": "res.partner", "limit": 0})),
        ("odoo_execute", json!({"model": "sale.order", "method": "action_confirm", "ids": []})),
    ] {
        assert_eq!(scene.err(tool, arguments.clone()).await.code, ErrorCode::InvalidArguments, "{tool} {arguments}");
    }
    scene.ok("odoo_write", json!({"model": "res.partner", "ids": [id], "values": {"country_id": null}})).await;
    assert_eq!(scene.stored("res.partner", id, "country_id").await, json!(false), "null empties a field on purpose");
    scene.remove("res.partner", &[id]).await;
}

pub(super) async fn many_records_change_in_one_call_and_back(scene: &Scene) {
    let names: Vec<String> = (0..3).map(|_| scene.name("many")).collect();
    let made = scene
        .ok("odoo_create", json!({"model": "res.partner", "values": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()}))
        .await;
    let made = ids(&made);
    assert_eq!(made.len(), 3);
    let updates: Vec<Value> =
        made.iter().enumerate().map(|(n, id)| json!({"id": id, "values": {"phone": format!("+{n}")}})).collect();
    let answer = scene.ok("odoo_write", json!({"model": "res.partner", "updates": updates})).await;
    assert_eq!(ids(&answer), made, "{answer}");
    for (n, id) in made.iter().enumerate() {
        assert_eq!(scene.stored("res.partner", *id, "phone").await, json!(format!("+{n}")));
    }
    let gone = scene.ok("odoo_unlink", json!({"model": "res.partner", "ids": made})).await;
    assert_eq!(ids(&gone), made);
    let error = scene.err("odoo_unlink", json!({"model": "res.partner", "ids": made})).await;
    assert_eq!(error.code, ErrorCode::RecordMissing);
    let error = scene.err("odoo_write", json!({"model": "res.partner", "ids": made, "values": {"phone": "+1"}})).await;
    assert_eq!(error.code, ErrorCode::RecordMissing);
}
