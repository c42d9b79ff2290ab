//! `odoo_attachment_download`: the files of a record, and what one of them holds.

mod about;

use super::arguments::{Arguments, check_ids};
use super::file::{Wish, decoded, is_private, judged_by, told, too_large};
use super::reach::{Reach, path};
use super::search_read::read_facts;
use super::site::{Locale, missing};
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::{BUDGET, heading};
use crate::contents::one_line;
pub(super) use about::About;
use about::{Ahead, WITH_CONTENT};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition};
use gatehouse_odoo::{FieldType, Fields, Record, Search};
use serde_json::{Value, json};

const NAME: &str = "odoo_attachment_download";
const MODEL: &str = "ir.attachment";
/// Files listed at once.
const PAGE: u32 = 50;
/// What of the answer is not the file's text.
const AROUND: usize = 1500;

pub(crate) struct AttachmentDownload;

#[async_trait]
impl Tool for AttachmentDownload {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Read a file",
            Category::Read,
            Severity::Low,
            "Reads a file by attachment_id, or by model, res_id and a binary field; model and res_id alone list the record's \
             files. Gives the text of PDF, Office, CSV, HTML and other text (go on with offset), pictures as images, and with \
             base64 other files up to 48 KB.",
            &with_common(json!({
                "attachment_id": {"type": "integer"},
                "model": {"type": "string"},
                "res_id": {"type": "integer"},
                "field": {"type": "string"},
                "offset": {"type": "integer", "minimum": 0},
                "base64": {"type": "boolean"},
            })),
            &[],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        let asked = Asked::of(&arguments)?;
        let risk = site.risk(NAME);
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let mut reach = Reach::of(site, &source);
        let (facts, file) = match asked {
            Asked::Files { model, res_id } => {
                let fields = site.fields(&model, locale.lang.as_deref()).await?;
                reach.search(MODEL);
                reach.read(&[path(MODEL, "name"), path(MODEL, "file_size"), path(fields.model(), "id")]);
                let reads = reach.finish().await?;
                let judged = judged_by(site, MODEL, &model, reads.fields.as_deref().unwrap_or_default())?;
                let mut facts = read_facts(NAME, risk, &judged, "search_read", reads, u64::from(PAGE));
                facts.sensitive |= is_private(&model);
                (facts, File::Listed { model, res_id })
            }
            Asked::Field { model, res_id, field } => {
                let fields = site.fields(&model, locale.lang.as_deref()).await?;
                must_be_binary(&fields, &field)?;
                reach.read(&[path(&model, "id"), path(&model, &field)]);
                let mut facts = read_facts(NAME, risk, &model, "read", reach.finish().await?, 1);
                facts.ids = vec![res_id];
                let smaller = fields.names().filter(|name| is_smaller(name, &field)).map(str::to_owned).collect();
                (facts, File::Field { model, res_id, field, smaller })
            }
            Asked::Attachment { id } => {
                let (about, ahead) = About::with_content(site, &locale, id).await?;
                reach.read(&[path(MODEL, "name"), path(MODEL, "datas")]);
                if let Some(owner) = &about.owner {
                    reach.read(&[path(&owner.model, "id")]);
                    if let Some(field) = &owner.field {
                        reach.read(&[path(&owner.model, field)]);
                    }
                }
                let reads = reach.finish().await?;
                let judged = match &about.owner {
                    Some(owner) => judged_by(site, MODEL, &owner.model, reads.fields.as_deref().unwrap_or_default())?,
                    None => MODEL.to_owned(),
                };
                let mut facts = read_facts(NAME, risk, &judged, "read", reads, 1);
                facts.ids = vec![id];
                facts.sensitive |= about.owner.as_ref().is_some_and(|owner| is_private(&owner.model));
                (facts, File::Attachment { id, about, ahead })
            }
        };
        let offset = arguments.integer("offset").and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
        let wish = Wish { offset, budget: BUDGET - AROUND, base64: arguments.flag("base64") == Some(true) };
        Ok(Box::new(DownloadCall { facts, file, wish, locale }))
    }
}

/// Which of the three the arguments ask for.
enum Asked {
    Attachment { id: i64 },
    Field { model: String, res_id: i64, field: String },
    Files { model: String, res_id: i64 },
}

impl Asked {
    fn of(arguments: &Arguments) -> Result<Self, EdgeError> {
        let id = |name: &str| {
            let id = arguments.integer(name);
            id.map(|id| check_ids(name, &[id]).map(|()| id)).transpose()
        };
        let (file, record) = (id("attachment_id")?, id("res_id")?);
        match (file, arguments.text("model"), record, arguments.text("field")) {
            (Some(id), None, None, None) => Ok(Self::Attachment { id }),
            (None, Some(model), Some(res_id), Some(field)) => {
                Ok(Self::Field { model: model.to_owned(), res_id, field: field.to_owned() })
            }
            (None, Some(model), Some(res_id), None) => Ok(Self::Files { model: model.to_owned(), res_id }),
            _ => Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                "give attachment_id alone; or model, res_id and field; or model and res_id for the list of files",
            )),
        }
    }
}

