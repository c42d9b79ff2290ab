//! What an edit of a policy loosens, told without running it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use gatehouse_core::{AgentId, CallFacts, Category, Decision, Effect, FieldPath, Risk, Severity};
use gatehouse_policy::{Call, Layer, Policy, evaluate, loosened};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

fn policy(json: &Value) -> Policy {
    Policy::parse(&json.to_string(), &[]).unwrap()
}

fn with_write(rules: &Value) -> Value {
    json!({"version": "1", "default": "deny", "tools": {"odoo_write": rules}})
}

fn points(old: &Value, new: &Value) -> Vec<String> {
    loosened(Some(&policy(old)), Some(&policy(new))).into_iter().map(|point| point.pointer).collect()
}

#[test]
fn each_way_to_loosen_is_told_where_it_stands() {
    let state = json!({"path": "args.values.state", "op": "eq", "value": "posted"});
    let many = json!({"path": "call.records", "op": "gt", "value": 10});
    let limit = |max: u64| json!({"counter": "w", "window": "minute", "max": max, "scope": "grant"});
    let plain = with_write(&json!({}));
    let base = json!({"version": "1", "default": "deny"});
    for (what, old, new, told) in [
        ("a tool is listed", &base, plain.clone(), vec!["/tools/odoo_write"]),
        ("a tool is no longer listed", &plain, base.clone(), vec![]),
        ("the default opens", &base, json!({"version": "1", "default": "allow"}), vec!["/default"]),
        (
            "a rule goes",
            &with_write(&json!({"deny_if": [{"conditions": [state]}]})),
            plain.clone(),
            vec!["/tools/odoo_write/deny_if/0"],
        ),
        (
            "a denial gets a condition more",
            &with_write(&json!({"deny_if": [{"conditions": [state]}]})),
            with_write(&json!({"deny_if": [{"conditions": [state, many]}]})),
            vec!["/tools/odoo_write/deny_if/0"],
        ),
        (
            "a denial loses a condition",
            &with_write(&json!({"deny_if": [{"conditions": [state, many]}]})),
            with_write(&json!({"deny_if": [{"conditions": [many], "on_deny": "Other words."}]})),
            vec![],
        ),
        (
            "a requirement loses a condition",
            &with_write(&json!({"require": [{"conditions": [state, many]}]})),
            with_write(&json!({"require": [{"conditions": [state]}]})),
            vec!["/tools/odoo_write/require/0"],
        ),
        (
            "a question becomes a denial",
            &with_write(&json!({"require_approval": [{"conditions": [many]}]})),
            with_write(&json!({"deny_if": [{"conditions": [many]}]})),
            vec![],
        ),
        (
            "a denial becomes a question",
            &with_write(&json!({"deny_if": [{"conditions": [many]}]})),
            with_write(&json!({"require_approval": [{"conditions": [many]}]})),
            vec!["/tools/odoo_write/deny_if/0"],
        ),
        (
            "a person has longer",
            &with_write(&json!({"require_approval": [{"conditions": [], "timeout": "5m"}]})),
            with_write(&json!({"require_approval": [{"conditions": [], "timeout": "6m"}]})),
            vec!["/tools/odoo_write/require_approval/0"],
        ),
        (
            "a limit grows",
            &with_write(&json!({"limits": [limit(5)]})),
            with_write(&json!({"limits": [limit(6)]})),
            vec!["/tools/odoo_write/limits/0"],
        ),
        (
            "a limit shrinks",
            &with_write(&json!({"limits": [limit(5)]})),
            with_write(&json!({"limits": [limit(4)]})),
            vec![],
        ),
        (
            "a limit of all tools goes where the default denies",
            &json!({"version": "1", "default": "deny", "all_tools": {"limits": [limit(5)]}, "tools": {"a": {}, "b": {}}}),
            json!({"version": "1", "default": "deny", "tools": {"a": {}, "b": {}}}),
            vec!["/all_tools/limits/0"],
        ),
        (
            "a tool is shown again",
            &json!({"version": "1", "default": "allow", "hide": ["odoo_unlink"]}),
            json!({"version": "1", "default": "allow"}),
            vec!["/tools/odoo_unlink"],
        ),
        (
            "a hidden tool is listed and denied instead",
            &json!({"version": "1", "default": "allow", "hide": ["odoo_unlink"]}),
            json!({"version": "1", "default": "allow", "tools": {"odoo_unlink": {"deny_if": [{"conditions": []}]}}}),
            vec![],
        ),
        (
            "a field is shown again",
            &json!({"version": "1", "default": "allow", "redact": ["hr.*", "x.y"]}),
            json!({"version": "1", "default": "allow", "redact": ["hr.*"]}),
            vec!["/redact/1"],
        ),
    ] {
        assert_eq!(points(old, &new), told, "{what}");
    }
}

#[test]
fn an_absent_layer_restricts_nothing() {
    let strict = policy(&json!({"version": "1", "default": "deny"}));
    let open = policy(&json!({"version": "1", "default": "allow"}));
    assert!(loosened(None, Some(&strict)).is_empty());
    assert!(loosened(Some(&open), None).is_empty());
    assert!(!loosened(Some(&strict), None).is_empty());
}

