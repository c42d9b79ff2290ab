//! How often an agent may raise questions: a budget of its own, that answers do not give back.

use gatehouse_core::{Denial, Retry, Timestamp};
use std::collections::VecDeque;
use std::time::Duration;

/// Open tickets an agent may have at once.
const OPEN_PER_AGENT: usize = 5;
/// Questions an agent may raise in an hour.
const ASKS_PER_HOUR: usize = 20;
/// Denials in a row after which an agent is not asked about for a while.
const DENIALS_IN_A_ROW: u32 = 3;
/// How long that while is.
const COOL_DOWN: Duration = Duration::from_mins(10);

/// What one agent, or all newcomers together, asked and was refused of late.
#[derive(Default)]
pub(super) struct Budget {
    asks: VecDeque<Timestamp>,
    denials: u32,
    refused_until: Option<Timestamp>,
}

impl Budget {
    /// Whether an agent with so many open tickets may raise another question now.
    pub(super) fn check(&mut self, open: usize, now: Timestamp) -> Result<(), Denial> {
        if let Some(wait) = self.cools_for(now) {
            return Err(out_of_budget(
                "A person refused three calls in a row. Stop and talk to the user before you try again.",
                Retry::after(wait),
            ));
        }
        if open >= OPEN_PER_AGENT {
            return Err(out_of_budget(
                "Five of your calls wait for a person already. Wait for their outcome (approval_wait) first.",
                Retry::WhenChanged,
            ));
        }
        if let Some(wait) = self.is_spent_for(now) {
            return Err(out_of_budget(
                "You asked a person 20 times within an hour. Put the rest into fewer, larger calls.",
                Retry::after(wait),
            ));
        }
        Ok(())
    }

    /// Whether another program may ask to be admitted now, where this is the budget that newcomers share.
    pub(super) fn check_newcomers(&mut self, now: Timestamp) -> Result<(), Denial> {
        if let Some(wait) = self.cools_for(now) {
            return Err(out_of_budget(
                "The user refused to admit three programs in a row. Stop and talk to the user before you try again.",
                Retry::after(wait),
            ));
        }
        if let Some(wait) = self.is_spent_for(now) {
            return Err(out_of_budget("20 programs asked to be admitted within an hour.", Retry::after(wait)));
        }
        Ok(())
    }

    /// A question was raised.
    pub(super) fn note_ask(&mut self, at: Timestamp) {
        self.asks.push_back(at);
    }

    /// A person answered one.
    pub(super) fn note_verdict(&mut self, approved: bool, now: Timestamp) {
        if approved {
            self.denials = 0;
            return;
        }
        self.denials += 1;
        if self.denials >= DENIALS_IN_A_ROW {
            self.refused_until = Some(now.plus(COOL_DOWN));
        }
    }

    /// How long the person is left in peace after what they refused.
    fn cools_for(&mut self, now: Timestamp) -> Option<Duration> {
        let until = self.refused_until?;
        if now < until {
            return Some(until.since(now));
        }
        self.refused_until = None;
        self.denials = 0;
        None
    }

    /// How long until the hour has room for another question.
    fn is_spent_for(&mut self, now: Timestamp) -> Option<Duration> {
        let hour = Duration::from_hours(1);
        while self.asks.front().is_some_and(|at| now.since(*at) >= hour) {
            self.asks.pop_front();
        }
        (self.asks.len() >= ASKS_PER_HOUR).then(|| self.asks.front().map_or(hour, |at| at.plus(hour).since(now)))
    }
}

fn out_of_budget(message: &str, retry: Retry) -> Denial {
    Denial { rule: "(ask budget)".into(), message: message.into(), retry }
}

#[cfg(test)]
mod tests {
    use super::super::{Desk, Held, Matter};
    use super::*;
    use gatehouse_core::{AgentId, BridgeId, Digest, Ticket, TicketId, TicketKind};

    const T0: Timestamp = Timestamp::from_millis(0);

    fn agent() -> AgentId {
        AgentId::parse("claude-code").unwrap()
    }

    fn ask(desk: &Desk, n: u8, at: Timestamp) -> TicketId {
        raise(desk, TicketKind::Call, n, at)
    }

    fn raise(desk: &Desk, kind: TicketKind, n: u8, at: Timestamp) -> TicketId {
        let ticket = Ticket::open(TicketId::from_random([n; 10]), kind, Digest::of(&[n]), Digest::of(&[n]), at)
            .asked_by(agent(), BridgeId::from_random([1; 10]));
        desk.open(Held::new(ticket, "", Matter::Form))
    }

    #[test]
    fn a_sixth_open_ticket_of_one_agent_is_refused() {
        let desk = Desk::new();
        for n in 0..5 {
            desk.check_budget(&agent(), T0).unwrap();
            ask(&desk, n, T0);
        }
        assert_eq!(desk.check_budget(&agent(), T0).unwrap_err().rule, "(ask budget)");
        assert!(desk.check_budget(&AgentId::parse("other").unwrap(), T0).is_ok());
    }

    #[test]
    fn asking_is_a_budget_that_answering_does_not_give_back() {
        let desk = Desk::new();
        for n in 0..20 {
            desk.check_budget(&agent(), T0).unwrap();
            let id = ask(&desk, n, T0);
            desk.change(&id, |held| held.ticket.deny(None, T0).unwrap());
        }
        assert!(desk.check_budget(&agent(), T0).is_err());
        assert!(desk.check_budget(&agent(), T0.plus(Duration::from_hours(1))).is_ok());
    }

    #[test]
    fn three_denials_in_a_row_cool_an_agent_down() {
        let desk = Desk::new();
        for _ in 0..3 {
            desk.count_verdict(TicketKind::Call, &agent(), false, T0);
        }
        assert!(desk.check_budget(&agent(), T0).is_err());
        assert!(desk.check_budget(&agent(), T0.plus(COOL_DOWN)).is_ok());
        for approved in [false, true, false, false] {
            desk.count_verdict(TicketKind::Call, &agent(), approved, T0);
        }
        assert!(desk.check_budget(&agent(), T0.plus(COOL_DOWN)).is_ok(), "an approval between breaks the row");
    }

    #[test]
    fn newcomers_share_one_budget_whatever_they_call_themselves_and_take_nothing_from_an_agents() {
        let desk = Desk::new();
        for n in 0..20 {
            desk.check_newcomers(T0).unwrap();
            let id = raise(&desk, TicketKind::Admission, n, T0);
            desk.change(&id, |held| held.ticket.deny(None, T0).unwrap());
        }
        assert!(desk.check_newcomers(T0).is_err());
        let next_hour = T0.plus(Duration::from_hours(1));
        assert!(desk.check_newcomers(next_hour).is_ok());
        for name in ["claude", "claude-2", "claude-3"] {
            desk.count_verdict(TicketKind::Admission, &AgentId::parse(name).unwrap(), false, next_hour);
        }
        assert!(desk.check_newcomers(next_hour).is_err());
        assert!(desk.check_newcomers(next_hour.plus(COOL_DOWN)).is_ok());
        for n in 20..25 {
            raise(&desk, TicketKind::Admission, n, next_hour);
        }
        assert!(desk.check_budget(&agent(), next_hour).is_ok(), "cards of others under its name");
    }
}
