//! How Odoo's values are handed to an agent: by type, compact, and never more than it can read.

mod rows;
mod table;
mod text;

use crate::tools::{Locale, Site};
use gatehouse_core::EdgeError;
use gatehouse_odoo::domain::Domain;
use gatehouse_odoo::{Capability, Client, Version};
pub(crate) use rows::{MOST_RELATED, Showing};
use serde_json::{Value, json};
pub(crate) use table::{Table, table};

/// About 8,000 tokens.
pub(crate) const BUDGET: usize = 32_000;

/// What every answer about data begins with: the connection and the companies in play.
pub(crate) fn heading(site: &Site, locale: &Locale) -> Result<Value, EdgeError> {
    let connection = &site.connection()?.name;
    Ok(match locale.companies.as_slice() {
        [company] => json!({"connection": connection, "company": company}),
        companies => json!({"connection": connection, "companies": companies}),
    })
}

/// What every change is answered with: what became of it, the records, and where it took place.
pub(crate) fn changed(site: &Site, locale: &Locale, status: &str, ids: &[i64]) -> Result<Value, EdgeError> {
    let mut answer = heading(site, locale)?;
    answer["database"] = json!(site.connection()?.database);
    answer["status"] = json!(status);
    answer["ids"] = json!(ids);
    Ok(answer)
}

/// What relative dates in a domain stand for; none where it holds none.
pub(crate) fn dates(domain: &Domain) -> Option<Value> {
    let mut dates = serde_json::Map::new();
    for (given, sent) in domain.resolved() {
        // One word may stand for a day in one term and for a moment in another.
        let told = match dates.get(given) {
            Some(Value::String(other)) if other != sent => format!("{other} / {sent}"),
            _ => sent.clone(),
        };
        dates.insert(given.clone(), json!(told));
    }
    (!dates.is_empty()).then_some(Value::Object(dates))
}

/// The page of a record in Odoo, for people: `{id}` stands for its id.
pub(crate) fn record_url(client: &Client, model: &str) -> String {
    page_of(client.origin(), client.version(), model)
}

fn page_of(origin: &str, version: Version, model: &str) -> String {
    if version.can(Capability::RecordPages) {
        format!("{origin}/odoo/{model}/{{id}}")
    } else {
        format!("{origin}/web#id={{id}}&model={model}&view_type=form")
    }
}

/// Cuts a list of rows, whole ones only, to what an agent can read. Says whether any was left out.
pub(crate) fn cut(mut rows: Vec<Value>) -> (Vec<Value>, bool) {
    let mut used = 0;
    let mut keep = 0;
    for row in &rows {
        used += row.to_string().len();
        if used > BUDGET && keep > 0 {
            break;
        }
        keep += 1;
    }
    let was_cut = keep < rows.len();
    rows.truncate(keep);
    (rows, was_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_whole() {
        let rows: Vec<Value> = (0..1000).map(|n| json!({"id": n, "name": "x".repeat(100)})).collect();
        let (kept, was_cut) = cut(rows);
        assert!(was_cut && !kept.is_empty());
        assert!(kept.iter().map(|row| row.to_string().len()).sum::<usize>() <= BUDGET);
        let (kept, was_cut) = cut(vec![json!({"name": "x".repeat(BUDGET * 2)})]);
        assert!(!was_cut && kept.len() == 1, "one row always comes through");
    }

    #[test]
    fn a_record_s_page_is_where_its_version_has_it() {
        let page = |version: &str| page_of("https://acme.test", Version::parse(version).unwrap(), "res.partner");
        assert_eq!(page("19.0"), "https://acme.test/odoo/res.partner/{id}");
        assert_eq!(page("17.0"), "https://acme.test/web#id={id}&model=res.partner&view_type=form");
    }
}
