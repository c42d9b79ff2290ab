use super::*;

/// Saturday, 2026-11-21 16:07:00 UTC.
const NOW: i64 = 1_795_277_220_000;

fn at(now: i64, zone: &str, text: &str, kind: FieldType) -> String {
    Today::new(now, Some(zone)).resolve(text, kind, Bound::First, "").unwrap_or_else(|| panic!("{text}")).unwrap()
}

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

#[test]
fn a_relative_day_is_the_user_s_own() {
    assert_eq!(ms("2026-11-21T16:07:00Z"), NOW);
    for (text, day) in [
        ("today", "2026-11-21"),
        ("now", "2026-11-21"),
        ("yesterday", "2026-11-20"),
        ("tomorrow", "2026-11-22"),
        ("-7d", "2026-11-14"),
        ("+2w", "2026-12-05"),
        ("-3m", "2026-08-21"),
        ("-1y", "2025-11-21"),
        ("today -1m +1d", "2026-10-22"),
        ("today-7d", "2026-11-14"),
        (" today   -7d ", "2026-11-14"),
        ("week_start", "2026-11-16"),
        ("week_end", "2026-11-22"),
        ("week_start -1w", "2026-11-09"),
        ("month_start", "2026-11-01"),
        ("month_end", "2026-11-30"),
        ("month_start -1m", "2026-10-01"),
        ("month_end -1m", "2026-10-31"),
        ("month_end +3m", "2027-02-28"),
        ("month_end +3d", "2026-12-03"),
        ("quarter_start", "2026-10-01"),
        ("quarter_end", "2026-12-31"),
        ("quarter_end -3m", "2026-09-30"),
        ("year_start", "2026-01-01"),
        ("year_end", "2026-12-31"),
        ("year_start -1y", "2025-01-01"),
        ("-0d", "2026-11-21"),
    ] {
        assert_eq!(at(NOW, "UTC", text, FieldType::Date), day, "{text}");
    }
    // At 16:07 in UTC it is tomorrow already in Auckland, and 06:07 of the same day in Honolulu.
    assert_eq!(at(NOW, "Pacific/Auckland", "today", FieldType::Date), "2026-11-22");
    assert_eq!(at(NOW, "Pacific/Honolulu", "today", FieldType::Date), "2026-11-21");
    assert_eq!(at(ms("2024-03-31T10:00:00Z"), "UTC", "-1m", FieldType::Date), "2024-02-29");
    assert_eq!(at(ms("2024-02-29T10:00:00Z"), "UTC", "-1y", FieldType::Date), "2023-02-28");
}

#[test]
fn a_relative_moment_is_sent_in_utc() {
    for (zone, text, second) in [
        ("UTC", "now", "2026-11-21 16:07:00"),
        ("UTC", "today", "2026-11-21 00:00:00"),
        ("Europe/Paris", "now", "2026-11-21 16:07:00"),
        ("Europe/Paris", "today", "2026-11-20 23:00:00"),
        ("Europe/Paris", "tomorrow", "2026-11-21 23:00:00"),
        ("Europe/Paris", "-4h", "2026-11-21 12:07:00"),
        ("Europe/Paris", "today +4h", "2026-11-21 03:00:00"),
        ("Europe/Paris", "-7d", "2026-11-14 16:07:00"),
        ("Europe/Paris", "today -7d", "2026-11-13 23:00:00"),
        // In summer time.
        ("Europe/Paris", "month_start -4m", "2026-06-30 22:00:00"),
        ("Europe/Paris", "-4m", "2026-07-21 15:07:00"),
        ("Europe/Paris", "month_end", "2026-11-30 22:59:59"),
        ("Europe/Paris", "quarter_end -3m", "2026-09-30 21:59:59"),
        ("Asia/Kolkata", "today", "2026-11-20 18:30:00"),
        ("America/New_York", "week_end", "2026-11-23 04:59:59"),
    ] {
        assert_eq!(at(NOW, zone, text, FieldType::Datetime), second, "{zone} {text}");
    }
}

