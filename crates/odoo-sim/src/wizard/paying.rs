//! Pays invoices.

use serde_json::{Map, Value, json};

use super::active_model;
use crate::cell::Cell;
use crate::clock;
use crate::compute::rounded;
use crate::env::{Env, Record};
use crate::fault::{Fault, Outcome};
use crate::invoice;
use crate::schema::Model;
use crate::write;

/// Pays the documents of a payment wizard. Gives the payments.
pub(crate) fn pay(env: &mut Env<'_>, wizard: i64) -> Outcome<Vec<i64>> {
    let (model, payments) = (env.model("account.payment.register")?, env.model("account.payment")?);
    let record = env.record(model, wizard);
    let documents: Vec<i64> = record.many("line_ids").iter().filter_map(|line| line.id_of("move_id")).collect();
    let is_single = documents.len() == 1 || record.is_set("group_payment");
    let in_full = record.text("payment_difference_handling") == "reconcile";
    let mut rest = record.number("amount");
    let shared: Map<String, Value> = [
        ("date", "payment_date"),
        ("journal_id", "journal_id"),
        ("company_id", "company_id"),
        ("currency_id", "currency_id"),
        ("payment_type", "payment_type"),
        ("partner_type", "partner_type"),
    ]
    .into_iter()
    .map(|(to, from)| (to.to_owned(), plain(&record.cell(from))))
    .collect();
    let memo = record.text("communication");
    let moves = env.model("account.move")?;
    let batches: Vec<Vec<i64>> =
        if is_single { vec![documents] } else { documents.into_iter().map(|document| vec![document]).collect() };
    let mut made = Vec::with_capacity(batches.len());
    for batch in batches {
        let owed = |document: i64| env.record(moves, document).number("amount_residual");
        let amount = if is_single { rest } else { batch.iter().map(|document| owed(*document)).sum() };
        let first = batch.first().map(|document| env.record(moves, *document));
        let partner = first.and_then(|document| document.id_of("commercial_partner_id"));
        let name = first.map(|document| document.text("name")).unwrap_or_default();
        let mut vals = shared.clone();
        vals.insert("name".into(), json!(number(env, payments)));
        vals.insert("amount".into(), json!(rounded(amount)));
        vals.insert("memo".into(), json!(if is_single { memo.clone() } else { name }));
        vals.insert("partner_id".into(), json!(partner));
        vals.insert("invoice_ids".into(), json!([[6, 0, batch]]));
        vals.insert("state".into(), json!("in_process"));
        vals.insert("is_reconciled".into(), json!(true));
        made.push(write::create(env, payments, &vals)?);
        for document in batch {
            let share =
                env.record(moves, document).number("amount_residual").min(if is_single { rest } else { f64::MAX });
            rest -= share;
            invoice::paid(env, document, share, in_full)?;
        }
    }
    Ok(made)
}

/// The lines that are still owed, of the invoices or journal items that the wizard is about.
pub(super) fn payable(env: &Env<'_>, active: &[i64]) -> Outcome<Vec<i64>> {
    let items = env.model("account.move.line")?;
    let lines: Vec<i64> = match active_model(env) {
        "account.move" => active.iter().flat_map(|id| invoice::lines_of(env, *id, &["payment_term"])).collect(),
        "account.move.line" => active.to_vec(),
        _ => {
            return Err(Fault::user(
                "The register payment wizard should only be called on account.move or account.move.line records.",
            ));
        }
    };
    let open: Vec<i64> =
        lines.into_iter().filter(|line| env.record(items, *line).number("amount_residual") != 0.0).collect();
    if open.is_empty() {
        return Err(Fault::user(
            "There's nothing left to pay for the selected journal items, so no payment registration is necessary. You've got \
             your finances under control like a boss!",
        ));
    }
    Ok(open)
}

pub(super) fn complete_payment(env: &Env<'_>, vals: &mut Map<String, Value>) -> Outcome<()> {
    let items = env.model("account.move.line")?;
    let lines = vals.get("line_ids").and_then(|commands| commands.pointer("/0/2")).and_then(Value::as_array);
    let lines: Vec<Record<'_>> =
        lines.into_iter().flatten().filter_map(Value::as_i64).map(|line| env.record(items, line)).collect();
    let owed = rounded(lines.iter().map(|line| line.number("amount_residual")).sum());
    let first = lines.first().and_then(|line| line.one("move_id"));
    let company = first.and_then(|document| document.id_of("company_id"));
    let is_sale = first.is_some_and(|document| document.text("move_type").starts_with("out_"));
    let names: Vec<String> = lines.iter().map(|line| line.text("move_name")).filter(|name| !name.is_empty()).collect();
    let bank = invoice::journal_of(env, env.model("account.journal")?, "bank", company);
    for (name, value) in [
        ("amount", json!(owed.abs())),
        ("communication", json!(names.join(", "))),
        ("journal_id", json!(bank)),
        ("payment_type", json!(if owed < 0.0 { "outbound" } else { "inbound" })),
        ("partner_type", json!(if is_sale { "customer" } else { "supplier" })),
        ("currency_id", json!(first.and_then(|document| document.id_of("currency_id")))),
    ] {
        vals.entry(name).or_insert(value);
    }
    let is_editable = lines.len() == 1;
    for (name, value) in [
        ("source_amount", json!(owed.abs())),
        ("source_currency_id", json!(first.and_then(|document| document.id_of("currency_id")))),
        ("company_id", json!(company)),
        ("partner_id", json!(first.and_then(|document| document.id_of("commercial_partner_id")))),
        ("can_edit_wizard", json!(is_editable)),
        ("can_group_payments", json!(!is_editable)),
    ] {
        vals.insert(name.into(), value);
    }
    Ok(())
}

/// `PBNK1/2026/00001`.
fn number(env: &Env<'_>, payments: &'static Model) -> String {
    let (year, ..) = clock::parts(env.now);
    let prefix = format!("PBNK1/{year}/");
    let taken = env.db.ids(payments).filter_map(|id| {
        env.record(payments, id).text("name").strip_prefix(&prefix).and_then(|number| number.parse::<u32>().ok())
    });
    format!("{prefix}{:05}", taken.max().unwrap_or(0) + 1)
}

fn plain(cell: &Cell) -> Value {
    match cell {
        Cell::Int(id) => json!(id),
        Cell::Text(text) => json!(**text),
        Cell::Float(number) => json!(number),
        Cell::Bool(truth) => json!(truth),
        Cell::Null | Cell::Ids(_) => json!(false),
    }
}
