//! `odoo_execute`: runs a business method, such as confirming or posting. The ORM's own verbs have tools of their own and
//! are refused here.

mod action;
mod known;
mod recipients;
mod refused;
mod shown;
mod wizard;

use super::arguments::Arguments;
use super::site::Locale;
use super::{Call, Done, Preview, Site, Target, Tool, counted, define, with_common};
use crate::answers::heading;
use action::{Called, Given};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Effect, ErrorCode, Risk, Severity, ToolDefinition, Undo};
use gatehouse_odoo::{Fields, Method, OdooError};
use known::{Known, Ran};
use recipients::{On, Told};
use serde_json::{Map, Value, json};
use std::sync::{Arc, OnceLock};

const NAME: &str = "odoo_execute";
const MOST: usize = 500;

pub(crate) struct Execute;

/// Whether records of `model` are made for one form only, and removed by Odoo itself.
pub(super) fn is_wizard(model: &str) -> bool {
    Known::is_wizard(model)
}

#[async_trait]
impl Tool for Execute {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Run a method",
            Category::Execute,
            Severity::High,
            "Runs what a button in Odoo runs: action_confirm, action_post, button_validate, a wizard's method; not \
             create, write, delete or reads. When Odoo wants a form filled in, next holds the call that answers it.",
            &with_common(json!({
                "model": {"type": "string"},
                "method": {"type": "string"},
                "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": MOST, "description": "Left out: a method of the model itself"},
                "kwargs": {"type": "object", "description": "Its arguments by name"},
            })),
            &["model", "method"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let model = arguments.text("model").unwrap_or_default().to_owned();
        let method = arguments.text("method").unwrap_or_default().to_owned();
        if let Some(refused) = refused::why(&model, &method) {
            return Err(refused);
        }
        let ids = if arguments.has("ids") { Some(arguments.ids("ids")?) } else { None };
        let kwargs = arguments.get("kwargs").and_then(Value::as_object).cloned().unwrap_or_default();
        check_kwargs(&kwargs)?;
        let locale = Locale::of(site, &arguments).await?;
        let fields = site.fields(&model, locale.lang.as_deref()).await?;
        let known = Known::on(&fields, &method, &kwargs);
        if known.is_some() && ids.is_none() {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                format!("ids: name the records: without them Odoo answers that {method} is done, and does nothing"),
            ));
        }
        let mut place = Map::new();
        place.insert("connection".into(), json!(site.connection()?.name));
        if let Some(companies) = arguments.get("companies") {
            place.insert("companies".into(), companies.clone());
        }
        let facts = facts_of(&model, &method, ids.as_deref(), known);
        let left = OnceLock::new();
        Ok(Box::new(ExecuteCall { facts, model, method, ids, kwargs, known, fields, locale, place, left }))
    }
}

