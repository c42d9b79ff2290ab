//! `odoo_report`: the printed document of a record, as far as Odoo hands one to an API key: the one that is attached
//! already, or the one that the customer portal shows.

mod found;

use super::arguments::Arguments;
use super::attachment_download::About;
use super::file::{Told, Wish, decoded, is_private, told, too_large};
use super::reach::{Reach, path};
use super::search_read::read_facts;
use super::site::{Locale, missing};
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::{BUDGET, heading, record_url};
use crate::contents::one_line;
use async_trait::async_trait;
use found::{Report, find, is_of_report};
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition};
use gatehouse_odoo::{Fields, Method, Record, Search};
use serde_json::{Map, Value, json};
use std::sync::Arc;

const NAME: &str = "odoo_report";
const FILES: &str = "ir.attachment";
const MOST: usize = 10;
/// What of the answer is not the text of documents.
const AROUND: usize = 4000;

pub(crate) struct ReportTool;

#[async_trait]
impl Tool for ReportTool {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Read a printed document",
            Category::Read,
            Severity::Medium,
            "The text of a report's PDF (invoice, quotation…) for records: the one attached, or the customer \
             portal's. Odoo prints no others for an API key; then the answer says where the user can. report_name is \
             technical (sale.report_saleorder) or the label.",
            &with_common(json!({
                "report_name": {"type": "string", "maxLength": 200},
                "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": MOST},
                "offset": {"type": "integer", "minimum": 0},
            })),
            &["report_name", "ids"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        let ids = arguments.ids("ids")?;
        let offset = arguments.integer("offset").and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
        if offset > 0 && ids.len() > 1 {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, "offset: goes on in one document; give one id"));
        }
        let report = find(site, &locale, arguments.text("report_name").unwrap_or_default().trim()).await?;
        let fields = site.fields(&report.model, locale.lang.as_deref()).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let mut reach = Reach::of(site, &source);
        // A document may show any value: where one is kept from the agent, none is handed out.
        reach.read(&[path(&report.model, "id"), path(FILES, "datas")]);
        let reads = reach.finish().await?;
        let risk = site.risk(NAME);
        let mut facts = read_facts(NAME, risk, &report.model, "get_portal_url", reads, ids.len() as u64);
        facts.sensitive |= is_private(&report.model);
        facts.ids.clone_from(&ids);
        let wish = Wish { offset, budget: (BUDGET - AROUND) / ids.len().max(1), base64: false };
        Ok(Box::new(ReportCall { facts, report, fields, ids, wish, locale }))
    }
}

struct ReportCall {
    facts: CallFacts,
    report: Report,
    fields: Arc<Fields>,
    ids: Vec<i64>,
    wish: Wish,
    locale: Locale,
}

#[async_trait]
impl Call for ReportCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({
            "report": self.report.technical,
            "model": self.report.model,
            "ids": self.ids,
            "offset": self.wish.offset,
            "context": self.locale.context,
        })
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let ids: Vec<String> = self.ids.iter().map(|id| format!("#{id}")).collect();
        let sentence = format!(
            "Read “{}” of {} {} in {}",
            self.report.label,
            self.report.model,
            ids.join(", "),
            site.connection()?.name
        );
        Ok(Preview { sentence, model: Some(self.report.model.clone()), ..Preview::default() })
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let mut names = vec!["display_name"];
        // What Odoo keeps of an invoice once it was printed or received.
        let kept = ["invoice_pdf_report_id", "message_main_attachment_id"];
        names.extend(kept.into_iter().filter(|name| self.fields.get(name).is_some()));
        let rows = session.client.read(&self.report.model, &self.ids, &names, Some(&self.locale.reading())).await;
        let rows = site.told(&self.report.model, rows).await?;
        let files = self.files(site).await?;
        let mut documents = Vec::with_capacity(self.ids.len());
        let mut found = 0;
        let mut failed = None;
        for id in &self.ids {
            let row = rows.iter().find(|row| row.get("id").and_then(Value::as_i64) == Some(*id));
            let document = match row {
                Some(row) => self.document(site, *id, row, &files).await,
                None => Err(missing(&self.report.model, id)),
            };
            match document {
                Ok(document) => {
                    found += 1;
                    documents.push(Value::Object(document));
                }
                Err(error) => {
                    documents.push(json!({"id": id, "error": error.message}));
                    failed.get_or_insert(error);
                }
            }
        }
        if let Some(error) = failed.filter(|_| found == 0) {
            return Err(error);
        }
        let mut answer = heading(site, &self.locale)?;
        answer["report"] = json!(self.report.technical);
        answer["model"] = json!(self.report.model);
        answer["documents"] = json!(documents);
        let summary = counted(found, "document");
        Ok(Done { answer, summary, rows: found as u64, outcome: None, images: Vec::new() })
    }
}

