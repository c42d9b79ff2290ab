//! Between draft, posted and cancelled: numbers, and what may no longer be changed.

use serde_json::{Map, Value, json};

use super::{is_invoice, lines_of, orders_of, owed_name, recount, settle};
use crate::cell::Cell;
use crate::clock;
use crate::env::{Env, Record};
use crate::fault::{Fault, Outcome};
use crate::write;

/// What a posted document does not let anybody change.
const FIXED: &[&str] = &[
    "currency_id",
    "date",
    "invoice_date",
    "invoice_line_ids",
    "invoice_payment_term_id",
    "journal_id",
    "line_ids",
    "move_type",
    "partner_id",
];

/// Numbers documents and makes them binding.
pub(crate) fn post(env: &mut Env<'_>, ids: &[i64]) -> Outcome<()> {
    let model = env.model("account.move")?;
    let today = clock::date(env.now);
    for id in ids {
        let document = env.record(model, *id);
        let (kind, name) = (document.text("move_type"), document.text("name"));
        if document.text("state") != "draft" {
            return Err(Fault::user(format!("The entry {name} (id {id}) must be in draft.")));
        }
        let is_sale = kind.starts_with("out_");
        if is_invoice(&document) && document.id_of("partner_id").is_none() {
            return Err(Fault::user(if is_sale {
                "The 'Customer' field is required to validate the invoice.\nYou probably don't want to explain to your auditor \
                 that you invoiced an invisible man :)"
            } else {
                "The field 'Vendor' is required, please complete it to validate the Vendor Bill."
            }));
        }
        if lines_of(env, *id, &[]).is_empty() {
            return Err(Fault::user("Even magicians can't post nothing!"));
        }
        if kind.starts_with("in_") && !document.is_set("invoice_date") {
            return Err(Fault::user("The Bill/Refund date is required to validate this document."));
        }
        if is_sale && !document.is_set("invoice_date") {
            env.put(model, *id, "invoice_date", Cell::text(today.as_str()));
            env.put(model, *id, "date", Cell::text(today.as_str()));
        }
        settle(env, *id)?;
        env.as_root(|env| write::write(env, model, &[*id], &state("posted")))?;
    }
    Ok(())
}

/// Posted and cancelled documents become drafts again and keep their number.
pub(crate) fn draft(env: &mut Env<'_>, ids: &[i64]) -> Outcome<()> {
    let model = env.model("account.move")?;
    if ids.iter().any(|id| env.record(model, *id).text("state") == "draft") {
        return Err(Fault::user("Only posted/cancelled journal entries can be reset to draft."));
    }
    write::write(env, model, ids, &state("draft"))
}

/// Cancels documents, also posted ones.
pub(crate) fn cancel(env: &mut Env<'_>, ids: &[i64]) -> Outcome<()> {
    let model = env.model("account.move")?;
    write::write(env, model, ids, &state("cancel"))?;
    for id in ids {
        env.put(model, *id, "payment_state", Cell::text("not_paid"));
        let total = env.record(model, *id).cell("amount_total");
        env.put(model, *id, "amount_residual", total);
    }
    Ok(())
}

/// Follows a change of state, by a button or by a write: a posted document has a number.
pub(crate) fn entered(env: &mut Env<'_>, id: i64) -> Outcome<()> {
    let model = env.model("account.move")?;
    let document = env.record(model, id);
    if document.text("state") == "posted" {
        if document.text("name").is_empty() {
            let name = number(env, &document);
            env.put(model, id, "name", Cell::text(name));
        }
        let document = env.record(model, id);
        if document.text("move_type").starts_with("out_") && document.text("payment_reference").is_empty() {
            let name = document.cell("name");
            env.put(model, id, "payment_reference", name);
        }
        env.put(model, id, "posted_before", Cell::Bool(true));
        let items = env.model("account.move.line")?;
        for line in lines_of(env, id, &["payment_term"]) {
            let name = owed_name(&env.record(model, id));
            env.put(items, line, "name", name);
        }
    }
    recount(env, &orders_of(env, id)?)
}

/// Refuses changes of what is posted.
pub(crate) fn check_open(document: &Record<'_>, vals: &Map<String, Value>) -> Outcome<()> {
    if document.text("state") != "posted" || vals.get("state").is_some_and(|state| state != "posted") {
        return Ok(());
    }
    let fixed: Vec<&str> = vals.keys().map(String::as_str).filter(|name| FIXED.contains(name)).collect();
    if fixed.is_empty() {
        return Ok(());
    }
    let fields = fixed.join(", ");
    Err(Fault::user(format!("You cannot modify the following readonly fields on a posted move: {fields}")))
}

fn state(state: &str) -> Map<String, Value> {
    Map::from_iter([("state".to_owned(), json!(state))])
}

/// The next number of the document's series: by year for what is sold, by month for the rest.
fn number(env: &Env<'_>, document: &Record<'_>) -> String {
    let (year, month, _) = clock::parts(clock::seconds(&document.text("date")).unwrap_or(env.now));
    let code = document.one("journal_id").map(|journal| journal.text("code")).unwrap_or_default();
    let refund = if document.text("move_type").ends_with("_refund") { "R" } else { "" };
    let by_year = document.text("move_type").starts_with("out_");
    let prefix = if by_year { format!("{refund}{code}/{year}/") } else { format!("{refund}{code}/{year}/{month:02}/") };
    let company = document.id_of("company_id");
    let taken = env.db.ids(document.model).filter_map(|id| {
        let other = env.record(document.model, id);
        if other.id_of("company_id") != company {
            return None;
        }
        other.text("name").strip_prefix(&prefix)?.parse::<u32>().ok()
    });
    let next = taken.max().unwrap_or(0) + 1;
    if by_year { format!("{prefix}{next:05}") } else { format!("{prefix}{next:04}") }
}
