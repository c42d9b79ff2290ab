//! formatted_read_group: counts and sums by group.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Map, Value, json};

use super::{Arguments, Method, On, Param, search};
use crate::access;
use crate::cell::Cell;
use crate::clock;
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::order;
use crate::read;
use crate::schema::{Field, Kind, Model};

pub(super) const METHODS: &[Method] = &[Method {
    name: "formatted_read_group",
    on: On::Every,
    takes_ids: false,
    params: &[
        Param("domain", true),
        Param("groupby", false),
        Param("aggregates", false),
        Param("having", false),
        Param("offset", false),
        Param("limit", false),
        Param("order", false),
    ],
    is_open: false,
    run: formatted_read_group,
}];

/// `date_order:month`: a field, with a granularity where it is a date; `partner_id.country_id`: over many2ones.
struct Axis {
    told: String,
    /// The many2ones on the way, each with the model it leads to.
    path: Vec<(&'static Field, &'static Model)>,
    field: &'static Field,
    granularity: Option<Granularity>,
}

#[derive(Clone, Copy)]
enum Granularity {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

const FUNCTIONS: [&str; 10] =
    ["sum", "avg", "max", "min", "count", "count_distinct", "array_agg", "array_agg_distinct", "bool_and", "bool_or"];

/// `amount_total:sum`.
enum Aggregate {
    Rows,
    Of { told: String, field: &'static Field, how: String },
}

/// One group: its place on each axis and its records.
struct Group {
    keys: Vec<Cell>,
    ids: Vec<i64>,
}

fn formatted_read_group(env: &mut Env<'_>, model: &'static Model, _: &[i64], arguments: &Arguments) -> Outcome<Value> {
    let axes: Vec<Axis> =
        arguments.names("groupby").iter().map(|told| Axis::parse(env, model, told)).collect::<Outcome<_>>()?;
    let aggregates: Vec<Aggregate> =
        arguments.names("aggregates").iter().map(|told| Aggregate::parse(model, told)).collect::<Outcome<_>>()?;
    let ids = search::fitting(env, model, arguments.get("domain"))?;
    let mut groups = gathered(env, model, &axes, &ids);
    let having = Having::parse(model, arguments.get("having"))?;
    groups.retain(|group| having.holds(env, model, &group.ids));
    sort(env, model, &mut groups, &axes, &aggregates, arguments.text("order"))?;
    let rows = groups.iter().skip(arguments.count("offset")).take(arguments.limit("limit"));
    Ok(rows.map(|group| row(env, model, group, &axes, &aggregates)).collect())
}

impl Axis {
    fn parse(env: &Env<'_>, model: &'static Model, told: &str) -> Outcome<Self> {
        let (names, granularity) = told.split_once(':').map_or((told, None), |(names, how)| (names, Some(how)));
        let known = |model: &'static Model, name: &str| {
            model.field(name).ok_or_else(|| Fault::value(format!("Invalid field '{name}' on model '{}'", model.name)))
        };
        let mut path = Vec::new();
        let mut at = model;
        let (way, name) = names.rsplit_once('.').unwrap_or(("", names));
        for step in way.split('.').filter(|step| !step.is_empty()) {
            let field = known(at, step)?;
            if field.kind != Kind::Many2one {
                return Err(Fault::value(format!("Only many2one path is accepted for the '{told}' groupby spec")));
            }
            at = env.target(field)?;
            path.push((field, at));
        }
        let field = known(at, name)?;
        access::check_field(env, at, field)?;
        let is_date = matches!(field.kind, Kind::Date | Kind::Datetime);
        let granularity = match granularity {
            None if is_date => {
                return Err(Fault::value(format!("Granularity not set on a date(time) field: '{told}'")));
            }
            None => None,
            Some(how) => Some(
                Granularity::parse(how)
                    .ok_or_else(|| Fault::value(format!("Granularity specification isn't correct: '{how}'")))?,
            ),
        };
        Ok(Self { told: told.to_owned(), path, field, granularity })
    }

    /// Where a record stands: a many2many stands in several places.
    fn places(&self, env: &Env<'_>, model: &'static Model, id: i64) -> Vec<Cell> {
        let (mut model, mut id) = (model, id);
        for (step, target) in &self.path {
            let Some(next) = env.get(model, id, step).as_id() else { return vec![Cell::Null] };
            (model, id) = (target, next);
        }
        let cell = env.get(model, id, self.field);
        if self.field.is_many() {
            let ids = cell.ids();
            return if ids.is_empty() { vec![Cell::Null] } else { ids.into_iter().map(Cell::Int).collect() };
        }
        if let (Some(granularity), Some(text)) = (self.granularity, cell.as_text()) {
            return vec![clock::seconds(text).map_or(Cell::Null, |at| Cell::Int(granularity.start(at)))];
        }
        if self.field.kind == Kind::Boolean {
            return vec![Cell::Bool(cell.is_set())];
        }
        vec![cell]
    }

