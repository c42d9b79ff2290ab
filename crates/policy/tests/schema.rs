//! The published schema and the document: both say what the parser does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use gatehouse_core::ToolDefinition;
use gatehouse_policy::{Managed, Policy, Preset, schema};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::path::PathBuf;

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn tools() -> Vec<ToolDefinition> {
    let catalogue = std::fs::read_to_string(repository("crates/bridge/src/catalogue.json")).unwrap();
    serde_json::from_str(&catalogue).unwrap()
}

fn validator() -> Validator {
    let schema = schema(&tools());
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    jsonschema::draft202012::new(&schema).unwrap()
}

fn both_take(validator: &Validator, text: &str) {
    let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let parsed = if value.get("pin").is_some() {
        Managed::parse(text, &tools()).map(drop)
    } else {
        Policy::parse(text, &tools()).map(drop)
    };
    assert!(parsed.is_ok(), "{parsed:?}\n{text}");
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
}

/// The blocks of `docs/policy.md` that are JSON.
fn examples() -> Vec<String> {
    let document = std::fs::read_to_string(repository("docs/policy.md")).unwrap();
    let blocks = document.split("```json\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_preset_and_every_recommended_rule_fits() {
    let validator = validator();
    for preset in [Preset::Locked, Preset::ReadOnly, Preset::AskFirst, Preset::AskForRisky, Preset::Trusted] {
        both_take(&validator, preset.text());
    }
    for (tool, max) in [("user_connection_add", 30), ("user_connection_activate", 30), ("open_connection_manager", 10)]
    {
        let limit = json!({"counter": format!("{tool}_rate"), "window": "minute", "max": max, "scope": "grant"});
        let policy = json!({"version": "1", "default": "deny", "tools": {tool: {"limits": [limit]}}});
        both_take(&validator, &policy.to_string());
    }
    for tool in ["user_connection_delete", "odoo_disconnect"] {
        both_take(&validator, &json!({"version": "1", "default": "deny", "hide": [tool]}).to_string());
    }
}

#[test]
fn every_example_of_the_document_fits() {
    let (validator, examples) = (validator(), examples());
    assert!(examples.len() >= 10, "{} examples", examples.len());
    for example in examples {
        both_take(&validator, &example);
    }
}

#[test]
fn the_document_names_every_path_operator_and_key() {
    let document = std::fs::read_to_string(repository("docs/policy.md")).unwrap();
    let schema = schema(&tools());
    let consts = |pointer: &str| -> Vec<String> {
        let ways = schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).as_array().unwrap();
        ways.iter().filter_map(|way| way["const"].as_str()).map(str::to_owned).collect()
    };
    let mut words = consts("/$defs/fact/anyOf");
    words.extend(consts("/$defs/condition/properties/op/oneOf"));
    words.extend(consts("/$defs/counted/anyOf"));
    words.extend(schema["properties"].as_object().unwrap().keys().cloned());
    assert!(words.len() > 30, "{words:?}");
    for word in words {
        assert!(document.contains(&format!("`{word}")), "docs/policy.md does not explain {word}");
    }
}

#[test]
fn what_the_parser_takes_fits() {
    let validator = validator();
    let condition = |path: &str, op: &str, value: &Value| {
        json!({"version": "1", "default": "deny", "tools": {"odoo_write": {"deny_if": [
            {"conditions": [{"path": path, "op": op, "value": value}]}]}}})
    };
    for good in [
        json!({"version": "1", "default": "allow", "hide": ["*"]}),
        json!({"version": "1", "default": "allow", "hide": ["no_such_tool"], "redact": ["*", "hr.*", "a.b"]}),
        json!({"version": "1", "default": "allow", "tools": {"no_such_tool": {"require": [{"conditions": [{"path": "args.a\\.b.c\\\\", "op": "exists", "value": false}]}]}}}),
        condition("args.values.state", "in", &json!(["draft", 1, true])),
        condition("args.updates.values.x", "lt", &json!(1.5)),
        condition("args.ids", "contains", &json!(3)),
        condition("connection.version", "neq", &json!("17.0")),
        json!({"version": "1", "default": "deny", "tools": {"odoo_write": {
            "limits": [{"counter": "a.b-c_1", "window": "day", "max": 9_007_199_254_740_992_u64, "scope": "grant", "increment_from": "args.values.amount"}],
            "require_approval": [{"conditions": [], "reason": "r", "timeout": "24h"}, {"conditions": [], "timeout": "86400s"}, {"conditions": [], "timeout": "1440m"}]}}}),
        json!({"version": "1", "default": "deny", "pin": {"environments": [{"host": "*.acme.com:8069", "environment": "staging"}], "allowed_hosts": ["[::1]:*", "localhost"]}}),
    ] {
        both_take(&validator, &good.to_string());
    }
}

