//! The tray: what waits, and the way to everything, where the desktop shows trays.

use crate::{quit, windows};
use gatehouse_broker::Broker;
use gatehouse_broker::view::Navigation;
use std::panic::AssertUnwindSafe;
use tauri::image::Image;
use tauri::menu::{CheckMenuItem, Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager as _, Wry};

/// The tray, or the fact that there is none.
pub(crate) struct Tray(Option<Shown>);

struct Shown {
    icon: TrayIcon,
    waiting: MenuItem<Wry>,
    pause: CheckMenuItem<Wry>,
}

impl Tray {
    /// On the thread of the windows. A desktop without trays, or without the library for them, is no error.
    pub(crate) fn build(app: &AppHandle) -> Self {
        if !desktop_shows_trays() {
            tracing::info!("this desktop shows no tray");
            return Self(None);
        }
        // The library is looked for at run time, and its absence is a panic.
        match std::panic::catch_unwind(AssertUnwindSafe(|| build(app))) {
            Ok(Ok(shown)) => Self(Some(shown)),
            Ok(Err(error)) => {
                tracing::warn!("no tray: {error}");
                Self(None)
            }
            Err(_) => {
                tracing::warn!("no tray: libayatana-appindicator3 cannot be loaded");
                Self(None)
            }
        }
    }
}

/// Whether there is a tray to come back from.
pub(crate) fn is_shown(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some_and(|tray| tray.0.is_some())
}

/// Shows the numbers of now.
pub(crate) fn refresh(app: &AppHandle) {
    let (Some(tray), Some(broker)) = (app.try_state::<Tray>(), app.try_state::<Broker>()) else { return };
    let Some(shown) = &tray.0 else { return };
    let (waiting, paused) = (broker.waiting(), broker.is_paused());
    let title = (waiting > 0).then(|| waiting.to_string());
    let drawn = shown
        .waiting
        .set_text(waiting_text(waiting))
        .and_then(|()| shown.pause.set_checked(paused))
        .and_then(|()| shown.icon.set_title(title))
        .and_then(|()| shown.icon.set_tooltip(Some(format!("Gatehouse: {}", waiting_text(waiting)))));
    if let Err(error) = drawn {
        tracing::debug!("the tray was not drawn: {error}");
    }
}

fn waiting_text(waiting: u32) -> String {
    match waiting {
        0 => "Nothing waits".to_owned(),
        1 => "1 call waits".to_owned(),
        n => format!("{n} calls wait"),
    }
}

fn build(app: &AppHandle) -> tauri::Result<Shown> {
    let waiting = MenuItem::with_id(app, "waiting", waiting_text(0), false, None::<&str>)?;
    let open = MenuItem::with_id(app, "open", "Open Gatehouse", true, None::<&str>)?;
    let review = MenuItem::with_id(app, "review", "Review approvals", true, None::<&str>)?;
    let pause = CheckMenuItem::with_id(app, "pause", "Pause all agents", true, false, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", "Quit", true, None::<&str>)?;
    let line = PredefinedMenuItem::separator(app)?;
    let menu = Menu::with_items(app, &[&waiting, &line, &open, &review, &pause, &line, &quit])?;
    let icon = TrayIconBuilder::with_id("gatehouse")
        .icon(Image::from_bytes(include_bytes!("../icons/tray.png"))?)
        .tooltip("Gatehouse")
        .menu(&menu)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
        .build(app)?;
    Ok(Shown { icon, waiting, pause })
}

fn chosen(app: &AppHandle, item: &str) {
    match item {
        "open" => windows::show_main_soon(app, None),
        "review" => review(app),
        "pause" => pause(app),
        "quit" => quit::by_the_person(app),
        _ => {}
    }
}

fn review(app: &AppHandle) {
    if app.try_state::<Broker>().is_some_and(|broker| broker.waiting() > 0) {
        windows::show_approval_soon(app, None);
    } else {
        windows::show_main_soon(app, Some(Navigation { page: "approvals".to_owned(), connection: None }));
    }
}

/// Any program on the session bus can choose an item of a tray's menu, so nothing is resumed from here: the window opens.
fn pause(app: &AppHandle) {
    let Some(broker) = app.try_state::<Broker>().map(|state| state.inner().clone()) else { return };
    if broker.is_paused() {
        windows::show_main_soon(app, Some(Navigation { page: "agents".to_owned(), connection: None }));
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(error) = broker.pause_all(true).await {
            tracing::warn!("pausing: {error}");
        }
        // A check item checks itself when it is clicked; show what is.
        refresh(&app);
    });
}

/// A tray needs somebody to draw it. Without one an icon would be made and never seen, and closing the window would hide
/// the app for good.
#[cfg(target_os = "linux")]
fn desktop_shows_trays() -> bool {
    use gtk::gio::{BusType, Cancellable, DBusCallFlags, bus_get_sync, prelude::*};
    use gtk::glib::VariantTy;
    let asked = bus_get_sync(BusType::Session, Cancellable::NONE).and_then(|bus| {
        bus.call_sync(
            Some("org.freedesktop.DBus"),
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "NameHasOwner",
            Some(&("org.kde.StatusNotifierWatcher",).to_variant()),
            VariantTy::new("(b)").ok(),
            DBusCallFlags::NONE,
            1_000,
            Cancellable::NONE,
        )
    });
    asked.ok().and_then(|answer| answer.get::<(bool,)>()).is_some_and(|(owned,)| owned)
}

#[cfg(not(target_os = "linux"))]
fn desktop_shows_trays() -> bool {
    true
}
