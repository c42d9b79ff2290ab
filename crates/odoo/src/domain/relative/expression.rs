//! The grammar of relative dates: an anchor, and offsets that are added to it.

use crate::domain::problem::{Problem, clip};
use jiff::civil::Date;
use jiff::{Span, Unit};

/// The words that an expression may begin with.
pub(super) const ANCHORS: [&str; 12] = [
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

/// An anchor, and what is added to it.
pub(super) struct Expression<'a> {
    pub(super) anchor: Option<&'a str>,
    pub(super) offsets: Vec<Offset>,
}

impl<'a> Expression<'a> {
    pub(super) fn parse(text: &'a str, at: &str) -> Option<Result<Self, Problem>> {
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
    pub(super) fn is_day(&self) -> bool {
        matches!(self.anchor, Some("today" | "yesterday" | "tomorrow"))
            && self.offsets.iter().all(|offset| offset.unit != Unit::Hour)
    }

    pub(super) fn is_end(&self) -> bool {
        self.anchor.is_some_and(|anchor| anchor.ends_with("_end"))
    }

    /// The day it counts from. For the end of a period that is the first day after it: a month before the end of June is
    /// the end of May, not its thirtieth.
    pub(super) fn begin(&self, today: Date) -> Option<Date> {
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
pub(super) struct Offset {
    count: i64,
    pub(super) unit: Unit,
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

    pub(super) fn span(&self) -> Span {
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
