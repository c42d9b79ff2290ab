//! The connection test: step by step from a typed address to what the user may read, telling each step as it happens.
//! Dropping the future ends it; nothing is changed anywhere.

mod databases;
mod network;
mod step;

pub use databases::databases;
pub use step::{ProbeFailure, Step, StepKind, StepState};

use crate::address::{self, Address};
use crate::client::{Client, Endpoint};
use crate::credential::Credential;
use crate::detect;
use crate::error::OdooError;
use crate::http::{Http, Limits};
use crate::sign_in::SignIn;
use crate::tls::CertificateFacts;
use crate::version::Version;
use crate::versions::Capability;
use gatehouse_core::{Protocol, Tls};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use step::Steps;

/// What is to be tested, as the person typed it.
#[derive(Debug, Clone)]
pub struct ProbeTarget {
    /// Whatever was typed or pasted as address.
    pub url: String,
    /// The database; when empty, the one that the address names or the only one that the server lists.
    pub database: String,
    /// The login.
    pub login: String,
    /// The secret; without one the test ends before the sign-in.
    pub credential: Option<Credential>,
    /// How the certificate is checked.
    pub tls: Tls,
    /// Automatic, or one of the two.
    pub protocol: Protocol,
}

/// What a test that failed nowhere found.
#[derive(Debug, Clone)]
pub struct Probed {
    /// The address, cleaned.
    pub address: Address,
    /// The certificate, where there is one and no proxy hid it.
    pub certificate: Option<CertificateFacts>,
    /// The server's version.
    pub version: Version,
    /// The protocol to be used: JSON-2 or JSON-RPC.
    pub protocol: Protocol,
    /// The database's name.
    pub database: String,
    /// The signed-in client and who it is; none without a secret.
    pub session: Option<(Client, SignIn)>,
}

/// How long a test waits for an answer of the server before its sign-in.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tests a connection. `on_step` hears of each step when it begins ([`StepState::Running`]) and when it ends.
///
/// # Errors
/// The step that failed, with what to do; the steps after it are not tried.
pub async fn probe(target: ProbeTarget, on_step: impl FnMut(Step) + Send) -> Result<Probed, ProbeFailure> {
    let mut steps = Steps::new(on_step);
    let address = parse(&target.url, &mut steps)?;
    let certificate = network::reach(&address, &target.tls, &mut steps).await?;

    steps.begin(StepKind::Version);
    let limits = Limits { read: PATIENCE, ..Limits::default() };
    let http = steps.unless_failed(Http::new(&address.origin, &target.tls, limits))?;
    let version = steps.unless_failed(detect::version(&http).await)?;
    steps.pass(format!("Odoo {version} answers."));

    let protocol = choose(&target, version, &mut steps)?;
    let database = databases::choose(&target, &address, version, protocol, &http, &mut steps).await?;

    let Some(credential) = target.credential else {
        steps.skip(StepKind::SignIn, "No key or password was entered.");
        steps.skip(StepKind::Rights, "Told by the sign-in.");
        return Ok(Probed { address, certificate, version, protocol, database, session: None });
    };
    let endpoint = Endpoint {
        origin: address.origin.clone(),
        database: database.clone(),
        login: target.login.clone(),
        tls: target.tls.clone(),
    };
    let (client, user) = sign_in(endpoint, credential, target.protocol, version, &mut steps).await?;
    rights(&client, &user, &mut steps).await?;
    Ok(Probed { address, certificate, version, protocol, database, session: Some((client, user)) })
}

fn parse(url: &str, steps: &mut Steps<impl FnMut(Step)>) -> Result<Address, ProbeFailure> {
    steps.begin(StepKind::Address);
    let address = steps.unless_failed(address::parse(url).map_err(OdooError::from))?;
    steps.pass(format!("The server is {}.", address.origin));
    Ok(address)
}

fn choose(
    target: &ProbeTarget,
    version: Version,
    steps: &mut Steps<impl FnMut(Step)>,
) -> Result<Protocol, ProbeFailure> {
    steps.begin(StepKind::Protocol);
    let has_key = target.credential.as_ref().is_none_or(Credential::is_api_key);
    let protocol =
        steps.unless_failed(detect::protocol(version, has_key, target.protocol).map_err(OdooError::Protocol))?;
    match protocol {
        Protocol::JsonRpc if version.can(Capability::Json2) && !has_key => steps.warn(
            "JSON-RPC, because a password was entered.".to_owned(),
            "An API key is safer: it can be revoked alone, and Odoo keeps JSON-RPC only until version 22.",
        ),
        Protocol::JsonRpc => steps.pass("JSON-RPC.".to_owned()),
        Protocol::Json2 | Protocol::Auto => steps.pass("JSON-2.".to_owned()),
    }
    Ok(protocol)
}

async fn sign_in(
    endpoint: Endpoint,
    credential: Credential,
    wanted: Protocol,
    version: Version,
    steps: &mut Steps<impl FnMut(Step)>,
) -> Result<(Client, SignIn), ProbeFailure> {
    steps.begin(StepKind::SignIn);
    let login = endpoint.login.clone();
    // A pool of its own, with the patience of every later call.
    let entered = match Http::new(&endpoint.origin, &endpoint.tls, Limits::default()) {
        Ok(http) => Client::enter(Arc::new(http), version, endpoint, credential, wanted).await,
        Err(error) => Err(error),
    };
    if let Err(error @ OdooError::UnknownDatabase { .. }) = &entered {
        return Err(steps.fail_at(StepKind::Database, error));
    }
    let (client, user) = steps.unless_failed(entered)?;
    let who = format!("{} ({}) of {}.", user.user_name, user.login, user.company.1);
    if login.is_empty() || login.eq_ignore_ascii_case(&user.login) {
        steps.pass(format!("Signed in as {who}"));
    } else {
        steps.warn(
            format!("Signed in as {who} The login entered is another one."),
            "An API key belongs to the user who made it, whatever login stands beside it. Check that this is the user you mean.",
        );
    }
    Ok((client, user))
}

async fn rights(client: &Client, user: &SignIn, steps: &mut Steps<impl FnMut(Step)>) -> Result<(), ProbeFailure> {
    steps.begin(StepKind::Rights);
    let everyone = json!([]);
    let (models, contacts) =
        tokio::join!(client.models(None, None), client.search_count("res.partner", &everyone, None));
    match (models, contacts) {
        (Ok(models), Ok(contacts)) => {
            let what = if user.is_admin { "An administrator" } else { "An ordinary user" };
            steps.pass(format!("{what}: sees {} models and {contacts} contacts.", models.len()));
        }
        (Err(error @ OdooError::AccessDenied { .. }), Ok(_)) => steps.warn(
            "The user may not list the models of this Odoo.".to_owned(),
            if client.version().can(Capability::ModelsForEverybody) {
                error.fix()
            } else {
                "Before Odoo 16 only some users may; agents have to know the models' names."
            },
        ),
        (_, Err(error @ OdooError::AccessDenied { .. })) => {
            steps.warn("The user may not read contacts.".to_owned(), error.fix());
        }
        (Err(error), _) | (_, Err(error)) => return Err(steps.fail(&error)),
    }
    Ok(())
}
