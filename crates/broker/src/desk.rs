//! The desk where questions to a person lie: every open ticket, what it asks, and the stored call that will run.
//!
//! Tickets live in memory only; a restart voids them.

mod budget;
#[cfg(test)]
mod exploration;
mod kept;

use self::budget::Budget;
use crate::policy::PolicyChange;
use crate::running::Job;
use crate::undo::Asked;
use crate::view::{
    AdmissionCard, CallCard, CardAgent, ConnectionBadge, LooseningCard, PinCard, PolicyCard, SecretInput, UndoCard,
};
use gatehouse_core::{
    AgentId, BridgeId, Connection, ConnectionId, Denial, Digest, EdgeError, ErrorCode, JournalEntry, JournalEvent,
    Ticket, TicketId, TicketKind, TicketState, Timestamp,
};
use gatehouse_ipc::message::CallAnswer;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Approvals that are remembered for what the window goes on showing.
const APPROVALS_KEPT: usize = 50;

/// A ticket on the desk, with everything that its card shows and its approval sets going.
pub(crate) struct Held {
    pub(crate) ticket: Ticket,
    /// Ours, one sentence.
    pub(crate) sentence: String,
    pub(crate) agent: Option<CardAgent>,
    pub(crate) badge: Option<ConnectionBadge>,
    pub(crate) matter: Matter,
    /// Until when a live call waits.
    pub(crate) waits_until: Option<Timestamp>,
    /// Live calls that wait on it now.
    pub(crate) waiters: u32,
    /// Since when its card stands still on the screen.
    pub(crate) presented_at: Option<Timestamp>,
    /// What the agent gets; there once the ticket is settled.
    pub(crate) result: Option<Result<CallAnswer, EdgeError>>,
    /// A limit was full when the approval was claimed: what the claiming call is told.
    pub(crate) limited: Option<EdgeError>,
    /// The program that asked has lost its name to another: no call gets anything of it any more.
    pub(crate) is_orphan: bool,
}

impl Held {
    /// A question that nobody waits for yet and no window shows.
    pub(crate) fn new(ticket: Ticket, sentence: impl Into<String>, matter: Matter) -> Self {
        Self {
            ticket,
            sentence: sentence.into(),
            agent: None,
            badge: None,
            matter,
            waits_until: None,
            waiters: 0,
            presented_at: None,
            result: None,
            limited: None,
            is_orphan: false,
        }
    }

    /// Nobody was asked: it only carries a running change to its end.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.matter, Matter::Call { card: None, .. })
    }
}

/// What came of raising a question.
pub(crate) enum Raised {
    /// It lies on the desk now.
    Opened(TicketId),
    /// An equal one lay there already.
    Joined(TicketId),
}

/// What became of the same call before.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// It ran this many seconds ago.
    pub(crate) ran_before: Option<u64>,
    /// It was approved, and the data had changed when it was to run: the values the person saw then.
    pub(crate) drifted_from: Option<Value>,
}

/// What a ticket is about.
pub(crate) enum Matter {
    /// A call; without a card when nobody had to be asked.
    Call {
        job: Arc<Job>,
        card: Option<Box<CallCard>>,
    },
    /// A program would be admitted.
    Admission {
        card: Box<AdmissionCard>,
        /// The agent's own policy when the card was made.
        own: Option<Digest>,
    },
    Loosening {
        card: LooseningCard,
        change: Box<Loosening>,
    },
    /// A layer of policy would become another.
    Policy {
        card: Box<PolicyCard>,
        change: Box<PolicyChange>,
    },
    /// Calls would be taken back, by the person's own hand.
    Undo {
        card: Box<UndoCard>,
        asked: Asked,
    },
    Form,
    /// The PIN would be set, changed or removed.
    Pin(PinCard),
}

/// A change that a person started and that lets agents do more.
#[derive(Clone)]
pub(crate) enum Loosening {
    /// A connection's protection.
    Connection {
        /// As it will be.
        connection: Box<Connection>,
        /// Its name is part of what the card showed.
        renames: bool,
        /// The secret that goes with a new address.
        secret: Option<Arc<SecretInput>>,
    },
    /// A model that the guard closes opens for an hour.
    OpenModel { connection: ConnectionId, model: String },
    /// The agent may use one more connection; the form ticket that asked for it, where one did, learns the outcome.
    Grant { agent: AgentId, connection: ConnectionId, form: Option<TicketId> },
}

