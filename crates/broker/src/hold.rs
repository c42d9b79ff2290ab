use std::time::Duration;

/// How long a call may be held while a person decides, by what the client says it is: each gives up at a different
/// time, and some block their other chats meanwhile.
pub(crate) fn hold_for(client: Option<&str>) -> Duration {
    let name = client.unwrap_or("").to_ascii_lowercase();
    let seconds = match name.as_str() {
        "claude-ai" => 20,
        "claude-code" => 100,
        _ if name.starts_with("codex") || name.starts_with("goose") => 240,
        _ if name.starts_with("visual studio code") || name.starts_with("vscode") => 600,
        // Also local-agent-mode-*, Cursor, Zed and Windsurf: they give up at 60 seconds.
        _ => 45,
    };
    Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_client_is_answered_before_it_gives_up() {
        for (client, gives_up_at) in [
            ("claude-ai", 60),
            ("local-agent-mode-x", 60),
            ("cursor-vscode", 60),
            ("Zed", 60),
            ("claude-code", 120),
            ("codex-mcp-client", 300),
            ("goose", 300),
            ("someone else", 60),
        ] {
            assert!(hold_for(Some(client)).as_secs() < gives_up_at, "{client}");
        }
        assert_eq!(hold_for(None).as_secs(), 45);
    }
}
