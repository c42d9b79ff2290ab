//! What Odoo says of a file, and, where it is small, what it holds, in the same request.

use super::MODEL;
use crate::contents::one_line;
use crate::tools::Site;
use crate::tools::reach::path;
use crate::tools::site::{Locale, missing};
use gatehouse_core::EdgeError;
use gatehouse_odoo::{Record, Search};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// The largest file that is read together with what Odoo says of it, in bytes.
const SMALL: u64 = 256 * 1024;

/// What Odoo says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tools) struct About {
    pub(in crate::tools) name: String,
    pub(in crate::tools) mimetype: String,
    pub(in crate::tools) size: u64,
    /// Where it is, if it is only a link.
    pub(super) url: Option<String>,
    pub(super) owner: Option<Owner>,
}

/// The record that a file belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) model: String,
    pub(super) id: i64,
    pub(super) field: Option<String>,
}

const ABOUT: [&str; 8] = ["name", "mimetype", "file_size", "type", "url", "res_model", "res_id", "res_field"];
pub(super) const WITH_CONTENT: [&str; 9] =
    ["name", "mimetype", "file_size", "type", "url", "res_model", "res_id", "res_field", "datas"];

/// The content of a small file, in base64: for the one run that follows at once, and gone once it is taken.
#[derive(Default)]
pub(super) struct Ahead(Mutex<Option<Value>>);

impl Ahead {
    /// Content that is no more than its file has bytes.
    fn of(content: Value, size: u64) -> Self {
        let length = content.as_str().map_or(0, str::len) as u64;
        let fits = size <= SMALL && length <= size.div_ceil(3) * 4;
        Self(Mutex::new(fits.then_some(content)))
    }

    pub(super) fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl About {
    pub(in crate::tools) async fn read(site: &Site, locale: &Locale, id: i64) -> Result<Self, EdgeError> {
        let session = site.session().await?;
        let rows = session.client.read(MODEL, &[id], &ABOUT, Some(&locale.reading())).await;
        let rows = site.told(MODEL, rows).await?;
        rows.first().map(Self::of).ok_or_else(|| missing(MODEL, id))
    }

    /// The same, with what a small file holds where the agent could find that out unasked. Odoo's search leaves out no file
    /// that is named by its id.
    pub(super) async fn with_content(site: &Site, locale: &Locale, id: i64) -> Result<(Self, Ahead), EdgeError> {
        // A step of a plan is described once more before it runs.
        if !site.is_planned && site.may_search(MODEL, &[path(MODEL, "name"), path(MODEL, "datas")]) {
            let search = Search {
                domain: json!([["id", "=", id], ["file_size", "<=", SMALL]]),
                fields: &WITH_CONTENT,
                limit: 1,
                ..Search::default()
            };
            let rows = site.session().await?.client.search_read(MODEL, &search, Some(&locale.context)).await;
            let mut rows = site.told(MODEL, rows).await?.into_iter();
            if let Some(mut row) = rows.find(|row| row.get("id") == Some(&json!(id))) {
                let content = row.remove("datas").unwrap_or_default();
                let about = Self::of(&row);
                let ahead = Ahead::of(content, about.size);
                return Ok((about, ahead));
            }
        }
        Ok((Self::read(site, locale, id).await?, Ahead::default()))
    }

    /// Whether it belongs to this record.
    pub(in crate::tools) fn is_of(&self, model: &str, id: i64) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.model == model && owner.id == id)
    }

    pub(super) fn of(row: &Record) -> Self {
        let text = |name: &str| {
            let text = row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        let id = row.get("res_id").and_then(Value::as_i64).unwrap_or_default();
        Self {
            name: one_line(&text("name").unwrap_or_default(), 200),
            mimetype: one_line(&text("mimetype").unwrap_or_default(), 80),
            size: row.get("file_size").and_then(Value::as_u64).unwrap_or_default(),
            url: text("url").filter(|_| text("type").as_deref() == Some("url")).map(|url| one_line(&url, 500)),
            owner: text("res_model").map(|model| Owner { model, id, field: text("res_field") }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_kept_where_it_is_small_and_as_large_as_was_said_and_given_once() {
        let kept = Ahead::of(json!("aGVsbG8="), 5);
        assert_eq!((kept.take(), kept.take()), (Some(json!("aGVsbG8=")), None));
        assert_eq!(Ahead::of(json!(false), 0).take(), Some(json!(false)), "an empty file");
        assert_eq!(Ahead::of(json!("aGVsbG8="), 3).take(), None, "more than was said");
        assert_eq!(Ahead::of(json!("aGVsbG8="), SMALL + 1).take(), None, "not a small one");
    }
}
