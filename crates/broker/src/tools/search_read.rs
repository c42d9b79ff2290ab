//! `odoo_search_read`: finds records and reads them, in one round trip.

use super::arguments::Arguments;
use super::columns::Columns;
use super::reach::{Reach, Reads};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::cut;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Risk, Severity, ToolDefinition};
use gatehouse_odoo::domain::{Domain, Order};
use gatehouse_odoo::{Fields, Method, Search};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const NAME: &str = "odoo_search_read";
const DEFAULT_LIMIT: u32 = 20;

pub(crate) struct SearchRead;

#[async_trait]
impl Tool for SearchRead {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Search and read",
            Category::Read,
            Severity::Low,
            "Finds records and reads fields of them in one trip. domain is Odoo's list form, e.g. \
             [[\"country_id.code\",\"=\",\"FR\"],[\"active\",\"=\",true]]; what does not parse is refused, never widened. \
             Names sensible fields itself when none are named; order_line.name reads related records too. has_more and \
             cursor lead to the next page.",
            &with_common(json!({
                "model": {"type": "string", "description": "e.g. res.partner"},
                "domain": {"type": ["array", "string"]},
                "fields": {"type": "array", "items": {"type": "string"}, "maxItems": 200},
                "order": {"type": "string", "maxLength": 200, "description": "e.g. create_date desc, id"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 500, "description": "Default 20"},
                "cursor": {"type": "string", "maxLength": 40},
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
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let domain = site.domain(&arguments, &model, &source).await?;
        let order = match arguments.text("order") {
            Some(order) => {
                let order = Order::parse(order, &model, &source).await;
                Some(order.map_err(|error| site.input_error(error, "order"))?)
            }
            None => None,
        };
        let mut reach = Reach::of(site, &source);
        let columns = Columns::parse(&arguments, &fields, &session, &source, &mut reach).await?;
        let limit = arguments.integer("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT);
        let offset = arguments.text("cursor").map(read_cursor).transpose()?.unwrap_or(0);
        reach.search(&model);
        reach.read(domain.reads());
        reach.look(domain.unseen());
        let order = match order {
            Some(order) => {
                reach.read(order.reads());
                reach.look(order.unseen());
                Some(order.as_str().to_owned())
            }
            None if reach.may_show_order(&fields).await? => None,
            // The model's own order would tell how records stand to each other in what is kept from the agent.
            None => Some("id".to_owned()),
        };
        let risk = self.definition().risk;
        let facts = read_facts(NAME, risk, &model, "search_read", reach.finish().await?, u64::from(limit));
        Ok(Box::new(SearchReadCall { facts, model, domain, order, columns, limit, offset, fields, locale }))
    }
}

struct SearchReadCall {
    facts: CallFacts,
    model: String,
    domain: Domain,
    order: Option<String>,
    columns: Columns,
    limit: u32,
    offset: u32,
    fields: Arc<Fields>,
    locale: Locale,
}

#[async_trait]
impl Call for SearchReadCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({
            "model": self.model,
            "domain": self.domain.as_json(),
            "fields": self.columns.names(),
            "order": self.order,
            "limit": self.limit,
            "offset": self.offset,
            "context": self.locale.context,
        })
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        read_preview(site, &self.facts)
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let context = self.locale.reading();
        // One more than asked tells whether there is more.
        let mut rows: Vec<Value> = if self.columns.is_nested() {
            let mut method = Method::read(&self.model, "web_search_read")
                .arg("domain", self.domain.as_json().clone())
                .arg("specification", self.columns.specification())
                .arg("offset", self.offset)
                .arg("limit", self.limit + 1);
            if let Some(order) = &self.order {
                method = method.arg("order", order.as_str());
            }
            let answer = session.client.call(&method.within(Some(&context))).await;
            self.columns.nested_rows(&site.told(&self.model, answer).await?["records"])
        } else {
            let search = Search {
                domain: self.domain.as_json().clone(),
                fields: &self.columns.names(),
                order: self.order.as_deref(),
                limit: self.limit + 1,
                offset: self.offset,
            };
            let rows = session.client.search_read(&self.model, &search, Some(&context)).await;
            self.columns.rows(&site.told(&self.model, rows).await?, &self.fields)
        };
        let beyond = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let (rows, was_cut) = cut(rows);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let has_more = beyond || was_cut;
        let mut answer = json!({
            "connection": site.connection()?.name,
            "companies": self.locale.companies,
            "records": rows,
            "has_more": has_more,
        });
        if has_more {
            answer["cursor"] = json!(format!("o{}", self.offset + count));
        }
        Ok(Done { answer, summary: counted(count as usize, "row"), rows: u64::from(count), outcome: None, images: Vec::new() })
    }
}

/// What a person sees of a read that is asked about: which fields of which models.
pub(crate) fn read_preview(site: &Site, facts: &CallFacts) -> Result<Preview, EdgeError> {
    let model = facts.model.clone().unwrap_or_default();
    let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for read in facts.reads.iter().flatten() {
        fields.entry(&read.model).or_default().push(&read.field);
    }
    Ok(Preview {
        sentence: format!("Read up to {} {model} records in {}", facts.records.unwrap_or(0), site.connection()?.name),
        touches: fields.into_iter().map(|(model, names)| format!("Reads of {model}: {}", names.join(", "))).collect(),
        model: Some(model),
        ..Preview::default()
    })
}

/// The facts of a call that reads.
pub(crate) fn read_facts(tool: &str, risk: Risk, model: &str, method: &str, reads: Reads, records: u64) -> CallFacts {
    CallFacts {
        model: Some(model.to_owned()),
        method: Some(method.to_owned()),
        records: Some(records),
        sensitive: reads.sensitive,
        reads: reads.fields,
        ..CallFacts::local(tool, risk)
    }
}

fn read_cursor(text: &str) -> Result<u32, EdgeError> {
    text.strip_prefix('o')
        .and_then(|offset| offset.parse().ok())
        .ok_or_else(|| EdgeError::new(ErrorCode::InvalidArguments, "cursor: use the one that the last answer gave"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_somebody_elses_making_is_refused() {
        assert_eq!(read_cursor("o40").unwrap(), 40);
        assert!(read_cursor("40").is_err());
        assert!(read_cursor("o-1").is_err());
    }
}
