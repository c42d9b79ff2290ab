//! What would change if values were set, without changing it.

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param, web};
use crate::access::{self, Operation};
use crate::clock;
use crate::consequence::ADDRESS;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::read;
use crate::sale;
use crate::schema::{Field, Model};
use crate::write;

const MONTH: i64 = 30 * 86_400;

pub(super) const METHODS: &[Method] = &[Method {
    name: "onchange",
    on: On::Every,
    takes_ids: true,
    params: &[Param("values", true), Param("field_names", true), Param("fields_spec", true)],
    is_open: false,
    run: onchange,
}];

/// Of the fields in `fields_spec`, those that would get another value. A record is changed or made and then taken back.
fn onchange(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let values = arguments.get("values").as_object().cloned().unwrap_or_default();
    let spec = arguments.get("fields_spec").as_object().cloned().unwrap_or_default();
    let changed = arguments.names("field_names");
    if changed.iter().any(|name| !model.has(name)) {
        return Ok(json!({}));
    }
    let is_list = |name: &&String| model.field(name).is_some_and(Field::is_many);
    if let Some(unasked) = values.keys().filter(is_list).find(|name| !spec.contains_key(*name)) {
        return Err(Fault::key(unasked.as_str()));
    }
    let before = env.db.mark();
    let told = if ids.is_empty() {
        what_if_new(env, model, &values, &changed, &spec)
    } else {
        super::one(model, ids).and_then(|id| what_if_written(env, model, id, &values, &spec))
    };
    env.db.undo_to(before);
    Ok(json!({ "value": told? }))
}

fn what_if_written(
    env: &mut Env<'_>,
    model: &'static Model,
    id: i64,
    values: &Map<String, Value>,
    spec: &Map<String, Value>,
) -> Outcome<Map<String, Value>> {
    write::check_exist(env, model, &[id])?;
    access::check(env, model, Operation::Write)?;
    access::check_rules(env, model, &[id], Operation::Write)?;
    let before = web::shown(env, model, id, spec)?;
    let mut vals = values.clone();
    if model.name == "res.partner" && is_in_another_country(env, model, id, values) {
        vals.insert("state_id".into(), json!(false));
    }
    write::write(env, model, &[id], &vals)?;
    let mut after = web::shown(env, model, id, spec)?;
    let is_list = |name: &str| model.field(name).is_some_and(Field::is_many);
    after.retain(|name, value| {
        name != "id" && !values.contains_key(name) && !is_list(name) && before.get(name) != Some(value)
    });
    Ok(after)
}

/// A state goes with its country.
fn is_in_another_country(env: &Env<'_>, model: &'static Model, id: i64, values: &Map<String, Value>) -> bool {
    let state = env.record(model, id).one("state_id");
    let country = values.get("country_id").and_then(Value::as_i64);
    country.is_some() && state.is_some_and(|state| state.id_of("country_id") != country)
}

fn what_if_new(
    env: &mut Env<'_>,
    model: &'static Model,
    values: &Map<String, Value>,
    changed: &[String],
    spec: &Map<String, Value>,
) -> Outcome<Map<String, Value>> {
    let mut vals = if changed.is_empty() { defaults(env, model)? } else { Map::new() };
    vals.extend(following(env, model, values)?);
    if changed.is_empty() {
        // the values that were given are told too, with all the others
        vals.extend(
            values.iter().filter(|(_, value)| !value.is_array()).map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    let mut told = Map::new();
    for (name, inner) in spec {
        let field =
            model.field(name).ok_or_else(|| Fault::value(format!("Invalid field '{name}' on '{}'", model.name)))?;
        let value = match vals.get(name) {
            Some(value) => value.clone(),
            None if changed.is_empty() && !field.is_many() => read::plain(field.kind, &crate::cell::Cell::Null),
            None => continue,
        };
        let value = match (value.as_i64(), inner.get("fields").and_then(Value::as_object)) {
            (Some(id), Some(fields)) if field.relation.is_some() => {
                Value::Object(web::shown(env, env.target(field)?, id, fields)?)
            }
            _ => value,
        };
        told.insert(name.clone(), value);
    }
    Ok(told)
}

/// What a new form begins with.
fn defaults(env: &Env<'_>, model: &'static Model) -> Outcome<Map<String, Value>> {
    let mut vals = Map::new();
    for field in &model.fields {
        if let Some(value) = write::default(env, model, field) {
            vals.insert(field.name.clone(), value);
        }
    }
    if model.name == "sale.order" {
        let company = env.company().map(|company| env.model("res.company").map(|model| env.record(model, company)));
        let currency = company.transpose()?.and_then(|company| company.id_of("currency_id"));
        for (name, value) in [
            ("validity_date", json!(clock::date(env.now + MONTH))),
            ("team_id", json!(sale::team(env, Some(env.uid)))),
            ("currency_id", json!(currency)),
        ] {
            vals.insert(name.into(), value);
        }
    }
    Ok(vals)
}

/// What follows from the values of a form that is not saved yet.
fn following(env: &mut Env<'_>, model: &'static Model, values: &Map<String, Value>) -> Outcome<Map<String, Value>> {
    let id = |name: &str| values.get(name).and_then(Value::as_i64);
    let mut vals = Map::new();
    match model.name.as_str() {
        "sale.order" => {
            if let Some(partner) = id("partner_id") {
                write::check_exist(env, env.model("res.partner")?, &[partner])?;
                vals = sale::follow_partner(env, partner)?;
                vals.entry("user_id").or_insert(json!(env.uid));
                if values.get("order_line").is_some_and(|lines| lines.as_array().is_some_and(|lines| !lines.is_empty()))
                {
                    let order = env.as_root(|env| write::create(env, model, values))?;
                    for name in ["amount_untaxed", "amount_tax", "amount_total"] {
                        vals.insert(name.into(), json!(env.record(model, order).number(name)));
                    }
                }
            }
        }
        "sale.order.line" => {
            if let Some(product) = id("product_id") {
                let products = env.model("product.product")?;
                write::check_exist(env, products, &[product])?;
                let product = env.record(products, product);
                for (name, value) in [
                    ("name", json!(sale::description(&product))),
                    ("price_unit", json!(product.number("lst_price"))),
                    ("product_uom_id", json!(product.id_of("uom_id"))),
                ] {
                    vals.insert(name.into(), value);
                }
            }
        }
        "res.partner" => {
            if let Some(parent) = id("parent_id") {
                write::check_exist(env, model, &[parent])?;
                for name in ADDRESS.iter().chain(&["lang"]) {
                    if let Some(field) = model.field(name).filter(|field| env.get(model, parent, field).is_set()) {
                        vals.insert((*name).to_owned(), read::value(env, model, parent, field, false));
                    }
                }
            }
        }
        _ => {}
    }
    vals.retain(|name, _| !values.contains_key(name));
    Ok(vals)
}
