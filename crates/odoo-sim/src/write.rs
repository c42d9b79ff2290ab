//! Create, write and unlink: conversion, required fields, related fields, what follows from a change.

use serde_json::{Map, Value};

use crate::access::{self, Operation};
use crate::cell::Cell;
use crate::chatter;
use crate::clock;
use crate::commands;
use crate::consequence;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::{Field, Kind, Model};
use crate::values;

/// Creates one record and gives its id.
pub(crate) fn create(env: &mut Env<'_>, model: &'static Model, vals: &Map<String, Value>) -> Outcome<i64> {
    access::check(env, model, Operation::Create)?;
    check_fields(env, model, vals)?;
    let mut vals = vals.clone();
    for field in &model.fields {
        if let Some(default) = default(env, model, field) {
            vals.entry(field.name.clone()).or_insert(default);
        }
    }
    consequence::before_create(env, model, &mut vals)?;
    let id = env.db.add(model);
    stamp(env, model, id, "create");
    stamp(env, model, id, "write");
    env.put(model, id, "id", Cell::Int(id));
    assign(env, model, id, &vals)?;
    consequence::after_create(env, model, id, &vals)?;
    check_required(env, model, id)?;
    access::check_rules(env, model, &[id], Operation::Create)?;
    if model.thread {
        chatter::begun(env, model, id)?;
    }
    Ok(id)
}

/// Writes the same values to each record. No ids: nothing happens.
pub(crate) fn write(env: &mut Env<'_>, model: &'static Model, ids: &[i64], vals: &Map<String, Value>) -> Outcome<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let is_own =
        model.name == "res.users" && ids == [env.uid] && vals.keys().all(|name| access::is_own_preference(name));
    if !is_own {
        access::check(env, model, Operation::Write)?;
    }
    check_exist(env, model, ids)?;
    // an order is looked at before it is written, so that is what a rule forbids
    let refused_as = if model.name == "sale.order" { Operation::Read } else { Operation::Write };
    access::check_rules(env, model, ids, refused_as)?;
    if model.name == "res.partner"
        && let Some(name) = vals.keys().find(|name| !model.has(name))
    {
        return Err(Fault::key(name.as_str()));
    }
    check_fields(env, model, vals)?;
    if is_own {
        return env.as_root(|env| write_unchecked(env, model, ids, vals));
    }
    write_unchecked(env, model, ids, vals)
}

/// Deletes records with what hangs on them. No ids: nothing happens.
pub(crate) fn unlink(env: &mut Env<'_>, model: &'static Model, ids: &[i64]) -> Outcome<()> {
    if ids.is_empty() {
        return Ok(());
    }
    access::check(env, model, Operation::Unlink)?;
    // models with a rule of their own about deleting look at the record first; the others say yes to what is not there
    if model.thread || matches!(model.name.as_str(), "sale.order.line" | "res.users" | "ir.attachment" | "mail.message")
    {
        check_exist(env, model, ids)?;
    }
    let ids: Vec<i64> = ids.iter().copied().filter(|id| env.db.has(model, *id)).collect();
    access::check_rules(env, model, &ids, Operation::Unlink)?;
    for id in ids {
        let aftermath = consequence::before_unlink(env, model, id)?;
        discard(env, model, id)?;
        consequence::after_unlink(env, aftermath)?;
    }
    Ok(())
}

/// Removes a record with what hangs on it, as the database does: nobody is asked.
fn discard(env: &mut Env<'_>, model: &'static Model, id: i64) -> Outcome<()> {
    release(env, model, id)?;
    if model.thread {
        chatter::ended(env, model, id)?;
    }
    env.db.remove(model, id);
    Ok(())
}

/// The default of a field for a new record, as `default_get` tells it.
pub(crate) fn default(env: &Env<'_>, model: &Model, field: &Field) -> Option<Value> {
    if let Some(value) = env.context.get(&format!("default_{}", field.name)) {
        return Some(value.clone());
    }
    match field.default.as_ref()? {
        Value::String(sign) => match sign.as_str() {
            "@uid" => Some(Value::from(env.uid)),
            "@company" => env.company().map(Value::from),
            "@partner" => env.user()?.id_of("partner_id").map(Value::from),
            "@today" => Some(Value::from(clock::date(env.now))),
            "@now" => Some(Value::from(clock::datetime(env.now))),
            text => Some(Value::from(text)),
        },
        value => {
            debug_assert!(model.has(&field.name));
            Some(value.clone())
        }
    }
}

/// Refuses ids that do not exist; the first one is named.
pub(crate) fn check_exist(env: &Env<'_>, model: &Model, ids: &[i64]) -> Outcome<()> {
    match ids.iter().find(|id| !env.db.has(model, **id)) {
        Some(missing) => Err(Fault::missing(&model.name, *missing, env.uid)),
        None => Ok(()),
    }
}

fn write_unchecked(env: &mut Env<'_>, model: &'static Model, ids: &[i64], vals: &Map<String, Value>) -> Outcome<()> {
    for id in ids {
        check_hierarchy(env, model, *id, vals)?;
        let completed = consequence::before_write(env, model, *id, vals)?;
        let vals = completed.as_ref().unwrap_or(vals);
        let watched = model.thread.then(|| chatter::watch(env, model, *id));
        assign(env, model, *id, vals)?;
        stamp(env, model, *id, "write");
        consequence::after_write(env, model, *id, vals)?;
        check_required(env, model, *id)?;
        if let Some(watched) = watched {
            chatter::changed(env, model, *id, &watched)?;
        }
    }
    Ok(())
}

