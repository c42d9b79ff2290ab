//! What the policy language promises, seen from outside.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod explanations;
mod generated;
mod holes;
mod laws;
mod layers;
mod numbers;
mod order;
mod presets;
mod quotas;
mod recommended;
mod reference;
mod rule_ids;
mod scope;
mod shape;
mod strict_parse;
mod types;
mod windows;

use gatehouse_core::{
    AgentId, Annotations, CallFacts, Category, Decision, Environment, FieldPath, Risk, Severity, ToolDefinition,
};
use gatehouse_policy::{Call, ConnectionFacts, Layer, Policy, Verdict, evaluate};
use serde_json::{Value, json};

/// A few tools with their arguments.
fn tools() -> Vec<ToolDefinition> {
    let write = json!({
        "type": "object",
        "properties": {
            "connection": {"type": "string"},
            "model": {"type": "string"},
            "ids": {"type": "array", "items": {"type": "integer"}},
            "values": {"type": "object"},
            "updates": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}, "values": {"type": "object"}}, "additionalProperties": false}}
        },
        "required": ["model"],
        "additionalProperties": false
    });
    let add = json!({"type": "object", "properties": {"url": {"type": "string"}, "alias": {"type": "string"}}, "required": ["url"], "additionalProperties": false});
    [("odoo_write", write), ("user_connection_add", add)]
        .into_iter()
        .map(|(name, input_schema)| ToolDefinition {
            name: name.to_owned(),
            title: name.to_owned(),
            description: String::new(),
            input_schema,
            annotations: Annotations { read_only: false, destructive: false, idempotent: false, open_world: false },
            risk: risk(Category::Write),
        })
        .collect()
}

fn risk(category: Category) -> Risk {
    Risk { category, severity: Severity::Medium }
}

fn policy(json: &Value) -> Policy {
    Policy::parse(&json.to_string(), &tools()).unwrap_or_else(|problems| panic!("{json}: {problems:?}"))
}

fn facts(tool: &str, category: Category) -> CallFacts {
    CallFacts::local(tool, risk(category))
}

fn write_facts() -> CallFacts {
    CallFacts {
        model: Some("sale.order".into()),
        method: Some("write".into()),
        records: Some(2),
        ids: vec![1, 2],
        fields: vec!["note".into(), "state".into()],
        reads: Some(vec![FieldPath { model: "sale.order".into(), field: "note".into() }]),
        ..facts("odoo_write", Category::Write)
    }
}

fn connection() -> ConnectionFacts {
    ConnectionFacts {
        name: "Acme".into(),
        environment: Environment::Production,
        host: "acme.odoo.com".into(),
        database: "acme".into(),
        login: "demo".into(),
        version: Some("19.0".into()),
    }
}

fn judge(policies: &[&Policy], facts: &CallFacts, arguments: &Value) -> Verdict<'static> {
    let names = ["user", "connection:con_1", "agent:claude", "managed"];
    let layers: Vec<Layer<'_>> = policies.iter().zip(names).map(|(policy, name)| Layer::new(name, policy)).collect();
    let agent = AgentId::parse("claude").unwrap();
    let connection = connection();
    evaluate(&layers, &Call { facts, arguments, connection: Some(&connection), agent: &agent }).into_owned()
}

/// `allow`, `ask RULE` or `deny RULE`.
fn said(verdict: &Verdict<'_>) -> String {
    match &verdict.decision {
        Decision::Allow => "allow".to_owned(),
        Decision::Ask(question) => format!("ask {}", question.rule),
        Decision::Deny(denial) => format!("deny {}", denial.rule),
    }
}
