use crate::Version;
use crate::client::{Client, unexpected};
use crate::defaults::Filled;
use crate::domain::FieldSource;
use crate::error::OdooError;
use crate::fields::{ATTRIBUTES, Fields};
use crate::kept::{Kept, Weight};
use crate::messages::Party;
use crate::records::{Record, Search};
use crate::transport::{Context, Method};
use crate::values::NameSource;
use crate::versions::Capability;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::sync::Arc;

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

/// The most models, each in one language, whose fields and lists are remembered.
const MOST_MODELS: NonZeroUsize = NonZeroUsize::new(300).unwrap();
/// The most fields remembered in all. Odoo's own larger models have 90 to 290 each.
const MOST_FIELDS: usize = 30_000;
/// The most columns remembered in all.
const MOST_COLUMNS: usize = 20_000;
/// The most languages in which the list of models is remembered.
const MOST_LANGUAGES: NonZeroUsize = NonZeroUsize::new(4).unwrap();
/// The most names of models remembered in all; a database with sales, stock and accounting has 284.
const MOST_NAMES: usize = 20_000;
/// The most names of currencies remembered in all.
const MOST_CURRENCIES: usize = 4_000;

/// The most fields that are remembered as filled by Odoo itself.
const MOST_FILLED: NonZeroUsize = NonZeroUsize::new(2_000).unwrap();
/// The most kinds of messages and contacts of users that are remembered: a client has two of the one and one of the other.
const MOST_PARTIES: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// What is remembered of a database's models, their fields and their lists, by language; and of what does not hang on one.
pub(crate) struct Schema {
    fields: Kept<Named, Fields>,
    pub(crate) lists: Kept<Named, Vec<String>>,
    models: Kept<Option<String>, Vec<Model>>,
    pub(crate) currencies: Kept<Option<String>, Vec<(i64, String)>>,
    pub(crate) filled: Kept<Filled, ()>,
    pub(crate) parties: Kept<Party, Option<i64>>,
}

impl Default for Schema {
    fn default() -> Self {
        Self {
            fields: Kept::new(MOST_MODELS, MOST_FIELDS),
            lists: Kept::new(MOST_MODELS, MOST_COLUMNS),
            models: Kept::new(MOST_LANGUAGES, MOST_NAMES),
            currencies: Kept::new(MOST_LANGUAGES, MOST_CURRENCIES),
            filled: Kept::new(MOST_FILLED, MOST_FILLED.get()),
            parties: Kept::new(MOST_PARTIES, MOST_PARTIES.get()),
        }
    }
}

impl Schema {
    /// Drops everything.
    pub(crate) fn clear(&self) {
        self.fields.drop_where(|_| true);
        self.lists.drop_where(|_| true);
        self.models.drop_where(|_| true);
        self.currencies.drop_where(|_| true);
        self.filled.drop_where(|_| true);
        self.parties.drop_where(|_| true);
    }
}

impl Weight for Fields {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl Weight for () {
    fn weight(&self) -> usize {
        1
    }
}

impl Weight for Option<i64> {
    fn weight(&self) -> usize {
        1
    }
}

impl<T> Weight for Vec<T> {
    fn weight(&self) -> usize {
        self.len()
    }
}

impl Client {
    /// The fields of a model in a language (`fr_FR`; the user's own when unset). Asked once, however many ask at the same
    /// time, then remembered for ten minutes or until a call on that model fails for its schema.
    pub async fn fields(&self, model: &str, lang: Option<&str>) -> Result<Arc<Fields>, OdooError> {
        let key = (model.to_owned(), lang.map(str::to_owned));
        let ask = || async {
            let context = language(lang);
            let method = Method::read(model, "fields_get")
                .arg("allfields", json!([]))
                .arg("attributes", json!(ATTRIBUTES))
                .within(context.as_ref());
            let answer = self.call(&method).await?;
            Fields::parse(model, answer).ok_or_else(|| unexpected(&method))
        };
        self.schema().fields.get_or_ask(key, ask).await
    }

    /// Drops what is remembered of a model's fields, list and defaults, and of the list of models.
    pub fn forget(&self, model: &str) {
        self.forget_filled(model);
        self.schema().fields.drop_where(|(name, _)| name == model);
        self.schema().lists.drop_where(|(name, _)| name == model);
        self.schema().models.drop_where(|_| true);
        self.schema().currencies.drop_where(|_| model == "res.currency");
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
        let ask = || async {
            let context = language(lang);
            let before = self.version();
            let outcome = self.ask_for_models(before, context.as_ref()).await;
            if outcome.is_err() && self.version() != before {
                return self.ask_for_models(self.version(), context.as_ref()).await;
            }
            outcome
        };
        self.schema().models.get_or_ask(lang.map(str::to_owned), ask).await
    }

    async fn ask_for_models(&self, version: Version, context: Option<&Context>) -> Result<Vec<Model>, OdooError> {
        let (method, label) = if version.can(Capability::ModelsForEverybody) {
            (Method::read("ir.model", "get_available_models"), "display_name")
        } else {
            let method = Method::read("ir.model", "search_read")
                .arg("domain", json!([["transient", "=", false]]))
                .arg("fields", json!(["model", "name"]));
            (method, "name")
        };
        let method = method.within(context);
        let answer = self.call(&method).await?;
        let text = |row: &Value, field: &str| row.get(field).and_then(Value::as_str).map(str::to_owned);
        let model = |row: &Value| Some(Model { name: text(row, "model")?, label: text(row, label)? });
        let mut models = answer
            .as_array()
            .and_then(|rows| rows.iter().map(model).collect::<Option<Vec<_>>>())
            .ok_or_else(|| unexpected(&method))?;
        models.sort_by(|a, b| a.name.cmp(&b.name));
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

pub(crate) fn language(lang: Option<&str>) -> Option<Context> {
    lang.map(|lang| Context::from_iter([("lang".to_owned(), lang.into())]))
}
