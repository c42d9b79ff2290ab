//! The list view of a model, as far as it tells which fields a person would want to see.

#![expect(clippy::unnecessary_wraps, reason = "all methods have one signature")]

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param};
use crate::env::Env;
use crate::fault::Outcome;
use crate::schema::Model;

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "get_view",
        on: On::Every,
        takes_ids: false,
        params: &[Param("view_id", false), Param("view_type", false)],
        is_open: true,
        run: get_view,
    },
    Method {
        name: "get_views",
        on: On::Every,
        takes_ids: false,
        params: &[Param("views", true), Param("options", false)],
        is_open: false,
        run: get_views,
    },
];

fn get_view(_: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let kind = arguments.text("view_type").unwrap_or("form");
    let mut used = vec!["id", "write_date"];
    used.extend(columns(model));
    let mut view = arch(model, kind);
    view.insert("models".into(), json!({ &model.name: used }));
    Ok(Value::Object(view))
}

fn get_views(_: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let asked = arguments.get("views").as_array().cloned().unwrap_or_default();
    let mut views = Map::new();
    for pair in &asked {
        if let Some(kind) = pair.get(1).and_then(Value::as_str) {
            views.insert(kind.to_owned(), Value::Object(arch(model, kind)));
        }
    }
    let told = [
        "change_default",
        "context",
        "domain",
        "groupable",
        "name",
        "readonly",
        "relation",
        "relation_field",
        "required",
        "searchable",
        "selection",
        "sortable",
        "store",
        "string",
        "translate",
        "trim",
        "type",
        "aggregator",
        "currency_field",
        "help",
    ];
    let mut fields = Map::new();
    for name in columns(model).into_iter().chain(["id", "write_date"]) {
        if let Some(field) = model.field(name) {
            let mut attributes = field.attributes();
            attributes.retain(|name, _| told.contains(&name.as_str()));
            fields.insert(name.to_owned(), Value::Object(attributes));
        }
    }
    Ok(json!({ "views": views, "models": { &model.name: { "fields": fields } } }))
}

fn arch(model: &Model, kind: &str) -> Map<String, Value> {
    let mut arch = format!("<{kind} string=\"{}\">", model.label);
    for name in columns(model) {
        let _ = write!(arch, "<field name=\"{name}\"/>");
    }
    let _ = write!(arch, "</{kind}>");
    Map::from_iter([
        ("arch".to_owned(), json!(arch)),
        ("id".to_owned(), json!(1000 + model.index)),
        ("model".to_owned(), json!(model.name)),
    ])
}

/// What the list shows, left to right.
fn columns(model: &Model) -> Vec<&'static str> {
    let wanted: &[&str] = match model.name.as_str() {
        "res.partner" => &["complete_name", "email", "phone", "user_id", "city", "country_id", "company_id"],
        "crm.lead" => &[
            "name",
            "partner_id",
            "contact_name",
            "email_from",
            "phone",
            "user_id",
            "team_id",
            "expected_revenue",
            "stage_id",
            "probability",
        ],
        "product.template" | "product.product" => {
            &["name", "default_code", "list_price", "standard_price", "categ_id", "type", "uom_id"]
        }
        "sale.order" => &[
            "name",
            "date_order",
            "partner_id",
            "user_id",
            "company_id",
            "amount_total",
            "currency_id",
            "state",
            "invoice_status",
        ],
        "sale.order.line" => &["order_id", "product_id", "name", "product_uom_qty", "price_unit", "price_subtotal"],
        "res.users" => &["name", "login", "lang", "company_id"],
        "mail.message" => &["date", "subject", "author_id", "model", "res_id"],
        _ => &["name", "color", "code", "active"],
    };
    wanted.iter().copied().filter(|name| model.has(name)).collect()
}
