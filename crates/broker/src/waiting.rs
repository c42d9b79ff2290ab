//! Waiting on a ticket: until a person decides, the call that was approved has run, or the client would give up.

use crate::arrival::{Arrival, Stop};
use crate::desk::ended_error;
use crate::running::Claimer;
use crate::state::Broker;
use crate::view::Topic;
use gatehouse_core::{EdgeError, ErrorCode, TicketId, TicketKind, TicketState, Timestamp};
use gatehouse_ipc::message::CallAnswer;
use serde_json::{Value, json};
use std::time::Duration;

/// How often a client that wants to know hears that its call is still held.
const PROGRESS: Duration = Duration::from_secs(5);

impl Broker {
    /// Waits for a ticket's end; claims and runs it when the person approved. Says `pending` when the hold is over.
    pub(crate) async fn await_ticket(
        &self,
        arrival: &Arrival,
        id: &TicketId,
    ) -> Result<(Result<CallAnswer, EdgeError>, Option<TicketId>), Stop> {
        let mut desk = self.0.desk.watch();
        let _waiting = Waiting::begin(self, id, arrival.hold_until);
        let mut next_progress = arrival.arrived_at.plus(PROGRESS);
        loop {
            desk.borrow_and_update();
            let now = self.now();
            let state = self
                .0
                .desk
                .look(id, |held| (held.ticket.state().clone(), held.ticket.kind()))
                .ok_or_else(|| EdgeError::new(ErrorCode::TicketGone, "There is no such ticket any more."))?;
            let doing = match state {
                (TicketState::Running { .. }, TicketKind::Call) => "running in Odoo",
                _ => "waiting for a person in Gatehouse",
            };
            match state {
                (TicketState::Approved { .. }, TicketKind::Call) => {
                    if let Some(error) = self.0.desk.touch(id, |held| held.limited.take()).flatten() {
                        // The approval stays; this call is told when to come back for it.
                        return Err(error.into());
                    }
                    if let Some(job) = self.claim(id) {
                        self.0.jobs.spawn(self.clone().run_claimed(job, id.clone(), Claimer::of(arrival)));
                    }
                }
                (TicketState::Settled { .. }, _) => {
                    let (result, replayed) = self.result_of(id, arrival);
                    return Ok((mark_replayed(result, replayed), Some(id.clone())));
                }
                (ended, _) if !ended.is_open() => {
                    let told = self.0.desk.look(id, |held| held.result.clone()).flatten();
                    return Ok((told.unwrap_or_else(|| Err(ended_error(&ended))), Some(id.clone())));
                }
                _ => {}
            }
            if now >= arrival.hold_until {
                return Err(Stop::Pending(self.pending_answer(id)));
            }
            tokio::select! {
                _ = desk.changed() => {}
                () = self.until(arrival.hold_until.min(next_progress)) => {
                    let now = self.now();
                    if now >= next_progress {
                        next_progress = now.plus(PROGRESS);
                        arrival.progress.send(doing);
                    }
                }
                () = arrival.cancel.cancelled() => return Err(Stop::Cancelled),
            }
        }
    }

    /// The result of a settled ticket, and whether another call than this one ran it.
    fn result_of(&self, id: &TicketId, arrival: &Arrival) -> (Result<CallAnswer, EdgeError>, bool) {
        self.0
            .desk
            .look(id, |held| {
                let replayed = match held.ticket.state() {
                    TicketState::Settled { at } => arrival.arrived_at > *at,
                    _ => false,
                };
                (held.result.clone(), replayed)
            })
            .and_then(|(result, replayed)| result.map(|result| (result, replayed)))
            .unwrap_or_else(|| (Err(EdgeError::new(ErrorCode::Internal, "The ticket ended without a result.")), false))
    }

    /// What the agent reads when the hold is over.
    fn pending_answer(&self, id: &TicketId) -> CallAnswer {
        let now = self.now();
        let looked = self.0.desk.look(id, |held| {
            (held.ticket.state().name(), held.ticket.expires_at().since(now).as_secs(), held.ticket.kind())
        });
        let (state, expires_in, kind) = looked.unwrap_or(("gone", 0, TicketKind::Call));
        let (status, message) = match (state, kind) {
            ("running", _) => {
                ("running", "The call is running in Odoo. Call approval_wait with this ticket for its outcome.")
            }
            (_, TicketKind::Form) => (
                "awaiting_person",
                "The form is open in Gatehouse; the user enters the secret there. Call approval_wait with this ticket for the outcome.",
            ),
            (_, TicketKind::Admission) => (
                "pending_approval",
                "The user has not admitted you yet. Nothing ran. Call approval_wait with this ticket, then repeat the call.",
            ),
            _ => (
                "pending_approval",
                "A person has not decided yet. Nothing ran. Call approval_wait with this ticket, or repeat the same call; \
                 tell the user that Gatehouse waits for them.",
            ),
        };
        let told = json!({"status": status, "ticket": id, "expires_in_seconds": expires_in, "next": message});
        CallAnswer::text(told.to_string())
    }
}

/// Counts a live call that waits on a ticket, for as long as it does.
struct Waiting {
    broker: Broker,
    id: TicketId,
}

impl Waiting {
    fn begin(broker: &Broker, id: &TicketId, hold_until: Timestamp) -> Self {
        broker.0.desk.touch(id, |held| {
            held.waiters += 1;
            held.waits_until = Some(held.waits_until.map_or(hold_until, |until| until.max(hold_until)));
        });
        broker.changed(&[Topic::Approvals]);
        Self { broker: broker.clone(), id: id.clone() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.broker.0.desk.touch(&self.id, |held| {
            held.waiters -= 1;
            if held.waiters == 0 {
                held.waits_until = None;
            }
        });
        self.broker.changed(&[Topic::Approvals]);
    }
}

fn mark_replayed(result: Result<CallAnswer, EdgeError>, replayed: bool) -> Result<CallAnswer, EdgeError> {
    let Ok(answer) = result else { return result };
    if !replayed {
        return Ok(answer);
    }
    let text = match serde_json::from_str::<Value>(&answer.text) {
        Ok(Value::Object(mut map)) => {
            map.insert("replayed".into(), json!(true));
            Value::Object(map).to_string()
        }
        _ => answer.text,
    };
    Ok(CallAnswer { text, ..answer })
}
