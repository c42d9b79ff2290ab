//! Laws that hold for any policy and any call.

use super::{facts, judge, tools, write_facts};
use gatehouse_core::{CallFacts, Category, Charge, Decision, Effect, Timestamp};
use gatehouse_policy::{ChargeRequest, Layer, Limits, Policy, Reservation, RuleId, Window, is_hidden};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop_oneof![Just("draft"), Just("sale"), Just("sale.order"), Just("5"), Just("")].prop_map(|s| json!(s)),
        (-3_i64..12).prop_map(|n| json!(n)),
        (-30_i64..120).prop_map(|n| json!(f64::from(i32::try_from(n).unwrap()) / 10.0)),
        any::<bool>().prop_map(|b| json!(b)),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        Just("args.model"),
        Just("args.values.state"),
        Just("args.values.amount"),
        Just("args.ids"),
        Just("args.updates.values.state"),
        Just("call.model"),
        Just("call.records"),
        Just("call.fields"),
        Just("call.reads"),
        Just("call.effects"),
        Just("call.sensitive"),
        Just("connection.environment"),
        Just("agent.name"),
        Just("connection.version"),
    ];
    let test = prop_oneof![
        (prop_oneof![Just("eq"), Just("neq"), Just("contains")], scalar()).prop_map(|(op, value)| (op, value)),
        (prop_oneof![Just("in"), Just("not_in")], vec(scalar(), 1..4)).prop_map(|(op, values)| (op, json!(values))),
        (prop_oneof![Just("lt"), Just("lte"), Just("gt"), Just("gte")], -3_i64..12).prop_map(|(op, n)| (op, json!(n))),
        prop_oneof![Just("^s"), Just("a"), Just("\\d+$")].prop_map(|pattern| ("regex", json!(pattern))),
        any::<bool>().prop_map(|wanted| ("exists", json!(wanted))),
    ];
    (path, test).prop_map(|(path, (op, value))| json!({"path": path, "op": op, "value": value}))
}

fn rule() -> impl Strategy<Value = Value> {
    vec(condition(), 0..3).prop_map(|conditions| json!({ "conditions": conditions }))
}

fn limit() -> impl Strategy<Value = Value> {
    (0_u8..3, 1_u64..50).prop_map(|(n, max)| {
        let window = ["minute", "hour", "day"][usize::from(n)];
        json!({"counter": format!("c_{window}"), "window": window, "max": max, "scope": "grant"})
    })
}

const NAMES: [&str; 3] = ["odoo_write", "user_connection_add", "odoo_read"];

fn tool_rules() -> impl Strategy<Value = Value> {
    (vec(rule(), 0..3), vec(rule(), 0..3), vec(limit(), 0..3), vec(rule(), 0..3)).prop_map(|(require, deny_if, limits, ask)| {
        json!({"require": require, "deny_if": deny_if, "limits": limits, "require_approval": ask})
    })
}

fn policy_json() -> impl Strategy<Value = Value> {
    let tools = (option::of(tool_rules()), option::of(tool_rules()));
    (any::<bool>(), vec(0_usize..3, 0..2), tools, vec(limit(), 0..2)).prop_map(|(allow, hide, (write, read), all)| {
        let mut tools = json!({});
        if let Some(rules) = write {
            tools["odoo_write"] = rules;
        }
        if let Some(rules) = read {
            tools["odoo_read"] = rules;
        }
        json!({
            "version": "1", "default": if allow { "allow" } else { "deny" },
            "hide": hide.into_iter().map(|n| NAMES[n]).collect::<std::collections::BTreeSet<_>>(),
            "all_tools": {"limits": all}, "tools": tools,
        })
    })
}

fn call() -> impl Strategy<Value = (CallFacts, Value)> {
    let effects = vec(prop_oneof![Just(Effect::Mail), Just(Effect::State)], 0..2);
    let arguments = (option::of(scalar()), option::of(scalar()), vec(0_i64..9, 0..3), vec(option::of(scalar()), 0..3));
    (0_usize..3, option::of(0_u64..20), any::<bool>(), any::<bool>(), effects, arguments).prop_map(
        |(tool, records, reads_known, sensitive, effects, (state, amount, ids, updates))| {
            let mut facts = CallFacts { tool: NAMES[tool].into(), records, sensitive, effects, ..write_facts() };
            if !reads_known {
                facts.reads = None;
            }
            let updates: Vec<Value> = updates.into_iter().map(|state| json!({"values": {"state": state}})).collect();
            (facts, json!({"model": "sale.order", "values": {"state": state, "amount": amount}, "ids": ids, "updates": updates}))
        },
    )
}

fn parsed(json: &Value) -> Policy {
    Policy::parse(&json.to_string(), &tools()).unwrap()
}

/// One of those held, picked by any number.
fn any_of(held: &mut Vec<Reservation>, pick: i64) -> Option<Reservation> {
    let index = usize::try_from(pick.unsigned_abs()).ok()?.checked_rem(held.len())?;
    Some(held.swap_remove(index))
}