/// What a call reads.
enum File {
    Listed { model: String, res_id: i64 },
    Field { model: String, res_id: i64, field: String, smaller: Vec<String> },
    Attachment { id: i64, about: About, ahead: Ahead },
}

struct DownloadCall {
    facts: CallFacts,
    file: File,
    wish: Wish,
    locale: Locale,
}

#[async_trait]
impl Call for DownloadCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        let file = match &self.file {
            File::Listed { model, res_id } => json!({"model": model, "res_id": res_id}),
            File::Field { model, res_id, field, .. } => json!({"model": model, "res_id": res_id, "field": field}),
            File::Attachment { id, .. } => json!({"attachment_id": id}),
        };
        json!({"file": file, "offset": self.wish.offset, "base64": self.wish.base64, "context": self.locale.context})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let place = &site.connection()?.name;
        let sentence = match &self.file {
            File::Listed { model, res_id } => format!("List the files of {model} {res_id} in {place}"),
            File::Field { model, res_id, field, .. } => format!("Read {field} of {model} {res_id} in {place}"),
            File::Attachment { about, ahead, .. } => {
                // A person is asked: what it holds is read once they have answered.
                drop(ahead.take());
                let of =
                    about.owner.as_ref().map(|owner| format!(" of {} {}", owner.model, owner.id)).unwrap_or_default();
                format!("Read the file “{}”{of} in {place}", about.name)
            }
        };
        Ok(Preview { sentence, model: self.facts.model.clone(), ..Preview::default() })
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        match &self.file {
            File::Listed { model, res_id } => self.list(site, model, *res_id).await,
            File::Field { model, res_id, field, smaller } => self.field(site, model, *res_id, field, smaller).await,
            File::Attachment { id, about, ahead } => self.attachment(site, *id, about, ahead).await,
        }
    }
}

impl DownloadCall {
    async fn list(&self, site: &Site, model: &str, res_id: i64) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let search = Search {
            domain: json!([["res_model", "=", model], ["res_id", "=", res_id]]),
            fields: &["name", "mimetype", "file_size", "create_date"],
            order: Some("id desc"),
            limit: PAGE + 1,
            offset: u32::try_from(self.wish.offset).unwrap_or(u32::MAX),
        };
        let rows = session.client.search_read(MODEL, &search, Some(&self.locale.reading())).await;
        let rows = site.told(MODEL, rows).await?;
        let has_more = rows.len() > PAGE as usize;
        let one = |row: &Record| {
            let about = About::of(row);
            json!({"id": row.get("id"), "name": about.name, "mimetype": about.mimetype, "size": about.size, "created": row.get("create_date")})
        };
        let files: Vec<Value> = rows.iter().take(PAGE as usize).map(one).collect();
        let count = files.len();
        let mut answer = heading(site, &self.locale)?;
        answer["attachments"] = json!(files);
        if has_more {
            answer["next_offset"] = json!(self.wish.offset + count);
        }
        Ok(done(answer, counted(count, "file"), count as u64))
    }

    async fn attachment(&self, site: &Site, id: i64, about: &About, ahead: &Ahead) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let mut answer = heading(site, &self.locale)?;
        answer["name"] = json!(about.name);
        answer["mimetype"] = json!(about.mimetype);
        answer["size"] = json!(about.size);
        if let Some(owner) = &about.owner {
            answer["model"] = json!(owner.model);
            answer["res_id"] = json!(owner.id);
        }
        if let Some(url) = &about.url {
            answer["url"] = json!(url);
            answer["note"] = json!("It is a link, not a file.");
            return Ok(done(answer, "a link".to_owned(), 1));
        }
        let page = format!("{}/web/content/{id}", session.client.origin());
        if let Some(error) = too_large(about.size, &page) {
            return Err(error);
        }
        let data = match ahead.take() {
            Some(data) => data,
            None => self.content(site, id, about).await?,
        };
        self.told(data, &about.mimetype, &page, answer).await
    }

    async fn content(&self, site: &Site, id: i64, about: &About) -> Result<Value, EdgeError> {
        let session = site.session().await?;
        let rows = session.client.read(MODEL, &[id], &WITH_CONTENT, Some(&self.locale.context)).await;
        let mut row = site.told(MODEL, rows).await?.into_iter().next().ok_or_else(|| missing(MODEL, id))?;
        // It was judged by the record that it belongs to.
        if About::of(&row).owner != about.owner {
            return Err(EdgeError::new(
                ErrorCode::Drifted,
                "The file has moved to another record since. Repeat the call.",
            ));
        }
        Ok(row.remove("datas").unwrap_or(Value::Null))
    }

    async fn field(
        &self,
        site: &Site,
        model: &str,
        res_id: i64,
        field: &str,
        smaller: &[String],
    ) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let page = format!("{}/web/content/{model}/{res_id}/{field}", session.client.origin());
        // Its size first: Odoo tells it in words.
        let rows = session.client.read(model, &[res_id], &[field], Some(&self.locale.reading())).await;
        let rows = site.told(model, rows).await?;
        let row = rows.first().ok_or_else(|| missing(model, res_id))?;
        let mut answer = heading(site, &self.locale)?;
        let Some(size) = row.get(field).and_then(Value::as_str).filter(|size| !size.is_empty()) else {
            answer["note"] = json!("The field is empty.");
            return Ok(done(answer, "an empty field".to_owned(), 1));
        };
        answer["size"] = json!(one_line(size, 20));
        if let Some(error) = size_in_words(size).and_then(|size| too_large(size, &page)) {
            return Err(error);
        }
        let rows = session.client.read(model, &[res_id], &[field], Some(&self.locale.context)).await;
        let rows = site.told(model, rows).await?;
        let data = rows.into_iter().next().and_then(|mut row| row.remove(field)).unwrap_or(Value::Null);
        let mut done = self.told(data, "", &page, answer).await?;
        if done.images.is_empty() && !smaller.is_empty() {
            done.answer["smaller"] = json!(smaller);
        }
        Ok(done)
    }

    /// The answer with what the file holds.
    async fn told(&self, data: Value, declared: &str, page: &str, mut answer: Value) -> Result<Done, EdgeError> {
        let Value::String(data) = data else {
            answer["note"] = json!("The file is empty.");
            return Ok(done(answer, "an empty file".to_owned(), 1));
        };
        let bytes = decoded(&data)?;
        drop(data);
        // What was said of its size is not what counts.
        if let Some(error) = too_large(bytes.len() as u64, page) {
            return Err(error);
        }
        let told = told(bytes, declared, page, self.wish).await;
        for (name, part) in told.parts {
            answer[name] = part;
        }
        Ok(Done { images: told.images, ..done(answer, "1 file".to_owned(), 1) })
    }
}

