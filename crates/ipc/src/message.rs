//! What bridge and app say to each other: one JSON object a frame.

use gatehouse_core::{AgentId, EdgeError, ToolDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of these messages. Both sides refuse another.
pub const PROTOCOL: u32 = 2;

/// From the bridge, or from a second `gatehouse`, to the app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToApp {
    /// The first message.
    Hello(Hello),
    /// Asks something; answered by exactly one [`ToClient::Response`] with the same id.
    Request {
        /// Chosen by the sender, never reused on one connection.
        id: u64,
        /// What is asked.
        body: Request,
    },
    /// The sender no longer wants the answer. A call that has not started to change anything stops; one that has goes on.
    Cancel {
        /// Of which request.
        id: u64,
    },
    /// The answer was received by a caller who still wanted it.
    Ack {
        /// Of which request.
        id: u64,
    },
}

/// Who connects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// [`PROTOCOL`].
    pub protocol: u32,
    /// The sender's version, for people.
    pub build: String,
    /// What it wants.
    pub role: Role,
}

/// What a peer is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Role {
    /// A bridge on behalf of an agent.
    Bridge {
        /// The name it was registered under.
        agent: AgentId,
        /// The connection it is pinned to (`--connection NAME`).
        pinned: Option<String>,
    },
    /// A second `gatehouse`, or `gatehouse-mcp doctor`: may only send [`Request::Show`] and [`Request::Status`].
    Visitor,
}

/// What can be asked. Nothing here can approve, loosen, admit or read a secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The tools that this agent may see.
    ListTools,
    /// Runs a tool.
    CallTool(CallTool),
    /// Shows the window. For a second `gatehouse`.
    Show {
        /// A page of the window (`connections`, `approvals`, `activity`), or the one last shown.
        page: Option<String>,
    },
    /// Versions and state, for `gatehouse-mcp doctor`.
    Status,
}

/// A tool call on its way to the app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallTool {
    /// The tool.
    pub name: String,
    /// Its arguments, an object.
    pub arguments: Value,
    /// What the client said of itself in MCP: a claim.
    pub client: Option<ClientClaim>,
    /// Milliseconds since the client's request arrived at the bridge.
    pub elapsed_ms: u64,
    /// The client asked for progress.
    pub wants_progress: bool,
    /// The bridge had to start the app for this call.
    pub started_app: bool,
}

/// What an MCP client says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientClaim {
    /// `claude-ai`, `claude-code`, …
    pub name: String,
    /// Its version.
    pub version: String,
}

/// From the app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToClient {
    /// Answers [`ToApp::Hello`].
    Welcome {
        /// [`PROTOCOL`].
        protocol: u32,
        /// The app's version.
        build: String,
    },
    /// Answers [`ToApp::Hello`] when the peer is not served; the connection then ends.
    Refused(EdgeError),
    /// Answers a request.
    Response {
        /// Of which request.
        id: u64,
        /// The answer.
        result: Result<Answer, EdgeError>,
    },
    /// A call still waits or runs.
    Progress {
        /// Of which request.
        id: u64,
        /// Seconds since it began; always growing.
        elapsed: u64,
        /// What it waits for, in a few words without values.
        message: String,
    },
    /// Something happened that was not asked for.
    Event(Event),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Request::ListTools`].
    Tools {
        /// In their fixed order.
        tools: Vec<ToolDefinition>,
        /// For `initialize`: how to work here, under 2 KB.
        instructions: String,
    },
    /// To [`Request::CallTool`]: what the agent reads.
    Call(CallAnswer),
    /// To [`Request::Show`]: `focused`, `shown` or `failed`.
    Shown {
        /// Which.
        how: String,
    },
    /// To [`Request::Status`].
    Status {
        /// The app's version.
        build: String,
        /// Its process id.
        pid: u32,
        /// `open`, `locked`, `unavailable`, `session`.
        vault: String,
        /// Live connections.
        connections: u32,
        /// Tickets that wait for a person.
        waiting: u32,
        /// Every agent is paused.
        paused: bool,
    },
}

/// What an agent reads as the result of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallAnswer {
    /// Compact JSON.
    pub text: String,
    /// MCP's `isError`.
    pub is_error: bool,
    /// Pictures beside the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

impl CallAnswer {
    /// A result of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_error: false, images: Vec::new() }
    }
}

/// A picture, as MCP's image content has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
    pub mime_type: String,
    /// Its bytes in base64.
    pub data: String,
}

/// What happens unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The list of tools has changed for this agent.
    ToolsChanged,
    /// The person chose Quit: the app ends, and only `open_connection_manager` may start it again.
    Quitting,
}
