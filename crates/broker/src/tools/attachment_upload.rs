//! `odoo_attachment_upload`: puts a file on a record.

use super::arguments::{Arguments, check_ids};
use super::file::sized;
use super::reach::{Reach, path};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, define, with_common};
use crate::answers::changed;
use crate::contents::{as_it_is, kind_of, turns};
use crate::preview::text_form;
use crate::view::{FieldChange, RecordChange, RecordVerb};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Hasher, Nested, Severity, ToolDefinition, Undo};
use gatehouse_odoo::{Capability, OdooError, Record};
use serde_json::{Value, json};

const NAME: &str = "odoo_attachment_upload";
const MODEL: &str = "ir.attachment";
/// The largest file, in bytes: in base64 and with all around it, it fits into one frame of the socket.
const LARGEST: usize = 2_500_000;
/// The largest text that is shown to the person, in bytes: nobody reads more on a card.
const SHOWN: usize = 100_000;

pub(crate) struct AttachmentUpload;

#[async_trait]
impl Tool for AttachmentUpload {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Attach a file",
            Category::Write,
            Severity::Medium,
            "Puts a file of at most 2.5 MB on a record, from content_base64 or, for plain text, from text. Its type follows \
             from its name and content.",
            &with_common(json!({
                "model": {"type": "string"},
                "res_id": {"type": "integer"},
                "filename": {"type": "string", "maxLength": 200},
                "content_base64": {"type": "string"},
                "text": {"type": "string"},
            })),
            &["model", "res_id", "filename"],
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
        let name = file_name(arguments.text("filename").unwrap_or_default())?;
        let content = content(&arguments)?;
        // The model is one of this Odoo.
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let mut reach = Reach::of(site, &source);
        reach.read(&[path(fields.model(), "id")]);
        let facts = CallFacts {
            // The guard lets this tool alone write here.
            model: Some(MODEL.into()),
            method: Some("create".into()),
            records: Some(1),
            fields: ["datas", "name", "res_id", "res_model"].map(str::to_owned).to_vec(),
            reads: reach.finish().await?.fields,
            // What it does to the record: rules about its model hold.
            commands: vec![Nested { model: model.clone(), command: "update".into(), fields: Vec::new() }],
            ..CallFacts::local(NAME, site.risk(NAME))
        };
        Ok(Box::new(UploadCall { facts, model, res_id, name, content, locale }))
    }
}

struct UploadCall {
    facts: CallFacts,
    model: String,
    res_id: i64,
    name: String,
    content: Vec<u8>,
    locale: Locale,
}

