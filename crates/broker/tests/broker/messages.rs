//! Messages: what a person sees of one before it goes out, who gets it, and when it is not sent.

use crate::execute::{done, last_undo, on_demo, taken_back};
use crate::house::{Agent, House, http_post};
use gatehouse_broker::view::{Card, CardContent, FieldChange, Verdict};
use gatehouse_core::{Effect, ErrorCode};
use serde_json::{Value, json};

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

/// Odoo itself, as its administrator.
pub(crate) async fn odoo(house: &House, model: &str, method: &str, body: Value) -> Value {
    let url = format!("{}/json/2/{model}/{method}", house.sim.url());
    http_post(&url, &house.sim.admin().api_key, house.sim.database(), &body.to_string()).await
}

/// The ids that a call made.
pub(crate) fn made(answer: &Value) -> Vec<i64> {
    answer["ids"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
}

/// A contact of that name and address.
async fn contact(house: &House, name: &str, email: &str) -> i64 {
    let made = odoo(house, "res.partner", "create", json!({"vals_list": [{"name": name, "email": email}]})).await;
    made[0].as_i64().unwrap()
}

async fn scene() -> (House, Agent, i64) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let id = contact(&house, "Written about", "about@x.example").await;
    (house, agent, id)
}

fn fields(card: &Card) -> Vec<FieldChange> {
    let CardContent::Call(call) = &card.content else { panic!("{card:?}") };
    call.records[0].fields.clone()
}

fn shown(card: &Card, field: &str) -> String {
    let found = fields(card).into_iter().find(|change| change.field == field);
    found.and_then(|change| change.after).unwrap_or_else(|| panic!("no {field} on {card:?}"))
}

fn effects(card: &Card) -> Vec<Effect> {
    let CardContent::Call(call) = &card.content else { panic!("{card:?}") };
    call.effects.clone()
}

#[tokio::test]
async fn a_note_is_shown_as_it_was_written_and_goes_to_nobody() {
    let (house, agent, id) = scene().await;
    let body = "**Called** <b>them</b>";
    let call = agent.calling(
        "odoo_message_post",
        json!({"model": "res.partner", "res_id": id, "body": body, "connection": "Demo"}),
    );
    let card = house.card().await;
    assert_eq!((shown(&card, "recipients").as_str(), shown(&card, "body").as_str()), ("nobody", body));
    assert_eq!(effects(&card), []);
    house.decide(&card, YES).await.unwrap();
    let answer = call.await.unwrap().unwrap();
    assert_eq!((&answer["status"], answer.get("model")), (&json!("posted"), None), "{answer}");
    let stored = house.stored("mail.message", made(&answer)[0], "body").await;
    assert!(stored.as_str().unwrap().contains("<strong>Called</strong> &lt;b&gt;them"), "{stored}");
}

#[tokio::test]
async fn a_comment_names_everybody_it_goes_to_but_its_author() {
    let (house, agent, id) = scene().await;
    let follower = contact(&house, "Follower", "follows@x.example").await;
    let archived = contact(&house, "Archived", "gone@x.example").await;
    let named = contact(&house, "Named", "").await;
    odoo(&house, "res.partner", "message_subscribe", json!({"ids": [id], "partner_ids": [follower, archived]})).await;
    odoo(&house, "res.partner", "write", json!({"ids": [archived], "vals": {"active": false}})).await;
    let arguments = json!({
        "model": "res.partner", "res_id": id, "body": "Hello", "message_type": "comment", "partner_ids": [named],
        "connection": "Demo",
    });
    let call = agent.calling("odoo_message_post", arguments);
    let card = house.card().await;
    let recipients = shown(&card, "recipients");
    assert!(recipients.contains("Follower <follows@x.example>"), "{recipients}");
    assert!(recipients.contains("Named (no e-mail address)") && !recipients.contains("Archived"), "{recipients}");
    assert_eq!(effects(&card), [Effect::Mail]);
    house.decide(&card, YES).await.unwrap();
    let answer = call.await.unwrap().unwrap();
    assert!(!answer.to_string().contains("x.example"), "the agent is not told who follows: {answer}");
    let told = odoo(
        &house,
        "mail.notification",
        "search_read",
        json!({"domain": [["mail_message_id", "=", made(&answer)[0]]], "fields": ["res_partner_id"]}),
    )
    .await;
    let mut told: Vec<i64> =
        told.as_array().unwrap().iter().map(|one| one["res_partner_id"][0].as_i64().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, [follower, named], "those whom the card named");
}

