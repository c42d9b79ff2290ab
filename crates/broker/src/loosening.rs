//! What lets agents do more is asked again in the approval window, even when the person started it in the main one.

use crate::desk::{Held, Loosening, Matter};
use crate::state::{Broker, new_ticket_id};
use crate::view::{FieldChange, LooseningCard, SecretInput};
use gatehouse_core::{Connection, EdgeError, Hasher, JournalEvent, Ticket, TicketId, TicketKind, Tls};
use serde_json::json;

/// The path by which conditions look at a connection's name.
const NAME: &str = "connection.name";

impl Broker {
    /// Raises a card for a change that loosens.
    pub(crate) fn raise_loosening(
        &self,
        sentence: String,
        connection: &Connection,
        card: LooseningCard,
        change: Loosening,
    ) -> TicketId {
        let id = new_ticket_id();
        let shown = serde_json::to_value(&card).unwrap_or_default();
        let key =
            Hasher::new("loosening").part(connection.id.as_str().as_bytes()).json(&json!([sentence, shown])).finish();
        let ticket = Ticket::open(id.clone(), TicketKind::Loosening, key, key, self.now()).about(connection.id.clone());
        // A newer edit of the same connection takes the place of one that still waits.
        self.void_tickets("a newer edit took its place", |held| {
            matches!(&held.matter, Matter::Loosening { change: old, .. }
            if matches!(
                (old.as_ref(), &change),
                (Loosening::Connection { connection: old, .. }, Loosening::Connection { connection: new, .. })
                    if old.id == new.id
            ) || matches!(
                (old.as_ref(), &change),
                (Loosening::OpenModel { connection: old, model: was }, Loosening::OpenModel { connection: new, model: is })
                    if old == new && was == is
            ) || matches!(
                (old.as_ref(), &change),
                (Loosening::Grant { agent: old, connection: was, form: None }, Loosening::Grant { agent: new, connection: is, form: None })
                    if old == new && was == is
            ))
        });
        self.open_ticket(Held {
            badge: Some(crate::cards::badge(connection)),
            ..Held::new(ticket, sentence, Matter::Loosening { card, change: Box::new(change) })
        });
        self.announce(&id);
        id
    }

    /// The person confirmed the looser connection.
    pub(crate) async fn loosen_connection(
        &self,
        connection: Connection,
        renames: bool,
        secret: Option<&SecretInput>,
    ) -> Result<(), EdgeError> {
        self.connection(&connection.id)?;
        self.must_be_allowed(connection.host())?;
        if let Some(secret) = secret {
            self.keep_secret(&connection, secret).await?;
        }
        // Only what the card showed: whatever else changed since stays as it is now.
        let loosen = |now: &mut Connection| {
            if now.host() != connection.host() || self.pinned_environment(now.host()).is_none() {
                now.environment = connection.environment;
            }
            if renames {
                now.name.clone_from(&connection.name);
            }
            now.read_only = connection.read_only;
            now.origin.clone_from(&connection.origin);
            now.database.clone_from(&connection.database);
            now.login.clone_from(&connection.login);
            now.tls.clone_from(&connection.tls);
        };
        self.drop_standing(|standing| standing.connection == connection.id);
        self.close_models_of(&connection.id);
        let changed = self.update_connection(&connection.id, loosen).await?;
        self.0.sessions.drop_session(&changed.id);
        self.connections_changed();
        let (connection, name) = (changed.id, changed.name);
        self.note(JournalEvent::Connection { connection, name, change: "changed".into(), agent: None });
        Ok(())
    }
}

/// Splits an edit: what may be saved at once, and what loosens. A fact that a policy's conditions look at (`speaks_of`) is
/// never changed at once: nobody can tell whether rules let more through under another name.
pub(crate) fn split(
    old: &Connection,
    new: &Connection,
    speaks_of: impl Fn(&str) -> bool,
) -> (Connection, Vec<FieldChange>) {
    let mut harmless = new.clone();
    let mut changes = Vec::new();
    if old.name != new.name && speaks_of(NAME) {
        harmless.name.clone_from(&old.name);
        changes.push(change("name", "Name", &old.name, &new.name));
    }
    let judged_anew = old.environment != new.environment && speaks_of("connection.environment");
    if judged_anew || old.environment.is_loosened_by(new.environment) {
        harmless.environment = old.environment;
        changes.push(change("environment", "Environment", old.environment.as_str(), new.environment.as_str()));
    }
    if old.read_only && !new.read_only {
        harmless.read_only = true;
        changes.push(change("read_only", "Read only", "yes: no change leaves through it", "no: policy decides"));
    }
    if old.origin != new.origin {
        harmless.origin.clone_from(&old.origin);
        changes.push(change("origin", "Address", &old.origin, &new.origin));
    }
    if old.database != new.database {
        harmless.database.clone_from(&old.database);
        changes.push(change("database", "Database", &old.database, &new.database));
    }
    if old.login != new.login {
        harmless.login.clone_from(&old.login);
        changes.push(change("login", "Login", &old.login, &new.login));
    }
    if trusts_more(&old.tls, &new.tls) {
        harmless.tls.clone_from(&old.tls);
        changes.push(change("tls", "Certificates trusted", &trusted(&old.tls), &trusted(&new.tls)));
    }
    (harmless, changes)
}

/// Whether what a connection's secret is sent to changes: its address, database and login, and by which certificates that
/// address proves to be itself. The secret was not entered for these.
pub(crate) fn leads_elsewhere(old: &Connection, new: &Connection) -> bool {
    (&old.origin, &old.database, &old.login) != (&new.origin, &new.database, &new.login)
        || trusts_more(&old.tls, &new.tls)
}

/// Whether a certificate may pass that did not before. The system's authorities are always trusted, so that going back to
/// them alone is no loosening.
pub(crate) fn trusts_more(old: &Tls, new: &Tls) -> bool {
    matches!(new, Tls::CustomCa { .. }) && old != new
}

/// What a connection trusts, in words.
fn trusted(tls: &Tls) -> String {
    match gatehouse_odoo::trusted_besides(tls) {
        Ok(besides) if besides.is_empty() => "the system's authorities".to_owned(),
        Ok(besides) => format!("the system's authorities, and {}", besides.join(", ")),
        Err(error) => format!("what cannot be read: {error}"),
    }
}

fn change(field: &str, label: &str, before: &str, after: &str) -> FieldChange {
    FieldChange::new(field, label, Some(before.into()), Some(after.into()))
}
