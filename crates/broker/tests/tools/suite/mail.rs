use crate::scene::{Scene, ids};
use serde_json::json;

pub(super) async fn notes_and_comments_are_posted_as_safe_html(scene: &Scene) {
    let id = scene.contacts(json!({"name": scene.name("talked about")})).await[0];
    let body = "A **note** with <script>alert(1)</script> and a [link](https://example.com) and [another](javascript:alert(1)).\n\n- one\n- two";
    let note = scene.ok("odoo_message_post", json!({"model": "res.partner", "res_id": id, "body": body})).await;
    let message = ids(&note)[0];
    let stored = scene.stored("mail.message", message, "body").await;
    let html = stored.as_str().unwrap();
    assert!(
        html.contains("<strong>note</strong>") && html.contains("<li>one</li>") && html.contains("https://example.com"),
        "{html}"
    );
    assert!(!html.contains("<script") && !html.contains("javascript:"), "{html}");
    let subtype = scene.stored("mail.message", message, "subtype_id").await;
    assert_eq!(subtype[1], "Note", "{subtype}");
    let comment = json!({"model": "res.partner", "res_id": id, "body": "Hello.", "message_type": "comment"});
    let comment = scene.ok("odoo_message_post", comment).await;
    let subtype = scene.stored("mail.message", ids(&comment)[0], "subtype_id").await;
    assert_eq!(subtype[1], "Discussions", "{subtype}");
    scene.remove("res.partner", &[id]).await;
}
