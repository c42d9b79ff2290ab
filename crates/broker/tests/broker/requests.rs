//! How often Odoo is asked for one call, once models are known; and that nothing old is told for it.

use crate::execute::on_demo;
use crate::house::{Agent, House};
use crate::messages::{made, odoo};
use crate::reading::older_house;
use gatehouse_core::{EdgeError, ErrorCode};
use serde_json::{Value, json};

/// Azure Interior.
const PARTNER: i64 = 10;
const ALLOW: &str = r#"{"version": "1", "default": "allow"}"#;

/// A house where nobody is asked about anything.
async fn scene() -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.save(&house.of_demo(), ALLOW).await;
    (house, agent)
}

/// What became of a call, and what Odoo was asked for it.
async fn asked(house: &House, agent: &Agent, tool: &str, arguments: Value) -> (Result<Value, EdgeError>, Vec<String>) {
    let before = house.sim.log().len();
    let mut answer = agent.call(tool, on_demo(arguments)).await;
    while let Ok(told) = &answer
        && told["status"] == "running"
    {
        answer = agent.call("approval_wait", json!({"ticket": told["ticket"]})).await;
    }
    let log = house.sim.log();
    let asked = log[before..].iter().map(|seen| format!("{}.{}", seen.model, seen.method)).collect();
    (answer, asked)
}

/// A text file of a contact, so long.
async fn file(house: &House, text: &str) -> i64 {
    use base64::Engine as _;
    let datas = base64::engine::general_purpose::STANDARD.encode(text);
    let values = json!({"name": "a.txt", "datas": datas, "res_model": "res.partner", "res_id": PARTNER});
    let made = odoo(house, "ir.attachment", "create", json!({"vals_list": [values]})).await;
    made[0].as_i64().unwrap()
}

async fn download(house: &House, agent: &Agent, id: i64) -> (Value, Vec<String>) {
    let (answer, asked) = asked(house, agent, "odoo_attachment_download", json!({"attachment_id": id})).await;
    (answer.unwrap(), asked)
}

#[tokio::test]
async fn a_small_file_is_one_request_and_a_large_one_three() {
    let (house, agent) = scene().await;
    let small = file(&house, "small").await;
    let large = file(&house, &"x".repeat(256 * 1024 + 1)).await;
    let empty = file(&house, "").await;
    download(&house, &agent, small).await;
    let (answer, asked) = download(&house, &agent, small).await;
    assert_eq!(asked, ["ir.attachment.search_read"]);
    assert_eq!((&answer["text"], &answer["size"], &answer["res_id"]), (&json!("small"), &json!(5), &json!(PARTNER)));
    let (answer, asked) = download(&house, &agent, large).await;
    assert_eq!(asked, ["ir.attachment.search_read", "ir.attachment.read", "ir.attachment.read"]);
    assert_eq!(answer["size"], 256 * 1024 + 1);
    let (answer, asked) = download(&house, &agent, empty).await;
    assert_eq!(asked.len(), 1, "{answer}");
    assert!(answer["text"].is_null() && answer["note"].is_string(), "{answer}");
}

#[tokio::test]
async fn what_a_file_holds_is_read_once_a_person_has_answered() {
    let (house, agent) = scene().await;
    let id = file(&house, "first words").await;
    let rule = json!({"version": "1", "default": "allow", "tools": {"odoo_attachment_download": {"require_approval": [{"conditions": [], "reason": "look first"}]}}});
    house.save(&house.of_demo(), &rule.to_string()).await;
    let call = agent.calling("odoo_attachment_download", on_demo(json!({"attachment_id": id})));
    let card = house.card().await;
    assert!(!format!("{card:?}").contains("first words"), "{card:?}");
    house.meddle("ir.attachment", id, json!({"datas": "YWZ0ZXIh"})).await;
    house.decide(&card, gatehouse_broker::view::Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap()["text"], "after!");
}

