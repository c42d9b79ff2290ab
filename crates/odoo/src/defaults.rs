//! What Odoo fills by itself in a new record.

use crate::client::Client;
use crate::error::OdooError;
use crate::transport::{Context, Method};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A field of a model that Odoo fills in these companies, as the context names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Filled {
    model: String,
    field: String,
    companies: String,
}

impl Client {
    /// Which of these fields Odoo fills by itself in a new record. One that it fills is remembered for ten minutes, or until
    /// Odoo refuses to create a record of the model; one that it leaves empty is asked about each time. No request where
    /// all are remembered.
    ///
    /// # Errors
    /// Those of [`Client::call`]. Some models tell their defaults to nobody.
    pub async fn filled<'a>(
        &self,
        model: &str,
        fields: &BTreeSet<&'a str>,
        context: Option<&Context>,
    ) -> Result<BTreeSet<&'a str>, OdooError> {
        let companies = context.and_then(|context| context.get("allowed_company_ids"));
        let companies = companies.map(Value::to_string).unwrap_or_default();
        let key =
            |field: &str| Filled { model: model.to_owned(), field: field.to_owned(), companies: companies.clone() };
        let filled = &self.schema().filled;
        let (mut known, open): (BTreeSet<&str>, BTreeSet<&str>) =
            fields.iter().copied().partition(|field| filled.known(&key(field)).is_some());
        if open.is_empty() {
            return Ok(known);
        }
        // The argument was called `fields_list` up to 18, which only ever goes by place.
        let method = Method::read(model, "default_get").arg("fields", json!(open)).within(context);
        let defaults = self.call(&method).await?;
        for field in open {
            if !matches!(defaults.get(field), None | Some(Value::Null | Value::Bool(false))) {
                filled.keep(key(field), ());
                known.insert(field);
            }
        }
        Ok(known)
    }

    /// Drops what is remembered of the defaults of a model.
    pub(crate) fn forget_filled(&self, model: &str) {
        self.schema().filled.drop_where(|filled| filled.model == model);
    }
}
