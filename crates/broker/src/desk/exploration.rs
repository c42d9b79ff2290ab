//! Every order in which two bridges, one person, one Odoo and a clock can act on a call and its tickets, down to a depth:
//! not a sample of them. What must hold after each act stands in [`House::must_hold`].
//!
//! The desk and the tickets are the real ones; only what `waiting.rs` and `running.rs` do around them is retold here, a
//! line for each step.

use super::*;
use gatehouse_core::{IllegalMove, TICKET_LIFETIME};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

/// The clock goes past a ticket's lifetime, and past the time for which an end is kept.
const STEP: Duration = TICKET_LIFETIME;
const STEPS: u32 = 2;

/// A live call. Two of them go through the first bridge: a client that calls twice at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    First,
    FirstAgain,
    Second,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// The agent makes the call, or makes it again.
    Call(Caller),
    /// The waiting call looks at its ticket: it claims an approval, or takes an end to its agent.
    Wake(Caller),
    /// The waiting call's ticket ended, but the answer does not reach the agent.
    AnswerLost(Caller),
    /// The hold is over, or the client cancels: the agent may come back.
    Detach(Caller),
    /// A bridge dies, with all of its calls.
    Die(Caller),
    Approve(usize),
    /// A click on a card that has changed meanwhile.
    ApproveAnother(usize),
    Deny(usize),
    Withdraw(usize),
    /// What runs comes to its end.
    Finish(usize),
    /// What was claimed has drifted.
    Drift(usize),
    /// What was claimed finds a limit full, or its caller gone.
    Release(usize),
    Tick,
}

/// What the outside saw of a ticket.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Seen {
    approvals: u32,
    runs: u32,
    ended_runs: u32,
    deliveries: u32,
    /// The state in which it ended.
    end: Option<&'static str>,
}

/// How much there is to a story.
#[derive(Debug, Clone, Copy)]
struct Story {
    callers: &'static [Caller],
    /// Tickets that it may come to.
    tickets: usize,
    /// Acts.
    depth: usize,
}

struct House {
    story: Story,
    desk: Desk,
    now: Timestamp,
    steps: u32,
    tickets: Vec<TicketId>,
    seen: Vec<Seen>,
    waits: [Option<usize>; 3],
    dead: [bool; 2],
}

impl House {
    fn after(story: Story, path: &[Act]) -> Self {
        let mut house = Self {
            story,
            desk: Desk::new(),
            now: Timestamp::from_millis(0),
            steps: 0,
            tickets: Vec::new(),
            seen: Vec::new(),
            waits: [None; 3],
            dead: [false; 2],
        };
        for act in path {
            house.act(*act);
        }
        house
    }