#[async_trait]
impl Call for UploadCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        let digest = Hasher::new("file").part(&self.content).finish();
        json!({
            "model": self.model,
            "res_id": self.res_id,
            "filename": self.name,
            "size": self.content.len(),
            "content": digest,
            "context": self.locale.context,
        })
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let record = as_it_is(&site.record_name(&self.model, self.res_id, &self.locale).await?, 80);
        let field = |field: &str, label: &str, after: String| {
            let form = text_form(None, Some(&after));
            FieldChange { form, ..FieldChange::new(field, label, None, Some(after)) }
        };
        let mut fields = vec![
            field("res_id", "Attached to", format!("{record} ({} #{})", self.model, self.res_id)),
            field("file_size", "Size", sized(self.content.len() as u64)),
        ];
        match shown(&self.content) {
            // As it is: what hides in it becomes marks in the window.
            Ok(text) => fields.push(field("datas", "Content", text.to_owned())),
            Err(why) => {
                fields.push(field("mimetype", "Type", kind_of(&self.content, "").in_words().to_owned()));
                fields.push(field("datas", "Content", why));
            }
        }
        Ok(Preview {
            sentence: format!("Attach “{}” to “{record}” in {}", self.name, site.connection()?.name),
            model: Some(MODEL.into()),
            entries: vec![
                RecordChange {
                    id: None,
                    name: self.name.clone(),
                    change: RecordVerb::Create,
                    fields,
                    besides: Vec::new(),
                }
                .into(),
            ],
            total: Some(1),
            touches: vec!["Whoever may see the record can open the file.".into()],
            observed: json!({"record": record}),
            ..Preview::default()
        })
    }

    async fn before(&self, site: &Site) -> Result<Value, EdgeError> {
        if site.session().await?.client.version().can(Capability::FilesOfRecordsThere) {
            return Ok(Value::Null);
        }
        Ok(json!({"record": site.record_name(&self.model, self.res_id, &self.locale).await?}))
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let values = json!({
            "name": self.name,
            "datas": STANDARD.encode(&self.content),
            "res_model": self.model,
            "res_id": self.res_id,
        });
        let values: Record = values.as_object().cloned().unwrap_or_default();
        let ids = session.client.create(MODEL, vec![values], Some(&self.locale.context)).await;
        if let Err(OdooError::AccessDenied { .. }) = &ids {
            // Odoo says the same of a record that is not there.
            site.record_name(&self.model, self.res_id, &self.locale).await?;
        }
        let ids = site.told(MODEL, ids).await?;
        Ok(Done {
            summary: format!("attached a file to {} {}", self.model, self.res_id),
            answer: changed(site, &self.locale, "attached", &ids)?,
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }

    fn undo(&self, _: &Value, _: &Done) -> Undo {
        Undo::none("Gatehouse deletes no files: the user can remove it from the record in Odoo.")
    }

    fn makes(&self) -> usize {
        1
    }
}

/// The whole text of a file, for the person; or why it is not shown. A part of a text is never shown: what stands behind it
/// would be approved unread.
fn shown(content: &[u8]) -> Result<&str, String> {
    match std::str::from_utf8(content) {
        Ok(text) if !text.contains('\0') && content.len() <= SHOWN => Ok(text),
        Ok(text) if !text.contains('\0') => Err(format!("not shown: a text of more than {} KB", SHOWN / 1000)),
        _ => Err("not shown: Gatehouse shows texts in UTF-8 alone".to_owned()),
    }
}

/// A name that is a name everywhere: no path, nothing that hides what it ends in.
fn file_name(given: &str) -> Result<String, EdgeError> {
    let name = given.trim();
    let problem = if name.is_empty() {
        "a file needs a name"
    } else if name.contains(['/', '\\', ':']) {
        "a name, not a path"
    } else if name.chars().any(|c| c.is_control() || turns(c)) {
        "it holds characters that are not shown"
    } else if name.starts_with('.') || name.ends_with('.') {
        "it must not begin or end with a dot"
    } else {
        return Ok(name.to_owned());
    };
    Err(invalid(&format!("filename: {problem}")))
}

fn content(arguments: &Arguments) -> Result<Vec<u8>, EdgeError> {
    let bytes = match (arguments.text("content_base64"), arguments.text("text")) {
        (Some(data), None) => {
            let data: String = data.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            if data.starts_with("data:") {
                return Err(invalid("content_base64: give the base64 alone, without data:…;base64,"));
            }
            STANDARD.decode(&data).map_err(|_| invalid("content_base64: it is not base64 (RFC 4648, with padding)"))?
        }
        (None, Some(text)) => text.as_bytes().to_vec(),
        _ => return Err(invalid("give content_base64 or text, one of them")),
    };
    if bytes.is_empty() {
        return Err(invalid("the file is empty"));
    }
    if bytes.len() > LARGEST {
        return Err(EdgeError::new(
            ErrorCode::TooMuch,
            format!(
                "The file has {}; at most {} can be attached. The user can do it in Odoo.",
                sized(bytes.len() as u64),
                sized(LARGEST as u64)
            ),
        ));
    }
    Ok(bytes)
}

fn invalid(message: &str) -> EdgeError {
    EdgeError::new(ErrorCode::InvalidArguments, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_whole_or_not_at_all() {
        let hides = "a\u{202e}b\u{200b}c\u{e0041}\r\n\u{7}";
        assert_eq!(shown(hides.as_bytes()).unwrap(), hides);
        assert_eq!(shown("a".repeat(SHOWN).as_bytes()).unwrap().len(), SHOWN);
        assert_eq!(shown("a".repeat(SHOWN + 1).as_bytes()).unwrap_err(), "not shown: a text of more than 100 KB");
        for other in [&b"\xff\xfea\0"[..], b"caf\xe9", b"a\0b"] {
            assert!(shown(other).unwrap_err().starts_with("not shown"), "{other:?}");
        }
    }

    #[test]
    fn a_name_is_no_path_and_hides_nothing() {
        for name in ["offer.pdf", " Angebot Müller (2).xlsx ", "図面.png", "a.tar.gz"] {
            assert_eq!(file_name(name).unwrap(), name.trim());
        }
        for name in [
            "",
            "  ",
            "../../etc/passwd",
            "a/b",
            "C:\\x",
            "a\u{0}.txt",
            "a\nb",
            "invoice\u{202e}fdp.exe",
            ".htaccess",
            "a.",
        ] {
            assert!(file_name(name).is_err(), "{name:?}");
        }
    }
}
