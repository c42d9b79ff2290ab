//! Whatever a client puts between itself and the bridge, the client is what the system sees; and what only looks like it is
//! not taken for it.

use crate::support::{App, Bridge, PROGRAM, initialize, profile};
use gatehouse_core::Evidence;
use std::path::{Path, PathBuf};
use tokio::process::Command;

const PYTHON: &str = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))";
const NODE: &str = "require('child_process').spawn(process.argv[1], process.argv.slice(2), { stdio: 'inherit' })";

/// What is seen behind a bridge that is started by these words; `BRIDGE` stands for the bridge, and in a single word for its
/// command line.
async fn seen(words: &[&str]) -> Evidence {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let line = format!("{PROGRAM} --profile '{}'", dir.path().display());
    let mut command = Command::new(words[0]);
    for word in &words[1..] {
        if *word == "BRIDGE" {
            command.arg(PROGRAM).arg("--profile").arg(dir.path());
        } else {
            command.arg(word.replace("BRIDGE", &line));
        }
    }
    let mut bridge = Bridge::run(command, dir.path());
    bridge.send("initialize", initialize("2025-11-25")).await;
    if bridge.hear().await.is_none() {
        let (code, said) = bridge.end().await;
        panic!("{words:?} ended with {code:?}: {said}");
    }
    app.peers.lock().unwrap()[0].evidence.clone()
}

fn real(program: &str) -> String {
    std::fs::canonicalize(program).unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_in_python_or_node_is_the_interpreter_that_runs_it() {
    let python = seen(&["/usr/bin/python3", "-c", PYTHON, "BRIDGE"]).await;
    assert_eq!(python.program, real("/usr/bin/python3"));
    assert!(python.is_same_program(&seen(&["/usr/bin/python3", "-c", PYTHON, "BRIDGE"]).await));
    let node = seen(&["node", "-e", NODE, "BRIDGE"]).await;
    assert!(node.program.ends_with("/node"), "{node:?}");
    assert!(!node.is_same_program(&python));
}

#[tokio::test]
async fn shells_env_and_package_runners_are_looked_through() {
    let client = ["/usr/bin/python3", "-c", PYTHON];
    let direct = seen(&[&client[..], &["BRIDGE"]].concat()).await;
    for wrapper in [
        &["sh", "-c", "BRIDGE; exit $?"][..],
        &["bash", "-c", "BRIDGE; exit $?"],
        &["env", "LANG=C", "BRIDGE"],
        &["env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", "BRIDGE; exit $?"],
        &["nice", "BRIDGE"],
        &["timeout", "60", "BRIDGE"],
        &["npx", "-c", "BRIDGE; exit $?"],
        &["sh", "-c", "npx -c \"BRIDGE\"; exit $?"],
    ] {
        let through = seen(&[&client[..], wrapper].concat()).await;
        assert!(through.is_same_program(&direct), "{wrapper:?}: {through:?}, not {direct:?}");
    }
    // A client in node behind npx, which is node itself.
    let direct = seen(&["node", "-e", NODE, "BRIDGE"]).await;
    let through = seen(&["node", "-e", NODE, "npx", "-c", "BRIDGE; exit $?"]).await;
    assert!(through.is_same_program(&direct), "{through:?}, not {direct:?}");
}

#[tokio::test]
async fn a_sandbox_of_bwrap_is_looked_through() {
    let direct = seen(&["/usr/bin/python3", "-c", PYTHON, "BRIDGE"]).await;
    for wrapper in [
        &["bwrap", "--dev-bind", "/", "/", "BRIDGE"][..],
        &["bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "sh", "-c", "BRIDGE; exit $?"],
    ] {
        let through = seen(&[&["/usr/bin/python3", "-c", PYTHON][..], wrapper].concat()).await;
        assert!(through.is_same_program(&direct), "{wrapper:?}: {through:?}, not {direct:?}");
    }
}

/// A shell under another name: a program as any other.
fn program_at(path: &Path) -> PathBuf {
    let copy = path.with_extension("new");
    std::fs::copy("/bin/dash", &copy).unwrap();
    std::fs::rename(&copy, path).unwrap();
    path.to_owned()
}

async fn seen_from(program: &Path) -> Evidence {
    seen(&[program.to_str().unwrap(), "-c", "BRIDGE; exit $?"]).await
}

#[tokio::test]
async fn another_file_at_the_same_path_is_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let agent = program_at(&folder.path().join("agent"));
    let before = seen_from(&agent).await;
    assert_eq!(before.program, real(agent.to_str().unwrap()));
    assert!(before.is_same_program(&seen_from(&agent).await));

    // The old one is kept, so that its inode is not given to the new one.
    std::fs::hard_link(&agent, folder.path().join("kept")).unwrap();
    program_at(&agent);
    let after = seen_from(&agent).await;
    assert_eq!(after.program, before.program);
    assert!(!after.is_same_program(&before), "a replaced file is taken for the one before");
    // Nor is the old file itself at another path.
    let moved = seen_from(&folder.path().join("kept")).await;
    assert_eq!(moved.inode, before.inode);
    assert!(!moved.is_same_program(&before));
}

#[tokio::test]
async fn a_path_that_is_faked_by_a_mount_of_ones_own_is_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let (agent, burglar) = (folder.path().join("agent"), folder.path().join("burglar"));
    let admitted = seen_from(&program_at(&agent)).await;
    program_at(&burglar);
    let (agent, burglar) = (agent.to_str().unwrap(), burglar.to_str().unwrap());
    let bind = format!("mount --bind {burglar} {agent} && exec {agent} -c \"BRIDGE; exit $?\"");
    let faked = seen(&["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &bind]).await;
    assert_eq!(faked.program, admitted.program, "the path is not even the same");
    assert!(!faked.is_same_program(&admitted), "a bind mount passes for the program");
}
