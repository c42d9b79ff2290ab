//! One case, through the engine and through the reference, step by step.

use super::counters::{Held, Ledger, Spent, Wanted};
use super::explanation::same_explanation;
use super::tally::Tally;
use super::verdict::{self, Answer};
use crate::generated::{Call, Case, Step, text};
use gatehouse_core::{AgentId, Charge, Decision, Timestamp, ToolDefinition};
use gatehouse_policy::{self as engine, ChargeRequest, Full, Limits, Policy, Reservation, evaluate};
use std::fmt::Debug;

/// What does not agree.
#[derive(Debug)]
pub(super) struct Disagreement {
    pub(super) about: &'static str,
    pub(super) engine: String,
    pub(super) reference: String,
}

pub(super) fn agree<T: PartialEq + Debug>(about: &'static str, engine: &T, reference: &T) -> Result<(), Disagreement> {
    if engine == reference { Ok(()) } else { disagree(about, engine, reference) }
}

pub(super) fn disagree(about: &'static str, engine: impl Debug, reference: impl Debug) -> Result<(), Disagreement> {
    Err(Disagreement { about, engine: format!("{engine:?}"), reference: format!("{reference:?}") })
}

/// Every generated policy is one.
pub(super) const NOT_A_POLICY: &str = "whether a policy is one";

/// 2025-10-09 08:53:20 UTC, in the middle of every window.
const BEGINNING: i64 = 1_760_000_000_000;

pub(super) fn run(case: &Case, tools: &[ToolDefinition], seen: &mut Tally) -> Result<(), Disagreement> {
    let policies = parsed(case, tools)?;
    let mut history = History {
        case,
        policies: &policies,
        limits: Limits::new(),
        ledger: Ledger::default(),
        clock: BEGINNING,
        held: Vec::new(),
        journal: Vec::new(),
        seen,
    };
    history.seen.cases += 1;
    for step in &case.history {
        history.step(*step)?;
    }
    Ok(())
}

fn parsed(case: &Case, tools: &[ToolDefinition]) -> Result<Vec<Policy>, Disagreement> {
    let read = |text: &str| {
        Policy::parse(text, tools).map_err(|problems| Disagreement {
            about: NOT_A_POLICY,
            engine: problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            reference: "yes".to_owned(),
        })
    };
    let mut policies = Vec::new();
    for (_, policy) in &case.layers {
        policies.push(read(&text(policy))?);
    }
    Ok(policies)
}

struct History<'c> {
    case: &'c Case,
    policies: &'c [Policy],
    limits: Limits,
    ledger: Ledger,
    clock: i64,
    /// What is reserved and not yet settled, on both sides.
    held: Vec<(Reservation, Held)>,
    /// Charges of calls that ran.
    journal: Vec<Charge>,
    seen: &'c mut Tally,
}

