//! What a call reads: the fields it names, those they are copies of, and those that Odoo looks at without being told. What
//! policy keeps from agents is followed further: it is found in everything that is computed from it, too.

use super::Site;
use gatehouse_core::{EdgeError, FieldPath};
use gatehouse_odoo::domain::{FieldSource, Unseen, copied, origins};
use gatehouse_odoo::{Fields, OdooError};
use gatehouse_policy::guard;
use gatehouse_policy::sensitive::is_sensitive;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where Odoo keeps values of any field of any model: the model, and its fields that hold them; all of them where none is
/// named. Which field a row is about cannot be told beforehand.
const HOLD_ANY_VALUE: [(&str, &[&str]); 5] = [
    ("ir.attachment", &["datas", "raw", "db_datas", "index_content", "checksum"]),
    ("ir.default", &["json_value"]),
    ("ir.property", &[]),
    ("ir.translation", &[]),
    ("mail.tracking.value", &[]),
];

/// What a call reads, as far as it is known while the call is described.
pub(crate) struct Reach<'a> {
    site: &'a Site,
    source: &'a dyn FieldSource,
    /// Whether policy keeps any field from this agent: only then is it worth to look behind computed values.
    redacts: bool,
    named: BTreeSet<FieldPath>,
    written: BTreeSet<FieldPath>,
    unseen: BTreeSet<Unseen>,
}

/// What a call reads.
#[derive(Debug, Clone)]
pub(crate) struct Reads {
    /// Sorted, without repeats; `None` where it cannot be told.
    pub(crate) fields: Option<Vec<FieldPath>>,
    /// Whether any of what the call names is sensitive.
    pub(crate) sensitive: bool,
}

/// Which names of records an agent is not shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClosedNames {
    models: BTreeSet<String>,
    /// Also where a value tells its model only by itself.
    unknown: bool,
}

impl ClosedNames {
    /// Whether records of `model` are shown by their id alone.
    pub(crate) fn hold(&self, model: Option<&str>) -> bool {
        model.is_some_and(|model| self.models.contains(model))
    }

    /// The same of a model that was not known before the answer came.
    pub(crate) fn hold_unforeseen(&self, model: Option<&str>) -> bool {
        self.unknown || model.is_none_or(guard::is_never_read) || self.hold(model)
    }
}

impl<'a> Reach<'a> {
    pub(crate) fn of(site: &'a Site, source: &'a dyn FieldSource) -> Self {
        Self {
            redacts: site.redacts(),
            site,
            source,
            named: BTreeSet::new(),
            written: BTreeSet::new(),
            unseen: BTreeSet::new(),
        }
    }

    /// Fields that are named.
    pub(crate) fn read(&mut self, fields: &[FieldPath]) {
        self.named.extend(fields.iter().cloned());
    }

    /// Fields that are written: what is kept from an agent is not set or tried out by it either.
    pub(crate) fn write(&mut self, model: &str, fields: &[String]) {
        self.written.extend(fields.iter().map(|field| path(model, field)));
    }

    /// What Odoo looks at by itself.
    pub(crate) fn look(&mut self, unseen: &[Unseen]) {
        self.unseen.extend(unseen.iter().cloned());
    }

    /// Records are searched: their ids are found and the archived ones left out.
    pub(crate) fn search(&mut self, model: &str) {
        self.named.insert(path(model, "id"));
        self.unseen.insert(Unseen::Archived(model.to_owned()));
    }

    /// Records of these models are shown by name, where their names are not kept from the agent.
    pub(crate) async fn show_names(&mut self, models: &[String]) -> Result<ClosedNames, EdgeError> {
        let mut closed = ClosedNames { models: BTreeSet::new(), unknown: self.redacts };
        for model in models {
            let name = path(model, "display_name");
            if self.keeps(&name).await? {
                closed.models.insert(model.clone());
            } else {
                self.named.insert(name);
            }
        }
        Ok(closed)
    }

    /// Whether a field is kept from the agent, by itself or because it holds what is.
    pub(crate) async fn keeps(&self, field: &FieldPath) -> Result<bool, EdgeError> {
        let copies = self.copies(&BTreeSet::from([field.clone()])).await?;
        if is_guarded(field) || copies.iter().any(is_guarded) {
            return Ok(true);
        }
        Ok(self.redacts && (self.site.is_redacted(field) || holds_any_value(field))
            || self.kept_behind(field).await?.is_none_or(|kept| !kept.is_empty()))
    }

