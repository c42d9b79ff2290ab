//! Strict parse: not even one error is ignored.

use super::{policy, tools};
use gatehouse_policy::Policy;
use proptest::prelude::*;
use serde_json::{Value, json};

fn problems(text: &str) -> Vec<(String, String)> {
    let problems = Policy::parse(text, &tools()).expect_err(text);
    problems.into_iter().map(|p| (p.pointer, p.message)).collect()
}

/// The text is no policy for this one reason.
fn one_error(policy: &Value, pointer: &str) -> String {
    let found = problems(&policy.to_string());
    assert_eq!(found.len(), 1, "{policy}: {found:?}");
    assert_eq!(found[0].0, pointer, "{policy}: {}", found[0].1);
    found[0].1.clone()
}

fn rule(kind: &str, entry: &Value) -> Value {
    json!({"version": "1", "default": "deny", "tools": {"odoo_write": {kind: [entry]}}})
}

/// A `deny_if` of one condition, and where its parts stand.
fn condition(condition: &Value) -> Value {
    rule("deny_if", &json!({"conditions": [condition]}))
}

const CONDITION: &str = "/tools/odoo_write/deny_if/0/conditions/0";

fn limit(changed: &Value) -> Value {
    let mut limit = json!({"counter": "c", "window": "minute", "max": 3, "scope": "grant"});
    for (key, value) in changed.as_object().unwrap() {
        limit[key] = value.clone();
    }
    rule("limits", &limit)
}

const LIMIT: &str = "/tools/odoo_write/limits/0";

#[test]
fn unknown_keys_are_errors() {
    let root = |key: &str, value: Value| {
        let mut policy = json!({"version": "1", "default": "deny"});
        policy[key] = value;
        policy
    };
    one_error(&root("hides", json!([])), "/hides");
    one_error(&root("Hide", json!([])), "/Hide");
    one_error(&root("description", json!("")), "/description");
    one_error(&root("all_tools", json!({"deny_if": []})), "/all_tools/deny_if");
    one_error(&root("tools", json!({"odoo_write": {"denyif": []}})), "/tools/odoo_write/denyif");
    one_error(&root("tools", json!({"a/b~c": {"x": 1}})), "/tools/a~1b~0c/x");
    one_error(&rule("deny_if", &json!({"conditions": [], "reason": "x"})), "/tools/odoo_write/deny_if/0/reason");
    one_error(
        &rule("require_approval", &json!({"conditions": [], "on_deny": "x"})),
        "/tools/odoo_write/require_approval/0/on_deny",
    );
    let not = json!({"path": "args.model", "op": "eq", "value": "x", "not": true});
    one_error(&condition(&not), &format!("{CONDITION}/not"));
    one_error(&limit(&json!({"burst": 3})), &format!("{LIMIT}/burst"));
}

#[test]
fn what_is_of_the_wrong_shape_is_an_error() {
    for (key, value, pointer) in [
        ("hide", json!("*"), "/hide"),
        ("hide", json!(["a", "a"]), "/hide/1"),
        ("hide", json!(["*", "a"]), "/hide"),
        ("hide", json!([1]), "/hide/0"),
        ("hide", json!([""]), "/hide/0"),
        ("tools", json!([]), "/tools"),
        ("tools", json!({"*": {}}), "/tools/*"),
        ("tools", json!({"odoo_write": null}), "/tools/odoo_write"),
        ("all_tools", json!([]), "/all_tools"),
        ("redact", json!(["Name"]), "/redact/0"),
        ("redact", json!({}), "/redact"),
    ] {
        let mut policy = json!({"version": "1", "default": "deny"});
        policy[key] = value;
        one_error(&policy, pointer);
    }
    let at = "/tools/odoo_write/deny_if/0";
    one_error(&rule("deny_if", &json!({})), at);
    one_error(&rule("deny_if", &json!([])), at);
    one_error(&rule("deny_if", &json!({"conditions": {}})), &format!("{at}/conditions"));
    one_error(&rule("deny_if", &json!({"conditions": [], "on_deny": 1})), &format!("{at}/on_deny"));
    for key in ["path", "op", "value"] {
        let mut lacking = json!({"path": "args.model", "op": "eq", "value": "x"});
        lacking.as_object_mut().unwrap().remove(key);
        one_error(&condition(&lacking), CONDITION);
    }
    for timeout in
        [json!("15"), json!("0m"), json!("é"), json!("25h"), json!("1d"), json!("-1m"), json!("1.5h"), json!(90)]
    {
        one_error(
            &rule("require_approval", &json!({"conditions": [], "timeout": timeout})),
            "/tools/odoo_write/require_approval/0/timeout",
        );
    }
}

