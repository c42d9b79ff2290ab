//! The JSON Schema of a policy file, for editors: what completes there is what the parser takes. It also describes the
//! key `pin`, which only an administrator's file may have.

use crate::path::FACTS;
use gatehouse_core::ToolDefinition;
use serde_json::{Map, Value, json};

/// A path into the arguments: keys between dots, with `\.` and `\\` inside them.
const ARGUMENT: &str = r"^args(?:\.(?:[^.\\]|\\[.\\])+)+$";
/// The characters of a host, of a pattern for hosts, and of a port.
const HOST: &str = r"^[a-z0-9._*\[\]:-]+$";
/// At most a day, as the largest unit allows it.
const TIMEOUT: &str = r"^(?:(?:[1-9][0-9]{0,3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)s|(?:[1-9][0-9]{0,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)m|(?:[1-9]|1[0-9]|2[0-4])h)$";

/// The JSON Schema (2020-12) of a policy over these tools. Whatever [`crate::Policy::parse`] takes it takes too; it does
/// not see what is said in two places, such as a counter with two windows or a key that stands twice.
pub fn schema(tools: &[ToolDefinition]) -> Value {
    let mut defs = json!({
        "condition": condition(),
        "path": path(),
        "fact": {"anyOf": facts()},
        "counted": {"anyOf": counted()},
        "scalar": {"type": ["string", "number", "boolean"]},
        "on_deny": {"type": "string", "description": "What the agent is told when this rule denies."},
        "limit": limit(true),
    });
    for tool in tools {
        defs[arguments_name(tool)] = json!({ "anyOf": arguments_of(tool) });
        defs[conditions_name(tool)] = conditions_of(tool);
    }
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let known: Map<String, Value> = tools
        .iter()
        .map(|tool| {
            let category = json!(tool.risk.category);
            let severity = json!(tool.risk.severity);
            let about = format!(
                "{} ({}, {}). Listed: it is allowed, subject to its rules.",
                tool.title,
                category.as_str().unwrap_or_default(),
                severity.as_str().unwrap_or_default()
            );
            (tool.name.clone(), with(rules_of(Some(tool)), "description", json!(about)))
        })
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Generated from the Rust code by `cargo xtask bindings`.",
        "title": "Gatehouse policy",
        "description": "What AI agents may do in Odoo. PolicyLayer's hosted format, and a few keys more.",
        "type": "object",
        "required": ["version", "default"],
        "additionalProperties": false,
        "properties": {
            "version": {"const": "1", "description": "The version of the language."},
            "default": {
                "description": "For a tool that “tools” does not list.",
                "oneOf": [
                    {"const": "allow", "description": "It may run, within the limits of all_tools."},
                    {"const": "deny", "description": "It is denied."},
                ],
            },
            "hide": {
                "description": "Tools that are gone from the agent's list, and denied when called. [\"*\"] hides every tool.",
                "anyOf": [
                    {"const": ["*"]},
                    {
                        "type": "array",
                        "uniqueItems": true,
                        "items": {"type": "string", "minLength": 1, "not": {"const": "*"}, "anyOf": [{"enum": names}, true]},
                    },
                ],
            },
            "all_tools": {
                "description": "What counts every call.",
                "type": "object",
                "additionalProperties": false,
                "properties": {"limits": {
                    "description": "Limits that every call is counted by.",
                    "type": "array",
                    "items": limit(false),
                }},
            },
            "tools": {
                "description": "Tools by name. A listed tool is allowed under either default, subject to its rules; {} is enough.",
                "type": "object",
                "propertyNames": {"maxLength": 200, "not": {"const": "*"}},
                "properties": known,
                "additionalProperties": rules_of(None),
            },
            "redact": {
                "description": "Fields that never reach an agent, and that no domain, order, grouping or field list may name.",
                "type": "array",
                "items": {
                    "description": "A pattern for model.field; * stands for any characters.",
                    "type": "string",
                    "maxLength": 200,
                    "pattern": "^[a-z0-9_]*[.*][a-z0-9_.*]*$",
                    "examples": ["hr.employee.*", "*.barcode"],
                },
            },
            "pin": pin(),
        },
        "$defs": defs,
    })
}

fn with(mut schema: Value, key: &str, value: Value) -> Value {
    schema[key] = value;
    schema
}

