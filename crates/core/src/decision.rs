use serde::{Deserialize, Serialize};
use std::time::Duration;
use ts_rs::TS;

/// What policy says to one call. Ordered: the strictest of several wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Decision {
    /// Run it.
    Allow,
    /// Ask a person first.
    Ask(Question),
    /// Do not run it.
    Deny(Denial),
}

/// Why a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Question {
    /// The rule that asks: a JSON Pointer into its policy, with the layer before it (`connection:/tools/odoo_write/require_approval/0`).
    pub rule: String,
    /// For the person.
    pub reason: String,
}

/// Why a call does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Denial {
    /// The rule: a JSON Pointer with its layer, or `(guard)`, `(paused)`, `(hidden)`, `(default deny)`, `(ask budget)`.
    pub rule: String,
    /// For the agent.
    pub message: String,
    /// Whether and when to try again.
    pub retry: Retry,
}

/// Whether and when a refused call may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Retry {
    /// The same call will be refused again.
    Never,
    /// Not before this many seconds.
    After {
        /// Whole seconds, rounded up.
        #[ts(type = "number")]
        seconds: u64,
    },
    /// When something the message names has changed.
    WhenChanged,
}

impl Retry {
    /// Not before `wait` has passed.
    pub fn after(wait: Duration) -> Self {
        Self::After { seconds: wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX) }
    }
}

impl Decision {
    /// The stricter of two; of two equally strict ones the first.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        if other.strictness() > self.strictness() { other } else { self }
    }

    fn strictness(&self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::Ask(_) => 1,
            Self::Deny(_) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(rule: &str) -> Decision {
        Decision::Ask(Question { rule: rule.into(), reason: String::new() })
    }

    fn deny() -> Decision {
        Decision::Deny(Denial { rule: "x".into(), message: String::new(), retry: Retry::Never })
    }

    #[test]
    fn deny_wins_over_ask_and_ask_over_allow() {
        assert_eq!(Decision::Allow.strictest(ask("a")), ask("a"));
        assert_eq!(ask("a").strictest(deny()), deny());
        assert_eq!(deny().strictest(Decision::Allow), deny());
        assert_eq!(ask("a").strictest(ask("b")), ask("a"));
    }

    #[test]
    fn a_wait_is_rounded_up_to_whole_seconds() {
        assert_eq!(Retry::after(Duration::from_millis(1)), Retry::After { seconds: 1 });
    }
}
