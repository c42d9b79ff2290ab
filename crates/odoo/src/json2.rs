use crate::OdooError;
use crate::answer;
use crate::credential::Credential;
use crate::exception::{Scene, not_json, unreadable};
use crate::http::Http;
use crate::transport::{Kind, Method, Transport};
use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::sync::Arc;

const DATABASE: &str = "x-odoo-database";

/// `POST /json/2/<model>/<method>`, from Odoo 19 on, with an API key.
pub(crate) struct Json2 {
    http: Arc<Http>,
    database: String,
    credential: Credential,
    headers: HeaderMap,
}

impl Json2 {
    /// # Errors
    /// A key or database name that cannot stand in a header.
    pub(crate) fn new(http: Arc<Http>, database: &str, credential: Credential) -> Result<Self, OdooError> {
        let key = credential.expose();
        if key.is_empty() {
            return Err(OdooError::CredentialRefused { credential: credential.kind() });
        }
        let mut bearer = HeaderValue::from_str(&format!("bearer {key}"))
            .map_err(|_| OdooError::InvalidRequest("the API key holds characters that no key has"))?;
        bearer.set_sensitive(true);
        let named = HeaderValue::from_bytes(database.as_bytes())
            .map_err(|_| OdooError::InvalidRequest("the database name holds control characters"))?;
        let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer), (HeaderName::from_static(DATABASE), named)]);
        Ok(Self { http, database: database.to_owned(), credential, headers })
    }
}

/// Whether a server serves this database under this address, asked without a credential: a database that is there refuses
/// the missing key in JSON, one that is not gives a web page. `None` when the answer is neither.
pub(crate) async fn serves(http: &Http, database: &str) -> Result<Option<bool>, OdooError> {
    let Ok(named) = HeaderValue::from_bytes(database.as_bytes()) else {
        return Ok(Some(false));
    };
    let headers = HeaderMap::from_iter([(HeaderName::from_static(DATABASE), named)]);
    let answer = http.post("/json/2/res.users/context_get", headers, b"{}".to_vec(), Kind::Read, None).await?;
    let nobody = Credential::ApiKey(String::new().into());
    let scene = Scene {
        host: http.host(),
        api: "JSON-2",
        database,
        credential: &nobody,
        kind: Kind::Read,
        memory: http.memory(),
    };
    if answer.looks_like_json() {
        return Ok((answer.status.as_u16() == 401).then_some(true));
    }
    Ok(matches!(not_json(&answer, &scene), OdooError::UnknownDatabase { .. }).then_some(false))
}

#[async_trait]
impl Transport for Json2 {
    async fn call(&self, method: &Method<'_>) -> Result<Value, OdooError> {
        if !is_name(method.model) || !is_name(method.name) {
            return Err(OdooError::InvalidRequest(
                "a model or method name holds other characters than letters, digits, _ and .",
            ));
        }
        let path = format!("/json/2/{}/{}", method.model, method.name);
        let body =
            serde_json::to_vec(&Body(method)).map_err(|_| OdooError::InvalidRequest("its arguments are not JSON"))?;
        let answer = self.http.post(&path, self.headers.clone(), body, method.kind, method.deadline).await?;
        let scene = Scene {
            host: self.http.host(),
            api: "JSON-2",
            database: &self.database,
            credential: &self.credential,
            kind: method.kind,
            memory: self.http.memory(),
        };
        if !answer.looks_like_json() {
            return Err(not_json(&answer, &scene));
        }
        if answer.status.is_success() {
            let memory = scene.memory;
            let read = answer::reading(answer.body, move |body| answer::value(body, memory)).await;
            return read.map_err(|why| unreadable(why, &scene));
        }
        match answer::exception(&answer.body) {
            Ok(exception) => Err(match exception.error(Some(answer.status.as_u16()), &scene) {
                OdooError::Busy { retry_after: None } => OdooError::Busy { retry_after: answer.retry_after },
                error => error,
            }),
            Err(_) => Err(not_json(&answer, &scene)),
        }
    }
}

/// The named arguments with `ids` and `context` beside them, written straight into the request.
struct Body<'a>(&'a Method<'a>);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(ids) = self.0.ids {
            map.serialize_entry("ids", ids)?;
        }
        if let Some(context) = self.0.context.filter(|context| !context.is_empty()) {
            map.serialize_entry("context", context)?;
        }
        for (name, value) in &self.0.args {
            map.serialize_entry(name, value)?;
        }
        for (name, value) in self.0.named.into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Only such names are put into a path, so that none of them leads out of `/json/2/`.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_ids_and_context_stand_side_by_side() {
        let context = json!({"lang": "fr_FR"}).as_object().cloned().unwrap();
        let method =
            Method::write("res.partner", "write").on(&[7]).arg("vals", json!({"name": "Azure"})).within(Some(&context));
        let body: Value = serde_json::from_slice(&serde_json::to_vec(&Body(&method)).unwrap()).unwrap();
        assert_eq!(body, json!({"ids": [7], "context": {"lang": "fr_FR"}, "vals": {"name": "Azure"}}));
    }

    #[test]
    fn no_name_leads_out_of_the_api() {
        for name in ["..", "../web", "res.partner/unlink", "a?b", "a#b", "a%2Fb", "", "res partner"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_name("res.partner") && is_name("x_studio_thing") && is_name("action_confirm"));
    }
}
