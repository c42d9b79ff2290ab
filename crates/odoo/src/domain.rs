//! Domains, orders and field lists, parsed strictly: what does not parse is refused with its place. Nothing is ever
//! widened, and every `model.field` that is touched on the way is reported.

mod grouping;
mod having;
mod leaf;
mod literal;
mod order;
mod origins;
mod path;
mod problem;
mod relative;
mod selection;
mod unseen;

pub use grouping::{Aggregate, Asked, Axis, Grouping};
pub use order::{Direction, Order};
pub use origins::{Origins, copied, origins};
pub use path::FieldSource;
pub use problem::{InputError, Problem};
pub use relative::Today;
pub use selection::{Column, FieldList};
pub use unseen::Unseen;

pub(crate) use leaf::whole;
pub(crate) use path::{Target, resolve, unknown_field};
pub(crate) use problem::{clip, nearest, token};
pub(crate) use relative::is_relative;

use gatehouse_core::FieldPath;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The most terms a domain may hold, those of its sub-domains and its operators included.
pub const MAX_TERMS: usize = 200;
/// How deep sub-domains (`any`) may nest.
pub const MAX_DEPTH: usize = 5;
/// The most values in one list of `in`.
pub const MAX_LIST: usize = 10_000;

/// A domain that Odoo will understand as it was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    terms: Value,
    reads: Vec<FieldPath>,
    unseen: Vec<Unseen>,
    resolved: Vec<(String, String)>,
}

impl Domain {
    /// Reads a domain: a list of terms in Odoo's prefix notation, or the text of one (JSON, or a Python list of
    /// literals). Fields, operators and values are checked against the models' own fields, which `source` tells.
    ///
    /// Dates may be relative to `today`: `today`, `now`, `yesterday`, `tomorrow`, the `_start` and `_end` of `week` (from
    /// Monday), `month`, `quarter` and `year`, each followed by offsets such as `-7d`, `+2w`, `-3m`, `+1y` or, for moments,
    /// `-4h`; an offset alone counts from now. Compared with moments, a beginning is its first
    /// second and an end its last; a day is the first for `<` and `>=` and the last for `<=` and `>`, as Odoo takes a bare
    /// date.
    pub async fn parse(
        domain: &Value,
        model: &str,
        source: &dyn FieldSource,
        today: &Today,
    ) -> Result<Self, InputError> {
        let parsed;
        let list = match domain {
            Value::String(text) => {
                parsed = literal::parse(text)?;
                &parsed
            }
            other => other,
        };
        let mut reading = Reading {
            source,
            today,
            terms_left: MAX_TERMS,
            reads: BTreeSet::new(),
            unseen: BTreeSet::new(),
            resolved: Vec::new(),
        };
        let terms = reading.list(list, model, String::new(), 0).await?;
        Ok(Self {
            terms: Value::Array(terms),
            reads: reading.reads.into_iter().collect(),
            unseen: reading.unseen.into_iter().collect(),
            resolved: reading.resolved,
        })
    }

    /// Every record.
    pub fn every() -> Self {
        Self { terms: json!([]), reads: Vec::new(), unseen: Vec::new(), resolved: Vec::new() }
    }

    /// The records of these ids.
    pub fn of_ids(model: &str, ids: &[i64]) -> Self {
        let id = FieldPath { model: model.to_owned(), field: "id".to_owned() };
        Self { terms: json!([["id", "in", ids]]), reads: vec![id], unseen: Vec::new(), resolved: Vec::new() }
    }

    /// As Odoo takes it: a JSON list in prefix notation, `null` written as `false`, dates in Odoo's own form.
    pub fn as_json(&self) -> &Value {
        &self.terms
    }

    /// Whether it holds for every record.
    pub fn is_every(&self) -> bool {
        self.terms.as_array().is_some_and(Vec::is_empty)
    }

    /// Every field touched, also on the way through dotted paths and inside sub-domains; sorted, without repeats.
    pub fn reads(&self) -> &[FieldPath] {
        &self.reads
    }

