use crate::error::VaultError;
use keyring_core::Entry;
use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zbus_secret_service_keyring_store::Store;
use zbus_secret_service_keyring_store::cred::Specifier;

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
pub(super) fn require_unlocked() -> Result<(), VaultError> {
    let is_locked = ask(|service| service.get_default_collection()?.is_locked())?;
    if is_locked { Err(VaultError::Locked) } else { Ok(()) }
}

pub(super) fn unlock() -> Result<(), VaultError> {
    ask(|service| {
        let keyring = service.get_default_collection()?;
        if keyring.is_locked()? {
            keyring.unlock()?;
        }
        keyring.ensure_unlocked()
    })
}

/// The line for questions that carry no secret, so it needs no key exchange. It is kept: gnome-keyring 42.1 ends itself where
/// one client comes while another goes (`gkd_secret_service_get_pkcs11_session: assertion 'client' failed`, then a GLib
/// error), and a bus that starts it again starts it locked.
static LINE: Mutex<Option<Arc<SecretService<'static>>>> = Mutex::new(None);

fn line() -> MutexGuard<'static, Option<Arc<SecretService<'static>>>> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn forget_connection() {
    *line() = None;
}

fn ask<T>(question: impl Fn(&SecretService<'_>) -> Result<T, Error>) -> Result<T, VaultError> {
    let kept = line().clone();
    if let Some(service) = kept {
        match question(&service) {
            // The bus may have ended since; a new line tells.
            Err(Error::Zbus(_) | Error::ZbusFdo(_) | Error::Unavailable) => forget_connection(),
            answer => return answer.map_err(|error| failure(&error)),
        }
    }
    let service = SecretService::connect(EncryptionType::Plain)
        .map_err(|error| VaultError::NoService { detail: error.to_string() })?;
    let service = Arc::new(service);
    *line() = Some(service.clone());
    question(&service).map_err(|error| failure(&error))
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