    /// What may happen now. What a state does not allow is tried where a person or a client could still do it.
    fn acts(&self) -> Vec<Act> {
        let mut acts = vec![];
        if self.steps < STEPS {
            acts.push(Act::Tick);
        }
        for caller in self.story.callers.iter().copied() {
            match self.waits[caller as usize] {
                _ if self.dead[place(caller)] => {}
                None => acts.extend([Act::Call(caller), Act::Die(caller)]),
                Some(ticket) => {
                    acts.extend([Act::Wake(caller), Act::Detach(caller), Act::Die(caller)]);
                    if self.look(ticket, |held| !held.ticket.state().is_open()) {
                        acts.push(Act::AnswerLost(caller));
                    }
                }
            }
        }
        for ticket in 0..self.tickets.len() {
            acts.extend([Act::Approve(ticket), Act::Deny(ticket)]);
            match self.look(ticket, |held| held.ticket.state().clone()) {
                TicketState::Waiting => acts.push(Act::ApproveAnother(ticket)),
                TicketState::Approved { .. } => acts.push(Act::Withdraw(ticket)),
                TicketState::Running { .. } => {
                    acts.extend([Act::Finish(ticket), Act::Drift(ticket), Act::Release(ticket), Act::Withdraw(ticket)]);
                }
                _ => {}
            }
        }
        acts
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Call(caller) => self.call(caller),
            Act::Wake(caller) => self.wake(caller),
            Act::AnswerLost(caller) => {
                if let Some(ticket) = self.waits[caller as usize]
                    && !self.look(ticket, |held| held.ticket.state().is_open())
                {
                    self.waits[caller as usize] = None;
                }
            }
            Act::Detach(caller) => self.waits[caller as usize] = None,
            Act::Die(caller) => {
                self.dead[place(caller)] = true;
                let same = |other: &&Caller| place(**other) == place(caller);
                for other in self.story.callers.iter().filter(same).copied() {
                    self.waits[other as usize] = None;
                }
            }
            Act::Approve(ticket) => {
                let now = self.now;
                let late = self.look(ticket, |held| now >= held.ticket.expires_at());
                if self.moved(ticket, |held| held.ticket.approve(&shown(ticket), now)) {
                    assert!(!late, "approved after it expired");
                    self.seen[ticket].approvals += 1;
                }
            }
            Act::ApproveAnother(ticket) => {
                let now = self.now;
                assert!(!self.moved(ticket, |held| held.ticket.approve(&Digest::of(b"another"), now)));
            }
            Act::Deny(ticket) => {
                let now = self.now;
                self.moved(ticket, |held| held.ticket.deny(None, now));
            }
            Act::Withdraw(ticket) => {
                let now = self.now;
                self.moved(ticket, |held| held.ticket.withdraw(now));
            }
            Act::Finish(ticket) => {
                let now = self.now;
                if self.moved(ticket, |held| held.ticket.settle(now)) {
                    self.seen[ticket].ended_runs += 1;
                }
            }
            Act::Drift(ticket) => {
                let now = self.now;
                let runs = self.look(ticket, |held| matches!(held.ticket.state(), TicketState::Running { .. }));
                if runs {
                    self.seen[ticket].runs -= 1;
                    self.moved(ticket, |held| held.ticket.void("drifted", now));
                }
            }
            Act::Release(ticket) => {
                let now = self.now;
                if self.moved(ticket, |held| held.ticket.release(now)) {
                    self.seen[ticket].runs -= 1;
                }
            }
            Act::Tick => {
                if self.steps < STEPS {
                    self.steps += 1;
                    self.now = self.now.plus(STEP);
                    self.desk.tick(self.now);
                }
            }
        }
    }

    /// `dispatch.rs`: the same call attaches to its ticket, or raises a new one.
    fn call(&mut self, caller: Caller) {
        if self.dead[place(caller)] || self.waits[caller as usize].is_some() {
            return;
        }
        let dead = self.dead;
        let is_live = |bridge: &BridgeId| (0..2).any(|place| *bridge == bridge_of(place) && !dead[place]);
        let found = self.desk.find(&Digest::of(b"call"), &agent(), &bridge_of(place(caller)), is_live, self.now);
        let ticket = match found {
            Some(id) => self.tickets.iter().position(|known| *known == id).unwrap(),
            None if self.tickets.len() < self.story.tickets => self.open(caller),
            None => return,
        };
        self.waits[caller as usize] = Some(ticket);
    }

    fn open(&mut self, caller: Caller) -> usize {
        let number = self.tickets.len();
        let id = TicketId::from_random([u8::try_from(number).unwrap(); 10]);
        let ticket = Ticket::open(id.clone(), TicketKind::Call, Digest::of(b"call"), shown(number), self.now)
            .asked_by(agent(), bridge_of(place(caller)));
        self.desk.open(Held::new(ticket, "", Matter::Form));
        self.tickets.push(id);
        self.seen.push(Seen::default());
        number
    }

    /// `waiting.rs`: what a waiting call does when something changed.
    fn wake(&mut self, caller: Caller) {
        let Some(ticket) = self.waits[caller as usize] else { return };
        let now = self.now;
        let state = self.look(ticket, |held| held.ticket.state().clone());
        if matches!(state, TicketState::Approved { .. }) && self.moved(ticket, |held| held.ticket.claim(now)) {
            assert!(!self.dead[place(caller)], "claimed by a bridge that is dead");
            self.seen[ticket].runs += 1;
        } else if !state.is_open() {
            self.waits[caller as usize] = None;
            if self.moved(ticket, |held| held.ticket.deliver()) {
                self.seen[ticket].deliveries += 1;
            }
        }
    }

    fn must_hold(&self) {
        for (number, seen) in self.seen.iter().enumerate() {
            let (state, delivered) =
                self.look(number, |held| (held.ticket.state().clone(), held.ticket.is_delivered()));
            assert!(seen.runs <= 1, "ran twice");
            assert!(seen.runs <= seen.approvals, "ran unapproved");
            assert!(seen.approvals <= 1, "approved twice");
            assert!(seen.deliveries <= 1, "its end was delivered twice");
            assert_eq!(delivered, seen.deliveries == 1);
            assert!(seen.end.is_none_or(|end| end == state.name()), "{} became {}", seen.end.unwrap(), state.name());
            match state {
                TicketState::Settled { .. } => assert_eq!((seen.runs, seen.ended_runs), (1, 1)),
                TicketState::Running { .. } => assert_eq!((seen.runs, seen.ended_runs), (1, 0)),
                _ => assert_eq!((seen.runs, seen.ended_runs), (0, 0), "{} and something ran", state.name()),
            }
            self.nothing_is_lost(number, &state, delivered);
        }
        for (first, again) in [(Caller::First, Caller::Second), (Caller::FirstAgain, Caller::Second)] {
            let (first, second) = (self.waits[first as usize], self.waits[again as usize]);
            assert!(first.is_none() || first != second, "two bridges wait on one ticket");
        }
    }

    /// A result that no agent has had is what the next equal call gets, from whichever bridge may ask.
    fn nothing_is_lost(&self, number: usize, state: &TicketState, delivered: bool) {
        let (bridge, age) =
            self.look(number, |held| (held.ticket.bridge().cloned(), self.now.since(held.ticket.opened_at())));
        let is_kept = matches!(state, TicketState::Settled { .. }) && !delivered && age < TICKET_LIFETIME * 2;
        // A newer ticket of the same call is only raised when this one could not be found.
        if !is_kept || number + 1 != self.tickets.len() {
            return;
        }
        let asks = (0..2).find(|place| bridge == Some(bridge_of(*place)) && !self.dead[*place]);
        let asks = asks.or_else(|| (0..2).find(|place| !self.dead[*place]));
        let Some(asks) = asks else { return };
        let is_live = |bridge: &BridgeId| (0..2).any(|place| *bridge == bridge_of(place) && !self.dead[place]);
        // Looking hands over; the house is thrown away afterwards.
        let found = self.desk.find(&Digest::of(b"call"), &agent(), &bridge_of(asks), is_live, self.now);
        assert_eq!(found.as_ref(), Some(&self.tickets[number]), "a result is lost");
    }

    fn look<R>(&self, ticket: usize, look: impl FnOnce(&Held) -> R) -> R {
        self.desk.look(&self.tickets[ticket], look).unwrap()
    }

    fn moved(&mut self, ticket: usize, change: impl FnOnce(&mut Held) -> Result<(), IllegalMove>) -> bool {
        let id = self.tickets[ticket].clone();
        let moved = self.desk.change(&id, change).unwrap().is_ok();
        if moved {
            let name = self.look(ticket, |held| (!held.ticket.state().is_open()).then(|| held.ticket.state().name()));
            let seen = &mut self.seen[ticket];
            seen.end = seen.end.or(name);
        }
        moved
    }

    /// All that the future can depend on.
    fn fingerprint(&self) -> String {
        let mut text = format!("{} {:?} {:?}", self.steps, self.waits, self.dead);
        for (number, seen) in self.seen.iter().enumerate() {
            let print = |held: &Held| {
                let ticket = &held.ticket;
                format!(" {} {:?} {:?}", ticket.state().name(), ticket.bridge(), ticket.opened_at())
            };
            let ticket = self.look(number, print);
            write!(text, "{ticket} {seen:?}").unwrap();
        }
        text
    }
}

