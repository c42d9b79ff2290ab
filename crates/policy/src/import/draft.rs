//! The policy that an import writes, piece by piece, with the place in the source that each piece comes from. What a
//! piece cannot say closes its tool: nothing becomes looser on the way.

mod json;

use super::source::{MAX_NODES, Node, Place, quoted};
use super::{Difference, DifferenceKind};
use crate::parse::MAX_NAME;
use crate::problem::{PolicyProblem, token};
use crate::{Policy, Window};
use gatehouse_core::ToolDefinition;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many different regular expressions are taken: each may cost milliseconds to compile.
const MAX_PATTERNS: usize = 200;

/// What an agent is told by a tool that was closed.
const CLOSED: &str = "The imported policy has a rule for this tool that could not be carried over";

/// Where something stands in the source.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) pointer: String,
    pub(super) place: Place,
}

impl Spot {
    pub(super) fn new(place: Place) -> Self {
        Self { pointer: String::new(), place }
    }

    pub(super) fn key(&self, key: &str, place: Place) -> Self {
        Self { pointer: format!("{}/{}", self.pointer, token(key)), place }
    }

    pub(super) fn index(&self, index: usize, place: Place) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), place }
    }
}

/// A sentence that is told once, at the first place that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    Agents,
    Coercion,
    Lists,
    Rounding,
    Windows,
}

/// What a limit counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Counted {
    pub(super) window: Window,
    /// `args.values.amount`, `call.rows`; none for calls.
    pub(super) from: Option<String>,
}

#[derive(Debug)]
pub(super) struct LimitDraft {
    counter: String,
    counted: Counted,
    max: u64,
}

#[derive(Debug, Default)]
pub(super) struct RuleDraft {
    /// As JSON text.
    pub(super) conditions: Vec<String>,
    /// `on_deny` or `reason`.
    pub(super) words: Option<String>,
    pub(super) timeout: Option<String>,
}

#[derive(Debug, Default)]
struct ToolDraft {
    require: Vec<RuleDraft>,
    deny_if: Vec<RuleDraft>,
    limits: Vec<LimitDraft>,
    ask: Vec<RuleDraft>,
    /// Which entry of `deny_if` closes it.
    closed: Option<usize>,
}

/// Which of a tool's lists a rule goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Require,
    DenyIf,
    Ask,
}

impl Kind {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Require => "require",
            Self::DenyIf => "deny_if",
            Self::Ask => "require_approval",
        }
    }
}

