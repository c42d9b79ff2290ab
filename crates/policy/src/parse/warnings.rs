//! What a policy may say and hardly means.

use super::{Found, placed};
use crate::Preset;
use crate::json::{Entry, Node, Value, read};
use crate::path::Path;
use crate::policy::Policy;
use crate::problem::{PolicyProblem, did_you_mean, token};
use gatehouse_core::ToolDefinition;

impl Policy {
    /// What is allowed and yet worth a second look, for a text that parses: a listed tool that the catalogue does not
    /// have, and a `deny_if` over an argument that the agent may simply leave out.
    pub fn warnings(text: &str, tools: &[ToolDefinition]) -> Vec<PolicyProblem> {
        let Ok(root) = read(text) else { return Vec::new() };
        let mut found = Vec::new();
        for Entry { key: name, key_at, node: rules } in entries(child(&root, "tools")) {
            let at = format!("/tools/{}", token(name));
            if crate::evaluate::is_protocol(name) {
                let message = format!("No rule applies to {name}: agents wait for your answer with it.");
                found.push(Found { at: *key_at, pointer: at, message });
                continue;
            }
            let Some(tool) = tools.iter().find(|tool| tool.name == *name) else {
                // Of our own, where this catalogue lacks it.
                if Preset::Trusted.text().contains(&format!("{name:?}: {{")) {
                    continue;
                }
                let near = did_you_mean(name, tools.iter().map(|tool| tool.name.as_str()));
                found.push(Found {
                    at: *key_at,
                    pointer: at,
                    message: format!("Gatehouse has no tool “{name}”.{near}"),
                });
                continue;
            };
            let demanded = demanded(rules);
            for (index, rule) in items(child(rules, "deny_if")).iter().enumerate() {
                for condition in items(child(rule, "conditions")) {
                    let Some(Value::Text(path)) = child(condition, "path").map(|node| &node.value) else { continue };
                    let Ok(Path::Arguments(keys)) = Path::parse(path) else { continue };
                    if !is_required(&tool.input_schema, &keys[0]) && !demanded.contains(&path.as_ref()) {
                        let message = format!(
                            "This rule does nothing when the agent leaves {path} out. A require with {{\"path\": \"{path}\", \"op\": \"exists\", \"value\": true}} closes that."
                        );
                        found.push(Found { at: condition.at, pointer: format!("{at}/deny_if/{index}"), message });
                    }
                }
            }
        }
        placed(text, found)
    }
}

/// The paths that a tool's `require` wants to be there: each of its conditions must hold.
fn demanded<'n>(rules: &'n Node<'_>) -> Vec<&'n str> {
    let conditions = items(child(rules, "require")).iter().flat_map(|rule| items(child(rule, "conditions")));
    let exists = conditions.filter(|condition| {
        child(condition, "op").is_some_and(|op| matches!(&op.value, Value::Text(op) if op == "exists"))
            && child(condition, "value").is_some_and(|value| value.value == Value::Bool(true))
    });
    let paths = exists.filter_map(|condition| match &child(condition, "path")?.value {
        Value::Text(path) => Some(path.as_ref()),
        _ => None,
    });
    paths.collect()
}

fn is_required(schema: &serde_json::Value, name: &str) -> bool {
    schema.get("required").and_then(|r| r.as_array()).is_some_and(|r| r.iter().any(|item| item == name))
}

fn child<'n, 't>(node: &'n Node<'t>, key: &str) -> Option<&'n Node<'t>> {
    entries(Some(node)).iter().find(|entry| entry.key == key).map(|entry| &entry.node)
}

fn entries<'n, 't>(node: Option<&'n Node<'t>>) -> &'n [Entry<'t>] {
    match node.map(|node| &node.value) {
        Some(Value::Object(entries)) => entries,
        _ => &[],
    }
}

fn items<'n, 't>(node: Option<&'n Node<'t>>) -> &'n [Node<'t>] {
    match node.map(|node| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}
