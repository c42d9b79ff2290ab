//! The Policy page: a text checked, a call tried, the journal judged again. Nothing of it runs or is charged.

use crate::house::{Agent, House};
use gatehouse_broker::view::{
    ActivityFilter, PathKind, PolicyDraft, PolicyEdit, ReplayKind, ReplayTally, TryCall, Verdict,
};
use gatehouse_core::{AgentId, Decision, ErrorCode};
use gatehouse_policy::Preset;
use serde_json::{Value, json};

const HIDES_UNLINK: &str = r#"{"version": "1", "default": "allow", "hide": ["odoo_unlink"]}"#;
const NO_SEARCH: &str = r#"{"version": "1", "default": "allow", "tools": {"odoo_search_read": {"deny_if": [
    {"conditions": [{"path": "args.model", "op": "eq", "value": "res.partner"}], "on_deny": "no partners"}]}}}"#;

fn draft(layer: &str, text: &str) -> PolicyDraft {
    PolicyDraft { layer: layer.into(), edit: PolicyEdit::Custom { text: text.into() } }
}

fn trial(house: &House, tool: &str, arguments: &Value) -> TryCall {
    TryCall {
        agent: AgentId::parse("claude-code").unwrap(),
        connection: Some(house.broker.overview().connections[0].id.clone()),
        tool: tool.into(),
        arguments: arguments.to_string(),
    }
}

async fn read(agent: &Agent, model: &str) {
    agent.call("odoo_search_read", json!({"model": model, "fields": ["name"], "limit": 2})).await.unwrap();
}

#[tokio::test]
async fn a_tried_call_is_described_and_judged_and_leaves_nothing_behind() {
    let house = House::with_demo().await;
    house.admitted("claude-code").await;
    let entries = || house.broker.activity(ActivityFilter::default()).unwrap().entries.len();
    let before = entries();
    let write = json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}});
    let tried = house.broker.try_call(&trial(&house, "odoo_write", &write), None).await.unwrap();
    let facts = tried.facts.unwrap();
    assert_eq!(
        (facts.model.as_deref(), facts.records, facts.fields.as_slice()),
        (Some("res.partner"), Some(1), &["phone".to_owned()][..])
    );
    let tree = tried.tree.unwrap();
    let Decision::Ask(question) = &tree.decision else { panic!("{tree:?}") };
    assert!(question.rule.ends_with("/tools/odoo_write/require_approval/0"), "{}", question.rule);
    let layers: Vec<_> = tree.readings[0].layers.iter().map(|layer| layer.layer.clone()).collect();
    assert_eq!(layers, ["local".to_owned(), house.of_demo()]);
    assert_eq!((house.times("write"), entries()), (0, before));
    assert!(house.approver.cards().is_empty() && house.broker.approvals().open.is_empty());
    // A hundred trials take nothing from a limit of 30 a minute.
    for _ in 0..100 {
        let tried = house.broker.try_call(&trial(&house, "odoo_write", &write), None).await.unwrap();
        assert!(matches!(tried.tree.unwrap().decision, Decision::Ask(_)));
    }
}

#[tokio::test]
async fn a_call_is_tried_under_a_draft_in_place_of_its_layer() {
    let house = House::with_demo().await;
    house.admitted("claude-code").await;
    let delete = trial(&house, "odoo_unlink", &json!({"model": "res.partner", "ids": [10]}));
    let tried = house.broker.try_call(&delete, Some(&draft("user", HIDES_UNLINK))).await.unwrap();
    let Decision::Deny(denial) = tried.tree.unwrap().decision else { panic!("hidden in the draft") };
    assert_eq!(denial.rule, "(hidden)");
    let trusted = PolicyDraft { layer: house.of_demo(), edit: PolicyEdit::Preset { preset: Preset::Trusted } };
    let write = trial(&house, "odoo_write", &json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}}));
    let tried = house.broker.try_call(&write, Some(&trusted)).await.unwrap();
    assert_eq!(tried.tree.unwrap().decision, Decision::Allow);
    assert!(
        house.broker.try_call(&write, Some(&draft("user", "{"))).await.is_err(),
        "a draft with errors judges nothing"
    );
}