impl ReportCall {
    /// The PDFs that hang on the records, the newest first.
    async fn files(&self, site: &Site) -> Result<Vec<Record>, EdgeError> {
        if self.report.attachment.is_none() {
            return Ok(Vec::new());
        }
        let search = Search {
            domain: json!([
                ["res_model", "=", self.report.model],
                ["res_id", "in", self.ids],
                ["mimetype", "=", "application/pdf"],
            ]),
            fields: &["name", "res_id"],
            order: Some("id desc"),
            limit: 200,
            offset: 0,
        };
        let rows = site.session().await?.client.search_read(FILES, &search, Some(&self.locale.reading())).await;
        site.told(FILES, rows).await
    }

    async fn document(
        &self,
        site: &Site,
        id: i64,
        row: &Record,
        files: &[Record],
    ) -> Result<Map<String, Value>, EdgeError> {
        let name = row.get("display_name").and_then(Value::as_str).unwrap_or_default();
        let mut document = Map::new();
        document.insert("id".into(), json!(id));
        document.insert("record".into(), json!(one_line(name, 120)));
        let session = site.session().await?;
        let page = record_url(&session.client, &self.report.model).replace("{id}", &id.to_string());
        let told = match self.attached(site, id, row, files, &mut document).await? {
            Some(told) => Some(told),
            None => self.portal(site, id, &page, &mut document).await?,
        };
        let Some(told) = told else {
            return Err(EdgeError::new(
                ErrorCode::OdooRefused,
                format!(
                    "Odoo hands no PDF of “{}” to an API key, and none is attached to {}. The user can open {page} and print \
                     it there; once it is attached, it can be read here.",
                    self.report.label,
                    one_line(name, 80)
                ),
            ));
        };
        document.extend(told.parts);
        Ok(document)
    }

    /// The document that is attached already, if one is.
    async fn attached(
        &self,
        site: &Site,
        id: i64,
        row: &Record,
        files: &[Record],
        document: &mut Map<String, Value>,
    ) -> Result<Option<Told>, EdgeError> {
        let kept = |name: &str| row.get(name)?.get(0)?.as_i64();
        let kept = if self.report.is_invoice() { kept("invoice_pdf_report_id") } else { None }
            .or_else(|| if self.report.is_received() { kept("message_main_attachment_id") } else { None });
        let name = row.get("display_name").and_then(Value::as_str).unwrap_or_default();
        let by_name = files.iter().find(|file| {
            file.get("res_id").and_then(Value::as_i64) == Some(id)
                && is_of_report(file.get("name").and_then(Value::as_str).unwrap_or_default(), &self.report, name)
        });
        let Some(file) = kept.or_else(|| by_name?.get("id")?.as_i64()) else { return Ok(None) };
        let session = site.session().await?;
        let page = format!("{}/web/content/{file}", session.client.origin());
        let about = About::read(site, &self.locale, file).await?;
        // What it hangs on was judged; another record was not.
        if !about.is_of(&self.report.model, id) {
            return Ok(None);
        }
        if let Some(error) = too_large(about.size, &page) {
            return Err(error);
        }
        let rows = session.client.read(FILES, &[file], &["datas"], Some(&self.locale.context)).await;
        let data = site.told(FILES, rows).await?.into_iter().next().and_then(|mut row| row.remove("datas"));
        let Some(Value::String(data)) = data else { return Ok(None) };
        let bytes = decoded(&data)?;
        drop(data);
        document.insert("from".into(), json!("attachment"));
        document.insert("attachment_id".into(), json!(file));
        document.insert("name".into(), json!(about.name));
        document.insert("size".into(), json!(bytes.len()));
        Ok(Some(told(bytes, &about.mimetype, &page, self.wish).await))
    }

    /// The document that the customer portal shows, if it has one. Its address holds a token: neither the agent nor a log
    /// gets to see it.
    async fn portal(
        &self,
        site: &Site,
        id: i64,
        page: &str,
        document: &mut Map<String, Value>,
    ) -> Result<Option<Told>, EdgeError> {
        if self.fields.get("access_url").is_none() {
            return Ok(None);
        }
        let session = site.session().await?;
        for kind in ["pdf", "html"] {
            let (ids, named) = ([id], Map::from_iter([("report_type".to_owned(), json!(kind))]));
            let method = Method::read(&self.report.model, "get_portal_url").on(&ids).named(&named);
            let address = session.client.call(&method.within(Some(&self.locale.context))).await;
            let Ok(Value::String(address)) = address else { return Ok(None) };
            // A server that prints no PDF may still show the page that it is printed from.
            let Ok(bytes) = session.client.page(&address).await else { continue };
            let is_document = if kind == "pdf" { bytes.starts_with(b"%PDF-") } else { bytes.starts_with(b"<!DOCTYPE") };
            if !is_document {
                continue;
            }
            if let Some(error) = too_large(bytes.len() as u64, page) {
                return Err(error);
            }
            let size = bytes.len();
            let told = told(bytes, "text/html", page, self.wish).await;
            if !told.parts.contains_key("text") {
                continue;
            }
            document.insert("from".into(), json!("portal"));
            document.insert("size".into(), json!(size));
            if !self.report.is_the_portals() {
                let note = format!("The portal's own document; “{}” may look different.", self.report.label);
                document.insert("differs".into(), json!(note));
            }
            return Ok(Some(told));
        }
        Ok(None)
    }
}
