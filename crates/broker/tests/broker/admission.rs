//! Who may be admitted at all.

use crate::house::{Agent, House};
use async_trait::async_trait;
use gatehouse_broker::Broker;
use gatehouse_broker::view::{
    ActivityFilter, AdmissionCard, Card, CardContent, OwnPolicy, PolicyEdit, PolicySource, Verdict,
};
use gatehouse_core::{AgentId, BridgeId, ConnectionId, EdgeError, ErrorCode, JournalEvent};
use gatehouse_ipc::message::{Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, EventSender, Handler, Peer, ProgressSender, Reply, bind, serve, socket_path};
use gatehouse_policy::Preset;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The broker on a system that tells this of every program.
struct Told {
    broker: Broker,
    program: &'static str,
    inode: u64,
}

#[async_trait]
impl Handler for Told {
    async fn connected(&self, mut peer: Peer, hello: Hello, events: EventSender) -> Result<BridgeId, EdgeError> {
        peer.evidence.program = self.program.to_owned();
        peer.evidence.inode = self.inode;
        self.broker.connected(peer, hello, events).await
    }

    async fn request(
        &self,
        session: &BridgeId,
        body: Request,
        progress: ProgressSender,
        cancel: CancellationToken,
    ) -> Reply {
        self.broker.request(session, body, progress, cancel).await
    }

    async fn disconnected(&self, session: &BridgeId) {
        self.broker.disconnected(session).await;
    }
}

#[tokio::test]
async fn a_program_that_the_system_does_not_tell_is_refused_without_a_card() {
    let house = House::with_demo().await;
    let (agent, _seat) = seated(&house, "", 0).await;
    for tool in ["user_connection_list", "odoo_search_read"] {
        let arguments = if tool == "odoo_search_read" { json!({"model": "res.partner"}) } else { json!({}) };
        let error = agent.call(tool, arguments).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotAdmitted, "{error:?}");
        assert!(error.message.contains("which program"), "{error:?}");
    }
    assert!(house.approver.cards().is_empty());
}

/// A bridge of claude-code, run by this program as far as the system tells.
pub(crate) async fn seated(house: &House, program: &'static str, inode: u64) -> (Agent, (TempDir, DropGuard)) {
    let folder = tempfile::tempdir().unwrap();
    let path = socket_path(Some(folder.path()));
    let end = CancellationToken::new();
    let told = Arc::new(Told { broker: house.broker.clone(), program, inode });
    tokio::spawn(serve(bind(&path).await.unwrap(), told, end.clone()));
    let role = Role::Bridge { agent: AgentId::parse("claude-code").unwrap(), pinned: None };
    let hello = Hello { protocol: PROTOCOL, build: "0.0.0".into(), role };
    (Agent { client: Client::connect(&path, hello).await.unwrap() }, (folder, end.drop_guard()))
}

#[tokio::test]
async fn a_file_that_changed_and_another_program_ask_again_under_the_same_name() {
    let house = House::with_demo().await;
    let (claude, _seat) = seated(&house, "/usr/bin/claude", 7).await;
    let call = claude.calling("user_connection_list", json!({}));
    let card = house.card().await;
    house.decide(&card, Verdict::Admit { connections: Vec::new(), policy: OwnPolicy::Keep }).await.unwrap();
    call.await.unwrap().unwrap();

    for (program, inode, sentence) in [
        ("/usr/bin/claude", 8, "The program of claude-code was updated or replaced"),
        ("/tmp/claude", 7, "Another program calls itself claude-code"),
    ] {
        let (other, _seat) = seated(&house, program, inode).await;
        let call = other.calling("user_connection_list", json!({}));
        let card = house.card().await;
        assert_eq!(card.sentence, sentence);
        house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
        assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::NotAdmitted);
    }
    // The one that was admitted goes on.
    claude.call("user_connection_list", json!({})).await.unwrap();
}

#[tokio::test]
async fn what_an_impostor_is_refused_costs_the_agent_of_that_name_nothing() {
    let house = House::with_demo().await;
    let claude = house.admitted("claude-code").await;
    for inode in 1..=3 {
        let (impostor, _seat) = seated(&house, "/tmp/claude", inode).await;
        let call = impostor.calling("user_connection_list", json!({}));
        let card = house.card().await;
        house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
        assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::NotAdmitted);
    }
    let (impostor, _seat) = seated(&house, "/tmp/claude", 4).await;
    let error = impostor.call("user_connection_list", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::RateLimited, "{error:?}");
    let write = json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"});
    let call = claude.calling("odoo_write", write);
    let card = house.card().await;
    house.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_impostor_that_stays_connected_keeps_nothing_alive_that_was_approved_in_advance() {
    let house = House::with_demo().await;
    let claude = house.admitted("claude-code").await;
    let write = json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"});
    let call = claude.calling("odoo_write", write);
    let card = house.card().await;
    house.decide(&card, Verdict::ApproveStanding).await.unwrap();
    call.await.unwrap().unwrap();
    let (_impostor, _seat) = seated(&house, "/tmp/claude", 1).await;
    let agent = || house.broker.overview().agents[0].clone();
    assert_eq!((agent().bridges, agent().standing.len()), (1, 1), "the impostor's bridge is not the agent's");
    drop(claude);
    house
        .until("the end of what was approved in advance", |house| {
            let agent = house.broker.overview().agents[0].clone();
            agent.bridges == 0 && agent.standing.is_empty()
        })
        .await;
}

