//! `POST /jsonrpc`: the services `common`, `object` and `db` in a JSON-RPC 2.0 envelope.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{html, is_json, pages, unsupported};
use crate::fault::{Exception, Fault, Outcome};
use crate::server::{self, Call, Server};

/// Answers one envelope, always with status 200.
pub(super) async fn call(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    envelope("/jsonrpc", &headers, &body, |params| service(&server, params))
}

/// Any verb but POST.
pub(super) async fn not_post() -> Response {
    unsupported("/jsonrpc", "jsonrpc")
}

/// `/web/database/list`.
pub(super) async fn databases(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    envelope("/web/database/list", &headers, &body, |_| Ok(json!([server.database])))
}

/// `/web/session/authenticate`: browser sessions are not simulated, and keys never open them.
pub(super) async fn no_session(headers: HeaderMap, body: Bytes) -> Response {
    envelope("/web/session/authenticate", &headers, &body, |_| Err(denied()))
}

fn envelope(path: &str, headers: &HeaderMap, body: &[u8], answer: impl FnOnce(&Value) -> Outcome<Value>) -> Response {
    if !is_json(headers) {
        return unsupported(path, "jsonrpc");
    }
    let request: Value = match serde_json::from_slice(body) {
        Ok(Value::Object(request)) => Value::Object(request),
        Ok(_) => return html(400, "Invalid JSON-RPC data"),
        Err(_) => return html(400, "Invalid JSON data"),
    };
    let mut reply = Map::from_iter([
        ("jsonrpc".to_owned(), json!("2.0")),
        ("id".to_owned(), request.get("id").cloned().unwrap_or_default()),
    ]);
    match answer(request.get("params").unwrap_or(&Value::Null)) {
        // Python's None leaves no `result` behind
        Ok(Value::Null) => {}
        Ok(result) => {
            reply.insert("result".into(), result);
        }
        Err(Fault::Broken) => return pages::broken(),
        Err(fault) => {
            let data = fault.over_jsonrpc().body();
            reply.insert("error".into(), json!({ "code": 0, "message": "Odoo Server Error", "data": data }));
        }
    }
    super::json(200, &Value::Object(reply))
}

fn service(server: &Server, params: &Value) -> Outcome<Value> {
    let (Some(service), Some(method), Some(args)) = (
        params.get("service").and_then(Value::as_str),
        params.get("method").and_then(Value::as_str),
        params.get("args").and_then(Value::as_array),
    ) else {
        return Err(Fault::kind(
            "JSONRPC.jsonrpc() missing 3 required positional arguments: 'service', 'method', and 'args'",
        ));
    };
    match service {
        "common" => common(server, method, args),
        "object" => object(server, method, args),
        "db" => db(server, method),
        other => Err(Fault::key(other)),
    }
}

fn common(server: &Server, method: &str, args: &[Value]) -> Outcome<Value> {
    match method {
        "version" => Ok(json!({
            "server_version": "19.0",
            "server_version_info": server::version_info(),
            "server_serie": "19.0",
            "protocol_version": 1,
        })),
        "authenticate" | "login" => {
            let text = |place: usize| args.get(place).and_then(Value::as_str).unwrap_or_default();
            check_database(server, text(0))?;
            Ok(server.by_login(text(1), text(2)).map_or(json!(false), |uid| json!(uid)))
        }
        other => Err(Fault::attribute(format!("module 'odoo.service.common' has no attribute 'exp_{other}'"))),
    }
}

fn object(server: &Server, method: &str, args: &[Value]) -> Outcome<Value> {
    let [database, uid, secret, model, name, rest @ ..] = args else {
        return Err(Fault::value(format!("not enough values to unpack (expected at least 5, got {})", args.len())));
    };
    if !matches!(method, "execute_kw" | "execute") {
        return Err(Fault::Raised(Exception {
            class: "builtins.NameError",
            message: format!("Method not available {method}"),
            status: 200,
        }));
    }
    check_database(server, database.as_str().unwrap_or_default())?;
    let uid =
        uid.as_i64().filter(|uid| server.is_secret_of(*uid, secret.as_str().unwrap_or_default())).ok_or_else(denied)?;
    let (positional, mut named) = if method == "execute" {
        (rest.to_vec(), Map::new())
    } else {
        let positional = rest.first().and_then(Value::as_array).cloned().unwrap_or_default();
        (positional, rest.get(1).and_then(Value::as_object).cloned().unwrap_or_default())
    };
    let context = match named.remove("context") {
        Some(Value::Object(context)) => context,
        _ => Map::new(),
    };
    let (model, name) = (model.as_str().unwrap_or_default(), name.as_str().unwrap_or_default());
    // one object of values gives one id, a list gives ids
    let is_one =
        name == "create" && positional.first().or_else(|| named.get("vals_list")).is_some_and(Value::is_object);
    let result = server.call(uid, model, name, Call::Positional { positional, named }, context)?;
    Ok(if is_one { result.get(0).cloned().unwrap_or_default() } else { result })
}

fn db(server: &Server, method: &str) -> Outcome<Value> {
    match method {
        "list" => Ok(json!([server.database])),
        "server_version" => Ok(json!("19.0")),
        _ => Err(denied()),
    }
}

fn check_database(server: &Server, name: &str) -> Outcome<()> {
    if name == server.database {
        return Ok(());
    }
    Err(Fault::raised(
        "psycopg2.OperationalError",
        200,
        format!(
            "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  database \"{name}\" does not exist\n"
        ),
    ))
}

fn denied() -> Fault {
    Fault::raised("odoo.exceptions.AccessDenied", 200, "Access Denied")
}
