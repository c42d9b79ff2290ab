use super::{Delivered, EventSender, ProgressSender};
use crate::Peer;
use crate::message::{Answer, Hello, Request};
use async_trait::async_trait;
use gatehouse_core::{BridgeId, EdgeError};
use std::fmt;
use tokio_util::sync::CancellationToken;

/// What the app does with what peers ask.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// A peer of this user said hello. An error turns it away; its words reach the peer.
    async fn connected(&self, peer: Peer, hello: Hello, events: EventSender) -> Result<BridgeId, EdgeError>;

    /// Answers a request. Runs beside others of the same peer. `cancel` fires when the peer no longer wants the answer,
    /// is gone, or the app ends; the future is never dropped before it returns.
    async fn request(
        &self,
        session: &BridgeId,
        body: Request,
        progress: ProgressSender,
        cancel: CancellationToken,
    ) -> Reply;

    /// The peer is gone. Requests of it that still run were cancelled just before.
    async fn disconnected(&self, session: &BridgeId);
}

/// What [`Handler::request`] returns.
pub struct Reply {
    /// The answer.
    pub result: Result<Answer, EdgeError>,
    /// Called once: `true` when a caller who still wanted the answer received it, `false` when it was cancelled or the
    /// peer is gone.
    pub delivered: Option<Delivered>,
}

impl Reply {
    /// An answer of which nobody needs to know whether it arrived.
    pub fn new(result: Result<Answer, EdgeError>) -> Self {
        Self { result, delivered: None }
    }

    /// An answer that is told whether it arrived. `delivered` must not block.
    pub fn noting(result: Result<Answer, EdgeError>, delivered: impl FnOnce(bool) + Send + 'static) -> Self {
        Self { result, delivered: Some(Box::new(delivered)) }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("is_ok", &self.result.is_ok()).finish_non_exhaustive()
    }
}
