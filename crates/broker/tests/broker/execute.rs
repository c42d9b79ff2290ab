//! `odoo_execute`: business methods run as they are, the ORM's own verbs never, and what Odoo answers says what to do next.

use crate::house::{Agent, House};
use gatehouse_broker::view::{Card, CardContent, Verdict};
use gatehouse_core::{Category, EdgeError, Effect, ErrorCode, Severity};
use serde_json::{Value, json};

/// Approves, typing the count where the card asks for it.
pub(crate) async fn approved(
    house: &House,
    agent: &Agent,
    tool: &'static str,
    arguments: Value,
) -> (Card, Result<Value, EdgeError>) {
    let call = agent.calling(tool, arguments);
    let card = house.card().await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    let verdict = Verdict::Approve { typed_count: content.type_count, unseen: None };
    house.decide(&card, verdict).await.unwrap();
    let mut answer = call.await.unwrap();
    while let Ok(told) = &answer
        && told["status"] == "running"
    {
        answer = agent.call("approval_wait", json!({"ticket": told["ticket"]})).await;
    }
    (card, answer)
}

/// The same where it has to work.
pub(crate) async fn done(house: &House, agent: &Agent, tool: &'static str, arguments: Value) -> Value {
    let (_, answer) = approved(house, agent, tool, arguments.clone()).await;
    answer.unwrap_or_else(|error| panic!("{tool} {arguments}: {error:?}"))
}

pub(crate) fn on_demo(mut arguments: Value) -> Value {
    arguments["connection"] = json!("Demo");
    arguments
}

/// Takes back the last change, by its way back in the journal.
pub(crate) async fn taken_back(house: &House, agent: &Agent) -> Value {
    let undo = last_undo(house);
    let calls = undo["calls"].as_array().unwrap_or_else(|| panic!("no way back: {undo}"));
    let steps: Value = calls.iter().map(|call| json!({"tool": call["tool"], "arguments": call["arguments"]})).collect();
    done(house, agent, "odoo_plan", on_demo(json!({"steps": steps}))).await
}

/// How the last change is taken back, as the journal keeps it.
pub(crate) fn last_undo(house: &House) -> Value {
    let entries = house.broker.activity(gatehouse_broker::view::ActivityFilter::default()).unwrap().entries;
    let of = |seq| house.broker.activity_detail(seq).unwrap().payload;
    let payloads = entries.iter().filter_map(|entry| serde_json::from_str::<Value>(&of(entry.seq)?).ok());
    let mut undo = payloads.filter_map(|payload| payload.get("undo").filter(|undo| !undo.is_null()).cloned());
    undo.next().unwrap()
}

fn run(model: &str, method: &str, ids: &[i64]) -> Value {
    on_demo(json!({"model": model, "method": method, "ids": ids}))
}

/// A new quotation of one line, and its customer.
async fn quotation(house: &House, agent: &Agent, name: &str) -> (i64, i64) {
    let customer = json!({"model": "res.partner", "values": {"name": name, "email": "execute@example.com"}});
    let partner = done(house, agent, "odoo_create", on_demo(customer)).await["ids"][0].as_i64().unwrap();
    let products = json!({"model": "product.product", "domain": [["sale_ok", "=", true], ["type", "=", "service"]], "fields": ["name"], "limit": 1, "connection": "Demo"});
    let found = agent.call("odoo_search_read", products).await.unwrap();
    let product = crate::house::ids(&found)[0];
    let order = json!({"model": "sale.order", "values": {"partner_id": partner, "order_line": [{"product_id": product, "product_uom_qty": 2}]}});
    (done(house, agent, "odoo_create", on_demo(order)).await["ids"][0].as_i64().unwrap(), partner)
}

async fn value(agent: &Agent, model: &str, id: i64, field: &str) -> Value {
    let read = json!({"model": model, "ids": [id], "fields": [field], "connection": "Demo"});
    let answer = agent.call("odoo_read", read).await.unwrap();
    crate::house::records(&answer)[0][field].clone()
}

