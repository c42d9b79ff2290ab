//! Why a call is answered as it is: every layer's verdict, the rule that decided, the conditions with the values that
//! they saw, the counters before and after.

use gatehouse_core::Decision;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
