use crate::client::{Client, unexpected};
use crate::error::{Lost, OdooError};
use crate::sign_in::id_and_name;
use crate::transport::{Context, Method};
use crate::versions::Word;
use serde_json::{Map, Value, json};

/// A record as Odoo sends it: field → value, `false` for "empty".
pub type Record = Map<String, Value>;

/// What to search for and what to read of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Search<'a> {
    /// The domain as Odoo takes it; an empty list for all records.
    pub domain: Value,
    /// The fields to read; empty reads every field, binaries too.
    pub fields: &'a [&'a str],
    /// Such as `name, id desc`; the model's own order when unset.
    pub order: Option<&'a str>,
    /// At most this many. Zero is refused: Odoo would take it for "all".
    pub limit: u32,
    /// How many to leave out first.
    pub offset: u32,
}

impl Client {
    /// Searches and reads in one request.
    pub async fn search_read(
        &self,
        model: &str,
        search: &Search<'_>,
        context: Option<&Context>,
    ) -> Result<Vec<Record>, OdooError> {
        if search.limit == 0 {
            return Err(OdooError::InvalidRequest("Odoo takes a limit of 0 for all records"));
        }
        let method = Method::read(model, "search_read")
            .arg("domain", all_unless_given(&search.domain))
            .arg("fields", json!(search.fields))
            .arg("offset", search.offset)
            .arg("limit", search.limit)
            .arg("order", json!(search.order))
            .within(context);
        records(self.call(&method).await?, &method)
    }

    /// Reads records. Those that do not exist are left out; an empty `ids` gives an empty list without a request.
    pub async fn read(
        &self,
        model: &str,
        ids: &[i64],
        fields: &[&str],
        context: Option<&Context>,
    ) -> Result<Vec<Record>, OdooError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let method = Method::read(model, "read").on(ids).arg("fields", json!(fields)).within(context);
        records(self.call(&method).await?, &method)
    }

    /// How many records a domain finds.
    pub async fn search_count(&self, model: &str, domain: &Value, context: Option<&Context>) -> Result<u64, OdooError> {
        let method = Method::read(model, "search_count").arg("domain", all_unless_given(domain)).within(context);
        self.call(&method).await?.as_u64().ok_or_else(|| unexpected(&method))
    }

    /// Whether the user may do this with records of a model at all; rules may still close single records.
    pub async fn may(&self, right: Right, model: &str) -> Result<bool, OdooError> {
        let name = self.version().word(Word::Rights);
        let method = if name == "has_access" {
            Method::read(model, name).on(&[]).arg("operation", right.as_str())
        } else {
            Method::read(model, name).arg("operation", right.as_str()).arg("raise_exception", false)
        };
        self.call(&method).await?.as_bool().ok_or_else(|| unexpected(&method))
    }

    /// Records whose name fits, as id and name. `operator` is Odoo's: `ilike`, `=`.
    pub async fn name_search(
        &self,
        model: &str,
        name: &str,
        operator: &str,
        limit: u32,
        context: Option<&Context>,
    ) -> Result<Vec<(i64, String)>, OdooError> {
        let method = Method::read(model, "name_search")
            .arg("name", name)
            .arg(self.version().word(Word::NameSearchDomain), json!([]))
            .arg("operator", operator)
            .arg("limit", limit)
            .within(context);
        let answer = self.call(&method).await?;
        answer.as_array().and_then(|pairs| pairs.iter().map(id_and_name).collect()).ok_or_else(|| unexpected(&method))
    }

    /// Creates records in one transaction and gives their ids, in order.
    pub async fn create(
        &self,
        model: &str,
        values: Vec<Record>,
        context: Option<&Context>,
    ) -> Result<Vec<i64>, OdooError> {
        if values.is_empty() {
            return Err(OdooError::InvalidRequest("it names no record to create"));
        }
        let values = values.into_iter().map(Value::Object).collect::<Vec<_>>();
        let method = Method::write(model, "create").arg("vals_list", values).within(context);
        // A default that is gone may be why.
        match self.call(&method).await.inspect_err(|_| self.forget_filled(model))? {
            Value::Array(ids) => ids.iter().map(Value::as_i64).collect::<Option<_>>(),
            Value::Number(id) => id.as_i64().map(|id| vec![id]),
            _ => None,
        }
        .ok_or(OdooError::OutcomeUnknown { cause: Lost::Unreadable })
    }

    /// Writes the same values into records.
    pub async fn write(
        &self,
        model: &str,
        ids: &[i64],
        values: Record,
        context: Option<&Context>,
    ) -> Result<(), OdooError> {
        some(ids)?;
        let method = Method::write(model, "write").on(ids).arg("vals", values).within(context);
        self.call(&method).await.map(drop)
    }

    /// Deletes records.
    pub async fn unlink(&self, model: &str, ids: &[i64], context: Option<&Context>) -> Result<(), OdooError> {
        some(ids)?;
        self.call(&Method::write(model, "unlink").on(ids).within(context)).await.map(drop)
    }
}

/// What a user may be allowed to do with the records of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See them.
    Read,
    /// Make new ones.
    Create,
    /// Change them.
    Write,
    /// Delete them.
    Unlink,
}

impl Right {
    /// Odoo's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Write => "write",
            Self::Unlink => "unlink",
        }
    }
}

/// An unset domain is `null` in Rust and means nothing to Odoo.
fn all_unless_given(domain: &Value) -> Value {
    if domain.is_null() { json!([]) } else { domain.clone() }
}

fn some(ids: &[i64]) -> Result<(), OdooError> {
    if ids.is_empty() {
        return Err(OdooError::InvalidRequest("it names no record; Odoo would answer that it is done"));
    }
    Ok(())
}

pub(crate) fn records(answer: Value, method: &Method<'_>) -> Result<Vec<Record>, OdooError> {
    let Value::Array(rows) = answer else {
        return Err(unexpected(method));
    };
    rows.into_iter()
        .map(|row| match row {
            Value::Object(record) => Ok(record),
            _ => Err(unexpected(method)),
        })
        .collect()
}
