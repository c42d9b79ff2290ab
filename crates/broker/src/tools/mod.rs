//! The tools an agent may call, one file each, each in the same order: definition, facts, preview, run.

mod approval_wait;
pub(crate) mod arguments;
mod attachment_download;
mod attachment_upload;
mod besides;
mod columns;
mod connect;
mod connection_activate;
mod connection_add;
mod connection_delete;
mod connection_list;
mod create;
mod cursor;
mod disconnect;
mod execute;
mod fields_get;
mod file;
mod list_models;
mod lookup;
mod message_post;
mod open_manager;
mod plan;
mod reach;
mod read;
mod read_group;
mod recipients;
mod report;
mod search_count;
mod search_read;
pub(crate) mod site;
mod unlink;
mod write;

use crate::preview::Preview;
use arguments::Arguments;
use async_trait::async_trait;
use gatehouse_core::{Annotations, CallFacts, Category, EdgeError, Outcome, Risk, Severity, ToolDefinition, Undo};
use gatehouse_ipc::message::Image;
use serde_json::{Value, json};
pub(crate) use site::{Locale, Site, missing};
use std::collections::BTreeSet;

pub(crate) use approval_wait::NAME as APPROVAL_WAIT;
pub(crate) use connect::NAME as CONNECT;
pub(crate) use connection_add::{NAME as CONNECTION_ADD, secret_argument};
pub(crate) use create::NAME as CREATE;
pub(crate) use cursor::Cursors;
pub(crate) use file::sized;
pub(crate) use open_manager::NAME as OPEN_MANAGER;
pub(crate) use plan::{NAME as PLAN, PlanCall, Step, in_step, made_of, step_of};
pub(crate) use reach::ClosedNames;
pub(crate) use recipients::Difference;
pub(crate) use unlink::NAME as UNLINK;
pub(crate) use write::{BESIDES, NAME as WRITE, OF_A_PLACE};

/// Every tool's definition, in the fixed order of `tools/list`.
pub fn catalogue() -> Vec<ToolDefinition> {
    Tools::new().definitions
}

/// A tool: what it is called and what a call of it comes to.
#[async_trait]
pub(crate) trait Tool: Send + Sync {
    /// What `tools/list` shows.
    fn definition(&self) -> ToolDefinition;

    /// Which argument names the connection, if any.
    fn target(&self) -> Target;

    /// Checks the arguments against what is known and says what the call is. Changes nothing.
    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError>;
}

/// Which argument of a tool names its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The tool is about no connection.
    None,
    /// `connection`; the working connection when it is left out.
    Connection,
    /// `alias`; required.
    Alias,
}

/// A described call: everything about it is settled but running it.
#[async_trait]
pub(crate) trait Call: Send + Sync {
    /// What policy, guard and approval look at.
    fn facts(&self) -> &CallFacts;

    /// The arguments as they will be used: names resolved, values converted. Part of the call key.
    fn resolved(&self) -> Value;

    /// What a person sees before it runs, from live data.
    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let _ = site;
        Ok(Preview::default())
    }

    /// The values that the preview was made from, as they are now: [`Preview::observed`] without the rest of it.
    async fn observe(&self, site: &Site) -> Result<Value, EdgeError> {
        self.preview(site).await.map(|preview| preview.observed)
    }

    /// The part of what was observed that says who gets what it sends, as [`recipients::Recipients::observed`] tells it. `None`
    /// where it sends nothing for certain, or nobody could be told beforehand.
    fn recipients<'v>(&self, observed: &'v Value) -> Option<&'v Value> {
        let _ = observed;
        None
    }

    /// The values that taking it back would need, where no preview has read them: the same as [`Preview::observed`]. Read
    /// before it runs, and kept in the journal with its intent. `null` where there is nothing to keep.
    async fn before(&self, site: &Site) -> Result<Value, EdgeError> {
        let _ = site;
        Ok(Value::Null)
    }

    /// Runs it.
    async fn run(&self, site: &Site) -> Result<Done, EdgeError>;

    /// How it is taken back, now that it ran; `before` are the values from [`Call::preview`] or [`Call::before`]. Asked of
    /// calls that change Odoo.
    fn undo(&self, before: &Value, done: &Done) -> Undo {
        let _ = (before, done);
        Undo::none("Gatehouse knows no way back for this call.")
    }

    /// How many records a call makes whose ids its answer tells, under `ids`: later steps of a plan can use them.
    fn makes(&self) -> usize {
        0
    }

    /// The steps of a call that is several calls; none of any other.
    fn plan(&self) -> Option<&PlanCall> {
        None
    }
}

