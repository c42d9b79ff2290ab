//! What the import promises: it never allows what the source denies, it tells every difference, and what it cannot say
//! closes the tool.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use gatehouse_core::{AgentId, Annotations, CallFacts, Category, Decision, Risk, Severity, Timestamp, ToolDefinition};
use gatehouse_policy::{Call, Dialect, DifferenceKind, Imported, Layer, Limits, Policy, Preset, evaluate, import};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

fn tools() -> Vec<ToolDefinition> {
    let write = json!({
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "ids": {"type": "array", "items": {"type": "integer"}},
            "limit": {"type": "integer"},
            "dry_run": {"type": "boolean"},
            "values": {"type": "object"},
            "updates": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}
        },
        "required": ["model"],
        "additionalProperties": false
    });
    ["odoo_write", "odoo_read", "odoo_unlink", "approval_wait"]
        .into_iter()
        .map(|name| ToolDefinition {
            name: name.to_owned(),
            title: name.to_owned(),
            description: String::new(),
            input_schema: write.clone(),
            annotations: Annotations { read_only: false, destructive: false, idempotent: false, open_world: false },
            risk: Risk { category: Category::Write, severity: Severity::Medium },
        })
        .collect()
}

fn imported(text: &str) -> Imported {
    import(text, &tools()).unwrap_or_else(|problems| panic!("{text}\n{problems:?}"))
}

fn result(imported: &Imported) -> Value {
    Policy::parse(&imported.text, &tools()).unwrap();
    serde_json::from_str(&imported.text).unwrap()
}

/// `Stricter /tools/odoo_write`: kind and place in the source.
fn told(imported: &Imported) -> Vec<String> {
    imported.differences.iter().map(|difference| format!("{:?} {}", difference.kind, difference.source)).collect()
}

fn says(imported: &Imported, words: &str) -> bool {
    imported.differences.iter().any(|difference| difference.message.contains(words))
}

/// What a policy says of one call, with nothing spent: `allow`, `ask` or `deny`.
fn answer(policy: &Policy, limits: &mut Limits, seconds: i64, tool: &str, arguments: &Value) -> &'static str {
    let facts = CallFacts::local(tool, Risk { category: Category::Write, severity: Severity::Medium });
    let agent = AgentId::parse("claude").unwrap();
    let layers = [Layer::new("user", policy)];
    let verdict = evaluate(&layers, &Call { facts: &facts, arguments, connection: None, agent: &agent });
    let word = match verdict.decision {
        Decision::Deny(_) => return "deny",
        Decision::Ask(_) => "ask",
        Decision::Allow => "allow",
    };
    if limits.reserve(&verdict.charges, Timestamp::from_millis(seconds * 1000)).is_ok() { word } else { "deny" }
}

fn said(imported: &Imported, tool: &str, arguments: &Value) -> &'static str {
    answer(&Policy::parse(&imported.text, &tools()).unwrap(), &mut Limits::new(), 0, tool, arguments)
}

#[test]
fn the_hosted_form_is_kept_as_it_stands() {
    for text in [
        Preset::Locked.text(),
        Preset::AskFirst.text(),
        Preset::AskForRisky.text(),
        r#"{"version":"1","default":"deny","hide":["odoo_unlink"]}"#,
        r#"{"version":"1","default":"deny","tools":{"odoo_write":{"limits":[{"counter":"odoo_write_rate","window":"minute","max":30,"scope":"grant"}]}}}"#,
        r#"{"version":"1","default":"allow","redact":["hr.*"],"tools":{"odoo_write":{"deny_if":[{"conditions":[{"path":"args.values.x","op":"gt","value":9007199254740993.25}]}]}}}"#,
    ] {
        let imported = imported(text);
        assert_eq!(imported.dialect, Dialect::Hosted);
        assert_eq!(imported.text, Policy::parse(text, &tools()).unwrap().to_json_pretty());
        assert!(!imported.differences.iter().any(|d| d.kind == DifferenceKind::Stricter), "{:?}", imported.differences);
    }
}

