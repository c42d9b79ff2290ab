//! Models that the guard closes and a person opened: one model, for one connection, for an hour. In memory only, so that
//! no file can hold one and a restart closes them.

use super::LayerId;
use crate::desk::Loosening;
use crate::state::Broker;
use crate::view::{FieldChange, LooseningCard, OpenedModel, PolicySaved, Topic};
use gatehouse_core::{ConnectionId, EdgeError, ErrorCode, JournalEvent, Timestamp};
use gatehouse_policy::guard;
use std::sync::PoisonError;
use std::time::Duration;

/// How long a model stays open.
const OPEN_FOR: Duration = Duration::from_hours(1);

/// A model that a person opened.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    connection: ConnectionId,
    model: String,
    until: Timestamp,
}

impl Broker {
    /// Asks the person, in the approval window, to open a closed model for one connection for an hour. Fields named like
    /// credentials stay closed in it.
    pub fn open_model(&self, layer: &str, model: &str) -> Result<PolicySaved, EdgeError> {
        self.vault()?;
        let LayerId::Connection(id) = LayerId::parse(layer)? else {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, "A model is opened for one connection."));
        };
        let connection = self.connection(&id)?;
        let model = model.trim();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
        if model.is_empty() || model.len() > 100 || !model.chars().all(plain) {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                "Name the model as Odoo does, in lower case: res.users.",
            ));
        }
        if !guard::is_never_written(model) && !guard::is_never_read(model) {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                format!("{model} is not closed: policy alone decides about it."),
            ));
        }
        let opened = "open for an hour to every agent that may use this connection, as far as policy allows; fields named like \
                      credentials stay closed";
        let change = FieldChange::new(model, "Closed model", Some("closed to every agent".into()), Some(opened.into()));
        let ticket = self.raise_loosening(
            format!("Open {model} on “{}” for an hour?", connection.name),
            &connection,
            LooseningCard { changes: vec![change] },
            Loosening::OpenModel { connection: id, model: model.to_owned() },
        );
        self.changed(&[Topic::Policy]);
        Ok(PolicySaved::NeedsApproval { ticket })
    }

    /// Closes a model again, at once.
    pub fn close_model(&self, layer: &str, model: &str) -> Result<(), EdgeError> {
        let LayerId::Connection(id) = LayerId::parse(layer)? else {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, "A model is opened for one connection."));
        };
        if self.drop_opened(|opened| opened.connection == id && opened.model == model) {
            self.note_guard(&id, model, "closed");
            self.void_denied();
        }
        Ok(())
    }

    /// The person said yes on the card.
    pub(crate) fn open_for_an_hour(&self, connection: &ConnectionId, model: &str) -> Result<(), EdgeError> {
        self.connection(connection)?;
        let until = self.now().plus(OPEN_FOR);
        self.drop_opened(|opened| opened.connection == *connection && opened.model == model);
        let opened = Opened { connection: connection.clone(), model: model.to_owned(), until };
        self.0.opened.lock().unwrap_or_else(PoisonError::into_inner).push(opened);
        self.note_guard(connection, model, "opened");
        Ok(())
    }

    /// The models that are open on a connection at this moment.
    pub(crate) fn opened_models(&self, connection: Option<&ConnectionId>) -> Vec<String> {
        let Some(connection) = connection else { return Vec::new() };
        self.opened_on(connection).into_iter().map(|opened| opened.model).collect()
    }

    /// The same, with when each closes.
    pub(crate) fn opened_on(&self, connection: &ConnectionId) -> Vec<OpenedModel> {
        let now = self.now();
        let opened = self.0.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let here = opened.iter().filter(|opened| opened.connection == *connection && opened.until > now);
        here.map(|opened| OpenedModel { model: opened.model.clone(), until: opened.until }).collect()
    }

    /// Closes what a change of a connection, or its end, leaves behind.
    pub(crate) fn close_models_of(&self, connection: &ConnectionId) {
        self.drop_opened(|opened| opened.connection == *connection);
    }

    fn drop_opened(&self, applies: impl Fn(&Opened) -> bool) -> bool {
        let now = self.now();
        let mut opened = self.0.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let before = opened.len();
        opened.retain(|one| !applies(one));
        let dropped = opened.len() < before;
        opened.retain(|one| one.until > now);
        dropped
    }

    fn note_guard(&self, connection: &ConnectionId, model: &str, change: &str) {
        let name = self.registry(|registry| registry.connections.get(connection).map(|c| c.name.clone()));
        self.note(JournalEvent::Guard {
            connection: connection.clone(),
            name: name.unwrap_or_default(),
            model: model.to_owned(),
            change: change.into(),
        });
        self.changed(&[Topic::Policy, Topic::Activity]);
    }
}