    /// Whether the order that Odoo gives records of this model by itself tells nothing that is kept from the agent.
    pub(crate) async fn may_show_order(&self, fields: &Fields) -> Result<bool, EdgeError> {
        if self.redacts {
            for field in Unseen::Order(fields.model().to_owned()).candidates(fields) {
                if !self.kept_in(&field).await?.is_empty() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// What policy and guard look at.
    pub(crate) async fn finish(self) -> Result<Reads, EdgeError> {
        let all: BTreeSet<FieldPath> = self.named.union(&self.written).cloned().collect();
        let copies = self.copies(&all).await?;
        let shown: Vec<FieldPath> = self.named.iter().chain(&copies).cloned().collect();
        let sensitive = is_sensitive(Some(&shown));
        let mut fields: BTreeSet<FieldPath> = all.into_iter().chain(copies).collect();
        for unseen in &self.unseen {
            let Some(known) = self.fields(unseen.model()).await? else { continue };
            let candidates = unseen.candidates(&known);
            for field in candidates {
                if matches!(unseen, Unseen::Archived(_)) {
                    fields.insert(field);
                } else {
                    fields.extend(self.kept_in(&field).await?);
                }
            }
        }
        let mut is_told = !(self.redacts && fields.iter().any(holds_any_value));
        for field in &self.named {
            match self.kept_behind(field).await? {
                Some(kept) => fields.extend(kept),
                None => is_told = false,
            }
        }
        let fields = is_told.then(|| fields.into_iter().collect());
        Ok(Reads { fields, sensitive })
    }

    /// The fields whose values these fields show. The name of a record is Odoo's own making and no copy of one field: what
    /// it is made of matters, and is asked for, only where policy keeps something.
    async fn copies(&self, fields: &BTreeSet<FieldPath>) -> Result<BTreeSet<FieldPath>, EdgeError> {
        let followed: BTreeSet<FieldPath> =
            fields.iter().filter(|path| self.redacts || path.field != "display_name").cloned().collect();
        copied(&followed, self.source).await.map_err(|error| self.site.odoo_error(&error))
    }

    /// What is kept from the agent in a field that Odoo may look at: the field itself, and its origins as far as they can be
    /// told.
    async fn kept_in(&self, field: &FieldPath) -> Result<Vec<FieldPath>, EdgeError> {
        let mut kept = self.kept_behind(field).await?.unwrap_or_default();
        if self.redacts && self.site.is_redacted(field) {
            kept.push(field.clone());
        }
        Ok(kept)
    }

    /// What of a field's origins is kept from the agent; `None` where they cannot be told.
    async fn kept_behind(&self, field: &FieldPath) -> Result<Option<Vec<FieldPath>>, EdgeError> {
        if !self.redacts {
            return Ok(Some(Vec::new()));
        }
        let found = origins(field, self.source).await.map_err(|error| self.site.odoo_error(&error))?;
        if !found.is_whole {
            return Ok(None);
        }
        Ok(Some(found.fields.into_iter().filter(|field| self.site.is_redacted(field)).collect()))
    }

    /// The fields of a model that is looked at on the way; none where the user may not see it.
    async fn fields(&self, model: &str) -> Result<Option<Arc<Fields>>, EdgeError> {
        match self.source.fields(model).await {
            Ok(fields) => Ok(Some(fields)),
            Err(OdooError::AccessDenied { .. } | OdooError::UnknownSchema { .. }) => Ok(None),
            Err(error) => Err(self.site.odoo_error(&error)),
        }
    }
}

fn holds_any_value(field: &FieldPath) -> bool {
    let of = |(model, fields): &(&str, &[&str])| {
        *model == field.model && (fields.is_empty() || fields.contains(&field.field.as_str()))
    };
    HOLD_ANY_VALUE.iter().any(of)
}

fn is_guarded(field: &FieldPath) -> bool {
    guard::is_never_read(&field.model) || guard::is_credential(&field.field)
}

pub(crate) fn path(model: &str, field: &str) -> FieldPath {
    FieldPath { model: model.to_owned(), field: field.to_owned() }
}