#[derive(Default)]
struct Papers {
    held: HashMap<TicketId, Held>,
    /// In the order they were opened.
    order: Vec<TicketId>,
    budgets: HashMap<AgentId, Budget>,
    /// What the person said yes to of late, oldest first.
    approvals: VecDeque<(TicketId, Timestamp)>,
    /// Of all programs together that nobody admitted: a name costs nothing.
    newcomers: Budget,
}

pub(crate) struct Desk {
    papers: Mutex<Papers>,
    version: watch::Sender<u64>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { papers: Mutex::default(), version: watch::Sender::new(0) }
    }

    /// Counts what the journal says of questions in the last hour, at start: a restart gives no budget back.
    pub(crate) fn remember(&self, moves: &[JournalEntry]) {
        for entry in moves {
            let JournalEvent::Ticket { ticket_kind, agent: Some(agent), change, .. } = &entry.event else { continue };
            if !matches!(ticket_kind, TicketKind::Call | TicketKind::Admission) {
                continue;
            }
            match change.as_str() {
                "opened" => self.lock().budget(*ticket_kind, agent).note_ask(entry.at),
                "approved" => self.count_verdict(*ticket_kind, agent, true, entry.at),
                "denied" => self.count_verdict(*ticket_kind, agent, false, entry.at),
                _ => {}
            }
        }
    }

    /// Wakes at every change on the desk.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Whether this agent may raise another question now.
    pub(crate) fn check_budget(&self, agent: &AgentId, now: Timestamp) -> Result<(), Denial> {
        self.lock().check_budget(agent, now)
    }

    /// Whether a program that nobody admitted may ask to be. Whatever they call themselves, they share one budget.
    pub(crate) fn check_newcomers(&self, now: Timestamp) -> Result<(), Denial> {
        self.lock().newcomers.check_newcomers(now)
    }

    /// Puts a question on the desk. An agent's question counts against its budget.
    pub(crate) fn open(&self, held: Held) -> TicketId {
        let id = self.lock().open(held);
        self.bump();
        id
    }

    /// Puts an agent's question on the desk, unless it lies there already or the agent may raise no other. In one go:
    /// many calls may have come this far at once. `note` writes it down before anybody can answer it.
    pub(crate) fn raise(
        &self,
        held: Held,
        agent: &AgentId,
        bridge: &BridgeId,
        is_live: impl Fn(&BridgeId) -> bool,
        now: Timestamp,
        note: impl FnOnce(&Held),
    ) -> Result<Raised, Denial> {
        let mut papers = self.lock();
        if let Some(id) = papers.find(held.ticket.call_key(), agent, bridge, is_live, now) {
            return Ok(Raised::Joined(id));
        }
        papers.check_budget(agent, now)?;
        note(&held);
        let id = papers.open(held);
        drop(papers);
        self.bump();
        Ok(Raised::Opened(id))
    }

    /// Puts a change on the desk that nobody is asked about, unless the same one is there already. In one go, as
    /// [`Desk::raise`] does: two equal calls at once are one change.
    pub(crate) fn start(
        &self,
        held: Held,
        agent: &AgentId,
        bridge: &BridgeId,
        is_live: impl Fn(&BridgeId) -> bool,
        now: Timestamp,
    ) -> Raised {
        let mut papers = self.lock();
        let raised = match papers.find(held.ticket.call_key(), agent, bridge, is_live, now) {
            Some(id) => Raised::Joined(id),
            None => Raised::Opened(papers.open(held)),
        };
        drop(papers);
        self.bump();
        raised
    }

    /// The ticket that an equal call may attach to: same call, same agent, and either the same bridge or one whose
    /// bridge is gone. A ticket whose end was delivered is not found: the same call is then a new call.
    pub(crate) fn find(
        &self,
        call_key: &Digest,
        agent: &AgentId,
        bridge: &BridgeId,
        is_live: impl Fn(&BridgeId) -> bool,
        now: Timestamp,
    ) -> Option<TicketId> {
        self.lock().find(call_key, agent, bridge, is_live, now)
    }

    /// Looks at a ticket.
    pub(crate) fn look<R>(&self, id: &TicketId, look: impl FnOnce(&Held) -> R) -> Option<R> {
        self.lock().held.get(id).map(look)
    }

    /// Changes a ticket and wakes everybody who waits.
    pub(crate) fn change<R>(&self, id: &TicketId, change: impl FnOnce(&mut Held) -> R) -> Option<R> {
        let result = self.lock().held.get_mut(id).map(change);
        self.bump();
        result
    }

    /// Changes a ticket without waking anybody: for what only a card shows.
    pub(crate) fn touch<R>(&self, id: &TicketId, change: impl FnOnce(&mut Held) -> R) -> Option<R> {
        self.lock().held.get_mut(id).map(change)
    }

    /// Every ticket in the order it was opened.
    pub(crate) fn collect<R>(&self, mut pick: impl FnMut(&Held) -> Option<R>) -> Vec<R> {
        let papers = self.lock();
        papers.order.iter().filter_map(|id| papers.held.get(id)).filter_map(&mut pick).collect()
    }

    /// Voids every open ticket that `applies` picks; running ones are left to end. Returns their ids.
    pub(crate) fn void(&self, why: &str, now: Timestamp, applies: impl Fn(&Held) -> bool) -> Vec<TicketId> {
        let mut papers = self.lock();
        let mut voided = Vec::new();
        for held in papers.held.values_mut() {
            let running = matches!(held.ticket.state(), TicketState::Running { .. });
            if held.ticket.state().is_open() && !running && applies(held) && held.ticket.void(why, now).is_ok() {
                voided.push(held.ticket.id().clone());
            }
        }
        drop(papers);
        self.bump();
        voided
    }

    /// Lets time act. Returns the tickets that just expired.
    pub(crate) fn tick(&self, now: Timestamp) -> Vec<TicketId> {
        let mut papers = self.lock();
        let expired: Vec<_> = papers
            .held
            .values_mut()
            .filter_map(|held| held.ticket.tick(now).then(|| held.ticket.id().clone()))
            .collect();
        drop(papers);
        if !expired.is_empty() {
            self.bump();
        }
        expired
    }

    /// Remembers what the person said to an agent, or to whoever wanted to be one: three denials in a row cool it down.
    pub(crate) fn count_verdict(&self, kind: TicketKind, agent: &AgentId, approved: bool, now: Timestamp) {
        self.lock().budget(kind, agent).note_verdict(approved, now);
    }

    /// Remembers that the person said yes.
    pub(crate) fn note_approval(&self, id: &TicketId, at: Timestamp) {
        let mut papers = self.lock();
        papers.approvals.push_back((id.clone(), at));
        if papers.approvals.len() > APPROVALS_KEPT {
            papers.approvals.pop_front();
        }
    }

    /// What the person said yes to of late, oldest first.
    pub(crate) fn approvals(&self) -> Vec<(TicketId, Timestamp)> {
        self.lock().approvals.iter().cloned().collect()
    }

    /// How many tickets wait for a person.
    pub(crate) fn waiting(&self) -> u32 {
        let waits =
            |held: &&Held| *held.ticket.state() == TicketState::Waiting && held.ticket.kind() != TicketKind::Form;
        u32::try_from(self.lock().held.values().filter(waits).count()).unwrap_or(u32::MAX)
    }

    fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Papers {
    /// What a question of this kind is taken from. The name on an admission is a claim: it must not spend what belongs to
    /// the agent of that name.
    fn budget(&mut self, kind: TicketKind, agent: &AgentId) -> &mut Budget {
        if kind == TicketKind::Admission { &mut self.newcomers } else { self.budgets.entry(agent.clone()).or_default() }
    }

    /// Whether this agent may raise another question now.
    fn check_budget(&mut self, agent: &AgentId, now: Timestamp) -> Result<(), Denial> {
        let open = self
            .held
            .values()
            .filter(|held| held.ticket.agent() == Some(agent) && held.ticket.state().is_open())
            .filter(|held| !matches!(held.ticket.kind(), TicketKind::Form | TicketKind::Admission) && !held.is_silent())
            .count();
        self.budgets.entry(agent.clone()).or_default().check(open, now)
    }

    fn open(&mut self, held: Held) -> TicketId {
        let id = held.ticket.id().clone();
        let asks = held.ticket.kind() != TicketKind::Form && !held.is_silent();
        if let (Some(agent), true) = (held.ticket.agent().cloned(), asks) {
            self.budget(held.ticket.kind(), &agent).note_ask(held.ticket.opened_at());
        }
        self.order.push(id.clone());
        self.held.insert(id.clone(), held);
        self.forget_old();
        id
    }
}

