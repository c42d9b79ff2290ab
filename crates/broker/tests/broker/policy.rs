//! Layers of policy: tightening is in force at once, loosening waits for the person.

use crate::house::{House, draft_of};
use gatehouse_broker::view::{
    ActivityFilter, CardContent, ConnectionDraft, PolicyEdit, PolicySaved, PolicySource, SaveOutcome, Verdict,
};
use gatehouse_core::{AgentId, Environment, ErrorCode, JournalEvent};
use gatehouse_policy::Preset;
use serde_json::{Value, json};

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };
const OPEN: &str = r#"{"version": "1", "default": "allow"}"#;
const HIDES_UNLINK: &str = r#"{"version": "1", "default": "allow", "hide": ["odoo_unlink"]}"#;
const NO_WRITE: &str = r#"{"version": "1", "default": "allow", "tools": {"odoo_write": {"deny_if": [{"conditions": [], "on_deny": "not today"}]}}}"#;

fn custom(text: &str) -> PolicyEdit {
    PolicyEdit::Custom { text: text.into() }
}

fn phone() -> Value {
    json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"})
}

#[tokio::test]
async fn tightening_is_immediate_and_every_loosening_is_a_card_with_both_texts() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    assert_eq!(house.broker.save_policy("user", custom(NO_WRITE)).await.unwrap(), PolicySaved::Saved);
    let error = agent.call("odoo_write", phone()).await.unwrap_err();
    assert_eq!(error.rule.as_deref(), Some("user:/tools/odoo_write/deny_if/0"));
    assert!(error.message.contains("not today") && !error.retry, "{}", error.message);

    let saved = house.broker.save_policy("user", custom(OPEN)).await.unwrap();
    let PolicySaved::NeedsApproval { ticket } = saved else { panic!("{saved:?}") };
    assert_eq!(house.layer("user").waits, Some(ticket.clone()));
    assert!(agent.call("odoo_write", phone()).await.is_err(), "not in force before the person says yes");
    let card = house.card().await;
    let CardContent::Policy(content) = &card.content else { panic!("{card:?}") };
    assert_eq!((content.before.as_str(), content.after.as_str()), (NO_WRITE, OPEN));
    assert_eq!((content.layer.as_str(), content.path.as_ref()), ("user", None));
    assert!(!content.loosened.is_empty() && content.errors.is_empty());
    house.decide(&card, YES).await.unwrap();
    let layer = house.layer("user");
    assert_eq!((layer.text.as_deref(), layer.source, layer.waits), (Some(OPEN), PolicySource::Custom, None));
    let written = std::fs::read_to_string(house.folder().join("policy.json")).unwrap();
    assert_eq!(written, OPEN, "file and app agree");
    assert!(layer.warnings.is_empty(), "{:?}", layer.warnings);
    assert_eq!(agent.call("odoo_write", phone()).await.unwrap()["status"], "pending_approval");
}

