//! Followers, messages and who is told of them, activities.

use serde_json::{Value, json};

use crate::{Odoo, told};

const MESSAGE: [&str; 8] = [
    "body",
    "message_type",
    "subtype_id",
    "subject",
    "partner_ids",
    "notified_partner_ids",
    "attachment_ids",
    "is_internal",
];

/// A contact that Mitchell Admin follows, and another one.
async fn contacts(odoo: &Odoo) -> (i64, i64) {
    let vals = json!([{ "name": "Rosa", "email": "rosa@example.com" }, { "name": "Tom", "email": "tom@example.com" }]);
    let ids = odoo.get("res.partner", "create", &json!({ "vals_list": vals })).await;
    (ids[0].as_i64().unwrap(), ids[1].as_i64().unwrap())
}

async fn followers(odoo: &Odoo, model: &str, id: i64) -> Vec<i64> {
    let domain = json!([["res_model", "=", model], ["res_id", "=", id]]);
    let (_, rows) = odoo
        .ask(odoo.sim.demo(), "mail.followers", "search_read", &json!({ "domain": domain, "fields": ["partner_id"] }))
        .await;
    rows.as_array().unwrap().iter().map(|row| row["partner_id"][0].as_i64().unwrap()).collect()
}

async fn posted(odoo: &Odoo, body: Value) -> Value {
    let (status, id) = odoo.ask(odoo.sim.demo(), "res.partner", "message_post", &body).await;
    assert_eq!(status, 200, "{id}");
    odoo.get("mail.message", "read", &json!({ "ids": id, "fields": MESSAGE })).await[0].clone()
}

#[tokio::test]
async fn a_new_record_is_followed_by_its_creator_and_says_that_it_was_created() {
    let odoo = Odoo::start().await;
    let (id, _) = contacts(&odoo).await;
    assert_eq!(followers(&odoo, "res.partner", id).await, [3]);
    let domain = json!([["model", "=", "res.partner"], ["res_id", "=", id]]);
    let log = odoo.get("mail.message", "search_read", &json!({ "domain": domain, "fields": MESSAGE })).await;
    assert_eq!(log.as_array().unwrap().len(), 1);
    assert_eq!((&log[0]["body"], &log[0]["is_internal"]), (&json!("<p>Contact created</p>"), &json!(true)));
    assert_eq!(log[0]["subtype_id"], json!([2, "Note"]));
}

#[tokio::test]
async fn a_comment_reaches_the_followers_and_a_note_only_those_it_names() {
    let odoo = Odoo::start().await;
    let (id, other) = contacts(&odoo).await;
    odoo.get("res.partner", "message_subscribe", &json!({ "ids": [id], "partner_ids": [other] })).await;
    let note = posted(&odoo, json!({ "ids": [id], "body": "a & b" })).await;
    assert_eq!(note["message_type"], "notification");
    assert_eq!(note["subtype_id"], json!([2, "Note"]));
    assert_eq!((&note["body"], &note["subject"]), (&json!("<p>a &amp; b</p>"), &json!(false)));
    assert_eq!(note["notified_partner_ids"], json!([]));
    let comment =
        json!({ "ids": [id], "body": "hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment" });
    let comment = posted(&odoo, comment).await;
    assert_eq!((&comment["subject"], &comment["subtype_id"]), (&json!("Rosa"), &json!([1, "Discussions"])));
    let mut reached: Vec<i64> =
        comment["notified_partner_ids"].as_array().unwrap().iter().filter_map(Value::as_i64).collect();
    reached.sort_unstable();
    assert_eq!(reached, [3, other]);
    // who comments follows, who takes a note does not
    assert_eq!(followers(&odoo, "res.partner", id).await, [3, other, 6]);
    let named = json!({ "ids": [id], "body": "see", "message_type": "comment", "subtype_xmlid": "mail.mt_note", "partner_ids": [other] });
    let named = posted(&odoo, named).await;
    assert_eq!((&named["partner_ids"], &named["notified_partner_ids"]), (&json!([other]), &json!([other])));
    odoo.get("res.partner", "message_unsubscribe", &json!({ "ids": [id], "partner_ids": [other] })).await;
    assert_eq!(followers(&odoo, "res.partner", id).await, [3, 6]);
    let domain = json!([["mail_message_id", "=", named["id"]]]);
    let told = odoo.get("mail.notification", "search_read", &json!({ "domain": domain, "fields": ["res_partner_id", "notification_type", "notification_status", "failure_type"] })).await;
    assert_eq!(told[0]["res_partner_id"], json!([other, "Tom"]));
    assert_eq!(
        (&told[0]["notification_type"], &told[0]["notification_status"]),
        (&json!("email"), &json!("exception"))
    );
}

