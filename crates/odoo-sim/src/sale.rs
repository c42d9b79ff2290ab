//! Orders and their lines: prices, totals, and the states between quotation and order.

use serde_json::{Map, Value, json};

use crate::cell::Cell;
use crate::clock;
use crate::compute::rounded;
use crate::env::{Env, Record};
use crate::fault::{Fault, Outcome};

/// The one tax of the demo's company.
pub(crate) const TAX: f64 = 0.15;
const MONTH: i64 = 30 * 86_400;

/// What a new order gets besides the field defaults.
pub(crate) fn complete_order(env: &mut Env<'_>, vals: &mut Map<String, Value>) -> Outcome<()> {
    let model = env.model("sale.order")?;
    if vals.get("name").is_none_or(|name| name == "New") {
        let last = env
            .db
            .ids(model)
            .filter_map(|id| env.record(model, id).text("name").strip_prefix('S')?.parse::<u32>().ok())
            .max();
        vals.insert("name".into(), json!(format!("S{:05}", last.unwrap_or(0) + 1)));
    }
    if let Some(partner) = vals.get("partner_id").and_then(Value::as_i64) {
        for (name, value) in follow_partner(env, partner)? {
            vals.entry(name).or_insert(value);
        }
    }
    let uid = env.uid;
    vals.entry("user_id").or_insert(json!(uid));
    let team = team(env, vals.get("user_id").and_then(Value::as_i64));
    vals.entry("team_id").or_insert(json!(team));
    let companies = env.model("res.company")?;
    let company = vals.get("company_id").and_then(Value::as_i64).or_else(|| env.company());
    let currency = company.and_then(|company| env.record(companies, company).id_of("currency_id"));
    vals.entry("currency_id").or_insert(json!(currency));
    vals.entry("validity_date").or_insert(json!(clock::date(env.now + MONTH)));
    for name in ["require_signature", "require_payment"] {
        vals.entry(name).or_insert(json!(true));
    }
    vals.entry("prepayment_percent").or_insert(json!(1.0));
    Ok(())
}

/// The sales team of a user, else the first one.
pub(crate) fn team(env: &Env<'_>, user: Option<i64>) -> i64 {
    let model = env.schema.model("res.users").zip(user);
    model.and_then(|(model, user)| env.record(model, user).id_of("sale_team_id")).unwrap_or(1)
}

/// What changes on an order with its customer: addresses and, where the customer has one, the salesperson.
pub(crate) fn follow_partner(env: &Env<'_>, partner: i64) -> Outcome<Map<String, Value>> {
    let partner = env.record(env.model("res.partner")?, partner);
    let mut vals = Map::new();
    let family = partner.many("child_ids");
    let address =
        |kind: &str| family.iter().find(|child| child.text("type") == kind).map_or(partner.id, |child| child.id);
    vals.insert("partner_invoice_id".into(), json!(address("invoice")));
    vals.insert("partner_shipping_id".into(), json!(address("delivery")));
    if let Some(term) = partner.id_of("property_payment_term_id") {
        vals.insert("payment_term_id".into(), json!(term));
    }
    if let Some(user) = partner.id_of("user_id") {
        vals.insert("user_id".into(), json!(user));
    }
    Ok(vals)
}

/// Fills a line from its product, where the caller said nothing else, and works out its amounts.
pub(crate) fn complete_line(env: &mut Env<'_>, line: i64, given: &Map<String, Value>) -> Outcome<()> {
    fill_line(env, line, |_, field| given.contains_key(field))?;
    price_line(env, line)
}

/// Works out a line's amounts and its order's totals.
pub(crate) fn price_line(env: &mut Env<'_>, line: i64) -> Outcome<()> {
    let model = env.model("sale.order.line")?;
    amounts(env, line)?;
    match env.record(model, line).id_of("order_id") {
        Some(order) => total(env, order),
        None => Ok(()),
    }
}