/// What a listed tool may hold. The arguments of a known tool are suggested, and no other one is taken.
fn rules_of(tool: Option<&ToolDefinition>) -> Value {
    let conditions = match tool {
        Some(tool) => reference(&conditions_name(tool)),
        None => conditions(&json!({"$ref": "#/$defs/condition"})),
    };
    let rule = |about: &str| {
        json!({
            "description": about,
            "type": "array",
            "items": {
                "type": "object",
                "required": ["conditions"],
                "additionalProperties": false,
                "properties": {"conditions": conditions, "on_deny": {"$ref": "#/$defs/on_deny"}},
            },
        })
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "require": rule("Each entry must hold, or the call is denied."),
            "deny_if": rule("Any entry that holds denies the call. A doubt counts as holding."),
            "limits": {
                "description": "Counters with quotas in fixed windows, one count for each agent.",
                "type": "array",
                "items": match tool {
                    Some(tool) => json!({"$ref": "#/$defs/limit", "properties": {"increment_from": increment(Some(tool))}}),
                    None => json!({"$ref": "#/$defs/limit"}),
                },
            },
            "require_approval": {
                "description": "Any entry that holds sends the call to a person. A denial wins over it.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["conditions"],
                    "additionalProperties": false,
                    "properties": {
                        "conditions": conditions,
                        "reason": {"type": "string", "description": "Why it asks; shown to the person."},
                        "timeout": {
                            "description": "How long the person has, at most: a whole number with s, m or h, up to 24h.",
                            "type": "string",
                            "pattern": TIMEOUT,
                            "examples": ["15m"],
                        },
                    },
                },
            },
        },
    })
}

/// A tool's own definitions.
fn arguments_name(tool: &ToolDefinition) -> String {
    format!("arguments of {}", tool.name)
}

fn conditions_name(tool: &ToolDefinition) -> String {
    format!("conditions of {}", tool.name)
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{}", name.replace(' ', "%20"))})
}

fn conditions(item: &Value) -> Value {
    json!({
        "description": "Conditions that must all hold. None at all always holds.",
        "type": "array",
        "items": item,
    })
}

fn conditions_of(tool: &ToolDefinition) -> Value {
    let path = json!({"anyOf": [reference("fact"), reference(&arguments_name(tool))]});
    conditions(&json!({"$ref": "#/$defs/condition", "properties": {"path": path}}))
}

fn condition() -> Value {
    const OPS: [(&str, &str); 11] = [
        ("eq", "It is this text, number, true or false; of the same type."),
        ("neq", "It is there and not this."),
        ("in", "It is one of these."),
        ("not_in", "It is there and none of these."),
        ("lt", "It is a number below this."),
        ("lte", "It is a number of at most this."),
        ("gt", "It is a number above this."),
        ("gte", "It is a number of at least this."),
        ("regex", "It is a text in which this regular expression matches, anywhere unless anchored."),
        ("contains", "It is a text with this part, or a list with this member."),
        ("exists", "It is there (true), or it is missing or null (false)."),
    ];
    let ops: Vec<Value> = OPS.iter().map(|(op, about)| json!({"const": op, "description": about})).collect();
    let when = |ops: &[&str], value: &Value| {
        json!({
            "if": {"required": ["op"], "properties": {"op": {"enum": ops}}},
            "then": {"properties": {"value": value}},
        })
    };
    let scalar = json!({"$ref": "#/$defs/scalar"});
    json!({
        "description": "One comparison: what, how, with what.",
        "type": "object",
        "required": ["path", "op", "value"],
        // `properties` beside a reference narrows these, so that the keys are named here once.
        "additionalProperties": false,
        "properties": {
            "path": {"$ref": "#/$defs/path"},
            "op": {"description": "How it is compared.", "oneOf": ops},
            "value": {"description": "What it is compared with."},
        },
        "allOf": [
            when(&["eq", "neq", "contains"], &scalar),
            when(&["in", "not_in"], &json!({"type": "array", "minItems": 1, "items": scalar})),
            when(&["lt", "lte", "gt", "gte"], &json!({"type": "number"})),
            when(&["regex"], &json!({"type": "string", "description": "In the syntax of Rust's regex crate."})),
            when(&["exists"], &json!({"type": "boolean"})),
        ],
    })
}

fn facts() -> Vec<Value> {
    FACTS.iter().map(|(name, _)| json!({"const": name, "description": meaning(name)})).collect()
}

fn meaning(fact: &str) -> &'static str {
    match fact {
        "call.model" => "The model that the call is about: sale.order.",
        "call.method" => "The method of the model that will run: write, action_confirm.",
        "call.records" => "How many records it touches; unknown where Odoo cannot tell.",
        "call.fields" => "The fields that it writes on the model itself: a list.",
        "call.reads" => "Every model.field that it reads, also in domains, orders and groupings: a list.",
        "call.commands" => "The models that it writes inside the record: a list.",
        "call.effects" => "What it does besides: a list of mail, mail_possible, posting, payment, state, code, access.",
        "call.sensitive" => "Whether it reads personal, payroll, bank or message data.",
        "connection.name" => "The name of the connection.",
        "connection.environment" => "production, staging or development.",
        "connection.host" => "Host, and port where it is not the usual one.",
        "connection.database" => "The database.",
        "connection.login" => "The login in Odoo.",
        "connection.version" => "Odoo's version: 19.0. Unknown until the connection was checked.",
        "agent.name" => "The agent: claude-code.",
        _ => "",
    }
}

