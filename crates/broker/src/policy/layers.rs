//! The policies in force: the administrator's, the user's, each connection's, each agent's.

use super::managed::ManagedLayer;
use super::stored::Stored;
use super::{LayerId, Watch};
use crate::state::{Broker, Options};
use crate::tools::Tools;
use crate::view::PolicyEdit;
use gatehouse_core::{AgentId, Connection, Digest, EdgeError, Environment, ErrorCode, ToolDefinition};
use gatehouse_policy::{Policy, PolicyProblem, Preset, local_tools};
use gatehouse_vault::{Vault, VaultKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};

/// The longest text that is read as a policy, in bytes.
pub(crate) const LONGEST: usize = 1024 * 1024;

/// A policy with its text.
#[derive(Debug)]
pub(crate) struct PolicyText {
    pub(crate) text: String,
    pub(crate) policy: Policy,
    /// The hash of what it says, however it is laid out.
    pub(crate) revision: Digest,
    /// The facts of a connection that its conditions look at: `connection.name`.
    pub(crate) speaks_of: BTreeSet<String>,
    /// It keeps fields from agents.
    pub(crate) redacts: bool,
}

impl PolicyText {
    pub(crate) fn parse(text: &str, tools: &[ToolDefinition]) -> Result<Self, Vec<PolicyProblem>> {
        Policy::parse(text, tools).map(|policy| Self::of(text, policy))
    }

    pub(crate) fn of(text: &str, policy: Policy) -> Self {
        let outline = policy.outline();
        let conditions = outline.tools.iter().flat_map(|tool| {
            let rules = tool.require.iter().chain(&tool.deny_if).map(|rule| &rule.conditions);
            rules.chain(tool.require_approval.iter().map(|rule| &rule.conditions)).flatten()
        });
        let speaks_of = conditions.map(|c| c.path.clone()).filter(|path| path.starts_with("connection.")).collect();
        let redacts = !outline.redact.is_empty();
        Self { text: text.to_owned(), revision: policy.revision(), speaks_of, redacts, policy }
    }

    /// In place of a text that does not parse.
    pub(crate) fn deny_everything_for(text: &str) -> Self {
        Self::of(text, Policy::deny_everything())
    }

    /// In place of a text that is not believed: nothing of that is shown as if it were in force.
    pub(crate) fn deny_everything() -> Self {
        let policy = Policy::deny_everything();
        Self::of(&policy.outline().print(), policy)
    }
}

/// One layer that can be edited.
#[derive(Debug, Default)]
pub(crate) struct EditedLayer {
    pub(crate) stored: Stored,
    /// What judges; none where nothing was chosen.
    pub(crate) policy: Option<Arc<PolicyText>>,
    /// Why it denies everything instead of saying what it says.
    pub(crate) fault: Option<String>,
    /// It is in force and could not be written: saving the same again writes it.
    pub(crate) unwritten: bool,
}

/// Every policy in force at one moment. Never changed: a change makes another one.
#[derive(Clone)]
pub(crate) struct InForce {
    pub(crate) managed: Arc<ManagedLayer>,
    pub(crate) local: Arc<PolicyText>,
    presets: Arc<Vec<(Preset, Arc<PolicyText>)>>,
    edited: BTreeMap<LayerId, Arc<EditedLayer>>,
}

impl InForce {
    pub(crate) fn new(options: &Options, tools: &Tools) -> Self {
        let tools = &tools.definitions;
        let preset = |preset: Preset| (preset, Arc::new(PolicyText::of(preset.text(), preset.policy(tools))));
        Self {
            managed: Arc::new(ManagedLayer::read(options, tools)),
            local: Arc::new(PolicyText::of("", local_tools(tools))),
            presets: Arc::new(Preset::ALL.into_iter().map(preset).collect()),
            edited: BTreeMap::new(),
        }
    }

    pub(crate) fn edited(&self, id: &LayerId) -> Option<&Arc<EditedLayer>> {
        self.edited.get(id)
    }

    pub(crate) fn preset(&self, wanted: Preset) -> Option<Arc<PolicyText>> {
        self.presets.iter().find(|(preset, _)| *preset == wanted).map(|(_, policy)| policy.clone())
    }

