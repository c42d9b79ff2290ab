//! What a person does with connections.

use crate::desk::Loosening;
use crate::loosening::{leads_elsewhere, split, trusts_more};
use crate::state::{Broker, new_connection_id};
use crate::view::{ConnectionDraft, LooseningCard, ParsedUrl, ProbeState, ProbeStep, SaveOutcome, SecretInput};
use gatehouse_core::{
    AgentId, Connection, ConnectionId, ConnectionStatus, EdgeError, Environment, ErrorCode, JournalEvent, Protocol, Tls,
};
use gatehouse_odoo::address::{self, Address};
use gatehouse_odoo::probe;
use gatehouse_vault::{ConnectionSecret, Credential};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a deleted connection can be restored.
const TRASH_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The embedded demo Odoo, as the app started it.
pub struct DemoServer {
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    /// Its database.
    pub database: String,
    /// The user to sign in as.
    pub login: String,
    /// That user's key.
    pub api_key: SecretString,
}

impl Broker {
    /// What a pasted address tells.
    pub fn parse_url(&self, text: &str) -> Result<ParsedUrl, EdgeError> {
        let address = parse_address(text)?;
        Ok(ParsedUrl {
            origin: address.origin.clone(),
            host: address.authority().to_owned(),
            database: address.database.clone(),
            name: address.short_name().to_owned(),
            environment: self
                .pinned_environment(address.authority())
                .unwrap_or(Environment::default_for(address.is_loopback)),
            api_key_page: address::api_key_page(&address.origin, None, None),
        })
    }

    /// The databases that a server admits to.
    pub async fn databases(&self, url: &str, tls: &Tls) -> Result<Vec<String>, EdgeError> {
        self.must_be_allowed(parse_address(url)?.authority())?;
        Ok(probe::databases(url, tls).await.map_err(|error| error.edge())?.unwrap_or_default())
    }

    /// Saves a new connection, or an edit. What loosens waits in the approval window; the rest is saved at once.
    pub async fn save_connection(
        &self,
        draft: ConnectionDraft,
        secret: Option<SecretInput>,
    ) -> Result<SaveOutcome, EdgeError> {
        self.vault()?;
        let address = parse_address(&draft.url)?;
        self.must_fit_pins(address.authority(), draft.environment)?;
        let old = draft.id.as_ref().map(|id| self.connection(id)).transpose()?;
        let new = self.connection_of(&draft, &address, old.as_ref())?;
        let form = draft.proposal.clone();
        let outcome = match old {
            None => self.add_connection(new, secret, form.is_some()).await?,
            Some(old) => self.edit_connection(&old, new, secret).await?,
        };
        if let (Some(form), SaveOutcome::Saved { connection }) = (form, &outcome) {
            self.answer_proposal(&form, connection);
        }
        Ok(outcome)
    }

