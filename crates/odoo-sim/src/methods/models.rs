//! The models themselves.

#![expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]

use serde_json::{Value, json};

use super::{Arguments, Method, On};
use crate::access::{self, Operation};
use crate::env::Env;
use crate::fault::Outcome;
use crate::schema::Model;

pub(super) const METHODS: &[Method] = &[Method {
    name: "get_available_models",
    on: On::One("ir.model"),
    takes_ids: false,
    params: &[],
    is_open: false,
    run: get_available_models,
}];

/// The models that the user may read, by label: open to everybody.
fn get_available_models(env: &mut Env<'_>, _: &'static Model, _: &[i64], _: &Arguments) -> Outcome<Value> {
    let schema = env.schema;
    let mut models: Vec<&Model> = schema
        .models()
        .iter()
        .filter(|model| !model.transient)
        .filter(|model| access::check(env, model, Operation::Read).is_ok())
        .collect();
    models.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(models.into_iter().map(|model| json!({ "display_name": model.label, "model": model.name })).collect())
}
