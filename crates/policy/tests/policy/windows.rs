//! Windows: fixed, aligned to UTC, and no way to set them back.

use super::judge;
use super::{policy, write_facts};
use gatehouse_core::{Retry, Timestamp};
use gatehouse_policy::{ChargeRequest, Limits, RuleId, Window};
use serde_json::json;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

pub(crate) fn request(counter: &str, max: u64, amount: u64) -> ChargeRequest<'_> {
    ChargeRequest {
        counter: counter.into(),
        window: Window::Minute,
        max,
        amount,
        rows: false,
        rule: RuleId::of_tool("user", counter, "limits", 0),
    }
}

pub(crate) fn rows(max: u64) -> ChargeRequest<'static> {
    ChargeRequest { rows: true, ..request("rows", max, 0) }
}

#[test]
fn windows_are_fixed_and_aligned_to_utc() {
    // 2024-02-29 12:34:56.789 UTC.
    let moment = Timestamp::from_millis(1_709_210_096_789);
    assert_eq!(Window::Minute.start(moment), Timestamp::from_millis(1_709_210_040_000));
    assert_eq!(Window::Hour.start(moment), Timestamp::from_millis(1_709_208_000_000));
    assert_eq!(Window::Day.start(moment), Timestamp::from_millis(1_709_164_800_000));
    assert_eq!(Window::Day.start(at(-1)), at(-86_400));
    let limit = json!({"counter": "c", "window": "day", "max": 1, "scope": "grant"});
    let policy = policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {"limits": [limit]}}}));
    let verdict = judge(&[&policy], &write_facts(), &json!({}));
    let mut limits = Limits::new();
    let taken = limits.reserve(&verdict.charges, moment).unwrap();
    assert_eq!((taken.charges[0].window, taken.charges[0].window_start), (86_400, Window::Day.start(moment)));
    let full = limits.reserve(&verdict.charges, moment).unwrap_err();
    assert_eq!(full.retry_after.unwrap().as_millis(), 86_400_000 - 45_296_789, "until midnight of UTC");
}

#[test]
fn thirty_a_minute_pass_and_the_next_waits_for_the_next_minute() {
    let mut limits = Limits::new();
    for _ in 0..30 {
        limits.reserve(&[request("c", 30, 1)], at(130)).unwrap();
    }
    let full = limits.reserve(&[request("c", 30, 1)], at(130)).unwrap_err();
    let denial = full.denial();
    assert_eq!(denial.retry, Retry::After { seconds: 50 });
    assert_eq!(denial.message, "The limit of 30 per minute is spent. Try again in 50 s.");
    assert!(limits.reserve(&[request("c", 30, 1)], Timestamp::from_millis(179_999)).is_err());
    assert!(limits.reserve(&[request("c", 30, 1)], at(180)).is_ok());
}

#[test]
fn twice_max_can_pass_across_a_boundary() {
    let mut limits = Limits::new();
    for second in [59, 60] {
        for _ in 0..5 {
            limits.reserve(&[request("c", 5, 1)], at(second)).unwrap();
        }
        assert!(limits.reserve(&[request("c", 5, 1)], at(second)).is_err());
    }
}

#[test]
fn time_is_never_before_the_journals_newest_entry() {
    let mut limits = Limits::new();
    let taken = limits.reserve(&[request("a", 2, 2)], at(60)).unwrap();
    let mut restarted = Limits::new();
    restarted.restore(taken.charges, at(75));
    let full = restarted.reserve(&[request("a", 2, 1)], at(10)).unwrap_err();
    assert_eq!(full.retry_after.unwrap().as_secs(), 45, "it is 75 s, not 10 s");
    let mut empty = Limits::new();
    empty.restore([], at(75));
    assert_eq!(empty.reserve(&[request("a", 1, 1)], at(10)).unwrap().charges[0].window_start, at(60));
}

#[test]
fn setting_the_clock_back_does_not_reset_a_quota() {
    let mut limits = Limits::new();
    limits.reserve(&[request("a", 1, 1)], at(600)).unwrap();
    for seconds in [0, 540, 659] {
        assert!(limits.reserve(&[request("a", 1, 1)], at(seconds)).is_err(), "{seconds}");
    }
    assert!(limits.reserve(&[request("a", 1, 1)], at(660)).is_ok());
}

#[test]
fn setting_the_clock_forth_and_back_does_not_multiply_a_quota() {
    let mut limits = Limits::new();
    let mut passed = 0;
    for _ in 0..100 {
        for seconds in [600, 86_400, 600, 0, 86_399] {
            passed += u32::from(limits.reserve(&[request("a", 1, 1)], at(seconds)).is_ok());
        }
    }
    assert_eq!(passed, 2, "one in each of the two minutes that there were");
}

#[test]
fn a_moment_that_was_only_looked_at_counts_as_seen() {
    let mut limits = Limits::new();
    let first = limits.reserve(&[request("a", 1, 1)], at(0)).unwrap();
    assert!(limits.reserve(&[request("b", 1, 2)], at(120)).is_err(), "never fits, and it is 120 s now");
    limits.give_back_all(&first);
    assert_eq!(limits.reserve(&[request("a", 1, 1)], at(0)).unwrap().charges[0].window_start, at(120));
}
