use crate::Risk;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool as `tools/list` shows it, and its risk as policies see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// The name on the wire.
    pub name: String,
    /// A short title for people.
    pub title: String,
    /// For the model: the point first, at most 600 characters.
    pub description: String,
    /// A JSON Schema (2020-12) of type object, without `oneOf` or `anyOf` at its root.
    pub input_schema: Value,
    /// All four hints of MCP.
    pub annotations: Annotations,
    /// Category and severity.
    pub risk: Risk,
}

/// MCP's hints. Each is stated, because their defaults are not the harmless ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the four hints of the protocol")]
pub struct Annotations {
    /// Changes nothing.
    pub read_only: bool,
    /// May destroy.
    pub destructive: bool,
    /// A second equal call changes nothing more.
    pub idempotent: bool,
    /// Reaches things outside this machine.
    pub open_world: bool,
}
