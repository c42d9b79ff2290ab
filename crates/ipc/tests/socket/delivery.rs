use crate::support::{Raw, ask, call, served};
use gatehouse_core::ErrorCode;
use gatehouse_ipc::Update;
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn an_answer_that_arrived_is_noted_as_delivered() {
    let served = served().await;
    let client = served.client().await;
    assert_eq!(ask(&client, "echo").await.unwrap(), "echo");
    served.app.sees("echo delivered true").await;
}

#[tokio::test]
async fn an_answer_is_not_delivered_before_its_receipt() {
    let served = served().await;
    let client = served.client().await;
    let mut pending = client.ask(call("echo")).unwrap();
    let Update::Done(Ok(_), receipt) = pending.next().await else { panic!() };
    ask(&client, "later").await.unwrap();
    served.app.sees("later delivered true").await;
    assert!(!served.app.saw("echo delivered true"));
    drop(receipt);
    served.app.sees("echo delivered false").await;
}

#[tokio::test]
async fn cancel_reaches_the_handler_and_the_connection_goes_on() {
    let served = served().await;
    let client = served.client().await;
    let cancel = CancellationToken::new();
    let held = tokio::spawn({
        let (client, cancel) = (client.clone(), cancel.clone());
        async move { client.request(call("hold"), |_, _| {}, &cancel).await }
    });
    served.app.sees("holding").await;
    cancel.cancel();
    assert_eq!(held.await.unwrap().unwrap_err().code, ErrorCode::Cancelled);
    served.app.sees("hold delivered false").await;
    assert_eq!(ask(&client, "echo").await.unwrap(), "echo");
}

#[tokio::test]
async fn dropping_a_request_cancels_it() {
    let served = served().await;
    let client = served.client().await;
    let pending = client.ask(call("hold")).unwrap();
    served.app.sees("holding").await;
    drop(pending);
    served.app.sees("cancelled").await;
}

#[tokio::test]
async fn a_peer_that_goes_takes_its_requests_with_it() {
    let served = served().await;
    let mut raw = Raw::welcomed(&served.path).await;
    let request = |id: u64, name: &str| {
        json!({"type": "request", "id": id, "body": {"method": "call_tool", "name": name, "arguments": {}, "client": null,
               "elapsed_ms": 0, "wants_progress": false, "started_app": false}})
    };
    raw.say(&request(1, "echo")).await;
    assert_eq!(raw.hear().await.unwrap()["id"], 1);
    raw.say(&request(2, "hold")).await;
    served.app.sees("holding").await;
    drop(raw);
    served.app.sees("disconnected").await;
    served.app.sees("cancelled").await;
    served.app.sees("hold delivered false").await;
    // Answered but never acknowledged.
    served.app.sees("echo delivered false").await;
}

#[tokio::test]
async fn when_the_app_ends_what_was_sent_has_an_unknown_outcome_and_what_was_not_does_not() {
    let served = served().await;
    let client = served.client().await;
    let mut pending = client.ask(call("hold")).unwrap();
    served.app.sees("holding").await;
    // A dead app, not one that ends in order: its answer never leaves.
    client.close();
    let Update::Done(Err(error), _receipt) = pending.next().await else { panic!() };
    assert_eq!(error.code, ErrorCode::OutcomeUnknown);
    assert!(!error.retry);
    let error = client.ask(call("echo")).unwrap_err();
    assert_eq!(error.code, ErrorCode::AppUnavailable);
    assert!(error.retry);
}

#[tokio::test]
async fn an_app_that_ends_in_order_answers_what_it_still_holds() {
    let served = served().await;
    let client = served.client().await;
    let mut pending = client.ask(call("hold")).unwrap();
    served.app.sees("holding").await;
    served.shutdown.cancel();
    let done = tokio::time::timeout(Duration::from_secs(3), pending.next()).await.unwrap();
    assert!(matches!(done, Update::Done(Ok(_), _)), "{done:?}");
    served.serving.await.unwrap();
    client.closed().await;
    served.app.sees("hold delivered false").await;
    drop(served.dir);
}
