use super::SuiteTarget;
use gatehouse_core::{ErrorCode, Protocol};
use gatehouse_odoo::{Client, Credential, Endpoint, Method, OdooError, Record, Search};
use serde_json::{Value, json};

fn search<'a>(domain: Value, fields: &'a [&'a str]) -> Search<'a> {
    Search { domain, fields, order: None, limit: 1, offset: 0 }
}

fn code(outcome: Result<impl std::fmt::Debug, OdooError>) -> ErrorCode {
    let edge = outcome.unwrap_err().edge();
    let shown = format!("{edge:?}");
    assert!(!shown.contains("Traceback") && !shown.contains(".py"), "{shown}");
    edge.code
}

pub(super) async fn every_refusal_is_its_own_error(client: &Client, is_admin: bool) {
    let everyone = || json!([]);
    let values = |value: Value| match value {
        Value::Object(values) => values,
        _ => Record::new(),
    };
    let schema = ErrorCode::UnknownSchema;
    assert_eq!(code(client.search_read("res.partner", &search(everyone(), &["no_such_field"]), None).await), schema);
    assert_eq!(
        code(client.search_read("res.partner", &search(json!([["no_such_field", "=", 1]]), &["name"]), None).await),
        schema
    );
    assert_eq!(code(client.search_read("no.such.model", &search(everyone(), &["name"]), None).await), schema);
    assert_eq!(code(client.fields("no.such.model", None).await), schema);
    assert_eq!(code(client.call(&Method::read("res.partner", "no_such_method")).await), schema);
    assert_eq!(
        code(client.create("res.partner", vec![values(json!({"name": "x", "type": "no_such_type"}))], None).await),
        schema
    );
    assert_eq!(code(client.write("res.partner", &[1], values(json!({"no_such_field": 1})), None).await), schema);

    assert_eq!(code(client.unlink("res.partner", &[99_999_999], None).await), ErrorCode::RecordMissing);
    assert!(client.read("res.partner", &[99_999_999], &["name"], None).await.unwrap().is_empty());

    if !is_admin {
        let refused = client.search_read("ir.model", &search(everyone(), &["model"]), None).await.unwrap_err();
        assert!(matches!(&refused, OdooError::AccessDenied { words } if !words.is_empty()), "{refused:?}");
        assert!(refused.edge().detail.is_some_and(|detail| detail.starts_with("Odoo says: ")));
        assert_eq!(code(client.unlink("res.users", &[1], None).await), ErrorCode::AccessDenied);
    }

    // What Odoo would take for "all" or "done" never leaves.
    let wrong = ErrorCode::InvalidArguments;
    assert_eq!(
        code(client.search_read("res.partner", &Search { limit: 0, ..search(everyone(), &["name"]) }, None).await),
        wrong
    );
    assert_eq!(code(client.write("res.partner", &[], values(json!({"name": "x"})), None).await), wrong);
    assert_eq!(code(client.unlink("res.partner", &[], None).await), wrong);
    assert_eq!(code(client.create("res.partner", Vec::new(), None).await), wrong);
    let ids = json!({"ids": [1]});
    let named = ids.as_object().unwrap();
    assert_eq!(code(client.call(&Method::write("res.partner", "write").named(named)).await), wrong);
}

pub(super) async fn a_wrong_secret_and_a_wrong_database_are_told_apart(target: &SuiteTarget, protocol: Protocol) {
    let wrong = "0123456789abcdef0123456789abcdef01234567";
    let refused = Client::sign_in(target.endpoint(), Credential::ApiKey(wrong.into()), protocol).await.unwrap_err();
    assert_eq!(refused, OdooError::CredentialRefused { credential: "API key" });

    let nowhere = Endpoint { database: "no_such_database".into(), ..target.endpoint() };
    let unknown = Client::sign_in(nowhere, target.secret.clone(), protocol).await.unwrap_err();
    assert_eq!(unknown, OdooError::UnknownDatabase { database: "no_such_database".into() });
}
