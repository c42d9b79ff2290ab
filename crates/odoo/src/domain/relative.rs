//! Days and moments named from where the user is: `today`, `-7d`, `month_start -1m`. They are resolved here and not by
//! Odoo, which knows no such words before 19, so that the answer can say which day was meant.

use super::problem::{Problem, clip, nearest};
use crate::FieldType;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit, Zoned};

/// The words that an expression may begin with.
const ANCHORS: [&str; 12] = [
    "today",
    "now",
    "yesterday",
    "tomorrow",
    "week_start",
    "week_end",
    "month_start",
    "month_end",
    "quarter_start",
    "quarter_end",
    "year_start",
    "year_end",
];
/// The most digits of an offset.
const MAX_DIGITS: usize = 5;
/// The most offsets in one expression.
const MAX_OFFSETS: usize = 4;

/// The moment at which a domain is read, where the user is.
#[derive(Debug, Clone)]
pub struct Today {
    now: Zoned,
    is_zone_known: bool,
}

impl Today {
    /// The moment in milliseconds since 1970, and the user's time zone by its IANA name (`Europe/Paris`, the context's
    /// `tz`). Without a zone, or with one that nobody knows, days are those of UTC, as in Odoo.
    pub fn new(now_unix_ms: i64, tz: Option<&str>) -> Self {
        let now = Timestamp::from_millisecond(now_unix_ms).unwrap_or(if now_unix_ms < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        });
        let zone = tz.filter(|name| !name.is_empty()).map(known_zone);
        Self { is_zone_known: !matches!(zone, Some(None)), now: now.to_zoned(zone.flatten().unwrap_or(TimeZone::UTC)) }
    }

    /// Whether the name given is that of a time zone, or none was given.
    pub fn is_zone_known(&self) -> bool {
        self.is_zone_known
    }

    /// The time zone in which days are counted: `Europe/Paris`, `UTC`.
    pub fn zone(&self) -> &str {
        self.now.time_zone().iana_name().unwrap_or("UTC")
    }

    /// Resolves an expression for a date or datetime field; `None` when the text is no such expression at all. Of a day
    /// that is compared with moments `bound` says which end counts.
    pub(super) fn resolve(
        &self,
        text: &str,
        kind: FieldType,
        bound: Bound,
        at: &str,
    ) -> Option<Result<String, Problem>> {
        let expression = match Expression::parse(text, at)? {
            Ok(expression) => expression,
            Err(problem) => return Some(Err(problem)),
        };
        if kind == FieldType::Date && expression.offsets.iter().any(|offset| offset.unit == Unit::Hour) {
            return Some(Err(Problem::new(at, format!("“{}” counts hours, and this field holds days", clip(text)))));
        }
        let resolved = match kind {
            FieldType::Date => self.day(&expression),
            _ => self.second(&expression, bound),
        };
        Some(resolved.ok_or_else(|| Problem::new(at, format!("“{}” lies outside the calendar", clip(text)))))
    }

    fn day(&self, expression: &Expression<'_>) -> Option<String> {
        let mut day = expression.begin(self.now.date())?;
        for offset in &expression.offsets {
            day = day.checked_add(offset.span()).ok()?;
        }
        if expression.is_end() {
            day = day.yesterday().ok()?;
        }
        in_calendar(day)
    }

    fn second(&self, expression: &Expression<'_>, bound: Bound) -> Option<String> {
        let mut local = match expression.anchor {
            None | Some("now") => self.now.datetime(),
            Some(_) => DateTime::from_parts(expression.begin(self.now.date())?, Time::midnight()),
        };
        let is_last = bound == Bound::Last && expression.is_day();
        let (hours, days): (Vec<_>, Vec<_>) = expression.offsets.iter().partition(|offset| offset.unit == Unit::Hour);
        for offset in &days {
            local = local.checked_add(offset.span()).ok()?;
        }
        if is_last {
            local = local.checked_add(Span::new().days(1)).ok()?;
        }
        // The clock of the wall is moved by days and months; hours are hours, also where the clock is changed.
        let mut moment = if days.is_empty() && matches!(expression.anchor, None | Some("now")) {
            self.now.timestamp()
        } else {
            local.to_zoned(self.now.time_zone().clone()).ok()?.timestamp()
        };
        for offset in &hours {
            moment = moment.checked_add(offset.span()).ok()?;
        }
        if expression.is_end() || is_last {
            moment = moment.checked_sub(Span::new().seconds(1)).ok()?;
        }
        let utc = moment.to_zoned(TimeZone::UTC);
        Some(format!("{} {}", in_calendar(utc.date())?, utc.strftime("%H:%M:%S")))
    }
}

/// Which moment of a day counts where a day is compared with moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// Its first second: for `<` and `>=`.
    First,
    /// Its last second: for `<=` and `>`, as Odoo itself takes a day.
    Last,
}

impl Bound {
    pub(super) fn of(operator: &str) -> Self {
        if matches!(operator, "<=" | ">") { Self::Last } else { Self::First }
    }
}

