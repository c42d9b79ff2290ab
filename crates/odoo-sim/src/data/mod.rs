//! The demo data: one JSON file per subject, read at every start.
//!
//! A date may be written as a distance from now: `@-3d` or `@+14d`. Rows give what lies in the records; amounts are
//! worked out from the lines, and what Odoo fills in by itself is filled in here.

mod bulk;
mod files;

use serde_json::{Map, Value, json};

use crate::SimError;
use crate::account::Account;
use crate::cell::Cell;
use crate::clock;
use crate::env::{Env, ROOT};
use crate::fault::{Fault, Outcome};
use crate::invoice;
use crate::records::{Database, Row};
use crate::sale;
use crate::schema::{Kind, Schema};
use crate::values;

/// Marc Demo.
pub(crate) const DEMO_USER: i64 = 5;

/// In an order in which what is pointed to comes first, as far as there is one.
const FILES: &[&str] = &[
    include_str!("base.json"),
    include_str!("contacts.json"),
    include_str!("products.json"),
    include_str!("crm.json"),
    include_str!("sales.json"),
    include_str!("brussels.json"),
    include_str!("accounting.json"),
    include_str!("messaging.json"),
];

/// A database with everything in it, and `contacts` further contacts.
pub(crate) fn load(schema: &'static Schema, accounts: [&Account; 2], contacts: usize) -> Result<Database, SimError> {
    let mut db = Database::new(schema);
    let mut env = Env { db: &mut db, schema, uid: ROOT, sudo: true, context: Map::new(), now: clock::now() };
    models(&mut env).map_err(damaged)?;
    for file in FILES {
        let tables: Map<String, Value> =
            serde_json::from_str(file).map_err(|error| SimError::Data(error.to_string()))?;
        rows(&mut env, &tables).map_err(damaged)?;
    }
    keys(&mut env, accounts).map_err(damaged)?;
    amounts(&mut env).map_err(damaged)?;
    documents(&mut env).map_err(damaged)?;
    files::load(&mut env).map_err(damaged)?;
    bulk::contacts(&mut env, contacts).map_err(damaged)?;
    db.keep();
    Ok(db)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn damaged(fault: Fault) -> SimError {
    SimError::Data(format!("{fault:?}"))
}

/// Adds all rows first, so that they may point at each other, then fills them.
fn rows(env: &mut Env<'_>, tables: &Map<String, Value>) -> Outcome<()> {
    let each = |rows: &Value| rows.as_array().cloned().unwrap_or_default();
    for (name, all) in tables {
        let model = env.model(name)?;
        for row in each(all) {
            let id = row.get("id").and_then(Value::as_i64).ok_or_else(|| Fault::key(format!("{name}.id")))?;
            env.db.add_row(model, id, Row::default());
        }
    }
    let now = clock::datetime(env.now);
    for (name, all) in tables {
        let model = env.model(name)?;
        for row in each(all) {
            let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
            for field in &model.fields {
                let value = match row.get(&field.name).or(field.default.as_ref()) {
                    Some(value) => dated(env.now, field.kind, value),
                    None => match field.name.as_str() {
                        "create_uid" | "write_uid" => json!(ROOT),
                        "create_date" | "write_date" => json!(now),
                        _ => continue,
                    },
                };
                if !field.is_kept() {
                    continue;
                }
                let cell = match (field.kind, value.as_array()) {
                    (Kind::Many2many, Some(ids)) => Cell::Ids(ids.iter().filter_map(Value::as_i64).collect()),
                    (Kind::Many2one, _) if value.is_string() => Cell::one(model_named(env, value.as_str())?),
                    // what points into a later file is taken as it is
                    (Kind::Many2one, _) => Cell::one(value.as_i64()),
                    _ => values::cell(env, model, field, &value)?,
                };
                env.db.set(model, id, field.index, cell);
            }
            if let Some(name) = row.as_object().into_iter().flat_map(Map::keys).find(|name| !model.has(name)) {
                return Err(Fault::key(format!("{}.{name}", model.name)));
            }
        }
    }
    Ok(())
}

/// The row of `ir.model` for a model's name.
fn model_named(env: &Env<'_>, name: Option<&str>) -> Outcome<Option<i64>> {
    let models = env.model("ir.model")?;
    Ok(env.db.ids(models).find(|id| Some(env.record(models, *id).text("model").as_str()) == name))
}

/// `@-3d` as a date or a moment.
fn dated(now: i64, kind: Kind, value: &Value) -> Value {
    let Some(text) = value.as_str().and_then(|text| text.strip_prefix('@')) else { return value.clone() };
    let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()) else {
        return if matches!(kind, Kind::Date | Kind::Datetime) { json!(clock::datetime(now)) } else { Value::Null };
    };
    let at = now + days * 86_400;
    // orders come in during the day, not all at the second of the start
    let at =
        if kind == Kind::Datetime { at - at.rem_euclid(86_400) + 8 * 3600 + (days.abs() * 1733) % 30_000 } else { at };
    json!(if kind == Kind::Date { clock::date(at) } else { clock::datetime(at) })
}

