//! The broker as the socket's server sees it. Nothing here can approve, loosen, admit or read a secret.

use crate::arrival::Arrival;
use crate::bridges::Bridge;
use crate::state::{Broker, Shown, new_bridge_id};
use crate::tools::{APPROVAL_WAIT, Target};
use crate::view::{Navigation, Topic};
use async_trait::async_trait;
use gatehouse_core::{AgentId, BridgeId, Connection, EdgeError, ErrorCode, Timestamp, ToolDefinition};
use gatehouse_ipc::message::{Answer, Hello, Request, Role};
use gatehouse_ipc::{EventSender, Handler, LeftBehind, Peer, ProgressSender, Reply};
use std::collections::BTreeSet;
use tokio_util::sync::CancellationToken;

/// What an agent is told before its first call: how to work here. Clients cut it at 2 KB.
pub const INSTRUCTIONS: &str = include_str!("instructions.md");

#[async_trait]
impl Handler for Broker {
    async fn connected(&self, peer: Peer, hello: Hello, events: EventSender) -> Result<BridgeId, EdgeError> {
        let id = new_bridge_id();
        if self.is_stopping() {
            return Err(EdgeError::new(ErrorCode::AppUnavailable, "Gatehouse is being quit."));
        }
        if let Role::Bridge { agent, pinned } = hello.role {
            tracing::info!(%agent, program = %peer.evidence.program, "a bridge connected");
            let evidence = peer.evidence;
            self.0.bridges.add(id.clone(), Bridge { agent, evidence, pinned, activated: None, events });
            self.changed(&[Topic::Agents]);
        }
        Ok(id)
    }

    async fn request(
        &self,
        session: &BridgeId,
        body: Request,
        progress: ProgressSender,
        cancel: CancellationToken,
    ) -> Reply {
        let agent = self.0.bridges.with(session, |bridge| (bridge.agent.clone(), bridge.evidence.clone()));
        match (body, agent) {
            (Request::Status, _) => Reply::new(Ok(self.status())),
            (Request::Show { page }, _) => {
                let shown = self.show_main(page.map(|page| Navigation { page, connection: None })).await;
                Reply::new(Ok(Answer::Shown { how: shown_word(&shown).into() }))
            }
            (Request::ListTools, Some((agent, _))) => {
                Reply::new(Ok(Answer::Tools { tools: self.tools_for(&agent), instructions: INSTRUCTIONS.to_owned() }))
            }
            (Request::CallTool(call), Some((agent, evidence))) => {
                let arrival = Arrival::new(self, session.clone(), agent, evidence, call, progress, cancel);
                self.see(&arrival.agent);
                self.dispatch(arrival).await
            }
            (_, None) => Reply::new(Err(EdgeError::new(ErrorCode::Denied, "Only a bridge may ask this."))),
        }
    }

    async fn disconnected(&self, session: &BridgeId) {
        let gone = self.0.bridges.remove(session);
        if let Some(bridge) = gone {
            self.end_standing_of(&bridge.agent);
            self.changed(&[Topic::Agents, Topic::Approvals]);
        }
    }
}

impl Broker {
    fn status(&self) -> Answer {
        let connections =
            self.registry(|registry| registry.connections.values().filter(|c| c.deleted_at.is_none()).count());
        Answer::Status {
            build: self.0.options.build.clone(),
            pid: std::process::id(),
            vault: self.vault_word().into(),
            connections: u32::try_from(connections).unwrap_or(u32::MAX),
            waiting: self.waiting(),
            paused: self.is_paused(),
        }
    }

    /// What this agent may see, in the fixed order; also left behind for when the app is not running.
    pub(crate) fn tools_for(&self, agent: &AgentId) -> Vec<ToolDefinition> {
        // Which tools the sealed policies hide cannot be told while the vault is closed: the list stays as it was.
        if self.vault().is_err()
            && let Some(left) = LeftBehind::read(self.0.options.profile.as_deref(), agent)
        {
            let listed = |tool: &&ToolDefinition| left.tools.iter().any(|known| known.name == tool.name);
            return self.0.tools.definitions.iter().filter(listed).cloned().collect();
        }
        let hidden = self.hidden_from(agent);
        let tools: Vec<_> =
            self.0.tools.definitions.iter().filter(|tool| !hidden.contains(tool.name.as_str())).cloned().collect();
        self.leave_behind(agent, &tools);
        tools
    }

