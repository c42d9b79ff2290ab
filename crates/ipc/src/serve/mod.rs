//! The app's side: peers come, ask and go.

mod calls;
mod conversation;
mod handler;
mod outbox;

pub use calls::Delivered;
pub use handler::{Handler, Reply};
pub use outbox::{EventSender, ProgressSender};

use crate::Listener;
use conversation::{converse, turn_away};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many peers are served at once.
const PEERS: usize = 32;

/// Serves peers until `shutdown`; then cancels every request, and returns when the handler has answered them all, so that
/// a write that was sent is still recorded. The socket is gone before that.
pub async fn serve<H: Handler>(listener: Listener, handler: Arc<H>, shutdown: CancellationToken) {
    let seats = Arc::new(Semaphore::new(PEERS));
    let peers = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, ids)) => match Arc::clone(&seats).try_acquire_owned() {
                Ok(seat) => {
                    let conversation = converse(stream, ids, Arc::clone(&handler), shutdown.clone());
                    peers.spawn(async move {
                        conversation.await;
                        drop(seat);
                    });
                }
                Err(_) => {
                    peers.spawn(turn_away(stream));
                }
            },
            Err(error) => {
                // Out of file descriptors, most likely: they come back when a peer goes.
                tracing::warn!(%error, "a peer could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    peers.close();
    peers.wait().await;
}
