//! A span of dates by its own name, in the call's time zone: `2026-11`, `2026-Q4`, `2026-11-21`.

use gatehouse_odoo::FieldType;
use gatehouse_odoo::domain::Axis;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// The name of a span that Odoo tells as `{"from", "label"}`; `None` where its beginning does not read. A week is named by
/// its first day: which day that is, and so its number, depends on the language.
pub(super) fn short(span: &Map<String, Value>, axis: &Axis, timezone: &str) -> Option<String> {
    let from = span.get("from")?.as_str()?;
    let (_, unit) = axis.spec.split_once(':')?;
    let at = if axis.kind == FieldType::Date { date(from)? } else { local(from, timezone)? };
    let (year, month) = (at.year(), at.month());
    Some(match unit {
        "year" => format!("{year:04}"),
        "quarter" => format!("{year:04}-Q{}", (month - 1) / 3 + 1),
        "month" => format!("{year:04}-{month:02}"),
        "week" | "day" => at.date().to_string(),
        "hour" => format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute()),
        _ => return None,
    })
}

fn date(text: &str) -> Option<DateTime> {
    text.get(..10)?.parse::<jiff::civil::Date>().ok().map(|day| day.at(0, 0, 0, 0))
}

/// Odoo's moment in UTC as it reads on a clock of that zone.
fn local(text: &str, timezone: &str) -> Option<DateTime> {
    let moment: DateTime = text.parse().ok()?;
    let zone = if timezone.is_empty() { TimeZone::UTC } else { TimeZone::get(timezone).ok()? };
    Some(moment.to_zoned(TimeZone::UTC).ok()?.with_time_zone(zone).datetime())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_span_goes_by_its_name_on_the_clocks_of_the_zone() {
        for (spec, kind, from, zone, name) in [
            ("d:month", FieldType::Datetime, "2026-10-31 23:00:00", "Europe/Paris", Some("2026-11")),
            ("d:month", FieldType::Datetime, "2026-11-01 00:00:00", "", Some("2026-11")),
            ("d:quarter", FieldType::Datetime, "2026-09-30 22:00:00", "Europe/Paris", Some("2026-Q4")),
            ("d:year", FieldType::Datetime, "2026-01-01 05:00:00", "America/New_York", Some("2026")),
            ("d:week", FieldType::Datetime, "2026-10-18 00:00:00", "UTC", Some("2026-10-18")),
            ("d:day", FieldType::Datetime, "2026-10-16 18:30:00", "Asia/Kolkata", Some("2026-10-17")),
            ("d:hour", FieldType::Datetime, "2026-10-17 09:30:00", "Asia/Kolkata", Some("2026-10-17 15:00")),
            ("d:month", FieldType::Date, "2026-11-01", "America/New_York", Some("2026-11")),
            ("d:month", FieldType::Datetime, "2026-10-31 23:00:00", "Nowhere/Land", None),
            ("d:month", FieldType::Date, "soon", "", None),
        ] {
            let axis = Axis { spec: spec.into(), field: "d".into(), kind, relation: None };
            let span = json!({"from": from, "label": "x"});
            assert_eq!(short(span.as_object().unwrap(), &axis, zone).as_deref(), name, "{spec} {from} {zone}");
        }
    }
}
