//! Which part of a call that takes another back may be sent: fields that nobody changed since, records that are there.

use super::plain::{Held, held, holds, shown};
use super::recalled::{Part, ids_of, updates_of};
use super::there::{At, There};
use crate::preview::SHOWN_RECORDS;
use crate::tools::{self, Locale, Site};
use crate::view::UndoConflict;
use gatehouse_core::{EdgeError, UndoCall};
use gatehouse_odoo::{Field, FieldType, Fields};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is left of a call.
#[derive(Default)]
pub(super) struct Sifted {
    /// Arguments of the calls to send, each small enough to be shown in full.
    pub(super) arguments: Vec<Value>,
    /// Values that they bring back.
    pub(super) restored: Vec<Restored>,
    pub(super) conflicts: Vec<UndoConflict>,
}

/// A value that is brought back.
#[derive(Debug, Clone)]
pub(super) struct Restored {
    pub(super) at: At,
    /// The model, where it is a line of the record that is written.
    pub(super) line_of: Option<String>,
    pub(super) name: String,
    pub(super) field: Field,
    /// What is there by then.
    pub(super) now: Value,
    /// What will be.
    pub(super) then: Value,
    /// What is there by then is not what is there now.
    pub(super) is_foreseen: bool,
}

/// Where a call is sifted.
pub(super) struct Sieve<'a> {
    pub(super) site: &'a Site,
    pub(super) locale: &'a Locale,
    pub(super) fields: Arc<Fields>,
    pub(super) part: &'a Part,
    pub(super) there: &'a mut There,
    /// Records that a call before this one could not be sent for: neither is this.
    pub(super) blocked: &'a mut BTreeSet<i64>,
    pub(super) sifted: Sifted,
}

