use crate::scene::Scene;
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};

/// What an agent can do wrong, or meet, and the code that it is told; each with a sentence and something to do next.
pub(super) async fn every_refusal_has_its_code_and_a_next_step(scene: &Scene) {
    let read = |more: Value| {
        let mut arguments = json!({"model": "res.partner"});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ("odoo_search_read", arguments)
    };
    let mut cases: Vec<((&str, Value), ErrorCode)> = vec![
        (read(json!({"fields": ["nmae"]})), ErrorCode::UnknownSchema),
        (read(json!({"domain": [["nmae", "=", 1]]})), ErrorCode::UnknownSchema),
        (read(json!({"domain": [["name", "resembles", "x"]]})), ErrorCode::InvalidArguments),
        (read(json!({"domain": "[('name', '=', __import__('os'))]"})), ErrorCode::InvalidArguments),
        (read(json!({"order": "nmae desc"})), ErrorCode::UnknownSchema),
        (read(json!({"cursor": "made up"})), ErrorCode::InvalidArguments),
        (read(json!({"limit": 0})), ErrorCode::InvalidArguments),
        (read(json!({"companies": [99_999]})), ErrorCode::InvalidArguments),
        (read(json!({"connection": "Nowhere"})), ErrorCode::UnknownConnection),
        (("odoo_search_read", json!({"model": "no.such.model"})), ErrorCode::UnknownSchema),
        (("odoo_fields_get", json!({"model": "no.such.model"})), ErrorCode::UnknownSchema),
        (("odoo_read", json!({"model": "res.partner", "ids": [99_999_999]})), ErrorCode::RecordMissing),
        (("odoo_unlink", json!({"model": "res.partner", "ids": [99_999_999]})), ErrorCode::RecordMissing),
        (
            ("odoo_execute", json!({"model": "res.partner", "method": "no_such_method", "ids": [1]})),
            ErrorCode::UnknownSchema,
        ),
        (
            ("odoo_execute", json!({"model": "res.partner", "method": "_write", "ids": [1]})),
            ErrorCode::InvalidArguments,
        ),
        (("odoo_write", json!({"model": "res.users", "ids": [2], "values": {"login": "x"}})), ErrorCode::Denied),
        (("odoo_read", json!({"model": "ir.config_parameter", "ids": [1]})), ErrorCode::Denied),
        (
            ("odoo_message_post", json!({"model": "res.partner", "res_id": 99_999_999, "body": "x"})),
            ErrorCode::RecordMissing,
        ),
        (("odoo_attachment_download", json!({"attachment_id": 99_999_999})), ErrorCode::RecordMissing),
        (("no_such_tool", json!({})), ErrorCode::UnknownTool),
    ];
    if !scene.is_admin() {
        cases.push((("odoo_search_read", json!({"model": "ir.model"})), ErrorCode::AccessDenied));
    }
    for ((tool, arguments), code) in cases {
        let error = scene.err(tool, arguments.clone()).await;
        let told = format!("{tool} {arguments}: {error:?}");
        assert!(
            error.code == code || (code == ErrorCode::UnknownSchema && error.code == ErrorCode::InvalidArguments),
            "expected {code:?}: {told}"
        );
        assert!(error.message.chars().count() > 30, "a sentence that says what to do: {told}");
        assert!(!told.contains("Traceback") && !told.contains(".py"), "{told}");
        assert!(!told.contains(&scene.target.key) && !told.contains(&scene.target.admin_key), "{told}");
    }
}
