//! The Policy page, in the main window: what loosens is answered with a ticket, and decided elsewhere.
#![expect(clippy::needless_pass_by_value, reason = "Tauri hands arguments over by value")]

use gatehouse_broker::Broker;
use gatehouse_broker::PolicyOutline;
use gatehouse_broker::view::{
    PolicyCheck, PolicyDraft, PolicyEdit, PolicyImport, PolicyPage, PolicyPath, PolicySaved, RecordedCall,
    RecordedExplanation, ReplayReport, Tried, TryCall,
};
use gatehouse_core::EdgeError;
use tauri::State;

type Told<T> = Result<T, EdgeError>;

#[tauri::command(async)]
pub(crate) fn policy_page(broker: State<'_, Broker>) -> PolicyPage {
    broker.policy_page()
}

#[tauri::command(async)]
pub(crate) fn check_policy(broker: State<'_, Broker>, layer: String, edit: PolicyEdit) -> Told<PolicyCheck> {
    broker.check_policy(&layer, &edit)
}

#[tauri::command(async)]
pub(crate) fn print_policy(broker: State<'_, Broker>, layer: String, outline: PolicyOutline) -> Told<PolicyCheck> {
    broker.print_policy(&layer, &outline)
}

#[tauri::command]
pub(crate) async fn save_policy(broker: State<'_, Broker>, layer: String, edit: PolicyEdit) -> Told<PolicySaved> {
    broker.save_policy(&layer, edit).await
}

#[tauri::command(async)]
pub(crate) fn open_model(broker: State<'_, Broker>, layer: String, model: String) -> Told<PolicySaved> {
    broker.open_model(&layer, &model)
}

#[tauri::command(async)]
pub(crate) fn close_model(broker: State<'_, Broker>, layer: String, model: String) -> Told<()> {
    broker.close_model(&layer, &model)
}

#[tauri::command]
pub(crate) async fn restore_policy(broker: State<'_, Broker>, layer: String, save: u64) -> Told<PolicySaved> {
    broker.restore_policy(&layer, save).await
}

#[tauri::command(async)]
pub(crate) fn import_policy(broker: State<'_, Broker>, text: String) -> Told<PolicyImport> {
    broker.import_policy(&text)
}

#[tauri::command(async)]
pub(crate) fn policy_schema(broker: State<'_, Broker>) -> String {
    broker.policy_schema()
}

#[tauri::command(async)]
pub(crate) fn policy_paths(broker: State<'_, Broker>, tool: String) -> Told<Vec<PolicyPath>> {
    broker.policy_paths(&tool)
}

#[tauri::command]
pub(crate) async fn try_call(broker: State<'_, Broker>, call: TryCall, draft: Option<PolicyDraft>) -> Told<Tried> {
    broker.try_call(&call, draft.as_ref()).await
}

#[tauri::command(async)]
pub(crate) fn recorded_calls(broker: State<'_, Broker>) -> Told<Vec<RecordedCall>> {
    broker.recorded_calls()
}

#[tauri::command(async)]
pub(crate) fn recorded_call(broker: State<'_, Broker>, seq: u64) -> Told<TryCall> {
    broker.recorded_call(seq)
}

#[tauri::command(async)]
pub(crate) fn replay_policy(broker: State<'_, Broker>, draft: PolicyDraft) -> Told<ReplayReport> {
    broker.replay_policy(&draft)
}

#[tauri::command(async)]
pub(crate) fn explain_recorded(broker: State<'_, Broker>, seq: u64, draft: PolicyDraft) -> Told<RecordedExplanation> {
    broker.explain_recorded(seq, &draft)
}
