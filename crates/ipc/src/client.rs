use crate::frame::{self, Incoming, Outgoing, TO_APP, TO_CLIENT};
use crate::message::{Answer, Event, Hello, PROTOCOL, Request, ToApp, ToClient};
use crate::place::SocketPath;
use crate::platform;
use futures_util::{SinkExt as _, StreamExt as _};
use gatehouse_core::{EdgeError, ErrorCode};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::bytes::Bytes;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long connecting and being welcomed may take.
const WELCOME: Duration = Duration::from_secs(5);
/// How long an app that hung up may still be read.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Events that wait for somebody to look.
const EVENTS: usize = 64;

/// A connection to the app. Cheap to clone; the last clone closes it.
#[derive(Debug, Clone)]
pub struct Client {
    link: Arc<Link>,
    _last: Arc<DropGuard>,
}

#[derive(Debug)]
struct Link {
    build: String,
    queue: mpsc::UnboundedSender<Bytes>,
    waiting: Mutex<HashMap<u64, mpsc::UnboundedSender<FromApp>>>,
    events: Mutex<Option<mpsc::Receiver<Event>>>,
    next: AtomicU64,
    is_quitting: AtomicBool,
    gone: CancellationToken,
}

#[derive(Debug)]
enum FromApp {
    Progress { elapsed: u64, message: String },
    Response(Result<Answer, EdgeError>),
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody listens.
    #[error("Gatehouse is not running")]
    NotRunning,
    /// The app turned us away, with its words.
    #[error("{0}")]
    Refused(EdgeError),
    /// What is there is not this user's own.
    #[error("the way to Gatehouse is not safe: {0}")]
    Untrusted(String),
    /// It accepted and then said nothing.
    #[error("Gatehouse does not answer")]
    Silent,
    /// It answered something else than this protocol.
    #[error("Gatehouse answered what cannot be read: {0}")]
    Garbled(String),
    /// Anything else that the system said.
    #[error("Gatehouse cannot be reached: {0}")]
    Io(#[source] io::Error),
}

impl Client {
    /// Connects and says hello. Must be called within a tokio runtime.
    pub async fn connect(path: &SocketPath, hello: Hello) -> Result<Self, ConnectError> {
        tokio::time::timeout(WELCOME, Self::greet(path, hello)).await.unwrap_or(Err(ConnectError::Silent))
    }

    async fn greet(path: &SocketPath, hello: Hello) -> Result<Self, ConnectError> {
        let (mut incoming, mut outgoing) = frame::framed(platform::connect(path).await?, TO_CLIENT, TO_APP);
        let hello = frame::write(&ToApp::Hello(hello), TO_APP)
            .ok_or_else(|| ConnectError::Garbled("our own hello is too large".into()))?;
        // A refusal may be on its way even when the peer no longer reads.
        let sent = outgoing.send(hello).await;
        let frame = match incoming.next().await {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Err(ConnectError::Io(error)),
            None => return Err(sent.map_or_else(ConnectError::Io, |()| ConnectError::Silent)),
        };
        let build = match frame::read(&frame).map_err(ConnectError::Garbled)? {
            ToClient::Welcome { protocol: PROTOCOL, build } => build,
            ToClient::Welcome { protocol, build } => {
                let words =
                    format!("The app ({build}) speaks version {protocol} of its protocol, this program {PROTOCOL}.");
                return Err(ConnectError::Refused(EdgeError::new(ErrorCode::VersionMismatch, words)));
            }
            ToClient::Refused(refusal) => return Err(ConnectError::Refused(refusal)),
            _ => return Err(ConnectError::Garbled("it did not welcome us".into())),
        };
        Ok(Self::start(build, incoming, outgoing))
    }

    fn start(build: String, incoming: Incoming, outgoing: Outgoing) -> Self {
        let (queue, queued) = mpsc::unbounded_channel();
        let (events, happened) = mpsc::channel(EVENTS);
        let gone = CancellationToken::new();
        let link = Arc::new(Link {
            build,
            queue,
            waiting: Mutex::default(),
            events: Mutex::new(Some(happened)),
            next: AtomicU64::new(1),
            is_quitting: AtomicBool::new(false),
            gone: gone.clone(),
        });
        tokio::spawn(write(outgoing, queued, gone.clone()));
        tokio::spawn(read(incoming, events, Arc::clone(&link)));
        Self { link, _last: Arc::new(gone.drop_guard()) }
    }

    /// The app's version.
    pub fn build(&self) -> &str {
        &self.link.build
    }

    /// What happens unasked. The first caller gets it, later ones `None`.
    pub fn events(&self) -> Option<mpsc::Receiver<Event>> {
        self.link.events.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the connection is gone.
    pub fn is_closed(&self) -> bool {
        self.link.gone.is_cancelled()
    }

    /// Whether the app said that it quits because the person wants it closed. Known before [`Client::is_closed`].
    pub fn is_quitting(&self) -> bool {
        self.link.is_quitting.load(Ordering::Relaxed)
    }

    /// Returns when the connection is gone.
    pub async fn closed(&self) {
        self.link.gone.cancelled().await;
    }

    /// Closes it now, for every clone. The app then detaches what was asked over it.
    pub fn close(&self) {
        self.link.gone.cancel();
    }

    /// Asks, and waits for the answer, which is acknowledged when it comes. `progress` gets seconds and words. When
    /// `cancel` fires, or the future is dropped, the app is told that the answer is no longer wanted.
    pub async fn request(
        &self,
        body: Request,
        mut progress: impl FnMut(u64, String),
        cancel: &CancellationToken,
    ) -> Result<Answer, EdgeError> {
        let mut pending = self.ask(body)?;
        loop {
            let update = tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    return Err(EdgeError::new(ErrorCode::Cancelled, "The call was cancelled."));
                }
                update = pending.next() => update,
            };
            match update {
                Update::Progress { elapsed, message } => progress(elapsed, message),
                Update::Done(result, receipt) => {
                    receipt.received();
                    return result;
                }
            }
        }
    }