/// What a person wrote, in quotation marks and with one end.
fn as_sentence(words: &str) -> String {
    let is_ended = words.ends_with(['.', '!', '?', '…']);
    format!("“{words}”{}", if is_ended { "" } else { "." })
}

/// Why nothing can be had from this ticket any more, as the agent reads it.
pub(crate) fn ended_error(state: &TicketState) -> EdgeError {
    match state {
        TicketState::Denied { reason: Some(reason), .. } => EdgeError::new(
            ErrorCode::DeniedByPerson,
            format!("The person refused this call: {} Do not retry it unchanged.", as_sentence(reason)),
        ),
        TicketState::Denied { reason: None, .. } => EdgeError::new(
            ErrorCode::DeniedByPerson,
            "The person refused this call. Do not retry it unchanged; ask the user what they want instead.",
        ),
        TicketState::Expired { .. } => EdgeError::new(
            ErrorCode::TicketGone,
            "Nobody answered within 15 minutes, or nobody came back for the approval. This is not a refusal: nothing \
             ran, and you may ask again when the user is there.",
        ),
        TicketState::Withdrawn { .. } => {
            EdgeError::new(ErrorCode::TicketGone, "The person took the approval back. Nothing ran.")
        }
        TicketState::Void { why, .. } => EdgeError::new(ErrorCode::TicketGone, format!("Nothing ran: {why}")),
        other => EdgeError::new(ErrorCode::Internal, format!("the ticket is {}", other.name())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(0);

    fn held(n: u8, agent: &AgentId, bridge: &BridgeId) -> Held {
        let key = Digest::of(&[7]);
        let ticket = Ticket::open(TicketId::from_random([n; 10]), TicketKind::Call, key, key, T0);
        Held::new(ticket.asked_by(agent.clone(), bridge.clone()), "", Matter::Form)
    }

    #[test]
    fn of_two_equal_changes_that_nobody_is_asked_about_one_starts() {
        let desk = Desk::new();
        let agent = AgentId::parse("claude-code").unwrap();
        let bridge = BridgeId::from_random([1; 10]);
        let start = |n, from| match desk.start(held(n, &agent, from), &agent, from, |_| true, T0) {
            Raised::Opened(id) => (true, id),
            Raised::Joined(id) => (false, id),
        };
        let first = TicketId::from_random([1; 10]);
        assert_eq!(start(1, &bridge), (true, first.clone()));
        assert_eq!(start(2, &bridge), (false, first));
        assert!(start(3, &BridgeId::from_random([2; 10])).0, "another bridge's is its own");
    }

    #[test]
    fn an_equal_call_attaches_to_its_ticket_and_another_live_bridge_does_not() {
        let desk = Desk::new();
        let agent = AgentId::parse("claude-code").unwrap();
        let mine = BridgeId::from_random([1; 10]);
        let other = BridgeId::from_random([2; 10]);
        let key = Digest::of(&[7]);
        let id = desk.open(held(7, &agent, &mine));
        assert_eq!(desk.find(&key, &agent, &mine, |_| true, T0), Some(id.clone()));
        assert_eq!(desk.find(&key, &agent, &other, |_| true, T0), None, "the first bridge is alive");
        assert_eq!(desk.find(&key, &agent, &other, |_| false, T0), Some(id.clone()), "the first bridge is gone");
        assert_eq!(desk.find(&Digest::of(&[8]), &agent, &mine, |_| true, T0), None);
        desk.change(&id, |held| {
            held.ticket.deny(None, T0).unwrap();
            held.ticket.deliver().unwrap();
        });
        assert_eq!(desk.find(&key, &agent, &other, |_| false, T0), None, "delivered: a new call");
    }
}
