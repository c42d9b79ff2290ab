use crate::{AgentId, BridgeId, ConnectionId, Digest, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use ts_rs::TS;

/// How long a question stays open.
pub const TICKET_LIFETIME: Duration = Duration::from_mins(15);

/// What kind of question a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TicketKind {
    /// May this call run?
    Call,
    /// May this agent call at all, and through which connections?
    Admission,
    /// May something become looser: an environment, a grant, an address, a policy?
    Loosening,
    /// Is this change of the policy file, made outside the app, wanted?
    OutsideEdit,
    /// A form that waits to be filled in; not decided in the approval window.
    Form,
    /// May these calls be taken back? Asked by the person.
    Undo,
    /// Should the PIN be set, changed or removed? Asked by the person.
    Pin,
}

/// Where a ticket stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum TicketState {
    /// A person is asked.
    Waiting,
    /// Approved; runs when a live call claims it.
    Approved {
        /// When.
        at: Timestamp,
    },
    /// Claimed by a live call, which is running it.
    Running {
        /// Since when.
        at: Timestamp,
    },
    /// Ran, or failed to; the result waits to be delivered.
    Settled {
        /// When.
        at: Timestamp,
    },
    /// Refused by a person.
    Denied {
        /// When.
        at: Timestamp,
        /// The person's words for the agent, if any.
        reason: Option<String>,
    },
    /// Nobody answered in time, or nobody claimed the approval in time.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Taken back by the person after approving.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Void: what it was about has changed or gone.
    Void {
        /// When.
        at: Timestamp,
        /// What changed, for agent and person.
        why: String,
    },
}

impl TicketState {
    /// The word for it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved { .. } => "approved",
            Self::Running { .. } => "running",
            Self::Settled { .. } => "settled",
            Self::Denied { .. } => "denied",
            Self::Expired { .. } => "expired",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Void { .. } => "void",
        }
    }

    /// Whether a move is still possible.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Approved { .. } | Self::Running { .. })
    }
}

/// A move that the ticket's state does not allow. The ticket is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalMove {
    /// The move does not start from this state.
    #[error("a ticket that is {from} cannot {verb}")]
    From {
        /// The state it is in.
        from: &'static str,
        /// What was tried.
        verb: &'static str,
    },
    /// What the person decided on is not what the ticket asks now.
    #[error("this is not the question that the ticket asks now")]
    OtherQuestion,
    /// Too late.
    #[error("the ticket has expired")]
    Late,
}

/// One question to a person, used at most once. Fields are private: the only ways to change a ticket are its moves,
/// and an illegal move is an error that changes nothing.
#[derive(Debug, Clone)]
pub struct Ticket {
    id: TicketId,
    kind: TicketKind,
    agent: Option<AgentId>,
    bridge: Option<BridgeId>,
    connection: Option<ConnectionId>,
    call_key: Digest,
    digest: Digest,
    opened_at: Timestamp,
    expires_at: Timestamp,
    state: TicketState,
    delivered: bool,
}

impl Ticket {
    /// A new question. `call_key` says which call asks; `digest` also covers what the person is shown.
    pub fn open(id: TicketId, kind: TicketKind, call_key: Digest, digest: Digest, now: Timestamp) -> Self {
        Self {
            id,
            kind,
            agent: None,
            bridge: None,
            connection: None,
            call_key,
            digest,
            opened_at: now,
            expires_at: now.plus(TICKET_LIFETIME),
            state: TicketState::Waiting,
            delivered: false,
        }
    }

    /// On behalf of an agent, through one of its bridges.
    #[must_use]
    pub fn asked_by(mut self, agent: AgentId, bridge: BridgeId) -> Self {
        self.agent = Some(agent);
        self.bridge = Some(bridge);
        self
    }

    /// For `lifetime` at most; never longer than [`TICKET_LIFETIME`].
    #[must_use]
    pub fn within(mut self, lifetime: Duration) -> Self {
        self.expires_at = self.expires_at.min(self.opened_at.plus(lifetime));
        self
    }

