//! `odoo_unlink`: deletes records.

mod remade;

use super::arguments::Arguments;
use super::besides::is_told;
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::changed;
use crate::preview::sentence;
use crate::view::{RecordChange, RecordVerb};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition, Undo};
use gatehouse_odoo::{FieldType, Fields, OdooError};
use gatehouse_policy::guard;
use remade::{Hung, hung};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub(crate) const NAME: &str = "odoo_unlink";
const MOST: usize = 500;
/// Records whose content is kept in the journal; of more only the names are.
const KEPT: usize = 100;
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
        let owned: BTreeMap<String, String> = fields
            .iter()
            .filter(|(_, field)| field.kind == FieldType::One2many && field.store)
            .filter_map(|(name, field)| Some((name.to_owned(), field.relation.clone()?)))
            .filter(|(_, model)| !model.starts_with("mail.") && !guard::is_never_read(model))
            .collect();
        let held =
            fields.iter().filter(|(name, field)| is_told(name, field)).map(|(name, _)| name.to_owned()).collect();
        Ok(Box::new(UnlinkCall {
            facts: CallFacts {
                model: Some(model.clone()),
                method: Some("unlink".into()),
                records: Some(ids.len() as u64),
                ids,
                ..CallFacts::local(NAME, site.risk(NAME))
            },
            can_archive: fields.get("active").is_some_and(|field| field.store && field.related.is_none()),
            owned,
            held,
            hung: OnceLock::new(),
            fields,
            model,
            locale,
        }))
    }
}

struct UnlinkCall {
    facts: CallFacts,
    model: String,
    can_archive: bool,
    /// The fields of what belongs to these, with its model.
    owned: BTreeMap<String, String>,
    /// The fields that a record is remembered by.
    held: Vec<String>,
    /// What hung on them, once it runs.
    hung: OnceLock<Hung>,
    fields: Arc<Fields>,
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
        let records = self.records(site).await?;
        let one = |id: &i64| {
            let name = records[&id.to_string()]["display_name"].as_str().unwrap_or_default().to_owned();
            let change = RecordVerb::Delete;
            RecordChange { id: Some(*id), name, change, fields: Vec::new(), besides: Vec::new() }.into()
        };
        let mut touches =
            vec!["Deleting cannot be undone in Odoo. What the records hold stays in the journal.".to_owned()];
        if self.facts.ids.len() > KEPT {
            touches.push(format!("Of more than {KEPT} records only the names stay there."));
        }
        touches.extend(self.belongings(&records));
        if self.can_archive {
            touches.push("Archiving would do: this model has the field “active”.".into());
        }
        let count = self.facts.ids.len() as u64;
        Ok(Preview {
            sentence: sentence("Delete", &self.facts, count, &site.connection()?.name),
            model: Some(self.model.clone()),
            entries: self.facts.ids.iter().map(one).collect(),
            total: Some(count),
            touches,
            can_archive: self.can_archive,
            observed: Value::Object(records),
            ..Preview::default()
        })
    }

    async fn before(&self, site: &Site) -> Result<Value, EdgeError> {
        self.records(site).await.map(Value::Object)
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        if self.facts.ids.len() <= KEPT {
            let found = hung(site, &self.locale, &self.fields, &self.facts.ids).await;
            self.hung.get_or_init(|| found);
        }
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

    fn undo(&self, before: &Value, _: &Done) -> Undo {
        match self.hung.get() {
            Some(hung) => remade::undo(&self.fields, hung, before),
            None => Undo::none("Deleted records do not come back; their names stand in the journal."),
        }
    }
}

impl UnlinkCall {
    /// The records by id as they are now, in one request: what they hold, and the ids of what belongs to them. Where the user
    /// may not read some of that, once more without.
    async fn records(&self, site: &Site) -> Result<Map<String, Value>, EdgeError> {
        let session = site.session().await?;
        let context = self.locale.reading();
        let is_kept = self.facts.ids.len() <= KEPT;
        let held = self.held.iter().filter(|_| is_kept).map(String::as_str);
        let names: Vec<&str> = ["display_name"].into_iter().chain(held).collect();
        let owned = self.owned.keys().filter(|_| is_kept).map(String::as_str);
        let all: Vec<&str> = names.iter().copied().chain(owned).collect();
        let mut rows = session.client.read(&self.model, &self.facts.ids, &all, Some(&context)).await;
        if let Err(OdooError::AccessDenied { .. }) = &rows
            && all.len() > names.len()
        {
            rows = session.client.read(&self.model, &self.facts.ids, &names, Some(&context)).await;
        }
        let rows = site.told(&self.model, rows).await?;
        let mut records: Map<String, Value> = Map::new();
        for mut row in rows {
            if let Some(id) = row.remove("id").as_ref().and_then(Value::as_i64) {
                // What is empty needs no room.
                row.retain(|_, value| !matches!(value, Value::Bool(false) | Value::Null));
                records.insert(id.to_string(), Value::Object(row));
            }
        }
        let missing: Vec<String> =
            self.facts.ids.iter().map(ToString::to_string).filter(|id| !records.contains_key(id)).collect();
        if missing.is_empty() {
            return Ok(records);
        }
        Err(super::site::missing(&self.model, missing.join(", ")))
    }

    /// What belongs to the records and may go with them, by model; counted where it was read.
    fn belongings(&self, records: &Map<String, Value>) -> Option<String> {
        let was_read = |field: &String| records.values().any(|record| record.get(field).is_some());
        let is_counted = self.owned.keys().any(was_read);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (field, model) in &self.owned {
            let ids = records.values().filter_map(|record| record.get(field)?.as_array());
            *counts.entry(model).or_default() += ids.map(Vec::len).sum::<usize>();
        }
        counts.retain(|_, count| *count > 0 || !is_counted);
        let one = |(model, count): (&&str, &usize)| {
            if is_counted { format!("{count} × {model}") } else { (*model).to_owned() }
        };
        let named: Vec<String> = counts.iter().take(NAMED).map(one).collect();
        let more = if counts.len() > NAMED { " and others" } else { "" };
        (!named.is_empty()).then(|| format!("Odoo may delete what belongs to them: {}{more}.", named.join(", ")))
    }
}
