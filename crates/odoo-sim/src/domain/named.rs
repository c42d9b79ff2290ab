//! What a record is found by when its display name is searched, where that is more than what it shows.

use serde_json::{Value, json};

use crate::schema::Model;

/// A condition on the display name as one on the fields behind it; `None` where it is searched as it is shown.
pub(super) fn domain(model: &Model, operator: &str, value: &Value) -> Option<Value> {
    let is_product = matches!(model.name.as_str(), "product.product" | "product.template");
    let code = if is_product {
        "default_code"
    } else if model.name == "res.country" {
        "code"
    } else {
        return None;
    };
    let mut leaves = vec![json!(["name", operator, value]), json!([code, operator, value])];
    let is_negative =
        matches!(operator, "!=" | "<>" | "not in" | "not like" | "not ilike" | "not =like" | "not =ilike");
    if is_product && !is_negative {
        leaves.push(json!(["barcode", "=", value]));
        if matches!(operator, "=" | "in") {
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let codes = values.iter().filter_map(|value| bracketed(value.as_str()?));
            leaves.extend(codes.map(|code| json!(["default_code", "=", code])));
        }
    }
    let mut domain = vec![json!(if is_negative { "&" } else { "|" }); leaves.len() - 1];
    domain.extend(leaves);
    Some(Value::Array(domain))
}

/// The code of `[DESK0005] Customizable Desk`.
pub(crate) fn bracketed(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('[')?;
    rest.split_once(']').map(|(code, _)| code)
}
