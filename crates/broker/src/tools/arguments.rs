//! Arguments, checked strictly against the tool's schema: what is unknown, missing or of the wrong type is refused
//! with its place and the nearest name.

use gatehouse_core::{EdgeError, ErrorCode, ToolDefinition};
use serde_json::{Map, Value};

/// Arguments that fit their tool's schema.
#[derive(Debug, Clone)]
pub(crate) struct Arguments(Map<String, Value>);

impl Arguments {
    /// Checks `given` against `tool`. All problems are told at once.
    pub(crate) fn check(tool: &ToolDefinition, given: &Value) -> Result<Self, EdgeError> {
        let given = match given {
            Value::Object(given) => given.clone(),
            Value::Null => Map::new(),
            _ => return Err(invalid(&tool.name, &["arguments: must be an object".into()])),
        };
        // `null` counts as left out, as it does for policy.
        let given: Map<_, _> = given.into_iter().filter(|(_, value)| !value.is_null()).collect();
        let mut problems = Vec::new();
        check_value("", &Value::Object(given.clone()), &tool.input_schema, &mut problems);
        if problems.is_empty() { Ok(Self(given)) } else { Err(invalid(&tool.name, &problems)) }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        self.0.get(name)?.as_array().map(|items| items.iter().filter_map(Value::as_str).collect())
    }

    /// A list of record ids: at least one, each positive, none twice.
    pub(crate) fn ids(&self, name: &str) -> Result<Vec<i64>, EdgeError> {
        let ids: Vec<i64> =
            self.0.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_i64).collect();
        check_ids(name, &ids)?;
        Ok(ids)
    }
}

/// Odoo takes an empty list of ids for "done": it is refused here.
pub(crate) fn check_ids(place: &str, ids: &[i64]) -> Result<(), EdgeError> {
    let mut seen = std::collections::HashSet::new();
    let problem = if ids.is_empty() {
        "name at least one record id"
    } else if let Some(id) = ids.iter().find(|id| **id <= 0 || **id > i64::from(i32::MAX)) {
        return Err(EdgeError::new(ErrorCode::InvalidArguments, format!("{place}: {id} is not a record id")));
    } else if let Some(id) = ids.iter().find(|id| !seen.insert(**id)) {
        return Err(EdgeError::new(ErrorCode::InvalidArguments, format!("{place}: {id} stands there twice")));
    } else {
        return Ok(());
    };
    Err(EdgeError::new(ErrorCode::InvalidArguments, format!("{place}: {problem}")))
}

fn invalid(tool: &str, problems: &[String]) -> EdgeError {
    EdgeError::new(ErrorCode::InvalidArguments, format!("{tool}: {}", problems.join("; ")))
}

fn check_value(place: &str, value: &Value, schema: &Value, problems: &mut Vec<String>) {
    if !has_type(value, &schema["type"]) {
        problems.push(format!("{}: must be {}", name_of(place), type_words(&schema["type"])));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let words: Vec<_> = allowed.iter().filter_map(Value::as_str).collect();
        problems.push(format!("{}: must be one of {}", name_of(place), words.join(", ")));
    }
    match value {
        Value::Object(map) => check_object(place, map, schema, problems),
        Value::Array(items) => {
            let length = items.len() as u64;
            if schema["maxItems"].as_u64().is_some_and(|max| length > max) {
                problems.push(format!("{}: at most {} entries", name_of(place), schema["maxItems"]));
            }
            if schema["minItems"].as_u64().is_some_and(|min| length < min) {
                problems.push(format!("{}: at least {} entries", name_of(place), schema["minItems"]));
            }
            if schema["items"].is_object() {
                for (index, item) in items.iter().enumerate() {
                    check_value(&format!("{place}/{index}"), item, &schema["items"], problems);
                }
            }
        }
        Value::Number(number) => {
            let value = number.as_f64().unwrap_or(f64::NAN);
            if schema["minimum"].as_f64().is_some_and(|min| value < min) {
                problems.push(format!("{}: must be at least {}", name_of(place), schema["minimum"]));
            }
            if schema["maximum"].as_f64().is_some_and(|max| value > max) {
                problems.push(format!("{}: must be at most {}", name_of(place), schema["maximum"]));
            }
        }
        Value::String(text) => {
            if text.chars().count() as u64 > schema["maxLength"].as_u64().unwrap_or(u64::MAX) {
                problems.push(format!("{}: at most {} characters", name_of(place), schema["maxLength"]));
            }
        }
        Value::Bool(_) | Value::Null => {}
    }
}

