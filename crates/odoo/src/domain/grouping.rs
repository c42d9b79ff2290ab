//! How to group records and what to sum up of them, checked as strictly as domains are.

use super::having;
use super::path::{FieldSource, article, resolve};
use super::problem::{InputError, Problem, clip, nearest};
use super::{Target, Unseen};
use crate::{Capability, Field, FieldType, Version};
use gatehouse_core::FieldPath;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The most fields to group by at once.
const MAX_AXES: usize = 6;
/// The most sums of one call.
const MAX_AGGREGATES: usize = 30;
const GRANULARITIES: [&str; 6] = ["hour", "day", "week", "month", "quarter", "year"];
const FUNCTIONS: [&str; 8] = ["sum", "avg", "min", "max", "count", "count_distinct", "bool_and", "bool_or"];
/// How many records a group has.
const COUNT: &str = "__count";

/// Groups, sums and their order, as Odoo will understand them.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// What to group by, in the order asked; empty for one group of everything.
    pub axes: Vec<Axis>,
    /// What to sum up beside the number of records, in the order asked.
    pub aggregates: Vec<Aggregate>,
    /// Such as `__count desc`: axes and aggregates only.
    pub order: Option<String>,
    /// Conditions on the sums in prefix notation; `null` for none.
    pub having: Value,
    /// Every field looked at; sorted, without repeats.
    pub reads: Vec<FieldPath>,
    /// What Odoo looks at without being told: the order of related models.
    pub unseen: Vec<Unseen>,
    /// The models whose records' names are shown as names of groups; sorted, without repeats.
    pub named: Vec<String>,
}

/// One field to group by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// As asked: `date_order:month`, `partner_id.country_id`.
    pub spec: String,
    /// The field's own name, the last of a dotted path.
    pub field: String,
    /// What the field holds.
    pub kind: FieldType,
    /// The model at the other end of a relation.
    pub relation: Option<String>,
}

/// One sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// As asked: `amount_total:sum`.
    pub spec: String,
    /// The field summed up.
    pub field: String,
    /// How: `sum`, `avg`, `min`, `max`, `count`, `count_distinct`, `bool_and`, `bool_or`. Never asked for, but added by
    /// who groups, from 19 on: `array_agg_distinct`, the list of a group's different values.
    pub function: String,
}

/// A grouping as it was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// `field`, or `field:granularity` of a date.
    pub group_by: &'a [&'a str],
    /// `field:function`; `__count` is given anyway.
    pub aggregates: &'a [&'a str],
    /// Such as `__count desc`.
    pub order: Option<&'a str>,
    /// Conditions on aggregates.
    pub having: Option<&'a Value>,
}

impl Grouping {
    /// Groups by these, as they stand, and counts.
    pub const fn by(axes: Vec<Axis>) -> Self {
        Self {
            axes,
            aggregates: Vec::new(),
            order: None,
            having: Value::Null,
            reads: Vec::new(),
            unseen: Vec::new(),
            named: Vec::new(),
        }
    }

    /// Checks a grouping of records of `model` for a server of this version. Every problem is told at once, its pointer
    /// beginning with `group_by`, `aggregates`, `order` or `having`.
    pub async fn parse(
        asked: Asked<'_>,
        model: &str,
        source: &dyn FieldSource,
        version: Version,
    ) -> Result<Self, InputError> {
        let mut parse = Parse { model, source, version, reads: BTreeSet::new(), unseen: BTreeSet::new() };
        let mut problems = Vec::new();
        let mut axes: Vec<Axis> = Vec::new();
        for (index, spec) in asked.group_by.iter().enumerate() {
            let at = format!("group_by/{index}");
            match parse.axis(spec, &at).await {
                Ok(axis) if axes.iter().any(|known| known.spec == axis.spec) => {
                    problems.push(Problem::new(at, format!("“{}” stands there twice", axis.spec)));
                }
                Ok(axis) => axes.push(axis),
                Err(error) => keep(error, &mut problems)?,
            }
        }
        let mut aggregates: Vec<Aggregate> = Vec::new();
        for (index, spec) in asked.aggregates.iter().enumerate().filter(|(_, spec)| **spec != COUNT) {
            match parse.aggregate(spec, &format!("aggregates/{index}")).await {
                Ok(aggregate) if aggregates.contains(&aggregate) => {}
                Ok(aggregate) => aggregates.push(aggregate),
                Err(error) => keep(error, &mut problems)?,
            }
        }
        for (what, count, most) in
            [("group_by", asked.group_by.len(), MAX_AXES), ("aggregates", asked.aggregates.len(), MAX_AGGREGATES)]
        {
            if count > most {
                problems.push(Problem::new(what, format!("at most {most} in one call")));
            }
        }
        // What an order may name depends on the rest: it is looked at only where the rest is right.
        let mut order = None;
        if let (Some(text), true) = (asked.order, problems.is_empty()) {
            match parse.order(text, &axes, &aggregates) {
                Ok(text) => order = Some(text),
                Err(problem) => problems.push(problem),
            }
        }
        let mut having = Value::Null;
        if let Some(given) = asked.having {
            match having::parse(given, &mut parse).await {
                Ok(terms) => having = terms,
                Err(error) => keep(error, &mut problems)?,
            }
        }
        if !problems.is_empty() {
            return Err(InputError::Refused(problems));
        }
        if order.is_none() && !version.can(Capability::FormattedGroups) {
            // Up to 18 Odoo puts groups of records in their model's own order.
            for axis in &axes {
                parse.in_order_of(axis);
            }
        }
        let named: BTreeSet<String> = axes.iter().filter_map(|axis| axis.relation.clone()).collect();
        Ok(Self {
            axes,
            aggregates,
            order,
            having,
            reads: parse.reads.into_iter().collect(),
            unseen: parse.unseen.into_iter().collect(),
            named: named.into_iter().collect(),
        })
    }

