//! `odoo_search_read`: finds records and reads them, in one round trip.

use super::arguments::Arguments;
use super::columns::{Columns, Known};
use super::cursor::{MOST_LISTED, Place, search_of};
use super::reach::{Reach, Reads};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::{dates, heading, record_url};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Risk, Severity, ToolDefinition};
use gatehouse_odoo::domain::{Direction, Domain, Order};
use gatehouse_odoo::{Method, OdooError, Record};
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
            "Finds records and reads their fields in one trip. domain: [[\"country_id.code\",\"=\",\"FR\"]]. Sensible \
             fields by default; order_line.name reads related records, too. Records come as columns and rows; \
             every_row holds what all share; fields [\"id\"] gives ids. Where there are more, has_more comes with a \
             cursor for the next page, none missing or twice; order id suits exports best.",
            &with_common(json!({
                "model": {"type": "string", "description": "e.g. res.partner"},
                "domain": {"type": ["array", "string"]},
                "fields": {"type": "array", "items": {"type": "string"}, "maxItems": 200},
                "order": {"type": "string", "maxLength": 200, "description": "e.g. create_date desc"},
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
        let known = Known::of(site, &arguments, &model, &locale).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let domain = site.domain(&arguments, &model, &source).await?;
        let mut reach = Reach::of(site, &source);
        let order = match arguments.text("order") {
            Some(order) => Some(order),
            None if reach.may_show_order(&known.fields).await? => None,
            // The model's own order would tell how records stand to each other in what is kept from the agent.
            None => Some("id"),
        };
        let order = match order {
            Some(order) => {
                let order = Order::parse(order, &model, &source).await;
                Some(order.map_err(|error| site.input_error(error, "order"))?)
            }
            None => None,
        };
        let columns = Columns::parse(&arguments, &known, &locale, &source, &mut reach).await?;
        let limit = arguments.integer("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT);
        // As the agent gave it: relative dates move on between two pages.
        let search = search_of(&json!([
            site.connection()?.id,
            model,
            arguments.get("domain"),
            order.as_ref().map(Order::as_str),
            locale.context.get("allowed_company_ids"),
        ]));
        let cursor = arguments.text("cursor").map(str::to_owned);
        let place = match &cursor {
            Some(cursor) => site.broker.0.cursors.place(cursor, &site.agent.id, search)?,
            None => Place::Beginning,
        };
        reach.search(&model);
        reach.read(domain.reads());
        reach.look(domain.unseen());
        if let Some(order) = &order {
            reach.read(order.reads());
            reach.look(order.unseen());
        }
        let risk = site.risk(NAME);
        let facts = read_facts(NAME, risk, &model, "search_read", reach.finish().await?, u64::from(limit));
        Ok(Box::new(SearchReadCall { facts, model, domain, order, columns, limit, search, cursor, place, locale }))
    }
}

struct SearchReadCall {
    facts: CallFacts,
    model: String,
    domain: Domain,
    order: Option<Order>,
    columns: Columns,
    limit: u32,
    search: u64,
    cursor: Option<String>,
    place: Place,
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
            "order": self.order.as_ref().map(Order::as_str),
            "limit": self.limit,
            "cursor": self.cursor,
            "context": self.locale.context,
        })
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        read_preview(site, &self.facts)
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let by_id = self.order.as_ref().and_then(Order::by_id);
        let place = match &self.place {
            Place::AfterGiven { key, given } if self.place.is_far() => {
                site.broker.0.cursors.list(*key, given, self.all_ids(site).await?)
            }
            place => place.clone(),
        };
        let page = self.page(site, place, by_id).await?;
        let told = self.columns.table(&page.rows);
        let has_more = page.has_more || told.kept < page.rows.len();
        let mut answer = heading(site, &self.locale)?;
        if self.columns.explores {
            answer["url"] = json!(record_url(&site.session().await?.client, &self.model));
        }
        if let Some(dates) = dates(&self.domain) {
            answer["dates"] = dates;
        }
        if has_more {
            answer["has_more"] = json!(true);
            let gone = page.gone(told.kept);
            answer["cursor"] =
                json!(site.broker.0.cursors.after(&page.place, by_id, &gone, &site.agent.id, self.search));
        }
        for (name, part) in told.parts {
            answer[name] = part;
        }
        let summary = counted(told.kept, "row");
        Ok(Done { answer, summary, rows: told.kept as u64, outcome: None, images: Vec::new() })
    }
}

/// One page as it was read.
struct Page {
    place: Place,
    rows: Vec<Record>,
    /// Its ids, where they were known beforehand: more than the rows where some are gone since.
    asked: Vec<u32>,
    has_more: bool,
}

impl Page {
    /// The ids that are done with once the first `kept` rows are shown.
    fn gone(&self, kept: usize) -> Vec<u32> {
        if !self.asked.is_empty() && kept == self.rows.len() {
            return self.asked.clone();
        }
        let ids: Vec<u32> = self.rows.iter().take(kept).filter_map(id_of).collect();
        let last = ids.last().and_then(|last| self.asked.iter().position(|id| id == last));
        last.and_then(|last| self.asked.get(..=last)).map_or(ids, <[u32]>::to_vec)
    }
}

impl SearchReadCall {
    async fn page(&self, site: &Site, place: Place, by_id: Option<Direction>) -> Result<Page, EdgeError> {
        let context = self.locale.reading();
        let order = self.order.as_ref().map(Order::as_str);
        let limit = self.limit as usize;
        let mut place = place;
        loop {
            let asked = place.page(limit).to_vec();
            let domain = place.domain(self.domain.as_json(), by_id, limit);
            // One more than asked tells whether there is more, where the ids are not known beforehand.
            let mut rows = self.columns.search(site, domain, order, self.limit + 1, &context).await?;
            let Place::Within { key, all, from } = &place else {
                let has_more = rows.len() > limit;
                rows.truncate(limit);
                return Ok(Page { place, rows, asked, has_more });
            };
            let next = from + asked.len();
            let has_more = next < all.len();
            if rows.is_empty() && has_more {
                place = Place::Within { key: *key, all: Arc::clone(all), from: next };
                continue;
            }
            rows.sort_by_key(|row| asked.iter().position(|id| id_of(row) == Some(*id)));
            return Ok(Page { place, rows, asked, has_more });
        }
    }

    /// The ids of everything that the search finds.
    async fn all_ids(&self, site: &Site) -> Result<Vec<u32>, EdgeError> {
        let session = site.session().await?;
        let mut method = Method::read(&self.model, "search")
            .arg("domain", self.domain.as_json().clone())
            .arg("limit", MOST_LISTED + 1);
        if let Some(order) = &self.order {
            method = method.arg("order", order.as_str());
        }
        let answer = session.client.call(&method.within(Some(&self.locale.context))).await;
        let answer = site.told(&self.model, answer).await?;
        let id = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
        let ids: Option<Vec<u32>> = answer.as_array().and_then(|ids| ids.iter().map(id).collect());
        let ids = ids
            .ok_or_else(|| site.odoo_error(&OdooError::UnexpectedAnswer { what: format!("{}.search", self.model) }))?;
        if ids.len() > MOST_LISTED {
            let why = format!(
                "More than {MOST_LISTED} records fit, and only in the order id can so many be gone through. Start again \
                 with order id, or narrow the domain."
            );
            return Err(EdgeError::new(ErrorCode::InvalidArguments, why));
        }
        Ok(ids)
    }
}

fn id_of(row: &Record) -> Option<u32> {
    row.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok())
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
