//! Where it was measured, and with what.

use std::process::Command;

/// A few lines of Markdown.
pub(crate) fn told(against: &str, command: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = crate::memory::megabytes("/proc/meminfo", "MemTotal:") / 1024.0;
    let system = after(&read("/etc/os-release"), "PRETTY_NAME=").trim_matches('"').to_owned();
    let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
    let locked = read(&gatehouse_tests::root().join("Cargo.lock").display().to_string());
    format!(
        "- Measured on {date} by `{command}`\n\
         - {processor}, {cores} cores, {memory:.0} GB; {system}, Linux {kernel}; load {load} at the end\n\
         - Gatehouse {own}, {compiler}, rmcp {rmcp}, tauri {tauri}, WebKitGTK {webkit}\n\
         - Against {against}, on the same machine\n",
        date = said_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        processor = after(&read("/proc/cpuinfo"), "model name").trim_start_matches([' ', '\t', ':']),
        load = read("/proc/loadavg").split(' ').next().unwrap_or_default(),
        own = env!("CARGO_PKG_VERSION"),
        compiler = said_by("rustc", &["--version"]).split(" (").next().unwrap_or_default(),
        rmcp = version(&locked, "rmcp"),
        tauri = version(&locked, "tauri"),
        webkit = said_by("pkg-config", &["--modversion", "webkit2gtk-4.1"]),
    )
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The rest of the first line that begins so.
fn after(text: &str, name: &str) -> String {
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
}

fn said_by(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// Of a package, in the text of `Cargo.lock`.
fn version(locked: &str, name: &str) -> String {
    let from = locked.split_once(&format!("name = \"{name}\"\n")).map_or("", |(_, rest)| rest);
    after(from, "version = ").trim_matches('"').to_owned()
}
