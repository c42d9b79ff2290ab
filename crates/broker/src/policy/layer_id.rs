use gatehouse_core::{AgentId, Connection, ConnectionId, EdgeError, ErrorCode};
use std::collections::BTreeMap;
use std::fmt;

/// Which layer of policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum LayerId {
    /// The administrator's.
    Managed,
    /// The user's.
    User,
    /// A connection's.
    Connection(ConnectionId),
    /// An agent's.
    Agent(AgentId),
}

impl LayerId {
    /// Reads `managed`, `user`, `connection:con_…` or `agent:claude-code`.
    pub(crate) fn parse(text: &str) -> Result<Self, EdgeError> {
        let unknown = || {
            let shown: String = text.chars().take(64).collect();
            EdgeError::new(ErrorCode::InvalidArguments, format!("There is no layer of policy called “{shown}”."))
        };
        match text.split_once(':') {
            None if text == "managed" => Ok(Self::Managed),
            None if text == "user" => Ok(Self::User),
            Some(("connection", id)) => ConnectionId::parse(id).map(Self::Connection).map_err(|_| unknown()),
            Some(("agent", id)) => AgentId::parse(id).map(Self::Agent).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }

    /// Whose policy it is, at the start of a sentence.
    pub(crate) fn owner(&self, connections: &BTreeMap<ConnectionId, Connection>) -> String {
        match self {
            Self::Managed => "The administrator's policy".into(),
            Self::User => "Your policy".into(),
            Self::Connection(id) => {
                let name = connections.get(id).map(|connection| connection.name.as_str());
                format!("The policy of the connection “{}”", name.unwrap_or(id.as_str()))
            }
            Self::Agent(agent) => format!("The policy of the agent {agent}"),
        }
    }

    /// The sealed setting that holds it.
    pub(crate) fn setting(&self) -> String {
        format!("{PREFIX}{self}")
    }

    /// The layer that a sealed setting holds; `None` for other settings, an error's words for one that names no layer.
    pub(crate) fn of_setting(name: &str) -> Option<Result<Self, EdgeError>> {
        name.strip_prefix(PREFIX).map(Self::parse)
    }
}

const PREFIX: &str = "policy/";

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Managed => f.write_str("managed"),
            Self::User => f.write_str("user"),
            Self::Connection(id) => write!(f, "connection:{id}"),
            Self::Agent(id) => write!(f, "agent:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_survives_its_text_and_nothing_else_is_one() {
        for text in ["managed", "user", "connection:con_00112233445566778899", "agent:claude-code"] {
            let id = LayerId::parse(text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(LayerId::of_setting(&id.setting()).unwrap().unwrap(), id);
        }
        for text in [
            "",
            "User",
            "user ",
            "user:",
            "local",
            "connection:",
            "connection:con_",
            "connection:con_00112233445566778899/../user",
            "agent:../x",
            "agent:a\u{202e}b",
            "agent:a:b",
            "policy/user",
            "managed\0",
        ] {
            assert!(LayerId::parse(text).is_err(), "{text:?} was taken for a layer");
        }
        assert!(LayerId::of_setting("paused").is_none());
        assert!(LayerId::of_setting("policy/x").unwrap().is_err());
    }
}