/// A line of the demo data: what it does not say comes from its product.
pub(crate) fn load_line(env: &mut Env<'_>, line: i64) -> Outcome<()> {
    fill_line(env, line, |line, field| line.cell(field) != Cell::Null)?;
    amounts(env, line)
}

/// What a line says of its product.
pub(crate) fn description(product: &Record<'_>) -> String {
    match product.text("description_sale") {
        text if text.is_empty() => product.name(),
        text => format!("{}\n{text}", product.name()),
    }
}

fn fill_line(env: &mut Env<'_>, line: i64, is_given: impl Fn(&Record<'_>, &str) -> bool) -> Outcome<()> {
    let model = env.model("sale.order.line")?;
    let record = env.record(model, line);
    let Some(product) = record.one("product_id") else { return Ok(()) };
    let filled = [
        ("name", Cell::text(description(&product))),
        ("price_unit", product.cell("lst_price")),
        ("product_uom_id", product.cell("uom_id")),
    ];
    let filled: Vec<_> = filled.into_iter().filter(|(field, _)| !is_given(&record, field)).collect();
    for (field, value) in filled {
        env.put(model, line, field, value);
    }
    Ok(())
}

fn amounts(env: &mut Env<'_>, line: i64) -> Outcome<()> {
    let model = env.model("sale.order.line")?;
    let record = env.record(model, line);
    let subtotal = rounded(
        record.number("price_unit") * record.number("product_uom_qty") * (1.0 - record.number("discount") / 100.0),
    );
    let tax = rounded(subtotal * TAX);
    for (field, amount) in [("price_subtotal", subtotal), ("price_tax", tax), ("price_total", rounded(subtotal + tax))]
    {
        env.put(model, line, field, Cell::Float(amount));
    }
    Ok(())
}

/// Sums an order up from its lines.
pub(crate) fn total(env: &mut Env<'_>, order: i64) -> Outcome<()> {
    let model = env.model("sale.order")?;
    let lines = env.record(model, order).many("order_line");
    let sum = |name: &str| rounded(lines.iter().map(|line| line.number(name)).sum());
    let (untaxed, tax) = (sum("price_subtotal"), sum("price_tax"));
    for (field, amount) in [("amount_untaxed", untaxed), ("amount_tax", tax), ("amount_total", rounded(untaxed + tax))]
    {
        env.put(model, order, field, Cell::Float(amount));
    }
    Ok(())
}

/// Quotations become orders.
pub(crate) fn confirm(env: &mut Env<'_>, ids: &[i64]) -> Outcome<()> {
    let model = env.model("sale.order")?;
    if ids.iter().any(|id| !matches!(env.record(model, *id).text("state").as_str(), "draft" | "sent")) {
        return Err(Fault::user("Some orders are not in a state requiring confirmation."));
    }
    let now = clock::datetime(env.now);
    for id in ids {
        let vals = Map::from_iter([("state".to_owned(), json!("sale")), ("date_order".to_owned(), json!(now))]);
        crate::write::write(env, model, &[*id], &vals)?;
    }
    Ok(())
}

/// Cancels orders that are not locked.
pub(crate) fn cancel(env: &mut Env<'_>, ids: &[i64]) -> Outcome<()> {
    let model = env.model("sale.order")?;
    if ids.iter().any(|id| env.record(model, *id).is_set("locked")) {
        return Err(Fault::user("You cannot cancel a locked order. Please unlock it first."));
    }
    crate::write::write(env, model, ids, &Map::from_iter([("state".to_owned(), json!("cancel"))]))
}

/// Cancelled and sent quotations become drafts again; the others stay as they are.
pub(crate) fn draft(env: &mut Env<'_>, ids: &[i64]) -> Outcome<()> {
    let model = env.model("sale.order")?;
    let ids: Vec<i64> = ids
        .iter()
        .copied()
        .filter(|id| matches!(env.record(model, *id).text("state").as_str(), "cancel" | "sent"))
        .collect();
    crate::write::write(env, model, &ids, &Map::from_iter([("state".to_owned(), json!("draft"))]))
}
