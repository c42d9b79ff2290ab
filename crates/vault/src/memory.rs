use crate::item::Item;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Items of one session: wiped when the vault is dropped, and written nowhere.
#[derive(Default)]
pub(crate) struct MemoryItems(Mutex<HashMap<Item, Zeroizing<Vec<u8>>>>);

impl MemoryItems {
    pub(crate) fn read(&self, item: &Item) -> Option<Zeroizing<Vec<u8>>> {
        self.items().get(item).cloned()
    }

    pub(crate) fn write(&self, item: Item, bytes: Zeroizing<Vec<u8>>) {
        self.items().insert(item, bytes);
    }

    pub(crate) fn remove(&self, item: &Item) {
        self.items().remove(item);
    }

    fn items(&self) -> MutexGuard<'_, HashMap<Item, Zeroizing<Vec<u8>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
