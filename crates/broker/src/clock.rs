use async_trait::async_trait;
use gatehouse_core::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time. Passed in, so that tests own it.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Now. Never earlier than an answer before.
    fn now(&self) -> Timestamp;

    /// Waits until it is `at` on this clock; not at all when that is past. A clock that can be moved on wakes whoever
    /// waits on it.
    async fn until(&self, at: Timestamp) {
        loop {
            let left = at.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }
}

/// The wall clock at start, moved on by a monotonic clock that counts sleep: setting the system's clock afterwards
/// changes nothing, so no quota can be reset and no ticket revived by it.
pub struct SystemClock {
    wall: Timestamp,
    since: Duration,
}

impl SystemClock {
    /// Starts from the wall clock.
    pub fn new() -> Self {
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |wall| wall.as_millis());
        Self { wall: Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)), since: awake_or_asleep() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        self.wall.plus(awake_or_asleep().saturating_sub(self.since))
    }
}

/// Time since some fixed moment, sleep included. Linux leaves sleep out of the clock behind `Instant`.
#[cfg(target_os = "linux")]
fn awake_or_asleep() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// Time since some fixed moment, sleep included: so does the clock behind `Instant` on these systems.
#[cfg(not(target_os = "linux"))]
fn awake_or_asleep() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_starts_at_the_wall_and_only_moves_on() {
        let clock = SystemClock::new();
        let first = clock.now();
        assert!(first.as_millis() > 1_700_000_000_000);
        std::thread::sleep(Duration::from_millis(20));
        let passed = clock.now().since(first);
        assert!(passed >= Duration::from_millis(15) && passed < Duration::from_secs(5), "{passed:?}");
    }
}
