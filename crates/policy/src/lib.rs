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
mod rule_id;
mod schema;

pub use evaluate::{Call, Charges, ConnectionFacts, Verdict, evaluate, is_hidden, is_redacted};
pub use explain::{
    ConditionOutcome, ConditionSeen, CounterSeen, Explanation, LayerExplanation, Step, StepKind, StepOutcome, explain,
};
pub use import::{Dialect, Difference, DifferenceKind, Imported, import};
pub use layer::Layer;
pub use limits::{ChargeRequest, CounterId, Full, Limits, Reservation};
pub use loosened::{Loosened, loosened};
pub use outline::{
    ApprovalOutline, ConditionOutline, EnvironmentPin, LimitOutline, PinsOutline, PolicyOutline, RuleOutline,
    ToolOutline,
};
pub use parse::{Managed, Pins};
pub use policy::{DefaultAnswer, Limit, Policy, Window};
pub use preset::{Preset, local_tools};
pub use problem::PolicyProblem;
pub use rule_id::RuleId;
pub use schema::schema;
