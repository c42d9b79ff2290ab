//! One stored value of one field of one record.

use std::cmp::Ordering;
use std::sync::Arc;

/// What a field of a record holds. Many2one is `Int` or `Null`; dates are `Text` as Odoo writes them, in UTC.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    Ids(Vec<i64>),
}

impl Cell {
    pub(crate) fn text(value: impl Into<Arc<str>>) -> Self {
        Self::Text(value.into())
    }

    /// Text, or `Null` for an empty one.
    pub(crate) fn some_text(value: &str) -> Self {
        if value.is_empty() { Self::Null } else { Self::text(value) }
    }

    pub(crate) fn one(id: Option<i64>) -> Self {
        id.map_or(Self::Null, Self::Int)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_id(&self) -> Option<i64> {
        match self {
            Self::Int(id) => Some(*id),
            _ => None,
        }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "ids and counts of a demo are small")]
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Bool(truth) => Some(f64::from(u8::from(*truth))),
            _ => None,
        }
    }

    /// The ids of a relation: none, one or many.
    pub(crate) fn ids(&self) -> Vec<i64> {
        match self {
            Self::Int(id) => vec![*id],
            Self::Ids(ids) => ids.clone(),
            _ => Vec::new(),
        }
    }

    /// Python's truth of the value.
    pub(crate) fn is_set(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(truth) => *truth,
            Self::Int(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Ids(ids) => !ids.is_empty(),
        }
    }

    /// PostgreSQL's ascending order: nothing comes last.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Greater,
            (_, Self::Null) => Ordering::Less,
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Ids(a), Self::Ids(b)) => a.cmp(b),
            (a, b) => match (a.as_number(), b.as_number()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            },
        }
    }
}
