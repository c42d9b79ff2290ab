//! What the Policy page starts from.

use super::{InForce, LayerId};
use crate::state::Broker;
use crate::view::{PolicyEdit, PolicyLayer, PolicyPage, PolicySource, PolicyTool, PresetText};
use gatehouse_core::{AgentId, Connection};
use gatehouse_policy::Preset;

/// Digits of a revision that are shown.
const SHORT: usize = 12;

impl Broker {
    /// Everything that the Policy page starts from.
    pub fn policy_page(&self) -> PolicyPage {
        let in_force = self.in_force();
        let (mut connections, agents) = self.registry(|registry| {
            let live = registry.connections.values().filter(|connection| connection.deleted_at.is_none());
            (live.cloned().collect::<Vec<_>>(), registry.agents.keys().cloned().collect::<Vec<_>>())
        });
        connections.sort_by_key(|connection| connection.name.to_lowercase());
        let mut layers = vec![self.managed_layer(&in_force), self.user_layer(&in_force)];
        let counting = connections.into_iter().map(|connection| self.as_it_counts(connection));
        layers.extend(counting.map(|connection| self.connection_layer(&in_force, &connection)));
        layers.extend(agents.iter().map(|agent| self.agent_layer(&in_force, agent)));
        let tools = self.0.tools.definitions.iter().filter(|tool| tool.name != crate::tools::APPROVAL_WAIT);
        PolicyPage {
            layers,
            tools: tools
                .map(|tool| PolicyTool {
                    name: tool.name.clone(),
                    title: tool.title.clone(),
                    category: tool.risk.category,
                    severity: tool.risk.severity,
                })
                .collect(),
            presets: Preset::ALL.map(|preset| PresetText { preset, text: preset.text().to_owned() }).to_vec(),
        }
    }

    /// Where an agent's own policy comes from, and the preset that it says the same as.
    pub(crate) fn policy_of_agent(&self, agent: &AgentId) -> (PolicySource, Option<Preset>) {
        let in_force = self.in_force();
        let Some(layer) = in_force.edited(&LayerId::Agent(agent.clone())) else { return (PolicySource::Absent, None) };
        match layer.policy.as_deref() {
            None => (PolicySource::Absent, None),
            // It denies everything in place of what it says.
            Some(_) if layer.fault.is_some() => (PolicySource::Custom, None),
            Some(policy) => match in_force.same_preset(policy) {
                Some(preset) => (PolicySource::Preset, Some(preset)),
                None => (PolicySource::Custom, None),
            },
        }
    }

    fn managed_layer(&self, in_force: &InForce) -> PolicyLayer {
        let managed = &in_force.managed;
        PolicyLayer {
            source: if managed.policy.is_some() { PolicySource::File } else { PolicySource::Absent },
            text: managed.text().map(str::to_owned).filter(|_| managed.policy.is_some()),
            revision: short(managed.policy.as_deref()),
            editable: false,
            path: self.0.options.managed_policy.as_ref().map(|path| path.display().to_string()),
            warnings: managed.warning.iter().cloned().collect(),
            ..self.bare(&LayerId::Managed, in_force)
        }
    }

    fn user_layer(&self, in_force: &InForce) -> PolicyLayer {
        let bare = self.bare(&LayerId::User, in_force);
        let warnings = bare.warnings.iter().cloned().chain(self.file_warning()).collect();
        PolicyLayer { path: Some(self.0.options.user_policy.display().to_string()), warnings, ..bare }
    }

    fn connection_layer(&self, in_force: &InForce, connection: &Connection) -> PolicyLayer {
        let bare = self.bare(&LayerId::Connection(connection.id.clone()), in_force);
        let policy = in_force.of_connection(connection);
        let source = if bare.source == PolicySource::Absent { PolicySource::Environment } else { bare.source };
        PolicyLayer {
            name: connection.name.clone(),
            source,
            revision: short(policy.as_deref()),
            text: policy.map(|policy| policy.text.clone()),
            preset: bare.preset.or_else(|| Some(Preset::of_environment(connection.environment))),
            ..bare
        }
    }

    fn agent_layer(&self, in_force: &InForce, agent: &AgentId) -> PolicyLayer {
        PolicyLayer { name: agent.to_string(), ..self.bare(&LayerId::Agent(agent.clone()), in_force) }
    }

    /// What is told alike of every layer.
    fn bare(&self, id: &LayerId, in_force: &InForce) -> PolicyLayer {
        let edited = in_force.edited(id);
        let edit = edited.map_or(&PolicyEdit::Absent, |edited| &edited.stored.edit);
        let policy = edited.and_then(|edited| edited.policy.as_deref());
        let (source, preset) = match edit {
            PolicyEdit::Preset { preset } => (PolicySource::Preset, Some(*preset)),
            PolicyEdit::Absent if policy.is_none() => (PolicySource::Absent, None),
            PolicyEdit::Absent | PolicyEdit::Custom { .. } => (PolicySource::Custom, None),
        };
        let unwritten = edited.is_some_and(|edited| edited.unwritten);
        let unwritten = unwritten.then(|| "It is in force and could not be written down. Save it again.".to_owned());
        PolicyLayer {
            id: id.to_string(),
            name: String::new(),
            source,
            text: policy.map(|policy| policy.text.clone()),
            revision: short(policy),
            editable: true,
            preset,
            opened: match id {
                LayerId::Connection(connection) => self.opened_on(connection),
                _ => Vec::new(),
            },
            path: None,
            warnings: edited.and_then(|edited| edited.fault.clone()).into_iter().chain(unwritten).collect(),
            waits: self.waiting_edit(id),
            history: edited.map(|edited| edited.stored.saves.clone()).unwrap_or_default(),
        }
    }
}

fn short(policy: Option<&super::layers::PolicyText>) -> String {
    policy.map(|policy| policy.revision.to_string()[..SHORT].to_owned()).unwrap_or_default()
}
