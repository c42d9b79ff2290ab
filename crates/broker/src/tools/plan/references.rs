//! `{"step": 1}` in the arguments of a step: the record that an earlier step makes.

use super::invalid;
use super::pending::step_of;
use gatehouse_core::EdgeError;
use serde_json::{Map, Value};

/// The records of a step; `None` where there is no such earlier step.
type Makes<'a> = &'a dyn Fn(usize) -> Option<Vec<i64>>;

/// The arguments with the records of earlier steps in the place of references to them.
pub(super) fn fill(arguments: &Map<String, Value>, makes: Makes<'_>) -> Result<Map<String, Value>, EdgeError> {
    let mut filled = Map::new();
    for (name, value) in arguments {
        let at = format!("arguments/{name}");
        let value = match (name.as_str(), value) {
            // Field values are never a reference as a whole: a model may have a field called “step”.
            ("values", Value::Object(values)) => Value::Object(fields(values, &at, makes)?),
            ("values", Value::Array(records)) => each(records, &at, makes, &record)?,
            ("updates", Value::Array(updates)) => each(updates, &at, makes, &update)?,
            ("ids", value) if reference(value).is_some() => Value::Array(all_of(value, &at, makes)?),
            _ => any(value, &at, makes)?,
        };
        filled.insert(name.clone(), value);
    }
    Ok(filled)
}

type Fill<'a> = &'a dyn Fn(&Value, &str, Makes<'_>) -> Result<Value, EdgeError>;

fn each(items: &[Value], at: &str, makes: Makes<'_>, fill: Fill<'_>) -> Result<Value, EdgeError> {
    items.iter().enumerate().map(|(index, item)| fill(item, &format!("{at}/{index}"), makes)).collect()
}

fn record(value: &Value, at: &str, makes: Makes<'_>) -> Result<Value, EdgeError> {
    match value {
        Value::Object(values) => Ok(Value::Object(fields(values, at, makes)?)),
        other => any(other, at, makes),
    }
}

fn update(value: &Value, at: &str, makes: Makes<'_>) -> Result<Value, EdgeError> {
    let Value::Object(parts) = value else { return any(value, at, makes) };
    let mut filled = Map::new();
    for (name, part) in parts {
        let at = format!("{at}/{name}");
        let part = if name == "values" { record(part, &at, makes)? } else { any(part, &at, makes)? };
        filled.insert(name.clone(), part);
    }
    Ok(Value::Object(filled))
}

fn fields(values: &Map<String, Value>, at: &str, makes: Makes<'_>) -> Result<Map<String, Value>, EdgeError> {
    values.iter().map(|(name, value)| Ok((name.clone(), any(value, &format!("{at}/{name}"), makes)?))).collect()
}

fn any(value: &Value, at: &str, makes: Makes<'_>) -> Result<Value, EdgeError> {
    if reference(value).is_some() {
        let mut ids = all_of(value, at, makes)?;
        return match (ids.pop(), ids.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => {
                Err(invalid(format!("{at}: that step makes several records; add \"record\": 1 for the first of them")))
            }
        };
    }
    match value {
        Value::Array(items) => {
            let mut filled = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                if reference(item).is_some() {
                    filled.extend(all_of(item, &at, makes)?);
                } else {
                    filled.push(any(item, &at, makes)?);
                }
            }
            Ok(Value::Array(filled))
        }
        Value::Object(map) => Ok(Value::Object(fields(map, at, makes)?)),
        Value::Number(number) if number.as_i64().is_some_and(|number| step_of(number).is_some()) => {
            Err(invalid(format!("{at}: {number} is not a record id; an earlier step's record is {{\"step\": 1}}")))
        }
        other => Ok(other.clone()),
    }
}

/// The step, and one record of it counted from 1, that a value refers to.
pub(super) fn reference(value: &Value) -> Option<(usize, Option<usize>)> {
    let map = value.as_object()?;
    let number = |name: &str| map.get(name)?.as_u64().and_then(|number| usize::try_from(number).ok());
    let step = number("step")?;
    match map.len() {
        1 => Some((step, None)),
        2 => Some((step, Some(number("record")?))),
        _ => None,
    }
}

fn all_of(value: &Value, at: &str, makes: Makes<'_>) -> Result<Vec<Value>, EdgeError> {
    let Some((step, record)) = reference(value) else { return Ok(vec![value.clone()]) };
    let ids = makes(step).ok_or_else(|| invalid(format!("{at}: step {step} does not stand before this one")))?;
    let ids = match record {
        None => ids,
        Some(place) => place.checked_sub(1).and_then(|place| ids.get(place).copied()).into_iter().collect(),
    };
    if ids.is_empty() {
        return Err(invalid(format!("{at}: step {step} makes no such record")));
    }
    Ok(ids.into_iter().map(Value::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(arguments: &Value) -> Result<Value, String> {
        let makes = |step: usize| match step {
            1 => Some(vec![41]),
            2 => Some(vec![7, 8]),
            3 => Some(Vec::new()),
            _ => None,
        };
        fill(arguments.as_object().unwrap(), &makes).map(Value::Object).map_err(|error| error.message)
    }

    #[test]
    fn a_reference_is_one_record_and_in_a_list_all_of_them() {
        let given = json!({
            "ids": {"step": 2}, "res_id": {"step": 1},
            "values": {"partner_id": {"step": 1}, "tag_ids": [[6, 0, [{"step": 2}]]], "child_ids": [{"parent_id": {"step": 2, "record": 2}}]},
        });
        assert_eq!(
            filled(&given).unwrap(),
            json!({
                "ids": [7, 8], "res_id": 41,
                "values": {"partner_id": 41, "tag_ids": [[6, 0, [7, 8]]], "child_ids": [{"parent_id": 8}]},
            })
        );
        assert_eq!(filled(&json!({"ids": [3, {"step": 1}]})).unwrap(), json!({"ids": [3, 41]}));
    }

    #[test]
    fn a_field_may_be_called_step() {
        for given in [
            json!({"values": {"step": 1}}),
            json!({"values": [{"step": 1}]}),
            json!({"updates": [{"id": 5, "values": {"step": 1}}]}),
        ] {
            assert_eq!(filled(&given).unwrap(), given);
        }
    }

    #[test]
    fn what_no_earlier_step_makes_is_refused() {
        let refused = |value: Value| filled(&json!({"res_id": value})).unwrap_err();
        assert!(refused(json!({"step": 4})).contains("does not stand before"));
        assert!(refused(json!({"step": 0})).contains("does not stand before"));
        assert!(refused(json!({"step": 3})).contains("makes no such record"));
        assert!(refused(json!({"step": 2})).contains("several records"));
        assert!(refused(json!({"step": 2, "record": 3})).contains("makes no such record"));
        assert!(refused(json!(2_000_001_000)).contains("is not a record id"), "stand-ins are not taken from outside");
    }
}
