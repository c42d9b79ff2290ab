//! The list view of a model, as far as it tells which fields a person would want to see.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param};
use crate::access::{self, Operation};
use crate::env::Env;
use crate::fault::{Fault, Outcome};
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

fn get_view(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    access::check(env, model, Operation::Read)?;
    let kind = arguments.text("view_type").unwrap_or("form");
    let mut used = vec!["id", "write_date"];
    used.extend(columns(model).into_iter().map(|Column(name, _)| name));
    let mut view = arch(model, kind)?;
    view.insert("models".into(), json!({ &model.name: used }));
    Ok(Value::Object(view))
}

fn get_views(_: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let asked = arguments.get("views").as_array().cloned().unwrap_or_default();
    let mut views = Map::new();
    for pair in &asked {
        if let Some(kind) = pair.get(1).and_then(Value::as_str) {
            views.insert(kind.to_owned(), Value::Object(arch(model, kind)?));
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
    for name in columns(model).into_iter().map(|Column(name, _)| name).chain(["id", "write_date"]) {
        if let Some(field) = model.field(name) {
            let mut attributes = field.attributes();
            attributes.retain(|name, _| told.contains(&name.as_str()));
            fields.insert(name.to_owned(), Value::Object(attributes));
        }
    }
    Ok(json!({ "views": views, "models": { &model.name: { "fields": fields } } }))
}

fn arch(model: &Model, kind: &str) -> Outcome<Map<String, Value>> {
    const KINDS: &[&str] = &["form", "list", "kanban", "search", "pivot", "graph", "calendar", "activity"];
    if !KINDS.contains(&kind) {
        return Err(Fault::user(format!("No default view of type '{kind}' could be found!")));
    }
    let mut arch = format!("<{kind} string=\"{}\">", escaped(&model.label));
    for Column(name, shown) in columns(model) {
        let _ = match (kind, shown) {
            ("list", Shown::IfWanted) => write!(arch, "<field name=\"{name}\" optional=\"show\"/>"),
            ("list", Shown::WhenAsked) => write!(arch, "<field name=\"{name}\" optional=\"hide\"/>"),
            ("list", Shown::Never) => write!(arch, "<field name=\"{name}\" column_invisible=\"True\"/>"),
            _ => write!(arch, "<field name=\"{name}\"/>"),
        };
    }
    let _ = write!(arch, "</{kind}>");
    Ok(Map::from_iter([
        ("arch".to_owned(), json!(arch)),
        ("id".to_owned(), json!(1000 + model.index)),
        ("model".to_owned(), json!(model.name)),
    ]))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A column of a list.
struct Column(&'static str, Shown);

/// Whether a person sees a column.
#[derive(Clone, Copy)]
enum Shown {
    Always,
    /// `optional="show"`.
    IfWanted,
    /// `optional="hide"`.
    WhenAsked,
    /// `column_invisible`.
    Never,
}

/// What the list shows, left to right: `+` can be switched off, `-` can be switched on, `!` is there for other columns only.
fn columns(model: &Model) -> Vec<Column> {
    let wanted = match model.name.as_str() {
        "res.partner" => {
            "complete_name -vat +email +phone -user_id +activity_ids -street -city -state_id +country_id -category_id -company_id"
        }
        "crm.lead" => {
            "!company_id !date_deadline !won_status -create_date name -partner_id +contact_name email_from -phone -city -state_id \
             -country_id +user_id -team_id -priority -activity_ids +expected_revenue !stage_id_color +stage_id !active -probability \
             -lost_reason_id -tag_ids"
        }
        "product.template" | "product.product" => {
            "!product_variant_count !sale_ok !currency_id +is_favorite name +default_code -barcode -company_id +list_price \
             +standard_price -categ_id -type !active"
        }
        "sale.order" => {
            "!currency_id name +date_order -commitment_date -expected_date partner_id +user_id +activity_ids -team_id +company_id \
             -amount_untaxed -amount_tax +amount_total -tag_ids -state +invoice_status -client_order_ref -validity_date"
        }
        "sale.order.line" => {
            "order_id order_partner_id name salesman_id product_uom_qty qty_delivered qty_invoiced qty_to_invoice price_subtotal \
             !currency_id"
        }
        "account.move" => {
            "name invoice_partner_display_name +invoice_date -date +invoice_date_due -invoice_origin -payment_reference -ref \
             -invoice_user_id -team_id -activity_ids -company_id +amount_untaxed_in_currency_signed -amount_tax_signed \
             +amount_total_in_currency_signed -amount_residual_signed -currency_id !company_currency_id +status_in_payment !move_type \
             !state !payment_state"
        }
        "account.move.line" => {
            "!company_id !parent_state date move_name +journal_id account_id partner_id +ref name -date_maturity debit credit -balance \
             +amount_residual"
        }
        "account.payment" => "date name journal_id partner_id amount state !currency_id",
        "account.journal" => "!sequence name type +code -default_account_id -company_id",
        "ir.attachment" => "name res_model res_field res_id type file_size company_id create_uid create_date",
        "mail.notification" => "res_partner_id",
        "mail.followers" => "res_model res_id partner_id",
        "mail.activity" => "res_name activity_type_id summary user_id date_deadline",
        "res.users" => "name login lang company_id",
        "res.country" => "name code",
        "crm.tag" => "name color",
        "mail.message" => "date subject author_id model res_id",
        _ => "name summary color code active",
    };
    let column = |told: &'static str| match told.split_at_checked(1) {
        Some(("+", name)) => Column(name, Shown::IfWanted),
        Some(("-", name)) => Column(name, Shown::WhenAsked),
        Some(("!", name)) => Column(name, Shown::Never),
        _ => Column(told, Shown::Always),
    };
    wanted.split_whitespace().map(column).filter(|Column(name, _)| model.has(name)).collect()
}
