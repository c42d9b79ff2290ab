use crate::{Policy, PolicyProblem};
use gatehouse_core::{Environment, ToolDefinition};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A ready policy for the connection's layer, written in the language itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Nothing in Odoo.
    Locked,
    /// Reads; sensitive ones after asking.
    ReadOnly,
    /// Reads; everything else after asking.
    AskFirst,
    /// Reads and small plain writes; the rest after asking.
    AskForRisky,
    /// Nearly everything; deleting after asking.
    Trusted,
}

impl Preset {
    /// All of them, strictest first.
    pub const ALL: [Self; 5] = [Self::Locked, Self::ReadOnly, Self::AskFirst, Self::AskForRisky, Self::Trusted];

    /// The one that an environment carries when nobody chose.
    pub const fn of_environment(environment: Environment) -> Self {
        match environment {
            Environment::Production => Self::AskFirst,
            Environment::Staging => Self::AskForRisky,
            Environment::Development => Self::Trusted,
        }
    }

    /// Its name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Locked => "Locked",
            Self::ReadOnly => "Read only",
            Self::AskFirst => "Ask first",
            Self::AskForRisky => "Ask for risky",
            Self::Trusted => "Trusted",
        }
    }

    /// Its text, to start a policy of one's own from.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Locked => include_str!("presets/locked.json"),
            Self::ReadOnly => include_str!("presets/read_only.json"),
            Self::AskFirst => include_str!("presets/ask_first.json"),
            Self::AskForRisky => include_str!("presets/ask_for_risky.json"),
            Self::Trusted => include_str!("presets/trusted.json"),
        }
    }

    /// Its policy. Should the text not fit the catalogue, nothing is allowed.
    pub fn policy(self, tools: &[ToolDefinition]) -> Policy {
        or_nothing(Policy::parse(self.text(), tools))
    }
}

/// The policy of the layer `local`, which always stands: limits and questions of the tools that reach no Odoo. Calls
/// without a connection skip the connection's layer; this one they never skip, and no other layer can loosen it.
pub fn local_tools(tools: &[ToolDefinition]) -> Policy {
    or_nothing(Policy::parse(include_str!("presets/local.json"), tools))
}

fn or_nothing(parsed: Result<Policy, Vec<PolicyProblem>>) -> Policy {
    parsed.unwrap_or_else(|_| Policy::deny_everything())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An editor that prints a preset again shows no difference.
    #[test]
    fn every_preset_is_written_as_it_is_printed() {
        for preset in Preset::ALL {
            let parsed = Policy::parse(preset.text(), &[]).unwrap();
            assert_eq!(parsed.to_json_pretty(), preset.text(), "{preset:?}");
        }
    }
}
