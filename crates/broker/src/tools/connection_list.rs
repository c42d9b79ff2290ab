//! `user_connection_list`: this agent's connections. Never a secret.

use super::arguments::Arguments;
use super::{Call, Done, Site, Target, Tool, counted, define};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, Connection, ConnectionStatus, EdgeError, Severity, ToolDefinition};
use serde_json::{Value, json};

const NAME: &str = "user_connection_list";

pub(crate) struct ConnectionList;

#[async_trait]
impl Tool for ConnectionList {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "List connections",
            Category::Read,
            Severity::Low,
            "Your Odoo connections: name, host, database, environment, version, user, company, status, and which is \
             active. Call it first.",
            &json!({}),
            &[],
        )
    }

    fn target(&self) -> Target {
        Target::None
    }

    async fn describe(&self, site: &Site, _: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        Ok(Box::new(ConnectionListCall(CallFacts::local(NAME, site.risk(NAME)))))
    }
}

struct ConnectionListCall(CallFacts);

#[async_trait]
impl Call for ConnectionListCall {
    fn facts(&self) -> &CallFacts {
        &self.0
    }

    fn resolved(&self) -> Value {
        json!({})
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let granted = site.granted();
        let active = site.broker.working_connection(&site.bridge, &granted);
        let connections: Vec<Value> =
            granted.iter().map(|connection| shown(connection, active.as_ref() == Some(&connection.id))).collect();
        let mut answer = json!({"connections": connections});
        if connections.is_empty() {
            answer["next"] = json!(
                "You have no connection. Propose one with user_connection_add, or ask the user to grant one in Gatehouse."
            );
        }
        Ok(Done {
            answer,
            summary: counted(connections.len(), "connection"),
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }
}

fn shown(connection: &Connection, active: bool) -> Value {
    let mut shown = json!({
        "name": connection.name,
        "host": connection.host(),
        "database": connection.database,
        "environment": connection.environment,
        "login": connection.login,
        "active": active,
    });
    if connection.read_only {
        shown["read_only"] = json!(true);
    }
    match &connection.status {
        ConnectionStatus::NeverChecked => shown["status"] = json!("never checked"),
        ConnectionStatus::Ok { version, user, company, .. } => {
            shown["status"] = json!("ok");
            shown["version"] = json!(version);
            shown["user"] = json!(user);
            shown["company"] = json!(company);
        }
        ConnectionStatus::Failed { message, .. } => {
            shown["status"] = json!("failed");
            shown["problem"] = json!(message);
        }
        ConnectionStatus::CredentialRefused { .. } => shown["status"] = json!("credential refused"),
        ConnectionStatus::NoSecret => shown["status"] = json!("waits for the user to enter the secret"),
        ConnectionStatus::SignedOut => shown["status"] = json!("signed out"),
    }
    shown
}
