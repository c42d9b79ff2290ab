//! The shared suite against `odoo-sim`. What holds here and not against the real Odoo, or the other way round, is a fault of
//! the twin.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on ends, and says where it was"
)]

mod suite;

use gatehouse_odoo::Credential;
use gatehouse_odoo_sim::{Account, Sim, SimOptions};
use suite::SuiteTarget;

fn target(sim: &Sim, account: &Account, secret: Credential) -> SuiteTarget {
    SuiteTarget {
        url: sim.url(),
        database: sim.database().to_owned(),
        login: account.login.clone(),
        secret,
        is_admin: account.login == "admin",
    }
}

#[tokio::test]
async fn the_suite_holds_with_keys() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    for account in [sim.admin(), sim.demo()] {
        let key = Credential::ApiKey(account.api_key.clone().into());
        suite::run(target(&sim, account, key)).await;
    }
}

#[tokio::test]
async fn the_suite_holds_with_passwords() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    for account in [sim.admin(), sim.demo()] {
        let password = Credential::Password(account.password.clone().into());
        suite::run(target(&sim, account, password)).await;
    }
}
