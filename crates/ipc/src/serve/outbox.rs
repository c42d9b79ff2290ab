use crate::frame::{self, Outgoing, TO_CLIENT};
use crate::message::{Event, ToClient};
use futures_util::SinkExt as _;
use gatehouse_core::{EdgeError, ErrorCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How many messages wait for a peer that reads slowly.
const WAITING: usize = 256;
/// How long one message may take to leave before the peer is dropped.
const SLOW: Duration = Duration::from_secs(10);

/// The way to one peer. `gone` fires when the peer was dropped.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    queue: mpsc::Sender<Item>,
    gone: CancellationToken,
}

#[derive(Debug)]
enum Item {
    Message(ToClient),
    End,
}

impl Outbox {
    /// An outbox that nobody empties yet, and what empties it.
    pub(super) fn new(gone: CancellationToken) -> (Self, impl FnOnce(Outgoing) -> Writer) {
        let (queue, items) = mpsc::channel(WAITING);
        let writer_gone = gone.clone();
        (Self { queue, gone }, move |frames| Writer { frames, items, gone: writer_gone })
    }

    /// Queues `message`; a peer whose queue stays full is dropped.
    pub(super) async fn send(&self, message: ToClient) {
        if self.queue.send_timeout(Item::Message(message), SLOW).await.is_err() {
            self.gone.cancel();
        }
    }

    /// Lets what is queued leave, and nothing after it.
    pub(super) async fn end(&self) {
        if self.queue.send_timeout(Item::End, Duration::from_secs(1)).await.is_err() {
            self.gone.cancel();
        }
    }

    fn try_send(&self, message: ToClient) -> bool {
        self.queue.try_send(Item::Message(message)).is_ok()
    }
}

/// Empties an outbox into the socket.
pub(super) struct Writer {
    frames: Outgoing,
    items: mpsc::Receiver<Item>,
    gone: CancellationToken,
}

impl Writer {
    pub(super) async fn run(mut self) {
        loop {
            let item = tokio::select! {
                biased;
                () = self.gone.cancelled() => return,
                item = self.items.recv() => item,
            };
            let Some(Item::Message(message)) = item else {
                return;
            };
            let written = tokio::select! {
                () = self.gone.cancelled() => return,
                written = tokio::time::timeout(SLOW, write(&mut self.frames, &message)) => written,
            };
            if !matches!(written, Ok(true)) {
                self.gone.cancel();
                return;
            }
        }
    }
}

/// Writes one message; `false` when the peer is gone. An answer too large for a frame is replaced by an error.
pub(super) async fn write(frames: &mut Outgoing, message: &ToClient) -> bool {
    let bytes = match (frame::write(message, TO_CLIENT), message) {
        (Some(bytes), _) => Some(bytes),
        (None, ToClient::Response { id, .. }) => {
            let error =
                EdgeError::new(ErrorCode::TooMuch, "The answer is larger than 4 MiB. Ask for fewer records or fields.");
            frame::write(&ToClient::Response { id: *id, result: Err(error) }, TO_CLIENT)
        }
        (None, _) => None,
    };
    match bytes {
        Some(bytes) => frames.send(bytes).await.is_ok(),
        None => true,
    }
}

/// Tells one peer what happens unasked. Cheap to clone; outlives the peer.
#[derive(Debug, Clone)]
pub struct EventSender(pub(super) Outbox);

impl EventSender {
    /// Queues `event`; `false` when the peer is gone. A peer that reads so slowly that its queue is full is dropped.
    pub fn send(&self, event: Event) -> bool {
        if self.0.gone.is_cancelled() {
            return false;
        }
        let sent = self.0.try_send(ToClient::Event(event));
        if !sent {
            self.0.gone.cancel();
        }
        sent
    }
}

/// Tells the caller of one request that it still waits or runs.
#[derive(Debug, Clone)]
pub struct ProgressSender {
    outbox: Outbox,
    id: u64,
    began: Instant,
    last: Arc<AtomicU64>,
}

impl ProgressSender {
    pub(super) fn new(outbox: Outbox, id: u64, already: Duration) -> Self {
        let now = Instant::now();
        Self { outbox, id, began: now.checked_sub(already).unwrap_or(now), last: Arc::new(AtomicU64::new(0)) }
    }

    /// Says what the call waits for, in a few words without values. The seconds are added here and always grow. Lost when
    /// the peer reads too slowly.
    pub fn send(&self, message: impl Into<String>) {
        let seconds = self.began.elapsed().as_secs();
        let grow = |last: u64| Some(seconds.max(last + 1));
        let last = match self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grow) {
            Ok(last) | Err(last) => last,
        };
        let elapsed = seconds.max(last + 1);
        self.outbox.try_send(ToClient::Progress { id: self.id, elapsed, message: message.into() });
    }
}
