//! The administrator's file: no window loosens it, and what it pins counts everywhere.

use crate::house::{House, draft_of};
use gatehouse_broker::view::{
    ConnectionDraft, OwnPolicy, PolicyEdit, PolicySaved, PolicySource, SaveOutcome, SecretInput, Verdict,
};
use gatehouse_core::{Environment, ErrorCode, Tls};
use gatehouse_ipc::message::Event;
use gatehouse_policy::Preset;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const HIDES_UNLINK: &str = r#"{"version": "1", "default": "allow", "hide": ["odoo_unlink"]}"#;
const OPEN: &str = r#"{"version": "1", "default": "allow"}"#;

fn pins(environment: &str, allowed: &str) -> String {
    format!(
        r#"{{"version": "1", "default": "allow", "pin": {{
        "environments": [{{"host": "127.0.0.1", "environment": "{environment}"}}], "allowed_hosts": [{allowed}]}}}}"#
    )
}

#[tokio::test]
async fn the_administrators_policy_cannot_be_loosened_from_the_window() {
    let house = House::managed(HIDES_UNLINK).await;
    house.add_demo().await;
    let agent = house.admitted("claude-code").await;
    let layer = house.layer("managed");
    assert_eq!((layer.source, layer.editable, layer.text.as_deref()), (PolicySource::File, false, Some(HIDES_UNLINK)));
    let error = house.broker.save_policy("managed", PolicyEdit::Absent).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Denied);
    for layer in ["user".to_owned(), house.of_demo(), "agent:claude-code".to_owned()] {
        house.save(&layer, OPEN).await;
    }
    let delete = json!({"model": "res.partner", "ids": [10], "connection": "Demo"});
    assert_eq!(agent.call("odoo_unlink", delete).await.unwrap_err().rule.as_deref(), Some("(hidden)"));
    assert!(!agent.tools().await.contains(&"odoo_unlink".to_owned()));
}

#[tokio::test]
async fn a_change_of_the_file_is_in_force_within_moments_and_lists_follow() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let mut events = agent.client.events().unwrap();
    let write = json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"});
    agent.call("odoo_write", write).await.unwrap();
    let delete = json!({"model": "res.partner", "ids": [10], "connection": "Demo"});
    agent.call("odoo_unlink", delete).await.unwrap();
    while events.try_recv().is_ok() {}
    house.put_managed(HIDES_UNLINK);
    house.until("the file is seen", |house| house.layer("managed").source == PolicySource::File).await;
    let told = tokio::time::timeout(Duration::from_secs(2), events.recv()).await.unwrap();
    assert_eq!(told, Some(Event::ToolsChanged));
    assert!(!agent.tools().await.contains(&"odoo_unlink".to_owned()));
    assert_eq!(house.approver.cards().len(), 1, "what it denies waits no more");
    // It is the administrator's: nobody is asked when it loosens.
    house.put_managed(OPEN);
    house.until("the change is seen", |house| house.layer("managed").text.as_deref() == Some(OPEN)).await;
    assert!(agent.tools().await.contains(&"odoo_unlink".to_owned()));
}

