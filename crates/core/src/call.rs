use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// What a tool does to the world, as its definition states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Looks only.
    Read,
    /// Creates or changes.
    Write,
    /// Runs something.
    Execute,
    /// Removes or cuts off.
    Destructive,
}

/// How bad a wrong call can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing lost.
    Low,
    /// Can be put right.
    Medium,
    /// Hard to put right.
    High,
    /// May not be put right.
    Critical,
}

/// Category and severity together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Risk {
    /// What it does.
    pub category: Category,
    /// How bad it can be.
    pub severity: Severity,
}

/// What a call does beyond the values it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A message will go out.
    Mail,
    /// A message may go out: a user assigned, an attendee, a follower, an activity, an unknown method.
    MailPossible,
    /// An entry is posted.
    Posting,
    /// Money moves.
    Payment,
    /// A state, readonly or computed field is written.
    State,
    /// Code is changed or run.
    Code,
    /// Rights are changed.
    Access,
}

/// A field of a model, as `model.field`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
pub struct FieldPath {
    /// The technical model name.
    pub model: String,
    /// The technical field name.
    pub field: String,
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.model, self.field)
    }
}

/// A write inside a write: what an x2many command does to another model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Nested {
    /// The model written.
    pub model: String,
    /// `create`, `update`, `delete`, `unlink`, `link`, `clear` or `set`.
    pub command: String,
    /// The fields written, sorted; empty for a delete or a link.
    pub fields: Vec<String>,
}

/// What a call is, computed from its arguments and Odoo's metadata; never claimed by the agent. Policy, guard and
/// approval look at these. `None` means *unknown*, and unknown is judged as the worst case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CallFacts {
    /// The tool called.
    pub tool: String,
    /// Its risk for these arguments.
    pub risk: Risk,
    /// The model, where the tool has one.
    pub model: Option<String>,
    /// The method of the model that will run: `write`, `search_read`.
    pub method: Option<String>,
    /// The ids named, in the order given.
    #[ts(type = "number[]")]
    pub ids: Vec<i64>,
    /// How many records are touched; `None` is unknown.
    #[ts(type = "number | null")]
    pub records: Option<u64>,
    /// Fields written on the model itself, sorted.
    pub fields: Vec<String>,
    /// Every field that the call reads, also through dotted paths in domain, order, grouping and field lists; `None`
    /// is unknown.
    pub reads: Option<Vec<FieldPath>>,
    /// Nested writes, in the order given.
    pub commands: Vec<Nested>,
    /// What it does beyond that, sorted, without repeats.
    pub effects: Vec<Effect>,
    /// It reads personal, payroll, bank or message data.
    pub sensitive: bool,
}

impl CallFacts {
    /// Facts of a tool that reaches no Odoo.
    pub fn local(tool: &str, risk: Risk) -> Self {
        Self {
            tool: tool.to_owned(),
            risk,
            model: None,
            method: None,
            ids: Vec::new(),
            records: Some(0),
            fields: Vec::new(),
            reads: Some(Vec::new()),
            commands: Vec::new(),
            effects: Vec::new(),
            sensitive: false,
        }
    }

    /// Whether the call changes anything in Odoo.
    pub fn changes_odoo(&self) -> bool {
        self.model.is_some() && self.risk.category != Category::Read
    }
}
