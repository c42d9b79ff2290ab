//! What all layers together say.

use super::conditions::{Reading, entry_holds, number};
use super::counters::Wanted;
use super::seen::{Seen, seen};
use crate::generated::Call;
use gatehouse_core::FieldPath;
use serde_json::Value;

/// A layer's name and its policy.
pub(super) type Layer<'a> = (&'a str, &'a Value);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Allow,
    Ask { rule: String, reason: String },
    Deny { rule: String, message: String },
}

impl Answer {
    pub(super) fn strictness(&self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::Ask { .. } => 1,
            Self::Deny { .. } => 2,
        }
    }

    /// `allow`, `ask RULE` or `deny RULE`.
    pub(super) fn said(&self) -> String {
        match self {
            Self::Allow => "allow".to_owned(),
            Self::Ask { rule, .. } => format!("ask {rule}"),
            Self::Deny { rule, .. } => format!("deny {rule}"),
        }
    }
}

/// What layers say.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) answer: Answer,
    pub(super) charges: Vec<Wanted>,
    /// Seconds that a person has at most.
    pub(super) timeout: Option<u64>,
}

/// The strictest answer of all layers, and the limits of all of them unless it is a denial.
pub(super) fn judge(layers: &[Layer<'_>], call: &Call) -> Judged {
    if call.facts.tool == "approval_wait" {
        return Judged { answer: Answer::Allow, charges: Vec::new(), timeout: None };
    }
    let tool = call.facts.tool.as_str();
    // The layer of the local tools says nothing about others, so it alone allows none of them.
    let speaking = layers.iter().filter(|(name, policy)| *name != "local" || policy["tools"].get(tool).is_some());
    let each: Vec<Judged> = speaking.map(|layer| judge_alone(*layer, call)).collect();
    let Some(strictest) = each.iter().map(|judged| judged.answer.strictness()).max() else {
        return denied("(default deny)", "");
    };
    let answer =
        each.iter().map(|judged| &judged.answer).find(|answer| answer.strictness() == strictest).unwrap().clone();
    if strictest == 2 {
        return Judged { answer, charges: Vec::new(), timeout: None };
    }
    Judged {
        answer,
        timeout: each.iter().filter_map(|judged| judged.timeout).min(),
        charges: each.into_iter().flat_map(|judged| judged.charges).collect(),
    }
}

/// hide → default → redact → `deny_if` → `require` → limits → `require_approval`.
fn judge_alone((name, policy): Layer<'_>, call: &Call) -> Judged {
    let tool = call.facts.tool.as_str();
    if hides(policy, tool) {
        return denied("(hidden)", "");
    }
    let rules = policy["tools"].get(tool);
    if rules.is_none() && policy["default"] == "deny" {
        return denied("(default deny)", "");
    }
    for (index, glob) in entries(&policy["redact"]).iter().enumerate() {
        let glob = glob.as_str().unwrap();
        let named = match &call.facts.reads {
            Some(reads) => reads.iter().any(|field| fits(glob, field)),
            None => true,
        };
        if named {
            return denied(format!("{name}:/redact/{index}"), "");
        }
    }
    let nothing = Value::Null;
    let rules = rules.unwrap_or(&nothing);
    let token = tool.replace('~', "~0").replace('/', "~1");
    let at = |kind: &str, index: usize| format!("{name}:/tools/{token}/{kind}/{index}");
    for (index, entry) in entries(&rules["deny_if"]).iter().enumerate() {
        if entry_holds(entry, call, Reading::Suspicion) {
            return denied(at("deny_if", index), entry["on_deny"].as_str().unwrap_or_default());
        }
    }
    for (index, entry) in entries(&rules["require"]).iter().enumerate() {
        if !entry_holds(entry, call, Reading::Requirement) {
            return denied(at("require", index), entry["on_deny"].as_str().unwrap_or_default());
        }
    }
    let own = entries(&rules["limits"]).iter().enumerate().map(|(index, limit)| (at("limits", index), limit));
    let every = entries(&policy["all_tools"]["limits"]).iter().enumerate();
    let every = every.map(|(index, limit)| (format!("{name}:/all_tools/limits/{index}"), limit));
    let mut charges: Vec<Wanted> = Vec::new();
    for (rule, limit) in own.chain(every) {
        let Some(wanted) = wanted(name, &rule, limit, call) else { return denied(rule, "") };
        match charges.iter_mut().find(|charge| charge.counter == wanted.counter) {
            // One counter counts a call once; the smallest quota is the one that matters.
            Some(same) if same.max <= wanted.max => {}
            Some(same) => *same = wanted,
            None => charges.push(wanted),
        }
    }
    let mut answer = Answer::Allow;
    let mut timeout = None;
    for (index, entry) in entries(&rules["require_approval"]).iter().enumerate() {
        if entry_holds(entry, call, Reading::Suspicion) {
            if answer == Answer::Allow {
                let reason = entry["reason"].as_str().unwrap_or_default().to_owned();
                answer = Answer::Ask { rule: at("require_approval", index), reason };
            }
            let seconds = entry["timeout"].as_str().map(seconds);
            timeout = [timeout, seconds].into_iter().flatten().min();
        }
    }
    Judged { answer, charges, timeout }
}

fn denied(rule: impl Into<String>, message: &str) -> Judged {
    let answer = Answer::Deny { rule: rule.into(), message: message.to_owned() };
    Judged { answer, charges: Vec::new(), timeout: None }
}

/// Whether any of the layers hides the tool.
pub(super) fn is_hidden(layers: &[Layer<'_>], tool: &str) -> bool {
    tool != "approval_wait" && layers.iter().any(|(_, policy)| hides(policy, tool))
}

/// Whether any of the layers keeps the field from agents.
pub(super) fn is_redacted(layers: &[Layer<'_>], field: &FieldPath) -> bool {
    layers.iter().any(|(_, policy)| entries(&policy["redact"]).iter().any(|glob| fits(glob.as_str().unwrap(), field)))
}

fn hides(policy: &Value, tool: &str) -> bool {
    entries(&policy["hide"]).iter().any(|name| name == "*" || name == tool)
}

/// A star stands for any characters.
fn fits(glob: &str, field: &FieldPath) -> bool {
    fn rest(glob: &[char], text: &[char]) -> bool {
        match (glob, text) {
            ([], []) => true,
            (['*', more @ ..], _) => (0..=text.len()).any(|skipped| rest(more, &text[skipped..])),
            ([a, more @ ..], [b, left @ ..]) => a == b && rest(more, left),
            _ => false,
        }
    }
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    rest(&chars(glob), &chars(&format!("{}.{}", field.model, field.field)))
}

/// What a call takes from a limit; none where its increment is not a number that counts.
fn wanted(layer: &str, rule: &str, limit: &Value, call: &Call) -> Option<Wanted> {
    let (amount, rows) = match limit.get("increment_from").map(|from| from.as_str().unwrap()) {
        None => (1, false),
        Some("call.rows") => (0, true),
        Some("call.records") => (call.facts.records?, false),
        Some("call.sensitive") => match seen("call.sensitive", call) {
            Seen::One(Value::Bool(false)) => (0, false),
            _ => (1, false),
        },
        Some(path) => match seen(path, call) {
            Seen::One(value) => (number(&value)?.rounded_up()?, false),
            _ => return None,
        },
    };
    let window = match limit["window"].as_str().unwrap() {
        "minute" => 60,
        "hour" => 3_600,
        _ => 86_400,
    };
    let counter = format!("{layer}/{}/{}", call.agent, limit["counter"].as_str().unwrap());
    Some(Wanted { counter, window, max: limit["max"].as_u64().unwrap(), amount, rows, rule: rule.to_owned() })
}

fn seconds(text: &str) -> u64 {
    let (digits, unit) = text.split_at(text.len() - 1);
    digits.parse::<u64>().unwrap()
        * if unit == "s" {
            1
        } else if unit == "m" {
            60
        } else {
            3_600
        }
}

fn entries(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}
