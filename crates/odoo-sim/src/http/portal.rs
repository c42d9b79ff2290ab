//! `GET /my/orders/<id>?access_token=…&report_type=pdf`: one document, for whoever has its token and without signing in.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::{html, pages};
use crate::server::Server;

/// Answers the page of one document; without its token the visitor is sent away.
pub(super) async fn document(
    State(server): State<Arc<Server>>,
    Path((page, id)): Path<(String, i64)>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let text = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let Some(printed) = server.print(&page, id, text("access_token")) else { return pages::redirect("/my") };
    if text("report_type") != "pdf" {
        return html(
            200,
            format!("<!DOCTYPE html>\n<html><head><title>{} | Odoo</title></head><body></body></html>\n", printed.name),
        );
    }
    let mut response = Response::new(Body::from(printed.pdf));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if text("download") == "true"
        && let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", printed.name))
    {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
