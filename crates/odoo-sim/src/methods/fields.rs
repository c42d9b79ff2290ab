//! What a model is made of: fields_get, default_get.

#![expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]

use serde_json::{Map, Value};

use super::{Arguments, Method, On, Param};
use crate::access;
use crate::env::Env;
use crate::fault::Outcome;
use crate::schema::Model;
use crate::wizard;
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
];

fn fields_get(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let (wanted, attributes) = (arguments.names("allfields"), arguments.names("attributes"));
    let fields = model
        .fields
        .iter()
        .filter(|field| wanted.is_empty() || wanted.contains(&field.name))
        .filter(|field| access::check_field(env, model, field).is_ok());
    let all = fields.map(|field| {
        let mut told = field.attributes();
        told.retain(|name, _| attributes.is_empty() || attributes.contains(name));
        (field.name.clone(), Value::Object(told))
    });
    Ok(Value::Object(all.collect()))
}

fn default_get(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let mut defaults = Map::new();
    let fields = arguments.names("fields");
    if fields.iter().any(|name| matches!(name.as_str(), "line_ids" | "sale_order_ids" | "lead_ids")) {
        defaults = wizard::defaults(env, model)?;
        defaults.retain(|name, _| fields.contains(name));
    }
    for name in fields {
        if let Some(value) = model.field(&name).and_then(|field| write::default(env, model, field)) {
            defaults.insert(name, value);
        }
    }
    Ok(Value::Object(defaults))
}
