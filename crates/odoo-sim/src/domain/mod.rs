//! Domains: parsed with Odoo's own complaints, then asked of one record at a time.

mod compare;
mod named;
mod python;

use serde_json::Value;

pub(crate) use compare::is_truthy;
pub(crate) use named::bracketed;
pub(crate) use python::repr;

use crate::access;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::{Field, Model};

/// A condition on records of one model.
#[derive(Debug)]
pub(crate) enum Domain {
    All(Vec<Domain>),
    Any(Vec<Domain>),
    Not(Box<Domain>),
    Constant(bool),
    Leaf(Leaf),
    /// `field any domain`: a related record fits.
    Related(&'static Field, Box<Domain>),
}

/// `field operator value`.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(super) field: &'static Field,
    pub(super) operator: Operator,
    pub(super) value: Value,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operator {
    In,
    NotIn,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// With `%` around the value unless `whole`.
    Like {
        fold_case: bool,
        negated: bool,
        whole: bool,
    },
    ChildOf,
    ParentOf,
}

impl Domain {
    /// Parses `domain` for `model`. Null and false are the empty domain.
    pub(crate) fn parse(env: &Env<'_>, model: &'static Model, domain: &Value) -> Outcome<Self> {
        let items = match domain {
            Value::Null | Value::Bool(false) => return Ok(Self::All(Vec::new())),
            Value::Array(items) => items,
            other => return Err(Fault::kind(format!("Domain() invalid argument type for domain: {}", repr(other)))),
        };
        let malformed = || Fault::value(format!("Domain() malformed domain {}", repr(domain)));
        let mut stack: Vec<Self> = Vec::new();
        for item in items.iter().rev() {
            let node = match item {
                Value::String(sign) => match (sign.as_str(), stack.pop()) {
                    ("!", Some(node)) => Self::Not(Box::new(node)),
                    ("&", Some(left)) => Self::All(vec![left, stack.pop().ok_or_else(malformed)?]),
                    ("|", Some(left)) => Self::Any(vec![left, stack.pop().ok_or_else(malformed)?]),
                    ("!" | "&" | "|", None) => return Err(malformed()),
                    _ => return Err(Fault::value(format!("Domain() invalid item in domain: {}", repr(item)))),
                },
                Value::Array(parts) => match parts.as_slice() {
                    [left, Value::String(operator), value] => Self::condition(env, model, left, operator, value)?,
                    _ => return Err(Fault::value(format!("Domain() invalid item in domain: {}", repr(item)))),
                },
                _ => return Err(Fault::value(format!("Domain() invalid item in domain: {}", repr(item)))),
            };
            stack.push(node);
        }
        stack.reverse();
        Ok(Self::All(stack))
    }

