//! `odoo_read_group`: counts and sums by group, companies and currencies apart.

mod apart;
mod one_currency;
mod span;
mod table;
mod totals;

use super::arguments::Arguments;
use super::reach::{ClosedNames, Reach};
use super::search_read::{read_facts, read_preview};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::{cut, dates, heading};
use apart::Apart;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use gatehouse_odoo::domain::{Aggregate, Asked, Domain, Grouping};
use gatehouse_odoo::{Client, OdooError, Record};
use one_currency::{OneCurrency, named};
use serde_json::{Value, json};
use std::sync::Arc;
use table::Shape;

const NAME: &str = "odoo_read_group";
const DEFAULT_LIMIT: u32 = 80;
const CURRENCY: &str = "res.currency";

pub(crate) struct ReadGroup;

#[async_trait]
impl Tool for ReadGroup {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Count and sum by group",
            Category::Read,
            Severity::Low,
            "Counts and sums by group, with totals. group_by: fields; dates with a unit (date_order:month; hour, day, \
             week, quarter, year); [] for all in one row. aggregates: field:sum, avg, min, max, count, \
             count_distinct, bool_and, bool_or; __count always comes. Companies and currencies are never mixed. null \
             is the group without a value.",
            &with_common(json!({
                "model": {"type": "string"},
                "domain": {"type": ["array", "string"]},
                "group_by": {"type": "array", "items": {"type": "string"}},
                "aggregates": {"type": "array", "items": {"type": "string"}},
                "having": {"type": "array", "description": "[[\"amount_total:sum\",\">\",1000]]"},
                "order": {"type": "string", "maxLength": 200, "description": "e.g. amount_total:sum desc"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 500, "description": "Default 80"},
                "subtotals": {"type": "boolean", "description": "Of the leading fields, too"},
            })),
            &["model", "group_by"],
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
        let (group_by, aggregates) =
            (arguments.texts("group_by").unwrap_or_default(), arguments.texts("aggregates").unwrap_or_default());
        let asked = Asked {
            group_by: &group_by,
            aggregates: &aggregates,
            order: arguments.text("order"),
            having: arguments.get("having"),
        };
        let version = session.client.version();
        let mut grouping =
            Grouping::parse(asked, &model, &source, version).await.map_err(|error| site.input_error(error, ""))?;
        let mut reach = Reach::of(site, &source);
        let apart = Apart::of(&grouping, &fields, &locale, version, &reach).await?;
        if !apart.axes.is_empty() {
            let group_by: Vec<&str> = apart.axes.iter().map(String::as_str).chain(group_by.iter().copied()).collect();
            grouping = Grouping::parse(Asked { group_by: &group_by, ..asked }, &model, &source, version)
                .await
                .map_err(|error| site.input_error(error, ""))?;
        }
        let asked = grouping.aggregates.len();
        add_counts(&mut grouping);
        let asked_limit = arguments.integer("limit").and_then(|limit| u32::try_from(limit).ok());
        let one_currency = OneCurrency::in_place_of(&grouping, &apart, asked_limit.is_some());
        let limit = asked_limit.unwrap_or(DEFAULT_LIMIT);
        reach.search(&model);
        reach.read(domain.reads());
        reach.look(domain.unseen());
        reach.read(&grouping.reads);
        reach.read(&apart.reads(&model));
        reach.look(&grouping.unseen);
        let closed = reach.show_names(&grouping.named).await?;
        let risk = site.risk(NAME);
        let facts = read_facts(NAME, risk, &model, "read_group", reach.finish().await?, u64::from(limit));
        let subtotals = arguments.flag("subtotals").unwrap_or(false);
        Ok(Box::new(ReadGroupCall {
            facts,
            model,
            domain,
            grouping,
            one_currency,
            apart,
            asked,
            closed,
            limit,
            subtotals,
            locale,
        }))
    }
}