    async fn add_connection(
        &self,
        connection: Connection,
        secret: Option<SecretInput>,
        proposed: bool,
    ) -> Result<SaveOutcome, EdgeError> {
        let Some(secret) = secret else {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, "Enter an API key or the password."));
        };
        self.keep_secret(&connection, &secret).await?;
        if let Err(error) = self.put_connection(connection.clone()).await {
            // No half connection: what was put into the vault is taken out again.
            if let Ok(vault) = self.vault() {
                vault.remove_secret(&connection.id).await.ok();
            }
            return Err(error);
        }
        tracing::info!(connection = %connection.id, proposed, "a connection was added");
        self.note_connection(&connection, "added", None);
        Ok(SaveOutcome::Saved { connection: self.as_it_counts(connection) })
    }

    async fn edit_connection(
        &self,
        old: &Connection,
        new: Connection,
        secret: Option<SecretInput>,
    ) -> Result<SaveOutcome, EdgeError> {
        let in_force = self.in_force();
        let (mut harmless, changes) = split(old, &new, |fact| in_force.speaks_of(fact));
        let goes_elsewhere = leads_elsewhere(old, &new);
        if goes_elsewhere && secret.is_none() {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                "Enter the secret again: it was saved for the old address, database, login and certificates, and is never sent \
                 elsewhere.",
            ));
        }
        self.void_tickets("the connection was changed", |held| held.ticket.connection() == Some(&old.id));
        self.drop_standing(|standing| standing.connection == old.id);
        self.close_models_of(&old.id);
        let waits = !changes.is_empty();
        let mut held_back = None;
        match secret {
            Some(secret) if waits && goes_elsewhere => held_back = Some(std::sync::Arc::new(secret)),
            Some(secret) => {
                self.keep_secret(&harmless, &secret).await?;
                harmless.status = ConnectionStatus::NeverChecked;
            }
            None => {}
        }
        let edited = harmless.clone();
        let apply = |now: &mut Connection| {
            // What was done meanwhile (signed out, thrown away) stays done: the form says nothing about it.
            let (status, deleted_at, environment) = (now.status.clone(), now.deleted_at, now.environment);
            let signed_out = crate::sealed::is_signed_out(&status);
            let pinned = now.host() == edited.host() && self.pinned_environment(now.host()).is_some();
            *now = edited;
            // What was chosen before the administrator pinned another one comes back with the end of the pin.
            if pinned {
                now.environment = environment;
            }
            now.deleted_at = deleted_at;
            if signed_out {
                now.status = status;
            }
        };
        let harmless = self.update_connection(&old.id, apply).await?;
        let harmless = self.as_it_counts(harmless);
        self.connections_changed();
        self.0.sessions.drop_session(&old.id);
        self.note_connection(&harmless, "changed", None);
        if !waits {
            return Ok(SaveOutcome::Saved { connection: harmless });
        }
        let renames = changes.iter().any(|change| change.field == "name");
        let ticket = self.raise_loosening(
            format!("Change what protects “{}”?", old.name),
            &harmless,
            LooseningCard { changes },
            Loosening::Connection { connection: Box::new(new), renames, secret: held_back },
        );
        Ok(SaveOutcome::NeedsApproval { ticket, connection: harmless })
    }

    fn connection_of(
        &self,
        draft: &ConnectionDraft,
        address: &Address,
        old: Option<&Connection>,
    ) -> Result<Connection, EdgeError> {
        let name = draft.name.trim();
        if name.is_empty() || name.chars().count() > 60 || name.chars().any(is_deceptive) {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                "Give the connection a name of 1 to 60 plain characters, without invisible ones.",
            ));
        }
        let taken = self.registry(|registry| {
            registry.connections.values().any(|other| {
                other.deleted_at.is_none()
                    && draft.id.as_ref() != Some(&other.id)
                    && other.name.to_lowercase() == name.to_lowercase()
            })
        });
        if taken {
            return Err(EdgeError::new(
                ErrorCode::NameTaken,
                format!("There is a connection called “{name}” already. Choose another name."),
            ));
        }
        let database = match draft.database.trim() {
            "" => address.database.clone().unwrap_or_default(),
            named => named.to_owned(),
        };
        if database.is_empty() {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                "Name the database. Test tells which ones the server admits to.",
            ));
        }
        let login = draft.login.trim();
        if login.is_empty() {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, "Enter the login that you use in Odoo."));
        }
        Ok(Connection {
            id: old.map_or_else(new_connection_id, |old| old.id.clone()),
            name: name.to_owned(),
            origin: address.origin.clone(),
            database,
            login: login.to_owned(),
            environment: draft.environment,
            read_only: draft.read_only,
            protocol: draft.protocol,
            tls: draft.tls.clone(),
            language: draft.language.clone().filter(|language| !language.trim().is_empty()),
            note: draft.note.clone(),
            tags: draft.tags.clone(),
            favourite: draft.favourite,
            demo: old.is_some_and(|old| old.demo),
            status: old.map_or(ConnectionStatus::NeverChecked, |old| old.status.clone()),
            created_at: old.map_or_else(|| self.now(), |old| old.created_at),
            deleted_at: None,
        })
    }

    /// Puts a secret into the vault together with the only address it may be sent to.
    pub(crate) async fn keep_secret(&self, connection: &Connection, secret: &SecretInput) -> Result<(), EdgeError> {
        let text = match secret {
            SecretInput::ApiKey(text) | SecretInput::Password(text) => text.expose_secret(),
        };
        if text.trim().is_empty() {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, "Enter an API key or the password."));
        }
        let credential = vault_credential(secret);
        let secret = ConnectionSecret {
            origin: connection.origin.clone(),
            database: connection.database.clone(),
            login: connection.login.clone(),
            credential,
        };
        self.0.sessions.drop_session(&connection.id);
        self.vault()?.put_secret(&connection.id, &connection.name, secret).await.map_err(|error| error.edge())
    }

    /// Tries a connection step by step and says each as it happens. An edit without a new secret uses the saved one, but only
    /// for the address that it was saved for, and only where no certificate passes that does not pass for agents' calls.
    pub async fn test_connection(
        &self,
        draft: ConnectionDraft,
        secret: Option<SecretInput>,
        mut on_step: impl FnMut(ProbeStep) + Send,
        cancel: CancellationToken,
    ) -> Result<(), EdgeError> {
        self.must_be_allowed(parse_address(&draft.url)?.authority())?;
        let credential = match (&secret, &draft.id) {
            (Some(secret), _) => Some(odoo_credential(&vault_credential(secret))),
            (None, Some(id)) => {
                let saved = self.vault()?.secret(id).await.map_err(|error| error.edge())?;
                let address = parse_address(&draft.url)?;
                let trusts_no_more = self.connection(id).is_ok_and(|known| !trusts_more(&known.tls, &draft.tls));
                saved
                    .filter(|saved| {
                        trusts_no_more
                            && saved.origin == address.origin
                            && saved.database == draft.database.trim()
                            && saved.login == draft.login.trim()
                    })
                    .map(|saved| odoo_credential(&saved.credential))
            }
            (None, None) => None,
        };
        let target = probe::ProbeTarget {
            url: draft.url.clone(),
            database: draft.database.trim().to_owned(),
            login: draft.login.trim().to_owned(),
            credential,
            tls: draft.tls.clone(),
            protocol: draft.protocol,
        };
        let probing = probe::probe(target, |step| on_step(step_view(step)));
        let result = tokio::select! {
            result = probing => result,
            () = cancel.cancelled() => {
                return Err(EdgeError::new(ErrorCode::Cancelled, "The test was cancelled."));
            }
        };
        if let Some(id) = &draft.id {
            let checked_at = self.now();
            let status = match &result {
                Ok(probed) => probed.session.as_ref().map(|(_, sign_in)| ConnectionStatus::Ok {
                    checked_at,
                    version: sign_in.version.to_string(),
                    user: sign_in.user_name.clone(),
                    company: sign_in.company.1.clone(),
                }),
                Err(failure) => Some(ConnectionStatus::Failed {
                    checked_at,
                    message: failure.error.message.clone(),
                    fix: failure.fix.to_string(),
                }),
            };
            if let Some(status) = status {
                self.remember_status(id, status);
                self.save_status(id);
            }
        }
        result.map(drop).map_err(|failure| failure.error)
    }

    /// Moves a connection to the trash: no agent reaches it, its tickets are void, its secret stays until it is purged.
    pub async fn trash_connection(&self, id: &ConnectionId) -> Result<(), EdgeError> {
        self.trash_for(id, None).await
    }

    pub(crate) async fn trash_for(&self, id: &ConnectionId, agent: Option<&AgentId>) -> Result<(), EdgeError> {
        self.connection(id)?;
        self.cut_off(id, "the connection was deleted", agent.is_some());
        let now = self.now();
        let connection = self.update_connection(id, |connection| connection.deleted_at = Some(now)).await?;
        self.note_connection(&connection, "trashed", agent);
        self.connections_changed();
        Ok(())
    }

    /// Takes a connection out of the trash.
    pub async fn restore_connection(&self, id: &ConnectionId) -> Result<(), EdgeError> {
        let connection = self.trashed(id)?;
        let taken = self.registry(|registry| {
            let live = registry.connections.values().filter(|other| other.deleted_at.is_none());
            live.into_iter().any(|other| other.name.to_lowercase() == connection.name.to_lowercase())
        });
        if taken && self.in_force().speaks_of("connection.name") {
            return Err(EdgeError::new(
                ErrorCode::NameTaken,
                format!(
                    "There is another connection called “{}”, and policies tell them apart by name. Rename that one first.",
                    connection.name
                ),
            ));
        }
        let restored = |connection: &mut Connection| {
            if taken {
                connection.name = format!("{} (restored)", connection.name);
            }
            connection.deleted_at = None;
        };
        let connection = self.update_connection(id, restored).await?;
        self.note_connection(&connection, "restored", None);
        self.connections_changed();
        Ok(())
    }

    /// Removes a connection in the trash for good, and its secret with it.
    pub async fn purge_connection(&self, id: &ConnectionId) -> Result<(), EdgeError> {
        let connection = self.trashed(id)?;
        self.vault()?.remove_secret(id).await.map_err(|error| error.edge())?;
        self.drop_connection(id).await?;
        self.note_connection(&connection, "purged", None);
        Ok(())
    }

    /// What has lain in the trash for 30 days goes for good.
    pub(crate) async fn empty_old_trash(&self) {
        let now = self.now();
        let old: Vec<ConnectionId> = self.registry(|registry| {
            let is_old = |c: &&Connection| c.deleted_at.is_some_and(|at| now.since(at) >= TRASH_LIFETIME);
            registry.connections.values().filter(is_old).map(|c| c.id.clone()).collect()
        });
        for id in old {
            if let Err(error) = self.purge_connection(&id).await {
                tracing::warn!("the trash could not be emptied: {}", error.message);
            }
        }
    }

    /// Signs a connection out: no agent can use it until the person reconnects it.
    pub async fn disconnect_connection(&self, id: &ConnectionId) -> Result<(), EdgeError> {
        self.disconnect_for(id, None).await
    }

    pub(crate) async fn disconnect_for(&self, id: &ConnectionId, agent: Option<&AgentId>) -> Result<(), EdgeError> {
        self.connection(id)?;
        self.cut_off(id, "the connection was signed out", agent.is_some());
        let signed_out = |connection: &mut Connection| connection.status = ConnectionStatus::SignedOut;
        let connection = self.update_connection(id, signed_out).await?;
        self.note_connection(&connection, "signed_out", agent);
        Ok(())
    }

    /// Signs in again, at the person's wish.
    pub async fn reconnect_connection(&self, id: &ConnectionId) -> Result<Connection, EdgeError> {
        let known = self.connection(id)?;
        self.must_be_allowed(known.host())?;
        let was_out = crate::sealed::is_signed_out(&known.status);
        self.0.sessions.drop_session(id);
        let never_checked = |connection: &mut Connection| connection.status = ConnectionStatus::NeverChecked;
        let connection = self.update_connection(id, never_checked).await?;
        if was_out {
            self.note_connection(&connection, "reconnected", None);
        }
        let signed_in = self.session(&connection).await;
        self.save_status(id);
        signed_in?;
        self.connection(id)
    }

    /// Adds the demo, or moves it to where its server listens now.
    pub async fn add_demo(&self, demo: DemoServer) -> Result<Connection, EdgeError> {
        self.must_be_allowed(parse_address(&demo.origin)?.authority())?;
        let known =
            self.registry(|registry| registry.connections.values().find(|c| c.demo && c.deleted_at.is_none()).cloned());
        let connection = Connection {
            id: known.as_ref().map_or_else(new_connection_id, |known| known.id.clone()),
            name: known.as_ref().map_or_else(|| "Demo".to_owned(), |known| known.name.clone()),
            origin: demo.origin,
            database: demo.database,
            login: demo.login,
            environment: known.as_ref().map_or(Environment::Production, |known| known.environment),
            read_only: known.as_ref().is_some_and(|known| known.read_only),
            protocol: Protocol::Auto,
            tls: Tls::System,
            language: known.as_ref().and_then(|known| known.language.clone()),
            note: known.as_ref().map_or_else(
                || {
                    "A small Odoo inside Gatehouse, with invented data. Its changes are gone when Gatehouse ends."
                        .to_owned()
                },
                |known| known.note.clone(),
            ),
            tags: known.as_ref().map(|known| known.tags.clone()).unwrap_or_default(),
            favourite: known.as_ref().is_some_and(|known| known.favourite),
            demo: true,
            status: match known.as_ref().map(|known| &known.status) {
                Some(ConnectionStatus::SignedOut) => ConnectionStatus::SignedOut,
                _ => ConnectionStatus::NeverChecked,
            },
            created_at: known.as_ref().map_or_else(|| self.now(), |known| known.created_at),
            deleted_at: None,
        };
        self.keep_secret(&connection, &SecretInput::ApiKey(demo.api_key)).await?;
        self.put_connection(connection.clone()).await?;
        if known.is_none() {
            self.note_connection(&connection, "added", None);
        }
        if !crate::sealed::is_signed_out(&connection.status) {
            self.session(&connection).await?;
            self.save_status(&connection.id);
        }
        self.connection(&connection.id)
    }

    /// Whether a demo connection is saved, so that its server should run.
    pub fn wants_demo(&self) -> bool {
        self.registry(|registry| registry.connections.values().any(|c| c.demo && c.deleted_at.is_none()))
    }

    fn trashed(&self, id: &ConnectionId) -> Result<Connection, EdgeError> {
        self.registry(|registry| registry.connections.get(id).filter(|c| c.deleted_at.is_some()).cloned())
            .ok_or_else(|| EdgeError::new(ErrorCode::UnknownConnection, "There is no such connection in the trash."))
    }

    /// No call goes through this connection any more. The ticket that asked for it is running and stays.
    fn cut_off(&self, id: &ConnectionId, why: &str, asked_for: bool) {
        tracing::info!(connection = %id, asked_for, "{why}");
        self.void_tickets(why, |held| held.ticket.connection() == Some(id));
        self.drop_standing(|standing| standing.connection == *id);
        self.close_models_of(id);
        self.0.bridges.deactivate(id);
        self.0.sessions.drop_session(id);
    }

    /// After a change of a connection that policies look at: what waits is judged anew, and the lists of tools follow.
    pub(crate) fn connections_changed(&self) {
        self.void_denied();
        self.lists_changed();
        self.changed(&[crate::view::Topic::Policy]);
    }

    fn note_connection(&self, connection: &Connection, change: &str, agent: Option<&AgentId>) {
        self.note(JournalEvent::Connection {
            connection: connection.id.clone(),
            name: connection.name.clone(),
            change: change.into(),
            agent: agent.cloned(),
        });
        self.changed(&[crate::view::Topic::Activity]);
    }
}