fn keys(env: &mut Env<'_>, accounts: [&Account; 2]) -> Outcome<()> {
    let model = env.model("res.users.apikeys")?;
    let until = clock::datetime(env.now + 30 * 86_400);
    let now = clock::datetime(env.now);
    for account in accounts {
        let id = env.db.add(model);
        let cells = [
            ("id", Cell::Int(id)),
            ("name", Cell::text("gatehouse")),
            ("user_id", Cell::Int(account.uid())),
            ("scope", Cell::text("rpc")),
            ("create_date", Cell::text(now.as_str())),
            ("expiration_date", Cell::text(until.as_str())),
        ];
        for (name, cell) in cells {
            env.put(model, id, name, cell);
        }
    }
    Ok(())
}

/// The rows of `ir.model` and `ir.model.fields`, from the schema itself.
fn models(env: &mut Env<'_>) -> Outcome<()> {
    let (models, fields) = (env.model("ir.model")?, env.model("ir.model.fields")?);
    for model in env.schema.models() {
        let id = env.db.add(models);
        let cells = [
            ("id", Cell::Int(id)),
            ("name", Cell::text(model.label.as_str())),
            ("model", Cell::text(model.name.as_str())),
            ("order", Cell::text(model.order.as_str())),
            ("state", Cell::text("base")),
            ("modules", Cell::text(model.modules.as_str())),
        ];
        for (name, cell) in cells {
            env.put(models, id, name, cell);
        }
        for field in &model.fields {
            let at = env.db.add(fields);
            let told = field.attributes();
            let truth = |name: &str| Cell::Bool(told.get(name) == Some(&Value::Bool(true)));
            let text = |name: &str| Cell::some_text(told.get(name).and_then(Value::as_str).unwrap_or_default());
            let cells = [
                ("id", Cell::Int(at)),
                ("name", Cell::text(field.name.as_str())),
                ("model", Cell::text(model.name.as_str())),
                ("model_id", Cell::Int(id)),
                ("field_description", Cell::text(field.label.as_str())),
                ("ttype", text("type")),
                ("relation", text("relation")),
                ("relation_field", text("relation_field")),
                ("help", text("help")),
                ("required", truth("required")),
                ("readonly", truth("readonly")),
                ("store", truth("store")),
                ("state", Cell::text("base")),
            ];
            for (name, cell) in cells {
                env.put(fields, at, name, cell);
            }
        }
    }
    Ok(())
}

fn amounts(env: &mut Env<'_>) -> Outcome<()> {
    let lines = env.model("sale.order.line")?;
    let ids: Vec<i64> = env.db.ids(lines).collect();
    for id in ids {
        sale::load_line(env, id)?;
    }
    let orders = env.model("sale.order")?;
    let ids: Vec<i64> = env.db.ids(orders).collect();
    for id in ids {
        sale::total(env, id)?;
    }
    Ok(())
}

/// Amounts, numbers and what was paid of the invoices.
fn documents(env: &mut Env<'_>) -> Outcome<()> {
    let (lines, moves, payments) =
        (env.model("account.move.line")?, env.model("account.move")?, env.model("account.payment")?);
    let ids: Vec<i64> = env.db.ids(lines).collect();
    for id in ids {
        invoice::complete_line(env, id, |_| false)?;
    }
    let ids: Vec<i64> = env.db.ids(moves).collect();
    for id in ids {
        let state = env.record(moves, id).cell("state");
        env.put(moves, id, "state", Cell::text("draft"));
        invoice::settle(env, id)?;
        env.put(moves, id, "state", state);
        invoice::entered(env, id)?;
    }
    let ids: Vec<i64> = env.db.ids(payments).collect();
    for id in ids {
        let payment = env.record(payments, id);
        let (given, of) = (payment.number("amount"), payment.cell("invoice_ids").ids());
        for document in of {
            let owed = env.record(moves, document).number("amount_residual");
            let amount = if given == 0.0 { owed } else { given };
            invoice::paid(env, document, amount, false)?;
            env.put(payments, id, "amount", Cell::Float(amount));
        }
    }
    Ok(())
}
