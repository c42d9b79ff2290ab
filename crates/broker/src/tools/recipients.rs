//! Who gets what a call sends, by name and address: the partners that it names, the followers of what it is on, and whom
//! nobody can tell beforehand.

mod difference;
mod form;
mod read;

use crate::contents::one_line;
use crate::tools::Site;
use crate::tools::site::Locale;
pub(crate) use difference::Difference;
pub(crate) use form::{COMPOSER, fields_of, sends};
use gatehouse_core::EdgeError;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The most recipients that are named on a card.
const MOST_NAMED: usize = 100;

/// Which followers of a record get something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// All of them, as far as can be told.
    Any,
    /// Those who asked for notes: for the company's own people.
    Note,
    /// Those who want comments: nearly everybody.
    Comment,
    /// Those who want messages of this subtype.
    Subtype(i64),
}

/// Who does not get a message although it names them: whoever writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Author {
    /// The user of the connection.
    User,
    /// This partner.
    Partner(i64),
    /// Nobody is left out.
    Nobody,
}

/// Whom a call would write to, before anything of them was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Addressees {
    /// Partners by id.
    pub(crate) named: BTreeSet<i64>,
    /// Records whose followers get it, by model.
    pub(crate) followed: BTreeMap<(String, Kind), BTreeSet<i64>>,
    /// Records whose own contact gets it, by model.
    contacts: BTreeMap<String, BTreeSet<i64>>,
    /// Addresses and numbers as they were written.
    addresses: BTreeSet<String>,
    /// Others, in words.
    others: Vec<String>,
    /// What else is to be said of it, a sentence each.
    notes: Vec<String>,
    /// The authors of what is sent.
    pub(crate) authors: BTreeSet<Author>,
}

/// Who gets something, as far as it can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recipients {
    people: Vec<Recipient>,
    /// Whoever else gets it, in words: then others than these may come.
    others: Vec<String>,
    notes: Vec<String>,
    /// Named partners that are not there, or that the user may not see.
    unseen: Vec<i64>,
}

/// One who gets a message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Recipient {
    /// None for an address that was written as it is.
    partner: Option<i64>,
    name: String,
    address: Address,
}

/// Where something goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    At(String),
    /// There is none.
    None,
    /// The user may not see it, or the name is the address.
    Untold,
}

impl Addressees {
    /// The followers of a record, and these partners.
    pub(crate) fn of_record(model: &str, ids: &[i64], kind: Kind, named: &[i64], author: Author) -> Self {
        Self {
            named: named.iter().copied().collect(),
            followed: BTreeMap::from([((model.to_owned(), kind), ids.iter().copied().collect())]),
            authors: BTreeSet::from([author]),
            ..Self::default()
        }
    }

    /// Adds somebody by name and address as they stand here.
    pub(crate) fn address(&mut self, words: &str) {
        self.addresses.insert(words.to_owned());
    }

    fn note(&mut self, sentence: impl Into<String>) {
        self.notes.push(sentence.into());
    }

    fn other(&mut self, words: impl Into<String>) {
        let words = words.into();
        if !self.others.contains(&words) {
            self.others.push(words);
        }
    }

    /// Who that is now, as Odoo would find them.
    pub(crate) async fn find(self, site: &Site, locale: &Locale) -> Result<Recipients, EdgeError> {
        read::find(self, site, locale).await
    }
}

impl Recipients {
    /// Nobody gets it, as far as can be told.
    pub(crate) fn is_nobody(&self) -> bool {
        self.people.is_empty() && self.others.is_empty()
    }

    /// Others than those who are named may get it.
    pub(crate) fn is_open(&self) -> bool {
        !self.others.is_empty()
    }

    /// A named partner that is not there, or that the user may not see.
    pub(crate) fn first_unseen(&self) -> Option<i64> {
        self.unseen.first().copied()
    }

