//! Rates of other forms as quotas in this language's windows.

use super::source::{Node, Value};
use crate::Window;

/// A quota in one of our windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    pub(super) window: Window,
    pub(super) max: u64,
    /// It is not the source's own window but a stricter one.
    pub(super) narrowed: bool,
}

const WINDOWS: [Window; 3] = [Window::Minute, Window::Hour, Window::Day];

/// `minute`, `hour`, `day`.
pub(super) fn named(word: &str) -> Option<Window> {
    WINDOWS.into_iter().find(|window| window.as_str() == word)
}

/// `30/minute`.
pub(super) fn per(text: &str) -> Option<(u64, Window)> {
    let (max, window) = text.split_once('/')?;
    let max = max.trim();
    let digits = max.bytes().all(|b| b.is_ascii_digit());
    Some((max.parse().ok().filter(|_| digits)?, named(window.trim())?))
}

/// Seconds of a window: a number, `60`, `60s`, `5m`, `1h`, `1d`, or a window's name.
pub(super) fn seconds(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Number(_) => node.whole(),
        Value::Text(text) | Value::Odd(text) => {
            if let Some(window) = named(text) {
                return Some(window.seconds());
            }
            let (digits, unit) = match text.char_indices().next_back()? {
                (at, 's') => (&text[..at], 1),
                (at, 'm') => (&text[..at], 60),
                (at, 'h') => (&text[..at], 3_600),
                (at, 'd') => (&text[..at], 86_400),
                _ => (text.as_str(), 1),
            };
            let plain = digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse::<u64>().ok().filter(|_| plain)?.checked_mul(unit)
        }
        _ => None,
    }
    .filter(|seconds| *seconds > 0)
}

/// At most `max` in every `seconds`, whatever the alignment: the same window, else the shortest of ours that whole
/// windows of the source fill, else a part of the quota in a longer or shorter one. None when not one call would fit.
pub(super) fn quota(max: u64, seconds: u64) -> Option<Quota> {
    let exact = WINDOWS.into_iter().find(|window| window.seconds() == seconds);
    if let Some(window) = exact {
        return (max > 0).then_some(Quota { window, max, narrowed: false });
    }
    let filled = WINDOWS.into_iter().find(|window| window.seconds().is_multiple_of(seconds));
    let (window, max) = match filled {
        Some(window) => (window, max),
        // It may touch two of ours.
        None if seconds < Window::Day.seconds() => {
            let longer = WINDOWS.into_iter().find(|window| window.seconds() > seconds).unwrap_or(Window::Day);
            (longer, max / 2)
        }
        // It touches so many days.
        None => {
            let day = Window::Day.seconds();
            let days = seconds.div_ceil(day) + u64::from(!seconds.is_multiple_of(day));
            (Window::Day, max / days)
        }
    };
    (max > 0).then_some(Quota { window, max, narrowed: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_window_becomes_a_stricter_one() {
        let found = |max, seconds| quota(max, seconds).map(|q| (q.max, q.window.as_str(), q.narrowed));
        assert_eq!(found(10, 60), Some((10, "minute", false)));
        assert_eq!(found(10, 3_600), Some((10, "hour", false)));
        assert_eq!(found(10, 86_400), Some((10, "day", false)));
        assert_eq!(found(10, 1), Some((10, "minute", true)));
        assert_eq!(found(10, 300), Some((10, "hour", true)));
        assert_eq!(found(10, 7), Some((5, "minute", true)));
        assert_eq!(found(1, 7), None);
        assert_eq!(found(100, 604_800), Some((14, "day", true)));
        assert_eq!(found(100, 90_000), Some((33, "day", true)));
        assert_eq!(found(0, 60), None);
    }

    #[test]
    fn no_stretch_of_the_source_window_holds_more_than_its_quota() {
        for seconds in [1, 7, 11, 30, 45, 90, 100, 119, 3_599, 3_601, 7_000, 40_000, 90_000, 200_000] {
            for max in 1..40 {
                let Some(quota) = quota(max, seconds) else { continue };
                let ours = quota.window.seconds();
                // Every window of the source that is aligned as its clock is; each touched window of ours is full.
                for start in (0..400_000).step_by(usize::try_from(seconds).unwrap()) {
                    let first = start / ours;
                    let last = (start + seconds - 1) / ours;
                    assert!((last - first + 1) * quota.max <= max, "{max} in {seconds} s from {start}");
                }
            }
        }
    }
}
