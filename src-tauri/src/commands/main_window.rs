//! The main window: everything but decide.
#![expect(clippy::needless_pass_by_value, reason = "Tauri hands arguments over by value")]

use crate::probes::Probes;
use crate::{demo, opener, windows};
use gatehouse_broker::Broker;
use gatehouse_broker::view::{
    ActivityDetail, ActivityFilter, ActivityPage, Approvals, ConnectionDraft, Overview, ParsedUrl, ProbeStep,
    SaveOutcome, SecretInput, VerifyReport,
};
use gatehouse_core::{AgentId, CallId, Connection, ConnectionId, EdgeError, TicketId, Tls};
use tauri::ipc::Channel;
use tauri::{AppHandle, State};

type Told<T> = Result<T, EdgeError>;

#[tauri::command(async)]
pub(crate) fn overview(broker: State<'_, Broker>) -> Overview {
    broker.overview()
}

#[tauri::command(async)]
pub(crate) fn parse_url(broker: State<'_, Broker>, text: String) -> Told<ParsedUrl> {
    broker.parse_url(&text)
}

#[tauri::command]
pub(crate) async fn databases(broker: State<'_, Broker>, url: String, tls: Tls) -> Told<Vec<String>> {
    broker.databases(&url, &tls).await
}

#[tauri::command]
pub(crate) async fn save_connection(
    broker: State<'_, Broker>,
    draft: ConnectionDraft,
    secret: Option<SecretInput>,
) -> Told<SaveOutcome> {
    broker.save_connection(draft, secret).await
}

#[tauri::command]
pub(crate) async fn test_connection(
    broker: State<'_, Broker>,
    probes: State<'_, Probes>,
    draft: ConnectionDraft,
    secret: Option<SecretInput>,
    on_step: Channel<ProbeStep>,
    test_id: String,
) -> Told<()> {
    let running = probes.begin(test_id);
    let tell = move |step| drop(on_step.send(step));
    broker.test_connection(draft, secret, tell, running.cancel.clone()).await
}

#[tauri::command(async)]
pub(crate) fn cancel_test(probes: State<'_, Probes>, test_id: String) {
    probes.cancel(&test_id);
}

#[tauri::command]
pub(crate) async fn trash_connection(broker: State<'_, Broker>, id: ConnectionId) -> Told<()> {
    broker.trash_connection(&id).await
}

#[tauri::command]
pub(crate) async fn restore_connection(broker: State<'_, Broker>, id: ConnectionId) -> Told<()> {
    broker.restore_connection(&id).await
}

#[tauri::command]
pub(crate) async fn purge_connection(broker: State<'_, Broker>, id: ConnectionId) -> Told<()> {
    broker.purge_connection(&id).await
}

#[tauri::command]
pub(crate) async fn disconnect_connection(broker: State<'_, Broker>, id: ConnectionId) -> Told<()> {
    broker.disconnect_connection(&id).await
}

#[tauri::command]
pub(crate) async fn reconnect_connection(broker: State<'_, Broker>, id: ConnectionId) -> Told<Connection> {
    broker.reconnect_connection(&id).await
}

#[tauri::command]
pub(crate) async fn start_demo(app: AppHandle, broker: State<'_, Broker>) -> Told<Connection> {
    demo::start(&app, &broker).await
}

#[tauri::command(async)]
pub(crate) fn dismiss_proposal(broker: State<'_, Broker>, ticket: TicketId) -> Told<()> {
    broker.dismiss_proposal(&ticket)
}

#[tauri::command(async)]
pub(crate) fn approvals(broker: State<'_, Broker>) -> Approvals {
    broker.approvals()
}

#[tauri::command(async)]
pub(crate) fn withdraw_ticket(broker: State<'_, Broker>, ticket: TicketId) -> Told<()> {
    broker.withdraw_ticket(&ticket)
}

#[tauri::command(async)]
pub(crate) fn review(app: AppHandle, ticket: Option<TicketId>) {
    windows::show_approval_soon(&app, ticket);
}

#[tauri::command(async)]
pub(crate) fn activity(broker: State<'_, Broker>, filter: ActivityFilter) -> Told<ActivityPage> {
    broker.activity(filter)
}

#[tauri::command(async)]
pub(crate) fn activity_detail(broker: State<'_, Broker>, seq: u64) -> Told<ActivityDetail> {
    broker.activity_detail(seq)
}

#[tauri::command]
pub(crate) async fn undo_call(broker: State<'_, Broker>, call: CallId) -> Told<TicketId> {
    broker.undo_call(&call).await
}

#[tauri::command]
pub(crate) async fn undo_agent(broker: State<'_, Broker>, agent: AgentId) -> Told<TicketId> {
    broker.undo_agent(&agent).await
}

#[tauri::command]
pub(crate) async fn verify_journal(broker: State<'_, Broker>) -> Told<VerifyReport> {
    broker.verify_journal().await
}

#[tauri::command]
pub(crate) async fn pause_agent(broker: State<'_, Broker>, agent: AgentId, paused: bool) -> Told<()> {
    broker.pause_agent(&agent, paused).await
}

#[tauri::command]
pub(crate) fn revoke_standing(broker: State<'_, Broker>, ticket: TicketId) {
    broker.revoke_standing(&ticket);
}

#[tauri::command]
pub(crate) async fn revoke_agent(broker: State<'_, Broker>, agent: AgentId) -> Told<()> {
    broker.revoke_agent(&agent).await
}

#[tauri::command]
pub(crate) async fn revoke_grant(broker: State<'_, Broker>, agent: AgentId, connection: ConnectionId) -> Told<()> {
    broker.revoke_grant(&agent, &connection).await
}

#[tauri::command(async)]
pub(crate) fn grant_connection(broker: State<'_, Broker>, agent: AgentId, connection: ConnectionId) -> Told<TicketId> {
    broker.grant_connection(&agent, &connection)
}

#[tauri::command]
pub(crate) async fn pause_all(broker: State<'_, Broker>, paused: bool) -> Told<()> {
    broker.pause_all(paused).await
}

#[tauri::command(async)]
pub(crate) fn change_pin(broker: State<'_, Broker>, remove: bool) -> Told<TicketId> {
    broker.change_pin(remove)
}

#[tauri::command]
pub(crate) async fn retry_vault(broker: State<'_, Broker>) -> Told<()> {
    broker.retry_vault().await
}

#[tauri::command]
pub(crate) async fn use_session_vault(broker: State<'_, Broker>) -> Told<()> {
    broker.use_session_vault().await
}

#[tauri::command(async)]
pub(crate) fn open_external(url: String) -> Told<()> {
    opener::open(&url)
}

#[tauri::command(async)]
pub(crate) fn window_ready(app: AppHandle) {
    windows::main_is_ready(&app);
}
