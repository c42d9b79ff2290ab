use super::server::{Heard, Reply, Server, polite, polite_rpc};
use super::{endpoint, key, read, short, signed_in, write};
use flate2::Compression;
use flate2::write::GzEncoder;
use gatehouse_core::{ErrorCode, Protocol};
use gatehouse_odoo::{Client, Flaw, Limits, Lost, OdooError};
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};

fn unknown(cause: Lost) -> Result<(), OdooError> {
    Err(OdooError::OutcomeUnknown { cause })
}

fn body(bytes: &[u8]) -> Reply {
    Reply::Http(200, vec![("content-type", "application/json".into())], bytes.to_vec())
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn packed(bytes: Vec<u8>) -> Reply {
    Reply::Http(200, vec![("content-encoding", "gzip".into())], bytes)
}

#[tokio::test]
async fn what_is_nearly_json_is_not_used_and_its_flaw_is_named() {
    for (answer, flaw) in [
        (&b"[{\"id\": 1, \"amount\": NaN}]"[..], Flaw::Number),
        (b"[{\"id\": 1, \"amount\": -Infinity}]", Flaw::Number),
        (b"[{\"id\": 1, \"amount\": 1e999}]", Flaw::Number),
        (b"[{\"id\": 1, \"id\": 2}]", Flaw::DoubledKey),
        (b"\xef\xbb\xbf[{\"id\": 1}]", Flaw::ByteOrderMark),
        (b"[{\"id\": 1, \"name\": \"\xff\xfe\"}]", Flaw::NotUtf8),
        (&b"[".repeat(10_000), Flaw::TooDeep),
    ] {
        let answer = answer.to_vec();
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(40)]).into_owned();
        let (server, client) = signed_in(move |_| body(&answer)).await;
        let error = read(&client).await.unwrap_err();
        assert!(matches!(&error, OdooError::Unreadable { flaw: found, .. } if *found == flaw), "{shown}: {error:?}");
        let edge = error.edge();
        assert!(edge.code == ErrorCode::OdooFailed && !edge.retry, "{edge:?}");
        assert_eq!(write(&client).await, unknown(Lost::Unreadable), "{shown}");
        assert_eq!((server.count("/search_read"), server.count("/write")), (1, 1), "{shown}");
    }
}

#[tokio::test]
async fn the_envelope_of_json_rpc_is_read_as_strictly() {
    for answer in [
        r#"{"jsonrpc": "2.0", "result": [{"id": 1}], "result": [{"id": 2}]}"#,
        r#"{"jsonrpc": "2.0", "id": 1, "result": [{"id": 1, "amount": NaN}]}"#,
        r#"{"jsonrpc": "2.0", "id": 1, "result": [{"id": 1, "id": 1}]}"#,
    ] {
        let server = Server::start(move |heard: &Heard| {
            if heard.what.starts_with("GET") {
                return Reply::page(404);
            }
            polite_rpc(heard).unwrap_or_else(|| body(answer.as_bytes()))
        })
        .await;
        let signed_in = Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await;
        let (client, _) = signed_in.unwrap();
        assert!(matches!(read(&client).await, Err(OdooError::Unreadable { .. })), "{answer}");
        assert_eq!(write(&client).await, unknown(Lost::Unreadable), "{answer}");
    }
}

