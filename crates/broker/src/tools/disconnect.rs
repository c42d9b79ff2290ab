//! `odoo_disconnect`: signs a connection out until the person reconnects it.

use super::arguments::Arguments;
use super::{Call, Done, Preview, Site, Target, Tool, define};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use serde_json::{Value, json};

const NAME: &str = "odoo_disconnect";

pub(crate) struct Disconnect;

#[async_trait]
impl Tool for Disconnect {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Disconnect",
            Category::Destructive,
            Severity::Critical,
            "Signs a connection out until the user reconnects it. The user is always asked.",
            &json!({"alias": {"type": "string"}}),
            &["alias"],
        )
    }

    fn target(&self) -> Target {
        Target::Alias
    }

    async fn describe(&self, site: &Site, _: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        Ok(Box::new(DisconnectCall(CallFacts::local(NAME, site.risk(NAME)))))
    }
}

struct DisconnectCall(CallFacts);

#[async_trait]
impl Call for DisconnectCall {
    fn facts(&self) -> &CallFacts {
        &self.0
    }

    fn resolved(&self) -> Value {
        json!({})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let connection = site.connection()?;
        Ok(Preview {
            sentence: format!("Sign out of “{}”", connection.name),
            touches: vec!["No agent can use it until you reconnect it. Calls that wait on it become void.".into()],
            observed: json!({"name": connection.name, "origin": connection.origin, "database": connection.database}),
            ..Preview::default()
        })
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let connection = site.connection()?;
        site.broker.disconnect_for(&connection.id, Some(&site.agent.id)).await?;
        Ok(Done {
            answer: json!({"status": "disconnected", "connection": connection.name, "message": "Only the user can reconnect it, in Gatehouse."}),
            summary: format!("{} signed out", connection.name),
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }
}
