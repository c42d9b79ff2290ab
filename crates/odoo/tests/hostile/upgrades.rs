use super::server::{Heard, Reply, Server, polite, polite_rpc};
use super::{endpoint, key, read, short, write};
use gatehouse_core::Protocol;
use gatehouse_odoo::{Client, OdooError};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
