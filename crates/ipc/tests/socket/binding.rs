use crate::support::{ask, hello, served};
use gatehouse_ipc::{BindError, Client, ConnectError, bind, socket_path};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;

#[tokio::test]
async fn the_socket_is_for_its_user_alone() {
    let served = served().await;
    let mode = |path: &std::path::Path| path.symlink_metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(served.path.path()), 0o600);
    assert_eq!(mode(served.path.directory()), 0o700);
}

#[tokio::test]
async fn a_socket_that_nobody_answers_on_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = socket_path(Some(dir.path()));
    drop(UnixListener::bind(path.path()).unwrap());
    assert!(path.path().exists());
    bind(&path).await.unwrap();
}

#[tokio::test]
async fn a_socket_that_somebody_answers_on_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = socket_path(Some(dir.path()));
    let _alive = UnixListener::bind(path.path()).unwrap();
    assert!(matches!(bind(&path).await, Err(BindError::AlreadyRunning)));
    assert!(path.path().exists());
}

#[tokio::test]
async fn a_file_in_the_place_of_the_socket_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = socket_path(Some(dir.path()));
    std::fs::write(path.path(), "mine").unwrap();
    assert!(matches!(bind(&path).await, Err(BindError::Occupied { .. })));
    assert_eq!(std::fs::read(path.path()).unwrap(), b"mine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_start_at_once_exactly_one_gets_the_socket() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let path = socket_path(Some(dir.path()));
        drop(UnixListener::bind(path.path()).unwrap());
        let starts: Vec<_> = (0..8)
            .map(|_| {
                tokio::spawn({
                    let path = path.clone();
                    async move { bind(&path).await }
                })
            })
            .collect();
        let mut bound = Vec::new();
        for start in starts {
            match start.await.unwrap() {
                Ok(listener) => bound.push(listener),
                Err(BindError::AlreadyRunning) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(bound.len(), 1);
    }
}

#[tokio::test]
async fn a_folder_that_others_may_write_is_refused_on_both_sides() {
    let dir = tempfile::tempdir().unwrap();
    let path = socket_path(Some(dir.path()));
    let _planted = UnixListener::bind(path.path()).unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(bind(&path).await, Err(BindError::Directory(_))));
    let error = Client::connect(&path, hello("claude-code")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Untrusted(_)), "{error}");
}

#[tokio::test]
async fn a_client_does_not_follow_a_link_in_the_place_of_the_socket() {
    let served = served().await;
    let dir = tempfile::tempdir().unwrap();
    let path = socket_path(Some(dir.path()));
    gatehouse_ipc::private_directory(dir.path()).unwrap();
    std::os::unix::fs::symlink(served.path.path(), path.path()).unwrap();
    let error = Client::connect(&path, hello("claude-code")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Untrusted(_)), "{error}");
}

#[tokio::test]
async fn the_place_is_free_again_when_the_app_has_ended() {
    let served = served().await;
    ask(&served.client().await, "echo").await.unwrap();
    served.shutdown.cancel();
    served.serving.await.unwrap();
    assert!(!served.path.path().exists());
    let error = Client::connect(&served.path, hello("claude-code")).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotRunning), "{error}");
    bind(&served.path).await.unwrap();
}

#[tokio::test]
async fn without_an_app_connecting_says_that_it_is_not_running() {
    let dir = tempfile::tempdir().unwrap();
    let missing = socket_path(Some(&dir.path().join("nothing")));
    let error = Client::connect(&missing, hello("claude-code")).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotRunning), "{error}");
}
