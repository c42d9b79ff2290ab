//! Sealed state in memory and on disk: connections, agents, standing approvals, settings. What does not verify is not
//! applied, and is said so.

use crate::policy::LayerId;
use crate::state::{Broker, VaultState};
use crate::view::{ConnectionDraft, Topic, VaultView};
use gatehouse_core::{
    Agent, AgentId, Connection, ConnectionId, ConnectionStatus, EdgeError, Environment, ErrorCode, JournalEvent,
    Sealer, TicketId, Tls,
};
use gatehouse_store::{Generations, Store, StoreError};
use gatehouse_vault::{Vault, VaultKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// The vault's note with the newest generation of each sealed table.
const NOTE_GENERATIONS: &str = "generations";

/// The verified state, as everything else reads it.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    pub(crate) agents: BTreeMap<AgentId, Agent>,
    pub(crate) standing: Vec<crate::standing::Standing>,
    /// Rows that did not verify, each in a sentence.
    pub(crate) quarantine: Vec<String>,
    /// What agents proposed; not sealed, gone at the end.
    pub(crate) proposals: HashMap<TicketId, ConnectionDraft>,
}

impl Broker {
    /// Opens the system's vault and reads what is sealed; remembers why when it cannot.
    pub(crate) async fn open_vault(&self) -> bool {
        let opened = Vault::open_system(&self.0.options.vault_service).await;
        self.take_vault(opened.map_err(|error| error.edge())).await
    }

    /// Tries again, for a person who asked: a locked keyring shows its prompt.
    pub async fn retry_vault(&self) -> Result<(), EdgeError> {
        let opened = Vault::unlock_system(&self.0.options.vault_service).await.map_err(|error| error.edge());
        if self.take_vault(opened).await {
            self.note_opened().await;
        }
        self.vault().map(|_| ())
    }

    /// The person chose to keep secrets for this session only. Nothing sealed under the keyring's key is applied.
    pub async fn use_session_vault(&self) -> Result<(), EdgeError> {
        let vault = Vault::session_only().map_err(|error| error.edge())?;
        if self.take_vault(Ok(vault)).await {
            self.note_opened().await;
        }
        self.note(JournalEvent::Vault { change: "session_only".into() });
        Ok(())
    }

    /// Writes down that the vault is open, and what its seal says of the journal.
    pub(crate) async fn note_opened(&self) {
        self.note(JournalEvent::Vault { change: "unlocked".into() });
        self.look_for_pin().await;
        self.tell_of_journal().await;
    }

    /// Tells whether it is open now.
    async fn take_vault(&self, opened: Result<Vault, EdgeError>) -> bool {
        let editing = self.0.editing.lock().await;
        // Nothing that was signed in, asked or approved under another vault goes on.
        self.0.sessions.clear();
        self.drop_standing(|_| true);
        self.void_tickets("the vault was opened anew", |_| true);
        let state = match opened {
            Ok(vault) => match self.read_sealed(&vault).await {
                Ok(()) => {
                    // Also after a first reading: a table that nobody wrote yet must not be put back to nothing later.
                    if vault.kind() == VaultKind::System
                        && let Err(error) = keep_generations(&self.0.store, &vault).await
                    {
                        tracing::warn!("the generations could not be kept: {}", error.message);
                    }
                    VaultState::Open(vault)
                }
                Err(error) => VaultState::Closed(error),
            },
            Err(error) => {
                tracing::warn!("the vault is closed: {}", error.message);
                VaultState::Closed(error)
            }
        };
        let opened = matches!(state, VaultState::Open(_));
        self.forget_recorded();
        *self.0.vault.write().unwrap_or_else(PoisonError::into_inner) = state;
        drop(editing);
        if opened {
            self.lists_changed();
        }
        self.changed(&[Topic::Vault, Topic::Connections, Topic::Agents, Topic::Policy]);
        opened
    }

    pub(crate) fn vault_view(&self) -> VaultView {
        match &*self.0.vault.read().unwrap_or_else(PoisonError::into_inner) {
            VaultState::Open(vault) => match vault.kind() {
                VaultKind::System => VaultView::System,
                VaultKind::SessionOnly => VaultView::SessionOnly,
            },
            VaultState::Closed(error) => VaultView::Closed { error: error.clone() },
        }
    }

