//! An MCP client, as far as a bridge can tell: it starts `gatehouse-mcp` with the little environment that clients hand on,
//! and speaks JSON-RPC over its standard streams, one line each.

use crate::stage::Stage;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

/// Longer than any hold of the clients that the tests play.
const LONGEST_ANSWER: Duration = Duration::from_mins(2);

/// A client with its bridge.
pub struct Bridge {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::UnboundedReceiver<Value>,
    early: HashMap<u64, Value>,
    next: u64,
    /// Notifications in the order they came.
    pub notifications: Vec<Value>,
}

/// What a tool answered.
#[derive(Debug, Clone)]
pub struct Called {
    /// MCP's `isError`.
    pub is_error: bool,
    /// The text block.
    pub text: String,
    /// The text, read as JSON; null when it is none.
    pub json: Value,
}

impl Called {
    /// The JSON of an answer that is no error.
    pub fn ok(self) -> Value {
        assert!(!self.is_error, "the tool answered with an error: {}", self.text);
        self.json
    }

    /// The JSON of an answer that is one.
    pub fn error(self) -> Value {
        assert!(self.is_error, "the tool did not answer with an error: {}", self.text);
        self.json
    }
}

impl Bridge {
    /// Starts a bridge for `agent`, as the client `client`, and shakes hands.
    pub async fn start(stage: &Stage, agent: &str, client: &str) -> Self {
        let mut bridge = Self::start_silent(stage, &["--agent", agent]);
        bridge.shake_hands(client).await;
        bridge
    }

    /// Starts a bridge and says nothing yet.
    pub fn start_silent(stage: &Stage, arguments: &[&str]) -> Self {
        // The shell stands for the client's own process: it has the desktop's environment, and hands on only a little.
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg("env -i \"$@\"; exit $?").arg("client");
        for (name, value) in stage.client_environment() {
            let mut pair = name;
            pair.push("=");
            pair.push(value);
            command.arg(pair);
        }
        command.arg(stage.program("gatehouse-mcp")).arg("--profile").arg(stage.profile()).args(arguments);
        command.env_clear().envs(stage.desktop()).current_dir(stage.tmp());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("a shell");
        let (sender, lines) = mpsc::unbounded_channel();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped")).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = stdout.next_line().await {
                let message =
                    serde_json::from_str(&line).unwrap_or_else(|error| panic!("not JSON on stdout ({error}): {line}"));
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, early: HashMap::new(), next: 1, notifications: Vec::new() }
    }

    /// `initialize` and `notifications/initialized`; gives the server's answer.
    pub async fn shake_hands(&mut self, client: &str) -> Value {
        let answer = self
            .request(
                "initialize",
                json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": client, "version": "1.0" } }),
            )
            .await;
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        answer["result"].clone()
    }

    /// The names of the tools it lists.
    pub async fn tools(&mut self) -> Vec<String> {
        let answer = self.request("tools/list", json!({})).await;
        let tools = answer["result"]["tools"].as_array().expect("a list of tools").clone();
        tools.iter().filter_map(|tool| Some(tool["name"].as_str()?.to_owned())).collect()
    }

    /// Calls a tool and waits for the answer.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Called {
        let id = self.begin(tool, arguments).await;
        self.finish(id).await
    }

    /// Calls a tool and goes on; [`Bridge::finish`] waits. Asks for progress.
    pub async fn begin(&mut self, tool: &str, arguments: Value) -> u64 {
        let progress = json!({ "progressToken": self.next });
        self.post("tools/call", json!({ "name": tool, "arguments": arguments, "_meta": progress })).await
    }

    /// The same from a client that wants to hear of no progress.
    pub async fn begin_quietly(&mut self, tool: &str, arguments: Value) -> u64 {
        self.post("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// The next progress of a call that is not answered yet: `progress` in seconds, and `message`.
    pub async fn progress(&mut self, id: u64) -> Value {
        let is_its = |note: &Value| note["method"] == "notifications/progress" && note["params"]["progressToken"] == id;
        loop {
            if let Some(place) = self.notifications.iter().position(is_its) {
                return self.notifications.remove(place)["params"].take();
            }
            assert!(!self.early.contains_key(&id), "request {id} is answered: {}", self.early[&id]);
            let told = tokio::time::timeout(LONGEST_ANSWER, self.lines.recv()).await.ok().flatten();
            let message = told.unwrap_or_else(|| panic!("no progress of request {id}"));
            match message["id"].as_u64() {
                Some(other) => drop(self.early.insert(other, message)),
                None => self.notifications.push(message),
            }
        }
    }

    /// The answer to a call.
    pub async fn finish(&mut self, id: u64) -> Called {
        called(&self.answer(id).await)
    }

    /// The next call that is answered, whichever it is.
    pub async fn finish_any(&mut self) -> Called {
        loop {
            let told = tokio::time::timeout(LONGEST_ANSWER, self.lines.recv()).await.ok().flatten();
            let message = told.expect("the bridge answers some call");
            match message["id"].as_u64() {
                Some(_) => return called(&message),
                None => self.notifications.push(message),
            }
        }
    }

    /// Sends a request and waits for its answer, whichever it is.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.post(method, params).await;
        self.answer(id).await
    }

    /// Tells the bridge that the answer to a call is no longer wanted.
    pub async fn cancel(&mut self, id: u64) {
        let params = json!({ "requestId": id, "reason": "the test" });
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params })).await;
    }

    /// Sends a line as it is.
    pub async fn send_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("the client's end is open");
        stdin.write_all(line.as_bytes()).await.expect("the bridge reads");
        stdin.write_all(b"\n").await.expect("the bridge reads");
        stdin.flush().await.expect("the bridge reads");
    }

    /// Ends the input, as a client does that goes away, and waits for the bridge to end.
    pub async fn leave(mut self) {
        self.stdin = None;
        let ended = tokio::time::timeout(Duration::from_secs(10), self.child.wait()).await;
        ended.expect("the bridge ends when its client is gone").expect("it can be waited for");
    }

    async fn post(&mut self, method: &str, params: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        id
    }

    async fn send(&mut self, message: &Value) {
        self.send_line(&message.to_string()).await;
    }

    async fn answer(&mut self, id: u64) -> Value {
        if let Some(answer) = self.early.remove(&id) {
            return answer;
        }
        loop {
            let message = tokio::time::timeout(LONGEST_ANSWER, self.lines.recv())
                .await
                .unwrap_or_else(|_| panic!("no answer to request {id}"))
                .unwrap_or_else(|| panic!("the bridge ended before it answered request {id}"));
            match message["id"].as_u64() {
                Some(other) if other == id => return message,
                Some(other) => drop(self.early.insert(other, message)),
                None => self.notifications.push(message),
            }
        }
    }
}

fn called(answer: &Value) -> Called {
    let result = &answer["result"];
    assert!(result.is_object(), "a tool call was answered by {answer}");
    let text = result["content"][0]["text"].as_str().unwrap_or_default().to_owned();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Called { is_error: result["isError"].as_bool().unwrap_or(false), text, json }
}
