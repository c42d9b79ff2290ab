//! What an explanation tells of layers and counters.

use super::windows::at;
use super::{policy, write_facts};
use gatehouse_core::{AgentId, Decision, Timestamp};
use gatehouse_policy::{Call, Explanation, Layer, Limits, Policy, evaluate, explain};
use serde_json::{Value, json};

fn with(rules: &Value) -> Policy {
    policy(&json!({"version": "1", "default": "deny", "tools": {"odoo_write": rules}}))
}

fn limited() -> Policy {
    with(&json!({"limits": [{"counter": "c", "window": "minute", "max": 1, "scope": "grant"}]}))
}

/// Explains a call after the first `spent` of the layers have taken one.
fn explained(layers: &[Layer<'_>], spent: usize, now: Timestamp) -> Explanation {
    let (facts, arguments, agent) = (write_facts(), json!({}), AgentId::parse("claude").unwrap());
    let call = Call { facts: &facts, arguments: &arguments, connection: None, agent: &agent };
    let mut limits = Limits::new();
    limits.reserve(&evaluate(&layers[..spent], &call).charges, at(0)).unwrap();
    explain(layers, &call, &limits, now)
}

fn rule(decision: &Decision) -> &str {
    match decision {
        Decision::Deny(denial) => &denial.rule,
        Decision::Ask(question) => &question.rule,
        Decision::Allow => "allow",
    }
}

#[test]
fn each_layer_says_what_it_would_say_alone_also_where_another_denies() {
    let (full, closed) = (limited(), with(&json!({"deny_if": [{"conditions": []}]})));
    let layers = [Layer::new("managed", &full), Layer::new("user", &full), Layer::new("agent:claude", &closed)];
    let told = explained(&layers[..2], 2, at(1));
    let rules: Vec<&str> = told.layers.iter().map(|layer| rule(&layer.decision)).collect();
    assert_eq!(rules, ["managed:/tools/odoo_write/limits/0", "user:/tools/odoo_write/limits/0"]);
    let told = explained(&layers, 2, at(1));
    assert_eq!(rule(&told.decision), "agent:claude:/tools/odoo_write/deny_if/0", "as the call is answered");
    let rules: Vec<&str> = told.layers.iter().map(|layer| rule(&layer.decision)).collect();
    assert_eq!(
        rules,
        [
            "managed:/tools/odoo_write/limits/0",
            "user:/tools/odoo_write/limits/0",
            "agent:claude:/tools/odoo_write/deny_if/0"
        ]
    );
}

#[test]
fn a_counter_is_not_reset_before_it_says() {
    let full = limited();
    let layers = [Layer::new("user", &full)];
    for millis in [1, 999, 1_000, 59_999] {
        let told = explained(&layers, 1, Timestamp::from_millis(millis));
        let counter = told.layers[0].steps.iter().find_map(|step| step.counter.as_ref()).unwrap();
        let then = millis.cast_unsigned() + counter.resets_in * 1_000;
        assert!((60_000..61_000).contains(&then), "at {millis} ms it says {} s", counter.resets_in);
    }
}
