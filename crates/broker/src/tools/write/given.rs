//! What a write is given: the same values for some records, or each its own.

use crate::tools::arguments::{Arguments, check_ids};
use gatehouse_core::{EdgeError, ErrorCode};
use serde_json::{Map, Value};

/// One change as it was given: its place in the arguments, ids, values.
pub(super) type Given = (String, Vec<i64>, Map<String, Value>);

/// Either `ids` and `values`, or `updates`.
pub(super) fn updates_of(arguments: &Arguments) -> Result<Vec<Given>, EdgeError> {
    let both = "give either ids and values, or updates";
    if arguments.has("updates") {
        if arguments.has("ids") || arguments.has("values") {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, format!("updates: {both}")));
        }
        let mut updates = Vec::new();
        for (index, update) in arguments.get("updates").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let id = update["id"].as_i64().unwrap_or(0);
            let values = update["values"].as_object().cloned().unwrap_or_default();
            updates.push((format!("updates/{index}/values"), vec![id], values));
        }
        let ids: Vec<i64> = updates.iter().flat_map(|(_, ids, _)| ids.clone()).collect();
        check_ids("updates", &ids)?;
        return Ok(updates);
    }
    let Some(values) = arguments.get("values").and_then(Value::as_object) else {
        return Err(EdgeError::new(ErrorCode::InvalidArguments, format!("values: {both}")));
    };
    Ok(vec![("values".into(), arguments.ids("ids")?, values.clone())])
}
