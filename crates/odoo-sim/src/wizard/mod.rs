//! Wizards: records of a moment that gather what is wanted, with a method that does it.

mod billing;
mod paying;

pub(crate) use billing::bill;
pub(crate) use paying::pay;

use paying::{complete_payment, payable};

use serde_json::{Map, Value, json};

use crate::chatter;
use crate::env::Env;
use crate::fault::Outcome;
use crate::schema::Model;
use crate::write;

/// What a wizard takes from the records that it was opened on, as `default_get` tells it.
pub(crate) fn defaults(env: &Env<'_>, model: &Model) -> Outcome<Map<String, Value>> {
    let active = active_ids(env);
    Ok(match model.name.as_str() {
        "account.payment.register" => {
            Map::from_iter([("line_ids".to_owned(), json!([[6, 0, payable(env, &active)?]]))])
        }
        "sale.advance.payment.inv" if active_model(env) == "sale.order" => {
            Map::from_iter([("sale_order_ids".to_owned(), json!([[6, 0, active]]))])
        }
        "crm.lead.lost" if active_model(env) == "crm.lead" => {
            Map::from_iter([("lead_ids".to_owned(), json!([[6, 0, active]]))])
        }
        _ => Map::new(),
    })
}

/// Completes the values of a wizard that is created.
pub(crate) fn complete(env: &Env<'_>, model: &Model, vals: &mut Map<String, Value>) -> Outcome<()> {
    if !vals.contains_key("line_ids") {
        for (name, value) in defaults(env, model)? {
            vals.entry(name).or_insert(value);
        }
    }
    match model.name.as_str() {
        "account.payment.register" => complete_payment(env, vals),
        "mail.compose.message" => {
            complete_mail(env, vals);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Sends what a mail wizard holds, on each of its records.
pub(crate) fn send(env: &mut Env<'_>, wizard: i64) -> Outcome<()> {
    let composers = env.model("mail.compose.message")?;
    let record = env.record(composers, wizard);
    let ids: Vec<i64> = serde_json::from_str(&record.text("res_ids")).unwrap_or_default();
    let (subject, body) = (record.text("subject"), record.text("body"));
    let message_type = record.text("message_type");
    let draft = chatter::Draft {
        body,
        message_type: &message_type,
        subtype: record.id_of("subtype_id"),
        subject: Some(subject.as_str()).filter(|subject| !subject.is_empty()),
        recipients: record.cell("partner_ids").ids(),
        attachments: record.cell("attachment_ids").ids(),
        parent: None,
        is_internal: false,
    };
    let Ok(model) = env.model(&record.text("model")) else { return Ok(()) };
    write::check_exist(env, model, &ids)?;
    for id in ids {
        chatter::check_post(env, model, id)?;
        chatter::post(env, model, id, &draft)?;
        if model.name == "sale.order"
            && env.context.get("mark_so_as_sent").is_some_and(crate::domain::is_truthy)
            && env.record(model, id).text("state") == "draft"
        {
            write::write(env, model, &[id], &Map::from_iter([("state".to_owned(), json!("sent"))]))?;
        }
    }
    Ok(())
}

/// The records that the context says a wizard is about.
fn active_ids(env: &Env<'_>) -> Vec<i64> {
    let listed = env.context.get("active_ids").and_then(Value::as_array);
    let listed: Vec<i64> = listed.into_iter().flatten().filter_map(Value::as_i64).collect();
    if listed.is_empty() { env.context.get("active_id").and_then(Value::as_i64).into_iter().collect() } else { listed }
}

fn active_model<'e>(env: &'e Env<'_>) -> &'e str {
    env.context.get("active_model").and_then(Value::as_str).unwrap_or_default()
}

fn complete_mail(env: &Env<'_>, vals: &mut Map<String, Value>) {
    // the records come as a list in the context and are kept as the text of one
    if let Some(ids @ Value::Array(_)) = vals.get("res_ids") {
        let text = ids.to_string();
        vals.insert("res_ids".into(), json!(text));
    }
    let ids: Vec<i64> =
        vals.get("res_ids").and_then(Value::as_str).and_then(|ids| serde_json::from_str(ids).ok()).unwrap_or_default();
    let model = vals.get("model").and_then(Value::as_str).and_then(|name| env.schema.model(name));
    if let (Some(model), [id]) = (model, ids.as_slice()) {
        vals.entry("subject").or_insert(json!(env.record(model, *id).name()));
    }
    vals.entry("subtype_id").or_insert(json!(chatter::DISCUSSIONS));
}

/// Loses the leads of a wizard, for its reason.
pub(crate) fn lose(env: &mut Env<'_>, wizard: i64) -> Outcome<()> {
    let (wizards, leads) = (env.model("crm.lead.lost")?, env.model("crm.lead")?);
    let record = env.record(wizards, wizard);
    let (ids, reason) = (record.cell("lead_ids").ids(), record.id_of("lost_reason_id"));
    let vals = Map::from_iter([
        ("active".to_owned(), json!(false)),
        ("probability".to_owned(), json!(0)),
        ("automated_probability".to_owned(), json!(0)),
        ("lost_reason_id".to_owned(), json!(reason)),
    ]);
    write::write(env, leads, &ids, &vals)
}
