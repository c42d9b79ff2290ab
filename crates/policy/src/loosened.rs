//! Whether one policy lets agents do more than another, told without running them: what cannot be proven to be as
//! strict counts as looser.

use crate::condition::Condition;
use crate::policy::{ApprovalRule, DefaultAnswer, Hide, Limit, Policy, ToolRules};
use crate::problem::token;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use ts_rs::TS;

/// How long a person has where no rule says.
const USUAL_TIMEOUT: Duration = Duration::from_mins(15);

/// A point where a policy may let agents do more than the one it replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Loosened {
    /// A JSON Pointer into the new policy, or into the old one where the new has nothing there.
    pub pointer: String,
    /// One plain sentence: `odoo_unlink is no longer hidden.`
    pub message: String,
}

/// Every point where `new` may let agents do more than `old`, in one layer; an absent policy restricts nothing. When
/// nothing is told, no call is answered less strictly by `new`. The reverse does not hold: a rule that is replaced by
/// a stricter one of another form is told, too.
pub fn loosened(old: Option<&Policy>, new: Option<&Policy>) -> Vec<Loosened> {
    let Some(old) = old else { return Vec::new() };
    let nothing = Policy { default: DefaultAnswer::Allow, ..Policy::deny_everything() };
    let new = new.unwrap_or(&nothing);
    let mut points = Vec::new();
    let names = |policy: &Policy| -> Vec<String> {
        let hidden = match &policy.hide {
            Hide::Every => &[][..],
            Hide::Names { listed, .. } => listed,
        };
        policy.tools.keys().chain(hidden).cloned().collect()
    };
    let named: BTreeSet<String> = names(old).into_iter().chain(names(new)).collect();
    for tool in &named {
        compare(Some(tool), old, new, &mut points);
    }
    compare(None, old, new, &mut points);
    for (index, glob) in old.redact.iter().enumerate() {
        if !new.redact.contains(glob) {
            let message = format!("{} is no longer kept from agents.", glob.as_str());
            points.push(Loosened { pointer: format!("/redact/{index}"), message });
        }
    }
    points
}

/// One tool, or any tool that neither policy names.
fn compare(tool: Option<&str>, old: &Policy, new: &Policy, points: &mut Vec<Loosened>) {
    let (before, after) = (Standing::of(tool, old), Standing::of(tool, new));
    if after.denied.is_some() {
        return;
    }
    let name = tool.unwrap_or("A tool that the policy does not name");
    let at = tool.map_or_else(|| "/default".to_owned(), |tool| format!("/tools/{}", token(tool)));
    if let Some(why) = before.denied {
        let message = format!("{name} is no longer {why}.");
        points.push(Loosened { pointer: at, message });
        return;
    }
    let tell = |points: &mut Vec<Loosened>, key: &str, index: usize, message: String| {
        points.push(Loosened { pointer: format!("{at}/{key}/{index}"), message });
    };
    for (index, rule) in before.rules.deny_if.iter().enumerate() {
        if !after.rules.deny_if.iter().any(|new| within(&new.conditions, &rule.conditions)) {
            tell(points, "deny_if", index, format!("{name} is no longer denied in every case that this rule denied."));
        }
    }
    for (index, rule) in before.rules.require.iter().enumerate() {
        if !after.rules.require.iter().any(|new| within(&rule.conditions, &new.conditions)) {
            tell(points, "require", index, format!("{name} no longer requires everything that this rule required."));
        }
    }
    for (index, rule) in before.rules.require_approval.iter().enumerate() {
        let asks = |new: &ApprovalRule| {
            within(&new.conditions, &rule.conditions)
                && new.timeout.unwrap_or(USUAL_TIMEOUT) <= rule.timeout.unwrap_or(USUAL_TIMEOUT)
        };
        let denies = after.rules.deny_if.iter().any(|new| within(&new.conditions, &rule.conditions));
        if !denies && !after.rules.require_approval.iter().any(asks) {
            let message = format!("{name} is no longer asked about in every case that this rule asked.");
            tell(points, "require_approval", index, message);
        }
    }
    let own = before.rules.limits.iter().enumerate();
    let own = own.map(|(index, limit)| (format!("{at}/limits/{index}"), name, limit));
    let shared = old.all_tools.iter().enumerate();
    let shared = shared.map(|(index, limit)| (format!("/all_tools/limits/{index}"), "Calls of all tools", limit));
    for (pointer, what, limit) in own.chain(shared) {
        let holds = |other: &Limit| {
            other.counter == limit.counter
                && other.window == limit.window
                && other.increment == limit.increment
                && other.max <= limit.max
        };
        if after.rules.limits.iter().chain(&new.all_tools).any(holds) {
            continue;
        }
        let (max, window) = (limit.max, limit.window.as_str());
        let message = format!("{what} may go beyond {max} a {window} as “{}” counts.", limit.counter);
        let point = Loosened { pointer, message };
        // A limit of all tools is told once.
        if !points.contains(&point) {
            points.push(point);
        }
    }
}

/// How a policy treats a tool.
struct Standing<'a> {
    /// It is denied whatever the call: in which words.
    denied: Option<&'static str>,
    rules: &'a ToolRules,
}

impl<'a> Standing<'a> {
    fn of(tool: Option<&str>, policy: &'a Policy) -> Self {
        const NO_RULES: &ToolRules =
            &ToolRules { require: Vec::new(), deny_if: Vec::new(), limits: Vec::new(), require_approval: Vec::new() };
        let listed = tool.and_then(|tool| policy.tools.get(tool));
        let hidden = tool.map_or(policy.hide == Hide::Every, |tool| policy.hides(tool));
        let rules = listed.unwrap_or(NO_RULES);
        let denied = if hidden {
            Some("hidden")
        } else if (listed.is_none() && policy.default == DefaultAnswer::Deny)
            || rules.deny_if.iter().any(|rule| rule.conditions.is_empty())
        {
            Some("denied")
        } else {
            None
        };
        Self { denied, rules }
    }
}

/// Whether every one of `these` is among `those`: what holds for all of `those` holds for all of `these`.
fn within(these: &[Condition], those: &[Condition]) -> bool {
    these.iter().all(|condition| those.contains(condition))
}
