//! `odoo_read_group`: counts and sums by group.

use super::arguments::Arguments;
use super::reach::{ClosedNames, Reach};
use super::search_read::{read_facts, read_preview};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::cut;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use gatehouse_odoo::Record;
use gatehouse_odoo::domain::{Asked, Domain, Grouping};
use serde_json::{Value, json};

const NAME: &str = "odoo_read_group";
const DEFAULT_LIMIT: u32 = 80;

pub(crate) struct ReadGroup;

#[async_trait]
impl Tool for ReadGroup {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Count and sum by group",
            Category::Read,
            Severity::Low,
            "Groups records and gives __count and sums of each group. group_by: fields, dates with a unit \
             (date_order:month; hour, day, week, month, quarter, year); [] for one row over everything. aggregates: \
             field:function with sum, avg, min, max, count, count_distinct, bool_and, bool_or. order: by groups, sums or \
             __count. null is the group without a value. having filters groups (Odoo 19 on).",
            &with_common(json!({
                "model": {"type": "string"},
                "domain": {"type": ["array", "string"]},
                "group_by": {"type": "array", "items": {"type": "string"}, "maxItems": 6},
                "aggregates": {"type": "array", "items": {"type": "string"}, "maxItems": 30},
                "having": {"type": "array", "description": "[[\"amount_total:sum\",\">\",1000]]"},
                "order": {"type": "string", "maxLength": 200, "description": "e.g. __count desc"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 500, "description": "Default 80"},
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
        site.fields(&model, locale.lang.as_deref()).await?;
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
        let grouping = Grouping::parse(asked, &model, &source, session.client.version()).await;
        let grouping = grouping.map_err(|error| site.input_error(error, ""))?;
        let limit = arguments.integer("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT);
        let mut reach = Reach::of(site, &source);
        reach.search(&model);
        reach.read(domain.reads());
        reach.look(domain.unseen());
        reach.read(&grouping.reads);
        reach.look(&grouping.unseen);
        let closed = reach.show_names(&grouping.named).await?;
        let risk = self.definition().risk;
        let facts = read_facts(NAME, risk, &model, "read_group", reach.finish().await?, u64::from(limit));
        Ok(Box::new(ReadGroupCall { facts, model, domain, grouping, closed, limit, locale }))
    }
}

struct ReadGroupCall {
    facts: CallFacts,
    model: String,
    domain: Domain,
    grouping: Grouping,
    closed: ClosedNames,
    limit: u32,
    locale: Locale,
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
        resolved["context"] = json!(self.locale.context);
        resolved
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let sentence = format!("Count and sum {} records by group in {}", self.model, site.connection()?.name);
        Ok(Preview { sentence, ..read_preview(site, &self.facts)? })
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        // One more than asked tells whether there is more.
        let rows = session
            .client
            .read_group(&self.model, self.domain.as_json(), &self.grouping, self.limit + 1, Some(&self.locale.context))
            .await;
        let mut rows = site.told(&self.model, rows).await?;
        let beyond = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let (rows, was_cut) = cut(rows.into_iter().map(|row| self.shown(row)).collect());
        let count = rows.len();
        let mut answer = json!({
            "connection": site.connection()?.name,
            "companies": self.locale.companies,
            "groups": rows,
            "has_more": beyond || was_cut,
        });
        if beyond || was_cut {
            answer["next"] = json!("Raise limit, group by less, or narrow the domain.");
        }
        Ok(Done { answer, summary: counted(count, "group"), rows: count as u64, outcome: None, images: Vec::new() })
    }
}

impl ReadGroupCall {
    /// Groups of records whose names are kept from the agent go by their ids.
    fn shown(&self, row: Record) -> Value {
        let mut row = row;
        for axis in self.grouping.axes.iter().filter(|axis| self.closed.hold(axis.relation.as_deref())) {
            if let Some(Value::Object(record)) = row.get_mut(&axis.spec) {
                record.remove("name");
            }
        }
        Value::Object(row)
    }
}
