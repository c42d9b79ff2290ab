//! The layers of policy that a call goes through: managed, the user's, the connection's, the agent's.

use crate::desk::{Held, Matter};
use crate::state::{Broker, Options, new_ticket_id};
use crate::tools::{Site, Tools};
use crate::view::PolicyCard;
use gatehouse_core::{
    CallFacts, Connection, Digest, EdgeError, ErrorCode, Hasher, JournalEvent, Ticket, TicketId, TicketKind,
    TicketState, Timestamp, ToolDefinition,
};
use gatehouse_ipc::message::Event;
use gatehouse_policy::{
    Call, ConnectionFacts, Layer, Policy, PolicyProblem, Preset, Verdict, evaluate, is_hidden, local_tools,
};
use serde_json::Value;
use std::io::Read as _;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

/// The sealed setting that holds the text of the user's policy.
const USER_POLICY: &str = "policy/user";
/// A policy file larger than this is not read.
const LARGEST: u64 = 1024 * 1024;
/// The person is asked about outside edits at most this often.
const BETWEEN_EDITS: Duration = Duration::from_mins(1);

/// Every policy in force, and what was found in the user's file.
pub(crate) struct Layers {
    managed: Option<Policy>,
    user: Option<Policy>,
    user_text: Option<String>,
    presets: Vec<(Preset, Policy)>,
    local: Policy,
    /// The file's text that the person was last asked about, or that is in force.
    seen: Option<Digest>,
    /// When the person was last asked about an edit.
    asked_at: Option<Timestamp>,
}

impl Layers {
    pub(crate) fn new(options: &Options, tools: &Tools) -> Self {
        let managed = options.managed_policy.as_deref().and_then(|path| read_managed(path, &tools.definitions));
        Self {
            managed,
            user: None,
            user_text: None,
            presets: Preset::ALL.into_iter().map(|preset| (preset, preset.policy(&tools.definitions))).collect(),
            local: local_tools(&tools.definitions),
            seen: None,
            asked_at: None,
        }
    }

    /// The layers for a call; the strictest answer wins. Calls without a connection skip the connection's layer.
    fn stack(&self, connection: Option<&Connection>) -> Vec<Layer<'_>> {
        let mut layers = Vec::with_capacity(4);
        layers.extend(self.managed.as_ref().map(|policy| Layer::new("managed", policy)));
        layers.extend(self.user.as_ref().map(|policy| Layer::new("user", policy)));
        layers.push(Layer::new(Layer::LOCAL, &self.local));
        if let Some(connection) = connection {
            let preset = Preset::of_environment(connection.environment);
            if let Some((_, policy)) = self.presets.iter().find(|(known, _)| *known == preset) {
                layers.push(Layer::new(format!("connection:{}", connection.id), policy));
            }
        }
        layers
    }
}

impl Broker {
    /// What all layers say to a call. Limits are asked for, not yet taken.
    pub(crate) fn judge(&self, site: &Site, facts: &CallFacts, arguments: &Value) -> Verdict {
        let connection = site.connection.as_ref();
        let about = connection.map(|connection| ConnectionFacts {
            name: connection.name.clone(),
            environment: connection.environment,
            host: connection.host().to_owned(),
            database: connection.database.clone(),
            login: connection.login.clone(),
            version: None,
        });
        let layers = self.0.layers.read().unwrap_or_else(PoisonError::into_inner);
        let call = Call { facts, arguments, connection: about.as_ref(), agent: &site.agent.id };
        evaluate(&layers.stack(connection), &call)
    }

    /// Whether a tool is gone from the list, and refused when called.
    pub(crate) fn is_hidden(&self, connection: Option<&Connection>, tool: &str) -> bool {
        let layers = self.0.layers.read().unwrap_or_else(PoisonError::into_inner);
        tool != crate::tools::APPROVAL_WAIT && is_hidden(&layers.stack(connection), tool)
    }

    /// Puts the sealed text of the user's policy in force. A file that says something else is a proposal.
    pub(crate) fn load_user_policy(&self) {
        let tools = &self.0.tools.definitions;
        let (text, policy) = match self.setting(USER_POLICY) {
            Ok(None) => (None, None),
            Ok(Some(text)) => match Policy::parse(&text, tools) {
                Ok(policy) => (Some(text), Some(policy)),
                Err(problems) => {
                    tracing::error!("the accepted policy no longer parses: {}", sentence(&problems));
                    (Some(text), Some(Policy::deny_everything()))
                }
            },
            // Nothing runs while the vault is closed.
            Err(error) if matches!(error.code, ErrorCode::VaultLocked | ErrorCode::VaultUnavailable) => (None, None),
            Err(error) => {
                self.quarantine(format!("Every call is refused until you accept a policy again: {}", error.message));
                (None, Some(Policy::deny_everything()))
            }
        };
        let mut layers = self.0.layers.write().unwrap_or_else(PoisonError::into_inner);
        layers.seen = text.as_ref().map(|text| Digest::of(text.as_bytes()));
        layers.user = policy;
        layers.user_text = text;
    }

