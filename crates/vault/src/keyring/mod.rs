//! The operating system's keyring: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.

use crate::error::VaultError;
use crate::item::Item;
use keyring_core::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "other.rs"]
mod platform;

const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_WITH_A_PERSON: Duration = Duration::from_mins(2);

/// The items under one service name.
#[derive(Debug, Clone)]
pub(crate) struct Keyring {
    service: String,
}

impl Keyring {
    pub(crate) fn new(service: &str) -> Self {
        Self { service: service.to_owned() }
    }

    /// Shows the system's prompt if the keyring is locked.
    pub(crate) async fn unlock(&self) -> Result<(), VaultError> {
        on_its_own_thread(PATIENCE_WITH_A_PERSON, platform::unlock).await
    }

    /// An item's bytes. `None` is the word of an unlocked keyring; a keyring that cannot say is an error.
    pub(crate) async fn read(&self, item: Item) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        self.call(item, None, |entry| match entry.get_secret() {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Puts an item in place of what was there.
    pub(crate) async fn write(&self, item: Item, label: &str, bytes: Zeroizing<Vec<u8>>) -> Result<(), VaultError> {
        let label = format!("{}: {label}", self.service);
        self.call(item, Some(label.clone()), move |entry| {
            entry.set_secret(&bytes)?;
            platform::relabel(entry, &label);
            Ok(())
        })
        .await
    }

    /// Removes an item, if it is there.
    pub(crate) async fn remove(&self, item: Item) -> Result<(), VaultError> {
        self.call(item, None, |entry| match entry.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(error),
        })
        .await
    }

    async fn call<T: Send + 'static>(
        &self,
        item: Item,
        label: Option<String>,
        work: impl Fn(&Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, VaultError> {
        let service = self.service.clone();
        on_its_own_thread(PATIENCE, move || {
            platform::require_unlocked()?;
            let name = item.to_string();
            let attempt = || {
                let entry = platform::entry(&service, &name, label.as_deref())?;
                work(&entry)
            };
            let was_connected = connect()?;
            match attempt() {
                // The service may have been restarted since, or another call gave the connection up; a new one tells.
                Err(keyring_core::Error::PlatformFailure(_) | keyring_core::Error::NoDefaultStore)
                    if was_connected && platform::CAN_RECONNECT =>
                {
                    forget_connection();
                    connect()?;
                    attempt()
                }
                result => result,
            }
            .map_err(|error| in_our_words(error, &name))
        })
        .await
    }
}

/// A call may hang for as long as a prompt stays open, so each has a thread of its own: the async runtime neither
/// waits for it nor runs out of workers, and the next call does not queue behind it.
async fn on_its_own_thread<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    let (answer, answered) = oneshot::channel();
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(move || {
            // Nobody listens any more when the call took too long; what it read is wiped.
            drop(answer.send(work()));
        })
        .map_err(|error| VaultError::Failed { detail: error.to_string() })?;
    match tokio::time::timeout(patience, answered).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(VaultError::Failed { detail: "the call to the keyring broke off".to_owned() }),
        Err(_) => {
            // The hanging call holds the connection's lock.
            forget_connection();
            Err(VaultError::TimedOut)
        }
    }
}

/// Makes sure that there is a connection to the keyring, and tells whether there was one before.
///
/// `keyring` starts once in a process: what its first start found is final for it, and while that start hangs every
/// later use hangs with it. So it is asked once; afterwards the connection is made here.
fn connect() -> Result<bool, VaultError> {
    static STARTED: AtomicBool = AtomicBool::new(false);
    if keyring_core::get_default_store().is_some() {
        return Ok(true);
    }
    if !STARTED.swap(true, Ordering::SeqCst) {
        if keyring::Entry::store_status().is_ok() && keyring_core::get_default_store().is_some() {
            return Ok(false);
        }
        tracing::debug!("the keyring's first start failed; connecting anew");
    }
    platform::connect()?;
    Ok(false)
}

fn forget_connection() {
    if platform::CAN_RECONNECT {
        platform::forget_connection();
        drop(keyring_core::unset_default_store());
    }
}

fn in_our_words(error: keyring_core::Error, item: &str) -> VaultError {
    use keyring_core::Error;
    let damaged = |why: &str| VaultError::Damaged { item: item.to_owned(), why: why.to_owned() };
    match error {
        Error::PlatformFailure(cause) => platform::failure(&*cause),
        Error::NoStorageAccess(cause) => platform::no_access(&*cause),
        Error::NoDefaultStore => VaultError::NoService { detail: "no connection to the keyring".to_owned() },
        Error::BadEncoding(bytes) => {
            drop(Zeroizing::new(bytes));
            damaged("not text")
        }
        Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            damaged("not in the keyring's own form")
        }
        Error::BadStoreFormat(why) => VaultError::Failed { detail: why },
        Error::Ambiguous(_) => damaged("there are several of that name"),
        other => VaultError::Failed { detail: other.to_string() },
    }
}