#[tokio::test]
async fn a_file_that_others_may_write_is_ignored_with_a_warning_on_the_page() {
    let house = House::managed(r#"{"version": "1", "default": "deny"}"#).await;
    house.add_demo().await;
    let path = house.folder().join("etc/policy.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    house.until("it is ignored", |house| house.layer("managed").source == PolicySource::Absent).await;
    let layer = house.layer("managed");
    assert!(layer.warnings[0].contains("is ignored") && layer.warnings[0].contains("chmod"), "{:?}", layer.warnings);
    assert_eq!(layer.path.as_deref(), path.to_str());
    house.admitted("claude-code").await;
}

#[tokio::test]
async fn a_file_with_errors_denies_everything_and_the_page_says_why() {
    let house = House::managed(r#"{"version": "1", "default": "allow", "hidden": []}"#).await;
    house.add_demo().await;
    let layer = house.layer("managed");
    assert!(layer.warnings[0].contains("hidden") && layer.warnings[0].contains("Everything is refused"));
    let bridge = house.bridge("claude-code").await;
    let call = bridge.calling("user_connection_list", json!({}));
    let card = house.card().await;
    house.decide(&card, Verdict::Admit { connections: Vec::new(), policy: OwnPolicy::Keep }).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().rule.as_deref(), Some("(default deny)"));
}

#[tokio::test]
async fn a_pinned_environment_counts_everywhere_and_the_form_cannot_say_another() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.make_development().await;
    let write = json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"});
    assert_eq!(agent.call("odoo_write", write.clone()).await.unwrap()["status"], "written");
    house.put_managed(&pins("production", r#""127.0.0.1""#));
    let environment = |house: &House| house.broker.overview().connections[0].environment;
    house.until("the pin counts", |house| environment(house) == Environment::Production).await;
    assert_eq!(house.layer(&house.of_demo()).preset, Some(Preset::AskFirst));
    assert_eq!(agent.call("odoo_write", write).await.unwrap()["status"], "pending_approval");
    let card = house.card().await;
    assert_eq!(card.connection.unwrap().environment, Environment::Production, "the badge");
    let listed = agent.call("user_connection_list", json!({})).await.unwrap();
    assert!(listed.to_string().contains("production"), "{listed}");
    let connection = house.broker.overview().connections[0].clone();
    let draft = ConnectionDraft { environment: Environment::Development, ..draft_of(connection.clone()) };
    let error = house.broker.save_connection(draft, None).await.unwrap_err();
    assert!(error.message.contains("administrator") && error.message.contains("production"), "{}", error.message);
    assert_eq!(house.broker.parse_url(&house.sim.url()).unwrap().environment, Environment::Production);
    // Another edit under the pin does not touch what was chosen before it.
    let draft = ConnectionDraft { note: "seen".into(), ..draft_of(connection) };
    assert!(matches!(house.broker.save_connection(draft, None).await.unwrap(), SaveOutcome::Saved { .. }));
    house.put_managed(OPEN);
    house.until("the pin is gone", |house| environment(house) == Environment::Development).await;
}

#[tokio::test]
async fn an_edit_under_a_pin_does_not_keep_the_pinned_environment() {
    let house = House::with_demo().await;
    house.put_managed(&pins("development", r#""127.0.0.1""#));
    let environment = |house: &House| house.broker.overview().connections[0].environment;
    house.until("the pin counts", |house| environment(house) == Environment::Development).await;
    let draft = ConnectionDraft { note: "seen".into(), ..draft_of(house.broker.overview().connections[0].clone()) };
    house.broker.save_connection(draft, None).await.unwrap();
    std::fs::remove_file(house.folder().join("etc/policy.json")).unwrap();
    house.until("it is production again", |house| environment(house) == Environment::Production).await;
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_not_saved_not_probed_and_not_used() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let read = json!({"model": "res.partner", "fields": ["name"], "limit": 1});
    agent.call("odoo_search_read", read.clone()).await.unwrap();
    house.put_managed(&pins("production", r#""*.acme.com""#));
    house.until("the file is seen", |house| house.layer("managed").source == PolicySource::File).await;
    let before = house.sim.log().len();
    let error = agent.call("odoo_search_read", read).await.unwrap_err();
    assert_eq!((error.code, error.rule.as_deref()), (ErrorCode::Denied, Some("(managed)")));
    assert!(error.message.contains("administrator"), "{}", error.message);
    let connection = house.broker.overview().connections[0].clone();
    let secret = || Some(SecretInput::ApiKey(house.sim.admin().api_key.clone().into()));
    let edit = draft_of(connection.clone());
    let new = ConnectionDraft { id: None, name: "Other".into(), ..draft_of(connection.clone()) };
    for draft in [edit, new] {
        let tested = house.broker.test_connection(draft.clone(), secret(), |_| {}, CancellationToken::new()).await;
        assert_eq!(tested.unwrap_err().rule.as_deref(), Some("(managed)"));
        let saved = house.broker.save_connection(draft, secret()).await;
        assert_eq!(saved.unwrap_err().rule.as_deref(), Some("(managed)"));
    }
    let listed = house.broker.databases(&house.sim.url(), &Tls::System).await;
    assert_eq!(listed.unwrap_err().rule.as_deref(), Some("(managed)"));
    let again = house.broker.reconnect_connection(&connection.id).await;
    assert_eq!(again.unwrap_err().rule.as_deref(), Some("(managed)"));
    let proposed = agent.call("user_connection_add", json!({"url": "https://elsewhere.example"})).await;
    assert_eq!(proposed.unwrap_err().rule.as_deref(), Some("(managed)"));
    assert_eq!(house.sim.log().len(), before, "nothing was sent");
    let trashed = house.broker.trash_connection(&connection.id).await;
    assert!(trashed.is_ok(), "it can be deleted all the same");
}

#[tokio::test]
async fn a_draft_of_the_administrators_policy_is_not_judged_by() {
    let house = House::managed(OPEN).await;
    let draft = gatehouse_broker::view::PolicyDraft { layer: "managed".into(), edit: PolicyEdit::Absent };
    assert_eq!(house.broker.replay_policy(&draft).unwrap_err().code, ErrorCode::Denied);
    let check = house.broker.check_policy("user", &PolicyEdit::Custom { text: HIDES_UNLINK.into() }).unwrap();
    assert!(check.loosened.is_empty());
    let pinning = pins("staging", r#""*.acme.com""#);
    let check = house.broker.check_policy("managed", &PolicyEdit::Custom { text: pinning.clone() }).unwrap();
    assert_eq!(check.outline.unwrap().pins.allowed_hosts.unwrap(), ["*.acme.com"]);
    let check = house.broker.check_policy("user", &PolicyEdit::Custom { text: pinning }).unwrap();
    assert!(check.problems[0].message.contains("pin"), "only the administrator pins: {:?}", check.problems);
    let saved = house.broker.save_policy("user", PolicyEdit::Custom { text: HIDES_UNLINK.into() }).await.unwrap();
    assert_eq!(saved, PolicySaved::Saved);
}
