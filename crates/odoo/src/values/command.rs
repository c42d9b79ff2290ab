//! An x2many: records named by id, new records, or Odoo's own commands. Each is a write on another model, and is
//! checked and reported as one.

use super::relation::record_id;
use super::scalar::{described, is_cut_list};
use super::{Check, MAX_COMMANDS, MAX_DEPTH, Mode, Stop};
use crate::domain::{Problem, whole};
use crate::{Field, FieldType};
use gatehouse_core::Nested;
use serde_json::{Map, Value, json};

impl Check<'_> {
    /// Checks the value of the x2many `name`; gives a list of Odoo's commands.
    ///
    /// - `[3, {"id": 5, "name": "x"}]` (and names, for a many2many): exactly these records, `[6, 0, ids]`
    /// - `[{"product_id": 7}, …]`: new records beside those that are there, `[0, 0, values]`
    /// - `[[4, 3, 0], [1, 8, {…}], …]`: Odoo's commands 0 to 6
    pub(super) async fn commands(
        &mut self,
        value: &Value,
        name: &str,
        field: &Field,
        mode: Mode,
        at: &str,
        depth: usize,
    ) -> Result<Value, Stop> {
        let Value::Array(items) = value else {
            return Err(Problem::new(
                at,
                format!("“{name}” takes a list of ids, new records or commands, not {}", described(value)),
            )
            .into());
        };
        let model = field.relation.as_deref().unwrap_or_default();
        if is_cut_list(items) {
            let message = format!(
                "the list for “{name}” was shown only in part, and the rest of it would be taken away; to add a record \
                 write [[4, id, 0]], to take one away [[3, id, 0]]"
            );
            return Err(Problem::new(at, message).into());
        }
        if items.is_empty() {
            // To Odoo an empty list is "change nothing"; to most readers it is "remove all".
            return match mode {
                Mode::Create => Ok(json!([])),
                Mode::Write => Err(Problem::new(
                    at,
                    format!("an empty list says nothing; to remove every record from “{name}” write [[5, 0, 0]]"),
                )
                .into()),
            };
        }
        self.commands_left = self
            .commands_left
            .checked_sub(items.len())
            .ok_or_else(|| Problem::new(at, format!("at most {MAX_COMMANDS} nested records in one call")))?;
        if depth + 1 >= MAX_DEPTH {
            return Err(Problem::new(at, format!("records may nest at most {MAX_DEPTH} deep")).into());
        }
        let commands = if items.iter().all(is_record) {
            let mut ids = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                ids.push(self.one_of_set(item, name, field, &format!("{at}/{index}")).await?);
            }
            self.nest(model, "set", inverse(field));
            vec![json!([6, 0, ids])]
        } else if items.iter().all(Value::is_object) {
            let mut commands = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                if let Value::Object(values) = item {
                    let values = self
                        .nested_record(values, model, Mode::Create, "create", &format!("{at}/{index}"), depth)
                        .await?;
                    commands.push(json!([0, 0, values]));
                }
            }
            commands
        } else if items.iter().all(Value::is_array) {
            let mut commands = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let parts = item.as_array().map(Vec::as_slice).unwrap_or_default();
                commands.push(self.command(parts, name, field, &format!("{at}/{index}"), depth).await?);
            }
            commands
        } else {
            let message = format!(
                "“{name}” mixes ids, new records and commands; a command stands in a list of its own, [[6, 0, [3, 5]]]"
            );
            return Err(Problem::new(at, message).into());
        };
        self.show(name, depth, Some(summary(&commands)));
        Ok(Value::Array(commands))
    }

    async fn one_of_set(&mut self, item: &Value, name: &str, field: &Field, at: &str) -> Result<i64, Stop> {
        if let (Value::String(text), FieldType::Many2many) = (item, field.kind) {
            let model = field.relation.as_deref().unwrap_or_default();
            return Ok(self.record_named(text, name, model, at).await?.0);
        }
        record_id(item).ok_or_else(|| Problem::new(at, format!("{} is not the id of a record", described(item))).into())
    }

    /// One of Odoo's commands.
    async fn command(
        &mut self,
        parts: &[Value],
        name: &str,
        field: &Field,
        at: &str,
        depth: usize,
    ) -> Result<Value, Stop> {
        let model = field.relation.as_deref().unwrap_or_default();
        let refuse = |why: &str| Err(Problem::new(at, format!("{why} in a command of “{name}”")).into());
        let id = |part: Option<&Value>| part.and_then(whole).filter(|id| *id > 0);
        let empty = |part: Option<&Value>| {
            part.is_none_or(|value| matches!(value, Value::Null | Value::Bool(false)) || whole(value) == Some(0))
        };
        let code = parts.first().and_then(whole);
        match (code, parts) {
            (Some(0), [_, second, Value::Object(values)]) if empty(Some(second)) || second.is_string() => {
                let values =
                    self.nested_record(values, model, Mode::Create, "create", &format!("{at}/2"), depth).await?;
                Ok(json!([0, 0, values]))
            }
            (Some(0), _) => refuse("[0, 0, values] is expected"),
            (Some(1), [_, second, Value::Object(values)]) => {
                let Some(id) = id(Some(second)) else {
                    return refuse("an id is expected");
                };
                if values.is_empty() {
                    return refuse("no values stand");
                }
                let values =
                    self.nested_record(values, model, Mode::Write, "update", &format!("{at}/2"), depth).await?;
                Ok(json!([1, id, values]))
            }
            (Some(1), _) => refuse("[1, id, values] is expected"),
            (Some(code @ 2..=4), [_, second] | [_, second, _]) if empty(parts.get(2)) => {
                let Some(id) = id(Some(second)) else {
                    return refuse("an id is expected");
                };
                match code {
                    2 => self.nest(model, "delete", Vec::new()),
                    3 => self.nest(model, "unlink", inverse(field)),
                    _ => self.nest(model, "link", inverse(field)),
                }
                Ok(json!([code, id, 0]))
            }
            (Some(2), _) => refuse("[2, id, 0] is expected"),
            (Some(3), _) => refuse("[3, id, 0] is expected"),
            (Some(4), _) => refuse("[4, id, 0] is expected"),
            (Some(5), parts) if parts.len() <= 3 && empty(parts.get(1)) && empty(parts.get(2)) => {
                self.nest(model, "clear", inverse(field));
                Ok(json!([5, 0, 0]))
            }
            (Some(5), _) => refuse("[5, 0, 0] is expected"),
            (Some(6), [_, second, Value::Array(ids)]) if empty(Some(second)) => {
                let Some(ids) = ids.iter().map(record_id).collect::<Option<Vec<i64>>>() else {
                    return refuse("a list of ids is expected");
                };
                self.nest(model, "set", inverse(field));
                Ok(json!([6, 0, ids]))
            }
            (Some(6), _) => refuse("[6, 0, ids] is expected"),
            _ => refuse("one of 0 to 6 is expected"),
        }
    }

    async fn nested_record(
        &mut self,
        values: &Map<String, Value>,
        model: &str,
        mode: Mode,
        command: &str,
        at: &str,
        depth: usize,
    ) -> Result<Map<String, Value>, Stop> {
        let mut fields: Vec<String> = values.keys().cloned().collect();
        fields.sort();
        self.nest(model, command, fields);
        Ok(Box::pin(self.record(values, model, mode, at, depth + 1)).await?)
    }

    fn nest(&mut self, model: &str, command: &str, fields: Vec<String>) {
        // Linking a record that exists writes it only where the link is kept on it.
        if !fields.is_empty() || command == "delete" {
            self.effects.extend(super::effect::of_model(model));
        }
        self.nested.push(Nested { model: model.to_owned(), command: command.to_owned(), fields });
    }
}

