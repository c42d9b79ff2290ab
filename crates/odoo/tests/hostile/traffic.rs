use super::server::{Reply, Server, polite};
use super::{endpoint, key, read, short, signed_in, write};
use gatehouse_core::Protocol;
use gatehouse_odoo::{Client, Limits, OdooError};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn busy(status: u16, retry_after: &str) -> Reply {
    Reply::Http(status, vec![("retry-after", retry_after.to_owned())], Vec::new())
}

#[tokio::test]
async fn only_so_many_requests_are_under_way_at_once() {
    let late = || Reply::Late(json!([{"id": 1}]), Duration::from_millis(50));
    let (server, client) = signed_in(move |_| late()).await;
    let mut reads = Vec::new();
    for _ in 0..60 {
        let client = client.clone();
        reads.push(tokio::spawn(async move { read(&client).await.map(drop) }));
    }
    for read in reads {
        assert_eq!(read.await.unwrap(), Ok(()));
    }
    assert_eq!(server.most_at_once(), 16);
}

#[tokio::test]
async fn waiting_for_a_turn_counts_into_the_deadline_and_sends_nothing() {
    let (server, client) = signed_in(|_| Reply::Hang).await;
    let mut reads = Vec::new();
    for _ in 0..16 {
        let client = client.clone();
        reads.push(tokio::spawn(async move { read(&client).await.map(drop) }));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    // A write that could not be sent has not happened.
    assert_eq!(write(&client).await, Err(OdooError::Busy { retry_after: None }));
    assert!(begun.elapsed() < Duration::from_millis(1_200));
    assert_eq!((server.count("/search_read"), server.count("/write")), (16, 0));
    for read in reads {
        assert!(matches!(read.await.unwrap(), Err(OdooError::TimedOut { .. })));
    }
}

#[tokio::test]
async fn after_a_429_the_whole_connection_waits() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |heard| {
        polite(heard).unwrap_or_else(|| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => busy(429, "1"),
            _ => Reply::Json(json!([{"id": 1}])),
        })
    })
    .await;
    let limits = Limits { write: Duration::from_secs(5), read: Duration::from_secs(5), ..short() };
    let (client, _) = Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, limits).await.unwrap();
    assert_eq!(write(&client).await, Err(OdooError::Busy { retry_after: Some(Duration::from_secs(1)) }));
    let begun = Instant::now();
    let (first, second) = tokio::join!(read(&client), write(&client));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
    assert_eq!((server.count("/search_read"), server.count("/write")), (1, 2));
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_is_told_at_once_and_nothing_is_sent() {
    let (server, client) = signed_in(|_| busy(429, "30")).await;
    assert_eq!(read(&client).await, Err(OdooError::Busy { retry_after: Some(Duration::from_secs(30)) }));
    let begun = Instant::now();
    for outcome in [read(&client).await.map(drop), write(&client).await] {
        let Err(OdooError::Busy { retry_after: Some(rest) }) = outcome else { panic!("{outcome:?}") };
        assert!(rest <= Duration::from_secs(30) && rest > Duration::from_secs(25));
    }
    assert!(begun.elapsed() < Duration::from_millis(200));
    assert_eq!((server.count("/search_read"), server.count("/write")), (1, 0));
}

#[tokio::test]
async fn a_time_to_wait_may_be_a_date_and_an_absurd_one_is_not_waited_for() {
    for (retry_after, told) in [
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(86_400)),
        ("18446744073709551615", Some(86_400)),
        ("99999999999999999999999999", Some(86_400)),
        ("86401", Some(86_400)),
        ("3600", Some(3_600)),
    ] {
        for status in [429, 503] {
            let (server, client) = signed_in(move |_| busy(status, retry_after)).await;
            let begun = Instant::now();
            let Err(OdooError::Busy { retry_after: wait }) = read(&client).await else { panic!("{retry_after}") };
            assert_eq!(wait.map(|wait| wait.as_secs()), told, "{retry_after}");
            assert!(begun.elapsed() < Duration::from_millis(300), "{retry_after}");
            assert_eq!(server.count("/search_read"), 1, "{retry_after}");
        }
    }
    // In the past, or none at all: our own short waits.
    for retry_after in ["Fri, 01 Jan 1999 00:00:00 GMT", "0"] {
        let (server, client) = signed_in(move |_| busy(429, retry_after)).await;
        assert!(matches!(read(&client).await, Err(OdooError::Busy { .. })), "{retry_after}");
        assert_eq!(server.count("/search_read"), 3, "{retry_after}");
    }
}

#[tokio::test]
async fn a_write_is_never_sent_again_whatever_the_gateway_says() {
    for status in [408, 429, 500, 502, 503, 504, 520, 524] {
        let (server, client) = signed_in(move |_| busy(status, "0")).await;
        write(&client).await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(server.count("/write"), 1, "{status}");
    }
}

#[tokio::test]
async fn a_cancelled_read_closes_its_request() {
    for reply in [|| Reply::Hang, || Reply::Half] {
        let (server, client) = signed_in(move |_| reply()).await;
        let task = tokio::spawn(async move { read(&client).await.map(drop) });
        while server.count("/search_read") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(server.given_up(), 0);
        task.abort();
        let begun = Instant::now();
        while server.given_up() == 0 {
            assert!(begun.elapsed() < Duration::from_secs(1), "the line is still open");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_read_past_its_deadline_closes_its_request_too() {
    let (server, client) = signed_in(|_| Reply::Hang).await;
    assert!(matches!(read(&client).await, Err(OdooError::TimedOut { .. })));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.given_up(), 1);
}
