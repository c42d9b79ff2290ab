//! Writes what is generated from Rust and checked in: `bindings FOLDER CATALOGUE INSTRUCTIONS SCHEMA`. FOLDER gets the
//! TypeScript types of everything that crosses into the windows, CATALOGUE and INSTRUCTIONS what the bridge shows when
//! nothing better is known, SCHEMA the JSON Schema of a policy.

use gatehouse_broker::view;
use ts_rs::{Config, ExportError, TS};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, catalogue, instructions, schema] = arguments.as_slice() else {
        return Err("usage: bindings FOLDER CATALOGUE INSTRUCTIONS SCHEMA".into());
    };
    export(&Config::new().with_out_dir(folder))?;
    let tools = gatehouse_broker::catalogue();
    std::fs::write(catalogue, serde_json::to_string_pretty(&tools)? + "\n")?;
    std::fs::write(instructions, gatehouse_broker::INSTRUCTIONS)?;
    std::fs::write(schema, serde_json::to_string_pretty(&gatehouse_policy::schema(&tools))? + "\n")?;
    Ok(())
}

/// What the commands take and give; what those lean on comes along.
fn export(to: &Config) -> Result<(), ExportError> {
    view::Overview::export_all(to)?;
    view::ParsedUrl::export_all(to)?;
    view::ConnectionDraft::export_all(to)?;
    view::SecretInput::export_all(to)?;
    view::SaveOutcome::export_all(to)?;
    view::ProbeStep::export_all(to)?;
    view::Approvals::export_all(to)?;
    view::Queue::export_all(to)?;
    view::Verdict::export_all(to)?;
    view::RecentCall::export_all(to)?;
    view::ActivityFilter::export_all(to)?;
    view::ActivityPage::export_all(to)?;
    view::ActivityDetail::export_all(to)?;
    view::VerifyReport::export_all(to)?;
    view::PolicyPage::export_all(to)?;
    view::PolicyCheck::export_all(to)?;
    view::PolicySaved::export_all(to)?;
    view::PolicyPath::export_all(to)?;
    view::PolicyDraft::export_all(to)?;
    view::TryCall::export_all(to)?;
    view::Tried::export_all(to)?;
    view::ReplayReport::export_all(to)?;
    view::RecordedExplanation::export_all(to)?;
    view::PolicyImport::export_all(to)?;
    view::Topic::export_all(to)?;
    view::Navigation::export_all(to)?;
    gatehouse_core::EdgeError::export_all(to)
}