fn check_object(place: &str, map: &Map<String, Value>, schema: &Value, problems: &mut Vec<String>) {
    let Some(properties) = schema["properties"].as_object() else { return };
    for (name, value) in map {
        match properties.get(name) {
            Some(schema) => check_value(&format!("{place}/{name}"), value, schema, problems),
            None if schema["additionalProperties"] == Value::Bool(false) => {
                let nearest = properties
                    .keys()
                    .map(|known| (strsim::damerau_levenshtein(known, name), known))
                    .min()
                    .filter(|(distance, known)| *distance <= known.len() / 2 + 1);
                let hint = nearest.map_or_else(
                    || format!("known are {}", properties.keys().cloned().collect::<Vec<_>>().join(", ")),
                    |(_, known)| format!("did you mean {known}?"),
                );
                problems.push(format!("{}: unknown argument; {hint}", name_of(&format!("{place}/{name}"))));
            }
            None => {}
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !map.contains_key(name) {
            problems.push(format!("{}: is required", name_of(&format!("{place}/{name}"))));
        }
    }
}

fn has_type(value: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Array(several) => several.iter().any(|one| has_type(value, one)),
        Value::String(one) => match one.as_str() {
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => false,
        },
        _ => true,
    }
}

fn type_words(wanted: &Value) -> String {
    match wanted {
        Value::Array(several) => several.iter().map(type_words).collect::<Vec<_>>().join(" or "),
        Value::String(one) => match one.as_str() {
            "integer" => "a whole number".into(),
            "array" => "a list".into(),
            "object" => "an object".into(),
            "boolean" => "true or false".into(),
            other => format!("a {other}"),
        },
        _ => "something else".into(),
    }
}

fn name_of(place: &str) -> &str {
    if place.is_empty() { "arguments" } else { &place[1..] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_core::{Category, Severity};
    use serde_json::json;

    fn tool() -> ToolDefinition {
        super::super::define(
            "t",
            "T",
            Category::Read,
            Severity::Low,
            "",
            &json!({
                "model": {"type": "string", "maxLength": 5},
                "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
                "limit": {"type": "integer", "minimum": 1},
                "values": {"type": ["object", "array"]},
            }),
            &["model"],
        )
    }

    fn problems(given: &Value) -> String {
        Arguments::check(&tool(), given).unwrap_err().message
    }

    #[test]
    fn what_fits_is_taken() {
        assert!(Arguments::check(&tool(), &json!({"model": "a", "ids": [1], "values": [{}]})).is_ok());
        assert!(Arguments::check(&tool(), &json!({"model": "a", "limit": null})).is_ok());
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_place() {
        let message = problems(&json!({"modle": "x", "ids": ["1"], "limit": 0}));
        for part in [
            "modle: unknown argument; did you mean model?",
            "model: is required",
            "ids/0: must be a whole number",
            "limit: must be at least 1",
        ] {
            assert!(message.contains(part), "{part} is missing in {message}");
        }
    }

    #[test]
    fn numbers_in_quotes_and_fractions_are_not_ids() {
        assert!(problems(&json!({"model": "a", "ids": [1.5]})).contains("ids/0"));
        assert!(problems(&json!({"model": "a", "ids": [1, 2, 3]})).contains("at most 2"));
        assert!(problems(&json!([])).contains("must be an object"));
    }

    #[test]
    fn an_empty_list_of_ids_is_refused_because_odoo_takes_it_for_done() {
        assert!(check_ids("ids", &[]).is_err());
        assert!(check_ids("ids", &[1, 1]).is_err());
        assert!(check_ids("ids", &[0]).is_err());
        assert!(check_ids("ids", &[1, 2]).is_ok());
    }
}
