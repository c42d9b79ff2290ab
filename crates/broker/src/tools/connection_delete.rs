//! `user_connection_delete`: moves a connection to the trash, after a person said so.

use super::arguments::Arguments;
use super::{Call, Done, Preview, Site, Target, Tool, define};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use serde_json::{Value, json};

const NAME: &str = "user_connection_delete";

pub(crate) struct ConnectionDelete;

#[async_trait]
impl Tool for ConnectionDelete {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Delete a connection",
            Category::Destructive,
            Severity::Critical,
            "Moves a connection to the trash, restorable for 30 days. The user is always asked.",
            &json!({"alias": {"type": "string"}}),
            &["alias"],
        )
    }

    fn target(&self) -> Target {
        Target::Alias
    }

    async fn describe(&self, site: &Site, _: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        Ok(Box::new(ConnectionDeleteCall(CallFacts::local(NAME, site.risk(NAME)))))
    }
}

struct ConnectionDeleteCall(CallFacts);

#[async_trait]
impl Call for ConnectionDeleteCall {
    fn facts(&self) -> &CallFacts {
        &self.0
    }

    fn resolved(&self) -> Value {
        json!({})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let connection = site.connection()?;
        Ok(Preview {
            sentence: format!("Delete the connection “{}”", connection.name),
            touches: vec![
                "It goes to the trash and can be restored for 30 days. Calls that wait on it become void.".into(),
            ],
            observed: json!({"name": connection.name, "origin": connection.origin, "database": connection.database}),
            ..Preview::default()
        })
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let connection = site.connection()?;
        site.broker.trash_for(&connection.id, Some(&site.agent.id)).await?;
        Ok(Done {
            answer: json!({"status": "deleted", "connection": connection.name, "message": "It is in the trash; the user can restore it in Gatehouse for 30 days."}),
            summary: format!("{} moved to the trash", connection.name),
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }
}
