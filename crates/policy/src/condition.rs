//! One comparison, and how its answer is read. Nothing here allocates: values are compared where they lie.

use crate::decimal::Decimal;
use crate::evaluate::Call;
use crate::path::{Fact, Path};
use crate::redact::with_text;
use gatehouse_core::{Effect, FieldPath, Nested};
use regex::Regex;
use serde_json::Value;
use std::ops::ControlFlow;

/// One comparison: what, how, with what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) path: Path,
    pub(crate) test: Test,
}

/// The operators, each with an operand of the type it needs.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Eq(Operand),
    Neq(Operand),
    In(Vec<Operand>),
    NotIn(Vec<Operand>),
    Lt(Decimal),
    Lte(Decimal),
    Gt(Decimal),
    Gte(Decimal),
    Regex(Regex),
    Contains(Operand),
    Exists(bool),
}

impl PartialEq for Test {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Eq(a), Self::Eq(b)) | (Self::Neq(a), Self::Neq(b)) | (Self::Contains(a), Self::Contains(b)) => {
                a == b
            }
            (Self::In(a), Self::In(b)) | (Self::NotIn(a), Self::NotIn(b)) => a == b,
            (Self::Lt(a), Self::Lt(b))
            | (Self::Lte(a), Self::Lte(b))
            | (Self::Gt(a), Self::Gt(b))
            | (Self::Gte(a), Self::Gte(b)) => a == b,
            (Self::Regex(a), Self::Regex(b)) => a.as_str() == b.as_str(),
            (Self::Exists(a), Self::Exists(b)) => a == b,
            _ => false,
        }
    }
}

/// What a policy compares with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    Number(Decimal),
    Bool(bool),
}

/// How a condition is read: towards what it would cause, a doubt counts against the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// `deny_if`, `require_approval`: it holds when any element does, and when types do not match.
    Suspicious,
    /// `require`: it holds when all elements do, and not when types do not match.
    Demanding,
}

/// What one comparison says of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    /// The types differ, or the fact is unknown.
    Mismatch,
}

