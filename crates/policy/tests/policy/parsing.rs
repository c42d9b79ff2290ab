use super::{policy, tools};
use gatehouse_policy::{DefaultAnswer, Policy};
use serde_json::{Value, json};

fn problems(text: &str) -> Vec<(String, String)> {
    let problems = Policy::parse(text, &tools()).expect_err(text);
    problems.into_iter().map(|p| (p.pointer, p.message)).collect()
}

fn rule(kind: &str, entry: &Value) -> Value {
    json!({"version": "1", "default": "deny", "tools": {"odoo_write": {kind: [entry]}}})
}

fn condition(condition: &Value) -> Value {
    rule("deny_if", &json!({"conditions": [condition]}))
}

fn limit(limit: &Value) -> Value {
    rule("limits", limit)
}

#[test]
fn a_policy_needs_version_and_default_and_nothing_else() {
    let minimal = policy(&json!({"version": "1", "default": "allow"}));
    assert_eq!(minimal.default(), DefaultAnswer::Allow);
    for bad in [
        json!({}),
        json!([]),
        json!("deny"),
        json!({"version": "1"}),
        json!({"default": "deny"}),
        json!({"version": 1, "default": "deny"}),
        json!({"version": "2", "default": "deny"}),
        json!({"version": "1", "default": "block"}),
        json!({"version": "1", "default": null}),
    ] {
        problems(&bad.to_string());
    }
}

