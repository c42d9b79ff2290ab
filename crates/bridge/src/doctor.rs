use crate::arguments::Options;
use crate::{desktop, program, say};
use gatehouse_ipc::message::{Answer, Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{
    Client, ConnectError, LeftBehind, SocketPath, check_private_directory, quit_marker, socket_path, state_dir,
};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Looks at everything a call would need, starts nothing, and says what is wrong. Fails when a call could not work.
pub(crate) async fn examine(options: Options) -> ExitCode {
    let mut report = Report::default();
    let profile = options.profile.as_deref();
    report.fine(&format!("gatehouse-mcp {}, as agent “{}”", env!("CARGO_PKG_VERSION"), options.agent));
    if options.agent.as_str() == "unnamed" {
        report.note("The client gives no name. Register it with: gatehouse-mcp --agent NAME");
    }
    report.fine(&format!("Files: {}", state_dir(profile).display()));
    let path = socket_path(profile);
    report.fine(&format!("Socket: {path}"));
    look_at_socket(&mut report, &path);

    let is_running = talk(&mut report, &path).await;
    look_at_program(&mut report, profile, is_running);
    if !is_running {
        look_at_start(&mut report, profile).await;
    }
    match LeftBehind::read(profile, &options.agent) {
        Some(left) => report.fine(&format!("Tools left behind for this agent: {}", left.tools.len())),
        None => report.note("The app has left no list of tools for this agent yet; the built-in one is shown."),
    }
    say(&mut std::io::stdout(), &report.text);
    if report.is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn look_at_socket(report: &mut Report, path: &SocketPath) {
    if cfg!(windows) || !path.directory().exists() {
        return;
    }
    match check_private_directory(path.directory()) {
        Ok(()) => report.fine("The socket's folder is yours alone."),
        Err(error) if path.path().exists() => report.wrong(&format!("{error}.")),
        Err(error) => report.note(&format!("{error}. The app closes it when it starts, where it can.")),
    }
}

async fn talk(report: &mut Report, path: &SocketPath) -> bool {
    let hello = Hello { protocol: PROTOCOL, build: env!("CARGO_PKG_VERSION").to_owned(), role: Role::Visitor };
    let client = match Client::connect(path, hello).await {
        Ok(client) => client,
        Err(ConnectError::NotRunning) => {
            report.note("The app is not running. The first call starts it.");
            return false;
        }
        Err(error) => {
            report.wrong(&format!("{error}."));
            return true;
        }
    };
    let never = CancellationToken::new();
    let asked = client.request(Request::Status, |_, _| {}, &never);
    match tokio::time::timeout(Duration::from_secs(2), asked).await {
        Ok(Ok(Answer::Status { build, pid, vault, connections, waiting, paused })) => {
            report.fine(&format!("The app is running: version {build}, process {pid}."));
            if build != env!("CARGO_PKG_VERSION") {
                report.note("The versions differ. They understand each other; update the older one when you can.");
            }
            match vault.as_str() {
                "locked" => report.wrong("The vault is locked: unlock it in the Gatehouse window."),
                "unavailable" => {
                    report.wrong("The vault cannot be reached: the Gatehouse window says why.");
                }
                "session" => report.note("The vault forgets everything when the app ends: there is no system keyring."),
                _ => report.fine("The vault is open."),
            }
            report.fine(&format!("Connections: {connections}. Waiting for you: {waiting}."));
            if paused {
                report.wrong("All agents are paused: resume them in the Gatehouse window or the tray.");
            }
        }
        Ok(Ok(_)) => report.wrong("The app answered something else than its state."),
        Ok(Err(error)) => report.wrong(&error.message),
        Err(_) => report.wrong("The app accepts connections but does not answer. Restart it."),
    }
    true
}

fn look_at_program(report: &mut Report, profile: Option<&Path>, is_running: bool) {
    match program::find(profile) {
        Ok(found) => report.fine(&format!("The app is {}, found {}.", found.path.display(), found.origin)),
        Err(why) if is_running => {
            report.note(&format!("{why} While it runs that does not matter."));
        }
        Err(why) => report.wrong(&format!("{why} Install Gatehouse, or start it once yourself.")),
    }
}

async fn look_at_start(report: &mut Report, profile: Option<&Path>) {
    if quit_marker(profile).exists() {
        report.note("You quit the app. Only open_connection_manager, or you, start it again.");
    }
    if desktop::has_display(&desktop::environment().await) {
        report.fine("A desktop session was found to start it in.");
    } else {
        report.wrong("No desktop session was found to start the app in (neither DISPLAY nor WAYLAND_DISPLAY).");
    }
}

#[derive(Default)]
struct Report {
    text: String,
    is_wrong: bool,
}

impl Report {
    fn fine(&mut self, words: &str) {
        self.line("ok   ", words);
    }

    fn note(&mut self, words: &str) {
        self.line("note ", words);
    }

    fn wrong(&mut self, words: &str) {
        self.is_wrong = true;
        self.line("WRONG", words);
    }

    fn line(&mut self, mark: &str, words: &str) {
        self.text.extend([mark, " ", words, "\n"]);
    }
}
