use super::calls::{AT_ONCE, Calls, NotTaken};
use super::outbox::{self, Outbox};
use super::{EventSender, Handler, ProgressSender, Reply};
use crate::Peer;
use crate::frame::{self, Incoming, Stream, TO_APP, TO_CLIENT};
use crate::message::{Hello, PROTOCOL, Request, Role, ToApp, ToClient};
use crate::peer::PeerIds;
use futures_util::{FutureExt as _, StreamExt as _};
use gatehouse_core::{BridgeId, EdgeError, ErrorCode};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a peer may take to say hello.
const HELLO: Duration = Duration::from_secs(5);

/// One peer, from its hello to its end.
pub(super) async fn converse<H: Handler>(stream: Stream, ids: PeerIds, handler: Arc<H>, shutdown: CancellationToken) {
    let (mut incoming, mut frames) = frame::framed(stream, TO_APP, TO_CLIENT);
    let gone = CancellationToken::new();
    let (outbox, writer) = Outbox::new(gone.clone());

    let hello = match await_hello(&mut incoming, &shutdown).await {
        Ok(hello) => hello,
        Err(None) => return,
        Err(Some(refusal)) => return refuse(frames, refusal).await,
    };
    let role = hello.role.clone();
    let peer = Peer::look(ids).await;
    let session = match handler.connected(peer, hello, EventSender(outbox.clone())).await {
        Ok(session) => session,
        Err(refusal) => return refuse(frames, refusal).await,
    };
    let welcome = ToClient::Welcome { protocol: PROTOCOL, build: env!("CARGO_PKG_VERSION").to_owned() };
    if !outbox::write(&mut frames, &welcome).await {
        return handler.disconnected(&session).await;
    }

    let writer = tokio::spawn(writer(frames).run());
    let conversation = Conversation {
        role,
        session,
        handler,
        outbox,
        calls: Arc::default(),
        running: TaskTracker::new(),
        gone,
        shutdown,
    };
    conversation.listen(&mut incoming).await;
    drop(incoming);
    conversation.end().await;
    // A panic there has nobody left to reach.
    drop(writer.await);
}

/// Tells a peer that there is no seat for it.
pub(super) async fn turn_away(stream: Stream) {
    let (_, frames) = frame::framed(stream, TO_APP, TO_CLIENT);
    refuse(frames, EdgeError::new(ErrorCode::TooMuch, "Too many programs are connected to Gatehouse.").retryable())
        .await;
}

struct Conversation<H> {
    role: Role,
    session: BridgeId,
    handler: Arc<H>,
    outbox: Outbox,
    calls: Arc<Calls>,
    running: TaskTracker,
    gone: CancellationToken,
    shutdown: CancellationToken,
}

impl<H: Handler> Conversation<H> {
    async fn listen(&self, incoming: &mut Incoming) {
        loop {
            let frame = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return,
                () = self.gone.cancelled() => return,
                frame = incoming.next() => frame,
            };
            let refusal = match frame {
                None => return self.gone.cancel(),
                Some(Err(error)) => broken(&error),
                Some(Ok(frame)) => match self.hear(&frame).await {
                    Ok(()) => continue,
                    Err(refusal) => refusal,
                },
            };
            if let Some(refusal) = refusal {
                self.outbox.send(ToClient::Refused(refusal)).await;
            } else {
                self.gone.cancel();
            }
            return;
        }
    }

    /// Takes one message. An error ends the conversation.
    async fn hear(&self, frame: &[u8]) -> Result<(), Option<EdgeError>> {
        let message = match frame::read::<ToApp>(frame) {
            Ok(message) => message,
            Err(why) => {
                // A request that says its number gets its answer, and the conversation goes on.
                let Some(id) = request_number(frame) else {
                    return Err(Some(invalid(why)));
                };
                self.outbox.send(ToClient::Response { id, result: Err(invalid(why)) }).await;
                return Ok(());
            }
        };
        match message {
            ToApp::Hello(_) => return Err(Some(invalid("hello was said twice".into()))),
            ToApp::Cancel { id } => self.calls.cancel(id),
            ToApp::Ack { id } => self.calls.acknowledge(id),
            ToApp::Request { id, body } => match self.calls.begin(id, &self.shutdown) {
                Ok(cancel) if may_ask(&self.role, &body) => self.answer(id, body, cancel),
                Ok(_) => {
                    let error = EdgeError::new(ErrorCode::Denied, "A peer of this kind may not ask this.");
                    self.outbox.send(ToClient::Response { id, result: Err(error) }).await;
                    self.calls.sent(id);
                }
                Err(NotTaken::IdInUse) => {
                    return Err(Some(invalid(format!("request id {id} is in use"))));
                }
                Err(NotTaken::TooMany) => {
                    let words = format!("More than {AT_ONCE} requests at once. Wait for some answers first.");
                    let error = EdgeError::new(ErrorCode::TooMuch, words).retryable();
                    self.outbox.send(ToClient::Response { id, result: Err(error) }).await;
                }
            },
        }
        Ok(())
    }

    fn answer(&self, id: u64, body: Request, cancel: CancellationToken) {
        let already = match &body {
            Request::CallTool(call) => Duration::from_millis(call.elapsed_ms),
            _ => Duration::ZERO,
        };
        let progress = ProgressSender::new(self.outbox.clone(), id, already);
        let (handler, session) = (Arc::clone(&self.handler), self.session.clone());
        let (calls, outbox) = (Arc::clone(&self.calls), self.outbox.clone());
        self.running.spawn(async move {
            let asked = handler.request(&session, body, progress, cancel);
            let reply = AssertUnwindSafe(asked).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!("a request failed inside");
                Reply::new(Err(EdgeError::new(ErrorCode::Internal, "Gatehouse failed inside; its log says more.")))
            });
            calls.answered(id, reply.delivered);
            outbox.send(ToClient::Response { id, result: reply.result }).await;
            calls.sent(id);
        });
    }

    async fn end(self) {
        self.calls.over();
        self.handler.disconnected(&self.session).await;
        self.running.close();
        self.running.wait().await;
        self.outbox.end().await;
    }
}

