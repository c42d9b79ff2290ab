use crate::place::left_behind_tools;
use gatehouse_core::{AgentId, ToolDefinition};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// What the app leaves for the bridge, so that `initialize` and `tools/list` are right while the app is closed: the tools
/// that an agent may see, in their fixed order, and the instructions. No secret and no connection's data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftBehind {
    /// As in [`crate::message::Answer::Tools`].
    pub tools: Vec<ToolDefinition>,
    /// As in [`crate::message::Answer::Tools`].
    pub instructions: String,
}

/// The largest file that is read, in bytes. A list stays under 14 KB.
const LARGEST: u64 = 256 * 1024;

impl LeftBehind {
    /// Reads what was left for `agent`; `None` when there is nothing, or nothing that can be read.
    pub fn read(profile: Option<&Path>, agent: &AgentId) -> Option<Self> {
        let path = left_behind_tools(profile, agent);
        let found = path.symlink_metadata().ok()?;
        if !found.is_file() || found.len() > LARGEST {
            return None;
        }
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Replaces what was left for `agent`. For the app.
    pub fn write(&self, profile: Option<&Path>, agent: &AgentId) -> io::Result<()> {
        let path = left_behind_tools(profile, agent);
        if let Some(folder) = path.parent() {
            crate::private_directory(folder).map_err(io::Error::other)?;
        }
        let new = path.with_extension("json.new");
        std::fs::write(&new, serde_json::to_vec(self)?)?;
        std::fs::rename(new, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_behind_is_found_again_by_the_same_agent_only() {
        let dir = tempfile::tempdir().unwrap();
        let agent = AgentId::parse("claude-code").unwrap();
        let left = LeftBehind { tools: Vec::new(), instructions: "Call `user_connection_list` first.".into() };
        left.write(Some(dir.path()), &agent).unwrap();
        left.write(Some(dir.path()), &agent).unwrap();
        assert_eq!(LeftBehind::read(Some(dir.path()), &agent), Some(left));
        assert_eq!(LeftBehind::read(Some(dir.path()), &AgentId::parse("codex").unwrap()), None);
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let agent = AgentId::parse("claude-code").unwrap();
        LeftBehind { tools: Vec::new(), instructions: String::new() }.write(Some(dir.path()), &agent).unwrap();
        std::fs::write(left_behind_tools(Some(dir.path()), &agent), "{\"tools\":[").unwrap();
        assert_eq!(LeftBehind::read(Some(dir.path()), &agent), None);
    }
}
