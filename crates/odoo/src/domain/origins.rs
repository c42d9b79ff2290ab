//! Where the value of a field comes from, as far as Odoo tells: a related field is a copy of another model's field, a
//! computed one is made of others.

use super::FieldSource;
use crate::{Field, Fields, OdooError};
use gatehouse_core::FieldPath;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most fields that one value is followed back through.
const MOST: usize = 2_000;

/// What Odoo lists under a name's origins although the name holds it only in a context that no call here can set.
const IN_OTHER_CONTEXTS: [(&str, &[&str]); 3] = [
    ("res.partner", &["email", "vat", "state_id", "country_id"]),
    ("purchase.order", &["amount_total", "currency_id"]),
    ("sale.order", &["partner_id"]),
];

/// What a field's value is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// Every field on the way back, the first one left out.
    pub fields: BTreeSet<FieldPath>,
    /// Whether every copy was followed to its end. It is not where a step is closed to the signed-in user.
    pub is_whole: bool,
}

/// Follows a field back through everything that it is copied or computed from, as far as Odoo tells what that is.
///
/// # Errors
/// Only where Odoo does not answer at all; what it keeps from the user makes the answer less than whole.
pub async fn origins(of: &FieldPath, source: &dyn FieldSource) -> Result<Origins, OdooError> {
    let mut found = Origins { fields: BTreeSet::new(), is_whole: true };
    let mut next = vec![of.clone()];
    while let Some(at) = next.pop() {
        let Some(fields) = fields_of(&at.model, source).await? else { continue };
        let Some(field) = fields.get(&at.field) else { continue };
        for path in made_of(&at, field) {
            let (steps, is_followed) = follow(&path, &at.model, source).await?;
            // How a computed value is made is Odoo's own word and never the whole of it; a copy is one.
            found.is_whole &= is_followed || field.related.is_none();
            for step in steps {
                if step != *of && found.fields.insert(step.clone()) {
                    next.push(step);
                }
            }
            if let Some(namesake) = namesake(&at, field, &path, source).await?
                && namesake != *of
                && found.fields.insert(namesake.clone())
            {
                next.push(namesake);
            }
        }
        if found.fields.len() > MOST {
            found.is_whole = false;
            break;
        }
    }
    Ok(found)
}

/// The fields whose values these fields show, copies of copies included, the fields on the way left out.
///
/// # Errors
/// As [`origins`].
pub async fn copied(fields: &BTreeSet<FieldPath>, source: &dyn FieldSource) -> Result<BTreeSet<FieldPath>, OdooError> {
    let mut found: BTreeSet<FieldPath> = BTreeSet::new();
    let mut next: Vec<FieldPath> = fields.iter().cloned().collect();
    while let Some(at) = next.pop() {
        let Some(known) = fields_of(&at.model, source).await? else { continue };
        let Some(path) = known.get(&at.field).and_then(|field| field.related.as_deref()) else { continue };
        let Some(target) = follow(path, &at.model, source).await?.0.pop() else { continue };
        if !fields.contains(&target) && found.insert(target.clone()) {
            next.push(target);
        }
        if found.len() > MOST {
            break;
        }
    }
    Ok(found)
}

/// A field that is computed from a record and called like one of that record's own is taken for a copy of it: a lead's
/// street depends on its contact, Odoo says, and not on the contact's street.
async fn namesake(
    at: &FieldPath,
    field: &Field,
    path: &str,
    source: &dyn FieldSource,
) -> Result<Option<FieldPath>, OdooError> {
    if field.related.is_some() || at.field == "display_name" {
        return Ok(None);
    }
    let (mut steps, is_followed) = follow(&format!("{path}.{}", at.field), &at.model, source).await?;
    Ok(steps.pop().filter(|_| is_followed))
}

/// The dotted paths that a field is made of.
fn made_of(at: &FieldPath, field: &Field) -> Vec<String> {
    if let Some(path) = &field.related {
        return vec![path.clone()];
    }
    match at.field.as_str() {
        // Up to 15 Odoo does not say that it keeps the way to the top in it.
        "parent_path" => vec!["parent_id".to_owned()],
        "display_name" => {
            let elsewhere = IN_OTHER_CONTEXTS.iter().find(|(model, _)| *model == at.model);
            let holds = |path: &String| elsewhere.is_none_or(|(_, fields)| !fields.contains(&path.as_str()));
            let mut paths: Vec<String> = field.depends.iter().filter(|path| holds(path)).cloned().collect();
            paths.push("name".to_owned());
            paths
        }
        _ => field.depends.clone(),
    }
}

/// The steps of a path as far as they can be seen, the first closed one included, and whether all can.
async fn follow(path: &str, model: &str, source: &dyn FieldSource) -> Result<(Vec<FieldPath>, bool), OdooError> {
    let mut model = model.to_owned();
    let mut steps = Vec::new();
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        steps.push(FieldPath { model: model.clone(), field: name.to_owned() });
        let fields = fields_of(&model, source).await?;
        let Some(field) = fields.as_ref().and_then(|fields| fields.get(name)) else { return Ok((steps, false)) };
        match &field.relation {
            Some(relation) => model.clone_from(relation),
            None => return Ok((steps, names.peek().is_none())),
        }
    }
    Ok((steps, true))
}

/// The fields of a model; none where the user may not see the model.
async fn fields_of(model: &str, source: &dyn FieldSource) -> Result<Option<Arc<Fields>>, OdooError> {
    match source.fields(model).await {
        Ok(fields) => Ok(Some(fields)),
        Err(OdooError::AccessDenied { .. } | OdooError::UnknownSchema { .. } | OdooError::Failed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Schema;
    use super::*;

    fn path(text: &str) -> FieldPath {
        let (model, field) = text.rsplit_once('.').unwrap();
        FieldPath { model: model.into(), field: field.into() }
    }

    fn texts(fields: &BTreeSet<FieldPath>) -> Vec<String> {
        fields.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn a_value_is_followed_back_through_copies_and_computations() {
        for (of, from, is_whole) in [
            ("sale.order.name", vec![], true),
            (
                "sale.order.copied_mail",
                vec!["res.partner.email", "res.partner.parent_id", "sale.order.partner_id"],
                true,
            ),
            (
                "sale.order.greeting",
                vec!["res.partner.email", "res.partner.parent_id", "sale.order.copied_mail", "sale.order.partner_id"],
                true,
            ),
            ("res.partner.display_name", vec!["res.partner.name"], true),
            ("res.users.shoe_size", vec!["res.users.closed_id"], false),
            ("sale.order.comment", vec!["res.partner.comment", "sale.order.partner_id"], true),
            ("res.partner.parent_path", vec!["res.partner.parent_id"], true),
        ] {
            let found = origins(&path(of), &Schema).await.unwrap();
            assert_eq!(
                (texts(&found.fields), found.is_whole),
                (from.iter().map(|f| (*f).to_owned()).collect(), is_whole),
                "{of}"
            );
        }
    }

    #[tokio::test]
    async fn a_copy_is_told_by_what_it_shows() {
        let fields = BTreeSet::from([path("sale.order.copied_mail"), path("sale.order.name")]);
        assert_eq!(texts(&copied(&fields, &Schema).await.unwrap()), ["res.partner.email"]);
        let closed = BTreeSet::from([path("res.users.shoe_size")]);
        assert_eq!(texts(&copied(&closed, &Schema).await.unwrap()), ["res.users.closed_id"]);
    }
}