/// `ids` and `context` have their own place, and agents set no context.
fn check_kwargs(kwargs: &Map<String, Value>) -> Result<(), EdgeError> {
    for name in kwargs.keys() {
        let why = match name.as_str() {
            "context" => "agents set no context; give lang, timezone and companies beside kwargs",
            "ids" | "self" | "cls" => "give ids beside kwargs",
            name if !is_name(name) => "not the name of an argument",
            _ => continue,
        };
        let shown: String = name.chars().take(64).collect();
        return Err(EdgeError::new(ErrorCode::InvalidArguments, format!("kwargs/{shown}: {why}")));
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn facts_of(model: &str, method: &str, ids: Option<&[i64]>, known: Option<&Known>) -> CallFacts {
    let risk = |category, severity| Risk { category, severity };
    let (risk, effects) = match known {
        Some(known) => (risk(Category::Execute, known.severity), known.effects.to_vec()),
        None if seems_to_delete(method) => {
            (risk(Category::Destructive, Severity::Critical), vec![Effect::MailPossible, Effect::State])
        }
        None => (risk(Category::Execute, Severity::High), vec![Effect::MailPossible, Effect::State]),
    };
    CallFacts {
        model: Some(model.to_owned()),
        method: Some(method.to_owned()),
        ids: ids.unwrap_or_default().to_vec(),
        records: ids.map(|ids| ids.len() as u64),
        effects,
        // A method that is known answers with no more than what it made.
        reads: known.map(|_| Vec::new()),
        ..CallFacts::local(NAME, risk)
    }
}

/// An unknown method whose name says that records go.
fn seems_to_delete(method: &str) -> bool {
    let parts = || method.split('_').map(str::to_ascii_lowercase);
    parts().any(|part| {
        matches!(part.as_str(), "unlink" | "delete" | "remove" | "purge" | "erase" | "gc" | "drop" | "vacuum")
    })
}

struct ExecuteCall {
    facts: CallFacts,
    model: String,
    method: String,
    ids: Option<Vec<i64>>,
    kwargs: Map<String, Value>,
    known: Option<&'static Known>,
    fields: Arc<Fields>,
    locale: Locale,
    /// Connection and companies, as the agent would give them again.
    place: Map<String, Value>,
    /// Where its records stood when it had run; not set where that was not read.
    left: OnceLock<Value>,
}

#[async_trait]
impl Call for ExecuteCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({
            "model": self.model,
            "method": self.method,
            "ids": self.ids,
            "kwargs": self.kwargs,
            "context": self.locale.context,
        })
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let ids = self.facts.ids.as_slice();
        let shown = shown::read(site, &self.locale, &self.model, ids, &self.fields).await?;
        let place = &site.connection()?.name;
        let on = match &self.ids {
            Some(ids) => format!("{} on {}", self.method, counted(ids.len(), &format!("{} record", self.model))),
            None => format!("{} of {}", self.method, self.model),
        };
        let mut touches = vec![match self.known {
            Some(known) => known.words.to_owned(),
            None => format!(
                "What {} does is not known to Gatehouse. It may change other records and send messages.",
                self.method
            ),
        }];
        let told = self.recipients_told(site).await;
        touches.extend(told.sentences);
        if !self.kwargs.is_empty() {
            touches.push(format!("With {}", Value::Object(self.kwargs.clone())));
        }
        if self.ids.is_none() {
            touches.push("It names no record: which ones it touches cannot be told beforehand.".into());
        }
        touches.push(self.known.map_or_else(|| "There is no known way back.".into(), Known::way_back_in_words));
        Ok(Preview {
            sentence: format!("Run {on} in {place}"),
            model: Some(self.model.clone()),
            entries: shown.entries,
            total: self.facts.records,
            touches,
            observed: recipients::beside(shown.observed, told.observed),
            ..Preview::default()
        })
    }

    fn recipients<'v>(&self, observed: &'v Value) -> Option<&'v Value> {
        observed.get(recipients::OBSERVED)
    }

    async fn before(&self, site: &Site) -> Result<Value, EdgeError> {
        let shown = shown::read(site, &self.locale, &self.model, &self.facts.ids, &self.fields).await?;
        Ok(shown.observed)
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let mut method = Method::write(&self.model, &self.method).within(Some(&self.locale.context));
        if let Some(ids) = &self.ids {
            method = method.on(ids);
        }
        if !self.kwargs.is_empty() {
            method = method.named(&self.kwargs);
        }
        let result = session.client.call(&method).await;
        let is_about_arguments = matches!(&result, Err(OdooError::BadArguments { .. }));
        let result = site
            .told(&self.model, result)
            .await
            .map_err(|error| if is_about_arguments { self.misfit(error) } else { error })?;
        let called =
            Called { model: &self.model, ids: &self.facts.ids, is_known: self.known.is_some(), place: &self.place };
        // It has run: what its answer holds beyond that may fail to be told, and is a success all the same.
        let given = Given::of(site, &self.locale, called, &result).await.unwrap_or_default();
        let mut answer = heading(site, &self.locale)?;
        answer["database"] = json!(site.connection()?.database);
        answer["status"] = json!(if given.is_form { "form_wanted" } else { "done" });
        for (name, part) in given.told {
            answer[name] = part;
        }
        if answer["status"] == "done" {
            self.look_what_it_left(site, &answer).await;
        }
        let on = self.ids.as_ref().map_or_else(String::new, |ids| format!(" on {}", counted(ids.len(), "record")));
        Ok(Done {
            answer,
            summary: format!("ran {}.{}{on}", self.model, self.method),
            rows: 0,
            outcome: None,
            images: Vec::new(),
        })
    }

    fn undo(&self, before: &Value, done: &Done) -> Undo {
        if done.answer["status"] == "form_wanted" {
            return Undo::none("Odoo opened a form instead of finishing; nothing is known to have changed.");
        }
        let Some(known) = self.known else {
            return Undo::none("What this method does is not known, so there is no known way back.");
        };
        let made = action::ids_in(&done.answer["ids"]);
        known.undo(&self.ran(&done.answer, &made), before, self.left.get())
    }

    fn makes(&self) -> usize {
        1
    }
}

