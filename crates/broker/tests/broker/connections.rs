//! Connections: added by the person, proposed by agents, signed out, thrown away and brought back.

use crate::house::House;
use gatehouse_broker::view::{
    ActivityFilter, CardContent, ConnectionDraft, ProbeState, ProbeStep, SaveOutcome, SecretInput, Verdict,
};
use gatehouse_core::{ConnectionStatus, Environment, ErrorCode, Protocol, Tls};
use serde_json::json;
use tokio_util::sync::CancellationToken;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

/// The form as the person fills it in for the house's Odoo.
pub(crate) fn draft(house: &House, name: &str) -> ConnectionDraft {
    ConnectionDraft {
        id: None,
        name: name.into(),
        url: house.sim.url(),
        database: house.sim.database().into(),
        login: house.sim.admin().login.clone(),
        environment: Environment::Production,
        read_only: false,
        protocol: Protocol::Auto,
        tls: Tls::System,
        language: None,
        note: String::new(),
        tags: Vec::new(),
        favourite: false,
        proposal: None,
    }
}

fn key(house: &House) -> SecretInput {
    SecretInput::ApiKey(house.sim.admin().api_key.clone().into())
}

#[tokio::test]
async fn a_connection_needs_a_name_of_its_own_a_database_and_a_secret() {
    let house = House::open().await;
    let save = |draft, secret| house.broker.save_connection(draft, secret);
    assert!(save(draft(&house, "acme"), None).await.is_err());
    assert!(house.broker.overview().connections.is_empty(), "no half connection");
    save(draft(&house, "acme"), Some(key(&house))).await.unwrap();
    assert_eq!(save(draft(&house, "ACME"), Some(key(&house))).await.unwrap_err().code, ErrorCode::NameTaken);
    let public = ConnectionDraft { url: "http://odoo.example.com".into(), ..draft(&house, "x") };
    assert_eq!(save(public, Some(key(&house))).await.unwrap_err().code, ErrorCode::InvalidAddress);
}

#[tokio::test]
async fn what_loosens_waits_in_the_approval_window_and_the_rest_is_saved() {
    let house = House::open().await;
    let saved = house.broker.save_connection(draft(&house, "acme"), Some(key(&house))).await.unwrap();
    let SaveOutcome::Saved { connection } = saved else { panic!("{saved:?}") };
    let looser = ConnectionDraft {
        id: Some(connection.id.clone()),
        environment: Environment::Development,
        note: "a note".into(),
        ..draft(&house, "acme")
    };
    let outcome = house.broker.save_connection(looser, None).await.unwrap();
    assert!(matches!(outcome, SaveOutcome::NeedsApproval { .. }));
    let now = &house.broker.overview().connections[0];
    assert_eq!((now.environment, now.note.as_str()), (Environment::Production, "a note"));
    let card = house.card().await;
    assert!(matches!(&card.content, CardContent::Loosening(card) if card.changes[0].field == "environment"));
    house.decide(&card, YES).await.unwrap();
    assert_eq!(house.broker.overview().connections[0].environment, Environment::Development);
}

#[tokio::test]
async fn another_address_asks_for_the_secret_again() {
    let house = House::open().await;
    let SaveOutcome::Saved { connection } =
        house.broker.save_connection(draft(&house, "acme"), Some(key(&house))).await.unwrap()
    else {
        panic!("not saved")
    };
    let moved =
        ConnectionDraft { id: Some(connection.id.clone()), url: "http://127.0.0.1:9".into(), ..draft(&house, "acme") };
    let error = house.broker.save_connection(moved.clone(), None).await.unwrap_err();
    assert!(error.message.contains("secret again"), "{}", error.message);
    house.broker.save_connection(moved, Some(key(&house))).await.unwrap();
    assert_eq!(house.broker.overview().connections[0].origin, house.sim.url(), "not before the card is answered");
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    assert_eq!(house.broker.overview().connections[0].origin, "http://127.0.0.1:9");
}

