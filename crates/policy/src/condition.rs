use crate::decimal::Decimal;
use crate::evaluate::Call;
use crate::path::{Fact, Path};
use gatehouse_core::Effect;
use regex::Regex;
use serde_json::Value;
use std::borrow::Cow;

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
enum Answer {
    Yes,
    No,
    /// The types differ, or the fact is unknown.
    Mismatch,
}

impl Condition {
    /// Whether it holds for this call, read so.
    pub(crate) fn holds(&self, call: &Call<'_>, reading: Reading) -> bool {
        let answers: Vec<Answer> = self.subjects(call).iter().map(|subject| self.test.of(subject)).collect();
        match reading {
            Reading::Suspicious => answers.iter().any(|answer| *answer != Answer::No),
            Reading::Demanding => answers.iter().all(|answer| *answer == Answer::Yes),
        }
    }

    /// Every value that the path leads to; at least one subject, which may be that nothing is there.
    fn subjects<'a>(&self, call: &Call<'a>) -> Vec<Subject<'a>> {
        let found = match &self.path {
            Path::Arguments(keys) => {
                let mut found = Vec::new();
                walk(call.arguments, keys, &mut found);
                found
            }
            Path::Fact(fact) => vec![fact_of(*fact, call)],
        };
        let mut subjects = Vec::with_capacity(found.len());
        for subject in found {
            match subject {
                Subject::Value(value) if value.is_array() && !self.test.takes_lists() => {
                    subjects.extend(elements(value));
                }
                other => subjects.push(other),
            }
        }
        if subjects.is_empty() { vec![Subject::Missing] } else { subjects }
    }
}

/// What stands at the end of a path.
#[derive(Debug, Clone)]
enum Subject<'a> {
    Missing,
    /// It cannot be known.
    Unknown,
    Value(Cow<'a, Value>),
}

fn elements(list: Cow<'_, Value>) -> Vec<Subject<'_>> {
    match list {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(|item| Subject::Value(Cow::Borrowed(item))).collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(|item| Subject::Value(Cow::Owned(item))).collect(),
        other => vec![Subject::Value(other)],
    }
}

fn walk<'a>(value: &'a Value, keys: &[String], found: &mut Vec<Subject<'a>>) {
    let Some((key, rest)) = keys.split_first() else {
        found.push(Subject::Value(Cow::Borrowed(value)));
        return;
    };
    match value {
        Value::Object(map) => match map.get(key) {
            Some(inner) => walk(inner, rest, found),
            None => found.push(Subject::Missing),
        },
        Value::Array(items) => items.iter().for_each(|item| walk(item, keys, found)),
        Value::Null => found.push(Subject::Missing),
        // A text where an object was meant: nobody can say what it holds.
        _ => found.push(Subject::Unknown),
    }
}

