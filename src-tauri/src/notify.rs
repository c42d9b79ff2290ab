//! Desktop notifications. They say that something waits, never what is in it: lock screens show them.

use crate::windows;
use tauri::AppHandle;
use tauri_plugin_notification::NotificationExt as _;

/// Shows one. A desktop without notifications loses nothing but the hint.
pub(crate) fn show(app: &AppHandle, title: &str, body: &str) {
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        tracing::debug!("no notification: {error}");
    }
}

/// A click on a notification opens the card, for the person to read and decide.
pub(crate) fn open_approvals_on_click(app: &AppHandle) {
    let handle = app.clone();
    let listening = app.notification().on_action(move |_| windows::show_approval_soon(&handle, None));
    if let Err(error) = listening {
        tracing::debug!("clicks on notifications are not heard: {error}");
    }
}
