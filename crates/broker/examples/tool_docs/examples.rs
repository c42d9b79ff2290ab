//! One exchange for each tool, each in a house of its own: what one changes no other sees.

use crate::house::{Agent, House, ticket_of};
use gatehouse_broker::view::{CardContent, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A call as it was made, and what came of it.
pub(crate) struct Exchange {
    /// What had to happen first, or what a person did.
    pub(crate) remark: Option<&'static str>,
    pub(crate) arguments: Value,
    pub(crate) answer: Value,
}

/// An example: its tool, and the arguments.
type Example = (&'static str, fn() -> Value);

const APPROVED: &str = "A person saw the change and approved it.";

/// Every tool but `approval_wait`, which needs a call before it.
const EXAMPLES: &[Example] = &[
    ("open_connection_manager", || json!({"page": "activity"})),
    ("user_connection_list", || json!({})),
    (
        "user_connection_add",
        || json!({"url": "https://acme.odoo.com", "user": "ada@acme.example", "environment": "staging"}),
    ),
    ("user_connection_activate", || json!({"alias": "Demo"})),
    ("user_connection_delete", || json!({"alias": "Demo"})),
    ("odoo_connect", || json!({"connection": "Demo"})),
    ("odoo_disconnect", || json!({"alias": "Demo"})),
    ("odoo_list_models", || json!({"pattern": "customer"})),
    ("odoo_fields_get", || json!({"model": "sale.order", "pattern": "amount, state, customer"})),
    ("odoo_search_read", || {
        json!({
            "model": "sale.order", "domain": [["state", "=", "sale"], ["amount_total", ">", 1000]],
            "fields": ["name", "partner_id", "amount_total", "order_line.name"], "order": "amount_total desc", "limit": 2,
        })
    }),
    ("odoo_read", || json!({"model": "res.partner", "ids": [10, 99999], "fields": ["name", "email", "country_id"]})),
    ("odoo_search_count", || json!({"model": "res.partner", "domain": [["country_id.code", "=", "US"]]})),
    ("odoo_read_group", || {
        json!({
            "model": "sale.order", "group_by": ["partner_id", "state"], "aggregates": ["amount_total:sum"],
            "domain": [["partner_id.country_id.code", "=", "US"]], "order": "partner_id", "subtotals": true,
        })
    }),
    (
        "odoo_create",
        || json!({"connection": "Demo", "model": "res.partner", "values": {"name": "Blue Fjord", "country_id": "France"}}),
    ),
    ("odoo_write", || {
        json!({
            "connection": "Demo", "model": "res.partner",
            "updates": [{"id": 10, "values": {"phone": "+1 555 0100"}}, {"id": 11, "values": {"phone": "+1 555 0101"}}],
        })
    }),
    ("odoo_unlink", || json!({"connection": "Demo", "model": "res.partner.category", "ids": [1]})),
    ("odoo_execute", || json!({"connection": "Demo", "model": "sale.order", "method": "action_confirm", "ids": [1]})),
    (
        "odoo_message_post",
        || json!({"connection": "Demo", "model": "res.partner", "res_id": 10, "body": "Called: **will order** next week."}),
    ),
    ("odoo_report", || json!({"report_name": "sale.report_saleorder", "ids": [4]})),
    ("odoo_attachment_upload", || {
        json!({
            "connection": "Demo", "model": "res.partner", "res_id": 10, "filename": "call.txt", "text": "Will order next week.",
        })
    }),
    ("odoo_plan", || {
        json!({
            "connection": "Demo",
            "why": "A new customer with a first quotation",
            "steps": [
                {"tool": "odoo_create", "arguments": {"model": "res.partner", "values": {"name": "Blue Fjord"}}},
                {"tool": "odoo_create", "arguments": {"model": "sale.order", "values": {"partner_id": {"step": 1}}}},
            ],
        })
    }),
];

/// The exchanges, by tool.
pub(crate) async fn carried_out() -> BTreeMap<&'static str, Exchange> {
    let mut exchanges = BTreeMap::new();
    for (tool, arguments) in EXAMPLES {
        exchanges.insert(*tool, carry_out(tool, arguments()).await);
    }
    exchanges.insert("approval_wait", wait_for_a_person().await);
    exchanges.insert("odoo_attachment_download", read_a_file().await);
    exchanges
}

async fn carry_out(tool: &'static str, arguments: Value) -> Exchange {
    let (house, agent) = ready().await;
    let (answer, is_approved) = called(&house, &agent, tool, &arguments).await;
    Exchange { remark: is_approved.then_some(APPROVED), arguments, answer: masked(&house, &answer) }
}

/// What a call comes to, and whether a person had to approve it first.
async fn called(house: &House, agent: &Agent, tool: &'static str, arguments: &Value) -> (Value, bool) {
    let calling = agent.calling(tool, arguments.clone());
    let mut is_approved = false;
    while !calling.is_finished() {
        if !is_approved && !house.approver.cards().is_empty() {
            approve(house).await;
            is_approved = true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let answer = calling.await.unwrap().unwrap_or_else(|error| panic!("{tool} {arguments}: {error:?}"));
    (answer, is_approved)
}

/// A change that nobody decides in time, and the wait for the person who does.
async fn wait_for_a_person() -> Exchange {
    let (house, agent) = ready().await;
    let change = json!({"connection": "Demo", "model": "res.partner", "ids": [10], "values": {"phone": "+1 555 0100"}});
    let pending = agent.call("odoo_write", change).await.unwrap();
    let arguments = json!({"ticket": ticket_of(&pending)});
    let calling = agent.calling("approval_wait", arguments.clone());
    approve(&house).await;
    let answer = calling.await.unwrap().unwrap();
    Exchange {
        remark: Some("odoo_write had answered `pending_approval` with this ticket; the person approved meanwhile."),
        arguments: masked(&house, &arguments),
        answer: masked(&house, &answer),
    }
}

/// A file that the agent has put there before.
async fn read_a_file() -> Exchange {
    let (house, agent) = ready().await;
    let file = json!({"model": "res.partner", "res_id": 10, "filename": "prices.csv", "text": "desk,320\nchair,70\n"});
    let (made, _) = called(&house, &agent, "odoo_attachment_upload", &file).await;
    let id = made["id"].as_i64().or_else(|| made["attachment_id"].as_i64()).or_else(|| made["ids"][0].as_i64());
    let arguments = json!({"attachment_id": id.unwrap_or_else(|| panic!("no id in {made}"))});
    let answer = agent.call("odoo_attachment_download", arguments.clone()).await.unwrap();
    Exchange { remark: None, arguments, answer: masked(&house, &answer) }
}

async fn ready() -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    (house, agent)
}

async fn approve(house: &House) {
    let card = house.card().await;
    let typed_count = match &card.content {
        CardContent::Call(call) => call.type_count,
        _ => None,
    };
    house.decide(&card, Verdict::Approve { typed_count, unseen: None }).await.unwrap();
}

/// What differs from one run to the next: the port of the demo, tickets and cursors.
fn masked(house: &House, told: &Value) -> Value {
    let url = house.sim.url();
    let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
    let text = told.to_string().replace(&url, "https://odoo.example.com").replace(host, "odoo.example.com");
    let mut told = serde_json::from_str(&text).unwrap();
    mask_names_of_the_run(&mut told);
    told
}

fn mask_names_of_the_run(told: &mut Value) {
    match told {
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                match name.as_str() {
                    "ticket" => *value = json!("(ticket)"),
                    "cursor" => *value = json!("(cursor)"),
                    "expires_in_seconds" => *value = json!(900),
                    _ => mask_names_of_the_run(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_names_of_the_run),
        _ => {}
    }
}