    /// Whether the record fits.
    pub(crate) fn matches(&self, env: &Env<'_>, model: &'static Model, id: i64) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.matches(env, model, id)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(env, model, id)),
            Self::Not(node) => !node.matches(env, model, id),
            Self::Constant(truth) => *truth,
            Self::Leaf(leaf) => compare::fits(env, model, id, leaf),
            Self::Related(field, inner) => {
                let Ok(target) = env.target(field) else { return false };
                env.get(model, id, field).ids().into_iter().any(|related| inner.matches(env, target, related))
            }
        }
    }

    /// Whether the domain says something about archived records itself.
    pub(crate) fn names_active(&self) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(Self::names_active),
            Self::Not(node) => node.names_active(),
            Self::Constant(_) | Self::Related(..) => false,
            Self::Leaf(leaf) => leaf.field.name == "active",
        }
    }

    /// The lowest and the highest id that can fit; no lower than the one and no higher than the other.
    pub(crate) fn id_bounds(&self) -> (i64, i64) {
        const ALL: (i64, i64) = (i64::MIN, i64::MAX);
        match self {
            Self::All(nodes) => nodes.iter().map(Self::id_bounds).fold(ALL, |a, b| (a.0.max(b.0), a.1.min(b.1))),
            Self::Leaf(leaf) if leaf.field.name == "id" => match (leaf.operator, leaf.value.as_i64()) {
                (Operator::In, Some(id)) => (id, id),
                (Operator::In, None) => {
                    let Some(ids) = leaf.value.as_array() else { return ALL };
                    let ids: Option<Vec<i64>> = ids.iter().map(Value::as_i64).collect();
                    let bounds = ids.map(|ids| ids.iter().copied().min().zip(ids.iter().copied().max()));
                    bounds.map_or(ALL, |bounds| bounds.unwrap_or((0, 0)))
                }
                (Operator::Greater, Some(id)) => (id.saturating_add(1), i64::MAX),
                (Operator::GreaterOrEqual, Some(id)) => (id, i64::MAX),
                (Operator::Less, Some(id)) => (i64::MIN, id.saturating_sub(1)),
                (Operator::LessOrEqual, Some(id)) => (i64::MIN, id),
                _ => ALL,
            },
            _ => ALL,
        }
    }

    fn condition(env: &Env<'_>, model: &'static Model, left: &Value, operator: &str, value: &Value) -> Outcome<Self> {
        let Value::String(path) = left else {
            // [1, '=', 1] and [0, '=', 1]
            let is_equal = left == value;
            return Ok(Self::Constant(if operator == "=" { is_equal } else { !is_equal }));
        };
        let told = || format!("({}, {}, {})", repr(left), repr(&Value::from(operator)), repr(value));
        let (name, rest) = path.split_once('.').map_or((path.as_str(), None), |(name, rest)| (name, Some(rest)));
        let operator = operator.to_ascii_lowercase();
        let field = model
            .field(name)
            .ok_or_else(|| Fault::value(format!("Invalid field {}.{name} in condition {}", model.name, told())))?;
        access::check_field(env, model, field)?;
        if name == "display_name"
            && rest.is_none()
            && let Some(domain) = named::domain(model, &operator, value)
        {
            return Self::parse(env, model, &domain);
        }
        if let Some(rest) = rest {
            if !field.is_relation() {
                return Err(Fault::value(format!("Invalid field property '{rest}' on {}.{name}", model.name)));
            }
            let (positive, negated) = positive(&operator);
            let inner = Self::condition(env, env.target(field)?, &Value::from(rest), positive, value)?;
            let related = Self::Related(field, Box::new(inner));
            return Ok(if negated { Self::Not(Box::new(related)) } else { related });
        }
        if matches!(operator.as_str(), "any" | "not any") {
            if !field.is_relation() {
                return Err(Fault::value(format!(
                    "Cannot use 'any' with non-relational fields in condition {}",
                    told()
                )));
            }
            let related = Self::Related(field, Box::new(Self::parse(env, env.target(field)?, value)?));
            return Ok(if operator == "any" { related } else { Self::Not(Box::new(related)) });
        }
        if !field.is_stored() && field.via.is_none() && !field.is_many() && !field.is_searchable() {
            return Err(Fault::value(format!("Cannot convert {}.{name} to SQL because it is not stored", model.name)));
        }
        let like = |fold_case, negated, whole| Operator::Like { fold_case, negated, whole };
        let operator = match operator.as_str() {
            "=?" if matches!(value, Value::Null | Value::Bool(false)) => return Ok(Self::Constant(true)),
            "=" | "==" | "in" | "=?" => Operator::In,
            "!=" | "<>" | "not in" => Operator::NotIn,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "like" => like(false, false, false),
            "ilike" => like(true, false, false),
            "not like" => like(false, true, false),
            "not ilike" => like(true, true, false),
            "=like" => like(false, false, true),
            "=ilike" => like(true, false, true),
            "not =like" => like(false, true, true),
            "not =ilike" => like(true, true, true),
            "child_of" => Operator::ChildOf,
            "parent_of" => Operator::ParentOf,
            _ => return Err(Fault::value(format!("Invalid operator in condition {}", told()))),
        };
        let value = compare::prepared(env, field, operator, value)?;
        Ok(Self::Leaf(Leaf { field, operator, value }))
    }
}

/// A negative operator over a path is the negation of the positive one.
fn positive(operator: &str) -> (&str, bool) {
    match operator {
        "!=" | "<>" => ("=", true),
        "not in" => ("in", true),
        "not like" => ("like", true),
        "not ilike" => ("ilike", true),
        "not any" => ("any", true),
        other => (other, false),
    }
}

#[cfg(test)]
mod tests;