/// Whether a text speaks of a day relative to another.
pub(crate) fn is_relative(text: &str) -> bool {
    matches!(Expression::parse(text, ""), Some(Ok(_)))
}

/// The refusal of a text that is neither a date nor relative.
pub(super) fn unknown_date(text: &str, kind: FieldType, at: &str) -> Problem {
    let form = if kind == FieldType::Date { "a date, YYYY-MM-DD" } else { "a moment, YYYY-MM-DD HH:MM:SS in UTC" };
    let near = nearest(text, ANCHORS.iter().copied());
    Problem::new(
        at,
        format!("“{}” is neither {form}, nor relative such as today, -7d, month_start or month_start -1m", clip(text)),
    )
    .with_candidates(near)
}

/// A time zone by its exact name: Odoo knows no other spelling.
fn known_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown() && zone.iana_name() == Some(name))
}

/// A day as Odoo writes it, from the year 1 on.
fn in_calendar(day: Date) -> Option<String> {
    (day.year() >= 1).then(|| day.to_string())
}

/// An anchor, and what is added to it.
struct Expression<'a> {
    anchor: Option<&'a str>,
    offsets: Vec<Offset>,
}

impl<'a> Expression<'a> {
    fn parse(text: &'a str, at: &str) -> Option<Result<Self, Problem>> {
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(trimmed.len());
        let (word, rest) = trimmed.split_at(end);
        let anchor = match word {
            "" if rest.starts_with(['+', '-']) => None,
            word if ANCHORS.contains(&word) => Some(word),
            _ => return None,
        };
        let mut offsets = Vec::new();
        let mut rest = rest.trim_start();
        while !rest.is_empty() {
            let Some((offset, after)) = Offset::parse(rest) else {
                return Some(Err(Problem::new(
                    at,
                    format!(
                        "“{}” is not understood from “{}” on: an offset is +1d, -2w, -3m, +1y or -4h",
                        clip(text),
                        clip(rest)
                    ),
                )));
            };
            if offsets.len() == MAX_OFFSETS {
                return Some(Err(Problem::new(at, format!("at most {MAX_OFFSETS} offsets may follow each other"))));
            }
            offsets.push(offset);
            rest = after.trim_start();
        }
        Some(Ok(Self { anchor, offsets }))
    }

    /// Whether it names a whole day: not the beginning or end of something, nor a moment.
    fn is_day(&self) -> bool {
        matches!(self.anchor, Some("today" | "yesterday" | "tomorrow"))
            && self.offsets.iter().all(|offset| offset.unit != Unit::Hour)
    }

    fn is_end(&self) -> bool {
        self.anchor.is_some_and(|anchor| anchor.ends_with("_end"))
    }

    /// The day it counts from. For the end of a period that is the first day after it: a month before the end of June is
    /// the end of May, not its thirtieth.
    fn begin(&self, today: Date) -> Option<Date> {
        let anchor = self.anchor.unwrap_or("today");
        let (start, length) = match anchor.split('_').next()? {
            "week" => {
                let since_monday = i64::from(today.weekday().to_monday_zero_offset());
                (today.checked_sub(Span::new().days(since_monday)).ok()?, Span::new().weeks(1))
            }
            "month" => (today.first_of_month(), Span::new().months(1)),
            "quarter" => {
                let month = (today.month() - 1) / 3 * 3 + 1;
                (Date::new(today.year(), month, 1).ok()?, Span::new().months(3))
            }
            "year" => (today.first_of_year(), Span::new().years(1)),
            "yesterday" => (today.yesterday().ok()?, Span::new()),
            "tomorrow" => (today.tomorrow().ok()?, Span::new()),
            _ => (today, Span::new()),
        };
        if self.is_end() { start.checked_add(length).ok() } else { Some(start) }
    }
}

/// `-7d`.
struct Offset {
    count: i64,
    unit: Unit,
}

impl Offset {
    /// Reads one offset from the beginning of a text, and gives what follows it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+')?),
        };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=MAX_DIGITS).contains(&digits) {
            return None;
        }
        let (number, rest) = rest.split_at(digits);
        let mut letters = rest.chars();
        let unit = match letters.next()? {
            'd' => Unit::Day,
            'w' => Unit::Week,
            'm' => Unit::Month,
            'y' => Unit::Year,
            'h' => Unit::Hour,
            _ => return None,
        };
        let rest = letters.as_str();
        // Another word may not begin right behind the unit.
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        Some((Self { count: sign * number.parse::<i64>().ok()?, unit }, rest))
    }

    fn span(&self) -> Span {
        let span = Span::new();
        // A count of five digits is within every unit's bounds but those of years, which the calendar then refuses.
        match self.unit {
            Unit::Hour => span.try_hours(self.count),
            Unit::Week => span.try_weeks(self.count),
            Unit::Month => span.try_months(self.count),
            Unit::Year => span.try_years(self.count.clamp(-19_998, 19_998)),
            _ => span.try_days(self.count),
        }
        .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
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
}
