//! Answers that are kept for a while: bounded, and asked for once however many want the same one at the same time.

use crate::OdooError;
use lru::LruCache;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// How long an answer is taken for true. A field that somebody adds in Odoo is seen after this at the latest.
const FRESH: Duration = Duration::from_mins(10);

/// How large an answer is, in whatever unit its cache counts.
pub(crate) trait Weight {
    fn weight(&self) -> usize;
}

/// Answers by key, the least recently asked for dropped first.
pub(crate) struct Kept<K, V> {
    slots: Mutex<LruCache<K, Slot<V>>>,
    most: usize,
}

/// One answer, there or on its way.
type Slot<V> = Arc<OnceCell<Answer<V>>>;

struct Answer<V> {
    value: Arc<V>,
    since: Instant,
}

impl<K: Hash + Eq + Clone, V: Weight> Kept<K, V> {
    /// A cache of at most so many answers that together weigh at most so much.
    pub(crate) fn new(answers: NonZeroUsize, most: usize) -> Self {
        Self { slots: Mutex::new(LruCache::new(answers)), most }
    }

    /// The answer to `key`; asked for where it is not there. Who comes while it is asked for waits for that one answer. An
    /// error is kept for nobody: the next in line asks again.
    pub(crate) async fn get_or_ask<A>(&self, key: K, ask: impl FnOnce() -> A) -> Result<Arc<V>, OdooError>
    where
        A: Future<Output = Result<V, OdooError>>,
    {
        let slot = self.slot(key);
        if let Some(answer) = slot.get() {
            return Ok(Arc::clone(&answer.value));
        }
        // Boxed: whoever calls holds a request's whole state otherwise, though it is seldom made.
        let asked =
            || async { Box::pin(ask()).await.map(|value| Answer { value: Arc::new(value), since: Instant::now() }) };
        let value = Arc::clone(&slot.get_or_try_init(asked).await?.value);
        self.trim();
        Ok(value)
    }

    /// The answer to `key`, where it is there and young enough.
    pub(crate) fn known(&self, key: &K) -> Option<Arc<V>> {
        let mut slots = self.slots();
        let answer = slots.get(key)?.get().filter(|answer| answer.since.elapsed() < FRESH)?;
        Some(Arc::clone(&answer.value))
    }

    /// Keeps an answer that came together with others.
    pub(crate) fn keep(&self, key: K, value: V) {
        let answer = Answer { value: Arc::new(value), since: Instant::now() };
        self.slots().put(key, Arc::new(OnceCell::from(answer)));
        self.trim();
    }

    /// Drops what `which` says. What is on its way reaches those who wait for it and nobody after them.
    pub(crate) fn drop_where(&self, which: impl Fn(&K) -> bool) {
        let mut slots = self.slots();
        let dropped: Vec<K> = slots.iter().map(|(key, _)| key).filter(|key| which(key)).cloned().collect();
        for key in dropped {
            slots.pop(&key);
        }
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = self.slots();
        if let Some(slot) = slots.get(&key)
            && slot.get().is_none_or(|answer| answer.since.elapsed() < FRESH)
        {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        slots.put(key, Arc::clone(&slot));
        slot
    }

    fn trim(&self) {
        let mut slots = self.slots();
        let weigh = |slots: &LruCache<K, Slot<V>>| -> usize {
            slots.iter().filter_map(|(_, slot)| slot.get()).map(|answer| answer.value.weight()).sum()
        };
        while weigh(&slots) > self.most {
            slots.pop_lru();
        }
    }

    fn slots(&self) -> MutexGuard<'_, LruCache<K, Slot<V>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    impl Weight for usize {
        fn weight(&self) -> usize {
            *self
        }
    }

    fn kept(answers: usize, most: usize) -> Kept<&'static str, usize> {
        Kept::new(NonZeroUsize::new(answers).unwrap(), most)
    }

    /// Asks for `key`, to be told `value`; tells whether it was asked for.
    async fn asked(kept: &Kept<&'static str, usize>, key: &'static str, value: usize) -> bool {
        let times = AtomicUsize::new(0);
        let told = kept.get_or_ask(key, || async {
            times.fetch_add(1, Ordering::SeqCst);
            Ok(value)
        });
        assert!(told.await.is_ok());
        times.load(Ordering::SeqCst) == 1
    }

    #[tokio::test]
    async fn many_who_want_the_same_at_the_same_time_ask_once() {
        let kept = kept(4, 100);
        let times = AtomicUsize::new(0);
        let one = || {
            kept.get_or_ask("a", || async {
                times.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                Ok(7)
            })
        };
        let (a, b, c) = tokio::join!(one(), one(), one());
        assert_eq!((*a.unwrap(), *b.unwrap(), *c.unwrap(), times.load(Ordering::SeqCst)), (7, 7, 7, 1));
    }

    #[tokio::test]
    async fn whoever_gives_up_or_fails_leaves_the_asking_to_the_next() {
        let kept = kept(4, 100);
        let never = kept.get_or_ask("a", std::future::pending);
        assert!(tokio::time::timeout(Duration::from_millis(5), never).await.is_err());
        assert!(kept.get_or_ask("a", || async { Err(OdooError::Busy { retry_after: None }) }).await.is_err());
        assert!(asked(&kept, "a", 1).await);
        assert!(!asked(&kept, "a", 1).await);
    }

    #[tokio::test]
    async fn what_was_not_asked_for_the_longest_goes_first_by_number_and_by_weight() {
        let few = kept(2, 100);
        for key in ["a", "b"] {
            assert!(asked(&few, key, 1).await);
        }
        assert!(!asked(&few, "a", 1).await);
        assert!(asked(&few, "c", 1).await);
        assert!(!asked(&few, "a", 1).await && asked(&few, "b", 1).await);

        let light = kept(10, 10);
        for key in ["a", "b"] {
            assert!(asked(&light, key, 5).await);
        }
        assert!(asked(&light, "c", 5).await);
        assert!(!asked(&light, "b", 5).await && asked(&light, "a", 5).await);
        assert!(asked(&light, "huge", 11).await && asked(&light, "huge", 11).await, "larger than the whole cache");
    }

    #[tokio::test]
    async fn what_came_with_others_is_known_until_it_is_old_or_dropped() {
        let kept = kept(4, 100);
        assert!(kept.known(&"a").is_none());
        kept.keep("a", 1);
        kept.keep("b", 2);
        assert_eq!((kept.known(&"a").as_deref(), kept.known(&"b").as_deref()), (Some(&1), Some(&2)));
        assert!(!asked(&kept, "a", 3).await);
        kept.drop_where(|key| *key == "b");
        assert!(kept.known(&"b").is_none());
        tokio::time::pause();
        tokio::time::advance(FRESH).await;
        assert!(kept.known(&"a").is_none());
    }

    #[tokio::test]
    async fn what_is_dropped_or_old_is_asked_for_again() {
        let kept = kept(4, 100);
        assert!(asked(&kept, "a", 1).await && asked(&kept, "b", 1).await);
        kept.drop_where(|key| *key == "a");
        assert!(asked(&kept, "a", 1).await && !asked(&kept, "b", 1).await);
        tokio::time::pause();
        tokio::time::advance(FRESH).await;
        assert!(asked(&kept, "b", 1).await);
    }
}