#[test]
fn nothing_that_is_not_understood_is_passed_over() {
    for (bad, pointer) in [
        (json!({"version": "1", "default": "deny", "hides": []}), "/hides"),
        (json!({"version": "1", "default": "deny", "hide": "*"}), "/hide"),
        (json!({"version": "1", "default": "deny", "hide": ["a", "a"]}), "/hide/1"),
        (json!({"version": "1", "default": "deny", "hide": ["*", "a"]}), "/hide"),
        (json!({"version": "1", "default": "deny", "hide": [1]}), "/hide/0"),
        (json!({"version": "1", "default": "deny", "tools": []}), "/tools"),
        (json!({"version": "1", "default": "deny", "tools": {"*": {}}}), "/tools/*"),
        (json!({"version": "1", "default": "deny", "tools": {"odoo_write": null}}), "/tools/odoo_write"),
        (
            json!({"version": "1", "default": "deny", "tools": {"odoo_write": {"denyif": []}}}),
            "/tools/odoo_write/denyif",
        ),
        (json!({"version": "1", "default": "deny", "tools": {"a/b": {"x": 1}}}), "/tools/a~1b/x"),
        (json!({"version": "1", "default": "deny", "all_tools": {"deny_if": []}}), "/all_tools/deny_if"),
        (json!({"version": "1", "default": "deny", "redact": ["Name"]}), "/redact/0"),
        (rule("deny_if", &json!({})), "/tools/odoo_write/deny_if/0"),
        (rule("deny_if", &json!({"conditions": {}})), "/tools/odoo_write/deny_if/0/conditions"),
        (rule("deny_if", &json!({"conditions": [], "reason": "x"})), "/tools/odoo_write/deny_if/0/reason"),
        (rule("deny_if", &json!({"conditions": [], "on_deny": 1})), "/tools/odoo_write/deny_if/0/on_deny"),
        (
            rule("require_approval", &json!({"conditions": [], "timeout": "15"})),
            "/tools/odoo_write/require_approval/0/timeout",
        ),
        (
            rule("require_approval", &json!({"conditions": [], "timeout": "0m"})),
            "/tools/odoo_write/require_approval/0/timeout",
        ),
        (
            rule("require_approval", &json!({"conditions": [], "timeout": "é"})),
            "/tools/odoo_write/require_approval/0/timeout",
        ),
        (
            rule("require_approval", &json!({"conditions": [], "timeout": "25h"})),
            "/tools/odoo_write/require_approval/0/timeout",
        ),
        (condition(&json!({"path": "args.model", "op": "eq"})), "/tools/odoo_write/deny_if/0/conditions/0"),
        (
            condition(&json!({"path": "args.modell", "op": "eq", "value": "x"})),
            "/tools/odoo_write/deny_if/0/conditions/0/path",
        ),
        (
            condition(&json!({"path": "args.updates.vals", "op": "eq", "value": "x"})),
            "/tools/odoo_write/deny_if/0/conditions/0/path",
        ),
        (
            condition(&json!({"path": "args..x", "op": "eq", "value": "x"})),
            "/tools/odoo_write/deny_if/0/conditions/0/path",
        ),
        (
            condition(&json!({"path": "args.a\\x", "op": "eq", "value": "x"})),
            "/tools/odoo_write/deny_if/0/conditions/0/path",
        ),
        (
            condition(&json!({"path": "args", "op": "eq", "value": "x"})),
            "/tools/odoo_write/deny_if/0/conditions/0/path",
        ),
        (
            condition(&json!({"path": "call.modle", "op": "eq", "value": "x"})),
            "/tools/odoo_write/deny_if/0/conditions/0/path",
        ),
        (
            condition(&json!({"path": "args.model", "op": "==", "value": "x"})),
            "/tools/odoo_write/deny_if/0/conditions/0/op",
        ),
        (
            condition(&json!({"path": "args.model", "op": "eq", "value": null})),
            "/tools/odoo_write/deny_if/0/conditions/0/value",
        ),
        (
            condition(&json!({"path": "args.model", "op": "eq", "value": []})),
            "/tools/odoo_write/deny_if/0/conditions/0/value",
        ),
        (
            condition(&json!({"path": "args.model", "op": "in", "value": "x"})),
            "/tools/odoo_write/deny_if/0/conditions/0/value",
        ),
        (
            condition(&json!({"path": "args.model", "op": "in", "value": []})),
            "/tools/odoo_write/deny_if/0/conditions/0/value",
        ),
        (
            condition(&json!({"path": "args.model", "op": "lt", "value": "5"})),
            "/tools/odoo_write/deny_if/0/conditions/0/value",
        ),
        (
            condition(&json!({"path": "args.model", "op": "regex", "value": "("})),
            "/tools/odoo_write/deny_if/0/conditions/0/value",
        ),
        (
            condition(&json!({"path": "args.model", "op": "regex", "value": "(?:a{1000}){1000}"})),
            "/tools/odoo_write/deny_if/0/conditions/0/value",
        ),
        (
            condition(&json!({"path": "args.model", "op": "exists", "value": "yes"})),
            "/tools/odoo_write/deny_if/0/conditions/0/value",
        ),
        (
            condition(&json!({"path": "args.model", "op": "eq", "value": "x", "not": true})),
            "/tools/odoo_write/deny_if/0/conditions/0/not",
        ),
        (limit(&json!({"counter": "c", "window": "minute", "max": 3})), "/tools/odoo_write/limits/0"),
        (
            limit(&json!({"counter": "c", "window": "week", "max": 3, "scope": "grant"})),
            "/tools/odoo_write/limits/0/window",
        ),
        (
            limit(&json!({"counter": "c", "window": "minute", "max": 0, "scope": "grant"})),
            "/tools/odoo_write/limits/0/max",
        ),
        (
            limit(&json!({"counter": "c", "window": "minute", "max": -1, "scope": "grant"})),
            "/tools/odoo_write/limits/0/max",
        ),
        (
            limit(&json!({"counter": "c", "window": "minute", "max": 1.5, "scope": "grant"})),
            "/tools/odoo_write/limits/0/max",
        ),
        (
            limit(&json!({"counter": "c", "window": "minute", "max": "3", "scope": "grant"})),
            "/tools/odoo_write/limits/0/max",
        ),
        (
            limit(&json!({"counter": "", "window": "minute", "max": 3, "scope": "grant"})),
            "/tools/odoo_write/limits/0/counter",
        ),
        (
            limit(&json!({"counter": "a/b", "window": "minute", "max": 3, "scope": "grant"})),
            "/tools/odoo_write/limits/0/counter",
        ),
        (
            limit(&json!({"counter": "c", "window": "minute", "max": 3, "scope": "global"})),
            "/tools/odoo_write/limits/0/scope",
        ),
        (
            limit(
                &json!({"counter": "c", "window": "minute", "max": 3, "scope": "grant", "increment_from": "call.model"}),
            ),
            "/tools/odoo_write/limits/0/increment_from",
        ),
        (
            limit(
                &json!({"counter": "c", "window": "minute", "max": 3, "scope": "grant", "increment_from": "args.amount"}),
            ),
            "/tools/odoo_write/limits/0/increment_from",
        ),
    ] {
        let found = problems(&bad.to_string());
        assert_eq!(found.len(), 1, "{bad}: {found:?}");
        assert_eq!(found[0].0, pointer, "{bad}: {}", found[0].1);
    }
}

