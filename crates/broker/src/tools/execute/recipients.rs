//! Who may get the messages that a method sends: the followers of its records, whom a form names, and employees.

mod employee;

use super::known::Known;
use crate::contents::one_line;
use crate::tools::recipients::{Addressees, Author, COMPOSER, Kind, Recipients, fields_of};
use crate::tools::{Locale, Site};
use gatehouse_core::{EdgeError, Effect};
use gatehouse_odoo::Fields;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Where the observed values of a call keep who gets what it sends, beside its records.
pub(super) const OBSERVED: &str = "recipients";

/// Who gets it, for the card.
#[derive(Default)]
pub(super) struct Told {
    pub(super) sentences: Vec<String>,
    /// What is compared again before it is sent; `null` where nothing is sent for certain, or nobody could be told.
    pub(super) observed: Value,
}

/// The records that a method with these effects runs on.
pub(super) struct On<'a> {
    pub(super) fields: &'a Fields,
    pub(super) ids: &'a [i64],
    pub(super) effects: &'a [Effect],
}

/// Sentences for the card, never none. A list that cannot be read is told so.
pub(super) async fn of(site: &Site, locale: &Locale, on: On<'_>) -> Told {
    let model = on.fields.model();
    let (pending, there): (Vec<i64>, Vec<i64>) = on.ids.iter().partition(|id| site.pending_step(**id).is_some());
    let steps: BTreeSet<usize> = pending.iter().filter_map(|id| site.pending_step(*id)).collect();
    let mut told = Told { sentences: steps.iter().map(|step| by_then(model, *step)).collect(), observed: Value::Null };
    if model == COMPOSER
        && there.is_empty()
        && let Some(step) = steps.first().filter(|_| steps.len() == 1)
    {
        // Whoever the form of that step was shown to name.
        told.observed = json!({"step": step});
    }
    if there.is_empty() {
        return told;
    }
    let is_certain = on.effects.contains(&Effect::Mail);
    match found(site, locale, on.fields, &there).await {
        Ok(Some(found)) => {
            told.sentences.extend(sentences(&found, is_certain));
            if is_certain && steps.is_empty() {
                told.observed = found.observed();
            }
        }
        Ok(None) => told.sentences.push("Whom Odoo sends messages to cannot be told beforehand.".into()),
        Err(_) => told.sentences.push("Who would get messages could not be found out.".into()),
    }
    told
}

/// What can be said of records that a step is yet to make.
fn by_then(model: &str, step: usize) -> String {
    if model == COMPOSER {
        format!("Goes to the recipients that step {step}'s form names.")
    } else if Known::is_wizard(model) {
        format!("Whom Odoo sends it to is decided when the form of step {step} is made; it cannot be told beforehand.")
    } else if employee::is_of_one(model) {
        format!("The employee whom the record of step {step} names is told, and whoever follows it by then.")
    } else {
        format!("Messages may go to whoever follows the record of step {step} by then.")
    }
}

/// Who that is now; `None` where it is for Odoo to decide.
async fn found(site: &Site, locale: &Locale, fields: &Fields, ids: &[i64]) -> Result<Option<Recipients>, EdgeError> {
    let model = fields.model();
    let mut wanted = if fields_of(model).is_empty() {
        if fields.get("message_follower_ids").is_none() {
            return Ok(None);
        }
        Addressees::of_record(model, ids, Kind::Any, &[], Author::Nobody)
    } else {
        let columns: Vec<&str> = fields_of(model).iter().copied().filter(|name| fields.get(name).is_some()).collect();
        let rows = site.session().await?.client.read(model, ids, &columns, Some(&locale.reading())).await;
        let mut wanted = Addressees::default();
        for row in site.told(model, rows).await? {
            wanted.add(model, &row, true);
        }
        wanted
    };
    if employee::is_of_one(model) {
        employee::add(&mut wanted, site, locale, model, ids).await?;
    }
    wanted.find(site, locale).await.map(Some)
}

fn sentences(found: &Recipients, is_certain: bool) -> Vec<String> {
    let mut sentences = Vec::new();
    if !found.is_nobody() {
        let lead = if is_certain { "Goes to" } else { "Messages may go to" };
        sentences.push(format!("{lead}: {}.", found.words()));
    } else if !is_certain {
        sentences.push("Nobody follows these records; messages may go to people they name.".into());
    } else if found.notes().is_empty() {
        sentences.push("As it stands, it goes to nobody.".into());
    }
    sentences.extend(found.notes().iter().cloned());
    sentences
}

/// A sentence for the card of a planned activity: whom it is for, and where they are told.
pub(super) async fn assignee(site: &Site, locale: &Locale, user: Option<&Value>) -> String {
    let Some(id) = user.and_then(Value::as_i64) else { return "It is for nobody, and nobody is told.".into() };
    let Ok(session) = site.session().await else { return "Whom it is for could not be found out.".into() };
    let rows = session.client.read("res.users", &[id], &["display_name", "email"], Some(&locale.context)).await;
    let row = rows.ok().and_then(|rows| rows.into_iter().next()).unwrap_or_default();
    let text = |name: &str| row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    match (text("display_name"), text("email")) {
        (Some(name), Some(email)) => {
            format!("It is for {} <{}>, who may be told by mail.", one_line(name, 80), one_line(email, 120))
        }
        (Some(name), None) => format!("It is for {} (no e-mail address), who may be told in Odoo.", one_line(name, 80)),
        (None, _) => format!("It is for the user {id}, whose name could not be read."),
    }
}

/// The observed values of records with those of recipients beside them.
pub(super) fn beside(mut records: Value, recipients: Value) -> Value {
    if !recipients.is_null() {
        records[OBSERVED] = recipients;
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_records_that_are_not_there_yet_it_is_said_who_gets_it() {
        assert_eq!(by_then(COMPOSER, 2), "Goes to the recipients that step 2's form names.");
        let form = "Whom Odoo sends it to is decided when the form of step 1 is made; it cannot be told beforehand.";
        assert_eq!(by_then("account.move.send.wizard", 1), form);
        assert!(by_then("hr.leave", 3).starts_with("The employee whom the record of step 3 names"));
        assert!(by_then("account.move", 3).contains("whoever follows the record of step 3"));
    }

    #[test]
    fn recipients_stand_beside_the_records_and_only_where_there_are_some() {
        let records = json!({"7": {"state": "draft"}});
        assert_eq!(beside(records.clone(), Value::Null), records);
        assert_eq!(beside(records, json!({"to": []}))[OBSERVED], json!({"to": []}));
    }
}
