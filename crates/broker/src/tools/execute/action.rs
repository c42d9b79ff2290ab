//! What a method gave back, as an agent can use it: records that an action opens, the form that Odoo wants filled in, a
//! message. Nothing secret: what is named like a credential is left out, in addresses too.

use super::wizard::{self, Form};
use crate::answers::BUDGET;
use crate::tools::{Locale, Site};
use gatehouse_core::EdgeError;
use gatehouse_odoo::domain::{Domain, Today};
use gatehouse_policy::guard;
use serde_json::{Map, Value, json};

/// The longest of Odoo's own words that is passed on, in characters.
const WORDS: usize = 500;
/// Actions that follow each other.
const DEPTH: usize = 3;

/// What a method gave back.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Parts of the answer.
    pub(super) told: Map<String, Value>,
    /// The model of the records that it gave or opened.
    pub(super) model: Option<String>,
    /// The records that it gave or opened.
    pub(super) ids: Vec<i64>,
    /// Odoo wants a form filled in before it does anything.
    pub(super) is_form: bool,
}

/// What was called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Called<'a> {
    pub(super) model: &'a str,
    pub(super) ids: &'a [i64],
    /// Whether what the method does is known: then a plain yes or no tells nothing.
    pub(super) is_known: bool,
    /// Connection and companies, as the agent would give them again.
    pub(super) place: &'a Map<String, Value>,
}

impl Given {
    /// Reads what a method gave back. May ask Odoo for the form of a wizard.
    pub(super) async fn of(
        site: &Site,
        locale: &Locale,
        called: Called<'_>,
        result: &Value,
    ) -> Result<Self, EdgeError> {
        let mut given = Self::default();
        match result {
            Value::Object(action) if is_action(action) => given.action(site, locale, called, action).await?,
            Value::Null => {}
            Value::Bool(_) if called.is_known => {}
            other => {
                given.ids = ids_in(other);
                given.model = None;
                // Of a known method a list of ids is what it made, and is told as such.
                if !(called.is_known && other.is_array() && !given.ids.is_empty()) {
                    given.told.insert("result".into(), within_budget(scrubbed(other)));
                }
            }
        }
        if !given.ids.is_empty() {
            given.told.insert("ids".into(), json!(given.ids));
        }
        if site.redacts() {
            // Odoo's own words like to quote values, and policy keeps some from agents.
            given.told.retain(|name, _| matches!(name.as_str(), "ids" | "opens" | "next" | "action"));
            if let Some(opens) = given.told.get_mut("opens").and_then(Value::as_object_mut) {
                opens.retain(|name, _| matches!(name.as_str(), "model" | "ids"));
            }
        }
        Ok(given)
    }

