//! What people see of a model: the columns of its list.

use crate::client::{Client, unexpected};
use crate::error::OdooError;
use crate::fields::Fields;
use crate::transport::Method;
use crate::versions::Word;
use crate::{Context, Version};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;
use std::sync::Arc;

/// The largest view that is read, in bytes; Odoo's own lists have 2 to 6 KB.
const MOST_BYTES: usize = 512 * 1024;
/// The most columns that are told.
const MOST_COLUMNS: usize = 200;
/// How deep a view may nest.
const MOST_DEPTH: usize = 64;

impl Client {
    /// The fields that the model's list shows everybody, left to right: without the columns that are hidden and those
    /// that a person has to choose. Empty where the model has no list or this user may not see it. Asked once, then
    /// remembered like [`Client::fields`].
    ///
    /// # Errors
    /// Only where no answer came that says anything: an unreachable or busy server, a refused sign-in.
    pub async fn list_columns(&self, model: &str, lang: Option<&str>) -> Result<Arc<Vec<String>>, OdooError> {
        let key = (model.to_owned(), lang.map(str::to_owned));
        self.schema().lists.get_or_ask(key, || self.ask_for_list(model, lang)).await
    }

    /// A model's fields and the columns of its list, asked for at the same time where neither is known yet. A list that
    /// cannot be had counts as empty.
    pub async fn describe(
        &self,
        model: &str,
        lang: Option<&str>,
    ) -> Result<(Arc<Fields>, Arc<Vec<String>>), OdooError> {
        let (fields, columns) = tokio::join!(self.fields(model, lang), self.list_columns(model, lang));
        Ok((fields?, columns.unwrap_or_default()))
    }

    async fn ask_for_list(&self, model: &str, lang: Option<&str>) -> Result<Vec<String>, OdooError> {
        let context = super::schema::language(lang);
        let before = self.version();
        let mut outcome = self.ask_for_list_of(before, model, context.as_ref()).await;
        if outcome.is_err() && self.version() != before {
            outcome = self.ask_for_list_of(self.version(), model, context.as_ref()).await;
        }
        match outcome {
            Err(
                error @ (OdooError::AccessDenied { .. }
                | OdooError::Refused { .. }
                | OdooError::UnknownSchema { .. }
                | OdooError::BadArguments { .. }
                | OdooError::Failed { .. }
                | OdooError::UnexpectedAnswer { .. }
                | OdooError::TooLarge { .. }),
            ) => {
                tracing::debug!(model, code = ?error.edge().code, "the model has no list for this user");
                Ok(Vec::new())
            }
            other => other,
        }
    }

    async fn ask_for_list_of(
        &self,
        version: Version,
        model: &str,
        context: Option<&Context>,
    ) -> Result<Vec<String>, OdooError> {
        let method = Method::read(model, version.word(Word::View))
            .arg("view_id", false)
            .arg("view_type", version.word(Word::ListView))
            .within(context);
        let view = self.call(&method).await?;
        view.get("arch").and_then(Value::as_str).and_then(columns).ok_or_else(|| unexpected(&method))
    }
}

