//! Files: what comes down, as what, and what goes up.

use crate::execute::{approved, done, last_undo, on_demo};
use crate::house::{Agent, House};
use crate::messages::{made, odoo};
use gatehouse_broker::view::{CardContent, Verdict};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// "name,amount\nAzure,12\n"
const CSV: &str = "bmFtZSxhbW91bnQKQXp1cmUsMTIK";
/// A PNG of one pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// Azure Interior.
const PARTNER: i64 = 10;

async fn scene() -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    (house, agent)
}

/// A file that is there already.
async fn file(house: &House, name: &str, base64: &str, model: &str, id: i64) -> i64 {
    let values = json!({"name": name, "datas": base64, "res_model": model, "res_id": id});
    let made = odoo(house, "ir.attachment", "create", json!({"vals_list": [values]})).await;
    made[0].as_i64().unwrap_or_else(|| panic!("{made}"))
}

fn upload(name: &str, content: &str) -> Value {
    on_demo(json!({"model": "res.partner", "res_id": PARTNER, "filename": name, "content_base64": content}))
}

#[tokio::test]
async fn a_file_goes_up_after_a_person_saw_it_and_comes_back_as_text() {
    let (house, agent) = scene().await;
    let (card, answer) = approved(&house, &agent, "odoo_attachment_upload", upload("list.csv", CSV)).await;
    let CardContent::Call(call) = &card.content else { panic!("{card:?}") };
    let shown = format!("{:?}", call.records);
    for part in ["list.csv", "Azure,12", "21 bytes"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let answer = answer.unwrap();
    let id = made(&answer)[0];
    assert_eq!(house.stored("ir.attachment", id, "res_id").await, json!(PARTNER));
    assert_eq!(house.stored("ir.attachment", id, "public").await, json!(false));
    assert_eq!(last_undo(&house)["kind"], "none");
    let down = agent.call("odoo_attachment_download", json!({"attachment_id": id})).await.unwrap();
    assert_eq!(down["text"], "name,amount\nAzure,12");
    assert_eq!(
        (&down["name"], &down["model"], &down["res_id"]),
        (&json!("list.csv"), &json!("res.partner"), &json!(PARTNER))
    );
    let listed =
        agent.call("odoo_attachment_download", json!({"model": "res.partner", "res_id": PARTNER})).await.unwrap();
    assert_eq!(listed["attachments"][0]["id"], id);
}

/// The changes that the card of an upload shows, each as `field: value`.
async fn shown(house: &House, agent: &Agent, arguments: Value) -> Vec<String> {
    let call = agent.calling("odoo_attachment_upload", arguments);
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    let fields = content.records.iter().flat_map(|record| &record.fields);
    let shown =
        fields.map(|field| format!("{}: {}", field.field, field.after.as_deref().unwrap_or_default())).collect();
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();
    shown
}

#[tokio::test]
async fn a_text_that_goes_up_stands_whole_on_the_card_with_whatever_hides_in_it() {
    let (house, agent) = scene().await;
    let mut text = "All is well. ".repeat(7_680);
    text.replace_range(5_200..5_213, "pay to\u{202e}7\u{200b}\u{e0041}");
    text.truncate(100_000);
    let whole =
        on_demo(json!({"model": "res.partner", "res_id": PARTNER, "filename": "terms\u{200b}.txt", "text": text}));
    let fields = shown(&house, &agent, whole).await;
    assert!(fields.contains(&format!("datas: {text}")), "{} fields", fields.len());
}

#[tokio::test]
async fn of_a_file_that_is_not_shown_the_card_says_so_with_its_size_and_kind() {
    let (house, agent) = scene().await;
    let long =
        on_demo(json!({"model": "res.partner", "res_id": PARTNER, "filename": "a.txt", "text": "a".repeat(100_001)}));
    let fields = shown(&house, &agent, long).await;
    assert_eq!(
        fields[1..],
        ["file_size: 98 KB", "mimetype: text file", "datas: not shown: a text of more than 100 KB"]
    );
    let picture = shown(&house, &agent, upload("a.png", PNG)).await;
    assert_eq!(picture[2], "mimetype: PNG image");
    assert!(picture[3].starts_with("datas: not shown"), "{picture:?}");
}

#[tokio::test]
async fn what_cannot_go_up_is_refused_before_anybody_is_asked() {
    let (house, agent) = scene().await;
    for (arguments, code) in [
        (upload("../../etc/passwd", CSV), ErrorCode::InvalidArguments),
        (upload("", CSV), ErrorCode::InvalidArguments),
        (upload("a.txt", "not base64!"), ErrorCode::InvalidArguments),
        (upload("a.txt", "data:text/plain;base64,aGk="), ErrorCode::InvalidArguments),
        (upload("a.txt", ""), ErrorCode::InvalidArguments),
        (upload("a.bin", &"AAAA".repeat(850_000)), ErrorCode::TooMuch),
        (
            on_demo(json!({"model": "res.partner", "res_id": 999_999, "filename": "a", "text": "x"})),
            ErrorCode::RecordMissing,
        ),
        (on_demo(json!({"model": "res.partner", "res_id": PARTNER, "filename": "a"})), ErrorCode::InvalidArguments),
        (on_demo(json!({"model": "res.users", "res_id": 2, "filename": "a", "text": "x"})), ErrorCode::Denied),
        (on_demo(json!({"model": "ir.ui.view", "res_id": 1, "filename": "a", "text": "x"})), ErrorCode::Denied),
    ] {
        let error = agent.call("odoo_attachment_upload", arguments).await.unwrap_err();
        assert_eq!(error.code, code, "{error:?}");
    }
    assert!(house.approver.cards().is_empty());
}

#[tokio::test]
async fn the_largest_file_fits_through_the_socket() {
    let (house, agent) = scene().await;
    let content = "A".repeat(2_500_000 / 3 * 4);
    let mut answer = done(&house, &agent, "odoo_attachment_upload", upload("large.bin", &content)).await;
    while !answer["ticket"].is_null() {
        answer = agent.call("approval_wait", json!({"ticket": answer["ticket"]})).await.unwrap();
    }
    assert_eq!(answer["status"], "attached");
    let listed = on_demo(json!({"model": "res.partner", "res_id": PARTNER}));
    let listed = agent.call("odoo_attachment_download", listed).await.unwrap();
    assert_eq!(listed["attachments"][0]["size"], 2_499_999, "{listed}");
}

#[tokio::test]
async fn a_long_text_goes_on_where_it_was_cut() {
    let (house, agent) = scene().await;
    let text: String = (0..9000).map(|n| format!("row {n}\n")).collect();
    let arguments = on_demo(json!({"model": "res.partner", "res_id": PARTNER, "filename": "long.txt", "text": text}));
    let id = made(&done(&house, &agent, "odoo_attachment_upload", arguments).await)[0];
    let (mut all, mut offset) = (String::new(), json!(0));
    while !offset.is_null() {
        let arguments = json!({"attachment_id": id, "offset": offset});
        let part = agent.call("odoo_attachment_download", arguments).await.unwrap();
        assert!(part.to_string().len() <= 32_000);
        all.push_str(part["text"].as_str().unwrap());
        offset = part["next_offset"].clone();
    }
    assert_eq!(all, text.trim_end());
}

#[tokio::test]
async fn a_picture_comes_as_one_whatever_it_is_called() {
    let (house, agent) = scene().await;
    let id = file(&house, "letter.txt", PNG, "res.partner", PARTNER).await;
    let answer = agent
        .answer("odoo_attachment_download", json!({"attachment_id": id}), &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!((answer.images.len(), answer.images[0].mime_type.as_str()), (1, "image/png"));
    assert_eq!(answer.images[0].data, PNG);
    assert!(!answer.text.contains(PNG), "not a second time in the text");
}

#[tokio::test]
async fn bytes_come_only_when_they_are_asked_for() {
    let (house, agent) = scene().await;
    // 64 bytes that are nothing.
    let binary = "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PAAECAwQFBgcICQoLDA0ODw==";
    let id = file(&house, "a.bin", binary, "res.partner", PARTNER).await;
    let plain = agent.call("odoo_attachment_download", json!({"attachment_id": id})).await.unwrap();
    assert!(plain["base64"].is_null() && plain["note"].as_str().unwrap().contains("/web/content/"), "{plain}");
    let asked = agent.call("odoo_attachment_download", json!({"attachment_id": id, "base64": true})).await.unwrap();
    assert_eq!(asked["base64"], binary);
}

#[tokio::test]
async fn what_is_asked_for_has_to_be_a_file() {
    let (house, agent) = scene().await;
    for (arguments, part) in [
        (json!({}), "attachment_id"),
        (json!({"model": "res.partner"}), "attachment_id"),
        (json!({"attachment_id": 1, "model": "res.partner"}), "attachment_id"),
        (json!({"model": "res.partner", "res_id": PARTNER, "field": "name"}), "image_1920"),
        (json!({"attachment_id": 999_999}), "no such record"),
    ] {
        let error = agent.call("odoo_attachment_download", arguments.clone()).await.unwrap_err();
        assert!(error.message.contains(part), "{arguments}: {error:?}");
    }
    assert!(house.approver.cards().is_empty());
}

#[tokio::test]
async fn a_file_of_a_closed_model_is_as_closed_as_the_model() {
    let (house, agent) = scene().await;
    let listed = json!({"model": "res.users.apikeys", "res_id": 1});
    assert_eq!(agent.call("odoo_attachment_download", listed).await.unwrap_err().code, ErrorCode::Denied);
    // A rule of the person's about the record's model holds for its files, too.
    let ours = file(&house, "list.csv", CSV, "sale.order", 1).await;
    let rule = json!({"version": "1", "default": "allow", "tools": {"odoo_attachment_download": {"deny_if": [{"conditions": [{"path": "call.model", "op": "eq", "value": "sale.order"}], "on_deny": "no orders"}]}, "odoo_search_read": {"deny_if": [{"conditions": [{"path": "call.model", "op": "eq", "value": "sale.order"}], "on_deny": "no orders"}]}}});
    house.save(&house.of_demo(), &rule.to_string()).await;
    let error = agent.call("odoo_attachment_download", json!({"attachment_id": ours})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Denied, "{error:?}");
}

#[tokio::test]
async fn while_anything_is_kept_from_agents_no_file_is_read() {
    let (house, agent) = scene().await;
    let id = file(&house, "list.csv", CSV, "res.partner", PARTNER).await;
    let policy = json!({"version": "1", "default": "allow", "redact": ["res.partner.vat"]});
    std::fs::write(house.folder().join("policy.json"), policy.to_string()).unwrap();
    let card = house.card().await;
    house.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
    let error = agent.call("odoo_attachment_download", json!({"attachment_id": id})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Denied, "{error:?}");
    let report = json!({"report_name": "sale.report_saleorder", "ids": [1]});
    assert_eq!(agent.call("odoo_report", report).await.unwrap_err().code, ErrorCode::Denied);
}
