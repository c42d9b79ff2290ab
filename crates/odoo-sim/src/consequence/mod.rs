//! What follows from creating, writing and deleting records of particular models.

mod unlink;

pub(crate) use unlink::{after_unlink, before_unlink};

use serde_json::{Map, Value, json};

use crate::attachment;
use crate::cell::Cell;
use crate::chatter;
use crate::clock;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::invoice;
use crate::sale;
use crate::schema::Model;
use crate::wizard;
use crate::write;

/// What a company and its contacts share.
pub(crate) const ADDRESS: &[&str] = &["street", "street2", "zip", "city", "state_id", "country_id"];

/// Completes the values of a new record.
pub(crate) fn before_create(env: &mut Env<'_>, model: &'static Model, vals: &mut Map<String, Value>) -> Outcome<()> {
    match model.name.as_str() {
        "sale.order" => sale::complete_order(env, vals)?,
        "product.product" if !vals.contains_key("product_tmpl_id") => {
            let template = env.model("product.template")?;
            let own: Map<String, Value> = vals
                .iter()
                .filter(|(name, _)| template.has(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            let variants = env.model("product.product")?;
            let created = write::create(env, template, &own)?;
            // the template made a variant of its own; this one takes its place
            let first =
                env.db.ids(variants).find(|id| env.record(variants, *id).id_of("product_tmpl_id") == Some(created));
            if let Some(first) = first {
                env.db.remove(variants, first);
            }
            vals.insert("product_tmpl_id".into(), json!(created));
        }
        "res.users" if !vals.contains_key("partner_id") => {
            let partners = env.model("res.partner")?;
            let name = vals.get("name").cloned().unwrap_or_default();
            let email = vals.get("login").cloned().unwrap_or_default();
            let own = Map::from_iter([("name".to_owned(), name), ("email".to_owned(), email)]);
            let partner = write::create(env, partners, &own)?;
            vals.insert("partner_id".into(), json!(partner));
            let company = vals.get("company_id").cloned().unwrap_or(json!(1));
            vals.entry("company_ids").or_insert(json!([[6, 0, [company]]]));
        }
        "res.partner" => {
            // a contact lives where its company is, unless it says otherwise
            let is_contact = vals.get("type").is_none_or(|kind| kind == "contact");
            let parent = vals.get("parent_id").and_then(Value::as_i64).filter(|parent| env.db.has(model, *parent));
            if let Some(parent) = parent.filter(|_| is_contact && !ADDRESS.iter().any(|name| vals.contains_key(*name)))
            {
                for name in ADDRESS {
                    if let Some(field) = model.field(name) {
                        vals.insert((*name).to_owned(), crate::read::value(env, model, parent, field, false));
                    }
                }
            }
        }
        "crm.lead" => {
            vals.entry("stage_id").or_insert(json!(1));
            let team = sale::team(env, vals.get("user_id").and_then(Value::as_i64));
            vals.entry("team_id").or_insert(json!(team));
            if let Some(partner) = vals.get("partner_id").and_then(Value::as_i64) {
                for (name, value) in contact_of(env, partner)? {
                    vals.entry(name).or_insert(value);
                }
            }
        }
        "crm.tag" => {
            let name = vals.get("name").and_then(Value::as_str).unwrap_or_default();
            if env.db.ids(model).any(|id| env.record(model, id).text("name") == name) {
                return Err(Fault::validation("The operation cannot be completed: Tag name already exists!"));
            }
        }
        "account.move" => invoice::complete(env, vals)?,
        "ir.attachment" => {
            attachment::check_place(env, vals)?;
            let name = vals.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            attachment::complete(env, vals, &name)?;
        }
        "mail.activity"
            if vals.get("res_id").and_then(Value::as_i64).is_none_or(|id| id == 0)
                || !vals.contains_key("res_model_id") =>
        {
            return Err(Fault::validation(
                "The operation cannot be completed: Activities have to be linked to records with a not null res_id.",
            ));
        }
        _ if model.transient => wizard::complete(env, model, vals)?,
        _ => {}
    }
    Ok(())
}

/// Goes on from a new record.
pub(crate) fn after_create(
    env: &mut Env<'_>,
    model: &'static Model,
    id: i64,
    vals: &Map<String, Value>,
) -> Outcome<()> {
    match model.name.as_str() {
        "product.template" => {
            let own = Map::from_iter([("product_tmpl_id".to_owned(), json!(id))]);
            let variants = env.model("product.product")?;
            env.as_root(|env| write::create(env, variants, &own))?;
        }
        "sale.order.line" => sale::complete_line(env, id, vals)?,
        "crm.lead" => {
            let now = clock::datetime(env.now);
            env.put(model, id, "date_last_stage_update", Cell::text(now.as_str()));
            if vals.get("user_id").is_some_and(Value::is_number) {
                env.put(model, id, "date_open", Cell::text(now));
            }
            enter_stage(env, model, id, vals);
        }
        "account.move.line" => {
            invoice::complete_line(env, id, |name| vals.contains_key(name))?;
            settle_document(env, model, id)?;
        }
        "account.move" => invoice::settle(env, id)?,
        "mail.activity" => chatter::activity_given(env, id)?,
        _ => {}
    }
    Ok(())
}

/// Refuses changes that the state of a record forbids. Gives the values to write where they are others than those given.
pub(crate) fn before_write(
    env: &mut Env<'_>,
    model: &'static Model,
    id: i64,
    vals: &Map<String, Value>,
) -> Outcome<Option<Map<String, Value>>> {
    let record = env.record(model, id);
    let touches = |names: &[&str]| names.iter().any(|name| vals.contains_key(*name));
    if model.name == "sale.order.line"
        && record.one("order_id").is_some_and(|order| order.is_set("locked"))
        && touches(&["product_id", "name", "price_unit", "product_uom_id", "product_uom_qty", "discount"])
    {
        return Err(Fault::user("It is forbidden to modify the following fields in a locked order:\nQuantity"));
    }
    match model.name.as_str() {
        "account.move" => invoice::check_open(&record, vals)?,
        "ir.attachment" if touches(&["datas", "raw", "name"]) => {
            let name = vals.get("name").and_then(Value::as_str).map_or_else(|| record.text("name"), str::to_owned);
            let mut vals = vals.clone();
            attachment::complete(env, &mut vals, &name)?;
            return Ok(Some(vals));
        }
        _ => {}
    }
    Ok(None)
}

/// Goes on from a change.
pub(crate) fn after_write(env: &mut Env<'_>, model: &'static Model, id: i64, vals: &Map<String, Value>) -> Outcome<()> {
    let touches = |names: &[&str]| names.iter().any(|name| vals.contains_key(*name));
    match model.name.as_str() {
        "res.partner" if touches(ADDRESS) => {
            let children: Vec<i64> = env
                .record(model, id)
                .many("child_ids")
                .iter()
                .filter(|child| child.text("type") == "contact")
                .map(|child| child.id)
                .collect();
            let moved: Vec<(&str, Cell)> =
                ADDRESS.iter().map(|name| (*name, env.record(model, id).cell(name))).collect();
            for child in children {
                for (name, cell) in &moved {
                    env.put(model, child, name, cell.clone());
                }
            }
        }
        "sale.order" => {
            if let Some(partner) = vals.get("partner_id").and_then(Value::as_i64) {
                for (name, value) in sale::follow_partner(env, partner)? {
                    if !vals.contains_key(&name) {
                        env.put(model, id, &name, Cell::one(value.as_i64()));
                    }
                }
                sale::total(env, id)?;
            }
        }
        "sale.order.line" if vals.contains_key("product_id") => sale::complete_line(env, id, vals)?,
        "sale.order.line" if touches(&["price_unit", "product_uom_qty", "discount"]) => sale::price_line(env, id)?,
        "account.move.line" if touches(&["product_id", "price_unit", "quantity", "discount"]) => {
            settle_document(env, model, id)?;
        }
        "account.move" if vals.contains_key("state") => invoice::entered(env, id)?,
        "account.move"
            if touches(&["invoice_line_ids", "line_ids", "invoice_date", "invoice_payment_term_id", "move_type"]) =>
        {
            invoice::settle(env, id)?;
        }
        "crm.lead" => {
            if vals.contains_key("stage_id") {
                let now = clock::datetime(env.now);
                env.put(model, id, "date_last_stage_update", Cell::text(now));
                enter_stage(env, model, id, vals);
            }
            if let Some(partner) = vals.get("partner_id").and_then(Value::as_i64) {
                for (name, value) in contact_of(env, partner)? {
                    if let Some(text) = value.as_str().filter(|_| !vals.contains_key(&name)) {
                        env.put(model, id, &name, Cell::text(text));
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// An invoice's amounts follow its lines.
fn settle_document(env: &mut Env<'_>, model: &'static Model, line: i64) -> Outcome<()> {
    match env.record(model, line).id_of("move_id") {
        Some(document) => invoice::settle(env, document),
        None => Ok(()),
    }
}

/// Writes to a computed field that has a way back; the others take the value and forget it.
pub(crate) fn inverse(env: &mut Env<'_>, model: &'static Model, id: i64, field: &str, value: &Value) -> Outcome<()> {
    match (model.name.as_str(), field) {
        ("res.partner", "company_type") => env.put(model, id, "is_company", Cell::Bool(value == "company")),
        ("product.product", "lst_price") => {
            let vals = Map::from_iter([("list_price".to_owned(), value.clone())]);
            write::write(env, model, &[id], &vals)?;
        }
        _ => {}
    }
    Ok(())
}

/// Odds and dates follow the stage: a won stage is certain and closes.
fn enter_stage(env: &mut Env<'_>, model: &'static Model, id: i64, vals: &Map<String, Value>) {
    let is_won = env.record(model, id).one("stage_id").is_some_and(|stage| stage.is_set("is_won"));
    let now = clock::datetime(env.now);
    if is_won {
        env.put(model, id, "probability", Cell::Float(100.0));
        env.put(model, id, "automated_probability", Cell::Float(100.0));
        env.put(model, id, "date_closed", Cell::text(now));
    } else if !vals.contains_key("probability") {
        let stage = env.record(model, id).one("stage_id").map_or(0.0, |stage| stage.number("sequence"));
        let odds = (20.0 * stage).min(90.0);
        env.put(model, id, "probability", Cell::Float(odds));
        env.put(model, id, "automated_probability", Cell::Float(odds));
        env.put(model, id, "date_closed", Cell::Null);
    }
}

/// What a lead takes from its customer.
fn contact_of(env: &Env<'_>, partner: i64) -> Outcome<Map<String, Value>> {
    let partner = env.record(env.model("res.partner")?, partner);
    let mut vals = Map::new();
    for (to, from) in [
        ("email_from", "email"),
        ("phone", "phone"),
        ("street", "street"),
        ("city", "city"),
        ("zip", "zip"),
        ("partner_name", "commercial_company_name"),
    ] {
        if let Some(text) = partner.cell(from).as_text() {
            vals.insert(to.into(), json!(text));
        }
    }
    if !partner.is_set("is_company") {
        vals.insert("contact_name".into(), json!(partner.text("name")));
    }
    Ok(vals)
}
