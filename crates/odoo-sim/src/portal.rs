//! The customers' pages: an address with a token that opens one document to whoever has it.

use crate::cell::Cell;
use crate::env::{Env, Record};
use crate::fault::{Fault, Outcome};
use crate::pdf;
use crate::schema::Model;

/// The models that have such a page, each with the first part of its address.
const PAGES: &[(&str, &str)] = &[("sale.order", "/my/orders"), ("account.move", "/my/invoices")];

/// Where the page of a record is, without its token.
pub(crate) fn address(record: &Record<'_>) -> Option<String> {
    PAGES.iter().find(|(model, _)| *model == record.model.name).map(|(_, path)| format!("{path}/{}", record.id))
}

/// The token of a record; a new one where it has none yet.
pub(crate) fn token(env: &mut Env<'_>, model: &'static Model, id: i64) -> Outcome<String> {
    let token = env.record(model, id).text("access_token");
    if !token.is_empty() {
        return Ok(token);
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Fault::raised("builtins.OSError", 500, error.to_string()))?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let token =
        format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]);
    env.put(model, id, "access_token", Cell::text(token.as_str()));
    Ok(token)
}

/// A document as it is printed, with the name of its file.
pub(crate) struct Printed {
    pub(crate) name: String,
    pub(crate) pdf: Vec<u8>,
}

/// The document behind `/my/orders/<id>` or `/my/invoices/<id>`, for whoever has its token.
pub(crate) fn open(env: &Env<'_>, page: &str, id: i64, token: &str) -> Option<Printed> {
    let (model, _) = PAGES.iter().find(|(_, path)| path.strip_prefix("/my/") == Some(page))?;
    let model = env.schema.model(model)?;
    let record = env.record(model, id);
    if token.is_empty() || !env.db.has(model, id) || record.text("access_token") != token {
        return None;
    }
    Some(Printed { name: file_name(&record), pdf: pdf::page(&lines(&record)) })
}

/// What the page of a record gets in its query.
pub(crate) fn query(token: &str, report_type: Option<&str>, download: bool, more: Option<&str>) -> String {
    let report = report_type.map(|kind| format!("&report_type={kind}")).unwrap_or_default();
    let download = if download { "&download=true" } else { "" };
    format!("?access_token={token}{report}{download}{}", more.unwrap_or_default())
}

fn file_name(record: &Record<'_>) -> String {
    let kind = match (record.model.name.as_str(), record.text("state").as_str()) {
        ("sale.order", "draft" | "sent") => "Quotation - ",
        ("sale.order", _) => "Order - ",
        _ => "",
    };
    let name = record.text("name").replace('/', "_");
    format!("{kind}{}.pdf", if name.is_empty() { "Draft".to_owned() } else { name })
}

fn lines(record: &Record<'_>) -> Vec<String> {
    let company = record.one("company_id").map(|company| company.name()).unwrap_or_default();
    let customer = record.one("partner_id").map(|partner| partner.name()).unwrap_or_default();
    let currency = record.one("currency_id").map(|currency| currency.name()).unwrap_or_default();
    let mut lines = vec![company, format!("{} {}", record.text("type_name"), record.text("name")), customer];
    let (items, quantity) = if record.model.name == "sale.order" {
        ("order_line", "product_uom_qty")
    } else {
        ("invoice_line_ids", "quantity")
    };
    for line in record.many(items) {
        let name = line.text("name");
        lines.push(format!(
            "{} x {}  {:.2}",
            line.number(quantity),
            name.lines().next().unwrap_or_default(),
            line.number("price_subtotal")
        ));
    }
    for (label, amount) in [("Untaxed", "amount_untaxed"), ("Tax", "amount_tax"), ("Total", "amount_total")] {
        lines.push(format!("{label}: {:.2} {currency}", record.number(amount)));
    }
    lines
}
