use crate::condition::Condition;
use crate::path::Path;
use crate::redact::Glob;
use gatehouse_core::{Digest, Timestamp};
use hashbrown::{HashMap, HashSet};
use std::time::Duration;

/// A policy: one strictly parsed file. It judges alone; several are combined by [`crate::evaluate`].
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// For a tool that `tools` does not list.
    pub(crate) default: DefaultAnswer,
    /// Gone from the tool list, and denied when called.
    pub(crate) hide: Hide,
    /// Limits that count every call.
    pub(crate) all_tools: Vec<Limit>,
    /// A listed tool is allowed, subject to its rules.
    pub(crate) tools: HashMap<String, ToolRules>,
    /// Fields that never reach an agent.
    pub(crate) redact: Vec<Glob>,
}

impl Policy {
    /// The policy that allows nothing.
    pub fn deny_everything() -> Self {
        Self {
            default: DefaultAnswer::Deny,
            hide: Hide::default(),
            all_tools: Vec::new(),
            tools: HashMap::new(),
            redact: Vec::new(),
        }
    }

    /// What happens to a tool that it does not list.
    pub fn default(&self) -> DefaultAnswer {
        self.default
    }

    /// Whether it hides `tool`.
    pub fn hides(&self, tool: &str) -> bool {
        match &self.hide {
            Hide::Every => true,
            Hide::Names { known, .. } => known.contains(tool),
        }
    }

    /// The tools that it lists, by name.
    pub fn listed(&self) -> impl Iterator<Item = &str> {
        self.sorted().into_iter().map(|(name, _)| name)
    }

    pub(crate) fn sorted(&self) -> Vec<(&str, &ToolRules)> {
        let mut tools: Vec<_> = self.tools.iter().map(|(name, rules)| (name.as_str(), rules)).collect();
        tools.sort_unstable_by_key(|(name, _)| *name);
        tools
    }

    /// The limits that a call of `tool` is counted by, the tool's own first.
    pub fn limits(&self, tool: &str) -> impl Iterator<Item = &Limit> {
        self.tools.get(tool).into_iter().flat_map(|rules| &rules.limits).chain(&self.all_tools)
    }

    /// What names its meaning: two texts that say the same have the same revision.
    pub fn revision(&self) -> Digest {
        Digest::of(self.to_json_pretty().as_bytes())
    }
}

/// What happens to a tool that a policy does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultAnswer {
    /// It may run.
    Allow,
    /// It is denied.
    Deny,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Hide {
    /// `["*"]`.
    Every,
    /// By name.
    Names {
        /// In the file's order.
        listed: Vec<String>,
        /// The same, to look them up.
        known: HashSet<String>,
    },
}

impl Default for Hide {
    fn default() -> Self {
        Self::names(Vec::new())
    }
}

impl Hide {
    pub(crate) fn names(listed: Vec<String>) -> Self {
        Self::Names { known: listed.iter().cloned().collect(), listed }
    }
}

/// What a listed tool is subject to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ToolRules {
    /// Each must hold, or the call is denied.
    pub(crate) require: Vec<Rule>,
    /// Any that holds denies the call.
    pub(crate) deny_if: Vec<Rule>,
    /// Counters.
    pub(crate) limits: Vec<Limit>,
    /// Any that holds sends the call to a person.
    pub(crate) require_approval: Vec<ApprovalRule>,
}

/// Conditions that are ANDed; none is always true.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) conditions: Vec<Condition>,
    /// For the agent.
    pub(crate) on_deny: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApprovalRule {
    pub(crate) conditions: Vec<Condition>,
    /// For the person.
    pub(crate) reason: Option<String>,
    /// How long the person has, at most.
    pub(crate) timeout: Option<Duration>,
}

/// A counter with a quota in fixed windows, one count for each agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Its name; limits of the same name in one policy share their count.
    pub counter: String,
    /// How long a window is.
    pub window: Window,
    /// How much fits into one window.
    pub max: u64,
    /// What a call adds.
    pub(crate) increment: Increment,
}

/// What a call adds to a counter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Increment {
    /// One.
    Call,
    /// The number of records touched.
    Records,
    /// The number of rows returned, known only afterwards.
    Rows,
    /// One when the call reads sensitive data or may, else nothing.
    Sensitive,
    /// A number in the arguments, rounded up.
    Argument(Path),
}

/// The length of a fixed window, aligned to UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// 60 s.
    Minute,
    /// 3,600 s.
    Hour,
    /// 86,400 s: a day of UTC.
    Day,
}

impl Window {
    /// The word for it in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Its length in seconds.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// When the window that holds `moment` began.
    pub const fn start(self, moment: Timestamp) -> Timestamp {
        let length = self.seconds().cast_signed() * 1_000;
        Timestamp::from_millis(moment.as_millis().div_euclid(length) * length)
    }
}
