//! Conditions, arguments and facts: judging does not fail, the explanation agrees with the verdict, and a second layer
//! never loosens.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use gatehouse_core::{
    AgentId, CallFacts, Category, Decision, Effect, Environment, FieldPath, Nested, Risk, Severity, Timestamp,
};
use gatehouse_policy::{Call, ConnectionFacts, Layer, Limits, Policy, evaluate, explain};
use gatehouse_policy_fuzz::{check, tools};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const WORDS: [&str; 16] = [
    "a",
    "values",
    "state",
    "ids",
    "model",
    "updates",
    "amount",
    "draft",
    "sale.order",
    "5",
    "",
    "a.b",
    "mail",
    "production",
    "write",
    "é",
];
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
const OPS: [&str; 11] = ["eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists"];
const PATTERNS: [&str; 6] = ["^a", "\\d+$", "(?i)SALE", ".", "", "[^a-z]"];
const TOOLS: [&str; 3] = ["odoo_write", "odoo_search_read", "elsewhere"];
const EFFECTS: [Effect; 7] =
    [Effect::Mail, Effect::MailPossible, Effect::Posting, Effect::Payment, Effect::State, Effect::Code, Effect::Access];

#[derive(Debug)]
struct Case {
    policies: [Value; 2],
    facts: CallFacts,
    arguments: Value,
    connection: Option<ConnectionFacts>,
}

impl<'a> Arbitrary<'a> for Case {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let tool = *u.choose(&TOOLS)?;
        let arguments = json!({
            "model": value(u, 1)?, "ids": value(u, 2)?, "values": value(u, 4)?, "updates": value(u, 5)?,
            word(u)?: value(u, 3)?,
        });
        Ok(Self {
            facts: facts(tool, u)?,
            arguments,
            connection: connection(u)?,
            policies: [policy(tool, u)?, policy(tool, u)?],
        })
    }
}

fn word(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(if u.ratio(1, 8)? { u.arbitrary::<&str>()?.to_owned() } else { (*u.choose(&WORDS)?).to_owned() })
}

fn value(u: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    Ok(match u.int_in_range(0..=if depth > 0 { 8 } else { 6 })? {
        0 => Value::Null,
        1 => json!(u.arbitrary::<bool>()?),
        2 => json!(u.int_in_range(-10..=10)?),
        3 => json!(u.arbitrary::<i64>()?),
        4 => json!(u.arbitrary::<u64>()?),
        5 => serde_json::Number::from_f64(u.arbitrary()?).map_or(Value::Null, Value::Number),
        6 => json!(word(u)?),
        7 => (0..u.int_in_range(0..=3)?).map(|_| value(u, depth - 1)).collect::<Result<Value>>()?,
        _ => {
            let entries = (0..u.int_in_range(0..=3)?).map(|_| Ok((word(u)?, value(u, depth - 1)?)));
            Value::Object(entries.collect::<Result<_>>()?)
        }
    })
}

fn facts(tool: &str, u: &mut Unstructured<'_>) -> Result<CallFacts> {
    let category = *u.choose(&[Category::Read, Category::Write, Category::Execute, Category::Destructive])?;
    let mut facts = CallFacts::local(tool, Risk { category, severity: Severity::Medium });
    facts.model = if u.arbitrary()? { Some(word(u)?) } else { None };
    facts.method = if u.arbitrary()? { Some(word(u)?) } else { None };
    facts.records = u.arbitrary()?;
    for _ in 0..u.int_in_range(0..=2)? {
        facts.fields.push(word(u)?);
        facts.commands.push(Nested { model: word(u)?, command: "create".to_owned(), fields: vec![word(u)?] });
        facts.effects.push(*u.choose(&EFFECTS)?);
    }
    facts.reads = if u.arbitrary()? { Some(vec![FieldPath { model: word(u)?, field: word(u)? }]) } else { None };
    facts.sensitive = u.arbitrary()?;
    Ok(facts)
}

fn connection(u: &mut Unstructured<'_>) -> Result<Option<ConnectionFacts>> {
    if u.ratio(1, 4)? {
        return Ok(None);
    }
    let environment = *u.choose(&[Environment::Production, Environment::Staging, Environment::Development])?;
    let version = if u.arbitrary()? { Some(word(u)?) } else { None };
    Ok(Some(ConnectionFacts {
        name: word(u)?,
        environment,
        host: word(u)?,
        database: word(u)?,
        login: word(u)?,
        version,
    }))
}

