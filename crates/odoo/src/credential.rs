use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// What Odoo is shown to prove who calls. Never printed, never serialised.
#[derive(Clone)]
pub enum Credential {
    /// An API key; blanks that came along with the paste are left out.
    ApiKey(SecretString),
    /// The user's password, taken as it is.
    Password(SecretString),
}

impl Credential {
    /// `API key` or `password`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ApiKey(_) => "API key",
            Self::Password(_) => "password",
        }
    }

    /// Whether JSON-2 takes it.
    pub const fn is_api_key(&self) -> bool {
        matches!(self, Self::ApiKey(_))
    }

    /// The secret, for the one place that sends it.
    pub(crate) fn expose(&self) -> &str {
        match self {
            Self::ApiKey(key) => key.expose_secret().trim(),
            Self::Password(password) => password.expose_secret(),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}
