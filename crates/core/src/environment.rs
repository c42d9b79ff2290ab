use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a database is used for. Carries a policy preset and a coloured label with text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Real customers, orders and books. The default for every host that is not loopback.
    Production,
    /// A copy to try things on.
    Staging,
    /// A developer's own.
    Development,
}

impl Environment {
    /// The word for it, as policies and agents see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
        }
    }

    /// Whether going from `self` to `to` lets agents do more without asking.
    pub fn is_loosened_by(self, to: Self) -> bool {
        to > self
    }

    /// What a new connection starts as when the person has not said.
    pub const fn default_for(host_is_loopback: bool) -> Self {
        if host_is_loopback { Self::Development } else { Self::Production }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_production_is_a_loosening_and_coming_back_is_not() {
        assert!(Environment::Production.is_loosened_by(Environment::Staging));
        assert!(Environment::Staging.is_loosened_by(Environment::Development));
        assert!(!Environment::Development.is_loosened_by(Environment::Production));
        assert!(!Environment::Production.is_loosened_by(Environment::Production));
    }

    #[test]
    fn a_host_that_is_not_loopback_starts_as_production() {
        assert_eq!(Environment::default_for(false), Environment::Production);
    }
}
