//! Invoices and bills: their lines, totals and numbers, and the states between draft, posted and cancelled.

mod owed;
mod states;

pub(crate) use owed::{paid, unpaid};
pub(crate) use states::{cancel, check_open, draft, entered, post};

use owed::{due, owed_name};

use serde_json::{Map, Value, json};

use crate::cell::Cell;
use crate::clock;
use crate::compute::rounded;
use crate::env::{Env, Record};
use crate::fault::Outcome;
use crate::sale;
use crate::schema::Model;

/// What a new document gets besides the field defaults: journal, company, currency, terms, salesperson.
pub(crate) fn complete(env: &Env<'_>, vals: &mut Map<String, Value>) -> Outcome<()> {
    let kind = vals.get("move_type").and_then(Value::as_str).unwrap_or("entry").to_owned();
    let journals = env.model("account.journal")?;
    let named = vals.get("journal_id").and_then(Value::as_i64);
    let company = match named {
        Some(journal) => env.record(journals, journal).id_of("company_id"),
        None => vals.get("company_id").and_then(Value::as_i64).or_else(|| env.company()),
    };
    let journal = named.or_else(|| journal_of(env, journals, journal_type(&kind), company));
    vals.insert("journal_id".into(), json!(journal));
    vals.insert("company_id".into(), json!(company));
    let currency = company.and_then(|id| env.record(env.schema.model("res.company")?, id).id_of("currency_id"));
    vals.entry("currency_id").or_insert(json!(currency));
    if let Some(partner) = vals.get("partner_id").and_then(Value::as_i64) {
        let partner = env.record(env.model("res.partner")?, partner);
        if kind.starts_with("out_") {
            vals.entry("invoice_payment_term_id").or_insert(json!(partner.id_of("property_payment_term_id")));
            vals.entry("partner_shipping_id").or_insert(json!(partner.id));
        }
    }
    if kind.starts_with("out_") {
        vals.entry("invoice_user_id").or_insert(json!(env.uid));
        let team = sale::team(env, vals.get("invoice_user_id").and_then(Value::as_i64));
        vals.entry("team_id").or_insert(json!(team));
    }
    Ok(())
}

/// Fills a line from its product, where the caller said nothing else.
pub(crate) fn complete_line(env: &mut Env<'_>, line: i64, is_given: impl Fn(&str) -> bool) -> Outcome<()> {
    let model = env.model("account.move.line")?;
    let record = env.record(model, line);
    let Some(document) = record.one("move_id") else { return Ok(()) };
    let is_sale = document.text("move_type").starts_with("out_");
    let mut filled = vec![
        ("account_id", Cell::one(document.one("journal_id").and_then(|journal| journal.id_of("default_account_id")))),
        ("currency_id", document.cell("currency_id")),
    ];
    if is_invoice(&document) {
        filled.push(("display_type", Cell::text("product")));
        filled.push(("quantity", Cell::Float(1.0)));
    }
    if let Some(product) = record.one("product_id") {
        filled.push(("name", Cell::text(sale::description(&product))));
        filled.push(("price_unit", product.cell(if is_sale { "lst_price" } else { "standard_price" })));
        filled.push(("product_uom_id", product.cell("uom_id")));
    }
    let filled: Vec<_> =
        filled.into_iter().filter(|(name, _)| !is_given(name) && record.cell(name) == Cell::Null).collect();
    for (name, cell) in filled {
        env.put(model, line, name, cell);
    }
    Ok(())
}

