//! `odoo_write`: changes fields of records; the same values for all of them, or each its own.

use super::arguments::{Arguments, check_ids};
use super::create::{gather, reads_of};
use super::lookup::OpenNames;
use super::reach::Reach;
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::lines::{Commands, Lines, beyond, commands_of};
use crate::preview::{SHOWN_RECORDS, changes, sentence, touches};
use crate::view::{RecordChange, RecordVerb};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Outcome, Severity, ToolDefinition};
use gatehouse_odoo::values::{CheckedValues, Mode, check_values};
use gatehouse_odoo::{FieldType, Fields, Record};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const NAME: &str = "odoo_write";
const MOST: usize = 500;

pub(crate) struct Write;

#[async_trait]
impl Tool for Write {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Change records",
            Category::Write,
            Severity::Medium,
            "Changes fields of records: ids and values for the same change on all, or updates [{id, values}] for each its \
             own; one approval for the whole call. A many2one takes an id, {id,name} or an exact name. Values are checked \
             before anybody is asked. To confirm, post or cancel a document, do not write its state.",
            &with_common(json!({
                "model": {"type": "string"},
                "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": MOST},
                "values": {"type": "object"},
                "updates": {
                    "type": "array",
                    "maxItems": MOST,
                    "items": {
                        "type": "object",
                        "properties": {"id": {"type": "integer"}, "values": {"type": "object"}},
                        "required": ["id", "values"],
                        "additionalProperties": false,
                    },
                },
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
        let given = updates_of(&arguments)?;
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let names = OpenNames::of(site, session.client.within(&locale.context));
        let ids: Vec<i64> = given.iter().flat_map(|(_, ids, _)| ids.clone()).collect();
        let mut facts = CallFacts {
            model: Some(model.clone()),
            method: Some("write".into()),
            records: Some(ids.len() as u64),
            ids,
            ..CallFacts::local(NAME, self.definition().risk)
        };
        let mut updates = Vec::with_capacity(given.len());
        for (place, ids, values) in given {
            let checked = check_values(&values, &model, Mode::Write, &source, &names).await;
            if let Some(refused) = names.refusal(&facts) {
                return Ok(refused);
            }
            updates.push(Update { ids, checked: checked.map_err(|error| site.input_error(error, &place))? });
        }
        let checked: Vec<CheckedValues> = updates.iter().map(|update| update.checked.clone()).collect();
        gather(&mut facts, &checked);
        facts.reads = reads_of(Reach::of(site, &source), &facts, &names).await?;
        Ok(Box::new(WriteCall { facts, model, fields, updates, locale }))
    }
}

struct WriteCall {
    facts: CallFacts,
    model: String,
    fields: Arc<Fields>,
    updates: Vec<Update>,
    locale: Locale,
}

/// The same values for some records.
struct Update {
    ids: Vec<i64>,
    checked: CheckedValues,
}

#[async_trait]
impl Call for WriteCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        let updates: Vec<Value> =
            self.updates.iter().map(|update| json!({"ids": update.ids, "values": update.checked.values})).collect();
        json!({"model": self.model, "updates": updates, "context": self.locale.context})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let session = site.session().await?;
        let mut names: Vec<&str> = self.facts.fields.iter().map(String::as_str).collect();
        if !names.contains(&"display_name") && self.fields.get("display_name").is_some() {
            names.push("display_name");
        }
        let context = self.locale.reading();
        let rows = session.client.read(&self.model, &self.facts.ids, &names, Some(&context)).await;
        let rows = site.told(&self.model, rows).await?;
        let rows: BTreeMap<i64, Record> =
            rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect();
        let missing: Vec<String> =
            self.facts.ids.iter().filter(|id| !rows.contains_key(id)).map(ToString::to_string).collect();
        if !missing.is_empty() {
            return Err(EdgeError::new(
                ErrorCode::RecordMissing,
                format!(
                    "{} {}: no such record, or the user may not see it. Search again.",
                    self.model,
                    missing.join(", ")
                ),
            ));
        }
        let linked = self.names_of_linked(site).await?;
        let mut records = Vec::new();
        let mut observed = Map::new();
        let mut commands: Vec<Commands<'_>> = Vec::new();
        let mut rest = Vec::new();
        for update in &self.updates {
            let hints = hints_for(update, &linked, &self.fields);
            for id in &update.ids {
                let row = &rows[id];
                let seen: Map<String, Value> = update
                    .checked
                    .fields
                    .iter()
                    .map(|name| (name.clone(), row.get(name).cloned().unwrap_or(Value::Null)))
                    .collect();
                observed.insert(id.to_string(), Value::Object(seen));
                commands.extend(commands_of(&update.checked.values, Some(row), &self.fields));
                if records.len() < SHOWN_RECORDS {
                    records.push(RecordChange {
                        id: Some(*id),
                        name: row.get("display_name").and_then(Value::as_str).unwrap_or_default().to_owned(),
                        change: RecordVerb::Update,
                        fields: changes(row, &update.checked.values, &hints, &self.fields),
                    });
                } else {
                    rest.push((1, &update.checked.values));
                }
            }
        }
        let lines = Lines::read(site, &context, self.locale.lang.as_deref(), &commands).await?;
        records.extend(lines.records);
        observed.extend(lines.observed);
        let mut touched = touches(&self.facts.commands);
        touched.extend(beyond(&rest)?);
        let count = self.facts.ids.len() as u64;
        Ok(Preview {
            sentence: sentence("Change", &self.facts, count, &site.connection()?.name),
            model: Some(self.model.clone()),
            records,
            total: self.facts.records,
            touches: touched,
            observed: Value::Object(observed),
        })
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let connection = site.connection()?;
        let mut changed: Vec<i64> = Vec::new();
        for update in &self.updates {
            let paused = site
                .broker
                .is_stopped_for(&site.agent.id)
                .then(|| EdgeError::new(ErrorCode::Paused, "The user paused you in the middle of this call."));
            let failed = if paused.is_some() {
                paused
            } else {
                let values = update.checked.values.clone();
                let written = session.client.write(&self.model, &update.ids, values, Some(&self.locale.context)).await;
                site.told(&self.model, written).await.err()
            };
            match failed {
                None => changed.extend(&update.ids),
                Some(error) if changed.is_empty() => return Err(error),
                // What was changed stays changed: Odoo has no transaction over several calls.
                Some(error) => return Ok(self.partly_done(&changed, &update.ids, &error)),
            }
        }
        Ok(Done {
            summary: format!("changed {}", counted(changed.len(), &format!("{} record", self.model))),
            answer: json!({
                "status": "written",
                "model": self.model,
                "ids": changed,
                "connection": connection.name,
                "database": connection.database,
                "companies": self.locale.companies,
            }),
            rows: 0,
            outcome: None, images: Vec::new(),
        })
    }
}