    /// What a person and a log see of it.
    pub fn as_json(&self) -> Value {
        let axes: Vec<&str> = self.axes.iter().map(|axis| axis.spec.as_str()).collect();
        let aggregates: Vec<&str> = self.aggregates.iter().map(|aggregate| aggregate.spec.as_str()).collect();
        json!({"group_by": axes, "aggregates": aggregates, "order": self.order, "having": self.having})
    }
}

/// Problems are collected; anything else ends the parse.
fn keep(error: InputError, problems: &mut Vec<Problem>) -> Result<(), InputError> {
    match error {
        InputError::Refused(found) => problems.extend(found),
        odoo @ InputError::Odoo(_) => return Err(odoo),
    }
    Ok(())
}

/// One parse under way.
pub(super) struct Parse<'a> {
    model: &'a str,
    source: &'a dyn FieldSource,
    pub(super) version: Version,
    reads: BTreeSet<FieldPath>,
    unseen: BTreeSet<Unseen>,
}

impl Parse<'_> {
    async fn axis(&mut self, spec: &str, at: &str) -> Result<Axis, InputError> {
        let (path, granularity) =
            spec.split_once(':').map_or((spec, None), |(path, granularity)| (path, Some(granularity)));
        if path.contains('.') && !self.version.can(Capability::FormattedGroups) {
            return Err(Problem::new(at, "this Odoo is older than 19 and groups by no dotted paths").into());
        }
        let fields = self.source.fields(self.model).await?;
        let own = fields.get(path);
        if let Some(field) = own.filter(|field| !field.groupable) {
            self.reads.insert(FieldPath { model: self.model.to_owned(), field: path.to_owned() });
            return Err(not_groupable(path, field, at).into());
        }
        // From 19 on, Odoo groups by some many2ones that it cannot search by.
        let is_unsearchable = |field: &&Field| field.kind == FieldType::Many2one && !field.searchable;
        let grouped_alone = own.filter(|field| self.version.can(Capability::FormattedGroups) && is_unsearchable(field));
        let (name, field) = match grouped_alone {
            Some(field) => {
                self.reads.insert(FieldPath { model: self.model.to_owned(), field: path.to_owned() });
                (path.to_owned(), field.clone())
            }
            None => self.over(path, at).await?,
        };
        if !field.groupable {
            return Err(not_groupable(&name, &field, at).into());
        }
        check_granularity(&name, &field, granularity, at)?;
        let relation = field.relation.filter(|_| field.kind.is_relational());
        Ok(Axis { spec: spec.to_owned(), field: name, kind: field.kind, relation })
    }

    /// The field at the end of a path that can be searched by.
    async fn over(&mut self, path: &str, at: &str) -> Result<(String, Field), InputError> {
        let target = resolve(path, self.model, self.source, at).await?;
        self.reads.extend(target.reads.iter().cloned());
        self.unseen.extend(target.reads.iter().skip(1).map(|read| Unseen::Archived(read.model.clone())));
        self.only_over_many2ones(&target, path, at).await?;
        let Target { name, field, property, .. } = target;
        if property.is_some() || field.kind == FieldType::Properties {
            return Err(Problem::new(at, format!("“{name}” holds properties: they cannot be grouped here")).into());
        }
        Ok((name, field))
    }

    /// A path that passes several records would count one record in several groups; Odoo refuses it.
    async fn only_over_many2ones(&self, target: &Target, path: &str, at: &str) -> Result<(), InputError> {
        for read in target.reads.iter().take(target.reads.len() - 1) {
            let fields = self.source.fields(&read.model).await?;
            if fields.get(&read.field).is_some_and(|field| field.kind != FieldType::Many2one) {
                let message =
                    format!("“{}” of “{}” is no many2one: records are not grouped over it", read.field, clip(path));
                return Err(Problem::new(at, message).into());
            }
        }
        Ok(())
    }

    /// `amount_total:sum`, a field of the model itself.
    pub(super) async fn aggregate(&mut self, spec: &str, at: &str) -> Result<Aggregate, InputError> {
        let Some((name, function)) = spec.split_once(':') else {
            let message = format!("“{}”: write field:function, such as amount_total:sum, or __count", clip(spec));
            return Err(Problem::new(at, message).into());
        };
        if name.contains('.') {
            let message = format!("“{}”: Odoo sums up the model's own fields, not dotted paths", clip(name));
            return Err(Problem::new(at, message).into());
        }
        let fields = self.source.fields(self.model).await?;
        let field = fields.get(name).ok_or_else(|| super::unknown_field(name, self.model, &fields, at))?;
        self.reads.insert(FieldPath { model: self.model.to_owned(), field: name.to_owned() });
        if !FUNCTIONS.contains(&function) {
            let message = format!("“{}” is none of {}", clip(function), FUNCTIONS.join(", "));
            return Err(Problem::new(at, message).with_candidates(nearest(function, FUNCTIONS.into_iter())).into());
        }
        if !(field.store || field.aggregator.is_some()) || field.kind.is_x2many() || field.kind.is_opaque() {
            return Err(Problem::new(at, format!("Odoo cannot sum up “{name}”: it is not kept as one value")).into());
        }
        if !fits(function, name, field.kind) {
            let message = format!("{function} does not fit “{name}”, which is {}", article(field.kind));
            return Err(Problem::new(at, message).into());
        }
        Ok(Aggregate { spec: spec.to_owned(), field: name.to_owned(), function: function.to_owned() })
    }

    /// Terms are axes, aggregates or `__count`, each up or down.
    fn order(&mut self, text: &str, axes: &[Axis], aggregates: &[Aggregate]) -> Result<String, Problem> {
        let mut terms = Vec::new();
        for part in text.split(',') {
            let words: Vec<&str> = part.split_whitespace().collect();
            let (name, direction) = match words[..] {
                [name] => (name, "asc"),
                [name, way] if way.eq_ignore_ascii_case("asc") => (name, "asc"),
                [name, way] if way.eq_ignore_ascii_case("desc") => (name, "desc"),
                _ => {
                    let message = format!("“{}” is not a name with an optional asc or desc", clip(part.trim()));
                    return Err(Problem::new("order", message));
                }
            };
            let of_axis =
                |axis: &&Axis| axis.spec == name || axis.spec.split_once(':').is_some_and(|(path, _)| path == name);
            if let Some(axis) = axes.iter().find(of_axis) {
                self.in_order_of(axis);
                terms.push(format!("{} {direction}", axis.spec));
            } else if name == COUNT || aggregates.iter().any(|aggregate| aggregate.spec == name) {
                terms.push(format!("{name} {direction}"));
            } else {
                let known: Vec<&str> = axes
                    .iter()
                    .map(|axis| axis.spec.as_str())
                    .chain(aggregates.iter().map(|aggregate| aggregate.spec.as_str()))
                    .chain([COUNT])
                    .collect();
                let message =
                    format!("“{}”: groups are sorted by what they are made of: {}", clip(name), known.join(", "));
                return Err(Problem::new("order", message).with_candidates(nearest(name, known.iter().copied())));
            }
        }
        Ok(terms.join(", "))
    }

    fn in_order_of(&mut self, axis: &Axis) {
        if let (FieldType::Many2one, Some(relation)) = (axis.kind, &axis.relation) {
            self.unseen.insert(Unseen::Order(relation.clone()));
        }
    }
}

