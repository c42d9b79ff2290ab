use super::server::{Reply, Server, polite_rpc};
use super::{KEY, endpoint, key, read, short, signed_in, write};
use gatehouse_core::Protocol;
use gatehouse_odoo::{Client, Lost, Method, OdooError, Unreachable};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn unknown(cause: Lost) -> Result<(), OdooError> {
    Err(OdooError::OutcomeUnknown { cause })
}

#[tokio::test]
async fn a_web_page_in_odoo_s_place_is_not_odoo_for_a_read_and_unknown_for_a_write() {
    for (status, cause) in
        [(200, Lost::Unreadable), (502, Lost::Gateway(502)), (504, Lost::Gateway(504)), (500, Lost::Gateway(500))]
    {
        let (server, client) = signed_in(move |_| Reply::page(status)).await;
        assert_eq!(write(&client).await, unknown(cause), "{status}");
        assert_eq!(server.count("/write"), 1, "{status}");
    }
    let (_server, client) = signed_in(|_| Reply::page(200)).await;
    assert!(matches!(read(&client).await, Err(OdooError::NotOdoo { .. })));
    let (_server, client) = signed_in(|_| Reply::page(403)).await;
    assert!(matches!(write(&client).await, Err(OdooError::NotOdoo { .. })));
}

#[tokio::test]
async fn a_server_that_hangs_ends_a_read_in_time_and_leaves_a_write_unknown() {
    let (server, client) = signed_in(|_| Reply::Hang).await;
    let begun = Instant::now();
    assert!(matches!(read(&client).await, Err(OdooError::TimedOut { .. })));
    assert_eq!(write(&client).await, unknown(Lost::TimedOut));
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!((server.count("/search_read"), server.count("/write")), (1, 1));
}

#[tokio::test]
async fn a_call_may_bring_its_own_deadline() {
    let (_server, client) = signed_in(|_| Reply::Hang).await;
    let begun = Instant::now();
    let hurried = client.call(&Method::read("res.partner", "search_count").by(Duration::from_millis(100))).await;
    assert!(matches!(hurried, Err(OdooError::TimedOut { .. })) && begun.elapsed() < Duration::from_millis(600));
}

#[tokio::test]
async fn a_line_dropped_in_the_middle_of_a_write_leaves_it_unknown_and_is_not_written_again() {
    // Nothing at all; half a head; half a body; a chunk of an endless one.
    for raw in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-",
        "HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n[tr",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\ntrue",
    ] {
        let (server, client) = signed_in(move |_| Reply::Raw(raw.as_bytes().to_vec())).await;
        assert_eq!(write(&client).await, unknown(Lost::Interrupted), "{raw:?}");
        assert_eq!(server.count("/write"), 1, "{raw:?}");
        assert!(matches!(read(&client).await, Err(OdooError::Interrupted { .. })), "{raw:?}");
    }
}

#[tokio::test]
async fn json_that_ends_too_early_is_no_answer() {
    let half = || Reply::Http(200, vec![("content-type", "application/json".into())], b"[{\"id\": 1, \"na".to_vec());
    let (server, client) = signed_in(move |_| half()).await;
    assert_eq!(write(&client).await, unknown(Lost::Unreadable));
    assert!(matches!(read(&client).await, Err(OdooError::Interrupted { .. })));
    assert_eq!(server.count("/write"), 1);
}

#[tokio::test]
async fn a_busy_server_is_asked_again_for_a_read_and_never_for_a_write() {
    let asked = AtomicUsize::new(0);
    let (server, client) = signed_in(move |heard| {
        if heard.what.ends_with("/search_read") && asked.fetch_add(1, Ordering::SeqCst) > 0 {
            return Reply::Json(json!([{"id": 1}]));
        }
        Reply::Http(429, vec![("retry-after", "0".into())], Vec::new())
    })
    .await;
    assert_eq!(read(&client).await.unwrap().len(), 1);
    assert_eq!(server.count("/search_read"), 2);
    assert!(matches!(write(&client).await, Err(OdooError::Busy { .. })));
    assert_eq!(server.count("/write"), 1);
}