#[tokio::test]
async fn a_follower_who_came_since_voids_the_approval() {
    let (house, agent, id) = scene().await;
    let arguments =
        json!({"model": "res.partner", "res_id": id, "body": "Hi", "message_type": "comment", "connection": "Demo"});
    let pending = agent.call("odoo_message_post", arguments).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    let late = contact(&house, "Late", "late@x.example").await;
    odoo(&house, "res.partner", "message_subscribe", json!({"ids": [id], "partner_ids": [late]})).await;
    let error = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Drifted);
    assert_eq!(house.times("message_post"), 0);
}

#[tokio::test]
async fn a_note_that_somebody_follows_or_is_named_in_is_mail() {
    let (house, agent, id) = scene().await;
    let named = contact(&house, "Named", "named@x.example").await;
    let with_name =
        json!({"model": "res.partner", "res_id": id, "body": "x", "partner_ids": [named], "connection": "Demo"});
    let call = agent.calling("odoo_message_post", with_name);
    let card = house.card().await;
    assert_eq!(effects(&card), [Effect::Mail]);
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();
    let notes = json!({"domain": [["internal", "=", true]], "fields": ["id"], "order": "id", "limit": 1});
    let note = odoo(&house, "mail.message.subtype", "search_read", notes).await[0]["id"].as_i64().unwrap();
    let user = json!({"domain": [["login", "=", "demo"]], "fields": ["partner_id"]});
    let user = odoo(&house, "res.users", "search_read", user).await[0]["partner_id"][0].as_i64().unwrap();
    let follower =
        json!({"res_model": "res.partner", "res_id": id, "partner_id": user, "subtype_ids": [[6, 0, [note]]]});
    odoo(&house, "mail.followers", "create", json!({"vals_list": [follower]})).await;
    let plain = json!({"model": "res.partner", "res_id": id, "body": "y", "connection": "Demo"});
    let call = agent.calling("odoo_message_post", plain);
    let card = house.card().await;
    assert_eq!(effects(&card), [Effect::Mail], "whoever asked for notes gets them");
    assert!(shown(&card, "recipients").contains("Demo"), "{}", shown(&card, "recipients"));
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn what_cannot_be_posted_is_refused_before_anybody_is_asked() {
    let (house, agent, id) = scene().await;
    for (arguments, code) in [
        (json!({"model": "res.partner", "res_id": 999_999, "body": "x"}), ErrorCode::RecordMissing),
        (json!({"model": "res.partner", "res_id": id, "body": "  \n"}), ErrorCode::InvalidArguments),
        (json!({"model": "res.partner", "res_id": id, "body": "> ".repeat(999)}), ErrorCode::InvalidArguments),
        (json!({"model": "res.country", "res_id": 75, "body": "x"}), ErrorCode::InvalidArguments),
        (json!({"model": "res.partner", "res_id": 0, "body": "x"}), ErrorCode::InvalidArguments),
        (
            json!({"model": "res.partner", "res_id": id, "body": "x", "partner_ids": [999_999]}),
            ErrorCode::RecordMissing,
        ),
        (
            json!({"model": "res.partner", "res_id": id, "body": "x", "attachment_ids": [999_999]}),
            ErrorCode::RecordMissing,
        ),
        (json!({"model": "res.users", "res_id": 2, "body": "x"}), ErrorCode::Denied),
    ] {
        let mut call = arguments.clone();
        call["connection"] = json!("Demo");
        let error = agent.call("odoo_message_post", call).await.unwrap_err();
        assert_eq!(error.code, code, "{arguments}: {error:?}");
    }
    assert!(house.approver.cards().is_empty());
    assert_eq!(house.times("message_post"), 0);
}

#[tokio::test]
async fn a_note_is_taken_back_by_deleting_it_and_a_comment_not_at_all() {
    let (house, agent, id) = scene().await;
    let post = |kind: &str| on_demo(json!({"model": "res.partner", "res_id": id, "body": "x", "message_type": kind}));
    let note = done(&house, &agent, "odoo_message_post", post("note")).await;
    let back = taken_back(&house, &agent).await;
    assert_eq!(back["status"], "done", "{back}");
    let left = json!({"domain": [["id", "=", made(&note)[0]]]});
    assert_eq!(odoo(&house, "mail.message", "search_count", left).await, json!(0));
    done(&house, &agent, "odoo_message_post", post("comment")).await;
    assert_eq!(last_undo(&house)["kind"], "none");
}
