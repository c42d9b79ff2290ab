//! `odoo_message_post`: writes a note or a comment into the chatter of a record.

use super::arguments::{Arguments, check_ids};
use super::reach::{Reach, path};
use super::recipients::{Addressees, Author, Kind, Recipients};
use super::site::{Locale, missing};
use super::{Call, Done, Preview, Site, Target, Tool, define, with_common};
use crate::answers::changed;
use crate::contents::{as_it_is, one_line};
use crate::markdown::to_html;
use crate::preview::text_form;
use crate::view::{FieldChange, RecordChange, RecordVerb};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Effect, ErrorCode, Nested, Severity, ToolDefinition, Undo};
use gatehouse_odoo::{Capability, Method, Record};
use gatehouse_policy::sensitive::is_sensitive;
use serde_json::{Map, Value, json};

pub(crate) const NAME: &str = "odoo_message_post";
const MODEL: &str = "mail.message";

pub(crate) struct MessagePost;

/// What a message is in Odoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subtype {
    /// For the company's own people, and only for those who want it.
    Note,
    /// For everybody who follows the record.
    Comment,
}

impl Subtype {
    const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Comment => "comment",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Comment => "Comment",
        }
    }

    /// Odoo's own name for it, the same in all versions.
    const fn xml_id(self) -> &'static str {
        match self {
            Self::Note => "mail.mt_note",
            Self::Comment => "mail.mt_comment",
        }
    }

    /// The followers who get it.
    const fn kind(self) -> Kind {
        match self {
            Self::Note => Kind::Note,
            Self::Comment => Kind::Comment,
        }
    }
}

#[async_trait]
impl Tool for MessagePost {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Post a message",
            Category::Write,
            Severity::Medium,
            "Posts a message on a record, in Markdown. A note (default) stays inside the company; a comment goes out by mail \
             to everybody who follows the record. partner_ids get it in both cases; attachment_ids go with it.",
            &with_common(json!({
                "model": {"type": "string"},
                "res_id": {"type": "integer"},
                "body": {"type": "string", "maxLength": 50_000},
                "message_type": {"type": "string", "enum": ["note", "comment"]},
                "subject": {"type": "string", "maxLength": 200},
                "partner_ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 50},
                "attachment_ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 20},
            })),
            &["model", "res_id", "body"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        let model = arguments.text("model").unwrap_or_default().to_owned();
        let res_id = arguments.integer("res_id").unwrap_or_default();
        check_ids("res_id", &[res_id])?;
        let some_ids = |name: &str| if arguments.has(name) { arguments.ids(name) } else { Ok(Vec::new()) };
        let (partner_ids, attachment_ids) = (some_ids("partner_ids")?, some_ids("attachment_ids")?);
        let body = arguments.text("body").unwrap_or_default().trim().to_owned();
        if body.is_empty() {
            return Err(invalid("body: a message needs words"));
        }
        let html = to_html(&body).ok_or_else(|| invalid("body: lists and quotes stand too deep in each other"))?;
        let subtype = match arguments.text("message_type") {
            Some("comment") => Subtype::Comment,
            _ => Subtype::Note,
        };
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        if fields.get("message_ids").is_none() {
            return Err(invalid(&format!("model: {model} has no chatter, so nothing can be posted on it")));
        }
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let mut reach = Reach::of(site, &source);
        reach.read(&[path(&model, "id")]);
        if !partner_ids.is_empty() {
            reach.read(&[path("res.partner", "id")]);
        }
        let files = files(site, &locale, &attachment_ids).await?;
        let mut is_about_people = false;
        for file in &files {
            // What is sent along is read on the way.
            reach.read(&[path("ir.attachment", "datas")]);
            if let Some(owner) = &file.owner {
                reach.read(&[path(owner, "id")]);
                is_about_people |= is_sensitive(Some(&[path(owner, "attachment_ids")]));
            }
        }
        let reads = reach.finish().await?;
        let mut effects = Vec::new();
        if subtype == Subtype::Comment || !partner_ids.is_empty() {
            effects.push(Effect::Mail);
        } else if site.pending_step(res_id).is_none() {
            // Nobody gets notes by default, but whoever asked for them does.
            let found =
                Addressees::of_record(&model, &[res_id], Kind::Note, &[], Author::User).find(site, &locale).await?;
            if found.is_open() {
                effects.push(Effect::MailPossible);
            } else if !found.is_nobody() {
                effects.push(Effect::Mail);
            }
        }
        let written = ["attachment_ids", "body", "partner_ids", "subject"];
        let is_written = |name: &&str| *name == "body" || arguments.has(name);
        let facts = CallFacts {
            model: Some(model.clone()),
            method: Some("message_post".into()),
            ids: vec![res_id],
            records: Some(1),
            reads: reads.fields,
            commands: vec![Nested {
                model: MODEL.into(),
                command: "create".into(),
                fields: written.into_iter().filter(is_written).map(str::to_owned).collect(),
            }],
            effects,
            sensitive: is_about_people,
            ..CallFacts::local(NAME, site.risk(NAME))
        };
        let subject = arguments.text("subject").map(|subject| one_line(subject.trim(), 200)).filter(|s| !s.is_empty());
        Ok(Box::new(MessageCall { facts, model, res_id, body, html, subtype, subject, partner_ids, files, locale }))
    }
}

/// A file that goes with the message.
struct Attached {
    id: i64,
    name: String,
    /// The model of the record that it belongs to.
    owner: Option<String>,
}

struct MessageCall {
    facts: CallFacts,
    model: String,
    res_id: i64,
    /// As it was written.
    body: String,
    html: String,
    subtype: Subtype,
    subject: Option<String>,
    partner_ids: Vec<i64>,
    files: Vec<Attached>,
    locale: Locale,
}

