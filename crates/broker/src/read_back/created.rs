//! New records: they have no id yet that anybody knows. Those that hold exactly the values, made since by the same user, may
//! be them.

use super::look::{named, reading};
use super::{Change, Verdict};
use crate::sessions::Session;
use gatehouse_core::Timestamp;
use gatehouse_odoo::{Field, FieldType, Fields, OdooError, Search};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Records of the call that are looked for, one request each.
const LOOKED_FOR: usize = 5;
/// Records that are named.
const FOUND: u32 = 10;
/// How far Odoo's clock may be behind ours.
const CLOCKS_APART: Duration = Duration::from_mins(5);

pub(super) async fn look(session: &Session, change: &Change) -> Result<Verdict, OdooError> {
    let file = json!([{
        "name": change.resolved["filename"], "res_model": change.resolved["model"], "res_id": change.resolved["res_id"],
    }]);
    let values = if change.tool == "odoo_attachment_upload" { &file } else { &change.resolved["values"] };
    let fields = session.client.fields(&change.model, None).await?;
    let mut found: Vec<i64> = Vec::new();
    let mut is_looked_for = false;
    for values in values.as_array().into_iter().flatten().filter_map(Value::as_object).take(LOOKED_FOR) {
        let Some(domain) = domain_of(values, &fields, change.began_at, session.sign_in.uid) else { continue };
        is_looked_for = true;
        let search = Search { domain, fields: &["create_date"], order: Some("id"), limit: FOUND, ..Search::default() };
        let rows = session.client.search_read(&change.model, &search, Some(&reading(change))).await?;
        found.extend(rows.iter().filter_map(|row| row.get("id")?.as_i64()));
    }
    found.sort_unstable();
    found.dedup();
    Ok(match (is_looked_for, found.is_empty()) {
        (false, _) => Verdict::unclear("New records cannot be told from others here. Look into Odoo."),
        (true, true) => {
            Verdict::unclear("No record with exactly these values was made since, as far as this user sees.")
                .until_later()
        }
        (true, false) => Verdict::unclear(format!(
            "Perhaps these: {} {}, made since by the same user with exactly these values.",
            change.model,
            named(&found)
        )),
    })
}

/// Records with these values, made since by this user. `None` where nothing can be asked about them.
fn domain_of(values: &Map<String, Value>, fields: &Fields, since: Timestamp, user: i64) -> Option<Value> {
    let since = jiff::Timestamp::from_millisecond(since.minus(CLOCKS_APART).as_millis()).ok()?;
    let (made_at, made_by) = ("create_date", "create_uid");
    fields.get(made_at).and(fields.get(made_by))?;
    let can_ask = |field: &Field| {
        field.store
            && matches!(
                field.kind,
                FieldType::Boolean
                    | FieldType::Integer
                    | FieldType::Char
                    | FieldType::Text
                    | FieldType::Date
                    | FieldType::Datetime
                    | FieldType::Selection
                    | FieldType::Many2one
                    | FieldType::Many2oneReference
            )
    };
    let mut domain: Vec<Value> = values
        .iter()
        .filter(|(name, value)| !value.is_array() && fields.get(name).is_some_and(can_ask))
        .map(|(name, value)| json!([name, "=", if value.is_null() { &Value::Bool(false) } else { value }]))
        .collect();
    if domain.is_empty() {
        return None;
    }
    domain.push(json!([made_by, "=", user]));
    domain.push(json!([made_at, ">=", since.strftime("%Y-%m-%d %H:%M:%S").to_string()]));
    Some(Value::Array(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_that_odoo_compares_exactly_are_asked_for() {
        let fields = json!({
            "name": {"type": "char"}, "note": {"type": "html"}, "amount": {"type": "float"}, "ref": {"type": "char"},
            "line_ids": {"type": "one2many", "relation": "y"}, "create_date": {"type": "datetime"},
            "create_uid": {"type": "many2one", "relation": "res.users"},
        });
        let fields = Fields::parse("x", fields).unwrap();
        let ask = |values: Value| domain_of(values.as_object().unwrap(), &fields, Timestamp::from_millis(300_000), 2);
        let values = json!({"name": "a", "note": "<p>b</p>", "amount": 1.5, "ref": null, "line_ids": [[0, 0, {}]]});
        let expected = json!([
            ["name", "=", "a"],
            ["ref", "=", false],
            ["create_uid", "=", 2],
            ["create_date", ">=", "1970-01-01 00:00:00"]
        ]);
        assert_eq!(ask(values), Some(expected));
        assert_eq!(ask(json!({"amount": 1.5})), None);
    }
}
