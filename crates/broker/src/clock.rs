use gatehouse_core::Timestamp;
use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Tells the time. Passed in, so that tests own it.
pub trait Clock: Send + Sync + 'static {
    /// Now. Never earlier than an answer before.
    fn now(&self) -> Timestamp;
}

/// The wall clock at start, moved on by a monotonic clock: setting the system's clock afterwards changes nothing, so no
/// quota can be reset and no ticket revived by it.
pub struct SystemClock {
    start: Mutex<(Timestamp, Instant)>,
}

impl SystemClock {
    /// Starts from the wall clock.
    pub fn new() -> Self {
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
        let wall = Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
        Self { start: Mutex::new((wall, Instant::now())) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let start = self.start.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        start.0.plus(start.1.elapsed())
    }
}