fn not_groupable(name: &str, field: &Field, at: &str) -> Problem {
    Problem::new(
        at,
        format!("Odoo cannot group by “{name}”, which is {} and not kept as one value", article(field.kind)),
    )
}

fn check_granularity(name: &str, field: &Field, granularity: Option<&str>, at: &str) -> Result<(), Problem> {
    let is_moment = matches!(field.kind, FieldType::Date | FieldType::Datetime);
    match granularity {
        None if is_moment => {
            let message = format!("“{name}” is {}: say by what, {name}:month say", article(field.kind));
            let offered = GRANULARITIES.iter().skip(1).map(|unit| format!("{name}:{unit}")).collect();
            Err(Problem::new(at, message).with_candidates(offered))
        }
        None => Ok(()),
        Some(_) if !is_moment => {
            Err(Problem::new(at, format!("“{name}” is {}: only dates take a unit after a colon", article(field.kind))))
        }
        Some("hour") if field.kind == FieldType::Date => {
            Err(Problem::new(at, format!("“{name}” is a date: it has no hours")))
        }
        Some(unit) if GRANULARITIES.contains(&unit) => Ok(()),
        Some(unit) => Err(Problem::new(at, format!("“{}” is none of {}", clip(unit), GRANULARITIES.join(", ")))
            .with_candidates(nearest(unit, GRANULARITIES.into_iter()))),
    }
}

fn fits(function: &str, name: &str, kind: FieldType) -> bool {
    let is_number = matches!(kind, FieldType::Integer | FieldType::Float | FieldType::Monetary);
    match function {
        "sum" | "avg" => is_number && name != "id",
        "min" | "max" => is_number || matches!(kind, FieldType::Date | FieldType::Datetime),
        "bool_and" | "bool_or" => kind == FieldType::Boolean,
        _ => true,
    }
}
