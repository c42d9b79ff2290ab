use gatehouse_core::{Retry, Timestamp};
use gatehouse_policy::{ChargeRequest, Limits, RuleId, Window};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn request(counter: &str, max: u64, amount: u64) -> ChargeRequest<'_> {
    ChargeRequest {
        counter: counter.into(),
        window: Window::Minute,
        max,
        amount,
        rows: false,
        rule: RuleId::of_tool("user", counter, "limits", 0),
    }
}

fn rows(max: u64) -> ChargeRequest<'static> {
    ChargeRequest { rows: true, ..request("rows", max, 0) }
}

#[test]
fn thirty_a_minute_pass_and_the_next_waits_for_the_next_minute() {
    let mut limits = Limits::new();
    for _ in 0..30 {
        limits.reserve(&[request("c", 30, 1)], at(130)).unwrap();
    }
    let full = limits.reserve(&[request("c", 30, 1)], at(130)).unwrap_err();
    let denial = full.denial();
    assert_eq!(denial.retry, Retry::After { seconds: 50 }, "windows are aligned to UTC");
    assert_eq!(denial.message, "The limit of 30 per minute is spent. Try again in 50 s.");
    assert!(limits.reserve(&[request("c", 30, 1)], at(180)).is_ok());
}

#[test]
fn all_is_reserved_or_nothing() {
    let mut limits = Limits::new();
    limits.reserve(&[request("b", 1, 1)], at(0)).unwrap();
    let full = limits.reserve(&[request("a", 1, 1), request("b", 1, 1)], at(0)).unwrap_err();
    assert_eq!(full.rule, "user:/tools/b/limits/0");
    assert!(limits.reserve(&[request("a", 1, 1)], at(0)).is_ok(), "nothing was taken from a");
    assert!(
        limits.reserve(&[request("d", 1, 1), request("d", 1, 1)], at(0)).is_err(),
        "requests of one counter add up"
    );
}

#[test]
fn a_call_that_never_fits_is_not_told_to_wait() {
    let full = Limits::new().reserve(&[request("a", 5, 6)], at(0)).unwrap_err();
    assert_eq!((full.retry_after, full.denial().retry), (None, Retry::WhenChanged));
    assert!(Limits::new().reserve(&[request("a", 5, u64::MAX)], at(0)).is_err());
}

#[test]
fn what_did_not_run_is_given_back_to_its_own_window_only() {
    let mut limits = Limits::new();
    let first = limits.reserve(&[request("a", 1, 1)], at(0)).unwrap();
    limits.give_back_all(&first);
    let second = limits.reserve(&[request("a", 1, 1)], at(0)).unwrap();
    limits.reserve(&[request("a", 1, 1)], at(60)).unwrap();
    limits.give_back_all(&second);
    assert!(limits.reserve(&[request("a", 1, 1)], at(60)).is_err(), "an old charge does not free the new window");
}

#[test]
fn a_charge_moves_into_the_window_in_which_the_call_runs() {
    let mut limits = Limits::new();
    let asked = limits.reserve(&[request("a", 1, 1)], at(0)).unwrap();
    let moved = limits.move_to(&asked, at(61)).unwrap();
    assert_eq!(moved.charges[0].window_start, at(60));
    assert!(limits.reserve(&[request("a", 1, 1)], at(62)).is_err());
    let again = limits.move_to(&moved, at(70)).unwrap();
    assert_eq!(again.charges, moved.charges, "within one window it stays");
}

#[test]
fn when_the_window_of_now_is_full_the_reservation_stays_where_it_was() {
    let mut limits = Limits::new();
    let asked = limits.reserve(&[request("a", 1, 1)], at(0)).unwrap();
    limits.reserve(&[request("a", 1, 1)], at(60)).unwrap();
    assert!(limits.move_to(&asked, at(61)).is_err());
    assert!(limits.reserve(&[request("a", 1, 1)], at(62)).is_err());
    assert!(limits.move_to(&asked, at(120)).is_ok());
}

#[test]
fn setting_the_clock_back_neither_resets_nor_reopens() {
    let mut limits = Limits::new();
    limits.reserve(&[request("a", 1, 1)], at(600)).unwrap();
    assert!(limits.reserve(&[request("a", 1, 1)], at(0)).is_err());
    assert!(limits.reserve(&[request("a", 1, 1)], at(659)).is_err());
    assert!(limits.reserve(&[request("a", 1, 1)], at(660)).is_ok());
}

#[test]
fn charges_survive_a_restart() {
    let mut limits = Limits::new();
    let old = limits.reserve(&[request("a", 2, 1)], at(0)).unwrap();
    let new = limits.reserve(&[request("a", 2, 2)], at(60)).unwrap();
    let mut restarted = Limits::new();
    restarted.restore(new.charges.into_iter().chain(old.charges), at(75));
    assert!(restarted.reserve(&[request("a", 2, 1)], at(61)).is_err());
    let full = restarted.reserve(&[request("a", 2, 1)], at(10)).unwrap_err();
    assert_eq!(full.retry_after.unwrap().as_secs(), 45, "time is never before the journal's newest entry");
}

#[test]
fn rows_are_charged_when_counted_and_a_spent_quota_refuses_the_next_call() {
    let mut limits = Limits::new();
    let first = limits.reserve(&[rows(100)], at(0)).unwrap();
    assert_eq!(limits.rows_left(&first, at(0)), Some(100));
    assert_eq!(limits.settle_rows(&first, 99, at(0))[0].amount, 99);
    let second = limits.reserve(&[rows(100)], at(0)).unwrap();
    assert_eq!(limits.rows_left(&second, at(0)), Some(1));
    limits.settle_rows(&second, 50, at(0));
    assert!(limits.reserve(&[rows(100)], at(0)).is_err());
    assert!(limits.settle_rows(&second, 0, at(0)).is_empty());
}
