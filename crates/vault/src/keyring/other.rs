//! macOS and Windows. Never compiled on the developers' machines: kept small, and built by the workflow.

use crate::error::VaultError;
use keyring_core::Entry;

/// Keychain and Credential Manager are part of the system: there is no connection to lose.
pub(super) const CAN_RECONNECT: bool = false;

pub(super) fn forget_connection() {}

pub(super) fn connect() -> Result<(), VaultError> {
    match keyring::Entry::store_status() {
        Ok(()) => Ok(()),
        Err(error) => Err(VaultError::NoService { detail: error.to_string() }),
    }
}

pub(super) fn entry(service: &str, name: &str, _label: Option<&str>) -> keyring_core::Result<Entry> {
    Entry::new(service, name)
}

/// Items are shown by service and name there.
pub(super) fn relabel(_entry: &Entry, _label: &str) {}

/// The login keychain and the credential set are open while the person is signed in; the exception shows as an error
/// of the call itself.
pub(super) fn require_unlocked() -> Result<(), VaultError> {
    Ok(())
}

pub(super) fn unlock() -> Result<(), VaultError> {
    Ok(())
}

pub(super) fn failure(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> VaultError {
    VaultError::Failed { detail: cause.to_string() }
}

/// A locked keychain, or one whose question was refused.
pub(super) fn no_access(_cause: &(dyn std::error::Error + Send + Sync + 'static)) -> VaultError {
    VaultError::Locked
}
