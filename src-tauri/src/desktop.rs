//! What the broker may ask of the desktop.

use crate::{notify, tray, windows};
use gatehouse_broker::view::{Navigation, Topic};
use gatehouse_broker::{Desktop, Shown};
use gatehouse_core::TicketId;
use tauri::{AppHandle, Emitter as _};

/// The desktop as Tauri gives it. None of its methods may be called from the thread of the windows.
pub(crate) struct AppDesktop {
    app: AppHandle,
}

impl AppDesktop {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app }
    }
}

impl Desktop for AppDesktop {
    fn show_main(&self, to: Option<Navigation>) -> Shown {
        windows::show_main(&self.app, to)
    }

    fn show_approval(&self, raise: bool) {
        windows::show_approval(&self.app, raise);
    }

    fn changed(&self, topics: &[Topic]) {
        // A window that is not there hears nothing, and asks for everything when it opens.
        for label in [windows::MAIN, windows::APPROVAL] {
            drop(self.app.emit_to(label, "gatehouse://changed", topics));
        }
        tray::refresh(&self.app);
    }

    fn notify(&self, title: &str, body: &str, ticket: &TicketId) {
        notify::show_card(&self.app, title, body, ticket);
    }
}
