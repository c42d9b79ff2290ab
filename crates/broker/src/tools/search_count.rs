//! `odoo_search_count`: how many records fit.

use super::arguments::Arguments;
use super::reach::Reach;
use super::search_read::{read_facts, read_preview};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::{dates, heading};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use gatehouse_odoo::domain::Domain;
use serde_json::{Value, json};

const NAME: &str = "odoo_search_count";

pub(crate) struct SearchCount;

#[async_trait]
impl Tool for SearchCount {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Count records",
            Category::Read,
            Severity::Low,
            "Counts what a domain finds. By group: odoo_read_group.",
            &with_common(json!({
                "model": {"type": "string"},
                "domain": {"type": ["array", "string"]},
            })),
            &["model"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        let model = arguments.text("model").unwrap_or_default().to_owned();
        site.fields(&model, locale.lang.as_deref()).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let domain = site.domain(&arguments, &model, &source).await?;
        let mut reach = Reach::of(site, &source);
        reach.search(&model);
        reach.read(domain.reads());
        reach.look(domain.unseen());
        let facts = read_facts(NAME, site.risk(NAME), &model, "search_count", reach.finish().await?, 0);
        Ok(Box::new(SearchCountCall { facts, model, domain, locale }))
    }
}

struct SearchCountCall {
    facts: CallFacts,
    model: String,
    domain: Domain,
    locale: Locale,
}

#[async_trait]
impl Call for SearchCountCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({"model": self.model, "domain": self.domain.as_json(), "context": self.locale.context})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let sentence = format!("Count {} records in {}", self.model, site.connection()?.name);
        Ok(Preview { sentence, ..read_preview(site, &self.facts)? })
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let count = session.client.search_count(&self.model, self.domain.as_json(), Some(&self.locale.context)).await;
        let count = site.told(&self.model, count).await?;
        let mut answer = heading(site, &self.locale)?;
        answer["count"] = json!(count);
        if let Some(dates) = dates(&self.domain) {
            answer["dates"] = dates;
        }
        Ok(Done {
            answer,
            summary: format!("counted {}", counted(usize::try_from(count).unwrap_or(usize::MAX), "record")),
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }
}
