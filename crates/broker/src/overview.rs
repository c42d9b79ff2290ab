//! What the sidebar, the header and the connection list show.

use crate::state::Broker;
use crate::view::{AgentView, Overview};
use std::collections::BTreeMap;

/// How far back the calls of an agent are counted, minute by minute.
const MINUTES: u16 = 60;

impl Broker {
    /// Everything that the main window shows of the broker's state.
    pub fn overview(&self) -> Overview {
        let (mut connections, mut trash, agents, quarantine) = self.registry(|registry| {
            let (live, trash): (Vec<_>, Vec<_>) =
                registry.connections.values().cloned().partition(|connection| connection.deleted_at.is_none());
            (live, trash, registry.agents.values().cloned().collect::<Vec<_>>(), registry.quarantine.clone())
        });
        let quarantine = self.journal_warnings().into_iter().chain(self.pin_warning()).chain(quarantine).collect();
        for connection in &mut connections {
            *connection = self.as_it_counts(connection.clone());
        }
        connections.sort_by_key(|connection| (!connection.favourite, connection.name.to_lowercase()));
        trash.sort_by_key(|connection| std::cmp::Reverse(connection.deleted_at));
        let mut calls = self.0.store.calls_per_minute(self.now(), MINUTES).unwrap_or_else(|error| {
            tracing::warn!("the calls of the last hour cannot be counted: {error}");
            BTreeMap::new()
        });
        let agents = agents
            .into_iter()
            .map(|agent| (self.policy_of_agent(&agent.id), agent))
            .map(|((policy, preset), agent)| AgentView {
                bridges: self.0.bridges.count(&agent),
                standing: self.standing_of_agent(&agent.id),
                calls: calls.remove(&agent.id).unwrap_or_else(|| vec![0; usize::from(MINUTES)]),
                policy,
                preset,
                id: agent.id,
                evidence: agent.evidence,
                status: agent.status,
                grants: agent.grants,
                admitted_at: agent.admitted_at,
                last_seen: agent.last_seen,
            })
            .collect();
        Overview {
            version: self.0.options.build.clone(),
            now: self.now(),
            demo_running: connections.iter().any(|connection| connection.demo),
            connections,
            trash,
            agents,
            waiting: self.waiting(),
            paused: self.is_paused(),
            vault: self.vault_view(),
            proposals: self.proposals(),
            quarantine,
            bridge_path: self.0.options.bridge_path.clone(),
            has_pin: self.has_pin(),
        }
    }
}
