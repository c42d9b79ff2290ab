//! Who gets what a call sends: by name and address on its card, whichever tool sends it, and the same when it is sent.

use crate::execute::{approved, clean, done, on_demo};
use crate::house::{Agent, House};
use crate::messages::odoo;
use gatehouse_broker::view::{ActivityFilter, CallCard, Card, CardContent, Verdict};
use gatehouse_core::{ErrorCode, JournalEvent, Outcome};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };
const NO: Verdict = Verdict::Deny { reason: None };

async fn scene() -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    (house, agent)
}

fn content(card: &Card) -> &CallCard {
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    content
}

/// A record made behind Gatehouse's back.
async fn made(house: &House, model: &str, values: Value) -> i64 {
    odoo(house, model, "create", json!({"vals_list": [values]})).await[0].as_i64().unwrap()
}

async fn contact(house: &House, name: &str, email: &str) -> i64 {
    made(house, "res.partner", json!({"name": name, "email": email})).await
}

async fn follow(house: &House, id: i64, partner: i64) {
    odoo(house, "res.partner", "message_subscribe", json!({"ids": [id], "partner_ids": [partner]})).await;
}

/// A contact that somebody follows.
async fn followed(house: &House) -> (i64, i64) {
    let id = contact(house, "Written about", "about@x.example").await;
    let follower = contact(house, "Follower", "follows@x.example").await;
    follow(house, id, follower).await;
    (id, follower)
}

/// What stands on the card of a call that the person then refuses.
async fn refused(house: &House, agent: &Agent, tool: &'static str, arguments: Value) -> Card {
    let call = agent.calling(tool, on_demo(arguments));
    let card = house.card().await;
    house.decide(&card, NO).await.unwrap();
    call.await.unwrap().unwrap_err();
    card
}

fn step(tool: &str, arguments: Value) -> Value {
    json!({"tool": tool, "arguments": arguments})
}

fn comment(id: Value) -> Value {
    step("odoo_message_post", json!({"model": "res.partner", "res_id": id, "body": "Hello", "message_type": "comment"}))
}

fn write(id: i64, values: Value) -> Value {
    step("odoo_write", json!({"model": "res.partner", "ids": [id], "values": values}))
}

fn goes_to(records: &[gatehouse_broker::view::RecordChange]) -> String {
    let fields = records.iter().flat_map(|record| &record.fields);
    fields.filter(|field| field.field == "recipients").filter_map(|field| field.after.clone()).collect()
}

/// What the journal says that the last plan came to.
fn last_plan(house: &House) -> String {
    let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
    let summary = |entry: &gatehouse_core::JournalEntry| match &entry.event {
        JournalEvent::Settled { outcome: Outcome::Done { summary }, .. } => Some(summary.clone()),
        _ => None,
    };
    entries.iter().filter_map(summary).find(|summary| summary.contains("steps")).unwrap()
}

/// A record that the agent makes and the person approves.
async fn by_agent(house: &House, agent: &Agent, model: &str, values: Value) -> i64 {
    let made = done(house, agent, "odoo_create", on_demo(json!({"model": model, "values": values}))).await;
    made["ids"][0].as_i64().unwrap()
}

/// An order that two contacts follow, one of whom has no address; and what is made for it.
async fn followed_order(house: &House, agent: &Agent) -> (i64, [i64; 2]) {
    let with = |name: &str, email: &str| json!({"name": name, "email": email});
    let follower = by_agent(house, agent, "res.partner", with("Recipients: follower", "follows@x.example")).await;
    let silent = by_agent(house, agent, "res.partner", json!({"name": "Recipients: silent"})).await;
    let order = by_agent(house, agent, "sale.order", json!({"partner_id": follower})).await;
    let comments = json!({
        "model": "mail.message.subtype", "domain": [["res_model", "=", false], ["internal", "=", false]],
        "order": "id", "limit": 1, "connection": "Demo",
    });
    let comments = crate::house::ids(&done(house, agent, "odoo_search_read", comments).await);
    for partner in [follower, silent] {
        let there = json!({
            "model": "mail.followers", "connection": "Demo",
            "domain": [["res_model", "=", "sale.order"], ["res_id", "=", order], ["partner_id", "=", partner]],
        });
        if agent.call("odoo_search_count", there).await.unwrap()["count"] == 0 {
            let follows =
                json!({"res_model": "sale.order", "res_id": order, "partner_id": partner, "subtype_ids": comments});
            by_agent(house, agent, "mail.followers", follows).await;
        }
    }
    (order, [follower, silent])
}

