use crate::support::{Raw, ask, call, hello, served};
use gatehouse_core::ErrorCode;
use gatehouse_ipc::message::{CallTool, Request};
use gatehouse_ipc::{Client, ConnectError};
use serde_json::json;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_requests_at_once_are_all_answered() {
    let served = served().await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(served.client().await);
    }
    let asked: Vec<_> = (0..200)
        .map(|n| {
            let client = clients[n % 5].clone();
            tokio::spawn(async move { ask(&client, if n % 2 == 0 { "slow" } else { "echo" }).await })
        })
        .collect();
    for answer in asked {
        answer.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn more_than_sixty_four_at_once_of_one_peer_are_refused_for_now() {
    let served = served().await;
    let client = served.client().await;
    let held: Vec<_> = (0..64).map(|_| client.ask(call("hold")).unwrap()).collect();
    let error = ask(&client, "echo").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TooMuch);
    assert!(error.retry);
    drop(held);
    for _ in 0..100 {
        if ask(&client, "echo").await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("never again");
}

#[tokio::test]
async fn the_thirty_third_peer_hears_that_there_are_too_many() {
    let served = served().await;
    let mut clients = Vec::new();
    for _ in 0..32 {
        clients.push(served.client().await);
    }
    match Client::connect(&served.path, hello("claude-code")).await {
        Err(ConnectError::Refused(error)) => assert_eq!(error.code, ErrorCode::TooMuch),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_too_large_for_a_frame_is_refused_before_it_is_sent() {
    let served = served().await;
    let client = served.client().await;
    let large = Request::CallTool(CallTool {
        name: "odoo_create".into(),
        arguments: json!({"blob": "x".repeat(3584 * 1024)}),
        client: None,
        elapsed_ms: 0,
        wants_progress: false,
        started_app: false,
    });
    let error = client.request(large, |_, _| {}, &CancellationToken::new()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TooMuch);
    assert_eq!(ask(&client, "echo").await.unwrap(), "echo");
}

#[tokio::test]
async fn an_answer_too_large_for_a_frame_becomes_an_error() {
    let served = served().await;
    let client = served.client().await;
    assert_eq!(ask(&client, "huge").await.unwrap_err().code, ErrorCode::TooMuch);
    assert_eq!(ask(&client, "echo").await.unwrap(), "echo");
}

#[tokio::test]
async fn an_id_in_use_ends_the_conversation() {
    let served = served().await;
    let mut raw = Raw::welcomed(&served.path).await;
    let hold = json!({"type": "request", "id": 1, "body": {"method": "call_tool", "name": "hold", "arguments": {},
        "client": null, "elapsed_ms": 0, "wants_progress": false, "started_app": false}});
    raw.say(&hold).await;
    raw.say(&hold).await;
    let mut last = None;
    while let Some(message) = raw.hear().await {
        last = Some(message);
    }
    assert!(served.app.saw("cancelled"));
    assert!(last.is_some());
}

#[tokio::test]
async fn a_peer_that_never_reads_is_dropped() {
    let served = served().await;
    let mut raw = Raw::welcomed(&served.path).await;
    let sender = served.app.events.lock().unwrap().clone().unwrap();
    raw.say(&json!({"type": "request", "id": 1, "body": {"method": "status"}})).await;
    let mut sent = 0;
    while sender.send(gatehouse_ipc::message::Event::ToolsChanged) {
        sent += 1;
        assert!(sent < 1_000_000, "nothing stops it");
    }
    served.app.sees("disconnected").await;
}
