//! A call as it came in, and why one ends without having run.

use crate::hold::hold_for;
use crate::state::Broker;
use gatehouse_core::{AgentId, BridgeId, EdgeError, Evidence, Timestamp};
use gatehouse_ipc::ProgressSender;
use gatehouse_ipc::message::{CallAnswer, CallTool};
use tokio_util::sync::CancellationToken;

/// A call as it came in.
pub(crate) struct Arrival {
    pub(crate) bridge: BridgeId,
    pub(crate) agent: AgentId,
    /// What the system saw of the process behind the bridge.
    pub(crate) evidence: Evidence,
    pub(crate) call: CallTool,
    pub(crate) progress: ProgressSender,
    pub(crate) cancel: CancellationToken,
    /// When the client's request arrived at the bridge.
    pub(crate) arrived_at: Timestamp,
    /// Until when it may be held.
    pub(crate) hold_until: Timestamp,
}

/// Why a call ends before or without running.
pub(crate) enum Stop {
    /// Refused.
    Refused(EdgeError),
    /// The agent is told to come back.
    Pending(CallAnswer),
    /// The client no longer wants the answer.
    Cancelled,
}

impl From<EdgeError> for Stop {
    fn from(error: EdgeError) -> Self {
        Self::Refused(error)
    }
}

impl Arrival {
    pub(crate) fn new(
        broker: &Broker,
        bridge: BridgeId,
        agent: AgentId,
        evidence: Evidence,
        call: CallTool,
        progress: ProgressSender,
        cancel: CancellationToken,
    ) -> Self {
        let waited = i64::try_from(call.elapsed_ms.min(600_000)).unwrap_or(0);
        let arrived_at = Timestamp::from_millis(broker.now().as_millis() - waited);
        let hold = broker.0.options.hold.unwrap_or_else(|| hold_for(call.client.as_ref().map(|c| c.name.as_str())));
        Self { bridge, agent, evidence, call, progress, cancel, arrived_at, hold_until: arrived_at.plus(hold) }
    }
}