    /// The group's value and the conditions that select it.
    fn told(&self, env: &Env<'_>, key: &Cell) -> (Value, Vec<Value>) {
        let name = &self.field.name;
        if let (Some(granularity), Cell::Int(start)) = (self.granularity, key) {
            let text = |at| if self.field.kind == Kind::Date { clock::date(at) } else { clock::datetime(at) };
            let (from, to) = (text(*start), text(granularity.next(*start)));
            let value = json!([from, granularity.label(*start)]);
            return (value, vec![json!([name, ">=", from]), json!([name, "<", to])]);
        }
        if self.field.is_relation() {
            let Some(id) = key.as_id() else { return (json!(false), vec![json!([name, "=", false])]) };
            let label = env.target(self.field).map(|target| env.record(target, id).name()).unwrap_or_default();
            return (json!([id, label]), vec![json!([name, "=", id])]);
        }
        let value = if *key == Cell::Null { json!(false) } else { read::plain(self.field.kind, key) };
        (value.clone(), vec![json!([name, "=", value])])
    }
}

impl Aggregate {
    fn parse(model: &'static Model, told: &str) -> Outcome<Self> {
        if told == "__count" {
            return Ok(Self::Rows);
        }
        let (name, how) = told.split_once(':').unwrap_or((told, ""));
        let field = model
            .field(name)
            .ok_or_else(|| Fault::value(format!("Invalid field '{name}' on model '{}' for '{told}'.", model.name)))?;
        if !FUNCTIONS.contains(&how) {
            return Err(Fault::value(format!("Invalid aggregate method '{how}' for '{told}'.")));
        }
        if !(field.is_stored() || field.via.is_some()) || field.is_many() {
            return Err(Fault::value(format!("Cannot convert {}.{name} to SQL because it is not stored", model.name)));
        }
        Ok(Self::Of { told: told.to_owned(), field, how: how.to_owned() })
    }

    fn name(&self) -> &str {
        match self {
            Self::Rows => "__count",
            Self::Of { told, .. } => told,
        }
    }

    fn over(&self, env: &Env<'_>, model: &'static Model, ids: &[i64]) -> Value {
        let Self::Of { field, how, .. } = self else { return json!(ids.len()) };
        let mut cells: Vec<Cell> = ids.iter().map(|id| kept(field.kind, env.get(model, *id, field))).collect();
        if let Some(rest) = how.strip_prefix("array_agg") {
            if rest == "_distinct" {
                cells.sort_by(Cell::order);
                cells.dedup();
            }
            return cells.iter().map(|cell| listed(field.kind, cell)).collect();
        }
        cells.retain(|cell| *cell != Cell::Null);
        let numbers = || cells.iter().filter_map(Cell::as_number);
        let sum = || numbers().sum::<f64>();
        match how.as_str() {
            "sum" if cells.is_empty() => json!(false),
            "sum" if field.kind == Kind::Integer => {
                #[expect(clippy::cast_possible_truncation, reason = "a sum of whole numbers")]
                let whole = sum() as i64;
                json!(whole)
            }
            "sum" => json!(crate::compute::rounded(sum())),
            #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
            "avg" if !cells.is_empty() => json!(sum() / cells.len() as f64),
            "max" | "min" if !cells.is_empty() => {
                let best = if how == "max" {
                    cells.iter().max_by(|a, b| a.order(b))
                } else {
                    cells.iter().min_by(|a, b| a.order(b))
                };
                best.map_or(json!(false), |cell| read::plain(field.kind, cell))
            }
            "count" => json!(cells.len()),
            "count_distinct" => {
                let mut distinct: Vec<&Cell> = Vec::new();
                for cell in &cells {
                    if !distinct.contains(&cell) {
                        distinct.push(cell);
                    }
                }
                json!(distinct.len())
            }
            "bool_and" => json!(cells.iter().all(Cell::is_set)),
            "bool_or" => json!(cells.iter().any(Cell::is_set)),
            _ => json!(false),
        }
    }
}

/// A value as the database has it, where amounts and booleans are never empty.
fn kept(kind: Kind, cell: Cell) -> Cell {
    match (kind, cell) {
        (Kind::Monetary, Cell::Null) => Cell::Float(0.0),
        (Kind::Boolean, Cell::Null) => Cell::Bool(false),
        (_, cell) => cell,
    }
}

/// A value in a list of values: an empty one is null there.
fn listed(kind: Kind, cell: &Cell) -> Value {
    if *cell == Cell::Null { Value::Null } else { read::plain(kind, cell) }
}

/// Conditions on the sums of a group, in prefix notation.
struct Having(Vec<Term>);

enum Term {
    Connective(char),
    Condition(Aggregate, String, f64),
}

impl Having {
    fn parse(model: &'static Model, told: &Value) -> Outcome<Self> {
        let term = |item: &Value| {
            let wrong = || Fault::value(format!("Invalid having clause {item}: it should be a domain-like clause"));
            match item {
                Value::String(word) if matches!(word.as_str(), "&" | "|" | "!") => {
                    Ok(Term::Connective(word.chars().next().unwrap_or('&')))
                }
                Value::Array(parts) => match parts.as_slice() {
                    [Value::String(spec), Value::String(operator), Value::Number(number)] => Ok(Term::Condition(
                        Aggregate::parse(model, spec)?,
                        operator.clone(),
                        number.as_f64().unwrap_or_default(),
                    )),
                    _ => Err(wrong()),
                },
                _ => Err(wrong()),
            }
        };
        told.as_array().into_iter().flatten().map(term).collect::<Outcome<_>>().map(Self)
    }

