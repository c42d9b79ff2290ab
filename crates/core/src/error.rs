use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The one shape of an error at the two edges, window and socket. Consumers look at `code`, never at the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct EdgeError {
    /// What kind it is.
    pub code: ErrorCode,
    /// One sentence: what happened and what to do.
    pub message: String,
    /// More for the curious: a place in a text, Odoo's own words (labelled as such). Never a traceback.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub detail: Option<String>,
    /// Whether the same request may succeed later without any change.
    pub retry: bool,
    /// The rule that refuses it, as a denial names it: `user:/tools/odoo_write/deny_if/0`, `(hidden)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub rule: Option<String>,
    /// Seconds until the same request may succeed, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub retry_after: Option<u64>,
}

impl EdgeError {
    /// An error that a second try will not mend.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, retry: false, rule: None, retry_after: None }
    }

    /// The same with more to read.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same, refused by a rule.
    #[must_use]
    pub fn with_rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// The same, marked as worth another try after so many seconds.
    #[must_use]
    pub fn retryable_after(mut self, seconds: u64) -> Self {
        self.retry = true;
        self.retry_after = Some(seconds);
        self
    }

    /// The same, marked as worth another try.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retry = true;
        self
    }
}

/// Every kind of error that leaves the app. Closed: a new one is added here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Arguments that do not fit the tool: unknown, missing, of the wrong type, a domain or value that does not parse.
    InvalidArguments,
    /// No tool of that name, or hidden by policy.
    UnknownTool,
    /// No connection of that name is granted to this agent.
    UnknownConnection,
    /// The call must name its connection.
    ConnectionRequired,
    /// A connection of that name exists already.
    NameTaken,
    /// The connection is signed out, in the trash, or has no secret.
    ConnectionUnavailable,
    /// The person has not admitted this agent.
    NotAdmitted,
    /// This agent, or all of them, are paused.
    Paused,
    /// A policy rule or the guard refuses it.
    Denied,
    /// A person refused it.
    DeniedByPerson,
    /// A limit is spent.
    RateLimited,
    /// What the person saw has changed since; nothing ran.
    Drifted,
    /// The ticket expired, was withdrawn or voided; nothing ran.
    TicketGone,
    /// Approve was pressed before it armed.
    NotArmed,
    /// The PIN is missing or wrong, or was wrong too often.
    PinRefused,
    /// The vault is locked; the person has to unlock it.
    VaultLocked,
    /// The vault cannot be reached.
    VaultUnavailable,
    /// The address is not one that Gatehouse connects to.
    InvalidAddress,
    /// Name not found, refused, unreachable, or no answer in time.
    Unreachable,
    /// The certificate was not trusted.
    CertificateRefused,
    /// Something answers there, but not Odoo.
    NotOdoo,
    /// The server has no such database, or does not say.
    UnknownDatabase,
    /// Odoo refused login or key.
    CredentialRefused,
    /// Odoo's plan does not include its API.
    ApiNotIncluded,
    /// The Odoo user may not do this.
    AccessDenied,
    /// A record does not exist (any more).
    RecordMissing,
    /// Odoo's own rules refuse it; the message is Odoo's.
    OdooRefused,
    /// A model, field or method that this Odoo does not have.
    UnknownSchema,
    /// Odoo failed inside.
    OdooFailed,
    /// Odoo asks to slow down.
    OdooBusy,
    /// A write was sent and its answer never came: it may or may not have happened.
    OutcomeUnknown,
    /// The app is not running and could not be started.
    AppUnavailable,
    /// The app and the bridge are of different versions.
    VersionMismatch,
    /// Too much at once, or too large.
    TooMuch,
    /// The call was cancelled by the client before anything ran.
    Cancelled,
    /// The profile's files cannot be read or written.
    Storage,
    /// A fault of ours.
    Internal,
}
