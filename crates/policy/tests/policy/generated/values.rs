//! Corner values, and the keys that lead to them.

use super::case::of_literal;
use fastrand::Rng;
use serde_json::{Value, json};

/// Numbers as a policy may write them.
const LITERALS: [&str; 34] = [
    "0",
    "-0",
    "0.0",
    "0e999",
    "1",
    "2",
    "3",
    "5",
    "5.0",
    "50e-1",
    "-1",
    "-1.5",
    "10",
    "1E+1",
    "100",
    "0.1",
    "0.2",
    "0.3",
    "0.30",
    "0.30000000000000004",
    "0.1000000000000000055511151231257827",
    "5e-324",
    "1e-400",
    "1e308",
    "1e400",
    "-1e400",
    "1e20",
    "100000000000000000000",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
];

pub(super) const TEXTS: [&str; 20] = [
    "",
    "a",
    "b",
    "ab",
    "abc",
    "A",
    "5",
    "0",
    "true",
    "null",
    "draft",
    "sale.order",
    "é",
    "e\u{301}",
    "\u{0}",
    "\n",
    "\\",
    "a.b",
    "мир",
    "🦀",
];

/// What facts are about, so that conditions sometimes meet them.
pub(super) const WORDS: [&str; 14] = [
    "sale.order",
    "hr.employee",
    "write",
    "note",
    "state",
    "pin",
    "hr.employee.pin",
    "mail",
    "production",
    "staging",
    "acme",
    "19.0",
    "claude",
    "",
];

pub(super) const PATTERNS: [&str; 9] = ["^a", "a.c", "[0-9]$", "", "^$", "(?i)É", "\\.", "^(draft|sale)$", "\\x00"];

/// Keys as arguments have them.
const KEYS: [&str; 10] = ["x", "y", "a.b", "a", "b", "back\\slash", "é", "0", " ", ""];

/// One of them.
pub(crate) fn pick<T: Clone>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())].clone()
}

/// True once in `n`.
pub(crate) fn once_in(rng: &mut Rng, n: u32) -> bool {
    rng.u32(..n) == 0
}

/// What a condition compares with.
pub(super) fn operand(rng: &mut Rng) -> Value {
    match rng.u8(..5) {
        0..=2 => of_literal(pick(rng, &LITERALS)),
        3 => json!(pick(rng, &TEXTS)),
        _ if once_in(rng, 3) => json!(rng.bool()),
        _ => json!(pick(rng, &TEXTS)),
    }
}

pub(super) fn literal_operand(rng: &mut Rng) -> Value {
    of_literal(pick(rng, &LITERALS))
}

/// What an agent may send as one value.
pub(super) fn value(rng: &mut Rng, depth: u8) -> Value {
    match rng.u8(..if depth == 0 { 12 } else { 18 }) {
        0..=3 => number(rng),
        4..=7 => json!(pick(rng, &TEXTS)),
        8 => json!(rng.bool()),
        9 => Value::Null,
        10 => json!([]),
        11 => json!({}),
        12 => json!([[]]),
        13 | 14 => (0..rng.usize(..4)).map(|_| value(rng, depth - 1)).collect(),
        _ => (0..rng.usize(..4)).map(|_| (pick(rng, &KEYS).to_owned(), value(rng, depth - 1))).collect::<Value>(),
    }
}

fn number(rng: &mut Rng) -> Value {
    match rng.u8(..22) {
        0 => json!(0),
        1 => json!(-0.0),
        2 => json!(0.1),
        3 => json!(0.2),
        4 => json!(0.1 + 0.2),
        5 => json!(0.3),
        6 => json!(u64::MAX),
        7 => json!(i64::MIN),
        8 => json!(i64::MAX),
        9 => json!(9_007_199_254_740_993_u64),
        10 => json!(9_007_199_254_740_992.0),
        11 => json!(1e20),
        12 => json!(f64::MAX),
        13 => json!(5e-324),
        14 => json!(-1.5),
        15 => json!(5.0),
        16 => json!(rng.u64(..)),
        17 => {
            let bits = f64::from_bits(rng.u64(..));
            if bits.is_finite() { json!(bits) } else { json!(1e308) }
        }
        _ => json!(rng.i8(-3..12)),
    }
}

/// What stands after `args.` for a tool of the catalogue: keys that some calls have, escaped.
pub(super) fn argument_path(rng: &mut Rng) -> String {
    let start: &[&str] = match rng.u8(..12) {
        0 => return "model".to_owned(),
        1 => return "ids".to_owned(),
        2 => return "any".to_owned(),
        3 => return "updates.id".to_owned(),
        4 => return "do\\.t".to_owned(),
        5 => &["any"],
        6 | 7 => &["updates", "values"],
        _ => &["values"],
    };
    let mut keys: Vec<String> = start.iter().map(|&key| key.to_owned()).collect();
    for _ in 0..rng.u8(1..3) {
        let key = loop {
            let key = pick(rng, &KEYS);
            // A path has no empty key.
            if !key.is_empty() {
                break key;
            }
        };
        keys.push(key.replace('\\', "\\\\").replace('.', "\\."));
    }
    keys.join(".")
}

/// What an agent sends.
pub(super) fn arguments(rng: &mut Rng) -> Value {
    let mut arguments = json!({});
    for (key, often) in [("model", 9), ("ids", 6), ("values", 9), ("updates", 6), ("any", 4), ("do.t", 4), ("do", 1)] {
        if rng.u8(..10) >= often {
            continue;
        }
        arguments[key] = match key {
            "model" if !once_in(rng, 6) => json!(pick(rng, &TEXTS)),
            "ids" if !once_in(rng, 6) => (0..rng.usize(..4)).map(|_| json!(rng.i64(-1..6))).collect(),
            "values" if !once_in(rng, 6) => object(rng, 2),
            "updates" if !once_in(rng, 6) => (0..rng.usize(..4)).map(|_| update(rng)).collect(),
            _ => value(rng, 2),
        };
    }
    arguments
}

fn update(rng: &mut Rng) -> Value {
    match rng.u8(..10) {
        0 => value(rng, 1),
        1 => json!({"id": rng.u8(..5)}),
        2 => json!([]),
        _ => json!({"id": rng.u8(..5), "values": object(rng, 1)}),
    }
}

fn object(rng: &mut Rng, depth: u8) -> Value {
    let keys = rng.usize(..KEYS.len());
    let mut object = json!({});
    for _ in 0..keys {
        // Mostly the first ones, so that paths lead somewhere.
        let key = KEYS[rng.usize(..KEYS.len()).min(rng.usize(..KEYS.len()))];
        object[key] = value(rng, depth);
    }
    object
}
