use crate::support::{App, Bridge, PROGRAM, profile, with_client_environment};
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;

/// A bridge of its own folder, with something beside it that can be started in place of the app.
struct Place {
    profile: tempfile::TempDir,
    folder: tempfile::TempDir,
}

impl Place {
    fn new(app: &str) -> Self {
        let place = Self { profile: profile(), folder: tempfile::tempdir().unwrap() };
        std::fs::copy(PROGRAM, place.folder.path().join("gatehouse-mcp")).unwrap();
        let beside = place.folder.path().join("gatehouse");
        std::fs::write(&beside, format!("#!/bin/sh\ncd '{}'\n{app}\n", place.folder.path().display())).unwrap();
        std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o755)).unwrap();
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The bridge under a shell that has a display, which the bridge itself was not given.
    fn bridge(&self) -> Bridge {
        let bridge = format!(
            "env -u DISPLAY -u XAUTHORITY -u EVIL '{}' --profile '{}' --agent tester; true",
            self.file("gatehouse-mcp").display(),
            self.profile.path().display()
        );
        let mut shell = Command::new("/usr/bin/env");
        // `env` hands the variables to the shell, and stays nobody's ancestor itself.
        shell.args(["DISPLAY=:77", "XAUTHORITY=/tmp/x", "EVIL=1", "/bin/sh", "-c", &bridge]);
        Bridge::run(shell, self.profile.path())
    }

    async fn started(&self) -> u32 {
        wait_for(&self.file("pid")).await.trim().parse().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Ok(pids) = std::fs::read_to_string(self.file("pid")) {
            for pid in pids.split_whitespace() {
                std::process::Command::new("kill").arg(pid).stderr(std::process::Stdio::null()).status().unwrap();
            }
        }
    }
}

/// Says who it is, then stays.
const STAYS: &str = "printf '%s\\n' \"$@\" > args; env > env; cut -d' ' -f6 /proc/$$/stat > session; \
                     streams=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2); echo \"$streams\" > streams; echo $$ >> pid; exec sleep 60";

async fn wait_for(path: &Path) -> String {
    for _ in 0..1000 {
        if let Ok(text) = std::fs::read_to_string(path)
            && !text.is_empty()
        {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} never came", path.display());
}

fn lives(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains("sleep"))
}

#[tokio::test]
async fn the_first_call_starts_the_app_and_the_next_ones_find_it() {
    let place = Place::new(STAYS);
    let mut bridge = place.bridge();
    bridge.initialize().await;
    bridge.request("tools/list", json!({})).await;
    assert!(!place.file("pid").exists());

    let one = bridge.send("tools/call", json!({"name": "echo", "_meta": {"progressToken": 1}})).await;
    let two = bridge.send("tools/call", json!({"name": "echo"})).await;
    let pid = place.started().await;
    let _app = App::start(place.profile.path()).await;
    for _ in [one, two] {
        let answer = loop {
            let message = bridge.hear().await.unwrap();
            if message["id"] == one || message["id"] == two {
                break message;
            }
            bridge.notes.push(message);
        };
        assert!(answer["result"]["content"][0]["text"].as_str().unwrap().contains(r#""started_app":true"#), "{answer}");
    }
    assert!(bridge.notes.iter().any(|note| note["params"]["message"] == "starting Gatehouse"), "{:?}", bridge.notes);
    assert_eq!(bridge.call("echo", json!({})).await.0["started_app"], false);
    assert_eq!(place.started().await, pid, "it was started twice");
}

#[tokio::test]
async fn the_app_gets_the_desktop_session_and_nothing_of_the_client() {
    let place = Place::new(STAYS);
    let mut bridge = place.bridge();
    bridge.initialize().await;
    bridge.send("tools/call", json!({"name": "echo"})).await;
    let pid = place.started().await;

    let profile = place.profile.path().canonicalize().unwrap();
    assert_eq!(wait_for(&place.file("args")).await, format!("--background\n--profile\n{}\n", profile.display()));
    let environment = wait_for(&place.file("env")).await;
    assert!(environment.contains("DISPLAY="), "{environment}");
    assert!(environment.contains("HOME="), "{environment}");
    assert!(!environment.contains("EVIL") && !environment.contains("TERM="), "{environment}");
    assert_eq!(wait_for(&place.file("streams")).await, "/dev/null\n/dev/null\n/dev/null\n");

    // Another session than ours, and a child of nobody here.
    let session = wait_for(&place.file("session")).await;
    let own = std::fs::read_to_string("/proc/self/stat").unwrap();
    assert_ne!(session.trim(), own.rsplit(") ").next().unwrap().split(' ').nth(3).unwrap());
    let bridge_pid = bridge.child.id().unwrap();
    assert!(!gatehouse_ipc::ancestors(pid).any(|ancestor| ancestor == bridge_pid));
    bridge.child.kill().await.unwrap();
    assert!(lives(pid));
}

#[tokio::test]
async fn an_app_that_ends_at_once_is_told_so_soon() {
    let place = Place::new("exit 1");
    let mut bridge = place.bridge();
    bridge.initialize().await;
    let began = std::time::Instant::now();
    let (text, is_error) = bridge.call("echo", json!({})).await;
    assert!(is_error);
    assert_eq!(text["error"]["code"], "app_unavailable");
    assert!(text["error"]["message"].as_str().unwrap().contains("ended at once"), "{text}");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_app_that_cannot_be_run_is_told_so() {
    let place = Place::new("");
    std::fs::set_permissions(place.file("gatehouse"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut bridge = place.bridge();
    bridge.initialize().await;
    let (text, _) = bridge.call("echo", json!({})).await;
    assert!(text["error"]["message"].as_str().unwrap().contains("could not be started"), "{text}");
}

#[tokio::test]
async fn after_quit_opening_the_window_starts_it() {
    let place = Place::new(STAYS);
    std::fs::write(gatehouse_ipc::quit_marker(Some(place.profile.path())), "").unwrap();
    let mut bridge = place.bridge();
    bridge.initialize().await;
    assert!(bridge.call("echo", json!({})).await.1);
    let id = bridge.send("tools/call", json!({"name": "open_connection_manager"})).await;
    place.started().await;
    let _app = App::start(place.profile.path()).await;
    let answer = bridge.answer(id).await;
    assert_eq!(answer["result"]["isError"], false);
}

#[tokio::test]
async fn without_a_desktop_session_the_call_says_so() {
    if std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some() {
        return;
    }
    let place = Place::new(STAYS);
    let mut command = Command::new(place.file("gatehouse-mcp"));
    command.arg("--profile").arg(place.profile.path());
    with_client_environment(&mut command, place.profile.path());
    let mut bridge = Bridge::run(command, place.profile.path());
    bridge.initialize().await;
    let (text, is_error) = bridge.call("echo", json!({})).await;
    assert!(is_error);
    assert!(text["error"]["message"].as_str().unwrap().contains("desktop session"), "{text}");
}