#[test]
fn a_counter_means_one_count() {
    let with = |second: Value| {
        json!({"version": "1", "default": "deny",
            "all_tools": {"limits": [{"counter": "c", "window": "minute", "max": 3, "scope": "grant"}]},
            "tools": {"odoo_write": {"limits": [second]}}})
        .to_string()
    };
    assert!(
        problems(&with(json!({"counter": "c", "window": "hour", "max": 3, "scope": "grant"})))[0]
            .1
            .contains("two windows")
    );
    assert!(
        problems(&with(
            json!({"counter": "c", "window": "minute", "max": 3, "scope": "grant", "increment_from": "call.records"})
        ))[0]
            .1
            .contains("different")
    );
    assert!(
        Policy::parse(&with(json!({"counter": "c", "window": "minute", "max": 9, "scope": "grant"})), &tools()).is_ok()
    );
}

#[test]
fn every_problem_is_told_at_once_with_its_line() {
    let text = "{\n  \"version\": \"1\",\n  \"version\": \"1\",\n  \"default\": \"maybe\",\n  \"hide\": [3],\n  \"tools\": {\"odoo_write\": {\"requre\": []}}\n}";
    let found = Policy::parse(text, &tools()).unwrap_err();
    let places: Vec<(usize, usize, &str)> = found.iter().map(|p| (p.line, p.column, p.pointer.as_str())).collect();
    assert_eq!(
        places,
        [(3, 3, "/version"), (4, 14, "/default"), (5, 12, "/hide/0"), (6, 28, "/tools/odoo_write/requre")]
    );
    assert!(found[3].to_string().contains("Did you mean “require”?"), "{}", found[3]);
    assert_eq!(found[1].to_string(), "line 4, column 14 (/default): The default must be \"allow\" or \"deny\".");
}

#[test]
fn repeated_keys_are_errors_at_every_depth() {
    for text in [
        r#"{"version":"1","default":"deny","default":"allow"}"#,
        r#"{"version":"1","default":"deny","tools":{"a":{},"a":{}}}"#,
        r#"{"version":"1","default":"deny","tools":{"a":{"deny_if":[],"deny_if":[]}}}"#,
        r#"{"version":"1","default":"deny","tools":{"a":{"deny_if":[{"conditions":[],"conditions":[]}]}}}"#,
        r#"{"version":"1","default":"deny","defaul\u0074":"allow"}"#,
    ] {
        assert!(problems(text).iter().any(|(_, message)| message.contains("twice")), "{text}");
    }
}

#[test]
fn an_unknown_tool_is_a_warning_and_so_is_a_rule_that_leaving_an_argument_out_escapes() {
    let text = json!({"version": "1", "default": "deny", "tools": {
        "odoo_wirte": {},
        "odoo_write": {"deny_if": [
            {"conditions": [{"path": "args.model", "op": "eq", "value": "x"}]},
            {"conditions": [{"path": "args.values.state", "op": "eq", "value": "x"}]}
        ]}
    }})
    .to_string();
    assert!(Policy::parse(&text, &tools()).is_ok());
    let warnings = Policy::warnings(&text, &tools());
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].message.contains("odoo_write"));
    assert_eq!(warnings[1].pointer, "/tools/odoo_write/deny_if/1");
}

#[test]
fn a_policy_survives_its_own_text() {
    let full = policy(&json!({
        "version": "1", "default": "allow", "hide": ["x", "\u{e9}\n"], "redact": ["hr.*", "*.pin"],
        "all_tools": {"limits": [{"counter": "all", "window": "day", "max": 9_007_199_254_740_992_u64, "scope": "grant"}]},
        "tools": {"odoo_write": {
            "require": [{"conditions": [{"path": "args.values.a\\.b\\\\c", "op": "not_in", "value": [1.50, "x", true]}], "on_deny": "\"no\""}],
            "deny_if": [{"conditions": [
                {"path": "call.effects", "op": "contains", "value": "mail"}, {"path": "args.values.x", "op": "gte", "value": -1e-9},
                {"path": "args.model", "op": "regex", "value": "^a\\.b$"}, {"path": "agent.name", "op": "exists", "value": false}]}],
            "limits": [{"counter": "n", "window": "hour", "max": 5, "scope": "grant", "increment_from": "args.values.amount"}],
            "require_approval": [{"conditions": [], "reason": "r", "timeout": "15m"}]
        }, "empty": {}}
    }));
    let printed = full.to_json_pretty();
    assert_eq!(Policy::parse(&printed, &tools()).unwrap(), full);
    assert_eq!(Policy::parse(&printed, &tools()).unwrap().to_json_pretty(), printed);
}
