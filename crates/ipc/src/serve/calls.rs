use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Told once whether an answer reached a caller who still wanted it.
pub type Delivered = Box<dyn FnOnce(bool) + Send>;

/// How many requests of one peer run, or wait to be acknowledged, at once.
pub(super) const AT_ONCE: usize = 64;

/// The requests of one peer.
#[derive(Default)]
pub(super) struct Calls(Mutex<State>);

#[derive(Default)]
struct State {
    running: HashMap<u64, CancellationToken>,
    unacknowledged: HashMap<u64, Delivered>,
    is_over: bool,
}

/// Why a request is not taken.
pub(super) enum NotTaken {
    TooMany,
    IdInUse,
}

impl Calls {
    /// Takes note of a new request. Its token fires on cancel, when the peer goes, and with `app`.
    pub(super) fn begin(&self, id: u64, app: &CancellationToken) -> Result<CancellationToken, NotTaken> {
        let mut state = self.lock();
        if state.running.contains_key(&id) || state.unacknowledged.contains_key(&id) {
            return Err(NotTaken::IdInUse);
        }
        if state.running.len() + state.unacknowledged.len() >= AT_ONCE {
            return Err(NotTaken::TooMany);
        }
        let cancel = app.child_token();
        if state.is_over {
            cancel.cancel();
        }
        state.running.insert(id, cancel.clone());
        Ok(cancel)
    }

    /// The handler has answered; the answer is about to leave.
    pub(super) fn answered(&self, id: u64, delivered: Option<Delivered>) {
        let Some(delivered) = delivered else { return };
        let mut state = self.lock();
        let is_wanted = !state.is_over && state.running.get(&id).is_some_and(|cancel| !cancel.is_cancelled());
        if is_wanted {
            state.unacknowledged.insert(id, delivered);
        } else {
            drop(state);
            delivered(false);
        }
    }

    /// The answer has left.
    pub(super) fn sent(&self, id: u64) {
        self.lock().running.remove(&id);
    }

    /// The peer has it.
    pub(super) fn acknowledge(&self, id: u64) {
        let delivered = self.lock().unacknowledged.remove(&id);
        if let Some(delivered) = delivered {
            delivered(true);
        }
    }

    /// The peer does not want it.
    pub(super) fn cancel(&self, id: u64) {
        let mut state = self.lock();
        if let Some(cancel) = state.running.get(&id) {
            cancel.cancel();
        }
        let delivered = state.unacknowledged.remove(&id);
        drop(state);
        if let Some(delivered) = delivered {
            delivered(false);
        }
    }

    /// The peer is gone.
    pub(super) fn over(&self) {
        let mut state = self.lock();
        state.is_over = true;
        for cancel in state.running.values() {
            cancel.cancel();
        }
        let undelivered = std::mem::take(&mut state.unacknowledged);
        drop(state);
        for delivered in undelivered.into_values() {
            delivered(false);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing here leaves the maps half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