#[tokio::test]
async fn a_loosening_that_the_person_refuses_changes_nothing() {
    let house = House::with_demo().await;
    house.broker.save_policy("user", custom(NO_WRITE)).await.unwrap();
    house.broker.save_policy("user", PolicyEdit::Absent).await.unwrap();
    let card = house.card().await;
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    assert_eq!(house.layer("user").text.as_deref(), Some(NO_WRITE));
    assert_eq!(house.layer("user").waits, None);
    let page = house.broker.activity(ActivityFilter::default()).unwrap();
    let changes: Vec<_> = page
        .entries
        .iter()
        .rev()
        .filter_map(|entry| match &entry.event {
            JournalEvent::Policy { layer, change, revision } => {
                Some((layer.as_str(), change.as_str(), revision.is_some()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(changes, [("user", "saved", true), ("user", "refused", false)]);
}

#[tokio::test]
async fn a_newer_edit_of_the_same_layer_takes_the_place_of_one_that_waits() {
    let house = House::with_demo().await;
    house.broker.save_policy("user", custom(NO_WRITE)).await.unwrap();
    house.broker.save_policy("user", custom(OPEN)).await.unwrap();
    let first = house.card().await;
    house.broker.save_policy("user", custom(HIDES_UNLINK)).await.unwrap();
    let cards = house.approver.cards();
    assert_eq!(cards.len(), 1);
    assert_ne!(cards[0].ticket, first.ticket);
    assert_eq!(house.decide(&first, YES).await.unwrap_err().code, ErrorCode::TicketGone);
    // A tightening does, too: the waiting text was compared with a policy that is no more.
    let both = r#"{"version": "1", "default": "deny"}"#;
    assert_eq!(house.broker.save_policy("user", custom(both)).await.unwrap(), PolicySaved::Saved);
    assert!(house.approver.cards().is_empty());
    assert_eq!(house.layer("user").text.as_deref(), Some(both));
}

#[tokio::test]
async fn the_main_window_cannot_loosen_in_any_way_without_a_card() {
    let house = House::with_demo().await;
    house.admitted("claude-code").await;
    let demo = house.of_demo();
    let locked = PolicyEdit::Preset { preset: Preset::Locked };
    for layer in [demo.as_str(), "user", "agent:claude-code"] {
        assert_eq!(house.broker.save_policy(layer, locked.clone()).await.unwrap(), PolicySaved::Saved, "{layer}");
        assert_eq!(house.layer(layer).source, PolicySource::Preset);
        for edit in [PolicyEdit::Absent, PolicyEdit::Preset { preset: Preset::Trusted }, custom(OPEN)] {
            let saved = house.broker.save_policy(layer, edit.clone()).await.unwrap();
            assert!(matches!(saved, PolicySaved::NeedsApproval { .. }), "{layer} {edit:?}");
            assert_eq!(house.layer(layer).text.as_deref(), Some(Preset::Locked.text()), "{layer} {edit:?}");
        }
        let earlier = house.layer(layer).history[0].id;
        let saved = house.broker.restore_policy(layer, earlier).await.unwrap();
        assert!(matches!(saved, PolicySaved::NeedsApproval { .. }), "restoring {layer}");
        assert_eq!(house.layer(layer).text.as_deref(), Some(Preset::Locked.text()));
    }
    assert_eq!(house.approver.cards().len(), 3, "one for each layer");
}

#[tokio::test]
async fn an_environment_neither_drops_a_policy_of_the_connections_own_nor_changes_behind_its_card() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let demo = house.of_demo();
    assert_eq!(house.layer(&demo).source, PolicySource::Environment);
    assert_eq!(house.layer(&demo).preset, Some(Preset::AskFirst));
    house.broker.save_policy(&demo, PolicyEdit::Preset { preset: Preset::Locked }).await.unwrap();
    house.make_development().await;
    let layer = house.layer(&demo);
    assert_eq!((layer.source, layer.preset), (PolicySource::Preset, Some(Preset::Locked)));
    assert_eq!(agent.call("odoo_write", phone()).await.unwrap_err().code, ErrorCode::Denied);
}

#[tokio::test]
async fn what_a_card_showed_is_applied_and_nothing_else() {
    let house = House::with_demo().await;
    let demo = house.of_demo();
    house.broker.save_policy(&demo, PolicyEdit::Preset { preset: Preset::Locked }).await.unwrap();
    // The card says that the connection would go by the preset of production.
    house.broker.save_policy(&demo, PolicyEdit::Absent).await.unwrap();
    let policy_card = house.card().await;
    let connection = house.broker.overview().connections[0].clone();
    let draft = ConnectionDraft { environment: Environment::Development, ..draft_of(connection) };
    // Changing the environment voids what waits on the connection, this card too.
    house.broker.save_connection(draft, None).await.unwrap();
    assert_eq!(house.decide(&policy_card, YES).await.unwrap_err().code, ErrorCode::TicketGone);
    let environment_card = house.card().await;
    house.broker.save_policy(&demo, PolicyEdit::Absent).await.unwrap();
    let policy_card = house.approver.cards().into_iter().find(|card| card.ticket != environment_card.ticket).unwrap();
    house.decide(&environment_card, YES).await.unwrap();
    let error = house.decide(&policy_card, YES).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Drifted, "it would become Trusted, which no card showed: {error:?}");
    assert_eq!(house.layer(&demo).text.as_deref(), Some(Preset::Locked.text()));
}

#[tokio::test]
async fn a_connection_that_policies_know_by_name_is_renamed_on_a_card_only() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let connection = house.broker.overview().connections[0].clone();
    let renamed = |name: &str| ConnectionDraft { name: name.into(), ..draft_of(connection.clone()) };
    let saved = house.broker.save_connection(renamed("Acme"), None).await.unwrap();
    assert!(matches!(saved, SaveOutcome::Saved { .. }), "no policy looks at names");
    let by_name = r#"{"version": "1", "default": "allow", "tools": {"odoo_write": {"deny_if": [
        {"conditions": [{"path": "connection.name", "op": "eq", "value": "Acme"}]}]}}}"#;
    house.broker.save_policy("user", custom(by_name)).await.unwrap();
    let saved = house.broker.save_connection(renamed("Other"), None).await.unwrap();
    let SaveOutcome::NeedsApproval { ticket, connection: now } = saved else { panic!("{saved:?}") };
    assert_eq!(now.name, "Acme");
    let write = json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Acme"});
    assert_eq!(agent.call("odoo_write", write).await.unwrap_err().code, ErrorCode::Denied);
    let card = house.card().await;
    assert_eq!(card.ticket, ticket);
    house.decide(&card, YES).await.unwrap();
    assert_eq!(house.broker.overview().connections[0].name, "Other");
}

