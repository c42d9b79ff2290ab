//! The buttons of orders and leads.

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On};
use crate::env::Env;
use crate::fault::{Fault, Outcome};
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
    Method {
        name: "action_set_won_rainbowman",
        on: On::One("crm.lead"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: won_with_rainbow,
    },
    Method { name: "action_set_lost", on: On::One("crm.lead"), takes_ids: true, params: &[], is_open: true, run: lost },
    Method {
        name: "action_restore",
        on: On::One("crm.lead"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: restored,
    },
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
        "name": "Send",
        "type": "ir.actions.act_window",
        "view_mode": "form",
        "res_model": "mail.compose.message",
        "views": [[false, "form"]],
        "view_id": false,
        "target": "new",
        "context": {
            "default_model": model.name,
            "default_res_ids": ids,
            "default_composition_mode": "comment",
            "default_email_layout_xmlid": "mail.mail_notification_layout_with_responsible_signature",
            "email_notification_allow_footer": true,
            "hide_mail_template_management_options": true,
            "proforma": false,
            "force_email": true,
            "mark_so_as_sent": true,
        },
    }))
}

fn won(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    let stages = env.model("crm.stage")?;
    let stage = env.db.ids(stages).find(|id| env.record(stages, *id).is_set("is_won"));
    set(env, model, ids, &[("stage_id", json!(stage)), ("active", json!(true))])?;
    Ok(json!(true))
}

fn won_with_rainbow(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    super::one(model, ids)?;
    won(env, model, ids, arguments)
}

fn lost(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    let is_won = |id: &i64| env.record(model, *id).one("stage_id").is_some_and(|stage| stage.is_set("is_won"));
    if ids.iter().any(is_won) {
        return Err(Fault::validation("A lead in a Won stage cannot be lost. Move it to another stage first."));
    }
    set(env, model, ids, &[("active", json!(false)), ("probability", json!(0)), ("automated_probability", json!(0))])?;
    Ok(Value::Null)
}

/// The real one estimates the probability from other leads, too.
fn restored(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    set(env, model, ids, &[("active", json!(true))])?;
    Ok(Value::Null)
}

fn set(env: &mut Env<'_>, model: &'static Model, ids: &[i64], vals: &[(&str, Value)]) -> Outcome<()> {
    let vals = vals.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Map<_, _>>();
    write::write(env, model, ids, &vals)
}
