//! Totals of groups, added up from the groups themselves where that gives what Odoo would.

use gatehouse_odoo::Record;
use gatehouse_odoo::domain::Aggregate;
use serde_json::{Number, Value, json};

pub(super) const COUNT: &str = "__count";

/// One aggregate over several groups; `None` where the groups do not tell it. An average needs the number of its values
/// beside it, as `field:count`.
pub(super) fn over(aggregate: &Aggregate, rows: &[&Record]) -> Option<Value> {
    let values = || rows.iter().filter_map(|row| row.get(&aggregate.spec)).filter(|value| !value.is_null());
    match aggregate.function.as_str() {
        "sum" | "count" => added(values()),
        "min" => least(values(), false),
        "max" => least(values(), true),
        "bool_and" => Some(json!(values().all(|value| value == &json!(true)))),
        "bool_or" => Some(json!(values().any(|value| value == &json!(true)))),
        "avg" => {
            let counts = format!("{}:count", aggregate.field);
            let (mut sum, mut all) = (0.0, 0.0);
            for row in rows {
                let count = row.get(&counts)?.as_f64()?;
                if count > 0.0 {
                    sum += row.get(&aggregate.spec)?.as_f64()? * count;
                    all += count;
                }
            }
            Some(if all > 0.0 { number(sum / all) } else { Value::Null })
        }
        _ => None,
    }
}

/// The number of records of several groups.
pub(super) fn count(rows: &[&Record]) -> Value {
    added(rows.iter().filter_map(|row| row.get(COUNT))).unwrap_or_default()
}

fn added<'a>(values: impl Iterator<Item = &'a Value>) -> Option<Value> {
    let values: Vec<&Value> = values.collect();
    if let Some(whole) = values.iter().map(|value| value.as_i64()).collect::<Option<Vec<_>>>() {
        return whole.into_iter().try_fold(0_i64, i64::checked_add).map(Value::from);
    }
    let parts = values.iter().map(|value| value.as_f64()).collect::<Option<Vec<_>>>()?;
    Some(number(parts.into_iter().sum()))
}

/// The least or the greatest; texts are dates of one form.
fn least<'a>(values: impl Iterator<Item = &'a Value>, greatest: bool) -> Option<Value> {
    let mut best: Option<&Value> = None;
    for value in values {
        let is_less = match (value, best) {
            (_, None) => true,
            (Value::String(a), Some(Value::String(b))) => (a < b) != greatest,
            (Value::Number(a), Some(Value::Number(b))) => (a.as_f64() < b.as_f64()) != greatest,
            _ => return None,
        };
        if is_less {
            best = Some(value);
        }
    }
    Some(best.cloned().unwrap_or_default())
}

/// Without the dust that adding binary fractions leaves.
pub(super) fn number(value: f64) -> Value {
    const FINEST: f64 = 1e6;
    let rounded = (value * FINEST).round() / FINEST;
    plain(&Number::from_f64(if rounded.is_finite() { rounded } else { value }).map_or(Value::Null, Value::Number))
}

/// `320` for `320.0`.
pub(super) fn plain(value: &Value) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and fits")]
    match value.as_f64() {
        Some(float) if value.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => json!(float as i64),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: &Value) -> Record {
        value.as_object().cloned().unwrap_or_default()
    }

    fn aggregate(spec: &str) -> Aggregate {
        let (field, function) = spec.split_once(':').unwrap();
        Aggregate { spec: spec.into(), field: field.into(), function: function.into() }
    }

    #[test]
    fn what_the_groups_tell_is_added_up_and_nothing_else_is() {
        let rows = [
            row(
                &json!({"a:sum": 0.1, "a:avg": 0.05, "a:count": 2, "n:sum": 1, "d:min": "2026-02-01", "d:max": "2026-02-01",
                       "a:count_distinct": 2, "f:bool_and": true, "f:bool_or": true, "__count": 2}),
            ),
            row(
                &json!({"a:sum": 0.2, "a:avg": 0.2, "a:count": 1, "n:sum": 2, "d:min": "2026-01-01", "d:max": "2026-01-01",
                       "a:count_distinct": 1, "f:bool_and": false, "f:bool_or": false, "__count": 3}),
            ),
            row(&json!({"a:sum": null, "a:avg": null, "a:count": 0, "n:sum": null, "d:min": null, "d:max": null,
                       "a:count_distinct": 0, "f:bool_and": null, "f:bool_or": null, "__count": 1})),
        ];
        let rows: Vec<&Record> = rows.iter().collect();
        for (spec, total) in [
            ("a:sum", Some(json!(0.3))),
            ("n:sum", Some(json!(3))),
            ("a:avg", Some(json!(0.1))),
            ("a:count", Some(json!(3))),
            ("d:min", Some(json!("2026-01-01"))),
            ("d:max", Some(json!("2026-02-01"))),
            ("f:bool_and", Some(json!(false))),
            ("f:bool_or", Some(json!(true))),
            ("a:count_distinct", None),
        ] {
            assert_eq!(over(&aggregate(spec), &rows), total, "{spec}");
        }
        assert_eq!(count(&rows), json!(6));
        assert_eq!(over(&aggregate("b:avg"), &rows), None, "an average without its count");
    }

    #[test]
    fn of_no_value_at_all_the_least_is_none() {
        let rows = [row(&json!({"d:min": null}))];
        assert_eq!(over(&aggregate("d:min"), &[&rows[0]]), Some(Value::Null));
    }
}
