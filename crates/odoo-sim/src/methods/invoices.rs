//! The buttons of invoices and payments.

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On};
use crate::access::{self, Operation};
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::invoice;
use crate::schema::Model;
use crate::write;

type Run = fn(&mut Env<'_>, &'static Model, &[i64], &Arguments) -> Outcome<Value>;

const fn button(name: &'static str, model: &'static str, run: Run) -> Method {
    Method { name, on: On::One(model), takes_ids: true, params: &[], is_open: false, run }
}

pub(super) const METHODS: &[Method] = &[
    button("action_post", "account.move", post),
    button("button_draft", "account.move", draft),
    button("button_cancel", "account.move", cancel),
    button("action_register_payment", "account.move", register_payment),
    button("action_draft", "account.payment", payment_draft),
];

/// False: nothing more is to be shown.
fn post(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    if !ids.is_empty() && access::check(env, model, Operation::Write).is_err() {
        return Err(Fault::access("You don't have the access rights to post an invoice."));
    }
    invoice::post(env, ids)?;
    Ok(json!(false))
}

fn draft(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    invoice::draft(env, ids)?;
    Ok(Value::Null)
}

fn cancel(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    invoice::cancel(env, ids)?;
    Ok(Value::Null)
}

/// The wizard that pays, to be opened on the lines of these documents.
fn register_payment(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    let lines: Vec<i64> = ids.iter().flat_map(|id| invoice::lines_of(env, *id, &[])).collect();
    Ok(json!({
        "name": "Pay",
        "res_model": "account.payment.register",
        "view_mode": "form",
        "views": [[false, "form"]],
        "context": { "active_model": "account.move.line", "active_ids": lines },
        "target": "new",
        "type": "ir.actions.act_window",
    }))
}

/// A payment that is a draft again pays nothing: what it paid is owed anew.
fn payment_draft(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    for id in ids {
        if env.record(model, *id).text("state") != "draft" {
            invoice::unpaid(env, *id)?;
        }
    }
    write::write(env, model, ids, &Map::from_iter([("state".to_owned(), json!("draft"))]))?;
    Ok(Value::Null)
}
