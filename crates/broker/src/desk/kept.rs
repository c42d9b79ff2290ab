//! What stays on the desk once it has ended, who finds it there, and what is known of the same call.

use super::{Desk, Held, History, Matter, Papers};
use gatehouse_core::{
    AgentId, BridgeId, Digest, ErrorCode, TICKET_LIFETIME, TicketId, TicketKind, TicketState, Timestamp,
};
use std::collections::HashMap;
use std::time::Duration;

/// Ended tickets kept for the Approvals page.
const ENDED_KEPT: usize = 200;
/// Changes of one agent that are kept because nobody has had their result yet.
const UNREAD_KEPT: usize = 500;
/// How long the result of a change waits for whoever asks the same again.
const UNREAD_FOR: Duration = Duration::from_hours(24);

impl Held {
    /// When a call ran and something came of it.
    pub(super) fn ran_at(&self) -> Option<Timestamp> {
        match self.ticket.state() {
            TicketState::Settled { at } if matches!(self.matter, Matter::Call { .. }) => Some(*at),
            _ => None,
        }
    }

    /// A change that was sent, and nobody has had what came of it.
    pub(super) fn is_unread(&self) -> bool {
        let changes = matches!(&self.matter, Matter::Call { job, .. } if job.call.facts().changes_odoo());
        let was_sent = match &self.result {
            Some(Ok(_)) => true,
            Some(Err(error)) => error.code == ErrorCode::OutcomeUnknown,
            None => false,
        };
        changes && was_sent && !self.is_orphan && !self.ticket.is_delivered()
    }

    /// For how long after it was asked the same call finds this one. What runs is found until it has run.
    pub(super) fn is_found_for(&self) -> Duration {
        match self.ticket.state() {
            TicketState::Running { .. } => UNREAD_FOR,
            _ if self.is_unread() => UNREAD_FOR,
            _ => TICKET_LIFETIME * 2,
        }
    }
}

impl Desk {
    /// What became of the last ticket with this key.
    pub(crate) fn history(&self, call_key: &Digest, now: Timestamp) -> History {
        let papers = self.lock();
        let same = papers.order.iter().rev().filter_map(|id| papers.held.get(id));
        let mut same = same.filter(|held| held.ticket.call_key() == call_key).peekable();
        let drifted_from = same.peek().and_then(|last| {
            let drifted = matches!(&last.result, Some(Err(error)) if error.code == ErrorCode::Drifted);
            match (&last.matter, last.ticket.state()) {
                (Matter::Call { job, .. }, TicketState::Void { .. }) if drifted => Some(job.observed.clone()),
                _ => None,
            }
        });
        // Above a card that was void because the same call ran meanwhile, that one stands.
        let ran_at = same.take(if drifted_from.is_some() { 2 } else { 1 }).find_map(Held::ran_at);
        History { ran_before: ran_at.map(|at| now.since(at).as_secs()), drifted_from }
    }

    /// Whether the same call ran since this one, which is claimed, was asked, or was claimed before it and runs now: two
    /// bridges of an agent may ask the same at once, and both be told yes.
    pub(crate) fn ran_since_asked(&self, id: &TicketId) -> bool {
        let papers = self.lock();
        let Some(asked) = papers.held.get(id) else { return false };
        let is_other = |held: &&Held| held.ticket.id() != id && held.ticket.call_key() == asked.ticket.call_key();
        let mut others = papers.held.values().filter(is_other);
        others.any(|other| match (other.ticket.state(), asked.ticket.state()) {
            (TicketState::Running { at }, TicketState::Running { at: own }) => (at, other.ticket.id()) < (own, id),
            _ => other.ran_at().is_some_and(|at| at >= asked.ticket.opened_at()),
        })
    }

    /// Takes everything of an agent's from whoever calls itself that from now on: another program.
    pub(crate) fn disown(&self, agent: &AgentId) {
        let mut papers = self.lock();
        let of_agent =
            |held: &&mut Held| held.ticket.kind() != TicketKind::Admission && held.ticket.agent() == Some(agent);
        papers.held.values_mut().filter(of_agent).for_each(|held| held.is_orphan = true);
        drop(papers);
        self.bump();
    }
}

impl Papers {
    /// The ticket that an equal call may attach to, as [`Desk::find`] says.
    pub(super) fn find(
        &mut self,
        call_key: &Digest,
        agent: &AgentId,
        bridge: &BridgeId,
        is_live: impl Fn(&BridgeId) -> bool,
        now: Timestamp,
    ) -> Option<TicketId> {
        let found = self.order.iter().rev().find_map(|id| {
            let held = self.held.get(id)?;
            let ticket = &held.ticket;
            let fits = ticket.call_key() == call_key
                && ticket.agent() == Some(agent)
                && !held.is_orphan
                && !ticket.is_delivered()
                && !matches!(ticket.state(), TicketState::Void { .. })
                && now.since(ticket.opened_at()) < held.is_found_for()
                && ticket.bridge().is_none_or(|b| b == bridge || !is_live(b));
            fits.then(|| id.clone())
        })?;
        self.held.get_mut(&found)?.ticket.hand_over(bridge.clone());
        Some(found)
    }

    /// Keeps the newest ended tickets, and of each agent the newest changes whose result nobody has had; open ones always
    /// stay.
    pub(super) fn forget_old(&mut self) {
        let mut kept: HashMap<Option<AgentId>, usize> = HashMap::new();
        let mut order = std::mem::take(&mut self.order);
        order.reverse();
        order.retain(|id| {
            let Some(held) = self.held.get(id) else { return false };
            // Whoever asked, the ended ones count together; an unread one counts with its agent's.
            let (whose, most) = match held.is_unread() {
                _ if held.ticket.state().is_open() => return true,
                true => (held.ticket.agent().cloned(), UNREAD_KEPT),
                false => (None, ENDED_KEPT),
            };
            let count = kept.entry(whose).or_default();
            *count += 1;
            let stays = *count <= most;
            if !stays {
                self.held.remove(id);
            }
            stays
        });
        order.reverse();
        self.order = order;
    }
}