#[test]
fn what_the_strict_parse_refuses_is_read_as_its_strictest_meaning() {
    let one = imported(
        r#"{"version":"1","default":"allow","description":"x","tools":{
            "odoo_write":{"deny_if":[{"conditions":[{"path":"args.modell","op":"eq","value":"res.users"}]}]},
            "odoo_read":{"requre":[{"conditions":[]}]},
            "odoo_unlink":{"require":[{"conditions":[{"path":"args.id","op":"exists","value":true}],"on_deny":"ids"}]}}}"#,
    );
    assert_eq!(
        told(&one),
        [
            "Lost /description",
            "Stricter /tools/odoo_write/deny_if/0/conditions/0",
            "Stricter /tools/odoo_read/requre",
            "Stricter /tools/odoo_unlink/require/0/conditions/0"
        ]
    );
    assert!(one.differences[1].message.contains("Did you mean “model”?"), "{}", one.differences[1].message);
    assert!(one.differences[2].message.contains("Did you mean “require”?"), "{}", one.differences[2].message);
    for tool in ["odoo_write", "odoo_read", "odoo_unlink"] {
        assert_eq!(said(&one, tool, &json!({"model": "m"})), "deny", "{tool}");
    }
    let stars = imported(
        r#"{"version":"1","default":"allow","tools":{"*":{
            "limits":[{"counter":"all","window":"hour","max":5,"scope":"grant"}],
            "deny_if":[{"conditions":[{"path":"args.model","op":"eq","value":"res.users"}]}]}}}"#,
    );
    let text = result(&stars);
    assert_eq!((&text["default"], &text["all_tools"]["limits"][0]["max"]), (&json!("deny"), &json!(5)));
    assert_eq!(said(&stars, "odoo_read", &json!({"model": "res.users"})), "deny");
    assert_eq!(said(&stars, "odoo_read", &json!({"model": "res.partner"})), "allow");
    assert!(text["tools"].get("approval_wait").is_none());
    let late =
        imported(r#"{"tools":{"*":{"deny_if":[{"conditions":[]}]},"odoo_read":{}},"version":"1","default":"allow"}"#);
    for tool in ["odoo_read", "odoo_write", "elsewhere"] {
        assert_eq!(said(&late, tool, &json!({"model": "m"})), "deny", "the default stands behind the rules: {tool}");
    }
    let windows = imported(
        r#"{"version":"1","default":"deny","tools":{"odoo_write":{"limits":[
            {"counter":"c","window":"minute","max":3,"scope":"grant"},{"counter":"c","window":"hour","max":9,"scope":"grant"}]}}}"#,
    );
    assert_eq!(result(&windows)["tools"]["odoo_write"]["limits"][1]["counter"], "c_2");
    assert!(says(&windows, "is called “c_2” here"));
}

#[test]
fn a_denial_never_becomes_an_approval_by_itself() {
    for (text, source) in [
        (
            r#"{"version":"1","default":"deny","tools":{"odoo_unlink":{"deny_if":[{"conditions":[],"on_deny":"Requires human approval."}]}}}"#,
            "/tools/odoo_unlink/deny_if/0",
        ),
        (
            "tools:\n  odoo_unlink: {action: deny, reason: Requires human approval.}\ndefault: deny\n",
            "/tools/odoo_unlink",
        ),
        (
            "default: deny\ntools:\n  odoo_unlink:\n    rules:\n      - {action: deny, on_deny: Blocked by default. Requires approval.}\n",
            "/tools/odoo_unlink/rules/0",
        ),
    ] {
        let imported = imported(text);
        assert_eq!(said(&imported, "odoo_unlink", &json!({})), "deny", "{text}");
        let suggestion = imported.differences.iter().find(|d| d.kind == DifferenceKind::Suggestion).unwrap();
        assert_eq!((suggestion.source.as_str(), suggestion.target.as_str()), (source, "/tools/odoo_unlink/deny_if/0"));
        assert!(suggestion.message.contains("require_approval"), "{}", suggestion.message);
    }
}

