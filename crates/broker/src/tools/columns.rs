//! Which fields of records an agent is given: those it names, or sensible ones among those it may read; and how they are
//! read in as few trips as Odoo allows.

mod related;

use super::arguments::Arguments;
use super::reach::{ClosedNames, Reach, path};
use super::site::{Locale, Site};
use crate::answers::{MOST_RELATED, Showing, Table, table};
use crate::sessions::Session;
use gatehouse_core::{EdgeError, FieldPath};
use gatehouse_odoo::domain::{Column, FieldList, FieldSource};
use gatehouse_odoo::{Capability, Context, Field, FieldType, Fields, Method, OdooError, Record, Search};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The most sensible fields.
const MOST_SENSIBLE: usize = 10;
/// With fewer columns than this a list says too little: it is filled up with favourites.
const FEW: usize = 4;

/// What is known of a model before it is read.
pub(crate) struct Known {
    pub(crate) fields: Arc<Fields>,
    /// What its list shows people; empty where the call names its fields.
    list: Arc<Vec<String>>,
}

impl Known {
    /// One trip the first time, none later.
    pub(crate) async fn of(
        site: &Site,
        arguments: &Arguments,
        model: &str,
        locale: &Locale,
    ) -> Result<Self, EdgeError> {
        let lang = locale.lang.as_deref();
        if named(arguments).is_some() {
            return Ok(Self { fields: site.fields(model, lang).await?, list: Arc::default() });
        }
        let session = site.session().await?;
        let (fields, list) = session.client.describe(model, lang).await.map_err(|error| site.odoo_error(&error))?;
        Ok(Self { fields, list })
    }
}

fn named(arguments: &Arguments) -> Option<Vec<String>> {
    let names = arguments.texts("fields").filter(|names| !names.is_empty())?;
    Some(names.into_iter().map(str::to_owned).collect())
}

/// The fields to read of the model and of related records.
pub(crate) struct Columns {
    model: String,
    list: FieldList,
    closed: ClosedNames,
    /// The paths of currencies that nobody asked for: what the amounts are in.
    currencies: Vec<String>,
    raw_html: bool,
    text_from: usize,
    /// The call names no fields: it looks around.
    pub(crate) explores: bool,
}

impl Columns {
    /// As named by the arguments, or sensible ones that the agent may read. Read along are the currencies of amounts and,
    /// where the call is about several companies, the company of each record: as far as the agent may read them.
    pub(crate) async fn parse(
        arguments: &Arguments,
        known: &Known,
        locale: &Locale,
        source: &dyn FieldSource,
        reach: &mut Reach<'_>,
    ) -> Result<Self, EdgeError> {
        let model = known.fields.model();
        let named = named(arguments);
        let explores = named.is_none();
        let mut names = match named {
            Some(names) => names,
            None => open(sensible(&known.fields, &known.list), model, reach).await?,
        };
        let company = "company_id";
        let has_company = known.fields.get(company).is_some_and(|field| field.kind == FieldType::Many2one);
        if locale.companies.len() > 1
            && has_company
            && !names.iter().any(|name| name == company)
            && !reach.keeps(&path(model, company)).await?
        {
            names.push(company.to_owned());
        }
        let mut list = parsed(&names, model, source).await?;
        let mut currencies = Vec::new();
        for (field, path) in list.currencies(model) {
            if !reach.keeps(&field).await? {
                currencies.push(path);
            }
        }
        if !currencies.is_empty() {
            names.extend(currencies.iter().cloned());
            list = parsed(&names, model, source).await?;
        }
        reach.read(&list.reads);
        let closed = reach.show_names(&list.named).await?;
        let text_from = arguments.integer("text_from").and_then(|from| usize::try_from(from).ok()).unwrap_or_default();
        let raw_html = arguments.flag("html").unwrap_or_default();
        Ok(Self { model: model.to_owned(), list, closed, currencies, raw_html, text_from, explores })
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.list.names()
    }

    /// The records that a domain finds, in one trip; on old servers one more for each relation that is followed.
    pub(crate) async fn search(
        &self,
        site: &Site,
        domain: Value,
        order: Option<&str>,
        limit: u32,
        context: &Context,
    ) -> Result<Vec<Record>, EdgeError> {
        let session = site.session().await?;
        if self.is_read_nested(&session) {
            let mut method = Method::read(&self.model, "web_search_read")
                .arg("domain", domain)
                .arg("specification", specification(&self.list.columns))
                .arg("limit", limit);
            if let Some(order) = order {
                method = method.arg("order", order);
            }
            let answer = session.client.call(&method.within(Some(context))).await;
            return self.nested(site, site.told(&self.model, answer).await?["records"].take());
        }
        let search = Search { domain, fields: &self.names(), order, limit, offset: 0 };
        let rows = session.client.search_read(&self.model, &search, Some(context)).await;
        let mut rows = site.told(&self.model, rows).await?;
        related::fill(&self.list.columns, &mut rows, site, &session, context).await?;
        Ok(rows)
    }

    /// Records by id, in the order of `ids`; those that are not there are left out.
    pub(crate) async fn read(&self, site: &Site, ids: &[i64], context: &Context) -> Result<Vec<Record>, EdgeError> {
        let session = site.session().await?;
        if self.is_read_nested(&session) {
            let method = Method::read(&self.model, "web_read")
                .on(ids)
                .arg("specification", specification(&self.list.columns))
                .within(Some(context));
            let answer = session.client.call(&method).await;
            return self.nested(site, site.told(&self.model, answer).await?);
        }
        let rows = session.client.read(&self.model, ids, &self.names(), Some(context)).await;
        let mut rows = site.told(&self.model, rows).await?;
        related::fill(&self.list.columns, &mut rows, site, &session, context).await?;
        Ok(rows)
    }