impl History<'_> {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock)
    }

    fn step(&mut self, step: Step) -> Result<(), Disagreement> {
        match step {
            Step::Call(index) => self.call(&self.case.calls[index % self.case.calls.len()])?,
            Step::Jump(millis) => self.clock = (self.clock + millis).max(0),
            Step::Restart => self.restart(),
            Step::Move(index) if !self.held.is_empty() => self.move_one(index % self.held.len())?,
            Step::Settle(index, rows) if !self.held.is_empty() => self.settle(index % self.held.len(), rows)?,
            Step::GiveBack(index) if !self.held.is_empty() => {
                let (reservation, held) = self.held.swap_remove(index % self.held.len());
                if index.is_multiple_of(2) {
                    self.limits.give_back_all(&reservation);
                } else {
                    reservation.charges.iter().for_each(|charge| self.limits.give_back(charge));
                }
                self.ledger.give_back(&held);
                self.seen.given_back += 1;
            }
            Step::Move(_) | Step::Settle(..) | Step::GiveBack(_) => {}
        }
        Ok(())
    }

    /// The layers that judge a call: the connection's and the agent's only where there is one.
    fn layers(&self, call: &Call) -> Vec<usize> {
        let names = self.case.layers.iter().map(|(name, _)| name.as_str()).enumerate();
        let judging = names.filter(|(_, name)| match *name {
            "connection:con_1" => call.connection.is_some(),
            "agent:claude" => call.agent == "claude",
            _ => true,
        });
        judging.map(|(index, _)| index).collect()
    }

    fn call(&mut self, call: &Call) -> Result<(), Disagreement> {
        let judging = self.layers(call);
        let layers: Vec<engine::Layer<'_>> = judging
            .iter()
            .map(|&index| engine::Layer::new(&self.case.layers[index].0, &self.policies[index]))
            .collect();
        let plain: Vec<verdict::Layer<'_>> =
            judging.iter().map(|&index| (self.case.layers[index].0.as_str(), &self.case.layers[index].1)).collect();
        let agent = AgentId::parse(&call.agent).unwrap();
        let asked = engine::Call {
            facts: &call.facts,
            arguments: &call.arguments,
            connection: call.connection.as_ref(),
            agent: &agent,
        };
        let verdict = evaluate(&layers, &asked);
        let judged = verdict::judge(&plain, call);
        self.seen.calls += 1;
        self.seen.count(&judged.answer);

        agree("the decision", &said(&verdict.decision), &judged.answer.said())?;
        told(&verdict.decision, &judged.answer)?;
        agree("what is charged", &verdict.charges.iter().map(request).collect(), &judged.charges)?;
        agree("the time to answer", &verdict.timeout.map(|time| time.as_secs()), &judged.timeout)?;
        let tool = &call.facts.tool;
        agree("what is hidden", &engine::is_hidden(&layers, tool), &verdict::is_hidden(&plain, tool))?;
        for field in call.facts.reads.iter().flatten() {
            agree("what is redacted", &engine::is_redacted(&layers, field), &verdict::is_redacted(&plain, field))?;
        }
        let explanation = engine::explain(&layers, &asked, &self.limits, self.now());
        same_explanation(&explanation, &plain, call, &self.ledger, self.clock)?;
        if judged.answer.strictness() == 2 {
            return Ok(());
        }

        let peeked = self.limits.peek(&verdict.charges, self.now());
        let (reserved, held) =
            (self.limits.reserve(&verdict.charges, self.now()), self.ledger.reserve(&judged.charges, self.clock));
        agree("peeking and reserving", &peeked.err(), &reserved.as_ref().err().cloned())?;
        match (reserved, held) {
            (Ok(reservation), Ok(held)) => {
                same_charges(&reservation.charges, &held.0)?;
                self.held.push((reservation, held));
                self.left(self.held.len() - 1)
            }
            (Err(full), Err(spent)) => {
                self.seen.limited += 1;
                same_limit(&full, &spent)
            }
            (reserved, held) => disagree("whether it fits", reserved, held),
        }
    }

    fn left(&mut self, index: usize) -> Result<(), Disagreement> {
        let now = self.now();
        let (reservation, held) = &self.held[index];
        let (left, reference) = (self.limits.rows_left(reservation, now), self.ledger.rows_left(held, self.clock));
        agree("how many rows are left", &left, &reference)
    }

    fn move_one(&mut self, index: usize) -> Result<(), Disagreement> {
        let now = self.now();
        let (reservation, held) = &mut self.held[index];
        match (self.limits.move_to(reservation, now), self.ledger.move_to(held, self.clock)) {
            (Ok(moved), Ok(())) => {
                same_charges(&moved.charges, &held.0)?;
                *reservation = moved;
                self.seen.moved += 1;
                self.left(index)
            }
            (Err(full), Err(spent)) => {
                self.seen.not_moved += 1;
                same_limit(&full, &spent)
            }
            (moved, reference) => disagree("whether it fits where it runs", moved, reference),
        }
    }

    fn settle(&mut self, index: usize, rows: u64) -> Result<(), Disagreement> {
        let now = self.now();
        let (reservation, held) = self.held.swap_remove(index);
        let settled = self.limits.settle_rows(&reservation, rows, now);
        same_charges(&settled, &self.ledger.settle(&held, rows, self.clock))?;
        self.journal.extend(reservation.charges.into_iter().chain(settled));
        self.seen.settled += 1;
        Ok(())
    }

    /// The reference forgets nothing, and so must the engine after it has read the journal.
    fn restart(&mut self) {
        self.limits = Limits::new();
        let open = self.held.iter().flat_map(|(reservation, _)| reservation.charges.clone());
        let mut charges: Vec<Charge> = open.chain(self.journal.iter().cloned()).collect();
        charges.reverse();
        self.limits.restore(charges, Timestamp::from_millis(self.ledger.newest));
        self.seen.restarts += 1;
    }
}

/// `allow`, `ask RULE` or `deny RULE`.
pub(super) fn said(decision: &Decision) -> String {
    match decision {
        Decision::Allow => "allow".to_owned(),
        Decision::Ask(question) => format!("ask {}", question.rule),
        Decision::Deny(denial) => format!("deny {}", denial.rule),
    }
}

/// The words of the rule reach whom they are for.
fn told(decision: &Decision, answer: &Answer) -> Result<(), Disagreement> {
    let (engine, words) = match (decision, answer) {
        (Decision::Ask(question), Answer::Ask { reason, .. }) => (&question.reason, reason),
        (Decision::Deny(denial), Answer::Deny { message, .. }) => (&denial.message, message),
        _ => return Ok(()),
    };
    if engine.is_empty() || !engine.contains(words.as_str()) {
        return disagree("what is told", engine, words);
    }
    Ok(())
}

fn request(request: &ChargeRequest<'_>) -> Wanted {
    Wanted {
        counter: request.counter.to_string(),
        window: request.window.seconds(),
        max: request.max,
        amount: request.amount,
        rows: request.rows,
        rule: request.rule.to_string(),
    }
}

fn same_charges(engine: &[Charge], reference: &[(Wanted, i64)]) -> Result<(), Disagreement> {
    let engine: Vec<_> = engine
        .iter()
        .map(|charge| (charge.counter.as_str(), charge.window, charge.window_start.as_millis(), charge.amount))
        .collect();
    let reference: Vec<_> = reference
        .iter()
        .map(|(wanted, start)| (wanted.counter.as_str(), wanted.window, *start, wanted.amount))
        .collect();
    agree("what was charged", &engine, &reference)
}

/// The engine names one of the limits that are spent, and says how long until it may fit.
fn same_limit(full: &Full, spent: &[Spent]) -> Result<(), Disagreement> {
    let wait = full.retry_after.map(|wait| i64::try_from(wait.as_millis()).unwrap());
    let one_of_them = spent.iter().any(|spent| {
        spent.wanted.rule == full.rule
            && spent.wanted.max == full.max
            && spent.wanted.window == full.window.seconds()
            && spent.wait == wait
    });
    if one_of_them { Ok(()) } else { disagree("the limit that is spent", full, spent) }
}
