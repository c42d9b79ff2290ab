//! `odoo_unlink`: deletes records.

mod along;
mod remade;

use super::arguments::Arguments;
use super::besides::is_told;
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::changed;
use crate::preview::{Entry, sentence};
use crate::view::{RecordChange, RecordVerb};
use along::{Along, FILES};
use async_trait::async_trait;
use futures_util::future::join;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition, Undo};
use gatehouse_odoo::{Fields, OdooError, Record};
use remade::{Hung, hung};
use serde_json::{Map, Value, json};
use std::sync::{Arc, OnceLock};

pub(crate) const NAME: &str = "odoo_unlink";
const MOST: usize = 500;
/// Records whose content is kept in the journal; of more only the names are.
const KEPT: usize = 100;

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
        let is_held = |name: &str, field| is_told(name, field) || remade::is_left_out(name, field);
        let held =
            fields.iter().filter(|(name, field)| is_held(name, field)).map(|(name, _)| name.to_owned()).collect();
        Ok(Box::new(UnlinkCall {
            facts: CallFacts {
                model: Some(model.clone()),
                method: Some("unlink".into()),
                records: Some(ids.len() as u64),
                ids,
                ..CallFacts::local(NAME, site.risk(NAME))
            },
            can_archive: fields.get("active").is_some_and(|field| field.store && field.related.is_none()),
            along: Along::of(&fields),
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
    along: Along,
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
            let record = RecordChange { id: Some(*id), name, change, fields: Vec::new(), besides: Vec::new() };
            Entry { model: None, record, held: Some(self.fields.clone()) }
        };
        let mut touches =
            vec!["Deleting cannot be undone in Odoo. What the records hold stays in the journal.".to_owned()];
        if self.facts.ids.len() > KEPT {
            touches.push(format!("Of more than {KEPT} records only the names stay there."));
        }
        touches.extend(self.along.told(site, &self.locale, &records).await?);
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

    async fn observe(&self, site: &Site) -> Result<Value, EdgeError> {
        self.records(site).await.map(Value::Object)
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
    /// The records by id as they are now: what they hold, and the ids of what goes with them; how many files, by a request
    /// of its own at the same time.
    async fn records(&self, site: &Site) -> Result<Map<String, Value>, EdgeError> {
        let ids = &self.facts.ids;
        let (rows, files) = join(self.rows(site), along::files(site, &self.locale, &self.model, ids)).await;
        let mut records: Map<String, Value> = Map::new();
        for mut row in rows? {
            if let Some(id) = row.remove("id").as_ref().and_then(Value::as_i64) {
                // What is empty needs no room.
                row.retain(|_, value| !matches!(value, Value::Bool(false) | Value::Null));
                if let Some(files) = &files {
                    row.insert(FILES.into(), json!(files.get(&id).unwrap_or(&0)));
                }
                records.insert(id.to_string(), Value::Object(row));
            }
        }
        let missing: Vec<String> = ids.iter().map(ToString::to_string).filter(|id| !records.contains_key(id)).collect();
        if missing.is_empty() {
            return Ok(records);
        }
        Err(super::site::missing(&self.model, missing.join(", ")))
    }

    /// The same as Odoo reads them, in one request; where the user may not read some of what goes with them, once more
    /// without.
    async fn rows(&self, site: &Site) -> Result<Vec<Record>, EdgeError> {
        let session = site.session().await?;
        let context = self.locale.reading();
        let is_kept = self.facts.ids.len() <= KEPT;
        let held = self.held.iter().filter(|_| is_kept).map(String::as_str);
        let names: Vec<&str> = ["display_name"].into_iter().chain(held).collect();
        let mut lists: Vec<Vec<&str>> = self.along.reads().into();
        lists.dedup();
        let mut lists = lists.into_iter().peekable();
        loop {
            let asked: Vec<&str> = names.iter().copied().chain(lists.next().unwrap_or_default()).collect();
            let rows = session.client.read(&self.model, &self.facts.ids, &asked, Some(&context)).await;
            if !matches!(rows, Err(OdooError::AccessDenied { .. })) || lists.peek().is_none() {
                return site.told(&self.model, rows).await;
            }
        }
    }
}
