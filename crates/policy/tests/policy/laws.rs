//! What must be true of any policy and any call: the list at the document's end, each by its words.

use super::generated::{self, Call, Case, TOOLS, entry, limit, once_in, pick, policy, text};
use fastrand::Rng;
use gatehouse_core::{AgentId, Decision, Timestamp};
use gatehouse_policy::{self as engine, Layer, Limits, Policy, Preset, evaluate, is_hidden};
use serde_json::{Value, json};
use std::time::Duration;

/// How many cases a law is held against.
const CASES: u64 = 600;

const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// A name and what stands under it.
type Named = (String, Value);

fn layers_of(layers: &[Named]) -> Vec<(String, Policy)> {
    let tools = generated::catalogue();
    let parse = |policy: &Value| {
        Policy::parse(&text(policy), &tools).unwrap_or_else(|problems| panic!("{}: {problems:?}", text(policy)))
    };
    layers.iter().map(|(name, policy)| (name.clone(), parse(policy))).collect()
}

fn judged<T>(layers: &[(String, Policy)], call: &Call, look: impl FnOnce(&engine::Verdict<'_>) -> T) -> T {
    let layers: Vec<Layer<'_>> = layers.iter().map(|(name, policy)| Layer::new(name, policy)).collect();
    let agent = AgentId::parse(&call.agent).unwrap();
    let Call { facts, arguments, connection, .. } = call;
    look(&evaluate(&layers, &engine::Call { facts, arguments, connection: connection.as_ref(), agent: &agent }))
}

/// 0 it runs, 1 a person is asked, 2 it is denied, by a rule or a limit.
fn strictness(layers: &[(String, Policy)], call: &Call, limits: &Limits) -> u8 {
    judged(layers, call, |verdict| match verdict.decision {
        Decision::Deny(_) => 2,
        _ if limits.peek(&verdict.charges, NOW).is_err() => 2,
        Decision::Ask(_) => 1,
        Decision::Allow => 0,
    })
}

/// What is spent when every call of the case was made a few times.
fn spent(layers: &[(String, Policy)], case: &Case, rng: &mut Rng) -> Limits {
    let mut limits = Limits::new();
    for _ in 0..rng.u8(..6) {
        let call = &case.calls[rng.usize(..case.calls.len())];
        judged(layers, call, |verdict| {
            if let Ok(reservation) = limits.reserve(&verdict.charges, NOW) {
                limits.settle_rows(&reservation, rng.u64(..30), NOW);
            }
        });
    }
    limits
}

/// No call of any case is answered less strictly after the change; some are answered more strictly.
fn never_loosens(change: impl Fn(&mut Vec<Named>, &mut Rng) -> bool) {
    let mut tightened = 0;
    for seed in 0..CASES {
        let rng = &mut Rng::with_seed(seed ^ 0x5EED);
        let case = generated::case(seed);
        let mut more = case.layers.clone();
        if !change(&mut more, rng) {
            continue;
        }
        let (before, after) = (layers_of(&case.layers), layers_of(&more));
        let limits = spent(&before, &case, rng);
        for call in &case.calls {
            let (before, after) = (strictness(&before, call, &limits), strictness(&after, call, &limits));
            assert!(after >= before, "seed {seed}: {before} became {after}\n{}\nwith {more:?}", case.told());
            tightened += u32::from(after > before);
        }
    }
    assert!(tightened > 5, "{tightened}");
}

/// Puts something into a list of a tool that the policy lists, at any place of it. What is not listed follows the
/// default; listing it is another change than adding a rule.
fn into_a_listed_tool(layers: &mut [Named], rng: &mut Rng, kind: &str, make: impl Fn(&mut Rng, bool) -> Value) -> bool {
    let at = rng.usize(..layers.len());
    let Some(tools) = layers[at].1.get_mut("tools").and_then(Value::as_object_mut) else { return false };
    let names: Vec<String> = tools.keys().cloned().collect();
    let name = pick(rng, &names);
    let has_arguments = name == "odoo_write" || name == generated::FOREIGN;
    if tools[&name].get(kind).is_none() {
        tools[&name][kind] = json!([]);
    }
    let list = tools[&name][kind].as_array_mut().unwrap();
    list.insert(rng.usize(..=list.len()), make(rng, has_arguments));
    true
}

#[test]
fn adding_a_deny_if_never_turns_a_deny_into_an_allow() {
    never_loosens(|layers, rng| {
        into_a_listed_tool(layers, rng, "deny_if", |rng, arguments| entry(rng, "deny_if", arguments))
    });
}

#[test]
fn adding_a_require_never_turns_a_deny_into_an_allow() {
    never_loosens(|layers, rng| {
        into_a_listed_tool(layers, rng, "require", |rng, arguments| entry(rng, "require", arguments))
    });
}

#[test]
fn adding_a_require_approval_never_turns_a_deny_into_an_allow() {
    let kind = "require_approval";
    never_loosens(|layers, rng| into_a_listed_tool(layers, rng, kind, |rng, arguments| entry(rng, kind, arguments)));
}

#[test]
fn adding_a_limit_never_turns_a_deny_into_an_allow() {
    never_loosens(|layers, rng| {
        if rng.bool() {
            return into_a_listed_tool(layers, rng, "limits", limit);
        }
        let at = rng.usize(..layers.len());
        let policy = &mut layers[at].1;
        if policy.get("all_tools").is_none() {
            policy["all_tools"] = json!({"limits": []});
        }
        policy["all_tools"]["limits"].as_array_mut().unwrap().push(limit(rng, false));
        true
    });
}

#[test]
fn adding_a_hidden_name_never_turns_a_deny_into_an_allow() {
    never_loosens(|layers, rng| {
        let at = rng.usize(..layers.len());
        let policy = &mut layers[at].1;
        let name = pick(rng, &TOOLS);
        let mut names = policy.get("hide").and_then(Value::as_array).cloned().unwrap_or_default();
        if names.iter().any(|hidden| hidden == name || hidden == "*") {
            return false;
        }
        names.push(json!(name));
        policy["hide"] = if once_in(rng, 6) { json!(["*"]) } else { json!(names) };
        true
    });
}

#[test]
fn adding_a_layer_never_turns_a_deny_into_an_allow() {
    never_loosens(|layers, rng| {
        layers.insert(rng.usize(..=layers.len()), ("another".to_owned(), policy(rng)));
        true
    });
}

#[test]
fn hidden_is_a_subset_of_denied_and_list_and_call_agree() {
    let mut hidden_calls = 0;
    for seed in 0..CASES {
        let case = generated::case(seed);
        let policies = layers_of(&case.layers);
        let layers: Vec<Layer<'_>> = policies.iter().map(|(name, policy)| Layer::new(name, policy)).collect();
        for call in &case.calls {
            let hidden = is_hidden(&layers, &call.facts.tool);
            let denied_as_hidden = judged(&policies, call, |verdict| {
                let denied = match &verdict.decision {
                    Decision::Deny(denial) => Some(denial.rule == "(hidden)"),
                    Decision::Ask(_) | Decision::Allow => None,
                };
                assert!(!hidden || denied.is_some(), "seed {seed}: hidden and not denied\n{}", case.told());
                denied
            });
            assert!(
                hidden || denied_as_hidden != Some(true),
                "seed {seed}: listed and denied as hidden\n{}",
                case.told()
            );
            hidden_calls += u32::from(hidden);
        }
    }
    assert!(hidden_calls > 50, "{hidden_calls}");
}

#[test]
fn the_order_of_entries_in_deny_if_does_not_matter() {
    let mut denied = 0;
    for seed in 0..CASES {
        let rng = &mut Rng::with_seed(!seed);
        let case = generated::case(seed);
        let mut turned = case.layers.clone();
        for tool in turned.iter_mut().filter_map(|(_, policy)| policy.get_mut("tools")?.as_object_mut()).flatten() {
            for kind in ["deny_if", "require"] {
                if let Some(Value::Array(entries)) = tool.1.get_mut(kind) {
                    rng.shuffle(entries);
                }
            }
        }
        let (before, after) = (layers_of(&case.layers), layers_of(&turned));
        for call in &case.calls {
            let look = |verdict: &engine::Verdict<'_>| {
                let kind = match verdict.decision {
                    Decision::Allow => "allow",
                    Decision::Ask(_) => "ask",
                    Decision::Deny(_) => "deny",
                };
                (kind, verdict.clone().into_owned().charges, verdict.timeout)
            };
            let (before, after) = (judged(&before, call, look), judged(&after, call, look));
            assert_eq!(before, after, "seed {seed}\n{}", case.told());
            denied += u32::from(before.0 == "deny");
        }
    }
    assert!(denied > 100, "{denied}");
}