    /// The records as they stand in an answer, with what there is to say about them.
    pub(crate) fn table(&self, rows: &[Record]) -> Table {
        let mut showing = Showing::new(&self.closed, self.raw_html, self.text_from);
        let records = showing.records(rows, &self.list.columns);
        let mut told = table(records, &self.list.columns, &self.currencies);
        told.parts.extend(showing.notes());
        if self.list.columns.iter().any(|column| matches!(column.kind, FieldType::Binary | FieldType::Image)) {
            let hint = "odoo_attachment_download with model, res_id and field gives the content of a binary field.";
            told.parts.insert("content".to_owned(), json!(hint));
        }
        told
    }

    fn is_read_nested(&self, session: &Session) -> bool {
        let is_nested = self.list.columns.iter().any(|column| !column.columns.is_empty());
        is_nested && session.client.version().can(Capability::NestedReads)
    }

    fn nested(&self, site: &Site, rows: Value) -> Result<Vec<Record>, EdgeError> {
        let record = |row| match row {
            Value::Object(row) => Some(row),
            _ => None,
        };
        let rows = match rows {
            Value::Array(rows) => rows.into_iter().map(record).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        rows.ok_or_else(|| site.odoo_error(&OdooError::UnexpectedAnswer { what: self.model.clone() }))
    }
}

async fn parsed(names: &[String], model: &str, source: &dyn FieldSource) -> Result<FieldList, EdgeError> {
    FieldList::parse(names, model, source).await.map_err(|error| error.inside("fields").edge())
}

/// As `web_search_read` and `web_read` take it.
fn specification(columns: &[Column]) -> Value {
    let one = |column: &Column| {
        let inner = match (column.kind, column.columns.is_empty()) {
            (FieldType::Many2one, true) => json!({"fields": {"display_name": {}}}),
            (FieldType::Many2one, false) => {
                let mut fields = specification(&column.columns);
                fields["display_name"] = json!({});
                json!({"fields": fields})
            }
            (_, false) => json!({"fields": specification(&column.columns), "limit": MOST_RELATED}),
            (_, true) => json!({}),
        };
        (column.name.clone(), inner)
    };
    Value::Object(columns.iter().map(one).collect::<Map<_, _>>())
}

/// What most people want to know of a record, in this order.
const FAVOURITES: &[&str] = &[
    "name",
    "display_name",
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
    "list_price",
    "qty_available",
    "expected_revenue",
    "user_id",
    "parent_id",
    "city",
    "country_id",
    "create_date",
];

/// Those of the names that the agent may read; at least the id, for Odoo takes no names at all for every field.
async fn open(names: Vec<String>, model: &str, reach: &Reach<'_>) -> Result<Vec<String>, EdgeError> {
    let mut kept = Vec::with_capacity(names.len());
    for name in names {
        if !reach.keeps(&FieldPath { model: model.to_owned(), field: name.clone() }).await? {
            kept.push(name);
        }
    }
    if kept.is_empty() {
        kept.push("id".to_owned());
    }
    Ok(kept)
}

/// Sensible fields when none are named: the name, then what the model's list shows people, as far as it is neither large nor
/// costly; without such a list, what most people want to know.
fn sensible(fields: &Fields, list: &[String]) -> Vec<String> {
    let cheap = |field: &Field| {
        (field.store || field.related.is_some())
            && !field.kind.is_x2many()
            && !matches!(
                field.kind,
                FieldType::Binary
                    | FieldType::Image
                    | FieldType::Html
                    | FieldType::Json
                    | FieldType::Properties
                    | FieldType::PropertiesDefinition
                    | FieldType::Other
            )
    };
    let has_name = fields.get("name").is_some_and(cheap);
    let is_name = |name: &str| matches!(name, "display_name" | "complete_name");
    let mut names: Vec<String> = vec![if has_name { "name" } else { "display_name" }.to_owned()];
    let add = |name: &str, names: &mut Vec<String>, most: usize| {
        let is_new = names.len() < most && !names.iter().any(|known| known == name);
        if is_new && !(has_name && is_name(name)) && name != "id" && fields.get(name).is_some_and(cheap) {
            names.push(name.to_owned());
        }
    };
    for name in list {
        add(name, &mut names, MOST_SENSIBLE);
    }
    if names.len() < FEW {
        for name in FAVOURITES {
            add(name, &mut names, MOST_SENSIBLE);
        }
    }
    names.retain(|name| fields.get(name).is_some());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sensible_fields_hold_nothing_large_or_costly() {
        let answer = json!({
            "name": {"type": "char", "store": true}, "image_1920": {"type": "binary", "store": true},
            "complete_name": {"type": "char", "store": true},
            "order_line": {"type": "one2many", "relation": "x", "store": true},
            "amount_total": {"type": "monetary", "store": true}, "country_id": {"type": "many2one", "relation": "y", "store": false},
            "vat": {"type": "char"}, "street": {"type": "char"},
        });
        let fields = Fields::parse("x", answer).unwrap();
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(sensible(&fields, &[]), ["name", "amount_total"]);
        let shown =
            list(&["complete_name", "image_1920", "vat", "street", "order_line", "amount_total", "country_id", "gone"]);
        assert_eq!(sensible(&fields, &shown), ["name", "vat", "street", "amount_total"]);
    }
}
