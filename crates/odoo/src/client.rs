use crate::credential::Credential;
use crate::detect;
use crate::error::OdooError;
use crate::http::{Http, Limits};
use crate::json2::Json2;
use crate::jsonrpc::JsonRpc;
use crate::schema::Schema;
use crate::sign_in::{self, SignIn};
use crate::transport::{Kind, Method, Transport};
use crate::version::Version;
use gatehouse_core::{Protocol, Tls};
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Which database to sign in to, as whom. The credential goes nowhere but to this origin.
#[derive(Clone)]
pub struct Endpoint {
    /// Scheme, host and port, without path.
    pub origin: String,
    /// The database's name.
    pub database: String,
    /// The login in Odoo.
    pub login: String,
    /// How the certificate is checked.
    pub tls: Tls,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("origin", &self.origin)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// A version is not looked up more often than this, however often a call seems to speak to another one.
const SAME_VERSION: Duration = Duration::from_mins(1);

/// One signed-in user of one database. Cheap to clone; the clones share lines and caches.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    credential: Credential,
    wanted: Protocol,
    http: Arc<Http>,
    line: RwLock<Line>,
    /// When the version was last looked up. Held while it is, so that many failing calls look once.
    looked: Mutex<Instant>,
    schema: Schema,
}

/// The protocol in use and what it talks to.
#[derive(Clone)]
struct Line {
    transport: Arc<dyn Transport>,
    protocol: Protocol,
    version: Version,
}

impl Client {
    /// Signs in: asks for the version, chooses the protocol and reads who the user is. Works as an ordinary user.
    ///
    /// # Errors
    /// Everything that [`OdooError`] names but the errors of single calls.
    pub async fn sign_in(
        endpoint: Endpoint,
        credential: Credential,
        protocol: Protocol,
    ) -> Result<(Self, SignIn), OdooError> {
        Self::sign_in_within(endpoint, credential, protocol, Limits::default()).await
    }

    /// The same with other limits than [`Limits::default`].
    pub async fn sign_in_within(
        endpoint: Endpoint,
        credential: Credential,
        protocol: Protocol,
        limits: Limits,
    ) -> Result<(Self, SignIn), OdooError> {
        let http = Arc::new(Http::new(&endpoint.origin, &endpoint.tls, limits)?);
        let version = detect::version(&http).await?;
        Self::enter(http, version, endpoint, credential, protocol).await
    }

    /// Signs in to a server whose version is known.
    pub(crate) async fn enter(
        http: Arc<Http>,
        version: Version,
        endpoint: Endpoint,
        credential: Credential,
        wanted: Protocol,
    ) -> Result<(Self, SignIn), OdooError> {
        let (line, uid) = Line::open(&http, version, &endpoint, &credential, wanted).await?;
        let client = Self(Arc::new(Inner {
            endpoint,
            credential,
            wanted,
            http,
            line: RwLock::new(line),
            looked: Mutex::new(Instant::now()),
            schema: Schema::default(),
        }));
        let signed_in = sign_in::whoami(&client, uid).await?;
        Ok((client, signed_in))
    }

    /// The server's version, as last seen.
    pub fn version(&self) -> Version {
        self.line().version
    }

    /// The protocol in use: JSON-2 or JSON-RPC.
    pub fn protocol(&self) -> Protocol {
        self.line().protocol
    }

    /// Scheme, host and port of the server.
    pub fn origin(&self) -> &str {
        &self.0.endpoint.origin
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        &self.0.endpoint.database
    }

