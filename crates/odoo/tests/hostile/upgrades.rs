use super::server::{Heard, Reply, Server, polite, polite_rpc};
use super::{endpoint, key, read, short, write};
use gatehouse_core::Protocol;
use gatehouse_odoo::{Client, OdooError};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// An Odoo 17 that becomes an Odoo 19 without `/jsonrpc`.
async fn upgraded(switch: &Arc<AtomicBool>) -> Server {
    let switch = Arc::clone(switch);
    let new = |heard: &Heard| match heard.what.as_str() {
        "POST /jsonrpc" => Reply::page(404),
        _ => polite(heard).unwrap_or(Reply::Json(json!([{"id": 1}]))),
    };
    let old = |heard: &Heard| match heard.what.as_str() {
        "POST /jsonrpc" => {
            polite_rpc(heard).unwrap_or(Reply::Json(json!({"jsonrpc": "2.0", "id": 1, "result": [{"id": 1}]})))
        }
        _ => Reply::page(404),
    };
    Server::start(move |heard| if switch.load(Ordering::SeqCst) { new(heard) } else { old(heard) }).await
}

#[tokio::test]
async fn after_an_upgrade_the_api_is_found_again_and_nothing_is_written_twice() {
    let switch = Arc::new(AtomicBool::new(false));
    let server = upgraded(&switch).await;
    let (client, _) = Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await.unwrap();
    read(&client).await.unwrap();
    assert_eq!(client.protocol(), Protocol::JsonRpc);
    switch.store(true, Ordering::SeqCst);
    write(&client).await.unwrap();
    assert_eq!((client.protocol(), client.version().to_string().as_str()), (Protocol::Json2, "19.0"));
    assert_eq!(server.count("/json/2/res.partner/write"), 1);
    read(&client).await.unwrap();
}

#[tokio::test]
async fn an_api_that_is_gone_for_good_is_an_error_and_not_a_loop() {
    let (server, client) = super::signed_in(|_| Reply::page(404)).await;
    assert!(matches!(write(&client).await, Err(OdooError::NoApi { api: "JSON-2", .. })));
    assert_eq!(server.count("/write"), 1);
}

/// A minute passes.
async fn a_minute_later() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

fn unknown_field() -> Reply {
    let error = json!({"name": "builtins.ValueError", "message": "Invalid field 'name' on 'res.partner'"});
    Reply::Http(500, vec![("content-type", "application/json".into())], error.to_string().into_bytes())
}

const SOON: Duration = Duration::from_millis(50);

/// An Odoo 19 that becomes an Odoo 20, where a search and a write fail once for their schema.
async fn becoming_20(switch: &Arc<AtomicBool>) -> Server {
    let switch = Arc::clone(switch);
    let failed = AtomicUsize::new(0);
    Server::start(move |heard| match heard.what.as_str() {
        "GET /web/version" if switch.load(Ordering::SeqCst) => {
            Reply::Json(json!({"version": "20.0", "version_info": [20, 0, 0, "final", 0, ""]}))
        }
        // Not before both can have come.
        "POST /json/2/res.partner/fields_get" => Reply::Late(json!({"name": {"type": "char", "string": "Name"}}), SOON),
        "POST /json/2/res.partner/get_view" => {
            Reply::Late(json!({"arch": "<list><field name=\"name\"/></list>"}), SOON)
        }
        "POST /json/2/res.partner/search_read" if failed.fetch_add(1, Ordering::SeqCst) < 2 => unknown_field(),
        "POST /json/2/res.partner/write" => unknown_field(),
        _ => polite(heard).unwrap_or(Reply::Json(json!([{"id": 1}]))),
    })
    .await
}

async fn client(server: &Server) -> Client {
    Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await.unwrap().0
}

#[tokio::test]
async fn an_upgrade_that_keeps_the_protocol_is_noticed_and_what_was_remembered_is_dropped() {
    let switch = Arc::new(AtomicBool::new(false));
    let server = becoming_20(&switch).await;
    let client = client(&server).await;
    let before = client.fields("res.partner", Some("fr_FR")).await.unwrap();
    switch.store(true, Ordering::SeqCst);

    let error = read(&client).await.unwrap_err();
    assert!(matches!(error, OdooError::UnknownSchema { .. }), "{error:?}");
    assert_eq!(server.count("/web/version"), 1, "looked up less than a minute ago");

    a_minute_later().await;
    let kept = client.fields("res.partner", Some("fr_FR")).await.unwrap();
    assert!(!Arc::ptr_eq(&before, &kept), "dropped with the error");
    read(&client).await.unwrap();
    assert_eq!((client.version().to_string().as_str(), server.count("/web/version")), ("20.0", 2));
    assert_eq!(server.count("/search_read"), 3, "the read was sent once more");
    assert!(!Arc::ptr_eq(&kept, &client.fields("res.partner", Some("fr_FR")).await.unwrap()));
}

#[tokio::test]
async fn a_refused_write_is_not_sent_again_for_an_upgrade_and_many_errors_look_once() {
    let switch = Arc::new(AtomicBool::new(false));
    let server = becoming_20(&switch).await;
    let client = client(&server).await;
    switch.store(true, Ordering::SeqCst);
    a_minute_later().await;
    let (a, b, c) = tokio::join!(write(&client), write(&client), write(&client));
    assert!([a, b, c].iter().all(|outcome| matches!(outcome, Err(OdooError::UnknownSchema { .. }))));
    assert_eq!((server.count("/write"), server.count("/web/version")), (3, 2));
    assert_eq!(client.version().to_string(), "20.0");

    a_minute_later().await;
    write(&client).await.unwrap_err();
    assert_eq!((server.count("/write"), server.count("/web/version")), (4, 3));
    write(&client).await.unwrap_err();
    assert_eq!(server.count("/web/version"), 3, "at most once a minute");
}

#[tokio::test]
async fn who_asks_first_asks_for_everybody_and_a_description_is_one_trip() {
    let server = becoming_20(&Arc::new(AtomicBool::new(false))).await;
    let client = client(&server).await;
    let one = || client.describe("res.partner", None);
    let (a, b, c) = tokio::join!(one(), one(), one());
    for described in [a, b, c] {
        let (fields, columns) = described.unwrap();
        assert_eq!((fields.len(), columns.as_slice()), (1, ["name".to_owned()].as_slice()));
    }
    assert_eq!((server.count("/fields_get"), server.count("/get_view")), (1, 1));
    let lines: Vec<usize> = server
        .heard()
        .iter()
        .filter(|heard| heard.what.ends_with("/fields_get") || heard.what.ends_with("/get_view"))
        .map(|heard| heard.line)
        .collect();
    assert!(lines.len() == 2 && lines[0] != lines[1], "at the same time, so on two lines: {lines:?}");
}