/// An authority that nobody knows, and its SHA-256 fingerprint as openssl tells it.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----\n\
MIIBijCCAS+gAwIBAgIUWc2dPGV02fNVquAz137KtOzTt9owCgYIKoZIzj0EAwIw\n\
GTEXMBUGA1UEAwwOQWNtZSBBdXRob3JpdHkwIBcNMjYxMTIyMjEwMTIzWhgPMjEy\n\
NjEwMjkyMTAxMjNaMBkxFzAVBgNVBAMMDkFjbWUgQXV0aG9yaXR5MFkwEwYHKoZI\n\
zj0CAQYIKoZIzj0DAQcDQgAE0DdYYAW1vjMPVZr52As1xCB0RNt6N38zTo03gh1B\n\
2RcYq2FbT+3iXk+ZEzk8gYRdpZlpi8VPKBwNFvh/fe19waNTMFEwHQYDVR0OBBYE\n\
FObwjy69f2O7wfUw/rGB9SZxHv6FMB8GA1UdIwQYMBaAFObwjy69f2O7wfUw/rGB\n\
9SZxHv6FMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAPQTJ1TR\n\
svOk7mV0kcdE4sHxkXSlZbcXqdblUA4fuZKKAiEA0HA33Od3qV0uMLHyJFWTsS8N\n\
tvfz3Tnksd6kic90y14=\n\
-----END CERTIFICATE-----";
const FINGERPRINT: &str = "7cb3e88e31fb3104e05d60799a510760fa13c607fdbd1a563ec8baf68395cb62";

#[tokio::test]
async fn another_certificate_asks_for_the_secret_again_and_for_a_card() {
    let house = House::open().await;
    house.broker.save_connection(draft(&house, "acme"), Some(key(&house))).await.unwrap();
    let saved = || house.broker.overview().connections[0].clone();
    let tls = Tls::CustomCa { pem: AUTHORITY.into() };
    let trusting = ConnectionDraft { id: Some(saved().id), tls: tls.clone(), ..draft(&house, "acme") };
    let error = house.broker.save_connection(trusting.clone(), None).await.unwrap_err();
    assert!(error.message.contains("secret again") && saved().tls == Tls::System, "{}", error.message);
    let outcome = house.broker.save_connection(trusting.clone(), Some(key(&house))).await.unwrap();
    assert!(matches!(outcome, SaveOutcome::NeedsApproval { .. }));
    assert_eq!(saved().tls, Tls::System, "not before the card is answered");
    let card = house.card().await;
    let CardContent::Loosening(shown) = &card.content else { panic!("{card:?}") };
    let after = shown.changes[0].after.as_deref().unwrap();
    assert!(shown.changes[0].field == "tls" && after.contains("CN=Acme Authority"), "{shown:?}");
    assert!(after.contains(FINGERPRINT), "{after}");
    house.decide(&card, YES).await.unwrap();
    assert_eq!(saved().tls, tls);
    // The same again asks nothing, and the system's authorities alone are less.
    assert!(matches!(house.broker.save_connection(trusting, None).await.unwrap(), SaveOutcome::Saved { .. }));
    let back = ConnectionDraft { id: Some(saved().id), ..draft(&house, "acme") };
    assert!(matches!(house.broker.save_connection(back, None).await.unwrap(), SaveOutcome::Saved { .. }));
    assert_eq!(saved().tls, Tls::System);
}

#[tokio::test]
async fn a_test_sends_the_saved_secret_by_the_saved_certificates_alone() {
    let house = House::open().await;
    house.broker.save_connection(draft(&house, "acme"), Some(key(&house))).await.unwrap();
    let id = house.broker.overview().connections[0].id.clone();
    let saved = ConnectionDraft { id: Some(id), ..draft(&house, "acme") };
    let trusting = ConnectionDraft { tls: Tls::CustomCa { pem: AUTHORITY.into() }, ..saved.clone() };
    let signs_in = async |draft: ConnectionDraft, secret| {
        let mut state = None;
        let on_step = |step: ProbeStep| {
            if step.step == "sign_in" {
                state = Some(step.state);
            }
        };
        house.broker.test_connection(draft, secret, on_step, CancellationToken::new()).await.unwrap();
        state.unwrap() == ProbeState::Ok
    };
    assert!(signs_in(saved, None).await);
    assert!(!signs_in(trusting.clone(), None).await, "the saved secret was sent by another certificate");
    assert!(signs_in(trusting, Some(key(&house))).await);
}

