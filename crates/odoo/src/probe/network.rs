use super::PATIENCE;
use super::step::{ProbeFailure, Step, StepKind, Steps};
use crate::address::Address;
use crate::error::{OdooError, Unreachable};
use crate::http::of_io;
use crate::tls::{self, CertificateFacts, CertificateProblem, Seen};
use gatehouse_core::Tls;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::ServerName;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A certificate with less than this left is worth a warning.
const SOON: Duration = Duration::from_hours(14 * 24);

/// Goes the way to the server: name, port, certificate. Behind a proxy of the system the way ends at the proxy.
pub(super) async fn reach(
    address: &Address,
    tls: &Tls,
    steps: &mut Steps<impl FnMut(Step)>,
) -> Result<Option<CertificateFacts>, ProbeFailure> {
    let proxy = proxy_of(address);
    let (host, port) = proxy.clone().unwrap_or_else(|| (address.host.clone(), address.port));

    let found = look_up(&host, port, steps).await?;

    steps.begin(StepKind::Tcp);
    let line = steps.unless_failed(connect(&host, &found).await)?;
    let through =
        if proxy.is_some() { format!("The proxy {host}:{port} answers.") } else { format!("Port {port} answers.") };
    steps.pass(through);

    if !address.secure {
        steps.skip(StepKind::Tls, "Plain HTTP, on this machine or a private network.");
        return Ok(None);
    }
    if proxy.is_some() {
        steps.skip(StepKind::Tls, "Behind the proxy; the certificate is checked with the first request.");
        return Ok(None);
    }
    certificate(address, tls, line, steps).await
}

/// The proxy that requests to this address will take: that of the system, never for this machine, and never without TLS:
/// whoever named the proxy would read the credential.
fn proxy_of(address: &Address) -> Option<(String, u16)> {
    if address.is_loopback || !address.secure {
        return None;
    }
    let intercept = Matcher::from_system().intercept(&address.origin.parse::<http::Uri>().ok()?)?;
    let proxy = intercept.uri();
    let port = proxy.port_u16().unwrap_or_else(|| if proxy.scheme_str() == Some("https") { 443 } else { 80 });
    Some((proxy.host()?.trim_matches(['[', ']']).to_owned(), port))
}

async fn look_up(host: &str, port: u16, steps: &mut Steps<impl FnMut(Step)>) -> Result<Vec<SocketAddr>, ProbeFailure> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        steps.skip(StepKind::Dns, "The address is a number already.");
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    steps.begin(StepKind::Dns);
    let unreachable = |cause| OdooError::Unreachable { host: host.to_owned(), cause };
    let found = match timeout(PATIENCE, lookup_host((host, port))).await {
        Err(_) => Err(unreachable(Unreachable::TimedOut)),
        Ok(Err(_)) => Err(unreachable(Unreachable::NameNotFound)),
        Ok(Ok(found)) => Ok(found.collect::<Vec<_>>()),
    };
    let found =
        steps.unless_failed(found.and_then(|found| {
            if found.is_empty() { Err(unreachable(Unreachable::NameNotFound)) } else { Ok(found) }
        }))?;
    let shown = found.iter().take(3).map(|address| address.ip().to_string()).collect::<Vec<_>>().join(", ");
    steps.pass(format!("{host} is {shown}."));
    Ok(found)
}

async fn connect(host: &str, found: &[SocketAddr]) -> Result<TcpStream, OdooError> {
    let mut cause = Unreachable::TimedOut;
    let tried = timeout(PATIENCE, async {
        for address in found {
            match timeout(PATIENCE / 2, TcpStream::connect(address)).await {
                Ok(Ok(line)) => return Some(line),
                Ok(Err(error)) => cause = of_io(error.kind()),
                Err(_) => cause = Unreachable::TimedOut,
            }
        }
        None
    });
    tried.await.ok().flatten().ok_or_else(|| OdooError::Unreachable { host: host.to_owned(), cause })
}

async fn certificate(
    address: &Address,
    tls: &Tls,
    line: TcpStream,
    steps: &mut Steps<impl FnMut(Step)>,
) -> Result<Option<CertificateFacts>, ProbeFailure> {
    steps.begin(StepKind::Tls);
    let seen = Seen::default();
    let config = steps.unless_failed(tls::watching_config(tls, seen.clone()))?;
    let name =
        ServerName::try_from(address.host.clone()).map_err(|_| OdooError::InvalidRequest("the host has no valid name"));
    let name = steps.unless_failed(name)?;
    let shaken = timeout(PATIENCE, TlsConnector::from(Arc::new(config)).connect(name, line)).await;
    let facts = seen.facts();
    steps.show(facts.clone());
    let host = address.authority().to_owned();
    let outcome = match shaken {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(match CertificateProblem::behind(&error) {
            Some(problem) => OdooError::Certificate { host, problem },
            None => OdooError::Unreachable { host, cause: Unreachable::TlsFailed },
        }),
        Err(_) => Err(OdooError::Unreachable { host, cause: Unreachable::TimedOut }),
    };
    match (&outcome, &facts) {
        (Err(error @ OdooError::Certificate { .. }), Some(facts)) => {
            let edge = error.bare_edge().with_detail(told(facts));
            return Err(steps.fail_with(edge, error.fix()));
        }
        (Err(error), _) => return Err(steps.fail(error)),
        (Ok(()), Some(facts)) if facts.ends_within(SOON) => {
            steps.warn(told(facts), "The server's administrator has to renew it soon.");
        }
        (Ok(()), facts) => steps.pass(facts.as_ref().map_or_else(|| "The certificate is trusted.".to_owned(), told)),
    }
    Ok(facts)
}

fn told(facts: &CertificateFacts) -> String {
    let names = match facts.names.as_slice() {
        [] => facts.subject.clone(),
        names if names.len() > 3 => {
            format!("{} and {} more", names[..3].join(", "), names.len() - 3)
        }
        names => names.join(", "),
    };
    let issuer = if facts.is_self_signed { "itself".to_owned() } else { facts.issuer.clone() };
    format!("The certificate is for {names}, signed by {issuer}, valid until {}.", facts.expires_on)
}

impl CertificateFacts {
    fn ends_within(&self, span: Duration) -> bool {
        let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) else {
            return false;
        };
        i64::try_from((now + span).as_secs()).is_ok_and(|then| self.not_after < then)
    }
}
