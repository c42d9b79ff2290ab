//! Who may be admitted at all.

use crate::house::{Agent, House};
use async_trait::async_trait;
use gatehouse_broker::Broker;
use gatehouse_broker::view::Verdict;
use gatehouse_core::{AgentId, BridgeId, EdgeError, ErrorCode};
use gatehouse_ipc::message::{Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, EventSender, Handler, Peer, ProgressSender, Reply, bind, serve, socket_path};
use serde_json::json;
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
async fn seated(house: &House, program: &'static str, inode: u64) -> (Agent, (TempDir, DropGuard)) {
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
    house.decide(&card, Verdict::Admit { connections: Vec::new() }).await.unwrap();
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