    /// What else is to be said of it, a sentence each.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// For the person who decides, all in one line.
    pub(crate) fn words(&self) -> String {
        if self.is_nobody() {
            return "nobody".to_owned();
        }
        let mut words: Vec<String> = self.people.iter().take(MOST_NAMED).map(Recipient::words).collect();
        let more = self.people.len().saturating_sub(MOST_NAMED);
        if more == 0 && self.others.is_empty() {
            return words.join(", ");
        }
        words.extend((more > 0).then(|| format!("{more} more")));
        words.extend(self.others.iter().cloned());
        let last = words.pop().unwrap_or_default();
        if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
    }

    /// How many are told, for a message that is about to go out.
    pub(crate) fn sentence(&self) -> String {
        let how = "by mail or in Odoo as they chose";
        let others = self.others.join(" and ");
        match (self.people.len(), others.is_empty()) {
            (0, true) => "Nobody is notified.".to_owned(),
            (1, true) => format!("1 recipient is notified, {how}."),
            (count, true) => format!("{count} recipients are notified, {how}."),
            (0, false) => format!("It goes out to {others}."),
            (1, false) => format!("1 recipient is notified, {how}, and {others}."),
            (count, false) => format!("{count} recipients are notified, {how}, and {others}."),
        }
    }

    /// What may not change between showing and sending: who gets it, where, and by which name they were shown. Under `open`
    /// whether others may come.
    pub(crate) fn observed(&self) -> Value {
        let to: Vec<Value> = self.people.iter().map(Recipient::observed).collect();
        json!({"to": to, "open": self.is_open()})
    }
}

impl Recipient {
    /// A partner as Odoo has it now.
    fn partner(id: i64, name: &str, email: Option<&str>) -> Self {
        let address = email.map_or(Address::None, |email| Address::At(one_line(email, 120)));
        Self { partner: Some(id), name: one_line(name, 80), address }
    }

    /// A name whose address is not told.
    fn untold(partner: Option<i64>, name: &str) -> Self {
        Self { partner, name: one_line(name, 200), address: Address::Untold }
    }

    fn words(&self) -> String {
        match &self.address {
            Address::At(email) => format!("{} <{email}>", self.name),
            Address::None => format!("{} (no e-mail address)", self.name),
            Address::Untold => self.name.clone(),
        }
    }

    fn observed(&self) -> Value {
        let address = match &self.address {
            Address::At(email) => Some(email.as_str()),
            Address::None => None,
            Address::Untold => Some(self.name.as_str()).filter(|_| self.partner.is_none()),
        };
        json!([self.partner, address, self.words()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(partner: i64, email: Option<&str>) -> Recipient {
        Recipient::partner(partner, &format!("P{partner}"), email)
    }

    #[test]
    fn a_card_names_who_gets_it_and_where() {
        let of = |people: Vec<Recipient>, others: &[&str]| Recipients {
            people,
            others: others.iter().map(|other| (*other).to_owned()).collect(),
            ..Recipients::default()
        };
        let two = of(vec![one(3, Some("a@x.example")), one(7, None)], &[]);
        assert_eq!(two.words(), "P3 <a@x.example>, P7 (no e-mail address)");
        let observed = json!([[3, "a@x.example", "P3 <a@x.example>"], [7, null, "P7 (no e-mail address)"]]);
        assert_eq!(two.observed(), json!({"to": observed, "open": false}));
        let many = of((0..140).map(|id| one(id, None)).collect(), &[]);
        assert!(many.words().ends_with("and 40 more"), "{}", many.words());
        assert_eq!(of(Vec::new(), &[]).words(), "nobody");
        let open = of(vec![one(3, None)], &["whoever follows it"]);
        assert_eq!(open.words(), "P3 (no e-mail address) and whoever follows it");
        assert!(open.sentence().ends_with("as they chose, and whoever follows it."), "{}", open.sentence());
        assert_eq!(of(Vec::new(), &["all"]).sentence(), "It goes out to all.");
    }

    #[test]
    fn what_a_name_or_an_address_holds_stays_in_its_line() {
        let trick = Recipient::partner(3, "A\nNobody\u{202e}", Some("a@x.example\r\nB"));
        assert_eq!(trick.words(), "ANobody <a@x.exampleB>");
    }
}
