//! What the app leaves for bridges that find it not running: where its program lies, and whether the person wants it to
//! stay closed.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// At start: this is the program to start, and nobody asked it to stay closed.
pub(crate) fn record_program(profile: Option<&Path>) {
    let recorded = std::env::current_exe().and_then(|program| {
        let program = appimage().unwrap_or(program);
        write(&gatehouse_ipc::recorded_program(profile), program.as_os_str().as_encoded_bytes())
    });
    if let Err(error) = recorded {
        tracing::warn!("bridges will not find this program: {error}");
    }
    if let Err(error) = std::fs::remove_file(gatehouse_ipc::quit_marker(profile))
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("bridges will not start the app by themselves: {error}");
    }
}

/// The person chose Quit.
pub(crate) fn mark_quit(profile: Option<&Path>) {
    if let Err(error) = write(&gatehouse_ipc::quit_marker(profile), b"") {
        tracing::warn!("bridges may start the app again: {error}");
    }
}

/// `gatehouse-mcp`: beside this program, where packages and builds put it.
pub(crate) fn bridge_program() -> PathBuf {
    let name = format!("gatehouse-mcp{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(&name)));
    beside.unwrap_or_else(|| PathBuf::from(name))
}

/// An AppImage is mounted at another place each time; its file is what can be started again.
fn appimage() -> Option<PathBuf> {
    std::env::var_os("APPIMAGE").map(PathBuf::from).filter(|file| file.is_absolute() && file.is_file())
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        gatehouse_ipc::private_directory(folder).map_err(io::Error::other)?;
    }
    let new = path.with_extension("new");
    let mut file = for_the_user_alone().open(&new)?;
    file.write_all(bytes)?;
    std::fs::rename(new, path)
}

/// The bridge refuses to start what others could have written.
#[cfg(unix)]
fn for_the_user_alone() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
}

/// Never compiled here.
#[cfg(not(unix))]
fn for_the_user_alone() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    options
}
