//! A server of a few lines that does what a test tells it to, right or wrong, and remembers what it was sent.

use serde_json::{Value, json};
use std::fmt::Write;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// Method and path.
    pub(crate) what: String,
    /// Headers and body as text.
    pub(crate) all: String,
    /// The JSON of the body.
    pub(crate) body: Value,
    /// Which line it came on.
    pub(crate) line: usize,
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// A JSON answer of status 200.
    Json(Value),
    /// Any answer: status, headers, body.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, then the line is closed.
    Raw(Vec<u8>),
    /// These bytes, one at a time with this pause between them, or at once; the line stays open.
    Drip(Vec<u8>, Duration),
    /// An answer of status 200 with this JSON, after a while.
    Late(Value, Duration),
    /// Half of an answer, and nothing more.
    Half,
    /// The line is reset without an answer.
    Reset,
    /// Nothing, for a long time.
    Hang,
}

impl Reply {
    pub(crate) fn page(status: u16) -> Self {
        Self::Http(status, vec![("content-type", "text/html".into())], b"<!DOCTYPE html><h1>Hello</h1>".to_vec())
    }
}

type Script = dyn Fn(&Heard) -> Reply + Send + Sync;

pub(crate) struct Server {
    pub(crate) origin: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    traffic: Arc<Traffic>,
}

/// How many requests are being answered, and how many clients went before they were.
#[derive(Default)]
struct Traffic {
    now: AtomicUsize,
    most: AtomicUsize,
    given_up: AtomicUsize,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("http", None, script).await
    }

    pub(crate) async fn start_tls(
        config: ServerConfig,
        script: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen("https", Some(TlsAcceptor::from(Arc::new(config))), script).await
    }

    async fn listen(
        scheme: &str,
        tls: Option<TlsAcceptor>,
        script: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let memory = Arc::clone(&heard);
        let traffic = Arc::new(Traffic::default());
        let counts = Arc::clone(&traffic);
        tokio::spawn(async move {
            for line in 0.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let (tls, script, memory) = (tls.clone(), Arc::clone(&script), Arc::clone(&memory));
                let counts = Arc::clone(&counts);
                stream.set_nodelay(true).unwrap();
                tokio::spawn(async move {
                    let mut stream = stream;
                    let served = match tls {
                        None => serve(&mut stream, line, &*script, &memory, &counts).await,
                        Some(tls) => match tls.accept(&mut stream).await {
                            Ok(stream) => serve(stream, line, &*script, &memory, &counts).await,
                            Err(error) => Err(error),
                        },
                    };
                    if served.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset) {
                        stream.set_zero_linger().unwrap();
                    }
                });
            }
        });
        Self { origin, heard, traffic }
    }

    /// Everything it was sent.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// How many requests it was answering at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.traffic.most.load(Ordering::SeqCst)
    }

    /// How many clients closed the line before they had their answer.
    pub(crate) fn given_up(&self) -> usize {
        self.traffic.given_up.load(Ordering::SeqCst)
    }

    /// How many requests went to a path that ends so.
    pub(crate) fn count(&self, end: &str) -> usize {
        self.heard().iter().filter(|heard| heard.what.ends_with(end)).count()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    line: usize,
    script: &Script,
    memory: &Mutex<Vec<Heard>>,
    counts: &Traffic,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let Some(heard) = next(&mut stream, &mut bytes, line).await? else {
            return Ok(());
        };
        memory.lock().unwrap().push(heard.clone());
        counts.most.fetch_max(counts.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        match script(&heard) {
            Reply::Json(value) => stream.write_all(&json_answer(&value)).await?,
            Reply::Late(value, after) => {
                tokio::time::sleep(after).await;
                stream.write_all(&json_answer(&value)).await?;
            }
            Reply::Drip(bytes, pause) => {
                let piece = if pause.is_zero() { bytes.len() } else { 1 };
                for piece in bytes.chunks(piece) {
                    stream.write_all(piece).await?;
                    stream.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
            Reply::Half => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n[").await?;
                stream.flush().await?;
                until_closed(&mut stream, counts).await;
            }
            Reply::Reset => return Err(io::ErrorKind::ConnectionReset.into()),
            Reply::Http(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    write!(head, "{name}: {value}\r\n").map_err(io::Error::other)?;
                }
                head.push_str("\r\n");
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&body).await?;
            }
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Reply::Hang => until_closed(&mut stream, counts).await,
        }
        counts.now.fetch_sub(1, Ordering::SeqCst);
        stream.flush().await?;
    }
}

fn json_answer(value: &Value) -> Vec<u8> {
    let body = value.to_string();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}

/// Waits until the client goes, a minute at most.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin), counts: &Traffic) {
    let mut rest = [0; 16];
    let closed = tokio::time::timeout(Duration::from_mins(1), stream.read(&mut rest)).await;
    if matches!(closed, Ok(Ok(0) | Err(_))) {
        counts.given_up.fetch_add(1, Ordering::SeqCst);
    }
}

async fn next(stream: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>, line: usize) -> io::Result<Option<Heard>> {
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|header| {
                    header.to_ascii_lowercase().strip_prefix("content-length:").and_then(|n| n.trim().parse().ok())
                })
                .unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let rest = bytes.split_off(end + 4 + length);
                let whole = std::mem::replace(bytes, rest);
                let what = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                let body = serde_json::from_slice(&whole[end + 4..]).unwrap_or(Value::Null);
                return Ok(Some(Heard { what, all: String::from_utf8_lossy(&whole).into_owned(), body, line }));
            }
        }
        // The end, or somebody who says hello in TLS.
        if stream.read_buf(bytes).await? == 0 || bytes.first() == Some(&0x16) {
            return Ok(None);
        }
    }
}

/// What an Odoo 19 would answer to a sign-in over JSON-2; anything else is left to the test.
pub(crate) fn polite(heard: &Heard) -> Option<Reply> {
    Some(Reply::Json(match heard.what.as_str() {
        "GET /web/version" => {
            json!({"version": "19.0", "version_info": [19, 0, 0, "final", 0, ""]})
        }
        "POST /json/2/res.users/context_get" => json!({"uid": 7, "lang": "en_US", "tz": false}),
        "POST /json/2/res.users/read" => json!([user()]),
        "POST /json/2/res.users/has_group" => json!(false),
        _ => return None,
    }))
}

/// The same for an Odoo 17 over JSON-RPC.
pub(crate) fn polite_rpc(heard: &Heard) -> Option<Reply> {
    let params = &heard.body["params"];
    let result = match (heard.what.as_str(), params["method"].as_str()?, params["args"][4].as_str()) {
        ("POST /jsonrpc", "version", _) => {
            json!({"server_version": "17.0", "server_version_info": [17, 0, 0, "final", 0, ""]})
        }
        ("POST /jsonrpc", "authenticate", _) => json!(7),
        ("POST /jsonrpc", "execute_kw", Some("read")) => json!([user()]),
        ("POST /jsonrpc", "execute_kw", Some("has_group")) => json!(false),
        _ => return None,
    };
    Some(Reply::Json(json!({"jsonrpc": "2.0", "id": 1, "result": result})))
}

fn user() -> Value {
    json!({"id": 7, "name": "Marc", "login": "marc", "company_id": [1, "Acme"], "company_ids": [1], "lang": "en_US", "tz": false})
}
