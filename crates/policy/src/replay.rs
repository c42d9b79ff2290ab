use crate::evaluate::{Call, evaluate};
use crate::{Layer, Limits};
use gatehouse_core::{Decision, Timestamp};

/// Judges the calls of a history again, oldest first, with the limits as they would have filled.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    limits: Limits,
}

impl Replay {
    /// Before the first call; nothing is spent.
    pub fn new() -> Self {
        Self::default()
    }

    /// Judges the next call, made at `at`, which returned `rows` when it ran. A call over a limit is denied with the
    /// limit's rule and takes nothing; a call that is asked about takes what it would take when approved.
    pub fn judge(&mut self, layers: &[Layer<'_>], call: &Call<'_>, at: Timestamp, rows: u64) -> Decision {
        let verdict = evaluate(layers, call);
        match self.limits.charge(&verdict.charges, rows, at) {
            Ok(()) => verdict.decision,
            Err(full) => Decision::Deny(full.denial()),
        }
    }
}
