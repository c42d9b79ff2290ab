use crate::support::{Raw, ask, call, hello, served};
use gatehouse_core::ErrorCode;
use gatehouse_ipc::message::{Answer, Event, Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, ConnectError};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_peer_is_seen_as_the_system_sees_it() {
    let served = served().await;
    let client = served.client().await;
    assert_eq!(client.build(), env!("CARGO_PKG_VERSION"));
    let peer = served.app.peers.lock().unwrap()[0].clone();
    assert_eq!(peer.pid, Some(std::process::id()));
    assert_eq!(peer.evidence.uid, peer.uid);
}

#[tokio::test]
async fn garbage_is_refused_with_its_place() {
    let served = served().await;
    let mut raw = Raw::welcomed(&served.path).await;
    raw.say_bytes(br#"{"type":"ack","id":}"#).await;
    let refused = raw.hear().await.unwrap();
    assert_eq!(refused["type"], "refused");
    assert_eq!(refused["code"], "invalid_arguments");
    assert!(refused["detail"].as_str().unwrap().contains("line 1 column 20"), "{refused}");
    assert_eq!(raw.hear().await, None);
    served.app.sees("disconnected").await;
}

#[tokio::test]
async fn a_request_that_does_not_fit_gets_its_own_error_and_the_rest_goes_on() {
    let served = served().await;
    let mut raw = Raw::welcomed(&served.path).await;
    raw.say(&json!({"type": "request", "id": 5, "body": {"method": "approve_everything"}})).await;
    let answer = raw.hear().await.unwrap();
    assert_eq!(answer["id"], 5);
    assert_eq!(answer["result"]["Err"]["code"], "invalid_arguments");
    assert!(answer["result"]["Err"]["detail"].as_str().unwrap().contains("`approve_everything`"), "{answer}");
    raw.say(&json!({"type": "request", "id": 6, "body": {"method": "status"}})).await;
    assert_eq!(raw.hear().await.unwrap()["id"], 6);
}

#[tokio::test]
async fn a_frame_that_is_too_big_is_refused_unread() {
    use tokio::io::AsyncWriteExt as _;
    let served = served().await;
    let mut raw = Raw::welcomed(&served.path).await;
    raw.0.write_all(&(3584 * 1024_u32 + 1).to_be_bytes()).await.unwrap();
    assert_eq!(raw.hear().await.unwrap()["code"], "too_much");
    assert_eq!(raw.hear().await, None);
}

#[tokio::test]
async fn the_first_message_must_be_hello() {
    let served = served().await;
    let mut raw = Raw::connect(&served.path).await;
    raw.say(&json!({"type": "request", "id": 1, "body": {"method": "status"}})).await;
    assert_eq!(raw.hear().await.unwrap()["type"], "refused");
    assert_eq!(raw.hear().await, None);
    assert!(served.app.peers.lock().unwrap().is_empty());
}

#[tokio::test]
async fn who_says_nothing_for_five_seconds_is_turned_away() {
    let served = served().await;
    let mut raw = Raw::connect(&served.path).await;
    let began = Instant::now();
    let refused = tokio::time::timeout(Duration::from_secs(8), raw.hear()).await.unwrap().unwrap();
    assert!(refused["detail"].as_str().unwrap().contains("no hello"), "{refused}");
    assert!(began.elapsed() >= Duration::from_millis(4900));
}

#[tokio::test]
async fn another_version_is_refused_whatever_else_it_says() {
    let served = served().await;
    let mut raw = Raw::connect(&served.path).await;
    raw.say(&json!({"type": "hello", "protocol": 99, "from_the_future": true})).await;
    assert_eq!(raw.hear().await.unwrap()["code"], "version_mismatch");

    let newer = Hello { protocol: PROTOCOL + 1, ..hello("claude-code") };
    match Client::connect(&served.path, newer).await {
        Err(ConnectError::Refused(error)) => assert_eq!(error.code, ErrorCode::VersionMismatch),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_is_turned_away_hears_why() {
    let served = served().await;
    match Client::connect(&served.path, hello("unwelcome")).await {
        Err(ConnectError::Refused(error)) => assert_eq!(error.message, "Not you."),
        other => panic!("{other:?}"),
    }
    assert!(!served.app.saw("disconnected"));
}

#[tokio::test]
async fn a_visitor_may_look_and_show_but_never_call() {
    let served = served().await;
    let visitor = Hello { protocol: PROTOCOL, build: "doctor".into(), role: Role::Visitor };
    let client = Client::connect(&served.path, visitor).await.unwrap();
    let never = CancellationToken::new();
    assert!(client.request(Request::Status, |_, _| {}, &never).await.is_ok());
    assert!(client.request(Request::Show { page: None }, |_, _| {}, &never).await.is_ok());
    assert_eq!(ask(&client, "echo").await.unwrap_err().code, ErrorCode::Denied);
}

#[tokio::test]
async fn progress_always_grows_and_comes_before_the_answer() {
    let served = served().await;
    let client = served.client().await;
    let mut seen = Vec::new();
    let never = CancellationToken::new();
    let answer = client.request(call("progress"), |elapsed, words| seen.push((elapsed, words)), &never).await.unwrap();
    assert!(matches!(answer, Answer::Call(_)));
    assert_eq!(seen.len(), 3);
    assert!(seen.windows(2).all(|pair| pair[0].0 < pair[1].0), "{seen:?}");
}

#[tokio::test]
async fn events_reach_the_client() {
    let served = served().await;
    let client = served.client().await;
    let mut events = client.events().unwrap();
    assert!(client.events().is_none());
    let sender = served.app.events.lock().unwrap().clone().unwrap();
    assert!(sender.send(Event::ToolsChanged));
    assert_eq!(events.recv().await, Some(Event::ToolsChanged));
    client.close();
    served.app.sees("disconnected").await;
    assert!(!sender.send(Event::ToolsChanged));
}

#[tokio::test]
async fn a_request_that_fails_inside_is_answered_and_the_others_go_on() {
    let served = served().await;
    let client = served.client().await;
    assert_eq!(ask(&client, "fall").await.unwrap_err().code, ErrorCode::Internal);
    assert_eq!(ask(&client, "echo").await.unwrap(), "echo");
}
