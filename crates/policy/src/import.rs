//! Policies from elsewhere, in this language: PolicyLayer's hosted form and its short forms, and Intercept's files. What
//! the two mean differently is told, point by point; a denial never becomes an approval by itself, and what cannot be
//! said closes the tool that it is about.

mod draft;
mod hosted;
mod intercept;
mod pattern;
mod shape;
mod short;
mod source;
mod window;

use crate::PolicyProblem;
use draft::Draft;
use gatehouse_core::ToolDefinition;
use serde::{Deserialize, Serialize};
use source::{Node, Value};
use ts_rs::TS;

/// What a policy from elsewhere becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Imported {
    /// What it was taken for.
    pub dialect: Dialect,
    /// The policy in this language, printed.
    pub text: String,
    /// Every point where the two differ in meaning, in the source's order.
    pub differences: Vec<Difference>,
}

/// The forms that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// PolicyLayer's hosted JSON: this language, as it stands.
    Hosted,
    /// The short forms of PolicyLayer's pages: `action: deny`, `rate_limit: {max, window}`.
    Short,
    /// Intercept's YAML: `rules` with `action` and `conditions`.
    Intercept,
}

/// A point where the imported policy means something else than its source, or could mean more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Difference {
    /// How the two differ.
    pub kind: DifferenceKind,
    /// A JSON Pointer into the source.
    pub source: String,
    /// A JSON Pointer into the result; empty when nothing of it stands there.
    pub target: String,
    /// One plain sentence.
    pub message: String,
}

/// How result and source differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The result denies more.
    Stricter,
    /// The result cannot say it: something the source does is lost.
    Lost,
    /// Said in other words; it acts the same in all but the case that the message names.
    Changed,
    /// Nothing differs; this language could say what was probably meant.
    Suggestion,
}

/// Reads a policy from elsewhere, JSON or YAML of at most one megabyte, and writes it in this language. `tools` is the
/// catalogue that it is checked against. The errors, each with its place in the source, are those that nothing strict can
/// be made of.
pub fn import(text: &str, tools: &[ToolDefinition]) -> Result<Imported, Vec<PolicyProblem>> {
    let (root, is_json) = source::read(text)?;
    let Some(dialect) = dialect(&root, is_json) else {
        return Err(vec![PolicyProblem {
            pointer: String::new(),
            line: root.place.line,
            column: root.place.column,
            message: format!("A policy is an object, not {}.", root.kind()),
        }]);
    };
    let mut draft = Draft::new(tools);
    match dialect {
        Dialect::Hosted => hosted::read(&root, &mut draft),
        Dialect::Short => short::read(&root, &mut draft),
        Dialect::Intercept => intercept::read(&root, &mut draft),
    }
    let (text, differences) = draft.finish()?;
    Ok(Imported { dialect, text, differences })
}

/// The form that the text has, told by the keys that only one of them knows.
fn dialect(root: &Node, is_json: bool) -> Option<Dialect> {
    let has = |node: &Node, keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
    let tools: &[source::Entry] = root.get("tools").map(Node::entries).unwrap_or_default();
    match &root.value {
        Value::List(_) => return Some(Dialect::Short),
        Value::Object(_) => {}
        _ => return None,
    }
    if tools.iter().any(|tool| has(&tool.node, &["rules"])) {
        return Some(Dialect::Intercept);
    }
    let ours = ["require", "deny_if", "limits", "require_approval"];
    if has(root, &["all_tools", "redact"]) || tools.iter().any(|tool| has(&tool.node, &ours)) {
        return Some(Dialect::Hosted);
    }
    let in_short = |node: &Node| {
        short::is_rule(node)
            || matches!(node.value, Value::Text(_))
            || matches!(&node.value, Value::List(items) if items.iter().any(short::is_rule))
    };
    let listed = root.get("tools").is_some_and(|tools| matches!(tools.value, Value::List(_)));
    let bare = root.get("tools").is_none() && root.entries().iter().any(|entry| short::is_rule(&entry.node));
    if has(root, &["rules", "policies", "action", "rate_limit"])
        || listed
        || bare
        || tools.iter().any(|tool| in_short(&tool.node))
    {
        return Some(Dialect::Short);
    }
    // Nothing but a default and names is common to all; Intercept's files are YAML.
    Some(if is_json { Dialect::Hosted } else { Dialect::Intercept })
}

/// Whether a key only carries a remark, in any of the forms.
fn is_remark(key: &str) -> bool {
    ["$schema", "description", "comment", "_comment", "//", "title", "id", "name", "metadata", "labels", "tags"]
        .contains(&key)
}
