//! Days and moments named from where the user is: `today`, `-7d`, `month_start -1m`. They are resolved here and not by
//! Odoo, which knows no such words before 19, so that the answer can say which day was meant.

mod expression;

use super::problem::{Problem, clip, nearest};
use crate::FieldType;
use expression::{ANCHORS, Expression};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit, Zoned};

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

#[cfg(test)]
mod tests;
