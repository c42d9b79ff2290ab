//! Groups as a table: one row a group, its totals beneath, and what is the same for all rows said once.

use super::super::reach::ClosedNames;
use super::apart::Apart;
use super::span;
use super::totals::{self, COUNT};
use gatehouse_odoo::domain::{Aggregate, Axis, Grouping};
use gatehouse_odoo::{FieldType, Record};
use serde_json::{Map, Value, json};

/// What the groups of one answer are shown by.
pub(super) struct Shape<'a> {
    pub(super) grouping: &'a Grouping,
    pub(super) apart: &'a Apart,
    /// How many of the aggregates were asked for; those after them only serve totals.
    pub(super) asked: usize,
    pub(super) closed: &'a ClosedNames,
    pub(super) timezone: &'a str,
    /// Every group is there.
    pub(super) is_whole: bool,
    pub(super) subtotals: bool,
}

impl Shape<'_> {
    /// `columns`, `rows`, and where they say something `totals`, `currency` and `notes`.
    pub(super) fn table(&self, rows: &[Record]) -> Map<String, Value> {
        let mut table = Map::new();
        let mut axes: Vec<&Axis> = self.grouping.axes.iter().collect();
        let mut notes = Vec::new();
        if self.is_whole {
            self.say_one_currency(rows, &mut axes, &mut table);
        }
        if self.apart.by_company {
            notes.push("company_id was added to group_by: sums of several companies are not mixed.".to_owned());
        }
        let is_apart = |axis: &&&Axis| self.apart.currency_axes().any(|field| *field == axis.spec);
        for axis in axes.iter().filter(is_apart) {
            notes.push(format!("{} was added to group_by: amounts in different currencies are not mixed.", axis.spec));
        }
        for field in &self.apart.unclear {
            notes.push(format!("Odoo cannot group by {field}: these amounts may be in different currencies."));
        }
        let aggregates = &self.grouping.aggregates[..self.asked];
        table.insert("columns".into(), columns(&axes, aggregates.iter()));
        table.insert("rows".into(), rows.iter().map(|row| self.cells(row, &axes, aggregates)).collect());
        let totals = self.totals(rows, &axes);
        if !totals.is_empty() {
            table.insert("totals".into(), Value::Array(totals));
        } else if self.subtotals && rows.len() > 1 {
            notes.push("No totals: they cannot be told from these groups.".to_owned());
        }
        if !notes.is_empty() {
            table.insert("notes".into(), json!(notes));
        }
        if self.grouping.axes.iter().any(|axis| axis.kind == FieldType::Datetime) {
            table.insert("timezone".into(), json!(self.timezone));
        }
        table
    }

    /// A currency that is the same in every row is said once and is no column.
    fn say_one_currency(&self, rows: &[Record], axes: &mut Vec<&Axis>, table: &mut Map<String, Value>) {
        let mut said: Map<String, Value> = Map::new();
        for field in self.apart.currency_axes() {
            let Some(axis) = self.grouping.axes.iter().find(|axis| axis.spec == *field) else { continue };
            let first = rows.first().and_then(|row| row.get(field)).unwrap_or(&Value::Null);
            if rows.iter().any(|row| row.get(field).unwrap_or(&Value::Null) != first) {
                continue;
            }
            axes.retain(|kept| kept.spec != *field);
            if !first.is_null() {
                let cell = self.cell(first, axis);
                said.insert(field.clone(), cell.get(1).cloned().unwrap_or(cell));
            }
        }
        let mut names: Vec<&Value> = said.values().collect();
        names.dedup();
        match names.as_slice() {
            [] => {}
            [one] => {
                table.insert("currency".into(), (*one).clone());
            }
            _ => {
                table.insert("currency".into(), Value::Object(said));
            }
        }
    }

    /// One row's values, in the order of the columns.
    fn cells(&self, row: &Record, axes: &[&Axis], aggregates: &[Aggregate]) -> Value {
        let value = |name: &str| row.get(name).map(totals::plain).unwrap_or_default();
        let sum = |one: &Aggregate| match row.get(&one.spec) {
            // An average has as many digits as the machine: those of its total suffice.
            Some(Value::Number(average)) if one.function == "avg" => {
                average.as_f64().map_or(Value::Null, totals::number)
            }
            _ => value(&one.spec),
        };
        let of_axes = axes.iter().map(|axis| self.cell(row.get(&axis.spec).unwrap_or(&Value::Null), axis));
        of_axes.chain([value(COUNT)]).chain(aggregates.iter().map(sum)).collect()
    }

    /// What a group has in common: a record is `[id, name]`, or its id alone where its name is kept from the agent.
    fn cell(&self, value: &Value, axis: &Axis) -> Value {
        let Value::Object(cell) = value else { return value.clone() };
        if matches!(axis.kind, FieldType::Date | FieldType::Datetime) {
            return span::short(cell, axis, self.timezone).map_or_else(|| value.clone(), Value::String);
        }
        let id = cell.get("id").cloned().unwrap_or_default();
        match cell.get("name").filter(|_| !self.closed.hold(axis.relation.as_deref())) {
            Some(name) => json!([id, name]),
            None => id,
        }
    }

    /// From the total of everything down to that of each leading group: one table a level. None where groups are missing,
    /// where having left some out, or where a record counts in several groups.
    fn totals(&self, rows: &[Record], axes: &[&Axis]) -> Vec<Value> {
        let is_asked = |axis: &&&Axis| !self.apart.axes.contains(&axis.spec);
        let fixed = axes.iter().filter(|axis| !is_asked(axis)).count();
        let last = if self.subtotals { axes.len() } else { fixed + 1 };
        if !self.is_whole || !self.grouping.having.is_null() {
            return Vec::new();
        }
        let levels = (fixed..last.min(axes.len())).filter_map(|kept| {
            let (kept, rolled) = axes.split_at(kept);
            if rolled.iter().any(|axis| axis.kind.is_x2many()) {
                return None;
            }
            let groups = gathered(rows, kept);
            (groups.len() < rows.len()).then(|| self.level(&groups, kept, rolled))
        });
        levels.collect()
    }

    fn level(&self, groups: &[Vec<&Record>], kept: &[&Axis], rolled: &[&Axis]) -> Value {
        let is_one_currency = |aggregate: &&Aggregate| {
            let currency = self.apart.currencies.get(&aggregate.spec);
            currency.is_none_or(|currency| rolled.iter().all(|axis| axis.spec != *currency))
        };
        let can_be_told = |aggregate: &&Aggregate| {
            is_one_currency(aggregate) && groups.iter().all(|rows| totals::over(aggregate, rows).is_some())
        };
        let aggregates: Vec<&Aggregate> = self.grouping.aggregates[..self.asked].iter().filter(can_be_told).collect();
        let row = |rows: &Vec<&Record>| -> Value {
            let value = |axis: &&Axis| rows.first().and_then(|row| row.get(&axis.spec)).unwrap_or(&Value::Null);
            let of_axes = kept.iter().map(|axis| self.cell(value(axis), axis));
            let of_sums = aggregates.iter().map(|one| totals::over(one, rows).unwrap_or_default());
            of_axes.chain([totals::count(rows)]).chain(of_sums).collect()
        };
        json!({
            "columns": columns(kept, aggregates.iter().copied()),
            "rows": groups.iter().map(row).collect::<Vec<_>>(),
        })
    }
}

fn columns<'a>(axes: &[&Axis], aggregates: impl Iterator<Item = &'a Aggregate>) -> Value {
    let axes = axes.iter().map(|axis| axis.spec.as_str());
    axes.chain([COUNT]).chain(aggregates.map(|one| one.spec.as_str())).collect()
}

/// The rows that have these axes in common, in the order in which they first come.
fn gathered<'a>(rows: &'a [Record], axes: &[&Axis]) -> Vec<Vec<&'a Record>> {
    let mut groups: Vec<(Vec<Option<&Value>>, Vec<&Record>)> = Vec::new();
    for row in rows {
        let key: Vec<Option<&Value>> = axes.iter().map(|axis| row.get(&axis.spec)).collect();
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    groups.into_iter().map(|(_, rows)| rows).collect()
}
