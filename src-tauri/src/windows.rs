//! The two windows, each made when it is first needed.

use crate::{quit, tray};
use gatehouse_broker::view::Navigation;
use gatehouse_broker::{Approver, Broker, Shown};
use gatehouse_core::TicketId;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tauri::async_runtime::spawn;
use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, Emitter as _, Manager as _, UserAttentionType, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window,
    WindowEvent,
};
use url::Url;

/// The label of the main window, as its capability names it.
pub(crate) const MAIN: &str = "main";
/// The label of the approval window, as its capability names it.
pub(crate) const APPROVAL: &str = "approval";

/// How long a desktop may take to hand over the focus.
const FOCUS_PATIENCE: Duration = Duration::from_millis(1_500);
/// How often to look.
const FOCUS_GLANCE: Duration = Duration::from_millis(25);

/// What the windows need to know of each other's past.
pub(crate) struct Stage {
    web_data: PathBuf,
    main: Mutex<MainPage>,
    /// The card that the person asked for, until the approval window's page takes it.
    wanted: Mutex<Option<TicketId>>,
    /// Windows are made one at a time: two calls at once must not both find none.
    making: Mutex<()>,
    /// The approval window closes because nothing waited any more.
    closing_approval: AtomicBool,
}

#[derive(Default)]
struct MainPage {
    /// The page has said that it listens.
    ready: bool,
    /// Where it is to go as soon as it does.
    pending: Option<Navigation>,
}

impl Stage {
    /// Web views keep what they keep under `web_data`.
    pub(crate) fn new(web_data: PathBuf) -> Self {
        Self {
            web_data,
            main: Mutex::default(),
            wanted: Mutex::default(),
            making: Mutex::default(),
            closing_approval: AtomicBool::new(false),
        }
    }

    fn main(&self) -> MutexGuard<'_, MainPage> {
        self.main.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self) -> MutexGuard<'_, Option<TicketId>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The card that the person asked for last, if the page has not taken it yet.
    pub(crate) fn take_wanted_card(&self) -> Option<TicketId> {
        self.wanted().take()
    }
}

/// Shows the main window, brings it to the front, and tells truthfully what the desktop made of that. Waits for the
/// desktop, so never on the thread of the windows.
pub(crate) fn show_main(app: &AppHandle, to: Option<Navigation>) -> Shown {
    if let Some(to) = to {
        navigate(app, to);
    }
    let window = match window(app, MAIN) {
        Ok(window) => window,
        Err(error) => return Shown::Failed(format!("the window could not be made: {error}")),
    };
    match raise(&window) {
        Ok(()) if gains_focus(&window) => Shown::Focused,
        Ok(()) if window.is_visible().unwrap_or(false) && !window.is_minimized().unwrap_or(true) => Shown::Shown,
        Ok(()) => Shown::Failed("the desktop did not show the window".to_owned()),
        Err(error) => Shown::Failed(format!("the desktop refused: {error}")),
    }
}

/// The same, from wherever the answer does not matter.
pub(crate) fn show_main_soon(app: &AppHandle, to: Option<Navigation>) {
    let app = app.clone();
    spawn(async move {
        if let Shown::Failed(why) = show_main(&app, to) {
            tracing::warn!("{why}");
        }
    });
}

/// Shows the approval window above others. Only with `raise` does it take the focus from what the person is doing.
pub(crate) fn show_approval(app: &AppHandle, raise_it: bool) {
    let shown = window(app, APPROVAL).and_then(|window| {
        if raise_it {
            return raise(&window);
        }
        window.show()?;
        window.request_user_attention(Some(UserAttentionType::Informational))
    });
    if let Err(error) = shown {
        tracing::warn!("the approval window could not be shown: {error}");
    }
}

/// The same because the person asked for it, from wherever. At the card of `ticket`, where one is named.
pub(crate) fn show_approval_soon(app: &AppHandle, ticket: Option<TicketId>) {
    let app = app.clone();
    spawn(async move {
        let is_wanted = ticket.is_some();
        if is_wanted {
            *app.state::<Stage>().wanted() = ticket;
        }
        show_approval(&app, true);
        if is_wanted {
            // A page that listens comes for it; a fresh one does so by itself.
            drop(app.emit_to(APPROVAL, "gatehouse://card", ()));
        }
    });
}

/// Closes the approval window after its last card. One that came in this instant keeps it open, or brings it back.
pub(crate) fn close_approval(app: &AppHandle) {
    let Some(window) = app.get_webview_window(APPROVAL).filter(|_| !card_waits(app)) else { return };
    app.state::<Stage>().closing_approval.store(true, Ordering::SeqCst);
    drop(window.close());
}

