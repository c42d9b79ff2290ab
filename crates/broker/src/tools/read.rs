//! `odoo_read`: records by id.

use super::arguments::Arguments;
use super::columns::{Columns, Known};
use super::reach::{Reach, path};
use super::search_read::{read_facts, read_preview};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::{heading, record_url};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition};
use gatehouse_odoo::Record;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NAME: &str = "odoo_read";

pub(crate) struct Read;

#[async_trait]
impl Tool for Read {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Read records",
            Category::Read,
            Severity::Low,
            "Reads records by id, answered as odoo_search_read does. HTML comes as text unless html is true. Ids that \
             do not exist are listed as missing.",
            &with_common(json!({
                "model": {"type": "string"},
                "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 500},
                "fields": {"type": "array", "items": {"type": "string"}, "maxItems": 200},
                "html": {"type": "boolean"},
                "text_from": {"type": "integer", "minimum": 0, "description": "Goes on in a long text from this character"},
            })),
            &["model", "ids"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        let model = arguments.text("model").unwrap_or_default().to_owned();
        let ids = arguments.ids("ids")?;
        let known = Known::of(site, &arguments, &model, &locale).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let mut reach = Reach::of(site, &source);
        reach.read(&[path(&model, "id")]);
        let columns = Columns::parse(&arguments, &known, &locale, &source, &mut reach).await?;
        let reads = reach.finish().await?;
        let mut facts = read_facts(NAME, site.risk(NAME), &model, "read", reads, ids.len() as u64);
        facts.ids.clone_from(&ids);
        Ok(Box::new(ReadCall { facts, model, ids, columns, locale }))
    }
}

struct ReadCall {
    facts: CallFacts,
    model: String,
    ids: Vec<i64>,
    columns: Columns,
    locale: Locale,
}

#[async_trait]
impl Call for ReadCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({"model": self.model, "ids": self.ids, "fields": self.columns.names(), "context": self.locale.context})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        read_preview(site, &self.facts)
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let rows = self.columns.read(site, &self.ids, &self.locale.reading()).await?;
        if rows.is_empty() {
            return Err(EdgeError::new(
                ErrorCode::RecordMissing,
                format!("None of these {} records exists, or the user may not see them. Search again.", self.model),
            ));
        }
        let id_of = |row: &Record| row.get("id").and_then(Value::as_i64);
        let found: BTreeSet<i64> = rows.iter().filter_map(id_of).collect();
        let missing: Vec<i64> = self.ids.iter().copied().filter(|id| !found.contains(id)).collect();
        let told = self.columns.table(&rows);
        let mut answer = heading(site, &self.locale)?;
        if self.columns.explores {
            answer["url"] = json!(record_url(&site.session().await?.client, &self.model));
        }
        for (name, part) in told.parts {
            answer[name] = part;
        }
        if told.kept < rows.len() {
            // Too much for one answer: these are for another call.
            answer["not_shown"] = rows.iter().skip(told.kept).filter_map(id_of).collect();
        }
        if !missing.is_empty() {
            answer["missing"] = json!(missing);
        }
        let summary = counted(told.kept, "record");
        Ok(Done { answer, summary, rows: told.kept as u64, outcome: None, images: Vec::new() })
    }
}
