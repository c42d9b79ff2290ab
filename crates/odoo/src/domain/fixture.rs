//! A few models in the shape of Odoo's own, for the tests of domains and values.

use super::FieldSource;
use crate::values::NameSource;
use crate::{Fields, OdooError};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) struct Schema;

#[async_trait]
impl FieldSource for Schema {
    async fn fields(&self, model: &str) -> Result<Arc<Fields>, OdooError> {
        let table = table(model).unwrap_or_else(|| panic!("the tests do not know {model}"));
        Ok(Arc::new(Fields::parse(model, table).unwrap()))
    }
}

/// Countries: France (FR), and two named Freedonia. Partners: Azure Interior. Tags: VIP. Products: two desks, and a cabinet
/// that is found by its name, its code and whatever follows its code in brackets, as Odoo does it.
#[async_trait]
impl NameSource for Schema {
    async fn name_search(
        &self,
        model: &str,
        text: &str,
        exactly: bool,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, OdooError> {
        let all: &[(i64, &str)] = match model {
            "res.country" => &[(75, "France"), (76, "French Guiana"), (301, "Freedonia"), (302, "Freedonia")],
            "res.partner" => &[(14, "Azure Interior"), (26, "Azure Interior, Brandon Freeman")],
            "crm.tag" => &[(1, "VIP")],
            "product.product" => &[(20, "[E-COM07] Large Cabinet"), (21, "[D1] Desk"), (22, "[D2] Desk")],
            _ => &[],
        };
        let equal: &[i64] = match (model, text) {
            ("res.country", "FR") => &[75],
            ("product.product", "Desk") => &[21, 22],
            ("product.product", "Large Cabinet" | "E-COM07") => &[20],
            ("product.product", key) if key.starts_with("[E-COM07]") => &[20],
            _ => &[],
        };
        if exactly && !equal.is_empty() {
            let found = all.iter().filter(|(id, _)| equal.contains(id));
            return Ok(found.map(|(id, name)| (*id, (*name).to_owned())).collect());
        }
        let text = text.to_lowercase();
        let fits = |name: &str| {
            if exactly { name.to_lowercase() == text } else { name.to_lowercase().contains(&text) }
        };
        Ok(all.iter().filter(|(_, name)| fits(name)).take(limit).map(|(id, name)| (*id, (*name).to_owned())).collect())
    }
}

fn table(model: &str) -> Option<Value> {
    let mut table = match model {
        "sale.order" => json!({
            "name": {"type": "char"},
            "state": {"type": "selection", "readonly": true, "selection": [["draft", "Quotation"], ["sent", "Quotation Sent"], ["sale", "Sales Order"], ["cancel", "Cancelled"]]},
            "partner_id": {"type": "many2one", "relation": "res.partner", "required": true},
            "user_id": {"type": "many2one", "relation": "res.users"},
            "tag_ids": {"type": "many2many", "relation": "crm.tag"},
            "order_line": {"type": "one2many", "relation": "sale.order.line", "relation_field": "order_id"},
            "date_order": {"type": "datetime"},
            "validity_date": {"type": "date"},
            "amount_total": {"type": "monetary", "readonly": true, "depends": ["order_line"]},
            "note": {"type": "html"},
            "locked": {"type": "boolean"},
            "priority": {"type": "selection", "selection": [["0", "Normal"], ["1", "Urgent"], ["2", "urgent"]]},
            "signature": {"type": "binary"},
            "is_late": {"type": "boolean", "store": false, "searchable": false, "sortable": false, "readonly": true, "depends": ["date_order"]},
            "own_currency": {"type": "many2one", "relation": "res.currency", "store": false, "searchable": false, "groupable": true, "readonly": true},
            "source": {"type": "reference", "selection": [["res.partner", "Contact"], ["crm.lead", "Lead"]]},
            "props": {"type": "properties"},
            "analytic": {"type": "json"},
            "hologram": {"type": "hologram"},
            "copied_mail": {"type": "char", "store": false, "related": "partner_id.email", "depends": ["partner_id.email"]},
            "comment": {"type": "html", "depends": ["partner_id"]},
            "greeting": {"type": "char", "store": false, "depends": ["copied_mail"]},
        }),
        "sale.order.line" => json!({
            "name": {"type": "text"},
            "order_id": {"type": "many2one", "relation": "sale.order"},
            "product_id": {"type": "many2one", "relation": "product.product"},
            "product_uom_qty": {"type": "float"},
            "sequence": {"type": "integer"},
            "tax_ids": {"type": "many2many", "relation": "account.tax"},
        }),
        "res.partner" => json!({
            "name": {"type": "char"},
            "email": {"type": "char", "depends": ["parent_id"]},
            "comment": {"type": "html"},
            "color": {"type": "integer"},
            "credit_limit": {"type": "float"},
            "is_company": {"type": "boolean"},
            "country_id": {"type": "many2one", "relation": "res.country"},
            "parent_id": {"type": "many2one", "relation": "res.partner"},
            "parent_path": {"type": "char"},
            "active": {"type": "boolean"},
            "child_ids": {"type": "one2many", "relation": "res.partner", "relation_field": "parent_id"},
            "category_id": {"type": "many2many", "relation": "crm.tag"},
            "message_partner_ids": {"type": "many2many", "relation": "res.partner"},
            "res_id": {"type": "many2one_reference", "model_field": "res_model"},
        }),
        "res.country" => json!({"name": {"type": "char"}, "code": {"type": "char"}}),
        "account.move" => {
            json!({"state": {"type": "selection", "selection": [["draft", "Draft"], ["posted", "Posted"]]}})
        }
        "crm.tag" | "product.product" | "account.tax" => json!({"name": {"type": "char"}}),
        "res.users" => {
            json!({
                "login": {"type": "char"},
                "partner_id": {"type": "many2one", "relation": "res.partner"},
                "shoe_size": {"type": "integer", "store": false, "related": "closed_id.shoe_size"},
            })
        }
        _ => return None,
    };
    let own = table.as_object_mut()?;
    own.insert("id".into(), json!({"type": "integer", "readonly": true}));
    own.insert("display_name".into(), json!({"type": "char", "store": false, "readonly": true, "sortable": false}));
    own.insert("write_date".into(), json!({"type": "datetime", "readonly": true}));
    Some(table)
}
