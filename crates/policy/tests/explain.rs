//! Why a call is answered as it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use gatehouse_core::{AgentId, CallFacts, Category, Decision, FieldPath, Risk, Severity, Timestamp};
use gatehouse_policy::{
    Call, ConditionOutcome, Explanation, Layer, Limits, Policy, Step, StepKind, StepOutcome, evaluate, explain,
};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_763_700_010_000);

fn policy(json: &Value) -> Policy {
    Policy::parse(&json.to_string(), &[]).unwrap()
}

fn facts() -> CallFacts {
    CallFacts {
        model: Some("sale.order".into()),
        records: Some(12),
        fields: vec!["note".into(), "state".into()],
        reads: Some(vec![FieldPath { model: "sale.order".into(), field: "id".into() }]),
        ..CallFacts::local("odoo_write", Risk { category: Category::Write, severity: Severity::Medium })
    }
}

fn why(policies: &[(&str, &Policy)], arguments: &Value, limits: &Limits) -> Explanation {
    let (facts, agent) = (facts(), AgentId::parse("claude").unwrap());
    let layers: Vec<Layer<'_>> = policies.iter().map(|(name, policy)| Layer::new(*name, policy)).collect();
    explain(&layers, &Call { facts: &facts, arguments, connection: None, agent: &agent }, limits, NOW)
}

/// Takes from the limits what one call takes.
fn run(policies: &[(&str, &Policy)], arguments: &Value, limits: &mut Limits) {
    let (facts, agent) = (facts(), AgentId::parse("claude").unwrap());
    let layers: Vec<Layer<'_>> = policies.iter().map(|(name, policy)| Layer::new(*name, policy)).collect();
    let verdict = evaluate(&layers, &Call { facts: &facts, arguments, connection: None, agent: &agent });
    limits.reserve(&verdict.charges, NOW).unwrap();
}

fn rules(step: &[Step]) -> Vec<(&str, StepOutcome)> {
    step.iter().map(|step| (step.rule.as_str(), step.outcome)).collect()
}

#[test]
fn every_layer_tells_its_steps_up_to_the_one_that_denied() {
    let user = policy(&json!({"version": "1", "default": "allow", "redact": ["hr.*"]}));
    let connection = policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {
        "deny_if": [
            {"conditions": [{"path": "args.values.amount", "op": "gt", "value": 1000}]},
            {"conditions": [{"path": "call.fields", "op": "eq", "value": "state"}, {"path": "args.none", "op": "neq", "value": 1}], "on_deny": "no"},
            {"conditions": [{"path": "args.values.amount", "op": "lt", "value": 1}]},
            {"conditions": [{"path": "call.records", "op": "gt", "value": 10}], "on_deny": "Too many."}
        ],
        "require": [{"conditions": []}]
    }}}));
    let arguments = json!({"values": {"amount": 20.5}});
    let told = why(&[("user", &user), ("connection:con_1", &connection)], &arguments, &Limits::new());
    let Decision::Deny(denial) = &told.decision else { panic!("{told:?}") };
    assert_eq!(denial.rule, "connection:con_1:/tools/odoo_write/deny_if/3");
    assert_eq!((told.tool.as_str(), told.model.as_deref()), ("odoo_write", Some("sale.order")));
    assert_eq!(told.layers[0].decision, Decision::Allow);
    assert_eq!(
        rules(&told.layers[0].steps),
        [("user:/default", StepOutcome::Passed), ("user:/redact/0", StepOutcome::Passed)]
    );
    let steps = &told.layers[1].steps;
    let expected = [StepOutcome::Passed, StepOutcome::Passed, StepOutcome::Passed, StepOutcome::Denied];
    let expected = expected.into_iter().enumerate();
    let expected: Vec<_> =
        expected.map(|(i, outcome)| (format!("connection:con_1:/tools/odoo_write/deny_if/{i}"), outcome)).collect();
    assert_eq!(rules(steps), expected.iter().map(|(rule, outcome)| (rule.as_str(), *outcome)).collect::<Vec<_>>());
    let seen = &steps[0].conditions[0];
    assert_eq!((seen.path.as_str(), seen.op.as_str(), seen.value.as_str()), ("args.values.amount", "gt", "1000"));
    assert_eq!((seen.saw.as_slice(), seen.outcome), (&["20.5".to_owned()][..], ConditionOutcome::Fails));
    assert_eq!(steps[1].conditions[0].saw, ["\"note\"", "\"state\""]);
    assert_eq!(steps[1].conditions[0].outcome, ConditionOutcome::Holds);
    assert_eq!(
        (steps[1].conditions[1].saw.as_slice(), steps[1].conditions[1].outcome),
        (&["missing".to_owned()][..], ConditionOutcome::Fails)
    );
    assert_eq!(steps[3].words.as_deref(), Some("Too many."));
}

