//! Calls: facts of every kind, known and unknown, and arguments.

use super::case::Call;
use super::values::{TEXTS, WORDS, arguments, once_in, pick};
use super::{FOREIGN, LIST, WRITE};
use fastrand::Rng;
use gatehouse_core::{CallFacts, Category, Effect, Environment, FieldPath, Nested, Risk, Severity};
use gatehouse_policy::ConnectionFacts;

const AGENTS: [&str; 2] = ["claude", "codex"];

/// A call of any tool by one of two agents.
pub(crate) fn call(rng: &mut Rng) -> Call {
    let tool = if once_in(rng, 20) { "approval_wait" } else { pick(rng, &[WRITE, WRITE, WRITE, FOREIGN, LIST]) };
    let category = pick(rng, &[Category::Read, Category::Write, Category::Execute, Category::Destructive]);
    let words = |rng: &mut Rng| (0..rng.u8(..3)).map(|_| pick(rng, &WORDS).to_owned()).collect::<Vec<String>>();
    let mut effects: Vec<Effect> =
        [Effect::Mail, Effect::Posting, Effect::State].into_iter().filter(|_| once_in(rng, 4)).collect();
    effects.sort();
    let facts = CallFacts {
        tool: tool.to_owned(),
        risk: Risk { category, severity: Severity::Medium },
        model: Some(pick(rng, &["sale.order", "hr.employee", ""]).to_owned()).filter(|_| !once_in(rng, 8)),
        method: Some("write".to_owned()).filter(|_| !once_in(rng, 8)),
        ids: Vec::new(),
        records: (!once_in(rng, 8)).then(|| pick(rng, &[0, 1, 2, 5, 100, u64::MAX])),
        fields: words(rng),
        reads: (!once_in(rng, 8)).then(|| (0..rng.u8(..3)).map(|_| field(rng)).collect()),
        commands: words(rng)
            .into_iter()
            .map(|model| Nested { model, command: "create".to_owned(), fields: Vec::new() })
            .collect(),
        effects,
        sensitive: once_in(rng, 4),
    };
    let connection = (!once_in(rng, 8)).then(|| ConnectionFacts {
        name: pick(rng, &TEXTS).to_owned(),
        environment: pick(rng, &[Environment::Production, Environment::Staging, Environment::Development]),
        host: pick(rng, &WORDS).to_owned(),
        database: "acme".to_owned(),
        login: pick(rng, &TEXTS).to_owned(),
        version: (!once_in(rng, 4)).then(|| "19.0".to_owned()),
    });
    Call { facts, arguments: arguments(rng), connection, agent: pick(rng, &AGENTS).to_owned() }
}

fn field(rng: &mut Rng) -> FieldPath {
    let (model, field) = pick(
        rng,
        &[
            ("sale.order", "note"),
            ("sale.order", "name"),
            ("hr.employee", "pin"),
            ("res.partner", "email"),
            ("hr", "name"),
        ],
    );
    FieldPath { model: model.to_owned(), field: field.to_owned() }
}