fn strictness(decision: &Decision) -> u8 {
    match decision {
        Decision::Allow => 0,
        Decision::Ask(_) => 1,
        Decision::Deny(_) => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_a_layer_never_loosens(base in policy_json(), more in policy_json(), (facts, arguments) in call()) {
        let (base, more) = (parsed(&base), parsed(&more));
        let before = judge(&[&base], &facts, &arguments);
        let after = judge(&[&base, &more], &facts, &arguments);
        prop_assert!(strictness(&after.decision) >= strictness(&before.decision));
        if strictness(&after.decision) < 2 {
            for charge in &before.charges {
                prop_assert!(after.charges.contains(charge), "a limit got lost");
            }
        }
    }

    #[test]
    fn adding_a_rule_never_loosens(base in policy_json(), kind in 0_usize..4, extra in rule(), extra_limit in limit(), (facts, arguments) in call()) {
        let before = judge(&[&parsed(&base)], &facts, &arguments);
        let mut more = base.clone();
        let listed = more["tools"].get(facts.tool.as_str()).is_some();
        let kind = ["require", "deny_if", "require_approval", "limits"][kind];
        // Listing a tool that was not listed allows it, by the language; rules are added to listed tools.
        prop_assume!(listed);
        let entry = if kind == "limits" { extra_limit } else { extra };
        more["tools"][facts.tool.as_str()][kind].as_array_mut().unwrap().push(entry);
        let after = judge(&[&parsed(&more)], &facts, &arguments);
        prop_assert!(strictness(&after.decision) >= strictness(&before.decision));
    }

    #[test]
    fn what_is_hidden_is_denied_and_list_and_call_agree(json in policy_json(), (facts, arguments) in call()) {
        let policy = parsed(&json);
        let hidden = is_hidden(&[Layer::new("user", &policy)], &facts.tool);
        let verdict = judge(&[&policy], &facts, &arguments);
        let denied_as_hidden = matches!(&verdict.decision, Decision::Deny(denial) if denial.rule == "(hidden)");
        prop_assert_eq!(hidden, denied_as_hidden);
        let mut more = json;
        more["hide"] = json!(["*"]);
        prop_assert_eq!(strictness(&judge(&[&parsed(&more)], &facts, &arguments).decision), 2);
    }

    #[test]
    fn the_order_of_deny_if_and_of_require_does_not_matter(json in policy_json(), (facts, arguments) in call()) {
        let before = judge(&[&parsed(&json)], &facts, &arguments);
        let mut turned = json;
        for tool in NAMES {
            for kind in ["deny_if", "require", "require_approval"] {
                if let Some(Value::Array(rules)) = turned["tools"].get_mut(tool).and_then(|t| t.get_mut(kind)) {
                    rules.reverse();
                }
            }
        }
        let after = judge(&[&parsed(&turned)], &facts, &arguments);
        prop_assert_eq!(strictness(&before.decision), strictness(&after.decision));
    }

    #[test]
    fn a_policy_survives_its_text(json in policy_json()) {
        let policy = parsed(&json);
        let printed = policy.to_json_pretty();
        prop_assert_eq!(&Policy::parse(&printed, &tools()).unwrap(), &policy);
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_telling(text in "\\PC{0,60}", cut in 0_usize..400, json in policy_json()) {
        drop(Policy::parse(&text, &tools()));
        let whole = json.to_string();
        let cut = (0..=cut.min(whole.len() - 1)).rev().find(|at| whole.is_char_boundary(*at)).unwrap();
        prop_assert!(Policy::parse(&whole[..cut], &tools()).is_err());
    }

    #[test]
    fn committed_charges_never_exceed_the_quota_under_jumping_clocks(
        max in 1_u64..6,
        steps in vec((0_u8..7, -40_i64..45, 1_u64..4), 1..80),
    ) {
        let mut limits = Limits::new();
        let mut clock = 10_000_i64;
        let mut held: Vec<Reservation> = Vec::new();
        let mut journal: Vec<Charge> = Vec::new();
        for (step, jump, amount) in steps {
            clock += jump;
            let now = Timestamp::from_millis(clock * 1000);
            let request = |counter: &'static str, max| ChargeRequest {
                counter: counter.into(), window: Window::Minute, max, amount, rows: false, rule: RuleId::of_all_tools("user", 0),
            };
            match step {
                0..=2 => if let Ok(reservation) = limits.reserve(&[request("a", max), request("b", max + 1)], now) {
                    held.push(reservation);
                },
                3 => if let Some(reservation) = any_of(&mut held, jump) {
                    if let Ok(moved) = limits.move_to(&reservation, now) { held.push(moved) } else { held.push(reservation) }
                },
                4 | 5 => if let Some(reservation) = any_of(&mut held, jump) { limits.give_back_all(&reservation) },
                _ => {
                    // A restart: what is held is in the journal, and nothing else is remembered.
                    journal.clear();
                    journal.extend(held.iter().flat_map(|reservation| reservation.charges.clone()));
                    limits = Limits::new();
                    limits.restore(journal.clone(), now);
                }
            }
            let mut sums: HashMap<(String, Timestamp), u64> = HashMap::new();
            for charge in held.iter().flat_map(|reservation| &reservation.charges) {
                *sums.entry((charge.counter.clone(), charge.window_start)).or_default() += charge.amount;
            }
            for ((counter, _), sum) in sums {
                let quota = if counter == "a" { max } else { max + 1 };
                prop_assert!(sum <= quota);
            }
        }
    }
}

#[test]
fn a_tool_that_no_policy_knows_follows_the_default() {
    let open = parsed(&json!({"version": "1", "default": "allow"}));
    assert_eq!(strictness(&judge(&[&open], &facts("new_tool", Category::Read), &json!({})).decision), 0);
    assert_eq!(
        strictness(
            &judge(&[&open, &Policy::deny_everything()], &facts("new_tool", Category::Read), &json!({})).decision
        ),
        2
    );
}