#[tokio::test]
async fn a_proposed_connection_is_completed_by_the_person_and_granted_on_a_card() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let calling = agent.calling(
        "user_connection_add",
        json!({"url": house.sim.url(), "alias": "second", "db": "demo", "user": "admin"}),
    );
    let proposal = loop {
        if let Some(proposal) = house.broker.overview().proposals.into_iter().next() {
            break proposal;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert!(house.desktop.shown().contains(&"main connections".to_owned()));
    assert_eq!(proposal.draft.name, "second");
    let draft = ConnectionDraft { environment: Environment::Production, ..proposal.draft };
    house.broker.save_connection(draft, Some(key(&house))).await.unwrap();
    let card = house.card().await;
    assert!(matches!(&card.content, CardContent::Loosening(_)));
    house.decide(&card, YES).await.unwrap();
    let answer = calling.await.unwrap().unwrap();
    assert_eq!((answer["status"].as_str(), answer["granted"].as_bool()), (Some("added"), Some(true)));
    let list = agent.call("user_connection_list", json!({})).await.unwrap();
    assert_eq!(list["connections"].as_array().unwrap().len(), 2);
    let ambiguous = agent
        .call("odoo_write", json!({"model": "res.partner", "ids": [10], "values": {"phone": "1"}}))
        .await
        .unwrap_err();
    assert_eq!(ambiguous.code, ErrorCode::ConnectionRequired, "a change names its connection");
    agent.call("user_connection_activate", json!({"alias": "second"})).await.unwrap();
    let read = agent.call("odoo_search_read", json!({"model": "res.partner", "limit": 1})).await.unwrap();
    assert_eq!(read["connection"], "second");
}

#[tokio::test]
async fn a_secret_in_an_argument_is_refused_and_kept_nowhere() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let secret = "0123456789abcdef0123456789abcdef01234567";
    for arguments in [
        json!({"url": "https://acme.odoo.com", "api_key": secret}),
        json!({"url": format!("https://me:{secret}@acme.odoo.com")}),
        json!({"url": "https://acme.odoo.com", "user": secret}),
    ] {
        let error = agent.call("user_connection_add", arguments).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments);
        assert!(!error.message.contains(secret));
    }
    for entry in house.broker.activity(ActivityFilter::default()).unwrap().entries {
        let detail = house.broker.activity_detail(entry.seq).unwrap();
        assert!(!detail.payload.unwrap_or_default().contains(secret));
    }
}

#[tokio::test]
async fn a_disconnected_connection_is_unreachable_until_the_person_reconnects_it() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let calling = agent.calling("odoo_disconnect", json!({"alias": "Demo"}));
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    assert_eq!(calling.await.unwrap().unwrap()["status"], "disconnected");
    let error = agent.call("odoo_search_read", json!({"model": "res.partner"})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ConnectionUnavailable);
    let id = house.broker.overview().connections[0].id.clone();
    let again = house.broker.reconnect_connection(&id).await.unwrap();
    assert!(matches!(again.status, ConnectionStatus::Ok { .. }));
    assert!(agent.call("odoo_search_read", json!({"model": "res.partner"})).await.is_ok());
}

#[tokio::test]
async fn a_deleted_connection_lies_in_the_trash_and_comes_back() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let calling = agent.calling("user_connection_delete", json!({"alias": "Demo"}));
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    assert_eq!(calling.await.unwrap().unwrap()["status"], "deleted");
    let gone = agent.call("odoo_search_read", json!({"model": "res.partner"})).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::UnknownConnection);
    let trash = house.broker.overview().trash;
    house.broker.restore_connection(&trash[0].id).await.unwrap();
    assert!(agent.call("odoo_search_read", json!({"model": "res.partner"})).await.is_ok());
    house.broker.trash_connection(&trash[0].id).await.unwrap();
    house.broker.purge_connection(&trash[0].id).await.unwrap();
    assert!(house.broker.overview().trash.is_empty());
}

#[tokio::test]
async fn a_test_shows_its_steps_and_a_wrong_key_fails_at_the_sign_in() {
    let house = House::open().await;
    let mut steps = Vec::new();
    let wrong = Some(SecretInput::ApiKey("f".repeat(40).into()));
    let failed = house
        .broker
        .test_connection(draft(&house, "x"), wrong, |step| steps.push(step), CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(failed.code, ErrorCode::CredentialRefused);
    assert_eq!(steps.last().unwrap().step, "sign_in");
    assert!(steps.last().unwrap().fix.is_some());
    let mut steps = Vec::new();
    house
        .broker
        .test_connection(draft(&house, "x"), Some(key(&house)), |step| steps.push(step), CancellationToken::new())
        .await
        .unwrap();
    assert!(steps.iter().any(|step| step.step == "version"));
}

#[tokio::test]
async fn the_trash_is_emptied_after_thirty_days() {
    let house = House::with_demo().await;
    let id = house.broker.overview().connections[0].id.clone();
    house.broker.trash_connection(&id).await.unwrap();
    house.clock.forward(std::time::Duration::from_hours(30 * 24 - 1));
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(house.broker.overview().trash.len(), 1);
    house.clock.forward(std::time::Duration::from_hours(2));
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(house.broker.overview().trash.is_empty());
}
