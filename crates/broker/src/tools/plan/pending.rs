//! Records that steps of a plan will make: until then an id from a range that no database reaches stands for each.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Where the ids begin. PostgreSQL's end at 2,147,483,647.
const FIRST: i64 = 2_000_000_000;
/// Records that one step can make.
const PER_STEP: i64 = 1_000;
/// Steps of one plan.
pub(super) const MOST_STEPS: usize = 20;

/// The step, counted from 1, whose record this id stands for.
pub(crate) fn step_of(id: i64) -> Option<usize> {
    let step = (id - FIRST) / PER_STEP;
    (id >= FIRST && id - FIRST < PER_STEP * 21).then(|| usize::try_from(step).ok()).flatten()
}

/// The id that stands for a record of a step: its step from 1, its place from 0.
pub(super) fn stand_in(step: usize, place: usize) -> i64 {
    let of = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    FIRST.saturating_add(of(step).saturating_mul(PER_STEP)).saturating_add(of(place))
}

/// The record that a step has made where this id stood for it.
pub(crate) fn made_of(id: i64, made: &BTreeMap<usize, Vec<i64>>) -> Option<i64> {
    let place = usize::try_from((id - FIRST) % PER_STEP).ok()?;
    made.get(&step_of(id)?)?.get(place).copied()
}

/// A value with the records that steps have made in the place of what stood for them.
pub(super) fn mapped(value: &Value, made: &BTreeMap<usize, Vec<i64>>) -> Value {
    match value {
        Value::Number(number) => {
            let real = number.as_i64().and_then(|id| made_of(id, made));
            real.map_or_else(|| value.clone(), Value::from)
        }
        Value::Array(items) => items.iter().map(|item| mapped(item, made)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), mapped(value, made))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stand_in_knows_its_step_and_becomes_the_record() {
        assert_eq!(step_of(stand_in(1, 0)), Some(1));
        assert_eq!(step_of(stand_in(20, 99)), Some(20));
        assert_eq!((step_of(7), step_of(i64::from(i32::MAX))), (None, None));
        let made = BTreeMap::from([(2, vec![70, 80])]);
        let value = json!({"ids": [stand_in(2, 1), 5], "values": {"partner_id": stand_in(2, 0)}});
        assert_eq!(mapped(&value, &made), json!({"ids": [80, 5], "values": {"partner_id": 70}}));
    }
}
