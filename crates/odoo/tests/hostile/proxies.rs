use super::server::{Reply, Server, polite};
use super::{KEY, endpoint, key, short};
use gatehouse_core::{Protocol, Tls};
use gatehouse_odoo::Client;
use gatehouse_odoo::probe::{ProbeTarget, StepKind, probe};
use serde_json::json;
use tokio::process::Command;

/// Set in the child, which alone runs with a proxy: the address of a server on this machine.
const NEAR: &str = "GATEHOUSE_TEST_NEAR";

/// An address of a private network that nothing here routes to.
const FAR: &str = "http://10.255.255.1:8069";

#[tokio::test]
async fn the_system_s_proxy_is_taken_but_never_for_this_machine() {
    if let Ok(near) = std::env::var(NEAR) {
        return behind_the_proxy(&near).await;
    }
    let proxy = Server::start(|heard| match heard.what.replace(FAR, "").as_str() {
        "GET /web/version" => Reply::Json(json!({"version": "19.0", "version_info": [19, 0, 0, "final", 0, ""]})),
        "POST /web/database/list" => Reply::Json(json!({"jsonrpc": "2.0", "id": 1, "result": ["prod"]})),
        _ => Reply::page(500),
    })
    .await;
    let near = Server::start(|heard| polite(heard).unwrap_or(Reply::page(404))).await;
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "proxies::the_system_s_proxy_is_taken_but_never_for_this_machine", "--nocapture"])
        .env("http_proxy", &proxy.origin)
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .env(NEAR, &near.origin)
        .output()
        .await
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let heard = proxy.heard();
    assert!(heard.iter().any(|heard| heard.what == format!("GET {FAR}/web/version")), "{heard:?}");
    assert!(heard.iter().all(|heard| heard.what.contains(FAR) && !heard.all.contains(KEY)), "{heard:?}");
    assert!(near.count("/context_get") > 0);
}

async fn behind_the_proxy(near: &str) {
    Client::sign_in_within(endpoint(near), key(), Protocol::Auto, short()).await.unwrap();
    let mut steps = Vec::new();
    let target = ProbeTarget {
        url: FAR.to_owned(),
        database: String::new(),
        login: "marc".to_owned(),
        credential: None,
        tls: Tls::System,
        protocol: Protocol::Auto,
    };
    let found = probe(target, |step| steps.push(step)).await.unwrap();
    assert_eq!(found.database, "prod");
    assert!(steps.iter().any(|step| step.kind == StepKind::Tcp && step.message.contains("proxy")), "{steps:?}");
}
