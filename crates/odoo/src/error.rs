use crate::address::AddressError;
use crate::answer::Flaw;
use crate::tls::CertificateProblem;
use gatehouse_core::{EdgeError, ErrorCode};
use std::fmt;
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

/// Why a host cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// The name has no address.
    #[error("the name was not found")]
    NameNotFound,
    /// Nothing listens on that port.
    #[error("it refused the line; nothing listens on that port")]
    Refused,
    /// No answer in time.
    #[error("it did not answer in time")]
    TimedOut,
    /// No way there.
    #[error("there is no network path to it")]
    NoRoute,
    /// The line was closed while TLS was being set up.
    #[error("it does not speak TLS on that port, or dropped the line while setting it up")]
    TlsFailed,
    /// A proxy on the way refused.
    #[error("the proxy on the way refused")]
    Proxy,
    /// Something else on the way.
    #[error("the line could not be set up")]
    Other,
}

/// What happened to the answer of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// No answer in time.
    #[error("no answer came in time")]
    TimedOut,
    /// The line dropped.
    #[error("the line dropped before the answer was complete")]
    Interrupted,
    /// A proxy answered in Odoo's place.
    #[error("a proxy on the way answered in Odoo's place (HTTP {0})")]
    Gateway(u16),
    /// The answer is not JSON, or only a part of it.
    #[error("the answer could not be read")]
    Unreadable,
    /// The answer is larger than Gatehouse reads.
    #[error("the answer was too large to read")]
    TooLarge,
}

/// Why a protocol cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolMismatch {
    /// Older than what Gatehouse speaks.
    #[error("The server runs Odoo {0}; Gatehouse needs 14.0 or later.")]
    TooOld(String),
    /// JSON-2 with a password.
    #[error("JSON-2 takes an API key, not a password. Make a key in Odoo, or choose JSON-RPC for this connection.")]
    PasswordOnJson2,
    /// JSON-2 before 19.
    #[error("The server runs Odoo {0}, and JSON-2 begins with 19.0. Choose JSON-RPC or Automatic for this connection.")]
    NoJson2(String),
    /// JSON-RPC after its end.
    #[error("The server runs Odoo {0}, which has no JSON-RPC any more. Use an API key, with JSON-2 or Automatic.")]
    NoJsonRpc(String),
}

/// Odoo's own words: no traceback, no control characters, at most [`Words::LIMIT`] characters. Not to be trusted as
/// instructions: whoever can write into Odoo can write into them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Words(String);

impl Words {
    /// How many characters are kept.
    pub const LIMIT: usize = 2_000;

    /// Takes what Odoo said, with `secret` blotted out wherever it stands.
    pub(crate) fn new(text: &str, secret: &str) -> Self {
        let text = text.split("Traceback (most recent call last)").next().unwrap_or_default();
        let text = if secret.is_empty() { text.to_owned() } else { text.replace(secret, "•••") };
        let shows = |c: &char| *c == '\n' || !(c.is_control() || is_unseen(*c));
        let kept = text.chars().filter(shows).take(Self::LIMIT).collect::<String>();
        Self(kept.trim().to_owned())
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Odoo said nothing that can be passed on.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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

/// Characters that turn or hide what stands beside them.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
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
mod tests {
    use super::*;

    #[test]
    fn odoo_s_words_are_labelled_and_carry_no_traceback_and_no_secret() {
        let words =
            Words::new("You cannot\u{7} sell key-123.\nTraceback (most recent call last):\n  File \"/usr\"", "key-123");
        let edge = OdooError::Refused { words }.edge();
        assert_eq!(edge.code, ErrorCode::OdooRefused);
        assert_eq!(edge.detail.as_deref(), Some("Odoo says: You cannot sell •••."));
        assert!(!edge.retry);
    }

    #[test]
    fn words_hide_and_turn_nothing() {
        let words = Words::new("pay \u{202e}001\u{202c} now\u{e0041}\u{200b}\u{feff}", "");
        assert_eq!(words.as_str(), "pay 001 now");
    }

    #[test]
    fn every_error_names_a_next_step() {
        let host = || "erp.example.com".to_owned();
        let words = || Words::new("No.", "");
        let all = [
            OdooError::Address(AddressError::Empty),
            OdooError::Unreachable { host: host(), cause: Unreachable::Refused },
            OdooError::Certificate { host: host(), problem: CertificateProblem::Expired },
            OdooError::BadAuthority("it is empty.".into()),
            OdooError::Redirected { host: host(), to: "https://other".into() },
            OdooError::NotOdoo { host: host(), what: "it answers with a web page".into() },
            OdooError::NoApi { host: host(), api: "JSON-2" },
            OdooError::UnknownDatabase { database: "prod".into() },
            OdooError::CredentialRefused { credential: "API key" },
            OdooError::ApiNotIncluded,
            OdooError::Protocol(ProtocolMismatch::PasswordOnJson2),
            OdooError::AccessDenied { words: words() },
            OdooError::RecordMissing { words: words() },
            OdooError::Refused { words: words() },
            OdooError::UnknownSchema { words: words() },
            OdooError::BadArguments { words: words() },
            OdooError::Failed { class: "a.B".into(), words: words() },
            OdooError::Busy { retry_after: None },
            OdooError::TimedOut { host: host(), within: Duration::from_secs(30) },
            OdooError::Interrupted { host: host() },
            OdooError::TooLarge { limit: 1024 },
            OdooError::Unreadable { host: host(), flaw: Flaw::Number },
            OdooError::Unreadable { host: host(), flaw: Flaw::NotUtf8 },
            OdooError::UnexpectedAnswer { what: "a.b".into() },
            OdooError::OutcomeUnknown { cause: Lost::TooLarge },
            OdooError::InvalidRequest("it is empty"),
            OdooError::Setup("no roots.".into()),
        ];
        for error in all {
            let (sentence, edge) = (error.to_string(), error.edge());
            // The step stands in the sentence already, or follows it.
            assert_eq!(error.next_step().is_none(), edge.message == sentence, "{edge:?}");
            let steps = [
                "check", "ask", "try", "read", "search", "change", "enter", "use", "name", "look", "has to", "choose",
                "leave", "tell",
            ];
            let lower = edge.message.to_lowercase();
            assert!(steps.iter().any(|step| lower.contains(step)), "{}", edge.message);
            assert!(edge.message.ends_with('.') && !edge.message.contains(".."), "{}", edge.message);
            assert!(!error.fix().is_empty());
        }
    }

    #[test]
    fn endless_words_are_cut() {
        assert_eq!(Words::new(&"ä".repeat(10_000), "").as_str().chars().count(), Words::LIMIT);
    }

    #[test]
    fn only_what_passes_by_itself_is_worth_a_second_try() {
        assert!(OdooError::Busy { retry_after: None }.edge().retry);
        assert!(!OdooError::OutcomeUnknown { cause: Lost::TimedOut }.edge().retry);
        assert!(!OdooError::CredentialRefused { credential: "API key" }.edge().retry);
        let busy = OdooError::Busy { retry_after: Some(Duration::from_secs(7)) };
        assert_eq!(busy.to_string(), "Odoo is busy. Try again in 7 s.");
    }
}
