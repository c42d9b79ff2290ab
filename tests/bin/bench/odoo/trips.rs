//! How many requests reach Odoo for one call of each tool, once it is warm.

use super::field::asked;
use super::jobs::jobs;
use crate::direct::Direct;
use crate::house::House;
use crate::relay::Relay;
use base64::Engine as _;
use gatehouse_tests::Odoo;
use serde_json::{Value, json};

/// One tool's call.
pub(super) struct Trips {
    /// The tool, and what of it.
    pub(super) what: String,
    pub(super) is_read: bool,
    /// The paths asked, or why the call failed.
    pub(super) requests: Result<Vec<String>, String>,
}

pub(super) fn run(house: &mut House, connection: &str, odoo: &Odoo, relay: &Relay) -> Vec<Trips> {
    let mut line = Direct::new(odoo);
    let mut create = |model: &str, values: Value| {
        let ids = line.call(model, "create", &json!({ "vals_list": [values] })).1;
        ids[0].as_i64().expect("an id")
    };
    let contact = create("res.partner", json!({ "name": "Bench Trips" }));
    let note = base64::engine::general_purpose::STANDARD.encode("Bench Trips");
    let file = json!({ "name": "bench.txt", "res_model": "res.partner", "res_id": contact, "datas": note });
    let file = create("ir.attachment", file);
    let lead = create("crm.lead", json!({ "name": "Bench Trips", "type": "opportunity" }));

    let mut calls: Vec<(String, bool, &str, Value)> =
        jobs(&[contact]).into_iter().map(|job| (job.ours.0.to_owned(), true, job.ours.0, job.ours.1)).collect();
    let reads = [
        (
            "with lines",
            "odoo_search_read",
            json!({ "model": "sale.order", "fields": ["name", "order_line.name"], "limit": 5 }),
        ),
        ("its own fields", "odoo_search_read", json!({ "model": "sale.order", "limit": 5 })),
        ("by name", "odoo_list_models", json!({ "pattern": "sale.order" })),
        ("a text file", "odoo_attachment_download", json!({ "attachment_id": file })),
    ];
    calls.extend(reads.map(|(what, tool, arguments)| (format!("{tool}, {what}"), true, tool, arguments)));
    let step = json!({ "tool": "odoo_write", "arguments":
        { "model": "res.partner", "ids": [contact], "values": { "city": "Brussels" } } });
    let writes = [
        (
            "one field of one record",
            "odoo_write",
            json!({ "model": "res.partner", "ids": [contact], "values": { "city": "Ghent" } }),
        ),
        ("one record", "odoo_create", json!({ "model": "res.partner", "values": { "name": "Bench Trips made" } })),
        ("a note", "odoo_message_post", json!({ "model": "res.partner", "res_id": contact, "body": "Bench Trips" })),
        (
            "a small file",
            "odoo_attachment_upload",
            json!({ "model": "res.partner", "res_id": contact, "filename": "bench.txt", "content_base64": note }),
        ),
        (
            "a method of one record",
            "odoo_execute",
            json!({ "model": "crm.lead", "method": "action_set_automated_probability", "ids": [lead] }),
        ),
        ("two steps", "odoo_plan", json!({ "steps": [step.clone(), step], "why": "Bench" })),
    ];
    calls.extend(writes.map(|(what, tool, arguments)| (format!("{tool}, {what}"), false, tool, arguments)));

    let mut bridge = house.pinned(connection);
    let mut found = Vec::new();
    for (what, is_read, tool, arguments) in calls {
        let mut requests = Ok(Vec::new());
        // The third call is warm, whatever the first two had to learn.
        for _ in 0..3 {
            house.before_read(connection);
            relay.take();
            requests = asked(&mut bridge, tool, &arguments).map(|_| relay.take());
        }
        found.push(Trips { what, is_read, requests });
    }
    let made = json!({ "domain": [["name", "=like", "Bench Trips%"]], "context": { "active_test": false } });
    let ids = line.call("res.partner", "search", &made).1;
    let _tried = line.ask("res.partner", "unlink", &json!({ "ids": ids })).1;
    let _tried = line.ask("crm.lead", "unlink", &json!({ "ids": [lead] })).1;
    found
}
