use crate::client::Client;
use crate::error::{OdooError, Words};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

const DATABASE: HeaderName = HeaderName::from_static("x-odoo-database");
/// The longest path that is asked for, in bytes.
const LONGEST: usize = 2048;

impl Client {
    /// A page of the server's own site, fetched without any credential and within the limits of every read: what the public
    /// sees at `path`, which begins with `/` and may hold a query. Such a query may itself be a secret: it stands in no
    /// error and no log line.
    ///
    /// # Errors
    /// See [`OdooError`]. An answer other than 200 is [`OdooError::Failed`], one that leads elsewhere
    /// [`OdooError::Redirected`].
    pub async fn page(&self, path: &str) -> Result<Vec<u8>, OdooError> {
        if !is_path(path) {
            return Err(OdooError::InvalidRequest("it is no page of this server"));
        }
        let mut headers = HeaderMap::new();
        // Tells a server of several databases which one is meant; without a session nothing else does.
        if let Ok(database) = HeaderValue::from_bytes(self.database().as_bytes()) {
            headers.insert(DATABASE, database);
        }
        let answer = self.http().page(path, headers).await?;
        if answer.status.as_u16() != 200 {
            return Err(OdooError::Failed {
                class: format!("HTTP {}", answer.status.as_u16()),
                words: Words::default(),
            });
        }
        Ok(answer.body)
    }
}

/// Whether it stays on the server, whoever reads it.
fn is_path(text: &str) -> bool {
    text.len() <= LONGEST
        && text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains("..")
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_on_its_server() {
        for path in ["/my/orders/1?access_token=1e23fc12-e84d&report_type=pdf", "/my/invoices/7"] {
            assert!(is_path(path), "{path}");
        }
        for path in [
            "",
            "my",
            "#?access_token=1",
            "//evil.example/x",
            "/\\evil.example",
            "https://evil.example",
            "/../web",
            "/a b",
            "/a\r\nHost: x",
        ] {
            assert!(!is_path(path), "{path:?}");
        }
        assert!(!is_path(&format!("/{}", "a".repeat(LONGEST))));
    }
}
