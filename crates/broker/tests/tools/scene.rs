//! A house with one connection to an Odoo, whose policy lets everything through, and an agent in it.

use crate::house::{Agent, House, http_post};
use gatehouse_broker::view::{ConnectionDraft, SaveOutcome, SecretInput};
use gatehouse_core::{EdgeError, Environment, Protocol, Tls};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// An Odoo, and a user of it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) database: String,
    pub(crate) login: String,
    pub(crate) key: String,
    /// Looks up and cleans up what the agent did.
    pub(crate) admin_key: String,
}

pub(crate) struct Scene {
    /// Closed when the scene ends.
    _house: House,
    pub(crate) agent: Agent,
    pub(crate) target: Target,
    mark: String,
    made: AtomicUsize,
}

impl Scene {
    pub(crate) async fn open(target: Target, protocol: Protocol) -> Self {
        let house = House::open().await;
        let draft = ConnectionDraft {
            id: None,
            name: "Work".into(),
            url: target.url.clone(),
            database: target.database.clone(),
            login: target.login.clone(),
            environment: Environment::Production,
            read_only: false,
            protocol,
            tls: Tls::System,
            language: None,
            note: String::new(),
            tags: Vec::new(),
            favourite: false,
            proposal: None,
        };
        let secret = SecretInput::ApiKey(target.key.clone().into());
        let saved = house.broker.save_connection(draft, Some(secret)).await.unwrap();
        assert!(matches!(saved, SaveOutcome::Saved { .. }), "{saved:?}");
        let agent = house.admitted("claude-code").await;
        house.save(&house.of_demo(), r#"{"version": "1", "default": "allow"}"#).await;
        let mark = format!("Suite {protocol:?} {} {}", target.login, std::process::id());
        Self { _house: house, agent, target, mark, made: AtomicUsize::new(0) }
    }

    pub(crate) fn is_admin(&self) -> bool {
        self.target.login == "admin"
    }

    /// A name that nothing else has.
    pub(crate) fn name(&self, what: &str) -> String {
        format!("{} {what} {}", self.mark, self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// Calls a tool and waits for its outcome.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<Value, EdgeError> {
        let mut answer = self.agent.call(tool, arguments).await?;
        while matches!(answer["status"].as_str(), Some("running")) {
            answer = self.agent.call("approval_wait", json!({"ticket": answer["ticket"]})).await?;
        }
        Ok(answer)
    }

    /// The same where it has to work.
    pub(crate) async fn ok(&self, tool: &str, arguments: Value) -> Value {
        self.call(tool, arguments.clone()).await.unwrap_or_else(|error| panic!("{tool} {arguments}: {error:?}"))
    }

    /// The same where it has to fail.
    pub(crate) async fn err(&self, tool: &str, arguments: Value) -> EdgeError {
        match self.call(tool, arguments.clone()).await {
            Ok(answer) => panic!("{tool} {arguments} should fail: {answer}"),
            Err(error) => error,
        }
    }

    /// Odoo itself, as its administrator, without Gatehouse.
    pub(crate) async fn odoo(&self, model: &str, method: &str, body: Value) -> Value {
        let url = format!("{}/json/2/{model}/{method}", self.target.url);
        http_post(&url, &self.target.admin_key, &self.target.database, &body.to_string()).await
    }

    /// One field of one record, as Odoo has it.
    pub(crate) async fn stored(&self, model: &str, id: i64, field: &str) -> Value {
        self.odoo(model, "read", json!({"ids": [id], "fields": [field]})).await[0][field].clone()
    }

    /// Removes what a story made.
    pub(crate) async fn remove(&self, model: &str, ids: &[i64]) {
        self.odoo(model, "unlink", json!({"ids": ids})).await;
    }

    /// New contacts of these values, by the tool.
    pub(crate) async fn contacts(&self, values: Value) -> Vec<i64> {
        ids(&self.ok("odoo_create", json!({"model": "res.partner", "values": values})).await)
    }
}

/// The ids that an answer tells.
pub(crate) fn ids(answer: &Value) -> Vec<i64> {
    answer["ids"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
}

/// The records of an answer as objects, whether they came as objects or as a table.
pub(crate) fn records(answer: &Value) -> Vec<Map<String, Value>> {
    if let Some(ids) = answer["ids"].as_array() {
        return ids.iter().map(|id| Map::from_iter([("id".to_owned(), id.clone())])).collect();
    }
    if let Some(records) = answer["records"].as_array() {
        return records.iter().filter_map(|record| record.as_object().cloned()).collect();
    }
    let columns: Vec<&str> = answer["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|column| column.as_str().or_else(|| column.as_object()?.keys().next().map(String::as_str)))
        .collect();
    let shared = answer["every_row"].as_object().cloned().unwrap_or_default();
    let row = |row: &Value| {
        let cells = row.as_array().into_iter().flatten();
        let mut record: Map<String, Value> =
            columns.iter().map(|name| (*name).to_owned()).zip(cells.cloned()).collect();
        record.extend(shared.clone());
        record
    };
    answer["rows"].as_array().into_iter().flatten().map(row).collect()
}
