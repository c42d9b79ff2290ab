//! Capabilities and permissions of the windows, made into the program.

use tauri_build::{AppManifest, Attributes};

/// Every command, by name. What is listed here is refused to a window whose capability does not grant it; what is not
/// listed would be open to all of them, so a test compares this list with the commands.
const COMMANDS: &[&str] = &[
    // main
    "overview",
    "parse_url",
    "databases",
    "save_connection",
    "test_connection",
    "cancel_test",
    "trash_connection",
    "restore_connection",
    "purge_connection",
    "disconnect_connection",
    "reconnect_connection",
    "start_demo",
    "dismiss_proposal",
    "approvals",
    "withdraw_ticket",
    "review",
    "activity",
    "activity_detail",
    "undo_call",
    "undo_agent",
    "verify_journal",
    "pause_agent",
    "revoke_agent",
    "revoke_standing",
    "revoke_grant",
    "grant_connection",
    "pause_all",
    "change_pin",
    "retry_vault",
    "use_session_vault",
    "open_external",
    "window_ready",
    "policy_page",
    "check_policy",
    "print_policy",
    "save_policy",
    "restore_policy",
    "import_policy",
    "policy_schema",
    "policy_paths",
    "try_call",
    "recorded_calls",
    "recorded_call",
    "replay_policy",
    "explain_recorded",
    "open_model",
    "close_model",
    // approval
    "queue",
    "wanted_card",
    "present_card",
    "settle_pin",
    "decide",
    "export_card",
    "recent_calls",
    "undo_recent",
    "close_approval",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../ui/dist/index.html");
    if !std::path::Path::new("../ui/dist/index.html").exists() {
        return Err("the front end is not built: ui/dist/index.html is missing. \
                    Run `cargo xtask run`, or `npm ci && npm run build` in ui/."
            .into());
    }
    tauri_build::try_build(Attributes::new().app_manifest(AppManifest::new().commands(COMMANDS)))?;
    Ok(())
}