#[test]
fn of_a_day_that_is_not_passed_the_last_second_counts() {
    assert_eq!(["<", ">=", "<=", ">"].map(Bound::of), [Bound::First, Bound::First, Bound::Last, Bound::Last]);
    let last = |now: i64, text: &str| {
        let today = Today::new(now, Some("Europe/Paris"));
        today.resolve(text, FieldType::Datetime, Bound::Last, "").unwrap().unwrap()
    };
    for (text, second) in [
        ("today", "2026-11-21 22:59:59"),
        ("yesterday", "2026-11-20 22:59:59"),
        ("tomorrow", "2026-11-22 22:59:59"),
        ("today -7d", "2026-11-14 22:59:59"),
        ("today -1m", "2026-10-21 21:59:59"),
        // Moments, beginnings and ends are what they are.
        ("now", "2026-11-21 16:07:00"),
        ("-7d", "2026-11-14 16:07:00"),
        ("today +4h", "2026-11-21 03:00:00"),
        ("month_start", "2026-10-31 23:00:00"),
        ("month_end", "2026-11-30 22:59:59"),
    ] {
        assert_eq!(last(NOW, text), second, "{text}");
    }
    // A day of 23 hours ends where the next one begins.
    assert_eq!(last(ms("2026-03-29T10:00:00Z"), "today"), "2026-03-29 21:59:59");
}

#[test]
fn where_the_clock_is_changed_a_day_is_still_a_day_and_an_hour_an_hour() {
    // In Paris 2026-03-29 has 23 hours.
    let noon = ms("2026-03-29T10:00:00Z");
    for (text, second) in [
        ("today", "2026-03-28 23:00:00"),
        ("tomorrow", "2026-03-29 22:00:00"),
        ("today +24h", "2026-03-29 23:00:00"),
        ("-1d", "2026-03-28 11:00:00"),
        ("-24h", "2026-03-28 10:00:00"),
    ] {
        assert_eq!(at(noon, "Europe/Paris", text, FieldType::Datetime), second, "{text}");
    }
    // In Beirut that night had no midnight: the day began at one.
    let begun = ms("2026-03-29T12:00:00Z");
    assert_eq!(at(begun, "Asia/Beirut", "today", FieldType::Datetime), "2026-03-28 22:00:00");
    assert_eq!(at(begun, "Asia/Beirut", "today +1d", FieldType::Datetime), "2026-03-29 21:00:00");
    // The hour that is there twice: "now" is the one that it is.
    let second_time = ms("2026-10-25T01:30:00Z");
    assert_eq!(at(second_time, "Europe/Paris", "now", FieldType::Datetime), "2026-10-25 01:30:00");
    assert_eq!(at(second_time, "Europe/Paris", "-1h", FieldType::Datetime), "2026-10-25 00:30:00");
}

#[test]
fn a_zone_that_nobody_knows_counts_as_utc_and_is_told() {
    for name in ["Europe/Pari", "europe/paris", "../../etc/passwd", "Etc/Unknown", "\0"] {
        let today = Today::new(NOW, Some(name));
        assert!(!today.is_zone_known() && today.zone() == "UTC", "{name:?}");
    }
    for name in ["Europe/Paris", "US/Eastern", "Etc/GMT+5", "UTC", "America/Argentina/Ushuaia", "Asia/Calcutta"] {
        let today = Today::new(NOW, Some(name));
        assert!(today.is_zone_known() && today.zone() == name, "{name} {}", today.zone());
    }
    assert!(Today::new(NOW, None).is_zone_known() && Today::new(NOW, Some("")).is_zone_known());
    assert_eq!(Today::new(i64::MAX, None).zone(), "UTC");
}

#[test]
fn what_is_not_understood_is_refused_and_not_guessed() {
    let today = Today::new(NOW, Some("UTC"));
    for text in ["", "Today", "tody", "2026-11-21", "monday", "7d", "d", "last_month", "todaytomorrow"] {
        assert!(today.resolve(text, FieldType::Date, Bound::First, "").is_none(), "{text}");
    }
    for text in [
        "today()",
        "today 7d",
        "today -7",
        "-7",
        "-7x",
        "-7D",
        "-7M",
        "+-7d",
        "--7d",
        "- 7d",
        "-1.5d",
        "-7days",
        "today today",
        "-100000d",
        "+1y+1y+1y+1y+1y",
        "today - 1d",
        "-٧d",
    ] {
        assert!(today.resolve(text, FieldType::Datetime, Bound::First, "").unwrap().is_err(), "{text}");
    }
    assert!(today.resolve("-4h", FieldType::Date, Bound::First, "").unwrap().is_err(), "a date has no hours");
    for text in ["-9999y", "+9999y", "+99999m", "-99999y"] {
        assert!(today.resolve(text, FieldType::Date, Bound::First, "").unwrap().is_err(), "{text}");
        assert!(today.resolve(text, FieldType::Datetime, Bound::First, "").unwrap().is_err(), "{text}");
    }
    assert_eq!(unknown_date("month-start", FieldType::Date, "/0/2").candidates[0], "month_start");
}
