//! Days and moments in Odoo's forms, exactly: nothing is rounded, and an offset is applied, not dropped.

use crate::domain::clip;

/// Reads a day, `YYYY-MM-DD`, that is in the calendar.
pub(crate) fn day(text: &str) -> Result<String, String> {
    match Day::parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(format!("“{}” is not a date in the form YYYY-MM-DD", clip(text))),
    }
}

/// Reads a moment: Odoo's `YYYY-MM-DD HH:MM:SS`, or ISO 8601 with `T` and with `Z` or an offset. Without an offset it is
/// UTC. Gives Odoo's form, in UTC. Fractions of a second are refused unless they are zero: Odoo keeps whole seconds.
pub(crate) fn second(text: &str) -> Result<String, String> {
    parse_second(text).ok_or_else(|| {
        format!("“{}” is not a moment in the form YYYY-MM-DD HH:MM:SS (UTC) or ISO 8601 with whole seconds", clip(text))
    })
}

fn parse_second(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    let day = Day::parse(date)?;
    let rest = rest.strip_prefix(' ').or_else(|| rest.strip_prefix('T'))?;
    let (clock, offset) = match rest.find(['Z', '+', '-']) {
        Some(at) => (&rest[..at], offset_minutes(&rest[at..])?),
        None => (rest, 0),
    };
    let seconds = clock_seconds(clock)? - offset * 60;
    let total = day.number() * 86_400 + seconds;
    let day = Day::from_number(total.div_euclid(86_400))?;
    let second = total.rem_euclid(86_400);
    Some(format!("{day} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60))
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.000`.
fn clock_seconds(clock: &str) -> Option<i64> {
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    if fraction.is_empty() || fraction.bytes().any(|b| b != b'0') {
        return None;
    }
    let mut parts = clock.split(':');
    let hour = two_digits(parts.next()?, 23)?;
    let minute = two_digits(parts.next()?, 59)?;
    let second = match parts.next() {
        Some(second) => two_digits(second, 59)?,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    Some(hour * 3600 + minute * 60 + second)
}

/// `Z`, `+02:00`, `+0200` or `+02`, in minutes east of UTC.
fn offset_minutes(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let text = text.get(1..)?;
    let (hours, minutes) = match text.len() {
        2 => (text, "00"),
        4 => text.split_at_checked(2)?,
        5 => text.split_once(':')?,
        _ => return None,
    };
    Some(sign * (two_digits(hours, 23)? * 60 + two_digits(minutes, 59)?))
}

fn two_digits(text: &str, most: i64) -> Option<i64> {
    digits(text, 2).filter(|number| *number <= most)
}

fn digits(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A day of the proleptic Gregorian calendar, year 1 to 9999.
#[expect(clippy::struct_field_names, reason = "a date has a day")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Day {
    year: i64,
    month: i64,
    day: i64,
}

impl Day {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let day = Self {
            year: digits(parts.next()?, 4)?,
            month: two_digits(parts.next()?, 12)?,
            day: two_digits(parts.next()?, 31)?,
        };
        let in_calendar =
            day.year >= 1 && day.month >= 1 && day.day >= 1 && day.day <= month_length(day.year, day.month);
        (parts.next().is_none() && in_calendar).then_some(day)
    }

    /// Days since 1970-01-01; years are counted from March so that a leap day ends its year.
    fn number(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let month = (self.month + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + self.day - 1;
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
    }

    fn from_number(number: i64) -> Option<Self> {
        let shifted = number + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        (1..=9999).contains(&year).then_some(Self { year, month, day })
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn month_length(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_converted_to_utc_exactly() {
        for (given, odoo) in [
            ("2026-01-31 23:30:00", "2026-01-31 23:30:00"),
            ("2026-01-31T23:30:00", "2026-01-31 23:30:00"),
            ("2026-01-31T23:30", "2026-01-31 23:30:00"),
            ("2026-01-31T23:30:00Z", "2026-01-31 23:30:00"),
            ("2026-01-31T23:30:00.000Z", "2026-01-31 23:30:00"),
            ("2026-01-31T23:30:00-02:00", "2026-02-01 01:30:00"),
            ("2026-03-01T01:00:00+05:30", "2026-02-28 19:30:00"),
            ("2024-03-01T00:00:00+0100", "2024-02-29 23:00:00"),
            ("2026-01-01T00:00:00+14", "2025-12-31 10:00:00"),
            ("1969-12-31 23:59:59", "1969-12-31 23:59:59"),
            ("0001-01-01 00:00:00", "0001-01-01 00:00:00"),
        ] {
            assert_eq!(second(given).as_deref(), Ok(odoo), "{given}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in [
            "",
            "now",
            "2026-01-31",
            "2026-02-30 10:00:00",
            "2026-01-31 24:00:00",
            "2026-01-31 10:60:00",
            "2026-01-31 10:00:60",
            "2026-01-31T10:00:00.5Z",
            "2026-01-31T10:00:00.",
            "2026-01-31 10",
            "31/01/2026 10:00",
            "2026-1-31 10:00:00",
            "2026-01-31T10:00:00 Z",
            "2026-01-31T10:00:00+1",
            "2026-01-31T10:00:00+25:00",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-00:01",
            "2026-01-31é10:00:00",
            "２０２６-01-31 10:00:00",
        ] {
            assert!(second(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for good in ["2026-01-31", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert!(day(good).is_ok(), "{good}");
        }
        for bad in [
            "2026-02-29",
            "1900-02-29",
            "2026-00-10",
            "2026-13-01",
            "2026-04-31",
            "0000-01-01",
            "2026-01-01T00:00:00Z",
            "26-01-01",
            "",
            "+026-01-01",
        ] {
            assert!(day(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn every_day_survives_its_number() {
        let mut number = Day { year: 1, month: 1, day: 1 }.number();
        let last = Day { year: 9999, month: 12, day: 31 }.number();
        assert_eq!(Day { year: 1970, month: 1, day: 1 }.number(), 0);
        while number <= last {
            assert_eq!(Day::from_number(number).unwrap().number(), number);
            number += 13;
        }
    }
}
