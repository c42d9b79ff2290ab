//! Policies from elsewhere, in this language: PolicyLayer's short forms and Intercept's files. What the two mean
//! differently is told, point by point; a denial never becomes an approval by itself.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a policy from elsewhere becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Imported {
    /// What it was taken for.
    pub dialect: Dialect,
    /// The policy in this language, printed.
    pub text: String,
    /// Every point where the two differ in meaning, in the source's order.
    pub differences: Vec<Difference>,
}

/// The forms that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// PolicyLayer's hosted JSON: this language, as it stands.
    Hosted,
    /// The short forms of PolicyLayer's pages: `action: deny`, `rate_limit: {max, window}`.
    Short,
    /// Intercept's YAML: `rules` with `action` and `conditions`.
    Intercept,
}

/// A point where the imported policy means something else than its source, or could mean more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Difference {
    /// How the two differ.
    pub kind: DifferenceKind,
    /// A JSON Pointer into the source.
    pub source: String,
    /// A JSON Pointer into the result; empty when nothing of it stands there.
    pub target: String,
    /// One plain sentence.
    pub message: String,
}

/// How result and source differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The result denies more.
    Stricter,
    /// The result cannot say it: something the source does is lost.
    Lost,
    /// Said in other words; it acts the same in all but the case that the message names.
    Changed,
    /// Nothing differs; this language could say what was probably meant.
    Suggestion,
}