#[test]
fn duplicate_keys_are_errors_at_every_depth() {
    for text in [
        r#"{"version":"1","default":"deny","default":"allow"}"#,
        r#"{"version":"1","default":"deny","default":"deny"}"#,
        r#"{"version":"1","default":"deny","defaul\u0074":"allow"}"#,
        r#"{"version":"1","default":"deny","tools":{"a":{},"a":{}}}"#,
        r#"{"version":"1","default":"deny","tools":{"a":{"deny_if":[],"deny_if":[]}}}"#,
        r#"{"version":"1","default":"deny","tools":{"a":{"deny_if":[{"conditions":[],"conditions":[]}]}}}"#,
        r#"{"version":"1","default":"deny","tools":{"a":{"deny_if":[{"conditions":[{"path":"call.model","op":"eq","op":"neq","value":"x"}]}]}}}"#,
        r#"{"version":"1","default":"deny","all_tools":{"limits":[{"counter":"c","window":"minute","max":1,"max":2,"scope":"grant"}]}}"#,
    ] {
        let found = problems(text);
        assert!(found.len() == 1 && found[0].1.contains("twice"), "{text}: {found:?}");
    }
}

#[test]
fn unknown_ops_are_errors() {
    for op in ["==", "EQ", "Eq", "not", "starts_with", ""] {
        let message =
            one_error(&condition(&json!({"path": "args.model", "op": op, "value": "x"})), &format!("{CONDITION}/op"));
        assert!(message.contains("eq, neq, in, not_in, lt, lte, gt, gte, regex, contains, exists"), "{message}");
    }
    one_error(&condition(&json!({"path": "args.model", "op": 1, "value": "x"})), &format!("{CONDITION}/op"));
}

#[test]
fn a_value_that_its_op_cannot_compare_with_is_an_error() {
    for (op, value) in [
        ("eq", json!(null)),
        ("eq", json!([])),
        ("eq", json!({})),
        ("neq", json!(["a"])),
        ("in", json!("x")),
        ("in", json!([])),
        ("not_in", json!([])),
        ("lt", json!("5")),
        ("lte", json!(true)),
        ("gt", json!(null)),
        ("gte", json!([1])),
        ("regex", json!(5)),
        ("contains", json!(["a"])),
        ("exists", json!("yes")),
        ("exists", json!(1)),
    ] {
        one_error(&condition(&json!({"path": "args.model", "op": op, "value": value})), &format!("{CONDITION}/value"));
    }
    one_error(
        &condition(&json!({"path": "args.model", "op": "in", "value": ["a", null]})),
        &format!("{CONDITION}/value"),
    );
}

#[test]
fn unknown_windows_are_errors() {
    for window in [json!("week"), json!("second"), json!("Minute"), json!(60), json!("60")] {
        one_error(&limit(&json!({"window": window})), &format!("{LIMIT}/window"));
    }
}

#[test]
fn unknown_scopes_are_errors() {
    for scope in [json!("global"), json!("Grant"), json!(""), json!(1)] {
        one_error(&limit(&json!({"scope": scope})), &format!("{LIMIT}/scope"));
    }
}

