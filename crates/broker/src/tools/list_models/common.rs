//! The models that people mean by everyday words. Odoo's own labels do not hold them: an invoice is a “Journal Entry”, a
//! customer a “Contact”.

/// A model, a label in English, and what people call its records.
pub(super) struct Common {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    words: &'static str,
}

/// The one of that technical name.
pub(super) fn common(name: &str) -> Option<&'static Common> {
    COMMON.iter().find(|common| common.name == name)
}

/// All of them.
pub(super) fn all() -> &'static [Common] {
    &COMMON
}

impl Common {
    /// Whether people may call its records by this word, in lower case.
    pub(super) fn is_called(&self, word: &str) -> bool {
        self.words.contains(word) || self.label.to_lowercase().contains(word) || self.name.contains(word)
    }
}

const fn of(name: &'static str, label: &'static str, words: &'static str) -> Common {
    Common { name, label, words }
}

const COMMON: [Common; 41] = [
    of("account.account", "Account", "chart of accounts ledger"),
    of("account.journal", "Journal", "bank cash"),
    of("account.move", "Journal Entry", "invoice bill credit note refund receipt accounting"),
    of("account.move.line", "Journal Item", "invoice line bill line receivable payable debit"),
    of("account.payment", "Payment", "receipt transfer paid"),
    of("account.tax", "Tax", "vat gst"),
    of("calendar.event", "Calendar Event", "meeting appointment"),
    of("crm.lead", "Lead", "opportunity pipeline deal prospect"),
    of("crm.stage", "CRM Stages", "pipeline stage"),
    of("crm.team", "Sales Team", "sales channel"),
    of("helpdesk.ticket", "Helpdesk Ticket", "support issue"),
    of("hr.department", "Department", "team"),
    of("hr.employee", "Employee", "staff worker"),
    of("hr.expense", "Expense", "reimbursement"),
    of("hr.leave", "Time Off", "holiday vacation absence leave"),
    of("ir.attachment", "Attachment", "file document"),
    of("mail.activity", "Activity", "to-do reminder call task"),
    of("mail.message", "Message", "email comment note chatter"),
    of("mrp.bom", "Bill of Material", "bom recipe"),
    of("mrp.production", "Manufacturing Order", "production work"),
    of("product.category", "Product Category", "item category"),
    of("product.pricelist", "Pricelist", "price discount"),
    of("product.product", "Product Variant", "item article sku barcode"),
    of("product.template", "Product", "item article service"),
    of("project.project", "Project", "job"),
    of("project.task", "Task", "to-do ticket job"),
    of("purchase.order", "Purchase Order", "rfq po procurement"),
    of("purchase.order.line", "Purchase Order Line", "purchased product"),
    of("res.company", "Companies", "own company"),
    of("res.country", "Country", "land"),
    of("res.currency", "Currency", "money rate"),
    of("res.partner", "Contact", "customer vendor supplier client company person address partner"),
    of("res.partner.category", "Partner Tags", "contact tag customer tag"),
    of("res.users", "User", "salesperson responsible login"),
    of("sale.order", "Sales Order", "quotation quote so customer order"),
    of("sale.order.line", "Sales Order Line", "quotation line sold product"),
    of("stock.location", "Inventory Locations", "bin shelf"),
    of("stock.move", "Stock Move", "goods movement"),
    of("stock.picking", "Transfer", "delivery receipt shipment picking"),
    of("stock.quant", "Quants", "stock on hand inventory quantity"),
    of("stock.warehouse", "Warehouse", "depot"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_words_lead_to_the_model_that_is_meant() {
        for (word, model) in [
            ("invoice", "account.move"),
            ("customer", "res.partner"),
            ("quotation", "sale.order"),
            ("opportunity", "crm.lead"),
            ("delivery", "stock.picking"),
            ("meeting", "calendar.event"),
        ] {
            assert!(common(model).unwrap().is_called(word), "{word}");
        }
        assert!(!common("res.country").unwrap().is_called("invoice"));
        assert!(all().is_sorted_by(|a, b| a.name < b.name));
    }
}