/// What stands at the end of a path, or one element of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    Missing,
    /// It cannot be known.
    Unknown,
    Argument(&'a Value),
    Text(&'a str),
    Number(u64),
    Bool(bool),
    Field(&'a FieldPath),
    /// A list of facts, looked at as a whole.
    Facts(Facts<'a>),
}

/// Facts that are lists.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Facts<'a> {
    Fields(&'a [String]),
    Reads(&'a [FieldPath]),
    Commands(&'a [Nested]),
    Effects(&'a [Effect]),
}

impl Condition {
    /// Whether it holds for this call, read so.
    pub(crate) fn holds(&self, call: &Call<'_>, reading: Reading) -> bool {
        match reading {
            Reading::Suspicious => self
                .visit(call, &mut |subject| match self.test.of(subject) {
                    Answer::No => ControlFlow::Continue(()),
                    Answer::Yes | Answer::Mismatch => ControlFlow::Break(()),
                })
                .is_break(),
            Reading::Demanding => self
                .visit(call, &mut |subject| match self.test.of(subject) {
                    Answer::Yes => ControlFlow::Continue(()),
                    Answer::No | Answer::Mismatch => ControlFlow::Break(()),
                })
                .is_continue(),
        }
    }

    /// Shows every value that the path leads to; at least one subject, which may be that nothing is there.
    pub(crate) fn visit<'a>(
        &self,
        call: &Call<'a>,
        look: &mut dyn FnMut(Subject<'a>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let whole = self.test.takes_lists();
        let mut any = false;
        let mut see = |subject| {
            any = true;
            look(subject)
        };
        match &self.path {
            Path::Arguments(keys) => walk(call.arguments, keys, whole, &mut see)?,
            Path::Fact(fact) => match fact_of(*fact, call) {
                Subject::Facts(facts) if !whole => facts.try_each(&mut see)?,
                subject => see(subject)?,
            },
        }
        if any { ControlFlow::Continue(()) } else { look(Subject::Missing) }
    }
}

fn walk<'a>(
    value: &'a Value,
    keys: &[String],
    whole: bool,
    see: &mut dyn FnMut(Subject<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Some((key, rest)) = keys.split_first() else {
        return match value {
            Value::Array(items) if !whole && items.is_empty() => see(Subject::Missing),
            Value::Array(items) if !whole => items.iter().try_for_each(|item| see(Subject::Argument(item))),
            value => see(Subject::Argument(value)),
        };
    };
    match value {
        Value::Object(map) => match map.get(key) {
            Some(inner) => walk(inner, rest, whole, see),
            None => see(Subject::Missing),
        },
        // Nothing in it: what was looked for is not there.
        Value::Array(items) if items.is_empty() => see(Subject::Missing),
        Value::Array(items) => items.iter().try_for_each(|item| walk(item, keys, whole, see)),
        Value::Null => see(Subject::Missing),
        // A text where an object was meant: nobody can say what it holds.
        _ => see(Subject::Unknown),
    }
}

fn fact_of<'a>(fact: Fact, call: &Call<'a>) -> Subject<'a> {
    let facts = call.facts;
    let connection = call.connection;
    let text = |text: Option<&'a str>| text.map_or(Subject::Missing, Subject::Text);
    match fact {
        Fact::Model => text(facts.model.as_deref()),
        Fact::Method => text(facts.method.as_deref()),
        Fact::Records => facts.records.map_or(Subject::Unknown, Subject::Number),
        Fact::Fields => Subject::Facts(Facts::Fields(&facts.fields)),
        Fact::Reads => facts.reads.as_deref().map_or(Subject::Unknown, |reads| Subject::Facts(Facts::Reads(reads))),
        Fact::Commands => Subject::Facts(Facts::Commands(&facts.commands)),
        Fact::Effects => Subject::Facts(Facts::Effects(&facts.effects)),
        // What a call reads unseen may be sensitive.
        Fact::Sensitive if !facts.sensitive && facts.reads.is_none() => Subject::Unknown,
        Fact::Sensitive => Subject::Bool(facts.sensitive),
        Fact::ConnectionName => text(connection.map(|c| c.name.as_str())),
        Fact::ConnectionEnvironment => text(connection.map(|c| c.environment.as_str())),
        Fact::ConnectionHost => text(connection.map(|c| c.host.as_str())),
        Fact::ConnectionDatabase => text(connection.map(|c| c.database.as_str())),
        Fact::ConnectionLogin => text(connection.map(|c| c.login.as_str())),
        Fact::ConnectionVersion => match connection {
            Some(c) => c.version.as_deref().map_or(Subject::Unknown, Subject::Text),
            None => Subject::Missing,
        },
        Fact::AgentName => Subject::Text(call.agent.as_str()),
    }
}

impl<'a> Facts<'a> {
    pub(crate) fn try_each(self, see: &mut dyn FnMut(Subject<'a>) -> ControlFlow<()>) -> ControlFlow<()> {
        match self {
            Self::Fields(fields) => fields.iter().try_for_each(|field| see(Subject::Text(field))),
            Self::Reads(reads) => reads.iter().try_for_each(|read| see(Subject::Field(read))),
            Self::Commands(commands) => commands.iter().try_for_each(|nested| see(Subject::Text(&nested.model))),
            Self::Effects(effects) => effects.iter().try_for_each(|effect| see(Subject::Text(effect_word(*effect)))),
        }
    }
}

/// The word for an effect in a policy.
pub(crate) const fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Mail => "mail",
        Effect::MailPossible => "mail_possible",
        Effect::Posting => "posting",
        Effect::Payment => "payment",
        Effect::State => "state",
        Effect::Code => "code",
        Effect::Access => "access",
    }
}

impl Test {
    /// The operator's name.
    pub(crate) const fn op(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
            Self::Neq(_) => "neq",
            Self::In(_) => "in",
            Self::NotIn(_) => "not_in",
            Self::Lt(_) => "lt",
            Self::Lte(_) => "lte",
            Self::Gt(_) => "gt",
            Self::Gte(_) => "gte",
            Self::Regex(_) => "regex",
            Self::Contains(_) => "contains",
            Self::Exists(_) => "exists",
        }
    }

    /// Whether it looks at a list as a whole, not at its elements.
    const fn takes_lists(&self) -> bool {
        matches!(self, Self::Contains(_) | Self::Exists(_))
    }

    /// What it says of one value.
    pub(crate) fn of(&self, subject: Subject<'_>) -> Answer {
        let missing = match subject {
            Subject::Unknown => return Answer::Mismatch,
            Subject::Missing | Subject::Argument(Value::Null) => true,
            _ => false,
        };
        match self {
            Self::Exists(wanted) => yes(missing != *wanted),
            _ if missing => Answer::No,
            Self::Eq(operand) => operand.equals(subject),
            Self::Neq(operand) => negated(operand.equals(subject)),
            Self::In(operands) => among(operands, subject),
            Self::NotIn(operands) => negated(among(operands, subject)),
            Self::Lt(operand) => number(subject, |n| n < operand),
            Self::Lte(operand) => number(subject, |n| n <= operand),
            Self::Gt(operand) => number(subject, |n| n > operand),
            Self::Gte(operand) => number(subject, |n| n >= operand),
            Self::Regex(regex) => match subject {
                Subject::Argument(Value::String(text)) => yes(regex.is_match(text)),
                Subject::Text(text) => yes(regex.is_match(text)),
                Subject::Field(path) => yes(with_text(path, |text| regex.is_match(text))),
                _ => Answer::Mismatch,
            },
            Self::Contains(operand) => operand.is_in(subject),
        }
    }
}

impl Operand {
    fn equals(&self, subject: Subject<'_>) -> Answer {
        match (self, subject) {
            (Self::Text(ours), Subject::Argument(Value::String(theirs))) => yes(ours == theirs),
            (Self::Text(ours), Subject::Text(theirs)) => yes(ours == theirs),
            (Self::Text(ours), Subject::Field(path)) => yes(is_path(ours, path)),
            (Self::Bool(ours), Subject::Argument(Value::Bool(theirs))) => yes(ours == theirs),
            (Self::Bool(ours), Subject::Bool(theirs)) => yes(*ours == theirs),
            (Self::Number(ours), subject) => number(subject, |theirs| ours == theirs),
            _ => Answer::Mismatch,
        }
    }

    /// Part of a text, or a member of a list.
    fn is_in(&self, subject: Subject<'_>) -> Answer {
        let mut answer = Answer::No;
        let mut member = |member: Subject<'_>| match self.equals(member) {
            Answer::Yes => {
                answer = Answer::Yes;
                ControlFlow::Break(())
            }
            Answer::No => ControlFlow::Continue(()),
            Answer::Mismatch => {
                answer = Answer::Mismatch;
                ControlFlow::Continue(())
            }
        };
        match (self, subject) {
            (Self::Text(part), Subject::Argument(Value::String(text))) => return yes(text.contains(part.as_str())),
            (Self::Text(part), Subject::Text(text)) => return yes(text.contains(part.as_str())),
            (_, Subject::Argument(Value::Array(members))) => {
                let _ = members.iter().try_for_each(|item| member(Subject::Argument(item)));
            }
            (_, Subject::Facts(facts)) => {
                let _ = facts.try_each(&mut member);
            }
            _ => return Answer::Mismatch,
        }
        answer
    }
}

fn is_path(text: &str, path: &FieldPath) -> bool {
    text.strip_prefix(path.model.as_str()).and_then(|rest| rest.strip_prefix('.')) == Some(&path.field)
}

/// A member of the list; a mismatch only when no member is of the value's type.
fn among(operands: &[Operand], subject: Subject<'_>) -> Answer {
    let mut answer = Answer::Mismatch;
    for operand in operands {
        match operand.equals(subject) {
            Answer::Yes => return Answer::Yes,
            Answer::No => answer = Answer::No,
            Answer::Mismatch => {}
        }
    }
    answer
}

fn number(subject: Subject<'_>, test: impl Fn(&Decimal) -> bool) -> Answer {
    let number = match subject {
        Subject::Argument(Value::Number(number)) => Decimal::of(number),
        Subject::Number(number) => Some(Decimal::from_whole(number)),
        _ => None,
    };
    number.map_or(Answer::Mismatch, |number| yes(test(&number)))
}

fn yes(holds: bool) -> Answer {
    if holds { Answer::Yes } else { Answer::No }
}

fn negated(answer: Answer) -> Answer {
    match answer {
        Answer::Yes => Answer::No,
        Answer::No => Answer::Yes,
        Answer::Mismatch => Answer::Mismatch,
    }
}