#[tokio::test]
async fn a_connection_is_taken_from_an_agent_at_once_and_given_on_a_card_alone() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let id = AgentId::parse("claude-code").unwrap();
    let demo = house.broker.overview().connections[0].id.clone();
    let write = json!({"connection": "Demo", "model": "res.partner", "ids": [10], "values": {"phone": "+3"}});
    let waiting = agent.calling("odoo_write", write);
    house.card().await;
    house.broker.revoke_grant(&id, &demo).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap_err().code, ErrorCode::TicketGone);
    let count = json!({"connection": "Demo", "model": "res.partner"});
    assert_eq!(agent.call("odoo_search_count", count.clone()).await.unwrap_err().code, ErrorCode::UnknownConnection);

    house.broker.grant_connection(&id, &demo).unwrap();
    let card = house.card().await;
    assert_eq!(agent.call("odoo_search_count", count.clone()).await.unwrap_err().code, ErrorCode::UnknownConnection);
    house.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
    agent.call("odoo_search_count", count).await.unwrap();
    assert!(house.broker.grant_connection(&AgentId::parse("nobody").unwrap(), &demo).is_err());
}

const READ_ONLY: OwnPolicy = OwnPolicy::Preset { preset: Preset::ReadOnly };

/// The card of an admission, and the connections that it can grant.
fn admission(card: &Card) -> (AdmissionCard, Vec<ConnectionId>) {
    let CardContent::Admission(admission) = &card.content else { panic!("expected an admission, got {card:?}") };
    (admission.clone(), admission.connections.iter().map(|badge| badge.id.clone()).collect())
}

/// The choices of a card, each with whether it may loosen.
fn choices(card: &Card) -> Vec<(OwnPolicy, bool)> {
    admission(card).0.choices.into_iter().map(|choice| (choice.policy, choice.loosens)).collect()
}

/// Admits the program of a card for every connection.
async fn admit(house: &House, card: &Card, policy: OwnPolicy) -> Result<(), EdgeError> {
    house.decide(card, Verdict::Admit { connections: admission(card).1, policy }).await
}

fn a_write() -> Value {
    json!({"model": "res.partner", "ids": [10], "values": {"phone": "+1"}, "connection": "Demo"})
}

#[tokio::test]
async fn the_policy_chosen_with_an_admission_stands_before_the_agents_first_call() {
    let house = House::with_demo().await;
    let bridge = house.bridge("claude-code").await;
    let call = bridge.calling("odoo_write", a_write());
    let card = house.card().await;
    let preset = |preset| (OwnPolicy::Preset { preset }, false);
    let offered = [Preset::Locked, Preset::ReadOnly, Preset::AskFirst, Preset::AskForRisky].map(preset);
    assert_eq!(choices(&card), [&[(OwnPolicy::Keep, false)], &offered[..]].concat());
    assert_eq!(admission(&card).0.source, PolicySource::Absent);
    admit(&house, &card, READ_ONLY).await.unwrap();
    // Production would have asked.
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.code, error.rule.as_deref()), (ErrorCode::Denied, Some("(default deny)")), "{error:?}");
    bridge.call("odoo_search_count", json!({"model": "res.partner", "connection": "Demo"})).await.unwrap();
    assert!(!bridge.tools().await.contains(&"odoo_unlink".to_owned()));
    let agent = house.broker.overview().agents[0].clone();
    assert_eq!((agent.policy, agent.preset), (PolicySource::Preset, Some(Preset::ReadOnly)));

    let entries = house.broker.activity(ActivityFilter::default()).unwrap().entries;
    let seq = |is: fn(&JournalEvent) -> bool| entries.iter().find(|entry| is(&entry.event)).unwrap().seq;
    let chosen = seq(
        |event| matches!(event, JournalEvent::Policy { layer, change, .. } if layer == "agent:claude-code" && change == "accepted"),
    );
    let admitted = seq(|event| matches!(event, JournalEvent::Agent { change, .. } if change == "admitted"));
    assert!(chosen < admitted, "{chosen} {admitted}");
}

#[tokio::test]
async fn a_policy_that_the_card_does_not_offer_admits_nobody() {
    let house = House::with_demo().await;
    let bridge = house.bridge("claude-code").await;
    let call = bridge.calling("odoo_write", a_write());
    let card = house.card().await;
    for policy in [OwnPolicy::Preset { preset: Preset::Trusted }, OwnPolicy::Absent] {
        let error = admit(&house, &card, policy).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{policy:?}: {error:?}");
        assert!(house.broker.overview().agents.is_empty(), "{policy:?}");
        assert_eq!(house.approver.cards()[0].ticket, card.ticket, "the question stays");
    }
    admit(&house, &card, OwnPolicy::Keep).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap()["status"], "pending_approval");
    let agent = house.broker.overview().agents[0].clone();
    assert_eq!(agent.policy, PolicySource::Absent);
}

