//! stdin and stdout: everything that the MCP library would let fall silently is answered here, before it sees it.

use crate::line::{Line, Lines};
use crate::session::Session;
use crate::twice::named_twice;
use rmcp::model::{
    CallToolRequestParams, ClientJsonRpcMessage, ClientNotification, ClientRequest, CustomRequest, ErrorData,
    GetMeta as _, InitializeRequestParams, JsonRpcMessage, PaginatedRequestParams, ProtocolVersion, RequestId,
    ServerJsonRpcMessage,
};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::{StdioReader, StdioWriter, Transport};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How many messages wait for a client that reads slowly.
const WAITING: usize = 64;

/// Messages over stdin and stdout.
pub(crate) struct Stdio {
    lines: Lines<StdioReader>,
    out: mpsc::Sender<Outgoing>,
    /// An error that waits for its place in `out`.
    reply: Option<Outgoing>,
    /// The client has begun a session; before that the library takes requests only.
    has_begun: bool,
    session: Arc<Session>,
}

struct Outgoing {
    line: Vec<u8>,
    /// Of the request that it answers.
    answers: Option<RequestId>,
    written: Option<oneshot::Sender<io::Result<()>>>,
}

impl Stdio {
    /// Takes this process's streams. The task ends when everything is written and the transport is dropped.
    pub(crate) fn open(session: Arc<Session>) -> (Self, JoinHandle<()>) {
        let (read, to) = rmcp::transport::stdio_pipes();
        let (out, queue) = mpsc::channel(WAITING);
        let writing = tokio::spawn(write(to, queue, Arc::clone(&session)));
        (Self { lines: Lines::new(read), out, reply: None, has_begun: false, session }, writing)
    }

    /// Whether the library may see `message` now.
    fn lets_in(&mut self, message: &ClientJsonRpcMessage) -> bool {
        match message {
            JsonRpcMessage::Request(request) => {
                self.has_begun = self.has_begun || begins(&request.request);
                true
            }
            JsonRpcMessage::Notification(note) => {
                if let ClientNotification::CancelledNotification(cancelled) = &note.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.session.forget(id);
                }
                self.has_begun
            }
            // A cancelled probe's leftovers must not end the process.
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => self.has_begun,
        }
    }
}

impl Transport<RoleServer> for Stdio {
    type Error = io::Error;

