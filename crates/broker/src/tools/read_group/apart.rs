//! What is never summed up together unasked: companies, and amounts in different currencies.

use super::super::reach::{Reach, path};
use super::super::site::Locale;
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::domain::Grouping;
use gatehouse_odoo::{Capability, Field, FieldType, Fields, Version};
use std::collections::BTreeMap;

const COMPANY: &str = "company_id";

/// What a grouping keeps apart beyond what was asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Apart {
    /// Fields to group by first, before those that were asked for.
    pub(super) axes: Vec<String>,
    /// Whether the first of them is the company.
    pub(super) by_company: bool,
    /// The field of the currency, of each aggregate that is an amount, by the aggregate.
    pub(super) currencies: BTreeMap<String, String>,
    /// Currency fields by which these groups cannot be kept apart.
    pub(super) unclear: Vec<String>,
}

impl Apart {
    /// What a grouping of these records needs.
    pub(super) async fn of(
        grouping: &Grouping,
        fields: &Fields,
        locale: &Locale,
        version: Version,
        reach: &Reach<'_>,
    ) -> Result<Self, EdgeError> {
        let mut apart = Self::default();
        let model = fields.model();
        let is_grouped = |field: &str| grouping.axes.iter().any(|axis| axis.spec == field);
        if locale.companies.len() > 1 && fields.get(COMPANY).is_some_and(separates) && !is_grouped(COMPANY) {
            if reach.keeps(&path(model, COMPANY)).await? {
                return Err(EdgeError::new(
                    ErrorCode::InvalidArguments,
                    "companies: sums of several companies are not mixed, and the field that tells them apart is kept from \
                     you. Name one company.",
                ));
            }
            apart.axes.push(COMPANY.to_owned());
            apart.by_company = true;
        }
        for aggregate in &grouping.aggregates {
            let is_amount = fields.get(&aggregate.field).filter(|field| field.kind == FieldType::Monetary);
            let Some(currency) = is_amount.and_then(|field| field.currency_field.clone()) else { continue };
            if !matches!(aggregate.function.as_str(), "sum" | "avg" | "min" | "max") {
                continue;
            }
            apart.currencies.insert(aggregate.spec.clone(), currency.clone());
            if is_grouped(&currency) || apart.axes.contains(&currency) || apart.unclear.contains(&currency) {
                continue;
            }
            let can_be_grouped = fields.get(&currency).is_some_and(separates);
            if can_be_grouped && !reach.keeps(&path(model, &currency)).await? {
                apart.axes.push(currency);
            } else if let Some(over) = over_related(&currency, fields, version)
                && !reach.keeps(&path(model, &currency)).await?
            {
                if !apart.axes.contains(&over) && !is_grouped(&over) {
                    apart.axes.push(over.clone());
                }
                apart.currencies.insert(aggregate.spec.clone(), over);
            } else {
                apart.unclear.push(currency);
            }
        }
        Ok(apart)
    }

    /// The currency fields among what is grouped by first.
    pub(super) fn currency_axes(&self) -> impl Iterator<Item = &String> {
        self.axes.iter().skip(usize::from(self.by_company))
    }
}

fn separates(field: &Field) -> bool {
    field.kind == FieldType::Many2one && field.store && field.groupable
}

/// A currency that is copied from a related record: from 19 on, Odoo groups over the way there.
fn over_related(currency: &str, fields: &Fields, version: Version) -> Option<String> {
    let field = fields.get(currency)?;
    let way = field.related.as_deref().filter(|way| way.contains('.'))?;
    let first = fields.get(way.split('.').next()?)?;
    (version.can(Capability::FormattedGroups) && separates(first)).then(|| way.to_owned())
}