#[tokio::test]
async fn what_would_be_refused_before_any_policy_is_asked_is_told_as_such() {
    let house = House::with_demo().await;
    house.admitted("claude-code").await;
    let connection = house.broker.overview().connections[0].id.clone();
    let error = async |call: TryCall| house.broker.try_call(&call, None).await.unwrap().error.map(|error| error.code);
    let search = json!({"model": "res.partner"});
    assert_eq!(error(trial(&house, "odoo_nothing", &search)).await, Some(ErrorCode::UnknownTool));
    assert_eq!(
        error(trial(&house, "odoo_search_read", &json!({"modell": "x"}))).await,
        Some(ErrorCode::InvalidArguments)
    );
    assert_eq!(
        error(trial(&house, "odoo_search_read", &json!({"model": "no.such.model"}))).await,
        Some(ErrorCode::UnknownSchema)
    );
    let not_json = TryCall { arguments: "{".into(), ..trial(&house, "odoo_search_read", &search) };
    assert_eq!(error(not_json).await, Some(ErrorCode::InvalidArguments));
    let nowhere = TryCall { connection: None, ..trial(&house, "odoo_search_read", &search) };
    assert_eq!(error(nowhere).await, Some(ErrorCode::ConnectionRequired));
    let stranger = TryCall { agent: AgentId::parse("nobody").unwrap(), ..trial(&house, "odoo_search_read", &search) };
    assert_eq!(error(stranger).await, Some(ErrorCode::NotAdmitted));
    house.broker.disconnect_connection(&connection).await.unwrap();
    assert_eq!(error(trial(&house, "odoo_search_read", &search)).await, Some(ErrorCode::ConnectionUnavailable));
    let guarded = house.broker.try_call(&trial(&house, "odoo_search_read", &json!({"model": "ir.rule"})), None).await;
    assert!(guarded.unwrap().error.is_some(), "signed out comes first");
}

#[tokio::test]
async fn the_guard_stands_in_the_explanation() {
    let house = House::with_demo().await;
    house.admitted("claude-code").await;
    let tried = house
        .broker
        .try_call(&trial(&house, "odoo_search_read", &json!({"model": "ir.config_parameter"})), None)
        .await
        .unwrap();
    assert_eq!(tried.tree.unwrap().guard.unwrap().rule, "(guard)");
}

#[tokio::test]
async fn a_replay_tells_which_calls_a_draft_would_change_and_from_what_to_what() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    for model in ["res.partner", "sale.order", "res.partner"] {
        read(&agent, model).await;
    }
    let call = agent.calling(
        "odoo_write",
        json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"}),
    );
    let card = house.card().await;
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();
    agent.call("odoo_search_read", json!({"model": "ir.config_parameter"})).await.unwrap_err();

    let report = house.broker.replay_policy(&draft("user", NO_SEARCH)).unwrap();
    // The list of connections that admission began with, three reads, the write that was asked about.
    assert_eq!((report.calls, report.skipped), (5, 1), "what the guard refused before describing is left out");
    assert_eq!(report.before, ReplayTally { allow: 4, ask: 1, deny: 0, limited: 0 });
    assert_eq!(report.after, ReplayTally { allow: 2, ask: 1, deny: 2, limited: 0 });
    assert_eq!(report.changes.len(), 2);
    let change = &report.changes[0];
    assert!(change.call.at >= report.changes[1].call.at, "newest first");
    assert_eq!((change.call.tool.as_str(), change.call.model.as_deref()), ("odoo_search_read", Some("res.partner")));
    assert_eq!((change.from.kind, change.to.kind), (ReplayKind::Allow, ReplayKind::Deny));
    assert_eq!(change.to.rule, "user:/tools/odoo_search_read/deny_if/0");

    let explained = house.broker.explain_recorded(change.call.seq, &draft("user", NO_SEARCH)).unwrap();
    assert_eq!(explained.before.decision, Decision::Allow);
    let Decision::Deny(denial) = &explained.after.decision else { panic!("{explained:?}") };
    assert!(denial.message.contains("no partners"));
    assert_eq!(explained.again.tool, "odoo_search_read");
    let again = house.broker.recorded_call(change.call.seq).unwrap();
    assert_eq!(again, explained.again);
    let tried = house.broker.try_call(&again, None).await.unwrap();
    assert_eq!(tried.tree.unwrap().decision, Decision::Allow);
}

#[tokio::test]
async fn a_replay_fills_limits_in_the_order_of_time() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    for _ in 0..5 {
        read(&agent, "res.partner").await;
    }
    let few = |window: &str| {
        format!(
            r#"{{"version": "1", "default": "allow", "tools": {{"odoo_search_read": {{"limits": [
            {{"counter": "few", "window": "{window}", "max": 2, "scope": "grant"}}]}}}}}}"#
        )
    };
    let report = house.broker.replay_policy(&draft("user", &few("hour"))).unwrap();
    assert_eq!(report.after.limited, 3);
    assert!(report.changes.iter().all(|change| change.to.kind == ReplayKind::Limited));
    house.clock.forward(std::time::Duration::from_hours(1));
    read(&agent, "res.partner").await;
    let report = house.broker.replay_policy(&draft("user", &few("hour"))).unwrap();
    assert_eq!((report.after.limited, report.changes.len()), (3, 3), "another hour, another window");
    let rows = few("day").replace("\"scope\": \"grant\"", "\"scope\": \"grant\", \"increment_from\": \"call.rows\"");
    let report = house.broker.replay_policy(&draft("user", &rows)).unwrap();
    assert_eq!(report.after.limited, 5, "each returned two rows, and the first spent the quota");
    let latest = report.changes[0].call.seq;
    let explained = house.broker.explain_recorded(latest, &draft("user", &rows)).unwrap();
    let user = explained.after.readings[0].layers.iter().find(|layer| layer.layer == "user").unwrap();
    let counter = user.steps.iter().find_map(|step| step.counter.clone()).unwrap();
    assert_eq!((counter.before, counter.max), (2, 2));
}