#[test]
fn a_limit_says_all_four_and_counts_what_can_be_counted() {
    for key in ["counter", "window", "max", "scope"] {
        let mut lacking = json!({"counter": "c", "window": "minute", "max": 3, "scope": "grant"});
        lacking.as_object_mut().unwrap().remove(key);
        one_error(&rule("limits", &lacking), LIMIT);
    }
    for max in [json!(0), json!(-1), json!(1.5), json!("3"), json!(null), json!(9_007_199_254_740_993_u64)] {
        one_error(&limit(&json!({"max": max})), &format!("{LIMIT}/max"));
    }
    for counter in [json!(""), json!("a/b"), json!(1)] {
        one_error(&limit(&json!({"counter": counter})), &format!("{LIMIT}/counter"));
    }
    for from in [json!("call.model"), json!("connection.name"), json!("args"), json!("records"), json!(1)] {
        one_error(&limit(&json!({"increment_from": from})), &format!("{LIMIT}/increment_from"));
    }
    let every =
        json!({"counter": "c", "window": "minute", "max": 3, "scope": "grant", "increment_from": "args.values.x"});
    one_error(
        &json!({"version": "1", "default": "deny", "all_tools": {"limits": [every]}}),
        "/all_tools/limits/0/increment_from",
    );
}

#[test]
fn bad_regexes_are_errors() {
    for pattern in ["(", "a{2,1}", "[z-a]", "(?=a)", "\\1", "(?:a{1000}){1000}"] {
        let message = one_error(
            &condition(&json!({"path": "args.model", "op": "regex", "value": pattern})),
            &format!("{CONDITION}/value"),
        );
        assert!(message.starts_with("This is not a regular expression"), "{message}");
    }
}

#[test]
fn a_counter_used_with_two_windows_is_an_error_and_so_is_one_that_counts_two_things() {
    let with = |second: Value| {
        json!({"version": "1", "default": "deny",
            "all_tools": {"limits": [{"counter": "c", "window": "minute", "max": 3, "scope": "grant"}]},
            "tools": {"odoo_write": {"limits": [second]}}})
    };
    let two_windows = with(json!({"counter": "c", "window": "hour", "max": 3, "scope": "grant"}));
    assert!(one_error(&two_windows, LIMIT).contains("two windows"));
    let two_things =
        with(json!({"counter": "c", "window": "minute", "max": 3, "scope": "grant", "increment_from": "call.records"}));
    assert!(one_error(&two_things, LIMIT).contains("different"));
    policy(&with(json!({"counter": "c", "window": "minute", "max": 9, "scope": "grant"})));
}

#[test]
fn an_args_path_that_the_tool_does_not_have_is_an_error() {
    for path in [
        "args.modell",
        "args.Model",
        "args.updates.vals",
        "args..x",
        "args.x.",
        "args.",
        "args",
        "args.a\\x",
        "args.model\\",
        "argsmodel",
        "model",
        "call.modle",
        "call.model.x",
        "connection.secret",
        "agent",
        "",
    ] {
        one_error(&condition(&json!({"path": path, "op": "eq", "value": "x"})), &format!("{CONDITION}/path"));
    }
    one_error(&limit(&json!({"increment_from": "args.amount"})), &format!("{LIMIT}/increment_from"));
    for path in ["args.model", "args.values.any.thing", "args.updates.values.x", "args.updates.id", "args.values.a\\.b"]
    {
        policy(&condition(&json!({"path": path, "op": "eq", "value": "x"})));
    }
}