    async fn action(
        &mut self,
        site: &Site,
        locale: &Locale,
        called: Called<'_>,
        action: &Map<String, Value>,
    ) -> Result<(), EdgeError> {
        let mut action = action;
        for _ in 0..DEPTH {
            if let Some(text) = action.get("effect").and_then(|effect| effect["message"].as_str()) {
                self.told.insert("message".into(), json!(plain(text)));
            }
            let next = match text(action, "type").unwrap_or_default() {
                "ir.actions.act_window" => return self.window(site, locale, called, action).await,
                "ir.actions.client" => self.client(action),
                "ir.actions.act_url" => {
                    let url = text(action, "url").unwrap_or_default();
                    self.told.insert("url".into(), json!(cut(&without_credentials(url))));
                    None
                }
                "ir.actions.report" => {
                    self.report(called, action);
                    None
                }
                "ir.actions.act_window_close" => action.get("infos").and_then(|infos| infos.get("next")),
                "" => None,
                other => {
                    self.told.insert("action".into(), json!(cut(other)));
                    None
                }
            };
            match next.and_then(Value::as_object) {
                Some(next) => action = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Records or a form in a window.
    async fn window(
        &mut self,
        site: &Site,
        locale: &Locale,
        called: Called<'_>,
        action: &Map<String, Value>,
    ) -> Result<(), EdgeError> {
        let Some(model) = text(action, "res_model").filter(|model| !guard::is_never_read(model)) else {
            return Ok(());
        };
        let mut opens = json!({"model": model});
        if let Some(name) = text(action, "name") {
            opens["name"] = json!(plain(name));
        }
        let ids = res_ids(action.get("res_id"));
        let is_form = action.get("target").and_then(Value::as_str) == Some("new");
        if is_form {
            self.is_form = true;
            let form = Form { model, existing: ids.first().copied(), action };
            self.told.insert("next".into(), wizard::next(site, locale, called, &form).await?);
        } else if ids.is_empty() {
            self.domain(site, locale, model, action, &mut opens).await;
        } else {
            self.ids = ids;
            opens["ids"] = json!(self.ids);
        }
        self.model = Some(model.to_owned());
        self.told.insert("opens".into(), opens);
        Ok(())
    }

    /// The records that a list would show: by id where the domain says so, else the domain, where it can be told.
    async fn domain(
        &mut self,
        site: &Site,
        locale: &Locale,
        model: &str,
        action: &Map<String, Value>,
        opens: &mut Value,
    ) {
        let (Some(given), Ok(session)) = (action.get("domain"), site.session().await) else { return };
        let source = session.client.within(&locale.context);
        let zone = locale.context.get("tz").and_then(Value::as_str);
        let today = Today::new(site.broker.now().as_millis(), zone);
        let Ok(domain) = Domain::parse(given, model, &source, &today).await else { return };
        if domain.is_every() || domain.reads().iter().any(|field| guard::is_credential(&field.field)) {
            return;
        }
        match ids_of_domain(domain.as_json()) {
            Some(ids) => {
                self.ids = ids;
                opens["ids"] = json!(self.ids);
            }
            None => opens["domain"] = domain.as_json().clone(),
        }
    }

    /// A notification says something; of other client actions only the name is told.
    fn client<'a>(&mut self, action: &'a Map<String, Value>) -> Option<&'a Value> {
        let params = action.get("params");
        let part = |name: &str| params.and_then(|params| params[name].as_str()).filter(|text| !text.is_empty());
        match text(action, "tag") {
            Some("display_notification") => {
                let words: Vec<String> = [part("title"), part("message")].into_iter().flatten().map(plain).collect();
                self.told.insert("message".into(), json!(words.join(": ")));
            }
            Some("reload" | "soft_reload") | None => {}
            Some(tag) => {
                self.told.insert("action".into(), json!(cut(tag)));
            }
        }
        params.and_then(|params| params.get("next"))
    }

    fn report(&mut self, called: Called<'_>, action: &Map<String, Value>) {
        let Some(name) = text(action, "report_name") else { return };
        let of_context = action.get("context").map(|context| &context["active_ids"]).map(ids_in);
        let ids = of_context.filter(|ids| !ids.is_empty()).unwrap_or_else(|| called.ids.to_vec());
        let mut arguments = called.place.clone();
        arguments.insert("report_name".into(), json!(cut(name)));
        arguments.insert("ids".into(), json!(ids));
        self.told.insert("next".into(), json!({"tool": "odoo_report", "arguments": arguments}));
    }
}

/// An action of Odoo's web client, or what it takes for one.
fn is_action(value: &Map<String, Value>) -> bool {
    text(value, "type").is_some_and(|kind| kind.starts_with("ir.actions."))
        || value.get("effect").is_some_and(Value::is_object)
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// `res_id` is an id, or a list of one.
fn res_ids(value: Option<&Value>) -> Vec<i64> {
    match value {
        Some(Value::Number(id)) => id.as_i64().filter(|id| *id > 0).into_iter().collect(),
        Some(list @ Value::Array(_)) => ids_in(list),
        _ => Vec::new(),
    }
}

/// The ids in a value that is an id-like list and nothing else.
pub(super) fn ids_in(value: &Value) -> Vec<i64> {
    let Some(items) = value.as_array() else { return Vec::new() };
    let ids: Option<Vec<i64>> = items.iter().map(|item| item.as_i64().filter(|id| *id > 0)).collect();
    ids.unwrap_or_default()
}

/// The ids that a domain names, where it does nothing else.
fn ids_of_domain(domain: &Value) -> Option<Vec<i64>> {
    let [term] = domain.as_array()?.as_slice() else { return None };
    let [field, operator, value] = term.as_array()?.as_slice() else { return None };
    if field.as_str() != Some("id") {
        return None;
    }
    let ids = match operator.as_str()? {
        "=" => res_ids(Some(value)),
        "in" => ids_in(value),
        _ => Vec::new(),
    };
    (!ids.is_empty()).then_some(ids)
}

/// Odoo's words as plain text.
pub(super) fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                shown.push(' ');
            }
            _ if in_tag || (c.is_control() && c != '\n') => {}
            c => shown.push(c),
        }
    }
    cut(shown.split_whitespace().collect::<Vec<_>>().join(" ").as_str())
}

