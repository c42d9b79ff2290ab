//! Reading who they are: the followers of records, then everybody's name and address in one request.

use super::{Addressees, Author, Kind, Recipient, Recipients};
use crate::tools::Site;
use crate::tools::site::Locale;
use gatehouse_core::EdgeError;
use gatehouse_odoo::{OdooError, Record, Search};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The most followers, or records with a contact of their own, that are looked at.
const MOST: u32 = 500;

/// Fields that hold an address where a record has no contact, most telling first.
const ADDRESSES: [&str; 4] = ["email_from", "email", "partner_email", "work_email"];

/// What is known of one follower.
struct Follower {
    partner: i64,
    name: String,
    subtypes: BTreeSet<i64>,
}

/// A partner who would get it, before it was read.
#[derive(Default)]
struct Candidate {
    /// By the record that they follow: of partners the user may not see.
    name: Option<String>,
    /// Gets it whoever they are, and not only as one of the company's own people.
    is_outright: bool,
}

/// Who gets what is wanted, as Odoo would find them now.
pub(super) async fn find(mut wanted: Addressees, site: &Site, locale: &Locale) -> Result<Recipients, EdgeError> {
    for (model, ids) in std::mem::take(&mut wanted.contacts) {
        own_contacts(&mut wanted, site, locale, &model, &ids).await?;
    }
    let mut found: BTreeMap<i64, Candidate> = BTreeMap::new();
    for ((model, kind), ids) in std::mem::take(&mut wanted.followed) {
        let there = without_pending(&mut wanted, site, kind, &ids);
        add_followers(&mut wanted, &mut found, site, (&model, kind), &there).await?;
    }
    for id in &wanted.named {
        found.entry(*id).or_default().is_outright = true;
    }
    if let Some(author) = author(site, &wanted.authors).await? {
        found.remove(&author);
    }
    let there: Vec<i64> = found.keys().copied().filter(|id| site.pending_step(*id).is_none()).collect();
    let partners = partners(site, locale, &there).await?;
    let mut recipients = Recipients { others: wanted.others, notes: wanted.notes, ..Recipients::default() };
    for (id, candidate) in found {
        let Some(row) = partners.get(&id) else {
            let name = match (candidate.name, site.pending_step(id)) {
                (_, Some(step)) => format!("the contact of step {step}"),
                (Some(name), None) => format!("{name} (address not open to this user)"),
                (None, None) => {
                    recipients.unseen.push(id);
                    format!("contact #{id} (not there, or not open to this user)")
                }
            };
            recipients.people.push(Recipient::untold(Some(id), &name));
            continue;
        };
        let is = |name: &str, value: bool| row.get(name) == Some(&json!(value));
        // Odoo writes to no archived contact, and to no customer what is for the company's own people.
        if !is("active", false) && (candidate.is_outright || !is("partner_share", true)) {
            let name = text(row, "display_name").unwrap_or_default();
            recipients.people.push(Recipient::partner(id, name, text(row, "email")));
        }
    }
    recipients.people.extend(wanted.addresses.iter().map(|address| Recipient::untold(None, address)));
    Ok(recipients)
}

/// The records that are there; followers of others are told in words.
fn without_pending(wanted: &mut Addressees, site: &Site, kind: Kind, ids: &BTreeSet<i64>) -> Vec<i64> {
    let (pending, there): (Vec<i64>, Vec<i64>) = ids.iter().partition(|id| site.pending_step(**id).is_some());
    if !pending.is_empty() {
        wanted.other(match kind {
            Kind::Note => "whoever follows the new record by then and wants notes",
            Kind::Any | Kind::Comment | Kind::Subtype(_) => "whoever follows the new record by then",
        });
    }
    there
}

/// Adds the followers of records who want messages of a kind.
async fn add_followers(
    wanted: &mut Addressees,
    found: &mut BTreeMap<i64, Candidate>,
    site: &Site,
    (model, kind): (&str, Kind),
    ids: &[i64],
) -> Result<(), EdgeError> {
    if ids.is_empty() {
        return Ok(());
    }
    let (followers, subtype) = tokio::try_join!(followers(site, model, ids), subtype_of(site, kind))?;
    let Some(followers) = followers else {
        wanted.other(if ids.len() == 1 {
            "everybody who follows the record (who that is, this user may not see)"
        } else {
            "everybody who follows the records (who that is, this user may not see)"
        });
        return Ok(());
    };
    if followers.len() >= MOST as usize {
        wanted.other("more followers than can be told here");
    }
    let (subtype, is_internal) = subtype.unzip();
    // Where the kind cannot be told, every follower counts.
    for follower in followers.into_iter().filter(|one| subtype.is_none_or(|id| one.subtypes.contains(&id))) {
        let candidate = found.entry(follower.partner).or_default();
        candidate.name = Some(follower.name);
        candidate.is_outright |= !is_internal.unwrap_or(false);
    }
    Ok(())
}

