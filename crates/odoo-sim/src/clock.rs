//! Dates and times as Odoo keeps them: text, UTC, whole seconds.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::fault::{Fault, Outcome};

const DAY: i64 = 86_400;

/// Seconds since 1970, now.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(0))
}

/// `2026-11-21 09:37:54`.
pub(crate) fn datetime(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(DAY);
    format!("{} {:02}:{:02}:{:02}", date(seconds), of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// `2026-11-21`.
pub(crate) fn date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Seconds since 1970 of a date or datetime in Odoo's own format.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let (day, time) = match text.split_once(' ') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.splitn(3, '-').map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let last = [
        31,
        if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    if !(1..=9999).contains(&year) || day < 1 || day > *last.get(usize::try_from(month - 1).ok()?)? {
        return None;
    }
    let mut seconds = days(year, month, day) * DAY;
    if let Some(time) = time {
        let mut unit = 3600;
        for (place, part) in time.split(':').enumerate() {
            let value = number(part)?;
            if place > 2 || value >= if place == 0 { 24 } else { 60 } {
                return None;
            }
            seconds += value * unit;
            unit /= 60;
        }
    }
    Some(seconds)
}

/// What a date field makes of a text: its first ten characters, whatever follows.
pub(crate) fn to_date(text: &str) -> Outcome<String> {
    let head: String = text.chars().take(10).collect();
    match seconds(&head) {
        Some(at) if head.len() == 10 => Ok(date(at)),
        _ => Err(Fault::value(format!("time data '{head}' does not match format '%Y-%m-%d'"))),
    }
}

/// What a datetime field makes of a text. `T` and `Z` are errors, as in Odoo.
pub(crate) fn to_datetime(text: &str) -> Outcome<String> {
    const FORMAT: &str = "%Y-%m-%d %H:%M:%S";
    let format = FORMAT.get(..text.len().saturating_sub(2).min(FORMAT.len())).unwrap_or(FORMAT);
    if text.is_ascii()
        && matches!(text.len(), 10 | 13 | 16 | 19)
        && (text.len() == 10 || text.as_bytes()[10] == b' ')
        && let Some(at) = seconds(text)
    {
        return Ok(datetime(at));
    }
    if text.len() > 19 && text.is_char_boundary(19) && seconds(&text[..19]).is_some() && text.as_bytes()[10] == b' ' {
        return Err(Fault::value(format!("unconverted data remains: {}", &text[19..])));
    }
    Err(Fault::value(format!("time data '{text}' does not match format '{format}'")))
}

/// The day of the week, Sunday = 0, as weeks begin in the demo's language.
pub(crate) fn weekday(seconds: i64) -> i64 {
    (seconds.div_euclid(DAY) + 4).rem_euclid(7)
}

/// Year, month, day.
pub(crate) fn parts(seconds: i64) -> (i64, i64, i64) {
    civil(seconds.div_euclid(DAY))
}

/// Midnight of a day; months may be beyond 12.
pub(crate) fn midnight(year: i64, month: i64, day: i64) -> i64 {
    let months = year * 12 + month - 1;
    days(months.div_euclid(12), months.rem_euclid(12) + 1, day) * DAY
}

fn number(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// Days since 1970 of a day of the Gregorian calendar (years counted from March).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_way_there_and_back() {
        for text in ["1970-01-01 00:00:00", "2024-02-29 23:59:59", "2026-11-21 09:37:54", "2000-12-31 12:00:00"] {
            assert_eq!(datetime(seconds(text).unwrap()), text);
        }
        assert_eq!(seconds("2025-02-29"), None);
        assert_eq!(weekday(seconds("2026-11-21").unwrap()), 6);
    }

    #[test]
    fn a_datetime_with_t_or_z_is_refused_in_odoos_words_and_a_date_is_cut() {
        let message = |outcome: Outcome<String>| match outcome {
            Err(Fault::Raised(exception)) => exception.message,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            message(to_datetime("2026-01-01T00:00:00Z")),
            "time data '2026-01-01T00:00:00Z' does not match format '%Y-%m-%d %H:%M:%S'"
        );
        assert_eq!(message(to_datetime("hello")), "time data 'hello' does not match format '%Y-'");
        assert_eq!(message(to_datetime("2026-01-01 00:00:00Z")), "unconverted data remains: Z");
        assert_eq!(to_datetime("2026-01-01").unwrap(), "2026-01-01 00:00:00");
        assert_eq!(to_date("2026-01-01T00:00:00Z").unwrap(), "2026-01-01");
    }
}
