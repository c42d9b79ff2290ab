//! Finding records: search, search_count, search_read, name_search.

use std::collections::HashSet;
use std::ops::Bound;

use serde_json::{Value, json};

use super::{Arguments, Method, On, Param};
use crate::access::{self, Operation};
use crate::domain::{Domain, bracketed};
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::order;
use crate::read;
use crate::schema::Model;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "search",
        on: On::Every,
        takes_ids: false,
        params: &[Param("domain", true), Param("offset", false), Param("limit", false), Param("order", false)],
        is_open: false,
        run: search,
    },
    Method {
        name: "search_count",
        on: On::Every,
        takes_ids: false,
        params: &[Param("domain", true), Param("limit", false)],
        is_open: false,
        run: search_count,
    },
    Method {
        name: "search_read",
        on: On::Every,
        takes_ids: false,
        params: &[
            Param("domain", false),
            Param("fields", false),
            Param("offset", false),
            Param("limit", false),
            Param("order", false),
        ],
        is_open: true,
        run: search_read,
    },
    Method {
        name: "name_search",
        on: On::Every,
        takes_ids: false,
        params: &[Param("name", false), Param("domain", false), Param("operator", false), Param("limit", false)],
        is_open: false,
        run: name_search,
    },
];

/// What a search looks for, checked and ready to be asked of one record after another.
pub(super) struct Sought {
    domain: Domain,
    with_archived: bool,
}

impl Sought {
    /// Checks the right to read and the domain. Archived records are left out unless the domain or the context names them.
    pub(super) fn parse(env: &Env<'_>, model: &'static Model, domain: &Value) -> Outcome<Self> {
        access::check(env, model, Operation::Read)?;
        let domain = Domain::parse(env, model, domain)?;
        let with_archived = env.wants_archived() || domain.names_active();
        Ok(Self { domain, with_archived })
    }

    /// The visible records that fit, ascending; found one at a time, within the ids that the domain allows.
    pub(super) fn ids<'s>(
        &'s self,
        env: &'s Env<'_>,
        model: &'static Model,
    ) -> impl DoubleEndedIterator<Item = i64> + 's {
        let fits = move |id: &i64| {
            self.domain.matches(env, model, *id)
                && (self.with_archived || env.is_active(model, *id))
                && access::is_visible(env, model, *id)
        };
        let (low, high) = self.domain.id_bounds();
        env.db.ids_in(model, (Bound::Included(low), Bound::Included(high.max(low)))).filter(fits)
    }

    /// How many fit, counted no further than `limit`.
    pub(super) fn count(&self, env: &Env<'_>, model: &'static Model, limit: usize) -> usize {
        self.ids(env, model).take(limit).count()
    }
}

/// The ids that fit, in order: what every reading method begins with. In the order of the ids themselves only as many are
/// looked at as are wanted.
pub(super) fn found(env: &Env<'_>, model: &'static Model, sought: &Sought, arguments: &Arguments) -> Outcome<Vec<i64>> {
    let terms = order::parse(env, model, arguments.text("order"))?;
    if arguments.get("limit").as_i64().is_some_and(|limit| limit < 0) {
        let class = "psycopg2.errors.InvalidRowCountInLimitClause";
        return Err(Fault::raised(class, 500, "LIMIT must not be negative\n"));
    }
    let (offset, limit) = (arguments.count("offset"), arguments.limit("limit"));
    match order::of_ids(&terms) {
        Some(false) => return Ok(sought.ids(env, model).skip(offset).take(limit).collect()),
        Some(true) => return Ok(sought.ids(env, model).rev().skip(offset).take(limit).collect()),
        None => {}
    }
    let mut ids: Vec<i64> = sought.ids(env, model).collect();
    order::sort(env, model, &mut ids, &terms);
    Ok(ids.into_iter().skip(offset).take(limit).collect())
}

/// The ids that fit, ascending.
pub(super) fn fitting(env: &Env<'_>, model: &'static Model, domain: &Value) -> Outcome<Vec<i64>> {
    Ok(Sought::parse(env, model, domain)?.ids(env, model).collect())
}

fn search(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let sought = Sought::parse(env, model, arguments.get("domain"))?;
    Ok(json!(found(env, model, &sought, arguments)?))
}

fn search_count(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let sought = Sought::parse(env, model, arguments.get("domain"))?;
    Ok(json!(sought.count(env, model, arguments.limit("limit"))))
}

fn search_read(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let known = ["domain", "fields", "offset", "limit", "order", "load"];
    if let Some(name) = arguments.all().keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Fault::kind(format!("BaseModel._read_format() got an unexpected keyword argument '{name}'")));
    }
    let sought = Sought::parse(env, model, arguments.get("domain"))?;
    let ids = found(env, model, &sought, arguments)?;
    let names = arguments.all().get("load").is_none_or(|load| load == "_classic_read");
    Ok(Value::Array(read::read(env, model, &ids, &arguments.names("fields"), names)?))
}

fn name_search(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    access::check(env, model, Operation::Read)?;
    let name = arguments.text("name").unwrap_or_default();
    let operator = arguments.text("operator").unwrap_or("ilike");
    let within = arguments.get("domain").as_array().cloned().unwrap_or_default();
    let found = |conditions: &[Value]| -> Outcome<Vec<i64>> {
        let domain = within.iter().chain(conditions).cloned().collect();
        let mut ids = fitting(env, model, &Value::Array(domain))?;
        order::sort_by_default(env, model, &mut ids);
        Ok(ids)
    };
    let by_name = || if name.is_empty() { found(&[]) } else { found(&[json!(["display_name", operator, name])]) };
    let is_positive = matches!(operator, "=" | "ilike" | "=ilike" | "like" | "=like") && !name.is_empty();
    let mut ids = match model.name.as_str() {
        // the code comes before the name
        "res.country" if is_positive && name.chars().count() == 2 => {
            let mut ids = found(&[json!(["code", operator, name])])?;
            ids.extend(by_name()?);
            ids
        }
        "product.product" if is_positive => product_names(name, operator, found)?,
        _ => by_name()?,
    };
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    let limit = arguments.all().get("limit").map_or(100, |_| arguments.limit("limit"));
    let named: Vec<Value> = ids.into_iter().take(limit).map(|id| json!([id, env.record(model, id).name()])).collect();
    Ok(Value::Array(named))
}

/// Products by the most telling of their names that finds any: code, barcode, part of code or name, code in brackets.
fn product_names(name: &str, operator: &str, found: impl Fn(&[Value]) -> Outcome<Vec<i64>>) -> Outcome<Vec<i64>> {
    for whole in ["default_code", "barcode"] {
        let ids = found(&[json!([whole, "=", name])])?;
        if !ids.is_empty() {
            return Ok(ids);
        }
    }
    let mut ids = found(&[json!(["default_code", operator, name])])?;
    ids.extend(found(&[json!(["name", operator, name])])?);
    match bracketed(name) {
        Some(code) if ids.is_empty() => found(&[json!(["default_code", "=", code])]),
        _ => Ok(ids),
    }
}
