//! What a draft would have done to the last calls of the journal.

use super::layers::EditedLayer;
use super::recorded::Recorded;
use super::stack::{Stack, judge};
use super::{InForce, LayerId};
use crate::policy::layers::Unreadable;
use crate::policy::stored::Stored;
use crate::state::Broker;
use crate::tools;
use crate::view::{
    DecisionTree, PolicyDraft, PolicyEdit, RecordedExplanation, ReplayAnswer, ReplayChange, ReplayKind, ReplayReport,
    ReplayTally,
};
use gatehouse_core::{AgentId, ConnectionId, Decision, EdgeError, Environment, ErrorCode};
use gatehouse_policy::{Layer, Limits, evaluate};
use std::collections::HashMap;
use std::sync::Arc;

impl Broker {
    /// Judges the last 1,000 calls of the journal again, oldest first with the limits as they would have filled: as
    /// things are, and under the draft.
    pub fn replay_policy(&self, draft: &PolicyDraft) -> Result<ReplayReport, EdgeError> {
        let drafted = self.drafted(draft)?;
        let (mut calls, skipped) = self.recorded()?;
        calls.reverse();
        let now = Stacks::new(self, &self.in_force(), &calls);
        let then = Stacks::new(self, &drafted, &calls);
        let (now, then) = (now.layers(), then.layers());
        let mut sides = (Limits::new(), Limits::new());
        let mut report = ReplayReport {
            calls: u32::try_from(calls.len()).unwrap_or(u32::MAX),
            since: calls.first().map(|call| call.line.at),
            skipped,
            changes: Vec::new(),
            before: ReplayTally::default(),
            after: ReplayTally::default(),
        };
        for (index, call) in calls.iter().enumerate() {
            let from = answer(now.of(index), call, &mut sides.0);
            let to = answer(then.of(index), call, &mut sides.1);
            count(&mut report.before, from.kind);
            count(&mut report.after, to.kind);
            if from.kind != to.kind {
                report.changes.push(ReplayChange { call: call.line.clone(), from, to });
            }
        }
        report.changes.reverse();
        Ok(report)
    }

    /// Why a call of the journal would be answered as it is, as things are and under the draft, with the limits as the
    /// calls before it would have filled them.
    pub fn explain_recorded(&self, seq: u64, draft: &PolicyDraft) -> Result<RecordedExplanation, EdgeError> {
        let drafted = self.drafted(draft)?;
        let call = self.one_recorded(seq)?;
        let (mut calls, _) = self.recorded()?;
        calls.reverse();
        calls.retain(|other| other.line.seq < seq);
        calls.push(call.clone());
        let explain = |by: &InForce| -> DecisionTree {
            let stacks = Stacks::new(self, by, &calls);
            let layers = stacks.layers();
            let mut limits = Limits::new();
            for (index, call) in calls.iter().enumerate().take(calls.len() - 1) {
                answer(layers.of(index), call, &mut limits);
            }
            stacks.of(calls.len() - 1).explain(&call.subject(), &limits, call.line.at)
        };
        let (before, after) = (explain(&self.in_force()), explain(&drafted));
        Ok(RecordedExplanation { call: call.line.clone(), again: call.again(), before, after })
    }

    /// The policies in force with a draft in place of its layer.
    pub(crate) fn drafted(&self, draft: &PolicyDraft) -> Result<InForce, EdgeError> {
        let id = LayerId::parse(&draft.layer)?;
        if id == LayerId::Managed {
            return Err(EdgeError::new(ErrorCode::Denied, "The administrator's policy cannot be drafted here."));
        }
        let policy = self.policy_of(&id, &draft.edit).map_err(Unreadable::edge)?;
        let policy = policy.filter(|_| draft.edit != PolicyEdit::Absent);
        Ok(self.in_force().with(id, EditedLayer { stored: Stored::default(), policy, fault: None, unwritten: false }))
    }
}

