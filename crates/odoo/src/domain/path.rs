use super::problem::{InputError, Problem, clip, nearest};
use crate::versions::field_by_another_name;
use crate::{Field, FieldType, Fields, OdooError};
use async_trait::async_trait;
use gatehouse_core::FieldPath;
use std::sync::Arc;

/// The most names in one dotted path.
const MAX_HOPS: usize = 8;

/// Tells the fields of a model, as the signed-in user sees them.
#[async_trait]
pub trait FieldSource: Send + Sync {
    /// The fields of `model`; an error when there is no such model or Odoo did not answer.
    async fn fields(&self, model: &str) -> Result<Arc<Fields>, OdooError>;
}

/// Where a dotted path ends.
pub(crate) struct Target {
    /// The model of its last field.
    pub(crate) model: String,
    /// The technical name of its last field.
    pub(crate) name: String,
    /// The last field.
    pub(crate) field: Field,
    /// The path goes one name further, to a key inside a properties field.
    pub(crate) property: Option<String>,
    /// Every field on the way, the last one included.
    pub(crate) reads: Vec<FieldPath>,
}

/// Follows `path`, every field of it searchable, from `model` through relations. `at` is the place of the path in the
/// input.
pub(crate) async fn resolve(path: &str, model: &str, source: &dyn FieldSource, at: &str) -> Result<Target, InputError> {
    let names: Vec<&str> = path.split('.').collect();
    if names.iter().any(|name| name.is_empty()) {
        return Err(Problem::new(at, format!("“{}” is not a field name or a dotted path of them", clip(path))).into());
    }
    if names.len() > MAX_HOPS {
        return Err(Problem::new(at, format!("a dotted path may hold at most {MAX_HOPS} names")).into());
    }
    let mut model = model.to_owned();
    let mut reads = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let fields = source.fields(&model).await?;
        let field = fields.get(name).ok_or_else(|| unknown_field(name, &model, &fields, at))?;
        if !field.searchable {
            return Err(Problem::new(
                at,
                format!("Odoo cannot search by “{name}” of {model}: it is computed and not stored"),
            )
            .into());
        }
        reads.push(FieldPath { model: model.clone(), field: (*name).to_owned() });
        let rest = &names[index + 1..];
        let end = |property: Option<String>, reads| Target {
            model: model.clone(),
            name: (*name).to_owned(),
            field: field.clone(),
            property,
            reads,
        };
        match (rest, field.kind, &field.relation) {
            ([], _, _) => return Ok(end(None, reads)),
            ([key], FieldType::Properties, _) => return Ok(end(Some((*key).to_owned()), reads)),
            (_, kind, Some(relation)) if kind.is_relational() => model.clone_from(relation),
            (_, kind, _) => {
                return Err(Problem::new(
                    at,
                    format!(
                        "“{name}” of {model} is {}, not a relation: “.{}” cannot follow it",
                        article(kind),
                        rest.join(".")
                    ),
                )
                .into());
            }
        }
    }
    Err(Problem::new(at, "a path names at least one field").into())
}

/// The refusal of a name that the model does not have.
pub(crate) fn unknown_field(name: &str, model: &str, fields: &Fields, at: &str) -> Problem {
    let message = format!("{model} has no field “{}” that this user can see", clip(name));
    match field_by_another_name(name, fields) {
        Some(here) => Problem::new(at, format!("{message}; in this version of Odoo it is “{here}”"))
            .with_candidates(vec![here.to_owned()]),
        None => Problem::new(at, message).with_candidates(nearest(name, fields.names())),
    }
}

/// `a date`, `an integer`: a type in a sentence.
pub(crate) fn article(kind: FieldType) -> String {
    let word = kind.as_str();
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) && word != "one2many" { "an" } else { "a" };
    format!("{article} {word}")
}
