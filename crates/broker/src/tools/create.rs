//! `odoo_create`: one record, or up to 100 of a model, in one transaction.

mod duplicates;
mod required;

use super::arguments::Arguments;
use super::besides::{self, Besides, Written};
use super::lookup::OpenNames;
use super::reach::Reach;
use super::recipients::{Addressees, Recipients, sends};
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::changed;
use crate::lines::{Commands, Lines};
use crate::preview::{Entry, Wanted, Wording, name_of_new, sentence, touches};
use crate::view::{RecordChange, RecordVerb};
use async_trait::async_trait;
use gatehouse_core::{
    CallFacts, Category, EdgeError, Effect, ErrorCode, FieldPath, Nested, Risk, Severity, ToolDefinition, Undo,
};
use gatehouse_odoo::values::{CheckedValues, Mode, check_values};
use gatehouse_odoo::{Fields, Record};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) const NAME: &str = "odoo_create";
const MOST: usize = 100;

pub(crate) struct Create;

#[async_trait]
impl Tool for Create {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Create records",
            Category::Write,
            Severity::Medium,
            "Creates one record, or a list of up to 100 of a model in one transaction. Lines are a list of objects. \
             Values are checked before anybody is asked. Answers the new ids.",
            &with_common(json!({
                "model": {"type": "string"},
                "values": {"type": ["object", "array"], "description": "Field values, or a list of them"},
            })),
            &["model", "values"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        let model = arguments.text("model").unwrap_or_default().to_owned();
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        let given: Vec<&Value> = match arguments.get("values") {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        if given.is_empty() || given.len() > MOST {
            return Err(EdgeError::new(ErrorCode::InvalidArguments, format!("values: give 1 to {MOST} records")));
        }
        let session = site.session().await?;
        let source = session.client.within(&locale.context);
        let names = OpenNames::of(site, session.client.within(&locale.context));
        let mut facts = CallFacts {
            model: Some(model.clone()),
            method: Some("create".into()),
            records: Some(given.len() as u64),
            ..CallFacts::local(NAME, site.risk(NAME))
        };
        let mut records = Vec::with_capacity(given.len());
        for (index, values) in given.iter().enumerate() {
            let place = if given.len() == 1 { "values".to_owned() } else { format!("values/{index}") };
            let Value::Object(values) = values else {
                return Err(EdgeError::new(
                    ErrorCode::InvalidArguments,
                    format!("{place}: must be an object of field values"),
                ));
            };
            let checked = check_values(values, &model, Mode::Create, &source, &names).await;
            if let Some(refused) = names.refusal(&facts) {
                return Ok(refused);
            }
            records.push(checked.map_err(|error| site.input_error(error, &place))?);
        }
        required::check(site, &locale, &fields, &records).await?;
        gather(&mut facts, &records);
        facts.reads = reads_of(Reach::of(site, &source), &facts, &names).await?;
        Ok(Box::new(CreateCall { facts, model, fields, records, locale }))
    }
}

/// Puts what several checked records write into the facts of their call. Lines count as records, and a call that
/// deletes lines is judged as one that deletes.
pub(crate) fn gather(facts: &mut CallFacts, records: &[CheckedValues]) {
    let names: BTreeSet<&String> = records.iter().flat_map(|record| &record.fields).collect();
    facts.fields = names.into_iter().cloned().collect();
    facts.commands = records.iter().flat_map(|record| record.nested.clone()).collect();
    let effects: BTreeSet<_> = records.iter().flat_map(|record| record.effects.clone()).collect();
    facts.effects = effects.into_iter().collect();
    let lines =
        facts.commands.iter().filter(|nested| matches!(nested.command.as_str(), "create" | "update" | "delete"));
    facts.records = facts.records.map(|records| records + lines.count() as u64);
    if facts.commands.iter().any(removes) {
        facts.risk = Risk { category: Category::Destructive, severity: Severity::Critical };
    }
}

/// What a call that writes reads: the names that were looked up, and the fields written. Their old values stand on the
/// card, and whether Odoo takes a new one tells of them.
pub(crate) async fn reads_of(
    mut reach: Reach<'_>,
    facts: &CallFacts,
    names: &OpenNames<'_>,
) -> Result<Option<Vec<FieldPath>>, EdgeError> {
    reach.write(facts.model.as_deref().unwrap_or_default(), &facts.fields);
    for nested in &facts.commands {
        reach.write(&nested.model, &nested.fields);
    }
    reach.read(&names.reads());
    Ok(reach.finish().await?.fields)
}

/// Whether a nested command removes records: a delete, or taking a line away from what owns it.
pub(crate) fn removes(nested: &Nested) -> bool {
    match nested.command.as_str() {
        "delete" => true,
        // A one2many names the field that points back; a many2many only unlinks.
        "unlink" | "clear" | "set" => !nested.fields.is_empty(),
        _ => false,
    }
}

struct CreateCall {
    facts: CallFacts,
    model: String,
    fields: Arc<Fields>,
    records: Vec<CheckedValues>,
    locale: Locale,
}

#[async_trait]
impl Call for CreateCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        let values: Vec<&Record> = self.records.iter().map(|record| &record.values).collect();
        json!({"model": self.model, "values": values, "context": self.locale.context})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let made: Vec<Written<'_>> =
            self.records.iter().map(|record| Written { id: None, values: &record.values }).collect();
        let besides = if site.is_planned {
            // Links to what earlier steps will make mean nothing to Odoo yet.
            Besides::default()
        } else {
            Besides::foreseen(site, &self.locale, &self.fields, &made).await?
        };
        let commands = self.records.iter().enumerate().flat_map(|(place, record)| {
            Commands::of(&[place], &name_of_new(&record.values), &record.values, None, &self.fields)
        });
        let lines = Lines::read(site, &self.locale, commands.collect()).await?;
        let mut wanted = Wanted::default();
        for record in &self.records {
            wanted.linked_by(&record.values, &record.shown, &self.fields);
        }
        let names = lines.names(wanted, site, &self.locale).await?;
        let wording = Wording { fields: &self.fields, names: &names };
        let one = |(place, checked): (usize, &CheckedValues)| {
            let filled = besides.of(place);
            let besides = filled.map(|filled| besides::changes(None, filled, &wording)).unwrap_or_default();
            let fields = wording.new_values(&checked.values, filled, &checked.shown);
            let (name, change) = (name_of_new(&checked.values), RecordVerb::Create);
            Entry::from(RecordChange { id: None, name, change, fields, besides })
        };
        let records = self.records.iter().enumerate().map(one).collect();
        let mut touched = touches(&self.facts.commands);
        let recipients = self.recipients_now(site).await?;
        if let Some(recipients) = &recipients {
            touched.push(format!("Goes to: {}.", recipients.words()));
            touched.extend(recipients.notes().iter().cloned());
        } else if self.facts.effects.contains(&Effect::Mail) {
            touched.push("Whom Odoo sends it to cannot be told beforehand.".into());
        }
        touched.extend(duplicates::found(site, &self.locale, &self.fields, &self.records).await?);
        touched.extend(besides.note.clone());
        let count = self.records.len() as u64;
        Ok(Preview {
            sentence: sentence("Create", &self.facts, count, &site.connection()?.name),
            model: Some(self.model.clone()),
            entries: lines.behind(records, &names),
            total: self.facts.records,
            touches: touched,
            observed: observed(recipients.as_ref()),
            ..Preview::default()
        })
    }

    /// Nothing is there yet that could have changed, but for who gets what it sends.
    async fn observe(&self, site: &Site) -> Result<Value, EdgeError> {
        Ok(observed(self.recipients_now(site).await?.as_ref()))
    }

    fn recipients<'v>(&self, observed: &'v Value) -> Option<&'v Value> {
        observed.get("recipients")
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let values: Vec<Record> = self.records.iter().map(|record| record.values.clone()).collect();
        let ids = session.client.create(&self.model, values, Some(&self.locale.context)).await;
        let ids = site.told(&self.model, ids).await?;
        Ok(Done {
            summary: format!("created {}", counted(ids.len(), &format!("{} record", self.model))),
            answer: changed(site, &self.locale, "created", &ids)?,
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }

    fn undo(&self, _: &Value, done: &Done) -> Undo {
        if super::execute::is_wizard(&self.model) {
            return Undo::none("Odoo removes the records of a form by itself.");
        }
        let ids = &done.answer["ids"];
        let can_archive = self.fields.get("active").is_some_and(|field| field.store && field.related.is_none());
        let undo = if can_archive {
            let arguments = json!({"model": self.model, "ids": ids, "values": {"active": false}});
            Undo::by(super::WRITE, arguments).leaving("The records stay, archived.")
        } else {
            Undo::by(super::UNLINK, json!({"model": self.model, "ids": ids}))
                .leaving("Numbers that Odoo gave them stay taken.")
        };
        let tells = |effect: &Effect| matches!(effect, Effect::Mail | Effect::MailPossible);
        if self.facts.effects.iter().any(tells) { undo.leaving("A message that went out stays.") } else { undo }
    }

    fn makes(&self) -> usize {
        self.records.len()
    }
}

impl CreateCall {
    /// Who gets what the new records send, as Odoo would find them now; `None` where they send nothing by themselves.
    async fn recipients_now(&self, site: &Site) -> Result<Option<Recipients>, EdgeError> {
        if !self.facts.effects.contains(&Effect::Mail) || !sends(&self.model) {
            return Ok(None);
        }
        let mut wanted = Addressees::default();
        for record in &self.records {
            wanted.add(&self.model, &record.values, false);
        }
        wanted.find(site, &self.locale).await.map(Some)
    }
}

/// What is compared again before the records are made.
fn observed(recipients: Option<&Recipients>) -> Value {
    recipients.map_or(Value::Null, |recipients| json!({"recipients": recipients.observed()}))
}
