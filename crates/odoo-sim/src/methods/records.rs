//! The records' own verbs: read, create, write, unlink, copy, archive.

#![expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param};
use crate::access::{self, Operation};
use crate::env::Env;
use crate::fault::{Exception, Fault, Outcome};
use crate::read;
use crate::schema::{Kind, Model};
use crate::write;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "read",
        on: On::Every,
        takes_ids: true,
        params: &[Param("fields", false), Param("load", false)],
        is_open: false,
        run: read,
    },
    Method {
        name: "create",
        on: On::Every,
        takes_ids: false,
        params: &[Param("vals_list", true)],
        is_open: false,
        run: create,
    },
    Method {
        name: "write",
        on: On::Every,
        takes_ids: true,
        params: &[Param("vals", true)],
        is_open: false,
        run: write,
    },
    Method { name: "unlink", on: On::Every, takes_ids: true, params: &[], is_open: false, run: unlink },
    Method { name: "exists", on: On::Every, takes_ids: true, params: &[], is_open: false, run: exists },
    Method {
        name: "copy",
        on: On::Every,
        takes_ids: true,
        params: &[Param("default", false)],
        is_open: false,
        run: copy,
    },
    Method {
        name: "name_create",
        on: On::Every,
        takes_ids: false,
        params: &[Param("name", true)],
        is_open: false,
        run: name_create,
    },
    Method { name: "action_archive", on: On::Every, takes_ids: true, params: &[], is_open: false, run: archive },
    Method { name: "action_unarchive", on: On::Every, takes_ids: true, params: &[], is_open: false, run: unarchive },
    Method {
        name: "has_access",
        on: On::Every,
        takes_ids: true,
        params: &[Param("operation", true)],
        is_open: false,
        run: has_access,
    },
    Method {
        name: "check_access_rights",
        on: On::Every,
        takes_ids: false,
        params: &[Param("operation", true), Param("raise_exception", false)],
        is_open: false,
        run: check_access_rights,
    },
];

fn read(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let names = arguments.all().get("load").is_none_or(|load| load == "_classic_read");
    Ok(Value::Array(read::read(env, model, ids, &arguments.names("fields"), names)?))
}

/// The ids that were created, also for a single object of values.
fn create(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let list = match arguments.get("vals_list") {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    };
    let mut ids = Vec::with_capacity(list.len());
    for vals in &list {
        ids.push(write::create(env, model, object(vals)?)?);
    }
    Ok(json!(ids))
}

fn write(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    write::write(env, model, ids, object(arguments.get("vals"))?)?;
    Ok(json!(true))
}

fn unlink(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    write::unlink(env, model, ids)?;
    Ok(json!(true))
}

fn exists(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    Ok(json!(ids.iter().filter(|id| env.db.has(model, **id)).collect::<Vec<_>>()))
}

fn copy(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    write::check_exist(env, model, ids)?;
    access::check_rules(env, model, ids, Operation::Read)?;
    let mut copies = Vec::new();
    for id in ids {
        let mut vals = duplicate(env, model, *id);
        let lines = model.field("order_line").or_else(|| model.field("invoice_line_ids"));
        let lines = lines.map(|field| (field, env.get(model, *id, field).ids()));
        if let Some((field, lines)) = lines {
            let target = env.target(field)?;
            let lines: Vec<Value> = lines
                .into_iter()
                .map(|line| {
                    let mut vals = duplicate(env, target, line);
                    vals.remove(field.inverse.as_deref().unwrap_or_default());
                    json!([0, 0, vals])
                })
                .collect();
            vals.insert(field.name.clone(), Value::Array(lines));
        }
        if matches!(model.name.as_str(), "res.partner" | "product.template" | "product.product" | "crm.tag") {
            let name = env.record(model, *id).text("name");
            vals.insert("name".into(), json!(format!("{name} (copy)")));
        }
        vals.extend(arguments.get("default").as_object().cloned().unwrap_or_default());
        copies.push(write::create(env, model, &vals)?);
    }
    Ok(json!(copies))
}

fn name_create(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let vals = Map::from_iter([("name".to_owned(), arguments.get("name").clone())]);
    let id = write::create(env, model, &vals)?;
    Ok(json!([id, env.record(model, id).name()]))
}

fn archive(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    set_active(env, model, ids, false)
}

fn unarchive(env: &mut Env<'_>, model: &'static Model, ids: &[i64], _: &Arguments) -> Outcome<Value> {
    set_active(env, model, ids, true)
}

fn set_active(env: &mut Env<'_>, model: &'static Model, ids: &[i64], active: bool) -> Outcome<Value> {
    if model.has("active") {
        write::write(env, model, ids, &Map::from_iter([("active".to_owned(), json!(active))]))?;
    }
    Ok(Value::Null)
}

fn has_access(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let operation = operation(arguments)?;
    let may = access::check(env, model, operation).and_then(|()| access::check_rules(env, model, ids, operation));
    Ok(json!(may.is_ok()))
}

fn check_access_rights(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let may = access::check(env, model, operation(arguments)?);
    if arguments.get("raise_exception") == &json!(false) {
        return Ok(json!(may.is_ok()));
    }
    may.map(|()| json!(true))
}

fn operation(arguments: &Arguments) -> Outcome<Operation> {
    arguments.text("operation").and_then(Operation::parse).ok_or_else(|| {
        Fault::Raised(Exception {
            class: "builtins.AssertionError",
            message: "Invalid access mode".into(),
            status: 500,
        })
    })
}

fn object(vals: &Value) -> Outcome<&Map<String, Value>> {
    vals.as_object().ok_or_else(|| {
        let kind = match vals {
            Value::String(_) => "str",
            Value::Number(_) => "int",
            Value::Array(_) => "list",
            Value::Bool(_) => "bool",
            _ => "NoneType",
        };
        Fault::attribute(format!("'{kind}' object has no attribute 'get'"))
    })
}

/// The values that make a copy.
fn duplicate(env: &Env<'_>, model: &'static Model, id: i64) -> Map<String, Value> {
    let own = model.fields.iter().filter(|field| {
        field.is_kept() && field.copied && (field.is_stored() || field.name == "datas") && field.name != "id"
    });
    own.map(|field| {
        let value = read::value(env, model, id, field, false);
        let value = if field.kind == Kind::Many2many { json!([[6, 0, value]]) } else { value };
        (field.name.clone(), value)
    })
    .collect()
}