    /// The preset that says the same as this policy, however that is laid out.
    pub(crate) fn same_preset(&self, policy: &PolicyText) -> Option<Preset> {
        self.presets.iter().find(|(_, preset)| preset.revision == policy.revision).map(|(preset, _)| *preset)
    }

    /// What a connection goes by: a preset or a text of its own, else the preset of its environment.
    pub(crate) fn of_connection(&self, connection: &Connection) -> Option<Arc<PolicyText>> {
        let own = self.edited.get(&LayerId::Connection(connection.id.clone())).and_then(|own| own.policy.clone());
        own.or_else(|| self.of_environment(connection.environment))
    }

    pub(crate) fn of_environment(&self, environment: Environment) -> Option<Arc<PolicyText>> {
        self.preset(Preset::of_environment(environment))
    }

    pub(crate) fn of_user(&self) -> Option<Arc<PolicyText>> {
        self.edited.get(&LayerId::User).and_then(|layer| layer.policy.clone())
    }

    pub(crate) fn of_agent(&self, agent: &AgentId) -> Option<Arc<PolicyText>> {
        self.edited.get(&LayerId::Agent(agent.clone())).and_then(|layer| layer.policy.clone())
    }

    /// The same with another policy in one layer; `None` leaves the layer out, and a connection to its environment.
    pub(crate) fn with(&self, id: LayerId, layer: EditedLayer) -> Self {
        let mut other = self.clone();
        other.edited.insert(id, Arc::new(layer));
        other
    }

    /// The same without what was chosen for one layer.
    pub(crate) fn without(&self, id: &LayerId) -> Self {
        let mut other = self.clone();
        other.edited.remove(id);
        other
    }

    /// The same under another file of the administrator.
    pub(crate) fn managed_by(&self, managed: ManagedLayer) -> Self {
        Self { managed: Arc::new(managed), ..self.clone() }
    }

    /// Whether any policy looks at this fact of a connection.
    pub(crate) fn speaks_of(&self, fact: &str) -> bool {
        let edited = self.edited.values().filter_map(|layer| layer.policy.as_ref());
        let managed = self.managed.policy.iter();
        edited.chain(managed).any(|policy| policy.speaks_of.contains(fact))
    }
}

