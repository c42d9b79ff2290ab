//! Ways to learn a value that policy keeps from agents without being given it, one test each: every one is refused before
//! Odoo is asked about any record, and no answer holds the value.

mod grouping;
mod names;
mod searching;
mod values;

use crate::house::{Agent, House, ids, records};
use gatehouse_broker::view::{CardContent, Verdict};
use gatehouse_core::{EdgeError, ErrorCode};
use serde_json::{Value, json};

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };
/// The value that no answer may hold.
const SECRET: &str = "zq7-bluebird";
/// Azure Interior.
const PARTNER: i64 = 10;

/// A demo whose contact 10 holds the secret as its reference, under a policy of the user's that keeps these fields.
async fn keeping(redact: &[&str]) -> (House, Agent) {
    under(&json!({"version": "1", "default": "allow", "redact": redact})).await
}

async fn under(policy: &Value) -> (House, Agent) {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.meddle("res.partner", PARTNER, json!({"ref": SECRET, "vat": SECRET})).await;
    std::fs::write(house.folder().join("policy.json"), policy.to_string()).unwrap();
    let card = house.card().await;
    assert!(matches!(&card.content, CardContent::Policy(edit) if edit.errors.is_empty()), "{card:?}");
    house.decide(&card, YES).await.unwrap();
    (house, agent)
}

/// Calls of Odoo that look at records; its own description of a model is none.
fn looked(house: &House) -> Vec<String> {
    let about_data = |method: &str| !matches!(method, "fields_get" | "get_view" | "context_get");
    let seen = house.sim.log();
    seen.iter().filter(|seen| about_data(&seen.method)).map(|seen| format!("{}.{}", seen.model, seen.method)).collect()
}

/// Every call is refused by this rule, and Odoo is not asked about a record for any of them.
async fn refused_by(rule: &str, house: &House, agent: &Agent, calls: &[(&str, Value)]) {
    // Signing in looks at the user's own record.
    agent.call("odoo_search_count", json!({"model": "res.country"})).await.unwrap();
    for (tool, arguments) in calls {
        let before = looked(house);
        let error = refusal(agent, tool, arguments).await;
        let said = format!("{error:?}");
        assert_eq!(error.code, ErrorCode::Denied, "{tool} {arguments}: {said}");
        assert!(said.contains(rule), "{tool} {arguments}: not by {rule}: {said}");
        assert!(!said.contains(SECRET), "{tool} {arguments}: {said}");
        assert_eq!(looked(house), before, "{tool} {arguments} asked Odoo");
    }
    assert!(house.approver.cards().is_empty(), "nobody is asked about what is kept");
}

async fn refusal(agent: &Agent, tool: &str, arguments: &Value) -> EdgeError {
    match agent.call(tool, arguments.clone()).await {
        Err(error) => error,
        Ok(answer) => panic!("{tool} {arguments} was answered: {answer}"),
    }
}

fn find(model: &str, domain: &Value) -> (&'static str, Value) {
    ("odoo_search_read", json!({"model": model, "domain": domain, "fields": ["id"]}))
}

fn group(model: &str, more: &Value) -> (&'static str, Value) {
    let mut arguments = json!({"model": model, "group_by": []});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ("odoo_read_group", arguments)
}

const REF: &[&str] = &["res.partner.ref"];
const BY_POLICY: &str = "user:/redact/0";
const BY_GUARD: &str = "(guard)";
