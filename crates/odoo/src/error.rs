mod causes;
mod words;

pub use causes::{Lost, ProtocolMismatch, Unreachable};
pub use words::Words;

use crate::address::AddressError;
use crate::answer::Flaw;
use crate::tls::CertificateProblem;
use gatehouse_core::{EdgeError, ErrorCode};
use std::time::Duration;

/// Why Odoo did not do what was asked. Holds no login, no key, no traceback and no web page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OdooError {
    /// The address is not one that Gatehouse connects to.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No request was sent: the host was not found, refused the line or did not answer.
    #[error("{host} cannot be reached: {cause}.")]
    Unreachable {
        /// Host and port.
        host: String,
        /// Why.
        cause: Unreachable,
    },
    /// No request was sent: the certificate is not trusted.
    #[error("The certificate of {host} is not trusted: {problem}")]
    Certificate {
        /// Host and port.
        host: String,
        /// Why.
        problem: CertificateProblem,
    },
    /// The authorities given for this connection cannot be used.
    #[error("The certificate authority given for this connection cannot be read: {0}")]
    BadAuthority(String),
    /// The server sent us elsewhere, and a credential never follows.
    #[error(
        "{host} sends us on to {to}. Gatehouse never follows with a key. If that is the right server, use its address for \
         this connection."
    )]
    Redirected {
        /// Host and port that were asked.
        host: String,
        /// The origin it named, or `another page of its own`.
        to: String,
    },
    /// Something answers there, but not Odoo's API.
    #[error("{host} does not answer as an Odoo server: {what}.")]
    NotOdoo {
        /// Host and port.
        host: String,
        /// What came instead, in a few words.
        what: String,
    },
    /// The server has no such API at that address (any more): HTTP 404 with a web page.
    #[error("{host} has no {api} API: it answered \"not found\" with a web page.")]
    NoApi {
        /// Host and port.
        host: String,
        /// `JSON-2` or `JSON-RPC`.
        api: &'static str,
    },
    /// The server has no such database, or does not serve it under this host name.
    #[error("The server has no database \"{database}\" under this address. Check the name; it is case-sensitive.")]
    UnknownDatabase {
        /// The database asked for.
        database: String,
    },
    /// Odoo refused login, password or key.
    #[error(
        "Odoo refused the sign-in: the login is wrong, or the {credential} is wrong, expired or revoked. The person has to \
         enter a new one in Gatehouse."
    )]
    CredentialRefused {
        /// `API key` or `password`.
        credential: &'static str,
    },
    /// The plan of this Odoo Online database does not include the external API.
    #[error(
        "This Odoo Online database's plan does not include the external API; Odoo offers it with the Custom plan only."
    )]
    ApiNotIncluded,
    /// The version or credential and the protocol do not fit.
    #[error("{0}")]
    Protocol(ProtocolMismatch),
    /// The Odoo user may not do this.
    #[error("The Odoo user may not do this.")]
    AccessDenied {
        /// What Odoo says.
        words: Words,
    },
    /// A record does not exist (any more).
    #[error("A record does not exist any more, or this user cannot see it.")]
    RecordMissing {
        /// What Odoo says.
        words: Words,
    },
    /// Odoo's own rules refuse it.
    #[error("Odoo refused it.")]
    Refused {
        /// What Odoo says.
        words: Words,
    },
    /// A model, method, field or value that this Odoo does not know.
    #[error("This Odoo does not know a model, method, field or value that was named.")]
    UnknownSchema {
        /// What Odoo says.
        words: Words,
    },
    /// The method exists and does not take these arguments.
    #[error("The method does not take these arguments.")]
    BadArguments {
        /// What Odoo says.
        words: Words,
    },
    /// Odoo failed inside; nothing was changed.
    #[error("Odoo failed inside ({class}). Its log tells more.")]
    Failed {
        /// The exception's class, or `HTTP 500`.
        class: String,
        /// What Odoo says; empty when it is only for its developers.
        words: Words,
    },
    /// Odoo asks to slow down, or others hold the records; nothing was changed.
    #[error("Odoo is busy. Try again{}.", after(*.retry_after))]
    Busy {
        /// When Odoo says to come back.
        retry_after: Option<Duration>,
    },
    /// A read got no answer in time.
    #[error("{host} did not answer within {} s.", .within.as_secs())]
    TimedOut {
        /// Host and port.
        host: String,
        /// The deadline.
        within: Duration,
    },
    /// The line dropped in the middle of a read.
    #[error("The line to {host} dropped before the answer was complete.")]
    Interrupted {
        /// Host and port.
        host: String,
    },
    /// The answer, or what it stands for, is larger than Gatehouse takes.
    #[error(
        "The answer takes more than {}, the most that Gatehouse reads at once. Name fewer fields, or set a lower limit \
         and read page by page.", size(*.limit)
    )]
    TooLarge {
        /// The limit in bytes: of the answer's text, or of the values that it stands for.
        limit: u64,
    },
    /// The answer is nearly JSON. Nothing of it is used.
    #[error("The answer of {host} cannot be read: {flaw}.")]
    Unreadable {
        /// Host and port.
        host: String,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The answer is not what the method gives in any version that is known.
    #[error("Odoo's answer to {what} has a shape that Gatehouse does not know.")]
    UnexpectedAnswer {
        /// What was asked.
        what: String,
    },
    /// A write was sent and its answer never came whole: it may or may not have happened. Never sent again.
    #[error(
        "The change was sent to Odoo and {cause}: it may or may not have happened. Gatehouse did not send it again. Read \
         the records before doing anything else."
    )]
    OutcomeUnknown {
        /// What happened to the answer.
        cause: Lost,
    },
    /// What was asked cannot be put into a request.
    #[error("The request cannot be made: {0}.")]
    InvalidRequest(&'static str),
    /// The HTTP client could not be set up.
    #[error("The HTTP client could not be set up: {0}")]
    Setup(String),
}

