//! Writing to the people who follow a record, and planning what is to be done: message_post, followers, activities.

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param};
use crate::attachment;
use crate::chatter::{self, Draft};
use crate::clock;
use crate::domain::repr;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::Model;
use crate::write;

pub(super) const METHODS: &[Method] = &[
    Method { name: "message_post", on: On::Thread, takes_ids: true, params: &[], is_open: true, run: message_post },
    Method {
        name: "message_subscribe",
        on: On::Thread,
        takes_ids: true,
        params: &[Param("partner_ids", false), Param("subtype_ids", false)],
        is_open: false,
        run: message_subscribe,
    },
    Method {
        name: "message_unsubscribe",
        on: On::Thread,
        takes_ids: true,
        params: &[Param("partner_ids", false)],
        is_open: false,
        run: message_unsubscribe,
    },
    Method {
        name: "activity_schedule",
        on: On::Thread,
        takes_ids: true,
        params: &[
            Param("act_type_xmlid", false),
            Param("date_deadline", false),
            Param("summary", false),
            Param("note", false),
        ],
        is_open: true,
        run: activity_schedule,
    },
    Method {
        name: "action_feedback",
        on: On::One("mail.activity"),
        takes_ids: true,
        params: &[Param("feedback", false), Param("attachment_ids", false)],
        is_open: false,
        run: action_feedback,
    },
    Method {
        name: "action_done",
        on: On::One("mail.activity"),
        takes_ids: true,
        params: &[],
        is_open: false,
        run: action_feedback,
    },
];

const KNOWN: &[&str] = &[
    "attachment_ids",
    "attachments",
    "author_id",
    "body",
    "body_is_html",
    "email_from",
    "message_type",
    "outgoing_email_to",
    "parent_id",
    "partner_ids",
    "subject",
    "subtype_id",
    "subtype_xmlid",
];

/// Posts on one record and gives the message's ids. The body is text unless `body_is_html`; without a subtype it is a note,
/// which only the recipients that it names are told of.
fn message_post(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    if let Some(name) = arguments.all().keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Fault::value(format!("Those values are not supported when posting or notifying: {name}")));
    }
    let id = super::one(model, ids)?;
    write::check_exist(env, model, ids)?;
    let message_type = arguments.text("message_type").unwrap_or("notification");
    if message_type == "user_notification" {
        return Err(Fault::value("Use message_notify to send a notification to an user."));
    }
    let recipients = partners(env, arguments.get("partner_ids"))?;
    chatter::check_post(env, model, id)?;
    let text = arguments.text("body").unwrap_or_default();
    let body = match text {
        "" => String::new(),
        text if arguments.get("body_is_html") == &json!(true) => sanitized(text),
        text => chatter::paragraph(text),
    };
    let subtype = match arguments.text("subtype_xmlid") {
        Some(xmlid) => chatter::subtype_of(xmlid),
        None => Some(arguments.get("subtype_id").as_i64().unwrap_or(chatter::NOTE)),
    };
    let is_comment = message_type == "comment" && subtype == Some(chatter::DISCUSSIONS);
    let name = env.record(model, id).name();
    let subject = arguments.text("subject").or(is_comment.then_some(name.as_str()));
    let draft = Draft {
        body,
        message_type,
        subtype,
        subject,
        recipients,
        attachments: attached(env, model, id, arguments)?,
        parent: arguments.get("parent_id").as_i64(),
        is_internal: false,
    };
    let message = chatter::post(env, model, id, &draft)?;
    if let Some(author) = chatter::me(env).filter(|_| is_comment) {
        chatter::follow(env, model, id, author)?;
    }
    Ok(json!([message]))
}

/// Files that came with the message, and files that were uploaded for it and belong to the record from now on.
fn attached(env: &mut Env<'_>, model: &'static Model, id: i64, arguments: &Arguments) -> Outcome<Vec<i64>> {
    let files = env.model("ir.attachment")?;
    let mut ids = arguments.ids("attachment_ids");
    write::check_exist(env, files, &ids)?;
    for file in &ids {
        if env.record(files, *file).text("res_model") == "mail.compose.message" {
            let vals = Map::from_iter([("res_model".to_owned(), json!(model.name)), ("res_id".to_owned(), json!(id))]);
            env.as_root(|env| write::write(env, files, &[*file], &vals))?;
        }
    }
    for pair in arguments.get("attachments").as_array().into_iter().flatten() {
        let (Some(name), Some(text)) = (pair.get(0).and_then(Value::as_str), pair.get(1).and_then(Value::as_str))
        else {
            return Err(Fault::value("not enough values to unpack (expected 2)"));
        };
        let vals = Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("raw".to_owned(), json!(text)),
            ("res_model".to_owned(), json!(model.name)),
            ("res_id".to_owned(), json!(id)),
        ]);
        ids.push(env.as_root(|env| write::create(env, files, &vals))?);
    }
    ids.retain(|file| attachment::is_visible(env, &env.record(files, *file)));
    Ok(ids)
}

/// Odoo's own cleaning of HTML, as far as it matters here: scripts are dropped with what is in them.
fn sanitized(html: &str) -> String {
    let mut kept = html.to_owned();
    while let Some(start) = kept.find("<script") {
        let end = kept[start..].find("</script>").map_or(kept.len(), |end| start + end + "</script>".len());
        kept.replace_range(start..end, "");
    }
    kept
}

fn partners(env: &Env<'_>, told: &Value) -> Outcome<Vec<i64>> {
    let contacts = env.model("res.partner")?;
    let ids: Vec<i64> = match told {
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Array(ids) if ids.iter().all(Value::is_i64) => ids.iter().filter_map(Value::as_i64).collect(),
        other => {
            return Err(Fault::value(format!(
                "Posting a message should receive partners as a list of IDs (received {})",
                repr(other)
            )));
        }
    };
    write::check_exist(env, contacts, &ids)?;
    Ok(ids)
}

fn message_subscribe(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    for id in ids {
        for partner in arguments.ids("partner_ids") {
            chatter::follow(env, model, *id, partner)?;
        }
    }
    Ok(json!(true))
}

fn message_unsubscribe(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    for id in ids {
        chatter::unfollow(env, model, *id, &arguments.ids("partner_ids"))?;
    }
    Ok(Value::Null)
}

/// Plans an activity on each record and gives their ids.
fn activity_schedule(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    let mut vals = arguments.all().clone();
    let kind = match vals.remove("act_type_xmlid").as_ref().and_then(Value::as_str) {
        Some("mail.mail_activity_data_email") => 1,
        Some("mail.mail_activity_data_call") => 2,
        Some("mail.mail_activity_data_meeting") => 3,
        _ => 4,
    };
    vals.entry("activity_type_id").or_insert(json!(kind));
    vals.insert("automated".into(), json!(true));
    if vals.get("date_deadline").is_none_or(|date| !date.is_string()) {
        vals.insert("date_deadline".into(), json!(clock::date(env.now)));
    }
    let mut planned = Vec::with_capacity(ids.len());
    for id in ids {
        planned.push(chatter::plan(env, model, *id, &vals)?);
    }
    Ok(json!(planned))
}

fn action_feedback(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    let last = chatter::done(env, ids, arguments.text("feedback"))?;
    Ok(last.map_or(json!(false), |message| json!(message)))
}