#[test]
fn short_forms_are_rules_of_this_language() {
    let short = imported(
        "tools:\n  odoo_unlink:\n    action: deny\n    reason: No deletions.\n  odoo_write:\n    action: rate_limit\n    rate_limit:\n      max: 10\n      window: 60\n  odoo_read:\n    action: require_approval\n    reason: Ask first.\n",
    );
    assert_eq!(short.dialect, Dialect::Short);
    assert_eq!(
        result(&short),
        json!({"version": "1", "default": "deny", "tools": {
            "odoo_unlink": {"deny_if": [{"conditions": [], "on_deny": "No deletions."}]},
            "odoo_write": {"limits": [{"counter": "odoo_write_rate", "window": "minute", "max": 10, "scope": "grant"}]},
            "odoo_read": {"require_approval": [{"conditions": [], "reason": "Ask first."}]},
        }})
    );
    assert_eq!(told(&short), ["Stricter ", "Changed /tools/odoo_write/rate_limit"]);
    for text in [
        r#"{"default":"deny","rules":[{"tool":"odoo_write","rate_limit":{"max":10,"window":"1m"}}]}"#,
        r#"{"default":"deny","policies":[{"tools":["odoo_write"],"action":"rate-limit","rate_limit":"10/minute"}]}"#,
        r#"{"default":"deny","tool":"odoo_write","rate_limit":{"max":10,"window":"60"}}"#,
        "default: deny\nodoo_write:\n  rate_limit: {max: 10, window: 60}\n",
        r#"{"default":"deny","tools":[{"name":"odoo_write","rate_limit":{"max":10,"window":60}}]}"#,
    ] {
        let found = result(&imported(text));
        assert!(found["tools"]["odoo_write"].get("deny_if").is_none(), "{text}: nothing is closed");
        let limits = &found["tools"]["odoo_write"]["limits"];
        assert_eq!(
            *limits,
            json!([{"counter": "odoo_write_rate", "window": "minute", "max": 10, "scope": "grant"}]),
            "{text}"
        );
    }
    let other = imported(
        r#"{"default":"deny","rules":[{"tool":"odoo_write","rate_limit":{"max":10,"window":300}},{"tool":"*","rate_limit":{"max":9,"window":86400}}]}"#,
    );
    assert!(says(&other, "A window of 300 s cannot be said here. 10 per hour"));
    assert_eq!(result(&other)["all_tools"]["limits"][0]["window"], "day");
    for text in [
        r#"{"rules":[{"tool":"*","action":"deny"}],"tools":{"odoo_read":{"action":"allow"}},"default":"allow"}"#,
        r#"{"rules":[{"tools":["*"],"action":"deny"},{"tools":["*","odoo_read"],"action":"allow"}],"default":"deny"}"#,
        "'*': {action: deny}\nodoo_read: {action: allow}\ndefault: allow\n",
    ] {
        for tool in ["odoo_read", "odoo_write", "elsewhere"] {
            assert_eq!(said(&imported(text), tool, &json!({})), "deny", "{text} {tool}");
        }
    }
    let unclear = imported(
        r#"{"default":"allow","tools":{"odoo_write":{"acton":"deny","rate_limit":{"max":1,"window":60}},"odoo_read":"block","odoo_unlink":{"action":"deny","when":"night"}}}"#,
    );
    for tool in ["odoo_write", "odoo_read", "odoo_unlink"] {
        assert_eq!(said(&unclear, tool, &json!({})), "deny", "{tool}");
    }
    assert!(
        unclear.differences.iter().filter(|d| d.kind == DifferenceKind::Stricter).count() == 3,
        "{:?}",
        unclear.differences
    );
}

#[test]
fn intercept_files_are_rules_of_this_language() {
    let text = "\
version: \"1\"
hide: [odoo_unlink]
tools:
  odoo_write:
    rules:
      - name: models
        action: evaluate
        conditions:
          - {path: args.model, op: in, value: [sale.order, res.partner]}
          - {path: args.limit, op: lt, value: 100}
        on_deny: Not this model.
      - name: rate
        action: evaluate
        rate_limit: 30/minute
      - name: spend
        action: evaluate
        conditions:
          - {path: state.odoo_write.spent, op: lt, value: 500}
        state: {counter: spent, window: day, increment: 2}
      - name: big
        action: require_approval
        conditions: [{path: args.limit, op: gt, value: 50}]
        approval_timeout: 1h30m
        on_deny: Large.
  \"*\":
    rules:
      - {action: evaluate, rate_limit: 100/hour}
";
    let imported = imported(text);
    assert_eq!(imported.dialect, Dialect::Intercept);
    let limit = |counter: &str, window: &str, max: u64| json!({"counter": counter, "window": window, "max": max, "scope": "grant"});
    assert_eq!(
        result(&imported),
        json!({"version": "1", "default": "allow", "hide": ["odoo_unlink"],
        "all_tools": {"limits": [limit("all_tools_per_hour", "hour", 100)]},
        "tools": {"odoo_write": {
            "require": [{"conditions": [
                {"path": "args.model", "op": "in", "value": ["sale.order", "res.partner"]},
                {"path": "args.limit", "op": "lt", "value": 100}], "on_deny": "Not this model."}],
            "limits": [limit("odoo_write_per_minute", "minute", 30), limit("odoo_write_spent", "day", 249)],
            "require_approval": [{"conditions": [{"path": "args.limit", "op": "gt", "value": 50}], "reason": "Large.", "timeout": "90m"}]
        }}})
    );
    let kinds = told(&imported);
    assert_eq!(kinds[0], "Changed ");
    assert!(says(&imported, "Intercept's is allow") && says(&imported, "all its callers together"), "{kinds:?}");
    assert!(kinds.contains(&"Changed /tools/*".to_owned()), "{kinds:?}");
    assert!(!imported.differences.iter().any(|d| d.kind == DifferenceKind::Stricter), "{:?}", imported.differences);
}

