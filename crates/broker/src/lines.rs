//! Lines: what x2many commands of a call do to other records, to any depth. Shown like any other change, and checked to
//! belong to the record that is written.

mod line;

use crate::preview::{Entry, Move, Names, Wanted, currencies, moves};
use crate::tools::{Locale, Site, missing};
use futures_util::future::join_all;
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::{FieldType, Fields, Record};
use line::Line;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the commands of some records come to.
#[derive(Default)]
pub(crate) struct Lines<'a> {
    found: Vec<Line<'a>>,
    /// The values of lines that are there, by model and id: compared again before the call runs.
    pub(crate) observed: Map<String, Value>,
}

/// One x2many value: its commands, and the list that they are about.
pub(crate) struct Commands<'a> {
    /// Where it stands: the place of the record among those of the call, then of each line and field on the way.
    place: Vec<usize>,
    field: String,
    /// The model of the lines.
    model: String,
    /// The field of the lines that points back, of a one2many.
    inverse: Option<String>,
    /// The record that it belongs to, by name.
    owner: String,
    given: &'a [Value],
    /// The ids in the list now; none of a record that does not exist yet.
    current: Option<Vec<i64>>,
}

/// The records of one model that are read for a level of lines.
#[derive(Default)]
struct Reading {
    ids: BTreeSet<i64>,
    names: BTreeSet<String>,
}

impl<'a> Lines<'a> {
    /// Reads the lines that commands change, move or delete: one request for each model and depth.
    pub(crate) async fn read(site: &Site, locale: &Locale, all: Vec<Commands<'a>>) -> Result<Self, EdgeError> {
        let mut lines = Self::default();
        let mut level = all;
        while !level.is_empty() {
            let mut wanted: BTreeMap<&str, Reading> = BTreeMap::new();
            for one in &level {
                one.must_own_its_lines()?;
                one.want(site, wanted.entry(&one.model).or_default());
            }
            let mut schemas: BTreeMap<String, Arc<Fields>> = BTreeMap::new();
            for model in wanted.keys() {
                schemas.insert((*model).to_owned(), site.fields(model, locale.lang.as_deref()).await?);
            }
            let read =
                wanted.iter().filter_map(|(model, reading)| Some(reading.read(site, locale, schemas.get(*model)?)));
            let mut rows: BTreeMap<(String, i64), Record> = BTreeMap::new();
            for read in join_all(read).await {
                let (model, read) = read?;
                for row in read {
                    if let Some(id) = row.get("id").and_then(Value::as_i64) {
                        lines.observed.insert(format!("{model},{id}"), Value::Object(row.clone()));
                        rows.insert((model.clone(), id), row);
                    }
                }
            }
            let mut next = Vec::new();
            for one in &level {
                let Some(fields) = schemas.get(&one.model) else { continue };
                for (place, done) in one.moves().into_iter().enumerate() {
                    let Some(line) = Line::of(one, place, done, fields, &rows) else { continue };
                    next.extend(line.commands());
                    lines.found.push(line);
                }
            }
            level = next;
        }
        Ok(lines)
    }

    /// Reads the names of the records that the values of the call and of its lines point to.
    pub(crate) async fn names(&self, mut wanted: Wanted, site: &Site, locale: &Locale) -> Result<Names, EdgeError> {
        self.found.iter().for_each(|line| line.want(&mut wanted));
        let mut names = wanted.read(site, locale).await?;
        self.found.iter().for_each(|line| line.introduce(&mut names));
        Ok(names)
    }

    /// Every line, behind the record it belongs to.
    pub(crate) fn behind(&self, records: Vec<Entry>, names: &Names) -> Vec<Entry> {
        let mut all: Vec<(Vec<usize>, Entry)> =
            records.into_iter().enumerate().map(|(place, record)| (vec![place], record)).collect();
        all.extend(self.found.iter().map(|line| (line.place.clone(), line.entry(names))));
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all.into_iter().map(|(_, entry)| entry).collect()
    }
}

impl<'a> Commands<'a> {
    /// Every x2many value among the values of one record.
    pub(crate) fn of(
        place: &[usize],
        owner: &str,
        values: &'a Record,
        row: Option<&Record>,
        fields: &Fields,
    ) -> Vec<Self> {
        let one = |(number, (name, value)): (usize, (&'a String, &'a Value))| {
            let field = fields.get(name).filter(|field| field.kind.is_x2many())?;
            let ids = |row: &Record| {
                row.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_i64).collect()
            };
            Some(Commands {
                place: place.iter().copied().chain([number]).collect(),
                field: name.clone(),
                model: field.relation.clone()?,
                inverse: field.relation_field.clone().filter(|_| field.kind == FieldType::One2many),
                owner: owner.to_owned(),
                given: value.as_array()?,
                current: row.map(ids),
            })
        };
        values.iter().enumerate().filter_map(one).collect()
    }

    fn moves(&self) -> Vec<Move<'a>> {
        moves(self.given, self.current.as_deref().unwrap_or_default())
    }

    /// What has to be read of the lines. Those that a step of a plan will make are not there.
    fn want(&self, site: &Site, reading: &mut Reading) {
        for done in self.moves() {
            let id = match done {
                Move::Create(_) => continue,
                Move::Update(id, values) => {
                    reading.names.extend(values.keys().cloned());
                    id
                }
                Move::Delete(id) => id,
                Move::Remove(id) | Move::Add(id) => {
                    let Some(inverse) = &self.inverse else { continue };
                    reading.names.insert(inverse.clone());
                    id
                }
            };
            if site.pending_step(id).is_none() {
                reading.ids.insert(id);
            }
        }
    }

    /// Odoo does not ask whether a line that is changed or deleted belongs to the record written: it is asked here.
    fn must_own_its_lines(&self) -> Result<(), EdgeError> {
        let own = self.current.as_deref().unwrap_or_default();
        for command in self.given {
            let number = |index: usize| command.get(index).and_then(Value::as_i64);
            let (Some(1..=3), Some(id)) = (number(0), number(1)) else { continue };
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
}

impl Reading {
    /// In one request; every record has to be there.
    async fn read(&self, site: &Site, locale: &Locale, fields: &Fields) -> Result<(String, Vec<Record>), EdgeError> {
        let model = fields.model();
        let mut names: BTreeSet<&str> = self.names.iter().map(String::as_str).chain(["display_name"]).collect();
        names.retain(|name| fields.get(name).is_some());
        let written: Vec<&str> = names.iter().copied().collect();
        names.extend(currencies(fields, &written));
        let (ids, names): (Vec<i64>, Vec<&str>) = (self.ids.iter().copied().collect(), names.into_iter().collect());
        let session = site.session().await?;
        let rows = session.client.read(model, &ids, &names, Some(&locale.reading())).await;
        let rows = site.told(model, rows).await?;
        let is_there = |id: &i64| rows.iter().any(|row| row.get("id").and_then(Value::as_i64) == Some(*id));
        match ids.iter().find(|id| !is_there(id)) {
            Some(id) => Err(missing(model, id)),
            None => Ok((model.to_owned(), rows)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_of_another_record_is_refused() {
        let commands = [json!([2, 7, 0])];
        let of = |current| Commands {
            place: vec![0, 0],
            field: "order_line".into(),
            model: "sale.order.line".into(),
            inverse: Some("order_id".into()),
            owner: "S1".into(),
            given: &commands,
            current,
        };
        assert!(of(Some(vec![7, 8])).must_own_its_lines().is_ok());
        assert!(of(Some(vec![8])).must_own_its_lines().is_err());
        assert!(of(None).must_own_its_lines().is_err(), "a new record has no lines to delete");
    }
}
