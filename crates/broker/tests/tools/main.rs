//! Every tool, through the socket, against an Odoo: one suite for `odoo-sim` and for a real Odoo 19, over JSON-2 and over
//! JSON-RPC, as an administrator and as an ordinary user. What holds here and not there is a fault of the twin.
//!
//! The real one: `cargo test -p gatehouse-broker --features real-odoo --test tools real` with `GATEHOUSE_ODOO_URL`,
//! `GATEHOUSE_ODOO_DB`, `GATEHOUSE_ODOO_ADMIN_KEY` and `GATEHOUSE_ODOO_DEMO_KEY` set.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::needless_pass_by_value, reason = "values made on the spot")]

#[path = "../broker/house.rs"]
#[expect(dead_code, reason = "shared with the tests of the broker, which use the rest of it")]
mod house;
mod scene;
mod suite;

use gatehouse_core::Protocol;
use gatehouse_odoo_sim::{Sim, SimOptions};
use scene::Target;

/// The twin: each protocol, each user.
mod sim {
    use super::*;

    async fn with(login: &str, protocol: Protocol) {
        let sim = Sim::start(SimOptions::default()).await.unwrap();
        let user = if login == "admin" { sim.admin() } else { sim.demo() };
        let target = Target {
            url: sim.url(),
            database: sim.database().to_owned(),
            login: user.login.clone(),
            key: user.api_key.clone(),
            admin_key: sim.admin().api_key.clone(),
        };
        suite::run(target, protocol).await;
    }

    #[tokio::test]
    async fn every_tool_works_for_an_administrator_over_json_2() {
        with("admin", Protocol::Json2).await;
    }

    #[tokio::test]
    async fn every_tool_works_for_an_ordinary_user_over_json_2() {
        with("demo", Protocol::Json2).await;
    }

    #[tokio::test]
    async fn every_tool_works_for_an_administrator_over_json_rpc() {
        with("admin", Protocol::JsonRpc).await;
    }

    #[tokio::test]
    async fn every_tool_works_for_an_ordinary_user_over_json_rpc() {
        with("demo", Protocol::JsonRpc).await;
    }
}

/// The real one.
#[cfg(feature = "real-odoo")]
mod real {
    use super::*;

    fn variable(name: &str) -> String {
        std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; `cargo xtask odoo` prints what to set"))
    }

    async fn with(login: &str, protocol: Protocol) {
        let key = |login: &str| variable(&format!("GATEHOUSE_ODOO_{}_KEY", login.to_uppercase()));
        let target = Target {
            url: variable("GATEHOUSE_ODOO_URL"),
            database: variable("GATEHOUSE_ODOO_DB"),
            login: login.to_owned(),
            key: key(login),
            admin_key: key("admin"),
        };
        suite::run(target, protocol).await;
    }

    #[tokio::test]
    async fn every_tool_works_for_an_administrator_over_json_2() {
        with("admin", Protocol::Json2).await;
    }

    #[tokio::test]
    async fn every_tool_works_for_an_ordinary_user_over_json_2() {
        with("demo", Protocol::Json2).await;
    }

    #[tokio::test]
    async fn every_tool_works_for_an_administrator_over_json_rpc() {
        with("admin", Protocol::JsonRpc).await;
    }

    #[tokio::test]
    async fn every_tool_works_for_an_ordinary_user_over_json_rpc() {
        with("demo", Protocol::JsonRpc).await;
    }
}
