use crate::client::{Client, unexpected};
use crate::error::OdooError;
use crate::records::records;
use crate::transport::{Context, Method};
use crate::version::Version;
use crate::versions::Capability;
use gatehouse_core::Protocol;
use serde_json::{Value, json};

/// Who signed in, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The user's id.
    pub uid: i64,
    /// The user's login as Odoo has it. With JSON-2 the key alone decides whose it is.
    pub login: String,
    /// The user's name.
    pub user_name: String,
    /// The user's main company: id and name.
    pub company: (i64, String),
    /// Every company of the user, the main one first.
    pub companies: Vec<(i64, String)>,
    /// The user's language, as a code of Odoo.
    pub lang: Option<String>,
    /// The user's time zone.
    pub tz: Option<String>,
    /// The server's version.
    pub version: Version,
    /// The protocol in use.
    pub protocol: Protocol,
    /// The user may change Odoo's settings.
    pub is_admin: bool,
}

/// Asks who the user is; an ordinary user may read all of it.
pub(crate) async fn whoami(client: &Client, uid: Option<i64>) -> Result<SignIn, OdooError> {
    let uid = match uid {
        Some(uid) => uid,
        None => own_id(client).await?,
    };
    let ids = [uid];
    let method = Method::read("res.users", "read")
        .on(&ids)
        .arg("fields", json!(["name", "login", "company_id", "company_ids", "lang", "tz"]));
    let answer = client.call(&method).await?;
    let user = records(answer, &method)?.into_iter().next().ok_or_else(|| unexpected(&method))?;
    let text = |name: &str| user.get(name).and_then(Value::as_str).map(str::to_owned);
    let company = user.get("company_id").and_then(id_and_name).ok_or_else(|| unexpected(&method))?;
    let company_ids = user.get("company_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_i64);
    let (companies, is_admin) = tokio::join!(companies(client, &company, company_ids.collect()), is_admin(client, uid));
    Ok(SignIn {
        uid,
        login: text("login").ok_or_else(|| unexpected(&method))?,
        user_name: text("name").ok_or_else(|| unexpected(&method))?,
        company,
        companies: companies?,
        lang: text("lang"),
        tz: text("tz"),
        version: client.version(),
        protocol: client.protocol(),
        is_admin: is_admin?,
    })
}

async fn own_id(client: &Client) -> Result<i64, OdooError> {
    let method = Method::read("res.users", "context_get");
    let answer = client.call(&method).await?;
    answer.get("uid").and_then(Value::as_i64).ok_or_else(|| unexpected(&method))
}

async fn companies(client: &Client, main: &(i64, String), ids: Vec<i64>) -> Result<Vec<(i64, String)>, OdooError> {
    let others = ids.iter().copied().filter(|id| *id != main.0).collect::<Vec<_>>();
    let mut companies = vec![main.clone()];
    if !others.is_empty() {
        // Without them in the context a user sees only the main company.
        let context = Context::from_iter([("allowed_company_ids".to_owned(), json!(ids))]);
        for record in client.read("res.company", &others, &["name"], Some(&context)).await? {
            if let (Some(id), Some(name)) =
                (record.get("id").and_then(Value::as_i64), record.get("name").and_then(Value::as_str))
            {
                companies.push((id, name.to_owned()));
            }
        }
    }
    Ok(companies)
}

/// Whether the user may change Odoo's settings. A server that does not say counts as "no".
async fn is_admin(client: &Client, uid: i64) -> Result<bool, OdooError> {
    let ids = [uid];
    let mut method = Method::read("res.users", "has_group").arg("group_ext_id", "base.group_system");
    if client.version().can(Capability::GroupsOfAUser) {
        method = method.on(&ids);
    }
    match client.call(&method).await {
        Ok(answer) => Ok(answer.as_bool().unwrap_or(false)),
        Err(OdooError::AccessDenied { .. } | OdooError::UnknownSchema { .. } | OdooError::BadArguments { .. }) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Reads Odoo's `[id, name]`.
pub(crate) fn id_and_name(pair: &Value) -> Option<(i64, String)> {
    Some((pair.get(0)?.as_i64()?, pair.get(1)?.as_str()?.to_owned()))
}
