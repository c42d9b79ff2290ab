//! Ending in order: tickets void, the journal sealed, nothing half done.

use crate::left_behind;
use gatehouse_broker::Broker;
use std::path::{Path, PathBuf};
use tauri::async_runtime::spawn;
use tauri::{AppHandle, Manager as _, Window};
use tokio_util::sync::CancellationToken;

/// What ends with the app.
struct Serving {
    bridges: CancellationToken,
    profile: Option<PathBuf>,
}

/// A token that is cancelled when the app ends. Also listens for the system asking it to end.
pub(crate) fn watch(app: &AppHandle, profile: Option<&Path>) -> CancellationToken {
    let token = CancellationToken::new();
    app.manage(Serving { bridges: token.clone(), profile: profile.map(Path::to_owned) });
    let app = app.clone();
    spawn(async move {
        asked_by_the_system().await;
        end(&app).await;
    });
    token
}

/// The person chose Quit: bridges do not start the app again until somebody opens it.
pub(crate) fn by_the_person(app: &AppHandle) {
    let app = app.clone();
    spawn(async move {
        if let Some(serving) = app.try_state::<Serving>() {
            left_behind::mark_quit(serving.profile.as_deref());
        }
        if let Some(broker) = app.try_state::<Broker>() {
            broker.say_quitting();
        }
        end(&app).await;
    });
}

/// The window was closed where no tray brings it back. Nobody is left with a process that cannot be found: while agents
/// are connected the window stays in the task bar, else the app ends, and the next call of an agent starts it again.
pub(crate) fn leave_unless_needed(window: &Window) {
    let window = window.clone();
    spawn(async move {
        if is_needed(window.app_handle()) {
            drop(window.minimize());
        } else {
            end(window.app_handle()).await;
        }
    });
}

fn is_needed(app: &AppHandle) -> bool {
    app.try_state::<Broker>()
        .is_some_and(|broker| broker.waiting() > 0 || broker.overview().agents.iter().any(|agent| agent.bridges > 0))
}

async fn end(app: &AppHandle) {
    if let Some(broker) = app.try_state::<Broker>().map(|state| state.inner().clone()) {
        broker.stop().await;
    }
    if let Some(serving) = app.try_state::<Serving>() {
        serving.bridges.cancel();
    }
    app.exit(0);
}

#[cfg(unix)]
async fn asked_by_the_system() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Never compiled here.
#[cfg(not(unix))]
async fn asked_by_the_system() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