impl OdooError {
    /// The error as windows and agents see it: what happened, and the next step. Odoo's own words stand in `detail`,
    /// labelled.
    pub fn edge(&self) -> EdgeError {
        let mut edge = self.bare_edge();
        if let Some(step) = self.next_step() {
            edge.message = format!("{} {step}", edge.message);
        }
        edge
    }

    /// The same without the next step, for a reader who is shown [`Self::fix`] beside it.
    pub(crate) fn bare_edge(&self) -> EdgeError {
        let code = match self {
            Self::Address(_) => ErrorCode::InvalidAddress,
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Interrupted { .. } => ErrorCode::Unreachable,
            Self::Certificate { .. } | Self::BadAuthority(_) => ErrorCode::CertificateRefused,
            Self::Redirected { .. } | Self::NotOdoo { .. } | Self::NoApi { .. } | Self::Protocol(_) => {
                ErrorCode::NotOdoo
            }
            Self::UnknownDatabase { .. } => ErrorCode::UnknownDatabase,
            Self::CredentialRefused { .. } => ErrorCode::CredentialRefused,
            Self::ApiNotIncluded => ErrorCode::ApiNotIncluded,
            Self::AccessDenied { .. } => ErrorCode::AccessDenied,
            Self::RecordMissing { .. } => ErrorCode::RecordMissing,
            Self::Refused { .. } => ErrorCode::OdooRefused,
            Self::UnknownSchema { .. } => ErrorCode::UnknownSchema,
            Self::BadArguments { .. } | Self::InvalidRequest(_) => ErrorCode::InvalidArguments,
            Self::Failed { .. } | Self::UnexpectedAnswer { .. } | Self::Unreadable { .. } => ErrorCode::OdooFailed,
            Self::Busy { .. } => ErrorCode::OdooBusy,
            Self::TooLarge { .. } => ErrorCode::TooMuch,
            Self::OutcomeUnknown { .. } => ErrorCode::OutcomeUnknown,
            Self::Setup(_) => ErrorCode::Internal,
        };
        let mut edge = EdgeError::new(code, self.to_string());
        if let Some(words) = self.words().filter(|words| !words.is_empty()) {
            edge = edge.with_detail(format!("Odoo says: {words}"));
        }
        edge.retry = self.is_passing();
        if let Self::Busy { retry_after: Some(wait) } = self {
            edge.retry_after = Some(wait.as_secs().max(1));
        }
        edge
    }

    /// Whether a write was sent and nobody knows what became of it.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown { .. })
    }

    /// Whether the same request may succeed later without any change.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::TimedOut { .. } | Self::Interrupted { .. } => true,
            Self::Unreachable { cause, .. } => !matches!(cause, Unreachable::NameNotFound | Unreachable::TlsFailed),
            _ => false,
        }
    }

    /// Odoo's own words, where there are any.
    pub fn words(&self) -> Option<&Words> {
        match self {
            Self::AccessDenied { words }
            | Self::RecordMissing { words }
            | Self::Refused { words }
            | Self::UnknownSchema { words }
            | Self::BadArguments { words }
            | Self::Failed { words, .. } => Some(words),
            _ => None,
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / (1024 * 1024)),
    }
}

fn after(wait: Option<Duration>) -> String {
    wait.map_or_else(|| " in a moment".to_owned(), |wait| format!(" in {} s", wait.as_secs().max(1)))
}

#[cfg(test)]
mod tests;
