//! Invoices orders.

use serde_json::{Map, Value, json};

use crate::compute::rounded;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::invoice;
use crate::write;

/// Invoices orders as a wizard says. Gives the invoices.
pub(crate) fn bill(env: &mut Env<'_>, wizard: i64) -> Outcome<Vec<i64>> {
    let model = env.model("sale.advance.payment.inv")?;
    let record = env.record(model, wizard);
    let orders: Vec<i64> = record.cell("sale_order_ids").ids();
    let how = record.text("advance_payment_method");
    let (percent, fixed) = (record.number("amount"), record.number("fixed_amount"));
    env.as_root(|env| {
        let mut made = Vec::new();
        for order in orders {
            let sales = env.model("sale.order")?;
            let lines = if how == "delivered" {
                delivered(env, order)?
            } else {
                let total = env.record(sales, order).number("amount_untaxed");
                let amount = if how == "percentage" { rounded(total * percent / 100.0) } else { fixed };
                vec![down_payment(env, order, amount)?]
            };
            if !lines.is_empty() {
                made.push(invoiced(env, order, &lines)?);
            }
        }
        if made.is_empty() {
            return Err(Fault::user(
                "Cannot create an invoice. No items are available to invoice.\n\nTo resolve this issue, please ensure that:\n   \
                 • The products have been delivered before attempting to invoice them.\n   • The invoicing policy of the product \
                 is configured correctly.",
            ));
        }
        Ok(made)
    })
}

/// What of an order can be invoiced: each line with the quantity.
fn delivered(env: &Env<'_>, order: i64) -> Outcome<Vec<(i64, f64, f64)>> {
    let order = env.record(env.model("sale.order")?, order);
    let lines = order.many("order_line").into_iter();
    let open = lines.map(|line| (line.id, line.number("qty_to_invoice"), line.number("price_unit")));
    Ok(open.filter(|(_, quantity, _)| *quantity != 0.0).collect())
}

fn down_payment(env: &mut Env<'_>, order: i64, amount: f64) -> Outcome<(i64, f64, f64)> {
    let lines = env.model("sale.order.line")?;
    let vals = Map::from_iter([
        ("order_id".to_owned(), json!(order)),
        ("name".to_owned(), json!("Down Payment")),
        ("product_uom_qty".to_owned(), json!(0)),
        ("price_unit".to_owned(), json!(amount)),
        ("is_downpayment".to_owned(), json!(true)),
    ]);
    Ok((write::create(env, lines, &vals)?, 1.0, amount))
}

fn invoiced(env: &mut Env<'_>, order: i64, lines: &[(i64, f64, f64)]) -> Outcome<i64> {
    let (orders, documents) = (env.model("sale.order")?, env.model("account.move")?);
    let order_lines = env.model("sale.order.line")?;
    let items: Vec<Value> = lines
        .iter()
        .map(|(id, quantity, price)| {
            let line = env.record(order_lines, *id);
            json!([0, 0, {
                "product_id": line.id_of("product_id"),
                "name": line.text("name"),
                "product_uom_id": line.id_of("product_uom_id"),
                "quantity": quantity,
                "price_unit": price,
                "discount": line.number("discount"),
                "sale_line_ids": [[6, 0, [id]]],
            }])
        })
        .collect();
    let order = env.record(orders, order);
    let mut vals = Map::from_iter([
        ("move_type".to_owned(), json!("out_invoice")),
        ("company_id".to_owned(), json!(order.id_of("company_id"))),
        ("partner_id".to_owned(), json!(order.id_of("partner_invoice_id"))),
        ("partner_shipping_id".to_owned(), json!(order.id_of("partner_shipping_id"))),
        ("currency_id".to_owned(), json!(order.id_of("currency_id"))),
        ("invoice_user_id".to_owned(), json!(order.id_of("user_id"))),
        ("team_id".to_owned(), json!(order.id_of("team_id"))),
        ("invoice_origin".to_owned(), json!(order.text("name"))),
        ("invoice_line_ids".to_owned(), Value::Array(items)),
    ]);
    if order.is_set("client_order_ref") {
        vals.insert("ref".into(), json!(order.text("client_order_ref")));
    }
    if let Some(term) = order.id_of("payment_term_id") {
        vals.insert("invoice_payment_term_id".into(), json!(term));
    }
    let made = write::create(env, documents, &vals)?;
    let ids: Vec<i64> = lines.iter().map(|(id, ..)| *id).collect();
    invoice::recount(env, &ids)?;
    Ok(made)
}
