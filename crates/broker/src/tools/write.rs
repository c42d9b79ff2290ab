//! `odoo_write`: changes fields of records; the same values for all of them, or each its own.

mod given;
mod goes_to;
mod sent;
mod undo;

use super::arguments::Arguments;
use super::besides::{self, Besides, Written};
use super::create::{gather, reads_of};
use super::lookup::OpenNames;
use super::reach::Reach;
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, define, with_common};
use crate::lines::{Commands, Lines};
use crate::preview::{Entry, Wanted, Wording, currencies, reference, sentence, touches};
use crate::view::{RecordChange, RecordVerb};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition, Undo};
use gatehouse_odoo::values::{CheckedValues, Mode, check_values};
use gatehouse_odoo::{Fields, Record};
use given::updates_of;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

pub(crate) use undo::{BESIDES, OF_A_PLACE};

pub(crate) const NAME: &str = "odoo_write";
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
            "Changes fields: ids and values for the same change on all, or updates [{id, values}] for each its own; \
             one approval for the call. Values are checked before anybody is asked. To confirm, post or cancel a \
             document, do not write its state: odoo_execute.",
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
            ..CallFacts::local(NAME, site.risk(NAME))
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
        let named =
            ["lang", "companies"].into_iter().filter_map(|name| Some(format!("{name} {}", arguments.get(name)?)));
        let place = named.collect();
        Ok(Box::new(WriteCall { facts, model, fields, updates, locale, place, foreseen: OnceLock::new() }))
    }
}

struct WriteCall {
    facts: CallFacts,
    model: String,
    fields: Arc<Fields>,
    updates: Vec<Update>,
    locale: Locale,
    /// Language and companies, where the call names them.
    place: Vec<String>,
    /// What Odoo changes besides, by record, as the card told it.
    foreseen: OnceLock<BTreeMap<i64, Record>>,
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
        let besides = self.besides(site).await?;
        self.foreseen.get_or_init(|| besides.by_id());
        let rows = self.current(site).await?;
        let lines = self.lines(site, &rows).await?;
        let mut wanted = Wanted::default();
        for update in &self.updates {
            wanted.linked_by(&update.checked.values, &update.checked.shown, &self.fields);
            let written = || update.checked.fields.iter().map(String::as_str);
            for row in update.ids.iter().filter_map(|id| rows.get(id)) {
                wanted.standing_in(row, written(), &self.fields);
            }
        }
        let names = lines.names(wanted, site, &self.locale).await?;
        let wording = Wording { fields: &self.fields, names: &names };
        let records = self.records().map(|(update, id)| self.entry(update, id, rows.get(&id), &wording)).collect();
        let mut touched = touches(&self.facts.commands);
        touched.extend(self.goes_to(site).await?);
        touched.extend(besides.note);
        let count = self.facts.ids.len() as u64;
        Ok(Preview {
            sentence: sentence("Change", &self.facts, count, &site.connection()?.name),
            model: Some(self.model.clone()),
            entries: lines.behind(records, &names),
            total: self.facts.records,
            touches: touched,
            observed: self.observed(&rows, lines.observed),
            ..Preview::default()
        })
    }

    async fn observe(&self, site: &Site) -> Result<Value, EdgeError> {
        self.before(site).await
    }

    async fn before(&self, site: &Site) -> Result<Value, EdgeError> {
        let rows = self.current(site).await?;
        let lines = self.lines(site, &rows).await?;
        Ok(self.observed(&rows, lines.observed))
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        if let Some(done) = self.run_at_once(site).await? {
            return Ok(done);
        }
        let session = site.session().await?;
        let mut changed: Vec<i64> = Vec::new();
        for update in &self.updates {
            let paused = site
                .is_stopped()
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
                Some(error) => return self.partly_done(site, &changed, &update.ids, &error),
            }
        }
        self.done(site)
    }

    fn undo(&self, before: &Value, done: &Done) -> Undo {
        let changed: BTreeSet<i64> =
            done.answer["ids"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        undo::of(self, before, &changed)
    }
}

impl WriteCall {
    /// Every record with what is written into it, in the order given.
    fn records(&self) -> impl Iterator<Item = (&Update, i64)> {
        self.updates.iter().flat_map(|update| update.ids.iter().map(move |id| (update, *id)))
    }

