use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// What signs a connection in, together with the only place it may be sent to. Kept as one item, so that no edit of
/// the database on disk can send a secret elsewhere.
pub struct ConnectionSecret {
    /// Scheme, host and port: `https://acme.odoo.com`.
    pub origin: String,
    /// The database's name.
    pub database: String,
    /// The login in Odoo.
    pub login: String,
    /// The secret itself.
    pub credential: Credential,
}

impl fmt::Debug for ConnectionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionSecret")
            .field("origin", &self.origin)
            .field("database", &self.database)
            .field("login", &self.login)
            .field("credential", &self.credential)
            .finish()
    }
}

/// A secret that Odoo accepts from a user.
pub enum Credential {
    /// Made in the user's preferences; works for both protocols.
    ApiKey(SecretString),
    /// The user's own password; works for JSON-RPC only.
    Password(SecretString),
}

impl Credential {
    /// The secret, for the one moment it is sent.
    pub fn expose(&self) -> &str {
        match self {
            Self::ApiKey(secret) | Self::Password(secret) => secret.expose_secret(),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiKey(_) => "ApiKey(…)",
            Self::Password(_) => "Password(…)",
        })
    }
}

/// The item's text. Private: the only things that are ever written in this form are a vault's items.
#[derive(Serialize, Deserialize)]
struct ItemText<Text> {
    version: u32,
    origin: Text,
    database: Text,
    login: Text,
    kind: Kind,
    secret: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    ApiKey,
    Password,
}

impl ConnectionSecret {
    /// The item's bytes, in a buffer that is wiped when dropped.
    pub(crate) fn to_item(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        let secret = self.credential.expose();
        let text = ItemText {
            version: 1,
            origin: self.origin.as_str(),
            database: &self.database,
            login: &self.login,
            kind: match self.credential {
                Credential::ApiKey(_) => Kind::ApiKey,
                Credential::Password(_) => Kind::Password,
            },
            secret,
        };
        // Large enough that the buffer never moves and leaves a copy behind: JSON's longest escape is six bytes.
        let longest = 6 * (self.origin.len() + self.database.len() + self.login.len() + secret.len()) + 128;
        let mut bytes = Zeroizing::new(Vec::with_capacity(longest));
        serde_json::to_writer(&mut *bytes, &text)?;
        Ok(bytes)
    }

    /// Reads an item's bytes; the error says what is wrong without quoting them.
    pub(crate) fn from_item(bytes: &[u8]) -> Result<Self, String> {
        let text: ItemText<String> = serde_json::from_slice(bytes)
            .map_err(|error| format!("unreadable at line {}, column {}", error.line(), error.column()))?;
        let secret = SecretString::from(text.secret);
        if text.version != 1 {
            return Err(format!("written by a newer Gatehouse, in form {}", text.version));
        }
        Ok(Self {
            origin: text.origin,
            database: text.database,
            login: text.login,
            credential: match text.kind {
                Kind::ApiKey => Credential::ApiKey(secret),
                Kind::Password => Credential::Password(secret),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> ConnectionSecret {
        ConnectionSecret {
            origin: "https://acme.example".into(),
            database: "acme".into(),
            login: "mitchell".into(),
            credential: Credential::ApiKey(text.to_owned().into()),
        }
    }

    #[test]
    fn no_debug_shows_a_secret() {
        let shown = format!("{:?}", secret("s3cr3t-k3y"));
        assert!(!shown.contains("s3cr3t"), "{shown}");
        assert!(shown.contains("ApiKey") && shown.contains("acme.example"), "{shown}");
    }

    #[test]
    fn an_item_survives_its_text_whatever_the_secret_is_made_of() {
        for text in ["plain", "quote\" back\\slash\nline\u{0}", "ключ🔑", ""] {
            let bytes = secret(text).to_item().unwrap();
            assert!(bytes.len() < bytes.capacity(), "the buffer may have moved");
            let read = ConnectionSecret::from_item(&bytes).unwrap();
            assert_eq!(read.credential.expose(), text);
            assert!(matches!(read.credential, Credential::ApiKey(_)));
            assert_eq!((read.origin.as_str(), read.login.as_str()), ("https://acme.example", "mitchell"));
        }
    }

    #[test]
    fn a_damaged_item_is_told_without_quoting_it() {
        let mut bytes = secret("s3cr3t-k3y").to_item().unwrap().to_vec();
        bytes.truncate(bytes.len() - 3);
        let why = ConnectionSecret::from_item(&bytes).unwrap_err();
        assert!(why.contains("line 1") && !why.contains("s3cr3t"), "{why}");
        assert!(ConnectionSecret::from_item(b"\xff\xfe").is_err());
    }
}