impl MessageCall {
    /// Who gets it, as Odoo would find them now.
    async fn recipients_now(&self, site: &Site) -> Result<Recipients, EdgeError> {
        let kind = self.subtype.kind();
        let wanted = Addressees::of_record(&self.model, &[self.res_id], kind, &self.partner_ids, Author::User);
        let found = wanted.find(site, &self.locale).await?;
        match found.first_unseen() {
            None => Ok(found),
            Some(id) => Err(EdgeError::new(
                ErrorCode::RecordMissing,
                format!("partner_ids: there is no contact {id}, or the user may not see it. Search again."),
            )),
        }
    }

    fn file_ids(&self) -> Vec<i64> {
        self.files.iter().map(|file| file.id).collect()
    }
}

#[async_trait]
impl Call for MessageCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({
            "model": self.model,
            "res_id": self.res_id,
            "body": self.html,
            "message_type": self.subtype.word(),
            "subject": self.subject,
            "partner_ids": self.partner_ids,
            "attachment_ids": self.file_ids(),
            "context": self.locale.context,
        })
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let name = site.record_name(&self.model, self.res_id, &self.locale).await?;
        let recipients = self.recipients_now(site).await?;
        let field = |field: &str, label: &str, after: String| {
            let form = text_form(None, Some(&after));
            FieldChange { form, ..FieldChange::new(field, label, None, Some(after)) }
        };
        let mut fields = vec![field("recipients", "Goes to", recipients.words())];
        if let Some(subject) = &self.subject {
            fields.push(field("subject", "Subject", subject.clone()));
        }
        fields.push(field("body", self.subtype.label(), self.body.clone()));
        if !self.files.is_empty() {
            let names: Vec<String> = self.files.iter().map(|file| format!("{} (#{})", file.name, file.id)).collect();
            fields.push(field("attachment_ids", "Files", names.join(", ")));
        }
        Ok(Preview {
            sentence: format!(
                "Post a {} on “{}” in {}",
                self.subtype.word(),
                as_it_is(&name, 80),
                site.connection()?.name
            ),
            model: Some(self.model.clone()),
            entries: vec![
                RecordChange { id: Some(self.res_id), name, change: RecordVerb::Update, fields, besides: Vec::new() }
                    .into(),
            ],
            total: Some(1),
            touches: vec![recipients.sentence()],
            observed: json!({self.res_id.to_string(): {"recipients": recipients.observed()}}),
            ..Preview::default()
        })
    }

    fn recipients<'v>(&self, observed: &'v Value) -> Option<&'v Value> {
        observed.get(self.res_id.to_string())?.get("recipients")
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let mut arguments = Map::new();
        arguments.insert("body".into(), json!(self.html));
        if session.sign_in.version.can(Capability::TextMessages) {
            arguments.insert("body_is_html".into(), json!(true));
        }
        arguments.insert("message_type".into(), json!("comment"));
        arguments.insert("subtype_xmlid".into(), json!(self.subtype.xml_id()));
        if let Some(subject) = &self.subject {
            arguments.insert("subject".into(), json!(subject));
        }
        if !self.partner_ids.is_empty() {
            arguments.insert("partner_ids".into(), json!(self.partner_ids));
        }
        if !self.files.is_empty() {
            arguments.insert("attachment_ids".into(), json!(self.file_ids()));
        }
        let ids = [self.res_id];
        let method =
            Method::write(&self.model, "message_post").on(&ids).named(&arguments).within(Some(&self.locale.context));
        let answer = site.told(&self.model, session.client.call(&method).await).await?;
        // A record comes as its id, or as a list of one.
        let message = answer.as_i64().or_else(|| answer.get(0)?.as_i64());
        let ids: Vec<i64> = message.into_iter().collect();
        Ok(Done {
            summary: format!("posted a {} on {} {}", self.subtype.word(), self.model, self.res_id),
            answer: changed(site, &self.locale, "posted", &ids)?,
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }

    fn undo(&self, _: &Value, done: &Done) -> Undo {
        let ids = &done.answer["ids"];
        if !self.facts.effects.is_empty() {
            return Undo::none("The message went out; mail cannot be called back.");
        }
        if ids.as_array().is_none_or(Vec::is_empty) {
            return Undo::none("Odoo did not tell which note it made.");
        }
        Undo::by("odoo_unlink", json!({"model": MODEL, "ids": ids}))
    }

    fn makes(&self) -> usize {
        1
    }
}

/// The files that go along, as the user may see them.
async fn files(site: &Site, locale: &Locale, ids: &[i64]) -> Result<Vec<Attached>, EdgeError> {
    let (pending, there): (Vec<i64>, Vec<i64>) = ids.iter().partition(|id| site.pending_step(**id).is_some());
    let session = site.session().await?;
    let rows = session.client.read("ir.attachment", &there, &["name", "res_model"], Some(&locale.reading())).await;
    let rows = site.told("ir.attachment", rows).await?;
    let text = |row: &Record, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut files = Vec::with_capacity(ids.len());
    for id in ids {
        if pending.contains(id) {
            let step = site.pending_step(*id).unwrap_or_default();
            files.push(Attached { id: *id, name: format!("the file of step {step}"), owner: None });
            continue;
        }
        let row = rows.iter().find(|row| row.get("id").and_then(Value::as_i64) == Some(*id));
        let row = row.ok_or_else(|| missing("ir.attachment", *id))?;
        let name = one_line(&text(row, "name").unwrap_or_default(), 120);
        files.push(Attached { id: *id, name, owner: text(row, "res_model").filter(|model| !model.is_empty()) });
    }
    Ok(files)
}

fn invalid(message: &str) -> EdgeError {
    EdgeError::new(ErrorCode::InvalidArguments, message)
}
