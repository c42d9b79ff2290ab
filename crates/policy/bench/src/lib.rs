//! The policies and calls that are measured, in our language and by hand in Cedar's.

use cedar_policy::{Authorizer, Context, Decision as CedarDecision, Entities, EntityUid, PolicySet, Request};
use gatehouse_core::{AgentId, CallFacts, Category, Decision, Effect, Environment, FieldPath, Risk, Severity};
use gatehouse_policy::{Call, ConnectionFacts, Layer, Policy, evaluate};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Ten rules: five that deny, two that must hold, three that ask.
pub fn ten_rules() -> Value {
    json!({
        "deny_if": [
            {"conditions": [
                {"path": "call.model", "op": "in", "value": ["account.move", "account.move.line"]},
                {"path": "connection.environment", "op": "eq", "value": "production"}], "on_deny": "Books are closed."},
            {"conditions": [{"path": "args.values.state", "op": "eq", "value": "posted"}]},
            {"conditions": [{"path": "call.records", "op": "gt", "value": 500}]},
            {"conditions": [{"path": "args.model", "op": "regex", "value": "^ir\\."}]},
            {"conditions": [
                {"path": "call.fields", "op": "contains", "value": "credit_limit"},
                {"path": "connection.environment", "op": "eq", "value": "production"}]}
        ],
        "require": [
            {"conditions": [{"path": "args.model", "op": "exists", "value": true}]},
            {"conditions": [{"path": "agent.name", "op": "in", "value": ["claude-desktop", "claude-code", "cursor"]}]}
        ],
        "require_approval": [
            {"conditions": [{"path": "call.records", "op": "gte", "value": 10}], "reason": "Many records."},
            {"conditions": [{"path": "call.effects", "op": "contains", "value": "mail"}], "reason": "A message goes out."},
            {"conditions": [{"path": "args.values.amount_total", "op": "gt", "value": 10000}], "reason": "Much money."}
        ]
    })
}

/// A policy of that many tools, each with the ten rules; with a limit each where asked for.
pub fn policy_text(tools: usize, limited: bool) -> String {
    let mut rules = ten_rules();
    if limited {
        rules["limits"] = json!([{"counter": "writes", "window": "minute", "max": 1_000_000, "scope": "grant"}]);
    }
    let tools: serde_json::Map<String, Value> = (0..tools).map(|index| (tool_name(index), rules.clone())).collect();
    serde_json::to_string_pretty(&json!({"version": "1", "default": "deny", "tools": tools})).unwrap()
}

/// `tool_0007`.
pub fn tool_name(index: usize) -> String {
    format!("tool_{index:04}")
}

/// The same ten rules in Cedar. What asks is a `permit` whose id begins with `ask`: Cedar knows no third answer, so the
/// policies that permitted tell it.
pub fn cedar_policies(tool: &str) -> PolicySet {
    let action = format!("principal, action == Action::\"{tool}\", resource");
    let mut text = String::new();
    let mut add = |id: &str, policy: &str| {
        let _ = writeln!(text, "@id(\"{id}\") {policy};");
    };
    add("permit", &format!("permit({action})"));
    for (index, when) in [
        r#"["account.move", "account.move.line"].contains(context.model) && context.environment == "production""#,
        r#"context.args has values && context.args.values has state && context.args.values.state == "posted""#,
        "context.records > 500",
        r#"context.args has model && context.args.model like "ir.*""#,
        r#"context.fields.contains("credit_limit") && context.environment == "production""#,
    ]
    .iter()
    .enumerate()
    {
        add(&format!("deny{index}"), &format!("forbid({action}) when {{ {when} }}"));
    }
    for (index, unless) in
        ["context.args has model", r#"["claude-desktop", "claude-code", "cursor"].contains(context.agent)"#]
            .iter()
            .enumerate()
    {
        add(&format!("require{index}"), &format!("forbid({action}) unless {{ {unless} }}"));
    }
    for (index, when) in [
        "context.records >= 10",
        r#"context.effects.contains("mail")"#,
        "context.args has values && context.args.values has amount_total && context.args.values.amount_total > 10000",
    ]
    .iter()
    .enumerate()
    {
        add(&format!("ask{index}"), &format!("permit({action}) when {{ {when} }}"));
    }
    // Ids are counted by the parser; the annotation names them again.
    let parsed: PolicySet = text.parse().unwrap();
    let mut named = PolicySet::new();
    for policy in parsed.policies() {
        let id = policy.annotation("id").unwrap().to_owned();
        named.add(policy.new_id(cedar_policy::PolicyId::new(id))).unwrap();
    }
    named
}

/// A call with all that it needs.
pub struct Made {
    pub facts: CallFacts,
    pub arguments: Value,
    pub connection: ConnectionFacts,
    pub agent: AgentId,
}

impl Made {
    /// As it is judged.
    pub fn call(&self) -> Call<'_> {
        Call { facts: &self.facts, arguments: &self.arguments, connection: Some(&self.connection), agent: &self.agent }
    }

    /// The same for Cedar, made beforehand.
    pub fn request(&self) -> Request {
        let effects: Vec<&str> = self.facts.effects.iter().map(|effect| word(*effect)).collect();
        let context = json!({
            "model": self.facts.model,
            "environment": self.connection.environment.as_str(),
            "records": self.facts.records,
            "fields": self.facts.fields,
            "effects": effects,
            "args": self.arguments,
            "agent": self.agent.as_str(),
        });
        let uid = |text: String| -> EntityUid { text.parse().unwrap() };
        Request::new(
            uid(format!("Agent::\"{}\"", self.agent)),
            uid(format!("Action::\"{}\"", self.facts.tool)),
            uid(format!("Connection::\"{}\"", self.connection.name)),
            Context::from_json_value(context, None).unwrap(),
            None,
        )
        .unwrap()
    }
}

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Mail => "mail",
        _ => "other",
    }
}