#[tokio::test]
async fn what_a_file_holds_is_not_read_before_the_decision_where_files_cannot_be_searched_unasked() {
    let (house, agent) = scene().await;
    let id = file(&house, "kept").await;
    let of_files =
        json!([{"conditions": [{"path": "call.model", "op": "eq", "value": "ir.attachment"}], "on_deny": "no files"}]);
    let deny = |tools: &[&str]| {
        let tools: serde_json::Map<_, _> =
            tools.iter().map(|tool| ((*tool).to_owned(), json!({"deny_if": of_files}))).collect();
        json!({"version": "1", "default": "allow", "tools": tools}).to_string()
    };
    house.save(&house.of_demo(), &deny(&["odoo_search_read"])).await;
    let before = house.times("search_read");
    download(&house, &agent, id).await;
    assert_eq!(house.times("search_read"), before);
    house.save(&house.of_demo(), &deny(&["odoo_search_read", "odoo_attachment_download"])).await;
    let (answer, asked) = asked(&house, &agent, "odoo_attachment_download", json!({"attachment_id": id})).await;
    assert_eq!(answer.unwrap_err().code, ErrorCode::Denied);
    assert_eq!(asked, ["ir.attachment.read"], "what it is, and not what it holds");
}

#[tokio::test]
async fn what_odoo_fills_in_a_new_record_is_asked_once() {
    let (house, agent) = scene().await;
    let order = |values: Value| json!({"model": "sale.order", "values": values});
    let (_, first) = asked(&house, &agent, "odoo_create", order(json!({"partner_id": PARTNER}))).await;
    assert_eq!(first.iter().filter(|asked| *asked == "sale.order.default_get").count(), 1, "{first:?}");
    let (answer, second) = asked(&house, &agent, "odoo_create", order(json!({"partner_id": PARTNER}))).await;
    assert_eq!((&answer.unwrap()["status"], second), (&json!("created"), vec!["sale.order.create".to_owned()]));
    let (answer, third) = asked(&house, &agent, "odoo_create", order(json!({"note": "x"}))).await;
    let error = answer.unwrap_err();
    assert!(error.code == ErrorCode::InvalidArguments && error.message.contains("partner_id"), "{error:?}");
    assert_eq!(third, ["sale.order.default_get"], "what is lacking is asked about each time");
}

#[tokio::test]
async fn a_note_asks_who_follows_and_a_comment_asks_nothing() {
    let (house, agent) = scene().await;
    let post = |kind: &str| json!({"model": "res.partner", "res_id": PARTNER, "body": "x", "message_type": kind});
    let (answer, _) = asked(&house, &agent, "odoo_message_post", post("note")).await;
    assert_eq!(answer.unwrap()["status"], "posted");
    let (_, note) = asked(&house, &agent, "odoo_message_post", post("note")).await;
    assert_eq!(note, ["mail.followers.search_read", "res.partner.message_post"]);
    let (_, comment) = asked(&house, &agent, "odoo_message_post", post("comment")).await;
    assert_eq!(comment, ["res.partner.message_post"]);
}

#[tokio::test]
async fn a_file_goes_up_in_one_request_and_not_to_a_record_that_is_not_there() {
    let (house, agent) = scene().await;
    let upload = |id: i64| json!({"model": "res.partner", "res_id": id, "filename": "a.txt", "text": "x"});
    asked(&house, &agent, "odoo_attachment_upload", upload(PARTNER)).await.0.unwrap();
    let (answer, up) = asked(&house, &agent, "odoo_attachment_upload", upload(PARTNER)).await;
    assert_eq!((made(&answer.unwrap()).len(), up.as_slice()), (1, ["ir.attachment.create".to_owned()].as_slice()));
    let (answer, _) = asked(&house, &agent, "odoo_attachment_upload", upload(999_999)).await;
    let error = answer.unwrap_err();
    assert_eq!(error.code, ErrorCode::RecordMissing, "{error:?}");
    assert!(error.message.contains("res.partner 999999"), "{error:?}");
    let lost = odoo(&house, "ir.attachment", "search_count", json!({"domain": [["res_id", "=", 999_999]]})).await;
    assert_eq!(lost, json!(0));
}

#[tokio::test]
async fn before_19_the_record_of_a_file_is_looked_up_first() {
    let house = older_house().await;
    let agent = house.admitted("claude-code").await;
    house.save(&house.of_demo(), ALLOW).await;
    let upload = |id: i64| json!({"model": "res.partner", "res_id": id, "filename": "a.txt", "text": "x"});
    asked(&house, &agent, "odoo_attachment_upload", upload(PARTNER)).await.0.unwrap();
    let (_, up) = asked(&house, &agent, "odoo_attachment_upload", upload(PARTNER)).await;
    assert_eq!(up, ["res.partner.read", "ir.attachment.create"]);
    let (answer, up) = asked(&house, &agent, "odoo_attachment_upload", upload(999_999)).await;
    assert_eq!((answer.unwrap_err().code, up), (ErrorCode::RecordMissing, vec!["res.partner.read".to_owned()]));
}
