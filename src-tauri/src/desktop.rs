//! What the broker may ask of the desktop.

use crate::{notify, tray, windows};
use gatehouse_broker::view::{Navigation, Topic};
use gatehouse_broker::{Desktop, Shown};
use gatehouse_core::TicketId;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tauri::async_runtime::spawn_blocking;
use tauri::{AppHandle, Emitter as _};

/// So long what changed is gathered. A person does not see it, and a call, in whose course it changed, goes on meanwhile:
/// windows and tray are drawn on its processors.
const GATHERED_FOR: Duration = Duration::from_millis(50);

/// The desktop as Tauri gives it. None of its methods may be called from the thread of the windows.
pub(crate) struct AppDesktop {
    app: AppHandle,
    /// What the windows were not told yet.
    changed: Arc<Mutex<Vec<Topic>>>,
}

impl AppDesktop {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app, changed: Arc::default() }
    }
}

/// Tells the windows and the tray at once.
fn tell(app: &AppHandle, topics: &[Topic]) {
    // A window that is not there hears nothing, and asks for everything when it opens.
    for label in [windows::MAIN, windows::APPROVAL] {
        drop(app.emit_to(label, "gatehouse://changed", topics));
    }
    tray::refresh(app);
}

impl Desktop for AppDesktop {
    fn show_main(&self, to: Option<Navigation>) -> Shown {
        windows::show_main(&self.app, to)
    }

    fn show_approval(&self, raise: bool) {
        windows::show_approval(&self.app, raise);
    }

    fn changed(&self, topics: &[Topic]) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = changed.is_empty();
        for topic in topics {
            if !changed.contains(topic) {
                changed.push(*topic);
            }
        }
        drop(changed);
        if is_first {
            let (app, changed) = (self.app.clone(), Arc::clone(&self.changed));
            // The tray waits for the thread of the windows.
            spawn_blocking(move || {
                std::thread::sleep(GATHERED_FOR);
                let topics = std::mem::take(&mut *changed.lock().unwrap_or_else(PoisonError::into_inner));
                tell(&app, &topics);
            });
        }
    }

    fn notify(&self, title: &str, body: &str, ticket: &TicketId) {
        notify::show_card(&self.app, title, body, ticket);
    }
}
