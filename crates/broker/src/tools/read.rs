//! `odoo_read`: records by id.

use super::arguments::Arguments;
use super::columns::Columns;
use super::reach::{Reach, path};
use super::search_read::{read_facts, read_preview};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::cut;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition};
use gatehouse_odoo::{Fields, Method};
use serde_json::{Value, json};
use std::sync::Arc;

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
            "Reads records by id. Names a few sensible fields itself when none are named; a dotted name such as \
             order_line.name reads related records in the same trip. Ids that do not exist are listed as missing.",
            &with_common(json!({
                "model": {"type": "string"},
                "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 500},
                "fields": {"type": "array", "items": {"type": "string"}, "maxItems": 200},
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
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let mut reach = Reach::of(site, &source);
        reach.read(&[path(&model, "id")]);
        let columns = Columns::parse(&arguments, &fields, &session, &source, &mut reach).await?;
        let reads = reach.finish().await?;
        let mut facts = read_facts(NAME, self.definition().risk, &model, "read", reads, ids.len() as u64);
        facts.ids.clone_from(&ids);
        Ok(Box::new(ReadCall { facts, model, ids, fields, columns, locale }))
    }
}

struct ReadCall {
    facts: CallFacts,
    model: String,
    ids: Vec<i64>,
    fields: Arc<Fields>,
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
        let session = site.session().await?;
        let context = self.locale.reading();
        let rows: Vec<Value> = if self.columns.is_nested() {
            let method = Method::read(&self.model, "web_read")
                .on(&self.ids)
                .arg("specification", self.columns.specification())
                .within(Some(&context));
            self.columns.nested_rows(&site.told(&self.model, session.client.call(&method).await).await?)
        } else {
            let rows = session.client.read(&self.model, &self.ids, &self.columns.names(), Some(&context)).await;
            self.columns.rows(&site.told(&self.model, rows).await?, &self.fields)
        };
        let missing: Vec<i64> =
            self.ids.iter().copied().filter(|id| !rows.iter().any(|row| row["id"].as_i64() == Some(*id))).collect();
        if rows.is_empty() {
            return Err(EdgeError::new(
                ErrorCode::RecordMissing,
                format!("None of these {} records exists, or the user may not see them. Search again.", self.model),
            ));
        }
        let (rows, was_cut) = cut(rows);
        let count = rows.len();
        let mut answer = json!({
            "connection": site.connection()?.name,
            "companies": self.locale.companies,
            "records": rows,
        });
        if was_cut {
            answer["left_out"] = json!("Too much for one answer: read fewer ids or fields.");
        }
        if !missing.is_empty() {
            answer["missing"] = json!(missing);
        }
        Ok(Done { answer, summary: counted(count, "record"), rows: count as u64, outcome: None, images: Vec::new() })
    }
}
