//! The page, from the definitions and the exchanges.

use crate::errors;
use crate::examples::Exchange;
use crate::print;
use gatehouse_core::ToolDefinition;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const COMMON: [&str; 4] = ["connection", "lang", "timezone", "companies"];

/// What arguments of the same name mean in every tool that has them.
const MEANINGS: [(&str, &str); 14] = [
    ("model", "Technical name, such as `res.partner`"),
    ("domain", "Odoo's list form or its text; every record where it is left out"),
    ("fields", "Names, also dotted; sensible ones where it is left out"),
    ("ids", "Ids of records, at least one, none twice"),
    ("values", "Field and value"),
    ("updates", "`[{\"id\", \"values\"}]`: each record its own values"),
    ("group_by", "What to group by, the leading field first"),
    ("aggregates", "`field:function`"),
    ("cursor", "From the answer before"),
    ("alias", "The connection's name"),
    ("ticket", "From the answer that named it"),
    ("pattern", "Words of the name or label"),
    ("db", "The database"),
    ("page", "Which page to show"),
];

const PREAMBLE: &str = "\
# The tools an agent sees

Written by `cargo xtask bindings` from the tools' own definitions; each exchange was carried out against `odoo-sim` while it was
written. What differs from run to run is masked: the address is `odoo.example.com`, tickets and cursors are `(ticket)`
and `(cursor)`.

## Answers

- An answer is compact JSON, once. It names the connection and the company; `companies` where several are in play.
- Several records are a table: `columns` once, `rows` after them, and `every_row` for what all have in common. One record is an
  object; ids alone are a list, `ids`. Groups are a table too. Rows are cut whole, at about 8,000 tokens: then `has_more` is true, and `cursor` or `next`
  says how to go on. It stands only where there is more.
- `null` is no value. A many2one is `[id, name]`; it is taken back, as are `{\"id\", \"name\"}`, a bare id and a name that exactly
  one record has. Amounts in one currency say it once, as `currency`.
- A change may have to wait for a person: `{\"status\": \"pending_approval\", \"ticket\": …}`. `approval_wait` with the ticket gives
  the outcome; so does the same call, repeated. Nothing runs before a person has approved, and nothing twice.

## Common arguments

Every tool whose name begins with `odoo_` and that is about data takes them.

| argument | type | |
| --- | --- | --- |
| `connection` | string | Name of a connection. Reads use the active one where it is left out; changes must name it if there are several. |
| `lang` | string | Language of labels and translated values, such as `fr_FR`; the connection's or the user's own by default |
| `timezone` | string | Where days begin, such as `Europe/Paris`; the user's own by default |
| `companies` | list of ids or names | Some of the user's own companies; the main one by default. Sums never mix companies or currencies. |

## Domains and dates

A domain is Odoo's list in prefix notation, as JSON or as its text in Python's way of writing: `[[\"country_id.code\", \"=\", \"FR\"]]`.
It is parsed strictly: what cannot be read is refused with its place and the nearest names, and nothing is ever widened. Dotted
paths are followed across models. Archived records are found only by a domain that names `active`.

A date is `2026-11-21`, a moment `2026-11-21 13:00:00` in UTC. Both may be relative to now in the time zone of the call: `today`,
`now`, `yesterday`, `tomorrow`, `week_start`, `week_end`, and the same of `month`, `quarter` and `year`, each followed by offsets
such as `-7d`, `+2w`, `-1m`, `+1y`, `-4h`: `month_start -1m`. An offset alone counts from today, or from now for a moment.
Compared with moments, a day (`today -7d`, a bare date) is its first second for `<` and `>=`, its last for `<=` and `>`.

## Errors

`{\"error\": {\"code\", \"message\", \"detail\"?, \"retry\", \"rule\"?, \"retry_after\"?}}`. The message is a sentence with the next step. `retry` is true where the
same call may succeed later.

";

