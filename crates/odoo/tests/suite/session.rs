use super::SuiteTarget;
use gatehouse_core::{ErrorCode, Protocol, Tls};
use gatehouse_odoo::probe::{ProbeTarget, Step, StepKind, StepState, databases, probe};
use gatehouse_odoo::{Capability, Client, Credential, FieldType, Right};
use std::sync::Arc;

pub(super) async fn signing_in_tells_who_and_where(target: &SuiteTarget, protocol: Protocol) -> Client {
    let (client, user) = target.sign_in(protocol).await.unwrap();
    assert_eq!(user.login, target.login);
    assert_eq!(user.protocol, protocol);
    assert_eq!(user.is_admin, target.is_admin);
    assert!(user.uid > 0 && !user.user_name.is_empty() && user.version.can(Capability::JsonRpc));
    assert_eq!((client.version(), client.protocol()), (user.version, protocol));
    assert_eq!((client.origin(), client.database()), (target.url.as_str(), target.database.as_str()));
    assert_eq!(user.companies.first(), Some(&user.company));
    let mut ids: Vec<i64> = user.companies.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), user.companies.len(), "each company once");
    assert!(user.companies.iter().all(|(_, name)| !name.is_empty()));
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

pub(super) async fn the_columns_of_a_list_are_told_to_an_ordinary_user(client: &Client, is_admin: bool) {
    let columns = client.list_columns("res.partner", None).await.unwrap();
    let place = |name: &str| columns.iter().position(|column| column == name);
    let shown = ["complete_name", "email", "phone", "country_id"].map(place);
    assert!(shown.iter().all(Option::is_some) && shown.is_sorted(), "{columns:?}");
    for hidden in ["company_id", "city", "user_id"] {
        assert_eq!(place(hidden), None, "{columns:?}: a person has to choose it");
    }
    assert!(Arc::ptr_eq(&columns, &client.list_columns("res.partner", None).await.unwrap()));

    let (fields, columns) = client.describe("sale.order", None).await.unwrap();
    for column in ["name", "partner_id", "amount_total"] {
        assert!(columns.iter().any(|shown| shown == column) && fields.get(column).is_some(), "{columns:?}");
    }
    assert!(!columns.iter().any(|column| column == "currency_id"), "{columns:?}: always hidden");
    client.forget("sale.order");
    let (again, _) = client.describe("sale.order", None).await.unwrap();
    assert!(!Arc::ptr_eq(&fields, &again));

    if !is_admin {
        let closed = client.list_columns("ir.model", None).await.unwrap();
        assert!(closed.is_empty(), "{closed:?}");
        assert!(Arc::ptr_eq(&closed, &client.list_columns("ir.model", None).await.unwrap()), "remembered");
    }
    assert!(client.list_columns("no.such.model", None).await.unwrap().is_empty());
    assert!(client.describe("no.such.model", None).await.is_err());
}

pub(super) async fn a_user_s_rights_are_told(client: &Client, is_admin: bool) {
    for right in [Right::Read, Right::Create, Right::Write] {
        assert!(client.may(right, "res.partner").await.unwrap(), "{right:?}");
    }
    for right in [Right::Create, Right::Write, Right::Unlink] {
        assert_eq!(client.may(right, "res.company").await.unwrap(), is_admin, "{right:?}");
    }
    assert!(client.may(Right::Read, "no.such.model").await.is_err());
}

pub(super) async fn a_language_is_remembered_by_itself(client: &Client) {
    let own = client.fields("res.partner", None).await.unwrap();
    let english = client.fields("res.partner", Some("en_US")).await.unwrap();
    assert!(!Arc::ptr_eq(&own, &english));
    assert_eq!(english.get("name").unwrap().label, "Name");
    assert!(!client.models(Some("res.partner"), Some("en_US")).await.unwrap().is_empty());
}

pub(super) async fn the_protocol_is_chosen_by_version_and_secret(target: &SuiteTarget) {
    let (_, user) = target.sign_in(Protocol::Auto).await.unwrap();
    let expected = if target.secret.is_api_key() && user.version.can(Capability::Json2) {
        Protocol::Json2
    } else {
        Protocol::JsonRpc
    };
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