    /// Calls a method: one HTTP request. Where the answer tells that the server may have become another version (the API is
    /// gone, or something is not known any more), its version is looked up, and when that changed, everything remembered
    /// of the old one is dropped. Then a read is sent once more, and so is a write that cannot have reached Odoo.
    ///
    /// # Errors
    /// See [`OdooError`]. A write whose answer did not come whole is [`OdooError::OutcomeUnknown`].
    pub async fn call(&self, method: &Method<'_>) -> Result<Value, OdooError> {
        method.check()?;
        let line = self.line();
        let begun = Instant::now();
        let mut outcome = line.transport.call(method).await;
        if let Err(error) = &outcome
            && let Some(again) = self.after(error, &line, begun).await?
            && (method.kind == Kind::Read || matches!(error, OdooError::NoApi { .. }))
        {
            outcome = again.transport.call(method).await;
        }
        if let Err(OdooError::UnknownSchema { .. }) = &outcome {
            self.forget(method.model);
        }
        tracing::debug!(
            model = method.model,
            method = method.name,
            ok = outcome.is_ok(),
            elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "odoo call"
        );
        outcome
    }

    /// What is remembered of models and fields.
    pub(crate) fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// The lines to the server, for what needs no credential.
    pub(crate) fn http(&self) -> &Http {
        &self.0.http
    }

    fn line(&self) -> Line {
        self.0.line.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The line to go on with after an error that another version of the server may explain; `None` where it is the same.
    async fn after(&self, error: &OdooError, line: &Line, begun: Instant) -> Result<Option<Line>, OdooError> {
        match error {
            OdooError::NoApi { .. } => self.look_again(line, begun).await,
            OdooError::UnknownSchema { .. } | OdooError::BadArguments { .. } => {
                let a_while_ago = begun.checked_sub(SAME_VERSION).unwrap_or(begun);
                // The error says more than that the version could not be looked up.
                Ok(self.look_again(line, a_while_ago).await.unwrap_or_default())
            }
            _ => Ok(None),
        }
    }

    /// Looks up the version, unless that was done after `since`, and opens another line when it or the protocol changed.
    async fn look_again(&self, before: &Line, since: Instant) -> Result<Option<Line>, OdooError> {
        let inner = &self.0;
        let mut looked = inner.looked.lock().await;
        let now = self.line();
        if !Arc::ptr_eq(&now.transport, &before.transport) {
            return Ok(Some(now));
        }
        if *looked > since {
            return Ok(None);
        }
        *looked = Instant::now();
        let version = detect::version(&inner.http).await?;
        let protocol =
            detect::protocol(version, inner.credential.is_api_key(), inner.wanted).map_err(OdooError::Protocol)?;
        if version == before.version && protocol == before.protocol {
            return Ok(None);
        }
        tracing::info!(from = %before.version, to = %version, "the server is another version now");
        let (line, _) = Line::open(&inner.http, version, &inner.endpoint, &inner.credential, protocol).await?;
        *inner.line.write().unwrap_or_else(PoisonError::into_inner) = line.clone();
        inner.schema.clear();
        Ok(Some(line))
    }
}

impl Line {
    /// Opens a line and gives the user's id where signing in told it.
    async fn open(
        http: &Arc<Http>,
        version: Version,
        endpoint: &Endpoint,
        credential: &Credential,
        wanted: Protocol,
    ) -> Result<(Self, Option<i64>), OdooError> {
        let protocol = detect::protocol(version, credential.is_api_key(), wanted).map_err(OdooError::Protocol)?;
        let (transport, uid): (Arc<dyn Transport>, _) = if protocol == Protocol::Json2 {
            (Arc::new(Json2::new(Arc::clone(http), &endpoint.database, credential.clone())?), None)
        } else {
            let rpc =
                JsonRpc::sign_in(Arc::clone(http), &endpoint.database, &endpoint.login, credential.clone()).await?;
            let uid = rpc.uid();
            (Arc::new(rpc), Some(uid))
        };
        Ok((Self { transport, protocol, version }, uid))
    }
}

pub(crate) fn unexpected(method: &Method<'_>) -> OdooError {
    OdooError::UnexpectedAnswer { what: format!("{}.{}", method.model, method.name) }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.0.endpoint)
            .field("protocol", &self.protocol())
            .finish_non_exhaustive()
    }
}
