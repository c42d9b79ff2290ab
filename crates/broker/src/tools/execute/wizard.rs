//! The form that Odoo wants filled in, as the next call that answers it: create the wizard with the values the form would
//! open with, then run the method of one of its buttons.

use super::action::{Called, ids_in, plain};
use super::known::Known;
use crate::tools::reach::{Reach, path};
use crate::tools::{Locale, Site};
use gatehouse_core::EdgeError;
use gatehouse_odoo::domain::FieldSource as _;
use gatehouse_odoo::versions::Word;
use gatehouse_odoo::{Capability, Field, FieldType, Fields, Method, Search};
use gatehouse_policy::guard;
use serde_json::{Map, Value, json};

/// Buttons that are told.
const BUTTONS: usize = 8;

/// Which field of a wizard holds the records it is about, where that is not plain from its fields.
const ABOUT: [(&str, &str); 6] = [
    ("account.move.reversal", "move_ids"),
    ("account.debit.note", "move_ids"),
    ("account.payment.register", "line_ids"),
    ("crm.lead2opportunity.partner", "lead_id"),
    ("sale.advance.payment.inv", "sale_order_ids"),
    ("base.partner.merge.automatic.wizard", "partner_ids"),
];

/// Wizards that do their work only by what the web client hands over beside their fields: here they do nothing.
const NEED_A_BROWSER: [(&str, &str); 4] = [
    (
        "stock.backorder.confirmation",
        "validate the transfer in Odoo, or set the demand and quantities so that no backorder is needed",
    ),
    ("expiry.picking.confirmation", "validate the transfer in Odoo"),
    ("crm.lead2opportunity.partner.mass", "convert the leads one by one with crm.lead2opportunity.partner"),
    ("mrp.consumption.warning", "change the consumed quantities, or confirm in Odoo"),
];

/// A form that an action opens.
pub(super) struct Form<'a> {
    pub(super) model: &'a str,
    /// The wizard that Odoo has made already.
    pub(super) existing: Option<i64>,
    pub(super) action: &'a Map<String, Value>,
}

/// A button of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Button {
    method: String,
    label: String,
}

/// The next call that would answer the form.
pub(super) async fn next(
    site: &Site,
    locale: &Locale,
    called: Called<'_>,
    form: &Form<'_>,
) -> Result<Value, EdgeError> {
    if let Some((_, instead)) = NEED_A_BROWSER.iter().find(|(model, _)| *model == form.model) {
        return Ok(json!({"why_not": format!("{} works only in Odoo's own form: {instead}.", form.model)}));
    }
    if guard::is_never_written(form.model) {
        return Ok(json!({"why_not": format!("{} is closed to agents: a person has to go on in Odoo.", form.model)}));
    }
    let session = site.session().await?;
    let source = session.client.within(&locale.context);
    // What the form is about is told as far as the user may see it.
    let Ok(fields) = source.fields(form.model).await else {
        return Ok(json!({"why_not": format!("The user may not use {}.", form.model)}));
    };
    let buttons = buttons_of(site, locale, form).await;
    let method = buttons.first().map_or("", |button| button.method.as_str());
    if buttons.is_empty() && form.existing.is_some() {
        return Ok(
            json!({"why_not": format!("The methods of {} could not be read: a person has to go on in Odoo.", form.model)}),
        );
    }
    let mut arguments = called.place.clone();
    let mut next = if let Some(id) = form.existing {
        arguments.insert("model".into(), json!(form.model));
        arguments.insert("method".into(), json!(method));
        arguments.insert("ids".into(), json!([id]));
        json!({"tool": "odoo_execute", "arguments": arguments})
    } else {
        let values = values_of(site, locale, called, form, &fields).await?;
        let mut steps = vec![json!({"tool": "odoo_create", "arguments": {"model": form.model, "values": values}})];
        if !buttons.is_empty() {
            steps.push(json!({
                "tool": "odoo_execute",
                "arguments": {"model": form.model, "method": method, "ids": [{"step": 1}]},
            }));
        }
        arguments.insert("steps".into(), json!(steps));
        json!({"tool": "odoo_plan", "arguments": arguments})
    };
    if !buttons.is_empty() {
        let labels: Map<String, Value> =
            buttons.iter().map(|button| (button.method.clone(), json!(button.label))).collect();
        next["methods"] = Value::Object(labels);
    }
    Ok(next)
}

