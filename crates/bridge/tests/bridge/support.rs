use async_trait::async_trait;
use gatehouse_core::{Annotations, BridgeId, Category, EdgeError, ErrorCode, Risk, Severity, ToolDefinition};
use gatehouse_ipc::message::{Answer, CallAnswer, Hello, Request};
use gatehouse_ipc::{EventSender, Handler, Peer, ProgressSender, Reply, bind, serve, socket_path};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_gatehouse-mcp");
/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// An app that answers by the tool's name, and writes down what it saw.
pub(crate) struct App {
    seen: Arc<Mutex<Vec<String>>>,
    pub(crate) peers: Mutex<Vec<Peer>>,
    pub(crate) events: Mutex<Option<EventSender>>,
    pub(crate) tools: Mutex<Vec<&'static str>>,
    lists_badly: AtomicBool,
    shutdown: CancellationToken,
    serving: Mutex<Option<JoinHandle<()>>>,
}

impl App {
    pub(crate) async fn start(profile: &Path) -> Arc<Self> {
        let listener = bind(&socket_path(Some(profile))).await.unwrap();
        let app = Arc::new(Self {
            seen: Arc::default(),
            peers: Mutex::default(),
            events: Mutex::default(),
            tools: Mutex::new(vec!["echo"]),
            lists_badly: AtomicBool::new(false),
            shutdown: CancellationToken::new(),
            serving: Mutex::default(),
        });
        let serving = tokio::spawn(serve(listener, Arc::clone(&app), app.shutdown.clone()));
        *app.serving.lock().unwrap() = Some(serving);
        app
    }

    pub(crate) async fn stop(&self) {
        self.shutdown.cancel();
        let serving = self.serving.lock().unwrap().take().unwrap();
        serving.await.unwrap();
    }

    /// From now on the answer to a request for the list is none.
    pub(crate) fn lists_badly(&self) {
        self.lists_badly.store(true, Ordering::Relaxed);
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }

    pub(crate) fn saw(&self, what: &str) -> bool {
        self.seen.lock().unwrap().iter().any(|seen| seen == what)
    }

    pub(crate) async fn sees(&self, what: &str) {
        for _ in 0..1000 {
            if self.saw(what) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never saw {what}: {:?}", self.seen.lock().unwrap());
    }

    pub(crate) fn tell(&self, event: gatehouse_ipc::message::Event) {
        assert!(self.events.lock().unwrap().as_ref().unwrap().send(event));
    }

    fn note(&self, what: impl Into<String>) {
        self.seen.lock().unwrap().push(what.into());
    }
}

#[async_trait]
impl Handler for App {
    async fn connected(&self, peer: Peer, hello: Hello, events: EventSender) -> Result<BridgeId, EdgeError> {
        self.peers.lock().unwrap().push(peer);
        *self.events.lock().unwrap() = Some(events);
        self.note(format!("{:?}", hello.role));
        Ok(BridgeId::from_random([1; 10]))
    }

