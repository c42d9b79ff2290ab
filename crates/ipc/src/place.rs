use gatehouse_core::AgentId;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::path::{Path, PathBuf};

/// The longest path that we give a socket: `sun_path` holds 104 bytes on macOS and 108 on Linux, with a closing zero.
#[cfg(unix)]
const LONGEST: usize = 100;

/// Where the app listens. App and bridge compute it alike, from the profile, the user id and the home folder only:
///
/// - with a profile: `DIR/gatehouse.sock`, or, where that is longer than 100 bytes, a name made of its hash in the
///   default folder;
/// - else `gatehouse/gatehouse.sock` in `/run/user/<uid>`, where that folder exists and is ours;
/// - else the same in the state folder ([`state_dir`]).
///
/// `XDG_RUNTIME_DIR` is never asked, because MCP clients do not hand it to the bridge.
pub fn socket_path(profile: Option<&Path>) -> SocketPath {
    let Some(profile) = profile else {
        return SocketPath::default_named("gatehouse");
    };
    let profile = canonical(profile);
    #[cfg(unix)]
    {
        let inside = profile.join("gatehouse.sock");
        if inside.as_os_str().len() <= LONGEST {
            return SocketPath { path: inside };
        }
    }
    let hash = Sha256::digest(profile.as_os_str().as_encoded_bytes());
    SocketPath::default_named(&format!("p-{}", hex::encode(&hash[..8])))
}

/// The folder for what the app leaves for the bridge: the profile itself, else `~/.local/state/gatehouse` (Linux),
/// `~/Library/Application Support/Gatehouse` (macOS), `%LOCALAPPDATA%\Gatehouse` (Windows).
///
/// Home is `HOME`, else the user's passwd entry. Every MCP client hands `HOME` on, and the app's other folders follow it
/// too, so that both sides agree; the `XDG_*` variables do not reach the bridge and are not asked.
pub fn state_dir(profile: Option<&Path>) -> PathBuf {
    match profile {
        Some(profile) => canonical(profile),
        None => default_state_dir(),
    }
}

/// The list of tools that the app left behind for `agent` ([`crate::LeftBehind`]). The app writes it, the bridge reads it.
pub fn left_behind_tools(profile: Option<&Path>, agent: &AgentId) -> PathBuf {
    state_dir(profile).join("tools").join(format!("{agent}.json"))
}

/// The file in which the app records its own program: one absolute path in UTF-8. The app writes it, the bridge reads it.
pub fn recorded_program(profile: Option<&Path>) -> PathBuf {
    state_dir(profile).join("program")
}

/// The file that stands while the person wants the app to stay closed: the app makes it on Quit and removes it at start.
pub fn quit_marker(profile: Option<&Path>) -> PathBuf {
    state_dir(profile).join("quit")
}

/// The address of the app's socket; on Windows, of its pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketPath {
    path: PathBuf,
}

impl SocketPath {
    /// The address itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder it lies in. It belongs to the user alone.
    pub fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    #[cfg(unix)]
    fn default_named(name: &str) -> Self {
        Self { path: default_runtime_dir().join(format!("{name}.sock")) }
    }

    #[cfg(windows)]
    fn default_named(name: &str) -> Self {
        // A pipe has no folder of its own: the user's folder in the name keeps users apart.
        let user = Sha256::digest(default_state_dir().as_os_str().as_encoded_bytes());
        Self { path: PathBuf::from(format!(r"\\.\pipe\gatehouse-{}-{name}", hex::encode(&user[..8]))) }
    }

    #[cfg(unix)]
    pub(crate) fn is_too_long(&self) -> bool {
        self.path.as_os_str().len() > LONGEST
    }
}

impl fmt::Display for SocketPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

#[cfg(target_os = "linux")]
fn default_runtime_dir() -> PathBuf {
    use std::os::unix::fs::MetadataExt as _;

    let uid = rustix::process::geteuid().as_raw();
    let run = PathBuf::from(format!("/run/user/{uid}"));
    let is_ours = run.symlink_metadata().is_ok_and(|m| m.is_dir() && m.uid() == uid);
    if is_ours { run.join("gatehouse") } else { default_state_dir() }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn default_runtime_dir() -> PathBuf {
    default_state_dir()
}

fn default_state_dir() -> PathBuf {
    let home = std::env::home_dir().filter(|home| home.is_absolute()).unwrap_or_else(|| PathBuf::from("/"));
    if cfg!(target_os = "macos") {
        home.join("Library/Application Support/Gatehouse")
    } else if cfg!(windows) {
        home.join(r"AppData\Local\Gatehouse")
    } else {
        home.join(".local/state/gatehouse")
    }
}

/// `path` without symbolic links, as far as it exists; the rest as written. So both sides agree before the folder is made.
fn canonical(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for existing in absolute.ancestors() {
        if let Ok(real) = existing.canonicalize() {
            return match absolute.strip_prefix(existing) {
                Ok(rest) if rest.as_os_str().is_empty() => real,
                Ok(rest) => real.join(rest),
                Err(_) => absolute,
            };
        }
    }
    absolute
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_profile_holds_its_own_socket_and_files() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        assert_eq!(socket_path(Some(dir.path())).path(), real.join("gatehouse.sock"));
        let agent = AgentId::parse("claude-desktop").unwrap();
        assert_eq!(left_behind_tools(Some(dir.path()), &agent), real.join("tools/claude-desktop.json"));
        assert_eq!(recorded_program(Some(dir.path())), real.join("program"));
        assert_eq!(quit_marker(Some(dir.path())), real.join("quit"));
    }

    #[test]
    fn a_profile_too_deep_for_a_socket_gets_a_short_name_of_its_own() {
        let one = socket_path(Some(Path::new(&format!("/{}/one", "deep/".repeat(30)))));
        let two = socket_path(Some(Path::new(&format!("/{}/two", "deep/".repeat(30)))));
        assert_ne!(one, two);
        assert_eq!(one.directory(), socket_path(None).directory());
        assert!(one.path().file_name().unwrap().len() < 30);
    }

    #[test]
    fn a_profile_named_through_a_link_or_before_it_exists_is_the_same_profile() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        let before = socket_path(Some(&link.join("profile")));
        std::fs::create_dir(dir.path().join("profile")).unwrap();
        assert_eq!(before, socket_path(Some(&dir.path().join("profile"))));
    }
}
