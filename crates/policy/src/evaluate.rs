//! The decision procedure, in the order of the document: hide → default → `deny_if` → `require` → limits →
//! `require_approval`. Limits are named here and reserved by [`crate::Limits`].

use crate::condition::Reading;
use crate::limits::ChargeRequest;
use crate::path::Path;
use crate::policy::{ApprovalRule, DefaultAnswer, Increment, Limit, Rule, ToolRules};
use crate::problem::token;
use crate::{Layer, decimal::Decimal};
use gatehouse_core::{AgentId, CallFacts, Category, Decision, Denial, Environment, FieldPath, Question, Retry};
use serde_json::Value;
use std::time::Duration;

/// The tools that are protocol: outside default, hide and limits.
const PROTOCOL: [&str; 1] = ["approval_wait"];

/// A call to judge.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What Gatehouse computed of it.
    pub facts: &'a CallFacts,
    /// What the agent sent: a JSON object.
    pub arguments: &'a Value,
    /// The connection it goes through, if any.
    pub connection: Option<&'a ConnectionFacts>,
    /// Who calls.
    pub agent: &'a AgentId,
}

/// What policies may ask about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionFacts {
    /// Its name.
    pub name: String,
    /// What it is used for.
    pub environment: Environment,
    /// Host and port.
    pub host: String,
    /// The database.
    pub database: String,
    /// The login in Odoo.
    pub login: String,
    /// The server's version; none while it is not known, which matches nothing and counts as a doubt.
    pub version: Option<String>,
}

/// What all layers together say.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The strictest answer; of equally strict ones the first layer's.
    pub decision: Decision,
    /// What the call takes from limits, in the layers' order; empty when it is denied.
    pub charges: Vec<ChargeRequest>,
    /// How long the person has, where an asking rule says so: the shortest.
    pub timeout: Option<Duration>,
}