async fn confirming_and_back(house: House, agent: Agent) {
    let (order, partner) = quotation(&house, &agent, "Execute: confirming").await;
    let (card, answer) = approved(&house, &agent, "odoo_execute", run("sale.order", "action_confirm", &[order])).await;
    let answer = answer.unwrap();
    assert_eq!((&answer["status"], answer.get("method")), (&json!("done"), None), "{answer}");
    assert!(answer["database"].is_string() && answer["company"].is_string() && answer.get("result").is_none());
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert_eq!((content.category, content.severity), (Category::Execute, Severity::Medium));
    assert!(content.effects.contains(&Effect::MailPossible));
    assert!(content.touches[0].starts_with("Confirms the quotation"), "{:?}", content.touches);
    let record = &content.records[0];
    assert_eq!(record.id, Some(order));
    let shown = |field: &str| record.fields.iter().find(|shown| shown.field == field).and_then(|f| f.before.clone());
    assert!(shown("partner_id").unwrap().starts_with("Execute: confirming"), "{record:?}");
    assert_eq!(shown("state").as_deref(), Some("Quotation"));
    assert!(shown("amount_total").is_some());
    assert_eq!(value(&agent, "sale.order", order, "state").await, json!("sale"));

    let undo = last_undo(&house);
    assert!(undo["leaves"][0].as_str().unwrap().contains("order date"), "{undo}");
    taken_back(&house, &agent).await;
    assert_eq!(value(&agent, "sale.order", order, "state").await, json!("draft"));
    clean(&house, &agent, &[("sale.order", order), ("res.partner", partner)]).await;
}

/// Deletes what a story made, as far as Odoo lets go of it.
pub(crate) async fn clean(house: &House, agent: &Agent, records: &[(&str, i64)]) {
    for (model, id) in records {
        drop(approved(house, agent, "odoo_unlink", on_demo(json!({"model": model, "ids": [id]}))).await);
    }
}

async fn a_wizard_by_its_fields(house: House, agent: Agent) {
    let (order, _) = quotation(&house, &agent, "Execute: a wizard").await;
    done(&house, &agent, "odoo_execute", run("sale.order", "action_confirm", &[order])).await;
    let steps = json!([
        {"tool": "odoo_create", "arguments": {"model": "sale.advance.payment.inv", "values": {"sale_order_ids": [order], "advance_payment_method": "delivered"}}},
        {"tool": "odoo_execute", "arguments": {"model": "sale.advance.payment.inv", "method": "create_invoices", "ids": {"step": 1}}},
        {"tool": "odoo_execute", "arguments": {"model": "account.move", "method": "action_post", "ids": {"step": 2}}},
    ]);
    let (card, answer) = approved(&house, &agent, "odoo_plan", on_demo(json!({"steps": steps}))).await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "done", "{answer}");
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    let form = &content.steps[0].records[0];
    assert!(
        form.fields
            .iter()
            .any(|change| change.after.as_deref().is_some_and(|after| after.contains(&format!("(#{order})")))),
        "{form:?}"
    );
    assert_eq!(content.steps[2].records[0].name, "the record of step 2");
    assert_eq!(content.steps[2].uses, ["Records: what step 2 makes"]);
    assert_eq!(content.severity, Severity::High, "the strictest step counts");
    let invoice = answer["steps"][1]["ids"][0].as_i64().unwrap();
    assert_eq!(answer["steps"][1]["opens"]["model"], "account.move");
    assert_eq!(value(&agent, "account.move", invoice, "state").await, json!("posted"));

    // Odoo asks for a form: the answer says which call fills it in.
    let (_, answer) =
        approved(&house, &agent, "odoo_execute", run("account.move", "action_register_payment", &[invoice])).await;
    let answer = answer.unwrap();
    assert_eq!(answer["status"], "form_wanted", "{answer}");
    let next = &answer["next"];
    assert_eq!(next["tool"], "odoo_plan", "{answer}");
    let values = &next["arguments"]["steps"][0]["arguments"]["values"];
    assert_eq!(values["line_ids"].as_array().map(Vec::len), Some(1), "only the line that a payment settles: {answer}");
    assert_eq!(next["arguments"]["steps"][1]["arguments"]["method"], "action_create_payments");
    let paid = done(&house, &agent, "odoo_plan", next["arguments"].clone()).await;
    assert_eq!(paid["status"], "done", "{paid}");
    let state = value(&agent, "account.move", invoice, "payment_state").await;
    assert!(state == json!("paid") || state == json!("in_payment"), "{state}");
    let undo = last_undo(&house);
    assert_eq!(undo["calls"][0]["arguments"]["model"], "account.payment", "{undo}");
    taken_back(&house, &agent).await;
    assert_eq!(value(&agent, "account.move", invoice, "payment_state").await, json!("not_paid"));
}

