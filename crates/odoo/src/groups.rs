//! Counts and sums by group, in one shape for all versions.

use crate::client::{Client, unexpected};
use crate::domain::{Axis, Grouping};
use crate::error::OdooError;
use crate::records::{Record, records};
use crate::transport::{Context, Method};
use crate::versions::{Capability, Word};
use crate::{FieldType, Version};
use serde_json::{Map, Value, json};

impl Client {
    /// Groups the records that a domain finds. A row holds, under the name it was asked by, each axis and aggregate, and
    /// `__count`. A record is `{"id", "name"}`; a span of dates `{"from", "to", "label"}`, its end left out where Odoo
    /// does not say it; the group of records without a value is `null`.
    ///
    /// # Errors
    /// A limit of zero is refused: Odoo would take it for "all".
    pub async fn read_group(
        &self,
        model: &str,
        domain: &Value,
        grouping: &Grouping,
        limit: u32,
        context: Option<&Context>,
    ) -> Result<Vec<Record>, OdooError> {
        if limit == 0 {
            return Err(OdooError::InvalidRequest("Odoo takes a limit of 0 for all groups"));
        }
        let before = self.version();
        let outcome = self.read_group_of(before, model, domain, grouping, limit, context).await;
        if outcome.is_err() && self.version() != before {
            return self.read_group_of(self.version(), model, domain, grouping, limit, context).await;
        }
        outcome
    }

    async fn read_group_of(
        &self,
        version: Version,
        model: &str,
        domain: &Value,
        grouping: &Grouping,
        limit: u32,
        context: Option<&Context>,
    ) -> Result<Vec<Record>, OdooError> {
        let axes: Vec<&str> = grouping.axes.iter().map(|axis| axis.spec.as_str()).collect();
        let formatted = version.can(Capability::FormattedGroups);
        let method = if formatted {
            let mut aggregates: Vec<String> = grouping.aggregates.iter().map(|one| one.spec.clone()).collect();
            aggregates.push("__count".to_owned());
            let having = if grouping.having.is_null() { json!([]) } else { grouping.having.clone() };
            Method::read(model, version.word(Word::Groups))
                .arg("domain", domain.clone())
                .arg("groupby", json!(axes))
                .arg("aggregates", json!(aggregates))
                .arg("having", having)
                .arg("offset", 0)
                .arg("limit", limit)
                .arg("order", json!(grouping.order))
        } else {
            if !grouping.having.is_null() {
                return Err(OdooError::InvalidRequest("this Odoo takes no conditions on sums"));
            }
            // A name of our own for each sum: two sums of one field would else share the field's.
            let sums = grouping.aggregates.iter().enumerate();
            let sums: Vec<String> = sums.map(|(i, one)| format!("gh_{i}:{}({})", one.function, one.field)).collect();
            Method::read(model, version.word(Word::Groups))
                .arg("domain", domain.clone())
                .arg("fields", json!(sums))
                .arg("groupby", json!(axes))
                .arg("offset", 0)
                .arg("limit", limit)
                .arg("orderby", grouping.order.as_ref().map_or(json!(false), |order| json!(aliased(order, grouping))))
                .arg("lazy", false)
        };
        let method = method.within(context);
        let rows = records(self.call(&method).await?, &method)?;
        rows.iter()
            .map(|row| if formatted { formatted_row(row, grouping) } else { classic_row(row, grouping) })
            .collect::<Option<_>>()
            .ok_or_else(|| unexpected(&method))
    }
}

/// The order with our own names for the sums.
fn aliased(order: &str, grouping: &Grouping) -> String {
    let one = |term: &str| {
        let (name, direction) = term.split_once(' ').unwrap_or((term, "asc"));
        let place = grouping.aggregates.iter().position(|aggregate| aggregate.spec == name);
        place.map_or_else(|| term.to_owned(), |place| format!("gh_{place} {direction}"))
    };
    order.split(", ").map(one).collect::<Vec<_>>().join(", ")
}

/// A row of `formatted_read_group`.
fn formatted_row(row: &Record, grouping: &Grouping) -> Option<Record> {
    let mut told = Map::new();
    for axis in &grouping.axes {
        let value = row.get(&axis.spec)?;
        let value = match (value, axis.kind) {
            (Value::Array(pair), FieldType::Date | FieldType::Datetime) => {
                let end = row.get("__extra_domain").and_then(|domain| end_of(domain, &axis.field));
                span(pair.first()?, end, pair.get(1)?)
            }
            _ => key(value, axis)?,
        };
        told.insert(axis.spec.clone(), value);
    }
    told.insert("__count".to_owned(), row.get("__count")?.clone());
    for aggregate in &grouping.aggregates {
        told.insert(aggregate.spec.clone(), sum(row.get(&aggregate.spec)?, &aggregate.function));
    }
    Some(told)
}