fn done(answer: Value, summary: String, rows: u64) -> Done {
    Done { answer, summary, rows, outcome: None, images: Vec::new() }
}

fn must_be_binary(fields: &Fields, name: &str) -> Result<(), EdgeError> {
    let is_binary = |kind: FieldType| matches!(kind, FieldType::Binary | FieldType::Image);
    if fields.get(name).is_some_and(|field| is_binary(field.kind)) {
        return Ok(());
    }
    let known: Vec<&str> =
        fields.iter().filter(|(_, field)| is_binary(field.kind)).map(|(name, _)| name).take(12).collect();
    let hint = if known.is_empty() {
        "it has none; leave field out for the list of its files".to_owned()
    } else {
        format!("it has {}", known.join(", "))
    };
    Err(EdgeError::new(
        ErrorCode::InvalidArguments,
        format!("field: {name} is no field of {} that holds a file; {hint}", fields.model()),
    ))
}

/// `image_256` is a smaller `image_1920`.
fn is_smaller(name: &str, field: &str) -> bool {
    let split = |name: &str| {
        let (stem, size) = name.rsplit_once('_')?;
        Some((stem.to_owned(), size.parse::<u32>().ok()?))
    };
    split(name).zip(split(field)).is_some_and(|((a, small), (b, large))| a == b && small < large)
}

/// `14.85 Kb`, `67 bytes`: as many bytes as it can stand for.
fn size_in_words(words: &str) -> Option<u64> {
    let (number, unit) = words.trim().split_once(' ').unwrap_or((words.trim(), "bytes"));
    let factor = match unit.to_ascii_lowercase().as_str() {
        "bytes" | "b" => 1.0,
        "kb" => 1024.0,
        "mb" => 1024.0 * 1024.0,
        _ => 1024.0 * 1024.0 * 1024.0,
    };
    let bytes = number.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)? * factor;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is too large for it is too large"
    )]
    Some(bytes.min(1e15) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_odoo_tells_in_words_are_understood() {
        for (words, size) in [("14.85 Kb", 15206), ("67 bytes", 67), ("2.00 Mb", 2_097_152), ("12 kB", 12288), ("5", 5)]
        {
            assert_eq!(size_in_words(words), Some(size), "{words}");
        }
        assert_eq!(size_in_words("aGVsbG8="), None);
        assert!(size_in_words("3 Gb").unwrap() > 3_000_000_000);
    }

    #[test]
    fn smaller_pictures_are_those_of_the_same_name() {
        assert!(is_smaller("image_256", "image_1920") && is_smaller("avatar_128", "avatar_512"));
        assert!(
            !is_smaller("image_1920", "image_256")
                && !is_smaller("avatar_128", "image_512")
                && !is_smaller("logo", "logo")
        );
    }
}
