//! `order="name desc, id"`: parsed as Odoo parses it, and records sorted by it.

use std::cmp::Ordering;

use crate::access;
use crate::cell::Cell;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::{Field, Kind, Model};

/// One field of an order, with its direction.
pub(crate) struct Term {
    field: &'static Field,
    descending: bool,
}

/// Parses an order; none means the model's own.
pub(crate) fn parse(env: &Env<'_>, model: &'static Model, order: Option<&str>) -> Outcome<Vec<Term>> {
    let order = order.filter(|text| !text.trim().is_empty()).unwrap_or(&model.order);
    let mut terms = Vec::new();
    for part in order.split(',') {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        let descending = words.next().map(str::to_ascii_lowercase);
        let is_word =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':'));
        if !is_word || descending.as_deref().is_some_and(|word| !matches!(word, "asc" | "desc" | "nulls")) {
            return Err(Fault::user(format!(
                "Invalid \"order\" specified ({order}). A valid \"order\" specification is a comma-separated list of valid \
                 field names (optionally followed by asc/desc for the direction)"
            )));
        }
        let Some(field) = model.field(name) else {
            if std::ptr::eq(order, model.order.as_str()) {
                continue; // a field of the real model that this one does without
            }
            return Err(Fault::value(format!("Invalid field '{name}' on model '{}'", model.name)));
        };
        access::check_field(env, model, field)?;
        if field.is_many() || (!field.is_stored() && field.via.is_none() && !field.is_sortable()) {
            return Err(Fault::value(format!("Cannot convert {}.{name} to SQL because it is not stored", model.name)));
        }
        terms.push(Term { field, descending: descending.as_deref() == Some("desc") });
    }
    Ok(terms)
}

/// Whether the order is that of the ids, and then whether it is descending.
pub(crate) fn of_ids(terms: &[Term]) -> Option<bool> {
    terms.first().filter(|term| term.field.name == "id").map(|term| term.descending)
}

/// Sorts ids by an order.
pub(crate) fn sort(env: &Env<'_>, model: &'static Model, ids: &mut Vec<i64>, terms: &[Term]) {
    let mut keyed: Vec<(Vec<Part>, i64)> = ids.iter().map(|id| (key(env, model, *id, terms, 0), *id)).collect();
    keyed.sort_by(|a, b| compare(&a.0, &b.0).then(a.1.cmp(&b.1)));
    *ids = keyed.into_iter().map(|(_, id)| id).collect();
}

/// Sorts ids by the model's own order.
pub(crate) fn sort_by_default(env: &Env<'_>, model: &'static Model, ids: &mut Vec<i64>) {
    if ids.len() > 1
        && let Ok(terms) = parse(env, model, None)
    {
        sort(env, model, ids, &terms);
    }
}

struct Part {
    cell: Cell,
    descending: bool,
}

/// The values to compare; a many2one counts by the order of the model it points to.
fn key(env: &Env<'_>, model: &'static Model, id: i64, terms: &[Term], depth: u8) -> Vec<Part> {
    let mut parts = Vec::with_capacity(terms.len());
    for term in terms {
        let cell = env.get(model, id, term.field);
        let cell = if term.field.kind == Kind::Boolean { Cell::Bool(cell.is_set()) } else { cell };
        if let (Kind::Many2one, Cell::Int(to), true) = (term.field.kind, &cell, depth < 2)
            && let Ok(target) = env.target(term.field)
        {
            parts.push(Part { cell: Cell::Bool(false), descending: term.descending });
            let inner = parse(env, target, None).unwrap_or_default();
            parts.extend(
                key(env, target, *to, &inner, depth + 1)
                    .into_iter()
                    .map(|part| Part { cell: part.cell, descending: part.descending != term.descending }),
            );
            continue;
        }
        parts.push(Part { cell, descending: term.descending });
    }
    parts
}

fn compare(a: &[Part], b: &[Part]) -> Ordering {
    for (a, b) in a.iter().zip(b) {
        let order = a.cell.order(&b.cell);
        let order = if a.descending { order.reverse() } else { order };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}
