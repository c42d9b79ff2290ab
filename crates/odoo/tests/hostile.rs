//! Servers that do what no good server does: what Gatehouse makes of it, and what it never sends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

#[path = "hostile/server.rs"]
mod server;

#[path = "hostile/answers.rs"]
mod answers;
#[path = "hostile/certificates.rs"]
mod certificates;
#[path = "hostile/content.rs"]
mod content;
#[path = "hostile/leaks.rs"]
mod leaks;
#[path = "hostile/probing.rs"]
mod probing;
#[path = "hostile/proxies.rs"]
mod proxies;
#[path = "hostile/redirects.rs"]
mod redirects;
#[path = "hostile/remembered.rs"]
mod remembered;
#[path = "hostile/traffic.rs"]
mod traffic;
#[path = "hostile/upgrades.rs"]
mod upgrades;
#[path = "hostile/versions.rs"]
mod versions;

use gatehouse_core::{Protocol, Tls};
use gatehouse_odoo::{Client, Credential, Endpoint, Limits, OdooError, Record, Search};
use serde_json::json;
use server::{Heard, Reply, Server, polite};
use std::time::Duration;

/// Stands in for a key wherever a test looks for a leak.
const KEY: &str = "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7";
const LOGIN: &str = "marc.login@example.com";

fn endpoint(origin: &str) -> Endpoint {
    Endpoint { origin: origin.to_owned(), database: "prod".to_owned(), login: LOGIN.to_owned(), tls: Tls::System }
}

fn key() -> Credential {
    Credential::ApiKey(KEY.to_owned().into())
}

fn short() -> Limits {
    Limits {
        body: 64 * 1024,
        values: 256 * 1024,
        read: Duration::from_millis(1_500),
        write: Duration::from_millis(700),
        connect: Duration::from_millis(500),
    }
}

/// A server that lets a client sign in over JSON-2 and then does what `then` says, and such a client.
async fn signed_in(then: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> (Server, Client) {
    let server = Server::start(move |heard| polite(heard).unwrap_or_else(|| then(heard))).await;
    let (client, _) = Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await.unwrap();
    (server, client)
}

async fn read(client: &Client) -> Result<Vec<Record>, OdooError> {
    let search = Search { domain: json!([]), fields: &["name"], order: None, limit: 5, offset: 0 };
    keeps_secrets(client.search_read("res.partner", &search, None).await)
}

async fn write(client: &Client) -> Result<(), OdooError> {
    let values = Record::from_iter([("name".to_owned(), json!("x"))]);
    keeps_secrets(client.write("res.partner", &[1], values, None).await)
}

/// No error, however printed, holds key or login.
fn keeps_secrets<T>(outcome: Result<T, OdooError>) -> Result<T, OdooError> {
    if let Err(error) = &outcome {
        for shown in [format!("{error}"), format!("{error:?}"), format!("{:?}", error.edge())] {
            assert!(!shown.contains(KEY) && !shown.contains(LOGIN), "{shown}");
        }
    }
    outcome
}

#[tokio::test]
async fn a_search_is_one_request_on_a_kept_line_with_our_own_name() {
    let (server, client) = signed_in(|_| Reply::Json(json!([{"id": 1, "name": "Azure"}]))).await;
    let before = server.heard().len();
    read(&client).await.unwrap();
    read(&client).await.unwrap();
    let heard = server.heard();
    assert_eq!(heard.len(), before + 2);
    assert_eq!(heard[before].line, heard[before + 1].line);
    let last = &heard[before].all;
    assert!(last.contains(concat!("user-agent: Gatehouse/", env!("CARGO_PKG_VERSION"))), "{last}");
    assert!(last.contains(&format!("authorization: bearer {KEY}")) && last.contains("x-odoo-database: prod"));
    assert!(last.contains("accept-encoding: gzip"));
    assert!(heard.iter().filter(|heard| heard.what.contains("/web/")).all(|heard| !heard.all.contains(KEY)));
}

#[tokio::test]
async fn nothing_printable_holds_the_secret() {
    let (_server, client) = signed_in(|_| Reply::Hang).await;
    let shown = format!("{client:?} {:?} {:?}", key(), endpoint("http://localhost"));
    assert!(!shown.contains(KEY) && !shown.contains(LOGIN), "{shown}");
}