pub(super) struct Draft<'a> {
    pub(super) tools: &'a [ToolDefinition],
    pub(super) allow: bool,
    pub(super) hide_every: bool,
    hide: Vec<String>,
    all_tools: Vec<LimitDraft>,
    listed: BTreeMap<String, ToolDraft>,
    redact: Vec<String>,
    /// The names in the result of what the source counts: by whose counter it is, its name there, and what it counts.
    counters: HashMap<(String, String, Counted), String>,
    /// Every name that is taken, and the number to try next behind it.
    taken: HashMap<String, usize>,
    /// How many values the rules for all tools are, written out.
    spread: usize,
    told: Vec<(Place, Difference)>,
    topics: HashSet<Topic>,
    patterns: HashSet<String>,
    problems: Vec<PolicyProblem>,
    /// Where in the source each rule of the result comes from.
    origins: HashMap<String, Spot>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(tools: &'a [ToolDefinition]) -> Self {
        Self {
            tools,
            allow: false,
            hide_every: false,
            hide: Vec::new(),
            all_tools: Vec::new(),
            listed: BTreeMap::new(),
            redact: Vec::new(),
            counters: HashMap::new(),
            taken: HashMap::new(),
            spread: 0,
            told: Vec::new(),
            topics: HashSet::new(),
            patterns: HashSet::new(),
            problems: Vec::new(),
            origins: HashMap::new(),
        }
    }

    pub(super) fn definition(&self, tool: &str) -> Option<&'a ToolDefinition> {
        self.tools.iter().find(|definition| definition.name == tool)
    }

    /// Names every tool that a rule for all of them is about: those listed, and under the default allow all that
    /// Gatehouse has.
    /// `rules` is what each of them gets; too much in all is refused.
    pub(super) fn everyone(&mut self, rules: &Node, spot: &Spot) -> Vec<String> {
        let mut names: Vec<String> = self.listed.keys().cloned().collect();
        if self.allow {
            let protocol = |name: &str| name == "approval_wait";
            let more = self.tools.iter().map(|tool| tool.name.clone());
            names.extend(more.filter(|name| !self.listed.contains_key(name) && !protocol(name)));
        }
        self.spread += names.len().saturating_mul(rules.size());
        if self.spread > MAX_NODES {
            self.refuse(spot, "The rules of “*” stand with every tool: written out they are more than 200,000 values.");
            names.clear();
        }
        names
    }

    pub(super) fn tell(
        &mut self,
        kind: DifferenceKind,
        spot: &Spot,
        target: impl Into<String>,
        message: impl Into<String>,
    ) {
        let difference =
            Difference { kind, source: spot.pointer.clone(), target: target.into(), message: message.into() };
        self.told.push((spot.place, difference));
    }

    /// Tells what is true of many places once.
    pub(super) fn tell_once(
        &mut self,
        topic: Topic,
        kind: DifferenceKind,
        spot: &Spot,
        target: &str,
        message: impl Into<String>,
    ) {
        if self.topics.insert(topic) {
            self.tell(kind, spot, target, message);
        }
    }

    /// Nothing can be made of the source at this point.
    pub(super) fn refuse(&mut self, spot: &Spot, message: impl Into<String>) {
        self.problems.push(PolicyProblem {
            pointer: spot.pointer.clone(),
            line: spot.place.line,
            column: spot.place.column,
            message: message.into(),
        });
    }

    pub(super) fn hide(&mut self, name: &str) {
        if !self.hide.iter().any(|hidden| hidden == name) {
            self.hide.push(name.to_owned());
        }
    }

    pub(super) fn redact(&mut self, pattern: String) {
        self.redact.push(pattern);
    }

    /// Lists a tool: it is allowed, subject to its rules.
    pub(super) fn list(&mut self, tool: &str, spot: &Spot) {
        if tool.len() > MAX_NAME {
            self.refuse(spot, format!("The name of a tool has at most {MAX_NAME} bytes."));
        }
        if !self.listed.contains_key(tool) {
            self.listed.insert(tool.to_owned(), ToolDraft::default());
            self.origins.insert(format!("/tools/{}", token(tool)), spot.clone());
        }
    }

    /// Adds a rule; gives its place in the result.
    pub(super) fn rule(&mut self, kind: Kind, tool: &str, rule: RuleDraft, spot: &Spot) -> String {
        self.list(tool, spot);
        let draft = self.listed.entry(tool.to_owned()).or_default();
        let rules = match kind {
            Kind::Require => &mut draft.require,
            Kind::DenyIf => &mut draft.deny_if,
            Kind::Ask => &mut draft.ask,
        };
        rules.push(rule);
        let target = format!("/tools/{}/{}/{}", token(tool), kind.key(), rules.len() - 1);
        self.origins.insert(target.clone(), spot.clone());
        target
    }

    /// Denies every call of a tool, because something about it cannot be carried over.
    pub(super) fn close(&mut self, tool: &str, spot: &Spot, why: &str) {
        let target = self.closed(tool, spot);
        self.tell(
            DifferenceKind::Stricter,
            spot,
            target,
            format!("{why} It could not be carried over, so every call of {tool} is denied until you mend this rule."),
        );
    }

    fn closed(&mut self, tool: &str, spot: &Spot) -> String {
        if let Some(index) = self.listed.get(tool).and_then(|draft| draft.closed) {
            return format!("/tools/{}/deny_if/{index}", token(tool));
        }
        let rule = RuleDraft { words: Some(CLOSED.to_owned()), ..RuleDraft::default() };
        let target = self.rule(Kind::DenyIf, tool, rule, spot);
        let draft = self.listed.entry(tool.to_owned()).or_default();
        draft.closed = Some(draft.deny_if.len() - 1);
        target
    }

    /// A counter of the source under the name that it has in the result. `owner` is whose it is there: a tool's, or
    /// everybody's; `wanted` is the name to take when nobody has it.
    pub(super) fn counter(&mut self, owner: &str, name: &str, counted: &Counted, wanted: &str) -> String {
        let key = (owner.to_owned(), name.to_owned(), counted.clone());
        if let Some(known) = self.counters.get(&key) {
            return known.clone();
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let mut base: String = wanted.chars().map(|c| if plain(c) { c } else { '_' }).take(80).collect();
        if base.is_empty() {
            "counter".clone_into(&mut base);
        }
        let mut unique = if wanted.len() <= 100 && wanted.chars().all(plain) && !wanted.is_empty() {
            wanted.to_owned()
        } else {
            base.clone()
        };
        while let Some(next) = self.taken.get(&unique).copied() {
            // Taken names follow one another, so the first one remembers how far they go.
            self.taken.insert(unique, next + 1);
            unique = format!("{base}_{next}");
        }
        self.taken.insert(unique.clone(), 2);
        self.counters.insert(key, unique.clone());
        unique
    }

    /// Adds a limit of a tool, or of all when there is none; gives its place in the result.
    pub(super) fn limit(
        &mut self,
        tool: Option<&str>,
        counter: String,
        counted: Counted,
        max: u64,
        spot: &Spot,
    ) -> String {
        let limit = LimitDraft { counter, counted, max: max.min(1 << 53) };
        let target = if let Some(tool) = tool {
            self.list(tool, spot);
            let limits = &mut self.listed.entry(tool.to_owned()).or_default().limits;
            limits.push(limit);
            format!("/tools/{}/limits/{}", token(tool), limits.len() - 1)
        } else {
            self.all_tools.push(limit);
            format!("/all_tools/limits/{}", self.all_tools.len() - 1)
        };
        self.origins.insert(target.clone(), spot.clone());
        target
    }

    /// Counts a regular expression that is to be compiled.
    pub(super) fn pattern(&mut self, pattern: &str) -> Result<(), String> {
        if !self.patterns.contains(pattern) {
            if self.patterns.len() == MAX_PATTERNS {
                return Err(format!("The source has more than {MAX_PATTERNS} different regular expressions."));
            }
            self.patterns.insert(pattern.to_owned());
        }
        Ok(())
    }

    /// Whether the language takes such a condition for such a tool; the error is a sentence.
    pub(super) fn condition(&self, tool: &str, condition: &str) -> Result<(), String> {
        self.accepted(Some(tool), &format!("{{\"deny_if\":[{{\"conditions\":[{condition}]}}]}}"))
    }

    /// Whether a limit may count this; the error is a sentence.
    pub(super) fn countable(&self, tool: Option<&str>, from: &str) -> Result<(), String> {
        let limit = LimitDraft {
            counter: "c".to_owned(),
            counted: Counted { window: Window::Day, from: Some(from.to_owned()) },
            max: 1,
        };
        self.accepted(tool, &format!("{{\"limits\":[{}]}}", limit.json()))
    }

    /// Whether a person may be given this time; the error is a sentence.
    pub(super) fn timeout(&self, text: &str) -> Result<(), String> {
        let rule = RuleDraft { timeout: Some(text.to_owned()), ..RuleDraft::default() };
        self.accepted(Some("*"), &format!("{{\"require_approval\":[{}]}}", rule.json("reason")))
    }

    /// Whether the parser takes these rules of a tool, or of all.
    fn accepted(&self, tool: Option<&str>, rules: &str) -> Result<(), String> {
        let inside = match tool {
            Some("*") => format!("\"tools\":{{\"any\":{rules}}}"),
            Some(tool) => format!("\"tools\":{{{}:{rules}}}", quoted(tool)),
            None => format!("\"all_tools\":{rules}"),
        };
        let text = format!("{{\"version\":\"1\",\"default\":\"deny\",{inside}}}");
        let known = tool.and_then(|tool| self.definition(tool)).map(std::slice::from_ref).unwrap_or_default();
        Policy::parse(&text, known)
            .map(drop)
            .map_err(|problems| problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join(" "))
    }

    /// The policy's text and what is to be told of it, in the source's order.
    pub(super) fn finish(mut self) -> Result<(String, Vec<Difference>), Vec<PolicyProblem>> {
        if !self.problems.is_empty() {
            self.problems.sort_by_key(|problem| (problem.line, problem.column));
            return Err(self.problems);
        }
        let text = Policy::parse(&self.json(), self.tools).map_err(result_refused)?.to_json_pretty();
        for warning in Policy::warnings(&text, self.tools) {
            if let Some(spot) = self.origins.get(&warning.pointer).cloned() {
                self.tell(DifferenceKind::Suggestion, &spot, warning.pointer, warning.message);
            }
        }
        self.told.sort_by_key(|(place, _)| *place);
        Ok((text, self.told.into_iter().map(|(_, difference)| difference).collect()))
    }
}

/// The result is too much for one policy. Its own places mean nothing to who reads the source.
fn result_refused(problems: Vec<PolicyProblem>) -> Vec<PolicyProblem> {
    let whole = |problem: PolicyProblem| PolicyProblem {
        pointer: String::new(),
        line: 1,
        column: 1,
        message: format!("The policy that this would become cannot be used. {}", problem.message),
    };
    problems.into_iter().take(1).map(whole).collect()
}
