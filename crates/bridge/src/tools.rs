use gatehouse_core::{AgentId, ToolDefinition};
use gatehouse_ipc::LeftBehind;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// The tools of this version, as every agent sees them before the app has said otherwise.
const CATALOGUE: &str = include_str!("catalogue.json");

/// How to work here, before the app has said more. Under 2 KB, because clients cut it there.
const INSTRUCTIONS: &str = "\
Gatehouse lets you work in the user's Odoo databases. Every call is checked against the user's policy; risky ones are shown to \
the user, who approves or refuses them.

- Start with `user_connection_list`. If there is no connection, offer `user_connection_add`: the user types the password or API \
key into Gatehouse. Never ask for a secret, and never send one.
- With several connections, name one in each call (`connection`).
- Find models with `odoo_list_models` and fields with `odoo_fields_get` before you guess names. Read with `odoo_search_read`.
- A result with `status: pending_approval` means that the user has not decided yet. Tell the user, then call `approval_wait` with \
its ticket, or repeat the same call. Do not change the call to get around the question.
- `denied_by_person` and `denied` are final: do not retry unchanged; tell the user what was refused and why.
- `outcome_unknown` means that a write may or may not have happened: read the record before you try again.
- If Gatehouse is not running, the first call starts it. `open_connection_manager` shows its window.
";

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

/// A tool as MCP has it.
pub(crate) fn shown(tool: ToolDefinition) -> Tool {
    let schema = match tool.input_schema {
        Value::Object(schema) => schema,
        _ => serde_json::Map::from_iter([("type".to_owned(), "object".into())]),
    };
    let hints = ToolAnnotations::from_raw(
        None,
        Some(tool.annotations.read_only),
        Some(tool.annotations.destructive),
        Some(tool.annotations.idempotent),
        Some(tool.annotations.open_world),
    );
    Tool::new(tool.name, tool.description, Arc::new(schema)).with_title(tool.title).with_annotations(hints)
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
    fn the_built_in_instructions_fit_what_clients_read() {
        assert!(INSTRUCTIONS.len() < 2048, "{}", INSTRUCTIONS.len());
    }

    #[test]
    fn all_four_hints_are_stated() {
        let tool = serde_json::to_value(shown(built_in().remove(0))).unwrap();
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{tool}");
        }
    }
}