type Key<'a> = (&'a AgentId, Option<&'a ConnectionId>, Option<Environment>);

/// The layers that each call goes through; calls of one agent on one connection share theirs.
struct Stacks {
    stacks: Vec<Stack>,
    /// For each call, which.
    of_call: Vec<usize>,
}

/// The same as the engine takes them.
struct LayersOf<'a> {
    stacks: Vec<Vec<Layer<'a>>>,
    of_call: &'a [usize],
}

impl Stacks {
    fn new(broker: &Broker, by: &InForce, calls: &[Arc<Recorded>]) -> Self {
        let mut known: HashMap<Key<'_>, usize> = HashMap::new();
        let mut stacks = Vec::new();
        let of_call = calls
            .iter()
            .map(|call| {
                let environment = call.connection.as_ref().map(|facts| facts.environment);
                let key = (&call.line.agent, call.line.connection.as_ref(), environment);
                *known.entry(key).or_insert_with(|| {
                    let connection = call.line.connection.as_ref().zip(environment);
                    let layer = connection.and_then(|(id, then)| layer_of(broker, by, id, then));
                    stacks.push(by.stack_of(&call.line.agent, layer));
                    stacks.len() - 1
                })
            })
            .collect();
        Self { stacks, of_call }
    }

    fn of(&self, call: usize) -> &Stack {
        &self.stacks[self.of_call[call]]
    }

    fn layers(&self) -> LayersOf<'_> {
        LayersOf { stacks: self.stacks.iter().map(Stack::layers).collect(), of_call: &self.of_call }
    }
}

impl<'a> LayersOf<'a> {
    fn of(&self, call: usize) -> &[Layer<'a>] {
        &self.stacks[self.of_call[call]]
    }
}

/// A connection's layer as it is by these policies; of one that is gone, its environment's of then.
fn layer_of(
    broker: &Broker,
    by: &InForce,
    id: &ConnectionId,
    then: Environment,
) -> Option<(String, Arc<super::layers::PolicyText>)> {
    let known = broker.registry(|registry| registry.connections.get(id).cloned());
    let policy = match known {
        Some(connection) => by.of_connection(&broker.as_it_counts(connection)),
        None => by.of_environment(then),
    };
    policy.map(|policy| (LayerId::Connection(id.clone()).to_string(), policy))
}

fn answer(layers: &[Layer<'_>], call: &Recorded, limits: &mut Limits) -> ReplayAnswer {
    let subject = call.subject();
    // What neither guard nor nested deletions concern takes one evaluation, and nothing is copied.
    let plain = tools::removed_models(&call.facts).is_empty()
        && gatehouse_policy::guard::judge(&call.facts, &serde_json::Map::new(), &[]).is_none();
    let (decision, full) = if plain {
        let verdict = evaluate(layers, &subject);
        let full = limits.charge(&verdict.charges, call.rows, call.line.at).err();
        (verdict.decision, full)
    } else {
        let verdict = judge(layers, &subject, &[]);
        let full = limits.charge(&verdict.charges, call.rows, call.line.at).err();
        (verdict.decision, full)
    };
    let (kind, rule) = match (full, decision) {
        (Some(full), _) => (ReplayKind::Limited, full.rule),
        (None, Decision::Allow) => (ReplayKind::Allow, String::new()),
        (None, Decision::Ask(question)) => (ReplayKind::Ask, question.rule),
        (None, Decision::Deny(denial)) => (ReplayKind::Deny, denial.rule),
    };
    ReplayAnswer { kind, rule }
}

fn count(tally: &mut ReplayTally, kind: ReplayKind) {
    let place = match kind {
        ReplayKind::Allow => &mut tally.allow,
        ReplayKind::Ask => &mut tally.ask,
        ReplayKind::Deny => &mut tally.deny,
        ReplayKind::Limited => &mut tally.limited,
    };
    *place += 1;
}
