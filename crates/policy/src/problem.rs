use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// One thing that is wrong with a policy's text, or worth a second look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, TS)]
pub struct PolicyProblem {
    /// A JSON Pointer into the policy: `/tools/odoo_write/deny_if/0`; empty for the whole.
    pub pointer: String,
    /// The line in its text, from 1.
    #[ts(type = "number")]
    pub line: usize,
    /// The character in that line, from 1.
    #[ts(type = "number")]
    pub column: usize,
    /// One plain sentence.
    pub message: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if !self.pointer.is_empty() {
            write!(f, " ({})", self.pointer)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// One reference token of a JSON Pointer, escaped.
pub(crate) fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The nearest of `names` to `text`, as the end of a sentence: ` Did you mean “x”?`, or nothing.
pub(crate) fn did_you_mean<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| (strsim::jaro_winkler(&text.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.82)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, name)| format!(" Did you mean “{name}”?"))
}
