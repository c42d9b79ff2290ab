//! What is never summed up together unasked: companies, and amounts in different currencies.

use super::super::reach::{Reach, path};
use super::super::site::Locale;
use gatehouse_core::{EdgeError, ErrorCode, FieldPath};
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
    /// The field whose values Odoo can list for a group, by what is grouped by to keep currencies apart.
    pub(super) told: BTreeMap<String, String>,
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
            let Some(amount) = fields.get(&aggregate.field).filter(|field| field.kind == FieldType::Monetary) else {
                continue;
            };
            let Some(currency) = amount.currency_field.clone() else { continue };
            if !matches!(aggregate.function.as_str(), "sum" | "avg" | "min" | "max") {
                continue;
            }
            apart.currencies.insert(aggregate.spec.clone(), currency.clone());
            if is_grouped(&currency) || apart.axes.contains(&currency) || apart.unclear.contains(&currency) {
                continue;
            }
            let Some(axis) = axis_of(&currency, fields, version) else {
                apart.unclear.push(currency);
                continue;
            };
            if reach.keeps(&path(model, &currency)).await? {
                apart.unclear.push(currency);
                continue;
            }
            if !apart.axes.contains(&axis) && !is_grouped(&axis) {
                if can_be_told(amount, &currency, fields, version) {
                    apart.told.insert(axis.clone(), currency);
                }
                apart.axes.push(axis.clone());
            }
            apart.currencies.insert(aggregate.spec.clone(), axis);
        }
        Ok(apart)
    }

    /// The currency fields that are read without being grouped by.
    pub(super) fn reads(&self, model: &str) -> Vec<FieldPath> {
        self.told.values().map(|currency| path(model, currency)).collect()
    }

    /// The currency fields among what is grouped by first.
    pub(super) fn currency_axes(&self) -> impl Iterator<Item = &String> {
        self.axes.iter().skip(usize::from(self.by_company))
    }
}

fn separates(field: &Field) -> bool {
    field.kind == FieldType::Many2one && field.store && field.groupable
}

/// What to group by so that amounts in this currency field stay apart: the field itself, or the way that it is copied from.
/// From 19 on, Odoo tells of a field that is not stored, too, whether it groups by it.
fn axis_of(currency: &str, fields: &Fields, version: Version) -> Option<String> {
    let field = fields.get(currency)?;
    if separates(field) {
        return Some(currency.to_owned());
    }
    let is_sure = version.can(Capability::FormattedGroups) && field.kind == FieldType::Many2one && field.groupable;
    over_related(currency, fields, version).or_else(|| is_sure.then(|| currency.to_owned()))
}

/// Whether Odoo lists the currencies of a group: it does of a stored field, and of one that is not stored wherever it gives
/// the amount an aggregator.
fn can_be_told(amount: &Field, currency: &str, fields: &Fields, version: Version) -> bool {
    let is_stored = fields.get(currency).is_some_and(|field| field.store);
    version.can(Capability::FormattedGroups) && (is_stored || amount.aggregator.is_some())
}

/// A currency that is copied from a related record: from 19 on, Odoo groups over the way there.
fn over_related(currency: &str, fields: &Fields, version: Version) -> Option<String> {
    let field = fields.get(currency)?;
    let way = field.related.as_deref().filter(|way| way.contains('.'))?;
    let first = fields.get(way.split('.').next()?)?;
    (version.can(Capability::FormattedGroups) && separates(first)).then(|| way.to_owned())
}