    async fn request(&self, _: &BridgeId, body: Request, progress: ProgressSender, cancel: CancellationToken) -> Reply {
        let call = match body {
            Request::CallTool(call) => call,
            Request::ListTools if !self.lists_badly.load(Ordering::Relaxed) => {
                let tools = self.tools.lock().unwrap().iter().map(|name| tool(name)).collect();
                return Reply::new(Ok(Answer::Tools { tools, instructions: "From the app.".into() }));
            }
            _ => {
                return Reply::new(Ok(Answer::Status {
                    build: env!("CARGO_PKG_VERSION").into(),
                    pid: 7,
                    vault: "open".into(),
                    connections: 2,
                    waiting: 1,
                    paused: false,
                }));
            }
        };
        self.note(format!("call {}", call.name));
        let mut is_error = false;
        let text = match call.name.as_str() {
            "hold" => {
                cancel.cancelled().await;
                self.note("cancelled");
                "let go".to_owned()
            }
            "progress" => {
                for _ in 0..3 {
                    progress.send("waits for approval");
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                "done".to_owned()
            }
            "fails" => {
                let error = EdgeError::new(ErrorCode::DeniedByPerson, "Not today.").with_detail("the person said so");
                return Reply::new(Err(error));
            }
            "says_no" => {
                is_error = true;
                "no".to_owned()
            }
            _ => json!({
                "arguments": call.arguments, "client": call.client, "elapsed_ms": call.elapsed_ms,
                "wants_progress": call.wants_progress, "started_app": call.started_app,
            })
            .to_string(),
        };
        let seen = Arc::clone(&self.seen);
        Reply::noting(Ok(Answer::Call(CallAnswer { is_error, ..CallAnswer::text(text) })), move |delivered| {
            seen.lock().unwrap().push(format!("{} delivered {delivered}", call.name));
        })
    }

    async fn disconnected(&self, _: &BridgeId) {
        self.note("disconnected");
    }
}

pub(crate) fn tool(name: &str) -> ToolDefinition {
    ToolDefinition {
        name: name.into(),
        title: name.into(),
        description: "For tests.".into(),
        input_schema: json!({"type": "object"}),
        annotations: Annotations { read_only: true, destructive: false, idempotent: true, open_world: false },
        risk: Risk { category: Category::Read, severity: Severity::Low },
    }
}

/// A bridge, started as an MCP client would.
pub(crate) struct Bridge {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
    next: i64,
    /// Notifications that came while an answer was awaited.
    pub(crate) notes: Vec<Value>,
}

impl Bridge {
    pub(crate) fn start(profile: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("--profile").arg(profile).args(["--agent", "tester"]).args(arguments);
        Self::run(command, profile)
    }

    /// Runs `command` with the six variables that clients hand on.
    pub(crate) fn run(mut command: Command, home: &Path) -> Self {
        let mut child = with_client_environment(&mut command, home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, stdout, next: 1, notes: Vec::new() }
    }

    /// Started and initialized the 2025-11-25 way.
    pub(crate) async fn initialized(profile: &Path) -> Self {
        let mut bridge = Self::start(profile, &[]);
        bridge.initialize().await;
        bridge
    }

    pub(crate) async fn initialize(&mut self) -> Value {
        let answer = self.request("initialize", initialize("2025-11-25")).await;
        self.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        answer
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.say_line(&message.to_string()).await;
    }

    pub(crate) async fn say_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(line.as_bytes()).await.unwrap();
        stdin.write_all(b"\n").await.unwrap();
    }

    /// The next message, whatever it is; `None` at the end.
    pub(crate) async fn hear(&mut self) -> Option<Value> {
        let line =
            tokio::time::timeout(PATIENCE, self.stdout.next_line()).await.expect("the bridge is silent").unwrap();
        line.map(|line| serde_json::from_str(&line).unwrap())
    }

    pub(crate) async fn send(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next;
        self.next += 1;
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        id
    }

    /// The answer to `id`, whole.
    pub(crate) async fn answer(&mut self, id: i64) -> Value {
        loop {
            let message = self.hear().await.expect("the bridge ended");
            if message["id"] == id {
                return message;
            }
            self.notes.push(message);
        }
    }

    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params).await;
        self.answer(id).await
    }

    /// Calls a tool: its text as JSON (or as a string), and `isError`.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> (Value, bool) {
        let answer = self.request("tools/call", json!({"name": tool, "arguments": arguments})).await;
        text_of(&answer)
    }

    /// Closes stdin.
    pub(crate) fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Waits for the end: the exit code, and what was written to stderr.
    pub(crate) async fn end(mut self) -> (Option<i32>, String) {
        self.hang_up();
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("the bridge does not end").unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
        (status.code(), said)
    }
}

pub(crate) fn with_client_environment<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .env("TERM", "dumb")
        .env("USER", "tester")
        .env("LOGNAME", "tester")
}

pub(crate) fn text_of(answer: &Value) -> (Value, bool) {
    let result = &answer["result"];
    assert_eq!(result["content"].as_array().map(Vec::len), Some(1), "{answer}");
    assert!(result.get("structuredContent").is_none(), "{answer}");
    let text = result["content"][0]["text"].as_str().unwrap();
    (serde_json::from_str(text).unwrap_or_else(|_| text.into()), result["isError"].as_bool().unwrap())
}

pub(crate) fn initialize(version: &str) -> Value {
    json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "claude-code", "version": "2.1"}})
}

/// The `_meta` that each request of 2026-07-28 carries.
pub(crate) fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "modern", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

pub(crate) fn profile() -> TempDir {
    tempfile::tempdir().unwrap()
}
