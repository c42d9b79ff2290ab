//! Lines: what x2many commands of a write do to other records, shown like any other change, and checked to belong to the
//! record that is written.

use crate::preview::{SHOWN_RECORDS, changes, new_values};
use crate::tools::Site;
use crate::view::{FieldChange, RecordChange, RecordVerb};
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::{Fields, Record};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What the commands of some records come to.
#[derive(Default)]
pub(crate) struct Lines {
    /// Each line as a record of its own.
    pub(crate) records: Vec<RecordChange>,
    /// The values of lines that are changed or deleted, by model and id: compared again before the call runs.
    pub(crate) observed: Map<String, Value>,
}

/// One x2many value: the commands, the model of the lines, and the ids that the record has now.
pub(crate) struct Commands<'a> {
    pub(crate) field: &'a str,
    pub(crate) model: &'a str,
    pub(crate) given: &'a [Value],
    /// `None` for a record that does not exist yet.
    pub(crate) current: Option<Vec<i64>>,
}

impl Lines {
    /// Reads the lines that commands change or delete, one request for each model, and describes every command.
    pub(crate) async fn read(
        site: &Site,
        context: &Map<String, Value>,
        lang: Option<&str>,
        all: &[Commands<'_>],
    ) -> Result<Self, EdgeError> {
        for one in all {
            one.must_own_its_lines()?;
        }
        let mut wanted: BTreeMap<&str, (BTreeSet<i64>, BTreeSet<&str>)> = BTreeMap::new();
        for one in all {
            for command in one.given {
                let (verb, id) = (number(command, 0), number(command, 1));
                let touched = wanted.entry(one.model).or_default();
                if let (Some(1..=3), Some(id)) = (verb, id)
                    && site.pending_step(id).is_none()
                {
                    touched.0.insert(id);
                }
                if let (Some(1), Some(Value::Object(values))) = (verb, command.get(2)) {
                    touched.1.extend(values.keys().map(String::as_str));
                }
            }
        }
        let mut lines = Self::default();
        let mut rows: BTreeMap<(&str, i64), Record> = BTreeMap::new();
        let mut schemas: BTreeMap<&str, std::sync::Arc<Fields>> = BTreeMap::new();
        for (model, (ids, mut names)) in wanted {
            let fields = site.fields(model, lang).await?;
            names.insert("display_name");
            let names: Vec<&str> = names.into_iter().filter(|name| fields.get(name).is_some()).collect();
            schemas.insert(model, fields);
            let ids: Vec<i64> = ids.into_iter().collect();
            if ids.is_empty() {
                continue;
            }
            let session = site.session().await?;
            let read = session.client.read(model, &ids, &names, Some(context)).await;
            for row in site.told(model, read).await? {
                if let Some(id) = row.get("id").and_then(Value::as_i64) {
                    lines.observed.insert(format!("{model},{id}"), Value::Object(row.clone()));
                    rows.insert((model, id), row);
                }
            }
        }
        for one in all {
            let Some(fields) = schemas.get(one.model) else { continue };
            lines.records.extend(one.given.iter().filter_map(|command| one.describe(command, fields, &rows)));
        }
        lines.records.truncate(SHOWN_RECORDS * 4);
        Ok(lines)
    }
}

impl Commands<'_> {
    /// Odoo does not ask whether a line that is changed or deleted belongs to the record written: it is asked here.
    fn must_own_its_lines(&self) -> Result<(), EdgeError> {
        let own = self.current.as_deref().unwrap_or_default();
        for command in self.given {
            let (Some(1..=3), Some(id)) = (number(command, 0), number(command, 1)) else { continue };
            if !own.contains(&id) {
                return Err(EdgeError::new(
                    ErrorCode::InvalidArguments,
                    format!(
                        "{}: {} {id} does not belong to this record. Read its lines first.",
                        self.field, self.model
                    ),
                ));
            }
        }
        Ok(())
    }

    fn describe(&self, command: &Value, fields: &Fields, rows: &BTreeMap<(&str, i64), Record>) -> Option<RecordChange> {
        let none = BTreeMap::new();
        let id = number(command, 1);
        let row = id.and_then(|id| rows.get(&(self.model, id)));
        let name = row.and_then(|row| row.get("display_name")).and_then(Value::as_str).unwrap_or_default();
        let (change, fields): (_, Vec<FieldChange>) = match (number(command, 0)?, command.get(2)) {
            (0, Some(Value::Object(values))) => (RecordVerb::Create, new_values(values, &none, fields)),
            (1, Some(Value::Object(values))) => (RecordVerb::Update, changes(row?, values, &none, fields)),
            (2, _) => (RecordVerb::Delete, Vec::new()),
            _ => return None,
        };
        let id = id.filter(|_| change != RecordVerb::Create);
        Some(RecordChange { id, name: format!("{} · {name}", self.model), change, fields, besides: Vec::new() })
    }
}

/// Every x2many value among the values of one record.
pub(crate) fn commands_of<'a>(
    values: &'a Map<String, Value>,
    row: Option<&Record>,
    fields: &'a Fields,
) -> Vec<Commands<'a>> {
    let one = |(name, value): (&'a String, &'a Value)| {
        let field = fields.get(name).filter(|field| field.kind.is_x2many())?;
        let ids = |row: &Record| {
            row.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_i64).collect()
        };
        Some(Commands {
            field: name,
            model: field.relation.as_deref()?,
            given: value.as_array()?,
            current: row.map(ids),
        })
    };
    values.iter().filter_map(one).collect()
}

fn number(command: &Value, index: usize) -> Option<i64> {
    command.get(index).and_then(Value::as_i64)
}

/// Values of records beyond those shown one by one, each different set once, with how many records get it.
pub(crate) fn beyond(sets: &[(usize, &Map<String, Value>)]) -> Result<Vec<String>, EdgeError> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (records, values) in sets {
        *counts.entry(json!(values).to_string()).or_default() += records;
    }
    if counts.len() > 20 {
        return Err(EdgeError::new(
            ErrorCode::InvalidArguments,
            format!(
                "Too many different values for one approval: beyond the first {SHOWN_RECORDS} records at most 20 different \
                 sets can be shown. Split the call."
            ),
        ));
    }
    Ok(counts.into_iter().map(|(values, records)| format!("{records} more records get {values}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_another_record_is_refused() {
        let commands = [json!([2, 7, 0])];
        let of = |current| Commands { field: "order_line", model: "sale.order.line", given: &commands, current };
        assert!(of(Some(vec![7, 8])).must_own_its_lines().is_ok());
        assert!(of(Some(vec![8])).must_own_its_lines().is_err());
        assert!(of(None).must_own_its_lines().is_err(), "a new record has no lines to delete");
    }

    #[test]
    fn what_cannot_be_shown_one_by_one_is_summed_up_or_refused() {
        let same: Map<String, Value> = Map::from_iter([("a".to_owned(), json!(1))]);
        assert_eq!(beyond(&[(3, &same), (4, &same)]).unwrap(), ["7 more records get {\"a\":1}"]);
        let many: Vec<Map<String, Value>> = (0..21).map(|n| Map::from_iter([("a".to_owned(), json!(n))])).collect();
        let sets: Vec<_> = many.iter().map(|set| (1, set)).collect();
        assert!(beyond(&sets).is_err());
    }
}