    fn holds(&self, env: &Env<'_>, model: &'static Model, ids: &[i64]) -> bool {
        let mut stack: Vec<bool> = Vec::new();
        for term in self.0.iter().rev() {
            let mut pop = || stack.pop().unwrap_or(true);
            let holds = match term {
                Term::Connective('!') => !pop(),
                Term::Connective(word) => {
                    let (a, b) = (pop(), pop());
                    if *word == '|' { a || b } else { a && b }
                }
                Term::Condition(aggregate, operator, number) => {
                    aggregate.over(env, model, ids).as_f64().is_some_and(|sum| match operator.as_str() {
                        "<" => sum < *number,
                        ">" => sum > *number,
                        "<=" => sum <= *number,
                        ">=" => sum >= *number,
                        "!=" => (sum - number).abs() > f64::EPSILON,
                        _ => (sum - number).abs() <= f64::EPSILON,
                    })
                }
            };
            stack.push(holds);
        }
        stack.into_iter().all(|holds| holds)
    }
}

impl Granularity {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    fn start(self, at: i64) -> i64 {
        let (year, month, day) = clock::parts(at);
        match self {
            Self::Hour => at - at.rem_euclid(3600),
            Self::Day => clock::midnight(year, month, day),
            Self::Week => clock::midnight(year, month, day) - clock::weekday(at) * 86_400,
            Self::Month => clock::midnight(year, month, 1),
            Self::Quarter => clock::midnight(year, (month - 1) / 3 * 3 + 1, 1),
            Self::Year => clock::midnight(year, 1, 1),
        }
    }

    fn next(self, start: i64) -> i64 {
        let (year, month, _) = clock::parts(start);
        match self {
            Self::Hour => start + 3600,
            Self::Day => start + 86_400,
            Self::Week => start + 7 * 86_400,
            Self::Month => clock::midnight(year, month + 1, 1),
            Self::Quarter => clock::midnight(year, month + 3, 1),
            Self::Year => clock::midnight(year + 1, 1, 1),
        }
    }

