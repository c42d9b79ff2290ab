use super::SuiteTarget;
use gatehouse_core::{ErrorCode, Protocol};
use gatehouse_odoo::{Client, Credential, Endpoint, Limits, Method, OdooError, Record, Search};
use serde_json::{Value, json};
use std::time::Duration;

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

/// A call that Odoo refuses.
struct Refusal {
    what: &'static str,
    model: &'static str,
    method: &'static str,
    ids: Vec<i64>,
    args: Vec<(&'static str, Value)>,
    named: Value,
    context: Value,
    code: ErrorCode,
}

impl Refusal {
    fn new(what: &'static str, code: ErrorCode, model: &'static str, method: &'static str) -> Self {
        Self { what, model, method, ids: Vec::new(), args: Vec::new(), named: json!({}), context: json!({}), code }
    }

    fn on(mut self, ids: &[i64]) -> Self {
        self.ids = ids.to_vec();
        self
    }

    fn arg(mut self, name: &'static str, value: Value) -> Self {
        self.args.push((name, value));
        self
    }

    async fn outcome(&self, client: &Client) -> Result<Value, OdooError> {
        let mut method = Method::write(self.model, self.method);
        if !self.ids.is_empty() {
            method = method.on(&self.ids);
        }
        for (name, value) in &self.args {
            method = method.arg(name, value.clone());
        }
        let (named, context) = (self.named.as_object().unwrap(), self.context.as_object());
        client.call(&method.named(named).within(context)).await
    }
}

/// Every refusal that Odoo gives to a caller's mistake, with `mine` as a contact that may be written.
fn refusals(mine: i64) -> Vec<Refusal> {
    use ErrorCode::{AccessDenied, InvalidArguments, OdooRefused, RecordMissing, UnknownSchema};
    let partner = |what, code, method| Refusal::new(what, code, "res.partner", method);
    let write = |what, code, values: Value| partner(what, code, "write").on(&[mine]).arg("vals", values);
    let count = |what, code, domain: Value| partner(what, code, "search_count").arg("domain", domain);
    let gone = 99_999_999;
    vec![
        write("a contact without a name", OdooRefused, json!({"name": false})),
        Refusal::new("an order without a customer", OdooRefused, "sale.order", "create").arg("vals_list", json!([{}])),
        write("a relation to a record that is gone", RecordMissing, json!({"country_id": gone})),
        write("a zero character", UnknownSchema, json!({"name": "a\u{0}b"})),
        write("a text for a number", UnknownSchema, json!({"color": "x"})),
        write("a number too large", InvalidArguments, json!({"color": 1_i64 << 40})),
        partner("a record that is gone", RecordMissing, "write").on(&[gone]).arg("vals", json!({"name": "x"})),
        partner("no values", InvalidArguments, "write").on(&[mine]),
        Refusal { named: json!({"nope": 1}), ..count("an argument that is none", InvalidArguments, json!([])) },
        partner("a private method", AccessDenied, "_compute_display_name").on(&[mine]),
        count("a domain that is none", InvalidArguments, json!(5)),
        count("a term of one part", UnknownSchema, json!([["name"]])),
        count("an operator that is none", UnknownSchema, json!([["name", "~~", "x"]])),
        count("a date that is none", UnknownSchema, json!([["create_date", ">", "x"]])),
        Refusal {
            named: json!({"order": "nope", "limit": 1}),
            ..partner("an order by nothing", UnknownSchema, "search_read").arg("domain", json!([]))
        },
        Refusal {
            context: json!({"allowed_company_ids": [99]}),
            ..count("a company of somebody else", AccessDenied, json!([]))
        },
    ]
}

pub(super) async fn every_mistake_gets_a_code_a_sentence_and_a_next_step(client: &Client) {
    let name = format!("Gatehouse errors {} {:?}", std::process::id(), std::thread::current().id());
    let values = Record::from_iter([("name".to_owned(), json!(name))]);
    let mine = client.create("res.partner", vec![values], None).await.unwrap();
    let mut wrong = Vec::new();
    for refusal in refusals(mine[0]) {
        let outcome = refusal.outcome(client).await;
        let Err(error) = outcome else {
            wrong.push(format!("{}: was taken", refusal.what));
            continue;
        };
        let edge = error.edge();
        let shown = format!("{edge:?} {error:?}");
        let is_clean = !shown.contains("Traceback") && !shown.contains(".py") && !shown.contains("psycopg2");
        let speaks =
            edge.message.ends_with('.') && edge.message.len() > error.to_string().len() && !error.fix().is_empty();
        let quotes = edge.detail.as_deref().is_none_or(|detail| detail.starts_with("Odoo says: "));
        if edge.code != refusal.code || !is_clean || !speaks || !quotes || edge.retry {
            wrong.push(format!("{}: {shown}", refusal.what));
        }
    }
    client.unlink("res.partner", &mine, None).await.unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

pub(super) async fn what_takes_too_long_or_too_much_is_told_so(
    target: &SuiteTarget,
    client: &Client,
    protocol: Protocol,
) {
    let hurried = Method::read("res.partner", "search_count").arg("domain", json!([])).by(Duration::ZERO);
    let late = client.call(&hurried).await.unwrap_err();
    assert!(matches!(late, OdooError::TimedOut { .. }) && late.edge().retry, "{late:?}");

    let (tight, _) = Client::sign_in_within(
        target.endpoint(),
        target.secret.clone(),
        protocol,
        Limits { values: 12 * 1024, ..Limits::default() },
    )
    .await
    .unwrap();
    let search = Search { limit: 200, ..search(json!([]), &["name", "code"]) };
    let large = tight.search_read("res.country", &search, None).await.unwrap_err();
    assert_eq!((large.edge().code, large.edge().retry), (ErrorCode::TooMuch, false), "{large:?}");
    // Fewer of them come through.
    let search = Search { limit: 3, ..search };
    assert_eq!(tight.search_read("res.country", &search, None).await.unwrap().len(), 3);
}

pub(super) async fn a_wrong_secret_and_a_wrong_database_are_told_apart(target: &SuiteTarget, protocol: Protocol) {
    let wrong = "0123456789abcdef0123456789abcdef01234567";
    let refused = Client::sign_in(target.endpoint(), Credential::ApiKey(wrong.into()), protocol).await.unwrap_err();
    assert_eq!(refused, OdooError::CredentialRefused { credential: "API key" });

    let nowhere = Endpoint { database: "no_such_database".into(), ..target.endpoint() };
    let unknown = Client::sign_in(nowhere, target.secret.clone(), protocol).await.unwrap_err();
    assert_eq!(unknown, OdooError::UnknownDatabase { database: "no_such_database".into() });
}
