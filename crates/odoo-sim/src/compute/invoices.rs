//! What is worked out of invoices, their lines, payments and the wizards around them.

use super::{counted, rounded};
use crate::cell::Cell;
use crate::env::Record;
use crate::invoice;

/// A field of an invoice, bill or entry.
pub(super) fn document(record: &Record<'_>, field: &str) -> Cell {
    let sign = invoice::sign(record);
    let signed = |name: &str| Cell::Float(sign * record.number(name) + 0.0);
    match field {
        "invoice_line_ids" => Cell::Ids(invoice::product_lines(record.env, record.id)),
        "amount_untaxed_signed" | "amount_untaxed_in_currency_signed" => signed("amount_untaxed"),
        "amount_tax_signed" => signed("amount_tax"),
        "amount_total_signed" | "amount_total_in_currency_signed" => signed("amount_total"),
        "amount_residual_signed" => signed("amount_residual"),
        "status_in_payment" => match (record.text("state").as_str(), record.text("payment_state").as_str()) {
            ("posted", "not_paid") => Cell::text("posted"),
            ("posted", state) | ("draft", state @ "paid") => Cell::text(state),
            (state, _) => Cell::some_text(state),
        },
        "payment_count" => counted(record.many("matched_payment_ids").len()),
        "invoice_partner_display_name" => {
            record.one("partner_id").map_or(Cell::Null, |partner| partner.cell("display_name"))
        }
        "type_name" => Cell::text(match record.text("move_type").as_str() {
            "out_invoice" => "Invoice",
            "out_refund" => "Credit Note",
            "in_invoice" => "Vendor Bill",
            "in_refund" => "Vendor Credit Note",
            "out_receipt" => "Sales Receipt",
            "in_receipt" => "Purchase Receipt",
            _ => "Journal Entry",
        }),
        "access_url" => crate::portal::address(record).map_or(Cell::Null, Cell::text),
        "sequence_prefix" => match record.text("name").rsplit_once('/') {
            Some((prefix, _)) => Cell::text(format!("{prefix}/")),
            None => Cell::Null,
        },
        "sequence_number" => {
            let name = record.text("name");
            Cell::Int(name.rsplit_once('/').and_then(|(_, number)| number.parse().ok()).unwrap_or(0))
        }
        _ => Cell::Null,
    }
}

/// A field of a journal item.
pub(super) fn item(record: &Record<'_>, field: &str) -> Cell {
    match field {
        "amount_currency" => record.cell("balance"),
        "reconciled" => Cell::Bool(
            record.text("display_type") == "payment_term"
                && record.text("parent_state") == "posted"
                && record.number("amount_residual") == 0.0,
        ),
        _ => Cell::Null,
    }
}

/// `INV/2026/00001 (PO-7) [DESK] Desk`.
pub(super) fn item_name(record: &Record<'_>) -> String {
    let reference = record.text("ref");
    let reference = if reference.is_empty() { reference } else { format!("({reference})") };
    let name = if record.text("display_type") == "payment_term" { String::new() } else { record.text("name") };
    [record.text("move_name"), reference, name]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What is left when a payment wizard pays its amount.
pub(super) fn difference(record: &Record<'_>) -> Cell {
    Cell::Float(rounded(record.number("source_amount") - record.number("amount")))
}

/// A field of the wizard that invoices orders.
pub(super) fn billing(record: &Record<'_>, field: &str) -> Cell {
    let orders = record.many("sale_order_ids");
    let first = orders.first();
    match field {
        "count" => counted(orders.len()),
        "has_down_payments" => Cell::Bool(
            orders.iter().flat_map(|order| order.many("order_line")).any(|line| line.is_set("is_downpayment")),
        ),
        "currency_id" | "company_id" => first.map_or(Cell::Null, |order| order.cell(field)),
        "amount_invoiced" => Cell::Float(orders.iter().map(invoiced).sum()),
        "display_draft_invoice_warning" => Cell::Bool(
            orders.iter().flat_map(|order| order.many("invoice_ids")).any(|invoice| invoice.text("state") == "draft"),
        ),
        _ => Cell::Null,
    }
}

/// The invoices that an order's lines are on.
pub(super) fn of_order(record: &Record<'_>) -> Vec<i64> {
    let lines = record.many("order_line");
    let mut ids: Vec<i64> =
        lines.iter().flat_map(|line| line.many("invoice_lines")).filter_map(|item| item.id_of("move_id")).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// How much of an order is on posted invoices.
pub(super) fn invoiced(record: &Record<'_>) -> f64 {
    let posted = record.many("invoice_ids").into_iter().filter(|document| document.text("state") == "posted");
    rounded(posted.map(|document| document.number("amount_total_signed")).sum::<f64>()) + 0.0
}
