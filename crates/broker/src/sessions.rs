//! Signed-in Odoo clients, one per connection, made when first needed.

use crate::state::Broker;
use crate::view::Topic;
use gatehouse_core::{Connection, ConnectionId, ConnectionStatus, EdgeError, ErrorCode};
use gatehouse_odoo::{Client, Endpoint, SignIn};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// A connection's own client, signed in.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) sign_in: SignIn,
}

#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<ConnectionId, Arc<OnceCell<Arc<Session>>>>>);

impl Sessions {
    pub(crate) fn drop_session(&self, id: &ConnectionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn cell(&self, id: &ConnectionId) -> Arc<OnceCell<Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id.clone()).or_default().clone()
    }
}

impl Broker {
    /// The connection's session; signs in when there is none. Origin, database and login come out of the vault with
    /// the secret, so that no edit of the database file can send a key elsewhere.
    pub(crate) async fn session(&self, connection: &Connection) -> Result<Arc<Session>, EdgeError> {
        let cell = self.0.sessions.cell(&connection.id);
        cell.get_or_try_init(|| self.sign_in(connection)).await.cloned()
    }

    async fn sign_in(&self, connection: &Connection) -> Result<Arc<Session>, EdgeError> {
        self.must_be_allowed(connection.host())?;
        let Some(secret) = self.vault()?.secret(&connection.id).await.map_err(|error| error.edge())? else {
            return Err(EdgeError::new(
                ErrorCode::ConnectionUnavailable,
                format!("“{}” has no secret in the vault. The user has to enter it in Gatehouse.", connection.name),
            ));
        };
        let same_place = secret.origin == connection.origin
            && secret.database == connection.database
            && secret.login == connection.login;
        if !same_place {
            return Err(EdgeError::new(
                ErrorCode::ConnectionUnavailable,
                format!(
                    "The secret of “{}” was entered for another address. The user has to enter it again in Gatehouse.",
                    connection.name
                ),
            ));
        }
        let endpoint = Endpoint {
            origin: secret.origin.clone(),
            database: secret.database.clone(),
            login: secret.login.clone(),
            tls: connection.tls.clone(),
        };
        let signed_in =
            Client::sign_in(endpoint, crate::connections::odoo_credential(&secret.credential), connection.protocol)
                .await;
        match signed_in {
            // Under JSON-2 the key alone decides the user. A card that named somebody else would lie.
            Ok((_, sign_in)) if !sign_in.login.eq_ignore_ascii_case(&connection.login) => {
                let (theirs, ours) = (&sign_in.login, &connection.login);
                let message = format!("This key belongs to “{theirs}”, and the connection says “{ours}”.");
                let fix = format!("Change the login to {theirs}, or enter a key of {ours}.");
                let checked_at = self.now();
                let status = ConnectionStatus::Failed { checked_at, message: message.clone(), fix: fix.clone() };
                self.remember_status(&connection.id, status);
                Err(EdgeError::new(ErrorCode::ConnectionUnavailable, message).with_detail(fix))
            }
            Ok((client, sign_in)) => {
                self.remember_status(
                    &connection.id,
                    ConnectionStatus::Ok {
                        checked_at: self.now(),
                        version: sign_in.version.to_string(),
                        user: sign_in.user_name.clone(),
                        company: sign_in.company.1.clone(),
                    },
                );
                self.save_status(&connection.id);
                self.0.read_backs.hurry(&connection.id, self.now());
                Ok(Arc::new(Session { client, sign_in }))
            }
            Err(error) => {
                let edge = error.edge();
                let checked_at = self.now();
                self.remember_status(
                    &connection.id,
                    if edge.code == ErrorCode::CredentialRefused {
                        ConnectionStatus::CredentialRefused { checked_at }
                    } else {
                        ConnectionStatus::Failed {
                            checked_at,
                            message: edge.message.clone(),
                            fix: edge.detail.clone().unwrap_or_default(),
                        }
                    },
                );
                Err(edge)
            }
        }
    }

    /// Odoo refused the credential on a call: the next call signs in anew, and the list shows it.
    pub(crate) fn forget_session_on(&self, id: &ConnectionId, error: &EdgeError) {
        if matches!(error.code, ErrorCode::CredentialRefused | ErrorCode::UnknownDatabase) {
            self.0.sessions.drop_session(id);
            if error.code == ErrorCode::CredentialRefused {
                self.remember_status(id, ConnectionStatus::CredentialRefused { checked_at: self.now() });
            }
        }
    }

    /// Status is told, not sealed state that matters: it changes in memory at once, and is written with the row's next edit.
    pub(crate) fn remember_status(&self, id: &ConnectionId, status: ConnectionStatus) {
        let mut registry = self.0.registry.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = registry.connections.get_mut(id)
            && connection.status != ConnectionStatus::SignedOut
        {
            connection.status = status;
        }
        drop(registry);
        self.changed(&[Topic::Connections]);
    }
}
