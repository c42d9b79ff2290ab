//! Long texts, cut where nobody reads them.

use serde_json::{Map, Value};

/// A value whose texts are cut after `most` characters each.
pub(crate) fn shortened(value: &Value, most: usize) -> Value {
    match value {
        Value::String(text) => Value::String(cut(text, most)),
        Value::Array(items) => items.iter().map(|item| shortened(item, most)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), shortened(value, most))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// A text of at most so many characters, and how many more there are.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => {
            let more = text[end..].chars().count();
            format!("{}… [{more} more characters]", &text[..end])
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_as_long_as_a_file_is_cut_where_nobody_reads_it() {
        let given = json!({"model": "a", "list": [{"content": "é".repeat(10)}]});
        let cut = shortened(&given, 4);
        assert_eq!(cut, json!({"model": "a", "list": [{"content": "éééé… [6 more characters]"}]}));
        assert_eq!(shortened(&given, 10), given);
    }
}
