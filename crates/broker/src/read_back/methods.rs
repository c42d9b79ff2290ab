//! `odoo_execute`: methods that leave a record in a state that is known.

use super::look::{Tally, reading};
use super::{Change, Verdict};
use crate::sessions::Session;
use gatehouse_odoo::OdooError;
use serde_json::Value;

/// Model, method, and the states that it can leave.
const LEAVES: &[(&str, &str, &[&str])] = &[
    ("sale.order", "action_confirm", &["sale", "done"]),
    ("sale.order", "action_cancel", &["cancel"]),
    ("sale.order", "action_draft", &["draft"]),
    ("sale.order", "action_quotation_sent", &["sent"]),
    ("account.move", "action_post", &["posted"]),
    ("account.move", "button_draft", &["draft"]),
    ("account.move", "button_cancel", &["cancel"]),
    ("account.payment", "action_post", &["posted", "in_process", "paid"]),
    ("account.payment", "action_draft", &["draft"]),
    ("account.payment", "action_cancel", &["cancelled", "canceled"]),
    ("account.payment", "action_validate", &["paid"]),
    ("account.payment", "action_reject", &["rejected"]),
    ("purchase.order", "button_confirm", &["purchase", "to approve", "done"]),
    ("purchase.order", "button_approve", &["purchase", "done"]),
    ("purchase.order", "button_cancel", &["cancel"]),
    ("purchase.order", "button_draft", &["draft"]),
    ("stock.picking", "button_validate", &["done"]),
    ("stock.picking", "action_cancel", &["cancel"]),
    ("mrp.production", "action_confirm", &["confirmed"]),
    ("mrp.production", "button_mark_done", &["done"]),
    ("mrp.production", "action_cancel", &["cancel"]),
    ("hr.leave", "action_approve", &["validate", "validate1"]),
    ("hr.leave", "action_validate", &["validate"]),
    ("hr.leave", "action_refuse", &["refuse"]),
];

/// By the state that each record had before.
pub(super) async fn look(session: &Session, change: &Change) -> Result<Verdict, OdooError> {
    let known = LEAVES.iter().find(|(model, method, _)| *model == change.model && *method == change.method);
    let Some((_, _, leaves)) = known else {
        return Ok(Verdict::unclear("What this method leaves is not known, so records do not tell. Look into Odoo."));
    };
    let ids: Vec<i64> = change.before.as_object().into_iter().flatten().filter_map(|(id, _)| id.parse().ok()).collect();
    let rows = session.client.read(&change.model, &ids, &["state"], Some(&reading(change))).await?;
    let mut tally = Tally::default();
    for id in ids {
        let now = rows.iter().find(|row| row.get("id").and_then(Value::as_i64) == Some(id));
        let now = now.and_then(|row| row.get("state")?.as_str());
        let Some(before) = change.before[id.to_string()]["state"].as_str() else { continue };
        match now {
            // It was there before: nothing tells.
            _ if leaves.contains(&before) => {}
            Some(state) if leaves.contains(&state) => tally.new.push(id),
            Some(state) if state == before => tally.old.push(id),
            _ => tally.neither.push(id),
        }
    }
    Ok(tally.verdict(
        "The records are in the state that the method leaves: it was applied.",
        "The records are in the state from before: it was not applied.",
    ))
}
