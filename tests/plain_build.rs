//! The build that people get: nobody drives its windows but a person.

use gatehouse_tests::webdriver::WebDriver;
use gatehouse_tests::{Stage, target};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

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
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("WEBKIT_INSPECTOR_SERVER", &inspector)
        .env("WEBKIT_INSPECTOR_HTTP_SERVER", "127.0.0.1:0")
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

    // But nothing listens for a debugger, and the environment of the running process does not ask for it.
    assert!(std::net::TcpStream::connect(&inspector).is_err(), "the inspector listens");
    let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    for name in ["TAURI_WEBVIEW_AUTOMATION", "WEBKIT_INSPECTOR"] {
        assert!(!environment.contains(name), "{name} reached the windows");
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

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
