//! What Odoo looks at without being told: fields that a name is looked for in, and fields that records are sorted by. No
//! answer of `fields_get` says which they are.

use crate::{Field, FieldType, Fields};
use gatehouse_core::FieldPath;

/// A look at a model of which only the purpose is known, not the fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// Records of this model are looked for by name.
    Names(String),
    /// Records are put in this model's own order.
    Order(String),
    /// Archived records of this model are left out.
    Archived(String),
}

impl Unseen {
    /// The model looked at.
    pub fn model(&self) -> &str {
        match self {
            Self::Names(model) | Self::Order(model) | Self::Archived(model) => model,
        }
    }

    /// The fields that Odoo may look at for it, among `fields`: what is known of the commonest models, and of any other
    /// model every field that could serve.
    pub fn candidates(&self, fields: &Fields) -> Vec<FieldPath> {
        let known = KNOWN.iter().find(|known| known.model == self.model());
        let serves = |name: &str, field: &Field| match (self, known) {
            (Self::Names(_), Some(known)) => name == "display_name" || known.names.contains(&name),
            (Self::Names(_), None) => name == "display_name" || is_text(field),
            (Self::Order(_), Some(known)) => known.order.contains(&name),
            (Self::Order(_), None) => field.sortable && field.store && !is_large(field),
            (Self::Archived(_), _) => matches!(name, "active" | "x_active") && field.kind == FieldType::Boolean,
        };
        let path = |name: &str| FieldPath { model: fields.model().to_owned(), field: name.to_owned() };
        fields.iter().filter(|(name, field)| serves(name, field)).map(|(name, _)| path(name)).collect()
    }
}

fn is_text(field: &Field) -> bool {
    field.searchable && matches!(field.kind, FieldType::Char | FieldType::Text)
}

fn is_large(field: &Field) -> bool {
    field.kind.is_x2many()
        || matches!(
            field.kind,
            FieldType::Binary | FieldType::Image | FieldType::Html | FieldType::Text | FieldType::Json
        )
}

/// What Odoo 14 to 20 look at for the commonest models, all versions together.
struct Known {
    model: &'static str,
    names: &'static [&'static str],
    order: &'static [&'static str],
}

const KNOWN: [Known; 24] = [
    Known {
        model: "account.account",
        names: &["name", "code"],
        order: &["code", "placeholder_code", "is_off_balance"],
    },
    Known { model: "account.journal", names: &["name", "code"], order: &["sequence", "type", "code"] },
    Known {
        model: "account.move",
        names: &["name", "ref", "partner_id", "payment_reference"],
        order: &["date", "name", "invoice_date", "sequence_number", "id"],
    },
    Known {
        model: "crm.lead",
        names: &["name", "partner_name", "contact_name", "email_from"],
        order: &["priority", "id"],
    },
    Known { model: "crm.stage", names: &["name"], order: &["sequence", "name", "id"] },
    Known { model: "crm.team", names: &["name"], order: &["sequence", "create_date", "id"] },
    Known { model: "hr.department", names: &["name", "complete_name"], order: &["name"] },
    Known { model: "hr.employee", names: &["name", "work_email", "barcode"], order: &["name"] },
    Known { model: "product.category", names: &["name", "complete_name"], order: &["complete_name"] },
    Known {
        model: "product.product",
        names: &["name", "default_code", "barcode", "seller_ids"],
        order: &["is_favorite", "priority", "default_code", "name", "id"],
    },
    Known {
        model: "product.template",
        names: &["name", "default_code", "barcode", "product_variant_ids", "product_variant_id"],
        order: &["is_favorite", "priority", "sequence", "name"],
    },
    Known { model: "project.project", names: &["name"], order: &["is_favorite", "sequence", "name", "id"] },
    Known { model: "project.task", names: &["name"], order: &["priority", "sequence", "date_deadline", "state", "id"] },
    Known { model: "purchase.order", names: &["name", "partner_ref"], order: &["priority", "date_order", "id"] },
    Known { model: "res.company", names: &["name"], order: &["sequence", "name"] },
    Known { model: "res.country", names: &["name", "code"], order: &["name", "id"] },
    Known { model: "res.country.state", names: &["name", "code"], order: &["code", "id"] },
    Known { model: "res.currency", names: &["name", "full_name"], order: &["active", "name"] },
    Known {
        model: "res.partner",
        names: &["name", "complete_name", "display_name", "email", "ref", "vat", "company_registry", "parent_id"],
        order: &["complete_name", "display_name", "name", "id"],
    },
    Known { model: "res.partner.category", names: &["name"], order: &["name", "id"] },
    Known { model: "res.users", names: &["name", "login"], order: &["name", "login"] },
    Known { model: "sale.order", names: &["name", "partner_id", "client_order_ref"], order: &["date_order", "id"] },
    Known { model: "stock.picking", names: &["name", "origin"], order: &["priority", "scheduled_date", "id"] },
    Known { model: "uom.uom", names: &["name"], order: &["sequence", "relative_uom_id", "factor", "id"] },
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(unseen: &Unseen) -> Vec<String> {
        let table = json!({
            "name": {"type": "char"}, "display_name": {"type": "char", "store": false, "sortable": false},
            "vat": {"type": "char"}, "phone": {"type": "char"}, "active": {"type": "boolean"}, "note": {"type": "text"},
            "color": {"type": "integer"}, "image": {"type": "binary"},
            "hint": {"type": "char", "store": false, "searchable": false, "sortable": false},
        });
        let fields = Fields::parse(unseen.model(), table).unwrap();
        unseen.candidates(&fields).into_iter().map(|path| path.field).collect()
    }

    #[test]
    fn a_known_model_is_looked_at_as_odoo_does_and_another_one_as_the_worst_case() {
        assert_eq!(names(&Unseen::Names("res.partner".into())), ["display_name", "name", "vat"]);
        assert_eq!(names(&Unseen::Names("x.own".into())), ["display_name", "name", "note", "phone", "vat"]);
        assert_eq!(names(&Unseen::Order("res.partner".into())), ["display_name", "name"]);
        assert_eq!(names(&Unseen::Order("x.own".into())), ["active", "color", "name", "phone", "vat"]);
        assert_eq!(names(&Unseen::Archived("x.own".into())), ["active"]);
    }
}
