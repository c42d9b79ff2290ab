use crate::{ConnectionId, Environment, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A saved way into one Odoo database. Holds no secret: that lives in the vault, together with the origin, database and
/// login it may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Connection {
    /// Its identity.
    pub id: ConnectionId,
    /// What people and agents call it; unique among live connections, compared without case.
    pub name: String,
    /// Scheme, host and port, without path: `https://acme.odoo.com`.
    pub origin: String,
    /// The database's name.
    pub database: String,
    /// The login in Odoo.
    pub login: String,
    /// Production, staging or development.
    pub environment: Environment,
    /// No write leaves through it, whatever a policy says.
    pub read_only: bool,
    /// Which of Odoo's protocols to use.
    pub protocol: Protocol,
    /// How its certificate is checked.
    pub tls: Tls,
    /// A language code of Odoo (`fr_FR`), or the user's own.
    pub language: Option<String>,
    /// The person's note.
    pub note: String,
    /// Free labels.
    pub tags: Vec<String>,
    /// Listed first.
    pub favourite: bool,
    /// Made by "Try the demo": its server runs inside the app.
    pub demo: bool,
    /// What was last known of it.
    pub status: ConnectionStatus,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it went to the trash, if it did.
    pub deleted_at: Option<Timestamp>,
}

impl Connection {
    /// The host and port of the origin, for labels and policies.
    pub fn host(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, rest)| rest)
    }

    /// Whether agents may use it at all just now.
    pub fn is_usable(&self) -> bool {
        self.deleted_at.is_none() && !matches!(self.status, ConnectionStatus::SignedOut)
    }
}

/// Which of Odoo's protocols a connection uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Chosen by version and credential.
    Auto,
    /// `/json/2`, from Odoo 19, with an API key.
    Json2,
    /// `/jsonrpc`, every version from 14 to 21, with a password or an API key.
    JsonRpc,
}

/// How a server's certificate is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Tls {
    /// The operating system's roots.
    System,
    /// The system's roots and this authority.
    CustomCa {
        /// One or more certificates in PEM form.
        pem: String,
    },
}

/// What was last known of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ConnectionStatus {
    /// Nobody tried yet.
    NeverChecked,
    /// Signed in.
    Ok {
        /// When.
        checked_at: Timestamp,
        /// The server's version as it says it: `19.0`, `saas~18.3`.
        version: String,
        /// The user's name in Odoo.
        user: String,
        /// The user's main company.
        company: String,
    },
    /// The last try failed.
    Failed {
        /// When.
        checked_at: Timestamp,
        /// What went wrong, for the person.
        message: String,
        /// What to do about it.
        fix: String,
    },
    /// Odoo refused the credential.
    CredentialRefused {
        /// When.
        checked_at: Timestamp,
    },
    /// The vault has no secret for it; the person has to enter one.
    NoSecret,
    /// Disconnected; no agent can use it until the person reconnects it.
    SignedOut,
}
