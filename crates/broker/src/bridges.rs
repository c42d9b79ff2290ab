//! The bridge processes that are connected now.

use crate::state::Broker;
use gatehouse_core::{Agent, AgentId, BridgeId, Connection, ConnectionId, Evidence};
use gatehouse_ipc::EventSender;
use gatehouse_ipc::message::Event;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One connected bridge.
pub(crate) struct Bridge {
    pub(crate) agent: AgentId,
    pub(crate) evidence: Evidence,
    /// The connection it is pinned to, by name.
    pub(crate) pinned: Option<String>,
    /// The connection it works on, since `user_connection_activate`.
    pub(crate) activated: Option<ConnectionId>,
    pub(crate) events: EventSender,
}

#[derive(Default)]
pub(crate) struct Bridges(Mutex<HashMap<BridgeId, Bridge>>);

impl Bridges {
    pub(crate) fn add(&self, id: BridgeId, bridge: Bridge) {
        self.lock().insert(id, bridge);
    }

    pub(crate) fn remove(&self, id: &BridgeId) -> Option<Bridge> {
        self.lock().remove(id)
    }

    pub(crate) fn with<R>(&self, id: &BridgeId, look: impl FnOnce(&mut Bridge) -> R) -> Option<R> {
        self.lock().get_mut(id).map(look)
    }

    pub(crate) fn is_live(&self, id: &BridgeId) -> bool {
        self.lock().contains_key(id)
    }

    /// How many bridges of this agent are connected. Those of other programs under its name are not its own.
    pub(crate) fn count(&self, agent: &Agent) -> u32 {
        let bridges = self.lock();
        let own = |bridge: &&Bridge| bridge.agent == agent.id && agent.evidence.is_same_program(&bridge.evidence);
        u32::try_from(bridges.values().filter(own).count()).unwrap_or(u32::MAX)
    }

    /// The agents of all connected bridges.
    pub(crate) fn agents(&self) -> BTreeSet<AgentId> {
        self.lock().values().map(|bridge| bridge.agent.clone()).collect()
    }

    /// Forgets a connection that bridges worked on.
    pub(crate) fn deactivate(&self, connection: &ConnectionId) {
        for bridge in self.lock().values_mut() {
            if bridge.activated.as_ref() == Some(connection) {
                bridge.activated = None;
            }
        }
    }

    pub(crate) fn tell(&self, event: &Event) {
        for bridge in self.lock().values() {
            bridge.events.send(event.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BridgeId, Bridge>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// The connection that calls of this bridge use when they name none.
    pub(crate) fn working_connection(&self, bridge: &BridgeId, granted: &[Connection]) -> Option<ConnectionId> {
        let (pinned, activated) =
            self.0.bridges.with(bridge, |bridge| (bridge.pinned.clone(), bridge.activated.clone())).unwrap_or_default();
        if let Some(pinned) = pinned {
            return granted.iter().find(|c| c.name.eq_ignore_ascii_case(&pinned)).map(|c| c.id.clone());
        }
        match (activated, granted) {
            (Some(id), _) if granted.iter().any(|c| c.id == id) => Some(id),
            (_, [only]) => Some(only.id.clone()),
            _ => None,
        }
    }

    pub(crate) fn activate(&self, bridge: &BridgeId, connection: &ConnectionId) {
        self.0.bridges.with(bridge, |bridge| bridge.activated = Some(connection.clone()));
    }
}
