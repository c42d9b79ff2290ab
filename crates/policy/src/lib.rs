//! The policy language: parse, check, evaluate; the guard that stands before it; the limits it asks for.
//!
//! Pure: no I/O, no clock, no randomness. Time and facts are passed in.
//!
//! A call is judged in this order: [`guard::judge`], then [`evaluate`] over all layers, then [`Limits::reserve`] for the
//! charges that the verdict names. The strictest answer wins, so that adding a layer never loosens anything.

pub mod guard;
pub mod sensitive;

mod condition;
mod decimal;
mod evaluate;
mod explain;
mod import;
mod json;
mod layer;
mod limits;
mod loosened;
mod outline;
mod parse;
mod path;
mod policy;
mod preset;
mod print;
mod problem;
mod redact;

pub use evaluate::{Call, ConnectionFacts, Verdict, evaluate, is_hidden, is_redacted};
pub use explain::{
    ConditionOutcome, ConditionSeen, CounterSeen, Explanation, LayerExplanation, Step, StepKind, StepOutcome,
};
pub use import::{Dialect, Difference, DifferenceKind, Imported};
pub use layer::Layer;
pub use limits::{ChargeRequest, Full, Limits, Reservation};
pub use loosened::Loosened;
pub use outline::{
    ApprovalOutline, ConditionOutline, EnvironmentPin, LimitOutline, PinsOutline, PolicyOutline, RuleOutline,
    ToolOutline,
};
pub use policy::{DefaultAnswer, Limit, Policy, Window};
pub use preset::{Preset, local_tools};
pub use problem::PolicyProblem;
