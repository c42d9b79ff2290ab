//! What the approval window alone may do. Nothing else can approve, admit or loosen anything: no message on the socket,
//! no command of the main window, no file.

use crate::desk::{Held, Loosening, Matter};
use crate::journal::move_of;
use crate::policy::PolicyChoice;
use crate::preview::export;
use crate::state::Broker;
use crate::view::{Card, OwnPolicy, Queue, Topic, Verdict};
use gatehouse_core::{
    AgentId, Digest, EdgeError, ErrorCode, IllegalMove, JournalEvent, TicketId, TicketKind, TicketState, Timestamp,
};
use gatehouse_ipc::message::CallAnswer;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;

/// How long a card must have stood still on the screen before it can be approved.
const ARMING: Duration = Duration::from_millis(700);

/// The power to decide. Made once, by [`Broker::start`], and handed to the approval window's commands.
#[derive(Clone)]
pub struct Approver {
    broker: Broker,
}

impl Approver {
    pub(crate) fn new(broker: Broker) -> Self {
        Self { broker }
    }

    /// The cards that wait, oldest first.
    pub fn cards(&self) -> Vec<Card> {
        let cards = self.broker.0.desk.collect(crate::cards::card);
        cards.into_iter().map(|card| self.broker.with_pin(card)).collect()
    }

    /// What waits, and the card of `wanted`. Where that waits no more, the one in its `place` (0 is the oldest), or the last.
    pub fn queue(&self, wanted: Option<&TicketId>, place: usize) -> Queue {
        let desk = &self.broker.0.desk;
        loop {
            let tickets = desk.collect(|held| has_card(held).then(|| held.ticket.id().clone()));
            let in_place = || tickets.get(place).or(tickets.last());
            let Some(chosen) = wanted.filter(|wanted| tickets.contains(wanted)).or_else(in_place) else {
                return Queue { now: self.broker.now(), tickets, card: None };
            };
            // One that was decided in this instant is not there any more: look again.
            if let Some(card) = desk.look(chosen, crate::cards::card).flatten() {
                return Queue { now: self.broker.now(), tickets, card: Some(self.broker.with_pin(card)) };
            }
        }
    }

    pub(crate) fn broker(&self) -> &Broker {
        &self.broker
    }

    /// This card is on the screen now, and no other: its arming clock starts.
    pub fn present(&self, id: &TicketId, digest: &Digest) -> Result<(), EdgeError> {
        let now = self.broker.now();
        for other in self.broker.0.desk.collect(|held| Some(held.ticket.id().clone())) {
            self.broker.0.desk.touch(&other, |held| {
                let shown = other == *id && held.ticket.digest() == digest;
                held.presented_at = shown.then_some(now);
            });
        }
        Ok(())
    }

    /// The window was raised, focused, moved or resized: the arming clock starts anew.
    pub fn disturbed(&self) {
        let now = self.broker.now();
        for id in self.broker.0.desk.collect(|held| held.presented_at.map(|_| held.ticket.id().clone())) {
            self.broker.0.desk.touch(&id, |held| held.presented_at = Some(now));
        }
    }

    /// Decides a ticket whose card asks for no PIN.
    pub async fn decide(&self, id: &TicketId, digest: &Digest, verdict: Verdict) -> Result<(), EdgeError> {
        self.decide_with(id, digest, verdict, None).await
    }