    /// Sends a request. An error means that it was not sent: the connection is gone (`app_unavailable`), or it has more than
    /// 3.5 MiB (`too_much`).
    pub fn ask(&self, body: Request) -> Result<Pending, EdgeError> {
        let id = self.link.next.fetch_add(1, Ordering::Relaxed);
        let Some(frame) = frame::write(&ToApp::Request { id, body }, TO_APP) else {
            return Err(EdgeError::new(
                ErrorCode::TooMuch,
                "The call has more than 3.5 MiB. Send less at once, in several calls.",
            ));
        };
        let (sender, updates) = mpsc::unbounded_channel();
        self.link.waiting().insert(id, sender);
        let pending = Pending { id, updates, link: Arc::clone(&self.link), is_done: false };
        if self.is_closed() || self.link.queue.send(frame).is_err() {
            return Err(EdgeError::new(ErrorCode::AppUnavailable, "Gatehouse is not running any more.").retryable());
        }
        Ok(pending)
    }
}

/// A request that was sent. Dropping it before it is done cancels it.
#[derive(Debug)]
pub struct Pending {
    id: u64,
    updates: mpsc::UnboundedReceiver<FromApp>,
    link: Arc<Link>,
    is_done: bool,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Update {
    /// It still waits or runs.
    Progress {
        /// Seconds since it began; always growing.
        elapsed: u64,
        /// What it waits for.
        message: String,
    },
    /// It is answered. When the connection broke first, the error is `outcome_unknown`: it was sent, and what came of it is
    /// not known here.
    Done(Result<Answer, EdgeError>, Receipt),
}

impl Pending {
    /// The next that happens. Nothing happens after [`Update::Done`]. Losing this future loses nothing.
    pub async fn next(&mut self) -> Update {
        let result = match self.updates.recv().await {
            Some(FromApp::Progress { elapsed, message }) => {
                return Update::Progress { elapsed, message };
            }
            Some(FromApp::Response(result)) => result,
            None => Err(EdgeError::new(
                ErrorCode::OutcomeUnknown,
                "Gatehouse ended before it answered. Whether the call took effect is in its journal; read the record \
                 before trying again.",
            )),
        };
        self.is_done = true;
        Update::Done(result, Receipt { id: self.id, link: Some(Arc::clone(&self.link)) })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_done {
            self.link.waiting().remove(&self.id);
            self.link.tell(&ToApp::Cancel { id: self.id });
        }
    }
}

/// Owed to the app for an answer: [`Receipt::received`], or drop it when nobody wants the answer any more.
#[derive(Debug)]
#[must_use = "dropping it tells the app that the answer was not wanted"]
pub struct Receipt {
    id: u64,
    link: Option<Arc<Link>>,
}

impl Receipt {
    /// The answer reached a caller who still wanted it.
    pub fn received(mut self) {
        if let Some(link) = self.link.take() {
            link.tell(&ToApp::Ack { id: self.id });
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            link.tell(&ToApp::Cancel { id: self.id });
        }
    }
}

impl Link {
    fn tell(&self, message: &ToApp) {
        if let Some(frame) = frame::write(message, TO_APP) {
            // When the connection is gone, the app knows better already.
            drop(self.queue.send(frame));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, mpsc::UnboundedSender<FromApp>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, message: ToClient, events: &mpsc::Sender<Event>) -> bool {
        match message {
            ToClient::Response { id, result } => {
                let waiting = self.waiting().remove(&id);
                if let Some(waiting) = waiting {
                    drop(waiting.send(FromApp::Response(result)));
                }
            }
            ToClient::Progress { id, elapsed, message } => {
                if let Some(waiting) = self.waiting().get(&id) {
                    drop(waiting.send(FromApp::Progress { elapsed, message }));
                }
            }
            ToClient::Event(event) => {
                if event == Event::Quitting {
                    self.is_quitting.store(true, Ordering::Relaxed);
                }
                // An event that nobody fetches is not worth more than memory for the last few.
                let _ = events.try_send(event);
            }
            ToClient::Welcome { .. } => {}
            ToClient::Refused(refusal) => {
                tracing::warn!(code = ?refusal.code, "the app ended the conversation");
                return false;
            }
        }
        true
    }
}

async fn read(mut incoming: Incoming, events: mpsc::Sender<Event>, link: Arc<Link>) {
    loop {
        let frame = tokio::select! {
            biased;
            () = link.gone.cancelled() => break,
            frame = incoming.next() => frame,
        };
        let Some(Ok(frame)) = frame else { break };
        match frame::read(&frame) {
            Ok(message) => {
                if !link.hear(message, &events) {
                    break;
                }
            }
            Err(why) => {
                tracing::warn!(why, "the app sent what cannot be read");
                break;
            }
        }
    }
    link.gone.cancel();
    link.waiting().clear();
}

async fn write(mut outgoing: Outgoing, mut queued: mpsc::UnboundedReceiver<Bytes>, gone: CancellationToken) {
    loop {
        let frame = tokio::select! {
            biased;
            () = gone.cancelled() => return,
            frame = queued.recv() => frame,
        };
        let Some(frame) = frame else { return };
        let sent = tokio::select! {
            () = gone.cancelled() => return,
            sent = outgoing.send(frame) => sent,
        };
        if sent.is_err() {
            // The app hung up. What it said before is still read; the end of that ends the connection.
            tokio::select! {
                () = gone.cancelled() => {}
                () = tokio::time::sleep(LAST_WORDS) => gone.cancel(),
            }
            return;
        }
    }
}
