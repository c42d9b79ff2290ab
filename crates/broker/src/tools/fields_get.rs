//! `odoo_fields_get`: a compact table of a model's fields.

mod line;

use super::arguments::Arguments;
use super::reach::{Reach, path};
use super::site::Locale;
use super::{Call, Done, Site, Target, Tool, counted, define, with_common};
use crate::answers::cut;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition};
use gatehouse_odoo::versions::field_by_another_name;
use gatehouse_odoo::{Field, Fields};
use line::{full, is_worth_it, key, line};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const NAME: &str = "odoo_fields_get";

pub(crate) struct FieldsGet;

#[async_trait]
impl Tool for FieldsGet {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Show fields",
            Category::Read,
            Severity::Low,
            "A model's fields, a line each: name with signs (* required, = readonly, ! not in domains), type, label. \
             Technical ones come only by pattern or fields.",
            &with_common(json!({
                "model": {"type": "string"},
                "fields": {"type": "array", "items": {"type": "string"}, "maxItems": 200},
                "pattern": {
                    "type": "string",
                    "maxLength": 100,
                    "description": "Words of name or label; commas between alternatives; * for all",
                },
                "detail": {"type": "boolean", "description": "Everything: help, value labels, currency field…"},
            })),
            &["model"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        let model = arguments.text("model").unwrap_or_default().to_owned();
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let reach = Reach::of(site, &source);
        let mut kept = BTreeSet::new();
        for name in fields.names() {
            if reach.keeps(&path(&model, name)).await? {
                kept.insert(name.to_owned());
            }
        }
        let named = arguments.texts("fields").map(|names| Named::of(&names, &fields)).transpose()?;
        Ok(Box::new(FieldsGetCall {
            facts: CallFacts {
                model: Some(model),
                method: Some("fields_get".into()),
                ..CallFacts::local(NAME, site.risk(NAME))
            },
            fields,
            kept,
            named,
            pattern: arguments.text("pattern").map(str::to_lowercase),
            detail: arguments.flag("detail").unwrap_or(false),
        }))
    }
}

/// The fields that a call names.
struct Named {
    /// As this Odoo has them.
    names: Vec<String>,
    /// What other versions call some of them.
    renamed: BTreeMap<String, String>,
}

impl Named {
    fn of(given: &[&str], fields: &Fields) -> Result<Self, EdgeError> {
        let mut named = Self { names: Vec::new(), renamed: BTreeMap::new() };
        let mut problems = Vec::new();
        for name in given {
            if fields.get(name).is_some() {
                named.names.push((*name).to_owned());
            } else if let Some(now) = field_by_another_name(name, fields) {
                named.names.push(now.to_owned());
                named.renamed.insert((*name).to_owned(), now.to_owned());
            } else {
                problems.push(unknown(name, fields));
            }
        }
        if problems.is_empty() {
            return Ok(named);
        }
        let message = format!("{} has no field {}. Use pattern to look for one.", fields.model(), problems.join(", "));
        Err(EdgeError::new(ErrorCode::UnknownSchema, message))
    }
}

fn unknown(name: &str, fields: &Fields) -> String {
    let shown: String = name.chars().take(64).collect();
    let nearest = fields
        .names()
        .map(|known| (strsim::damerau_levenshtein(known, &shown), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len() / 3 + 1);
    nearest.map_or_else(|| format!("“{shown}”"), |(_, known)| format!("“{shown}” (did you mean {known}?)"))
}

struct FieldsGetCall {
    facts: CallFacts,
    fields: Arc<Fields>,
    /// Fields that policy or guard keep from the agent.
    kept: BTreeSet<String>,
    named: Option<Named>,
    pattern: Option<String>,
    detail: bool,
}

#[async_trait]
impl Call for FieldsGetCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        let named = self.named.as_ref().map(|named| &named.names);
        json!({"model": self.fields.model(), "fields": named, "pattern": self.pattern, "detail": self.detail})
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let asked: Vec<(&str, &Field)> =
            self.fields.iter().filter(|(name, field)| self.is_asked(name, field)).collect();
        let is_kept = |name: &str| self.kept.contains(name);
        let shown = if self.detail { full } else { |name: &str, field: &Field, kept| json!(line(name, field, kept)) };
        let rows = asked.iter().map(|(name, field)| shown(name, field, is_kept(name))).collect();
        let (rows, was_cut) = cut(rows);
        let count = rows.len();
        let mut answer = Map::new();
        answer.insert("connection".into(), json!(site.connection()?.name));
        answer.insert("model".into(), json!(self.fields.model()));
        answer.insert("fields".into(), json!(rows));
        if !self.detail {
            let signs = key(asked.iter().map(|(name, field)| (*field, is_kept(name))));
            if !signs.is_empty() {
                answer.insert("signs".into(), json!(signs));
            }
        }
        if let Some(named) = self.named.as_ref().filter(|named| !named.renamed.is_empty()) {
            answer.insert("called_here".into(), json!(named.renamed));
        }
        if was_cut {
            answer.insert("has_more".into(), json!(true));
            answer.insert("next".into(), json!(format!("{} fields fit: narrow pattern.", asked.len())));
        } else if self.is_unfiltered() {
            let left_out = self.fields.len() - asked.len();
            answer.insert("left_out".into(), json!(left_out));
            answer.insert("next".into(), json!("Technical fields are left out: pattern looks through them, too."));
        }
        if asked.iter().any(|(name, _)| is_kept(name)) {
            let note = "Fields kept from agents are never given out and may be named nowhere: not in fields, domain, \
                        order, grouping or values.";
            answer.insert("note".into(), json!(note));
        }
        Ok(Done {
            summary: counted(count, "field"),
            answer: Value::Object(answer),
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }
}

impl FieldsGetCall {
    /// Nothing says which fields are wanted.
    fn is_unfiltered(&self) -> bool {
        self.named.is_none() && self.pattern.is_none()
    }

    fn is_asked(&self, name: &str, field: &Field) -> bool {
        let is_named = |named: &Named| named.names.iter().any(|one| one == name);
        if self.is_unfiltered() {
            return is_worth_it(name, field);
        }
        self.named.as_ref().is_none_or(is_named)
            && self.pattern.as_ref().is_none_or(|pattern| fits(pattern, name, &field.label.to_lowercase()))
    }
}

/// Whether every word of one of the alternatives is in the name or the label.
fn fits(pattern: &str, name: &str, label: &str) -> bool {
    let holds = |word: &str| word == "*" || name.contains(word) || label.contains(word);
    pattern.split(',').any(|one| !one.trim().is_empty() && one.split_whitespace().all(holds))
        || pattern.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_pattern_is_words_and_alternatives() {
        for (pattern, is_found) in [
            ("address", true),
            ("delivery address", true),
            ("delivery total", false),
            ("total, shipping", true),
            ("*", true),
            ("", true),
            ("total,", false),
        ] {
            assert_eq!(fits(pattern, "partner_shipping_id", "delivery address"), is_found, "{pattern}");
        }
    }
}