#[test]
fn what_intercept_says_otherwise_is_told_or_closed() {
    for (rule, words, arguments, expected) in [
        (
            "{conditions: [{path: args.values.state, op: eq, value: draft}]}",
            "as they print",
            json!({"values": {"state": "draft"}}),
            "allow",
        ),
        (
            "{conditions: [{path: args.values.state, op: eq, value: draft}]}",
            "does not look into lists",
            json!({"values": {"state": "sale"}}),
            "deny",
        ),
        (
            "{conditions: [{path: args.dry_run, op: eq, value: yes}]}",
            "Readers of YAML differ about yes",
            json!({"dry_run": true}),
            "deny",
        ),
        (
            "{conditions: [{path: args.limit, op: lt, value: 017}]}",
            "Readers of YAML differ about 017",
            json!({"limit": 1}),
            "deny",
        ),
        (
            "{conditions: [{path: args.limit, op: lt, value: 9007199254740993}]}",
            "Intercept rounds",
            json!({"limit": 1}),
            "deny",
        ),
        (
            "{conditions: [{path: args.limit, op: lt, value: 0.10000000000000001}]}",
            "Intercept rounds",
            json!({"limit": 0}),
            "deny",
        ),
        (
            "{conditions: [{path: args.values.x, op: not_in, value: [5, a]}]}",
            "several types",
            json!({"values": {"x": "b"}}),
            "deny",
        ),
        ("{conditions: [{path: args.ids, op: in, value: [1, 2]}]}", "is a list", json!({"ids": [1]}), "deny"),
        (
            "{conditions: [{path: args.updates.id, op: gt, value: 0}]}",
            "does not look into lists",
            json!({"updates": [{"id": 1}]}),
            "deny",
        ),
        (
            "{conditions: [{path: args.ids, op: neq, value: 1}]}",
            "different from anything",
            json!({"ids": [1]}),
            "allow",
        ),
        (
            "{conditions: [{path: args.modle, op: exists, value: true}]}",
            "Did you mean “model”?",
            json!({"model": "m"}),
            "deny",
        ),
        (
            "{conditions: [{path: args.model, op: regex, value: '\\pL+'}]}",
            "not read alike",
            json!({"model": "m"}),
            "deny",
        ),
        ("{conditions: [{path: state.odoo_read.n, op: lte, value: 3}]}", "No state counts", json!({}), "deny"),
        (
            "{conditions: [{path: state.odoo_write.n, op: gt, value: 3}], state: {counter: n, window: day}}",
            "Only lt and lte",
            json!({}),
            "deny",
        ),
        (
            "{conditions: [{path: state.odoo_write.n, op: lt, value: 1}], state: {counter: n, window: day}}",
            "Not one call",
            json!({}),
            "deny",
        ),
        ("{state: {counter: n, window: day}}", "never counts it", json!({}), "allow"),
        (
            "{conditions: [{path: state.odoo_write.n, op: lte, value: 9}], state: {counter: n, window: day, increment_from: args.values.amount}}",
            "rounded up",
            json!({"values": {"amount": 3.5}}),
            "allow",
        ),
        (
            "{action: deny, conditions: [{path: args.model, op: eq, value: x}]}",
            "denies always",
            json!({"model": "y"}),
            "deny",
        ),
        (
            "{conditons: [{path: args.model, op: eq, value: x}]}",
            "Did you mean “conditions”?",
            json!({"model": "x"}),
            "deny",
        ),
        ("{action: evaluate}", "has conditions or a rate_limit", json!({}), "deny"),
        ("{rate_limit: 5/week}", "written like 30/minute", json!({}), "deny"),
        (
            "{action: require_approval, conditions: [{path: args.nope, op: eq, value: 1}]}",
            "asks more often",
            json!({}),
            "ask",
        ),
        ("{action: require_approval, approval_timeout: soon}", "the ticket's own time", json!({}), "ask"),
    ] {
        let text = format!("default: deny\ntools:\n  odoo_write:\n    rules:\n      - {rule}\n");
        let imported = imported(&text);
        assert!(says(&imported, words), "{rule}: {:?}", imported.differences);
        assert_eq!(said(&imported, "odoo_write", &arguments), expected, "{rule}\n{}", imported.text);
    }
    let typo = imported("default: allow\ntools:\n  odoo_write:\n    rulez: []\n  odoo_read:\n    rules: []\n");
    assert!(says(&typo, "Did you mean “rules”?"));
    assert_eq!(said(&typo, "odoo_write", &json!({})), "deny");
}

