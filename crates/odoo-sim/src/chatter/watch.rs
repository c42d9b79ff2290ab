//! What a record's own life says: its beginning, its changes, its end.

use super::{Draft, NOTE, follow, me, post};
use crate::cell::Cell;
use crate::env::Env;
use crate::fault::Outcome;
use crate::schema::Model;
use crate::write;

/// A new record: its creator follows it, its beginning is written down, and who is responsible hears of it.
pub(crate) fn begun(env: &mut Env<'_>, model: &'static Model, id: i64) -> Outcome<()> {
    let Some(creator) = me(env) else { return Ok(()) };
    follow(env, model, id, creator)?;
    let log = match model.name.as_str() {
        "crm.lead" => Draft::log("<p>Lead/Opportunity created</p>".into(), 8),
        "account.move" => Draft::log("<div summary=\"o_mail_notification\"><p>Invoice Created</p></div>".into(), 7),
        _ => Draft { is_internal: true, ..Draft::log(format!("<p>{} created</p>", model.label), NOTE) },
    };
    post(env, model, id, &log)?;
    assigned(env, model, id)
}

/// What a change of a record is watched for.
pub(crate) struct Watched {
    state: Cell,
    owner: Cell,
}

/// Looks at a record before it is changed.
pub(crate) fn watch(env: &Env<'_>, model: &'static Model, id: i64) -> Watched {
    let record = env.record(model, id);
    Watched { state: record.cell(state_field(model)), owner: record.cell(owner_field(model)) }
}

/// Writes down what became of it.
pub(crate) fn changed(env: &mut Env<'_>, model: &'static Model, id: i64, before: &Watched) -> Outcome<()> {
    let record = env.record(model, id);
    let (state, owner) = (record.cell(state_field(model)), record.cell(owner_field(model)));
    if state != before.state {
        let subtype = match (model.name.as_str(), state.as_text().unwrap_or_default()) {
            ("sale.order", "sent") => 45,
            ("sale.order", "sale") => 46,
            ("account.move", "posted") => 5,
            ("crm.lead", _) if record.one("stage_id").is_some_and(|stage| stage.is_set("is_won")) => 10,
            ("crm.lead", _) => 9,
            _ => NOTE,
        };
        post(env, model, id, &Draft::log(String::new(), subtype))?;
    }
    if owner == before.owner { Ok(()) } else { assigned(env, model, id) }
}

/// Removes what was said about a record that is gone, and who heard of it.
pub(crate) fn ended(env: &mut Env<'_>, model: &'static Model, id: i64) -> Outcome<()> {
    for name in ["mail.message", "mail.followers", "mail.activity", "ir.attachment"] {
        let about = env.model(name)?;
        let Some(res_id) = about.field("res_id") else { continue };
        let of_model = if about.has("model") { "model" } else { "res_model" };
        let theirs: Vec<i64> = env
            .db
            .pointing(about, res_id.index, id)
            .into_iter()
            .filter(|at| env.record(about, *at).text(of_model) == model.name)
            .collect();
        env.as_root(|env| write::unlink(env, about, &theirs))?;
    }
    Ok(())
}

/// The person responsible follows, and is told if it was somebody else who made them so.
fn assigned(env: &mut Env<'_>, model: &'static Model, id: i64) -> Outcome<()> {
    let record = env.record(model, id);
    let owner = Some(owner_field(model)).filter(|name| !name.is_empty()).and_then(|name| record.one(name));
    let Some(partner) = owner.and_then(|owner| owner.id_of("partner_id")) else { return Ok(()) };
    let body = format!("<p>You have been assigned to the {} {}.</p>", model.label, record.name());
    follow(env, model, id, partner)?;
    if Some(partner) != me(env) {
        let draft = Draft { message_type: "user_notification", recipients: vec![partner], ..Draft::log(body, NOTE) };
        post(env, model, id, &draft)?;
    }
    Ok(())
}

fn state_field(model: &Model) -> &'static str {
    match model.name.as_str() {
        "sale.order" | "account.move" => "state",
        "crm.lead" => "stage_id",
        _ => "",
    }
}

fn owner_field(model: &Model) -> &'static str {
    match model.name.as_str() {
        "sale.order" | "crm.lead" => "user_id",
        "account.move" => "invoice_user_id",
        _ => "",
    }
}
