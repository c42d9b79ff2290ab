use super::path::{FieldSource, article, unknown_field};
use super::problem::{InputError, Problem};
use crate::FieldType;
use gatehouse_core::FieldPath;
use std::collections::BTreeSet;

/// The most names in one list of fields.
const MAX_FIELDS: usize = 200;
/// How many relations a name may follow.
const MAX_HOPS: usize = 3;

/// Which fields to read, also of related records: `["name", "order_line.name"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldList {
    /// The fields of the model itself, in the order asked, each once.
    pub columns: Vec<Column>,
    /// Every field read, also of related records; sorted, without repeats.
    pub reads: Vec<FieldPath>,
    /// The models whose records' names are shown with them: the other ends of many2ones; sorted, without repeats.
    pub named: Vec<String>,
}

/// One field to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The field's technical name.
    pub name: String,
    /// What it holds.
    pub kind: FieldType,
    /// The model at the other end of a relation.
    pub relation: Option<String>,
    /// Of a monetary field: the many2one beside it that holds its currency.
    pub currency: Option<String>,
    /// What to read of the related records; empty for their ids (and the name of a many2one).
    pub columns: Vec<Column>,
}

impl FieldList {
    /// Reads a list of names. Every problem is told at once, its pointer the index in `names`.
    pub async fn parse(names: &[String], model: &str, source: &dyn FieldSource) -> Result<Self, InputError> {
        if names.len() > MAX_FIELDS {
            return Err(Problem::new("", format!("at most {MAX_FIELDS} fields in one call")).into());
        }
        let mut columns = Vec::new();
        let mut reads = BTreeSet::new();
        let mut problems = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match walk(name, model, source, &format!("/{index}"), &mut reads).await {
                Ok(steps) => graft(&mut columns, steps.into_iter()),
                Err(InputError::Refused(found)) => problems.extend(found),
                Err(odoo) => return Err(odoo),
            }
        }
        if problems.is_empty() {
            let named = named_by(&columns);
            Ok(Self { columns, reads: reads.into_iter().collect(), named: named.into_iter().collect() })
        } else {
            Err(InputError::Refused(problems))
        }
    }

    /// The fields that say in which currency the amounts are, where they are not in the list themselves: the model and the
    /// path from the first model.
    pub fn currencies(&self, model: &str) -> Vec<(FieldPath, String)> {
        let mut found = Vec::new();
        missing_currencies(&self.columns, model, "", &mut found);
        found
    }

    /// The names to ask of the model itself.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }
}

async fn walk(
    path: &str,
    model: &str,
    source: &dyn FieldSource,
    at: &str,
    reads: &mut BTreeSet<FieldPath>,
) -> Result<Vec<Column>, InputError> {
    let names: Vec<&str> = path.split('.').collect();
    if names.len() > MAX_HOPS + 1 {
        return Err(Problem::new(at, format!("a dotted name may follow at most {MAX_HOPS} relations")).into());
    }
    let mut model = model.to_owned();
    let mut steps = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let fields = source.fields(&model).await?;
        let field = fields.get(name).ok_or_else(|| unknown_field(name, &model, &fields, at))?;
        reads.insert(FieldPath { model: model.clone(), field: (*name).to_owned() });
        let relation = field.relation.clone().filter(|_| field.kind.is_relational());
        let is_currency = |name: &String| fields.get(name).is_some_and(|field| field.kind == FieldType::Many2one);
        steps.push(Column {
            name: (*name).to_owned(),
            kind: field.kind,
            relation: relation.clone(),
            currency: field.currency_field.clone().filter(|_| field.kind == FieldType::Monetary).filter(is_currency),
            columns: Vec::new(),
        });
        if index + 1 < names.len() {
            model = relation.ok_or_else(|| {
                Problem::new(
                    at,
                    format!("“{name}” of {model} is {}, not a relation: nothing can follow it", article(field.kind)),
                )
            })?;
        }
    }
    Ok(steps)
}

fn missing_currencies(columns: &[Column], model: &str, before: &str, found: &mut Vec<(FieldPath, String)>) {
    for column in columns {
        if let Some(currency) = &column.currency {
            let path = (FieldPath { model: model.to_owned(), field: currency.clone() }, format!("{before}{currency}"));
            if !columns.iter().any(|column| column.name == *currency) && !found.contains(&path) {
                found.push(path);
            }
        }
        if let Some(relation) = &column.relation {
            missing_currencies(&column.columns, relation, &format!("{before}{}.", column.name), found);
        }
    }
}

/// The models at the other ends of many2ones, at any depth.
fn named_by(columns: &[Column]) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for column in columns {
        if let (FieldType::Many2one, Some(relation)) = (column.kind, &column.relation) {
            named.insert(relation.clone());
        }
        named.append(&mut named_by(&column.columns));
    }
    named
}

/// Hangs a path into the tree, sharing what is there already.
fn graft(columns: &mut Vec<Column>, mut steps: std::vec::IntoIter<Column>) {
    let Some(step) = steps.next() else { return };
    let index = columns.iter().position(|column| column.name == step.name).unwrap_or_else(|| {
        columns.push(step);
        columns.len() - 1
    });
    graft(&mut columns[index].columns, steps);
}
