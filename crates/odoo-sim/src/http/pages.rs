//! What a browser, or somebody finding out what is there, gets.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::json;

use super::{html, json};
use crate::server::{self, Server};

/// `/web/version`.
pub(super) async fn version() -> Response {
    json(200, &json!({ "version_info": server::version_info(), "version": "19.0" }))
}

/// A page in place of Odoo's own.
pub(super) async fn login(State(server): State<Arc<Server>>) -> Response {
    html(
        200,
        format!(
            "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>Login | Odoo</title><meta name=\"generator\" content=\"Odoo\"></head>\n\
             <body><h1>A small Odoo, for trying out</h1>\n<p>Database {}. There are no pages here: it answers JSON-2 and \
             JSON-RPC.</p></body>\n</html>\n",
            server.database
        ),
    )
}

/// `/web` sends to the login page.
pub(super) async fn web() -> Response {
    redirect("/web/login?redirect=%2Fweb%3F")
}

/// `/` sends to the app.
pub(super) async fn root() -> Response {
    redirect("/odoo")
}

/// Everything else.
pub(super) async fn not_found() -> Response {
    html(
        404,
        "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the \
         server. If you entered the URL manually please check your spelling and try again.</p>\n",
    )
}

/// What the server answers when it cannot even say what went wrong.
pub(super) fn broken() -> Response {
    html(
        500,
        "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n<p>The server \
         encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error \
         in the application.</p>\n",
    )
}

/// Sends somewhere else.
pub(super) fn redirect(to: &'static str) -> Response {
    let mut response = html(
        303,
        format!(
            "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n<p>You should be redirected \
             automatically to the target URL: <a href=\"{to}\">{to}</a>. If not, click the link.\n"
        ),
    );
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(to));
    response
}
