//! Which report is meant, and which files are made by it.

use crate::contents::one_line;
use crate::tools::Site;
use crate::tools::site::Locale;
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::{Record, Search};
use serde_json::{Value, json};

const MODEL: &str = "ir.actions.report";
/// What the customer portal prints, by model.
const PORTAL: [(&str, &str); 4] = [
    ("account.move", "account.report_invoice"),
    ("account.move", "account.report_invoice_with_payments"),
    ("purchase.order", "purchase.report_purchaseorder"),
    ("sale.order", "sale.report_saleorder"),
];

/// A report of this Odoo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    /// Such as `sale.report_saleorder`.
    pub(super) technical: String,
    pub(super) label: String,
    pub(super) model: String,
    /// What Odoo names the files that it keeps of it: a Python expression.
    pub(super) attachment: Option<String>,
}

impl Report {
    fn of(row: &Record) -> Option<Self> {
        let text = |name: &str| {
            row.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Some(Self {
            technical: text("report_name")?,
            label: one_line(&text("name")?, 80),
            model: text("model")?,
            attachment: text("attachment"),
        })
    }

    /// An invoice that Odoo keeps once it was sent.
    pub(super) fn is_invoice(&self) -> bool {
        self.model == "account.move" && self.technical.starts_with("account.report_invoice")
    }

    /// A document as it was received.
    pub(super) fn is_received(&self) -> bool {
        self.technical == "account.report_original_vendor_bill"
    }

    pub(super) fn is_the_portals(&self) -> bool {
        PORTAL.contains(&(self.model.as_str(), self.technical.as_str()))
    }
}

/// The report of this technical name or label; nothing near it is taken for it.
pub(super) async fn find(site: &Site, locale: &Locale, name: &str) -> Result<Report, EdgeError> {
    let exact = search(site, locale, "=", name, 20).await?;
    let technical: Vec<&Report> = exact.iter().filter(|report| report.technical == name).collect();
    let meant = if technical.is_empty() { exact.iter().collect() } else { technical };
    let of_one = |found: &[&Report]| {
        found.first().is_some_and(|first| {
            found.iter().all(|other| (&other.technical, &other.model) == (&first.technical, &first.model))
        })
    };
    if of_one(&meant) {
        return Ok(meant[0].clone());
    }
    let near = if meant.is_empty() {
        search(site, locale, "ilike", name, 8).await?
    } else {
        meant.into_iter().cloned().collect()
    };
    let near: Vec<String> =
        near.iter().map(|report| format!("{} ({}, {})", report.technical, report.label, report.model)).collect();
    let hint = if near.is_empty() {
        "Search ir.actions.report for what there is.".to_owned()
    } else {
        format!("There are: {}.", near.join("; "))
    };
    Err(EdgeError::new(
        ErrorCode::InvalidArguments,
        format!("report_name: “{}” is no one report. {hint}", one_line(name, 80)),
    ))
}

async fn search(
    site: &Site,
    locale: &Locale,
    operator: &str,
    name: &str,
    limit: u32,
) -> Result<Vec<Report>, EdgeError> {
    if name.is_empty() {
        return Ok(Vec::new());
    }
    let search = Search {
        domain: json!(["|", ["report_name", operator, name], ["name", operator, name]]),
        fields: &["name", "report_name", "model", "attachment"],
        limit,
        ..Search::default()
    };
    let rows = site.session().await?.client.search_read(MODEL, &search, Some(&locale.context)).await;
    Ok(site.told(MODEL, rows).await?.iter().filter_map(Report::of).collect())
}

/// Whether a file on a record was printed by the report: its name is the one that the report gives, or holds the record's.
/// The report's expression itself is never run.
pub(super) fn is_of_report(file: &str, report: &Report, record: &str) -> bool {
    let Some(expression) = &report.attachment else { return false };
    let quoted = |quote: char| expression.strip_prefix(quote)?.strip_suffix(quote).filter(|name| !name.contains(quote));
    if let Some(name) = quoted('\'').or_else(|| quoted('"')) {
        return file == name;
    }
    let bare =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let (file, record) = (bare(file), bare(record));
    record.len() >= 3 && file.contains(&record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(attachment: Option<&str>) -> Report {
        Report {
            technical: "x.report".into(),
            label: "X".into(),
            model: "x".into(),
            attachment: attachment.map(str::to_owned),
        }
    }

    #[test]
    fn only_files_that_the_report_names_are_taken_for_it() {
        let fixed = report(Some("'original_vendor_bill.pdf'"));
        assert!(is_of_report("original_vendor_bill.pdf", &fixed, "BILL/1"));
        assert!(!is_of_report("contract.pdf", &fixed, "BILL/1"));
        let named = report(Some("(object.name or '').replace('/','_') + '.pdf'"));
        assert!(is_of_report("INV_2026_00007.pdf", &named, "INV/2026/00007"));
        assert!(!is_of_report("contract.pdf", &named, "INV/2026/00007"));
        assert!(!is_of_report("a.pdf", &named, "/"), "a record without a name has no file of its name");
        assert!(!is_of_report("INV_2026_00007.pdf", &report(None), "INV/2026/00007"));
    }
}