#[test]
fn what_the_parser_refuses_does_not_fit() {
    let validator = validator();
    let tool = |rules: Value| json!({"version": "1", "default": "deny", "tools": {"odoo_write": rules}});
    let rule = |entry: Value| tool(json!({"deny_if": [entry]}));
    let condition =
        |path: &str, op: &str, value: Value| rule(json!({"conditions": [{"path": path, "op": op, "value": value}]}));
    let limit = |changed: &str, value: Value| {
        let mut limit = json!({"counter": "c", "window": "minute", "max": 3, "scope": "grant"});
        limit[changed] = value;
        tool(json!({"limits": [limit]}))
    };
    let ask = |timeout: &str| tool(json!({"require_approval": [{"conditions": [], "timeout": timeout}]}));
    for bad in [
        json!([]),
        json!({}),
        json!({"version": 1, "default": "deny"}),
        json!({"version": "2", "default": "deny"}),
        json!({"version": "1"}),
        json!({"version": "1", "default": "block"}),
        json!({"version": "1", "default": "deny", "$schema": "policy.schema.json"}),
        json!({"version": "1", "default": "deny", "hides": []}),
        json!({"version": "1", "default": "deny", "hide": "*"}),
        json!({"version": "1", "default": "deny", "hide": ["a", "a"]}),
        json!({"version": "1", "default": "deny", "hide": ["*", "a"]}),
        json!({"version": "1", "default": "deny", "hide": [""]}),
        json!({"version": "1", "default": "deny", "redact": ["Name"]}),
        json!({"version": "1", "default": "deny", "redact": ["name"]}),
        json!({"version": "1", "default": "deny", "all_tools": {"deny_if": []}}),
        json!({"version": "1", "default": "deny", "all_tools": {"limits": [{"counter": "c", "window": "day", "max": 1, "scope": "grant", "increment_from": "args.limit"}]}}),
        json!({"version": "1", "default": "deny", "tools": []}),
        json!({"version": "1", "default": "deny", "tools": {"*": {}}}),
        tool(json!(null)),
        tool(json!({"denyif": []})),
        tool(json!({"deny_if": {}})),
        rule(json!({})),
        rule(json!({"conditions": {}})),
        rule(json!({"conditions": [], "reason": "x"})),
        rule(json!({"conditions": [], "on_deny": 1})),
        rule(json!({"conditions": [{"path": "args.model", "op": "eq"}]})),
        rule(json!({"conditions": [{"path": "args.model", "op": "eq", "value": "x", "not": true}]})),
        condition("args.modell", "eq", json!("x")),
        condition("args", "eq", json!("x")),
        condition("args.values..x", "eq", json!("x")),
        condition("args.values.a\\x", "eq", json!("x")),
        condition("call.modle", "eq", json!("x")),
        condition("args.model", "==", json!("x")),
        condition("args.model", "eq", json!(null)),
        condition("args.model", "eq", json!([])),
        condition("args.model", "in", json!("x")),
        condition("args.model", "in", json!([])),
        condition("args.model", "in", json!([null])),
        condition("args.model", "lt", json!("5")),
        condition("args.model", "regex", json!(5)),
        condition("args.model", "exists", json!("yes")),
        limit("counter", json!("")),
        limit("counter", json!("a/b")),
        limit("window", json!("week")),
        limit("max", json!(0)),
        limit("max", json!(-1)),
        limit("max", json!(1.5)),
        limit("max", json!("3")),
        limit("max", json!(9_007_199_254_740_994_u64)),
        limit("scope", json!("global")),
        limit("increment_from", json!("call.model")),
        limit("increment_from", json!("args.amount")),
        limit("burst", json!(3)),
        ask("15"),
        ask("0m"),
        ask("25h"),
        ask("1441m"),
        ask("86401s"),
        json!({"version": "1", "default": "deny", "pin": {"hosts": []}}),
        json!({"version": "1", "default": "deny", "pin": {"allowed_hosts": ["Acme.com"]}}),
        json!({"version": "1", "default": "deny", "pin": {"environments": [{"host": "a.com", "environment": "prod"}]}}),
        json!({"version": "1", "default": "deny", "pin": {"environments": [{"host": "a.com"}]}}),
    ] {
        assert!(Managed::parse(&bad.to_string(), &tools()).is_err(), "the parser takes {bad}");
        assert!(!validator.is_valid(&bad), "the schema takes {bad}");
    }
}
