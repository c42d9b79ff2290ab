//! What a model is made of: fields_get, default_get, onchange.

#![expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param};
use crate::env::Env;
use crate::fault::Outcome;
use crate::methods::web;
use crate::sale;
use crate::schema::Model;
use crate::write;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "fields_get",
        on: On::Every,
        takes_ids: false,
        params: &[Param("allfields", false), Param("attributes", false)],
        is_open: false,
        run: fields_get,
    },
    Method {
        name: "default_get",
        on: On::Every,
        takes_ids: false,
        params: &[Param("fields", true)],
        is_open: false,
        run: default_get,
    },
    Method {
        name: "onchange",
        on: On::Every,
        takes_ids: true,
        params: &[Param("values", true), Param("field_names", true), Param("fields_spec", true)],
        is_open: false,
        run: onchange,
    },
];

fn fields_get(_: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let (wanted, attributes) = (arguments.names("allfields"), arguments.names("attributes"));
    let fields = model.fields.iter().filter(|field| wanted.is_empty() || wanted.contains(&field.name));
    let all = fields.map(|field| {
        let mut told = field.attributes();
        told.retain(|name, _| attributes.is_empty() || attributes.contains(name));
        (field.name.clone(), Value::Object(told))
    });
    Ok(Value::Object(all.collect()))
}

fn default_get(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let mut defaults = Map::new();
    for name in arguments.names("fields") {
        if let Some(value) = model.field(&name).and_then(|field| write::default(env, model, field)) {
            defaults.insert(name, value);
        }
    }
    Ok(Value::Object(defaults))
}

/// What would change if `values` were set, of the fields in `fields_spec`, without changing it. A new record is made and a
/// record is written in a copy of the database that is then thrown away.
fn onchange(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let values = arguments.get("values").as_object().cloned().unwrap_or_default();
    let spec = arguments.get("fields_spec").as_object().cloned().unwrap_or_default();
    let real = env.db.clone();
    let told = match ids {
        [id] => what_if_written(env, model, *id, &values, &spec),
        _ => what_if_new(env, model, &values, &arguments.names("field_names"), &spec),
    };
    *env.db = real;
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
    let before = web::shown(env, model, id, spec)?;
    write::write(env, model, &[id], values)?;
    let mut after = web::shown(env, model, id, spec)?;
    after.retain(|name, value| name != "id" && !values.contains_key(name) && before.get(name) != Some(value));
    Ok(after)
}

fn what_if_new(
    env: &mut Env<'_>,
    model: &'static Model,
    values: &Map<String, Value>,
    changed: &[String],
    spec: &Map<String, Value>,
) -> Outcome<Map<String, Value>> {
    let mut vals = Map::new();
    if model.name == "sale.order"
        && let Some(partner) = values.get("partner_id").and_then(Value::as_i64)
    {
        vals = sale::follow_partner(env, partner)?;
    }
    if changed.is_empty() {
        // the first call of a new form: every field with its default
        for field in &model.fields {
            if let Some(value) = write::default(env, model, field) {
                vals.entry(field.name.clone()).or_insert(value);
            }
        }
        if model.name == "sale.order" {
            let until = crate::clock::date(env.now + 30 * 86_400);
            for (name, value) in [
                ("validity_date", json!(until)),
                ("team_id", json!(sale::team(env, Some(env.uid)))),
                ("currency_id", json!(1)),
            ] {
                vals.insert(name.into(), value);
            }
        }
    }
    let mut told = Map::new();
    for (name, inner) in spec {
        let Some(field) = model.field(name) else { continue };
        let value = match vals.get(name) {
            Some(value) => value.clone(),
            None if changed.is_empty() => {
                if field.is_many() {
                    json!([])
                } else {
                    crate::read::plain(field.kind, &crate::cell::Cell::Null)
                }
            }
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
