//! Writing to the people who follow a record: message_post.

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On};
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::Model;
use crate::write;

pub(super) const METHODS: &[Method] =
    &[Method { name: "message_post", on: On::Thread, takes_ids: true, params: &[], is_open: true, run: message_post }];

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

/// Posts on one record and gives the message's ids. The body is text unless `body_is_html`.
fn message_post(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    if let Some(name) = arguments.all().keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Fault::value(format!("Those values are not supported when posting or notifying: {name}")));
    }
    let [id] = ids else {
        let listed = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(Fault::value(format!("Expected singleton: {}({listed})", model.name)));
    };
    write::check_exist(env, model, ids)?;
    let text = arguments.text("body").unwrap_or_default();
    let is_html = arguments.get("body_is_html") == &json!(true);
    let body = match text {
        "" => String::new(),
        text if is_html => text.to_owned(),
        text => format!("<p>{}</p>", escaped(text)),
    };
    let author = env.user().and_then(|user| user.id_of("partner_id"));
    let sender = env.user().and_then(|user| user.one("partner_id")).map(|partner| partner.text("email_formatted"));
    let mut vals = Map::from_iter([
        ("model".to_owned(), json!(model.name)),
        ("res_id".to_owned(), json!(id)),
        ("body".to_owned(), json!(body)),
        ("author_id".to_owned(), json!(author)),
        ("email_from".to_owned(), json!(sender)),
        ("message_type".to_owned(), json!(arguments.text("message_type").unwrap_or("notification"))),
        (
            "message_id".to_owned(),
            json!(format!("<{}.{}.odoo-sim@localhost>", env.now, env.db.ids(env.model("mail.message")?).count())),
        ),
    ]);
    for name in ["subject", "parent_id", "partner_ids"] {
        if !arguments.get(name).is_null() {
            vals.insert(name.to_owned(), arguments.get(name).clone());
        }
    }
    let messages = env.model("mail.message")?;
    let message = env.as_root(|env| write::create(env, messages, &vals))?;
    Ok(json!([message]))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
