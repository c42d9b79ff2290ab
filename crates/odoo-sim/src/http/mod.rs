//! The routes.

mod json2;
mod jsonrpc;
mod pages;
mod portal;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::serve::ListenerExt;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::server::Server;

/// As much as a real server takes by default.
const BODY_LIMIT: usize = 128 * 1024 * 1024;

/// Serves until told to quit; connections are then dropped, not drained.
pub(crate) async fn serve(listener: TcpListener, server: Arc<Server>, quit: oneshot::Receiver<()>) {
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
    });
    let serving = axum::serve(listener, routes(server));
    tokio::select! {
        served = serving => if let Err(error) = served { tracing::warn!(%error, "the demo server ended") },
        _ = quit => {}
    }
}

fn routes(server: Arc<Server>) -> Router {
    Router::new()
        .route("/web/version", get(pages::version))
        .route("/web/login", get(pages::login))
        .route("/web", get(pages::web))
        .route("/", get(pages::root))
        .route("/json/2/{model}/{method}", any(json2::call))
        .route("/json/2/{model}", any(json2::incomplete))
        .route("/my/{page}/{id}", get(portal::document))
        .route("/jsonrpc", post(jsonrpc::call).fallback(jsonrpc::not_post))
        .route("/web/database/list", post(jsonrpc::databases))
        .route("/web/session/authenticate", post(jsonrpc::no_session))
        .fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(Arc::clone(&server), held_back))
        .with_state(server)
}

async fn held_back(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    if !server.latency.is_zero() {
        tokio::time::sleep(server.latency).await;
    }
    next.run(request).await
}

/// JSON with Odoo's headers.
fn json(status: u16, body: &Value) -> Response {
    let mut response = content(status, "application/json; charset=utf-8", body.to_string());
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn html(status: u16, body: impl Into<String>) -> Response {
    content(status, "text/html; charset=utf-8", body.into())
}

fn content(status: u16, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Whether a request says that it carries JSON.
fn is_json(headers: &header::HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json") || kind.eq_ignore_ascii_case("application/json-rpc")
}

/// A route of one type was asked with a body of another.
fn unsupported(path: &str, kind: &str) -> Response {
    let mut response = html(
        415,
        format!(
            "<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n<h1>Unsupported Media Type</h1>\n<p>Request \
             inferred type is compatible with [&#39;http&#39;] but &#39;{path}&#39; is type=&#39;{kind}&#39;.<br><br>Please verify \
             the Content-Type request header and try again.</p>\n"
        ),
    );
    response.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    response
}
