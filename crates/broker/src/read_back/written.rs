//! `odoo_write`: the fields written, and those of lines that its commands change.

use super::compare::{Tells, tells};
use super::look::{Tally, ids_in, reading};
use super::{Change, Verdict};
use crate::sessions::Session;
use gatehouse_odoo::OdooError;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What one record would hold.
struct Claim<'a> {
    id: i64,
    values: &'a Map<String, Value>,
    before: &'a Value,
    /// The record of the call that it counts for: its own, or the one that its line belongs to.
    of: i64,
}

pub(super) async fn look(session: &Session, change: &Change) -> Result<Verdict, OdooError> {
    let mut told: BTreeMap<i64, Tells> = BTreeMap::new();
    let mut claims: BTreeMap<String, Vec<Claim<'_>>> = BTreeMap::new();
    for update in change.resolved["updates"].as_array().into_iter().flatten() {
        let Some(values) = update["values"].as_object() else { continue };
        for id in ids_in(&update["ids"]) {
            let before = &change.before[id.to_string()];
            claims.entry(change.model.clone()).or_default().push(Claim { id, values, before, of: id });
        }
    }
    let lines = lines(session, change, claims.get(&change.model).map(Vec::as_slice).unwrap_or_default()).await?;
    for (model, claim) in lines {
        claims.entry(model).or_default().push(claim);
    }
    for (model, claims) in &claims {
        read(session, change, model, claims, &mut told).await?;
    }
    let mut tally = Tally::default();
    for (id, tells) in told {
        match tells {
            Tells::New => tally.new.push(id),
            Tells::Old => tally.old.push(id),
            Tells::Neither => tally.neither.push(id),
            Tells::Nothing => {}
        }
    }
    Ok(tally.verdict(
        "Odoo now holds the new values: it was applied.",
        "Odoo still holds the values from before: it was not applied.",
    ))
}

/// The lines that commands change, with their model.
async fn lines<'a>(
    session: &Session,
    change: &'a Change,
    claims: &[Claim<'a>],
) -> Result<Vec<(String, Claim<'a>)>, OdooError> {
    let fields = session.client.fields(&change.model, None).await?;
    let mut lines = Vec::new();
    for claim in claims {
        for (name, commands) in claim.values {
            let Some(model) = fields.get(name).filter(|f| f.kind.is_x2many()).and_then(|f| f.relation.clone()) else {
                continue;
            };
            for command in commands.as_array().into_iter().flatten() {
                if let (Some(1), Some(id), Some(Value::Object(values))) =
                    (command.get(0).and_then(Value::as_i64), command.get(1).and_then(Value::as_i64), command.get(2))
                {
                    let before = &change.before[format!("{model},{id}")];
                    lines.push((model.clone(), Claim { id, values, before, of: claim.of }));
                }
            }
        }
    }
    Ok(lines)
}

/// Reads the records of one model, in one request, and adds what they tell.
async fn read(
    session: &Session,
    change: &Change,
    model: &str,
    claims: &[Claim<'_>],
    told: &mut BTreeMap<i64, Tells>,
) -> Result<(), OdooError> {
    let fields = session.client.fields(model, None).await?;
    let names: BTreeSet<&str> = claims.iter().flat_map(|claim| claim.values.keys().map(String::as_str)).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| fields.get(name).is_some()).collect();
    let ids: BTreeSet<i64> = claims.iter().map(|claim| claim.id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let rows = session.client.read(model, &ids, &names, Some(&reading(change))).await?;
    let rows: BTreeMap<i64, Map<String, Value>> =
        rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect();
    for claim in claims {
        let tells = match rows.get(&claim.id) {
            None => Tells::Neither,
            Some(row) => claim.values.iter().fold(Tells::Nothing, |told, (name, after)| {
                match (fields.get(name), row.get(name), claim.before.get(name)) {
                    (Some(field), Some(now), Some(before)) => told.and(tells(before, now, after, field)),
                    _ => told,
                }
            }),
        };
        let before = told.get(&claim.of).copied().unwrap_or(Tells::Nothing);
        told.insert(claim.of, before.and(tells));
    }
    Ok(())
}