/// Calls of one tool that meet every rule in turn; the first is allowed by all of them.
pub fn calls(tool: &str) -> Vec<Made> {
    let plain = || Made {
        facts: CallFacts {
            model: Some("res.partner".into()),
            method: Some("write".into()),
            ids: vec![7, 8],
            records: Some(2),
            fields: vec!["comment".into(), "phone".into()],
            reads: Some(vec![FieldPath { model: "res.partner".into(), field: "id".into() }]),
            ..CallFacts::local(tool, Risk { category: Category::Write, severity: Severity::Medium })
        },
        arguments: json!({"connection": "Acme", "model": "res.partner", "ids": [7, 8],
            "values": {"phone": "+32 2 290 34 90", "comment": "Called back on Monday.", "amount_total": 120}}),
        connection: ConnectionFacts {
            name: "Acme".into(),
            environment: Environment::Production,
            host: "acme.odoo.com".into(),
            database: "acme".into(),
            login: "ada@acme.example".into(),
            version: Some("19.0".into()),
        },
        agent: AgentId::parse("claude-desktop").unwrap(),
    };
    let with = |change: &dyn Fn(&mut Made)| {
        let mut made = plain();
        change(&mut made);
        made
    };
    vec![
        plain(),
        with(&|made| made.facts.model = Some("account.move".into())),
        with(&|made| made.arguments["values"]["state"] = json!("posted")),
        with(&|made| made.facts.records = Some(501)),
        with(&|made| made.arguments["model"] = json!("ir.cron")),
        with(&|made| made.facts.fields.push("credit_limit".into())),
        with(&|made| drop(made.arguments.as_object_mut().unwrap().remove("model"))),
        with(&|made| made.agent = AgentId::parse("unknown").unwrap()),
        with(&|made| made.facts.records = Some(12)),
        with(&|made| made.facts.effects = vec![Effect::Mail]),
        with(&|made| made.arguments["values"]["amount_total"] = json!(12_000)),
    ]
}

/// `allow`, `ask` or `deny`, by Cedar.
pub fn cedar_says(authorizer: &Authorizer, policies: &PolicySet, request: &Request) -> &'static str {
    let response = authorizer.is_authorized(request, policies, &Entities::empty());
    match response.decision() {
        CedarDecision::Deny => "deny",
        CedarDecision::Allow
            if response.diagnostics().reason().any(|id| AsRef::<str>::as_ref(id).starts_with("ask")) =>
        {
            "ask"
        }
        CedarDecision::Allow => "allow",
    }
}

/// The same by us.
pub fn we_say(layers: &[Layer<'_>], made: &Made) -> &'static str {
    match evaluate(layers, &made.call()).decision {
        Decision::Allow => "allow",
        Decision::Ask(_) => "ask",
        Decision::Deny(_) => "deny",
    }
}

/// Parsed, or the test cannot go on.
pub fn policy(tools: usize, limited: bool) -> Policy {
    Policy::parse(&policy_text(tools, limited), &[]).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_say_the_same_to_every_call() {
        let policy = policy(1, false);
        let layers = [Layer::new("user", &policy)];
        let (authorizer, policies) = (Authorizer::new(), cedar_policies(&tool_name(0)));
        let said: Vec<&str> = calls(&tool_name(0))
            .iter()
            .map(|made| {
                let ours = we_say(&layers, made);
                assert_eq!(ours, cedar_says(&authorizer, &policies, &made.request()), "{:?}", made.facts);
                ours
            })
            .collect();
        assert_eq!(said[0], "allow");
        assert_eq!(said[1..8], ["deny"; 7]);
        assert_eq!(said[8..], ["ask"; 3]);
    }
}