async fn a_message_form(house: House, agent: Agent) {
    let (order, partner) = quotation(&house, &agent, "Execute: a message").await;
    let asked = run("sale.order", "action_quotation_send", &[order]);
    let answer = done(&house, &agent, "odoo_execute", asked).await;
    assert_eq!(answer["status"], "form_wanted", "{answer}");
    let step = &answer["next"]["arguments"]["steps"][0]["arguments"];
    assert_eq!(step["model"], "mail.compose.message", "{answer}");
    assert_eq!(
        (&step["values"]["model"], &step["values"]["res_ids"]),
        (&json!("sale.order"), &json!(format!("[{order}]")))
    );
    assert!(matches!(last_undo(&house)["kind"].as_str(), Some("none")));
    clean(&house, &agent, &[("sale.order", order), ("res.partner", partner)]).await;
}

async fn what_does_not_fit(house: House, agent: Agent) {
    let (order, partner) = quotation(&house, &agent, "Execute: misfits").await;
    let refused = |arguments: Value| {
        let agent = agent.clone();
        async move { agent.call("odoo_execute", on_demo(arguments)).await.unwrap_err() }
    };
    for (method, tool) in [
        ("write", "odoo_write"),
        ("create", "odoo_create"),
        ("web_save_multi", "odoo_write"),
        ("unlink", "odoo_unlink"),
        ("search_read", "odoo_search_read"),
        ("copy", "odoo_create"),
        ("message_post", "odoo_message_post"),
        ("action_archive", "odoo_write"),
        ("_write", "private"),
        ("get_access_token", "credentials"),
    ] {
        let error = refused(json!({"model": "sale.order", "method": method, "ids": [order]})).await;
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{method}: {error:?}");
        assert!(error.message.contains(tool), "{method}: {}", error.message);
    }
    for arguments in [
        json!({"model": "sale.order", "method": "action_confirm"}),
        json!({"model": "sale.order", "method": "action_confirm", "ids": []}),
        json!({"model": "sale.order", "method": "action_confirm", "ids": [order], "kwargs": {"context": {}}}),
        json!({"model": "sale.order", "method": "action_confirm", "ids": [order], "kwargs": {"ids": [1]}}),
    ] {
        assert_eq!(refused(arguments.clone()).await.code, ErrorCode::InvalidArguments, "{arguments}");
    }
    assert!(house.approver.cards().is_empty(), "nobody was asked");
    let guarded = refused(json!({"model": "res.users", "method": "do_anything", "ids": [1]})).await;
    assert_eq!(guarded.code, ErrorCode::Denied);
    let missing = refused(json!({"model": "sale.order", "method": "action_confirm", "ids": [99_999_999]})).await;
    assert_eq!(missing.code, ErrorCode::RecordMissing);

    let mut call = run("sale.order", "action_confirm", &[order]);
    call["kwargs"] = json!({"colour": "blue"});
    let (card, answer) = approved(&house, &agent, "odoo_execute", call).await;
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert_eq!(content.severity, Severity::High, "an argument that is not known makes it an unknown call");
    assert!(content.touches[0].contains("is not known"), "{:?}", content.touches);
    let error = answer.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArguments);
    assert!(error.message.contains("kwargs") && error.detail.unwrap().contains("colour"), "{}", error.message);
    let (_, answer) = approved(&house, &agent, "odoo_execute", run("sale.order", "do_a_dance", &[order])).await;
    assert_eq!(answer.unwrap_err().code, ErrorCode::UnknownSchema);
    clean(&house, &agent, &[("sale.order", order), ("res.partner", partner)]).await;
}

async fn a_planned_call(house: House, agent: Agent) {
    let lead = json!({"model": "crm.lead", "values": {"name": "Execute: a call", "type": "opportunity"}});
    let lead = done(&house, &agent, "odoo_create", on_demo(lead)).await["ids"][0].as_i64().unwrap();
    let me = agent.call("odoo_connect", json!({"connection": "Demo"})).await.unwrap()["user"]["id"].as_i64().unwrap();
    let mut call = run("crm.lead", "activity_schedule", &[lead]);
    call["kwargs"] =
        json!({"act_type_xmlid": "mail.mail_activity_data_call", "date_deadline": "2031-05-05", "user_id": me});
    let (card, answer) = approved(&house, &agent, "odoo_execute", call).await;
    let answer = answer.unwrap();
    let CardContent::Call(content) = &card.content else { panic!("{card:?}") };
    assert_eq!((content.severity, content.effects.as_slice()), (Severity::Medium, [Effect::MailPossible].as_slice()));
    assert!(content.touches[0].starts_with("Plans an activity"), "{:?}", content.touches);
    assert!(
        content.touches[1].starts_with("It is for ") && content.touches[1].contains("told"),
        "{:?}",
        content.touches
    );
    let activity = answer["ids"][0].as_i64().unwrap_or_else(|| panic!("{answer}"));
    assert!(answer.get("result").is_none(), "{answer}");
    assert_eq!(value(&agent, "mail.activity", activity, "date_deadline").await, json!("2031-05-05"));
    assert_eq!(value(&agent, "mail.activity", activity, "user_id").await[0], json!(me));
    taken_back(&house, &agent).await;
    let left = json!({"model": "mail.activity", "domain": [["id", "=", activity]], "connection": "Demo"});
    assert_eq!(agent.call("odoo_search_count", left).await.unwrap()["count"], 0);
    clean(&house, &agent, &[("crm.lead", lead)]).await;
}