#[test]
fn errors_are_told_at_once_with_their_places() {
    let text = "version: 2\ndefault: maybe\nhides: [x]\ntools:\n  odoo_write: {rules: []}\n";
    let problems = import(text, &tools()).unwrap_err();
    let places: Vec<(usize, usize, &str)> = problems.iter().map(|p| (p.line, p.column, p.pointer.as_str())).collect();
    assert_eq!(places, [(1, 1, "/version"), (2, 1, "/default"), (3, 1, "/hides")]);
    assert!(problems[2].message.contains("Did you mean “hide”?"), "{}", problems[2]);
    let twice = import("tools:\n  a: {}\n  a: {}\nhide: []\nhide: []\n", &tools()).unwrap_err();
    assert_eq!(twice.iter().map(|p| p.line).collect::<Vec<_>>(), [3, 5]);
    for (text, words) in [
        ("", "empty"),
        ("just words", "not a text"),
        ("{\"version\": ", "This is not JSON"),
        ("a: [1, 2", "neither JSON nor YAML"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("default: !secret deny\n", "tag"),
        ("<<: {default: deny}\n", "merge key"),
        ("rules:\n  - {action: deny}\n", "which tool"),
    ] {
        let problems = import(text, &tools()).unwrap_err();
        assert!(problems[0].message.contains(words), "{text}: {problems:?}");
    }
}

#[test]
fn what_is_large_or_deep_or_multiplies_itself_is_refused_at_once() {
    let started = std::time::Instant::now();
    let bomb: String = std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned())
        .chain((1..12).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "))))
        .collect();
    let deep_alias: String = std::iter::once("a0: &a0 [x]\n".to_owned())
        .chain((1..200).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)))
        .collect();
    for (text, words) in [
        (bomb.as_str(), "200,000"),
        (deep_alias.as_str(), "deeper"),
        (&"[".repeat(900_000), "nest"),
        (&"- ".repeat(400_000), "nest"),
        (&"{a: ".repeat(200_000), "recursion limit"),
        (&format!("a: {}", "x".repeat(1_000_000)), "one megabyte"),
        ("a: &a [*a]", "alias"),
    ] {
        let problems = import(text, &tools()).unwrap_err();
        assert!(problems[0].message.contains(words), "{words}: {:?}", problems[0]);
    }
    let named: String = (0..10_000).map(|n| format!("\"t{n}\":{{}},")).collect::<Vec<_>>().concat();
    let every = vec!["{\"conditions\":[]}"; 10_000].join(",");
    for text in [
        format!("{{\"version\":\"1\",\"default\":\"deny\",\"tools\":{{{named}\"*\":{{\"deny_if\":[{every}]}}}}}}"),
        format!("{{\"tools\":{{{named}\"*\":[{}]}}}}", vec!["{\"action\":\"deny\"}"; 10_000].join(",")),
        format!("{{\"tools\":{{{named}\"*\":{{\"rules\":[{}]}}}}}}", vec!["{\"action\":\"deny\"}"; 10_000].join(",")),
    ] {
        let problems = import(&text, &tools()).unwrap_err();
        assert!(problems[0].message.contains("written out they are more than 200,000"), "{:?}", problems[0]);
    }
    // Each name becomes the same one, because none of its letters may stand in a counter's.
    let alike: Vec<String> =
        ('\u{4e00}'..='\u{9a00}').map(|c| format!("  {c}: {{rate_limit: {{max: 1, window: 60}}}}\n")).collect();
    let alike = alike.concat();
    assert!(import(&format!("default: deny\ntools:\n{alike}"), &tools()).is_ok());
    // Generous, for a busy machine and a slow build: what grew without bound would take hours.
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
    let many = format!(
        "default: deny\ntools:\n{}",
        (0..30_000).map(|n| format!("  t{n}: {{rules: []}}\n")).collect::<Vec<_>>().concat()
    );
    assert!(import(&many, &tools()).is_ok());
    let heavy: Vec<String> = (0..300)
        .map(|n| format!("      - {{conditions: [{{path: args.model, op: regex, value: '(a{{30}}){{{n}}}'}}]}}\n"))
        .collect();
    let heavy = heavy.concat();
    let heavy = imported(&format!("default: deny\ntools:\n  odoo_write:\n    rules:\n{heavy}"));
    assert!(says(&heavy, "more than 200 different regular expressions"));
    assert_eq!(said(&heavy, "odoo_write", &json!({"model": "m"})), "deny");
}

/// A rule of Intercept as its own code reads it: comparison as printed, a missing argument makes a condition false,
/// lists are not looked into, numbers are floating point.
mod intercept {
    use super::*;

