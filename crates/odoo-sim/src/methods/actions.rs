//! Buttons that change little and answer with what a client should open next: an address, a report, a window.

use serde_json::{Value, json};

use super::{Arguments, Method, On, Param, wizards};
use crate::access::{self, Operation};
use crate::env::Env;
use crate::fault::Outcome;
use crate::portal;
use crate::schema::Model;
use crate::write;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "action_preview_sale_order",
        on: On::One("sale.order"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: preview,
    },
    Method {
        name: "preview_invoice",
        on: On::One("account.move"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: preview,
    },
    Method {
        name: "action_view_invoice",
        on: On::One("sale.order"),
        takes_ids: true,
        params: &[Param("invoices", false)],
        is_open: false,
        run: view_invoice,
    },
    Method {
        name: "action_print_pdf",
        on: On::One("account.move"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: print_pdf,
    },
    Method {
        name: "report_action",
        on: On::One("ir.actions.report"),
        takes_ids: true,
        params: &[Param("docids", true), Param("data", false), Param("config", false)],
        is_open: false,
        run: report_action,
    },
];

/// The customer's page of the document.
fn preview(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    let id = super::one(model, ids)?;
    write::check_exist(env, model, ids)?;
    access::check_rules(env, model, ids, Operation::Read)?;
    let token = portal::token(env, model, id)?;
    let address = portal::address(&env.record(model, id)).unwrap_or_default();
    Ok(json!({
        "type": "ir.actions.act_url",
        "target": "self",
        "url": format!("{address}{}", portal::query(&token, None, false, None)),
    }))
}

/// The orders' invoices; where there is none, the window closes.
fn view_invoice(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    let invoices: Vec<i64> = ids.iter().flat_map(|id| env.record(model, *id).cell("invoice_ids").ids()).collect();
    if invoices.is_empty() {
        return Ok(json!({ "type": "ir.actions.act_window_close", "context": { "default_move_type": "out_invoice" } }));
    }
    Ok(wizards::invoices(&invoices))
}

fn print_pdf(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    let mut action = report("account.report_invoice_with_payments", "Invoice PDF", &json!(ids));
    action["close_on_report_download"] = json!(true);
    Ok(action)
}

fn report_action(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let id = super::one(model, ids)?;
    write::check_exist(env, model, ids)?;
    let record = env.record(model, id);
    Ok(report(&record.text("report_name"), &record.text("name"), arguments.get("docids")))
}

fn report(report: &str, name: &str, documents: &Value) -> Value {
    json!({
        "context": { "active_ids": documents },
        "data": null,
        "type": "ir.actions.report",
        "report_name": report,
        "report_type": "qweb-pdf",
        "report_file": report,
        "name": name,
    })
}