/// The values that the form would open with: the defaults of its action, and the records it is about.
async fn values_of(
    site: &Site,
    locale: &Locale,
    called: Called<'_>,
    form: &Form<'_>,
    fields: &Fields,
) -> Result<Map<String, Value>, EdgeError> {
    let mut values = Map::new();
    let none = Map::new();
    let context = form.action.get("context").and_then(Value::as_object).unwrap_or(&none);
    for (key, value) in context {
        let Some(name) = key.strip_prefix("default_").filter(|name| !guard::is_credential(name)) else { continue };
        let Some(field) = fields.get(name) else { continue };
        // Texts that Odoo has written may quote what policy keeps from agents.
        let may_quote =
            value.is_string() && field.kind != FieldType::Selection && !matches!(name, "model" | "res_model");
        if let Some(value) = default_of(value, field)
            && !(may_quote && site.redacts())
        {
            values.insert(name.to_owned(), value);
        }
    }
    let model = context.get("active_model").and_then(Value::as_str).unwrap_or(called.model);
    let active = context.get("active_ids").map(ids_in).filter(|ids| !ids.is_empty());
    let of_one = context.get("active_id").and_then(Value::as_i64).filter(|id| *id > 0).map(|id| vec![id]);
    let ids = active.or(of_one).unwrap_or_else(|| called.ids.to_vec());
    let Some((name, field)) = about(form.model, model, ids.len(), fields) else { return Ok(values) };
    if ids.is_empty() || values.contains_key(name) {
        return Ok(values);
    }
    let ids = if form.model == "account.payment.register" { payable(site, locale, model, &ids).await? } else { ids };
    let value = match (field.kind, ids.as_slice()) {
        (_, []) => json!([]),
        (FieldType::Many2one, [first, ..]) => json!(first),
        _ => json!(ids),
    };
    values.insert(name.to_owned(), value);
    Ok(values)
}