impl ExecuteCall {
    fn ran<'a>(&'a self, answer: &'a Value, made: &'a [i64]) -> Ran<'a> {
        Ran { ids: &self.facts.ids, opened: answer["opens"]["model"].as_str(), made }
    }

    /// Reads where the records stand on which methods would take it back: what differs then was changed since.
    async fn look_what_it_left(&self, site: &Site, answer: &Value) {
        let made = action::ids_in(&answer["ids"]);
        let Some((model, ids)) = self.known.and_then(|known| known.back_on(&self.ran(answer, &made))) else { return };
        if let Some(left) = shown::standing_of(site, &self.locale, model, ids).await {
            self.left.get_or_init(|| left);
        }
    }

    /// Who gets the messages that a known method sends, or may send.
    async fn recipients_told(&self, site: &Site) -> Told {
        let effects = self.facts.effects.as_slice();
        if self.known.is_some_and(Known::is_planning) {
            let assignee = recipients::assignee(site, &self.locale, self.kwargs.get("user_id")).await;
            return Told { sentences: vec![assignee], observed: Value::Null };
        }
        if self.known.is_none() || !effects.iter().any(|effect| matches!(effect, Effect::Mail | Effect::MailPossible)) {
            return Told::default();
        }
        recipients::of(site, &self.locale, On { fields: &self.fields, ids: &self.facts.ids, effects }).await
    }

    /// Arguments that the method does not take, with what to do about it.
    fn misfit(&self, error: EdgeError) -> EdgeError {
        let next = if self.ids.is_none() {
            "Give ids: it seems to be a method of records."
        } else if self.kwargs.is_empty() {
            "It may want arguments by name in kwargs, or one record at a time."
        } else {
            "Look at the names in kwargs; the method takes no others than its own."
        };
        let message = format!("{}.{} does not take these arguments. {next}", self.model, self.method);
        EdgeError { message, ..error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_method_is_judged_as_the_worst_case() {
        let facts = facts_of("x.y", "do_things", None, None);
        assert_eq!(facts.risk, Risk { category: Category::Execute, severity: Severity::High });
        assert_eq!((facts.reads, facts.records), (None, None));
        assert_eq!(facts.effects, [Effect::MailPossible, Effect::State]);
        let facts = facts_of("x.y", "action_delete_duplicates", Some(&[1]), None);
        assert_eq!(facts.risk, Risk { category: Category::Destructive, severity: Severity::Critical });
    }

    #[test]
    fn a_known_method_is_judged_by_what_it_does() {
        let known = Known::of("account.move", "action_post", &Map::new());
        let facts = facts_of("account.move", "action_post", Some(&[1, 2]), known);
        assert_eq!((facts.records, facts.risk.severity), (Some(2), Severity::High));
        assert!(facts.effects.contains(&Effect::Posting));
        let known = Known::of("sale.order", "action_lock", &Map::new());
        assert_eq!(facts_of("sale.order", "action_lock", Some(&[1]), known).risk.severity, Severity::Medium);
    }

    #[test]
    fn context_and_ids_do_not_stand_among_the_arguments() {
        for name in ["context", "ids", "self", "", "a b", "_x", "é"] {
            assert!(check_kwargs(&Map::from_iter([(name.to_owned(), json!(1))])).is_err(), "{name:?}");
        }
        assert!(check_kwargs(&Map::from_iter([("feedback".to_owned(), json!("x"))])).is_ok());
    }
}
