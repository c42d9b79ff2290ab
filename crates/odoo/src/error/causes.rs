//! Why something failed on the way to Odoo or back.

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
