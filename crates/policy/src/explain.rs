//! Why a call is answered as it is: every layer's verdict, the rule that decided, the conditions with the values that
//! they saw, the counters before and after.

use crate::condition::{Answer, Condition, Facts, Reading, Subject};
use crate::evaluate::{Call, Seen, Witness, judge_all};
use crate::limits::{ChargeRequest, CounterId, Full};
use crate::policy::{Increment, Limit};
use crate::rule_id::RuleId;
use crate::{Layer, Limits};
use gatehouse_core::{Decision, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::ControlFlow;
use ts_rs::TS;

/// How many values a condition tells.
const MOST_SEEN: usize = 20;
/// How long each may be, in characters.
const LONGEST_SEEN: usize = 200;

/// Judges a call as [`crate::evaluate`] and [`Limits::peek`] do, and tells why. Takes nothing from any limit.
pub fn explain(layers: &[Layer<'_>], call: &Call<'_>, limits: &Limits, now: Timestamp) -> Explanation {
    let mut record = Record { call: *call, layers: Vec::new(), counted: Vec::new(), charges: Vec::new() };
    let verdict = judge_all(layers, call, &mut record);
    let Record { mut layers, counted, charges, .. } = record;
    let mut decision = verdict.decision;
    let mut takes = !matches!(decision, Decision::Deny(_));
    if takes && let Err(full) = limits.peek(&verdict.charges, now) {
        decision = Decision::Deny(full.denial());
        takes = false;
    }
    for Counted { layer, rule, request } in counted {
        let (before, left) = limits.spent(&request, now);
        let step = layers[layer].steps.iter_mut().find(|step| step.kind == StepKind::Limit && step.rule == rule);
        if let Some(counter) = step.and_then(|step| step.counter.as_mut()) {
            counter.before = before;
            counter.after = if takes { before.saturating_add(counter.amount) } else { before };
            counter.resets_in = u64::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX);
        }
    }
    for (layer, charges) in layers.iter_mut().zip(charges) {
        if !matches!(layer.decision, Decision::Deny(_))
            && let Err(full) = limits.peek(&charges, now)
        {
            layer.refused(&full);
        }
    }
    Explanation { tool: call.facts.tool.clone(), model: call.facts.model.clone(), decision, layers }
}

impl LayerExplanation {
    /// One of its limits is full. Nobody is asked about a call that could not run.
    fn refused(&mut self, full: &Full) {
        let denial = full.denial();
        self.steps.retain(|step| step.kind != StepKind::RequireApproval);
        if let Some(step) = self.steps.iter_mut().find(|step| step.rule == denial.rule) {
            step.outcome = StepOutcome::Denied;
            step.words = Some(denial.message.clone());
        }
        self.decision = Decision::Deny(denial);
    }
}

/// Why one call is answered as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Explanation {
    /// The tool that the call was judged as. A write that deletes lines is judged as a write and as a deletion.
    pub tool: String,
    /// The model that it was judged about.
    pub model: Option<String>,
    /// The strictest answer, limits included: a full limit is a denial here.
    pub decision: Decision,
    /// Every layer, in order.
    pub layers: Vec<LayerExplanation>,
}

/// What one layer says, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LayerExplanation {
    /// `local`, `managed`, `user`, `connection:con_…` or `agent:claude-code`.
    pub layer: String,
    /// Its answer alone.
    pub decision: Decision,
    /// What it looked at, in the order of judging; what comes after a denial was not looked at and is left out.
    pub steps: Vec<Step>,
}

/// One thing that a layer looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Step {
    /// What it is.
    pub kind: StepKind,
    /// The rule's id, as a denial names it: `user:/tools/odoo_write/deny_if/0`, or `(hidden)`, `(default deny)`.
    pub rule: String,
    /// What came of it.
    pub outcome: StepOutcome,
    /// What the rule says: its `on_deny` or `reason`, or the denial's sentence.
    pub words: Option<String>,
    /// Its conditions, all of them, in the file's order.
    pub conditions: Vec<ConditionSeen>,
    /// Its counter, where it is a limit.
    pub counter: Option<CounterSeen>,
}