#[tokio::test]
async fn a_busy_server_is_given_up_on_after_two_more_tries_or_when_it_asks_for_too_long() {
    for status in [429, 502, 503, 504] {
        let (server, client) =
            signed_in(move |_| Reply::Http(status, vec![("retry-after", "0".into())], b"<html>".to_vec())).await;
        assert!(matches!(read(&client).await, Err(OdooError::Busy { .. })), "{status}");
        assert_eq!(server.count("/search_read"), 3, "{status}");
    }
    let (server, client) =
        signed_in(|_| Reply::Http(503, vec![("retry-after", "3600".into())], b"<html>".to_vec())).await;
    assert_eq!(read(&client).await, Err(OdooError::Busy { retry_after: Some(Duration::from_hours(1)) }));
    assert_eq!(server.count("/search_read"), 1);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_it() {
    let large = || Reply::Http(200, Vec::new(), vec![b' '; 100_000]);
    let (_server, client) = signed_in(move |_| large()).await;
    assert_eq!(read(&client).await, Err(OdooError::TooLarge { limit: 64 * 1024 }));
    assert_eq!(write(&client).await, unknown(Lost::TooLarge));

    let chunked = || {
        let mut raw = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for _ in 0..100 {
            raw.extend_from_slice(b"3e8\r\n");
            raw.extend_from_slice(&[b' '; 1000]);
            raw.extend_from_slice(b"\r\n");
        }
        Reply::Raw(raw)
    };
    let (_server, client) = signed_in(move |_| chunked()).await;
    assert_eq!(read(&client).await, Err(OdooError::TooLarge { limit: 64 * 1024 }));
}

#[tokio::test]
async fn what_odoo_says_is_kept_without_traceback_and_without_the_key() {
    let fault = json!({
        "name": "odoo.exceptions.UserError", "message": format!("No, {KEY} may not"), "arguments": [KEY],
        "context": {"key": KEY}, "debug": format!("Traceback (most recent call last): {KEY}"),
    });
    let (_server, client) = signed_in(move |_| Reply::Http(422, Vec::new(), fault.to_string().into_bytes())).await;
    let error = write(&client).await.unwrap_err();
    assert_eq!(error.edge().detail.as_deref(), Some("Odoo says: No, ••• may not"));
}

#[tokio::test]
async fn a_write_that_could_not_be_sent_is_not_called_unknown() {
    let (server, client) = signed_in(|_| Reply::Raw(Vec::new())).await;
    let origin = server.origin.clone();
    drop((server, client));
    // A port on which nobody listens.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    assert_ne!(origin, closed);
    let refused = Client::sign_in_within(endpoint(&closed), key(), Protocol::Json2, short()).await.unwrap_err();
    assert!(matches!(refused, OdooError::Unreachable { cause: Unreachable::Refused, .. }), "{refused:?}");
    let nowhere = "https://no-such-host.invalid";
    let unfound = Client::sign_in_within(endpoint(nowhere), key(), Protocol::Json2, short()).await.unwrap_err();
    assert!(matches!(unfound, OdooError::Unreachable { cause: Unreachable::NameNotFound, .. }), "{unfound:?}");
}

#[tokio::test]
async fn over_json_rpc_an_answer_without_result_is_null_and_one_without_version_is_none() {
    let bare = json!({"jsonrpc": "2.0", "id": 1});
    let server = Server::start(move |heard| {
        if heard.what.starts_with("GET") {
            return Reply::page(404);
        }
        polite_rpc(heard).unwrap_or_else(|| match heard.body["params"]["args"][4].as_str() {
            Some("action_lock") => Reply::Json(bare.clone()),
            _ => Reply::Json(json!({"hello": "world"})),
        })
    })
    .await;
    let (client, user) =
        Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await.unwrap();
    assert_eq!((user.version.to_string().as_str(), user.protocol), ("17.0", Protocol::JsonRpc));
    assert_eq!(client.call(&Method::write("sale.order", "action_lock").on(&[1])).await.unwrap(), Value::Null);
    assert_eq!(write(&client).await, unknown(Lost::Unreadable));
    assert!(matches!(read(&client).await, Err(OdooError::NotOdoo { .. })));
    let heard = server.heard();
    let lock = heard.iter().find(|heard| heard.body["params"]["args"][4] == "action_lock").unwrap();
    assert_eq!(lock.body["params"]["args"], json!(["prod", 7, KEY, "sale.order", "action_lock", [[1]], {}]));
}
