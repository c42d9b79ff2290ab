//! How often what happened in a run.

use super::verdict::Answer;

/// How often something happened, so that a run shows that it was about something.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) cases: u64,
    pub(super) calls: u64,
    pub(super) allowed: u64,
    pub(super) asked: u64,
    pub(super) hidden: u64,
    pub(super) by_default: u64,
    pub(super) redacted: u64,
    pub(super) denied_if: u64,
    pub(super) required: u64,
    pub(super) uncounted: u64,
    pub(super) limited: u64,
    pub(super) moved: u64,
    pub(super) not_moved: u64,
    pub(super) settled: u64,
    pub(super) given_back: u64,
    pub(super) restarts: u64,
}

impl Tally {
    fn each(&mut self) -> [&mut u64; 16] {
        [
            &mut self.cases,
            &mut self.calls,
            &mut self.allowed,
            &mut self.asked,
            &mut self.hidden,
            &mut self.by_default,
            &mut self.redacted,
            &mut self.denied_if,
            &mut self.required,
            &mut self.uncounted,
            &mut self.limited,
            &mut self.moved,
            &mut self.not_moved,
            &mut self.settled,
            &mut self.given_back,
            &mut self.restarts,
        ]
    }

    pub(super) fn count(&mut self, answer: &Answer) {
        let counted = match answer {
            Answer::Allow => &mut self.allowed,
            Answer::Ask { .. } => &mut self.asked,
            Answer::Deny { rule, .. } if rule == "(hidden)" => &mut self.hidden,
            Answer::Deny { rule, .. } if rule == "(default deny)" => &mut self.by_default,
            Answer::Deny { rule, .. } if rule.contains(":/redact/") => &mut self.redacted,
            Answer::Deny { rule, .. } if rule.contains("/deny_if/") => &mut self.denied_if,
            Answer::Deny { rule, .. } if rule.contains("/require/") => &mut self.required,
            Answer::Deny { .. } => &mut self.uncounted,
        };
        *counted += 1;
    }

    pub(super) fn add(&mut self, mut other: Self) {
        for (mine, theirs) in self.each().into_iter().zip(other.each()) {
            *mine += *theirs;
        }
    }

    /// A run in which nothing was ever refused proves little.
    pub(super) fn assert_that_everything_happened(mut self) {
        let told = format!("{self:?}");
        assert!(self.each().into_iter().all(|count| *count >= 100), "{told}");
    }
}