    /// Decides a ticket. `digest` is what was on the screen: a ticket that asks something else by now is not decided. `pin`
    /// is what was typed, where the card asks for the PIN.
    pub async fn decide_with(
        &self,
        id: &TicketId,
        digest: &Digest,
        verdict: Verdict,
        pin: Option<SecretString>,
    ) -> Result<(), EdgeError> {
        let now = self.broker.now();
        let (kind, agent) =
            self.broker.0.desk.look(id, |held| (held.ticket.kind(), held.agent.clone())).ok_or_else(gone)?;
        match verdict {
            Verdict::Deny { reason } => self.deny(id, reason.filter(|text| !text.trim().is_empty()), now),
            Verdict::DenyAndPause => {
                self.deny(id, Some("the user paused you".into()), now)?;
                match agent {
                    Some(agent) => self.pause(&agent.id).await,
                    None => Ok(()),
                }
            }
            // Its own form asks for what it needs.
            Verdict::Approve { .. } if kind == TicketKind::Pin => Err(gone()),
            Verdict::Approve { typed_count, unseen } => {
                self.must_be_armed(id, now)?;
                self.must_be_typed(id, typed_count, unseen.as_deref())?;
                self.must_have_pin(id, pin).await?;
                self.approve(id, digest, self.broker.now())?;
                match kind {
                    TicketKind::Call => Ok(()),
                    TicketKind::Undo => self.take_back(id).await,
                    _ => self.carry_out(id).await,
                }
            }
            Verdict::ApproveStanding => {
                self.must_be_armed(id, now)?;
                self.must_be_typed(id, None, None)?;
                self.must_have_pin(id, pin).await?;
                let standing = self.broker.standing_of(id)?;
                self.approve(id, digest, self.broker.now())?;
                self.broker.add_standing(standing);
                Ok(())
            }
            Verdict::Admit { connections, policy } => {
                self.must_be_armed(id, now)?;
                let asked = agent.filter(|_| kind == TicketKind::Admission).ok_or_else(gone)?;
                let choice = self.choice_of(id, policy)?;
                self.must_have_pin(id, pin).await?;
                self.approve(id, digest, self.broker.now())?;
                let done = self.broker.admit_agent(asked, connections, choice).await;
                self.settle(id, done.map(|()| json!({"status": "admitted", "next": "Repeat your call."})))
            }
        }
    }

