use crate::error::VaultError;
use keyring_core::Entry;
use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error};
use std::collections::HashMap;
use std::time::Duration;
use zbus_secret_service_keyring_store::Store;
use zbus_secret_service_keyring_store::cred::Specifier;

/// How long a keyring that is said to be closed is given, before it is asked again.
const DOUBTS: [Duration; 3] = [Duration::from_millis(20), Duration::from_millis(60), Duration::from_millis(150)];

/// The service behind the bus can end and come back.
pub(super) const CAN_RECONNECT: bool = true;

pub(super) fn connect() -> Result<(), VaultError> {
    let store = Store::new().map_err(|error| VaultError::NoService { detail: error.to_string() })?;
    keyring_core::set_default_store(store);
    Ok(())
}

pub(super) fn entry(service: &str, name: &str, label: Option<&str>) -> keyring_core::Result<Entry> {
    match label {
        Some(label) => Entry::new_with_modifiers(service, name, &HashMap::from([("label", label)])),
        None => Entry::new(service, name),
    }
}

/// An item keeps the label it was made with; a connection may have another name by now.
pub(super) fn relabel(entry: &Entry, label: &str) {
    let renamed = entry.as_any().downcast_ref::<Specifier>().map(|item| item.set_label(label));
    if let Some(Err(error)) = renamed {
        tracing::debug!(%error, "an item kept its old label");
    }
}

/// Some services show a prompt when a locked item is looked for, others say that it does not exist; so ask first.
///
/// On a busy machine an open gnome-keyring was seen to be locked, or not to answer, for a moment: it is asked again before
/// that is believed.
pub(super) fn require_unlocked() -> Result<(), VaultError> {
    for pause in DOUBTS {
        match look() {
            Err(VaultError::Locked | VaultError::NoKeyring | VaultError::NoService { .. }) => std::thread::sleep(pause),
            known => return known,
        }
    }
    look()
}

fn look() -> Result<(), VaultError> {
    let service = service()?;
    let is_locked = service.get_default_collection().and_then(|keyring| keyring.is_locked());
    if is_locked.map_err(|error| failure(&error))? { Err(VaultError::Locked) } else { Ok(()) }
}

pub(super) fn unlock() -> Result<(), VaultError> {
    let service = service()?;
    let unlocked = service.get_default_collection().and_then(|keyring| {
        if keyring.is_locked()? {
            keyring.unlock()?;
        }
        keyring.ensure_unlocked()
    });
    unlocked.map_err(|error| failure(&error))
}

/// No secret crosses this connection, so it needs no key exchange.
fn service() -> Result<SecretService<'static>, VaultError> {
    SecretService::connect(EncryptionType::Plain).map_err(|error| VaultError::NoService { detail: error.to_string() })
}

pub(super) fn failure(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> VaultError {
    match cause.downcast_ref::<Error>() {
        Some(Error::Locked) => VaultError::Locked,
        Some(Error::Prompt | Error::PromptDisconnected) => VaultError::Dismissed,
        Some(Error::NoResult) => VaultError::NoKeyring,
        Some(Error::Unavailable) => VaultError::NoService { detail: cause.to_string() },
        _ => VaultError::Failed { detail: cause.to_string() },
    }
}

pub(super) fn no_access(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> VaultError {
    failure(cause)
}
