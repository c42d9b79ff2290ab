use gatehouse_core::EdgeError;
use gatehouse_ipc::message::CallAnswer;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::json;

/// What the app answered, as MCP's result: the text once, and whether it is an error.
pub(crate) fn result(answer: CallAnswer) -> CallToolResult {
    let content = vec![ContentBlock::text(answer.text)];
    if answer.is_error { CallToolResult::error(content) } else { CallToolResult::success(content) }
}

/// An error as the agent reads it: `{"error":{"code","message","detail"?,"retry"}}`.
pub(crate) fn error(error: &EdgeError) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(json!({ "error": error }).to_string())])
}
