use crate::OdooError;
use crate::answer::{self, Fault};
use crate::credential::Credential;
use crate::exception::{Scene, not_json, unreadable};
use crate::http::Http;
use crate::transport::{Kind, Method, Transport};
use async_trait::async_trait;
use reqwest::header::HeaderMap;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const PATH: &str = "/jsonrpc";

/// `POST /jsonrpc` with `execute_kw`, from Odoo 14 to 21, with a password or an API key in its place.
pub(crate) struct JsonRpc {
    http: Arc<Http>,
    database: String,
    credential: Credential,
    uid: i64,
}

impl JsonRpc {
    /// Signs in: asks Odoo for the id of the login.
    ///
    /// # Errors
    /// [`OdooError::CredentialRefused`], [`OdooError::UnknownDatabase`], and whatever keeps a request from an answer.
    pub(crate) async fn sign_in(
        http: Arc<Http>,
        database: &str,
        login: &str,
        credential: Credential,
    ) -> Result<Self, OdooError> {
        let args = json!([database, login, credential.expose(), {}]);
        let call = Call { database, credential: &credential, kind: Kind::Read, deadline: None };
        let answer = call.send(&http, "common", "authenticate", &args).await?;
        let Some(uid) = answer.as_i64().filter(|uid| *uid > 0) else {
            return Err(OdooError::CredentialRefused { credential: credential.kind() });
        };
        Ok(Self { http, database: database.to_owned(), credential, uid })
    }

    /// The signed-in user's id.
    pub(crate) fn uid(&self) -> i64 {
        self.uid
    }
}

#[async_trait]
impl Transport for JsonRpc {
    async fn call(&self, method: &Method<'_>) -> Result<Value, OdooError> {
        let call = Call {
            database: &self.database,
            credential: &self.credential,
            kind: method.kind,
            deadline: method.deadline,
        };
        call.send(&self.http, "object", "execute_kw", &ExecuteKw { rpc: self, method }).await
    }
}

/// Asks a server for its version, without a credential: `common.version`.
pub(crate) async fn version(http: &Http, deadline: Option<Duration>) -> Result<Value, OdooError> {
    let nobody = Credential::Password(String::new().into());
    let call = Call { database: "", credential: &nobody, kind: Kind::Read, deadline };
    call.send(http, "common", "version", &json!([])).await
}

/// One request with what its errors need to know.
struct Call<'a> {
    database: &'a str,
    credential: &'a Credential,
    kind: Kind,
    deadline: Option<Duration>,
}

impl Call<'_> {
    async fn send(
        &self,
        http: &Http,
        service: &str,
        method: &str,
        args: &(impl Serialize + Sync),
    ) -> Result<Value, OdooError> {
        let request = Request { jsonrpc: "2.0", id: 1, method: "call", params: Params { service, method, args } };
        let body = serde_json::to_vec(&request).map_err(|_| OdooError::InvalidRequest("its arguments are not JSON"))?;
        let answer = http.post(PATH, HeaderMap::new(), body, self.kind, self.deadline).await?;
        let scene = Scene {
            host: http.host(),
            api: "JSON-RPC",
            database: self.database,
            credential: self.credential,
            kind: self.kind,
            memory: http.memory(),
        };
        if !answer.status.is_success() || !answer.looks_like_json() {
            return Err(not_json(&answer, &scene));
        }
        let memory = scene.memory;
        let read = answer::reading(answer.body, move |body| answer::envelope(body, memory)).await;
        let envelope = read.map_err(|why| unreadable(why, &scene))?;
        match envelope.error {
            // A method that returns nothing: the answer has no `result` at all.
            None => Ok(envelope.result.unwrap_or(Value::Null)),
            Some(Fault { data: Some(exception), .. }) => Err(exception.error(None, &scene)),
            Some(Fault { code: 100, .. }) => Err(OdooError::CredentialRefused { credential: self.credential.kind() }),
            Some(Fault { code: 404, .. }) => Err(OdooError::NoApi { host: http.host().to_owned(), api: "JSON-RPC" }),
            Some(Fault { code, .. }) => Err(OdooError::Failed {
                class: format!("JSON-RPC error {code}"),
                words: crate::error::Words::default(),
            }),
        }
    }
}

#[derive(Serialize)]
struct Request<'a, A> {
    jsonrpc: &'static str,
    id: u8,
    method: &'static str,
    params: Params<'a, A>,
}

#[derive(Serialize)]
struct Params<'a, A> {
    service: &'a str,
    method: &'a str,
    args: &'a A,
}

/// `[database, uid, secret, model, method, [ids, …arguments], {context}]`, written straight into the request.
struct ExecuteKw<'a> {
    rpc: &'a JsonRpc,
    method: &'a Method<'a>,
}

impl Serialize for ExecuteKw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut args = serializer.serialize_seq(Some(7))?;
        args.serialize_element(&self.rpc.database)?;
        args.serialize_element(&self.rpc.uid)?;
        args.serialize_element(self.rpc.credential.expose())?;
        args.serialize_element(self.method.model)?;
        args.serialize_element(self.method.name)?;
        args.serialize_element(&Positional(self.method))?;
        args.serialize_element(&Named(self.method))?;
        args.end()
    }
}

struct Positional<'a>(&'a Method<'a>);

impl Serialize for Positional<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut args = serializer.serialize_seq(None)?;
        if let Some(ids) = self.0.ids {
            args.serialize_element(ids)?;
        }
        for (_, value) in &self.0.args {
            args.serialize_element(value)?;
        }
        args.end()
    }
}

struct Named<'a>(&'a Method<'a>);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut args = serializer.serialize_map(None)?;
        for (name, value) in self.0.named.into_iter().flatten() {
            args.serialize_entry(name, value)?;
        }
        if let Some(context) = self.0.context.filter(|context| !context.is_empty()) {
            args.serialize_entry("context", context)?;
        }
        args.end()
    }
}