fn path() -> Value {
    json!({
        "description": "What is looked at: an argument (args.…) or a fact that Gatehouse computes.",
        "anyOf": [
            reference("fact"),
            {
                "type": "string",
                "pattern": ARGUMENT,
                "description": "An argument of the call; dots lead into objects and lists, \\. is a dot inside a key.",
            },
        ],
    })
}

/// The names of the arguments that a tool takes, and whether it takes others.
fn arguments(tool: &ToolDefinition) -> Option<Vec<&str>> {
    let properties = tool.input_schema.get("properties")?.as_object()?;
    Some(properties.keys().map(String::as_str).collect())
}

/// The arguments of a tool by name, and what lies inside them.
fn arguments_of(tool: &ToolDefinition) -> Vec<Value> {
    let Some(names) = arguments(tool) else { return vec![json!({"type": "string", "pattern": ARGUMENT})] };
    if names.is_empty() {
        // None at all.
        return vec![json!(false)];
    }
    let mut ways: Vec<Value> = names
        .iter()
        .map(|name| {
            let described = tool.input_schema["properties"][*name].get("description").and_then(Value::as_str);
            let about = described.map_or_else(|| format!("The argument {name}."), |text| format!("{text}."));
            json!({"const": format!("args.{name}"), "description": about})
        })
        .collect();
    let escaped: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
    ways.push(json!({
        "type": "string",
        "pattern": format!(r"^args\.(?:{})(?:\.(?:[^.\\]|\\[.\\])+)+$", escaped.join("|")),
        "description": "A part of an argument.",
    }));
    ways
}

fn limit(of_a_tool: bool) -> Value {
    let windows = [("minute", "60 seconds"), ("hour", "3,600 seconds"), ("day", "A day of UTC")];
    let windows: Vec<Value> =
        windows.iter().map(|(name, about)| json!({"const": name, "description": about})).collect();
    let mut properties = json!({
        "counter": {
            "description": "Its name; limits of one name in one policy share one count.",
            "type": "string",
            "pattern": "^[A-Za-z0-9_.-]{1,100}$",
        },
        "window": {"description": "How long a window is. Windows are fixed and begin with the clock's, in UTC.", "oneOf": windows},
        "max": {
            "description": "How much fits into one window. To allow no call at all use deny_if or hide.",
            "type": "integer",
            "minimum": 1,
            "maximum": 9_007_199_254_740_992_u64,
        },
        "scope": {"const": "grant", "description": "One agent."},
    });
    properties["increment_from"] = if of_a_tool { increment_anywhere() } else { increment(None) };
    json!({
        "type": "object",
        "required": ["counter", "window", "max", "scope"],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn counted() -> Vec<Value> {
    let facts = [
        ("call.records", "The records that it touches."),
        ("call.rows", "The rows that it returned, counted afterwards; a call is refused once the quota is spent."),
        ("call.sensitive", "1 when it reads sensitive data or may, else 0."),
    ];
    facts.iter().map(|(name, about)| json!({"const": name, "description": about})).collect()
}

fn increment(tool: Option<&ToolDefinition>) -> Value {
    let mut ways = vec![reference("counted")];
    ways.extend(tool.map(|tool| reference(&arguments_name(tool))));
    json!({"description": "What is counted; without it, calls.", "anyOf": ways})
}

fn increment_anywhere() -> Value {
    json!({
        "description": "What is counted; without it, calls.",
        "anyOf": [
            reference("counted"),
            {
                "type": "string",
                "pattern": ARGUMENT,
                "description": "A number in the arguments, rounded up; a call without it, or with a negative one, is denied.",
            },
        ],
    })
}

fn pin() -> Value {
    let host = json!({
        "description": "A host in lower case, with or without a port: erp.acme.com, *.acme.com, localhost:*. * stands for any characters; without a port it is any port.",
        "type": "string",
        "maxLength": 300,
        "pattern": HOST,
        "examples": ["*.acme.com", "localhost:*"],
    });
    json!({
        "description": "Only in an administrator's file: what connections cannot say otherwise.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "environments": {
                "description": "Environments by host; the first pattern that matches counts.",
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["host", "environment"],
                    "additionalProperties": false,
                    "properties": {
                        "host": host,
                        "environment": {"enum": ["production", "staging", "development"], "description": "What it is used for."},
                    },
                },
            },
            "allowed_hosts": {
                "description": "The hosts that connections may reach. Without this key they may reach any.",
                "type": "array",
                "items": host,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_is_explained() {
        for (name, _) in FACTS {
            assert!(!meaning(name).is_empty(), "{name}");
        }
    }
}