    pub(super) fn at<'a>(arguments: &'a Value, path: &str) -> Option<&'a Value> {
        let mut keys = path.strip_prefix("args.")?.split('.');
        keys.try_fold(arguments, |value, key| value.as_object()?.get(key)).filter(|value| !value.is_null())
    }

    fn printed(value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.as_f64().unwrap().to_string(),
            Value::Array(items) => format!("[{}]", items.iter().map(printed).collect::<Vec<_>>().join(" ")),
            other => other.to_string(),
        }
    }

    pub(super) fn holds(condition: &Value, arguments: &Value) -> bool {
        let (op, operand) = (condition["op"].as_str().unwrap(), &condition["value"]);
        let value = at(arguments, condition["path"].as_str().unwrap());
        if op == "exists" {
            return value.is_some() == operand.as_bool().unwrap();
        }
        let Some(value) = value else { return false };
        let same = |other: &Value| printed(value) == printed(other);
        let number =
            |test: fn(f64, f64) -> bool| value.as_f64().is_some_and(|number| test(number, operand.as_f64().unwrap()));
        match op {
            "eq" => same(operand),
            "neq" => !same(operand),
            "in" => operand.as_array().unwrap().iter().any(same),
            "not_in" => !operand.as_array().unwrap().iter().any(same),
            "lt" => number(|a, b| a < b),
            "lte" => number(|a, b| a <= b),
            "gt" => number(|a, b| a > b),
            "gte" => number(|a, b| a >= b),
            "regex" => {
                value.as_str().is_some_and(|text| regex::Regex::new(operand.as_str().unwrap()).unwrap().is_match(text))
            }
            _ => match value {
                Value::String(text) => text.contains(&printed(operand)),
                Value::Array(items) => items.iter().any(|item| printed(item) == printed(operand)),
                _ => false,
            },
        }
    }

    /// Counts by tool and counter in the window that began last.
    #[derive(Default)]
    pub(super) struct State(HashMap<(String, String), (i64, u64)>);

    impl State {
        fn take(&mut self, tool: &str, rate: &str, now: i64, commit: bool) -> bool {
            let (max, window) = rate.split_once('/').unwrap();
            let seconds = match window {
                "minute" => 60,
                "hour" => 3_600,
                _ => 86_400,
            };
            let counter = self.0.entry((tool.to_owned(), window.to_owned())).or_default();
            if counter.0 != now / seconds {
                *counter = (now / seconds, 0);
            }
            let fits = counter.1 < max.parse().unwrap();
            counter.1 += u64::from(commit);
            fits
        }

        pub(super) fn answer(&mut self, policy: &Value, now: i64, tool: &str, arguments: &Value) -> &'static str {
            if policy["hide"].as_array().is_some_and(|hidden| hidden.iter().any(|name| name == tool)) {
                return "deny";
            }
            let listed = policy["tools"].get(tool);
            if listed.is_none() && policy["default"] == "deny" {
                return "deny";
            }
            let mut asked = false;
            let mut rates = Vec::new();
            let all = [(tool, listed), ("*", policy["tools"].get("*"))];
            for (owner, rules) in all {
                for rule in rules.and_then(|rules| rules["rules"].as_array()).into_iter().flatten() {
                    let conditions = rule["conditions"].as_array().cloned().unwrap_or_default();
                    let hold = conditions.iter().all(|condition| holds(condition, arguments));
                    match rule["action"].as_str() {
                        Some("deny") => return "deny",
                        Some("require_approval") => asked |= hold,
                        _ if !hold => return "deny",
                        _ => rates.extend(rule["rate_limit"].as_str().map(|rate| (owner, rate))),
                    }
                }
            }
            if !rates.iter().all(|(owner, rate)| self.take(owner, rate, now, false)) {
                return "deny";
            }
            let mut taken = std::collections::HashSet::new();
            for (owner, rate) in rates {
                if taken.insert((owner, rate.split_once('/').unwrap().1)) {
                    self.take(owner, rate, now, true);
                }
            }
            if asked { "ask" } else { "allow" }
        }
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop_oneof![Just("draft"), Just("sale"), Just("5"), Just("true"), Just(""), Just("é")].prop_map(|s| json!(s)),
        (-3_i64..12).prop_map(|n| json!(n)),
        (-30_i32..120).prop_map(|n| json!(f64::from(n) / 10.0)),
        any::<bool>().prop_map(|b| json!(b)),
    ]
}

fn intercept_condition() -> impl Strategy<Value = Value> {
    let path = prop_oneof![
        Just("args.model"),
        Just("args.limit"),
        Just("args.dry_run"),
        Just("args.ids"),
        Just("args.values.state"),
        Just("args.values.amount"),
        Just("args.updates.id"),
        Just("args.nope"),
    ];
    let test = prop_oneof![
        (prop_oneof![Just("eq"), Just("neq"), Just("contains")], scalar()),
        (prop_oneof![Just("in"), Just("not_in")], vec(scalar(), 1..4)).prop_map(|(op, values)| (op, json!(values))),
        (prop_oneof![Just("lt"), Just("lte"), Just("gt"), Just("gte")], -3_i64..12).prop_map(|(op, n)| (op, json!(n))),
        prop_oneof![Just("^s"), Just("a"), Just("^[a-z]+$")].prop_map(|pattern| ("regex", json!(pattern))),
        any::<bool>().prop_map(|wanted| ("exists", json!(wanted))),
    ];
    (path, test).prop_map(|(path, (op, value))| json!({"path": path, "op": op, "value": value}))
}