    /// One record before and after; `row` is none where an earlier step of a plan will make it.
    fn entry(&self, update: &Update, id: i64, row: Option<&Record>, wording: &Wording<'_>) -> Entry {
        let (values, found) = (&update.checked.values, &update.checked.shown);
        let fields = match row {
            Some(row) => wording.changes(row, values, found),
            None => wording.new_values(values, None, found),
        };
        let foreseen = self.foreseen.get().and_then(|foreseen| foreseen.get(&id));
        let besides = foreseen.map(|foreseen| besides::changes(row, foreseen, wording)).unwrap_or_default();
        let record = RecordChange {
            id: row.is_some().then_some(id),
            name: name_of(id, row),
            change: RecordVerb::Update,
            fields,
            besides,
        };
        record.into()
    }

    /// The fields that are read of the records: what is written, and what Odoo changes besides.
    fn columns(&self) -> BTreeSet<&str> {
        let foreseen = self.foreseen.get().into_iter().flat_map(BTreeMap::values).flat_map(Map::keys);
        let mut names: BTreeSet<&str> = self.facts.fields.iter().chain(foreseen).map(String::as_str).collect();
        let amounts: Vec<&str> = names.iter().copied().collect();
        names.extend(currencies(&self.fields, &amounts));
        names.extend(["display_name"].into_iter().filter(|name| self.fields.get(name).is_some()));
        names
    }

    /// The records as they are, in one request.
    async fn current(&self, site: &Site) -> Result<BTreeMap<i64, Record>, EdgeError> {
        let session = site.session().await?;
        let names: Vec<&str> = self.columns().into_iter().collect();
        let ids: Vec<i64> = self.facts.ids.iter().copied().filter(|id| site.pending_step(*id).is_none()).collect();
        let rows = session.client.read(&self.model, &ids, &names, Some(&self.locale.reading())).await;
        let rows = site.told(&self.model, rows).await?;
        let rows: BTreeMap<i64, Record> =
            rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect();
        let missing: Vec<String> = ids.iter().filter(|id| !rows.contains_key(id)).map(ToString::to_string).collect();
        if missing.is_empty() {
            return Ok(rows);
        }
        Err(super::site::missing(&self.model, missing.join(", ")))
    }

    /// What Odoo changes besides. In a plan nothing of it can be told: steps before it change what it is made of.
    async fn besides(&self, site: &Site) -> Result<Besides, EdgeError> {
        if site.is_planned {
            return Ok(Besides::default());
        }
        let written = self.records().map(|(update, id)| Written { id: Some(id), values: &update.checked.values });
        Besides::foreseen(site, &self.locale, &self.fields, &written.collect::<Vec<_>>()).await
    }

    /// The lines that nested commands are about.
    async fn lines(&self, site: &Site, rows: &BTreeMap<i64, Record>) -> Result<Lines<'_>, EdgeError> {
        let mut commands: Vec<Commands<'_>> = Vec::new();
        for (place, (update, id)) in self.records().enumerate() {
            let row = rows.get(&id);
            commands.extend(Commands::of(&[place], &name_of(id, row), &update.checked.values, row, &self.fields));
        }
        Lines::read(site, &self.locale, commands).await
    }

    /// The values before, by record, and those of lines by model and id. Under `besides`, by record, the values that Odoo
    /// was foreseen to give to others of its fields.
    fn observed(&self, rows: &BTreeMap<i64, Record>, lines: Map<String, Value>) -> Value {
        let mut observed = lines;
        let foreseen = self.foreseen.get();
        for (update, id) in self.records() {
            let Some(row) = rows.get(&id) else { continue };
            let written: Vec<&str> = update.checked.fields.iter().map(String::as_str).collect();
            let besides = foreseen.and_then(|foreseen| foreseen.get(&id)).into_iter().flat_map(Map::keys);
            let names =
                written.iter().copied().chain(currencies(&self.fields, &written)).chain(besides.map(String::as_str));
            let seen = names.map(|name| (name.to_owned(), row.get(name).cloned().unwrap_or_default()));
            observed.insert(id.to_string(), Value::Object(seen.collect()));
        }
        let foreseen: Map<String, Value> = foreseen
            .into_iter()
            .flatten()
            .filter(|(_, values)| !values.is_empty())
            .map(|(id, values)| (id.to_string(), json!(values)))
            .collect();
        if !foreseen.is_empty() {
            observed.insert(BESIDES.into(), Value::Object(foreseen));
        }
        Value::Object(observed)
    }
}

fn name_of(id: i64, row: Option<&Record>) -> String {
    match row {
        Some(row) => row.get("display_name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        None => reference(&json!(id)),
    }
}
