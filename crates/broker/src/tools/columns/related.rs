//! Related records on servers that do not read them along: one more trip for each relation, and the same shape.

use crate::answers::MOST_RELATED;
use crate::sessions::Session;
use crate::tools::Site;
use gatehouse_core::EdgeError;
use gatehouse_odoo::domain::Column;
use gatehouse_odoo::{Context, Record};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;

/// Puts what was asked of related records into `rows`, where they hold only ids.
pub(super) fn fill<'a>(
    columns: &'a [Column],
    rows: &'a mut [Record],
    site: &'a Site,
    session: &'a Session,
    context: &'a Context,
) -> Pin<Box<dyn Future<Output = Result<(), EdgeError>> + Send + 'a>> {
    Box::pin(async move {
        for column in columns.iter().filter(|column| !column.columns.is_empty()) {
            let Some(model) = column.relation.as_deref() else { continue };
            let ids: BTreeSet<i64> =
                rows.iter().filter_map(|row| row.get(&column.name)).flat_map(|value| wanted(value, column)).collect();
            if ids.is_empty() {
                continue;
            }
            let ids: Vec<i64> = ids.into_iter().collect();
            let names: Vec<&str> = column.columns.iter().map(|column| column.name.as_str()).collect();
            let found = session.client.read(model, &ids, &names, Some(context)).await;
            let mut found = site.told(model, found).await?;
            fill(&column.columns, &mut found, site, session, context).await?;
            let found: BTreeMap<i64, Record> =
                found.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect();
            for value in rows.iter_mut().filter_map(|row| row.get_mut(&column.name)) {
                put(value, column, &found);
            }
        }
        Ok(())
    })
}

/// The ids of the records to read: of a many2one `[id, name]`, of others as many as are shown.
fn wanted(value: &Value, column: &Column) -> Vec<i64> {
    let most = if column.kind.is_x2many() { MOST_RELATED } else { 1 };
    value.as_array().into_iter().flatten().take(most).filter_map(Value::as_i64).collect()
}

fn put(value: &mut Value, column: &Column, found: &BTreeMap<i64, Record>) {
    let read = |id: &Value| id.as_i64().and_then(|id| found.get(&id)).cloned().unwrap_or_default();
    let Value::Array(ids) = value else { return };
    if column.kind.is_x2many() {
        for id in ids {
            let mut row = read(id);
            row.insert("id".to_owned(), id.take());
            *id = Value::Object(row);
        }
    } else if let [id, name] = ids.as_slice() {
        let mut row = read(id);
        row.insert("id".to_owned(), id.clone());
        row.insert("display_name".to_owned(), name.clone());
        *value = json!(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_odoo::FieldType;

    #[test]
    fn what_was_read_stands_where_the_ids_were() {
        let column = |kind| Column {
            name: "x".into(),
            kind,
            relation: Some("res.partner".into()),
            currency: None,
            columns: vec![],
        };
        let record = |value: Value| value.as_object().cloned().unwrap();
        let found = BTreeMap::from([(3, record(json!({"id": 3, "city": "Paris"})))]);
        let mut one = json!([3, "Acme"]);
        put(&mut one, &column(FieldType::Many2one), &found);
        assert_eq!(one, json!({"id": 3, "city": "Paris", "display_name": "Acme"}));
        let mut many = json!([3, 9]);
        put(&mut many, &column(FieldType::One2many), &found);
        assert_eq!(many, json!([{"id": 3, "city": "Paris"}, {"id": 9}]));
        let mut none = json!(false);
        put(&mut none, &column(FieldType::Many2one), &found);
        assert_eq!(none, json!(false));
    }
}
