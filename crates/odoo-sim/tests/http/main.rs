//! The simulator over HTTP: the answers of a real Odoo 19, asked for in the same way.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bulk;
mod chatter;
mod connection;
mod documents;
mod files;
mod forms;
mod invoices;
mod mistakes;
mod portal;
mod rights;

use gatehouse_odoo_sim::{Account, Sim, SimOptions};
use reqwest::Response;
use serde_json::{Value, json};

/// A running Odoo and a client for it.
struct Odoo {
    sim: Sim,
    http: reqwest::Client,
}

impl Odoo {
    async fn start() -> Self {
        Self {
            sim: Sim::start(SimOptions::default()).await.unwrap(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// JSON-2: the status and the body.
    async fn ask(&self, who: &Account, model: &str, method: &str, body: &Value) -> (u16, Value) {
        let response = self.send(&who.api_key, model, method, body).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// JSON-2 as the administrator, expected to work.
    async fn get(&self, model: &str, method: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(self.sim.admin(), model, method, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// JSON-2 as the administrator, expected to fail: the status, the class and the message.
    async fn refused(&self, model: &str, method: &str, body: &Value) -> (u16, String, String) {
        let (status, answer) = self.ask(self.sim.admin(), model, method, body).await;
        told(status, &answer)
    }

    async fn send(&self, key: &str, model: &str, method: &str, body: &Value) -> Response {
        let url = format!("{}/json/2/{model}/{method}", self.sim.url());
        let request = self.http.post(url).bearer_auth(key).header("X-Odoo-Database", self.sim.database());
        request.json(body).send().await.unwrap()
    }

    /// JSON-RPC: the whole envelope.
    async fn rpc(&self, service: &str, method: &str, args: &Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "method": "call", "id": 7, "params": { "service": service, "method": method, "args": args } });
        let response = self.http.post(format!("{}/jsonrpc", self.sim.url())).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// `execute_kw` as the administrator with its password.
    async fn execute_kw(&self, model: &str, method: &str, args: &Value, kwargs: &Value) -> Value {
        self.rpc("object", "execute_kw", &json!(["demo", 2, "admin", model, method, args, kwargs])).await
    }
}

fn told(status: u16, answer: &Value) -> (u16, String, String) {
    let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("{status} {answer}")).to_owned();
    (status, text("name"), text("message"))
}