/// The kinds of step, in the order of judging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The hidden names.
    Hide,
    /// The default, for a tool that is not listed.
    Default,
    /// A pattern of fields that never reach an agent.
    Redact,
    /// An entry of `deny_if`.
    DenyIf,
    /// An entry of `require`.
    Require,
    /// A limit.
    Limit,
    /// An entry of `require_approval`.
    RequireApproval,
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Nothing against the call.
    Passed,
    /// It denied the call.
    Denied,
    /// It sent the call to a person.
    Asked,
}

/// A condition and what it saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ConditionSeen {
    /// The path, as a policy writes it.
    pub path: String,
    /// The operator: `eq`, `not_in`, …
    pub op: String,
    /// What it compares with, as JSON text.
    pub value: String,
    /// Every value that the path led to, as JSON text, or `missing` or `unknown`; at most 20, each at most 200 characters.
    pub saw: Vec<String>,
    /// What came of it.
    pub outcome: ConditionOutcome,
}

/// What came of a condition, read as its rule reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConditionOutcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// Types differ or the value is unknown, and the doubt counts against the call.
    Doubt,
}

/// A counter before and after the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CounterSeen {
    /// Its name in the policy.
    pub counter: String,
    /// `minute`, `hour` or `day`.
    pub window: String,
    /// How much fits into one window.
    #[ts(type = "number")]
    pub max: u64,
    /// How much was spent before the call.
    #[ts(type = "number")]
    pub before: u64,
    /// How much the call takes; zero for rows, which are counted afterwards.
    #[ts(type = "number")]
    pub amount: u64,
    /// How much is spent with it; as before, when it was refused.
    #[ts(type = "number")]
    pub after: u64,
    /// Seconds until the window ends.
    #[ts(type = "number")]
    pub resets_in: u64,
}

/// Writes the procedure down.
struct Record<'a> {
    call: Call<'a>,
    layers: Vec<LayerExplanation>,
    /// Every limit that was counted.
    counted: Vec<Counted>,
    /// What each layer alone would take: limits of one counter are one charge, held against the smallest quota.
    charges: Vec<Vec<ChargeRequest<'static>>>,
}

/// A limit that was counted, with its own quota.
struct Counted {
    layer: usize,
    rule: String,
    request: ChargeRequest<'static>,
}

impl Record<'_> {
    fn push(&mut self, step: Step) {
        if let Some(layer) = self.layers.last_mut() {
            layer.steps.push(step);
        }
    }

    fn rule_id(&self, kind: &'static str, index: usize) -> String {
        let layer = self.layers.last().map_or("", |layer| layer.layer.as_str());
        RuleId::of_tool(layer, &self.call.facts.tool, kind, index).to_string()
    }
}

fn plain(kind: StepKind, rule: String, outcome: StepOutcome) -> Step {
    Step { kind, rule, outcome, words: None, conditions: Vec::new(), counter: None }
}