/// Works out the amounts of a document from its lines, and the lines for tax and for what is owed.
pub(crate) fn settle(env: &mut Env<'_>, id: i64) -> Outcome<()> {
    let (model, items) = (env.model("account.move")?, env.model("account.move.line")?);
    let document = env.record(model, id);
    if !is_invoice(&document) || document.text("state") != "draft" {
        return Ok(());
    }
    let sign = sign(&document);
    let paid = match document.text("payment_state").as_str() {
        "paid" | "partial" => document.number("amount_total") - document.number("amount_residual"),
        _ => 0.0,
    };
    let (company, currency) = (document.id_of("company_id"), document.cell("currency_id"));
    let due = due(env, &document);
    let lines = product_lines(env, id);
    let (mut untaxed, mut tax) = (0.0, 0.0);
    for line in &lines {
        let record = env.record(items, *line);
        let subtotal = rounded(
            record.number("price_unit") * record.number("quantity") * (1.0 - record.number("discount") / 100.0),
        );
        let taxes = rounded(subtotal * sale::TAX);
        (untaxed, tax) = (untaxed + subtotal, tax + taxes);
        env.put(items, *line, "price_subtotal", Cell::Float(subtotal));
        env.put(items, *line, "price_total", Cell::Float(rounded(subtotal + taxes)));
        book(env, items, *line, -sign * subtotal);
    }
    let (untaxed, tax) = (rounded(untaxed), rounded(tax));
    let total = rounded(untaxed + tax);
    let left = rounded((total - paid).max(0.0));
    for (name, amount) in
        [("amount_untaxed", untaxed), ("amount_tax", tax), ("amount_total", total), ("amount_residual", left)]
    {
        env.put(model, id, name, Cell::Float(amount));
    }
    env.put(model, id, "invoice_date_due", Cell::text(due.as_str()));
    let is_sale = sign_of_sale(env, id)?;
    let owed = if is_sale { "asset_receivable" } else { "liability_payable" };
    for (kind, account, amount) in [("tax", "liability_current", -sign * tax), ("payment_term", owed, sign * total)] {
        let there = lines_of(env, id, &[kind]).first().copied();
        if lines.is_empty() || (kind == "tax" && amount == 0.0) {
            if let Some(line) = there {
                env.db.remove(items, line);
            }
            continue;
        }
        let line = there.unwrap_or_else(|| new_line(env, items, id, kind));
        env.put(items, line, "account_id", Cell::one(account_of(env, account, company)?));
        env.put(items, line, "currency_id", currency.clone());
        book(env, items, line, amount);
        if kind == "payment_term" {
            env.put(items, line, "date_maturity", Cell::text(due.as_str()));
            env.put(items, line, "amount_residual", Cell::Float(sign * left));
            env.put(items, line, "name", owed_name(&env.record(model, id)));
        }
    }
    Ok(())
}

/// The order lines that a document's lines come from.
pub(crate) fn orders_of(env: &Env<'_>, id: i64) -> Outcome<Vec<i64>> {
    let items = env.model("account.move.line")?;
    let lines = lines_of(env, id, &[]);
    Ok(lines.into_iter().flat_map(|line| env.record(items, line).cell("sale_line_ids").ids()).collect())
}

/// Counts anew how much of order lines is invoiced; cancelled documents do not count, credit notes count against.
pub(crate) fn recount(env: &mut Env<'_>, order_lines: &[i64]) -> Outcome<()> {
    let lines = env.model("sale.order.line")?;
    for line in order_lines {
        let invoiced = env.record(lines, *line).many("invoice_lines").iter().fold(0.0, |sum, item| {
            match (item.text("parent_state").as_str(), item.text("move_type").as_str()) {
                ("cancel", _) => sum,
                (_, "out_refund") => sum - item.number("quantity"),
                _ => sum + item.number("quantity"),
            }
        });
        env.put(lines, *line, "qty_invoiced", Cell::Float(invoiced));
    }
    Ok(())
}

/// Whether the document is an invoice, a bill or a credit note, and no bare journal entry.
pub(crate) fn is_invoice(document: &Record<'_>) -> bool {
    !matches!(document.text("move_type").as_str(), "" | "entry")
}

/// 1 where the company gets money, −1 where it owes some.
pub(crate) fn sign(document: &Record<'_>) -> f64 {
    match document.text("move_type").as_str() {
        "in_invoice" | "out_refund" | "in_receipt" => -1.0,
        _ => 1.0,
    }
}

