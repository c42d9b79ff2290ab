//! The way of the app from start to end.

use crate::arguments::Arguments;
use crate::desktop::AppDesktop;
use crate::paths::{MANAGED_POLICY, Paths};
use crate::{commands, demo, left_behind, notify, probes, quit, tray, visitor, windows};
use gatehouse_broker::view::Navigation;
use gatehouse_broker::{Broker, Options, SystemClock};
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_ipc::{BindError, Listener, SocketPath};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tauri::async_runtime::{block_on, spawn};
use tauri::{AppHandle, Manager as _, RunEvent};
use tokio_util::sync::CancellationToken;

/// Runs until the person quits. The socket comes first: it is what makes this the only app of its profile.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    log_to_stderr();
    let Some(paths) = Paths::of(arguments.profile.as_deref()) else {
        return crate::say("the system tells no home directory; give one with --profile DIR");
    };
    if let Err(why) = desktop_is_there() {
        return crate::say(why);
    }
    let listener = match block_on(be_the_only_one(&paths.socket, arguments)) {
        Ok(listener) => listener,
        Err(code) => return code,
    };
    match build(arguments.clone(), paths, listener) {
        Ok(app) => {
            let code = app.run_return(|app, event| on_event(app, &event));
            ExitCode::from(u8::try_from(code).unwrap_or(1))
        }
        Err(error) => crate::say(&format!("cannot start its windows: {error}")),
    }
}

/// How long the first app may take to end, when it is ending.
const ENDING: Duration = Duration::from_secs(5);

/// The socket; or, where an app of this profile runs already, the code to end with once that one has shown itself.
async fn be_the_only_one(socket: &SocketPath, arguments: &Arguments) -> Result<Listener, ExitCode> {
    let began = Instant::now();
    loop {
        match gatehouse_ipc::bind(socket).await {
            Ok(listener) => return Ok(listener),
            Err(BindError::AlreadyRunning) => match visitor::call_on_the_first(socket, arguments).await {
                Ok(code) => return Err(code),
                Err(why) if began.elapsed() > ENDING => return Err(crate::say(&why)),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Err(error) => return Err(crate::say(&format!("cannot listen for bridges: {error}"))),
        }
    }
}

#[cfg_attr(not(target_os = "macos"), expect(unused_variables, reason = "only macOS reopens"))]
fn on_event(app: &AppHandle, event: &RunEvent) {
    match event {
        // The last window was closed: the app goes on without one. Only `quit` ends it.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        // The person clicked the app in the dock. Never compiled here.
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => windows::show_main_soon(app, None),
        _ => {}
    }
}

fn build(arguments: Arguments, paths: Paths, listener: Listener) -> tauri::Result<tauri::App> {
    tauri::Builder::default()
        .plugin(tauri_plugin_notification::init())
        .manage(windows::Stage::new(paths.web.clone()))
        .manage(probes::Probes::default())
        .manage(demo::Demo::default())
        .invoke_handler(commands::all())
        .on_window_event(windows::on_event)
        .setup(move |app| {
            app.manage(tray::Tray::build(app.handle()));
            notify::open_approvals_on_click(app.handle());
            let app = app.handle().clone();
            spawn(async move {
                if let Err(error) = start(&app, &arguments, &paths, listener).await {
                    crate::say(&format!("cannot start: {}", error.message));
                    notify::show(&app, "Gatehouse could not start", &error.message);
                    app.exit(1);
                }
            });
            Ok(())
        })
        .build(tauri::generate_context!())
}

/// Opens the house: broker, demo, socket, window. Bridges that came early wait in the socket's queue.
async fn start(app: &AppHandle, arguments: &Arguments, paths: &Paths, listener: Listener) -> Result<(), EdgeError> {
    let desktop = Arc::new(AppDesktop::new(app.clone()));
    let (broker, approver) = Broker::start(options(paths)?, desktop, Arc::new(SystemClock::new())).await?;
    app.manage(broker.clone());
    app.manage(approver);
    left_behind::record_program(paths.profile.as_deref());
    demo::resume(app, &broker).await;
    serve(listener, broker, quit::watch(app, paths.profile.as_deref()))?;
    tray::refresh(app);
    if !arguments.background {
        let page = arguments.show.clone().map(|page| Navigation { page, connection: None });
        windows::show_main_soon(app, page);
    }
    Ok(())
}

/// Serves bridges on a thread of their own. A call is many short waits, and one thread takes them up again without being
/// woken by another.
fn serve(listener: Listener, broker: Broker, shutdown: CancellationToken) -> Result<(), EdgeError> {
    let no_thread = |error: std::io::Error| {
        EdgeError::new(ErrorCode::Internal, format!("The system gives no thread for bridges: {error}"))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
    let served = async move {
        gatehouse_ipc::serve(listener, Arc::new(broker), shutdown).await;
        // What was sent to Odoo by then is waited for elsewhere, and goes on here.
        std::future::pending::<()>().await;
    };
    let thread = std::thread::Builder::new().name("bridges".into());
    thread.spawn(move || runtime.block_on(served)).map(drop).map_err(no_thread)
}

fn options(paths: &Paths) -> Result<Options, EdgeError> {
    for directory in [&paths.config, &paths.data] {
        gatehouse_ipc::private_directory(directory).map_err(|error| {
            EdgeError::new(ErrorCode::Storage, format!("Cannot use {}: {error}", directory.display()))
        })?;
    }
    Ok(Options {
        data_dir: paths.data.clone(),
        profile: paths.profile.clone(),
        managed_policy: Some(managed_policy()),
        administrator: administrator(),
        user_policy: paths.config.join("policy.json"),
        downloads: paths.downloads.clone(),
        vault_service: paths.vault_service.clone(),
        build: env!("CARGO_PKG_VERSION").to_owned(),
        bridge_path: left_behind::bridge_program().to_string_lossy().into_owned(),
        hold: None,
    })
}

/// Where the administrator's policy lies.
fn managed_policy() -> PathBuf {
    // Tests have one of their own. A build for people has no such feature.
    let elsewhere = cfg!(feature = "e2e").then(|| std::env::var_os("GATEHOUSE_MANAGED_POLICY")).flatten();
    elsewhere.map_or_else(|| PathBuf::from(MANAGED_POLICY), PathBuf::from)
}

/// Root.
#[cfg(not(all(unix, feature = "e2e")))]
fn administrator() -> u32 {
    0
}

/// In tests, whoever owns the folder.
#[cfg(all(unix, feature = "e2e"))]
fn administrator() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    let folder = managed_policy().parent().and_then(|folder| folder.metadata().ok());
    folder.map_or(0, |folder| folder.uid())
}

/// GTK ends the process without a word where there is nothing to draw on.
fn desktop_is_there() -> Result<(), &'static str> {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !named("DISPLAY") && !named("WAYLAND_DISPLAY") {
        return Err(
            "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set); start it in a desktop session",
        );
    }
    Ok(())
}

fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("GATEHOUSE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
