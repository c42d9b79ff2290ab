//! Who runs the bridge: a walk up `/proc`.

use gatehouse_core::{Evidence, Hasher};
use rustix::fs::{Mode, OFlags};
use std::ffi::OsString;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// The program on whose behalf process `bridge` runs: its first ancestor that is not a mere go-between.
pub(crate) fn evidence(uid: u32, bridge: u32) -> Evidence {
    let unknown = Evidence { uid, pid: 0, program: String::new(), inode: 0 };
    for pid in ancestors(bridge) {
        let Some((program, inode)) = program_of(pid) else {
            // Another user's, or one that hides: what stands above it says nothing about it.
            return Evidence { pid, ..unknown };
        };
        let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == "systemd" || name == "init" {
            return unknown;
        }
        if is_go_between(name) || (is_interpreter(name) && runs_a_package_runner(&arguments_of(pid))) {
            continue;
        }
        return Evidence { uid, pid, program: without_versions(&program), inode };
    }
    unknown
}

/// The ancestors of process `of`, nearest first, without itself and without process 1; at most 32.
pub fn ancestors(of: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(parent_of(of), |pid| parent_of(*pid)).take_while(|pid| *pid > 1).take(32)
}

fn parent_of(pid: u32) -> Option<u32> {
    parent_in_stat(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// The fourth field. The second, the command's name in parentheses, may hold spaces and parentheses itself.
fn parent_in_stat(stat: &[u8]) -> Option<u32> {
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = std::str::from_utf8(stat.get(after_name..)?).ok()?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Path and [`file_number`] of what process `pid` runs, of one and the same file: it is held open in between.
fn program_of(pid: u32) -> Option<(PathBuf, u64)> {
    let held = rustix::fs::open(format!("/proc/{pid}/exe"), OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let link = std::fs::read_link(format!("/proc/self/fd/{}", held.as_raw_fd())).ok()?;
    let found = rustix::fs::fstat(&held).ok()?;
    // A program that was replaced while it runs.
    let name = link.as_os_str().as_bytes();
    let name = name.strip_suffix(b" (deleted)").unwrap_or(name);
    Some((PathBuf::from(OsString::from_vec(name.to_vec())), file_number(found.st_dev, found.st_ino)))
}

/// Device and inode in 53 bits, which is what a JSON number holds, and never zero. Hashed: who mounts a file system of
/// their own chooses its inodes, and must not be able to choose this.
fn file_number(device: u64, inode: u64) -> u64 {
    let hash = Hasher::new("program file").part(&device.to_be_bytes()).part(&inode.to_be_bytes()).finish();
    let number = hash.as_bytes().iter().take(7).fold(0, |number, byte| (number << 8) | u64::from(*byte));
    (number & ((1 << 53) - 1)).max(1)
}

fn arguments_of(pid: u32) -> Vec<String> {
    let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) else {
        return Vec::new();
    };
    line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// Shells, package runners and sandboxes: whoever runs them is the agent.
fn is_go_between(name: &str) -> bool {
    matches!(
        name,
        "sh" | "ash"
            | "bash"
            | "csh"
            | "dash"
            | "fish"
            | "ksh"
            | "mksh"
            | "nu"
            | "tcsh"
            | "zsh"
            | "busybox"
            | "env"
            | "nice"
            | "nohup"
            | "setsid"
            | "timeout"
            | "tini"
            | "npm"
            | "npx"
            | "pnpm"
            | "pnpx"
            | "yarn"
            | "bunx"
            | "uv"
            | "uvx"
            | "pipx"
            | "bwrap"
            | "firejail"
            | "flatpak"
            | "flatpak-spawn"
            | "flatpak-session-helper"
            | "snap"
            | "snap-confine"
            | "snap-exec"
            | "systemd-run"
    )
}

fn is_interpreter(name: &str) -> bool {
    matches!(name, "node" | "nodejs" | "bun" | "deno")
}

fn runs_a_package_runner(arguments: &[String]) -> bool {
    // npm and its like write what they do over their own command line: `npm exec …`.
    let title = arguments.first().and_then(|title| title.split_ascii_whitespace().next());
    if matches!(title, Some("npm" | "npx" | "pnpm" | "pnpx" | "yarn")) {
        return true;
    }
    let script = arguments.iter().skip(1).find(|word| !word.starts_with('-'));
    let name = script.and_then(|script| Path::new(script).file_name()).and_then(|name| name.to_str());
    matches!(
        name,
        Some(
            "npx"
                | "npx-cli.js"
                | "npm"
                | "npm-cli.js"
                | "pnpm"
                | "pnpm.cjs"
                | "pnpx"
                | "pnpx.cjs"
                | "yarn"
                | "yarn.js"
                | "yarn.cjs"
                | "corepack"
                | "corepack.js"
                | "x"
        )
    )
}

/// The path with folders that change on every update replaced by `*`.
fn without_versions(program: &Path) -> String {
    let text = program.to_string_lossy();
    let parts: Vec<&str> = text.split('/').collect();
    let folded = parts.iter().enumerate().map(|(at, part)| {
        let is_snap_revision = at >= 3 && parts[at - 2] == "snap" && part.bytes().all(|b| b.is_ascii_digit());
        if is_version(part) || (is_snap_revision && !part.is_empty()) {
            "*".to_owned()
        } else if let Some(name) = part.strip_prefix(".mount_").filter(|name| name.is_ascii() && name.len() > 6) {
            // An AppImage is mounted under its name and six random letters.
            format!(".mount_{}*", &name[..name.len() - 6])
        } else {
            (*part).to_owned()
        }
    });
    folded.collect::<Vec<_>>().join("/")
}

/// `1.2`, `v22.3.1`, `app-1.2.3`, `2.1.240-beta.1`.
fn is_version(part: &str) -> bool {
    let rest = part.strip_prefix("app-").unwrap_or(part);
    let rest = rest.strip_prefix('v').unwrap_or(rest);
    let core = rest.split(['-', '+', '_']).next().unwrap_or_default();
    let mut numbers = 0;
    core.split('.').all(|number| {
        numbers += 1;
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    }) && numbers >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_does_not_change_the_program() {
        for (seen, folded) in [
            ("/usr/bin/claude", "/usr/bin/claude"),
            ("/home/u/.local/share/claude/versions/2.1.240", "/home/u/.local/share/claude/versions/*"),
            ("/home/u/.nvm/versions/node/v22.23.3/bin/node", "/home/u/.nvm/versions/node/*/bin/node"),
            ("/opt/Claude/app-1.2.3/claude", "/opt/Claude/*/claude"),
            ("/opt/x/2.0.0-beta.1/x", "/opt/x/*/x"),
            ("/snap/zed/1234/bin/zed", "/snap/zed/*/bin/zed"),
            ("/tmp/.mount_cursorAb3xYz/usr/bin/cursor", "/tmp/.mount_cursor*/usr/bin/cursor"),
        ] {
            assert_eq!(without_versions(Path::new(seen)), folded);
        }
    }

    #[test]
    fn a_folder_that_only_starts_like_a_version_stays() {
        for kept in ["/opt/7zip/x", "/opt/3/x", "/home/v/x", "/srv/1.x/y", "/opt/app-/x", "/opt/python3.12/bin/x"] {
            assert_eq!(without_versions(Path::new(kept)), kept);
        }
    }

    #[test]
    fn a_command_named_like_a_stat_line_does_not_choose_its_parent() {
        assert_eq!(parent_in_stat(b"77 (a) S 1 (b)) R 4242 77 77 0"), Some(4242));
        assert_eq!(parent_in_stat(b"77 no parentheses"), None);
    }

    #[test]
    fn node_is_a_go_between_only_while_it_runs_a_package_runner() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(runs_a_package_runner(&words("node /usr/lib/node_modules/npm/bin/npx-cli.js -y pkg")));
        assert!(runs_a_package_runner(&words("node --max-old-space-size=100 /usr/bin/npx pkg")));
        assert!(runs_a_package_runner(&["npm exec some-server --flag".to_owned(), String::new()]));
        assert!(!runs_a_package_runner(&words("node /opt/agent/cli.js npx")));
        assert!(!runs_a_package_runner(&words("node")));
    }

    #[test]
    fn a_process_that_is_gone_is_unknown() {
        let seen = evidence(7, u32::MAX - 1);
        assert_eq!((seen.uid, seen.program.as_str(), seen.inode), (7, "", 0));
    }

    #[test]
    fn files_are_told_apart_by_device_and_inode() {
        let number = file_number(8, 1 << 32);
        assert_eq!(number, file_number(8, 1 << 32));
        for other in [file_number(9, 1 << 32), file_number(8, 1), file_number(0, (8 << 32) ^ (1 << 32))] {
            assert_ne!(number, other);
        }
        assert!(number < 1 << 53);
    }

    #[test]
    fn our_own_ancestors_are_found() {
        let parent = ancestors(std::process::id()).next().unwrap();
        assert_eq!(parent, std::os::unix::process::parent_id());
    }
}
