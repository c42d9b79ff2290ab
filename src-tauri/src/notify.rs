//! Desktop notifications. They say that something waits, never what is in it: lock screens show them.

use crate::windows;
use gatehouse_core::TicketId;
use serde::Deserialize as _;
use tauri::{AppHandle, Wry};
use tauri_plugin_notification::{NotificationBuilder, NotificationExt as _};

/// What a notification carries of its card; it is not shown.
const TICKET: &str = "ticket";

/// Shows one. A desktop without notifications loses nothing but the hint.
pub(crate) fn show(app: &AppHandle, title: &str, body: &str) {
    send(app.notification().builder().title(title).body(body));
}

/// The same about a card, at which a click opens the approval window.
pub(crate) fn show_card(app: &AppHandle, title: &str, body: &str, ticket: &TicketId) {
    send(app.notification().builder().title(title).body(body).extra(TICKET, ticket));
}

fn send(notification: NotificationBuilder<Wry>) {
    if let Err(error) = notification.show() {
        tracing::debug!("no notification: {error}");
    }
}

/// A click on a notification opens its card, for the person to read and decide.
pub(crate) fn open_approvals_on_click(app: &AppHandle) {
    let handle = app.clone();
    let listening = app.notification().on_action(move |performed| {
        let ticket = performed.notification().and_then(|notification| notification.extra().get(TICKET));
        windows::show_approval_soon(&handle, ticket.and_then(|id| TicketId::deserialize(id).ok()));
    });
    if let Err(error) = listening {
        tracing::debug!("clicks on notifications are not heard: {error}");
    }
}
