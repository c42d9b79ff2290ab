//! A policy as plain data, for an editor: the same keys as the file, nothing interpreted. Numbers of conditions stay
//! text, so that none is rounded on its way through another language.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A policy file as plain data. It may hold mistakes, which [`crate::Policy::parse`] of its text names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PolicyOutline {
    /// `allow` or `deny`.
    pub default: String,
    /// Names of tools, or `["*"]`.
    pub hide: Vec<String>,
    /// Limits that count every call.
    pub all_tools: Vec<LimitOutline>,
    /// Listed tools, ordered by name.
    pub tools: Vec<ToolOutline>,
    /// Patterns over `model.field`.
    pub redact: Vec<String>,
    /// What an administrator pins; empty in every other layer.
    pub pins: PinsOutline,
}

/// A listed tool.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct ToolOutline {
    /// Its name.
    pub name: String,
    /// Each must hold.
    pub require: Vec<RuleOutline>,
    /// Any denies.
    pub deny_if: Vec<RuleOutline>,
    /// Counters.
    pub limits: Vec<LimitOutline>,
    /// Any asks a person.
    pub require_approval: Vec<ApprovalOutline>,
}

/// An entry of `require` or `deny_if`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct RuleOutline {
    /// ANDed; none is always true.
    pub conditions: Vec<ConditionOutline>,
    /// For the agent.
    pub on_deny: Option<String>,
}

/// An entry of `require_approval`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct ApprovalOutline {
    /// ANDed; none is always true.
    pub conditions: Vec<ConditionOutline>,
    /// For the person.
    pub reason: Option<String>,
    /// `15m`.
    pub timeout: Option<String>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct ConditionOutline {
    /// `args.values.state`, `call.model`.
    pub path: String,
    /// `eq`, `in`, …
    pub op: String,
    /// What it compares with: JSON text (`"draft"`, `10`, `["a", "b"]`, `true`).
    pub value: String,
}

/// A limit; its scope is always `grant`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct LimitOutline {
    /// Its name.
    pub counter: String,
    /// `minute`, `hour` or `day`.
    pub window: String,
    /// How much fits into one window.
    #[ts(type = "number")]
    pub max: u64,
    /// What is counted, when not calls: `call.records`, `call.rows`, `call.sensitive` or a path in `args.`.
    pub increment_from: Option<String>,
}

/// What an administrator pins.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct PinsOutline {
    /// Environments by host pattern; the first that matches counts.
    pub environments: Vec<EnvironmentPin>,
    /// Hosts that connections may reach; none means any.
    pub allowed_hosts: Option<Vec<String>>,
}

/// Hosts whose environment is pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EnvironmentPin {
    /// `erp.acme.com`, `*.acme.com`, `localhost:*`.
    pub host: String,
    /// `production`, `staging` or `development`.
    pub environment: String,
}
