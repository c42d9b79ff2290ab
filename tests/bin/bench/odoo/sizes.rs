//! How much three plain answers hold, from each server by the smallest calls that bring them whole.

use super::field::{Field, PEERS, asked};
use super::jobs::ATTRIBUTES;
use crate::direct::Direct;
use crate::house::House;
use gatehouse_tests::Odoo;
use serde_json::{Map, Value, json};

/// One answer asked of every server.
pub(super) struct Size {
    pub(super) what: &'static str,
    pub(super) ours: Result<Smallest, String>,
    /// In the order of the field.
    pub(super) peers: Vec<Result<Smallest, String>>,
}

/// The smallest way to it.
pub(super) struct Smallest {
    /// Of the text of all answers.
    pub(super) bytes: usize,
    /// The tools called, with what matters of their arguments.
    pub(super) how: String,
}

/// One way: a name for it, and its calls.
type Way = (&'static str, Vec<(&'static str, Value)>);

struct Asked {
    what: &'static str,
    /// Every answer holds these words.
    holds: Vec<String>,
    ours: Vec<Way>,
    peers: [Vec<Way>; 3],
}

pub(super) fn run(house: &mut House, connection: &str, odoo: &Odoo, peers: &mut Field) -> Vec<Size> {
    let mut line = Direct::new(odoo);
    let mut bridge = house.pinned(connection);
    let mut sizes = Vec::new();
    for asked_for in answers(&mut line) {
        let Asked { what, holds, ours, peers: theirs } = asked_for;
        let ours = smallest(&ours, &holds, |tool, arguments| {
            house.before_read(connection);
            let told = told(asked(&mut bridge, tool, arguments));
            if std::env::var_os("BENCH_ANSWERS").is_some() {
                println!("   {tool} {arguments}\n   → {told:?}");
            }
            told
        });
        let theirs = peers.each().map(|peer| {
            let ways = PEERS.iter().position(|name| *name == peer.name).and_then(|place| theirs.get(place));
            let ways = ways.map(Vec::as_slice).unwrap_or_default();
            smallest(ways, &holds, |tool, arguments| told(peer.call(tool, arguments)))
        });
        sizes.push(Size { what, ours, peers: theirs.collect() });
    }
    sizes
}

fn told(answer: Result<crate::rpc::Told, String>) -> Result<(usize, String), String> {
    let told = answer?;
    Ok((told.bytes, told.outcome?))
}

fn smallest(
    ways: &[Way],
    holds: &[String],
    mut ask: impl FnMut(&str, &Value) -> Result<(usize, String), String>,
) -> Result<Smallest, String> {
    let (mut best, mut trouble): (Option<Smallest>, _) = (None, "it offers no such call".to_owned());
    for (name, calls) in ways {
        let mut all = String::new();
        let bytes = calls.iter().try_fold(0, |sum, (tool, arguments)| {
            let (bytes, text) = ask(tool, arguments)?;
            all.push_str(&text);
            Ok(sum + bytes)
        });
        let missing = holds.iter().filter(|word| !all.contains(*word)).count();
        match bytes {
            Err(why) => trouble = why,
            Ok(_) if missing > 0 => trouble = format!("{name}: {missing} of {} are not in it", holds.len()),
            Ok(bytes) if best.as_ref().is_none_or(|best| bytes < best.bytes) => {
                best = Some(Smallest { bytes, how: (*name).to_owned() });
            }
            Ok(_) => {}
        }
    }
    best.ok_or(trouble)
}

