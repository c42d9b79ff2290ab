//! The address of a document's page for customers.

use serde_json::{Value, json};

use super::{Arguments, Method, On, Param};
use crate::access::{self, Operation};
use crate::domain::is_truthy;
use crate::env::Env;
use crate::fault::Outcome;
use crate::portal;
use crate::schema::Model;
use crate::write;

const PARAMS: &[Param] = &[
    Param("suffix", false),
    Param("report_type", false),
    Param("download", false),
    Param("query_string", false),
    Param("anchor", false),
];

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "get_portal_url",
        on: On::One("sale.order"),
        takes_ids: true,
        params: PARAMS,
        is_open: false,
        run: get_portal_url,
    },
    Method {
        name: "get_portal_url",
        on: On::One("account.move"),
        takes_ids: true,
        params: PARAMS,
        is_open: false,
        run: get_portal_url,
    },
];

/// Relative to the server's own address. The first time, this gives the document its token.
fn get_portal_url(env: &mut Env<'_>, model: &'static Model, ids: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let id = super::one(model, ids)?;
    write::check_exist(env, model, ids)?;
    access::check(env, model, Operation::Read)?;
    access::check_rules(env, model, ids, Operation::Read)?;
    let token = portal::token(env, model, id)?;
    let address = portal::address(&env.record(model, id)).unwrap_or_default();
    let query = portal::query(
        &token,
        arguments.text("report_type"),
        is_truthy(arguments.get("download")),
        arguments.text("query_string"),
    );
    let anchor = arguments.text("anchor").map(|anchor| format!("#{anchor}")).unwrap_or_default();
    let suffix = arguments.text("suffix").unwrap_or_default();
    Ok(json!(format!("{address}{suffix}{query}{anchor}")))
}
