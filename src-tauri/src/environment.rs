//! Variables that make a GUI toolkit load foreign code or open itself to a debugger are gone before it starts.
//!
//! An agent with a shell may start this program with any environment. WebKit would then hand the approval window to a
//! remote debugger, and the click on Approve would no longer be a person's.

use std::ffi::OsString;

/// Variables that go, by whole name.
const NAMES: &[&str] = &[
    "TAURI_WEBVIEW_AUTOMATION",
    "GTK_MODULES",
    "GTK3_MODULES",
    "GTK_DEBUG",
    "GTK_PATH",
    "GTK_EXE_PREFIX",
    "GTK_IM_MODULE_FILE",
    "GDK_PIXBUF_MODULE_FILE",
    "GDK_PIXBUF_MODULEDIR",
    "GIO_EXTRA_MODULES",
    "GIO_MODULE_DIR",
    "GST_PLUGIN_PATH",
    "GST_PLUGIN_PATH_1_0",
    "GST_PLUGIN_SCANNER",
    "GST_PLUGIN_SCANNER_1_0",
    "WEBKIT_EXEC_PATH",
    "WEBKIT_INJECTED_BUNDLE_PATH",
    "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS",
    // Whose certificates are trusted is the system's to say, and a connection's own authority.
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Variables that go, by how their name begins.
const PREFIXES: &[&str] = &["WEBKIT_INSPECTOR_", "WEBKIT_WEB_INSPECTOR", "WEBVIEW2_", "COREWEBVIEW2_"];

/// Returns when the environment is clean. Where it is not, this program is started again with a clean one, and this
/// call does not return, except with a sentence saying why that failed.
pub(crate) fn leave_only_what_is_safe() -> Result<(), String> {
    // Tests and pictures drive the real windows. A build for people has no such feature.
    if cfg!(feature = "e2e") {
        return Ok(());
    }
    let unsafe_names: Vec<OsString> =
        std::env::vars_os().map(|(name, _)| name).filter(|name| is_unsafe(name)).collect();
    if unsafe_names.is_empty() { Ok(()) } else { Err(start_again(&unsafe_names)) }
}

fn is_unsafe(name: &std::ffi::OsStr) -> bool {
    // Windows compares names without case; on the others a lower-case twin means nothing, and its loss harms nobody.
    let name = name.to_string_lossy().to_ascii_uppercase();
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn command_without(names: &[OsString]) -> Result<std::process::Command, String> {
    let program = std::env::current_exe().map_err(|error| format!("cannot find its own program: {error}"))?;
    let mut command = std::process::Command::new(program);
    command.args(std::env::args_os().skip(1));
    for name in names {
        command.env_remove(name);
    }
    Ok(command)
}

/// Setting a variable in a running process is unsound, so the process is replaced instead.
#[cfg(unix)]
fn start_again(names: &[OsString]) -> String {
    use std::os::unix::process::CommandExt as _;
    match command_without(names) {
        Ok(mut command) => format!("cannot start with a clean environment: {}", command.exec()),
        Err(why) => why,
    }
}

/// Never compiled here. Windows has no exec: a clean child runs, and this process ends with its code.
#[cfg(not(unix))]
fn start_again(names: &[OsString]) -> String {
    match command_without(names).and_then(|mut command| command.status().map_err(|error| error.to_string())) {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(why) => format!("cannot start with a clean environment: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_window_to_a_debugger_or_loads_foreign_code_goes() {
        for name in [
            "TAURI_WEBVIEW_AUTOMATION",
            "WEBKIT_INSPECTOR_SERVER",
            "WEBKIT_INSPECTOR_HTTP_SERVER",
            "WEBVIEW2_ADDITIONAL_BROWSER_ARGUMENTS",
            "GTK_MODULES",
            "GTK_DEBUG",
        ] {
            assert!(is_unsafe(name.as_ref()), "{name} stayed");
        }
    }

    #[test]
    fn what_a_desktop_needs_stays() {
        for name in [
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "XAUTHORITY",
            "DBUS_SESSION_BUS_ADDRESS",
            "HOME",
            "GTK_THEME",
            "LANG",
            "GTK_IM_MODULE",
        ] {
            assert!(!is_unsafe(name.as_ref()), "{name} was taken");
        }
    }
}
