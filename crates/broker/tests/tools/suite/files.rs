use crate::scene::{Scene, ids};
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
