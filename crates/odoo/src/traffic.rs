//! Holds the requests of one connection back: only so many at once, and none while the server asks for a pause.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

/// Odoo Online counts requests by the second and answers 429 to whoever sends more.
const AT_ONCE_ONLINE: usize = 4;
/// Odoo's own server starts with few workers; more requests than this would only wait there.
const AT_ONCE: usize = 16;
/// The longest that one 429 keeps all requests back. Who asks for more is asked again after it.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The requests of one connection.
pub(crate) struct Traffic {
    slots: Semaphore,
    paused: Mutex<Option<Instant>>,
}

/// Why a request was not even sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldBack {
    /// The deadline passed before there was a slot.
    Full,
    /// The server asked for a pause that ends after the deadline.
    Paused(Duration),
}

impl Traffic {
    /// For requests to this host.
    pub(crate) fn to(host: &str) -> Self {
        let online = host == "odoo.com" || host.ends_with(".odoo.com");
        Self { slots: Semaphore::new(if online { AT_ONCE_ONLINE } else { AT_ONCE }), paused: Mutex::new(None) }
    }

    /// Waits for a slot outside any pause, until the deadline at most. The slot is kept as long as what is given back.
    pub(crate) async fn slot(&self, until: Instant) -> Result<SemaphorePermit<'_>, HeldBack> {
        loop {
            let Ok(Ok(slot)) = timeout_at(until, self.slots.acquire()).await else {
                return Err(HeldBack::Full);
            };
            let now = Instant::now();
            if now >= until {
                return Err(HeldBack::Full);
            }
            match self.pause_end().filter(|end| *end > now) {
                None => return Ok(slot),
                Some(end) if end >= until => return Err(HeldBack::Paused(end - now)),
                Some(end) => {
                    drop(slot);
                    sleep_until(end).await;
                }
            }
        }
    }

    /// Sends nothing for so long.
    pub(crate) fn pause(&self, wait: Duration) {
        let end = Instant::now() + wait.min(LONGEST_PAUSE);
        let mut paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        *paused = Some(paused.map_or(end, |other| other.max(end)));
    }

    fn pause_end(&self) -> Option<Instant> {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon(millis: u64) -> Instant {
        Instant::now() + Duration::from_millis(millis)
    }

    #[tokio::test]
    async fn odoo_online_gets_four_requests_at_once_and_others_sixteen() {
        for (host, at_once) in [
            ("acme.odoo.com", 4),
            ("odoo.com", 4),
            ("acme.dev.odoo.com", 4),
            ("notodoo.com", 16),
            ("odoo.com.example.org", 16),
            ("127.0.0.1", 16),
        ] {
            let traffic = Traffic::to(host);
            let mut slots = Vec::new();
            while let Ok(slot) = traffic.slot(soon(20)).await {
                slots.push(slot);
            }
            assert_eq!(slots.len(), at_once, "{host}");
            slots.pop();
            assert!(traffic.slot(soon(20)).await.is_ok(), "{host}");
        }
    }

    #[tokio::test]
    async fn a_pause_holds_everything_back_and_ends() {
        let traffic = Traffic::to("acme.odoo.com");
        traffic.pause(Duration::from_millis(80));
        traffic.pause(Duration::from_millis(10));
        assert!(matches!(traffic.slot(soon(30)).await, Err(HeldBack::Paused(_))), "it ends after the deadline");
        let begun = Instant::now();
        assert!(traffic.slot(soon(500)).await.is_ok());
        assert!(begun.elapsed() >= Duration::from_millis(60));
        traffic.pause(Duration::MAX);
        assert!(traffic.pause_end().unwrap() <= Instant::now() + LONGEST_PAUSE);
    }
}
