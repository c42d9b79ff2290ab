//! The shared suite against a real Odoo: `cargo test -p gatehouse-odoo --features real-odoo --test real` with
//! `GATEHOUSE_ODOO_URL`, `GATEHOUSE_ODOO_DB`, `GATEHOUSE_ODOO_ADMIN_KEY` and `GATEHOUSE_ODOO_DEMO_KEY` set. Passwords are
//! `admin` and `demo`, as in Odoo's demo data.
#![cfg(feature = "real-odoo")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on ends, and says where it was"
)]

mod suite;

use gatehouse_odoo::Credential;
use suite::SuiteTarget;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; `cargo xtask odoo` prints what to set"))
}

fn target(login: &str, secret: Credential) -> SuiteTarget {
    SuiteTarget {
        url: variable("GATEHOUSE_ODOO_URL"),
        database: variable("GATEHOUSE_ODOO_DB"),
        login: login.to_owned(),
        secret,
        is_admin: login == "admin",
    }
}

#[tokio::test]
async fn the_suite_holds_for_an_administrator_with_a_key() {
    let key = Credential::ApiKey(variable("GATEHOUSE_ODOO_ADMIN_KEY").into());
    suite::run(target("admin", key)).await;
}

#[tokio::test]
async fn the_suite_holds_for_an_ordinary_user_with_a_key() {
    let key = Credential::ApiKey(variable("GATEHOUSE_ODOO_DEMO_KEY").into());
    suite::run(target("demo", key)).await;
}

#[tokio::test]
async fn the_suite_holds_for_an_administrator_with_a_password() {
    suite::run(target("admin", Credential::Password("admin".to_owned().into()))).await;
}

#[tokio::test]
async fn the_suite_holds_for_an_ordinary_user_with_a_password() {
    suite::run(target("demo", Credential::Password("demo".to_owned().into()))).await;
}
