use super::ProbeTarget;
use super::step::{ProbeFailure, Step, StepKind, Steps};
use crate::address::{self, Address};
use crate::answer;
use crate::error::OdooError;
use crate::http::{Http, Limits};
use crate::json2;
use crate::version::Version;
use crate::versions::Capability;
use gatehouse_core::{EdgeError, ErrorCode, Protocol, Tls};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// The most memory that a list of databases may take, in bytes.
const MAX_LIST: u64 = 4 * 1024 * 1024;

/// The databases that a server lists for this address, sorted; `None` when it keeps the list to itself, as Odoo Online and
/// careful administrators do. Sends no credential.
///
/// # Errors
/// What keeps a request from an answer.
pub async fn databases(url: &str, tls: &Tls) -> Result<Option<Vec<String>>, OdooError> {
    let address = address::parse(url)?;
    let http = Http::new(&address.origin, tls, Limits { read: super::PATIENCE, ..Limits::default() })?;
    listed(&http).await
}

async fn listed(http: &Http) -> Result<Option<Vec<String>>, OdooError> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "call", "params": {}}).to_string().into_bytes();
    let answer = match http.post("/web/database/list", HeaderMap::new(), body, crate::Kind::Read, None).await {
        Ok(answer) => answer,
        // Anything complete that is no list is a way of keeping it.
        Err(OdooError::Redirected { .. } | OdooError::TooLarge { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let told = answer::value(&answer.body, MAX_LIST).ok();
    let names = told.as_ref().and_then(|told| told.get("result")).and_then(Value::as_array);
    let names = names.and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
    Ok(names.map(|mut names: Vec<String>| {
        names.sort();
        names
    }))
}

/// Settles which database it is: the one entered, named by the address, or the only one that the server lists.
pub(super) async fn choose(
    target: &ProbeTarget,
    address: &Address,
    version: Version,
    protocol: Protocol,
    http: &Http,
    steps: &mut Steps<impl FnMut(Step)>,
) -> Result<String, ProbeFailure> {
    steps.begin(StepKind::Database);
    let list = steps.unless_failed(listed(http).await)?;
    let entered = target.database.trim();
    let database = match (entered, &address.database, list.as_deref()) {
        ("", None, Some([only])) => only.clone(),
        ("", None, list) => {
            let fix = match list {
                Some(names) if !names.is_empty() => format!("Choose one of: {}.", some_of(names)),
                _ => {
                    "Enter its name: it stands in the address after ?db=, or ask the server's administrator.".to_owned()
                }
            };
            let error = EdgeError::new(ErrorCode::UnknownDatabase, "The name of the database is missing.");
            return Err(steps.fail_with(error, fix));
        }
        ("", Some(named), _) => named.clone(),
        (entered, _, _) => entered.to_owned(),
    };
    if list.as_ref().is_some_and(|names| names.contains(&database)) {
        steps.pass(format!("The database is \"{database}\"."));
        return Ok(database);
    }
    let unknown = OdooError::UnknownDatabase { database: database.clone() };
    // From 19 on the server says without a credential whether it serves a database under this address.
    let is_served = if version.can(Capability::Json2) { json2::serves(http, &database).await } else { Ok(None) };
    match (steps.unless_failed(is_served)?, &list) {
        (Some(true), _) => steps.pass(format!("The database is \"{database}\".")),
        (Some(false), list) if protocol == Protocol::Json2 => {
            let fix = list.as_deref().map_or_else(|| unknown.fix().to_owned(), |names| nearest(&database, names));
            return Err(steps.fail_with(unknown.bare_edge(), fix));
        }
        (_, Some(names)) => {
            // `/jsonrpc` may reach databases that the list leaves out; the sign-in will tell.
            steps.warn(
                format!("The server does not list \"{database}\"; the sign-in will tell."),
                &nearest(&database, names),
            );
        }
        (_, None) => steps.pass(format!("The database is \"{database}\"; the sign-in will tell whether it is there.")),
    }
    Ok(database)
}

fn nearest(wanted: &str, names: &[String]) -> String {
    if names.is_empty() {
        return "The server lists no database under this address; is it the right one?".to_owned();
    }
    let near = names
        .iter()
        .map(|name| (strsim::jaro_winkler(&wanted.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => format!("Did you mean \"{name}\"? The server lists: {}.", some_of(names)),
        None => format!("The server lists: {}.", some_of(names)),
    }
}

fn some_of(names: &[String]) -> String {
    let shown = names.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 10 { format!("{shown} and {} more", names.len() - 10) } else { shown }
}
