//! The paths that conditions of a tool may look at, and what stood there in recent calls.

use super::recorded::Recorded;
use crate::state::Broker;
use crate::view::{PathKind, PolicyPath};
use gatehouse_core::{EdgeError, ErrorCode, FieldPath};
use gatehouse_policy::{guard, is_redacted};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Values shown of one path.
const SHOWN: usize = 8;
/// The longest value that is shown, in bytes of JSON.
const LONGEST_VALUE: usize = 120;
/// Keys seen in calls that are listed under one argument.
const MOST_KEYS: usize = 60;

/// The facts that every tool's conditions may look at.
const FACTS: [(&str, PathKind); 15] = [
    ("call.model", PathKind::Text),
    ("call.method", PathKind::Text),
    ("call.records", PathKind::Number),
    ("call.fields", PathKind::List),
    ("call.reads", PathKind::List),
    ("call.commands", PathKind::List),
    ("call.effects", PathKind::List),
    ("call.sensitive", PathKind::Boolean),
    ("connection.name", PathKind::Text),
    ("connection.environment", PathKind::Text),
    ("connection.host", PathKind::Text),
    ("connection.database", PathKind::Text),
    ("connection.login", PathKind::Text),
    ("connection.version", PathKind::Text),
    ("agent.name", PathKind::Text),
];

impl Broker {
    /// What conditions of a tool may look at: its arguments, then the facts, each with what it looked like in recent
    /// calls. Values of credentials, of models that are never read and of redacted fields are left out.
    pub fn policy_paths(&self, tool: &str) -> Result<Vec<PolicyPath>, EdgeError> {
        let (_, definition) = self.0.tools.get(tool).ok_or_else(|| {
            let shown: String = tool.chars().take(64).collect();
            EdgeError::new(ErrorCode::UnknownTool, format!("There is no tool “{shown}”."))
        })?;
        let mut places = Places::default();
        of_schema(&mut places, "args", &definition.input_schema);
        // Without the vault there are no recent calls to look at, and the paths are told all the same.
        let calls = self.recorded().map(|(calls, _)| calls).unwrap_or_default();
        let in_force = self.in_force();
        for call in calls.iter().filter(|call| call.line.tool == tool && is_open(call)) {
            let stack = in_force.stack_of(&call.line.agent, None);
            let layers = stack.layers();
            let model = call.facts.model.as_deref().unwrap_or_default();
            let is_kept = |key: &str| {
                let field = FieldPath { model: model.to_owned(), field: key.to_owned() };
                guard::is_credential(key) || is_redacted(&layers, &field)
            };
            if let Value::Object(arguments) = &call.arguments {
                of_values(&mut places, "args", arguments, &is_kept);
            }
            of_facts(&mut places, call);
        }
        for (path, kind) in FACTS {
            places.at(path, kind);
        }
        Ok(places.into_paths())
    }
}

/// Nothing is shown of a call that the guard refused, or that touches a model that is never read.
fn is_open(call: &Recorded) -> bool {
    let never = call.facts.model.as_deref().is_some_and(guard::is_never_read);
    !never && guard::judge(&call.facts, &Map::new(), &[]).is_none()
}

#[derive(Default)]
struct Places {
    order: Vec<String>,
    found: HashMap<String, (PathKind, HashMap<String, usize>)>,
}

impl Places {
    fn at(&mut self, path: &str, kind: PathKind) -> &mut HashMap<String, usize> {
        if !self.found.contains_key(path) {
            self.order.push(path.to_owned());
        }
        &mut self.found.entry(path.to_owned()).or_insert_with(|| (kind, HashMap::new())).1
    }

    fn see(&mut self, path: &str, kind: PathKind, value: &Value) {
        let text = value.to_string();
        let seen = self.at(path, kind);
        if text.len() <= LONGEST_VALUE {
            *seen.entry(text).or_default() += 1;
        }
    }

    fn keys_under(&self, path: &str) -> usize {
        let prefix = format!("{path}.");
        self.order.iter().filter(|known| known.starts_with(&prefix)).count()
    }

    /// Arguments as they stand in the schema and were seen, then the facts.
    fn into_paths(mut self) -> Vec<PolicyPath> {
        let (mut arguments, mut facts): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.order).into_iter().partition(|path| path.starts_with("args."));
        facts.sort_by_key(|path| FACTS.iter().position(|(known, _)| known == path));
        arguments.append(&mut facts);
        let one = |path: String| {
            let (kind, seen) = self.found.remove(&path)?;
            let mut seen: Vec<(String, usize)> = seen.into_iter().collect();
            seen.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            Some(PolicyPath { path, kind, seen: seen.into_iter().take(SHOWN).map(|(text, _)| text).collect() })
        };
        arguments.into_iter().filter_map(one).collect()
    }
}

/// The arguments that a tool says it takes. Lists are walked whole: a path goes through them.
fn of_schema(places: &mut Places, path: &str, schema: &Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, inner) in properties {
        let path = join(path, name);
        places.at(&path, kind_in(inner));
        of_schema(places, &path, inner);
        if let Some(items) = inner.get("items") {
            of_schema(places, &path, items);
        }
    }
}

