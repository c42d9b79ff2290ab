//! Everything that differs between the versions of Odoo that Gatehouse speaks to, in one table: what a server can do, what
//! its own methods are called, and which models, fields and methods have had other names.
//!
//! A version of Odoo Online (`saas~18.3`) counts as the yearly one before it wherever the table names a yearly release.

mod names;

pub use names::{field_by_another_name, renamed_field, renamed_method, renamed_model};

use crate::Version;

/// The yearly number and the one between two years.
type Release = (u16, u16);

/// Something that some versions can do and others cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// It answers at `/json/2`.
    Json2,
    /// It answers at `/jsonrpc`; announced to end with 22, and with 21.1 on Odoo Online.
    JsonRpc,
    /// `web_search_read` and `web_read` take a specification: related records come in the same trip, each with its own
    /// fields.
    NestedReads,
    /// `onchange` takes a specification: it tells what Odoo would change besides, from the changed values alone.
    Foresight,
    /// `web_save_multi` writes many records, each its own values, in one call.
    SaveEachItsOwn,
    /// Groups come from `formatted_read_group`, with dotted paths and conditions on sums, in no order but the asked one. It
    /// also lists a group's different values: `array_agg_distinct`, of a currency wherever the amount has an aggregator.
    FormattedGroups,
    /// The models that the user can reach are told to everybody; before, only to who may read `ir.model`.
    ModelsForEverybody,
    /// `has_group` is a method of the user; before, of the model.
    GroupsOfAUser,
    /// `search_count` takes a limit.
    LimitedCount,
    /// `message_post` takes its body for text unless `body_is_html` says otherwise; before, for HTML.
    TextMessages,
    /// A record has a page at `/odoo/<model>/<id>`; before, at `/web#id=…&model=…`.
    RecordPages,
    /// A user has a page *My Preferences* at `/odoo/my-preferences/<user id>`.
    PreferencesPage,
    /// A file for a record that is not there is refused; before, Odoo takes it from employees.
    FilesOfRecordsThere,
    /// An account says by its `account_type` that a payment settles it; before, by its `internal_type`.
    AccountTypes,
}

impl Capability {
    /// Every one of them.
    pub const ALL: [Self; 14] = [
        Self::Json2,
        Self::JsonRpc,
        Self::NestedReads,
        Self::Foresight,
        Self::SaveEachItsOwn,
        Self::FormattedGroups,
        Self::ModelsForEverybody,
        Self::GroupsOfAUser,
        Self::LimitedCount,
        Self::TextMessages,
        Self::RecordPages,
        Self::PreferencesPage,
        Self::FilesOfRecordsThere,
        Self::AccountTypes,
    ];

    /// The first release that has it, and the first that has it no more.
    const fn span(self) -> (Release, Option<Release>) {
        match self {
            Self::JsonRpc => ((14, 0), Some((21, 1))),
            Self::ModelsForEverybody | Self::LimitedCount | Self::AccountTypes => ((16, 0), None),
            Self::NestedReads | Self::Foresight | Self::TextMessages => ((17, 0), None),
            Self::GroupsOfAUser | Self::RecordPages => ((18, 0), None),
            Self::Json2
            | Self::SaveEachItsOwn
            | Self::FormattedGroups
            | Self::PreferencesPage
            | Self::FilesOfRecordsThere => ((19, 0), None),
        }
    }
}

/// A method or argument of Odoo's own that has had several names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// The method that counts and sums up by group. Arguments and rows differ with the name.
    Groups,
    /// The method that gives a view.
    View,
    /// What a list view is called, both in asking for it and as the root of its XML.
    ListView,
    /// The method that tells whether the user may read, create, write or delete. The old one raises unless told not to.
    Rights,
    /// The argument of `name_search` that limits it.
    NameSearchDomain,
}

impl Word {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::Groups, Self::View, Self::ListView, Self::Rights, Self::NameSearchDomain];

    /// Its first name, when it changed, and its name since.
    const fn names(self) -> (&'static str, Release, &'static str) {
        match self {
            Self::Groups => ("read_group", (19, 0), "formatted_read_group"),
            Self::View => ("fields_view_get", (16, 0), "get_view"),
            Self::ListView => ("tree", (17, 5), "list"),
            Self::Rights => ("check_access_rights", (18, 0), "has_access"),
            Self::NameSearchDomain => ("args", (19, 0), "domain"),
        }
    }
}

impl Version {
    /// Whether such a server can do this.
    pub const fn can(self, capability: Capability) -> bool {
        let (from, until) = capability.span();
        match until {
            Some(until) if self.is_since(until) => false,
            _ => self.is_since(from),
        }
    }

    /// What such a server calls this.
    pub const fn word(self, word: Word) -> &'static str {
        let (old, since, new) = word.names();
        if self.is_since(since) { new } else { old }
    }

    const fn is_since(self, release: Release) -> bool {
        self.major > release.0 || (self.major == release.0 && self.minor >= release.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn every_capability_begins_and_ends_where_the_table_says() {
        // The last version without it, the first with it.
        for (capability, without, with) in [
            (Capability::JsonRpc, "13.0", "14.0"),
            (Capability::ModelsForEverybody, "saas~15.2", "16.0"),
            (Capability::LimitedCount, "15.0", "16.0"),
            (Capability::AccountTypes, "15.0", "16.0"),
            (Capability::NestedReads, "saas~16.4", "17.0"),
            (Capability::Foresight, "saas~16.4", "17.0"),
            (Capability::TextMessages, "saas~16.4", "17.0"),
            (Capability::GroupsOfAUser, "saas~17.4", "18.0"),
            (Capability::RecordPages, "saas~17.4", "18.0"),
            (Capability::Json2, "saas~18.4", "19.0"),
            (Capability::SaveEachItsOwn, "18.0", "19.0"),
            (Capability::FormattedGroups, "saas~18.4", "19.0"),
            (Capability::PreferencesPage, "saas~18.4", "19.0"),
            (Capability::FilesOfRecordsThere, "18.0", "19.0"),
        ] {
            assert!(!version(without).can(capability), "{capability:?} in {without}");
            assert!(version(with).can(capability) && version("20.0").can(capability), "{capability:?} from {with}");
            assert!(version("saas~19.2").can(capability), "{capability:?}");
        }
        assert!(version("21.0").can(Capability::JsonRpc) && !version("saas~21.1").can(Capability::JsonRpc));
        assert!(!version("22.0").can(Capability::JsonRpc) && version("22.0").can(Capability::Json2));
    }

    #[test]
    fn every_word_changes_where_the_table_says() {
        for (word, old, last, new, first) in [
            (Word::Groups, "read_group", "saas~18.4", "formatted_read_group", "19.0"),
            (Word::View, "fields_view_get", "15.0", "get_view", "16.0"),
            (Word::ListView, "tree", "saas~17.4", "list", "18.0"),
            (Word::Rights, "check_access_rights", "saas~17.4", "has_access", "18.0"),
            (Word::NameSearchDomain, "args", "saas~18.4", "domain", "19.0"),
        ] {
            assert_eq!((version("14.0").word(word), version(last).word(word)), (old, old));
            assert_eq!((version(first).word(word), version("20.0").word(word)), (new, new));
        }
    }

    #[test]
    fn nothing_that_is_listed_is_out_of_the_reach_of_the_versions_spoken_to() {
        for capability in Capability::ALL {
            assert!((14..=20).any(|major| version(&format!("{major}.0")).can(capability)), "{capability:?}");
        }
        for word in Word::ALL {
            let (old, since, new) = word.names();
            assert!(old != new && since > (14, 0) && since <= (20, 0), "{word:?}");
        }
    }
}