/// The three, and every way that might be the smallest.
fn answers(line: &mut Direct) -> [Asked; 3] {
    let texts = |rows: &Value, field: &str| -> Vec<String> {
        rows.as_array().into_iter().flatten().filter_map(|row| row[field].as_str().map(str::to_owned)).collect()
    };
    let fifty = line.call("res.partner", "search_read", &json!({ "fields": ["name"], "limit": 50 })).1;
    let fifty = texts(&fifty, "name");
    let contacts = json!({ "model": "res.partner", "limit": 50 });

    // Every server leaves some fields out, or offers to. These are what everybody asks about.
    let fields = ["name", "partner_id", "date_order", "state", "amount_total", "user_id", "company_id"];
    let fields = fields.map(str::to_owned).to_vec();
    let order = json!({ "model": "sale.order" });

    // What the form shows of an order.
    let lines =
        ["product_id", "product_uom_qty", "qty_delivered", "qty_invoiced", "price_unit", "discount", "price_subtotal"];
    let head = ["name", "partner_id", "date_order", "state", "user_id", "amount_untaxed", "amount_tax", "amount_total"];
    let nested = lines.map(|name| format!("order_line.{name}"));
    let dotted: Vec<&str> = head.into_iter().chain(nested.iter().map(String::as_str)).collect();
    let wanted =
        |name: &str| if name.ends_with("_id") { json!({ "fields": { "display_name": {} } }) } else { json!({}) };
    let all = |names: &[&str]| -> Map<String, Value> {
        names.iter().map(|name| ((*name).to_owned(), wanted(name))).collect()
    };
    let mut specification = all(&head);
    specification.insert("order_line".to_owned(), json!({ "fields": all(&lines) }));
    let whole = line.call("sale.order", "web_read", &json!({ "ids": [ORDER], "specification": specification })).1;
    let mut holds = vec!["S0000".to_owned(), whole[0]["partner_id"]["display_name"].as_str().unwrap_or("?").to_owned()];
    for row in whole[0]["order_line"].as_array().into_iter().flatten() {
        holds.push(format!("{}", row["price_subtotal"].as_f64().unwrap_or(f64::NAN).trunc()));
        holds.push(row["product_id"]["display_name"].as_str().unwrap_or("?").to_owned());
    }
    let of_order = json!([["order_id", "=", ORDER]]);

    [
        Asked {
            what: "list of 50 contacts, default fields",
            holds: fifty,
            ours: vec![("odoo_search_read", vec![("odoo_search_read", contacts.clone())])],
            peers: [
                vec![("search_records", vec![("search_records", contacts.clone())])],
                vec![("search_records", vec![("search_records", contacts.clone())])],
                vec![("odoo_search", vec![("odoo_search", contacts)])],
            ],
        },
        Asked {
            what: "description of `sale.order`",
            holds: fields,
            ours: vec![("odoo_fields_get", vec![("odoo_fields_get", order.clone())])],
            peers: [
                vec![("get_fields", vec![("get_fields", order.clone())])],
                vec![
                    ("get_model_fields", vec![("get_model_fields", order.clone())]),
                    (
                        "get_model_fields, the top 30",
                        vec![("get_model_fields", json!({ "model": "sale.order", "relevance": "top" }))],
                    ),
                    (
                        "execute_method fields_get",
                        vec![(
                            "execute_method",
                            json!({
                                "model": "sale.order", "method": "fields_get", "kwargs": { "attributes": ATTRIBUTES }
                            }),
                        )],
                    ),
                ],
                vec![
                    ("odoo_describe_model", vec![("odoo_describe_model", order)]),
                    (
                        "odoo_execute_kw fields_get",
                        vec![(
                            "odoo_execute_kw",
                            json!({
                                "model": "sale.order", "method": "fields_get", "kwargs": { "attributes": ATTRIBUTES }
                            }),
                        )],
                    ),
                ],
            ],
        },
        Asked {
            what: "one order with its lines",
            holds,
            ours: vec![(
                "odoo_read",
                vec![("odoo_read", json!({ "model": "sale.order", "ids": [ORDER], "fields": dotted }))],
            )],
            peers: [
                vec![(
                    "get_record and search_records",
                    vec![
                        ("get_record", json!({ "model": "sale.order", "record_id": ORDER, "fields": head })),
                        ("search_records", json!({ "model": "sale.order.line", "domain": of_order, "fields": lines })),
                    ],
                )],
                vec![
                    (
                        "read_record and search_records",
                        vec![
                            ("read_record", json!({ "model": "sale.order", "record_id": ORDER, "fields": head })),
                            (
                                "search_records",
                                json!({ "model": "sale.order.line", "domain": of_order, "fields": lines }),
                            ),
                        ],
                    ),
                    (
                        "execute_method web_read",
                        vec![(
                            "execute_method",
                            json!({
                                "model": "sale.order", "method": "web_read",
                                "kwargs": { "ids": [ORDER], "specification": specification }
                            }),
                        )],
                    ),
                ],
                vec![(
                    "odoo_read and odoo_search",
                    vec![
                        ("odoo_read", json!({ "model": "sale.order", "ids": [ORDER], "fields": head })),
                        ("odoo_search", json!({ "model": "sale.order.line", "domain": of_order, "fields": lines })),
                    ],
                )],
            ],
        },
    ]
}

/// Of the demo data; it has four lines.
const ORDER: i64 = 7;
