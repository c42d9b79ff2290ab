//! `odoo_fields_get`: a compact table of a model's fields.

use super::arguments::Arguments;
use super::reach::{Reach, path};
use super::site::Locale;
use super::{Call, Done, Site, Target, Tool, counted, define, with_common};
use crate::answers::cut;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition};
use gatehouse_odoo::{Field, Fields};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

const NAME: &str = "odoo_fields_get";

pub(crate) struct FieldsGet;

#[async_trait]
impl Tool for FieldsGet {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Show a model's fields",
            Category::Read,
            Severity::Low,
            "Shows the fields of a model, one row each: name, type (with the related model or the allowed values), label, \
             flags (required, readonly, computed, not searchable, kept from agents). Filter with pattern or fields; detail adds Odoo's help.",
            &with_common(json!({
                "model": {"type": "string", "description": "e.g. res.partner"},
                "fields": {"type": "array", "items": {"type": "string"}, "maxItems": 200},
                "pattern": {"type": "string", "maxLength": 100},
                "detail": {"type": "boolean"},
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
        let wanted: Option<Vec<String>> =
            arguments.texts("fields").map(|names| names.into_iter().map(str::to_owned).collect());
        for name in wanted.iter().flatten() {
            if fields.get(name).is_none() {
                return Err(EdgeError::new(
                    ErrorCode::UnknownSchema,
                    format!("{model} has no field “{name}”. Use pattern to look for one."),
                ));
            }
        }
        Ok(Box::new(FieldsGetCall {
            facts: CallFacts {
                model: Some(model),
                method: Some("fields_get".into()),
                ..CallFacts::local(NAME, self.definition().risk)
            },
            fields,
            kept,
            wanted,
            pattern: arguments.text("pattern").map(str::to_lowercase),
            detail: arguments.flag("detail").unwrap_or(false),
        }))
    }
}

struct FieldsGetCall {
    facts: CallFacts,
    fields: Arc<Fields>,
    /// Fields that policy or guard keep from the agent.
    kept: BTreeSet<String>,
    wanted: Option<Vec<String>>,
    pattern: Option<String>,
    detail: bool,
}

#[async_trait]
impl Call for FieldsGetCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({"model": self.fields.model(), "fields": self.wanted, "pattern": self.pattern, "detail": self.detail})
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let is_wanted = |name: &str, field: &Field| {
            self.wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == name))
                && self
                    .pattern
                    .as_ref()
                    .is_none_or(|pattern| name.contains(pattern) || field.label.to_lowercase().contains(pattern))
        };
        let rows: Vec<Value> = self
            .fields
            .iter()
            .filter(|(name, field)| is_wanted(name, field))
            .map(|(name, field)| row(name, field, self.kept.contains(name), self.detail))
            .collect();
        let found = rows.len();
        let (rows, was_cut) = cut(rows);
        let shown = rows.len();
        let mut columns = vec!["name", "type", "label", "flags"];
        if self.detail {
            columns.push("help");
        }
        let mut answer = json!({
            "connection": site.connection()?.name,
            "model": self.fields.model(),
            "columns": columns,
            "fields": rows,
            "has_more": was_cut,
            "found": found,
        });
        if self.fields.iter().any(|(name, field)| is_wanted(name, field) && self.kept.contains(name)) {
            answer["note"] = json!(
                "Fields marked “kept from agents” are never given out and may be named nowhere: not in fields, domain, \
                 order, grouping or values."
            );
        }
        Ok(Done { summary: counted(shown, "field"), answer, rows: 0, outcome: None, images: Vec::new() })
    }
}

fn row(name: &str, field: &Field, is_kept: bool, detail: bool) -> Value {
    // The options of a selection may be data.
    let options = if is_kept { &[] } else { field.selection.as_slice() };
    let kind = match (&field.relation, options) {
        (Some(relation), _) => format!("{}→{relation}", field.kind.as_str()),
        (None, []) => field.kind.as_str().to_owned(),
        (None, options) => {
            let values: Vec<String> = options
                .iter()
                .take(if detail { 200 } else { 12 })
                .map(|(value, label)| if detail { format!("{value} ({label})") } else { value.clone() })
                .collect();
            let more = if options.len() > values.len() { "|…" } else { "" };
            format!("selection: {}{more}", values.join("|"))
        }
    };
    let flags = [
        (field.required, "required"),
        (field.readonly, "readonly"),
        (field.computed, "computed"),
        (!field.searchable, "not searchable"),
        (is_kept, "kept from agents"),
    ];
    let flags: Vec<&str> = flags.into_iter().filter_map(|(set, word)| set.then_some(word)).collect();
    let mut row = vec![json!(name), json!(kind), json!(field.label), json!(flags.join(" "))];
    if detail {
        row.push(json!(field.help));
    }
    Value::Array(row)
}
