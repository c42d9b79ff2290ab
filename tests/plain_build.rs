//! The build that people get: nobody drives its windows but a person.

use gatehouse_tests::webdriver::WebDriver;
use gatehouse_tests::{Stage, target};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Variables that open the windows to a debugger, load foreign code into them, or choose whose certificates are trusted.
const OPENERS: [(&str, &str); 20] = [
    ("TAURI_WEBVIEW_AUTOMATION", "true"),
    ("WEBKIT_INSPECTOR_HTTP_SERVER", "127.0.0.1:0"),
    ("WEBKIT_WEB_INSPECTOR_ENABLED", "1"),
    ("WEBKIT_EXEC_PATH", "/nonexistent"),
    ("WEBKIT_INJECTED_BUNDLE_PATH", "/nonexistent"),
    ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1"),
    ("WEBVIEW2_ADDITIONAL_BROWSER_ARGUMENTS", "--remote-debugging-port=9222"),
    ("COREWEBVIEW2_MAX_INSTANCES", "1"),
    ("GTK_MODULES", "/nonexistent/libburglar.so"),
    ("GTK3_MODULES", "/nonexistent/libburglar.so"),
    ("GTK_DEBUG", "interactive"),
    ("GTK_PATH", "/nonexistent"),
    ("GTK_EXE_PREFIX", "/nonexistent"),
    ("GTK_IM_MODULE_FILE", "/nonexistent"),
    ("GDK_PIXBUF_MODULE_FILE", "/nonexistent"),
    ("GIO_EXTRA_MODULES", "/nonexistent"),
    ("GIO_MODULE_DIR", "/nonexistent"),
    ("GST_PLUGIN_PATH", "/nonexistent"),
    ("SSL_CERT_FILE", "/nonexistent"),
    ("SSL_CERT_DIR", "/nonexistent"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_build_refuses_webdriver() {
    let stage = Stage::set();
    let plain = target().join("plain/gatehouse");
    assert!(plain.exists(), "{} is missing: cargo xtask test builds it", plain.display());
    let inspector = stage.inspector();
    let mut command = stage.command(&plain);
    command
        .arg("--profile")
        .arg(stage.profile())
        .envs(OPENERS)
        .env("WEBKIT_INSPECTOR_SERVER", &inspector)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut app = Ended(command.spawn().unwrap());
    let id = app.0.id();

    // Its window is there, as for anybody.
    let until = Instant::now() + Duration::from_secs(20);
    while stage.xdotool(&["search", "--onlyvisible", "--name", "^Gatehouse$"]).is_empty() {
        assert!(Instant::now() < until, "the window did not come");
        assert!(app.0.try_wait().unwrap().is_none(), "the app ended");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;

    // But nothing listens for a debugger, and nothing of it reached the app or the processes of its pages.
    assert!(std::net::TcpStream::connect(&inspector).is_err(), "the inspector listens");
    let pages = descendants(id);
    assert!(!pages.is_empty(), "no page runs in a process of its own");
    for process in std::iter::once(id).chain(pages) {
        let Ok(environment) = std::fs::read(format!("/proc/{process}/environ")) else { continue };
        let names: Vec<String> = environment
            .split(|byte| *byte == 0)
            .filter_map(|pair| Some(String::from_utf8_lossy(pair).split_once('=')?.0.to_owned()))
            .collect();
        assert!(process != id || names.iter().any(|name| name == "DISPLAY"), "the environment cannot be read");
        for name in OPENERS.iter().map(|(name, _)| *name).chain(["WEBKIT_INSPECTOR_SERVER"]) {
            // The app itself may tell its pages where their programs lie.
            let is_own = process != id && name == "WEBKIT_EXEC_PATH";
            assert!(is_own || !names.iter().any(|found| found == name), "{name} reached process {process}");
        }
    }
    let attached = tokio::time::timeout(Duration::from_secs(5), WebDriver::attach(&stage)).await;
    assert!(!matches!(attached, Ok(Ok(_))), "WebDriver attached to a plain build");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_build_for_tests_lets_webdriver_in() {
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = gatehouse_tests::Windows::new(&stage);
    windows.turn_to(gatehouse_tests::window::Which::Main).await;
}

/// The processes that a process started, and those that they started.
fn descendants(of: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    all.filter(|id: &u32| gatehouse_ipc::ancestors(*id).any(|above| above == of)).collect()
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
