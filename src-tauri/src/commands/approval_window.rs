//! The approval window: the cards, and the decision on each. No other window reaches these.
#![expect(clippy::needless_pass_by_value, reason = "Tauri hands arguments over by value")]

use crate::windows::{self, Stage};
use gatehouse_broker::Approver;
use gatehouse_broker::view::{Queue, RecentCall, Verdict};
use gatehouse_core::{CallId, Digest, EdgeError, TicketId};
use secrecy::SecretString;
use tauri::{AppHandle, State};

type Told<T> = Result<T, EdgeError>;

#[tauri::command(async)]
pub(crate) fn queue(approver: State<'_, Approver>, wanted: Option<TicketId>, place: usize) -> Queue {
    approver.queue(wanted.as_ref(), place)
}

#[tauri::command]
pub(crate) fn wanted_card(stage: State<'_, Stage>) -> Option<TicketId> {
    stage.take_wanted_card()
}

#[tauri::command(async)]
pub(crate) fn present_card(approver: State<'_, Approver>, ticket: TicketId, digest: Digest) -> Told<()> {
    approver.present(&ticket, &digest)
}

#[tauri::command]
pub(crate) async fn decide(
    approver: State<'_, Approver>,
    ticket: TicketId,
    digest: Digest,
    verdict: Verdict,
    pin: Option<SecretString>,
) -> Told<()> {
    approver.decide_with(&ticket, &digest, verdict, pin).await
}

#[tauri::command]
pub(crate) async fn settle_pin(
    approver: State<'_, Approver>,
    ticket: TicketId,
    digest: Digest,
    current: Option<SecretString>,
    pin: Option<SecretString>,
) -> Told<()> {
    approver.settle_pin(&ticket, &digest, current, pin).await
}

#[tauri::command(async)]
pub(crate) fn export_card(approver: State<'_, Approver>, ticket: TicketId, digest: Digest) -> Told<String> {
    approver.export(&ticket, &digest)
}

#[tauri::command(async)]
pub(crate) fn recent_calls(approver: State<'_, Approver>) -> Told<Vec<RecentCall>> {
    approver.recent()
}

#[tauri::command]
pub(crate) async fn undo_recent(approver: State<'_, Approver>, call: CallId) -> Told<TicketId> {
    approver.undo(&call).await
}

#[tauri::command(async)]
pub(crate) fn close_approval(app: AppHandle) {
    windows::close_approval(&app);
}
