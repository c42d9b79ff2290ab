//! Records as JSON, the way `read` gives them.

use serde_json::{Map, Value, json};

use crate::access::{self, Operation};
use crate::attachment;
use crate::cell::Cell;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::{Field, Kind, Model};

/// Reads fields of records; ids that do not exist are left out. No field names: all of them. `names` says whether a
/// many2one is `[id, name]` or the id alone.
pub(crate) fn read(
    env: &Env<'_>,
    model: &'static Model,
    ids: &[i64],
    fields: &[String],
    names: bool,
) -> Outcome<Vec<Value>> {
    access::check(env, model, Operation::Read)?;
    let fields = chosen(env, model, fields)?;
    access::check_rules(env, model, ids, Operation::Read)?;
    for field in &fields {
        check_content(env, model, ids, field)?;
    }
    let there = ids.iter().filter(|id| env.db.has(model, **id));
    Ok(there
        .map(|id| {
            let mut row = Map::new();
            row.insert("id".into(), json!(id));
            for field in &fields {
                row.insert(field.name.clone(), value(env, model, *id, field, names));
            }
            Value::Object(row)
        })
        .collect())
}

/// One value as JSON: nothing is `false`, except for numbers.
pub(crate) fn value(env: &Env<'_>, model: &'static Model, id: i64, field: &Field, names: bool) -> Value {
    let cell = env.get(model, id, field);
    if field.is_many() {
        let Ok(target) = env.target(field) else { return json!([]) };
        let ids: Vec<i64> = cell.ids().into_iter().filter(|other| access::is_visible(env, target, *other)).collect();
        return json!(ids);
    }
    if field.kind == Kind::Many2one {
        let Some(other) = cell.as_id() else { return json!(false) };
        return match env.target(field) {
            Ok(target) if names => json!([other, env.record(target, other).name()]),
            _ => json!(other),
        };
    }
    if model.name == "res.users" && field.name == "password" {
        return json!("");
    }
    if let (Kind::Binary, Some(content)) = (field.kind, cell.as_text())
        && env.context.get("bin_size").is_some_and(crate::domain::is_truthy)
    {
        let is_coded = field.name != "raw";
        return json!(size(if is_coded { attachment::decoded_length(content) } else { content.len() }));
    }
    plain(field.kind, &cell)
}

/// A value that is no relation.
pub(crate) fn plain(kind: Kind, cell: &Cell) -> Value {
    match (kind, cell) {
        (Kind::Boolean, cell) => json!(cell.is_set()),
        (Kind::Integer, Cell::Null) => json!(0),
        (Kind::Float | Kind::Monetary, cell) => json!(cell.as_number().unwrap_or(0.0)),
        (_, Cell::Null) => json!(false),
        (_, Cell::Bool(truth)) => json!(truth),
        (_, Cell::Int(number)) => json!(number),
        (_, Cell::Float(number)) => json!(number),
        (_, Cell::Text(text)) => json!(**text),
        (_, Cell::Ids(ids)) => json!(ids),
    }
}

/// `10.44 Kb`: what a binary field shows under `bin_size`.
#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn size(bytes: usize) -> String {
    let mut size = bytes as f64;
    for unit in ["bytes", "Kb", "Mb"] {
        if size < 1024.0 {
            return format!("{size:.2} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.2} Gb")
}

/// Refuses to show bytes as text.
pub(crate) fn check_content(env: &Env<'_>, model: &'static Model, ids: &[i64], field: &Field) -> Outcome<()> {
    if model.name == "ir.attachment" && field.name == "raw" {
        for id in ids {
            attachment::raw(&env.record(model, *id))?;
        }
    }
    Ok(())
}

fn chosen(env: &Env<'_>, model: &'static Model, names: &[String]) -> Outcome<Vec<&'static Field>> {
    if names.is_empty() {
        if model.name == "ir.attachment" && !env.is_admin() {
            // all fields of a file are more than an ordinary user may read
            return Err(Fault::access(
                "Failed to read field ir.attachment.voice_ids\nYou are not allowed to access 'Metadata for voice attachments' \
                 (discuss.voice.metadata) records.\n\nThis operation is allowed for the following groups:\n\t- Role / \
                 Administrator\n\nContact your administrator to request access if necessary.",
            ));
        }
        return Ok(model.fields.iter().filter(|field| access::check_field(env, model, field).is_ok()).collect());
    }
    names
        .iter()
        .map(|name| {
            let field =
                model.field(name).ok_or_else(|| Fault::value(format!("Invalid field '{name}' on '{}'", model.name)))?;
            access::check_field(env, model, field)?;
            Ok(field)
        })
        .collect()
}