impl Broker {
    /// The policies of this moment.
    pub(crate) fn in_force(&self) -> Arc<InForce> {
        self.0.layers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts other policies in force. The next call is judged by them.
    pub(crate) fn put_in_force(&self, change: impl FnOnce(&InForce) -> InForce) {
        let mut layers = self.0.layers.write().unwrap_or_else(PoisonError::into_inner);
        let next = change(&layers);
        *layers = Arc::new(next);
    }

    /// Held while the user's policy and its file are compared or changed.
    pub(crate) fn watch(&self) -> MutexGuard<'_, Watch> {
        self.0.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the sealed layers and puts them in force. What does not verify denies everything in its layer, and is said
    /// so: the words come back, with the layer. A session's own key verifies nothing that was sealed before, so nothing is read then.
    pub(crate) fn read_layers(&self, vault: &Vault) -> Result<Vec<(Option<LayerId>, String)>, EdgeError> {
        let mut read = BTreeMap::new();
        let mut problems = Vec::new();
        if vault.kind() != VaultKind::SessionOnly {
            let settings = self.0.store.settings(vault.sealer().as_ref()).map_err(|error| error.edge())?;
            for row in settings.rows {
                if let Some(Ok(id)) = LayerId::of_setting(&row.name) {
                    let layer = self.layer_of(Stored::parse(&row.value));
                    problems.extend(layer.fault.iter().map(|fault| (Some(id.clone()), fault.clone())));
                    read.insert(id, Arc::new(layer));
                }
            }
            let mut refused: BTreeMap<LayerId, String> = BTreeMap::new();
            for row in settings.quarantined {
                match LayerId::of_setting(&row.id) {
                    Some(Ok(id)) => {
                        refused.insert(id, row.why.to_string());
                    }
                    Some(Err(_)) => problems.push((
                        None,
                        format!(
                            "A policy for a layer that does not exist was put among the settings: {}. It is not used.",
                            row.why
                        ),
                    )),
                    None => {}
                }
            }
            // Nothing says what the user's policy was.
            if let Some(fault) = settings.fault {
                refused.entry(LayerId::User).or_insert(fault.to_string());
            }
            for (id, why) in refused {
                let fault = format!(
                    "This policy was changed outside Gatehouse ({why}) and is not used. Every call that it judges is \
                     refused until you save a policy here again."
                );
                problems.push((Some(id.clone()), fault.clone()));
                let policy = Some(Arc::new(PolicyText::deny_everything()));
                read.insert(id, Arc::new(EditedLayer { policy, fault: Some(fault), ..EditedLayer::default() }));
            }
        }
        self.put_in_force(|now| InForce { edited: read, ..now.clone() });
        *self.watch() = Watch::default();
        Ok(problems)
    }

    /// A layer as it was sealed. A text that no longer parses denies everything.
    fn layer_of(&self, stored: Stored) -> EditedLayer {
        let (policy, fault) = match &stored.edit {
            PolicyEdit::Absent => (None, None),
            PolicyEdit::Preset { preset } => (self.in_force().preset(*preset), None),
            PolicyEdit::Custom { text } => match PolicyText::parse(text, &self.0.tools.definitions) {
                Ok(policy) => (Some(Arc::new(policy)), None),
                Err(problems) => {
                    let fault = format!(
                        "This version of Gatehouse cannot read the policy ({}). Every call that it judges is refused \
                         until you mend it.",
                        sentence(&problems)
                    );
                    (Some(Arc::new(PolicyText::deny_everything_for(text))), Some(fault))
                }
            },
        };
        EditedLayer { stored, policy, fault, unwritten: false }
    }

    /// The policy that an edit leads to in a layer; none where the layer is then left out.
    pub(crate) fn policy_of(&self, id: &LayerId, edit: &PolicyEdit) -> Result<Option<Arc<PolicyText>>, Unreadable> {
        let in_force = self.in_force();
        match edit {
            PolicyEdit::Absent => match id {
                LayerId::Connection(connection) => {
                    let environment = self.connection(connection).map_err(Unreadable::Edge)?.environment;
                    Ok(in_force.of_environment(environment))
                }
                _ => Ok(None),
            },
            PolicyEdit::Preset { preset } => Ok(in_force.preset(*preset)),
            PolicyEdit::Custom { text } if text.len() > LONGEST => Err(Unreadable::Edge(EdgeError::new(
                ErrorCode::TooMuch,
                "A policy may be 1 MiB long at most. Put what repeats into fewer rules.",
            ))),
            PolicyEdit::Custom { text } => {
                let parsed = PolicyText::parse(text, &self.0.tools.definitions);
                parsed.map(|policy| Some(Arc::new(policy))).map_err(Unreadable::Problems)
            }
        }
    }

    /// What judges in an editable layer now; for a connection that chose nothing, its environment's preset.
    pub(crate) fn policy_in(&self, id: &LayerId) -> Result<Option<Arc<PolicyText>>, EdgeError> {
        let in_force = self.in_force();
        Ok(match id {
            LayerId::Managed => in_force.managed.policy.clone(),
            LayerId::User => in_force.of_user(),
            LayerId::Connection(connection) => in_force.of_connection(&self.connection(connection)?),
            LayerId::Agent(agent) => in_force.of_agent(agent),
        })
    }
}

/// Why there is no policy to be had from an edit.
pub(crate) enum Unreadable {
    /// Its text has errors.
    Problems(Vec<PolicyProblem>),
    /// It is too long, or its layer is gone.
    Edge(EdgeError),
}

impl Unreadable {
    pub(crate) fn edge(self) -> EdgeError {
        match self {
            Self::Edge(error) => error,
            Self::Problems(problems) => EdgeError::new(
                ErrorCode::InvalidArguments,
                format!("This is not a policy: {}", sentence(&problems[..problems.len().min(3)])),
            )
            .with_detail(sentence(&problems)),
        }
    }
}

/// Problems in one line.
pub(crate) fn sentence(problems: &[PolicyProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