/// The whole page.
pub(crate) fn of(tools: &[ToolDefinition], exchanges: &BTreeMap<&'static str, Exchange>) -> String {
    let mut page = PREAMBLE.to_owned();
    page.push_str("| code | means | next |\n| --- | --- | --- |\n");
    for row in errors::rows() {
        let _ = writeln!(page, "{row}");
    }
    page.push_str("\n## Tools\n\n");
    for tool in tools {
        let exchange = exchanges.get(tool.name.as_str());
        let exchange = exchange.unwrap_or_else(|| panic!("{} has no example", tool.name));
        section(tool, exchange, &mut page);
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn section(tool: &ToolDefinition, exchange: &Exchange, page: &mut String) {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let category = word(&serde_json::to_value(tool.risk.category).unwrap_or_default());
    let severity = word(&serde_json::to_value(tool.risk.severity).unwrap_or_default());
    let _ = writeln!(page, "### {}\n\n{} · {category} / {severity}\n\n{}\n", tool.name, tool.title, tool.description);
    arguments(&tool.input_schema, page);
    let _ = writeln!(page, "Errors worth knowing: {}.\n", known_errors(tool).join(", "));
    let remark = exchange.remark.map(|remark| format!(" {remark}")).unwrap_or_default();
    let _ = writeln!(page, "Asked:{remark}\n\n```json\n{}\n```\n", print::json(&exchange.arguments));
    let _ = writeln!(page, "Answered:\n\n```json\n{}\n```\n", print::json(&exchange.answer));
}

fn arguments(schema: &Value, page: &mut String) {
    let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty()) else {
        page.push_str("It takes no arguments.\n\n");
        return;
    };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let takes_common = COMMON.iter().all(|name| properties.contains_key(*name));
    let mut own: Vec<(&String, &Value)> =
        properties.iter().filter(|(name, _)| !(takes_common && COMMON.contains(&name.as_str()))).collect();
    own.sort_by_key(|(name, _)| required.iter().position(|one| one == name).unwrap_or(usize::MAX));
    if !own.is_empty() {
        page.push_str("| argument | type | |\n| --- | --- | --- |\n");
    }
    for (name, argument) in own {
        let star = if required.contains(&name.as_str()) { " \\*" } else { "" };
        let _ = writeln!(page, "| `{name}`{star} | {} | {} |", kind(argument), meaning(name, argument));
    }
    page.push_str(if takes_common { "\nAlso the common arguments. " } else { "\n" });
    page.push_str(if required.is_empty() { "\n" } else { "\\* required.\n" });
    page.push('\n');
}

fn kind(argument: &Value) -> String {
    let one = |word: &str| match word {
        "integer" => "whole number".to_owned(),
        "array" => match argument["items"]["type"].as_str() {
            Some("string") => "list of strings".to_owned(),
            Some("integer") => "list of whole numbers".to_owned(),
            Some("object") => "list of objects".to_owned(),
            _ => "list".to_owned(),
        },
        other => other.to_owned(),
    };
    let mut kind = match &argument["type"] {
        Value::String(word) => one(word),
        Value::Array(words) => words.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    };
    if let Some(values) = argument["enum"].as_array() {
        kind = values.iter().filter_map(Value::as_str).map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    }
    for (bound, words) in [("minimum", "from"), ("maximum", "to"), ("maxItems", "at most"), ("maxLength", "at most")] {
        if let Some(number) = argument[bound].as_u64() {
            let unit = if bound == "maxLength" { " characters" } else { "" };
            let _ = write!(kind, " {words} {number}{unit}");
        }
    }
    kind
}

fn meaning(name: &str, argument: &Value) -> String {
    let known = MEANINGS.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning);
    let told = argument["description"].as_str().or(known).unwrap_or_default();
    told.replace('|', "\\|")
}

/// What a caller of this tool meets most, besides what may happen to any call.
fn known_errors(tool: &ToolDefinition) -> Vec<String> {
    let is_about_data = tool.input_schema["properties"].get("model").is_some();
    let codes: &[&str] = match (tool.name.as_str(), tool.risk.category) {
        ("open_connection_manager" | "user_connection_list", _) => &["not_admitted", "paused"],
        ("user_connection_add", _) => &["invalid_arguments", "invalid_address", "name_taken", "denied_by_person"],
        ("user_connection_activate", _) => &["unknown_connection", "connection_unavailable"],
        ("user_connection_delete" | "odoo_disconnect", _) => &["unknown_connection", "denied_by_person"],
        ("odoo_connect", _) => &["credential_refused", "unreachable", "connection_unavailable"],
        ("odoo_list_models", _) => &["unknown_connection"],
        ("approval_wait", _) => &["ticket_gone", "denied_by_person", "rate_limited"],
        ("odoo_plan", _) => &["invalid_arguments", "denied", "denied_by_person", "odoo_refused", "outcome_unknown"],
        (_, gatehouse_core::Category::Read) if is_about_data => {
            &["invalid_arguments", "unknown_schema", "access_denied", "denied"]
        }
        (_, gatehouse_core::Category::Read) => &["invalid_arguments", "record_missing", "access_denied", "denied"],
        _ => &[
            "invalid_arguments",
            "denied",
            "denied_by_person",
            "drifted",
            "odoo_refused",
            "access_denied",
            "outcome_unknown",
        ],
    };
    codes.iter().map(|code| format!("`{code}`")).collect()
}
