//! What a path leads to.

use crate::generated::Call;
use serde_json::{Value, json};

/// What a path leads to in one call.
#[derive(Debug)]
pub(super) enum Seen {
    /// Nothing is there, or null.
    Missing,
    /// Something is there whose value cannot be told, or that is not of the kind that the path goes through.
    Unknown,
    /// A value. A list here is where the path ends.
    One(Value),
    /// The path goes through a list.
    Along(Vec<Seen>),
}

pub(super) fn seen(path: &str, call: &Call) -> Seen {
    if let Some(dotted) = path.strip_prefix("args.") {
        return walk(&call.arguments, &keys(dotted));
    }
    let facts = &call.facts;
    let text = |text: Option<&str>| text.map_or(Seen::Missing, |text| Seen::One(json!(text)));
    let connection = call.connection.as_ref();
    match path {
        "call.model" => text(facts.model.as_deref()),
        "call.method" => text(facts.method.as_deref()),
        "call.records" => facts.records.map_or(Seen::Unknown, |records| Seen::One(json!(records))),
        "call.fields" => Seen::One(json!(facts.fields)),
        "call.reads" => match &facts.reads {
            Some(reads) => Seen::One(reads.iter().map(|read| format!("{}.{}", read.model, read.field)).collect()),
            None => Seen::Unknown,
        },
        "call.commands" => Seen::One(facts.commands.iter().map(|nested| nested.model.clone()).collect()),
        "call.effects" => Seen::One(json!(facts.effects)),
        // Who cannot say what is read cannot say that nothing of it is sensitive.
        "call.sensitive" if facts.sensitive => Seen::One(json!(true)),
        "call.sensitive" if facts.reads.is_none() => Seen::Unknown,
        "call.sensitive" => Seen::One(json!(false)),
        "connection.name" => text(connection.map(|c| c.name.as_str())),
        "connection.environment" => connection.map_or(Seen::Missing, |c| Seen::One(json!(c.environment))),
        "connection.host" => text(connection.map(|c| c.host.as_str())),
        "connection.database" => text(connection.map(|c| c.database.as_str())),
        "connection.login" => text(connection.map(|c| c.login.as_str())),
        "connection.version" => match connection.map(|c| &c.version) {
            None => Seen::Missing,
            Some(None) => Seen::Unknown,
            Some(Some(version)) => Seen::One(json!(version)),
        },
        "agent.name" => Seen::One(json!(call.agent)),
        other => panic!("no such path: {other}"),
    }
}

/// `a.b\.c` is `a`, `b.c`.
fn keys(dotted: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut chars = dotted.chars();
    while let Some(c) = chars.next() {
        match c {
            '.' => keys.push(String::new()),
            '\\' => keys.last_mut().unwrap().push(chars.next().unwrap()),
            other => keys.last_mut().unwrap().push(other),
        }
    }
    keys
}

fn walk(value: &Value, keys: &[String]) -> Seen {
    match (value, keys) {
        (Value::Null, _) => Seen::Missing,
        (_, []) => Seen::One(value.clone()),
        (Value::Object(object), [key, rest @ ..]) => object.get(key).map_or(Seen::Missing, |inner| walk(inner, rest)),
        (Value::Array(items), _) => Seen::Along(items.iter().map(|item| walk(item, keys)).collect()),
        _ => Seen::Unknown,
    }
}