/// A row of `read_group`, up to 18: spans stand apart, under the axis or (14) its field.
fn classic_row(row: &Record, grouping: &Grouping) -> Option<Record> {
    let mut told = Map::new();
    for axis in &grouping.axes {
        let value = row.get(&axis.spec)?;
        let value = match (value, axis.kind) {
            (Value::String(_), FieldType::Date | FieldType::Datetime) => {
                let spans = row.get("__range");
                let around = spans.and_then(|spans| spans.get(&axis.spec).or_else(|| spans.get(&axis.field)));
                let from = around.and_then(|around| around.get("from")).cloned().unwrap_or_default();
                span(&from, around.and_then(|around| around.get("to")).cloned(), value)
            }
            _ => key(value, axis)?,
        };
        told.insert(axis.spec.clone(), value);
    }
    told.insert("__count".to_owned(), row.get("__count")?.clone());
    for (index, aggregate) in grouping.aggregates.iter().enumerate() {
        told.insert(aggregate.spec.clone(), sum(row.get(&format!("gh_{index}"))?, &aggregate.function));
    }
    Some(told)
}

fn span(from: &Value, to: Option<Value>, label: &Value) -> Value {
    let mut span = json!({"from": from, "label": label});
    if let Some(to) = to {
        span["to"] = to;
    }
    span
}

/// The end of a span from the conditions that select the group: `[field, "<", end]`, at any depth.
fn end_of(domain: &Value, field: &str) -> Option<Value> {
    let terms = domain.as_array()?;
    if let [Value::String(name), Value::String(operator), end] = terms.as_slice()
        && name == field
        && operator == "<"
    {
        return Some(end.clone());
    }
    terms.iter().find_map(|term| end_of(term, field))
}

/// What a group has in common.
fn key(value: &Value, axis: &Axis) -> Option<Value> {
    Some(match value {
        Value::Bool(false) if axis.kind != FieldType::Boolean => Value::Null,
        Value::Array(pair) if axis.relation.is_some() => {
            json!({"id": pair.first()?, "name": pair.get(1).cloned().unwrap_or_default()})
        }
        Value::Number(id) if axis.relation.is_some() => json!({"id": id}),
        other => other.clone(),
    })
}

fn sum(value: &Value, function: &str) -> Value {
    match value {
        Value::Bool(false) if !function.starts_with("bool_") => Value::Null,
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Version;
    use crate::domain::Asked;
    use crate::domain::fixture::Schema;

    async fn grouping(version: &str) -> Grouping {
        let asked = Asked {
            group_by: &["partner_id", "date_order:month"],
            aggregates: &["amount_total:sum", "amount_total:max"],
            order: Some("amount_total:max desc, __count"),
            having: None,
        };
        Grouping::parse(asked, "sale.order", &Schema, Version::parse(version).unwrap()).await.unwrap()
    }

    fn record(value: Value) -> Record {
        match value {
            Value::Object(record) => record,
            other => panic!("no record: {other}"),
        }
    }

    /// What Odoo 19 answered to either method, one row of each.
    #[tokio::test]
    async fn both_methods_give_one_shape() {
        let new = record(json!({
            "partner_id": [9, "Acme Corporation"],
            "date_order:month": ["2026-11-01 00:00:00", "November 2026"],
            "__extra_domain": ["&", "&", ["partner_id", "=", 9], ["date_order", ">=", "2026-11-01 00:00:00"], ["date_order", "<", "2026-12-01 00:00:00"]],
            "amount_total:sum": 70250.0, "amount_total:max": 40000.0, "__count": 2,
        }));
        let old = record(json!({
            "partner_id": [9, "Acme Corporation"],
            "date_order:month": "November 2026",
            "__domain": [],
            "__range": {"date_order:month": {"from": "2026-11-01 00:00:00", "to": "2026-12-01 00:00:00"}},
            "gh_0": 70250.0, "gh_1": 40000.0, "__count": 2,
        }));
        let oldest = record(json!({
            "partner_id": [9, "Acme Corporation"],
            "date_order:month": "November 2026",
            "__range": {"date_order": {"from": "2026-11-01 00:00:00", "to": "2026-12-01 00:00:00"}},
            "gh_0": 70250.0, "gh_1": 40000.0, "__count": 2,
        }));
        let shape = record(json!({
            "partner_id": {"id": 9, "name": "Acme Corporation"},
            "date_order:month": {"from": "2026-11-01 00:00:00", "to": "2026-12-01 00:00:00", "label": "November 2026"},
            "__count": 2, "amount_total:sum": 70250.0, "amount_total:max": 40000.0,
        }));
        let grouping = grouping("19.0").await;
        assert_eq!(formatted_row(&new, &grouping), Some(shape.clone()));
        assert_eq!(classic_row(&old, &grouping), Some(shape.clone()));
        assert_eq!(classic_row(&oldest, &grouping), Some(shape));
    }

    #[tokio::test]
    async fn the_group_without_a_value_is_null_and_a_row_of_another_shape_is_none() {
        let grouping = grouping("18.0").await;
        let empty = record(json!({
            "partner_id": false, "date_order:month": false, "__count": 1, "gh_0": false, "gh_1": 0.0,
            "__range": {"date_order:month": false},
        }));
        let told = classic_row(&empty, &grouping).unwrap();
        assert_eq!((&told["partner_id"], &told["date_order:month"]), (&Value::Null, &Value::Null));
        assert_eq!((&told["amount_total:sum"], &told["amount_total:max"]), (&Value::Null, &json!(0.0)));
        assert_eq!(formatted_row(&empty, &grouping), None);
        assert_eq!(aliased(grouping.order.as_deref().unwrap(), &grouping), "gh_1 desc, __count asc");
    }
}
