//! `odoo_search_read`: finds records and reads them, in one round trip.

use super::arguments::Arguments;
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::{cut, nested_record, record};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, FieldPath, Risk, Severity, ToolDefinition};
use gatehouse_odoo::domain::{Column, Domain, FieldList, Order};
use gatehouse_odoo::{Field, FieldType, Fields, Method, Search};
use gatehouse_policy::sensitive::is_sensitive;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const NAME: &str = "odoo_search_read";
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
        let domain = match arguments.get("domain") {
            Some(domain) => {
                Domain::parse(domain, &model, &source).await.map_err(|error| error.inside("domain").edge())?
            }
            None => Domain::every(),
        };
        let order = match arguments.text("order") {
            Some(order) => {
                Some(Order::parse(order, &model, &source).await.map_err(|error| error.inside("order").edge())?)
            }
            None => None,
        };
        let columns = Columns::parse(site, &arguments, &model, &fields, &locale).await?;
        let limit = arguments.integer("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT);
        let offset = arguments.text("cursor").map(read_cursor).transpose()?.unwrap_or(0);
        let mut reads = columns.reads().to_vec();
        reads.extend_from_slice(domain.reads());
        reads.extend(order.iter().flat_map(|order| order.reads().to_vec()));
        reads.sort();
        reads.dedup();
        let facts = read_facts(NAME, self.definition().risk, &model, "search_read", &reads, u64::from(limit));
        Ok(Box::new(SearchReadCall { facts, model, domain, order, columns, limit, offset, fields, locale }))
    }
}

struct SearchReadCall {
    facts: CallFacts,
    model: String,
    domain: Domain,
    order: Option<Order>,
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
            "order": self.order.as_ref().map(Order::as_str),
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
            let answer =
                session.client.call(&method.within(Some(&context))).await.map_err(|error| site.odoo_error(&error))?;
            self.columns.nested_rows(&answer["records"])
        } else {
            let search = Search {
                domain: self.domain.as_json().clone(),
                fields: &self.columns.names(),
                order: self.order.as_ref().map(Order::as_str),
                limit: self.limit + 1,
                offset: self.offset,
            };
            let rows = session
                .client
                .search_read(&self.model, &search, Some(&context))
                .await
                .map_err(|error| site.odoo_error(&error))?;
            rows.iter().map(|row| record(row, &self.fields)).collect()
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
        Ok(Done { answer, summary: counted(count as usize, "row"), rows: u64::from(count), outcome: None })
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
pub(crate) fn read_facts(
    tool: &str,
    risk: Risk,
    model: &str,
    method: &str,
    reads: &[FieldPath],
    records: u64,
) -> CallFacts {
    CallFacts {
        model: Some(model.to_owned()),
        method: Some(method.to_owned()),
        records: Some(records),
        sensitive: is_sensitive(Some(reads)),
        reads: Some(reads.to_vec()),
        ..CallFacts::local(tool, risk)
    }
}

fn read_cursor(text: &str) -> Result<u32, EdgeError> {
    text.strip_prefix('o')
        .and_then(|offset| offset.parse().ok())
        .ok_or_else(|| EdgeError::new(ErrorCode::InvalidArguments, "cursor: use the one that the last answer gave"))
}

/// The fields to read of the model and of related records.
pub(crate) struct Columns {
    list: FieldList,
}

impl Columns {
    /// As named by the arguments, or sensible ones.
    pub(crate) async fn parse(
        site: &Site,
        arguments: &Arguments,
        model: &str,
        fields: &Fields,
        locale: &Locale,
    ) -> Result<Self, EdgeError> {
        let names: Vec<String> = match arguments.texts("fields") {
            Some(names) if names.is_empty() => sensible(fields),
            Some(names) => names.into_iter().map(str::to_owned).collect(),
            None => sensible(fields),
        };
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let list = FieldList::parse(&names, model, &source).await.map_err(|error| error.inside("fields").edge())?;
        let columns = Self { list };
        if columns.is_nested() && !session.sign_in.version.at_least(17) {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                "fields: this Odoo is older than 17 and reads no dotted names. Read the related records by their ids.",
            ));
        }
        Ok(columns)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.list.names()
    }

    pub(crate) fn reads(&self) -> &[FieldPath] {
        &self.list.reads
    }

    pub(crate) fn is_nested(&self) -> bool {
        self.list.columns.iter().any(|column| !column.columns.is_empty())
    }

    /// As `web_search_read` and `web_read` take it.
    pub(crate) fn specification(&self) -> Value {
        specification(&self.list.columns)
    }

    pub(crate) fn nested_rows(&self, rows: &Value) -> Vec<Value> {
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(Value::as_object).map(|row| nested_record(row, &self.list.columns)).collect()
    }
}

fn specification(columns: &[Column]) -> Value {
    let one = |column: &Column| {
        let inner = match (column.kind, column.columns.is_empty()) {
            (FieldType::Many2one, true) => json!({"fields": {"display_name": {}}}),
            (FieldType::Many2one, false) => {
                let mut fields = specification(&column.columns);
                fields["display_name"] = json!({});
                json!({"fields": fields})
            }
            (_, false) => json!({"fields": specification(&column.columns)}),
            (_, true) => json!({}),
        };
        (column.name.clone(), inner)
    };
    Value::Object(columns.iter().map(one).collect::<Map<_, _>>())
}

/// What most people want to know of a record, in this order.
const FAVOURITES: &[&str] = &[
    "display_name",
    "name",
    "ref",
    "default_code",
    "state",
    "stage_id",
    "partner_id",
    "email",
    "phone",
    "date_order",
    "invoice_date",
    "date_deadline",
    "date",
    "amount_total",
    "currency_id",
    "list_price",
    "qty_available",
    "expected_revenue",
    "user_id",
    "company_id",
    "parent_id",
    "city",
    "country_id",
    "create_date",
];

/// Sensible fields when none are named: a dozen that say what the record is, none that is costly or large.
fn sensible(fields: &Fields) -> Vec<String> {
    let cheap = |field: &Field| {
        (field.store || field.related.is_some())
            && !field.kind.is_x2many()
            && !matches!(
                field.kind,
                FieldType::Binary | FieldType::Image | FieldType::Html | FieldType::Json | FieldType::Properties
            )
    };
    let has_name = fields.get("name").is_some();
    let mut names: Vec<String> = FAVOURITES
        .iter()
        .filter(|name| !(has_name && **name == "display_name"))
        .filter(|name| **name == "display_name" || fields.get(name).is_some_and(cheap))
        .take(12)
        .map(|name| (*name).to_owned())
        .collect();
    for (name, _) in fields.iter().filter(|(_, field)| field.required && cheap(field)) {
        if names.len() < 14 && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.retain(|name| fields.get(name).is_some());
    names
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

    #[test]
    fn sensible_fields_hold_nothing_large_or_costly() {
        let answer = json!({
            "name": {"type": "char", "store": true}, "image_1920": {"type": "binary", "store": true},
            "order_line": {"type": "one2many", "relation": "x", "store": true},
            "amount_total": {"type": "monetary", "store": true}, "country_id": {"type": "many2one", "relation": "y", "store": false},
            "needed": {"type": "char", "store": true, "required": true},
        });
        let names = sensible(&Fields::parse("x", answer).unwrap());
        assert_eq!(names, ["name", "amount_total", "needed"]);
    }
}
