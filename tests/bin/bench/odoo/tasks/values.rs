//! Values that tasks take from what was prepared and from earlier answers, and whether an answer holds a value.

use serde_json::{Map, Value};
use std::process::Command;

/// What every task knows: the days, and the year.
pub(super) fn today() -> Map<String, Value> {
    let day = |when: &str, format: &str| {
        let told = Command::new("date").args(["-u", "-d", when, format]).output().map(|output| output.stdout);
        Value::String(String::from_utf8_lossy(&told.unwrap_or_default()).trim().to_owned())
    };
    let days = [
        ("today", day("today", "+%F")),
        ("week_ago", day("7 days ago", "+%F")),
        ("in_ten_days", day("10 days", "+%F")),
        ("year", day("today", "+%Y")),
    ];
    days.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The value with `{name}` and `{1/path/*/to}` replaced: by what is known under the name, or by what the answer of that number
/// holds at that path. A string that is nothing but one such place becomes the value itself.
pub(super) fn fill(value: &Value, known: &Map<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(place) if !place.contains(['{', '}']) => look(place, known)?,
            _ => Value::String(spelled(text, known)?),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| fill(item, known)).collect::<Result<_, _>>()?),
        Value::Object(map) => {
            let filled = map.iter().map(|(name, value)| Ok((name.clone(), fill(value, known)?)));
            Value::Object(filled.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn spelled(text: &str, known: &Map<String, Value>) -> Result<String, String> {
    let (mut done, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}').ok_or_else(|| format!("{text}: a place without an end"))?;
        let value = look(place, known)?;
        done.push_str(before);
        done.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        rest = after;
    }
    Ok(done + rest)
}

fn look(place: &str, known: &Map<String, Value>) -> Result<Value, String> {
    let (name, path) = place.split_once('/').map_or((place, ""), |(name, path)| (name, path));
    let value = known.get(name).ok_or_else(|| format!("{name} is not known"))?;
    let mut found = pick(value, path);
    match (path.contains('*'), found.len()) {
        (true, _) => Ok(Value::Array(found)),
        (false, 1) => Ok(found.remove(0)),
        (false, _) => Err(format!("nothing is at {place}")),
    }
}

/// What lies at a path such as `records/*/id`; `*` is every item. No path is the value itself.
pub(super) fn pick(value: &Value, path: &str) -> Vec<Value> {
    let Some((step, rest)) = (if path.is_empty() { None } else { Some(path.split_once('/').unwrap_or((path, ""))) })
    else {
        return vec![value.clone()];
    };
    match value {
        Value::Array(items) if step == "*" => items.iter().flat_map(|item| pick(item, rest)).collect(),
        Value::Object(map) if step == "*" => map.values().flat_map(|item| pick(item, rest)).collect(),
        Value::Array(items) => {
            let item = step.parse::<usize>().ok().and_then(|place| items.get(place));
            item.map_or_else(Vec::new, |item| pick(item, rest))
        }
        Value::Object(map) => map.get(step).map_or_else(Vec::new, |item| pick(item, rest)),
        _ => Vec::new(),
    }
}

/// What answers said, to be searched.
#[derive(Default)]
pub(super) struct Haystack {
    text: String,
    numbers: Vec<f64>,
}

impl Haystack {
    /// Takes an answer: its text as it came, and read.
    pub(super) fn add(&mut self, text: &str, answer: &Value) {
        self.text.push_str(text);
        self.add_strings(answer);
        let number = |word: &str| word.trim_end_matches('.').parse::<f64>().ok();
        self.numbers.extend(text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).filter_map(number));
    }

    fn add_strings(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.text.push('\n');
                self.text.push_str(text);
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_strings(item)),
            Value::Object(map) => map.values().for_each(|item| self.add_strings(item)),
            _ => {}
        }
    }

    /// Whether a value was said: a number as a number, a text as a part of any text. One of several will do where a list is
    /// asked for; what Odoo leaves empty need not be said.
    pub(super) fn hold(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.text.contains(text.as_str()),
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                self.numbers.iter().any(|said| (said - number).abs() < 0.005)
            }
            Value::Array(any) => any.iter().any(|value| self.hold(value)),
            _ => true,
        }
    }
}
