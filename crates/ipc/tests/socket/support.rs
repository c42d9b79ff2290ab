use async_trait::async_trait;
use gatehouse_core::{AgentId, BridgeId, EdgeError, ErrorCode};
use gatehouse_ipc::message::{Answer, CallAnswer, CallTool, Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, EventSender, Handler, Peer, ProgressSender, Reply, SocketPath, bind, serve, socket_path};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An app that answers by the tool's name, and writes down what it saw.
#[derive(Default)]
pub(crate) struct App {
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    pub(crate) peers: Mutex<Vec<Peer>>,
    pub(crate) events: Mutex<Option<EventSender>>,
}

impl App {
    pub(crate) fn saw(&self, what: &str) -> bool {
        self.seen.lock().unwrap().iter().any(|seen| seen == what)
    }

    pub(crate) async fn sees(&self, what: &str) {
        for _ in 0..400 {
            if self.saw(what) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never saw {what}: {:?}", self.seen.lock().unwrap());
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
        if let Role::Bridge { agent, .. } = hello.role
            && agent.as_str() == "unwelcome"
        {
            return Err(EdgeError::new(ErrorCode::Paused, "Not you."));
        }
        self.note("connected");
        Ok(BridgeId::from_random([1; 10]))
    }

    async fn request(&self, _: &BridgeId, body: Request, progress: ProgressSender, cancel: CancellationToken) -> Reply {
        let name = match &body {
            Request::CallTool(call) => call.name.clone(),
            _ => "other".to_owned(),
        };
        let text = match name.as_str() {
            "hold" => {
                self.note("holding");
                cancel.cancelled().await;
                self.note("cancelled");
                "let go".to_owned()
            }
            "progress" => {
                for _ in 0..3 {
                    progress.send("waiting");
                }
                "done".to_owned()
            }
            "huge" => "x".repeat(5 * 1024 * 1024),
            "fall" => panic!("on purpose"),
            "slow" => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                "slow".to_owned()
            }
            other => other.to_owned(),
        };
        let seen = Arc::clone(&self.seen);
        let result = Ok(Answer::Call(CallAnswer::text(text)));
        Reply::noting(result, move |delivered| {
            seen.lock().unwrap().push(format!("{name} delivered {delivered}"));
        })
    }

    async fn disconnected(&self, _: &BridgeId) {
        self.note("disconnected");
    }
}

/// An app that is served in a folder of its own.
pub(crate) struct Served {
    pub(crate) app: Arc<App>,
    pub(crate) path: SocketPath,
    pub(crate) dir: TempDir,
    pub(crate) shutdown: CancellationToken,
    pub(crate) serving: JoinHandle<()>,
}

pub(crate) async fn served() -> Served {
    let dir = tempfile::tempdir().unwrap();
    let path = socket_path(Some(dir.path()));
    let listener = bind(&path).await.unwrap();
    let (app, shutdown) = (Arc::new(App::default()), CancellationToken::new());
    let serving = tokio::spawn(serve(listener, Arc::clone(&app), shutdown.clone()));
    Served { app, path, dir, shutdown, serving }
}

impl Served {
    pub(crate) async fn client(&self) -> Client {
        Client::connect(&self.path, hello("claude-code")).await.unwrap()
    }
}

pub(crate) fn hello(agent: &str) -> Hello {
    let agent = AgentId::parse(agent).unwrap();
    Hello { protocol: PROTOCOL, build: "test".into(), role: Role::Bridge { agent, pinned: None } }
}

pub(crate) fn call(name: &str) -> Request {
    Request::CallTool(CallTool {
        name: name.into(),
        arguments: json!({}),
        client: None,
        elapsed_ms: 0,
        wants_progress: false,
        started_app: false,
    })
}

pub(crate) async fn ask(client: &Client, name: &str) -> Result<String, EdgeError> {
    match client.request(call(name), |_, _| {}, &CancellationToken::new()).await? {
        Answer::Call(answer) => Ok(answer.text),
        other => panic!("{other:?}"),
    }
}

/// A peer that speaks bytes.
pub(crate) struct Raw(pub(crate) UnixStream);

impl Raw {
    pub(crate) async fn connect(path: &SocketPath) -> Self {
        Self(UnixStream::connect(path.path()).await.unwrap())
    }

    pub(crate) async fn welcomed(path: &SocketPath) -> Self {
        let mut raw = Self::connect(path).await;
        raw.say(&json!({"type": "hello", "protocol": PROTOCOL, "build": "raw", "role": {"kind": "bridge", "agent": "raw", "pinned": null}})).await;
        assert_eq!(raw.hear().await.unwrap()["type"], "welcome");
        raw
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.say_bytes(&serde_json::to_vec(message).unwrap()).await;
    }

    pub(crate) async fn say_bytes(&mut self, frame: &[u8]) {
        self.0.write_all(&u32::try_from(frame.len()).unwrap().to_be_bytes()).await.unwrap();
        self.0.write_all(frame).await.unwrap();
    }

    /// The next message; `None` when the app hung up.
    pub(crate) async fn hear(&mut self) -> Option<Value> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).await.ok()?;
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut frame).await.ok()?;
        Some(serde_json::from_slice(&frame).unwrap())
    }
}