/// What linking and unlinking writes on the other model: the field that points back, for a one2many; nothing, for a
/// many2many.
fn inverse(field: &Field) -> Vec<String> {
    match (field.kind, &field.relation_field) {
        (FieldType::One2many, Some(back)) => vec![back.clone()],
        (FieldType::One2many, None) => vec!["(the field that points back)".to_owned()],
        _ => Vec::new(),
    }
}

/// A record that exists, named by id, `{"id", "name"}` or name.
fn is_record(item: &Value) -> bool {
    match item {
        Value::Number(_) | Value::String(_) => true,
        Value::Object(record) => record.contains_key("id"),
        _ => false,
    }
}

/// `3 added, 1 changed`.
fn summary(commands: &[Value]) -> String {
    let words = ["new", "changed", "deleted", "removed", "added", "all removed", "set"];
    let mut counts = [0_usize; 7];
    for command in commands {
        let code = command.get(0).and_then(Value::as_u64).and_then(|code| usize::try_from(code).ok());
        if let Some(count) = code.and_then(|code| counts.get_mut(code)) {
            *count += if code == Some(6) { command.get(2).and_then(Value::as_array).map_or(0, Vec::len) } else { 1 };
        }
    }
    let has = |code: u64| commands.iter().any(|command| command.get(0).and_then(Value::as_u64) == Some(code));
    let mut parts = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match index {
            5 if counts[5] > 0 => parts.push((*word).to_owned()),
            6 if has(6) => parts.push(format!("exactly {} records", counts[6])),
            0..=4 if counts[index] > 0 => parts.push(format!("{} {word}", counts[index])),
            _ => {}
        }
    }
    parts.join(", ")
}