/// A contact cannot stand above itself.
fn check_hierarchy(env: &Env<'_>, model: &'static Model, id: i64, vals: &Map<String, Value>) -> Outcome<()> {
    let mut above = if model.name == "res.partner" { vals.get("parent_id").and_then(Value::as_i64) } else { None };
    while let Some(parent) = above {
        if parent == id {
            return Err(Fault::validation("You cannot create recursive Partner hierarchies."));
        }
        above = env.record(model, parent).id_of("parent_id");
    }
    Ok(())
}

fn check_fields(env: &Env<'_>, model: &Model, vals: &Map<String, Value>) -> Outcome<()> {
    for field in vals.keys().filter_map(|name| model.field(name)) {
        access::check_field(env, model, field)?;
    }
    match vals.keys().find(|name| !model.has(name)) {
        Some(name) => Err(Fault::value(format!("Invalid field '{name}' in '{}'", model.name))),
        None => Ok(()),
    }
}

/// Sets the values: own cells first, then what lies on other records.
fn assign(env: &mut Env<'_>, model: &'static Model, id: i64, vals: &Map<String, Value>) -> Outcome<()> {
    let mut elsewhere: Vec<(&'static Field, &Value)> = Vec::new();
    for (name, value) in vals {
        let Some(field) = model.field(name) else { continue };
        if matches!(name.as_str(), "id" | "create_uid" | "create_date" | "write_uid" | "write_date") {
            continue;
        }
        if field.is_kept() && field.kind != Kind::Many2many {
            let cell = values::cell(env, model, field, value)?;
            env.db.set(model, id, field.index, cell);
        } else {
            elsewhere.push((field, value));
        }
    }
    for (field, value) in elsewhere {
        if field.is_many() && field.via.is_none() && (!field.computed || field.inverse.is_some()) {
            let commands = commands::parse(model, field, value)?;
            commands::run(env, model, id, field, commands)?;
        } else if let Some(path) = &field.via {
            if field.readonly {
                continue;
            }
            through(env, model, id, path, value)?;
        } else {
            consequence::inverse(env, model, id, &field.name, value)?;
        }
    }
    Ok(())
}

/// Writes a related field where its value lies. Nothing is there to write to: nothing happens.
fn through(env: &mut Env<'_>, model: &'static Model, id: i64, path: &[String], value: &Value) -> Outcome<()> {
    let [steps @ .., last] = path else { return Ok(()) };
    let (mut model, mut id) = (model, id);
    for step in steps {
        let Some(field) = model.field(step) else { return Ok(()) };
        let Some(next) = env.get(model, id, field).as_id() else { return Ok(()) };
        (model, id) = (env.target(field)?, next);
    }
    let vals = Map::from_iter([(last.clone(), value.clone())]);
    env.as_root(|env| write(env, model, &[id], &vals))
}

fn stamp(env: &mut Env<'_>, model: &'static Model, id: i64, what: &str) {
    let (uid, at) = (env.uid, clock::datetime(env.now));
    env.put(model, id, &format!("{what}_uid"), Cell::Int(uid));
    env.put(model, id, &format!("{what}_date"), Cell::text(at));
}

fn check_required(env: &Env<'_>, model: &'static Model, id: i64) -> Outcome<()> {
    if model.name == "res.partner"
        && env.record(model, id).cell("name") == Cell::Null
        && env.record(model, id).text("type") == "contact"
    {
        return Err(Fault::validation("The operation cannot be completed: Contacts require a name"));
    }
    let missing = model.fields.iter().find(|field| {
        let has_zero = matches!(field.kind, Kind::Boolean | Kind::Integer | Kind::Float | Kind::Monetary);
        field.required && !has_zero && field.is_kept() && field.is_stored() && env.get(model, id, field) == Cell::Null
    });
    match missing {
        Some(field) => Err(Fault::validation(format!(
            "The operation cannot be completed: Missing required value for the field '{}' ({}).\nModel: '{}' ({})\n- \
             create/update: a mandatory field is not set\n- delete: another model requires the record being deleted, you can \
             archive it instead\n",
            field.label, field.name, model.label, model.name
        ))),
        None => Ok(()),
    }
}

/// Deals with everything that points to a record about to go: emptied, deleted along, or in the way.
fn release(env: &mut Env<'_>, model: &'static Model, id: i64) -> Outcome<()> {
    let schema = env.schema;
    for other in schema.models() {
        for field in
            other.fields.iter().filter(|field| field.is_kept() && field.relation.as_deref() == Some(&model.name))
        {
            for at in env.db.pointing(other, field.index, id) {
                if field.kind == Kind::Many2many {
                    let kept = env.get(other, at, field).ids().into_iter().filter(|kept| *kept != id).collect();
                    env.db.set(other, at, field.index, Cell::Ids(kept));
                } else if field.cascade {
                    discard(env, other, at)?;
                } else if field.required || is_restricted(other, field) {
                    return Err(Fault::validation(format!(
                        "The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe \
                         troublemaker is: '{}' ({})\nThanks to the following constraint: '{}' ({})\nHow about archiving the record \
                         instead?",
                        other.label, other.name, field.label, field.name
                    )));
                } else {
                    env.db.set(other, at, field.index, Cell::Null);
                }
            }
        }
    }
    Ok(())
}

/// Links that are not required and still keep what they point to.
fn is_restricted(model: &Model, field: &Field) -> bool {
    matches!(
        (model.name.as_str(), field.name.as_str()),
        ("res.partner", "country_id" | "state_id")
            | ("sale.order.line", "product_id" | "product_uom_id")
            | ("crm.lead", "stage_id")
    )
}