fn condition() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"path": "args.n", "op": "gt", "value": 3})),
        Just(json!({"path": "args.n", "op": "lte", "value": 5})),
        Just(json!({"path": "args.s", "op": "eq", "value": "x"})),
        Just(json!({"path": "call.records", "op": "gte", "value": 2})),
        Just(json!({"path": "call.effects", "op": "contains", "value": "mail"})),
    ]
}

fn rules() -> impl Strategy<Value = Value> {
    let entries = || vec(vec(condition(), 0..3).prop_map(|conditions| json!({"conditions": conditions})), 0..3);
    let limits = vec((1_u64..4, 0_u8..2), 0..3);
    (entries(), entries(), entries(), limits).prop_map(|(deny, require, ask, limits)| {
        let limit = |(max, name): (u64, u8)| json!({"counter": format!("c{name}"), "window": "minute", "max": max, "scope": "grant"});
        let limits: Vec<Value> = limits.into_iter().map(limit).collect();
        json!({"deny_if": deny, "require": require, "require_approval": ask, "limits": limits})
    })
}

const TOOLS: [&str; 3] = ["a", "b", "c"];

fn any_policy() -> impl Strategy<Value = Value> {
    let tools = vec((0_usize..3, rules()), 0..3);
    let hide = proptest::sample::subsequence(TOOLS.to_vec(), 0..2);
    let redact = proptest::sample::subsequence(vec!["m.*", "m.f", "*.g"], 0..3);
    (any::<bool>(), hide, tools, redact, vec(1_u64..4, 0..2)).prop_map(|(allow, hide, tools, redact, all)| {
        let tools: serde_json::Map<String, Value> =
            tools.into_iter().map(|(index, rules)| (TOOLS[index].to_owned(), rules)).collect();
        let all: Vec<Value> = all
            .into_iter()
            .map(|max| json!({"counter": "all", "window": "minute", "max": max, "scope": "grant"}))
            .collect();
        json!({"version": "1", "default": if allow { "allow" } else { "deny" }, "hide": hide, "tools": tools,
            "redact": redact, "all_tools": {"limits": all}})
    })
}

/// One part replaced by another policy's: near enough that many edits tighten.
fn edited() -> impl Strategy<Value = (Value, Value)> {
    (any_policy(), any_policy(), 0_u8..6, 0_usize..3).prop_map(|(old, other, part, tool)| {
        let mut new = old.clone();
        match part {
            0 => new["default"] = other["default"].clone(),
            1 => new["hide"] = other["hide"].clone(),
            2 => new["redact"] = other["redact"].clone(),
            3 => new["all_tools"] = other["all_tools"].clone(),
            4 => new["tools"] = other["tools"].clone(),
            _ => {
                let (name, kinds) = (TOOLS[tool], ["deny_if", "require", "require_approval", "limits"]);
                if let Some(theirs) = other["tools"].get(name)
                    && new["tools"].get(name).is_some()
                {
                    new["tools"][name][kinds[tool]] = theirs[kinds[tool]].clone();
                }
            }
        }
        (old, new)
    })
}

fn strictness(decision: &Decision) -> u8 {
    match decision {
        Decision::Allow => 0,
        Decision::Ask(_) => 1,
        Decision::Deny(_) => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// When nothing is told, no call is answered less strictly, and none takes from a wider or another limit.
    #[test]
    fn what_is_not_told_does_not_loosen(
        (old, new) in edited(),
        calls in vec((0_usize..4, 0_i64..8, any::<bool>(), proptest::option::of(0_u64..4), any::<bool>()), 12),
    ) {
        let (old, new) = (policy(&old), policy(&new));
        prop_assume!(loosened(Some(&old), Some(&new)).is_empty());
        let agent = AgentId::parse("claude").unwrap();
        for (tool, n, with_s, records, mail) in calls {
            let tool = ["a", "b", "c", "other"][tool];
            let risk = Risk { category: Category::Write, severity: Severity::Low };
            let facts = CallFacts {
                records,
                effects: if mail { vec![Effect::Mail] } else { Vec::new() },
                reads: Some(vec![FieldPath { model: "m".into(), field: if with_s { "f".into() } else { "g".into() } }]),
                ..CallFacts::local(tool, risk)
            };
            let arguments = if with_s { json!({"n": n, "s": "x"}) } else { json!({"n": n}) };
            let call = Call { facts: &facts, arguments: &arguments, connection: None, agent: &agent };
            let before_layers = [Layer::new("user", &old)];
            let after_layers = [Layer::new("user", &new)];
            let (before, after) = (evaluate(&before_layers, &call), evaluate(&after_layers, &call));
            prop_assert!(strictness(&after.decision) >= strictness(&before.decision), "{:?} → {:?}", before, after);
            if strictness(&after.decision) < 2 {
                for charge in &before.charges {
                    let kept = after.charges.iter().any(|other| {
                        other.counter == charge.counter && other.max <= charge.max && other.amount >= charge.amount
                    });
                    prop_assert!(kept, "{} is no longer charged as before", charge.counter);
                }
            }
        }
    }
}
