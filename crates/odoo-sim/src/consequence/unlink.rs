//! What may not be deleted, and what follows where it may.

use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::invoice;
use crate::sale;
use crate::schema::Model;

/// What has to be worked out anew once a record is gone.
pub(crate) enum Aftermath {
    Nothing,
    /// The totals of an order.
    Order(i64),
    /// The amounts of an invoice.
    Document(i64),
    /// How much of order lines is invoiced.
    Invoiced(Vec<i64>),
}

/// Refuses what may not be deleted.
pub(crate) fn before_unlink(env: &mut Env<'_>, model: &'static Model, id: i64) -> Outcome<Aftermath> {
    let record = env.record(model, id);
    Ok(match model.name.as_str() {
        "sale.order" if !matches!(record.text("state").as_str(), "draft" | "cancel") => {
            return Err(Fault::user(
                "You can not delete a sent quotation or a confirmed sales order. You must first cancel it.",
            ));
        }
        "sale.order.line" if record.text("state") == "sale" => {
            return Err(Fault::user(
                "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets invoiced \
                 or delivered).\n                Set the quantity to 0 instead.",
            ));
        }
        "sale.order.line" => record.id_of("order_id").map_or(Aftermath::Nothing, Aftermath::Order),
        "account.move" if record.text("state") == "posted" => {
            return Err(Fault::user(
                "You can't delete a posted journal item. Don’t play games with your accounting records; reset the journal entry to \
                 draft before deleting it.",
            ));
        }
        "account.move" => Aftermath::Invoiced(invoice::orders_of(env, id)?),
        "account.move.line" => record.id_of("move_id").map_or(Aftermath::Nothing, Aftermath::Document),
        "res.users" if id <= crate::env::ADMIN => {
            return Err(Fault::user(
                "You can not remove the admin user as it is used internally for resources created by Odoo (updates, module \
                 installation, ...)",
            ));
        }
        "res.partner" if record.is_set("user_ids") => {
            return Err(Fault::user(
                "You cannot delete contact that are linked to an employee, please archive them instead.",
            ));
        }
        "res.partner" if record.is_set("sale_order_ids") => {
            return Err(Fault::user("The partner cannot be deleted because it is used in Accounting"));
        }
        _ => Aftermath::Nothing,
    })
}

/// Goes on from a record that is gone.
pub(crate) fn after_unlink(env: &mut Env<'_>, aftermath: Aftermath) -> Outcome<()> {
    match aftermath {
        Aftermath::Nothing => Ok(()),
        Aftermath::Order(order) => sale::total(env, order),
        Aftermath::Document(document) => invoice::settle(env, document),
        Aftermath::Invoiced(lines) => invoice::recount(env, &lines),
    }
}
