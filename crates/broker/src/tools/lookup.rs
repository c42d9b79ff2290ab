//! Names in values: `"France"` for a many2one is looked up, but never among records whose names are kept from the agent or
//! could not be read by it. A wrong name must not list them, and a right one must not be told from it.

use super::reach::{Reach, path};
use super::{Call, Done, Preview, Site};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, EdgeError, ErrorCode, FieldPath};
use gatehouse_odoo::domain::Unseen;
use gatehouse_odoo::values::NameSource;
use gatehouse_odoo::{InContext, OdooError};
use gatehouse_policy::guard;
use gatehouse_policy::sensitive::is_sensitive;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Finds records by name for the values of one call, and keeps what that reads.
pub(crate) struct OpenNames<'a> {
    site: &'a Site,
    names: InContext<'a>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    reads: BTreeSet<FieldPath>,
    /// A name was looked for where names are kept from the agent.
    is_closed: bool,
}

impl<'a> OpenNames<'a> {
    pub(crate) fn of(site: &'a Site, names: InContext<'a>) -> Self {
        Self { site, names, seen: Mutex::default() }
    }

    /// Every field that looking up names has read or would have read so far.
    pub(crate) fn reads(&self) -> Vec<FieldPath> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).reads.iter().cloned().collect()
    }

    /// The call as it is to be refused, where it looked for a name that is kept from the agent.
    pub(crate) fn refusal(&self, facts: &CallFacts) -> Option<Box<dyn Call>> {
        let is_closed = self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_closed;
        is_closed.then(|| {
            let facts = CallFacts { reads: Some(self.reads()), ..facts.clone() };
            Box::new(ClosedCall { facts }) as Box<dyn Call>
        })
    }
}

#[async_trait]
impl NameSource for OpenNames<'_> {
    async fn name_search(
        &self,
        model: &str,
        text: &str,
        exactly: bool,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, OdooError> {
        let name = path(model, "display_name");
        let mut reach = Reach::of(self.site, &self.names);
        reach.read(std::slice::from_ref(&name));
        reach.look(&[Unseen::Names(model.to_owned())]);
        // What cannot be told is not looked up.
        let told = reach.finish().await.ok().and_then(|reads| reads.fields);
        let is_kept = guard::is_never_read(model)
            || told.as_ref().is_none_or(|reads| reads.iter().any(|field| self.site.is_redacted(field)));
        let is_sensitive = is_sensitive(Some(std::slice::from_ref(&name)));
        // Looking a name up is a read, and is not a way around what policy says of reads.
        let is_closed = is_kept || !is_sensitive && !self.site.may_search(model, told.as_deref().unwrap_or_default());
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.reads.extend(told.unwrap_or_else(|| vec![name.clone()]));
            seen.is_closed |= is_closed;
        }
        if is_closed || is_sensitive {
            return Ok(Vec::new());
        }
        self.names.name_search(model, text, exactly, limit).await
    }
}

/// A call that is described only so that its refusal names the rule, where one refuses it: it was not looked into further,
/// is shown to nobody and never runs.
struct ClosedCall {
    facts: CallFacts,
}

impl ClosedCall {
    fn refusal() -> EdgeError {
        EdgeError::new(
            ErrorCode::Denied,
            "The call gives a record by its name, and names of that model are not looked up for you. Give its id instead.",
        )
    }
}

#[async_trait]
impl Call for ClosedCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({"reads": self.facts.reads})
    }

    async fn preview(&self, _: &Site) -> Result<Preview, EdgeError> {
        Err(Self::refusal())
    }

    async fn run(&self, _: &Site) -> Result<Done, EdgeError> {
        Err(Self::refusal())
    }
}