    /// Writes every record of a card into a new file of the user's alone, in the folder for downloads; gives its path. A
    /// ticket that asks something else by now is not written.
    ///
    /// # Errors
    /// [`ErrorCode::TicketGone`] where the ticket is not there or no card of a call, [`ErrorCode::Drifted`] where it asks
    /// something else, [`ErrorCode::InvalidArguments`] where all records stand on the card, [`ErrorCode::Storage`] where the
    /// file cannot be written.
    pub fn export(&self, id: &TicketId, digest: &Digest) -> Result<String, EdgeError> {
        let look = |held: &Held| match &held.matter {
            Matter::Call { job, card: Some(card) } if has_card(held) => {
                Some((job.clone(), card.exportable.is_some(), held.ticket.digest() == digest))
            }
            _ => None,
        };
        let (job, is_exportable, is_same) = self.broker.0.desk.look(id, look).flatten().ok_or_else(gone)?;
        if !is_same {
            return Err(EdgeError::new(ErrorCode::Drifted, "The question has changed. Read the card again."));
        }
        if !is_exportable {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, "Every record stands on the card already."));
        }
        let name = format!("gatehouse {}", job.call.facts().tool);
        let path = export(&self.broker.0.options.downloads, &name, &job.shown.entries)?;
        Ok(path.to_string_lossy().into_owned())
    }

    fn deny(&self, id: &TicketId, reason: Option<String>, now: Timestamp) -> Result<(), EdgeError> {
        let (agent, kind) = self.change(id, |held| {
            held.ticket.deny(reason, now)?;
            Ok((held.ticket.agent().cloned(), held.ticket.kind()))
        })?;
        if let (Some(agent), TicketKind::Call | TicketKind::Admission) = (&agent, kind) {
            self.broker.0.desk.count_verdict(kind, agent, false, now);
        }
        self.broker.give_back_for(id);
        self.broker.note_ticket(id, "denied");
        self.broker.note_not_run(id);
        self.broker.loosening_refused(id);
        self.broker.policy_refused(id);
        self.broker.changed(&[Topic::Approvals]);
        Ok(())
    }

    pub(crate) fn approve(&self, id: &TicketId, digest: &Digest, now: Timestamp) -> Result<(), EdgeError> {
        let (agent, kind) = self.change(id, |held| {
            held.ticket.approve(digest, now)?;
            // Before anybody can claim it.
            self.broker.note(move_of(held, "approved"));
            Ok((held.ticket.agent().cloned(), held.ticket.kind()))
        })?;
        if let Some(agent) = agent {
            self.broker.0.desk.count_verdict(kind, &agent, true, now);
        }
        self.broker.0.desk.note_approval(id, now);
        self.broker.changed(&[Topic::Approvals, Topic::Activity]);
        Ok(())
    }

    /// A loosening or an outside edit happens at once, by the person's own hand.
    async fn carry_out(&self, id: &TicketId) -> Result<(), EdgeError> {
        let change = self.broker.0.desk.look(id, |held| match &held.matter {
            Matter::Loosening { change, .. } => Some(change.as_ref().clone()),
            _ => None,
        });
        let done = match change.flatten() {
            Some(Loosening::Connection { connection, renames, secret }) => {
                self.broker.loosen_connection(*connection, renames, secret.as_deref()).await
            }
            Some(Loosening::Grant { agent, connection, form }) => {
                self.broker.grant(&agent, &connection, form.as_ref()).await
            }
            Some(Loosening::OpenModel { connection, model }) => self.broker.open_for_an_hour(&connection, &model),
            None => self.broker.accept_policy(id).await,
        };
        self.settle(id, done.map(|()| json!({"status": "done"})))
    }

    pub(crate) fn settle(&self, id: &TicketId, result: Result<serde_json::Value, EdgeError>) -> Result<(), EdgeError> {
        let now = self.broker.now();
        let told = result.as_ref().map(|answer| CallAnswer::text(answer.to_string())).map_err(Clone::clone);
        self.change(id, |held| {
            held.result = Some(told);
            held.ticket.claim(now)?;
            held.ticket.settle(now)
        })?;
        self.broker.changed(&[Topic::Approvals, Topic::Agents, Topic::Connections, Topic::Policy]);
        result.map(|_| ())
    }

    async fn pause(&self, agent: &AgentId) -> Result<(), EdgeError> {
        match self.broker.pause_agent(agent, true).await {
            // One that was never admitted cannot call anyway.
            Err(error) if error.code == ErrorCode::NotAdmitted => {
                self.broker.note(JournalEvent::Agent {
                    agent: agent.clone(),
                    change: "refused".into(),
                    summary: String::new(),
                });
                Ok(())
            }
            other => other,
        }
    }

    pub(crate) fn must_be_armed(&self, id: &TicketId, now: Timestamp) -> Result<(), EdgeError> {
        let presented = self.broker.0.desk.look(id, |held| held.presented_at).ok_or_else(gone)?;
        if presented.is_some_and(|at| now.since(at) >= ARMING) {
            return Ok(());
        }
        Err(EdgeError::new(ErrorCode::NotArmed, "The card has just appeared or moved. Read it, then press again."))
    }

    /// What the person chose for the policy of the agent on an admission card. Only what stands there can be chosen.
    fn choice_of(&self, id: &TicketId, policy: OwnPolicy) -> Result<PolicyChoice, EdgeError> {
        let look = |held: &Held| match &held.matter {
            Matter::Admission { card, own } => {
                Some((card.choices.iter().any(|choice| choice.policy == policy), PolicyChoice { policy, shown: *own }))
            }
            _ => None,
        };
        let (is_offered, choice) = self.broker.0.desk.look(id, look).flatten().ok_or_else(gone)?;
        if is_offered {
            return Ok(choice);
        }
        Err(EdgeError::new(
            ErrorCode::InvalidArguments,
            "This card does not offer that policy. Choose one that it does.",
        ))
    }

    fn must_be_typed(&self, id: &TicketId, typed: Option<u64>, unseen: Option<&str>) -> Result<(), EdgeError> {
        let (wanted, is_hidden, words) = self
            .broker
            .0
            .desk
            .look(id, |held| match &held.matter {
                Matter::Call { card: Some(card), .. } => {
                    (card.type_count, card.preview_error.is_some(), card.unseen.clone())
                }
                Matter::Policy { card, .. } => (None, !card.errors.is_empty(), None),
                Matter::Undo { card, .. } => (card.type_count, card.preview_error.is_some(), None),
                _ => (None, false, None),
            })
            .ok_or_else(gone)?;
        if is_hidden && words.is_none() {
            return Err(EdgeError::new(ErrorCode::Denied, "What cannot be shown cannot be approved."));
        }
        if words.as_deref() != unseen {
            let message = match words {
                Some(words) => format!("Type “{words}” to approve what could not be shown."),
                None => "This card shows what it asks: approve that.".to_owned(),
            };
            return Err(EdgeError::new(ErrorCode::InvalidArguments, message));
        }
        match wanted {
            Some(count) if typed != Some(count) => {
                Err(EdgeError::new(ErrorCode::InvalidArguments, format!("Type {count} to approve.")))
            }
            _ => Ok(()),
        }
    }

    fn change<R>(
        &self,
        id: &TicketId,
        change: impl FnOnce(&mut Held) -> Result<R, IllegalMove>,
    ) -> Result<R, EdgeError> {
        self.broker.0.desk.change(id, change).ok_or_else(gone)?.map_err(|illegal| match illegal {
            IllegalMove::OtherQuestion => {
                EdgeError::new(ErrorCode::Drifted, "The question has changed. Read the card again.")
            }
            other => EdgeError::new(ErrorCode::TicketGone, format!("Too late: {other}.")),
        })
    }
}