async fn a_method_s_followers(house: House, agent: Agent) {
    let (order, partners) = followed_order(&house, &agent).await;
    let confirm = json!({"model": "sale.order", "method": "action_confirm", "ids": [order]});
    let card = refused(&house, &agent, "odoo_execute", confirm).await;
    let told = content(&card).touches.join("\n");
    assert!(
        told.contains("Messages may go to: ") && told.contains("Recipients: follower <follows@x.example>"),
        "{told}"
    );
    assert!(told.contains("Recipients: silent (no e-mail address)"), "{told}");
    assert!(told.contains("It can be taken back by action_cancel and action_draft."), "{told}");
    let unknown = json!({"model": "sale.order", "method": "do_a_dance", "ids": [order]});
    let card = refused(&house, &agent, "odoo_execute", unknown).await;
    assert!(content(&card).touches.contains(&"There is no known way back.".to_owned()), "{:?}", content(&card).touches);
    clean(&house, &agent, &[("sale.order", order), ("res.partner", partners[0]), ("res.partner", partners[1])]).await;
}

#[tokio::test]
async fn a_method_s_card_names_followers_with_their_addresses() {
    let (house, agent) = scene().await;
    a_method_s_followers(house, agent).await;
}

#[tokio::test]
async fn a_planned_activity_s_card_names_its_assignee_with_their_address() {
    let (house, agent) = scene().await;
    let (id, _) = followed(&house).await;
    let kwargs = json!({"user_id": 2, "summary": "Call"});
    let call = json!({"model": "res.partner", "method": "activity_schedule", "ids": [id], "kwargs": kwargs});
    let card = refused(&house, &agent, "odoo_execute", call).await;
    let email = house.stored("res.users", 2, "email").await;
    let told = content(&card).touches.join("\n");
    assert!(told.contains(&format!(" <{}>, who may be told", email.as_str().unwrap())), "{told}");
}

