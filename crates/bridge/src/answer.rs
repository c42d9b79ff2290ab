use gatehouse_core::EdgeError;
use gatehouse_ipc::message::CallAnswer;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::json;

/// What the app answered, as MCP's result: the text once, its pictures, and whether it is an error.
pub(crate) fn result(answer: CallAnswer) -> CallToolResult {
    let pictures = answer.images.into_iter().map(|image| ContentBlock::image(image.data, image.mime_type));
    let content = std::iter::once(ContentBlock::text(answer.text)).chain(pictures).collect();
    if answer.is_error { CallToolResult::error(content) } else { CallToolResult::success(content) }
}

/// An error as the agent reads it: `{"error":{"code","message","detail"?,"retry"}}`.
pub(crate) fn error(error: &EdgeError) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(json!({ "error": error }).to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_ipc::message::Image;

    #[test]
    fn a_picture_stands_beside_the_text() {
        let image = Image { mime_type: "image/png".into(), data: "iVBORw0K".into() };
        let told = result(CallAnswer { images: vec![image], ..CallAnswer::text("{}") });
        let told = serde_json::to_value(told).unwrap();
        assert_eq!(told["content"][0]["text"], "{}");
        assert_eq!(told["content"][1], json!({"type": "image", "data": "iVBORw0K", "mimeType": "image/png"}));
    }
}
