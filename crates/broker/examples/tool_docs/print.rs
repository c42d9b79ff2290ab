//! JSON as people read it: what fits stands on one line.

use serde_json::Value;
use std::fmt::Write as _;

const WIDTH: usize = 110;

/// The value, indented where it does not fit on one line.
pub(crate) fn json(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, 0, &mut text);
    text
}

fn write(value: &Value, depth: usize, before: usize, text: &mut String) {
    let flat = spaced(value);
    if depth * 2 + before + flat.chars().count() <= WIDTH {
        text.push_str(&flat);
        return;
    }
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                line(index, depth, text);
                write(item, depth + 1, 0, text);
            }
            close(']', depth, text);
        }
        Value::Object(map) => {
            text.push('{');
            for (index, (name, item)) in map.iter().enumerate() {
                line(index, depth, text);
                let _ = write!(text, "\"{name}\": ");
                write(item, depth + 1, name.len() + 4, text);
            }
            close('}', depth, text);
        }
        _ => text.push_str(&flat),
    }
}

fn line(index: usize, depth: usize, text: &mut String) {
    text.push_str(if index == 0 { "\n" } else { ",\n" });
    text.push_str(&"  ".repeat(depth + 1));
}

fn close(bracket: char, depth: usize, text: &mut String) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(bracket);
}

/// On one line, with spaces after commas and colons.
fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let parts: Vec<String> = map.iter().map(|(name, item)| format!("\"{name}\": {}", spaced(item))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        other => other.to_string(),
    }
}
