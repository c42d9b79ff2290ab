//! Who gets a message: the followers who asked for its kind and the partners that are named, without its author.

use crate::contents::one_line;
use crate::tools::Site;
use crate::tools::site::Locale;
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_odoo::{OdooError, Record, Search};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The most followers that are looked at.
const MOST: u32 = 500;
/// The most recipients that are named on a card.
const MOST_NAMED: usize = 30;

/// What a message is in Odoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subtype {
    /// For the company's own people, and only for those who want it.
    Note,
    /// For everybody who follows the record.
    Comment,
}

impl Subtype {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Comment => "comment",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Comment => "Comment",
        }
    }

    /// Odoo's own name for it, the same in all versions.
    pub(super) const fn xml_id(self) -> &'static str {
        match self {
            Self::Note => "mail.mt_note",
            Self::Comment => "mail.mt_comment",
        }
    }
}

/// Who gets a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Recipients {
    /// These.
    Known(Vec<Recipient>),
    /// The user may not see who follows the record.
    Unknown,
}

/// One who gets a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipient {
    partner: i64,
    name: String,
    email: Option<String>,
}

/// What is known of one follower.
struct Follower {
    partner: i64,
    name: String,
    subtypes: BTreeSet<i64>,
}

impl Recipients {
    /// As Odoo would find them now.
    pub(super) async fn read(
        site: &Site,
        locale: &Locale,
        model: &str,
        res_id: i64,
        subtype: Subtype,
        named: &[i64],
    ) -> Result<Self, EdgeError> {
        let of_record = async {
            if site.pending_step(res_id).is_some() {
                Ok(Some(Vec::new()))
            } else {
                followers(site, model, res_id).await
            }
        };
        let (followers, kind, author) = tokio::try_join!(of_record, subtype_id(site, subtype), author(site))?;
        let Some(followers) = followers else { return Ok(Self::Unknown) };
        // Where the kind cannot be told, every follower counts.
        let wants = |follower: &Follower| kind.is_none_or(|(id, _)| follower.subtypes.contains(&id));
        let following: BTreeMap<i64, String> =
            followers.into_iter().filter(wants).map(|follower| (follower.partner, follower.name)).collect();
        let mut ids: BTreeSet<i64> = following.keys().chain(named).copied().collect();
        if let Some(author) = author {
            ids.remove(&author);
        }
        let is_there = |id: &i64| site.pending_step(*id).is_none();
        let there: Vec<i64> = ids.iter().copied().filter(is_there).collect();
        let partners = partners(site, locale, &there).await?;
        let mut list = Vec::with_capacity(ids.len());
        for id in ids {
            let partner = partners.get(&id);
            let (name, email) = match (partner, following.get(&id), site.pending_step(id)) {
                (Some(partner), _, _) => (text(partner, "display_name").unwrap_or_default(), text(partner, "email")),
                (None, _, Some(step)) => (format!("the contact of step {step}"), None),
                // The user may not see the contact; the record's followers tell its name.
                (None, Some(name), None) => (name.clone(), None),
                (None, None, None) => {
                    return Err(EdgeError::new(
                        ErrorCode::RecordMissing,
                        format!("partner_ids: there is no contact {id}, or the user may not see it. Search again."),
                    ));
                }
            };
            let is = |name: &str, value: bool| partner.is_some_and(|row| row.get(name) == Some(&json!(value)));
            let is_named = named.contains(&id);
            // Odoo writes to no archived contact, and to no customer what is for the company's own people.
            let is_internal = kind.is_some_and(|(_, is_internal)| is_internal);
            if is("active", false) || !is_named && is_internal && is("partner_share", true) {
                continue;
            }
            list.push(Recipient {
                partner: id,
                name: one_line(&name, 80),
                email: email.map(|email| one_line(&email, 120)),
            });
        }
        Ok(Self::Known(list))
    }

    /// For the person who decides, all in one line.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Unknown => "everybody who follows the record; who that is, this user may not see".to_owned(),
            Self::Known(list) if list.is_empty() => "nobody".to_owned(),
            Self::Known(list) => {
                let mut words: Vec<String> = list.iter().take(MOST_NAMED).map(Recipient::words).collect();
                if list.len() > MOST_NAMED {
                    words.push(format!("and {} more", list.len() - MOST_NAMED));
                }
                words.join(", ")
            }
        }
    }

    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Unknown => "A message goes out to whoever follows the record.".to_owned(),
            Self::Known(list) => match list.len() {
                0 => "Nobody is notified.".to_owned(),
                1 => "1 recipient is notified, by mail or in Odoo as they chose.".to_owned(),
                count => format!("{count} recipients are notified, by mail or in Odoo as they chose."),
            },
        }
    }

    /// What may not change between showing and sending: who gets it, and where.
    pub(super) fn observed(&self) -> Value {
        match self {
            Self::Unknown => Value::Null,
            Self::Known(list) => list.iter().map(|one| json!([one.partner, one.email])).collect(),
        }
    }
}

impl Recipient {
    fn words(&self) -> String {
        match &self.email {
            Some(email) => format!("{} <{email}>", self.name),
            None => format!("{} (no e-mail address)", self.name),
        }
    }
}

/// The followers of a record; `None` where the user may not see them.
async fn followers(site: &Site, model: &str, res_id: i64) -> Result<Option<Vec<Follower>>, EdgeError> {
    let search = Search {
        domain: json!([["res_model", "=", model], ["res_id", "=", res_id]]),
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

/// The subtype's id and whether it is for the company's own people; `None` where it cannot be told.
async fn subtype_id(site: &Site, subtype: Subtype) -> Result<Option<(i64, bool)>, EdgeError> {
    let is_internal = subtype == Subtype::Note;
    let id = site.session().await?.client.message_subtype(is_internal).await;
    Ok(site.told("mail.message.subtype", id).await?.map(|id| (id, is_internal)))
}

/// The contact of the user who writes.
async fn author(site: &Site) -> Result<Option<i64>, EdgeError> {
    let session = site.session().await?;
    let partner = session.client.partner_of(session.sign_in.uid).await;
    site.told("res.users", partner).await
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

fn text(row: &Record, name: &str) -> Option<String> {
    row.get(name).and_then(Value::as_str).map(str::to_owned).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(partner: i64, email: Option<&str>) -> Recipient {
        Recipient { partner, name: format!("P{partner}"), email: email.map(str::to_owned) }
    }

    #[test]
    fn a_card_names_who_gets_it_and_where() {
        let two = Recipients::Known(vec![one(3, Some("a@x.example")), one(7, None)]);
        assert_eq!(two.words(), "P3 <a@x.example>, P7 (no e-mail address)");
        assert_eq!(two.observed(), json!([[3, "a@x.example"], [7, null]]));
        let many = Recipients::Known((0..40).map(|id| one(id, None)).collect());
        assert!(many.words().ends_with("and 10 more"));
        assert_eq!(Recipients::Known(Vec::new()).words(), "nobody");
        assert!(Recipients::Unknown.words().starts_with("everybody"));
    }
}