/// The fields that a list view always shows; `None` for anything that is no list view. Odoo up to 17 calls it a tree.
fn columns(arch: &str) -> Option<Vec<String>> {
    if arch.len() > MOST_BYTES {
        return None;
    }
    let mut reader = Reader::from_str(arch);
    let mut found: Vec<String> = Vec::new();
    let mut depth = 0;
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                match depth {
                    0 if !matches!(element.name().as_ref(), "list" | "tree") => return None,
                    1 => found.extend(column(&element)?),
                    MOST_DEPTH => return None,
                    _ => {}
                }
                depth += 1;
            }
            Event::Empty(element) => match depth {
                0 => return matches!(element.name().as_ref(), "list" | "tree").then_some(found),
                1 => found.extend(column(&element)?),
                _ => {}
            },
            Event::End(_) => {
                depth -= 1;
                if depth == 0 {
                    return Some(distinct(found));
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The field of a column that is always shown; `Some(None)` for any other element, `None` for broken XML.
#[expect(clippy::option_option, reason = "broken, not a column, a column")]
fn column(element: &BytesStart<'_>) -> Option<Option<String>> {
    if element.name().as_ref() != "field" {
        return Some(None);
    }
    let mut name = None;
    for attribute in element.attributes() {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        match attribute.key.as_ref() {
            "name" => name = Some(value.into_owned()),
            "column_invisible" | "invisible" if is_true(&value) => return Some(None),
            "optional" if value == "hide" => return Some(None),
            // Up to 16 Odoo computes what hides a column into one attribute.
            "modifiers" if hides_column(&value) => return Some(None),
            _ => {}
        }
    }
    Some(name.filter(|name| !name.is_empty()))
}

/// Whether it holds for every record: a constant, not an expression.
fn is_true(value: &str) -> bool {
    matches!(value.trim(), "1" | "True" | "true")
}

fn hides_column(modifiers: &str) -> bool {
    serde_json::from_str::<Value>(modifiers)
        .is_ok_and(|modifiers| modifiers.get("column_invisible").and_then(Value::as_bool) == Some(true))
}

/// A list may show a field twice, each time under another condition.
fn distinct(names: Vec<String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::with_capacity(names.len().min(MOST_COLUMNS));
    for name in names {
        if seen.len() < MOST_COLUMNS && !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_19_tells_the_columns_that_everybody_sees() {
        let arch = r#"<?xml version="1.0"?>
            <!-- <field name="commented"/> -->
            <list string="Orders &amp; more" decoration-muted="state == 'cancel'" multi_edit="1">
                <header><button name="1" type="action" string="Invoice"/><field name="in_header"/></header>
                <field name="currency_id" column_invisible="True"/>
                <field name="company_id" column_invisible="True"/>
                <field name="name" string="Number" readonly="1"/>
                <field name="date_order" optional="show" readonly="state in ['sale']"/>
                <field name="expected_date" optional="hide"/>
                <field name="partner_display_name" column_invisible="context.get('x') not in ('a', 'b')" string="Vendor"/>
                <field name="partner_display_name" column_invisible="context.get('x') in ('a', 'b')" string="Customer"/>
                <field name="order_line" widget="x"><list><field name="inner"/></list><form/></field>
                <field name="scheduled_date" invisible="state in ('done', 'cancel')"/>
                <field name="nowhere" invisible="1"/>
                <field name="company_id" optional="show"/>
                <groupby name="partner_id"><field name="in_group"/></groupby>
                <button name="go" type="object"/>
                <field name="amount&#95;total" sum="Total"/>
            </list>"#;
        let shown = [
            "name",
            "date_order",
            "partner_display_name",
            "order_line",
            "scheduled_date",
            "company_id",
            "amount_total",
        ];
        assert_eq!(columns(arch).unwrap(), shown);
    }

    #[test]
    fn a_tree_of_older_versions_is_read_alike() {
        let arch = r#"<tree string="Contacts">
            <field name="display_name" modifiers="{&quot;readonly&quot;: true}"/>
            <field name="phone" optional="show" modifiers="{}"/>
            <field name="active" invisible="1" modifiers="{&quot;column_invisible&quot;: true}"/>
            <field name="parent_id" modifiers="{&quot;column_invisible&quot;: true}"/>
            <field name="city" modifiers="{&quot;invisible&quot;: [[&quot;a&quot;, &quot;=&quot;, 1]], &quot;column_invisible&quot;: false}"/>
            </tree>"#;
        assert_eq!(columns(arch).unwrap(), ["display_name", "phone", "city"]);
        assert_eq!(columns("<tree/>").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_list_or_broken_or_endless_is_not_read() {
        let bomb = format!("<list>{}", "<field name='x'/>".repeat(100_000));
        let deep = format!("<list>{}", "<a>".repeat(10_000));
        for arch in [
            "",
            "nothing",
            "<form><field name='x'/></form>",
            "<list><field name='x'/>",
            "<list><field name=x/></list>",
            "<list></tree>",
            &bomb,
            &deep,
            "<!DOCTYPE l [<!ENTITY a \"aaaa\">]><list><field name=\"&a;\"/></list>",
        ] {
            assert_eq!(columns(arch), None, "{}", &arch[..arch.len().min(60)]);
        }
        let many: Vec<String> = (0..1_000).map(|n| format!("<field name='f{n}'/>")).collect();
        assert_eq!(columns(&format!("<list>{}</list>", many.concat())).unwrap().len(), MOST_COLUMNS);
    }
}
