//! What happens around a record: who follows it, what is written there, and who is told.

mod activities;
mod watch;

pub(crate) use activities::{activity_given, done, plan};
pub(crate) use watch::{begun, changed, ended, watch};

use serde_json::{Map, json};

use crate::cell::Cell;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::Model;
use crate::write;

/// The subtypes of messages that every model has.
pub(crate) const DISCUSSIONS: i64 = 1;
pub(crate) const NOTE: i64 = 2;
pub(crate) const ACTIVITIES: i64 = 3;

/// A message about to be posted.
pub(crate) struct Draft<'a> {
    pub(crate) body: String,
    pub(crate) message_type: &'a str,
    pub(crate) subtype: Option<i64>,
    pub(crate) subject: Option<&'a str>,
    pub(crate) recipients: Vec<i64>,
    pub(crate) attachments: Vec<i64>,
    pub(crate) parent: Option<i64>,
    pub(crate) is_internal: bool,
}

impl Draft<'_> {
    /// A note that Odoo itself writes down.
    fn log(body: String, subtype: i64) -> Self {
        Self {
            body,
            message_type: "notification",
            subtype: Some(subtype),
            subject: None,
            recipients: Vec::new(),
            attachments: Vec::new(),
            parent: None,
            is_internal: false,
        }
    }
}

/// The contact of the user who asks.
pub(crate) fn me(env: &Env<'_>) -> Option<i64> {
    env.user()?.id_of("partner_id")
}

/// Writes a message and notifies: the followers who want its subtype and the recipients it names, but not its author.
pub(crate) fn post(env: &mut Env<'_>, model: &'static Model, id: i64, draft: &Draft<'_>) -> Outcome<i64> {
    let messages = env.model("mail.message")?;
    let author = me(env);
    let sender = env.user().and_then(|user| user.one("partner_id")).map(|partner| partner.text("email_formatted"));
    let now = env.now;
    let number = env.db.ids(messages).next_back().unwrap_or(0) + 1;
    let vals = Map::from_iter([
        ("model".to_owned(), json!(model.name)),
        ("res_id".to_owned(), json!(id)),
        ("body".to_owned(), json!(draft.body)),
        ("subject".to_owned(), json!(draft.subject)),
        ("author_id".to_owned(), json!(author)),
        ("email_from".to_owned(), json!(sender)),
        ("reply_to".to_owned(), json!(sender)),
        ("message_type".to_owned(), json!(draft.message_type)),
        ("subtype_id".to_owned(), json!(draft.subtype)),
        ("parent_id".to_owned(), json!(draft.parent)),
        ("is_internal".to_owned(), json!(draft.is_internal)),
        ("partner_ids".to_owned(), json!([[6, 0, draft.recipients]])),
        ("attachment_ids".to_owned(), json!([[6, 0, draft.attachments]])),
        ("message_id".to_owned(), json!(format!("<{now}.{number}-openerp-{id}-{}@odoo-sim>", model.name))),
    ]);
    let mut told = draft.recipients.clone();
    if draft.message_type != "user_notification" {
        told.extend(subscribed(env, model, id, draft.subtype)?);
    }
    env.as_root(|env| {
        let message = write::create(env, messages, &vals)?;
        notify(env, message, author, &told)?;
        Ok(message)
    })
}

/// Adds a follower with the subtypes that are on by default.
pub(crate) fn follow(env: &mut Env<'_>, model: &'static Model, id: i64, partner: i64) -> Outcome<()> {
    let followers = env.model("mail.followers")?;
    if following(env, model, id)?.iter().any(|(_, followed_by)| *followed_by == partner) {
        return Ok(());
    }
    let subtypes = env.model("mail.message.subtype")?;
    let defaults: Vec<i64> = env
        .db
        .ids(subtypes)
        .filter(|subtype| {
            let subtype = env.record(subtypes, *subtype);
            let of = subtype.text("res_model");
            subtype.is_set("default") && (of.is_empty() || of == model.name)
        })
        .collect();
    let at = env.db.add(followers);
    for (name, cell) in [
        ("id", Cell::Int(at)),
        ("res_model", Cell::text(model.name.as_str())),
        ("res_id", Cell::Int(id)),
        ("partner_id", Cell::Int(partner)),
        ("subtype_ids", Cell::Ids(defaults)),
    ] {
        env.put(followers, at, name, cell);
    }
    Ok(())
}