impl Broker {
    /// Takes an approval back before its agent came for it.
    pub fn withdraw_ticket(&self, id: &TicketId) -> Result<(), EdgeError> {
        let now = self.now();
        self.0
            .desk
            .change(id, |held| held.ticket.withdraw(now))
            .ok_or_else(gone)?
            .map_err(|illegal| EdgeError::new(ErrorCode::TicketGone, format!("Too late: {illegal}.")))?;
        self.give_back_for(id);
        self.note_ticket(id, "withdrawn");
        self.note_not_run(id);
        self.changed(&[Topic::Approvals]);
        Ok(())
    }

    /// Tells the person that a card waits: shows the approval window, and a notification without values.
    pub(crate) fn announce(&self, id: &TicketId) {
        let text = self.0.desk.look(id, |held| {
            let who = held.ticket.agent().map_or("Gatehouse", AgentId::as_str).to_owned();
            let place = held.badge.as_ref().map(|badge| badge.name.clone());
            let risk = match &held.matter {
                Matter::Call { job, .. } => format!("{:?} risk", job.call.facts().risk.severity).to_lowercase(),
                Matter::Admission { .. } => "wants to be admitted".into(),
                Matter::Loosening { .. } => "a loosening waits".into(),
                Matter::Policy { card, .. } if card.path.is_some() => "the policy file was edited".into(),
                Matter::Policy { .. } => "a looser policy waits".into(),
                Matter::Undo { .. } => "taking back waits".into(),
                Matter::Form => "a form waits".into(),
                Matter::Pin(_) => "the PIN would change".into(),
            };
            (who, place.map_or_else(|| risk.clone(), |place| format!("{place}: {risk}")))
        });
        if let Some((who, body)) = text {
            self.0.desktop.notify(&format!("{who} waits for you"), &body, id);
        }
        self.0.desktop.show_approval(true);
        self.changed(&[Topic::Approvals]);
    }
}

/// States that a card is drawn for.
pub(crate) fn has_card(held: &Held) -> bool {
    held.ticket.kind() != TicketKind::Form && *held.ticket.state() == TicketState::Waiting
}

fn gone() -> EdgeError {
    EdgeError::new(ErrorCode::TicketGone, "This question is gone.")
}
