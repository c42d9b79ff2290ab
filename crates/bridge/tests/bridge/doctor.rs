use crate::support::{App, PROGRAM, profile, with_client_environment};
use std::path::Path;
use tokio::process::Command;

async fn doctor(profile: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(PROGRAM);
    command.arg("doctor").arg("--profile").arg(profile).args(["--agent", "tester"]);
    let output = with_client_environment(&mut command, profile).output().await.unwrap();
    assert!(output.stderr.is_empty());
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn with_the_app_up_all_is_well() {
    let dir = profile();
    let app = App::start(dir.path()).await;
    let (code, said) = doctor(dir.path()).await;
    assert_eq!(code, Some(0), "{said}");
    for part in ["tester", "gatehouse.sock", "The app is running", "Connections: 2", "yours alone", "vault is open"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    app.sees("Visitor").await;
}

#[tokio::test]
async fn with_the_app_down_nothing_is_started_or_written() {
    let dir = profile();
    let (code, said) = doctor(dir.path()).await;
    assert!(said.contains("not running"), "{said}");
    assert_eq!(code, Some(i32::from(said.contains("WRONG"))));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_dead_socket_and_an_unsafe_folder_are_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = profile();
    let path = gatehouse_ipc::socket_path(Some(dir.path()));
    drop(std::os::unix::net::UnixListener::bind(path.path()).unwrap());
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(doctor(dir.path()).await.1.contains("not running"));
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let (code, said) = doctor(dir.path()).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("chmod 700"), "{said}");
}