fn kind_in(schema: &Value) -> PathKind {
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => PathKind::Text,
        Some("integer" | "number") => PathKind::Number,
        Some("boolean") => PathKind::Boolean,
        Some("array") => PathKind::List,
        _ => PathKind::Any,
    }
}

fn of_values(places: &mut Places, path: &str, values: &Map<String, Value>, is_kept: &impl Fn(&str) -> bool) {
    for (key, value) in values {
        if is_kept(key) || names_a_secret(value, is_kept) {
            continue;
        }
        let below = join(path, key);
        if !places.found.contains_key(&below) && places.keys_under(path) >= MOST_KEYS {
            continue;
        }
        match value {
            Value::Null => {}
            Value::Object(inner) => of_values(places, &below, inner, is_kept),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for item in items.iter().filter_map(Value::as_object) {
                    of_values(places, &below, item, is_kept);
                }
            }
            Value::Array(_) => places.see(&below, PathKind::List, value),
            Value::String(_) => places.see(&below, PathKind::Text, value),
            Value::Number(_) => places.see(&below, PathKind::Number, value),
            Value::Bool(_) => places.see(&below, PathKind::Boolean, value),
        }
    }
}

/// A domain, an order or a list of fields that names what is kept from agents is not shown: it may hold its value.
fn names_a_secret(value: &Value, is_kept: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| match item {
            Value::String(text) => text.split(['.', ' ', ',', ':']).any(is_kept),
            other => names_a_secret(other, is_kept),
        }),
        _ => false,
    }
}

fn of_facts(places: &mut Places, call: &Recorded) {
    let facts = &call.facts;
    let list = |items: Vec<String>| json!(items);
    let mut see = |path: &str, value: Value| {
        let kind = FACTS.iter().find(|(known, _)| *known == path).map_or(PathKind::Any, |(_, kind)| *kind);
        match value {
            Value::Null => {}
            Value::Array(items) => {
                for item in &items {
                    places.see(path, kind, item);
                }
            }
            value => places.see(path, kind, &value),
        }
    };
    see("call.model", json!(facts.model));
    see("call.method", json!(facts.method));
    see("call.records", json!(facts.records));
    see("call.fields", json!(facts.fields));
    see("call.reads", list(facts.reads.iter().flatten().map(ToString::to_string).collect()));
    see("call.commands", list(facts.commands.iter().map(|nested| nested.model.clone()).collect()));
    see("call.effects", json!(facts.effects));
    see("call.sensitive", json!(facts.sensitive));
    if let Some(connection) = &call.connection {
        see("connection.name", json!(connection.name));
        see("connection.environment", json!(connection.environment));
        see("connection.host", json!(connection.host));
        see("connection.database", json!(connection.database));
        see("connection.login", json!(connection.login));
        see("connection.version", json!(connection.version));
    }
    see("agent.name", json!(call.line.agent));
}

/// A dot or a backslash inside a key is escaped.
fn join(path: &str, key: &str) -> String {
    format!("{path}.{}", key.replace('\\', "\\\\").replace('.', "\\."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_policy::Policy;

    fn seen(arguments: &Value, is_kept: impl Fn(&str) -> bool) -> Vec<PolicyPath> {
        let mut places = Places::default();
        of_values(&mut places, "args", arguments.as_object().unwrap(), &is_kept);
        places.into_paths()
    }

    #[test]
    fn every_fact_is_a_path_that_policies_may_name() {
        let tools = crate::tools::catalogue();
        for (path, _) in FACTS {
            let text = format!(
                r#"{{"version": "1", "default": "deny", "tools": {{"odoo_write":
                {{"deny_if": [{{"conditions": [{{"path": "{path}", "op": "exists", "value": true}}]}}]}}}}}}"#
            );
            assert!(Policy::parse(&text, &tools).is_ok(), "{path}");
        }
    }

    #[test]
    fn keys_are_walked_through_lists_and_their_dots_are_escaped() {
        let paths =
            seen(&json!({"updates": [{"id": 1, "values": {"a.b": "x"}}, {"id": 2, "values": {"a.b": "x"}}]}), |_| {
                false
            });
        let told: Vec<_> = paths.iter().map(|path| (path.path.as_str(), path.seen.as_slice())).collect();
        assert_eq!(
            told,
            [
                ("args.updates.id", &["1".to_owned(), "2".to_owned()][..]),
                ("args.updates.values.a\\.b", &["\"x\"".to_owned()][..])
            ]
        );
    }

    #[test]
    fn nothing_is_shown_of_what_is_kept_from_agents() {
        let arguments = json!({
            "values": {"password": "hunter2", "name": "x"},
            "domain": ["|", ["user_ids.password", "=like", "a%"], ["name", "=", "y"]],
            "order": "name",
        });
        let told = format!("{:?}", seen(&arguments, guard::is_credential));
        assert!(told.contains("args.values.name") && told.contains("args.order"), "{told}");
        assert!(!told.contains("hunter2") && !told.contains("a%") && !told.contains("args.domain"), "{told}");
    }
}