    fn send(&mut self, item: TxJsonRpcMessage<RoleServer>) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let out = self.out.clone();
        async move {
            let (written, done) = oneshot::channel();
            let message = Outgoing { written: Some(written), ..outgoing(&item)? };
            let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
            out.send(message).await.map_err(|_| gone())?;
            done.await.unwrap_or_else(|_| Err(gone()))
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if self.reply.is_some() {
                let place = self.out.reserve().await.ok()?;
                if let Some(reply) = self.reply.take() {
                    place.send(reply);
                }
            }
            let read = match self.lines.next().await {
                Line::Whole(line) => read(line),
                Line::TooLong(id) => {
                    let id = id.and_then(|id| serde_json::from_value(id).ok());
                    Read::Faulty(ErrorData::invalid_request("the message has more than 4 MiB", None), id)
                }
                Line::End => {
                    self.session.end();
                    return None;
                }
                Line::Broken(error) => {
                    tracing::warn!(kind = ?error.kind(), "stdin broke");
                    self.session.end();
                    return None;
                }
            };
            match read {
                Read::Message(message) if self.lets_in(&message) => return Some(*message),
                Read::Message(_) | Read::Nothing => {}
                Read::Faulty(error, id) => {
                    self.reply = outgoing(&ServerJsonRpcMessage::error(error, id)).ok();
                }
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn write(mut to: StdioWriter, mut queue: mpsc::Receiver<Outgoing>, session: Arc<Session>) {
    while let Some(message) = queue.recv().await {
        let outcome = match to.write_all(&message.line).await {
            Ok(()) => to.flush().await,
            Err(error) => Err(error),
        };
        match &outcome {
            Ok(()) => {
                if let Some(id) = &message.answers {
                    session.pay(id);
                }
            }
            // Nobody reads any more.
            Err(_) => session.end(),
        }
        if let Some(written) = message.written {
            drop(written.send(outcome));
        }
    }
}

fn outgoing(message: &ServerJsonRpcMessage) -> io::Result<Outgoing> {
    let answers = match message {
        JsonRpcMessage::Response(response) => Some(response.id.clone()),
        _ => None,
    };
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(Outgoing { line, answers, written: None })
}

/// Whether the library's session begins with `request`.
fn begins(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        request => {
            let meta = request.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
                && meta.protocol_version().is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
    }
}

/// What a line holds.
#[derive(Debug)]
enum Read {
    Message(Box<ClientJsonRpcMessage>),
    /// To be answered with an error, to the request of that id where it has one.
    Faulty(ErrorData, Option<RequestId>),
    /// An empty line, or a notification or answer that means nothing to us.
    Nothing,
}

fn read(line: &[u8]) -> Read {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Read::Nothing;
    }
    match serde_json::from_slice::<ClientJsonRpcMessage>(line) {
        Ok(JsonRpcMessage::Request(request)) => {
            match fault_of(&request.request).or_else(|| said_twice(&request.request, line)) {
                Some(reason) => Read::Faulty(ErrorData::invalid_params(reason, None), Some(request.id)),
                None => Read::Message(Box::new(JsonRpcMessage::Request(request))),
            }
        }
        Ok(message) => Read::Message(Box::new(message)),
        Err(_) => explain(line),
    }
}

/// Why a request that the library took for one of another protocol is none: a known method with parameters that do not fit.
fn fault_of(request: &ClientRequest) -> Option<String> {
    let ClientRequest::CustomRequest(CustomRequest { method, params, .. }) = request else {
        return None;
    };
    fault_in(method, params.as_ref())
}

/// What stands twice in a call: whoever reads it next could take the other one.
fn said_twice(request: &ClientRequest, line: &[u8]) -> Option<String> {
    let ClientRequest::CallToolRequest(_) = request else { return None };
    named_twice(line).map(|name| {
        let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        format!("tools/call: “{name}” stands twice in one object; say it once")
    })
}

fn fault_in(method: &str, params: Option<&Value>) -> Option<String> {
    let misfit = match method {
        "tools/call" => misfit::<CallToolRequestParams>(params),
        "initialize" => misfit::<InitializeRequestParams>(params),
        "tools/list" => misfit::<Option<PaginatedRequestParams>>(params),
        "ping"
        | "server/discover"
        | "subscriptions/listen"
        | "resources/list"
        | "resources/read"
        | "prompts/list"
        | "prompts/get"
        | "completion/complete"
        | "logging/setLevel"
        | "resources/templates/list" => None,
        _ => return None,
    };
    Some(format!("{method}: {}", misfit.unwrap_or_else(|| "the parameters do not fit".to_owned())))
}

fn misfit<T: DeserializeOwned>(params: Option<&Value>) -> Option<String> {
    let Some(params) = params else {
        return Some("params is missing".to_owned());
    };
    if !params.is_object() {
        return Some("params must be an object".to_owned());
    }
    if params.get("arguments").is_some_and(|arguments| !arguments.is_object()) {
        return Some("arguments must be an object".to_owned());
    }
    serde_json::from_value::<T>(params.clone()).err().map(|error| error.to_string())
}

/// What is wrong with a line that is no message.
fn explain(line: &[u8]) -> Read {
    let value = match serde_json::from_slice::<Value>(line) {
        Ok(value) => value,
        Err(error) => {
            let words = format!("the line is not JSON: {error}");
            return Read::Faulty(ErrorData::parse_error(words, None), None);
        }
    };
    let Value::Object(message) = value else {
        let words = if value.is_array() {
            "batches are not taken; send one message a line"
        } else {
            "a message is a JSON object"
        };
        return Read::Faulty(ErrorData::invalid_request(words, None), None);
    };
    let Some(id) = message.get("id") else {
        return Read::Nothing;
    };
    let number = serde_json::from_value(id.clone()).ok();
    let words = match message.get("method") {
        _ if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") => "jsonrpc must be \"2.0\"",
        None if message.contains_key("result") || message.contains_key("error") => {
            return Read::Nothing;
        }
        None => "method is missing",
        Some(method) if !method.is_string() => "method must be text",
        Some(_) if !id.is_string() && !id.is_i64() => "id must be text or a whole number",
        Some(method) => {
            let fault = fault_in(method.as_str().unwrap_or_default(), message.get("params"));
            let words = fault.unwrap_or_else(|| "the parameters do not fit".to_owned());
            return Read::Faulty(ErrorData::invalid_params(words, None), number);
        }
    };
    Read::Faulty(ErrorData::invalid_request(words, None), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(line: &str) -> (i32, String, Option<RequestId>) {
        match read(line.as_bytes()) {
            Read::Faulty(error, id) => (error.code.0, error.message.into_owned(), id),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        let (code, words, id) = fault(r#"{"jsonrpc":"2.0","id":1,}"#);
        assert_eq!((code, id), (-32700, None));
        assert!(words.contains("line 1 column 25"), "{words}");
        assert_eq!(fault("\u{1}").0, -32700);
        assert_eq!(fault("{\"a\":\"\u{fffd}").0, -32700);
    }

    #[test]
    fn batches_and_shapes_that_are_no_message_are_refused() {
        assert_eq!(fault("[]").0, -32600);
        assert_eq!(fault(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#).0, -32600);
        assert_eq!(fault("7").0, -32600);
        let (code, words, id) = fault(r#"{"id":5,"method":"ping"}"#);
        assert_eq!((code, id), (-32600, Some(RequestId::Number(5))));
        assert!(words.contains("jsonrpc"), "{words}");
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":"a","method":7}"#).2, Some(RequestId::String("a".into())));
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#).2, None);
    }

    #[test]
    fn a_known_request_that_does_not_fit_is_told_why() {
        for (params, why) in [
            ("", "params is missing"),
            (r#","params":null"#, "params"),
            (r#","params":[]"#, "must be an object"),
            (r#","params":{}"#, "name"),
            (r#","params":{"name":"x","arguments":[1]}"#, "arguments must be an object"),
            (r#","params":{"name":"x","arguments":"{}"}"#, "arguments must be an object"),
            (r#","params":{"name":7}"#, "string"),
        ] {
            let (code, words, id) = fault(&format!(r#"{{"jsonrpc":"2.0","id":9,"method":"tools/call"{params}}}"#));
            assert_eq!((code, id), (-32602, Some(RequestId::Number(9))), "{params}");
            assert!(words.contains(why), "{params}: {words}");
        }
        assert_eq!(fault(r#"{"jsonrpc":"2.0","id":9,"method":"initialize","params":{}}"#).0, -32602);
    }

    #[test]
    fn an_unknown_method_is_left_to_the_library_and_an_unknown_note_to_nobody() {
        assert!(matches!(read(br#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#), Read::Message(_)));
        assert!(matches!(read(br#"{"method":"$/setTrace"}"#), Read::Nothing));
        assert!(matches!(read(b"  \t"), Read::Nothing));
        assert!(matches!(read(br#"{"jsonrpc":"2.0","id":1,"result":7}"#), Read::Nothing | Read::Message(_)));
    }
}
