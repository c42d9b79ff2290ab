//! `user_connection_activate`: the working connection of this bridge process, and of no other.

use super::arguments::Arguments;
use super::{Call, Done, Site, Target, Tool, define};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition};
use serde_json::{Value, json};

const NAME: &str = "user_connection_activate";

pub(crate) struct ConnectionActivate;

#[async_trait]
impl Tool for ConnectionActivate {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Choose a connection",
            Category::Write,
            Severity::Medium,
            "Makes a connection the one that reads use when they name none. If there are several, changes must still \
             name theirs.",
            &json!({"alias": {"type": "string"}}),
            &["alias"],
        )
    }

    fn target(&self) -> Target {
        Target::Alias
    }

    async fn describe(&self, site: &Site, _: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let connection = site.connection()?;
        if !connection.is_usable() {
            return Err(EdgeError::new(
                ErrorCode::ConnectionUnavailable,
                format!("“{}” is signed out. Only the user can reconnect it, in Gatehouse.", connection.name),
            ));
        }
        Ok(Box::new(ConnectionActivateCall(CallFacts::local(NAME, site.risk(NAME)))))
    }
}

struct ConnectionActivateCall(CallFacts);

#[async_trait]
impl Call for ConnectionActivateCall {
    fn facts(&self) -> &CallFacts {
        &self.0
    }

    fn resolved(&self) -> Value {
        json!({})
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let connection = site.connection()?;
        site.broker.activate(&site.bridge, &connection.id);
        Ok(Done {
            answer: json!({
                "active": connection.name,
                "host": connection.host(),
                "database": connection.database,
                "environment": connection.environment,
            }),
            summary: format!("{} is active", connection.name),
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }
}
