//! A desktop of one's own: screen, window manager, session bus, keyring, home. Nothing that runs on it may leave it.

use crate::{PATIENCE, target};
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// The stage. Everything on it ends when it is dropped.
pub struct Stage {
    root: tempfile::TempDir,
    /// The programs of a play on the person's own desktop; none where the stage has its own.
    borrowed: Option<PathBuf>,
    display: String,
    inspector: u16,
    app: PathBuf,
    began: SystemTime,
    processes: Vec<(&'static str, Child)>,
}

/// How the screen is.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What the desktop prefers.
    pub dark: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self { width: 1400, height: 1000, dark: false }
    }
}

impl Stage {
    /// Sets it: Xvfb, openbox, a session bus, and a keyring that is open.
    pub fn set() -> Self {
        Self::set_with(Screen::default(), &target().join("e2e"))
    }

    /// The same with another screen, and with the programs of another folder.
    pub fn set_with(screen: Screen, programs: &Path) -> Self {
        let mut stage = Self::bare();
        stage.start_screen(screen);
        stage.start_bus();
        stage.start_keyring();
        stage.start_window_manager();
        stage.lay_out_programs(programs);
        stage
    }

    /// A stage without a screen: session bus, open keyring, and the bridge. Nothing with a window runs on it.
    pub fn without_screen() -> Self {
        let mut stage = Self::bare();
        stage.start_bus();
        stage.start_keyring();
        std::fs::copy(target().join("e2e/gatehouse-mcp"), stage.program("gatehouse-mcp")).unwrap();
        stage
    }

    /// No stage of its own: the person's desktop as it is, with the programs of `folder` and a profile that is gone afterwards.
    pub fn on_the_desktop(folder: &Path) -> Self {
        let root = tempfile::Builder::new().prefix("gatehouse-demo-").tempdir().unwrap();
        for name in ["tmp", "profile"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        Self {
            root,
            borrowed: Some(folder.to_owned()),
            display: String::new(),
            inspector: 0,
            app: PathBuf::new(),
            began: SystemTime::now(),
            processes: Vec::new(),
        }
    }

    /// The profile that everything runs with.
    pub fn profile(&self) -> PathBuf {
        self.root.path().join("profile")
    }

    /// A directory for what the play itself needs to write.
    pub fn tmp(&self) -> PathBuf {
        self.root.path().join("tmp")
    }

    /// `gatehouse` and `gatehouse-mcp` beside each other. Here `gatehouse` is a line of shell that lets WebDriver in and then
    /// becomes the app: who starts it need not know.
    pub fn program(&self, name: &str) -> PathBuf {
        self.borrowed.clone().unwrap_or_else(|| self.root.path().join("programs")).join(name)
    }

    /// Where the windows let WebDriver in.
    pub fn inspector(&self) -> String {
        format!("127.0.0.1:{}", self.inspector)
    }

    /// What a program finds that the person starts from the desktop.
    pub fn desktop(&self) -> Vec<(OsString, OsString)> {
        if self.borrowed.is_some() {
            return std::env::vars_os().collect();
        }
        let path = |name: &str| self.root.path().join(name).into_os_string();
        let own: Vec<(&str, OsString)> = vec![
            ("HOME", path("home")),
            ("USER", "gatehouse".into()),
            ("LOGNAME", "gatehouse".into()),
            ("SHELL", "/bin/sh".into()),
            ("TERM", "dumb".into()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
            ("LANG", "C.UTF-8".into()),
            ("TMPDIR", path("tmp")),
            ("XDG_RUNTIME_DIR", path("run")),
            ("XDG_CURRENT_DESKTOP", "openbox".into()),
            ("DISPLAY", self.display.clone().into()),
            ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.root.path().join("bus").display()).into()),
            ("NO_AT_BRIDGE", "1".into()),
            ("GTK_A11Y", "none".into()),
            ("LIBGL_ALWAYS_SOFTWARE", "1".into()),
            ("GATEHOUSE_LOG", std::env::var_os("GATEHOUSE_LOG").unwrap_or_else(|| "warn".into())),
        ];
        own.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }

    /// What an MCP client hands to a bridge.
    pub fn client_environment(&self) -> Vec<(OsString, OsString)> {
        const HANDED_ON: [&str; 6] = ["HOME", "PATH", "SHELL", "TERM", "USER", "LOGNAME"];
        self.desktop().into_iter().filter(|(name, _)| HANDED_ON.iter().any(|known| name == known)).collect()
    }

