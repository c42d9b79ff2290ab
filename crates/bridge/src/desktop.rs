//! The user's desktop session, which MCP clients keep from their servers.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// The environment to start the app in: a few plain variables of ours, and those of the desktop session.
pub(crate) async fn environment() -> BTreeMap<OsString, OsString> {
    let mut found = own(PLAIN);
    found.extend(session().await);
    found
}

/// Whether a window could be shown with `environment`.
pub(crate) fn has_display(environment: &BTreeMap<OsString, OsString>) -> bool {
    !cfg!(target_os = "linux") || DISPLAYS.iter().any(|name| environment.contains_key(&OsString::from(name)))
}

#[cfg(target_os = "linux")]
const PLAIN: &[&str] = &["HOME", "PATH", "SHELL", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ"];
/// macOS and Windows find the session without variables, and need their own.
#[cfg(not(target_os = "linux"))]
const PLAIN: &[&str] = &[
    "HOME",
    "PATH",
    "SHELL",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "APPDATA",
    "LOCALAPPDATA",
    "USERPROFILE",
    "USERNAME",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "PROGRAMDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "COMSPEC",
];

const DISPLAYS: &[&str] = &["DISPLAY", "WAYLAND_DISPLAY"];

fn own(names: &[&str]) -> BTreeMap<OsString, OsString> {
    names.iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?))).collect()
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unused_async, reason = "the same shape as on Linux")]
async fn session() -> BTreeMap<OsString, OsString> {
    BTreeMap::new()
}

/// Our own variables when they name a display; else what the user's systemd knows; the rest from our ancestors.
#[cfg(target_os = "linux")]
async fn session() -> BTreeMap<OsString, OsString> {
    let mut found = own(linux::WANTED);
    if !has_display(&found) {
        // One source's DISPLAY and another's XAUTHORITY make no pair: what systemd says goes before.
        found.extend(linux::from_systemd().await);
    }
    for variables in gatehouse_ipc::ancestors(std::process::id()).map(linux::from_process) {
        for (name, value) in variables {
            found.entry(name).or_insert(value);
        }
    }
    found
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt as _;
    use std::process::Stdio;
    use std::time::Duration;

    pub(super) const WANTED: &[&str] = &[
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
        "XDG_RUNTIME_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
        "XDG_CURRENT_DESKTOP",
    ];

    /// Asks `systemctl --user show-environment`, for at most 2 s.
    pub(super) async fn from_systemd() -> BTreeMap<OsString, OsString> {
        let program = ["/usr/bin/systemctl", "/bin/systemctl", "/run/current-system/sw/bin/systemctl"];
        let Some(program) = program.iter().find(|path| std::path::Path::new(path).exists()) else {
            return BTreeMap::new();
        };
        let uid = rustix::process::geteuid().as_raw();
        let asked = tokio::process::Command::new(program)
            .args(["--user", "show-environment"])
            .env("XDG_RUNTIME_DIR", format!("/run/user/{uid}"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .output();
        match tokio::time::timeout(Duration::from_secs(2), asked).await {
            Ok(Ok(output)) if output.status.success() => read(output.stdout.split(|byte| *byte == b'\n')),
            _ => BTreeMap::new(),
        }
    }

    /// What process `pid` was started with.
    pub(super) fn from_process(pid: u32) -> BTreeMap<OsString, OsString> {
        let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        read(environ.split(|byte| *byte == 0))
    }

    /// The wanted ones of `NAME=value` lines. A value that systemd had to quote is none of a session's.
    pub(super) fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> BTreeMap<OsString, OsString> {
        lines
            .filter_map(|line| {
                let at = line.iter().position(|byte| *byte == b'=')?;
                let (name, value) = (std::str::from_utf8(&line[..at]).ok()?, &line[at + 1..]);
                let is_usable = WANTED.contains(&name) && !value.is_empty() && !value.starts_with(b"$'");
                is_usable.then(|| (OsString::from(name), OsStr::from_bytes(value).to_owned()))
            })
            .collect()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_session_is_made_of_is_taken() {
        let lines: [&[u8]; 6] = [
            b"DISPLAY=:1",
            b"GTK_MODULES=evil",
            b"LD_PRELOAD=/x.so",
            b"XAUTHORITY=",
            b"XDG_CURRENT_DESKTOP=$'a\\nb'",
            b"junk",
        ];
        let found = linux::read(lines.into_iter());
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("DISPLAY".into(), ":1".into())]);
    }

    #[test]
    fn without_a_display_nothing_can_be_shown() {
        assert!(!has_display(&BTreeMap::new()));
        assert!(has_display(&BTreeMap::from([("WAYLAND_DISPLAY".into(), "wayland-0".into())])));
    }
}
