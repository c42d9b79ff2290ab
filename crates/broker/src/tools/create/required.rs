//! Fields that a new record cannot do without, told before anybody is asked. Odoo fills some of them by itself; which, it
//! says itself.

use crate::tools::{Locale, Site};
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::values::CheckedValues;
use gatehouse_odoo::{Field, FieldType, Fields};
use std::collections::BTreeSet;

/// Allowed values of a selection that are told.
const VALUES: usize = 12;

/// Filled while a record is made, though no default tells so.
const FILLED: [(&str, &[&str]); 3] = [
    ("stock.warehouse", &["view_location_id", "lot_stock_id", "code"]),
    ("hr.employee", &["resource_id"]),
    ("res.company", &["partner_id"]),
];

/// Refuses records that lack a required field which Odoo does not fill. One request, and only where a field is lacking that
/// Odoo is not known to fill.
pub(super) async fn check(
    site: &Site,
    locale: &Locale,
    fields: &Fields,
    records: &[CheckedValues],
) -> Result<(), EdgeError> {
    let needed: Vec<&str> =
        fields.iter().filter(|(name, field)| is_needed(name, field, fields)).map(|(name, _)| name).collect();
    let lacking: BTreeSet<&str> =
        needed.into_iter().filter(|name| records.iter().any(|record| !record.values.contains_key(*name))).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let session = site.session().await?;
    // Where Odoo does not tell its defaults, it says itself what is lacking.
    let filled = session.client.filled(fields.model(), &lacking, Some(&locale.context)).await;
    let Ok(filled) = filled else { return Ok(()) };
    let lacking: Vec<&str> = lacking.difference(&filled).copied().collect();
    let mut problems = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let missing = lacking.iter().filter(|name| !record.values.contains_key(**name));
        let missing: Vec<String> = missing.filter_map(|name| Some(told(name, fields.get(name)?))).collect();
        if !missing.is_empty() {
            let place = if records.len() == 1 { "values".to_owned() } else { format!("values/{index}") };
            problems.push(format!("{place}: {} needs {}", fields.model(), missing.join(", ")));
        }
    }
    let Some(first) = problems.first() else { return Ok(()) };
    let message = format!("{first}. Where Odoo fills one by itself, give it as null.");
    let error = EdgeError::new(ErrorCode::InvalidArguments, message);
    Err(if problems.len() > 1 { error.with_detail(problems.join("\n")) } else { error })
}

/// Whether a record cannot be made without a value for the field, as far as the fields tell.
fn is_needed(name: &str, field: &Field, fields: &Fields) -> bool {
    // A number has a value always, and what is computed or shows another record's field is Odoo's.
    let wants_a_value = matches!(
        field.kind,
        FieldType::Char
            | FieldType::Text
            | FieldType::Html
            | FieldType::Selection
            | FieldType::Date
            | FieldType::Datetime
            | FieldType::Many2one
            | FieldType::Reference
    );
    field.required
        && wants_a_value
        && !field.readonly
        && !field.computed
        && !FILLED.iter().any(|(model, names)| *model == fields.model() && names.contains(&name))
        && !is_made_with_it(name, fields)
}

/// A record that Odoo makes together with this one (a product's template, a project's alias): its fields can be written
/// here as if they were this model's own.
fn is_made_with_it(name: &str, fields: &Fields) -> bool {
    fields.iter().any(|(own, field)| {
        let of_it = field.related.as_deref().and_then(|path| path.strip_prefix(name)?.strip_prefix('.'));
        !field.readonly && of_it == Some(own)
    })
}

fn told(name: &str, field: &Field) -> String {
    let values: Vec<&str> = field.selection.iter().take(VALUES).map(|(value, _)| value.as_str()).collect();
    let relation = field.relation.as_deref().filter(|_| field.kind == FieldType::Many2one);
    match (values.is_empty(), relation) {
        (false, _) => format!("{name} ({}: {})", field.label, values.join(", ")),
        (true, Some(relation)) => format!("{name} ({}: {relation})", field.label),
        (true, None) => format!("{name} ({})", field.label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_odoo_computes_or_makes_by_itself_is_not_asked_of_the_agent() {
        let answer = json!({
            "name": {"type": "char", "string": "Name", "required": true},
            "kind": {"type": "selection", "string": "Kind", "required": true, "selection": [["a", "A"], ["b", "B"]]},
            "partner_id": {"type": "many2one", "string": "Customer", "relation": "res.partner", "required": true},
            "note": {"type": "text", "string": "Note"},
            "total": {"type": "float", "string": "Total", "required": true},
            "journal_id": {"type": "many2one", "relation": "j", "required": true, "depends": ["name"], "store": true},
            "company_id": {"type": "many2one", "relation": "c", "required": true, "readonly": true},
            "alias_id": {"type": "many2one", "relation": "mail.alias", "required": true},
            "alias_name": {"type": "char", "related": "alias_id.alias_name", "readonly": false, "store": false},
            "country_id": {"type": "many2one", "related": "partner_id.country_id", "readonly": true},
        });
        let fields = Fields::parse("x", answer).unwrap();
        let needed: Vec<&str> =
            fields.iter().filter(|(name, field)| is_needed(name, field, &fields)).map(|(name, _)| name).collect();
        assert_eq!(needed, ["kind", "name", "partner_id"]);
        assert_eq!(told("kind", fields.get("kind").unwrap()), "kind (Kind: a, b)");
        assert_eq!(told("partner_id", fields.get("partner_id").unwrap()), "partner_id (Customer: res.partner)");
    }
}