#[test]
fn a_doubt_is_told_as_a_doubt() {
    let user = policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {
        "require_approval": [{"conditions": [{"path": "args.amount", "op": "gt", "value": 5}], "reason": "Much."}]}}}));
    let told = why(&[("user", &user)], &json!({"amount": "9"}), &Limits::new());
    assert!(matches!(told.decision, Decision::Ask(_)));
    let step = &told.layers[0].steps[0];
    assert_eq!((step.kind, step.outcome), (StepKind::RequireApproval, StepOutcome::Asked));
    assert_eq!((step.conditions[0].saw[0].as_str(), step.conditions[0].outcome), ("\"9\"", ConditionOutcome::Doubt));
    let certain = why(&[("user", &user)], &json!({"amount": ["9", 7]}), &Limits::new());
    assert_eq!(certain.layers[0].steps[0].conditions[0].outcome, ConditionOutcome::Holds);
}

#[test]
fn counters_are_told_before_and_after_and_a_full_one_denies_before_anybody_is_asked() {
    let limit = |counter: &str, max: u64| json!({"counter": counter, "window": "minute", "max": max, "scope": "grant"});
    let user = policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {
        "limits": [limit("writes", 2), {"counter": "records", "window": "day", "max": 100, "scope": "grant", "increment_from": "call.records"}],
        "require_approval": [{"conditions": []}]}}}));
    let (layers, arguments) = ([("user", &user)], json!({}));
    let mut limits = Limits::new();
    run(&layers, &arguments, &mut limits);
    let told = why(&layers, &arguments, &limits);
    assert!(matches!(told.decision, Decision::Ask(_)));
    let counters: Vec<_> = told.layers[0].steps.iter().filter_map(|step| step.counter.clone()).collect();
    assert_eq!((counters[0].before, counters[0].amount, counters[0].after, counters[0].max), (1, 1, 2, 2));
    assert_eq!((counters[1].before, counters[1].amount, counters[1].after), (12, 12, 24));
    assert_eq!((counters[0].window.as_str(), counters[0].resets_in), ("minute", 50));

    run(&layers, &arguments, &mut limits);
    let told = why(&layers, &arguments, &limits);
    let Decision::Deny(denial) = &told.decision else { panic!("{told:?}") };
    assert_eq!(denial.rule, "user:/tools/odoo_write/limits/0");
    let steps = &told.layers[0].steps;
    assert_eq!((steps[0].outcome, steps[1].outcome), (StepOutcome::Denied, StepOutcome::Passed));
    assert!(steps.iter().all(|step| step.kind != StepKind::RequireApproval), "nobody is asked about what cannot run");
    let counter = steps[0].counter.clone().unwrap();
    assert_eq!((counter.before, counter.after), (2, 2), "a refused call takes nothing");
}

#[test]
fn what_was_seen_is_cut_to_what_a_person_reads() {
    let user = policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": {
        "deny_if": [{"conditions": [{"path": "args.a", "op": "eq", "value": "b"}]}]}}}));
    let long = "é".repeat(5_000);
    let told = why(&[("user", &user)], &json!({"a": vec![long; 300]}), &Limits::new());
    let saw = &told.layers[0].steps[0].conditions[0].saw;
    assert_eq!((saw.len(), saw[0].chars().count()), (20, 201));
}
