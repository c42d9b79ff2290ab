//! The buttons of orders and leads.

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On};
use crate::env::Env;
use crate::fault::Outcome;
use crate::sale;
use crate::schema::Model;
use crate::write;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "action_confirm",
        on: On::One("sale.order"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: confirm,
    },
    Method {
        name: "action_cancel",
        on: On::One("sale.order"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: cancel,
    },
    Method {
        name: "action_draft",
        on: On::One("sale.order"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: draft,
    },
    Method { name: "action_lock", on: On::One("sale.order"), takes_ids: true, params: &[], is_open: false, run: lock },
    Method {
        name: "action_unlock",
        on: On::One("sale.order"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: unlock,
    },
    Method {
        name: "action_quotation_send",
        on: On::One("sale.order"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: send,
    },
    Method { name: "action_set_won", on: On::One("crm.lead"), takes_ids: true, params: &[], is_open: false, run: won },
    Method { name: "action_set_lost", on: On::One("crm.lead"), takes_ids: true, params: &[], is_open: true, run: lost },
];

fn confirm(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    sale::confirm(env, ids)?;
    Ok(json!(true))
}

fn cancel(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    sale::cancel(env, ids)?;
    Ok(json!(true))
}

fn draft(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    sale::draft(env, ids)?;
    Ok(json!(true))
}

/// Python's None.
fn lock(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    set(env, model, ids, &[("locked", json!(true))])?;
    Ok(Value::Null)
}

fn unlock(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    set(env, model, ids, &[("locked", json!(false))])?;
    Ok(Value::Null)
}

/// The window that would write the mail; nothing is sent and nothing changes.
fn send(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    Ok(json!({
        "type": "ir.actions.act_window",
        "view_mode": "form",
        "res_model": "mail.compose.message",
        "views": [[false, "form"]],
        "view_id": false,
        "target": "new",
        "context": { "default_model": model.name, "default_res_ids": ids, "default_composition_mode": "comment", "force_email": true },
    }))
}

fn won(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    let stages = env.model("crm.stage")?;
    let stage = env.db.ids(stages).find(|id| env.record(stages, *id).is_set("is_won"));
    set(env, model, ids, &[("stage_id", json!(stage)), ("active", json!(true))])?;
    Ok(json!(true))
}

fn lost(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    set(env, model, ids, &[("active", json!(false)), ("probability", json!(0)), ("automated_probability", json!(0))])?;
    Ok(Value::Null)
}

fn set(env: &mut Env<'_>, model: &'static Model, ids: &[i64], vals: &[(&str, Value)]) -> Outcome<()> {
    let vals = vals.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Map<_, _>>();
    write::write(env, model, ids, &vals)
}