    /// About a connection.
    #[must_use]
    pub fn about(mut self, connection: ConnectionId) -> Self {
        self.connection = Some(connection);
        self
    }

    /// The person says yes to exactly what `shown` covers.
    pub fn approve(&mut self, shown: &Digest, now: Timestamp) -> Result<(), IllegalMove> {
        self.must_be_waiting("be approved")?;
        self.must_be_in_time(now)?;
        if *shown != self.digest {
            return Err(IllegalMove::OtherQuestion);
        }
        self.state = TicketState::Approved { at: now };
        Ok(())
    }

    /// The person says no.
    pub fn deny(&mut self, reason: Option<String>, now: Timestamp) -> Result<(), IllegalMove> {
        self.must_be_waiting("be denied")?;
        self.state = TicketState::Denied { at: now, reason };
        Ok(())
    }

    /// A live call takes the approval, to run it. Exactly one call can.
    pub fn claim(&mut self, now: Timestamp) -> Result<(), IllegalMove> {
        let TicketState::Approved { .. } = self.state else {
            return Err(self.illegal("be claimed"));
        };
        self.must_be_in_time(now)?;
        self.state = TicketState::Running { at: now };
        Ok(())
    }

    /// The call that claimed it could not start (a limit is full): the approval stays.
    pub fn release(&mut self, now: Timestamp) -> Result<(), IllegalMove> {
        let TicketState::Running { .. } = self.state else {
            return Err(self.illegal("be released"));
        };
        self.state = TicketState::Approved { at: now };
        Ok(())
    }

    /// It ran, or failed to. For admissions, loosenings and forms: the decision has been carried out.
    pub fn settle(&mut self, now: Timestamp) -> Result<(), IllegalMove> {
        match (self.kind, &self.state) {
            (_, TicketState::Running { .. }) | (TicketKind::Form, TicketState::Waiting) => {
                self.state = TicketState::Settled { at: now };
                Ok(())
            }
            _ => Err(self.illegal("be settled")),
        }
    }

    /// The person takes an approval back before it ran.
    pub fn withdraw(&mut self, now: Timestamp) -> Result<(), IllegalMove> {
        let TicketState::Approved { .. } = self.state else {
            return Err(self.illegal("be withdrawn"));
        };
        self.state = TicketState::Withdrawn { at: now };
        Ok(())
    }

    /// What it was about has changed or gone. A running ticket can be voided too: by its own call, before anything
    /// was sent.
    pub fn void(&mut self, why: impl Into<String>, now: Timestamp) -> Result<(), IllegalMove> {
        if !self.state.is_open() {
            return Err(self.illegal("be voided"));
        }
        self.state = TicketState::Void { at: now, why: why.into() };
        Ok(())
    }

    /// Lets time act: past its expiry a ticket that waits or is approved expires. A running one is left alone.
    /// Says whether it just expired.
    pub fn tick(&mut self, now: Timestamp) -> bool {
        let can_expire = matches!(self.state, TicketState::Waiting | TicketState::Approved { .. });
        if can_expire && now >= self.expires_at {
            self.state = TicketState::Expired { at: now };
            return true;
        }
        false
    }

    /// The end of its story reached the agent. Only an ended ticket can be delivered, and only once.
    pub fn deliver(&mut self) -> Result<(), IllegalMove> {
        if self.state.is_open() || self.delivered {
            return Err(self.illegal("be delivered"));
        }
        self.delivered = true;
        Ok(())
    }

    /// Another bridge of the same agent takes over waiting, when the first is gone.
    pub fn hand_over(&mut self, bridge: BridgeId) {
        self.bridge = Some(bridge);
    }

    /// Its id.
    pub fn id(&self) -> &TicketId {
        &self.id
    }

    /// Its kind.
    pub fn kind(&self) -> TicketKind {
        self.kind
    }

    /// Who asks; nobody for a loosening that the person started.
    pub fn agent(&self) -> Option<&AgentId> {
        self.agent.as_ref()
    }

