//! Values for a create or a write, checked and converted before anything is asked or sent. Odoo takes many wrong values
//! with `200 true` and empties the field; here each is refused with its place, and all of them at once.

mod command;
mod effect;
pub(crate) mod moment;
mod relation;
mod scalar;

use crate::OdooError;
use crate::domain::{FieldSource, InputError, Problem, token, unknown_field};
use async_trait::async_trait;
use gatehouse_core::{Effect, Nested};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How deep records may nest in records.
pub const MAX_DEPTH: usize = 4;
/// The most nested commands in one set of values.
pub const MAX_COMMANDS: usize = 1_000;
/// The longest text in one field, in bytes; files in base64 may be longer.
pub const MAX_TEXT: usize = 1_000_000;
/// How deep JSON may nest in one field.
pub const MAX_JSON_DEPTH: usize = 32;
/// The most names looked up for one set of values.
pub const MAX_LOOKUPS: usize = 100;

/// Finds records by name, as the signed-in user sees them.
#[async_trait]
pub trait NameSource: Send + Sync {
    /// Records of `model` by Odoo's `name_search`, at most `limit`, each with its display name: with the operator `=`
    /// when `exactly`, else with `ilike`.
    async fn name_search(
        &self,
        model: &str,
        text: &str,
        exactly: bool,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, OdooError>;
}

/// What the values are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A new record.
    Create,
    /// A record that exists.
    Write,
}

/// Values that Odoo will take as they were meant, and what writing them does.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedValues {
    /// As Odoo takes them.
    pub values: Map<String, Value>,
    /// The fields written on the model itself, sorted.
    pub fields: Vec<String>,
    /// What is written on other models by x2many commands, in the order given.
    pub nested: Vec<Nested>,
    /// What the write does beyond its values, nested writes included; sorted, without repeats.
    pub effects: Vec<Effect>,
    /// Words for values that do not speak for themselves, by field: the label of a selection, the name and id of a
    /// record that was found by name (Odoo's own, never the agent's), the size of a file. Not every field has one.
    pub shown: BTreeMap<String, String>,
}

/// Checks `values` for one record of `model`. Required fields that are missing are left to Odoo, which knows its
/// defaults.
pub async fn check_values(
    values: &Map<String, Value>,
    model: &str,
    mode: Mode,
    source: &dyn FieldSource,
    names: &dyn NameSource,
) -> Result<CheckedValues, InputError> {
    let mut check = Check {
        source,
        names,
        problems: Vec::new(),
        nested: Vec::new(),
        effects: BTreeSet::new(),
        shown: BTreeMap::new(),
        commands_left: MAX_COMMANDS,
        lookups_left: MAX_LOOKUPS,
    };
    if values.is_empty() {
        return Err(Problem::new("", "no values: name at least one field to write").into());
    }
    let checked = check.record(values, model, mode, "", 0).await?;
    if !check.problems.is_empty() {
        return Err(InputError::Refused(check.problems));
    }
    let mut fields: Vec<String> = checked.keys().cloned().collect();
    fields.sort();
    Ok(CheckedValues {
        values: checked,
        fields,
        nested: check.nested,
        effects: check.effects.into_iter().collect(),
        shown: check.shown,
    })
}

/// One check under way.
struct Check<'a> {
    source: &'a dyn FieldSource,
    names: &'a dyn NameSource,
    problems: Vec<Problem>,
    nested: Vec<Nested>,
    effects: BTreeSet<Effect>,
    shown: BTreeMap<String, String>,
    commands_left: usize,
    lookups_left: usize,
}

/// Why one value was not taken; the others are checked all the same, unless Odoo failed.
enum Stop {
    Problem(Problem),
    Odoo(OdooError),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<OdooError> for Stop {
    fn from(error: OdooError) -> Self {
        Self::Odoo(error)
    }
}

impl Check<'_> {
    /// The values of one record, standing at `at`. Problems are collected; what is given back is whole only when there
    /// are none.
    async fn record(
        &mut self,
        values: &Map<String, Value>,
        model: &str,
        mode: Mode,
        at: &str,
        depth: usize,
    ) -> Result<Map<String, Value>, OdooError> {
        let fields = self.source.fields(model).await?;
        let mut checked = Map::new();
        self.effects.extend(effect::of_model(model));
        for (name, value) in values {
            let here = format!("{at}/{}", token(name));
            if let Some(why) = never_written(name) {
                self.problems.push(Problem::new(here, why));
                continue;
            }
            let Some(field) = fields.get(name) else {
                self.problems.push(unknown_field(name, model, &fields, &here));
                continue;
            };
            let result = if field.kind.is_x2many() {
                self.commands(value, name, field, mode, &here, depth).await
            } else if field.kind == crate::FieldType::Many2one {
                self.many2one(value, name, field, &here, depth).await
            } else {
                scalar::check(value, name, field, &here).map_err(Stop::from).map(|(value, shown)| {
                    self.show(name, depth, shown);
                    value
                })
            };
            match result {
                Ok(value) => {
                    self.effects.extend(effect::of_field(model, name, field, &value));
                    checked.insert(name.clone(), value);
                }
                Err(Stop::Problem(problem)) => self.problems.push(problem),
                Err(Stop::Odoo(error)) => return Err(error),
            }
        }
        Ok(checked)
    }

    /// Keeps words for a field of the record itself.
    fn show(&mut self, name: &str, depth: usize, words: Option<String>) {
        if let (0, Some(words)) = (depth, words) {
            self.shown.insert(name.to_owned(), words);
        }
    }
}

/// Why a field is never written, whatever its model says: Odoo keeps it for itself. `None` for every other field.
pub fn never_written(name: &str) -> Option<&'static str> {
    match name {
        "id" => Some("an id cannot be written; in a list of records [1, id, {…}] changes one that exists"),
        "create_date" | "write_date" | "create_uid" | "write_uid" | "__last_update" | "parent_path" => {
            Some("Odoo writes this field itself")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