    /// The relative dates, each as it was given and as it is sent; in the order given, without repeats.
    pub fn resolved(&self) -> &[(String, String)] {
        &self.resolved
    }

    /// What Odoo looks at for it without being told; sorted, without repeats. Every search also leaves out the archived
    /// records of the model itself, which is not repeated here.
    pub fn unseen(&self) -> &[Unseen] {
        &self.unseen
    }
}

/// One parse under way.
struct Reading<'a> {
    source: &'a dyn FieldSource,
    today: &'a Today,
    terms_left: usize,
    reads: BTreeSet<FieldPath>,
    unseen: BTreeSet<Unseen>,
    resolved: Vec<(String, String)>,
}

impl Reading<'_> {
    /// A list of terms about `model`, standing at the JSON Pointer `at`.
    async fn list(&mut self, list: &Value, model: &str, at: String, depth: usize) -> Result<Vec<Value>, InputError> {
        let Value::Array(terms) = list else {
            return Err(
                Problem::new(at, "a domain is a list of terms such as [[\"name\", \"ilike\", \"azure\"]]").into()
            );
        };
        if looks_like_a_bare_leaf(terms) {
            return Err(Problem::new(
                at,
                "this is one term where a list of terms is expected: put it in a list, [[field, operator, value]]",
            )
            .into());
        }
        let mut arity = Arity::default();
        let mut checked = Vec::with_capacity(terms.len());
        for (index, term) in terms.iter().enumerate() {
            let here = format!("{at}/{index}");
            self.terms_left = self.terms_left.checked_sub(1).ok_or_else(|| {
                Problem::new(
                    &here,
                    format!("a domain may hold at most {MAX_TERMS} terms; use \"in\" with a list of values"),
                )
            })?;
            match term {
                Value::String(word) => {
                    arity.operator(word, &here)?;
                    checked.push(term.clone());
                }
                Value::Array(parts) => {
                    arity.operand();
                    checked.push(self.leaf(parts, model, &here, depth).await?);
                }
                _ => {
                    return Err(Problem::new(here, "a term is \"&\", \"|\", \"!\" or [field, operator, value]").into());
                }
            }
        }
        arity.end()?;
        Ok(checked)
    }
}

/// `["name", "=", "x"]` where `[["name", "=", "x"]]` was meant.
fn looks_like_a_bare_leaf(terms: &[Value]) -> bool {
    matches!(terms, [Value::String(field), Value::String(operator), _]
        if !is_connective(field) && leaf::is_operator(operator))
}

fn is_connective(word: &str) -> bool {
    matches!(word, "&" | "|" | "!")
}

/// Counts whether every operator in prefix notation gets its terms.
#[derive(Default)]
struct Arity {
    /// Operators that still wait: the operator, its place, how many terms it wants.
    open: Vec<(char, String, usize)>,
}

impl Arity {
    fn operator(&mut self, word: &str, at: &str) -> Result<(), Problem> {
        let wanted = match word {
            "&" => ('&', 2),
            "|" => ('|', 2),
            "!" => ('!', 1),
            _ => {
                return Err(Problem::new(
                    at,
                    format!(
                        "“{}” is not a term: a term is \"&\", \"|\", \"!\" or [field, operator, value]",
                        clip(word)
                    ),
                ));
            }
        };
        self.open.push((wanted.0, at.to_owned(), wanted.1));
        Ok(())
    }

    /// A term is complete, and with it every operator that waited for nothing else.
    fn operand(&mut self) {
        while let Some((_, _, wanted)) = self.open.last_mut() {
            *wanted -= 1;
            if *wanted > 0 {
                return;
            }
            self.open.pop();
        }
    }

    fn end(mut self) -> Result<(), Problem> {
        match self.open.pop() {
            None => Ok(()),
            Some((operator, at, missing)) => {
                let wants = if operator == '!' { "one term" } else { "two terms" };
                Err(Problem::new(
                    at,
                    format!("“{operator}” stands before its terms and wants {wants}; {missing} missing"),
                ))
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod grouping_tests;
#[cfg(test)]
mod tests;