#[test]
fn parse_then_print_then_parse_is_the_identity() {
    let tools = generated::catalogue();
    let written = (0..CASES).flat_map(|seed| generated::case(seed).layers).map(|(_, policy)| text(&policy));
    let presets = Preset::ALL.into_iter().map(|preset| preset.text().to_owned());
    for text in written.chain(presets) {
        let policy = Policy::parse(&text, &tools).unwrap();
        let printed = policy.to_json_pretty();
        assert_eq!(Policy::parse(&printed, &tools).unwrap(), policy, "{text}\nprinted as\n{printed}");
        assert_eq!(Policy::parse(&printed, &tools).unwrap().to_json_pretty(), printed);
    }
}

#[test]
fn judging_a_history_again_charges_as_the_calls_were_charged() {
    let mut limited = 0;
    for seed in 0..CASES {
        let rng = &mut Rng::with_seed(seed);
        let case = generated::case(seed);
        let layers = layers_of(&case.layers);
        let (mut limits, mut again, mut now) = (Limits::new(), Limits::new(), NOW);
        for _ in 0..rng.u8(1..9) {
            let call = &case.calls[rng.usize(..case.calls.len())];
            let rows = rng.u64(..30);
            now = now.plus(Duration::from_secs(rng.u64(..40)));
            judged(&layers, call, |verdict| {
                let reserved = limits.reserve(&verdict.charges, now);
                let reserved = reserved.map(|reservation| drop(limits.settle_rows(&reservation, rows, now)));
                limited += u32::from(reserved.is_err());
                assert_eq!(again.charge(&verdict.charges, rows, now), reserved, "seed {seed}\n{}", case.told());
            });
        }
    }
    assert!(limited > 100, "{limited}");
}