    /// The bridge that waits.
    pub fn bridge(&self) -> Option<&BridgeId> {
        self.bridge.as_ref()
    }

    /// What connection it is about.
    pub fn connection(&self) -> Option<&ConnectionId> {
        self.connection.as_ref()
    }

    /// Which call asks.
    pub fn call_key(&self) -> &Digest {
        &self.call_key
    }

    /// What exactly the person is asked.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// When it was opened.
    pub fn opened_at(&self) -> Timestamp {
        self.opened_at
    }

    /// When it expires unless it ended or runs.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Where it stands.
    pub fn state(&self) -> &TicketState {
        &self.state
    }

    /// Whether the agent has had its end.
    pub fn is_delivered(&self) -> bool {
        self.delivered
    }

    fn must_be_waiting(&self, verb: &'static str) -> Result<(), IllegalMove> {
        if self.state == TicketState::Waiting { Ok(()) } else { Err(self.illegal(verb)) }
    }

    fn must_be_in_time(&self, now: Timestamp) -> Result<(), IllegalMove> {
        if now < self.expires_at { Ok(()) } else { Err(IllegalMove::Late) }
    }

    fn illegal(&self, verb: &'static str) -> IllegalMove {
        IllegalMove::From { from: self.state.name(), verb }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_000);

    fn ticket() -> Ticket {
        Ticket::open(TicketId::from_random([1; 10]), TicketKind::Call, Digest::of(b"call"), Digest::of(b"shown"), T0)
    }

    #[test]
    fn an_approved_ticket_is_claimed_once() {
        let mut t = ticket();
        t.approve(&Digest::of(b"shown"), T0).unwrap();
        t.claim(T0).unwrap();
        assert!(t.claim(T0).is_err());
        t.settle(T0).unwrap();
        assert!(t.claim(T0).is_err());
    }

    #[test]
    fn approval_of_another_question_changes_nothing() {
        let mut t = ticket();
        assert_eq!(t.approve(&Digest::of(b"other"), T0), Err(IllegalMove::OtherQuestion));
        assert_eq!(*t.state(), TicketState::Waiting);
    }

    #[test]
    fn nothing_leaves_a_decided_ticket() {
        let mut t = ticket();
        t.deny(Some("no".into()), T0).unwrap();
        assert!(t.approve(&Digest::of(b"shown"), T0).is_err());
        assert!(t.deny(None, T0).is_err());
        assert!(t.void("x", T0).is_err());
        assert!(!t.tick(T0.plus(TICKET_LIFETIME)));
        t.deliver().unwrap();
        assert!(t.deliver().is_err(), "delivered twice");
    }

    #[test]
    fn a_question_may_stand_for_less_than_fifteen_minutes_and_never_for_more() {
        let minute = Duration::from_mins(1);
        let mut t = ticket().within(minute);
        assert_eq!(t.approve(&Digest::of(b"shown"), T0.plus(minute)), Err(IllegalMove::Late));
        assert!(t.tick(T0.plus(minute)));
        assert_eq!(ticket().within(TICKET_LIFETIME * 2).expires_at(), T0.plus(TICKET_LIFETIME));
    }

    #[test]
    fn a_late_approval_is_refused_and_a_running_ticket_does_not_expire() {
        let late = T0.plus(TICKET_LIFETIME);
        let mut t = ticket();
        assert_eq!(t.approve(&Digest::of(b"shown"), late), Err(IllegalMove::Late));
        assert!(t.tick(late));
        let mut t = ticket();
        t.approve(&Digest::of(b"shown"), T0).unwrap();
        t.claim(T0).unwrap();
        assert!(!t.tick(late));
    }

    #[test]
    fn a_waiting_call_cannot_run() {
        let mut t = ticket();
        assert!(t.claim(T0).is_err());
        assert!(t.settle(T0).is_err());
        assert!(t.deliver().is_err(), "an open ticket has nothing to deliver");
    }
}
