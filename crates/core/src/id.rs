use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// A text that is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not {kind}: {why}")]
pub struct InvalidId {
    kind: &'static str,
    text: String,
    why: &'static str,
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
        #[serde(transparent)]
        #[ts(type = "string")]
        pub struct $name(String);

        impl $name {
            /// Made of 10 random bytes that the caller drew.
            pub fn from_random(bytes: [u8; 10]) -> Self {
                Self(format!(concat!($prefix, "{}"), hex::encode(bytes)))
            }

            /// Reads the text form: a prefix and 20 lower-case hex digits.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let digits = text.strip_prefix($prefix).unwrap_or("");
                let well_formed = digits.len() == 20
                    && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                if well_formed {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId {
                        kind: $kind,
                        text: text.chars().take(64).collect(),
                        why: concat!("expected ", $prefix, " and 20 hex digits"),
                    })
                }
            }

            /// The text form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

random_id!(
    /// One saved connection, for its whole life: renaming it or moving it to the trash keeps the id.
    ConnectionId, "con_", "a connection id"
);
random_id!(
    /// One question to a person. Told to the agent, which waits on it; knowing it allows nothing.
    TicketId, "tkt_", "a ticket id"
);
random_id!(
    /// One call as the journal knows it: its intent and its outcome carry the same id.
    CallId, "call_", "a call id"
);
random_id!(
    /// One live bridge process, named by the app when it connects.
    BridgeId, "brg_", "a bridge id"
);

/// The name an agent was registered under (`gatehouse-mcp --agent claude-desktop`). A name, not a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct AgentId(String);

impl AgentId {
    /// Lower-case letters, digits, `-` and `_`, 1 to 40 of them, starting with a letter or digit.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let starts_well = text.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if starts_well && text.len() <= 40 && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId {
                kind: "an agent name",
                text: text.chars().take(64).collect(),
                why: "use 1 to 40 lower-case letters, digits, - and _",
            })
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AgentId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = TicketId::from_random([7; 10]);
        assert_eq!(TicketId::parse(id.as_str()).unwrap(), id);
    }

    #[test]
    fn one_kind_of_id_is_not_read_as_another() {
        let id = TicketId::from_random([7; 10]);
        assert!(ConnectionId::parse(id.as_str()).is_err());
        assert!(serde_json::from_str::<CallId>(&format!("\"{id}\"")).is_err());
    }

    #[test]
    fn an_agent_name_holds_nothing_that_could_be_read_as_a_path_or_markup() {
        for bad in ["", "../x", "A", "a b", "-a", "é", &"a".repeat(41), "a\u{202e}b"] {
            assert!(AgentId::parse(bad).is_err(), "{bad:?} was accepted");
        }
        assert!(AgentId::parse("claude-desktop").is_ok());
    }
}
