//! Reading with a specification: web_search_read, web_read, web_save.

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param, search};
use crate::access::{self, Operation};
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::order;
use crate::read;
use crate::schema::{Kind, Model};
use crate::write;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "web_search_read",
        on: On::Every,
        takes_ids: false,
        params: &[
            Param("domain", true),
            Param("specification", true),
            Param("offset", false),
            Param("limit", false),
            Param("order", false),
            Param("count_limit", false),
        ],
        is_open: false,
        run: web_search_read,
    },
    Method {
        name: "web_read",
        on: On::Every,
        takes_ids: true,
        params: &[Param("specification", true)],
        is_open: false,
        run: web_read,
    },
    Method {
        name: "web_save",
        on: On::Every,
        takes_ids: true,
        params: &[Param("vals", true), Param("specification", true), Param("next_id", false)],
        is_open: false,
        run: web_save,
    },
    Method {
        name: "web_save_multi",
        on: On::Every,
        takes_ids: true,
        params: &[Param("vals_list", true), Param("specification", true)],
        is_open: false,
        run: web_save_multi,
    },
];

/// One record as a specification asks: `{field: {fields: {…}, limit}}`.
pub(super) fn shown(
    env: &Env<'_>,
    model: &'static Model,
    id: i64,
    spec: &Map<String, Value>,
) -> Outcome<Map<String, Value>> {
    let mut row = Map::from_iter([("id".to_owned(), json!(id))]);
    for (name, wanted) in spec {
        let field =
            model.field(name).ok_or_else(|| Fault::value(format!("Invalid field '{name}' on '{}'", model.name)))?;
        access::check_field(env, model, field)?;
        read::check_content(env, model, &[id], field)?;
        let plain = read::value(env, model, id, field, false);
        let inner = wanted.get("fields").and_then(Value::as_object);
        let value = match (inner, field.kind) {
            (Some(inner), Kind::Many2one) => match plain.as_i64() {
                Some(other) => Value::Object(shown(env, env.target(field)?, other, inner)?),
                None => plain,
            },
            (Some(inner), Kind::One2many | Kind::Many2many) => {
                let target = env.target(field)?;
                let mut ids: Vec<i64> = plain.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
                if let Some(order) = wanted.get("order").and_then(Value::as_str) {
                    order::sort(env, target, &mut ids, &order::parse(env, target, Some(order))?);
                }
                let limit = wanted.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
                let mut rows = Vec::with_capacity(ids.len());
                for (place, other) in ids.into_iter().enumerate() {
                    let within = limit.is_none_or(|limit| place < limit);
                    rows.push(if within {
                        Value::Object(shown(env, target, other, inner)?)
                    } else {
                        json!({ "id": other })
                    });
                }
                Value::Array(rows)
            }
            // a record that is named by its model and id
            (Some(inner), Kind::Integer) if field.names_model => {
                let of = if model.has("model") { "model" } else { "res_model" };
                match env.schema.model(&env.record(model, id).text(of)).zip(plain.as_i64().filter(|id| *id != 0)) {
                    Some((target, other)) if env.db.has(target, other) => {
                        Value::Object(shown(env, target, other, inner)?)
                    }
                    _ => json!(false),
                }
            }
            _ => plain,
        };
        row.insert(name.clone(), value);
    }
    Ok(row)
}

fn web_search_read(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let sought = search::Sought::parse(env, model, arguments.get("domain"))?;
    let ids = search::found(env, model, &sought, arguments)?;
    let records = rows(env, model, &ids, arguments)?;
    // a page that is not full ends the list, so that nothing has to be counted
    let length = match ids.len() {
        0 => 0,
        full if full == arguments.limit("limit") => sought.count(env, model, arguments.limit("count_limit")),
        rest => arguments.count("offset") + rest,
    };
    Ok(json!({ "length": length, "records": records }))
}

fn web_read(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    access::check(env, model, Operation::Read)?;
    write::check_exist(env, model, ids)?;
    access::check_rules(env, model, ids, Operation::Read)?;
    rows(env, model, ids, arguments)
}

fn web_save(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let vals = arguments.get("vals").as_object().cloned().unwrap_or_default();
    let ids = if ids.is_empty() {
        vec![write::create(env, model, &vals)?]
    } else {
        write::check_exist(env, model, ids)?;
        if !vals.is_empty() {
            write::write(env, model, ids, &vals)?;
        }
        ids.to_vec()
    };
    rows(env, model, &ids, arguments)
}

/// To each record its own values.
fn web_save_multi(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let list = arguments.get("vals_list").as_array().cloned().unwrap_or_default();
    if list.len() != ids.len() {
        return Err(Fault::value("Each record must have a corresponding vals entry."));
    }
    write::check_exist(env, model, ids)?;
    for (id, vals) in ids.iter().zip(&list) {
        if let Some(vals) = vals.as_object().filter(|vals| !vals.is_empty()) {
            write::write(env, model, &[*id], vals)?;
        }
    }
    rows(env, model, ids, arguments)
}

fn rows(env: &Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let spec = arguments.get("specification").as_object().cloned().unwrap_or_default();
    let there = ids.iter().filter(|id| env.db.has(model, **id));
    let rows: Outcome<Vec<Value>> = there.map(|id| shown(env, model, *id, &spec).map(Value::Object)).collect();
    rows.map(Value::Array)
}
