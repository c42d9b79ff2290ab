//! The files of the demo data: a note, a table, a PDF and a picture.

use serde_json::{Map, json};

use crate::attachment;
use crate::cell::Cell;
use crate::clock;
use crate::env::{Env, ROOT};
use crate::fault::Outcome;
use crate::pdf;
use crate::values;

const NOTE: &str = "Showroom visit, Azure Interior\n\nThey want to see the acoustic screens in blue and in grey.\nSamples by the \
                    end of the month. Contact: Brandon Freeman.\n";
const TABLE: &str = "product,quantity,price\nAcoustic Bloc Screens,12,295.00\nConference Chair,40,33.00\nLarge Meeting Table,2,4000.00\n";
const PICTURE_OF: i64 = 10;

/// Adds the files.
pub(super) fn load(env: &mut Env<'_>) -> Outcome<()> {
    let contacts = env.model("res.partner")?;
    let picture = env.record(contacts, PICTURE_OF).text("image_1920");
    let lines = ["Frame contract 2026", "Gemini Furniture", "Discount on desks: 10 %", "Payment within 30 days"];
    let contract = pdf::page(&lines.map(str::to_owned));
    add(env, "visit.txt", ("res.partner", 15), &json!({ "raw": NOTE }))?;
    add(env, "wishlist.csv", ("crm.lead", 3), &json!({ "raw": TABLE }))?;
    let contract = String::from_utf8(contract).unwrap_or_default();
    add(env, "contract.pdf", ("sale.order", 4), &json!({ "raw": contract }))?;
    add(env, "logo.png", ("res.partner", PICTURE_OF), &json!({ "datas": picture }))
}

fn add(env: &mut Env<'_>, name: &str, (model, id): (&str, i64), content: &serde_json::Value) -> Outcome<()> {
    let files = env.model("ir.attachment")?;
    let mut vals: Map<_, _> = content.as_object().cloned().unwrap_or_default();
    attachment::complete(env, &mut vals, name)?;
    let at = env.db.add(files);
    let now = clock::datetime(env.now);
    for (name, value) in [
        ("id", json!(at)),
        ("name", json!(name)),
        ("res_model", json!(model)),
        ("res_id", json!(id)),
        ("type", json!("binary")),
        ("company_id", json!(1)),
        ("create_uid", json!(ROOT)),
        ("write_uid", json!(ROOT)),
        ("create_date", json!(now)),
        ("write_date", json!(now)),
    ] {
        vals.insert(name.into(), value);
    }
    for (name, value) in &vals {
        if let Some(field) = files.field(name) {
            let cell = if name == "id" { Cell::Int(at) } else { values::cell(env, files, field, value)? };
            env.db.set(files, at, field.index, cell);
        }
    }
    Ok(())
}