impl Sieve<'_> {
    /// Sifts one call.
    pub(super) async fn sift(mut self, back: &UndoCall) -> Result<Sifted, EdgeError> {
        let model = self.fields.model().to_owned();
        if back.tool == tools::WRITE {
            let updates = updates_of(&back.arguments);
            let ids = updates.iter().map(|(id, _)| *id).collect();
            let names = updates.iter().flat_map(|(_, values)| values.keys().cloned());
            let names = names.filter(|name| self.fields.get(name).is_some()).collect();
            self.there.read(self.site, self.locale, &model, &ids, &names).await?;
            let mut kept = Vec::new();
            for (id, values) in updates {
                let values = self.record(&model, id, values).await?;
                if !values.is_empty() {
                    kept.push((id, values));
                }
            }
            for change in &self.sifted.restored {
                self.there.will_hold(&change.at, &change.name, change.then.clone());
            }
            self.sifted.arguments = kept.chunks(SHOWN_RECORDS).map(|some| of_updates(&back.arguments, some)).collect();
        } else if back.arguments.get("ids").is_none() {
            self.sifted.arguments.push(back.arguments.clone());
        } else {
            let mut ids = ids_of(&back.arguments);
            ids.retain(|id| !self.blocked.contains(id));
            let left = |id: i64| back.left.get(id.to_string())?.as_object();
            let names = ids.iter().filter_map(|id| left(*id)).flat_map(Map::keys);
            let names = names.filter(|name| self.fields.get(name).is_some()).cloned().collect();
            self.there.read(self.site, self.locale, &model, &ids, &names).await?;
            let mut kept = Vec::new();
            for at in ids.iter().map(|id| At::new(self.locale, &model, *id)) {
                if !self.there.exists(&at) {
                    // What is to be deleted is gone already.
                    if back.tool != tools::UNLINK {
                        self.is_gone(&at);
                    }
                } else if self.is_as_left(&at, left(at.id)) {
                    kept.push(at);
                    continue;
                }
                self.blocked.insert(at.id);
            }
            if !kept.is_empty() {
                let mut arguments = back.arguments.clone();
                arguments["ids"] = kept.iter().map(|at| at.id).collect();
                self.sifted.arguments.push(arguments);
            }
            if back.tool == tools::UNLINK {
                for at in &kept {
                    self.there.will_go(at);
                }
            }
        }
        Ok(self.sifted)
    }

    /// Whether a record holds what the call left there. It will hold what was there before, once it is taken back.
    fn is_as_left(&mut self, at: &At, left: Option<&Map<String, Value>>) -> bool {
        let fields = self.fields.clone();
        let (mut is_so, mut will) = (true, Vec::new());
        for (name, left) in left.into_iter().flatten() {
            let Some(field) = fields.get(name) else { continue };
            let now = self.there.value(at, name);
            if !holds(&now, left, field) {
                self.conflict(at, name, &field.label, shown(left, field), shown(&now, field));
                is_so = false;
            } else if let Some(was) = self.part.was(None, at.id, name) {
                will.push((name, was.clone()));
            }
        }
        for (name, was) in will.into_iter().filter(|_| is_so) {
            self.there.will_hold(at, name, was);
        }
        is_so
    }

    /// The values of one record that may be written back.
    async fn record(
        &mut self,
        model: &str,
        id: i64,
        values: Map<String, Value>,
    ) -> Result<Map<String, Value>, EdgeError> {
        let at = At::new(self.locale, model, id);
        if !self.there.exists(&at) {
            // What was made, and is to be archived, is gone already.
            if self.part.tool != tools::CREATE {
                self.is_gone(&at);
            }
            return Ok(Map::new());
        }
        let fields = self.fields.clone();
        let mut kept = Map::new();
        for (name, back) in values {
            let Some(field) = fields.get(&name) else {
                self.conflict(&at, &name, &name, "a value".into(), "the field does not exist any more".into());
                continue;
            };
            if field.kind == FieldType::One2many {
                let commands = self.lines(&at, &name, field, &back).await?;
                if !commands.is_empty() {
                    kept.insert(name, Value::Array(commands));
                }
                continue;
            }
            let written = self.part.written(id, &name);
            if self.may_go_back(&at, None, &name, field, &back, written) {
                kept.insert(name, back);
            }
        }
        Ok(kept)
    }

    /// The commands for lines whose values may be written back.
    async fn lines(&mut self, at: &At, name: &str, field: &Field, back: &Value) -> Result<Vec<Value>, EdgeError> {
        let model = field.relation.clone().unwrap_or_default();
        let given: BTreeMap<i64, Map<String, Value>> = back
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|command| Some((command.get(1)?.as_i64()?, command.get(2)?.as_object()?.clone())))
            .collect();
        let fields = self.site.fields(&model, self.locale.lang.as_deref()).await?;
        let ids: BTreeSet<i64> = given.keys().copied().collect();
        let names = given.values().flat_map(Map::keys).filter(|name| fields.get(name).is_some()).cloned().collect();
        self.there.read(self.site, self.locale, &model, &ids, &names).await?;
        let owned = self.there.value(at, name);
        let owned: BTreeSet<i64> = owned.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        let sent = self.part.written(at.id, name).cloned().unwrap_or_default();
        let mut commands = Vec::new();
        for (id, values) in given {
            let line = At::new(self.locale, &model, id);
            if !self.there.exists(&line) || !owned.contains(&id) {
                self.is_gone(&line);
                continue;
            }
            let sent = sent.as_array().into_iter().flatten().rev().find(|command| command[0] == 1 && command[1] == id);
            let mut kept = Map::new();
            for (name, back) in values {
                let Some(field) = fields.get(&name) else { continue };
                let written = sent.and_then(|command| command.get(2)?.get(&name));
                if self.may_go_back(&line, Some(&model), &name, field, &back, written) {
                    kept.insert(name, back);
                }
            }
            if !kept.is_empty() {
                commands.push(json!([1, id, kept]));
            }
        }
        Ok(commands)
    }

    /// Whether a field may get its value back: it holds what the call left. What somebody changed since is a conflict.
    fn may_go_back(
        &mut self,
        at: &At,
        line_of: Option<&str>,
        name: &str,
        field: &Field,
        back: &Value,
        written: Option<&Value>,
    ) -> bool {
        let now = self.there.value(at, name);
        // A record that was made or archived is taken back whatever it holds.
        let then = if self.part.tool == tools::WRITE { self.part.was(line_of, at.id, name) } else { Some(back) };
        let then = then.cloned().unwrap_or_else(|| back.clone());
        let held = if self.part.tool == tools::WRITE {
            held(&now, &then, written, field)
        } else if holds(&now, &then, field) {
            Held::Before
        } else {
            Held::Left
        };
        match held {
            Held::Before => false,
            Held::Left => {
                let (at, field, line_of) = (at.clone(), field.clone(), line_of.map(str::to_owned));
                let is_foreseen = self.there.is_foreseen(&at, name);
                self.sifted.restored.push(Restored {
                    at,
                    line_of,
                    name: name.to_owned(),
                    field,
                    now,
                    then,
                    is_foreseen,
                });
                true
            }
            Held::Other { left, now } => {
                self.conflict(at, name, &field.label, left, now);
                false
            }
        }
    }

    fn is_gone(&mut self, at: &At) {
        self.conflict(at, "", "Record", "there".into(), "it does not exist there any more".into());
    }

    fn conflict(&mut self, at: &At, field: &str, label: &str, left: String, now: String) {
        let record = self.there.name(at);
        let (field, label) = (field.to_owned(), label.to_owned());
        self.sifted.conflicts.push(UndoConflict { record, id: at.id, field, label, left, now });
    }
}

/// The same write for these records alone.
fn of_updates(given: &Value, updates: &[(i64, Map<String, Value>)]) -> Value {
    let mut arguments = json!({"model": given["model"]});
    match updates {
        // One and the same for all, as it was given.
        _ if given.get("updates").is_none() => {
            arguments["ids"] = updates.iter().map(|(id, _)| *id).collect();
            arguments["values"] = given["values"].clone();
        }
        _ => arguments["updates"] = updates.iter().map(|(id, values)| json!({"id": id, "values": values})).collect(),
    }
    arguments
}
