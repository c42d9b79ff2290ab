//! Policies: every key, operator, path and increment.

use super::values::{PATTERNS, WORDS, argument_path, literal_operand, once_in, operand, pick};
use super::{FOREIGN, LIST, TOOLS, WRITE};
use fastrand::Rng;
use serde_json::{Value, json};

const FACTS: [&str; 15] = [
    "call.model",
    "call.method",
    "call.records",
    "call.fields",
    "call.reads",
    "call.commands",
    "call.effects",
    "call.sensitive",
    "connection.name",
    "connection.environment",
    "connection.host",
    "connection.database",
    "connection.login",
    "connection.version",
    "agent.name",
];

const GLOBS: [&str; 8] =
    ["hr.*", "*.pin", "hr.employee.pin", "sale.order.*", "res.*.em*il", "*.*", "sale.order.no*", "*order.note"];

/// Counter, window, and what it counts: one use of each name.
const COUNTERS: [(&str, &str, Option<&str>); 9] = [
    ("calls", "minute", None),
    ("by.the-hour", "hour", None),
    ("CALLS_9", "day", None),
    ("records", "minute", Some("call.records")),
    ("rows", "minute", Some("call.rows")),
    ("more_rows", "day", Some("call.rows")),
    ("sensitive", "hour", Some("call.sensitive")),
    ("spent", "day", Some("args.values.x")),
    ("id", "minute", Some("args.updates.id")),
];

/// A policy of any kind.
pub(crate) fn policy(rng: &mut Rng) -> Value {
    let mut policy = json!({"version": "1", "default": if once_in(rng, 3) { "deny" } else { "allow" }});
    if once_in(rng, 8) {
        let mut names: Vec<&str> = TOOLS.into_iter().filter(|_| once_in(rng, 3)).collect();
        if once_in(rng, 6) {
            names = vec!["*"];
        }
        policy["hide"] = json!(names);
    }
    if once_in(rng, 3) {
        policy["all_tools"] = json!({"limits": limits(rng, false)});
    }
    if once_in(rng, 6) {
        policy["redact"] = (0..rng.u8(..3)).map(|_| json!(pick(rng, &GLOBS))).collect();
    }
    for tool in [WRITE, LIST, FOREIGN] {
        if rng.u8(..10) < 7 {
            policy["tools"][tool] = rules(rng, tool != LIST);
        }
    }
    policy
}

/// A policy that refuses nothing else.
pub(super) fn of_limits(rng: &mut Rng) -> Value {
    let mut policy = json!({"version": "1", "default": "allow", "all_tools": {"limits": limits(rng, false)}});
    for tool in [WRITE, LIST, FOREIGN] {
        policy["tools"][tool] = json!({"limits": limits(rng, tool != LIST)});
    }
    policy
}

fn rules(rng: &mut Rng, arguments: bool) -> Value {
    let mut rules = json!({});
    for kind in ["deny_if", "require", "require_approval"] {
        if rng.u8(..10) < 4 {
            rules[kind] = (0..rng.u8(..3)).map(|_| entry(rng, kind, arguments)).collect();
        }
    }
    if rng.u8(..10) < 5 {
        rules["limits"] = limits(rng, arguments);
    }
    rules
}

/// An entry of `deny_if`, `require` or `require_approval`.
pub(crate) fn entry(rng: &mut Rng, kind: &str, arguments: bool) -> Value {
    let conditions = if once_in(rng, 12) { 0 } else { rng.u8(1..4) };
    let mut entry = json!({"conditions": (0..conditions).map(|_| condition(rng, arguments)).collect::<Value>()});
    let words = if kind == "require_approval" { "reason" } else { "on_deny" };
    if rng.bool() {
        entry[words] = json!(pick(rng, &["Not this one", "Zu viel", "„мир“ \"\\\n🦀"]));
    }
    if kind == "require_approval" && rng.bool() {
        entry["timeout"] = json!(pick(rng, &["1s", "90s", "15m", "2h", "24h"]));
    }
    entry
}

fn condition(rng: &mut Rng, arguments: bool) -> Value {
    let path = if arguments && rng.u8(..10) < 7 {
        format!("args.{}", argument_path(rng))
    } else {
        pick(rng, &FACTS).to_owned()
    };
    // Mostly something that the fact may be.
    let plain = |rng: &mut Rng| match path.as_str() {
        _ if path.starts_with("args.") || once_in(rng, 4) => operand(rng),
        "call.sensitive" => json!(rng.bool()),
        "call.records" => literal_operand(rng),
        _ => json!(pick(rng, &WORDS)),
    };
    let (op, value) = match rng.u8(..22) {
        0..=3 => ("eq", plain(rng)),
        4..=6 => ("neq", plain(rng)),
        7 | 8 => ("in", (0..rng.u8(1..4)).map(|_| plain(rng)).collect()),
        9 | 10 => ("not_in", (0..rng.u8(1..4)).map(|_| plain(rng)).collect()),
        11..=15 => (pick(rng, &["lt", "lte", "gt", "gte"]), literal_operand(rng)),
        16 => ("regex", json!(pick(rng, &PATTERNS))),
        17..=19 => ("contains", plain(rng)),
        _ => ("exists", json!(rng.bool())),
    };
    json!({"path": path, "op": op, "value": value})
}

fn limits(rng: &mut Rng, arguments: bool) -> Value {
    (0..rng.u8(..4)).map(|_| limit(rng, arguments)).collect()
}

/// A limit. Every counter is used in one way only.
pub(crate) fn limit(rng: &mut Rng, arguments: bool) -> Value {
    // The last two count an argument, which calls often lack.
    let known = if arguments && once_in(rng, 4) { COUNTERS.len() } else { COUNTERS.len() - 2 };
    let (counter, window, from) = pick(rng, &COUNTERS[..known]);
    let mut limit = json!({"counter": counter, "window": window, "max": pick(rng, &[1, 2, 3, 5, 40, 1_u64 << 53]), "scope": "grant"});
    if let Some(from) = from {
        limit["increment_from"] = json!(from);
    }
    limit
}