async fn await_hello(incoming: &mut Incoming, shutdown: &CancellationToken) -> Result<Hello, Option<EdgeError>> {
    let first = tokio::select! {
        biased;
        () = shutdown.cancelled() => return Err(None),
        first = tokio::time::timeout(HELLO, incoming.next()) => first,
    };
    let frame = match first {
        Err(_) => return Err(Some(invalid("no hello within 5 s".into()))),
        Ok(None) => return Err(None),
        Ok(Some(Err(error))) => return Err(broken(&error)),
        Ok(Some(Ok(frame))) => frame,
    };
    // Another version's hello may hold more: only its number is read then.
    if let Some(theirs) = protocol_number(&frame).filter(|theirs| *theirs != u64::from(PROTOCOL)) {
        let words = format!(
            "The app speaks version {PROTOCOL} of its protocol, this program version {theirs}. \
             Update both Gatehouse and gatehouse-mcp to the same release, then restart the client."
        );
        return Err(Some(EdgeError::new(ErrorCode::VersionMismatch, words)));
    }
    match frame::read::<ToApp>(&frame) {
        Ok(ToApp::Hello(hello)) => Ok(hello),
        Ok(_) => Err(Some(invalid("the first message must be hello".into()))),
        Err(why) => Err(Some(invalid(why))),
    }
}

fn may_ask(role: &Role, body: &Request) -> bool {
    match role {
        Role::Bridge { .. } => !matches!(body, Request::Show { .. }),
        Role::Visitor => matches!(body, Request::Show { .. } | Request::Status),
    }
}

async fn refuse(mut frames: frame::Outgoing, refusal: EdgeError) {
    let message = ToClient::Refused(refusal);
    // Whoever does not read its refusal goes without.
    let _ = tokio::time::timeout(Duration::from_secs(1), outbox::write(&mut frames, &message)).await;
}

/// A frame that cannot be read; `None` when the peer is simply gone.
fn broken(error: &std::io::Error) -> Option<EdgeError> {
    (error.kind() == std::io::ErrorKind::InvalidData)
        .then(|| EdgeError::new(ErrorCode::TooMuch, "A message to Gatehouse may have at most 3.5 MiB."))
}

fn invalid(why: String) -> EdgeError {
    EdgeError::new(ErrorCode::InvalidArguments, "Gatehouse could not read a message.").with_detail(why)
}

fn request_number(frame: &[u8]) -> Option<u64> {
    let message: serde_json::Value = serde_json::from_slice(frame).ok()?;
    (message.get("type")? == "request").then(|| message.get("id")?.as_u64())?
}

fn protocol_number(frame: &[u8]) -> Option<u64> {
    let message: serde_json::Value = serde_json::from_slice(frame).ok()?;
    (message.get("type")? == "hello").then(|| message.get("protocol")?.as_u64())?
}
