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

use gatehouse_core::{Protocol, Tls};
use gatehouse_odoo::domain::InputError;
use gatehouse_odoo::values::{Mode, check_values};
use gatehouse_odoo::{Client, Context, Credential, Endpoint};
use serde_json::{Value, json};
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

#[tokio::test]
async fn a_name_means_the_one_record_that_odoo_finds_equal() {
    let endpoint = Endpoint {
        origin: variable("GATEHOUSE_ODOO_URL"),
        database: variable("GATEHOUSE_ODOO_DB"),
        login: "demo".to_owned(),
        tls: Tls::System,
    };
    let key = Credential::ApiKey(variable("GATEHOUSE_ODOO_DEMO_KEY").into());
    let (client, _) = Client::sign_in(endpoint, key, Protocol::Auto).await.unwrap();
    let context = Context::new();
    let source = client.within(&context);
    let check = async |model: &str, values: Value| {
        check_values(values.as_object().unwrap(), model, Mode::Create, &source, &source).await
    };
    for name in ["Large Cabinet", "E-COM07", "[E-COM07] Large Cabinet"] {
        let checked = check("sale.order.line", json!({"product_id": name})).await.unwrap();
        let told = format!("[E-COM07] Large Cabinet (#{})", checked.values["product_id"]);
        assert_eq!(checked.shown["product_id"], told, "{name}");
    }
    for name in ["France", "FR"] {
        assert_eq!(check("res.partner", json!({"country_id": name})).await.unwrap().values["country_id"], 75, "{name}");
    }
    // Odoo finds the first one too, by its code alone.
    for name in ["[E-COM07] Small Cabinet", "Cabinet"] {
        let refused = check("sale.order.line", json!({"product_id": name})).await;
        let Err(InputError::Refused(problems)) = refused else { panic!("{name}: {refused:?}") };
        assert!(problems[0].candidates.iter().any(|one| one.contains("Large Cabinet")), "{name}: {problems:?}");
    }
}
