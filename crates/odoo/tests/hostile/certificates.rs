use super::server::{Reply, Server, polite};
use super::{endpoint, keeps_secrets, key, short};
use gatehouse_core::{Protocol, Tls};
use gatehouse_odoo::{CertificateProblem, Client, Endpoint, OdooError, SignIn, Unreachable};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate for `names`, as a server uses it, with its authority's or its own PEM.
pub(super) struct Made {
    pub(super) config: ServerConfig,
    pub(super) pem: String,
}

fn config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

/// Signed by itself, like what `openssl req -x509` makes (`says_ca`) or a plain one.
pub(super) fn self_signed(name: &str, says_ca: bool, years: (i32, i32)) -> Made {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    if says_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let certificate = params.self_signed(&key).unwrap();
    Made { config: config(vec![certificate.der().clone()], &key), pem: certificate.pem() }
}

/// Signed by an authority of one's own, whose PEM is given.
fn issued(name: &str) -> Made {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    Made { config: config(vec![certificate.der().clone()], &key), pem: authority.pem() }
}

async fn sign_in(server: &Server, tls: Tls) -> Result<SignIn, OdooError> {
    let endpoint = Endpoint { tls, ..endpoint(&server.origin) };
    keeps_secrets(Client::sign_in_within(endpoint, key(), Protocol::Auto, short()).await).map(|(_, user)| user)
}

async fn serving(config: ServerConfig) -> Server {
    Server::start_tls(config, |heard| polite(heard).unwrap_or(Reply::page(404))).await
}

fn problem(outcome: Result<SignIn, OdooError>) -> CertificateProblem {
    match outcome {
        Err(OdooError::Certificate { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_stops_everything() {
    for made in [
        self_signed("localhost", false, (2020, 2050)),
        self_signed("localhost", true, (2020, 2050)),
        issued("localhost"),
    ] {
        let server = serving(made.config).await;
        assert_eq!(problem(sign_in(&server, Tls::System).await), CertificateProblem::UnknownIssuer);
        assert!(server.heard().is_empty());
    }
}

#[tokio::test]
async fn an_authority_or_the_server_s_own_certificate_can_be_given() {
    for made in [
        issued("localhost"),
        self_signed("localhost", false, (2020, 2050)),
        self_signed("localhost", true, (2020, 2050)),
    ] {
        let server = serving(made.config).await;
        assert_eq!(sign_in(&server, Tls::CustomCa { pem: made.pem }).await.unwrap().login, "marc");
    }
}

#[tokio::test]
async fn a_given_certificate_is_good_for_its_own_name_and_time_only() {
    let other = self_signed("erp.example.com", true, (2020, 2050));
    let server = serving(other.config).await;
    assert_eq!(problem(sign_in(&server, Tls::CustomCa { pem: other.pem }).await), CertificateProblem::WrongName);
    let old = self_signed("localhost", true, (2020, 2021));
    let server = serving(old.config).await;
    assert_eq!(problem(sign_in(&server, Tls::CustomCa { pem: old.pem }).await), CertificateProblem::Expired);
    let early = self_signed("localhost", true, (2050, 2051));
    let server = serving(early.config).await;
    assert_eq!(problem(sign_in(&server, Tls::CustomCa { pem: early.pem }).await), CertificateProblem::NotYetValid);
    let mine = self_signed("localhost", true, (2020, 2050));
    let theirs = self_signed("localhost", true, (2020, 2050));
    let server = serving(theirs.config).await;
    let outcome = sign_in(&server, Tls::CustomCa { pem: mine.pem }).await;
    assert!(matches!(outcome, Err(OdooError::Certificate { .. })), "{outcome:?}");
}

#[tokio::test]
async fn an_authority_of_another_name_does_not_make_a_wrong_name_right() {
    let made = issued("erp.example.com");
    let server = serving(made.config).await;
    assert_eq!(problem(sign_in(&server, Tls::CustomCa { pem: made.pem }).await), CertificateProblem::WrongName);
}

#[tokio::test]
async fn what_is_no_pem_is_refused_before_anything_is_sent() {
    for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] {
        let server = Server::start(|_| Reply::page(200)).await;
        let secure = server.origin.replace("http://", "https://");
        let endpoint = Endpoint { tls: Tls::CustomCa { pem: pem.to_owned() }, ..endpoint(&secure) };
        let refused = Client::sign_in_within(endpoint, key(), Protocol::Auto, short()).await.unwrap_err();
        assert!(matches!(refused, OdooError::BadAuthority(_)), "{refused:?}");
        assert!(server.heard().is_empty());
    }
}

#[tokio::test]
async fn https_to_a_server_without_tls_says_so() {
    let server = Server::start(|_| Reply::page(200)).await;
    let secure = server.origin.replace("http://", "https://");
    let refused = Client::sign_in_within(endpoint(&secure), key(), Protocol::Auto, short()).await.unwrap_err();
    assert!(matches!(refused, OdooError::Unreachable { cause: Unreachable::TlsFailed, .. }), "{refused:?}");
}
