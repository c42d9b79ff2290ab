use crate::OdooError;
use gatehouse_core::{EdgeError, ErrorCode};
use std::fmt;

/// The longest text that could be a name, in bytes.
const MAX_NAME: usize = 200;

/// One thing that is wrong with an input: where, what, and what may have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A JSON Pointer into the input: `/2/0`; empty for the whole.
    pub pointer: String,
    /// One sentence.
    pub message: String,
    /// Nearest field names, allowed values or matching records; nearest first.
    pub candidates: Vec<String>,
}

impl Problem {
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into(), candidates: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with_candidates(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }

    /// The same problem of an input that stands at `place` of a larger one.
    #[must_use]
    pub fn inside(mut self, place: &str) -> Self {
        self.pointer.insert_str(0, place);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "at {}: ", self.pointer)?;
        }
        f.write_str(&self.message)?;
        if !self.candidates.is_empty() {
            write!(f, " (did you mean {}?)", self.candidates.join(", "))?;
        }
        Ok(())
    }
}

/// Why an input was not taken.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It is wrong: every problem found, at least one, in the input's order.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Problem>),
    /// Odoo would not tell what it needs to be checked against.
    #[error(transparent)]
    Odoo(#[from] OdooError),
}

impl InputError {
    /// The same for an input that stands at `place` (a JSON Pointer) of the tool's arguments.
    #[must_use]
    pub fn inside(self, place: &str) -> Self {
        match self {
            Self::Refused(problems) => Self::Refused(problems.into_iter().map(|p| p.inside(place)).collect()),
            other @ Self::Odoo(_) => other,
        }
    }

    /// As windows and agents see it: the first problem as the message, all of them as the detail.
    pub fn edge(&self) -> EdgeError {
        match self {
            Self::Odoo(error) => error.edge(),
            Self::Refused(problems) => {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let error = EdgeError::new(ErrorCode::InvalidArguments, lines.first().cloned().unwrap_or_default());
                if lines.len() > 1 { error.with_detail(lines.join("\n")) } else { error }
            }
        }
    }
}

impl From<Problem> for InputError {
    fn from(problem: Problem) -> Self {
        Self::Refused(vec![problem])
    }
}

/// The names nearest to `text`, best first, at most three.
pub(crate) fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    // Nothing that long is a misspelt name, and comparing takes time by its square.
    if text.len() > MAX_NAME {
        return Vec::new();
    }
    let text = text.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .map(|name| {
            let lower = name.to_lowercase();
            let contained = text.len() >= 3 && (lower.contains(&text) || (lower.len() >= 3 && text.contains(&lower)));
            (strsim::jaro_winkler(&text, &lower) + if contained { 0.15 } else { 0.0 }, name)
        })
        .filter(|(score, _)| *score > 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// At most 60 characters of a text from outside, without control characters, to be quoted in a sentence.
pub(crate) fn clip(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut clipped: String = text.chars().take(60).map(clean).collect();
    if text.chars().nth(60).is_some() {
        clipped.push('…');
    }
    clipped
}

/// One reference token of a JSON Pointer, escaped; cut where it is too long for any name.
pub(crate) fn token(key: &str) -> String {
    let key = if key.len() > MAX_NAME { clip(key) } else { key.to_owned() };
    key.replace('~', "~0").replace('/', "~1")
}