fn place(caller: Caller) -> usize {
    usize::from(caller == Caller::Second)
}

fn bridge_of(place: usize) -> BridgeId {
    BridgeId::from_random([u8::try_from(place).unwrap(); 10])
}

fn agent() -> AgentId {
    AgentId::parse("claude-code").unwrap()
}

fn shown(ticket: usize) -> Digest {
    Digest::of(&[u8::try_from(ticket).unwrap()])
}

/// Walks through every order of acts. Orders that lead to the same are followed once.
fn explore(story: Story) -> usize {
    let mut known = HashSet::from([House::after(story, &[]).fingerprint()]);
    let mut edge = vec![Vec::new()];
    for _ in 0..story.depth {
        let mut next = Vec::new();
        for path in edge {
            for act in House::after(story, &path).acts() {
                let path: Vec<Act> = path.iter().copied().chain([act]).collect();
                let looked = std::panic::catch_unwind(|| {
                    let house = House::after(story, &path);
                    let fingerprint = house.fingerprint();
                    house.must_hold();
                    fingerprint
                });
                let Ok(fingerprint) = looked else { panic!("after {path:?}") };
                if known.insert(fingerprint) {
                    next.push(path);
                }
            }
        }
        edge = next;
    }
    known.len()
}

#[test]
fn whatever_two_bridges_do_in_whatever_order_an_approval_runs_once_and_its_result_is_not_lost() {
    let states = explore(Story { callers: &[Caller::First, Caller::Second], tickets: 2, depth: 9 });
    assert!(states > 500, "only {states} states: the stories end before they begin");
}

#[test]
fn a_client_that_calls_twice_at_once_gets_one_run_and_one_result() {
    let callers = &[Caller::First, Caller::FirstAgain, Caller::Second];
    let states = explore(Story { callers, tickets: 1, depth: 9 });
    assert!(states > 500, "only {states} states: the stories end before they begin");
}