    /// A program as the person would start it.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().envs(self.desktop()).current_dir(self.tmp());
        command
    }

    /// Starts the app with its profile.
    pub fn start_app(&mut self, arguments: &[&str]) {
        if self.borrowed.is_none() {
            // Web processes of an app that was killed may hold its port for a while.
            self.inspector = free_port();
            self.write_starter();
        }
        let mut command = self.command(self.program("gatehouse"));
        command.arg("--profile").arg(self.profile()).args(arguments);
        self.keep("gatehouse", &mut command);
    }

    /// Whether an app answers on the profile's socket.
    pub fn app_runs(&self) -> bool {
        let socket = gatehouse_ipc::socket_path(Some(&self.profile()));
        std::os::unix::net::UnixStream::connect(socket.path()).is_ok()
    }

    /// Ends the app in order, as the system would, and waits until it is gone.
    pub fn end_app(&mut self) {
        for id in self.app_ids() {
            let _gone_already = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        wait_until("the app did not end", || self.app_ids().is_empty());
        self.processes.retain(|(name, _)| *name != "gatehouse");
    }

    /// Ends a part of the desktop: `gnome-keyring-daemon`.
    pub fn end(&mut self, part: &str) {
        for (_, child) in self.processes.iter_mut().filter(|(name, _)| *name == part) {
            drop(child.kill());
            drop(child.wait());
        }
        self.processes.retain(|(name, _)| *name != part);
    }

    /// Kills the app as a power cut would.
    pub fn kill_app(&mut self) {
        for id in self.app_ids() {
            let _gone_already = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
        wait_until("the app did not die", || self.app_ids().is_empty());
        self.processes.retain(|(name, _)| *name != "gatehouse");
    }

    /// Kills every bridge that runs here, as a power cut would.
    pub fn kill_bridges(&self) {
        self.signal_bridges(rustix::process::Signal::KILL);
        wait_until("a bridge did not die", || self.bridge_ids().is_empty());
    }

    /// Every bridge that runs here hangs, and stays.
    pub fn freeze_bridges(&self) {
        self.signal_bridges(rustix::process::Signal::STOP);
    }

    fn signal_bridges(&self, signal: rustix::process::Signal) {
        for id in self.bridge_ids() {
            let _gone_already = rustix::process::kill_process(id, signal);
        }
    }

    fn bridge_ids(&self) -> Vec<rustix::process::Pid> {
        let program = self.program("gatehouse-mcp");
        let ids =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let is_bridge = |id: &i32| std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == program);
        ids.filter(is_bridge).filter_map(rustix::process::Pid::from_raw).collect()
    }

    /// Processes of the app that run with this stage's profile, whoever started them.
    pub fn app_ids(&self) -> Vec<rustix::process::Pid> {
        let profile = self.profile();
        std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
            .filter(|id| {
                let program = std::fs::read_link(format!("/proc/{id}/exe")).unwrap_or_default();
                let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
                program.file_name().is_some_and(|name| name == "gatehouse")
                    && line.split(|byte| *byte == 0).any(|word| word == profile.as_os_str().as_encoded_bytes())
            })
            .filter_map(rustix::process::Pid::from_raw)
            .collect()
    }

    /// Runs `xdotool`, as hands on mouse and keyboard. Gives what it printed.
    pub fn xdotool(&self, words: &[&str]) -> String {
        let output = self.command("/usr/bin/xdotool").args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A picture of the whole screen, PNG.
    pub fn picture(&self, path: &Path) {
        let status = self.command("/usr/bin/import").args(["-window", "root"]).arg(path).status().unwrap();
        assert!(status.success(), "no picture of the screen");
    }

    /// Panics when something was written outside of the profile: into the stage's home, or into the real one.
    pub fn assert_nothing_left_outside(&self) {
        // What GTK, Mesa, fontconfig and the keyring keep for themselves, whichever program runs.
        const NOT_OURS: [&str; 9] = [
            ".cache/fontconfig",
            ".cache/mesa_shader_cache",
            ".cache/mesa_shader_cache_db",
            ".cache/gstreamer-1.0",
            ".cache/openbox",
            ".config/dconf",
            ".config/gtk-3.0",
            ".config/ibus",
            ".local/share/keyrings",
        ];
        let home = self.root.path().join("home");
        let stray: Vec<PathBuf> = files_under(&home, 8)
            .into_iter()
            .filter(|file| {
                let inside = file.strip_prefix(&home).unwrap();
                !NOT_OURS.iter().any(|known| inside.starts_with(known))
            })
            .collect();
        assert!(stray.is_empty(), "written outside of the profile: {stray:?}");
        let real = std::env::home_dir().unwrap_or_default();
        let uid = rustix::process::getuid().as_raw();
        let places = [
            real.join(".config"),
            real.join(".local/share"),
            real.join(".local/state"),
            PathBuf::from(format!("/run/user/{uid}")),
        ];
        let stray: Vec<PathBuf> = places
            .iter()
            .flat_map(|place| files_under(place, 4))
            .filter(|file| file.to_string_lossy().to_lowercase().contains("gatehouse"))
            .filter(|file| file.metadata().and_then(|meta| meta.modified()).is_ok_and(|at| at > self.began))
            .collect();
        assert!(stray.is_empty(), "written outside of the stage: {stray:?}");
    }

    /// Every file under the profile whose bytes contain `text`.
    pub fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let found = |file: &PathBuf| {
            std::fs::read(file).is_ok_and(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
        };
        files_under(&self.profile(), 8).into_iter().filter(found).collect()
    }

    /// Folders, and nothing that runs.
    fn bare() -> Self {
        let root = tempfile::Builder::new().prefix("gh-").tempdir().unwrap();
        for name in ["home", "run", "tmp", "programs", "profile"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        std::fs::set_permissions(root.path().join("run"), std::fs::Permissions::from_mode(0o700)).unwrap();
        Self {
            root,
            borrowed: None,
            display: String::new(),
            inspector: free_port(),
            app: PathBuf::new(),
            began: SystemTime::now(),
            processes: Vec::new(),
        }
    }

    fn start_screen(&mut self, screen: Screen) {
        let size = format!("{}x{}x24", screen.width, screen.height);
        let mut command = Command::new("/usr/bin/Xvfb");
        command
            .args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp", "-noreset"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("Xvfb is needed: cargo xtask setup");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.display = format!(":{}", line.trim());
        self.processes.push(("Xvfb", child));
        let settings = self.root.path().join("home/.config/gtk-3.0");
        std::fs::create_dir_all(&settings).unwrap();
        let dark = u8::from(screen.dark);
        std::fs::write(
            settings.join("settings.ini"),
            format!("[Settings]\ngtk-application-prefer-dark-theme={dark}\ngtk-enable-animations=0\n"),
        )
        .unwrap();
    }

    fn start_bus(&mut self) {
        let bus = self.root.path().join("bus");
        let address = format!("--address=unix:path={}", bus.display());
        let mut command = self.command("/usr/bin/dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", &address]).stdout(Stdio::null()).stderr(Stdio::null());
        self.keep("dbus-daemon", &mut command);
        wait_until("no session bus", || bus.exists());
    }

    fn start_keyring(&mut self) {
        let mut command = self.command("/usr/bin/gnome-keyring-daemon");
        command
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("gnome-keyring is needed: cargo xtask setup");
        // An empty password would make a keyring that never opens.
        child.stdin.take().unwrap().write_all(b"test").unwrap();
        self.processes.push(("gnome-keyring-daemon", child));
        // Whoever speaks to a service that is not there yet has the bus start one: a daemon with no keyring open.
        let bus = ["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"];
        wait_until("no keyring", || self.ask_bus(&bus, "org.freedesktop.secrets").contains("true"));
        let service =
            ["--dest=org.freedesktop.secrets", "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.ReadAlias"];
        wait_until("no open keyring", || self.ask_bus(&service, "default").contains("/collection/"));
    }

    fn ask_bus(&self, whom: &[&str], word: &str) -> String {
        let mut command = self.command("/usr/bin/dbus-send");
        let asked = command.args(["--session", "--print-reply"]).args(whom).arg(format!("string:{word}")).output();
        asked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    }

    fn start_window_manager(&mut self) {
        let mut command = self.command("/usr/bin/openbox");
        command.args(["--sm-disable"]).stdout(Stdio::null()).stderr(Stdio::null());
        self.keep("openbox", &mut command);
        wait_until("no window manager", || {
            let mut command = self.command("/usr/bin/xprop");
            let asked = command.args(["-root", "_NET_SUPPORTING_WM_CHECK"]);
            asked.output().is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("window id"))
        });
    }

    fn lay_out_programs(&mut self, built: &Path) {
        let app = built.join("gatehouse");
        assert!(app.exists(), "{} is missing: cargo xtask test builds it", app.display());
        // A copy, because the bridge looks for the app beside its own file.
        std::fs::copy(built.join("gatehouse-mcp"), self.program("gatehouse-mcp")).unwrap();
        self.app = app;
        self.write_starter();
    }

    /// The line of shell that lets WebDriver in and becomes the app.
    fn write_starter(&self) {
        let script = format!(
            "#!/bin/sh\nexport TAURI_WEBVIEW_AUTOMATION=true WEBKIT_INSPECTOR_SERVER={}\nexec {} \"$@\" 2>>{}\n",
            self.inspector(),
            self.app.display(),
            self.tmp().join("gatehouse.log").display(),
        );
        std::fs::write(self.program("gatehouse"), script).unwrap();
        std::fs::set_permissions(self.program("gatehouse"), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// After a failure: the screen and the app's own words, for whoever looks for the cause.
    fn keep_what_was_seen(&self) {
        let name = std::thread::current().name().unwrap_or("play").replace("::", "-");
        let folder = target().join("failed");
        drop(std::fs::create_dir_all(&folder));
        let picture = folder.join(format!("{name}.png"));
        drop(self.command("/usr/bin/import").args(["-window", "root"]).arg(&picture).status());
        let log = std::fs::read_to_string(self.tmp().join("gatehouse.log")).unwrap_or_default();
        drop(writeln!(std::io::stderr(), "── the screen: {}\n── what the app said:\n{log}──", picture.display()));
    }

    fn keep(&mut self, name: &'static str, command: &mut Command) {
        let child =
            command.stdin(Stdio::null()).spawn().unwrap_or_else(|error| panic!("{name} did not start: {error}"));
        self.processes.push((name, child));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.display.is_empty() {
            self.keep_what_was_seen();
        }
        for id in self.app_ids() {
            let _gone_already = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
        for (_, child) in self.processes.iter_mut().rev() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// A port that nobody uses at this moment.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_until(words: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{words}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn files_under(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => files.extend(files_under(&entry.path(), depth - 1)),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}