/// What a call came to.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    /// For the agent.
    pub(crate) answer: Value,
    /// For the journal, in a few words.
    pub(crate) summary: String,
    /// Rows of Odoo returned.
    pub(crate) rows: u64,
    /// What the journal is to say, where it is not plainly done.
    pub(crate) outcome: Option<Outcome>,
    /// Pictures beside the text.
    pub(crate) images: Vec<Image>,
}

pub(crate) struct Tools {
    tools: Vec<Box<dyn Tool>>,
    pub(crate) definitions: Vec<ToolDefinition>,
}

impl Tools {
    pub(crate) fn new() -> Self {
        let tools: Vec<Box<dyn Tool>> = vec![
            Box::new(open_manager::OpenManager),
            Box::new(connection_list::ConnectionList),
            Box::new(connection_add::ConnectionAdd),
            Box::new(connection_activate::ConnectionActivate),
            Box::new(connection_delete::ConnectionDelete),
            Box::new(connect::Connect),
            Box::new(disconnect::Disconnect),
            Box::new(list_models::ListModels),
            Box::new(fields_get::FieldsGet),
            Box::new(search_read::SearchRead),
            Box::new(read::Read),
            Box::new(search_count::SearchCount),
            Box::new(read_group::ReadGroup),
            Box::new(create::Create),
            Box::new(write::Write),
            Box::new(unlink::Unlink),
            Box::new(execute::Execute),
            Box::new(plan::Plan),
            Box::new(message_post::MessagePost),
            Box::new(attachment_download::AttachmentDownload),
            Box::new(attachment_upload::AttachmentUpload),
            Box::new(report::ReportTool),
            Box::new(approval_wait::ApprovalWait),
        ];
        let definitions = tools.iter().map(|tool| tool.definition()).collect();
        Self { tools, definitions }
    }

    pub(crate) fn get(&self, name: &str) -> Option<(&dyn Tool, &ToolDefinition)> {
        let index = self.definitions.iter().position(|definition| definition.name == name)?;
        Some((self.tools[index].as_ref(), &self.definitions[index]))
    }
}

/// The models whose records a call removes by nested commands, each once.
pub(crate) fn removed_models(facts: &CallFacts) -> BTreeSet<String> {
    facts.commands.iter().filter(|nested| create::removes(nested)).map(|nested| nested.model.clone()).collect()
}

/// `1 row`, `2 rows`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A definition from its parts; the annotations follow from the risk.
pub(crate) fn define(
    name: &str,
    title: &str,
    category: Category,
    severity: Severity,
    description: &str,
    properties: &Value,
    required: &[&str],
) -> ToolDefinition {
    let mut input_schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        input_schema["required"] = json!(required);
    }
    ToolDefinition {
        name: name.into(),
        title: title.into(),
        description: description.into(),
        input_schema,
        annotations: Annotations {
            read_only: category == Category::Read,
            destructive: category == Category::Destructive,
            idempotent: category == Category::Read,
            open_world: name.starts_with("odoo_"),
        },
        risk: Risk { category, severity },
    }
}

/// `properties` with the arguments that every data tool takes. The instructions explain them once for all.
pub(crate) fn with_common(mut properties: Value) -> Value {
    properties["connection"] = json!({"type": "string"});
    properties["lang"] = json!({"type": "string"});
    properties["timezone"] = json!({"type": "string"});
    properties["companies"] = json!({"type": "array", "items": {}});
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_stays_within_its_bounds() {
        for tool in catalogue() {
            assert!(tool.description.chars().count() <= 600, "{}", tool.name);
            assert!(tool.input_schema.get("oneOf").is_none() && tool.input_schema.get("anyOf").is_none());
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
        }
    }

    #[test]
    fn a_tool_that_reads_says_so_and_one_that_destroys_says_so() {
        for tool in catalogue() {
            assert_eq!(tool.annotations.read_only, tool.risk.category == Category::Read, "{}", tool.name);
            assert_eq!(tool.annotations.destructive, tool.risk.category == Category::Destructive, "{}", tool.name);
        }
    }
}
