//! What a user may ask about itself.

#![expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]

use serde_json::{Value, json};

use super::{Arguments, Method, On, Param};
use crate::env::Env;
use crate::fault::Outcome;
use crate::schema::Model;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "context_get",
        on: On::One("res.users"),
        takes_ids: false,
        params: &[],
        is_open: false,
        run: context_get,
    },
    Method {
        name: "has_group",
        on: On::One("res.users"),
        takes_ids: true,
        params: &[Param("group_ext_id", true)],
        is_open: false,
        run: has_group,
    },
];

fn context_get(env: &mut Env<'_>, _: &'static Model, _: &[i64], _: &Arguments) -> Outcome<Value> {
    let (lang, tz) = env.user().map(|user| (user.text("lang"), user.text("tz"))).unwrap_or_default();
    Ok(json!({ "lang": lang, "tz": tz, "uid": env.uid }))
}

fn has_group(env: &mut Env<'_>, _: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let is_admin = ids.first().copied().unwrap_or(env.uid) <= crate::env::ADMIN;
    let is_everybodys =
        matches!(arguments.text("group_ext_id"), Some("base.group_user" | "sales_team.group_sale_salesman"));
    Ok(json!(is_admin || is_everybodys))
}
