//! What wizards do, and the actions that they answer with.

use serde_json::{Value, json};

use super::{Arguments, Method, On};
use crate::env::Env;
use crate::fault::Outcome;
use crate::schema::Model;
use crate::wizard;
use crate::write;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "action_create_payments",
        on: On::One("account.payment.register"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: create_payments,
    },
    Method {
        name: "create_invoices",
        on: On::One("sale.advance.payment.inv"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: create_invoices,
    },
    Method {
        name: "action_send_mail",
        on: On::One("mail.compose.message"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: send_mail,
    },
    Method {
        name: "action_lost_reason_apply",
        on: On::One("crm.lead.lost"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: lose,
    },
];

/// The window with the payment, or the list of them.
fn create_payments(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    let id = super::one(model, ids)?;
    write::check_exist(env, model, ids)?;
    let made = wizard::pay(env, id)?;
    let mut action = json!({
        "name": "Payments",
        "type": "ir.actions.act_window",
        "res_model": "account.payment",
        "context": { "create": false },
    });
    match made.as_slice() {
        [payment] => {
            action["view_mode"] = json!("form");
            action["res_id"] = json!(payment);
        }
        payments => {
            action["view_mode"] = json!("list,form");
            action["domain"] = json!([["id", "in", payments]]);
        }
    }
    Ok(action)
}

fn create_invoices(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    let id = super::one(model, ids)?;
    write::check_exist(env, model, ids)?;
    let made = wizard::bill(env, id)?;
    Ok(invoices(&made))
}

/// The window with the invoice, or the list of them.
pub(super) fn invoices(made: &[i64]) -> Value {
    let mut action = json!({
        "id": 269,
        "display_name": "Invoices",
        "name": "Invoices",
        "type": "ir.actions.act_window",
        "xml_id": "account.action_move_out_invoice_type",
        "path": "invoicing",
        "binding_model_id": false,
        "binding_type": "action",
        "binding_view_types": "list,form",
        "context": { "default_move_type": "out_invoice" },
        "res_model": "account.move",
        "target": "current",
        "view_mode": "list,kanban,form,activity",
        "limit": 80,
        "cache": true,
    });
    if let [invoice] = made {
        action["views"] = json!([[false, "form"], [false, "list"], [false, "kanban"], [false, "activity"]]);
        action["domain"] = json!("[('move_type', 'in', ['out_invoice', 'out_refund', 'out_receipt'])]");
        action["res_id"] = json!(invoice);
    } else {
        action["views"] = json!([[false, "list"], [false, "kanban"], [false, "form"], [false, "activity"]]);
        action["domain"] = json!([["id", "in", made]]);
    }
    action
}

fn send_mail(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    for id in ids {
        wizard::send(env, *id)?;
    }
    Ok(json!({ "type": "ir.actions.act_window_close" }))
}

fn lose(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    for id in ids {
        wizard::lose(env, *id)?;
    }
    Ok(Value::Null)
}
