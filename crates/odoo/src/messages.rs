//! What of a message does not hang on the record that it is about: what it is for Odoo, and who writes it.

use crate::client::Client;
use crate::error::OdooError;
use crate::records::Search;
use serde_json::{Value, json};

/// What is remembered by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// A kind of message.
    Subtype { is_internal: bool },
    /// The contact of a user.
    PartnerOf(i64),
}

impl Client {
    /// The kind of message that is for the company's own people, or the one that is for everybody who follows: Odoo's own
    /// two are the first that hold for every model. `None` where there is none or the user may not see it. Remembered for
    /// ten minutes.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub async fn message_subtype(&self, is_internal: bool) -> Result<Option<i64>, OdooError> {
        let ask = || async {
            let search = Search {
                domain: json!([["res_model", "=", false], ["internal", "=", is_internal]]),
                fields: &["internal"],
                order: Some("id"),
                limit: 1,
                ..Search::default()
            };
            match self.search_read("mail.message.subtype", &search, None).await {
                Ok(rows) => Ok(rows.first().and_then(|row| row.get("id")?.as_i64())),
                Err(OdooError::AccessDenied { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.schema().parties.get_or_ask(Party::Subtype { is_internal }, ask).await.map(|id| *id)
    }

    /// The contact that a user writes as; `None` where there is no such user. Remembered for ten minutes.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub async fn partner_of(&self, user: i64) -> Result<Option<i64>, OdooError> {
        let ask = || async {
            let rows = self.read("res.users", &[user], &["partner_id"], None).await?;
            Ok(rows.first().and_then(|row| row.get("partner_id")?.get(0).and_then(Value::as_i64)))
        };
        self.schema().parties.get_or_ask(Party::PartnerOf(user), ask).await.map(|id| *id)
    }
}
