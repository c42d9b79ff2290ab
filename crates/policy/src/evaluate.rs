//! The decision procedure, in the order of the document: hide → default → `deny_if` → `require` → limits →
//! `require_approval`. Limits are named here and reserved by [`crate::Limits`].
//!
//! There is one procedure. [`evaluate`] runs it unseen and allocates nothing while a call is allowed; [`crate::explain`]
//! runs the same with a [`Witness`].

use crate::Layer;
use crate::condition::{Condition, Reading};
use crate::decimal::Decimal;
use crate::explain::{StepKind, StepOutcome};
use crate::limits::{ChargeRequest, CounterId};
use crate::path::Path;
use crate::policy::{ApprovalRule, DefaultAnswer, Increment, Limit, Rule, ToolRules};
use crate::rule_id::RuleId;
use gatehouse_core::{AgentId, CallFacts, Decision, Denial, Environment, FieldPath, Question, Retry};
use serde_json::Value;
use smallvec::SmallVec;
use std::time::Duration;

/// The tools that are protocol: outside default, hide and limits.
const PROTOCOL: [&str; 1] = ["approval_wait"];

/// Whether a tool is protocol.
pub(crate) fn is_protocol(tool: &str) -> bool {
    PROTOCOL.contains(&tool)
}

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

/// What a call takes from limits; up to four lie in place.
pub type Charges<'a> = SmallVec<[ChargeRequest<'a>; 4]>;

/// What all layers together say.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    /// The strictest answer; of equally strict ones the first layer's.
    pub decision: Decision,
    /// What the call takes from limits, in the layers' order; empty when it is denied.
    pub charges: Charges<'a>,
    /// How long the person has, where an asking rule says so: the shortest.
    pub timeout: Option<Duration>,
}

impl Verdict<'_> {
    /// A refusal.
    pub fn deny(denial: Denial) -> Self {
        Self { decision: Decision::Deny(denial), charges: Charges::new(), timeout: None }
    }

    /// The same, on its own.
    pub fn into_owned(self) -> Verdict<'static> {
        let charges = self.charges.into_iter().map(ChargeRequest::into_owned).collect();
        Verdict { decision: self.decision, charges, timeout: self.timeout }
    }
}

/// Judges a call by every layer. The guard stands before this, see [`crate::guard::judge`].
pub fn evaluate<'a>(layers: &'a [Layer<'a>], call: &Call<'a>) -> Verdict<'a> {
    judge_all(layers, call, &mut ())
}

