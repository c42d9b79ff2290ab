use crate::client::{Client, unexpected};
use crate::domain::FieldSource;
use crate::error::OdooError;
use crate::fields::{ATTRIBUTES, Fields};
use crate::records::{Record, Search};
use crate::transport::{Context, Method};
use crate::values::NameSource;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A model that the user can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its technical name.
    pub name: String,
    /// Its label in the user's language.
    pub label: String,
}

/// A model's name and a language.
type Named = (String, Option<String>);

/// What is remembered of a database's models and fields, by language.
#[derive(Default)]
pub(crate) struct Schema {
    fields: Mutex<HashMap<Named, Arc<Fields>>>,
    models: Mutex<HashMap<Option<String>, Arc<Vec<Model>>>>,
}

impl Schema {
    /// Drops everything.
    pub(crate) fn clear(&self) {
        self.fields.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.models.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Client {
    /// The fields of a model in a language (`fr_FR`; the user's own when unset). Asked once, then remembered until a call on
    /// that model fails for its schema.
    pub async fn fields(&self, model: &str, lang: Option<&str>) -> Result<Arc<Fields>, OdooError> {
        let key = (model.to_owned(), lang.map(str::to_owned));
        if let Some(fields) = self.schema().fields.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(fields));
        }
        let context = language(lang);
        let method = Method::read(model, "fields_get")
            .arg("allfields", json!([]))
            .arg("attributes", json!(ATTRIBUTES))
            .within(context.as_ref());
        let answer = self.call(&method).await?;
        let fields = Arc::new(Fields::parse(model, answer).ok_or_else(|| unexpected(&method))?);
        self.schema().fields.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&fields));
        Ok(fields)
    }

    /// Drops what is remembered of a model's fields, and of the list of models.
    pub fn forget(&self, model: &str) {
        self.schema().fields.lock().unwrap_or_else(PoisonError::into_inner).retain(|(name, _), _| name != model);
        self.schema().models.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The models that the user can reach whose name or label holds `pattern` (without case), by name. Asked once for each
    /// language, then remembered.
    ///
    /// # Errors
    /// Before 16 only users who may read `ir.model` can ask; others get [`OdooError::AccessDenied`].
    pub async fn models(&self, pattern: Option<&str>, lang: Option<&str>) -> Result<Vec<Model>, OdooError> {
        let models = self.all_models(lang).await?;
        let pattern = pattern.unwrap_or_default().trim().to_lowercase();
        let fits = |model: &&Model| model.name.contains(&pattern) || model.label.to_lowercase().contains(&pattern);
        Ok(models.iter().filter(fits).cloned().collect())
    }

    /// The languages installed, as code and name.
    pub async fn languages(&self) -> Result<Vec<(String, String)>, OdooError> {
        let search = Search { fields: &["code", "name"], limit: 200, ..Search::default() };
        let rows = self.search_read("res.lang", &search, None).await?;
        let text = |row: &Record, field: &str| row.get(field).and_then(Value::as_str).map(str::to_owned);
        let language = |row| Some((text(row, "code")?, text(row, "name")?));
        rows.iter()
            .map(language)
            .collect::<Option<_>>()
            .ok_or_else(|| OdooError::UnexpectedAnswer { what: "res.lang.search_read".to_owned() })
    }

    async fn all_models(&self, lang: Option<&str>) -> Result<Arc<Vec<Model>>, OdooError> {
        let key = lang.map(str::to_owned);
        if let Some(models) = self.schema().models.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(models));
        }
        let context = language(lang);
        let (method, label) = if self.version().at_least(16) {
            (Method::read("ir.model", "get_available_models"), "display_name")
        } else {
            let method = Method::read("ir.model", "search_read")
                .arg("domain", json!([["transient", "=", false]]))
                .arg("fields", json!(["model", "name"]));
            (method, "name")
        };
        let method = method.within(context.as_ref());
        let answer = self.call(&method).await?;
        let text = |row: &Value, field: &str| row.get(field).and_then(Value::as_str).map(str::to_owned);
        let model = |row: &Value| Some(Model { name: text(row, "model")?, label: text(row, label)? });
        let mut models = answer
            .as_array()
            .and_then(|rows| rows.iter().map(model).collect::<Option<Vec<_>>>())
            .ok_or_else(|| unexpected(&method))?;
        models.sort_by(|a, b| a.name.cmp(&b.name));
        let models = Arc::new(models);
        self.schema().models.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&models));
        Ok(models)
    }

    /// The client as it speaks in one context: language, companies. Domains and values are checked against it.
    pub fn within<'a>(&'a self, context: &'a Context) -> InContext<'a> {
        InContext { client: self, context }
    }
}

/// A client in one context.
#[derive(Debug, Clone, Copy)]
pub struct InContext<'a> {
    client: &'a Client,
    context: &'a Context,
}

#[async_trait]
impl FieldSource for InContext<'_> {
    async fn fields(&self, model: &str) -> Result<Arc<Fields>, OdooError> {
        self.client.fields(model, self.context.get("lang").and_then(Value::as_str)).await
    }
}

#[async_trait]
impl NameSource for InContext<'_> {
    async fn name_search(
        &self,
        model: &str,
        text: &str,
        exactly: bool,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, OdooError> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        self.client.name_search(model, text, if exactly { "=" } else { "ilike" }, limit, Some(self.context)).await
    }
}

fn language(lang: Option<&str>) -> Option<Context> {
    lang.map(|lang| Context::from_iter([("lang".to_owned(), lang.into())]))
}
