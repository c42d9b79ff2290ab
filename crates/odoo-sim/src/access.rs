//! Access rights (by model and operation) and record rules (by record), in Odoo's words.

use serde_json::Value;

use crate::cell::Cell;
use crate::env::{Env, Record};
use crate::fault::{Fault, Outcome};
use crate::schema::{Field, Model};

/// What is done to records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operation {
    Read,
    Write,
    Create,
    Unlink,
}

impl Operation {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "read" => Self::Read,
            "write" => Self::Write,
            "create" => Self::Create,
            "unlink" => Self::Unlink,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Create => "create",
            Self::Unlink => "unlink",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Read => "access",
            Self::Write => "modify",
            Self::Create => "create",
            Self::Unlink => "delete",
        }
    }
}

/// Whether the user may do this to the model at all.
pub(crate) fn check(env: &Env<'_>, model: &Model, operation: Operation) -> Outcome<()> {
    if env.sudo {
        return Ok(());
    }
    let denied = if env.is_admin() { &model.denied.admin } else { &model.denied.user };
    let Some(groups) = denied.get(operation.name()) else { return Ok(()) };
    let remedy = if groups.is_empty() {
        "No group currently allows this operation.".to_owned()
    } else {
        let groups: Vec<String> = groups.iter().map(|group| format!("\t- {group}")).collect();
        format!("This operation is allowed for the following groups:\n{}", groups.join("\n"))
    };
    Err(Fault::access(format!(
        "You are not allowed to {} '{}' ({}) records.\n\n{remedy}\n\nContact your administrator to request access if necessary.",
        operation.verb(),
        model.label,
        model.name
    )))
}

/// Whether the record rules let the user see the record. The demo's salespeople see their own documents and nobody's.
pub(crate) fn is_visible(env: &Env<'_>, model: &'static Model, id: i64) -> bool {
    if env.sudo {
        return true;
    }
    let record = env.record(model, id);
    if model.transient {
        return record.id_of("create_uid") == Some(env.uid);
    }
    let in_company = match model.name.as_str() {
        "sale.order"
        | "sale.order.line"
        | "crm.lead"
        | "product.template"
        | "product.product"
        | "res.partner"
        | "account.move"
        | "account.move.line"
        | "account.journal"
        | "account.payment"
        | "account.payment.term" => record.id_of("company_id").is_none_or(|company| companies(env).contains(&company)),
        "account.account" => {
            let open = companies(env);
            record.cell("company_ids").ids().iter().any(|company| open.contains(company))
        }
        "res.company" => env.is_admin() || user_companies(env).contains(&id),
        "ir.attachment" => crate::attachment::is_visible(env, &record),
        _ => true,
    };
    in_company && (env.is_admin() || is_own(&record, env.uid))
}

/// Refuses a field that is for other groups. Reading, ordering, grouping and writing all fail as reading does.
pub(crate) fn check_field(env: &Env<'_>, model: &Model, field: &Field) -> Outcome<()> {
    let Some(groups) = field.closed.as_ref().filter(|_| !env.is_admin()) else { return Ok(()) };
    Err(Fault::access(format!(
        "You do not have enough rights to access the field \"{}\" on {} ({}). Please contact your system \
         administrator.\n\nOperation: read\nUser: {}\nGroups: allowed for groups {groups}",
        field.name, model.label, model.name, env.uid
    )))
}

/// Refuses records that a rule hides, as Odoo does when they are named by id.
pub(crate) fn check_rules(env: &Env<'_>, model: &'static Model, ids: &[i64], operation: Operation) -> Outcome<()> {
    if ids.iter().all(|id| !env.db.has(model, *id) || is_visible(env, model, *id)) {
        return Ok(());
    }
    let user = env.user().map(|user| user.name()).unwrap_or_default();
    Err(Fault::access(format!(
        "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\nSorry, {user} (id={}) doesn't have '{}' access \
         to:\n- {} ({})\n\nIf you really, really need access, perhaps you can win over your friendly administrator with a batch \
         of freshly baked cookies.",
        env.uid,
        operation.name(),
        model.label,
        model.name
    )))
}

/// `allowed_company_ids` may name only companies of the user.
pub(crate) fn check_companies(env: &Env<'_>) -> Outcome<()> {
    let Some(asked) = env.context.get("allowed_company_ids").and_then(Value::as_array) else { return Ok(()) };
    let own = user_companies(env);
    if asked.iter().all(|id| id.as_i64().is_some_and(|id| own.contains(&id))) {
        return Ok(());
    }
    Err(Fault::access("Access to unauthorized or invalid companies."))
}

/// What a user may write of itself without the right to write users.
pub(crate) fn is_own_preference(field: &str) -> bool {
    matches!(
        field,
        "signature"
            | "company_id"
            | "email"
            | "name"
            | "image_1920"
            | "lang"
            | "tz"
            | "phone"
            | "notification_type"
            | "password"
    )
}

fn is_own(record: &Record<'_>, uid: i64) -> bool {
    let owner = match record.model.name.as_str() {
        "sale.order" | "crm.lead" | "res.users.apikeys" => record.cell("user_id"),
        "sale.order.line" => record.cell("salesman_id"),
        "account.move" if record.text("move_type").starts_with("out_") => record.cell("invoice_user_id"),
        "account.move.line" => return record.one("move_id").is_some_and(|document| is_own(&document, uid)),
        "account.move" => return false,
        "mail.message" => return is_readable(record),
        _ => return true,
    };
    owner == Cell::Null || owner == Cell::Int(uid)
}

/// A message is read by who may read what it is about, by its author and by those who were told.
fn is_readable(message: &Record<'_>) -> bool {
    let env = message.env;
    let me = env.user().and_then(|user| user.id_of("partner_id"));
    if me.is_some() && message.id_of("author_id") == me {
        return true;
    }
    let about = env.schema.model(&message.text("model")).zip(message.id_of("res_id"));
    let is_open =
        about.is_some_and(|(model, id)| check(env, model, Operation::Read).is_ok() && is_visible(env, model, id));
    is_open || me.is_some_and(|me| message.cell("notified_partner_ids").ids().contains(&me))
}

fn companies(env: &Env<'_>) -> Vec<i64> {
    match env.context.get("allowed_company_ids").and_then(Value::as_array) {
        Some(ids) if !ids.is_empty() => ids.iter().filter_map(Value::as_i64).collect(),
        _ => user_companies(env),
    }
}

fn user_companies(env: &Env<'_>) -> Vec<i64> {
    env.user().map(|user| user.cell("company_ids").ids()).unwrap_or_default()
}