/// The field of a wizard that holds the records it is about: the one of the table, else the only one of their model.
fn about<'a>(wizard: &str, model: &str, count: usize, fields: &'a Fields) -> Option<(&'a str, &'a Field)> {
    if let Some((_, name)) = ABOUT.iter().find(|(known, _)| *known == wizard) {
        return fields.iter().find(|(field, _)| field == name);
    }
    let fits = |field: &Field| match field.kind {
        FieldType::Many2one => count == 1,
        FieldType::Many2many => true,
        _ => false,
    };
    let mut found = fields.iter().filter(|(_, field)| {
        field.relation.as_deref() == Some(model) && field.store && field.related.is_none() && fits(field)
    });
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// The default of an action as our own check of values takes it.
fn default_of(value: &Value, field: &Field) -> Option<Value> {
    match (value, field.kind) {
        (Value::Null | Value::Bool(false), kind) if kind != FieldType::Boolean => None,
        // Odoo keeps some lists of ids as text.
        (Value::Array(_), FieldType::Char | FieldType::Text) => Some(json!(value.to_string())),
        (Value::Array(items), kind) if kind.is_x2many() => (!items.is_empty()).then(|| value.clone()),
        (Value::Array(_) | Value::Object(_), _) | (Value::String(_), FieldType::Binary | FieldType::Image) => None,
        _ => Some(value.clone()),
    }
}

/// Of an entry's lines those that a payment settles; none where the agent could not look for them itself.
async fn payable(site: &Site, locale: &Locale, model: &str, ids: &[i64]) -> Result<Vec<i64>, EdgeError> {
    const LINES: &str = "account.move.line";
    let session = site.session().await?;
    let (kind, kinds) = if session.client.version().can(Capability::AccountTypes) {
        ("account_type", ["asset_receivable", "liability_payable"])
    } else {
        ("internal_type", ["receivable", "payable"])
    };
    let by = if model == LINES { "id" } else { "move_id" };
    let own = ["id", by, "account_id", "reconciled"].map(|field| path(LINES, field));
    let reads = [own.as_slice(), &[path("account.account", kind)]].concat();
    let source = session.client.within(&locale.context);
    let mut reach = Reach::of(site, &source);
    reach.read(&reads);
    let told = reach.finish().await?.fields.unwrap_or_default();
    let is_kept = told.is_empty() || told.iter().any(|field| site.is_redacted(field));
    if is_kept || !site.may_search(LINES, &told) {
        return Ok(Vec::new());
    }
    let search = Search {
        domain: json!([[by, "in", ids], [format!("account_id.{kind}"), "in", kinds], ["reconciled", "=", false]]),
        fields: &["id"],
        limit: 500,
        ..Search::default()
    };
    let found = session.client.search_read(LINES, &search, Some(&locale.context)).await.unwrap_or_default();
    Ok(found.iter().filter_map(|row| row.get("id")?.as_i64()).collect())
}

/// The buttons of the form, those that finish it first; of a form that cannot be read, the methods that are known.
async fn buttons_of(site: &Site, locale: &Locale, form: &Form<'_>) -> Vec<Button> {
    let found = match arch_of(site, locale, form).await {
        Some(arch) => buttons_in(form.model, &arch),
        None => Vec::new(),
    };
    if !found.is_empty() {
        return found;
    }
    let known = Known::of_wizard(form.model).take(BUTTONS);
    known.map(|known| Button { method: known.method.into(), label: known.words.into() }).collect()
}

async fn arch_of(site: &Site, locale: &Locale, form: &Form<'_>) -> Option<String> {
    let session = site.session().await.ok()?;
    let view = form.action.get("view_id").and_then(|view| view.as_i64().or_else(|| view.get(0)?.as_i64()));
    let of_views = || {
        let views = form.action.get("views")?.as_array()?;
        views.iter().find(|view| view[1] == "form").and_then(|view| view[0].as_i64())
    };
    let view = view.or_else(of_views).map_or(Value::Bool(false), Value::from);
    let name = session.client.version().word(Word::View);
    let method = Method::read(form.model, name).arg("view_id", view).arg("view_type", "form");
    let view = session.client.call(&method.within(Some(&locale.context))).await.ok()?;
    view["arch"].as_str().map(str::to_owned)
}

/// The buttons of a view that run a method, each method once: known methods first, then what the form puts forward.
fn buttons_in(model: &str, arch: &str) -> Vec<Button> {
    let mut buttons: Vec<(u8, Button)> = Vec::new();
    for part in arch.split("<button").skip(1) {
        let tag = part.split('>').next().unwrap_or_default();
        let (Some(method), Some("object")) = (attribute(tag, "name"), attribute(tag, "type")) else { continue };
        let looks_only =
            ["action_open", "action_view", "action_see", "open_"].iter().any(|stem| method.starts_with(stem));
        let is_told = buttons.iter().any(|(_, button)| button.method == method);
        if looks_only || is_told || super::refused::why(model, method).is_some() {
            continue;
        }
        let class = attribute(tag, "class").unwrap_or_default();
        let rank = if Known::of(model, method, &Map::new()).is_some() {
            0
        } else {
            2 - u8::from(class.contains("btn-primary") || class.contains("oe_highlight"))
        };
        let label = attribute(tag, "string").or_else(|| attribute(tag, "title")).unwrap_or_default();
        buttons.push((rank, Button { method: method.to_owned(), label: plain(&unescaped(label)) }));
    }
    buttons.sort_by_key(|(rank, _)| *rank);
    buttons.into_iter().map(|(_, button)| button).take(BUTTONS).collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    while let Some(at) = rest.find(name) {
        let begins = rest[..at].chars().next_back().is_some_and(char::is_whitespace);
        let after = &rest[at + name.len()..];
        if begins && let Some(quoted) = after.trim_start().strip_prefix('=') {
            let quoted = quoted.trim_start();
            let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            return quoted[1..].split(quote).next();
        }
        rest = after;
    }
    None
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&apos;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_are_the_methods_of_a_form_with_their_labels() {
        let arch = r#"<form><field name="name"/>
            <button name="action_open_lines" type="object" string="Look"/>
            <button name="do_more" type="object" string="More"/>
            <button name="action_apply" string="Create &amp; send" type="object" class="btn-primary"/>
            <button string="Create" type="object" name="action_apply"/>
            <button string="Cancel" special="cancel"/>
            <button name="312" type="action" string="Open"/>
            <button name="unlink" type="object" string="Delete"/>
            <button type='object' name='process'></button></form>"#;
        let button = |method: &str, label: &str| Button { method: method.into(), label: label.into() };
        let rest = [button("do_more", "More"), button("process", "")];
        assert_eq!(buttons_in("x", arch), [&[button("action_apply", "Create & send")], rest.as_slice()].concat());
        let known = buttons_in("stock.immediate.transfer", arch);
        assert_eq!(known[0].method, "process", "what is known to finish it comes first");
        assert!(buttons_in("x", "<button").is_empty() && buttons_in("x", "").is_empty());
    }

    #[test]
    fn defaults_take_the_form_that_values_are_checked_in() {
        let fields = json!({
            "res_ids": {"type": "text"}, "model": {"type": "char"}, "template_id": {"type": "many2one", "relation": "t"},
            "lead_id": {"type": "many2one", "relation": "crm.lead"}, "duplicated_lead_ids": {"type": "many2many", "relation": "crm.lead"},
            "order_ids": {"type": "many2many", "relation": "sale.order"}, "is_on": {"type": "boolean"},
        });
        let fields = Fields::parse("w", fields).unwrap();
        let of = |value: Value, name: &str| default_of(&value, fields.get(name).unwrap());
        assert_eq!(of(json!([36]), "res_ids"), Some(json!("[36]")));
        assert_eq!(of(json!(31), "template_id"), Some(json!(31)));
        assert_eq!(of(json!(false), "template_id"), None);
        assert_eq!(of(json!(false), "is_on"), Some(json!(false)));
        assert_eq!(of(json!({}), "model"), None);
        assert_eq!(about("w", "sale.order", 2, &fields).unwrap().0, "order_ids");
        assert!(about("w", "crm.lead", 1, &fields).is_none(), "two fields could hold it");
        assert_eq!(about("crm.lead2opportunity.partner", "crm.lead", 1, &fields).unwrap().0, "lead_id");
        assert_eq!(about("w", "crm.lead", 2, &fields).unwrap().0, "duplicated_lead_ids");
    }
}
