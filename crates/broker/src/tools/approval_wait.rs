//! `approval_wait`: attaches to a ticket and waits for its end. Protocol: outside default, hide and limits.

use super::arguments::Arguments;
use super::{Call, Site, Target, Tool, define};
use crate::admission::{Admitted, admission_key};
use crate::arrival::{Arrival, Stop};
use crate::dispatch::limited;
use crate::state::Broker;
use async_trait::async_trait;
use gatehouse_core::{Category, EdgeError, ErrorCode, Severity, TicketId, TicketKind, ToolDefinition};
use gatehouse_ipc::message::CallAnswer;
use gatehouse_policy::{ChargeRequest, CounterId, Layer, RuleId, Window};
use serde_json::json;

pub(crate) const NAME: &str = "approval_wait";
/// Each wait holds for seconds; more than this is a loop.
const WAITS_A_MINUTE: u64 = 60;

pub(crate) struct ApprovalWait;

#[async_trait]
impl Tool for ApprovalWait {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Wait for a person",
            Category::Read,
            Severity::Low,
            "Waits for the outcome of a ticket (pending_approval, running, awaiting_person). An approved call runs now, and \
             its result comes from here.",
            &json!({"ticket": {"type": "string", "maxLength": 40}}),
            &["ticket"],
        )
    }

    fn target(&self) -> Target {
        Target::None
    }

    async fn describe(&self, _: &Site, _: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        Err(EdgeError::new(ErrorCode::Internal, "waiting is not described"))
    }
}

impl Broker {
    /// Waiting is protocol, outside every policy, and has this cap of its own: a client that asks in a loop is told to rest.
    fn cap_waiting(&self, arrival: &Arrival) -> Result<(), EdgeError> {
        let charge = ChargeRequest {
            counter: CounterId::new(Layer::LOCAL, arrival.agent.as_str(), NAME),
            window: Window::Minute,
            max: WAITS_A_MINUTE,
            amount: 1,
            rows: false,
            rule: RuleId::of_tool(Layer::LOCAL, NAME, "limits", 0),
        };
        self.limits().charge(&[charge], 0, self.now()).map_err(|full| limited(&full))
    }

    /// Waits on a ticket of this agent. Another agent's ticket does not exist for it.
    pub(crate) async fn wait_for_ticket(
        &self,
        arrival: &Arrival,
        arguments: &Arguments,
    ) -> Result<(Result<CallAnswer, EdgeError>, Option<TicketId>), Stop> {
        let gone = || {
            EdgeError::new(
                ErrorCode::TicketGone,
                "You have no such ticket: it ended and was delivered, or Gatehouse was restarted. Nothing more will come of \
                 it; look at the records before you call again.",
            )
        };
        self.cap_waiting(arrival)?;
        let id = TicketId::parse(arguments.text("ticket").unwrap_or_default()).map_err(|_| gone())?;
        // A program that nobody admitted may wait for its own admission, and for nothing else of the agent it names.
        let is_admitted = matches!(self.admitted(&arrival.agent, &arrival.evidence), Admitted::Yes(_));
        let own_admission = admission_key(arrival);
        let (holder, delivered) = self
            .0
            .desk
            .look(&id, |held| {
                let ticket = &held.ticket;
                let mine = !held.is_orphan
                    && ticket.agent() == Some(&arrival.agent)
                    && (is_admitted || (ticket.kind() == TicketKind::Admission && *ticket.call_key() == own_admission));
                mine.then(|| (ticket.bridge().cloned(), ticket.is_delivered()))
            })
            .flatten()
            .ok_or_else(gone)?;
        if delivered {
            return Err(gone().into());
        }
        if let Some(holder) = holder.filter(|holder| *holder != arrival.bridge) {
            if self.0.bridges.is_live(&holder) {
                return Err(
                    EdgeError::new(ErrorCode::TicketGone, "Another of your processes waits on this ticket.").into()
                );
            }
            self.0.desk.touch(&id, |held| held.ticket.hand_over(arrival.bridge.clone()));
        }
        self.await_ticket(arrival, &id).await
    }
}
