//! Connection tests that run now, so that the person can stop one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Running tests by the name the window gave them.
#[derive(Default)]
pub(crate) struct Probes {
    running: Mutex<HashMap<String, CancellationToken>>,
}

/// A running test; dropped when it ended.
pub(crate) struct Running<'a> {
    probes: &'a Probes,
    name: String,
    /// Cancelled when the person stops it.
    pub(crate) cancel: CancellationToken,
}

impl Probes {
    pub(crate) fn begin(&self, name: String) -> Running<'_> {
        let cancel = CancellationToken::new();
        let before = self.lock().insert(name.clone(), cancel.clone());
        if let Some(before) = before {
            before.cancel();
        }
        Running { probes: self, name, cancel }
    }

    pub(crate) fn cancel(&self, name: &str) {
        if let Some(token) = self.lock().remove(name) {
            token.cancel();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.probes.lock().remove(&self.name);
    }
}