    pub(crate) fn vault_word(&self) -> &'static str {
        match self.vault_view() {
            VaultView::System => "open",
            VaultView::SessionOnly => "session",
            VaultView::Closed { error } if error.code == ErrorCode::VaultLocked => "locked",
            VaultView::Closed { .. } => "unavailable",
        }
    }

    /// Reads every sealed table. Rows that do not verify are quarantined and shown, never applied.
    ///
    /// A session's own key verifies nothing that was sealed before: connections then come back without secrets, as
    /// production, and ask to be confirmed; agents and settings are not used.
    async fn read_sealed(&self, vault: &Vault) -> Result<(), EdgeError> {
        let sealer = vault.sealer();
        let store = &self.0.store;
        self.weigh_journal(vault).await?;
        store.expect(&generations(vault).await?);
        let connections = store.connections(sealer.as_ref()).map_err(|error| error.edge())?;
        let mut registry = Registry::default();
        if vault.kind() == VaultKind::SessionOnly {
            let claims = connections.quarantined.into_iter().filter_map(|row| row.claim);
            for mut claim in claims.filter(|claim| claim.deleted_at.is_none()) {
                claim.environment = Environment::Production;
                // The secret is about to be typed anew: it goes by no certificate that a row merely names.
                claim.tls = Tls::System;
                claim.status = ConnectionStatus::NoSecret;
                registry.connections.insert(claim.id.clone(), claim);
            }
        } else {
            let agents = store.agents(sealer.as_ref()).map_err(|error| error.edge())?;
            let faults = [("connections", connections.fault), ("agents", agents.fault)];
            for (table, fault) in faults {
                registry.quarantine.extend(fault.map(|fault| format!("The list of {table} is not believed: {fault}.")));
            }
            registry.quarantine.extend(connections.quarantined.iter().map(|row| {
                let name = row.claim.as_ref().map_or(row.id.as_str(), |claim| claim.name.as_str());
                format!("The connection “{name}” is set aside: {}. Add it again to use it.", row.why)
            }));
            registry.quarantine.extend(
                agents.quarantined.iter().map(|row| format!("The agent “{}” is set aside: {}.", row.id, row.why)),
            );
            registry.connections = connections.rows.into_iter().map(|c| (c.id.clone(), c)).collect();
            registry.agents = agents.rows.into_iter().map(|a| (a.id.clone(), a)).collect();
            let paused = match store.setting("paused", sealer.as_ref()) {
                Ok(paused) => paused.as_deref() == Some("yes"),
                // Whether the person had paused cannot be told: the stricter way.
                Err(error) => {
                    registry.quarantine.push(format!("Every agent is paused: {error}."));
                    true
                }
            };
            // Only ever raised here: what the person paused while the vault was closed stays paused.
            self.0.paused.fetch_or(paused, Ordering::SeqCst);
        }
        self.remember_pin(vault.pin().await.map_err(|error| error.edge())?);
        // Before anything can call: no call is judged without them.
        let faults = self.read_layers(vault)?;
        for (layer, fault) in faults {
            let whose = layer.map(|layer| format!("{}: ", layer.owner(&registry.connections)));
            registry.quarantine.push(format!("{}{fault}", whose.unwrap_or_default()));
        }
        for problem in &registry.quarantine {
            tracing::warn!("{problem}");
        }
        *self.0.registry.write().unwrap_or_else(PoisonError::into_inner) = registry;
        Ok(())
    }

    /// Writes sealed rows and tells the vault how new the tables are, so that no older file can be put in their place.
    /// A session's state is kept in memory alone. Whoever calls this holds the lock of edits.
    pub(crate) async fn write_sealed(
        &self,
        write: impl FnOnce(&Store, &dyn Sealer) -> Result<(), StoreError>,
    ) -> Result<(), EdgeError> {
        let vault = self.vault()?;
        if vault.kind() == VaultKind::SessionOnly {
            return Ok(());
        }
        write(&self.0.store, vault.sealer().as_ref()).map_err(|error| error.edge())?;
        keep_generations(&self.0.store, &vault).await
    }

    /// Writes a connection and puts it in force.
    pub(crate) async fn put_connection(&self, connection: Connection) -> Result<(), EdgeError> {
        let editing = self.0.editing.lock().await;
        let put = self.put_connection_while_editing(connection).await;
        drop(editing);
        put
    }

    /// Changes a connection as it stands at this moment, and puts the change in force. No other edit is lost.
    pub(crate) async fn update_connection(
        &self,
        id: &ConnectionId,
        change: impl FnOnce(&mut Connection),
    ) -> Result<Connection, EdgeError> {
        let editing = self.0.editing.lock().await;
        let mut connection = self
            .registry(|registry| registry.connections.get(id).cloned())
            .ok_or_else(|| EdgeError::new(ErrorCode::UnknownConnection, "There is no such connection any more."))?;
        change(&mut connection);
        let put = self.put_connection_while_editing(connection.clone()).await;
        drop(editing);
        put.map(|()| connection)
    }

    async fn put_connection_while_editing(&self, connection: Connection) -> Result<(), EdgeError> {
        self.write_sealed(|store, sealer| store.put_connection(&connection, sealer).map(drop)).await?;
        let mut registry = self.0.registry.write().unwrap_or_else(PoisonError::into_inner);
        registry.connections.insert(connection.id.clone(), connection);
        drop(registry);
        self.changed(&[Topic::Connections]);
        Ok(())
    }

    /// Removes a connection for good.
    pub(crate) async fn drop_connection(&self, id: &ConnectionId) -> Result<(), EdgeError> {
        let editing = self.0.editing.lock().await;
        let removed = self.write_sealed(|store, sealer| store.remove_connection(id, sealer).map(drop)).await;
        if removed.is_ok() {
            self.0.registry.write().unwrap_or_else(PoisonError::into_inner).connections.remove(id);
        }
        let removed = match removed {
            Ok(()) => self.remove_layer_while_editing(&LayerId::Connection(id.clone())).await,
            failed => failed,
        };
        drop(editing);
        removed?;
        self.changed(&[Topic::Connections]);
        Ok(())
    }

    /// Writes an agent and lets it in. Whoever calls this holds the lock of edits.
    pub(crate) async fn put_agent_while_editing(&self, agent: Agent) -> Result<(), EdgeError> {
        self.write_sealed(|store, sealer| store.put_agent(&agent, sealer).map(drop)).await?;
        self.remember_agent(agent);
        Ok(())
    }

    /// Takes something from an agent: at once in memory, so that a pause waits for no keyring, then in the file.
    pub(crate) async fn tighten_agent(&self, id: &AgentId, change: impl FnOnce(&mut Agent)) -> Result<(), EdgeError> {
        self.change_agent_in_memory(id, change)?;
        self.changed(&[Topic::Agents]);
        let editing = self.0.editing.lock().await;
        let written = match self.registry(|registry| registry.agents.get(id).cloned()) {
            Some(agent) => self.write_sealed(|store, sealer| store.put_agent(&agent, sealer).map(drop)).await,
            None => Ok(()),
        };
        drop(editing);
        written
    }

    /// Gives an agent something: in the file first, and in force only once it stands there.
    pub(crate) async fn loosen_agent(&self, id: &AgentId, change: impl FnOnce(&mut Agent)) -> Result<(), EdgeError> {
        let editing = self.0.editing.lock().await;
        let known = self.registry(|registry| registry.agents.get(id).cloned());
        let changed = known.map(|mut agent| {
            change(&mut agent);
            agent
        });
        let written = match &changed {
            Some(agent) => self.write_sealed(|store, sealer| store.put_agent(agent, sealer).map(drop)).await,
            None => Err(EdgeError::new(ErrorCode::NotAdmitted, "There is no such agent.")),
        };
        if let (Ok(()), Some(agent)) = (&written, changed) {
            self.remember_agent(agent);
        }
        drop(editing);
        written
    }

    fn change_agent_in_memory(&self, id: &AgentId, change: impl FnOnce(&mut Agent)) -> Result<(), EdgeError> {
        let mut registry = self.0.registry.write().unwrap_or_else(PoisonError::into_inner);
        let agent = registry
            .agents
            .get_mut(id)
            .ok_or_else(|| EdgeError::new(ErrorCode::NotAdmitted, "There is no such agent."))?;
        change(agent);
        Ok(())
    }

    /// Takes an agent's admission away: at once in memory, then in the file.
    pub(crate) async fn forget_agent(&self, id: &AgentId) -> Result<(), EdgeError> {
        self.0.registry.write().unwrap_or_else(PoisonError::into_inner).agents.remove(id);
        self.changed(&[Topic::Agents]);
        let editing = self.0.editing.lock().await;
        let written = self.write_sealed(|store, sealer| store.remove_agent(id, sealer).map(drop)).await;
        let written = match written {
            Ok(()) => self.remove_layer_while_editing(&LayerId::Agent(id.clone())).await,
            failed => failed,
        };
        drop(editing);
        self.lists_changed();
        written
    }

    fn remember_agent(&self, agent: Agent) {
        self.0.registry.write().unwrap_or_else(PoisonError::into_inner).agents.insert(agent.id.clone(), agent);
        self.changed(&[Topic::Agents]);
    }

    pub(crate) async fn put_setting(&self, name: &str, value: &str) -> Result<(), EdgeError> {
        let editing = self.0.editing.lock().await;
        let written = self.write_sealed(|store, sealer| store.put_setting(name, value, sealer).map(drop)).await;
        drop(editing);
        written
    }

    /// Writes what is remembered of a connection's status, which nobody waits for.
    pub(crate) fn save_status(&self, id: &ConnectionId) {
        let (broker, id) = (self.clone(), id.clone());
        tokio::spawn(async move {
            if let Err(error) = broker.update_connection(&id, |_| {}).await {
                tracing::warn!("the status of a connection could not be saved: {}", error.message);
            }
        });
    }

    pub(crate) fn remember_proposal(&self, id: TicketId, draft: ConnectionDraft) {
        self.0.registry.write().unwrap_or_else(PoisonError::into_inner).proposals.insert(id, draft);
    }

    pub(crate) fn forget_proposal(&self, id: &TicketId) {
        self.0.registry.write().unwrap_or_else(PoisonError::into_inner).proposals.remove(id);
    }
}

async fn keep_generations(store: &Store, vault: &Vault) -> Result<(), EdgeError> {
    let text = serde_json::to_vec(&store.generations())
        .map_err(|error| EdgeError::new(ErrorCode::Internal, format!("generations: {error}")))?;
    vault.put_note(NOTE_GENERATIONS, &text).await.map_err(|error| error.edge())
}

async fn generations(vault: &Vault) -> Result<Generations, EdgeError> {
    let note = vault.note(NOTE_GENERATIONS).await.map_err(|error| error.edge())?;
    Ok(note.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// Whether no agent may use a connection until the person reconnects it.
pub(crate) fn is_signed_out(status: &ConnectionStatus) -> bool {
    matches!(status, ConnectionStatus::SignedOut)
}