impl WriteCall {
    fn partly_done(&self, changed: &[i64], stopped_at: &[i64], error: &EdgeError) -> Done {
        let summary = format!("changed {} of {} records, then: {}", changed.len(), self.facts.ids.len(), error.message);
        let is_unknown = error.code == ErrorCode::OutcomeUnknown;
        let (key, next) = if is_unknown {
            ("unknown", "Read the records under unknown before anything else: they may or may not have been written.")
        } else {
            ("failed_at", "The records under changed are written. Look at the error, then send only the rest.")
        };
        let mut answer = json!({"status": "partly_done", "changed": changed, "error": error, "next": next});
        answer[key] = json!(stopped_at);
        let outcome = is_unknown.then(|| Outcome::Unknown { message: summary.clone() });
        Done { answer, summary, rows: 0, outcome, images: Vec::new() }
    }

    /// Display names of the records that many2one values point to, one request for each model. An id that does not
    /// exist is refused here: Odoo would fail on it only after the person said yes.
    async fn names_of_linked(&self, site: &Site) -> Result<BTreeMap<(String, i64), String>, EdgeError> {
        let mut wanted: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for update in &self.updates {
            for (name, value) in &update.checked.values {
                let field = self.fields.get(name).filter(|field| field.kind == FieldType::Many2one);
                if let (Some(relation), Some(id)) = (field.and_then(|field| field.relation.clone()), value.as_i64()) {
                    wanted.entry(relation).or_default().insert(id);
                }
            }
        }
        let session = site.session().await?;
        let mut names = BTreeMap::new();
        for (model, ids) in wanted {
            let ids: Vec<i64> = ids.into_iter().collect();
            let rows = session.client.read(&model, &ids, &["display_name"], Some(&self.locale.context)).await;
            let rows = site.told(&model, rows).await?;
            for row in rows {
                if let (Some(id), Some(name)) = (row["id"].as_i64(), row["display_name"].as_str()) {
                    names.insert((model.clone(), id), name.to_owned());
                }
            }
            if let Some(id) = ids.iter().find(|id| !names.contains_key(&(model.clone(), **id))) {
                return Err(EdgeError::new(
                    ErrorCode::RecordMissing,
                    format!("{model} {id}: no such record to link to, or the user may not see it."),
                ));
            }
        }
        Ok(names)
    }
}

fn hints_for(update: &Update, linked: &BTreeMap<(String, i64), String>, fields: &Fields) -> BTreeMap<String, String> {
    let mut hints = update.checked.shown.clone();
    for (name, value) in &update.checked.values {
        let relation = fields.get(name).and_then(|field| field.relation.clone());
        if let (Some(relation), Some(id)) = (relation, value.as_i64())
            && let Some(shown) = linked.get(&(relation, id))
        {
            hints.insert(name.clone(), format!("{shown} (#{id})"));
        }
    }
    hints
}

/// One change as it was given: its place in the arguments, ids, values.
type Given = (String, Vec<i64>, Map<String, Value>);

/// Either `ids` and `values`, or `updates`.
fn updates_of(arguments: &Arguments) -> Result<Vec<Given>, EdgeError> {
    let both = "give either ids and values, or updates";
    if arguments.has("updates") {
        if arguments.has("ids") || arguments.has("values") {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, format!("updates: {both}")));
        }
        let mut updates = Vec::new();
        for (index, update) in arguments.get("updates").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let id = update["id"].as_i64().unwrap_or(0);
            let values = update["values"].as_object().cloned().unwrap_or_default();
            updates.push((format!("updates/{index}/values"), vec![id], values));
        }
        let ids: Vec<i64> = updates.iter().flat_map(|(_, ids, _)| ids.clone()).collect();
        check_ids("updates", &ids)?;
        return Ok(updates);
    }
    let Some(values) = arguments.get("values").and_then(Value::as_object) else {
        return Err(EdgeError::new(ErrorCode::InvalidArguments, format!("values: {both}")));
    };
    Ok(vec![("values".into(), arguments.ids("ids")?, values.clone())])
}
