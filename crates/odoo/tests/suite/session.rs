use super::SuiteTarget;
use gatehouse_core::{ErrorCode, Protocol, Tls};
use gatehouse_odoo::probe::{ProbeTarget, Step, StepKind, StepState, databases, probe};
use gatehouse_odoo::{Client, Credential, FieldType};
use std::sync::Arc;

pub(super) async fn signing_in_tells_who_and_where(target: &SuiteTarget, protocol: Protocol) -> Client {
    let (client, user) = target.sign_in(protocol).await.unwrap();
    assert_eq!(user.login, target.login);
    assert_eq!(user.protocol, protocol);
    assert_eq!(user.is_admin, target.is_admin);
    assert!(user.uid > 0 && !user.user_name.is_empty() && user.version.at_least(14));
    assert_eq!(user.companies.first(), Some(&user.company));
    assert!(user.lang.is_some());
    let shown = format!("{client:?} {user:?} {:?}", target.secret);
    assert!(!shown.contains("secret") && shown.len() < 2_000);
    client
}

pub(super) async fn models_languages_and_fields_are_told_to_an_ordinary_user(client: &Client) {
    let models = client.models(Some("Partner"), None).await.unwrap();
    assert!(models.iter().any(|model| model.name == "res.partner" && !model.label.is_empty()));
    assert!(
        models.iter().all(|model| model.name.contains("partner") || model.label.to_lowercase().contains("partner"))
    );
    assert!(client.languages().await.unwrap().iter().any(|(code, _)| code == "en_US"));

    let fields = client.fields("res.partner", None).await.unwrap();
    let country = fields.get("country_id").unwrap();
    assert_eq!((country.kind, country.relation.as_deref()), (FieldType::Many2one, Some("res.country")));
    assert!(!country.label.is_empty() && country.store && country.searchable);
    let children = fields.get("child_ids").unwrap();
    assert_eq!((children.kind, children.relation_field.as_deref()), (FieldType::One2many, Some("parent_id")));
    assert_eq!(fields.get("is_company").unwrap().kind, FieldType::Boolean);
    let kind = fields.get("type").unwrap();
    assert!(kind.selection.iter().any(|(value, label)| value == "invoice" && label.contains("Invoice")));
    assert!(fields.get("display_name").unwrap().computed);
    assert!(!fields.get("name").unwrap().computed);
    assert!(Arc::ptr_eq(&fields, &client.fields("res.partner", None).await.unwrap()));
    client.forget("res.partner");
    assert!(!Arc::ptr_eq(&fields, &client.fields("res.partner", None).await.unwrap()));
}

pub(super) async fn the_protocol_is_chosen_by_version_and_secret(target: &SuiteTarget) {
    let (_, user) = target.sign_in(Protocol::Auto).await.unwrap();
    let expected =
        if target.secret.is_api_key() && user.version.has_json2() { Protocol::Json2 } else { Protocol::JsonRpc };
    assert_eq!(user.protocol, expected);
}

async fn steps(target: ProbeTarget) -> (Vec<Step>, Result<(), (StepKind, ErrorCode)>) {
    let mut steps = Vec::new();
    let outcome = probe(target, |step| steps.push(step)).await;
    let outcome = outcome.map(drop).map_err(|failure| {
        assert!(!failure.fix.is_empty() && !failure.error.message.is_empty());
        (failure.step, failure.error.code)
    });
    steps.retain(|step| step.state != StepState::Running);
    (steps, outcome)
}

fn typed(target: &SuiteTarget) -> ProbeTarget {
    ProbeTarget {
        url: format!("  {}/web/login?redirect=%2Fodoo  ", target.url),
        database: target.database.clone(),
        login: target.login.clone(),
        credential: Some(target.secret.clone()),
        tls: Tls::System,
        protocol: Protocol::Auto,
    }
}

pub(super) async fn the_test_of_a_connection_passes_every_step(target: &SuiteTarget) {
    let (steps, outcome) = steps(typed(target)).await;
    for step in &steps {
        println!("  {:<9} {:?} {} ({} ms)", step.kind.as_str(), step.state, step.message, step.elapsed.as_millis());
    }
    assert_eq!(outcome, Ok(()));
    assert_eq!(steps.len(), 9);
    assert!(steps.windows(2).all(|pair| pair[0].kind < pair[1].kind));
    assert!(steps.iter().all(|step| step.state != StepState::Failed && !step.message.is_empty()));
}

pub(super) async fn the_test_of_a_connection_names_what_is_wrong(target: &SuiteTarget) {
    let listed = databases(&target.url, &Tls::System).await.unwrap();
    if let Some(names) = &listed {
        assert!(names.contains(&target.database));
        if let [only] = names.as_slice() {
            let (steps, outcome) = steps(ProbeTarget { database: String::new(), ..typed(target) }).await;
            assert_eq!(outcome, Ok(()));
            assert!(steps.iter().any(|step| step.kind == StepKind::Database && step.message.contains(only)));
        }
    }
    let (_, outcome) = steps(ProbeTarget { database: "no_such_database".into(), ..typed(target) }).await;
    assert_eq!(outcome, Err((StepKind::Database, ErrorCode::UnknownDatabase)));

    let wrong = Some(Credential::ApiKey("0123456789abcdef0123456789abcdef01234567".into()));
    let (_, outcome) = steps(ProbeTarget { credential: wrong, ..typed(target) }).await;
    assert_eq!(outcome, Err((StepKind::SignIn, ErrorCode::CredentialRefused)));

    let (steps, outcome) = steps(ProbeTarget { credential: None, ..typed(target) }).await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(steps.last().map(|step| step.state), Some(StepState::Skipped));
}
