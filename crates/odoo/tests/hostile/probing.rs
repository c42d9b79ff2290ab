use super::certificates::self_signed;
use super::server::{Reply, Server, polite};
use super::{KEY, LOGIN, key};
use gatehouse_core::{ErrorCode, Protocol, Tls};
use gatehouse_odoo::probe::{ProbeFailure, ProbeTarget, Probed, Step, StepKind, StepState, probe};
use serde_json::json;
use std::time::Duration;

fn typed(url: &str) -> ProbeTarget {
    ProbeTarget {
        url: url.to_owned(),
        database: "prod".to_owned(),
        login: LOGIN.to_owned(),
        credential: Some(key()),
        tls: Tls::System,
        protocol: Protocol::Auto,
    }
}

async fn test(target: ProbeTarget) -> (Vec<Step>, Result<Probed, ProbeFailure>) {
    let mut steps = Vec::new();
    let outcome = probe(target, |step| steps.push(step)).await;
    let shown = format!("{steps:?} {outcome:?}");
    assert!(!shown.contains(KEY) && !shown.contains(LOGIN), "{shown}");
    (steps, outcome)
}

/// The test fails at this step with this code, tells what to do, and goes no further.
async fn fails(target: ProbeTarget, step: StepKind, code: ErrorCode) -> (Step, ProbeFailure) {
    let (steps, outcome) = test(target).await;
    let failure = outcome.unwrap_err();
    assert_eq!((failure.step, failure.error.code), (step, code), "{failure:?}");
    let last = steps.last().unwrap().clone();
    assert_eq!((last.kind, last.state), (step, StepState::Failed));
    assert!(!last.message.is_empty() && last.fix.as_deref().is_some_and(|fix| !fix.is_empty()), "{last:?}");
    (last, failure)
}

#[tokio::test]
async fn each_wrong_way_ends_at_its_own_step() {
    fails(typed("not an address"), StepKind::Address, ErrorCode::InvalidAddress).await;
    fails(typed("http://erp.example.com"), StepKind::Address, ErrorCode::InvalidAddress).await;
    fails(typed("https://marc:pw@erp.example.com"), StepKind::Address, ErrorCode::InvalidAddress).await;
    fails(typed("https://no-such-host.invalid"), StepKind::Dns, ErrorCode::Unreachable).await;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let (step, _) = fails(typed(&closed), StepKind::Tcp, ErrorCode::Unreachable).await;
    assert!(step.message.contains("refused"), "{}", step.message);
}

#[tokio::test]
async fn a_page_that_is_not_odoo_is_called_that() {
    for status in [200, 404, 403, 500] {
        let server = Server::start(move |_| Reply::page(status)).await;
        let (steps, outcome) = test(typed(&server.origin)).await;
        let failure = outcome.unwrap_err();
        assert_eq!(failure.step, StepKind::Version, "{status}");
        let expected = if status == 500 { ErrorCode::OdooFailed } else { ErrorCode::NotOdoo };
        assert_eq!(failure.error.code, expected, "{status}: {failure:?}");
        assert!(steps.iter().all(|step| step.kind <= StepKind::Version));
        assert!(server.heard().iter().all(|heard| !heard.all.contains(KEY) && !heard.all.contains(LOGIN)));
    }
}

#[tokio::test]
async fn a_server_that_leads_elsewhere_is_not_followed() {
    let server =
        Server::start(|_| Reply::Http(301, vec![("location", "https://erp.example.com/".into())], Vec::new())).await;
    let (step, _) = fails(typed(&server.origin), StepKind::Version, ErrorCode::NotOdoo).await;
    assert!(step.message.contains("https://erp.example.com"), "{}", step.message);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_on() {
    let server = Server::start(|_| Reply::Hang).await;
    fails(typed(&server.origin), StepKind::Version, ErrorCode::Unreachable).await;
}

#[tokio::test]
async fn an_untrusted_certificate_is_shown_with_what_it_says_and_what_to_do() {
    let made = self_signed("localhost", true, (2020, 2050));
    let server = Server::start_tls(made.config, |heard| polite(heard).unwrap_or(Reply::page(404))).await;
    let (step, failure) = fails(typed(&server.origin), StepKind::Tls, ErrorCode::CertificateRefused).await;
    let facts = step.certificate.unwrap();
    assert_eq!(
        (facts.names, facts.expires_on.as_str(), facts.is_self_signed),
        (vec!["localhost".to_owned()], "2050-01-01", true)
    );
    assert!(
        step.message.contains("valid until 2050-01-01") && failure.fix.contains("PEM"),
        "{step:?}",
        step = step.message
    );

    let good = ProbeTarget { tls: Tls::CustomCa { pem: made.pem }, ..typed(&server.origin) };
    let (steps, _) = test(good).await;
    assert!(steps.iter().any(|step| step.kind == StepKind::Tls && step.state == StepState::Ok), "{steps:?}");
    assert!(steps.iter().any(|step| step.kind == StepKind::Version && step.state == StepState::Ok), "{steps:?}");
}

#[tokio::test]
async fn a_key_of_somebody_else_is_said_so() {
    let server = Server::start(|heard| {
        polite(heard).unwrap_or_else(|| match heard.what.as_str() {
            "POST /web/database/list" => Reply::Json(json!({"jsonrpc": "2.0", "id": 1, "result": ["prod"]})),
            "POST /json/2/ir.model/get_available_models" => {
                Reply::Json(json!([{"model": "res.partner", "display_name": "Contact"}]))
            }
            _ => Reply::Json(json!(3)),
        })
    })
    .await;
    let (steps, outcome) = test(typed(&server.origin)).await;
    outcome.unwrap();
    let sign_in = steps.iter().rfind(|step| step.kind == StepKind::SignIn).unwrap();
    assert_eq!(sign_in.state, StepState::Warning);
    assert!(sign_in.message.contains("Marc (marc)"), "{}", sign_in.message);
}

#[tokio::test]
async fn a_name_that_the_server_does_not_list_brings_up_the_nearest() {
    let server = Server::start(|heard| match heard.what.as_str() {
        "POST /web/database/list" => {
            Reply::Json(json!({"jsonrpc": "2.0", "id": 1, "result": ["production", "staging"]}))
        }
        "POST /json/2/res.users/context_get" => {
            Reply::Http(404, Vec::new(), b"<p>No database is selected and".to_vec())
        }
        _ => polite(heard).unwrap_or(Reply::page(404)),
    })
    .await;
    let target = ProbeTarget { database: "Production".into(), ..typed(&server.origin) };
    let (_, failure) = fails(target, StepKind::Database, ErrorCode::UnknownDatabase).await;
    assert!(failure.fix.starts_with("Did you mean \"production\"?"), "{}", failure.fix);
    let target = ProbeTarget { database: String::new(), ..typed(&server.origin) };
    let (_, failure) = fails(target, StepKind::Database, ErrorCode::UnknownDatabase).await;
    assert_eq!(&*failure.fix, "Choose one of: production, staging.");
}

#[tokio::test]
async fn a_test_that_is_dropped_asks_nothing_more() {
    let server = Server::start(|_| Reply::Hang).await;
    let running = tokio::spawn(probe(typed(&server.origin), |_| {}));
    tokio::time::sleep(Duration::from_millis(200)).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    let asked = server.heard().len();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.heard().len(), asked);
}
