//! What the administrator pins of connections: their environment and the hosts they may reach.

use crate::state::Broker;
use gatehouse_core::{Connection, Denial, EdgeError, Environment, ErrorCode, Retry};

/// The rule's id in denials and journal.
pub(crate) const MANAGED: &str = "(managed)";

impl Broker {
    /// A connection as it counts: with the environment that the administrator pinned, where there is one. What is
    /// stored stays as it is.
    pub(crate) fn as_it_counts(&self, mut connection: Connection) -> Connection {
        if let Some(pinned) = self.pinned_environment(connection.host()) {
            connection.environment = pinned;
        }
        connection
    }

    /// The environment of every connection to this host, where the administrator pinned one.
    pub(crate) fn pinned_environment(&self, host: &str) -> Option<Environment> {
        self.in_force().managed.pins.environment(host)
    }

    /// Whether connections to this host may be at all.
    pub(crate) fn allows_host(&self, host: &str) -> bool {
        self.in_force().managed.pins.allows(host)
    }

    /// Refuses a host that the administrator does not allow, before anything is sent there.
    pub(crate) fn must_be_allowed(&self, host: &str) -> Result<(), EdgeError> {
        if self.allows_host(host) {
            return Ok(());
        }
        Err(EdgeError::new(
            ErrorCode::Denied,
            format!("The administrator does not allow connections to {host}. Ask them, or use an address they allow."),
        )
        .with_detail(format!("rule {MANAGED}"))
        .with_rule(MANAGED))
    }

    /// Refuses what the form says against the administrator's pins.
    pub(crate) fn must_fit_pins(&self, host: &str, environment: Environment) -> Result<(), EdgeError> {
        self.must_be_allowed(host)?;
        match self.pinned_environment(host) {
            Some(pinned) if pinned != environment => Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                format!(
                    "The administrator says that connections to {host} are {}. Choose that environment.",
                    pinned.as_str()
                ),
            )
            .with_rule(MANAGED)),
            _ => Ok(()),
        }
    }

    /// What an agent is told of a connection to a host that the administrator does not allow (any more).
    pub(crate) fn refused_host(connection: &Connection) -> Denial {
        Denial {
            rule: MANAGED.into(),
            message: format!(
                "The administrator does not allow connections to the host of “{}”. Do not try again; tell the user.",
                connection.name
            ),
            retry: Retry::Never,
        }
    }
}
