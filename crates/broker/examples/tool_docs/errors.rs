//! Every code of an error, with what it means and what comes next.

use gatehouse_core::ErrorCode;
use std::collections::BTreeSet;
use ts_rs::{Config, TS};

/// Code, meaning, next step, in the order in which a call meets them.
const CODES: &[(&str, &str, &str)] = &[
    ("unknown_tool", "No tool of that name, or one that a policy hides.", "Use a tool of the list."),
    (
        "invalid_arguments",
        "Something in the arguments does not fit: each problem is told with its place and the nearest name.",
        "Correct exactly that.",
    ),
    ("unknown_connection", "No connection of that name is yours.", "user_connection_list."),
    ("connection_required", "A change must name its connection when you have several.", "Repeat it with connection."),
    (
        "connection_unavailable",
        "The connection is signed out, in the trash, or has no secret yet.",
        "Tell the user: only they can mend it.",
    ),
    ("name_taken", "A connection of that name exists.", "Choose another name."),
    ("not_admitted", "The user has not admitted you.", "Tell the user; a card waits in Gatehouse."),
    ("paused", "The user has paused you, or every agent.", "Wait until the user says so."),
    (
        "denied",
        "A policy rule or the guard refuses it; rule names which.",
        "Final. Tell the user; look for no way around.",
    ),
    ("rate_limited", "A limit is spent.", "Wait for retry_after seconds."),
    ("denied_by_person", "A person refused it.", "Final. Ask the user what they want instead."),
    ("drifted", "What the person saw has changed since. Nothing ran.", "Read the records again, then repeat the call."),
    (
        "ticket_gone",
        "The ticket expired, was withdrawn, or its result was delivered.",
        "Look at the records before you call again.",
    ),
    ("not_armed", "Approve was pressed before the card was on the screen long enough.", "Concerns the person alone."),
    ("pin_refused", "The PIN was missing or wrong.", "Concerns the person alone."),
    ("vault_locked", "The keyring is locked.", "Tell the user to unlock it."),
    ("vault_unavailable", "The keyring cannot be reached.", "Tell the user."),
    ("invalid_address", "Gatehouse does not connect to such an address.", "Correct url."),
    (
        "unreachable",
        "The server is not found, refuses, or does not answer in time. Nothing was sent.",
        "Try again later; tell the user.",
    ),
    ("certificate_refused", "The server's certificate is not trusted. Nothing was sent.", "Tell the user."),
    ("not_odoo", "Something answers there, but not Odoo.", "Tell the user to check the address."),
    ("unknown_database", "The server has no such database, or does not say.", "Tell the user."),
    ("credential_refused", "Odoo refused login or key.", "Tell the user to enter a new one in Gatehouse."),
    ("api_not_included", "The plan of this Odoo does not include its API.", "Tell the user."),
    (
        "access_denied",
        "The Odoo user may not do this.",
        "Tell the user: an administrator of that Odoo can give the right.",
    ),
    ("record_missing", "The record does not exist any more, or the user may not see it.", "Search again."),
    (
        "odoo_refused",
        "Odoo's own rules refuse it; the message is Odoo's. Nothing was changed.",
        "Change what Odoo complains about.",
    ),
    ("unknown_schema", "This Odoo has no such model, field or method.", "odoo_list_models, odoo_fields_get."),
    ("odoo_failed", "Odoo failed inside.", "Ask in another way, or tell the user."),
    ("odoo_busy", "Odoo asks to slow down.", "Repeat it after retry_after seconds."),
    (
        "outcome_unknown",
        "A write was sent and its answer never came. The message says what Gatehouse found when it read the records.",
        "Do what the message says; where it leaves that open, read the records. Never send it again unread.",
    ),
    ("too_much", "Too much at once, or too large.", "Ask for less."),
    ("cancelled", "The client cancelled the call before anything ran.", "Nothing is left to do."),
    ("app_unavailable", "Gatehouse is not running and could not be started.", "Tell the user to start it."),
    ("version_mismatch", "App and bridge are of different versions.", "Tell the user to restart the client."),
    ("storage", "Gatehouse cannot read or write its files.", "Tell the user."),
    ("internal", "A fault of Gatehouse.", "Tell the user."),
];

/// The codes, each as one row of a table. Panics where the list is not the one of the code.
pub(crate) fn rows() -> Vec<String> {
    let union = ErrorCode::inline(&Config::new());
    let known: BTreeSet<&str> = union.split('|').map(|word| word.trim().trim_matches('"')).collect();
    let told: BTreeSet<&str> = CODES.iter().map(|(code, ..)| *code).collect();
    assert_eq!(told, known, "the table of errors is not that of the code");
    CODES.iter().map(|(code, meaning, next)| format!("| `{code}` | {meaning} | {next} |")).collect()
}
