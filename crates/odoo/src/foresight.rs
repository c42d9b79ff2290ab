//! What Odoo would change by itself, asked without changing it.

use crate::client::{Client, unexpected};
use crate::error::OdooError;
use crate::fields::{FieldType, Fields};
use crate::records::Record;
use crate::transport::{Context, Method};
use serde_json::{Map, Value, json};

impl Client {
    /// Which of the fields `named` would get another value if `values` were written on the record `id`, with those values; or,
    /// without an id, with which values a new record with `values` would begin, the given ones among them. A many2one comes as
    /// `[id, "name"]`. Nothing is written. Only where the version has [`Capability::Foresight`](crate::Capability).
    ///
    /// Odoo's `onchange(values, field_names, fields_spec)`: what its form would show. What Odoo does only while it saves is
    /// not among it.
    pub async fn foresee(
        &self,
        fields: &Fields,
        id: Option<i64>,
        values: &Record,
        named: &[&str],
        context: Option<&Context>,
    ) -> Result<Record, OdooError> {
        let ids: Vec<i64> = id.into_iter().collect();
        // Of a new record the defaults are told only where no field is said to have changed.
        let changed: Vec<&String> = values.keys().filter(|_| id.is_some()).collect();
        let is_link = |name: &str| fields.get(name).is_some_and(|field| field.kind == FieldType::Many2one);
        // Odoo looks into a list that is written, told or not, and fails on one that is not named.
        let is_list = |name: &&str| fields.get(name).is_some_and(|field| field.kind.is_x2many());
        let lists =
            values.keys().map(String::as_str).filter(is_list).map(|name| (name.to_owned(), json!({"fields": {}})));
        let one = |name: &&str| {
            let of = if is_link(name) { json!({"fields": {"display_name": {}}}) } else { json!({}) };
            ((*name).to_owned(), of)
        };
        let spec: Map<String, Value> = named.iter().map(one).chain(lists).collect();
        let method = Method::read(fields.model(), "onchange")
            .on(&ids)
            .arg("values", Value::Object(values.clone()))
            .arg("field_names", json!(changed))
            .arg("fields_spec", Value::Object(spec))
            .within(context);
        let Value::Object(mut answer) = self.call(&method).await? else { return Err(unexpected(&method)) };
        let foreseen = match answer.remove("value") {
            Some(Value::Object(foreseen)) => foreseen,
            // It knows none of the fields.
            None => Map::new(),
            Some(_) => return Err(unexpected(&method)),
        };
        let one = |(name, value): (String, Value)| {
            let value = if is_link(&name) { pair(value) } else { value };
            (name, value)
        };
        Ok(foreseen.into_iter().filter(|(name, _)| named.contains(&name.as_str())).map(one).collect())
    }
}

/// `{"id": 1, "display_name": "A"}` as other answers have it: `[1, "A"]`.
fn pair(value: Value) -> Value {
    match (&value["id"], &value["display_name"]) {
        (Value::Number(id), Value::String(name)) => json!([id, name]),
        _ => value,
    }
}