#[tokio::test]
async fn files_come_with_a_message() {
    let odoo = Odoo::start().await;
    let (id, _) = contacts(&odoo).await;
    let waiting = json!({ "name": "later.txt", "datas": "SGVsbG8=", "res_model": "mail.compose.message", "res_id": 0 });
    let (_, file) = odoo.ask(odoo.sim.demo(), "ir.attachment", "create", &json!({ "vals_list": [waiting] })).await;
    let message = json!({ "ids": [id], "body": "both", "attachment_ids": file, "attachments": [["now.txt", "hello"]] });
    let message = posted(&odoo, message).await;
    let files = odoo
        .get(
            "ir.attachment",
            "read",
            &json!({ "ids": message["attachment_ids"], "fields": ["name", "res_model", "res_id"] }),
        )
        .await;
    assert_eq!(files.as_array().unwrap().len(), 2);
    assert!(files.as_array().unwrap().iter().all(|file| file["res_model"] == "res.partner" && file["res_id"] == id));
    let html = json!({ "ids": [id], "body": "<p>hi</p><script>x</script>", "body_is_html": true });
    assert_eq!(posted(&odoo, html).await["body"], "<p>hi</p>");
}

#[tokio::test]
async fn what_cannot_be_posted_is_refused_in_odoos_words() {
    let odoo = Odoo::start().await;
    let refused = async |body: Value| odoo.refused("res.partner", "message_post", &body).await;
    assert_eq!(
        refused(json!({ "ids": [15], "body": "x", "partner_ids": "abc" })).await.2,
        "Posting a message should receive partners as a list of IDs (received 'abc')"
    );
    assert_eq!(refused(json!({ "ids": [15], "body": "x", "partner_ids": [999_999] })).await.0, 404);
    assert_eq!(
        refused(json!({ "ids": [15], "body": "x", "message_type": "bad" })).await.2,
        "Wrong value for mail.message.message_type: 'bad'"
    );
    assert_eq!(
        refused(json!({ "ids": [15], "body": "x", "message_type": "user_notification" })).await.2,
        "Use message_notify to send a notification to an user."
    );
    let (status, answer) =
        odoo.ask(odoo.sim.demo(), "sale.order", "message_post", &json!({ "ids": [3], "body": "x" })).await;
    assert!(told(status, &answer).2.contains("(Document type: Message, Operation: create)"));
}

#[tokio::test]
async fn who_is_made_responsible_follows_and_is_told_by_somebody_else_only() {
    let odoo = Odoo::start().await;
    let lead = odoo.get("crm.lead", "create", &json!({ "vals_list": [{ "name": "Chairs", "user_id": 5 }] })).await;
    let id = lead[0].as_i64().unwrap();
    assert_eq!(followers(&odoo, "crm.lead", id).await, [3, 6]);
    let domain = json!([["model", "=", "crm.lead"], ["res_id", "=", id], ["message_type", "=", "user_notification"]]);
    let told = odoo.get("mail.message", "search_read", &json!({ "domain": domain, "fields": MESSAGE })).await;
    assert_eq!(told[0]["notified_partner_ids"], json!([6]));
    odoo.get("crm.lead", "write", &json!({ "ids": [id], "vals": { "stage_id": 4, "user_id": 2 } })).await;
    let told = odoo.get("mail.message", "search_count", &json!({ "domain": domain })).await;
    assert_eq!(told, 1);
    let won = json!([["model", "=", "crm.lead"], ["res_id", "=", id], ["subtype_id", "=", 10]]);
    assert_eq!(odoo.get("mail.message", "search_count", &json!({ "domain": won })).await, 1);
}

#[tokio::test]
async fn an_activity_is_planned_done_and_told_of() {
    let odoo = Odoo::start().await;
    let (id, _) = contacts(&odoo).await;
    let demo = odoo.sim.demo();
    let planned = json!({ "ids": [id], "act_type_xmlid": "mail.mail_activity_data_call", "summary": "Call back", "user_id": 2, "date_deadline": "2126-01-01" });
    let (_, activity) = odoo.ask(demo, "res.partner", "activity_schedule", &planned).await;
    let fields = json!(["summary", "activity_type_id", "state", "res_model", "res_name", "user_id", "active"]);
    let read =
        async || odoo.get("mail.activity", "read", &json!({ "ids": activity, "fields": fields })).await[0].clone();
    assert_eq!(
        read().await,
        json!({ "id": activity[0], "summary": "Call back", "activity_type_id": [2, "Call"], "state": "planned", "res_model": "res.partner", "res_name": "Rosa", "user_id": [2, "Mitchell Admin"], "active": true })
    );
    let mine =
        odoo.get("res.partner", "read", &json!({ "ids": [id], "fields": ["activity_ids", "activity_state"] })).await;
    assert_eq!((&mine[0]["activity_ids"], &mine[0]["activity_state"]), (&activity, &json!("planned")));
    let (_, message) =
        odoo.ask(demo, "mail.activity", "action_feedback", &json!({ "ids": activity, "feedback": "reached" })).await;
    let message = odoo.get("mail.message", "read", &json!({ "ids": [message], "fields": ["subtype_id"] })).await;
    assert_eq!(message[0]["subtype_id"], json!([3, "Activities"]));
    assert_eq!((&read().await["active"], &read().await["state"]), (&json!(false), &json!("done")));
    assert_eq!(odoo.ask(demo, "mail.activity", "action_feedback", &json!({ "ids": [] })).await, (200, json!(false)));
    let nowhere = odoo
        .refused("mail.activity", "create", &json!({ "vals_list": [{ "res_model": "res.partner", "res_id": id }] }))
        .await;
    assert!(nowhere.2.contains("Activities have to be linked to records with a not null res_id."));
}
