use crate::desktop;
use crate::program;
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_ipc::{Client, ConnectError};
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// How long the app may take to listen.
const START: Duration = Duration::from_secs(15);
/// How long we go on looking after the process we started has ended: it may have found another app starting.
const AFTER_END: Duration = Duration::from_secs(1);

/// Starts the app in the background and waits until `connect` succeeds.
pub(crate) async fn start<F>(profile: Option<&Path>, connect: impl Fn() -> F) -> Result<Client, EdgeError>
where
    F: Future<Output = Result<Client, ConnectError>>,
{
    let program = program::find(profile)
        .map_err(|why| unavailable(format!("{why} Install Gatehouse, or start it yourself, then try again.")))?;
    let environment = desktop::environment().await;
    if !desktop::has_display(&environment) {
        return Err(unavailable(
            "Gatehouse is not running, and no desktop session was found to start it in. \
             Ask the user to start Gatehouse, then try again.",
        ));
    }
    let mut arguments = vec![OsString::from("--background")];
    if let Some(profile) = profile {
        let profile = std::path::absolute(profile).unwrap_or_else(|_| profile.to_owned());
        arguments.extend(["--profile".into(), profile.into_os_string()]);
    }
    tracing::info!(program = %program.path.display(), origin = program.origin, "starting the app");
    let pid = detached(&program.path, &arguments, environment).await?;

    let began = Instant::now();
    let mut ended = None;
    let mut pause = Duration::from_millis(10);
    loop {
        match connect().await {
            Ok(client) => return Ok(client),
            Err(ConnectError::NotRunning) => {}
            Err(error) => return Err(unreachable(&error)),
        }
        if ended.is_none() && !is_alive(pid) {
            ended = Some(Instant::now());
        }
        if ended.is_some_and(|at| at.elapsed() > AFTER_END) {
            return Err(unavailable(
                "Gatehouse was started but ended at once. Ask the user to start it, and to look at what it says.",
            ));
        }
        if began.elapsed() > START {
            return Err(
                unavailable("Gatehouse was started but does not answer yet. Try again in a moment.").retryable()
            );
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// An error of connecting, as the agent reads it.
pub(crate) fn unreachable(error: &ConnectError) -> EdgeError {
    match error {
        ConnectError::Refused(refusal) => refusal.clone(),
        ConnectError::Silent => {
            unavailable("Gatehouse does not answer. Ask the user to restart it, then try again.").retryable()
        }
        error => unavailable(format!("{error}. Ask the user to run: gatehouse-mcp doctor")),
    }
}

pub(crate) fn unavailable(words: impl Into<String>) -> EdgeError {
    EdgeError::new(ErrorCode::AppUnavailable, words)
}

/// Runs in a process of its own, between bridge and app: leaves the client's session, starts `program` with nothing of ours
/// open, says its process id and ends. So the app is nobody's child, and outlives whoever is killed with the client.
pub(crate) fn detach(program: &Path, arguments: &[OsString]) -> ExitCode {
    #[cfg(unix)]
    if let Err(error) = rustix::process::setsid() {
        tracing::debug!(%error, "already leads a session");
    }
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(windows)]
    {
        // DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP. Never compiled here.
        std::os::windows::process::CommandExt::creation_flags(&mut command, 0x0000_0208);
    }
    let (said, code) = match command.spawn() {
        Ok(child) => (child.id().to_string(), ExitCode::SUCCESS),
        Err(error) => (error.to_string(), ExitCode::FAILURE),
    };
    drop(std::io::stdout().write_all(said.as_bytes()));
    code
}

async fn detached(
    program: &Path,
    arguments: &[OsString],
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<u32, EdgeError> {
    let started = tokio::process::Command::new(own_program()?)
        .arg("--detach")
        .arg(program)
        .args(arguments)
        .env_clear()
        .envs(environment)
        .current_dir(if cfg!(windows) { r"C:\" } else { "/" })
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let output = tokio::time::timeout(START, started)
        .await
        .map_err(|_| unavailable("Gatehouse could not be started in time."))?
        .map_err(|error| unavailable(format!("Gatehouse could not be started: {error}.")))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(unavailable(format!("{} could not be started: {said}.", program.display())));
    }
    said.trim().parse().map_err(|_| unavailable("Gatehouse could not be started."))
}

/// On Linux the link that stays right when an update replaces the file.
fn own_program() -> Result<PathBuf, EdgeError> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    std::env::current_exe().map_err(|error| unavailable(format!("gatehouse-mcp cannot find itself: {error}.")))
}

#[cfg(target_os = "linux")]
fn is_alive(pid: u32) -> bool {
    // "pid (name) S …": Z is a process that has ended and that nobody has asked about.
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z')))
}

/// Not known: the wait takes its full time. (Never compiled here.)
#[cfg(not(target_os = "linux"))]
fn is_alive(_: u32) -> bool {
    true
}
