//! What is owed of a document: its terms and what was paid.

use super::{lines_of, sign};
use crate::cell::Cell;
use crate::clock;
use crate::compute::rounded;
use crate::env::{Env, Record};
use crate::fault::Outcome;

/// What was paid of a document from now on: the rest is still owed.
pub(crate) fn paid(env: &mut Env<'_>, id: i64, amount: f64, in_full: bool) -> Outcome<()> {
    let (model, items) = (env.model("account.move")?, env.model("account.move.line")?);
    let document = env.record(model, id);
    let left = if in_full { 0.0 } else { rounded((document.number("amount_residual") - amount).max(0.0)) };
    let sign = sign(&document);
    env.put(model, id, "amount_residual", Cell::Float(left));
    env.put(model, id, "payment_state", Cell::text(if left == 0.0 { "paid" } else { "partial" }));
    for line in lines_of(env, id, &["payment_term"]) {
        env.put(items, line, "amount_residual", Cell::Float(sign * left));
    }
    Ok(())
}

pub(super) fn owed_name(document: &Record<'_>) -> Cell {
    let parts: Vec<String> = [document.text("ref"), document.text("payment_reference")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    Cell::some_text(&parts.join(" - "))
}

/// The day by which the terms want the money.
pub(super) fn due(env: &Env<'_>, document: &Record<'_>) -> String {
    let from = clock::seconds(&document.text("invoice_date")).unwrap_or(env.now);
    let days = |days: i64| clock::date(from + days * 86_400);
    match document.id_of("invoice_payment_term_id") {
        Some(2) => days(15),
        Some(3) => days(21),
        Some(4) => days(30),
        Some(5) => days(45),
        Some(6) => {
            let (year, month, _) = clock::parts(from);
            clock::date(clock::midnight(year, month + 2, 1) - 86_400)
        }
        _ => match document.text("invoice_date_due") {
            due if due.is_empty() => days(0),
            due => due,
        },
    }
}

/// What a payment paid is owed again.
pub(crate) fn unpaid(env: &mut Env<'_>, payment: i64) -> Outcome<()> {
    let (payments, model) = (env.model("account.payment")?, env.model("account.move")?);
    let record = env.record(payments, payment);
    let mut amount = record.number("amount");
    for id in record.cell("invoice_ids").ids() {
        let document = env.record(model, id);
        let owed = document.number("amount_residual");
        let back = amount.min(document.number("amount_total") - owed);
        amount -= back;
        let left = rounded(owed + back);
        let state = if (left - document.number("amount_total")).abs() < 0.005 { "not_paid" } else { "partial" };
        let sign = sign(&document);
        env.put(model, id, "amount_residual", Cell::Float(left));
        env.put(model, id, "payment_state", Cell::text(state));
        let items = env.model("account.move.line")?;
        for line in lines_of(env, id, &["payment_term"]) {
            env.put(items, line, "amount_residual", Cell::Float(sign * left));
        }
    }
    Ok(())
}