#[tokio::test]
async fn a_message_form_goes_to_whom_it_names_and_to_the_followers_of_its_record() {
    let (house, agent) = scene().await;
    let (id, _) = followed(&house).await;
    let named = contact(&house, "Named", "named@x.example").await;
    let values = json!({
        "model": "res.partner", "res_ids": format!("[{id}]"), "body": "Hello", "subject": "S", "partner_ids": [named],
    });
    // Where it is made, where it is sent, and in one plan.
    let both = "Goes to: Follower <follows@x.example>, Named <named@x.example>.";
    let create = json!({"model": "mail.compose.message", "values": values});
    let card = refused(&house, &agent, "odoo_create", create.clone()).await;
    assert!(content(&card).touches.contains(&both.to_owned()), "{:?}", content(&card).touches);
    let form = done(&house, &agent, "odoo_create", on_demo(create.clone())).await["ids"][0].clone();
    let send = |ids: Value| json!({"model": "mail.compose.message", "method": "action_send_mail", "ids": ids});
    let card = refused(&house, &agent, "odoo_execute", send(json!([form]))).await;
    assert!(content(&card).touches.contains(&both.to_owned()), "{:?}", content(&card).touches);
    let steps = json!([step("odoo_create", create), step("odoo_execute", send(json!({"step": 1})))]);
    let (card, answer) = approved(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let steps = &content(&card).steps;
    assert!(steps[0].touches.contains(&both.to_owned()), "{:?}", steps[0].touches);
    let later = "Goes to the recipients that step 1's form names.".to_owned();
    assert!(steps[1].touches.contains(&later), "{:?}", steps[1].touches);
    assert_eq!(answer.unwrap()["status"], "done", "it goes to whom step 1 was shown to name");
}

#[tokio::test]
async fn a_message_made_as_a_record_names_whom_it_is_for() {
    let (house, agent) = scene().await;
    let (id, follower) = followed(&house).await;
    let gone = json!({"model": "res.partner", "res_id": id, "body": "Hello", "partner_ids": [follower, 10]});
    let email = house.stored("res.partner", 10, "email").await;
    let card = refused(&house, &agent, "odoo_create", json!({"model": "mail.message", "values": gone})).await;
    let told = content(&card).touches.join("\n");
    assert!(told.contains("Goes to: ") && told.contains("Follower <follows@x.example>"), "{told}");
    assert!(told.contains(&format!("<{}>", email.as_str().unwrap())), "{told}");
}

#[tokio::test]
async fn a_mail_for_each_record_names_each_record_s_contact() {
    let (house, agent) = scene().await;
    let (one, two) = followed(&house).await;
    let values = json!({
        "composition_mode": "mass_mail", "model": "res.partner", "res_ids": format!("[{one}, {two}]"), "body": "Hello",
    });
    let card = refused(&house, &agent, "odoo_create", json!({"model": "mail.compose.message", "values": values})).await;
    let told = content(&card).touches.join("\n");
    assert!(told.contains("Goes to: Written about <about@x.example>, Follower <follows@x.example>."), "{told}");
    assert!(told.contains("for each of 2 records, to each record's own contact"), "{told}");
}

#[tokio::test]
async fn a_form_whose_recipients_changed_since_it_was_shown_is_not_sent() {
    let (house, agent) = scene().await;
    let (id, follower) = followed(&house).await;
    let form = json!({"model": "res.partner", "res_ids": format!("[{id}]"), "body": "Hello"});
    let form = made(&house, "mail.compose.message", form).await;
    let send = on_demo(json!({"model": "mail.compose.message", "method": "action_send_mail", "ids": [form]}));
    let pending = agent.call("odoo_execute", send).await.unwrap();
    house.decide(&house.card().await, YES).await.unwrap();
    house.meddle("res.partner", follower, json!({"email": "other@x.example"})).await;
    let error = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!((error.code, house.times("action_send_mail")), (ErrorCode::Drifted, 0));
}

#[tokio::test]
async fn a_step_whose_recipient_got_another_address_by_an_earlier_step_is_not_sent() {
    let (house, agent) = scene().await;
    let (id, follower) = followed(&house).await;
    let steps = json!([
        write(follower, json!({"email": "evil@y.example"})),
        comment(json!(id)),
        write(id, json!({"phone": "1"}))
    ]);
    let (card, answer) = approved(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    assert_eq!(goes_to(&content(&card).steps[1].records), "Follower <follows@x.example>");
    let answer = answer.unwrap();
    assert_eq!((&answer["status"], &answer["failed"]["step"]), (&json!("partly_done"), &json!(2)), "{answer}");
    assert_eq!(answer["failed"]["error"]["code"], "drifted", "{answer}");
    assert_eq!((&answer["not_run"], house.times("message_post")), (&json!(1), 0), "the rest does not run");
    assert!(!answer["failed"].to_string().contains(".example"), "the agent is not told who follows: {answer}");
    let told = last_plan(&house);
    assert!(told.contains("to Follower <evil@y.example> now"), "{told}");
    assert!(told.contains("shown to go to Follower <follows@x.example>"), "{told}");
}

#[tokio::test]
async fn a_step_that_an_earlier_one_gave_a_follower_is_not_sent() {
    let (house, agent) = scene().await;
    let (id, _) = followed(&house).await;
    let late = contact(&house, "Late", "late@x.example").await;
    let subtypes = json!([[6, 0, [1]]]);
    let follower = json!({"res_model": "res.partner", "res_id": id, "partner_id": late, "subtype_ids": subtypes});
    let steps =
        json!([step("odoo_create", json!({"model": "mail.followers", "values": follower})), comment(json!(id))]);
    let (_, answer) = approved(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let answer = answer.unwrap();
    assert_eq!(answer["failed"]["error"]["code"], "drifted", "{answer}");
    assert_eq!(house.times("message_post"), 0);
    assert!(last_plan(&house).contains("It would go to Late <late@x.example> now."), "{}", last_plan(&house));
}

#[tokio::test]
async fn a_form_of_a_plan_is_not_sent_to_other_addresses_than_its_step_showed() {
    let (house, agent) = scene().await;
    let (id, follower) = followed(&house).await;
    let form = json!({"model": "res.partner", "res_ids": format!("[{id}]"), "body": "Hello"});
    let steps = json!([
        step("odoo_create", json!({"model": "mail.compose.message", "values": form})),
        write(follower, json!({"email": "evil@y.example"})),
        step(
            "odoo_execute",
            json!({"model": "mail.compose.message", "method": "action_send_mail", "ids": {"step": 1}})
        ),
    ]);
    let (_, answer) = approved(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let answer = answer.unwrap();
    assert_eq!((&answer["failed"]["step"], house.times("action_send_mail")), (&json!(3), 0), "{answer}");
}

#[tokio::test]
async fn a_message_on_a_record_that_is_yet_to_be_made_does_not_go_to_nobody() {
    let (house, agent) = scene().await;
    let named = contact(&house, "Named", "named@x.example").await;
    let create =
        step("odoo_create", json!({"model": "res.partner", "values": {"name": "New", "email": "n@x.example"}}));
    let mut naming = comment(json!({"step": 1}));
    naming["arguments"]["partner_ids"] = json!([named, {"step": 1}]);
    let steps = json!([create, comment(json!({"step": 1})), naming]);
    let (card, answer) = approved(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let steps = &content(&card).steps;
    assert_eq!(goes_to(&steps[1].records), "whoever follows the new record by then");
    assert!(!format!("{:?}", steps[1].touches).contains("Nobody"), "{:?}", steps[1].touches);
    let words = "Named <named@x.example>, the contact of step 1 and whoever follows the new record by then";
    assert_eq!(goes_to(&steps[2].records), words);
    assert_eq!(answer.unwrap()["status"], "done");
}

#[tokio::test]
async fn a_named_partner_s_new_address_stops_a_message_on_a_new_record_too() {
    let (house, agent) = scene().await;
    let named = contact(&house, "Named", "named@x.example").await;
    let create = step("odoo_create", json!({"model": "res.partner", "values": {"name": "New"}}));
    let mut naming = comment(json!({"step": 1}));
    naming["arguments"]["partner_ids"] = json!([named]);
    let steps = json!([create, write(named, json!({"email": "evil@y.example"})), naming]);
    let (_, answer) = approved(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let answer = answer.unwrap();
    assert_eq!((&answer["failed"]["step"], house.times("message_post")), (&json!(3), 0), "{answer}");
}

#[tokio::test]
async fn a_card_after_a_drift_marks_who_it_goes_to() {
    let (house, agent) = scene().await;
    let (id, follower) = followed(&house).await;
    let post = on_demo(comment(json!(id))["arguments"].clone());
    let pending = agent.call("odoo_message_post", post.clone()).await.unwrap();
    house.decide(&house.card().await, YES).await.unwrap();
    house.meddle("res.partner", follower, json!({"email": "other@x.example"})).await;
    let error = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Drifted);
    let call = agent.calling("odoo_message_post", post);
    let card = house.card().await;
    let marked = |field: &str| content(&card).records[0].fields.iter().find(|one| one.field == field).unwrap().drifted;
    assert!(content(&card).drifted && marked("recipients") && !marked("body"), "{card:?}");
    house.decide(&card, NO).await.unwrap();
    call.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn the_steps_of_a_plan_are_previewed_together_and_the_first_one_s_error_is_told() {
    let latency = Duration::from_millis(200);
    let house = House::slow(latency).await;
    let agent = house.admitted("claude-code").await;
    let steps = |ids: &[i64]| {
        on_demo(json!({"steps": ids.iter().map(|id| write(*id, json!({"phone": "1"}))).collect::<Vec<_>>()}))
    };
    let gone = agent.call("odoo_plan", steps(&[10, 99_999_998, 10, 99_999_999])).await.unwrap_err();
    assert!(gone.message.starts_with("step 2:"), "{}", gone.message);
    let begun = Instant::now();
    let call = agent.calling("odoo_plan", steps(&[9, 10, 11, 12, 9, 10, 11, 12]));
    let card = house.card().await;
    assert!(begun.elapsed() < latency * 8, "one after the other takes at least that: {:?}", begun.elapsed());
    assert_eq!(content(&card).steps.len(), 8);
    house.decide(&card, NO).await.unwrap();
    call.await.unwrap().unwrap_err();
}

/// The same against a real Odoo 19, and what the twin does not have.
#[tokio::test]
async fn a_form_that_is_changed_before_it_is_sent_names_whom_it_may_go_to() {
    let (house, agent) = scene().await;
    let (one, two) = (contact(&house, "One", "one@x.example").await, contact(&house, "Two", "two@x.example").await);
    let form = json!({"model": "res.partner", "res_ids": "[10]", "body": "Hello", "partner_ids": [[6, 0, [one]]]});
    let form = made(&house, "mail.compose.message", form).await;
    let change = json!({"model": "mail.compose.message", "ids": [form], "values": {"partner_ids": [[4, two, 0]]}});
    let call = agent.calling("odoo_write", on_demo(change));
    let card = house.card().await;
    let told = content(&card).touches.join(" ");
    let both = ["May go to: ", "One <one@x.example>", "Two <two@x.example>"];
    assert!(both.iter().all(|part| told.contains(part)), "{told}");
    house.decide(&card, NO).await.unwrap();
    assert!(call.await.unwrap().is_err());
}

#[cfg(feature = "real-odoo")]
mod real {
    use super::*;
    use crate::execute::real::real;

    #[tokio::test]
    async fn a_method_s_card_names_followers_with_their_addresses() {
        let (house, agent) = real("admin").await;
        a_method_s_followers(house, agent).await;
    }

    /// The order's invoice, posted.
    async fn invoiced(house: &House, agent: &Agent, order: i64) -> i64 {
        let product =
            json!({"model": "product.product", "domain": [["sale_ok", "=", true]], "limit": 1, "connection": "Demo"});
        let product = crate::house::ids(&agent.call("odoo_search_read", product).await.unwrap())[0];
        let line = json!({"order_line": [{"product_id": product, "product_uom_qty": 1, "qty_delivered": 1}]});
        let run = |model: &str, method: &str, ids: Value| {
            step("odoo_execute", json!({"model": model, "method": method, "ids": ids}))
        };
        let form = json!({"sale_order_ids": [order], "advance_payment_method": "fixed", "fixed_amount": 10});
        let steps = json!([
            step("odoo_write", json!({"model": "sale.order", "ids": [order], "values": line})),
            run("sale.order", "action_confirm", json!([order])),
            step("odoo_create", json!({"model": "sale.advance.payment.inv", "values": form})),
            run("sale.advance.payment.inv", "create_invoices", json!({"step": 3})),
            run("account.move", "action_post", json!({"step": 4})),
        ]);
        let made = done(house, agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
        made["steps"][3]["ids"][0].as_i64().unwrap_or_else(|| panic!("{made}"))
    }

    #[tokio::test]
    async fn an_invoice_s_form_names_whom_it_sends_to() {
        let (house, agent) = real("admin").await;
        let (order, _) = followed_order(&house, &agent).await;
        let invoice = invoiced(&house, &agent, order).await;
        let form = |methods: Value| json!({"move_id": invoice, "sending_methods": methods});
        let send =
            |ids: Value| json!({"model": "account.move.send.wizard", "method": "action_send_and_print", "ids": ids});
        for (methods, told) in [
            (json!(["email"]), "Recipients: follower <follows@x.example>"),
            (json!(["snailmail"]), "E-mail is not ticked: no mail goes out."),
        ] {
            let wizard = by_agent(&house, &agent, "account.move.send.wizard", form(methods)).await;
            let card = refused(&house, &agent, "odoo_execute", send(json!([wizard]))).await;
            assert!(content(&card).touches.iter().any(|one| one.contains(told)), "{:?}", content(&card).touches);
        }
        let make = json!({"model": "account.move.send.wizard", "values": {"move_id": invoice}});
        let steps = json!([step("odoo_create", make), step("odoo_execute", send(json!({"step": 1})))]);
        let card = refused(&house, &agent, "odoo_plan", json!({"steps": steps})).await;
        let told = content(&card).steps[1].touches.join("\n");
        assert!(told.contains("is decided when the form of step 1 is made; it cannot be told beforehand."), "{told}");
    }

    #[tokio::test]
    async fn mail_names_its_addresses_and_its_partners() {
        let (house, agent) = real("admin").await;
        let partner = json!({"name": "Recipients: mailed", "email": "mailed@x.example"});
        let partner = by_agent(&house, &agent, "res.partner", partner).await;
        let values =
            json!({"subject": "S", "email_to": "to@x.example", "email_cc": "cc@x.example", "recipient_ids": [partner]});
        let card = refused(&house, &agent, "odoo_create", json!({"model": "mail.mail", "values": values})).await;
        let told = "Goes to: Recipients: mailed <mailed@x.example>, cc@x.example, to@x.example.".to_owned();
        assert!(content(&card).touches.contains(&told), "{:?}", content(&card).touches);
        clean(&house, &agent, &[("res.partner", partner)]).await;
    }

    #[tokio::test]
    async fn a_message_form_names_its_recipients_and_followers_as_odoo_made_it() {
        let (house, agent) = real("admin").await;
        let (order, partners) = followed_order(&house, &agent).await;
        let values = json!({"model": "sale.order", "res_ids": format!("[{order}]"), "body": "Hello", "partner_ids": [partners[1]]});
        let form = by_agent(&house, &agent, "mail.compose.message", values).await;
        let send = json!({"model": "mail.compose.message", "method": "action_send_mail", "ids": [form]});
        let card = refused(&house, &agent, "odoo_execute", send).await;
        let told = content(&card).touches.join("\n");
        assert!(
            told.contains("Recipients: follower <follows@x.example>") && told.contains("Recipients: silent (no"),
            "{told}"
        );
        clean(&house, &agent, &[("sale.order", order), ("res.partner", partners[0]), ("res.partner", partners[1])])
            .await;
    }
}