    fn label(self, start: i64) -> String {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let (year, month, day) = clock::parts(start);
        let named = usize::try_from(month - 1).ok().and_then(|place| MONTHS.get(place)).copied().unwrap_or_default();
        let short = named.get(..3).unwrap_or(named);
        match self {
            Self::Hour => format!("{:02}:00 {day:02} {short}", start.rem_euclid(86_400) / 3600),
            Self::Day => format!("{day:02} {short} {year}"),
            Self::Week => {
                let first = clock::midnight(year, 1, 1);
                let week = (start - (first - clock::weekday(first) * 86_400)) / (7 * 86_400) + 1;
                format!("W{week} {year}")
            }
            Self::Month => format!("{named} {year}"),
            Self::Quarter => format!("Q{} {year}", (month - 1) / 3 + 1),
            Self::Year => format!("{year}"),
        }
    }
}

fn gathered(env: &Env<'_>, model: &'static Model, axes: &[Axis], ids: &[i64]) -> Vec<Group> {
    if axes.is_empty() {
        return vec![Group { keys: Vec::new(), ids: ids.to_vec() }];
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for id in ids {
        let mut places: Vec<Vec<Cell>> = vec![Vec::new()];
        for axis in axes {
            let here = axis.places(env, model, *id);
            places = places
                .iter()
                .flat_map(|keys| here.iter().map(|key| [keys.as_slice(), std::slice::from_ref(key)].concat()))
                .collect();
        }
        for keys in places {
            match known.entry(format!("{keys:?}")) {
                Entry::Occupied(at) => groups[*at.get()].ids.push(*id),
                Entry::Vacant(at) => {
                    at.insert(groups.len());
                    groups.push(Group { keys, ids: vec![*id] });
                }
            }
        }
    }
    groups
}

/// By the order asked for, then by the groups themselves; a relation counts by its model's own order.
fn sort(
    env: &Env<'_>,
    model: &'static Model,
    groups: &mut [Group],
    axes: &[Axis],
    aggregates: &[Aggregate],
    asked: Option<&str>,
) -> Outcome<()> {
    let mut terms: Vec<(usize, bool, bool)> = Vec::new(); // (place, of an aggregate, descending)
    for part in asked.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        let descending = words.next().is_some_and(|word| word.eq_ignore_ascii_case("desc"));
        if let Some(place) = axes.iter().position(|axis| axis.told == name || axis.field.name == name) {
            terms.push((place, false, descending));
        } else if let Some(place) = aggregates.iter().position(|aggregate| aggregate.name() == name) {
            terms.push((place, true, descending));
        } else {
            return Err(Fault::value(format!("Order term '{part}' is not a valid aggregate nor valid groupby")));
        }
    }
    terms.extend((0..axes.len()).map(|place| (place, false, false)));
    let ranks: Vec<Option<HashMap<i64, i64>>> =
        axes.iter().enumerate().map(|(place, axis)| ranked(env, axis, groups, place)).collect();
    let mut keyed: Vec<(Vec<(Cell, bool)>, usize)> = groups
        .iter()
        .enumerate()
        .map(|(at, group)| {
            let cells = terms.iter().map(|(place, is_aggregate, descending)| {
                let cell = if *is_aggregate {
                    match aggregates[*place].over(env, model, &group.ids) {
                        Value::Number(number) => Cell::Float(number.as_f64().unwrap_or(0.0)),
                        Value::String(text) => Cell::text(text),
                        _ => Cell::Null,
                    }
                } else {
                    match (&group.keys[*place], &ranks[*place]) {
                        (Cell::Int(id), Some(rank)) => Cell::one(rank.get(id).copied()),
                        (cell, _) => cell.clone(),
                    }
                };
                (cell, *descending)
            });
            (cells.collect(), at)
        })
        .collect();
    keyed.sort_by(|a, b| {
        let by =
            a.0.iter().zip(&b.0).map(|((a, descending), (b, _))| if *descending { b.order(a) } else { a.order(b) });
        by.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    let places: Vec<usize> = keyed.into_iter().map(|(_, at)| at).collect();
    let mut taken: Vec<Group> =
        places.iter().map(|at| Group { keys: groups[*at].keys.clone(), ids: groups[*at].ids.clone() }).collect();
    groups.swap_with_slice(&mut taken);
    Ok(())
}

/// The places of an axis's records in their model's own order.
fn ranked(env: &Env<'_>, axis: &Axis, groups: &[Group], place: usize) -> Option<HashMap<i64, i64>> {
    if !axis.field.is_relation() {
        return None;
    }
    let target = env.target(axis.field).ok()?;
    let mut ids: Vec<i64> = groups.iter().filter_map(|group| group.keys.get(place)?.as_id()).collect();
    ids.sort_unstable();
    ids.dedup();
    order::sort_by_default(env, target, &mut ids);
    Some(ids.into_iter().zip(0..).collect())
}

fn row(env: &Env<'_>, model: &'static Model, group: &Group, axes: &[Axis], aggregates: &[Aggregate]) -> Value {
    let mut row = Map::new();
    let mut conditions = Vec::new();
    for (axis, key) in axes.iter().zip(&group.keys) {
        let (value, more) = axis.told(env, key);
        row.insert(axis.told.clone(), value);
        let within =
            |leaf: Value| axis.path.iter().rev().fold(leaf, |leaf, (step, _)| json!([step.name, "any", [leaf]]));
        conditions.extend(more.into_iter().map(within));
    }
    if conditions.is_empty() {
        conditions.push(json!([1, "=", 1]));
    }
    let mut domain = vec![json!("&"); conditions.len() - 1];
    domain.extend(conditions);
    row.insert("__extra_domain".into(), Value::Array(domain));
    for aggregate in aggregates {
        row.insert(aggregate.name().to_owned(), aggregate.over(env, model, &group.ids));
    }
    Value::Object(row)
}