#[test]
fn all_errors_are_reported_at_once_each_with_its_json_pointer_line_and_a_plain_sentence() {
    let text = "{\n  \"version\": \"1\",\n  \"version\": \"1\",\n  \"default\": \"maybe\",\n  \"hide\": [3],\n  \"tools\": {\"odoo_write\": {\"requre\": []}}\n}";
    let found = Policy::parse(text, &tools()).unwrap_err();
    let places: Vec<(usize, usize, &str)> = found.iter().map(|p| (p.line, p.column, p.pointer.as_str())).collect();
    assert_eq!(
        places,
        [(3, 3, "/version"), (4, 14, "/default"), (5, 12, "/hide/0"), (6, 28, "/tools/odoo_write/requre")]
    );
    assert!(found[3].to_string().contains("Did you mean “require”?"), "{}", found[3]);
    assert_eq!(found[1].to_string(), "line 4, column 14 (/default): The default must be \"allow\" or \"deny\".");
    for problem in &found {
        assert!(problem.message.ends_with(['.', '?']), "{problem}");
        assert!(problem.message.starts_with(|first: char| first.is_uppercase() || first == '“'), "{problem}");
    }
}

#[test]
fn one_wrong_thing_of_each_kind_is_one_error_each() {
    let found = problems(
        &json!({"version": "1", "default": "deny", "redact": ["x"], "all_tools": {"limits": [
            {"counter": "c", "window": "week", "max": 0, "scope": "all"}]},
        "tools": {"odoo_write": {
            "deny_if": [{"conditions": [{"path": "args.modell", "op": "is", "value": "x"}, {"path": "args.model", "op": "regex", "value": "("}]}],
            "require_approval": [{"conditions": [], "timeout": "soon"}]}}})
        .to_string(),
    );
    let mut pointers: Vec<String> = found.into_iter().map(|(pointer, _)| pointer).collect();
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/all_tools/limits/0/max",
            "/all_tools/limits/0/scope",
            "/all_tools/limits/0/window",
            "/redact/0",
            "/tools/odoo_write/deny_if/0/conditions/0/op",
            "/tools/odoo_write/deny_if/0/conditions/0/path",
            "/tools/odoo_write/deny_if/0/conditions/1/value",
            "/tools/odoo_write/require_approval/0/timeout",
        ]
    );
}

#[test]
fn a_text_that_is_not_json_is_one_error_with_its_place() {
    for (text, line, column) in [
        ("", 1, 1),
        ("{", 1, 2),
        ("{\n  \"version\": \"1\",,\n}", 2, 18),
        ("{\"version\": \"1\", \"default\": \"deny\",}", 1, 36),
        ("{\"version\": \"1\", \"default\": \"deny\"} x", 1, 37),
        ("{\"version\": '1'}", 1, 13),
        ("{\"version\": \"1\"} // why", 1, 18),
        ("{\"max\": 01}", 1, 9),
        ("{\"max\": NaN}", 1, 9),
        ("\u{feff}{}", 1, 1),
    ] {
        let found = Policy::parse(text, &tools()).unwrap_err();
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!((found[0].line, found[0].column), (line, column), "{text}: {}", found[0]);
    }
}

#[test]
fn an_unknown_tool_is_a_warning_since_a_policy_may_come_from_elsewhere() {
    let text = json!({"version": "1", "default": "deny", "tools": {"odoo_wirte": {}}}).to_string();
    assert!(Policy::parse(&text, &tools()).is_ok());
    let warnings = Policy::warnings(&text, &tools());
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].pointer == "/tools/odoo_wirte" && warnings[0].message.contains("odoo_write"), "{warnings:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_by_telling(text in "\\PC{0,60}", cut in 0_usize..400) {
        drop(Policy::parse(&text, &tools()));
        let whole = limit(&json!({"increment_from": "args.values.\u{e9}"})).to_string();
        let cut = (0..=cut.min(whole.len() - 1)).rev().find(|at| whole.is_char_boundary(*at)).unwrap();
        prop_assert!(Policy::parse(&whole[..cut], &tools()).is_err());
        for problem in Policy::parse(&format!("{}{text}{}", &whole[..cut], &whole[cut..]), &tools()).err().into_iter().flatten() {
            prop_assert!(problem.line > 0 && problem.column > 0 && !problem.message.is_empty());
        }
    }
}