#[tokio::test]
async fn json_counts_as_json_whatever_it_is_called() {
    for called in
        [Some("text/html; charset=utf-8"), Some("text/plain"), Some("application/xml"), Some("\u{1f4a9}"), None]
    {
        let headers = called.map(|called| ("content-type", called.to_owned()));
        let answer = move || Reply::Http(200, headers.clone().into_iter().collect(), b" [{\"id\": 1}]".to_vec());
        let (_server, client) = signed_in(move |_| answer()).await;
        assert_eq!(read(&client).await.unwrap().len(), 1, "{called:?}");
    }
    for text in ["<!DOCTYPE html><html>", "<?xml version='1.0'?><methodResponse/>", "Bad Gateway", "", "\0\0\0\0"] {
        let (_server, client) = signed_in(move |_| body(text.as_bytes())).await;
        assert!(
            matches!(read(&client).await, Err(OdooError::NotOdoo { .. } | OdooError::Interrupted { .. })),
            "{text:?}"
        );
        assert_eq!(write(&client).await, unknown(Lost::Unreadable), "{text:?}");
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_is_not_taken_for_records() {
    for answer in [json!({"id": 1}), json!("rows"), json!(null), json!([1, 2]), json!([[]]), json!(true), json!(-1)] {
        let shown = answer.to_string();
        let (_server, client) = signed_in(move |_| Reply::Json(answer.clone())).await;
        assert!(matches!(read(&client).await, Err(OdooError::UnexpectedAnswer { .. })), "{shown}");
    }
}

#[tokio::test]
async fn a_small_packed_answer_is_read_and_a_bomb_is_not() {
    let small = gzipped(b"[{\"id\": 1}]");
    let (_server, client) = signed_in(move |_| packed(small.clone())).await;
    assert_eq!(read(&client).await.unwrap().len(), 1);

    let bomb = gzipped(&vec![b' '; 16 * 1024 * 1024]);
    assert!(bomb.len() < 20_000);
    let bomb = gzipped(&bomb);
    let (_server, client) = signed_in(move |_| packed(bomb.clone())).await;
    assert!(matches!(read(&client).await, Err(OdooError::Unreadable { flaw: Flaw::NotUtf8, .. })), "packed twice");

    let bomb = gzipped(&vec![b' '; 48 * 1024 * 1024]);
    let (server, client) = signed_in(move |_| packed(bomb.clone())).await;
    assert_eq!(read(&client).await, Err(OdooError::TooLarge { limit: 64 * 1024 }));
    assert_eq!(write(&client).await, unknown(Lost::TooLarge));
    assert_eq!(server.count("/search_read"), 1);

    let mut damaged = gzipped(&[b' '; 4_000]);
    let half = damaged.len() / 2;
    damaged[half] ^= 0xff;
    for damaged in [damaged, b"[{\"id\": 1}]".to_vec(), b"\x1f\x8b\x08".to_vec()] {
        let (_server, client) = signed_in(move |_| packed(damaged.clone())).await;
        assert!(matches!(read(&client).await, Err(OdooError::NotOdoo { .. } | OdooError::Interrupted { .. })));
        assert!(write(&client).await.unwrap_err().is_outcome_unknown());
    }
}

#[tokio::test]
async fn many_small_values_are_too_large_though_their_text_is_short() {
    for (one, begin) in [("{\"a\":0},", "["), ("[0],", "["), ("\"a\",", "[")] {
        let text = format!("{begin}{}0]", one.repeat(60_000 / one.len()));
        let (server, client) = signed_in(move |_| body(text.as_bytes())).await;
        assert_eq!(read(&client).await, Err(OdooError::TooLarge { limit: 256 * 1024 }), "{one}");
        assert_eq!(write(&client).await, unknown(Lost::TooLarge), "{one}");
        assert_eq!(server.count("/search_read"), 1, "{one}");
    }
}

#[tokio::test]
async fn a_text_of_ten_megabytes_comes_through_whole() {
    let long = "x".repeat(10_000_000);
    let answer = json!([{"id": 1, "datas": long}]);
    let server = Server::start(move |heard| polite(heard).unwrap_or_else(|| Reply::Json(answer.clone()))).await;
    let signed_in = Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, Limits::default()).await;
    let rows = read(&signed_in.unwrap().0).await.unwrap();
    assert_eq!(rows[0]["datas"].as_str().map(str::len), Some(10_000_000));
}

#[tokio::test]
async fn an_answer_of_a_byte_at_a_time_ends_at_the_deadline() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 300\r\n\r\n[".to_vec();
    for skip in [0, answer.len() - 2] {
        let (head, tail) = answer.split_at(skip);
        let mut slow = tail.to_vec();
        slow.extend_from_slice(&[b' '; 250]);
        let head = head.to_vec();
        let (server, client) = signed_in(move |_| {
            // The head at once where only the body is slow.
            let mut bytes = head.clone();
            bytes.extend_from_slice(&slow);
            Reply::Drip(bytes, Duration::from_millis(20))
        })
        .await;
        let begun = Instant::now();
        assert!(matches!(read(&client).await, Err(OdooError::TimedOut { .. })));
        assert_eq!(write(&client).await, unknown(Lost::TimedOut));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert_eq!((server.count("/search_read"), server.count("/write")), (1, 1));
    }
}

#[tokio::test]
async fn what_follows_an_answer_is_never_taken_for_the_next_one() {
    // As many bytes as were announced, and then a whole answer that nobody asked for.
    let first = "[{\"id\": 1}]";
    let forged = "[{\"id\": 666}]";
    let raw = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{first}HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{forged}",
        first.len(),
        forged.len()
    );
    let (_server, client) = signed_in(move |_| Reply::Drip(raw.clone().into_bytes(), Duration::ZERO)).await;
    for _ in 0..3 {
        assert_eq!(read(&client).await.unwrap()[0]["id"], 1);
    }
    // Fewer bytes announced than sent: only half of the JSON counts.
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n[{\"id\": 1}]";
    let (_server, client) = signed_in(move |_| Reply::Raw(short.as_bytes().to_vec())).await;
    assert!(matches!(read(&client).await, Err(OdooError::Interrupted { .. })));
    assert_eq!(write(&client).await, unknown(Lost::Unreadable));
    // Two lengths, or a length and chunks: nobody can tell where it ends.
    for head in ["content-length: 4\r\ncontent-length: 11", "content-length: -1", "content-length: 4x"] {
        let raw = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n[{{\"id\": 1}}]");
        let (_server, client) = signed_in(move |_| Reply::Raw(raw.clone().into_bytes())).await;
        assert!(read(&client).await.is_err(), "{head}");
        assert!(write(&client).await.unwrap_err().is_outcome_unknown(), "{head}");
    }
}

#[tokio::test]
async fn a_line_that_is_reset_leaves_a_write_unknown() {
    let (server, client) = signed_in(|_| Reply::Reset).await;
    assert!(matches!(read(&client).await, Err(OdooError::Interrupted { .. })));
    assert_eq!(server.count("/search_read"), 3, "a read is sent again");
    assert_eq!(write(&client).await, unknown(Lost::Interrupted));
    assert_eq!(server.count("/write"), 1);
}

#[tokio::test]
async fn a_status_that_odoo_never_uses_is_not_taken_for_success() {
    let raw = |text: &'static str| move |_: &Heard| Reply::Raw(text.as_bytes().to_vec());
    // What comes before the answer proper is passed over.
    let (_server, client) = signed_in(raw(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: \
         11\r\n\r\n[{\"id\": 1}]",
    ))
    .await;
    assert_eq!(read(&client).await.unwrap().len(), 1);
    for (text, is_run) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", true),
        ("HTTP/1.1 205 Reset\r\ncontent-length: 0\r\n\r\n", true),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", false),
        ("HTTP/1.1 300 Choices\r\ncontent-length: 2\r\n\r\n[]", false),
        ("HTTP/1.1 418 Teapot\r\ncontent-length: 0\r\n\r\n", false),
        ("HTTP/1.1 999 Denied\r\ncontent-length: 2\r\n\r\n{}", false),
    ] {
        let (server, client) = signed_in(raw(text)).await;
        assert!(matches!(read(&client).await, Err(OdooError::NotOdoo { .. })), "{text}");
        assert_eq!(write(&client).await.unwrap_err().is_outcome_unknown(), is_run, "{text}");
        assert_eq!(server.count("/write"), 1, "{text}");
    }
    // Neither HTTP nor an end to it.
    for text in
        ["HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n", "HTTP/9.9 200 OK\r\n\r\n"]
    {
        let (_server, client) = signed_in(raw(text)).await;
        assert!(read(&client).await.is_err(), "{text}");
        assert!(write(&client).await.unwrap_err().is_outcome_unknown(), "{text}");
    }
    let endless = "HTTP/1.1 100 Continue\r\n\r\n".repeat(100_000).into_bytes();
    let (_server, client) = signed_in(move |_| Reply::Raw(endless.clone())).await;
    assert!(read(&client).await.is_err());
}

#[tokio::test]
async fn headers_without_end_are_not_read_to_it() {
    let one = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\ncontent-length: 2\r\n\r\n[]", "a".repeat(8_000_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}content-length: 2\r\n\r\n[]", "x-many: a\r\n".repeat(100_000));
    for raw in [one, many] {
        let (server, client) = signed_in(move |_| Reply::Raw(raw.clone().into_bytes())).await;
        let error = read(&client).await.unwrap_err();
        assert!(matches!(&error, OdooError::NotOdoo { what, .. } if what.contains("headers")), "{error:?}");
        assert_eq!(write(&client).await, unknown(Lost::Unreadable));
        assert_eq!((server.count("/search_read"), server.count("/write")), (1, 1));
    }
}

#[tokio::test]
async fn a_hostile_version_is_no_version() {
    for version in [
        json!({"version": "x".repeat(50_000), "version_info": []}),
        json!({"version": "", "version_info": vec![0; 50_000]}),
        json!([]),
        Value::Null,
    ] {
        let server = Server::start(move |heard| match heard.what.as_str() {
            "GET /web/version" => Reply::Json(version.clone()),
            _ => Reply::page(404),
        })
        .await;
        let refused = Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await;
        assert!(matches!(refused.unwrap_err(), OdooError::NotOdoo { .. }));
    }
}