/// The total of an average needs the number of values beside it.
fn add_counts(grouping: &mut Grouping) {
    let averages = grouping.aggregates.iter().filter(|aggregate| aggregate.function == "avg");
    let counts: Vec<Aggregate> = averages
        .map(|average| Aggregate {
            spec: format!("{}:count", average.field),
            field: average.field.clone(),
            function: "count".to_owned(),
        })
        .collect();
    if grouping.axes.is_empty() {
        return;
    }
    for count in counts {
        if !grouping.aggregates.contains(&count) {
            grouping.aggregates.push(count);
        }
    }
}

struct ReadGroupCall {
    facts: CallFacts,
    model: String,
    domain: Domain,
    /// Companies and currencies kept apart.
    grouping: Grouping,
    /// The shorter way, where there may be but one currency.
    one_currency: Option<OneCurrency>,
    apart: Apart,
    /// How many of the aggregates were asked for.
    asked: usize,
    closed: ClosedNames,
    limit: u32,
    subtotals: bool,
    locale: Locale,
}

impl ReadGroupCall {
    /// The groups, one more than asked for where there are more, nothing in them mixed.
    async fn groups(&self, site: &Site, client: &Client) -> Result<Vec<Record>, EdgeError> {
        if let Some(one_currency) = &self.one_currency {
            let (rows, names) = tokio::join!(self.ask(client, &one_currency.grouping), self.currencies(client));
            let rows = site.told(&self.model, rows).await?;
            let name = |id: i64| match &names {
                Some(names) => names.iter().find(|(known, _)| *known == id).map(|(_, name)| named(id, Some(name))),
                None => Some(named(id, None)),
            };
            if let Some(rows) = one_currency.groups(rows, self.limit as usize, name) {
                return Ok(rows);
            }
        }
        let rows = self.ask(client, &self.grouping).await;
        site.told(&self.model, rows).await
    }

    async fn ask(&self, client: &Client, grouping: &Grouping) -> Result<Vec<Record>, OdooError> {
        // One more than asked tells whether there is more.
        let (domain, context) = (self.domain.as_json(), Some(&self.locale.context));
        client.read_group(&self.model, domain, grouping, self.limit + 1, context).await
    }

    /// What currencies are called, as far as it can be had; `None` where it is kept from the agent.
    async fn currencies(&self, client: &Client) -> Option<Arc<Vec<(i64, String)>>> {
        if self.closed.hold(Some(CURRENCY)) {
            return None;
        }
        Some(client.currencies(self.locale.lang.as_deref()).await.unwrap_or_default())
    }
}

#[async_trait]
impl Call for ReadGroupCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        let mut resolved = self.grouping.as_json();
        resolved["model"] = json!(self.model);
        resolved["domain"] = self.domain.as_json().clone();
        resolved["limit"] = json!(self.limit);
        resolved["subtotals"] = json!(self.subtotals);
        resolved["context"] = json!(self.locale.context);
        resolved
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let sentence = format!("Count and sum {} records by group in {}", self.model, site.connection()?.name);
        Ok(Preview { sentence, ..read_preview(site, &self.facts)? })
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let mut rows = self.groups(site, &session.client).await?;
        let mut has_more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let (shown, was_cut) = cut(rows.iter().cloned().map(Value::Object).collect());
        rows.truncate(shown.len());
        has_more |= was_cut;
        let shape = Shape {
            grouping: &self.grouping,
            apart: &self.apart,
            asked: self.asked,
            closed: &self.closed,
            timezone: self.locale.context.get("tz").and_then(Value::as_str).unwrap_or("UTC"),
            is_whole: !has_more,
            subtotals: self.subtotals,
        };
        let mut answer = heading(site, &self.locale)?;
        for (name, part) in shape.table(&rows) {
            answer[name] = part;
        }
        if let Some(dates) = dates(&self.domain) {
            answer["dates"] = dates;
        }
        if has_more {
            answer["has_more"] = json!(true);
            answer["next"] =
                json!("Groups are missing, so no totals: raise limit, group by less, or narrow the domain.");
        }
        let count = rows.len();
        Ok(Done { answer, summary: counted(count, "group"), rows: count as u64, outcome: None, images: Vec::new() })
    }
}