    /// Looks whether `policy.json` says something else than the policy in force, and asks the person about it.
    pub(crate) fn look_for_outside_edit(&self) {
        if self.vault().is_err() {
            return;
        }
        let path = &self.0.options.user_policy;
        let Some(text) = read_small(path) else { return };
        let digest = Digest::of(text.as_bytes());
        let mut layers = self.0.layers.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        // A file that is edited all the time must not keep the person's window moving.
        let too_soon = layers.asked_at.is_some_and(|at| now.since(at) < BETWEEN_EDITS);
        if layers.seen == Some(digest) || too_soon {
            return;
        }
        layers.seen = Some(digest);
        layers.asked_at = Some(now);
        let before = layers.user_text.clone().unwrap_or_default();
        drop(layers);
        let errors = match Policy::parse(&text, &self.0.tools.definitions) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        };
        self.void_tickets("the policy file was edited again", |held| held.ticket.kind() == TicketKind::OutsideEdit);
        let key = Hasher::new("outside edit").part(text.as_bytes()).finish();
        let id = self.0.desk.open(Held {
            ticket: Ticket::open(new_ticket_id(), TicketKind::OutsideEdit, key, key, self.now()),
            sentence: "The policy file was edited outside Gatehouse".into(),
            agent: None,
            badge: None,
            matter: Matter::Policy(PolicyCard {
                layer: "user".into(),
                name: String::new(),
                path: Some(path.display().to_string()),
                before,
                after: text,
                loosened: Vec::new(),
                errors,
            }),
            waits_until: None,
            waiters: 0,
            presented_at: None,
            result: None,
            limited: None,
        });
        self.note(JournalEvent::Policy { layer: "user".into(), change: "outside_edit".into() });
        self.note_ticket(&id, "opened");
        self.announce(&id);
    }

    /// The person accepted the text that was on the card, whatever the file says by now.
    pub(crate) async fn accept_outside_edit(&self, id: &TicketId) -> Result<(), EdgeError> {
        let text = self.0.desk.look(id, |held| match (&held.matter, held.ticket.state()) {
            (Matter::Policy(card), TicketState::Approved { .. }) => Some(card.after.clone()),
            _ => None,
        });
        let text = text.flatten().ok_or_else(|| EdgeError::new(ErrorCode::Internal, "no edit to accept"))?;
        let policy = Policy::parse(&text, &self.0.tools.definitions)
            .map_err(|problems| EdgeError::new(ErrorCode::InvalidArguments, sentence(&problems)))?;
        self.put_setting(USER_POLICY, &text).await?;
        let mut layers = self.0.layers.write().unwrap_or_else(PoisonError::into_inner);
        layers.seen = Some(Digest::of(text.as_bytes()));
        layers.user = Some(policy);
        layers.user_text = Some(text);
        drop(layers);
        self.note(JournalEvent::Policy { layer: "user".into(), change: "accepted".into() });
        self.0.bridges.tell(&Event::ToolsChanged);
        Ok(())
    }
}

/// The administrator's policy counts only when nobody else can have written it: owned by root, writable by root alone.
fn read_managed(path: &Path, tools: &[ToolDefinition]) -> Option<Policy> {
    let found = path.symlink_metadata().ok()?;
    if !is_administrators(&found) {
        tracing::warn!("{} is not root's alone to write: ignored", path.display());
        return None;
    }
    let text = read_small(path)?;
    match Policy::parse(&text, tools) {
        Ok(policy) => Some(policy),
        Err(problems) => {
            tracing::error!("{}: {}; everything is refused until it is mended", path.display(), sentence(&problems));
            Some(Policy::deny_everything())
        }
    }
}

#[cfg(unix)]
fn is_administrators(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.is_file() && found.uid() == 0 && found.mode() & 0o022 == 0
}

// Never compiled here. Without a check of the file's access list, a managed policy is not believed.
#[cfg(not(unix))]
fn is_administrators(_: &std::fs::Metadata) -> bool {
    false
}

/// Reads a small regular file. What somebody put in its place, a pipe say, neither blocks nor fills memory.
fn read_small(path: &Path) -> Option<String> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(target_os = "linux")]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= LARGEST).then_some(text)
}

fn sentence(problems: &[PolicyProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
