//! Odoo as it is, asked without Gatehouse: what the story claims to have changed is looked up here.

use gatehouse_odoo_sim::Sim;
use serde_json::{Value, json};

/// An Odoo, and a user of it with an API key.
#[derive(Debug, Clone)]
pub struct Odoo {
    /// Scheme, host, port.
    pub url: String,
    /// The database.
    pub database: String,
    /// The login.
    pub login: String,
    /// The API key.
    pub key: String,
}

impl Odoo {
    /// The real one that `cargo xtask test` started, as `admin` or `demo`.
    pub fn real(login: &str) -> Self {
        let read =
            |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run cargo xtask test"));
        Self {
            url: read("GATEHOUSE_ODOO_URL"),
            database: read("GATEHOUSE_ODOO_DB"),
            login: login.to_owned(),
            key: read(&format!("GATEHOUSE_ODOO_{}_KEY", login.to_uppercase())),
        }
    }

    /// A simulated one, as its administrator.
    pub fn of(sim: &Sim) -> Self {
        let user = sim.admin();
        Self {
            url: sim.url(),
            database: sim.database().to_owned(),
            login: user.login.clone(),
            key: user.api_key.clone(),
        }
    }

    /// Calls a method with named arguments over JSON-2.
    pub async fn call(&self, model: &str, method: &str, arguments: Value) -> Value {
        let answer = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client")
            .post(format!("{}/json/2/{model}/{method}", self.url))
            .bearer_auth(&self.key)
            .header("X-Odoo-Database", &self.database)
            .json(&arguments)
            .send()
            .await
            .expect("Odoo answers");
        let status = answer.status();
        let body: Value = answer.json().await.expect("Odoo answers JSON");
        assert!(status.is_success(), "{model}.{method}: {status}: {}", body["message"]);
        body
    }

    /// One field of one record.
    pub async fn field(&self, model: &str, id: i64, field: &str) -> Value {
        let rows = self.call(model, "read", json!({ "ids": [id], "fields": [field] })).await;
        rows[0][field].clone()
    }

    /// A contact of its own for a story, so that stories do not meet.
    pub async fn new_contact(&self, name: &str) -> i64 {
        let ids = self
            .call("res.partner", "create", json!({ "vals_list": [{ "name": name, "phone": "+32 2 000 00 00" }] }))
            .await;
        ids[0].as_i64().expect("an id")
    }
}
