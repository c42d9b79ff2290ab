//! Which fields of records an agent is given: those it names, or sensible ones among those it may read.

use super::arguments::Arguments;
use super::reach::{ClosedNames, Reach, path};
use crate::answers::{nested_record, record};
use crate::sessions::Session;
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::domain::{Column, FieldList, FieldSource};
use gatehouse_odoo::{Field, FieldType, Fields, Record};
use serde_json::{Map, Value, json};

/// The fields to read of the model and of related records.
pub(crate) struct Columns {
    list: FieldList,
    closed: ClosedNames,
}

impl Columns {
    /// As named by the arguments, or sensible ones that the agent may read.
    pub(crate) async fn parse(
        arguments: &Arguments,
        fields: &Fields,
        session: &Session,
        source: &dyn FieldSource,
        reach: &mut Reach<'_>,
    ) -> Result<Self, EdgeError> {
        let names: Vec<String> = match arguments.texts("fields") {
            Some(names) if !names.is_empty() => names.into_iter().map(str::to_owned).collect(),
            _ => open(sensible(fields), fields.model(), reach).await?,
        };
        let list =
            FieldList::parse(&names, fields.model(), source).await.map_err(|error| error.inside("fields").edge())?;
        reach.read(&list.reads);
        let closed = reach.show_names(&list.named).await?;
        let columns = Self { list, closed };
        if columns.is_nested() && !session.sign_in.version.at_least(17) {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                "fields: this Odoo is older than 17 and reads no dotted names. Read the related records by their ids.",
            ));
        }
        Ok(columns)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.list.names()
    }

    pub(crate) fn is_nested(&self) -> bool {
        self.list.columns.iter().any(|column| !column.columns.is_empty())
    }

    /// As `web_search_read` and `web_read` take it.
    pub(crate) fn specification(&self) -> Value {
        specification(&self.list.columns)
    }

    /// Plain rows as the agent reads them.
    pub(crate) fn rows(&self, rows: &[Record], fields: &Fields) -> Vec<Value> {
        rows.iter().map(|row| record(row, fields, &self.closed)).collect()
    }

    /// Rows read with a specification.
    pub(crate) fn nested_rows(&self, rows: &Value) -> Vec<Value> {
        let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
        let shown = rows.iter().filter_map(Value::as_object);
        shown.map(|row| nested_record(row, &self.list.columns, &self.closed)).collect()
    }
}

fn specification(columns: &[Column]) -> Value {
    let one = |column: &Column| {
        let inner = match (column.kind, column.columns.is_empty()) {
            (FieldType::Many2one, true) => json!({"fields": {"display_name": {}}}),
            (FieldType::Many2one, false) => {
                let mut fields = specification(&column.columns);
                fields["display_name"] = json!({});
                json!({"fields": fields})
            }
            (_, false) => json!({"fields": specification(&column.columns)}),
            (_, true) => json!({}),
        };
        (column.name.clone(), inner)
    };
    Value::Object(columns.iter().map(one).collect::<Map<_, _>>())
}

/// What most people want to know of a record, in this order.
const FAVOURITES: &[&str] = &[
    "display_name",
    "name",
    "ref",
    "default_code",
    "state",
    "stage_id",
    "partner_id",
    "email",
    "phone",
    "date_order",
    "invoice_date",
    "date_deadline",
    "date",
    "amount_total",
    "currency_id",
    "list_price",
    "qty_available",
    "expected_revenue",
    "user_id",
    "company_id",
    "parent_id",
    "city",
    "country_id",
    "create_date",
];

/// Those of the names that the agent may read; at least the id, for Odoo takes no names at all for every field.
async fn open(names: Vec<String>, model: &str, reach: &Reach<'_>) -> Result<Vec<String>, EdgeError> {
    let mut kept = Vec::with_capacity(names.len());
    for name in names {
        if !reach.keeps(&path(model, &name)).await? {
            kept.push(name);
        }
    }
    if kept.is_empty() {
        kept.push("id".to_owned());
    }
    Ok(kept)
}

/// Sensible fields when none are named: a dozen that say what the record is, none that is costly or large.
fn sensible(fields: &Fields) -> Vec<String> {
    let cheap = |field: &Field| {
        (field.store || field.related.is_some())
            && !field.kind.is_x2many()
            && !matches!(
                field.kind,
                FieldType::Binary | FieldType::Image | FieldType::Html | FieldType::Json | FieldType::Properties
            )
    };
    let has_name = fields.get("name").is_some();
    let mut names: Vec<String> = FAVOURITES
        .iter()
        .filter(|name| !(has_name && **name == "display_name"))
        .filter(|name| **name == "display_name" || fields.get(name).is_some_and(cheap))
        .take(12)
        .map(|name| (*name).to_owned())
        .collect();
    for (name, _) in fields.iter().filter(|(_, field)| field.required && cheap(field)) {
        if names.len() < 14 && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.retain(|name| fields.get(name).is_some());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sensible_fields_hold_nothing_large_or_costly() {
        let answer = json!({
            "name": {"type": "char", "store": true}, "image_1920": {"type": "binary", "store": true},
            "order_line": {"type": "one2many", "relation": "x", "store": true},
            "amount_total": {"type": "monetary", "store": true}, "country_id": {"type": "many2one", "relation": "y", "store": false},
            "needed": {"type": "char", "store": true, "required": true},
        });
        let names = sensible(&Fields::parse("x", answer).unwrap());
        assert_eq!(names, ["name", "amount_total", "needed"]);
    }
}