fn intercept_rule() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => vec(intercept_condition(), 1..3).prop_map(|c| json!({"action": "evaluate", "conditions": c})),
        2 => (1_u8..6, prop_oneof![Just("minute"), Just("hour"), Just("day")])
            .prop_map(|(n, window)| json!({"action": "evaluate", "rate_limit": format!("{n}/{window}")})),
        2 => vec(intercept_condition(), 0..3).prop_map(|c| json!({"action": "require_approval", "conditions": c})),
        1 => Just(json!({"action": "deny", "on_deny": "no"})),
    ]
}

const NAMES: [&str; 4] = ["odoo_write", "odoo_read", "odoo_unlink", "elsewhere"];

fn intercept_policy() -> impl Strategy<Value = Value> {
    let rules = || option::of(vec(intercept_rule(), 0..3));
    (any::<bool>(), vec(0_usize..3, 0..2), rules(), rules(), option::weighted(0.3, vec(intercept_rule(), 1..3)))
        .prop_map(|(allow, hide, write, read, every)| {
            let mut tools = json!({});
            for (name, rules) in [("odoo_write", write), ("odoo_read", read), ("*", every)] {
                if let Some(rules) = rules {
                    tools[name] = json!({ "rules": rules });
                }
            }
            // Told apart from the other forms by its rules.
            tools["other"] = json!({"rules": []});
            let hide: std::collections::BTreeSet<&str> = hide.into_iter().map(|n| NAMES[n]).collect();
            json!({"version": "1", "default": if allow { "allow" } else { "deny" }, "hide": hide, "tools": tools})
        })
}

fn short_policy() -> impl Strategy<Value = Value> {
    let rule = || {
        let rate = || {
            (1_u64..6, prop_oneof![Just(60_u64), Just(3_600), Just(86_400), Just(30), Just(7), Just(300)])
                .prop_map(|(max, window)| json!({"max": max, "window": window}))
        };
        prop_oneof![
            Just(json!({"action": "deny", "reason": "no"})),
            Just(json!({"action": "allow"})),
            Just(json!({"action": "require_approval"})),
            rate().prop_map(|rate| json!({"action": "rate_limit", "rate_limit": rate})),
            rate().prop_map(|rate| json!({"action": "require_approval", "rate_limit": rate})),
        ]
    };
    (any::<bool>(), rule(), option::of(rule()), option::weighted(0.3, rule())).prop_map(
        |(allow, write, read, every)| {
            let mut tools = json!({"odoo_write": write});
            for (name, rule) in [("odoo_read", read), ("*", every)] {
                if let Some(rule) = rule {
                    tools[name] = rule;
                }
            }
            json!({"default": if allow { "allow" } else { "deny" }, "tools": tools})
        },
    )
}

/// The short form as its pages describe it, with windows that begin with the clock's; rules of `*` are about every tool.
fn short_answer(policy: &Value, counts: &mut HashMap<(String, i64), u64>, now: i64, tool: &str) -> &'static str {
    let own = policy["tools"].get(tool);
    let rules = [(tool, own), ("*", policy["tools"].get("*"))];
    let denies = rules.iter().any(|(_, rule)| rule.is_some_and(|rule| rule["action"] == "deny"));
    if denies || (own.is_none() && policy["default"] == "deny") {
        return "deny";
    }
    let rates: Vec<(String, i64, u64)> = rules
        .iter()
        .filter_map(|(owner, rule)| {
            let rate = rule.as_ref()?.get("rate_limit")?;
            Some(((*owner).to_owned(), now / rate["window"].as_i64().unwrap(), rate["max"].as_u64().unwrap()))
        })
        .collect();
    let spent = |(owner, window, max): &(String, i64, u64)| counts.get(&(owner.clone(), *window)).unwrap_or(&0) >= max;
    if rates.iter().any(spent) {
        return "deny";
    }
    for (owner, window, _) in rates {
        *counts.entry((owner, window)).or_default() += 1;
    }
    let asks = rules.iter().any(|(_, rule)| rule.is_some_and(|rule| rule["action"] == "require_approval"));
    if asks { "ask" } else { "allow" }
}

fn strictness(answer: &str) -> u8 {
    match answer {
        "allow" => 0,
        "ask" => 1,
        _ => 2,
    }
}