/// The followers of records of a model; `None` where the user may not see them.
async fn followers(site: &Site, model: &str, ids: &[i64]) -> Result<Option<Vec<Follower>>, EdgeError> {
    let of = if let [id] = ids { json!(["res_id", "=", id]) } else { json!(["res_id", "in", ids]) };
    let search = Search {
        domain: json!([["res_model", "=", model], of]),
        fields: &["partner_id", "subtype_ids"],
        limit: MOST,
        ..Search::default()
    };
    let rows = match site.session().await?.client.search_read("mail.followers", &search, None).await {
        Ok(rows) => rows,
        Err(OdooError::AccessDenied { .. }) => return Ok(None),
        Err(error) => return site.told("mail.followers", Err(error)).await,
    };
    let follower = |row: &Record| {
        let partner = row.get("partner_id")?;
        Some(Follower {
            partner: partner.get(0)?.as_i64()?,
            name: partner.get(1).and_then(Value::as_str).unwrap_or_default().to_owned(),
            subtypes: row.get("subtype_ids")?.as_array()?.iter().filter_map(Value::as_i64).collect(),
        })
    };
    Ok(Some(rows.iter().filter_map(follower).collect()))
}

/// The subtype's id and whether it is for the company's own people; `None` where every follower counts.
async fn subtype_of(site: &Site, kind: Kind) -> Result<Option<(i64, bool)>, EdgeError> {
    let is_internal = match kind {
        Kind::Any => return Ok(None),
        Kind::Note | Kind::Subtype(_) => true,
        Kind::Comment => false,
    };
    let id = site.session().await?.client.message_subtype(is_internal).await;
    let id = site.told("mail.message.subtype", id).await?;
    Ok(match kind {
        Kind::Subtype(own) => Some((own, id == Some(own))),
        _ => id.map(|id| (id, is_internal)),
    })
}

/// The one partner that gets nothing because everything is theirs.
async fn author(site: &Site, authors: &BTreeSet<Author>) -> Result<Option<i64>, EdgeError> {
    let mut authors = authors.iter();
    match (authors.next(), authors.next()) {
        (Some(Author::Partner(id)), None) => Ok(Some(*id)),
        (Some(Author::User), None) => {
            let session = site.session().await?;
            let partner = session.client.partner_of(session.sign_in.uid).await;
            site.told("res.users", partner).await
        }
        _ => Ok(None),
    }
}

/// Adds the contact of each record: its partner, or else the address that it holds.
async fn own_contacts(
    wanted: &mut Addressees,
    site: &Site,
    locale: &Locale,
    model: &str,
    ids: &BTreeSet<i64>,
) -> Result<(), EdgeError> {
    let there: Vec<i64> =
        ids.iter().copied().filter(|id| site.pending_step(*id).is_none()).take(MOST as usize).collect();
    if there.len() < ids.len() {
        wanted.other("the contacts of records that cannot be told here");
    }
    if model == "res.partner" {
        wanted.named.extend(there);
        return Ok(());
    }
    let fields = site.fields(model, locale.lang.as_deref()).await?;
    let has_partner = fields.get("partner_id").is_some_and(|field| field.relation.as_deref() == Some("res.partner"));
    let partner = has_partner.then_some("partner_id");
    let address = ADDRESSES.into_iter().find(|name| fields.get(name).is_some());
    let columns: Vec<&str> = partner.into_iter().chain(address).collect();
    if columns.is_empty() {
        wanted.other("each record's own contact, whom Odoo finds");
        return Ok(());
    }
    let rows = site.session().await?.client.read(model, &there, &columns, Some(&locale.reading())).await;
    for row in site.told(model, rows).await? {
        match (row.get("partner_id").and_then(super::form::id), address.and_then(|name| text(&row, name))) {
            (Some(id), _) => drop(wanted.named.insert(id)),
            (None, Some(address)) => drop(wanted.addresses.insert(address.to_owned())),
            (None, None) => {}
        }
    }
    Ok(())
}

/// Those of these contacts that the user may see, archived ones too.
async fn partners(site: &Site, locale: &Locale, ids: &[i64]) -> Result<BTreeMap<i64, Record>, EdgeError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut context: Map<String, Value> = locale.reading();
    context.insert("active_test".into(), json!(false));
    let search = Search {
        domain: json!([["id", "in", ids]]),
        fields: &["display_name", "email", "active", "partner_share"],
        limit: u32::try_from(ids.len()).unwrap_or(u32::MAX),
        ..Search::default()
    };
    let rows = site.session().await?.client.search_read("res.partner", &search, Some(&context)).await;
    let rows = site.told("res.partner", rows).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.get("id")?.as_i64()?, row))).collect())
}

fn text<'a>(row: &'a Record, name: &str) -> Option<&'a str> {
    row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
