//! A program that speaks the socket's language without being a bridge: what a shell of the same user can write.

use crate::stage::Stage;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// Longer than a hold of any client.
const LONGEST_ANSWER: Duration = Duration::from_mins(2);

/// A connection to the app's socket. It is this test's own process, so the program behind it is the one that runs the tests.
pub struct Stranger {
    stream: UnixStream,
    next: u64,
}

impl Stranger {
    /// Connects and says nothing yet.
    pub async fn connect(stage: &Stage) -> Self {
        let socket = gatehouse_ipc::socket_path(Some(&stage.profile()));
        let stream = UnixStream::connect(socket.path()).await.expect("the app listens");
        Self { stream, next: 1 }
    }

    /// Connects under an agent's name. The error is what the app said instead of a welcome.
    pub async fn named(stage: &Stage, agent: &str) -> Result<Self, Value> {
        let mut stranger = Self::connect(stage).await;
        stranger.say(&hello(agent)).await;
        match stranger.hear().await {
            Some(told) if told["type"] == "welcome" => Ok(stranger),
            told => Err(told.unwrap_or_default()),
        }
    }

    /// Sends a message.
    pub async fn say(&mut self, message: &Value) {
        self.say_bytes(message.to_string().as_bytes()).await;
    }

    /// Sends a frame with anything in it. A peer that hung up is no error.
    pub async fn say_bytes(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).expect("a frame is small");
        drop(self.stream.write_all(&length.to_be_bytes()).await);
        drop(self.stream.write_all(bytes).await);
    }

    /// The next message; none when the app hung up.
    pub async fn hear(&mut self) -> Option<Value> {
        let mut length = [0; 4];
        let read = tokio::time::timeout(LONGEST_ANSWER, self.stream.read_exact(&mut length)).await.expect("a message");
        read.ok()?;
        let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).ok()?];
        self.stream.read_exact(&mut body).await.ok()?;
        serde_json::from_slice(&body).ok()
    }

    /// Asks something and gives the id of the request.
    pub async fn ask(&mut self, body: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        self.say(&json!({ "type": "request", "id": id, "body": body })).await;
        id
    }

    /// Calls a tool and gives the id of the request.
    pub async fn begin(&mut self, tool: &str, arguments: &Value, client: &str) -> u64 {
        self.ask(call_tool(tool, arguments, client)).await
    }

    /// What was answered to a request: `Ok` or `Err`, as it came.
    pub async fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.hear().await.unwrap_or_else(|| panic!("the app hung up before it answered {id}"));
            if message["type"] == "response" && message["id"] == id {
                return message["result"].clone();
            }
        }
    }

    /// Calls a tool and waits.
    pub async fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let id = self.begin(tool, arguments, "claude-ai").await;
        self.answer(id).await
    }
}

/// The first message of a bridge, under any name.
pub fn hello(agent: &str) -> Value {
    let role = json!({ "kind": "bridge", "agent": agent, "pinned": null });
    json!({ "type": "hello", "protocol": gatehouse_ipc::message::PROTOCOL, "build": "0.0.0", "role": role })
}

/// A tool call as a bridge sends it, for a client that calls itself `client`.
pub fn call_tool(tool: &str, arguments: &Value, client: &str) -> Value {
    json!({
        "method": "call_tool", "name": tool, "arguments": arguments, "client": { "name": client, "version": "1.0" },
        "elapsed_ms": 0, "wants_progress": false, "started_app": false,
    })
}
