//! `open_connection_manager`: launches or focuses the window at a page, and says which.

use super::arguments::Arguments;
use super::{Call, Done, Site, Target, Tool, define};
use crate::handler::shown_word;
use crate::state::Shown;
use crate::view::Navigation;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use serde_json::{Value, json};

pub(crate) const NAME: &str = "open_connection_manager";

pub(crate) struct OpenManager;

#[async_trait]
impl Tool for OpenManager {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Open Gatehouse",
            Category::Execute,
            Severity::High,
            "Shows the user the Gatehouse window: connections to repair, approvals that wait, what was done. Starts \
             the app if need be.",
            &json!({
                "page": {"type": "string", "enum": ["connections", "approvals", "agents", "policy", "activity"]},
                "connection": {"type": "string"},
            }),
            &[],
        )
    }

    fn target(&self) -> Target {
        Target::None
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let connection = arguments
            .text("connection")
            .and_then(|name| site.granted().into_iter().find(|connection| connection.name.eq_ignore_ascii_case(name)));
        let page = arguments.text("page").unwrap_or("connections").to_owned();
        Ok(Box::new(OpenManagerCall {
            facts: CallFacts::local(NAME, site.risk(NAME)),
            to: Navigation { page, connection: connection.map(|connection| connection.id) },
        }))
    }
}

struct OpenManagerCall {
    facts: CallFacts,
    to: Navigation,
}

#[async_trait]
impl Call for OpenManagerCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({"page": self.to.page, "connection": self.to.connection})
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let shown = site.broker.raise_main(Some(self.to.clone())).await;
        let how = match &shown {
            Shown::Failed(_) => "failed",
            _ if site.started_app => "launched",
            other => shown_word(other),
        };
        let message = match &shown {
            Shown::Failed(why) => why.clone(),
            Shown::Shown if !site.started_app => {
                "The window is visible, but the desktop did not bring it to the front. Tell the user to look for Gatehouse.".into()
            }
            _ => "The user has the window.".into(),
        };
        Ok(Done {
            answer: json!({"window": how, "page": self.to.page, "message": message}),
            summary: how.into(),
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }
}