fn parse_address(text: &str) -> Result<Address, EdgeError> {
    address::parse(text).map_err(|error| EdgeError::new(ErrorCode::InvalidAddress, error.to_string()))
}

fn vault_credential(secret: &SecretInput) -> Credential {
    match secret {
        SecretInput::ApiKey(key) => Credential::ApiKey(trimmed(key)),
        SecretInput::Password(password) => Credential::Password(password.clone()),
    }
}

/// Characters that would make a name look like another: control, bidirectional, zero-width and tag characters.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A pasted key often brings white space along.
fn trimmed(key: &SecretString) -> SecretString {
    SecretString::from(key.expose_secret().trim().to_owned())
}

/// The credential in the words of the Odoo client.
pub(crate) fn odoo_credential(credential: &Credential) -> gatehouse_odoo::Credential {
    match credential {
        Credential::ApiKey(key) => gatehouse_odoo::Credential::ApiKey(key.clone()),
        Credential::Password(password) => gatehouse_odoo::Credential::Password(password.clone()),
    }
}

fn step_view(step: probe::Step) -> ProbeStep {
    ProbeStep {
        step: step.kind.as_str().to_owned(),
        state: match step.state {
            probe::StepState::Running => ProbeState::Running,
            probe::StepState::Ok => ProbeState::Ok,
            probe::StepState::Warning => ProbeState::Warning,
            probe::StepState::Failed => ProbeState::Failed,
            probe::StepState::Skipped => ProbeState::Skipped,
        },
        message: step.message,
        fix: step.fix,
        elapsed_ms: u64::try_from(step.elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}
