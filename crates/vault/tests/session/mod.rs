//! A D-Bus session with a home of its own, and the keyring daemon in it.

use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use std::env;
use std::future::Future;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use zbus::blocking::Connection;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

const INSIDE: &str = "GATEHOUSE_TEST_INSIDE";
const TOLD: &str = "GATEHOUSE_TEST_TOLD";
const PASSWORD: &str = "test";
const NEEDED: &str = "these tests need gnome-keyring-daemon and dbus-run-session (Debian: gnome-keyring, dbus)";

/// Nothing starts by itself on this bus: a test has exactly the services that it started.
const BARE_BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

/// Runs `body` in a process of its own: this test binary, filtered to `test`, inside a fresh D-Bus session.
pub(crate) fn inside_a_session(test: &str, body: impl FnOnce()) {
    again(test, body, |home| {
        let config = home.join("bus.conf");
        std::fs::write(&config, BARE_BUS).unwrap();
        let mut command = Command::new("dbus-run-session");
        command.arg(format!("--config-file={}", config.display())).arg("--").arg(env::current_exe().unwrap());
        command
    });
}

/// The same where no bus can be found.
pub(crate) fn without_a_bus(test: &str, body: impl FnOnce()) {
    again(test, body, |_| Command::new(env::current_exe().unwrap()));
}

fn again(test: &str, body: impl FnOnce(), command: impl FnOnce(&Path) -> Command) {
    if env::var_os(INSIDE).is_some() {
        body();
        std::fs::write(Path::new(&env::var_os("HOME").unwrap()).join("passed"), "").unwrap();
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    std::fs::create_dir(&run).unwrap();
    let mut command = command(home.path());
    command
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", &run)
        .env("RUST_BACKTRACE", "1")
        .env(INSIDE, "1");
    run_test(&mut command, test);
    assert!(home.path().join("passed").exists(), "no test named {test} ran");
}

/// Quiet unless it fails.
fn run_test(command: &mut Command, test: &str) {
    let program = command.get_program().to_owned();
    let ran = command
        .args(["--exact", test, "--nocapture"])
        .output()
        .unwrap_or_else(|error| panic!("{} did not start ({error}): {NEEDED}", program.display()));
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{test} failed in a process of its own ({}):\n{out}\n{err}", ran.status);
}

/// Runs the same test once more in the session we are in; it learns `told`.
pub(crate) fn in_a_second_process(test: &str, told: &str) {
    let mut command = Command::new(env::current_exe().unwrap());
    run_test(command.env(TOLD, told), test);
}

/// What the first process told this one, if this is the second.
pub(crate) fn told_by_the_first_process() -> Option<String> {
    env::var(TOLD).ok()
}

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// gnome-keyring, ended when dropped. Its keyrings stay in the home of the test.
pub(crate) struct Daemon(Child);

impl Daemon {
    /// With the login keyring unlocked, as after signing in with a password; made if there is none.
    pub(crate) fn unlocked() -> Self {
        let mut daemon = Self::spawn(&["--unlock"]);
        daemon.0.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        until("the keyring is unlocked", || Some(!service()?.get_default_collection().ok()?.is_locked().ok()?));
        daemon
    }

    /// As after signing in without one: the login keyring stays locked, and none is made.
    pub(crate) fn started() -> Self {
        let daemon = Self::spawn(&[]);
        until("the keyring service answers", || service().map(|_| true));
        daemon
    }

    fn spawn(arguments: &[&str]) -> Self {
        until("the bus is free of an earlier keyring", || Some(service().is_none()));
        let child = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("gnome-keyring-daemon did not start ({error}): {NEEDED}"));
        Self(child)
    }

    /// Stops answering, as a daemon does that waits for something else.
    pub(crate) fn hang(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Answers again.
    pub(crate) fn go_on(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// One client for all questions: a client that goes while another comes can end gnome-keyring.
fn bus() -> &'static Connection {
    static BUS: OnceLock<Connection> = OnceLock::new();
    BUS.get_or_init(|| Connection::session().unwrap())
}

fn service() -> Option<SecretService<'static>> {
    SecretService::connect_with_existing(EncryptionType::Plain, bus().clone()).ok()
}

fn until(what: &str, mut holds: impl FnMut() -> Option<bool>) {
    let end = Instant::now() + Duration::from_secs(10);
    while holds() != Some(true) {
        assert!(Instant::now() < end, "never came: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Locks the keyring, as a desktop may when the screen is locked.
pub(crate) fn lock() {
    service().unwrap().get_default_collection().unwrap().lock().unwrap();
}

/// Unlocks the keyring the way gnome-keyring's own prompt does after the password was typed.
pub(crate) fn unlock_like_a_prompt() {
    let opened = bus()
        .call_method(
            Some("org.freedesktop.secrets"),
            "/org/freedesktop/secrets",
            Some("org.freedesktop.Secret.Service"),
            "OpenSession",
            &("plain", Value::from("")),
        )
        .unwrap();
    let (_, session): (OwnedValue, OwnedObjectPath) = opened.body().deserialize().unwrap();
    let collection = ObjectPath::try_from("/org/freedesktop/secrets/collection/login").unwrap();
    bus()
        .call_method(
            Some("org.freedesktop.secrets"),
            "/org/freedesktop/secrets",
            Some("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"),
            "UnlockWithMasterPassword",
            &(collection, (session, Vec::<u8>::new(), PASSWORD.as_bytes(), "text/plain")),
        )
        .unwrap();
}

/// The labels of all items in all keyrings of the session.
pub(crate) fn items_in_the_keyring() -> Vec<String> {
    let service = service().unwrap();
    let collections = service.get_all_collections().unwrap();
    collections
        .iter()
        .flat_map(|collection| collection.get_all_items().unwrap())
        .map(|item| item.get_label().unwrap())
        .collect()
}