impl Witness for Record<'_> {
    fn layer(&mut self, layer: &Layer<'_>) {
        let layer = layer.name.clone();
        self.layers.push(LayerExplanation { layer, decision: Decision::Allow, steps: Vec::new() });
        self.charges.push(Vec::new());
    }

    fn step(&mut self, kind: StepKind, index: usize, outcome: StepOutcome) {
        let layer = self.layers.last().map_or("", |layer| layer.layer.as_str());
        let rule = match (kind, outcome) {
            (StepKind::Hide, _) => "(hidden)".to_owned(),
            (StepKind::Default, StepOutcome::Denied) => "(default deny)".to_owned(),
            (StepKind::Default, _) => format!("{layer}:/default"),
            _ => format!("{layer}:/redact/{index}"),
        };
        self.push(plain(kind, rule, outcome));
    }

    fn rule(&mut self, kind: StepKind, index: usize, rule: Seen<'_>, outcome: StepOutcome) {
        let key = match kind {
            StepKind::DenyIf => "deny_if",
            StepKind::Require => "require",
            _ => "require_approval",
        };
        let conditions = rule.conditions.iter().map(|condition| seen(condition, &self.call, rule.reading)).collect();
        let words = rule.words.map(str::to_owned);
        let step = Step { words, conditions, ..plain(kind, self.rule_id(key, index), outcome) };
        self.push(step);
    }

    fn limit(&mut self, limit: &Limit, rule: &RuleId<'_>, amount: u64) {
        let rule_text = rule.to_string();
        let counter = CounterSeen {
            counter: limit.counter.clone(),
            window: limit.window.as_str().to_owned(),
            max: limit.max,
            before: 0,
            amount,
            after: 0,
            resets_in: 0,
        };
        let step = plain(StepKind::Limit, rule_text.clone(), StepOutcome::Passed);
        self.push(Step { counter: Some(counter), ..step });
        let layer = self.layers.len().saturating_sub(1);
        let name = self.layers.last().map_or("", |layer| layer.layer.as_str());
        let request = ChargeRequest {
            counter: CounterId::new(name, self.call.agent.as_str(), &limit.counter),
            window: limit.window,
            max: limit.max,
            amount,
            rows: limit.increment == Increment::Rows,
            rule: rule.clone(),
        };
        let request = request.into_owned();
        if let Some(charges) = self.charges.last_mut() {
            match charges.iter_mut().find(|charge| charge.counter == request.counter) {
                Some(same) if request.max < same.max => *same = request.clone(),
                Some(_) => {}
                None => charges.push(request.clone()),
            }
        }
        self.counted.push(Counted { layer, rule: rule_text, request });
    }

    fn uncounted(&mut self, _limit: &Limit, rule: &RuleId<'_>) {
        self.push(plain(StepKind::Limit, rule.to_string(), StepOutcome::Denied));
    }

    fn said(&mut self, decision: &Decision) {
        let Some(layer) = self.layers.last_mut() else { return };
        layer.decision = decision.clone();
        if let (Decision::Deny(denial), Some(step)) = (decision, layer.steps.last_mut())
            && step.outcome == StepOutcome::Denied
            && step.words.is_none()
        {
            step.words = Some(denial.message.clone());
        }
    }
}

fn seen(condition: &Condition, call: &Call<'_>, reading: Reading) -> ConditionSeen {
    let mut saw = Vec::new();
    let (mut counts, mut doubt) = (reading == Reading::Demanding, false);
    let _ = condition.visit(call, &mut |subject| {
        let answer = condition.test.of(subject);
        match reading {
            Reading::Suspicious => counts |= answer != Answer::No,
            Reading::Demanding => counts &= answer == Answer::Yes,
        }
        doubt |= answer == Answer::Mismatch;
        if saw.len() < MOST_SEEN {
            saw.push(shown(subject));
        }
        ControlFlow::Continue(())
    });
    let outcome = match (counts, doubt, reading) {
        // A doubt counts only where nothing else decides.
        (true, true, Reading::Suspicious) if !certain(condition, call) => ConditionOutcome::Doubt,
        (false, true, Reading::Demanding) => ConditionOutcome::Doubt,
        (true, ..) => ConditionOutcome::Holds,
        (false, ..) => ConditionOutcome::Fails,
    };
    ConditionSeen {
        path: condition.path.to_string(),
        op: condition.test.op().to_owned(),
        value: crate::print::value(&condition.test),
        saw,
        outcome,
    }
}

/// Whether any value answers with a plain yes.
fn certain(condition: &Condition, call: &Call<'_>) -> bool {
    let look = &mut |subject| match condition.test.of(subject) {
        Answer::Yes => ControlFlow::Break(()),
        Answer::No | Answer::Mismatch => ControlFlow::Continue(()),
    };
    condition.visit(call, look).is_break()
}

/// A value as JSON text, or the word for there being none.
fn shown(subject: Subject<'_>) -> String {
    let list = |facts: Facts<'_>| {
        let mut items = Vec::new();
        let _ = facts.try_each(&mut |item| {
            items.push(shown(item));
            if items.len() < MOST_SEEN { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        format!("[{}]", items.join(", "))
    };
    let text = match subject {
        Subject::Missing => return "missing".to_owned(),
        Subject::Unknown => return "unknown".to_owned(),
        Subject::Argument(value) => value.to_string(),
        Subject::Text(text) => Value::from(text).to_string(),
        Subject::Number(number) => number.to_string(),
        Subject::Bool(flag) => flag.to_string(),
        Subject::Field(path) => Value::from(path.to_string()).to_string(),
        Subject::Facts(facts) => list(facts),
    };
    match text.char_indices().nth(LONGEST_SEEN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