/// Judges a call by every layer. The guard stands before this, see [`crate::guard::judge`].
pub fn evaluate(layers: &[Layer<'_>], call: &Call<'_>) -> Verdict {
    let mut verdict = Verdict { decision: Decision::Allow, charges: Vec::new(), timeout: None };
    if PROTOCOL.contains(&call.facts.tool.as_str()) {
        return verdict;
    }
    // The local tools' layer lets all other tools pass; it alone allows none of them.
    let speaks = |layer: &Layer<'_>| layer.name != Layer::LOCAL || layer.policy.tools.contains_key(&call.facts.tool);
    if !layers.iter().any(speaks) {
        verdict.decision = Decision::Deny(default_deny("no policy", &call.facts.tool));
        return verdict;
    }
    for layer in layers {
        match judge(layer, call) {
            Ok(said) => {
                verdict.decision = verdict.decision.strictest(said.decision);
                verdict.charges.extend(said.charges);
                verdict.timeout = [verdict.timeout, said.timeout].into_iter().flatten().min();
            }
            Err(denial) => verdict.decision = verdict.decision.strictest(Decision::Deny(denial)),
        }
    }
    if matches!(verdict.decision, Decision::Deny(_)) {
        verdict.charges.clear();
        verdict.timeout = None;
    }
    verdict
}

/// Whether any layer hides `tool`: it is not listed, and a call of it is denied.
pub fn is_hidden(layers: &[Layer<'_>], tool: &str) -> bool {
    !PROTOCOL.contains(&tool) && layers.iter().any(|layer| layer.policy.hides(tool))
}

/// Whether any layer keeps `field` from agents: it is left out where no fields were named, and denied where it was.
pub fn is_redacted(layers: &[Layer<'_>], field: &FieldPath) -> bool {
    layers.iter().any(|layer| layer.policy.redact.iter().any(|glob| glob.matches(field)))
}

/// One layer alone.
fn judge(layer: &Layer<'_>, call: &Call<'_>) -> Result<Verdict, Denial> {
    not_hidden(layer, call)?;
    let rules = listed_or_default(layer, call)?;
    nothing_redacted(layer, call)?;
    if let Some(rules) = rules {
        no_deny_if(layer, rules, call)?;
        every_require(layer, rules, call)?;
    }
    let charges = charges(layer, call)?;
    let (decision, timeout) = approval(layer, rules, call);
    Ok(Verdict { decision, charges, timeout })
}

fn not_hidden(layer: &Layer<'_>, call: &Call<'_>) -> Result<(), Denial> {
    let tool = &call.facts.tool;
    if !layer.policy.hides(tool) {
        return Ok(());
    }
    Err(Denial {
        rule: "(hidden)".to_owned(),
        message: format!("The {} policy hides {tool}: agents cannot use it. Do not try again.", owner(layer)),
        retry: Retry::Never,
    })
}

fn listed_or_default<'a>(layer: &'a Layer<'_>, call: &Call<'_>) -> Result<Option<&'a ToolRules>, Denial> {
    let listed = layer.policy.tools.get(&call.facts.tool);
    if listed.is_none() && layer.policy.default == DefaultAnswer::Deny {
        return Err(default_deny(&format!("the {} policy", owner(layer)), &call.facts.tool));
    }
    Ok(listed)
}

fn default_deny(who: &str, tool: &str) -> Denial {
    let message = if who == "no policy" {
        format!("No policy allows {tool}. Do not try again.")
    } else {
        format!("{tool} is denied: {who} does not allow it. Do not try again.")
    };
    Denial { rule: "(default deny)".to_owned(), message, retry: Retry::Never }
}

/// A field that never reaches an agent may not be named either: a domain would tell its value bit by bit.
fn nothing_redacted(layer: &Layer<'_>, call: &Call<'_>) -> Result<(), Denial> {
    for (index, glob) in layer.policy.redact.iter().enumerate() {
        let rule = format!("{}:/redact/{index}", layer.name);
        match &call.facts.reads {
            Some(reads) => {
                if let Some(field) = reads.iter().find(|read| glob.matches(read)) {
                    let message =
                        format!("{field} is kept from agents, also in domains, orders and groupings. Leave it out.");
                    return Err(Denial { rule, message, retry: Retry::WhenChanged });
                }
            }
            None if call.facts.risk.category == Category::Read => {
                let message = "What this call reads cannot be told, and some fields are kept from agents.".to_owned();
                return Err(Denial { rule, message, retry: Retry::Never });
            }
            None => {}
        }
    }
    Ok(())
}

fn no_deny_if(layer: &Layer<'_>, rules: &ToolRules, call: &Call<'_>) -> Result<(), Denial> {
    let holds = |rule: &Rule| rule.conditions.iter().all(|c| c.holds(call, Reading::Suspicious));
    match rules.deny_if.iter().position(holds) {
        Some(index) => Err(denial(layer, call, "deny_if", index, &rules.deny_if[index])),
        None => Ok(()),
    }
}

fn every_require(layer: &Layer<'_>, rules: &ToolRules, call: &Call<'_>) -> Result<(), Denial> {
    let fails = |rule: &Rule| !rule.conditions.iter().all(|c| c.holds(call, Reading::Demanding));
    match rules.require.iter().position(fails) {
        Some(index) => Err(denial(layer, call, "require", index, &rules.require[index])),
        None => Ok(()),
    }
}

fn denial(layer: &Layer<'_>, call: &Call<'_>, kind: &str, index: usize, rule: &Rule) -> Denial {
    let tool = &call.facts.tool;
    let why = rule
        .on_deny
        .as_deref()
        .map_or_else(|| format!("the {} policy denies this call of {tool}", owner(layer)), str::to_owned);
    let can_change = |path: &Path| {
        let text = path.to_string();
        text.starts_with("args.") || text.starts_with("call.")
    };
    let (retry, next) = if rule.conditions.iter().any(|c| can_change(&c.path)) {
        (Retry::WhenChanged, "Do not retry it unchanged.")
    } else {
        (Retry::Never, "Do not try again.")
    };
    Denial {
        rule: rule_id(layer, tool, kind, index),
        message: format!("Denied by policy: {}. {next}", why.trim_end_matches('.')),
        retry,
    }
}

/// What the call takes from this layer's limits. Limits of one counter are one charge, held against the smallest quota.
fn charges(layer: &Layer<'_>, call: &Call<'_>) -> Result<Vec<ChargeRequest>, Denial> {
    let tool = &call.facts.tool;
    let own = layer.policy.tools.get(tool).map(|rules| rules.limits.as_slice()).unwrap_or_default();
    let own = own.iter().enumerate().map(|(i, limit)| (rule_id(layer, tool, "limits", i), limit));
    let shared = layer.policy.all_tools.iter().enumerate();
    let shared = shared.map(|(i, limit)| (format!("{}:/all_tools/limits/{i}", layer.name), limit));
    let mut charges: Vec<ChargeRequest> = Vec::new();
    for (rule, limit) in own.chain(shared) {
        let amount = amount(limit, call).map_err(|why| Denial {
            rule: rule.clone(),
            message: format!("Denied by policy: {why}. Do not retry it unchanged."),
            retry: Retry::WhenChanged,
        })?;
        let counter = format!("{}/{}/{}", layer.name, call.agent, limit.counter);
        let rows = limit.increment == Increment::Rows;
        match charges.iter_mut().find(|charge| charge.counter == counter) {
            Some(same) if limit.max < same.max => {
                same.max = limit.max;
                same.rule = rule;
            }
            Some(_) => {}
            None => charges.push(ChargeRequest { counter, window: limit.window, max: limit.max, amount, rows, rule }),
        }
    }
    Ok(charges)
}

fn amount(limit: &Limit, call: &Call<'_>) -> Result<u64, String> {
    match &limit.increment {
        Increment::Call => Ok(1),
        Increment::Rows => Ok(0),
        Increment::Sensitive => Ok(u64::from(call.facts.sensitive || call.facts.reads.is_none())),
        Increment::Records => {
            call.facts.records.ok_or_else(|| "how many records this call touches cannot be told".to_owned())
        }
        Increment::Argument(path) => {
            let Path::Arguments(keys) = path else { return Err(format!("{path} cannot be counted")) };
            let value = keys.iter().try_fold(call.arguments, |value, key| value.as_object()?.get(key));
            let number = match value {
                Some(Value::Number(number)) => Decimal::of(number),
                _ => None,
            };
            number
                .filter(|number| !number.is_negative())
                .and_then(|number| number.ceiling())
                .ok_or_else(|| format!("{path} must be a number that is not negative, because it is counted"))
        }
    }
}

fn approval(layer: &Layer<'_>, rules: Option<&ToolRules>, call: &Call<'_>) -> (Decision, Option<Duration>) {
    let rules = rules.map(|rules| rules.require_approval.as_slice()).unwrap_or_default();
    let holds = |rule: &ApprovalRule| rule.conditions.iter().all(|c| c.holds(call, Reading::Suspicious));
    let asking: Vec<(usize, &ApprovalRule)> = rules.iter().enumerate().filter(|(_, rule)| holds(rule)).collect();
    let timeout = asking.iter().filter_map(|(_, rule)| rule.timeout).min();
    let Some((index, rule)) = asking.first() else { return (Decision::Allow, None) };
    let question = Question {
        rule: rule_id(layer, &call.facts.tool, "require_approval", *index),
        reason: rule
            .reason
            .clone()
            .unwrap_or_else(|| format!("The {} policy asks before {}.", owner(layer), call.facts.tool)),
    };
    (Decision::Ask(question), timeout)
}

fn rule_id(layer: &Layer<'_>, tool: &str, kind: &str, index: usize) -> String {
    format!("{}:/tools/{}/{kind}/{index}", layer.name, token(tool))
}

/// `connection’s`: whose policy it is, in a sentence.
fn owner(layer: &Layer<'_>) -> &'static str {
    match layer.name.split(':').next() {
        Some("managed") => "administrator's",
        Some("user") => "user's",
        Some("connection") => "connection's",
        Some("agent") => "agent's",
        _ => "built-in",
    }
}