fn fact_of<'a>(fact: Fact, call: &Call<'a>) -> Subject<'a> {
    let text = |text: &str| Subject::Value(Cow::Owned(Value::String(text.to_owned())));
    let texts = |list: Vec<String>| Subject::Value(Cow::Owned(Value::from(list)));
    let facts = call.facts;
    let connection = call.connection;
    match fact {
        Fact::Model => facts.model.as_deref().map_or(Subject::Missing, text),
        Fact::Method => facts.method.as_deref().map_or(Subject::Missing, text),
        Fact::Records => facts.records.map_or(Subject::Unknown, |n| Subject::Value(Cow::Owned(Value::from(n)))),
        Fact::Fields => texts(facts.fields.clone()),
        Fact::Reads => match &facts.reads {
            Some(reads) => texts(reads.iter().map(ToString::to_string).collect()),
            None => Subject::Unknown,
        },
        Fact::Commands => texts(facts.commands.iter().map(|nested| nested.model.clone()).collect()),
        Fact::Effects => texts(facts.effects.iter().map(|effect| effect_word(*effect).to_owned()).collect()),
        // What a call reads unseen may be sensitive.
        Fact::Sensitive if !facts.sensitive && facts.reads.is_none() => Subject::Unknown,
        Fact::Sensitive => Subject::Value(Cow::Owned(Value::Bool(facts.sensitive))),
        Fact::ConnectionName => connection.map_or(Subject::Missing, |c| text(&c.name)),
        Fact::ConnectionEnvironment => connection.map_or(Subject::Missing, |c| text(c.environment.as_str())),
        Fact::ConnectionHost => connection.map_or(Subject::Missing, |c| text(&c.host)),
        Fact::ConnectionDatabase => connection.map_or(Subject::Missing, |c| text(&c.database)),
        Fact::ConnectionLogin => connection.map_or(Subject::Missing, |c| text(&c.login)),
        Fact::ConnectionVersion => match connection {
            Some(c) => c.version.as_deref().map_or(Subject::Unknown, text),
            None => Subject::Missing,
        },
        Fact::AgentName => text(call.agent.as_str()),
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
    /// Whether it looks at a list as a whole, not at its elements.
    fn takes_lists(&self) -> bool {
        matches!(self, Self::Contains(_) | Self::Exists(_))
    }

    fn of(&self, subject: &Subject<'_>) -> Answer {
        let value = match subject {
            Subject::Unknown => return Answer::Mismatch,
            Subject::Missing => None,
            Subject::Value(value) => Some(value.as_ref()).filter(|value| !value.is_null()),
        };
        if let Self::Exists(wanted) = self {
            return yes(value.is_some() == *wanted);
        }
        let Some(value) = value else { return Answer::No };
        match self {
            Self::Eq(operand) => operand.equals(value),
            Self::Neq(operand) => negated(operand.equals(value)),
            Self::In(operands) => among(operands, value),
            Self::NotIn(operands) => negated(among(operands, value)),
            Self::Lt(operand) => number(value, |n| n < operand),
            Self::Lte(operand) => number(value, |n| n <= operand),
            Self::Gt(operand) => number(value, |n| n > operand),
            Self::Gte(operand) => number(value, |n| n >= operand),
            Self::Regex(regex) => value.as_str().map_or(Answer::Mismatch, |text| yes(regex.is_match(text))),
            Self::Contains(operand) => operand.is_in(value),
            Self::Exists(_) => Answer::No,
        }
    }
}

impl Operand {
    fn equals(&self, value: &Value) -> Answer {
        match (self, value) {
            (Self::Text(ours), Value::String(theirs)) => yes(ours == theirs),
            (Self::Bool(ours), Value::Bool(theirs)) => yes(ours == theirs),
            (Self::Number(ours), Value::Number(theirs)) => match Decimal::of(theirs) {
                Some(theirs) => yes(*ours == theirs),
                None => Answer::Mismatch,
            },
            _ => Answer::Mismatch,
        }
    }

    /// Part of a text, or a member of a list.
    fn is_in(&self, value: &Value) -> Answer {
        match (self, value) {
            (Self::Text(part), Value::String(text)) => yes(text.contains(part.as_str())),
            (_, Value::Array(members)) => {
                let answers: Vec<Answer> = members.iter().map(|member| self.equals(member)).collect();
                if answers.contains(&Answer::Yes) {
                    Answer::Yes
                } else if answers.contains(&Answer::Mismatch) {
                    Answer::Mismatch
                } else {
                    Answer::No
                }
            }
            _ => Answer::Mismatch,
        }
    }
}

/// A member of the list; a mismatch only when no member is of the value's type.
fn among(operands: &[Operand], value: &Value) -> Answer {
    let answers: Vec<Answer> = operands.iter().map(|operand| operand.equals(value)).collect();
    if answers.contains(&Answer::Yes) {
        Answer::Yes
    } else if answers.iter().all(|answer| *answer == Answer::Mismatch) {
        Answer::Mismatch
    } else {
        Answer::No
    }
}

fn number(value: &Value, test: impl Fn(&Decimal) -> bool) -> Answer {
    match value {
        Value::Number(number) => Decimal::of(number).map_or(Answer::Mismatch, |number| yes(test(&number))),
        _ => Answer::Mismatch,
    }
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
