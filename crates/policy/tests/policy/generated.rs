//! Policies, calls and histories from a seed, with corner values everywhere: what the reference and the laws judge.

mod calls;
mod case;
mod policies;
mod shrink;
mod values;

pub(crate) use calls::call;
pub(crate) use case::{Call, Case, Step, literal, text};
pub(crate) use policies::{entry, limit, policy};
pub(crate) use shrink::shrink;
pub(crate) use values::{once_in, pick};

use fastrand::Rng;
use gatehouse_core::{Annotations, Category, Risk, Severity, ToolDefinition};
use serde_json::{Value, json};

/// In the catalogue, with arguments.
pub(crate) const WRITE: &str = "odoo_write";
/// In the catalogue, without arguments.
pub(crate) const LIST: &str = "user_connection_list";
/// In no catalogue.
pub(crate) const FOREIGN: &str = "foreign/tool~1";
/// All of them, and the one that is protocol.
pub(crate) const TOOLS: [&str; 4] = [WRITE, LIST, FOREIGN, "approval_wait"];

/// The tools that policies are checked against.
pub(crate) fn catalogue() -> Vec<ToolDefinition> {
    let write = json!({
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "ids": {"type": "array", "items": {"type": "integer"}},
            "values": {"type": "object"},
            "updates": {"type": "array", "items": {"type": "object", "properties": {"id": {}, "values": {"type": "object"}}, "additionalProperties": false}},
            "any": {},
            "do.t": {}
        },
        "additionalProperties": false
    });
    let list = json!({"type": "object", "properties": {}, "additionalProperties": false});
    [(WRITE, write), (LIST, list)]
        .into_iter()
        .map(|(name, input_schema)| ToolDefinition {
            name: name.to_owned(),
            title: String::new(),
            description: String::new(),
            input_schema,
            annotations: Annotations { read_only: false, destructive: false, idempotent: false, open_world: false },
            risk: Risk { category: Category::Write, severity: Severity::Medium },
        })
        .collect()
}

/// The case of a seed.
pub(crate) fn case(seed: u64) -> Case {
    let rng = &mut Rng::with_seed(seed);
    let mut names = vec!["managed", "user", "connection:con_1", "agent:claude"];
    while names.len() > 1 && rng.u8(..10) < 6 {
        names.remove(rng.usize(..names.len()));
    }
    // Histories say more where calls are not refused for other reasons.
    let of_limits = rng.bool();
    let policy = |rng: &mut Rng| if of_limits { policies::of_limits(rng) } else { policy(rng) };
    let mut layers: Vec<(String, Value)> = names.into_iter().map(|name| (name.to_owned(), policy(rng))).collect();
    if once_in(rng, 4) {
        let local = serde_json::from_str(include_str!("../../src/presets/local.json")).unwrap();
        layers.insert(0, ("local".to_owned(), local));
    }
    let calls = (0..rng.usize(1..4)).map(|_| call(rng)).collect();
    let length = if once_in(rng, 4) { rng.usize(1..31) } else { rng.usize(1..8) };
    let history = (0..length).map(|_| step(rng)).collect();
    Case { layers, calls, history }
}

fn step(rng: &mut Rng) -> Step {
    let any = rng.usize(..64);
    match rng.u8(..12) {
        0..=5 => Step::Call(any),
        6 => Step::Move(any),
        7 => Step::Settle(any, pick(rng, &[0, 1, 2, 40, u64::MAX])),
        8 => Step::GiveBack(any),
        9 | 10 => {
            let near = rng.i64(-3_000..3_000);
            Step::Jump(
                pick(rng, &[0, 1_000, 20_000, 60_000, 3_600_000, 86_400_000, -20_000, -60_000, -3_600_000]) + near,
            )
        }
        _ => Step::Restart,
    }
}