/// Removes followers.
pub(crate) fn unfollow(env: &mut Env<'_>, model: &'static Model, id: i64, partners: &[i64]) -> Outcome<()> {
    let followers = env.model("mail.followers")?;
    for (row, partner) in following(env, model, id)? {
        if partners.contains(&partner) {
            env.db.remove(followers, row);
        }
    }
    Ok(())
}

/// Text as HTML: a paragraph with its special letters escaped.
pub(crate) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// The follower rows of a record, each with its partner.
fn following(env: &Env<'_>, model: &'static Model, id: i64) -> Outcome<Vec<(i64, i64)>> {
    let followers = env.model("mail.followers")?;
    let Some(res_id) = followers.field("res_id") else { return Ok(Vec::new()) };
    let rows = env.db.pointing(followers, res_id.index, id).into_iter();
    let of_record = rows.filter(|row| env.record(followers, *row).text("res_model") == model.name);
    Ok(of_record.filter_map(|row| Some((row, env.record(followers, row).id_of("partner_id")?))).collect())
}

fn subscribed(env: &Env<'_>, model: &'static Model, id: i64, subtype: Option<i64>) -> Outcome<Vec<i64>> {
    let followers = env.model("mail.followers")?;
    let wants =
        |row: i64| subtype.is_some_and(|wanted| env.record(followers, row).cell("subtype_ids").ids().contains(&wanted));
    Ok(following(env, model, id)?.into_iter().filter(|(row, _)| wants(*row)).map(|(_, partner)| partner).collect())
}

/// There is no mail server: what would be an email is kept as one that failed.
fn notify(env: &mut Env<'_>, message: i64, author: Option<i64>, partners: &[i64]) -> Outcome<()> {
    let (notifications, contacts) = (env.model("mail.notification")?, env.model("res.partner")?);
    let mut told = Vec::new();
    for partner in partners {
        if Some(*partner) == author || told.contains(partner) || !env.record(contacts, *partner).is_set("active") {
            continue;
        }
        told.push(*partner);
        let users = env.record(contacts, *partner).many("user_ids");
        let by_inbox = users.iter().any(|user| user.text("notification_type") == "inbox");
        let at = env.db.add(notifications);
        let (by, status) = if by_inbox { ("inbox", "sent") } else { ("email", "exception") };
        for (name, cell) in [
            ("id", Cell::Int(at)),
            ("mail_message_id", Cell::Int(message)),
            ("res_partner_id", Cell::Int(*partner)),
            ("author_id", Cell::one(author)),
            ("notification_type", Cell::text(by)),
            ("notification_status", Cell::text(status)),
            ("is_read", Cell::Bool(!by_inbox)),
            ("failure_type", if by_inbox { Cell::Null } else { Cell::text("mail_smtp") }),
        ] {
            env.put(notifications, at, name, cell);
        }
    }
    Ok(())
}

/// The id of a subtype that is named as Odoo names its own data.
pub(crate) fn subtype_of(xmlid: &str) -> Option<i64> {
    Some(match xmlid {
        "mail.mt_comment" => DISCUSSIONS,
        "mail.mt_note" => NOTE,
        "mail.mt_activities" => ACTIVITIES,
        _ => return None,
    })
}

/// Refuses who may not write on a record.
pub(crate) fn check_post(env: &Env<'_>, model: &'static Model, id: i64) -> Outcome<()> {
    use crate::access::{Operation, check, check_rules};
    // an invoice takes messages from everybody who may see it
    let needed = if model.name == "account.move" { Operation::Read } else { Operation::Write };
    if check(env, model, needed).is_ok() && check_rules(env, model, &[id], needed).is_ok() {
        return Ok(());
    }
    let messages = env.model("mail.message")?;
    let next = env.db.ids(messages).next_back().unwrap_or(0) + 1;
    Err(Fault::access(format!(
        "The requested operation cannot be completed due to security restrictions. Please contact your system \
         administrator.\n\n(Document type: Message, Operation: create)\n\nRecords: {next}, User: {}",
        env.uid
    )))
}
