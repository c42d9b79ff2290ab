//! Who may be admitted at all.

use crate::house::{Agent, House};
use async_trait::async_trait;
use gatehouse_broker::Broker;
use gatehouse_core::{AgentId, BridgeId, EdgeError, ErrorCode};
use gatehouse_ipc::message::{Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, EventSender, Handler, Peer, ProgressSender, Reply, bind, serve, socket_path};
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The broker on a system that does not tell which program runs a bridge.
struct Untold(Broker);

#[async_trait]
impl Handler for Untold {
    async fn connected(&self, mut peer: Peer, hello: Hello, events: EventSender) -> Result<BridgeId, EdgeError> {
        peer.evidence.program = String::new();
        self.0.connected(peer, hello, events).await
    }

    async fn request(
        &self,
        session: &BridgeId,
        body: Request,
        progress: ProgressSender,
        cancel: CancellationToken,
    ) -> Reply {
        self.0.request(session, body, progress, cancel).await
    }

    async fn disconnected(&self, session: &BridgeId) {
        self.0.disconnected(session).await;
    }
}

#[tokio::test]
async fn a_program_that_the_system_does_not_tell_is_refused_without_a_card() {
    let house = House::with_demo().await;
    let folder = tempfile::tempdir().unwrap();
    let path = socket_path(Some(folder.path()));
    let end = CancellationToken::new();
    let untold = Arc::new(Untold(house.broker.clone()));
    tokio::spawn(serve(bind(&path).await.unwrap(), untold, end.clone()));
    let role = Role::Bridge { agent: AgentId::parse("claude-code").unwrap(), pinned: None };
    let hello = Hello { protocol: PROTOCOL, build: "0.0.0".into(), role };
    let agent = Agent { client: Client::connect(&path, hello).await.unwrap() };
    for tool in ["user_connection_list", "odoo_search_read"] {
        let arguments = if tool == "odoo_search_read" { json!({"model": "res.partner"}) } else { json!({}) };
        let error = agent.call(tool, arguments).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotAdmitted, "{error:?}");
        assert!(error.message.contains("which program"), "{error:?}");
    }
    assert!(house.approver.cards().is_empty());
    end.cancel();
}