/// The lines of a document of some kinds (none: of all), in their order.
pub(crate) fn lines_of(env: &Env<'_>, id: i64, kinds: &[&str]) -> Vec<i64> {
    let Some((items, move_id)) =
        env.schema.model("account.move.line").and_then(|items| Some((items, items.field("move_id")?)))
    else {
        return Vec::new();
    };
    let lines = env.db.pointing(items, move_id.index, id).into_iter();
    lines
        .filter(|line| kinds.is_empty() || kinds.contains(&env.record(items, *line).text("display_type").as_str()))
        .collect()
}

/// A company's journal of a type.
pub(crate) fn journal_of(env: &Env<'_>, journals: &'static Model, kind: &str, company: Option<i64>) -> Option<i64> {
    env.db.ids(journals).find(|id| {
        let journal = env.record(journals, *id);
        journal.text("type") == kind && journal.id_of("company_id") == company
    })
}

/// The name that a document gets when it has no number: `Draft Invoice (PO-1)`.
pub(crate) fn display_name(document: &Record<'_>) -> String {
    let kind = match document.text("move_type").as_str() {
        "out_invoice" => "Invoice",
        "out_refund" => "Credit Note",
        "in_invoice" => "Bill",
        "in_refund" => "Vendor Credit Note",
        "out_receipt" => "Sales Receipt",
        "in_receipt" => "Purchase Receipt",
        _ => "Entry",
    };
    let name = match (document.text("name"), document.text("state").as_str()) {
        (name, _) if !name.is_empty() => name,
        (_, "cancel") => format!("Cancelled {kind}"),
        _ => format!("Draft {kind}"),
    };
    match document.text("ref") {
        text if text.is_empty() => name,
        text => format!("{name} ({text})"),
    }
}

/// The lines that a person wrote.
pub(crate) fn product_lines(env: &Env<'_>, id: i64) -> Vec<i64> {
    lines_of(env, id, &["product", "line_section", "line_subsection", "line_note"])
}

fn journal_type(kind: &str) -> &'static str {
    match kind.split_once('_').map(|(side, _)| side) {
        Some("out") => "sale",
        Some("in") => "purchase",
        _ => "general",
    }
}

fn sign_of_sale(env: &Env<'_>, id: i64) -> Outcome<bool> {
    Ok(env.record(env.model("account.move")?, id).text("move_type").starts_with("out_"))
}

fn new_line(env: &mut Env<'_>, items: &'static Model, id: i64, kind: &str) -> i64 {
    let line = env.db.add(items);
    let sequence = if kind == "tax" { 10_000 } else { 12_000 };
    for (name, cell) in [
        ("id", Cell::Int(line)),
        ("move_id", Cell::Int(id)),
        ("display_type", Cell::text(kind)),
        ("sequence", Cell::Int(sequence)),
        ("name", if kind == "tax" { Cell::text("15%") } else { Cell::Null }),
        ("create_uid", Cell::Int(env.uid)),
        ("write_uid", Cell::Int(env.uid)),
        ("create_date", Cell::text(clock::datetime(env.now))),
        ("write_date", Cell::text(clock::datetime(env.now))),
    ] {
        env.put(items, line, name, cell);
    }
    line
}

fn book(env: &mut Env<'_>, items: &'static Model, line: i64, balance: f64) {
    let balance = rounded(balance) + 0.0;
    for (name, amount) in [("balance", balance), ("debit", balance.max(0.0)), ("credit", (-balance).max(0.0))] {
        env.put(items, line, name, Cell::Float(amount));
    }
}

fn account_of(env: &Env<'_>, kind: &str, company: Option<i64>) -> Outcome<Option<i64>> {
    let accounts = env.model("account.account")?;
    Ok(env.db.ids(accounts).find(|id| {
        let account = env.record(accounts, *id);
        let of_company = company.is_some_and(|company| account.cell("company_ids").ids().contains(&company));
        account.text("account_type") == kind && of_company
    }))
}