fn card_waits(app: &AppHandle) -> bool {
    app.try_state::<Broker>().is_some_and(|broker| broker.waiting() > 0)
}

/// The main window's page listens now.
pub(crate) fn main_is_ready(app: &AppHandle) {
    let pending = {
        let stage = app.state::<Stage>();
        let mut main = stage.main();
        main.ready = true;
        main.pending.take()
    };
    if let Some(to) = pending {
        navigate(app, to);
    }
}

fn navigate(app: &AppHandle, to: Navigation) {
    let stage = app.state::<Stage>();
    let mut main = stage.main();
    if main.ready {
        drop(main);
        drop(app.emit_to(MAIN, "gatehouse://navigate", to));
    } else {
        main.pending = Some(to);
    }
}

/// What happens to a window, seen from the thread of the windows.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    match (window.label(), event) {
        (MAIN, WindowEvent::CloseRequested { api, .. }) if !tray::is_shown(window.app_handle()) => {
            api.prevent_close();
            quit::leave_unless_needed(window);
        }
        (MAIN, WindowEvent::Destroyed) => window.app_handle().state::<Stage>().main().ready = false,
        (APPROVAL, WindowEvent::Destroyed) => {
            // Closed by the person it stays closed; nothing is decided by that.
            let app = window.app_handle();
            if app.state::<Stage>().closing_approval.swap(false, Ordering::SeqCst) && card_waits(app) {
                show_approval_soon(app, None);
            }
        }
        (APPROVAL, WindowEvent::Focused(true) | WindowEvent::Moved(_) | WindowEvent::Resized(_)) => {
            // A click that was on its way when the window moved under it must not approve.
            if let Some(approver) = window.app_handle().try_state::<Approver>() {
                approver.disturbed();
            }
        }
        _ => {}
    }
}

fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    // Focus is refused to a window that is minimised or hidden.
    if window.is_minimized().unwrap_or(false) {
        window.unminimize()?;
    }
    window.show()?;
    window.set_focus()
}

fn gains_focus(window: &WebviewWindow) -> bool {
    let until = Instant::now() + FOCUS_PATIENCE;
    loop {
        if window.is_focused().unwrap_or(false) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(FOCUS_GLANCE);
    }
}

/// The window, made when there is none.
fn window(app: &AppHandle, label: &str) -> tauri::Result<WebviewWindow> {
    let stage = app.state::<Stage>();
    let _one_at_a_time = stage.making.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(window) = app.get_webview_window(label) {
        return Ok(window);
    }
    let page = if label == APPROVAL { "index.html?window=approval" } else { "index.html" };
    let builder = WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .center()
        .data_directory(stage.web_data.clone())
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    let builder = if label == APPROVAL {
        builder
            .title("Gatehouse: approve or deny")
            .inner_size(560.0, 680.0)
            .min_inner_size(420.0, 480.0)
            .always_on_top(true)
            .skip_taskbar(false)
            .focused(false)
    } else {
        // A file that is dropped belongs to the page: the Policy page takes one.
        builder.title("Gatehouse").inner_size(1100.0, 720.0).min_inner_size(720.0, 480.0).disable_drag_drop_handler()
    };
    builder.build()
}

/// Only the app's own pages are ever shown in its windows.
fn is_own_page(url: &Url) -> bool {
    matches!((url.scheme(), url.host_str()), ("tauri", Some("localhost")) | ("http", Some("tauri.localhost")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_that_was_asked_for_is_taken_once_and_the_last_one_counts() {
        let stage = Stage::new(PathBuf::new());
        let (first, last) = (TicketId::from_random([1; 10]), TicketId::from_random([2; 10]));
        assert_eq!(stage.take_wanted_card(), None);
        *stage.wanted() = Some(first);
        *stage.wanted() = Some(last.clone());
        assert_eq!((stage.take_wanted_card(), stage.take_wanted_card()), (Some(last), None));
    }

    #[test]
    fn a_window_never_leaves_its_own_pages() {
        let is_own = |text: &str| is_own_page(&Url::parse(text).unwrap());
        assert!(is_own("tauri://localhost/index.html?window=approval"));
        for foreign in
            ["https://example.com/", "http://localhost/", "file:///etc/passwd", "data:text/html,x", "tauri://evil/"]
        {
            assert!(!is_own(foreign), "{foreign} would be shown");
        }
    }
}
