//! The commands that write an x2many field: 0 create, 1 update, 2 delete, 3 unlink, 4 link, 5 clear, 6 set.

use serde_json::{Map, Value};

use crate::cell::Cell;
use crate::domain::repr;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::{Field, Kind, Model};
use crate::write;

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Create(Map<String, Value>),
    Update(i64, Map<String, Value>),
    Delete(i64),
    Unlink(i64),
    Link(i64),
    Clear,
    Set(Vec<i64>),
}

/// Reads the value of an x2many field: commands, or a plain list of ids which means "set", or false which means "clear".
/// Commands that Odoo does not know are passed over, as it does.
pub(crate) fn parse(model: &Model, field: &Field, value: &Value) -> Outcome<Vec<Command>> {
    let wrong = || {
        let told = if let Value::String(text) = value { text.clone() } else { repr(value) };
        Fault::value(format!("Wrong value for {}.{}: {told}", model.name, field.name))
    };
    let items = match value {
        Value::Null | Value::Bool(false) => return Ok(vec![Command::Clear]),
        Value::Array(items) => items,
        _ => return Err(wrong()),
    };
    if items.first().is_some_and(Value::is_number) {
        return Ok(vec![Command::Set(items.iter().filter_map(Value::as_i64).collect())]);
    }
    let mut commands = Vec::new();
    for item in items {
        let parts = item.as_array().ok_or_else(wrong)?;
        let id = parts.get(1).and_then(Value::as_i64).unwrap_or(0);
        let vals = || parts.get(2).and_then(Value::as_object).cloned().unwrap_or_default();
        match parts.first().and_then(Value::as_i64) {
            Some(0) => commands.push(Command::Create(vals())),
            Some(1) => commands.push(Command::Update(id, vals())),
            Some(2) => commands.push(Command::Delete(id)),
            Some(3) => commands.push(Command::Unlink(id)),
            Some(4) => commands.push(Command::Link(id)),
            Some(5) => commands.push(Command::Clear),
            Some(6) => {
                let ids = parts.get(2).and_then(Value::as_array).ok_or_else(wrong)?;
                commands.push(Command::Set(ids.iter().filter_map(Value::as_i64).collect()));
            }
            _ => {}
        }
    }
    Ok(commands)
}

/// Runs commands on one record's field.
pub(crate) fn run(
    env: &mut Env<'_>,
    model: &'static Model,
    id: i64,
    field: &'static Field,
    commands: Vec<Command>,
) -> Outcome<()> {
    let target = env.target(field)?;
    for command in commands {
        match command {
            Command::Create(mut vals) => {
                if let Some(inverse) = &field.inverse {
                    vals.insert(inverse.clone(), Value::from(id));
                }
                let created = write::create(env, target, &vals)?;
                if field.kind == Kind::Many2many {
                    link(env, model, id, field, created)?;
                }
            }
            Command::Update(other, vals) => write::write(env, target, &[other], &vals)?,
            Command::Delete(other) => write::unlink(env, target, &[other])?,
            Command::Unlink(other) => unlink(env, model, id, field, other)?,
            Command::Link(other) => link(env, model, id, field, other)?,
            Command::Clear => set(env, model, id, field, &[])?,
            Command::Set(ids) => set(env, model, id, field, &ids)?,
        }
    }
    Ok(())
}

fn link(env: &mut Env<'_>, model: &'static Model, id: i64, field: &'static Field, other: i64) -> Outcome<()> {
    let target = env.target(field)?;
    if !env.db.has(target, other) {
        return Err(if field.inverse.is_some() {
            Fault::missing(&target.name, other, env.uid)
        } else {
            let table = |name: &str| name.replace('.', "_");
            let column = table(target.name.rsplit('.').next().unwrap_or_default());
            Fault::validation(format!(
                "The operation cannot be completed: Another model is using the record you are trying to delete.\n\nThe \
                 troublemaker is: Unknown\nThanks to the following constraint: {}_{}_rel_{column}_id_fkey\nHow about archiving \
                 the record instead?",
                table(&model.name),
                table(&target.name)
            ))
        });
    }
    if let Some(inverse) = &field.inverse {
        let vals = Map::from_iter([(inverse.clone(), Value::from(id))]);
        return write::write(env, target, &[other], &vals);
    }
    let mut ids = env.get(model, id, field).ids();
    if !ids.contains(&other) {
        ids.push(other);
        keep(env, model, id, field, ids);
    }
    Ok(())
}

fn unlink(env: &mut Env<'_>, model: &'static Model, id: i64, field: &'static Field, other: i64) -> Outcome<()> {
    let target = env.target(field)?;
    if let Some(inverse) = field.inverse.as_deref().and_then(|name| target.field(name)) {
        if inverse.cascade || inverse.required {
            return write::unlink(env, target, &[other]);
        }
        let vals = Map::from_iter([(inverse.name.clone(), Value::from(false))]);
        return write::write(env, target, &[other], &vals);
    }
    let ids = env.get(model, id, field).ids().into_iter().filter(|kept| *kept != other).collect();
    keep(env, model, id, field, ids);
    Ok(())
}

fn set(env: &mut Env<'_>, model: &'static Model, id: i64, field: &'static Field, ids: &[i64]) -> Outcome<()> {
    for gone in env.get(model, id, field).ids() {
        if !ids.contains(&gone) {
            unlink(env, model, id, field, gone)?;
        }
    }
    for other in ids {
        link(env, model, id, field, *other)?;
    }
    Ok(())
}

/// Stores the ids of a many2many, on whichever side keeps them.
fn keep(env: &mut Env<'_>, model: &'static Model, id: i64, field: &'static Field, ids: Vec<i64>) {
    let Some(mirror) = &field.mirror else {
        env.db.set(model, id, field.index, Cell::Ids(ids));
        return;
    };
    let Ok(target) = env.target(field) else { return };
    let Some(other) = target.field(mirror) else { return };
    let before = env.db.pointing(target, other.index, id);
    for their in before.iter().filter(|their| !ids.contains(their)) {
        let kept = env.db.cell(target, *their, other.index).ids();
        let kept = kept.into_iter().filter(|kept| *kept != id).collect();
        env.db.set(target, *their, other.index, Cell::Ids(kept));
    }
    for their in ids.iter().filter(|their| !before.contains(their)) {
        let mut kept = env.db.cell(target, *their, other.index).ids();
        kept.push(id);
        env.db.set(target, *their, other.index, Cell::Ids(kept));
    }
}