async fn twin() -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    (house, agent)
}

#[tokio::test]
async fn confirming_shows_the_order_and_has_a_way_back_that_says_what_stays() {
    let (house, agent) = twin().await;
    confirming_and_back(house, agent).await;
}

#[tokio::test]
async fn a_wizard_is_a_plan_and_the_form_odoo_wants_comes_as_the_next_call() {
    let (house, agent) = twin().await;
    a_wizard_by_its_fields(house, agent).await;
}

#[tokio::test]
async fn a_form_that_sends_is_described_and_nothing_is_sent() {
    let (house, agent) = twin().await;
    a_message_form(house, agent).await;
}

#[tokio::test]
async fn what_is_no_business_method_is_refused_before_anybody_is_asked() {
    let (house, agent) = twin().await;
    what_does_not_fit(house, agent).await;
}

#[tokio::test]
async fn an_activity_is_planned_for_somebody_and_goes_back_by_deleting_it() {
    let (house, agent) = twin().await;
    a_planned_call(house, agent).await;
}

#[tokio::test]
async fn an_order_that_changed_since_it_was_shown_is_not_confirmed() {
    let (house, agent) = twin().await;
    let (order, _) = quotation(&house, &agent, "Execute: drift").await;
    let pending = agent.call("odoo_execute", run("sale.order", "action_confirm", &[order])).await.unwrap();
    let card = house.card().await;
    house.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
    house.meddle("sale.order", order, json!({"partner_id": 9})).await;
    let error = agent.call("approval_wait", json!({"ticket": pending["ticket"]})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Drifted);
    assert_eq!(house.times("action_confirm"), 0);
}

#[tokio::test]
async fn an_unknown_method_is_refused_where_fields_are_kept_from_agents() {
    let (house, agent) = twin().await;
    house.save(&house.of_demo(), r#"{"version": "1", "default": "allow", "redact": ["res.partner.comment"]}"#).await;
    let error = agent.call("odoo_execute", run("res.partner", "compute_something", &[10])).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Denied, "{error:?}");
}

/// The same against a real Odoo 19: `GATEHOUSE_ODOO_URL`, `GATEHOUSE_ODOO_DB`, `GATEHOUSE_ODOO_ADMIN_KEY` and
/// `GATEHOUSE_ODOO_DEMO_KEY` name it.
#[cfg(feature = "real-odoo")]
pub(crate) mod real {
    use super::*;
    use gatehouse_broker::DemoServer;

    pub(crate) async fn real(login: &str) -> (House, Agent) {
        let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        let house = House::open().await;
        let server = DemoServer {
            origin: variable("GATEHOUSE_ODOO_URL"),
            database: variable("GATEHOUSE_ODOO_DB"),
            login: login.into(),
            api_key: variable(&format!("GATEHOUSE_ODOO_{}_KEY", login.to_uppercase())).into(),
        };
        house.broker.add_demo(server).await.unwrap();
        let agent = house.admitted("claude-code").await;
        (house, agent)
    }

    #[tokio::test]
    async fn confirming_shows_the_order_and_has_a_way_back_that_says_what_stays() {
        let (house, agent) = real("admin").await;
        confirming_and_back(house, agent).await;
    }

    #[tokio::test]
    async fn a_wizard_is_a_plan_and_the_form_odoo_wants_comes_as_the_next_call() {
        let (house, agent) = real("admin").await;
        a_wizard_by_its_fields(house, agent).await;
    }

    #[tokio::test]
    async fn a_form_that_sends_is_described_and_nothing_is_sent() {
        let (house, agent) = real("admin").await;
        a_message_form(house, agent).await;
    }

    #[tokio::test]
    async fn what_is_no_business_method_is_refused_before_anybody_is_asked() {
        let (house, agent) = real("admin").await;
        what_does_not_fit(house, agent).await;
    }

    #[tokio::test]
    async fn an_activity_is_planned_for_somebody_and_goes_back_by_deleting_it() {
        for login in ["admin", "demo"] {
            let (house, agent) = real(login).await;
            a_planned_call(house, agent).await;
        }
    }
}