    fn leave_behind(&self, agent: &AgentId, tools: &[ToolDefinition]) {
        let left = LeftBehind { tools: tools.to_vec(), instructions: INSTRUCTIONS.to_owned() };
        let profile = self.0.options.profile.as_deref();
        if LeftBehind::read(profile, agent).as_ref() == Some(&left) {
            return;
        }
        if let Err(error) = left.write(profile, agent) {
            tracing::warn!("the list of tools could not be left behind: {error}");
        }
    }

    /// Shows the main window for an agent: at most once in 10 seconds, and never above a card.
    pub(crate) async fn raise_main(&self, to: Option<Navigation>) -> Shown {
        let now = self.now();
        if !self.may_raise(now) {
            return Shown::Shown;
        }
        let shown = self.show_main(to).await;
        if self.waiting() > 0 {
            self.0.desktop.show_approval(true);
        }
        shown
    }

    fn may_raise(&self, now: Timestamp) -> bool {
        let mut raised = self.0.raised_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let may = raised.is_none_or(|at| now.since(at).as_secs() >= 10);
        if may {
            *raised = Some(now);
        }
        may
    }

    /// Showing a window waits for the desktop: not on a thread that answers others.
    async fn show_main(&self, to: Option<Navigation>) -> Shown {
        let desktop = self.0.desktop.clone();
        let shown = tokio::task::spawn_blocking(move || desktop.show_main(to)).await;
        shown.unwrap_or_else(|_| Shown::Failed("The window could not be made.".into()))
    }

    fn see(&self, agent: &AgentId) {
        let now = self.now();
        let mut registry = self.0.registry.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(agent) = registry.agents.get_mut(agent) {
            agent.last_seen = now;
        }
    }

    /// Whether a tool is gone from the list, and refused when called.
    pub(crate) fn is_hidden(&self, agent: &AgentId, connection: Option<&Connection>, tool: &str) -> bool {
        tool != APPROVAL_WAIT && self.in_force().hides(agent, connection, tool)
    }

    /// The tools that are hidden from the agent wherever it could call them: on all its connections, where a tool is about
    /// one.
    fn hidden_from(&self, agent: &AgentId) -> BTreeSet<&str> {
        let granted: Vec<Connection> = self.registry(|registry| {
            let grants = registry.agents.get(agent).map(|agent| agent.grants.as_slice()).unwrap_or_default();
            let live = grants.iter().filter_map(|id| registry.connections.get(id));
            live.filter(|connection| connection.deleted_at.is_none()).cloned().collect()
        });
        let granted: Vec<Connection> = granted.into_iter().map(|connection| self.as_it_counts(connection)).collect();
        let is_hidden = |tool: &&str| {
            let about_one = self.0.tools.get(tool).is_some_and(|(tool, _)| tool.target() != Target::None);
            if about_one && !granted.is_empty() {
                granted.iter().all(|connection| self.is_hidden(agent, Some(connection), tool))
            } else {
                self.is_hidden(agent, None, tool)
            }
        };
        self.0.tools.definitions.iter().map(|tool| tool.name.as_str()).filter(is_hidden).collect()
    }
}

pub(crate) fn shown_word(shown: &Shown) -> &'static str {
    match shown {
        Shown::Focused => "focused",
        Shown::Shown => "shown",
        Shown::Failed(_) => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::INSTRUCTIONS;
    use crate::tools::catalogue;

    #[test]
    fn the_instructions_fit_what_clients_read_and_name_tools_that_are_there() {
        assert!(INSTRUCTIONS.len() < 2048, "{} bytes", INSTRUCTIONS.len());
        let tools = catalogue();
        let words = INSTRUCTIONS.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
        for word in words.filter(|word| word.starts_with("odoo_") && word.len() > "odoo_".len()) {
            assert!(tools.iter().any(|tool| tool.name == word), "{word}");
        }
    }
}
