//! What currencies are called.

use crate::client::Client;
use crate::error::OdooError;
use crate::records::Search;
use crate::transport::Context;
use serde_json::{Value, json};
use std::sync::Arc;

/// The most currencies that are told; Odoo comes with 170.
const MOST: u32 = 1_000;

impl Client {
    /// Every currency as id and name (`USD`), by id, the archived ones too. Empty where the user may not read them. Asked
    /// once for each language, then remembered like [`Client::fields`].
    ///
    /// # Errors
    /// Everything that [`OdooError`] names but a refusal.
    pub async fn currencies(&self, lang: Option<&str>) -> Result<Arc<Vec<(i64, String)>>, OdooError> {
        self.schema().currencies.get_or_ask(lang.map(str::to_owned), || self.ask_for_currencies(lang)).await
    }

    async fn ask_for_currencies(&self, lang: Option<&str>) -> Result<Vec<(i64, String)>, OdooError> {
        let mut context: Context = super::schema::language(lang).unwrap_or_default();
        context.insert("active_test".to_owned(), json!(false));
        let search = Search { fields: &["display_name"], order: Some("id"), limit: MOST, ..Search::default() };
        let rows = match self.search_read("res.currency", &search, Some(&context)).await {
            Err(OdooError::AccessDenied { .. } | OdooError::UnknownSchema { .. }) => return Ok(Vec::new()),
            outcome => outcome?,
        };
        rows.iter()
            .map(|row| Some((row.get("id")?.as_i64()?, row.get("display_name").and_then(Value::as_str)?.to_owned())))
            .collect::<Option<_>>()
            .ok_or_else(|| OdooError::UnexpectedAnswer { what: "res.currency.search_read".to_owned() })
    }
}