fn policy(tool: &str, u: &mut Unstructured<'_>) -> Result<Value> {
    let default = if u.arbitrary()? { "allow" } else { "deny" };
    let hide: &[&str] = if u.ratio(1, 16)? { &["odoo_write"] } else { &[] };
    let redact: &[&str] = if u.ratio(1, 8)? { &["sale.*"] } else { &[] };
    let mut rules = json!({});
    for kind in ["require", "deny_if", "require_approval"] {
        let entries = (0..u.int_in_range(0..=2)?).map(|_| Ok(json!({"conditions": conditions(u)?})));
        rules[kind] = entries.collect::<Result<Value>>()?;
    }
    if u.ratio(1, 4)? {
        let mut limit = json!({"counter": "c", "window": "day", "max": u.int_in_range(1..=20_u64)?, "scope": "grant"});
        if u.arbitrary()? {
            limit["increment_from"] =
                json!(*u.choose(&["call.records", "call.rows", "call.sensitive", "args.values.amount"])?);
        }
        rules["limits"] = json!([limit]);
    }
    Ok(json!({"version": "1", "default": default, "hide": hide, "redact": redact, "tools": {tool: rules}}))
}

fn conditions(u: &mut Unstructured<'_>) -> Result<Value> {
    (0..u.int_in_range(0..=3)?).map(|_| condition(u)).collect()
}

fn condition(u: &mut Unstructured<'_>) -> Result<Value> {
    let path = match u.int_in_range(0..=3)? {
        0 => (*u.choose(&FACTS)?).to_owned(),
        1 => u.choose(&["args.model", "args.ids", "args.values.state", "args.updates.values.a"])?.to_string(),
        2 => format!("args.values.{}", word(u)?.replace('\\', "\\\\").replace('.', "\\.")),
        _ => format!("args.{}.{}", word(u)?, word(u)?),
    };
    let op = *u.choose(&OPS)?;
    let operand = match op {
        "in" | "not_in" => (0..=u.int_in_range(0..=2)?).map(|_| value(u, 0)).collect::<Result<Value>>()?,
        "lt" | "lte" | "gt" | "gte" => json!(u.int_in_range(-10..=10)?),
        "regex" if u.ratio(7, 8)? => json!(*u.choose(&PATTERNS)?),
        "exists" => json!(u.arbitrary::<bool>()?),
        _ => value(u, 1)?,
    };
    Ok(json!({"path": path, "op": op, "value": operand}))
}

fn strictness(decision: &Decision) -> u8 {
    match decision {
        Decision::Allow => 0,
        Decision::Ask(_) => 1,
        Decision::Deny(_) => 2,
    }
}

fuzz_target!(|case: Case| {
    let mut parsed = Vec::new();
    for text in case.policies.iter().map(Value::to_string) {
        match Policy::parse(&text, tools()) {
            Ok(policy) => parsed.push(policy),
            Err(problems) => check(&problems, &text),
        }
    }
    let agent = AgentId::parse("claude-code").expect("an agent's id");
    let call =
        Call { facts: &case.facts, arguments: &case.arguments, connection: case.connection.as_ref(), agent: &agent };
    let layers: Vec<Layer<'_>> =
        ["user", "agent:claude-code"].into_iter().zip(&parsed).map(|(name, policy)| Layer::new(name, policy)).collect();
    let now = Timestamp::from_millis(1_700_000_000_000);
    let limits = Limits::new();
    for several in [&layers[..layers.len().min(1)], &layers[..]] {
        let verdict = evaluate(several, &call);
        let answer = match (&verdict.decision, limits.peek(&verdict.charges, now)) {
            (Decision::Deny(_), _) | (_, Ok(())) => verdict.decision.clone(),
            (_, Err(full)) => Decision::Deny(full.denial()),
        };
        let explained = explain(several, &call, &limits, now);
        assert_eq!(explained.decision, answer);
        let strictest = explained.layers.iter().map(|layer| strictness(&layer.decision)).max();
        assert_eq!(strictest.unwrap_or(2), strictness(&answer), "{explained:?}");
    }
    if layers.len() == 2 {
        let both = strictness(&evaluate(&layers, &call).decision);
        assert!(layers.chunks(1).all(|one| strictness(&evaluate(one, &call).decision) <= both));
    }
});