#[tokio::test]
async fn an_agent_that_is_admitted_again_keeps_its_own_policy_unless_the_card_says_another() {
    let house = House::with_demo().await;
    let (first, _seat) = seated(&house, "/usr/bin/claude", 7).await;
    let call = first.calling("user_connection_list", json!({}));
    let card = house.card().await;
    admit(&house, &card, READ_ONLY).await.unwrap();
    call.await.unwrap().unwrap();

    let (updated, _seat) = seated(&house, "/usr/bin/claude", 8).await;
    let call = updated.calling("odoo_write", a_write());
    let card = house.card().await;
    let (shown, connections) = admission(&card);
    assert_eq!((shown.source, shown.preset), (PolicySource::Preset, Some(Preset::ReadOnly)));
    let preset = |preset, loosens| (OwnPolicy::Preset { preset }, loosens);
    let others = [
        (OwnPolicy::Keep, false),
        (OwnPolicy::Absent, true),
        preset(Preset::Locked, false),
        preset(Preset::AskFirst, true),
        preset(Preset::AskForRisky, true),
    ];
    assert_eq!(choices(&card), others);
    // As one says it that knows of no choice.
    let verdict = json!({"verdict": "admit", "connections": connections});
    house.decide(&card, serde_json::from_value(verdict).unwrap()).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().rule.as_deref(), Some("(default deny)"));
    assert_eq!(house.layer("agent:claude-code").preset, Some(Preset::ReadOnly));

    // The person decides otherwise on the card itself, and no other card asks again.
    let (another, _seat) = seated(&house, "/usr/bin/claude", 9).await;
    let call = another.calling("odoo_write", a_write());
    let card = house.card().await;
    admit(&house, &card, OwnPolicy::Absent).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap()["status"], "pending_approval");
    assert_eq!(house.layer("agent:claude-code").source, PolicySource::Absent);
    assert_eq!(house.approver.cards().len(), 1, "the write's");
}

#[tokio::test]
async fn a_card_that_shows_another_policy_than_the_agent_has_by_now_is_gone() {
    let house = House::with_demo().await;
    house.admitted("claude-code").await;
    let (updated, _seat) = seated(&house, "/usr/bin/claude", 8).await;
    let call = updated.calling("user_connection_list", json!({}));
    let card = house.card().await;
    assert_eq!(admission(&card).0.source, PolicySource::Absent);
    house.broker.save_policy("agent:claude-code", PolicyEdit::Preset { preset: Preset::Locked }).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::TicketGone);
    let error = admit(&house, &card, READ_ONLY).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::TicketGone);
    assert_eq!(house.layer("agent:claude-code").preset, Some(Preset::Locked));

    let call = updated.calling("user_connection_list", json!({}));
    let card = house.card().await;
    assert_eq!(admission(&card).0.preset, Some(Preset::Locked));
    admit(&house, &card, OwnPolicy::Keep).await.unwrap();
    call.await.unwrap().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn the_policy_chosen_with_an_admission_outlives_the_app() {
    use crate::sealed;
    sealed::inside_a_session("admission::the_policy_chosen_with_an_admission_outlives_the_app", async || {
        let house = sealed::house().await;
        let bridge = house.bridge("claude-code").await;
        let call = bridge.calling("user_connection_list", json!({}));
        let card = house.card().await;
        admit(&house, &card, READ_ONLY).await.unwrap();
        call.await.unwrap().unwrap();
        drop(bridge);
        let house = house.again(0).await;
        assert!(house.broker.overview().quarantine.is_empty());
        house.add_demo().await;
        let bridge = house.bridge("claude-code").await;
        let error = bridge.call("odoo_write", a_write()).await.unwrap_err();
        assert_eq!((error.code, error.rule.as_deref()), (ErrorCode::Denied, Some("(default deny)")), "{error:?}");
        assert_eq!(house.layer("agent:claude-code").preset, Some(Preset::ReadOnly));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn where_the_chosen_policy_cannot_be_written_nobody_is_admitted() {
    use crate::sealed;
    sealed::inside_a_session("admission::where_the_chosen_policy_cannot_be_written_nobody_is_admitted", async || {
        let house = sealed::house().await;
        let bridge = house.bridge("claude-code").await;
        let call = bridge.calling("user_connection_list", json!({}));
        let card = house.card().await;
        let full = "CREATE TRIGGER full BEFORE INSERT ON settings BEGIN SELECT RAISE(ABORT, 'no room'); END";
        sealed::sqlite(&house, full);
        let error = admit(&house, &card, READ_ONLY).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Storage, "{error:?}");
        assert!(house.broker.overview().agents.is_empty());
        call.await.unwrap().unwrap_err();
        sealed::sqlite(&house, "DROP TRIGGER full");
        let house = house.again(0).await;
        assert!(house.broker.overview().agents.is_empty());
    });
}
