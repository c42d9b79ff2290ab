use crate::scene::{Scene, ids};
use gatehouse_core::ErrorCode;
use serde_json::json;

pub(super) async fn a_file_goes_up_and_comes_back_as_text(scene: &Scene) {
    let id = scene.contacts(json!({"name": scene.name("filed")})).await[0];
    // "name,amount\nAzure,12\n"
    let content = "bmFtZSxhbW91bnQKQXp1cmUsMTIK";
    let upload = json!({"model": "res.partner", "res_id": id, "filename": "list.csv", "content_base64": content});
    let file = ids(&scene.ok("odoo_attachment_upload", upload).await)[0];
    assert_eq!(scene.stored("ir.attachment", file, "res_id").await, json!(id));
    let down = scene.ok("odoo_attachment_download", json!({"attachment_id": file})).await;
    let told = down.to_string();
    assert!(told.contains("Azure,12") && told.contains("list.csv"), "{told}");
    let listed = scene.ok("odoo_attachment_download", json!({"model": "res.partner", "res_id": id})).await;
    assert!(listed.to_string().contains("list.csv"), "{listed}");
    for (name, content) in [("../../etc/passwd", content), ("a.txt", "not base64!"), ("", content)] {
        let bad = json!({"model": "res.partner", "res_id": id, "filename": name, "content_base64": content});
        scene.err("odoo_attachment_upload", bad).await;
    }
    scene.remove("ir.attachment", &[file]).await;
    scene.remove("res.partner", &[id]).await;
}

pub(super) async fn a_file_comes_by_its_id_however_large_and_wherever_it_hangs(scene: &Scene) {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let id = scene.contacts(json!({"name": scene.name("filed"), "image_1920": png})).await[0];
    let text = "0123456789".repeat(30_000);
    let upload = json!({"model": "res.partner", "res_id": id, "filename": "large.txt", "text": text});
    let large = ids(&scene.ok("odoo_attachment_upload", upload).await)[0];
    let down = scene.ok("odoo_attachment_download", json!({"attachment_id": large})).await;
    assert_eq!((&down["size"], &down["characters"]), (&json!(300_000), &json!(300_000)), "{}", down["note"]);
    assert!(text.starts_with(down["text"].as_str().unwrap()));
    // Odoo lists no file of a field unless it is asked for by the field or by its id.
    let of_field = json!([["res_model", "=", "res.partner"], ["res_id", "=", id], ["res_field", "=", "image_1920"]]);
    let found = scene.odoo("ir.attachment", "search", json!({"domain": of_field})).await;
    if let Some(picture) = found[0].as_i64() {
        let down = scene.ok("odoo_attachment_download", json!({"attachment_id": picture})).await;
        assert_eq!((&down["kind"], &down["res_id"]), (&json!("image"), &json!(id)), "{down}");
    }
    let lost = json!({"model": "res.partner", "res_id": 99_999_999, "filename": "lost.txt", "text": "x"});
    let error = scene.err("odoo_attachment_upload", lost).await;
    assert_eq!(error.code, ErrorCode::RecordMissing, "{error:?}");
    let left = scene.odoo("ir.attachment", "search", json!({"domain": [["res_id", "=", 99_999_999]]})).await;
    assert_eq!(left, json!([]));
    scene.remove("ir.attachment", &[large]).await;
    scene.remove("res.partner", &[id]).await;
}

pub(super) async fn a_picture_comes_as_a_picture_and_a_report_tells_its_way(scene: &Scene) {
    // A PNG of one pixel.
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let id = scene.contacts(json!({"name": scene.name("pictured"), "image_1920": png})).await[0];
    let answer =
        scene.ok("odoo_attachment_download", json!({"model": "res.partner", "res_id": id, "field": "image_128"})).await;
    assert_eq!(answer["kind"], "image", "{answer}");
    let made = scene.ok("odoo_create", json!({"model": "sale.order", "values": {"partner_id": id}})).await;
    let order = ids(&made)[0];
    let told =
        scene.ok("odoo_report", json!({"report_name": "sale.report_saleorder", "ids": [order]})).await.to_string();
    let name = scene.stored("sale.order", order, "name").await;
    assert!(told.contains(name.as_str().unwrap()), "the document itself is read: {told}");
    assert!(!told.contains("access_token"), "{told}");
    scene.remove("sale.order", &[order]).await;
    scene.remove("res.partner", &[id]).await;
}