#[tokio::test]
async fn what_is_no_layer_or_no_policy_is_refused_with_words() {
    let house = House::with_demo().await;
    for (layer, code) in [
        ("managed", ErrorCode::Denied),
        ("", ErrorCode::InvalidArguments),
        ("local", ErrorCode::InvalidArguments),
        ("user\u{202e}", ErrorCode::InvalidArguments),
        ("connection:../../user", ErrorCode::InvalidArguments),
        ("connection:con_00000000000000000000", ErrorCode::UnknownConnection),
        ("agent:nobody", ErrorCode::NotAdmitted),
        ("agent:'; DROP TABLE settings; --", ErrorCode::InvalidArguments),
    ] {
        let error = house.broker.save_policy(layer, custom(HIDES_UNLINK)).await.unwrap_err();
        assert_eq!(error.code, code, "{layer:?}: {error:?}");
    }
    let error =
        house.broker.save_policy("user", custom(r#"{"version": "1", "hide": ["x"], "hide": []}"#)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArguments);
    assert!(error.message.contains("line 1"), "{}", error.message);
    let huge = format!("{}{}", " ".repeat(1024 * 1024), OPEN);
    assert_eq!(house.broker.save_policy("user", custom(&huge)).await.unwrap_err().code, ErrorCode::TooMuch);
    assert!(house.broker.check_policy("user", &custom(&huge)).is_err());
    assert_eq!(house.layer("user").source, PolicySource::Absent);
    assert_eq!(house.broker.restore_policy("user", 7).await.unwrap_err().code, ErrorCode::RecordMissing);
}

#[tokio::test]
async fn the_layer_of_what_is_gone_goes_with_it() {
    let house = House::with_demo().await;
    house.admitted("claude-code").await;
    let connection = house.broker.overview().connections[0].id.clone();
    house.save(&house.of_demo(), Preset::Locked.text()).await;
    house.save("agent:claude-code", Preset::Locked.text()).await;
    house.broker.trash_connection(&connection).await.unwrap();
    house.broker.restore_connection(&connection).await.unwrap();
    assert_eq!(house.layer(&house.of_demo()).source, PolicySource::Custom, "the trash keeps it");
    house.broker.trash_connection(&connection).await.unwrap();
    house.broker.purge_connection(&connection).await.unwrap();
    house.broker.revoke_agent(&AgentId::parse("claude-code").unwrap()).await.unwrap();
    assert_eq!(house.broker.policy_page().layers.len(), 2, "managed and the user's");
    let page = house.broker.activity(ActivityFilter::default()).unwrap();
    let removed = |entry: &&gatehouse_core::JournalEntry| matches!(&entry.event, JournalEvent::Policy { change, .. } if change == "removed");
    assert_eq!(page.entries.iter().filter(removed).count(), 2);
    // Admitted again, it starts without one.
    house.admitted("claude-code").await;
    assert_eq!(house.layer("agent:claude-code").source, PolicySource::Absent);
}

#[tokio::test]
async fn the_last_ten_saves_are_kept_and_one_can_be_restored() {
    let house = House::with_demo().await;
    for max in (10..22).rev() {
        let text = format!(
            r#"{{"version": "1", "default": "allow", "all_tools": {{"limits": [
            {{"counter": "all", "window": "hour", "max": {max}, "scope": "grant"}}]}}}}"#
        );
        assert_eq!(house.broker.save_policy("user", custom(&text)).await.unwrap(), PolicySaved::Saved, "{max}");
    }
    let history = house.layer("user").history;
    assert_eq!(history.len(), 10);
    assert!(history[0].text.as_ref().unwrap().contains("\"max\": 11"), "{history:?}");
    assert!(history.windows(2).all(|pair| pair[0].id > pair[1].id && pair[0].replaced_at >= pair[1].replaced_at));
    house.broker.restore_policy("user", history[1].id).await.unwrap();
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    assert!(house.layer("user").text.unwrap().contains("\"max\": 12"));
    assert_eq!(house.layer("user").history.len(), 10);
    let unchanged = house.layer("user").text.unwrap();
    house.broker.save_policy("user", custom(&unchanged)).await.unwrap();
    assert_eq!(house.layer("user").history[0].id, 13, "saving the same again is no save");
}