/// Calls as the tools' schemas take them; what stands in free `values` is of any type but a list, which is told.
fn call() -> impl Strategy<Value = (usize, i64, Value)> {
    let arguments = (
        prop_oneof![Just("draft"), Just("sale"), Just("5")],
        option::of(-3_i64..12),
        option::of(any::<bool>()),
        option::of(vec(-3_i64..12, 0..3)),
        (option::of(scalar()), option::of(scalar())),
        option::of(vec(-3_i64..12, 0..3)),
    );
    (0_usize..4, 0_i64..40, arguments).prop_map(
        |(tool, wait, (model, limit, dry_run, ids, (state, amount), updates))| {
            let mut call = json!({"model": model});
            for (name, value) in [("limit", json!(limit)), ("dry_run", json!(dry_run)), ("ids", json!(ids))] {
                if !value.is_null() {
                    call[name] = value;
                }
            }
            if state.is_some() || amount.is_some() {
                call["values"] = json!({"state": state, "amount": amount});
            }
            if let Some(ids) = updates {
                call["updates"] = ids.into_iter().map(|id| json!({"id": id})).collect();
            }
            (tool, wait, call)
        },
    )
}

/// Whether the result is told to act the same for one agent.
fn tells_no_other_decision(imported: &Imported) -> bool {
    imported.differences.iter().all(|difference| match difference.kind {
        DifferenceKind::Suggestion => true,
        DifferenceKind::Changed => {
            ["all its callers together", "each session of an agent", "A tool is listed by its own name"]
                .iter()
                .any(|words| difference.message.contains(words))
        }
        DifferenceKind::Stricter | DifferenceKind::Lost => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_intercept_file_never_allows_more_here(policy in intercept_policy(), late in any::<bool>(), calls in vec(call(), 1..12)) {
        let mut text = policy.to_string();
        if late {
            text = format!("{{\"tools\":{},\"hide\":{},\"default\":{}}}", policy["tools"], policy["hide"], policy["default"]);
        }
        let imported = imported(&text);
        prop_assert_eq!(imported.dialect, Dialect::Intercept);
        let ours = Policy::parse(&imported.text, &tools()).unwrap();
        let (mut limits, mut state, mut now) = (Limits::new(), intercept::State::default(), 86_400_000);
        for (tool, wait, arguments) in calls {
            now += wait;
            let before = state.answer(&policy, now, NAMES[tool], &arguments);
            let after = answer(&ours, &mut limits, now, NAMES[tool], &arguments);
            if tells_no_other_decision(&imported) {
                prop_assert_eq!(before, after, "{} {}\n{}\n{:?}", NAMES[tool], arguments, imported.text, imported.differences);
            } else if before == "deny" || after != "deny" {
                // A call that only the result denies is not counted by it: from then on the two histories differ.
                prop_assert!(strictness(after) >= strictness(before), "{} {}\n{}\n{}", NAMES[tool], arguments, policy, imported.text);
            } else {
                break;
            }
        }
    }

    #[test]
    fn a_short_form_never_allows_more_here(policy in short_policy(), late in any::<bool>(), calls in vec((0_usize..4, 0_i64..40), 1..40)) {
        let mut text = policy.to_string();
        if late {
            text = format!("{{\"tools\":{},\"default\":{}}}", policy["tools"], policy["default"]);
        }
        let imported = match import(&text, &tools()) {
            Ok(imported) => imported,
            // Where it is about every tool there is none to close.
            Err(problems) => {
                prop_assert!(problems[0].message.contains("Not one call fits"), "{:?}", problems);
                return Ok(());
            }
        };
        prop_assert_eq!(imported.dialect, Dialect::Short);
        let ours = Policy::parse(&imported.text, &tools()).unwrap();
        let (mut limits, mut counts, mut now) = (Limits::new(), HashMap::new(), 86_400_000);
        // Each counts what it let pass itself: the source's windows must hold for the calls that the result allows.
        for (tool, wait) in calls {
            now += wait;
            let after = answer(&ours, &mut limits, now, NAMES[tool], &json!({"model": "m"}));
            let same = tells_no_other_decision(&imported);
            if after != "deny" || same {
                let before = short_answer(&policy, &mut counts, now, NAMES[tool]);
                prop_assert!(strictness(after) >= strictness(before), "{} at {}\n{}", NAMES[tool], now, imported.text);
                prop_assert!(!same || before == after, "{} at {}\n{}", NAMES[tool], now, imported.text);
            }
        }
    }

    #[test]
    fn importing_twice_changes_nothing(policy in prop_oneof![intercept_policy(), short_policy()]) {
        let Ok(once) = import(&policy.to_string(), &tools()) else { return Ok(()) };
        let twice = imported(&once.text);
        prop_assert_eq!(twice.dialect, Dialect::Hosted);
        prop_assert_eq!(twice.text, once.text);
    }
}
