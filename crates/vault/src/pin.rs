use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use gatehouse_core::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Characters of the shortest PIN.
const SHORTEST: usize = 4;
/// Characters of the longest.
const LONGEST: usize = 64;
/// Wrong ones in a row until none is taken for a while.
const TRIES: u32 = 5;
/// How long that while is the first time. It doubles each time.
const FIRST_REFUSAL: Duration = Duration::from_mins(15);
/// How long it is at most.
const LONGEST_REFUSAL: Duration = Duration::from_hours(24);

/// What the vault keeps of a PIN: its hash by argon2id (19 MiB, two passes: OWASP's first recommendation), and how often a
/// wrong one was tried.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pin {
    hash: String,
    /// Wrong ones since the last right one or the last refusal.
    wrong: u32,
    /// How often five in a row were wrong.
    refusals: u32,
    refused_until: Option<Timestamp>,
}

/// A PIN that cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitPin {
    /// Too short, or too long.
    #[error("a PIN has {SHORTEST} to {LONGEST} characters")]
    Length,
    /// The system gives no randomness.
    #[error("the system's source of randomness does not answer")]
    Randomness,
}

impl Pin {
    /// Of these characters. Takes some hundredths of a second, so it belongs on a thread that may block.
    pub fn new(pin: &SecretString) -> Result<Self, UnfitPin> {
        if !(SHORTEST..=LONGEST).contains(&pin.expose_secret().chars().count()) {
            return Err(UnfitPin::Length);
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| UnfitPin::Randomness)?;
        let salt = SaltString::encode_b64(&salt).map_err(|_| UnfitPin::Randomness)?;
        let hash = Argon2::default()
            .hash_password(pin.expose_secret().as_bytes(), &salt)
            .map_err(|_| UnfitPin::Length)?
            .to_string();
        Ok(Self { hash, wrong: 0, refusals: 0, refused_until: None })
    }

    /// Counts a try as wrong, before anybody looks whether it is: what ends the app in between takes no count back. Until
    /// when none is taken, where that is so.
    pub fn begin_try(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        if let Some(until) = self.refused_until(now) {
            return Err(until);
        }
        self.refused_until = None;
        self.wrong += 1;
        if self.wrong >= TRIES {
            let longer = FIRST_REFUSAL.saturating_mul(1 << self.refusals.min(10)).min(LONGEST_REFUSAL);
            self.refused_until = Some(now.plus(longer));
            self.refusals = self.refusals.saturating_add(1);
            self.wrong = 0;
        }
        Ok(())
    }

    /// Whether these are its characters. Takes some hundredths of a second.
    pub fn is(&self, pin: &SecretString) -> bool {
        let Ok(hash) = PasswordHash::new(&self.hash) else { return false };
        Argon2::default().verify_password(pin.expose_secret().as_bytes(), &hash).is_ok()
    }

    /// The last try was right: nothing is counted any more.
    pub fn was_right(&mut self) {
        (self.wrong, self.refusals, self.refused_until) = (0, 0, None);
    }

    /// Wrong ones that may still be typed before none is taken.
    pub fn tries_left(&self) -> u32 {
        TRIES.saturating_sub(self.wrong)
    }

    /// Until when none is taken. A clock that was set back makes nobody wait longer than the longest while.
    pub fn refused_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.refused_until?.min(now.plus(LONGEST_REFUSAL));
        (until > now).then_some(until)
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pin").field("tries_left", &self.tries_left()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_000);

    fn pin(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[test]
    fn only_its_own_characters_are_a_pin_and_no_trace_of_them_is_kept() {
        let kept = Pin::new(&pin("1234")).unwrap();
        assert!(kept.is(&pin("1234")));
        assert!(!kept.is(&pin("1235")) && !kept.is(&pin("")) && !kept.is(&pin("12345")));
        let text = serde_json::to_string(&kept).unwrap();
        assert!(text.contains("$argon2id$") && !text.contains("1234") && text.len() < 500, "{text}");
        assert!(!format!("{kept:?}").contains("argon"));
        assert_ne!(text, serde_json::to_string(&Pin::new(&pin("1234")).unwrap()).unwrap(), "the salt is its own");
    }

    #[test]
    fn a_pin_has_four_to_sixty_four_characters() {
        assert_eq!(Pin::new(&pin("123")).unwrap_err(), UnfitPin::Length);
        assert_eq!(Pin::new(&pin(&"é".repeat(65))).unwrap_err(), UnfitPin::Length);
        assert!(Pin::new(&pin(&"é".repeat(64))).unwrap().is(&pin(&"é".repeat(64))));
    }

    #[test]
    fn after_five_wrong_tries_none_is_taken_for_longer_and_longer() {
        let mut kept = Pin::new(&pin("1234")).unwrap();
        let mut now = T0;
        for minutes in [15, 30, 60, 120] {
            for left in [4, 3, 2, 1, 5] {
                kept.begin_try(now).unwrap();
                assert_eq!(kept.tries_left(), left);
            }
            let until = now.plus(Duration::from_mins(minutes));
            assert_eq!(kept.begin_try(now), Err(until));
            now = until;
        }
        for _ in 0..5 * 20 {
            now = kept.begin_try(now).err().unwrap_or(now);
        }
        for _ in 0..5 {
            kept.begin_try(now).ok();
        }
        assert!(kept.refused_until(now).is_none_or(|until| until <= now.plus(LONGEST_REFUSAL)));
        kept.was_right();
        assert_eq!((kept.tries_left(), kept.refused_until(now)), (5, None));
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out_for_good() {
        let mut kept = Pin::new(&pin("1234")).unwrap();
        let late = T0.plus(Duration::from_hours(24 * 365));
        for _ in 0..5 {
            kept.begin_try(late).unwrap();
        }
        assert_eq!(kept.refused_until(T0), Some(T0.plus(LONGEST_REFUSAL)));
    }
}