#[tokio::test]
async fn the_paths_of_a_tool_show_what_was_seen_and_no_secret() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    read(&agent, "res.partner").await;
    read(&agent, "res.partner").await;
    read(&agent, "sale.order").await;
    let probe = json!({"model": "res.partner", "domain": [["user_ids.password", "=like", "hunter2%"]]});
    agent.call("odoo_search_read", probe).await.unwrap_err();
    let paths = house.broker.policy_paths("odoo_search_read").unwrap();
    let path = |name: &str| paths.iter().find(|path| path.path == name).unwrap_or_else(|| panic!("{name}: {paths:?}"));
    assert_eq!(path("args.model").seen, ["\"res.partner\"", "\"sale.order\""], "most frequent first");
    assert_eq!(path("args.limit").kind, PathKind::Number);
    assert_eq!(path("call.model").seen[0], "\"res.partner\"");
    assert_eq!(path("connection.environment").seen, ["\"production\""]);
    assert_eq!(path("call.sensitive").kind, PathKind::Boolean);
    assert!(!format!("{paths:?}").contains("hunter2"));
    assert_eq!(house.broker.policy_paths("nothing").unwrap_err().code, ErrorCode::UnknownTool);
    // A field that policy keeps from agents is kept from the picker, too.
    let create = json!({"model": "res.partner", "values": {"name": "New", "vat": "FR123"}, "connection": "Demo"});
    agent.call("odoo_create", create).await.unwrap();
    let card = house.card().await;
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    let shows = |house: &House| format!("{:?}", house.broker.policy_paths("odoo_create").unwrap()).contains("FR123");
    assert!(shows(&house));
    house.save("user", r#"{"version": "1", "default": "allow", "redact": ["res.partner.vat"]}"#).await;
    assert!(!shows(&house));
}

#[tokio::test]
async fn a_policy_from_elsewhere_is_imported_and_the_schema_is_told() {
    let house = House::open().await;
    let hidden = r#"{"version": "1", "default": "deny", "hide": ["odoo_disconnect"], "tools": {}}"#;
    let imported = house.broker.import_policy(hidden).unwrap().imported.unwrap();
    let check = house.broker.check_policy("user", &PolicyEdit::Custom { text: imported.text }).unwrap();
    assert_eq!(check.outline.unwrap().hide, ["odoo_disconnect"]);
    let nothing = house.broker.import_policy("[").unwrap();
    assert!(nothing.imported.is_none() && !nothing.problems.is_empty());
    assert_eq!(house.broker.import_policy(&" ".repeat(2 * 1024 * 1024)).unwrap_err().code, ErrorCode::TooMuch);
    let schema: Value = serde_json::from_str(&house.broker.policy_schema()).unwrap();
    assert!(schema["properties"]["tools"].is_object(), "{schema}");
}

#[tokio::test]
async fn a_text_is_checked_and_an_outline_printed_without_saving() {
    let house = House::with_demo().await;
    house.save("user", HIDES_UNLINK).await;
    let check = |text: &str| house.broker.check_policy("user", &PolicyEdit::Custom { text: text.into() }).unwrap();
    let bad = check("{\"version\": \"1\",\n \"default\": \"maybe\", \"hyde\": []}");
    assert_eq!((bad.problems.len(), bad.problems[0].line), (2, 2), "{:?}", bad.problems);
    assert!(bad.canonical.is_none() && bad.outline.is_none());
    let looser = check(r#"{"version": "1", "default": "allow"}"#);
    assert!(looser.loosened[0].message.contains("odoo_unlink"));
    let same = check(HIDES_UNLINK);
    assert!(same.loosened.is_empty() && same.problems.is_empty());
    let outline = same.outline.unwrap();
    let printed = house.broker.print_policy("user", &outline).unwrap();
    assert_eq!(Some(&printed.text), same.canonical.as_ref());
    assert_eq!(printed.outline.as_ref(), Some(&outline));
    let odd = check(r#"{"version": "1", "default": "allow", "hide": ["odoo_unlink"], "tools": {"odoo_fly": {}}}"#);
    assert!(odd.problems.is_empty() && odd.warnings[0].message.contains("odoo_fly"), "{odd:?}");
    assert_eq!(house.layer("user").text.as_deref(), Some(HIDES_UNLINK), "nothing was saved");
}
