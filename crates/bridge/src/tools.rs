use gatehouse_core::{AgentId, ToolDefinition};
use gatehouse_ipc::LeftBehind;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;

/// The tools of this version, as every agent sees them before the app has said otherwise.
const CATALOGUE: &str = include_str!("catalogue.json");

/// How to work here, in the words of the app of this version.
const INSTRUCTIONS: &str = include_str!("instructions.md");

/// What an agent is told at first: its tools, in their fixed order, and the instructions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    pub(crate) tools: Vec<ToolDefinition>,
    pub(crate) instructions: String,
    /// It came from the app itself, just now.
    pub(crate) is_current: bool,
}

impl Offer {
    /// What the app left behind for `agent`, else what is built in.
    pub(crate) fn without_app(profile: Option<&Path>, agent: &AgentId) -> Self {
        match LeftBehind::read(profile, agent) {
            Some(LeftBehind { tools, instructions }) => Self { tools, instructions, is_current: false },
            None => Self { tools: built_in(), instructions: INSTRUCTIONS.to_owned(), is_current: false },
        }
    }

    /// Whether `tool` is known to change nothing.
    pub(crate) fn only_reads(&self, tool: &str) -> bool {
        self.tools.iter().any(|known| known.name == tool && known.annotations.read_only)
    }
}

fn built_in() -> Vec<ToolDefinition> {
    // A test keeps it readable; if it were not, a call would still work.
    serde_json::from_str(CATALOGUE).unwrap_or_default()
}

/// Arguments that the instructions explain for all tools. They are listed where a tool also has one of the others named
/// here; elsewhere they are taken all the same.
const EXPLAINED: [(&str, &[&str]); 3] = [
    ("lang", &["domain", "fields", "values"]),
    ("timezone", &["domain"]),
    ("companies", &["domain", "values", "ids", "steps"]),
];
/// Bounds that a call is told of when it breaks them. The list of tools stands in every conversation: it is kept short.
const BOUNDS: [&str; 6] = ["additionalProperties", "maxLength", "maxItems", "minItems", "minimum", "maximum"];

/// A tool as MCP has it.
pub(crate) fn shown(tool: ToolDefinition) -> Tool {
    let mut schema = match tool.input_schema {
        Value::Object(schema) => schema,
        _ => Map::from_iter([("type".to_owned(), "object".into())]),
    };
    if let Some(Value::Object(arguments)) = schema.get_mut("properties") {
        let has = |others: &[&str]| others.iter().any(|other| arguments.contains_key(*other));
        let quiet: Vec<&str> = EXPLAINED.iter().filter(|(_, others)| !has(others)).map(|(name, _)| *name).collect();
        arguments.retain(|name, _| !quiet.contains(&name.as_str()));
    }
    drop_bounds(&mut schema);
    let hints = ToolAnnotations::from_raw(
        None,
        Some(tool.annotations.read_only),
        Some(tool.annotations.destructive),
        Some(tool.annotations.idempotent),
        Some(tool.annotations.open_world),
    );
    Tool::new(tool.name, tool.description, Arc::new(schema)).with_title(tool.title).with_annotations(hints)
}

fn drop_bounds(schema: &mut Map<String, Value>) {
    schema.retain(|name, _| !BOUNDS.contains(&name.as_str()));
    if let Some(Value::Object(items)) = schema.get_mut("items") {
        drop_bounds(items);
    }
    if let Some(Value::Object(arguments)) = schema.get_mut("properties") {
        arguments.values_mut().filter_map(Value::as_object_mut).for_each(drop_bounds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_readable_small_and_offers_the_window() {
        let tools: Vec<ToolDefinition> = serde_json::from_str(CATALOGUE).unwrap();
        assert!(tools.iter().any(|tool| tool.name == "open_connection_manager"));
        for tool in &tools {
            assert!(tool.description.chars().count() <= 600, "{}", tool.name);
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
        }
        let shown: Vec<_> = tools.into_iter().map(shown).collect();
        let size = serde_json::to_string(&shown).unwrap().len();
        assert!(size <= 14 * 1024, "{size} bytes");
    }

    #[test]
    fn what_is_explained_for_all_tools_is_listed_where_it_is_commonly_needed() {
        let listed = |name: &str| {
            let tool = built_in().into_iter().find(|tool| tool.name == name).unwrap();
            let schema = serde_json::to_value(shown(tool)).unwrap()["inputSchema"].clone();
            assert!(!schema.to_string().contains("additionalProperties"), "{schema}");
            let has = |argument: &&str| schema["properties"].get(*argument).is_some();
            ["connection", "lang", "timezone", "companies"].into_iter().filter(has).collect::<Vec<_>>()
        };
        assert_eq!(listed("odoo_search_read"), ["connection", "lang", "timezone", "companies"]);
        assert_eq!(listed("odoo_unlink"), ["connection", "companies"]);
        assert_eq!(listed("odoo_list_models"), ["connection"]);
    }

    #[test]
    fn the_built_in_instructions_fit_what_clients_read() {
        assert!(!INSTRUCTIONS.is_empty() && INSTRUCTIONS.len() < 2048, "{}", INSTRUCTIONS.len());
    }

    #[test]
    fn all_four_hints_are_stated() {
        let tool = serde_json::to_value(shown(built_in().remove(0))).unwrap();
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{tool}");
        }
    }
}
