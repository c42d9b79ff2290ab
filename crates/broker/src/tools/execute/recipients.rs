//! Who may get the messages that a method sends: the followers of its records, and whom a message being written names.

use crate::tools::{Locale, Site};
use gatehouse_odoo::{OdooError, Record, Search};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Names in one sentence.
const SHOWN: usize = 20;

/// Sentences for the card. A list that cannot be read is told so.
pub(super) async fn of(site: &Site, locale: &Locale, model: &str, ids: &[i64]) -> Option<String> {
    let ids: Vec<i64> = ids.iter().copied().filter(|id| site.pending_step(*id).is_none()).collect();
    if ids.is_empty() {
        return None;
    }
    let found = if model == "mail.compose.message" {
        addressed(site, locale, &ids).await
    } else {
        followers(site, locale, model, &ids).await
    };
    Some(match found {
        Ok(names) if names.is_empty() => "Nobody follows these records; messages may go to people they name.".into(),
        Ok(names) => {
            let more = names.len().saturating_sub(SHOWN);
            let listed = names.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("Messages may go to: {listed}{rest}.")
        }
        Err(_) => "Who would get messages could not be found out.".into(),
    })
}

/// A sentence for the card of a planned activity: whom it is for.
pub(super) async fn assignee(site: &Site, locale: &Locale, user: Option<&Value>) -> String {
    let Some(id) = user.and_then(Value::as_i64) else { return "It is for nobody, and nobody is told.".into() };
    let Ok(session) = site.session().await else { return "Whom it is for could not be found out.".into() };
    let rows = session.client.read("res.users", &[id], &["display_name"], Some(&locale.context)).await;
    let name = rows.ok().and_then(|rows| Some(rows.first()?.get("display_name")?.as_str()?.to_owned()));
    name.map_or_else(
        || format!("It is for the user {id}, whose name could not be read."),
        |name| format!("It is for {name}, who may be told by mail."),
    )
}

async fn followers(site: &Site, locale: &Locale, model: &str, ids: &[i64]) -> Result<BTreeSet<String>, OdooError> {
    let Ok(session) = site.session().await else { return Ok(BTreeSet::new()) };
    let search = Search {
        domain: json!([["res_model", "=", model], ["res_id", "in", ids]]),
        fields: &["partner_id"],
        limit: 500,
        ..Search::default()
    };
    let rows = session.client.search_read("mail.followers", &search, Some(&locale.context)).await?;
    Ok(rows.iter().filter_map(|row| Some(row.get("partner_id")?.get(1)?.as_str()?.to_owned())).collect())
}

/// The recipients that a message being written names.
async fn addressed(site: &Site, locale: &Locale, ids: &[i64]) -> Result<BTreeSet<String>, OdooError> {
    let Ok(session) = site.session().await else { return Ok(BTreeSet::new()) };
    let rows = session.client.read("mail.compose.message", ids, &["partner_ids"], Some(&locale.context)).await?;
    let partners: BTreeSet<i64> = rows
        .iter()
        .flat_map(|row| row["partner_ids"].as_array().into_iter().flatten())
        .filter_map(Value::as_i64)
        .collect();
    let partners: Vec<i64> = partners.into_iter().collect();
    let rows = session.client.read("res.partner", &partners, &["display_name", "email"], Some(&locale.context)).await?;
    let one = |row: &Record| {
        let name = row.get("display_name")?.as_str()?;
        let address = row.get("email").and_then(Value::as_str);
        Some(address.map_or_else(|| name.to_owned(), |address| format!("{name} <{address}>")))
    };
    Ok(rows.iter().filter_map(one).collect())
}
