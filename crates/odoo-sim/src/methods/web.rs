//! Reading with a specification: web_search_read, web_read, web_save.

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param, search};
use crate::access::{self, Operation};
use crate::env::Env;
use crate::fault::{Fault, Outcome};
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
        let plain = read::value(env, model, id, field, false);
        let inner = wanted.get("fields").and_then(Value::as_object);
        let value = match (inner, field.kind) {
            (Some(inner), Kind::Many2one) => match plain.as_i64() {
                Some(other) => Value::Object(shown(env, env.target(field)?, other, inner)?),
                None => plain,
            },
            (Some(inner), Kind::One2many | Kind::Many2many) => {
                let target = env.target(field)?;
                let ids: Vec<i64> = plain.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
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
            _ => plain,
        };
        row.insert(name.clone(), value);
    }
    Ok(row)
}

fn web_search_read(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let ids = search::found(env, model, arguments.get("domain"), arguments)?;
    let length = search::fitting(env, model, arguments.get("domain"))?.len();
    Ok(json!({ "length": length, "records": rows(env, model, &ids, arguments)? }))
}

fn web_read(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    access::check(env, model, Operation::Read)?;
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

fn rows(env: &Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let spec = arguments.get("specification").as_object().cloned().unwrap_or_default();
    let there = ids.iter().filter(|id| env.db.has(model, **id));
    let rows: Outcome<Vec<Value>> = there.map(|id| shown(env, model, *id, &spec).map(Value::Object)).collect();
    rows.map(Value::Array)
}
