//! The environment of a call: who asks, in which context, over which records.

use serde_json::{Map, Value};

use crate::cell::Cell;
use crate::compute;
use crate::fault::{Fault, Outcome};
use crate::records::Database;
use crate::schema::{Field, Kind, Model, Schema};

/// The administrator's user id; its rights are those of all groups.
pub(crate) const ADMIN: i64 = 2;
/// The user that creates the demo data.
pub(crate) const ROOT: i64 = 1;

/// Everything a method needs.
pub(crate) struct Env<'a> {
    pub(crate) db: &'a mut Database,
    pub(crate) schema: &'static Schema,
    pub(crate) uid: i64,
    /// Access rights and record rules are not asked.
    pub(crate) sudo: bool,
    pub(crate) context: Map<String, Value>,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

impl Env<'_> {
    pub(crate) fn model(&self, name: &str) -> Outcome<&'static Model> {
        self.schema.model(name).ok_or_else(|| Fault::NoModel(name.to_owned()))
    }

    /// The model that a relation points to.
    pub(crate) fn target(&self, field: &Field) -> Outcome<&'static Model> {
        self.model(field.relation.as_deref().unwrap_or_default())
    }

    pub(crate) fn is_admin(&self) -> bool {
        self.sudo || self.uid == ADMIN || self.uid == ROOT
    }

    /// Runs as Odoo's `sudo()`: without access rights and record rules, still as the same user.
    pub(crate) fn as_root<T>(&mut self, act: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        let before = std::mem::replace(&mut self.sudo, true);
        let outcome = act(self);
        self.sudo = before;
        outcome
    }

    /// The value of a field, wherever it comes from.
    pub(crate) fn get(&self, model: &'static Model, id: i64, field: &Field) -> Cell {
        if let Some(path) = &field.via {
            return self.follow(model, id, path);
        }
        if field.computed {
            return compute::value(Record { env: self, model, id }, field);
        }
        if field.kind == Kind::One2many {
            return Cell::Ids(self.children(model, id, field));
        }
        if let Some(mirror) = &field.mirror {
            return Cell::Ids(self.mirrored(id, field, mirror));
        }
        if field.name == "id" {
            return if self.db.has(model, id) { Cell::Int(id) } else { Cell::Null };
        }
        let cell = self.db.cell(model, id, field.index);
        match (cell, field.kind) {
            // a many2many comes in the order of its own model
            (Cell::Ids(mut ids), Kind::Many2many) => {
                if let Ok(target) = self.target(field) {
                    crate::order::sort_by_default(self, target, &mut ids);
                }
                Cell::Ids(ids)
            }
            (cell, _) => cell,
        }
    }

    pub(crate) fn record(&self, model: &'static Model, id: i64) -> Record<'_> {
        Record { env: self, model, id }
    }

    /// Sets a cell, if the model keeps such a field.
    pub(crate) fn put(&mut self, model: &'static Model, id: i64, name: &str, value: Cell) {
        if let Some(field) = model.field(name) {
            self.db.set(model, id, field.index, value);
        }
    }

    /// The company of the call: the first of `allowed_company_ids`, else the user's own.
    pub(crate) fn company(&self) -> Option<i64> {
        if let Some(first) = self.context.get("allowed_company_ids").and_then(|ids| ids.get(0)).and_then(Value::as_i64)
        {
            return Some(first);
        }
        self.user()?.id_of("company_id")
    }

    pub(crate) fn user(&self) -> Option<Record<'_>> {
        self.schema.model("res.users").map(|model| self.record(model, self.uid))
    }

    /// The records of `model` whose `active` matters and is false are hidden unless asked for.
    pub(crate) fn is_active(&self, model: &'static Model, id: i64) -> bool {
        model.field("active").is_none_or(|field| self.get(model, id, field).is_set())
    }

    pub(crate) fn wants_archived(&self) -> bool {
        self.context.get("active_test").and_then(Value::as_bool) == Some(false)
    }

    fn follow(&self, model: &'static Model, id: i64, path: &[String]) -> Cell {
        let (mut model, mut id) = (model, id);
        for (place, step) in path.iter().enumerate() {
            let Some(field) = model.field(step) else { return Cell::Null };
            let value = self.get(model, id, field);
            if place + 1 == path.len() {
                return value;
            }
            let (Cell::Int(next), Ok(target)) = (&value, self.target(field)) else {
                return if field.is_many() { Cell::Ids(Vec::new()) } else { Cell::Null };
            };
            (model, id) = (target, *next);
        }
        Cell::Null
    }

    /// The records that point back here, in their own order.
    fn children(&self, model: &Model, id: i64, field: &Field) -> Vec<i64> {
        let Ok(target) = self.target(field) else { return Vec::new() };
        let Some(inverse) = field.inverse.as_deref().and_then(|name| target.field(name)) else { return Vec::new() };
        let of_model =
            target.field("model").or_else(|| target.field("res_model")).filter(|_| inverse.kind == Kind::Integer);
        let shown = |child: &i64| {
            of_model.is_none_or(|field| self.get(target, *child, field).as_text() == Some(&model.name))
                && (self.wants_archived() || self.is_active(target, *child))
                && !(target.name == "mail.message"
                    && self.record(target, *child).text("message_type") == "user_notification")
        };
        let mut ids: Vec<i64> = if inverse.is_kept() {
            self.db.pointing(target, inverse.index, id).into_iter().filter(shown).collect()
        } else {
            let points = |child: &i64| self.get(target, *child, inverse) == Cell::Int(id);
            self.db.ids(target).filter(points).filter(shown).collect()
        };
        crate::order::sort_by_default(self, target, &mut ids);
        ids
    }

    fn mirrored(&self, id: i64, field: &Field, mirror: &str) -> Vec<i64> {
        let Ok(target) = self.target(field) else { return Vec::new() };
        let Some(other) = target.field(mirror) else { return Vec::new() };
        self.db.pointing(target, other.index, id)
    }
}

/// A record to look at, field by field.
#[derive(Clone, Copy)]
pub(crate) struct Record<'e> {
    pub(crate) env: &'e Env<'e>,
    pub(crate) model: &'static Model,
    pub(crate) id: i64,
}

impl<'e> Record<'e> {
    pub(crate) fn cell(&self, name: &str) -> Cell {
        self.model.field(name).map_or(Cell::Null, |field| self.env.get(self.model, self.id, field))
    }

    /// The text of a field; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> String {
        self.cell(name).as_text().unwrap_or_default().to_owned()
    }

    pub(crate) fn number(&self, name: &str) -> f64 {
        self.cell(name).as_number().unwrap_or(0.0)
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.cell(name).is_set()
    }

    pub(crate) fn id_of(&self, name: &str) -> Option<i64> {
        self.cell(name).as_id()
    }

    pub(crate) fn one(&self, name: &str) -> Option<Record<'e>> {
        let field = self.model.field(name)?;
        let id = self.env.get(self.model, self.id, field).as_id()?;
        Some(Record { env: self.env, model: self.env.target(field).ok()?, id })
    }

    pub(crate) fn many(&self, name: &str) -> Vec<Record<'e>> {
        let Some(field) = self.model.field(name) else { return Vec::new() };
        let Ok(model) = self.env.target(field) else { return Vec::new() };
        self.env
            .get(self.model, self.id, field)
            .ids()
            .into_iter()
            .map(|id| Record { env: self.env, model, id })
            .collect()
    }

    pub(crate) fn name(&self) -> String {
        self.text("display_name")
    }
}