/// Sees each step of the procedure. Its methods do nothing unless they are written.
pub(crate) trait Witness {
    /// A layer is about to be judged.
    fn layer(&mut self, _layer: &Layer<'_>) {}
    /// A step that looks at names alone, or at what the call reads.
    fn step(&mut self, _kind: StepKind, _index: usize, _outcome: StepOutcome) {}
    /// An entry of `deny_if`, `require` or `require_approval`.
    fn rule(&mut self, _kind: StepKind, _index: usize, _rule: Seen<'_>, _outcome: StepOutcome) {}
    /// A limit whose amount is known.
    fn limit(&mut self, _limit: &Limit, _rule: &RuleId<'_>, _amount: u64) {}
    /// A limit that cannot be counted.
    fn uncounted(&mut self, _limit: &Limit, _rule: &RuleId<'_>) {}
    /// What the layer came to.
    fn said(&mut self, _decision: &Decision) {}
}

impl Witness for () {}

/// A rule's conditions, how they are read, and its words.
pub(crate) struct Seen<'a> {
    pub(crate) conditions: &'a [Condition],
    pub(crate) reading: Reading,
    pub(crate) words: Option<&'a str>,
}

pub(crate) fn judge_all<'a>(layers: &'a [Layer<'a>], call: &Call<'a>, witness: &mut impl Witness) -> Verdict<'a> {
    let mut verdict = Verdict { decision: Decision::Allow, charges: Charges::new(), timeout: None };
    let tool = call.facts.tool.as_str();
    if is_protocol(tool) {
        return verdict;
    }
    // The local tools' layer lets all other tools pass; it alone allows none of them.
    let speaks = |layer: &Layer<'_>| layer.name != Layer::LOCAL || layer.policy.tools.contains_key(tool);
    if !layers.iter().any(speaks) {
        verdict.decision = Decision::Deny(default_deny("no policy", tool));
        return verdict;
    }
    for layer in layers {
        witness.layer(layer);
        let said = match judge(layer, call, &mut verdict.charges, witness) {
            Ok((decision, timeout)) => {
                verdict.timeout = [verdict.timeout, timeout].into_iter().flatten().min();
                decision
            }
            Err(denial) => Decision::Deny(denial),
        };
        witness.said(&said);
        verdict.decision = verdict.decision.strictest(said);
    }
    if matches!(verdict.decision, Decision::Deny(_)) {
        verdict.charges.clear();
        verdict.timeout = None;
    }
    verdict
}

/// Whether any layer hides `tool`: it is not listed, and a call of it is denied.
pub fn is_hidden(layers: &[Layer<'_>], tool: &str) -> bool {
    !is_protocol(tool) && layers.iter().any(|layer| layer.policy.hides(tool))
}

/// Whether any layer keeps `field` from agents: it is left out where no fields were named, and denied where it was.
pub fn is_redacted(layers: &[Layer<'_>], field: &FieldPath) -> bool {
    layers.iter().any(|layer| layer.policy.redact.iter().any(|glob| glob.matches(field)))
}

/// One layer alone.
fn judge<'a>(
    layer: &'a Layer<'a>,
    call: &Call<'a>,
    charges: &mut Charges<'a>,
    witness: &mut impl Witness,
) -> Result<(Decision, Option<Duration>), Denial> {
    not_hidden(layer, call, witness)?;
    let rules = listed_or_default(layer, call, witness)?;
    nothing_redacted(layer, call, witness)?;
    if let Some(rules) = rules {
        no_deny_if(layer, rules, call, witness)?;
        every_require(layer, rules, call, witness)?;
    }
    charge(layer, rules, call, charges, witness)?;
    Ok(approval(layer, rules, call, witness))
}

fn not_hidden(layer: &Layer<'_>, call: &Call<'_>, witness: &mut impl Witness) -> Result<(), Denial> {
    let tool = &call.facts.tool;
    if !layer.policy.hides(tool) {
        return Ok(());
    }
    witness.step(StepKind::Hide, 0, StepOutcome::Denied);
    Err(Denial {
        rule: "(hidden)".to_owned(),
        message: format!("The {} policy hides {tool}: agents cannot use it. Do not try again.", owner(layer)),
        retry: Retry::Never,
    })
}

fn listed_or_default<'a>(
    layer: &'a Layer<'a>,
    call: &Call<'_>,
    witness: &mut impl Witness,
) -> Result<Option<&'a ToolRules>, Denial> {
    let listed = layer.policy.tools.get(&call.facts.tool);
    if listed.is_none() && layer.policy.default == DefaultAnswer::Deny {
        witness.step(StepKind::Default, 0, StepOutcome::Denied);
        return Err(default_deny(&format!("the {} policy", owner(layer)), &call.facts.tool));
    }
    if listed.is_none() {
        witness.step(StepKind::Default, 0, StepOutcome::Passed);
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
fn nothing_redacted(layer: &Layer<'_>, call: &Call<'_>, witness: &mut impl Witness) -> Result<(), Denial> {
    for (index, glob) in layer.policy.redact.iter().enumerate() {
        let found = if let Some(reads) = &call.facts.reads {
            reads.iter().find(|read| glob.matches(read)).map(|field| {
                let message = format!(
                    "{field} is kept from agents, also in domains, orders, groupings and values, in names that are \
                     looked for in it, and in what is copied or computed from it. Leave it out."
                );
                (message, Retry::WhenChanged)
            })
        } else {
            // What cannot be known is judged as the worst case.
            let message = "What this call reads cannot be told, and some fields are kept from agents.".to_owned();
            Some((message, Retry::Never))
        };
        if let Some((message, retry)) = found {
            witness.step(StepKind::Redact, index, StepOutcome::Denied);
            return Err(Denial { rule: format!("{}:/redact/{index}", layer.name), message, retry });
        }
        witness.step(StepKind::Redact, index, StepOutcome::Passed);
    }
    Ok(())
}

fn no_deny_if(layer: &Layer<'_>, rules: &ToolRules, call: &Call<'_>, witness: &mut impl Witness) -> Result<(), Denial> {
    let reading = Reading::Suspicious;
    for (index, rule) in rules.deny_if.iter().enumerate() {
        let holds = rule.conditions.iter().all(|condition| condition.holds(call, reading));
        let outcome = if holds { StepOutcome::Denied } else { StepOutcome::Passed };
        let seen = Seen { conditions: &rule.conditions, reading, words: rule.on_deny.as_deref() };
        witness.rule(StepKind::DenyIf, index, seen, outcome);
        if holds {
            return Err(denial(layer, call, "deny_if", index, rule));
        }
    }
    Ok(())
}

fn every_require(
    layer: &Layer<'_>,
    rules: &ToolRules,
    call: &Call<'_>,
    witness: &mut impl Witness,
) -> Result<(), Denial> {
    let reading = Reading::Demanding;
    for (index, rule) in rules.require.iter().enumerate() {
        let holds = rule.conditions.iter().all(|condition| condition.holds(call, reading));
        let outcome = if holds { StepOutcome::Passed } else { StepOutcome::Denied };
        let seen = Seen { conditions: &rule.conditions, reading, words: rule.on_deny.as_deref() };
        witness.rule(StepKind::Require, index, seen, outcome);
        if !holds {
            return Err(denial(layer, call, "require", index, rule));
        }
    }
    Ok(())
}

fn denial(layer: &Layer<'_>, call: &Call<'_>, kind: &'static str, index: usize, rule: &Rule) -> Denial {
    let tool = &call.facts.tool;
    let why = rule
        .on_deny
        .as_deref()
        .map_or_else(|| format!("the {} policy denies this call of {tool}", owner(layer)), str::to_owned);
    let can_change = |path: &Path| match path {
        Path::Arguments(_) => true,
        Path::Fact(fact) => fact.is_of_the_call(),
    };
    let (retry, next) = if rule.conditions.iter().any(|c| can_change(&c.path)) {
        (Retry::WhenChanged, "Do not retry it unchanged.")
    } else {
        (Retry::Never, "Do not try again.")
    };
    Denial {
        rule: RuleId::of_tool(&layer.name, tool, kind, index).to_string(),
        message: format!("Denied by policy: {}. {next}", why.trim_end_matches('.')),
        retry,
    }
}

/// What the call takes from this layer's limits. Limits of one counter are one charge, held against the smallest quota.
fn charge<'a>(
    layer: &'a Layer<'a>,
    rules: Option<&'a ToolRules>,
    call: &Call<'a>,
    charges: &mut Charges<'a>,
    witness: &mut impl Witness,
) -> Result<(), Denial> {
    let tool = call.facts.tool.as_str();
    let own = rules.map(|rules| rules.limits.as_slice()).unwrap_or_default();
    let own = own.iter().enumerate().map(|(i, limit)| (RuleId::of_tool(&layer.name, tool, "limits", i), limit));
    let shared = layer.policy.all_tools.iter().enumerate();
    let shared = shared.map(|(i, limit)| (RuleId::of_all_tools(&layer.name, i), limit));
    let earlier = charges.len();
    for (rule, limit) in own.chain(shared) {
        let amount = match amount(limit, call) {
            Ok(amount) => amount,
            Err(why) => {
                witness.uncounted(limit, &rule);
                return Err(Denial {
                    rule: rule.to_string(),
                    message: format!("Denied by policy: {why}. Do not retry it unchanged."),
                    retry: Retry::WhenChanged,
                });
            }
        };
        let counter = CounterId::new(&layer.name, call.agent.as_str(), &limit.counter);
        let rows = limit.increment == Increment::Rows;
        let same = charges[earlier..].iter().position(|charge| charge.counter == counter).map(|at| earlier + at);
        witness.limit(limit, &rule, amount);
        match same {
            Some(same) if limit.max < charges[same].max => {
                charges[same].max = limit.max;
                charges[same].rule = rule;
            }
            Some(_) => {}
            None => charges.push(ChargeRequest { counter, window: limit.window, max: limit.max, amount, rows, rule }),
        }
    }
    Ok(())
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

fn approval(
    layer: &Layer<'_>,
    rules: Option<&ToolRules>,
    call: &Call<'_>,
    witness: &mut impl Witness,
) -> (Decision, Option<Duration>) {
    let rules = rules.map(|rules| rules.require_approval.as_slice()).unwrap_or_default();
    let reading = Reading::Suspicious;
    let (mut first, mut timeout): (Option<(usize, &ApprovalRule)>, Option<Duration>) = (None, None);
    for (index, rule) in rules.iter().enumerate() {
        let holds = rule.conditions.iter().all(|condition| condition.holds(call, reading));
        let outcome = if holds { StepOutcome::Asked } else { StepOutcome::Passed };
        let seen = Seen { conditions: &rule.conditions, reading, words: rule.reason.as_deref() };
        witness.rule(StepKind::RequireApproval, index, seen, outcome);
        if holds {
            first = first.or(Some((index, rule)));
            timeout = [timeout, rule.timeout].into_iter().flatten().min();
        }
    }
    let Some((index, rule)) = first else { return (Decision::Allow, None) };
    let question = Question {
        rule: RuleId::of_tool(&layer.name, &call.facts.tool, "require_approval", index).to_string(),
        reason: rule
            .reason
            .clone()
            .unwrap_or_else(|| format!("The {} policy asks before {}.", owner(layer), call.facts.tool)),
    };
    (Decision::Ask(question), timeout)
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
