//! `POST /json/2/<model>/<method>`: named arguments in, the bare result out.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use serde_json::{Map, Value};

use super::{html, is_json, json, pages, unsupported};
use crate::fault::{Exception, Fault};
use crate::server::{Call, Server};

/// Answers one call.
pub(super) async fn call(
    State(server): State<Arc<Server>>,
    Path((model, method)): Path<(String, String)>,
    verb: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refused) = refused_early(&server, &headers, &verb) {
        return refused;
    }
    let uid = match signed_in(&server, &headers) {
        Ok(uid) => uid,
        Err(refused) => return refused,
    };
    let mut arguments = match parsed(&body) {
        Ok(arguments) => arguments,
        Err(bad) => return failed(&bad),
    };
    let ids = arguments.remove("ids");
    let context = match arguments.remove("context") {
        Some(Value::Object(context)) => context,
        _ => Map::new(),
    };
    match server.call(uid, &model, &method, Call::Named { ids, arguments }, context) {
        Ok(result) => json(200, &result),
        Err(Fault::Broken) => pages::broken(),
        Err(fault) => failed(&fault.over_json2()),
    }
}

/// The model or the method is missing in the path.
pub(super) async fn incomplete() -> Response {
    failed(&did_you_mean())
}

/// What is refused before anybody is asked who they are: another database, another verb, another content type.
fn refused_early(server: &Server, headers: &HeaderMap, verb: &Method) -> Option<Response> {
    if headers.get("x-odoo-database").is_some_and(|name| name.as_bytes() != server.database.as_bytes()) {
        return Some(html(
            404,
            "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested URL was \
             not found in the server-wide controllers.</p>\n<p>Please verify the hostname, <a href=/web/login>login</a> and try \
             again.</p>\n\n<!-- Alternatively, use the X-Odoo-Database header. -->\n",
        ));
    }
    if *verb != Method::POST {
        return Some(failed(&did_you_mean()));
    }
    (!is_json(headers)).then(|| unsupported("/json/2/&lt;__model__&gt;/&lt;__method__&gt;", "json2"))
}

#[expect(clippy::result_large_err, reason = "the error is the answer")]
fn signed_in(server: &Server, headers: &HeaderMap) -> Result<i64, Response> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key =
        given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, key)| key.trim());
    let message = match key {
        Some(key) => match server.by_key(key) {
            Some(uid) => return Ok(uid),
            None => "Invalid apikey",
        },
        None => "User not authenticated, use an API Key with a Bearer Authorization header.",
    };
    let mut response =
        failed(&Exception { class: "werkzeug.exceptions.Unauthorized", message: message.into(), status: 401 });
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Err(response)
}

/// The body as named arguments. Nothing, and JSON that is no object, is no arguments at all.
fn parsed(body: &[u8]) -> Result<Map<String, Value>, Exception> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(Exception {
            class: "werkzeug.exceptions.BadRequest",
            message: format!("could not parse the body as json: {error}"),
            status: 400,
        }),
    }
}

fn did_you_mean() -> Exception {
    let message = "Did you mean POST /json/2/<model>/<method>?".to_owned();
    Exception { class: "werkzeug.exceptions.NotFound", message, status: 404 }
}

fn failed(exception: &Exception) -> Response {
    json(exception.status, &exception.body())
}
