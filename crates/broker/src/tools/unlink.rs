//! `odoo_unlink`: deletes records.

use super::arguments::Arguments;
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::changed;
use crate::preview::{SHOWN_RECORDS, sentence};
use crate::view::{RecordChange, RecordVerb};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition, Undo};
use gatehouse_odoo::FieldType;
use gatehouse_policy::guard;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub(crate) const NAME: &str = "odoo_unlink";
const MOST: usize = 500;
/// Models named in one sentence.
const NAMED: usize = 5;

pub(crate) struct Unlink;

#[async_trait]
impl Tool for Unlink {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Delete records",
            Category::Destructive,
            Severity::Critical,
            "Deletes records for good; the user is asked. Where the model has a field active, archive instead \
             (odoo_write active false).",
            &with_common(json!({
                "model": {"type": "string"},
                "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": MOST},
            })),
            &["model", "ids"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        let model = arguments.text("model").unwrap_or_default().to_owned();
        let ids = arguments.ids("ids")?;
        if let Some(step) = ids.iter().find_map(|id| site.pending_step(*id)) {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                format!(
                    "ids: the record of step {step} is not there yet, and nobody can be shown what would be deleted; \
                         leave it out of the plan"
                ),
            ));
        }
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        let owned: BTreeSet<String> = fields
            .iter()
            .filter(|(_, field)| field.kind == FieldType::One2many && field.store)
            .filter_map(|(_, field)| field.relation.clone())
            .filter(|model| !model.starts_with("mail.") && !guard::is_never_read(model))
            .collect();
        Ok(Box::new(UnlinkCall {
            facts: CallFacts {
                model: Some(model.clone()),
                method: Some("unlink".into()),
                records: Some(ids.len() as u64),
                ids,
                ..CallFacts::local(NAME, site.risk(NAME))
            },
            can_archive: fields.get("active").is_some(),
            owned: owned.into_iter().collect(),
            model,
            locale,
        }))
    }
}

struct UnlinkCall {
    facts: CallFacts,
    model: String,
    can_archive: bool,
    /// Models whose records belong to these.
    owned: Vec<String>,
    locale: Locale,
}

#[async_trait]
impl Call for UnlinkCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({"model": self.model, "ids": self.facts.ids, "context": self.locale.context})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let names = self.names(site).await?;
        let one = |id: &i64| RecordChange {
            id: Some(*id),
            name: names[&id.to_string()].as_str().unwrap_or_default().to_owned(),
            change: RecordVerb::Delete,
            fields: Vec::new(),
            besides: Vec::new(),
        };
        let mut touches = vec!["Deleting cannot be undone in Odoo.".to_owned()];
        if !self.owned.is_empty() {
            let more = if self.owned.len() > NAMED { " and others" } else { "" };
            let named = self.owned.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            touches.push(format!("Odoo may delete what belongs to them: {named}{more}."));
        }
        if self.can_archive {
            touches.push("Archiving would do: this model has the field “active”.".into());
        }
        let count = self.facts.ids.len() as u64;
        Ok(Preview {
            sentence: sentence("Delete", &self.facts, count, &site.connection()?.name),
            model: Some(self.model.clone()),
            records: self.facts.ids.iter().take(SHOWN_RECORDS).map(one).collect(),
            total: Some(count),
            touches,
            observed: Value::Object(names),
        })
    }

    async fn before(&self, site: &Site) -> Result<Value, EdgeError> {
        self.names(site).await.map(Value::Object)
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let removed = session.client.unlink(&self.model, &self.facts.ids, Some(&self.locale.context)).await;
        site.told(&self.model, removed).await?;
        Ok(Done {
            summary: format!("deleted {}", counted(self.facts.ids.len(), &format!("{} record", self.model))),
            answer: changed(site, &self.locale, "deleted", &self.facts.ids)?,
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }

    fn undo(&self, _: &Value, _: &Done) -> Undo {
        Undo::none("Deleted records do not come back.")
    }
}

impl UnlinkCall {
    /// The records' names by id, as they are now.
    async fn names(&self, site: &Site) -> Result<Map<String, Value>, EdgeError> {
        let session = site.session().await?;
        let context = self.locale.reading();
        let rows = session.client.read(&self.model, &self.facts.ids, &["display_name"], Some(&context)).await;
        let rows = site.told(&self.model, rows).await?;
        let mut names: Map<String, Value> = Map::new();
        for row in &rows {
            if let Some(id) = row.get("id").and_then(Value::as_i64) {
                names.insert(id.to_string(), row.get("display_name").cloned().unwrap_or(Value::Null));
            }
        }
        let missing: Vec<String> =
            self.facts.ids.iter().map(ToString::to_string).filter(|id| !names.contains_key(id)).collect();
        if missing.is_empty() {
            return Ok(names);
        }
        Err(super::site::missing(&self.model, missing.join(", ")))
    }
}