fn cut(text: &str) -> String {
    text.chars().take(WORDS).collect()
}

/// A value without what is named like a credential.
fn scrubbed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(name, _)| !guard::is_credential(name));
            Value::Object(kept.map(|(name, value)| (name.clone(), scrubbed(value))).collect())
        }
        Value::Array(items) => items.iter().map(scrubbed).collect(),
        Value::String(text) => json!(without_credentials(text)),
        other => other.clone(),
    }
}

/// An address without the values of parameters that are named like credentials.
fn without_credentials(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, after) = rest.split_at(at + 1);
        let name: String =
            before[..at].rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default().into();
        let value = after.find(|c: char| "&#\"'<> \n".contains(c)).unwrap_or(after.len());
        shown.push_str(before);
        if guard::is_credential(&name) {
            shown.push('…');
        } else {
            shown.push_str(&after[..value]);
        }
        rest = &after[value..];
    }
    shown.push_str(rest);
    shown
}

/// A value that an agent can read: lists are cut whole, texts anywhere, and what still is too large is told so.
fn within_budget(value: Value) -> Value {
    if value.to_string().len() <= BUDGET {
        return value;
    }
    match value {
        Value::Array(items) => {
            let all = items.len();
            let (kept, _) = crate::answers::cut(items);
            let kept = Value::Array(kept);
            if kept.to_string().len() <= 2 * BUDGET {
                return json!({"first": kept, "of": all, "left_out": "the rest is too large for one answer"});
            }
            json!({"left_out": "too large for one answer"})
        }
        Value::String(text) => json!({
            "first": text.chars().take(BUDGET / 4).collect::<String>(),
            "left_out": "the rest is too large for one answer",
        }),
        _ => json!({"left_out": "too large for one answer"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_handed_out_in_an_address_or_a_result() {
        assert_eq!(
            without_credentials("/my/orders/7?access_token=abc-1&report_type=pdf#x=1"),
            "/my/orders/7?access_token=…&report_type=pdf#x=1"
        );
        let result = json!({"name": "x", "access_token": "abc", "link": ["https://h/a?a=1&signup_token=t"], "n": 3});
        assert_eq!(scrubbed(&result), json!({"name": "x", "link": ["https://h/a?a=1&signup_token=…"], "n": 3}));
    }

    #[test]
    fn ids_are_found_in_a_list_and_in_a_domain_that_names_nothing_else() {
        assert_eq!(ids_in(&json!([3, 4])), [3, 4]);
        assert!(
            ids_in(&json!([3, "x"])).is_empty() && ids_in(&json!([0])).is_empty() && ids_in(&json!(true)).is_empty()
        );
        assert_eq!(ids_of_domain(&json!([["id", "in", [5, 6]]])), Some(vec![5, 6]));
        assert_eq!(ids_of_domain(&json!([["id", "=", 5]])), Some(vec![5]));
        assert_eq!(ids_of_domain(&json!([["id", "in", [5]], ["state", "=", "draft"]])), None);
        assert_eq!(ids_of_domain(&json!([["partner_id", "in", [5]]])), None);
    }

    #[test]
    fn words_of_odoo_are_plain_and_short() {
        assert_eq!(plain("<p>Go, <b>go</b>!</p>\u{7}"), "Go, go !");
        assert_eq!(plain(&"ä".repeat(5_000)).chars().count(), WORDS);
    }

    #[test]
    fn what_is_too_large_is_cut_and_says_so() {
        let rows: Value = (0..2_000).map(|n| json!({"id": n, "name": "x".repeat(100)})).collect();
        let shown = within_budget(rows);
        assert_eq!(shown["of"], 2_000);
        assert!(shown.to_string().len() <= BUDGET + 1_000);
        assert!(within_budget(json!("x".repeat(200_000))).to_string().len() < BUDGET);
        assert!(within_budget(json!({"a": "x".repeat(200_000)})).to_string().len() < 100);
    }
}
