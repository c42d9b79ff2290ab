use super::server::{Reply, Server, polite};
use super::{KEY, endpoint, key, short};
use gatehouse_core::{Protocol, Tls};
use gatehouse_odoo::Client;
use gatehouse_odoo::probe::{ProbeTarget, StepKind, probe};
use tokio::process::Command;

/// Set in the child, which alone runs with a proxy: the address of a server on this machine.
const NEAR: &str = "GATEHOUSE_TEST_NEAR";

/// An address that nothing here routes to: only the proxy is asked for it.
const FAR: &str = "https://192.0.2.1:8069";

#[tokio::test]
async fn the_system_s_proxy_carries_tls_only_and_never_for_this_machine() {
    if let Ok(near) = std::env::var(NEAR) {
        return behind_the_proxy(&near).await;
    }
    let proxy = Server::start(|_| Reply::page(500)).await;
    let near = Server::start(|heard| polite(heard).unwrap_or(Reply::page(404))).await;
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "proxies::the_system_s_proxy_carries_tls_only_and_never_for_this_machine", "--nocapture"])
        .env("http_proxy", &proxy.origin)
        .env("https_proxy", &proxy.origin)
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .env(NEAR, &near.origin)
        .output()
        .await
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let heard = proxy.heard();
    assert!(heard.iter().any(|heard| heard.what == "CONNECT 192.0.2.1:8069"), "{heard:?}");
    assert!(heard.iter().all(|heard| heard.what.starts_with("CONNECT ") && !heard.all.contains(KEY)), "{heard:?}");
    assert!(near.count("/context_get") > 0);
}

async fn behind_the_proxy(near: &str) {
    // This machine, without TLS: straight.
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
    // The proxy builds no tunnel, so the test ends there.
    probe(target, |step| steps.push(step)).await.unwrap_err();
    assert!(steps.iter().any(|step| step.kind == StepKind::Tcp && step.message.contains("proxy")), "{steps:?}");
}
