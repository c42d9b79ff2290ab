//! The guard: what no policy can allow. It stands before the layers, in two columns, *never written* and *never read*.
//! Only a person opens it: one model for one connection for an hour.

mod tables;

use gatehouse_core::{CallFacts, Category, Denial, FieldPath, Nested, Retry};
use serde_json::{Map, Value};
use tables::{
    CONTEXT, CREDENTIAL_PAIRS, CREDENTIAL_WORDS, NEVER_READ, NEVER_WRITTEN, NEVER_WRITTEN_FIELDS, WRITTEN_ALL_THE_SAME,
    WRITTEN_BY,
};

/// The rule's id in verdicts and journal.
pub const RULE: &str = "(guard)";

/// Refuses a call that no policy can allow. `context` is what goes to Odoo with it; `opened` are the models that a
/// person has opened for this connection just now.
///
/// What is unknown is judged as the worst case: a read that cannot tell what it reads is refused.
pub fn judge(facts: &CallFacts, context: &Map<String, Value>, opened: &[String]) -> Option<Denial> {
    wrong_context(context)
        .or_else(|| wrong_method(facts))
        .or_else(|| wrong_model(facts, opened))
        .or_else(|| wrong_fields(facts))
        .or_else(|| wrong_commands(&facts.commands, opened))
        .or_else(|| wrong_reads(facts, opened))
}

/// Whether agents may never write records of `model`, by any tool.
pub fn is_never_written(model: &str) -> bool {
    !WRITTEN_ALL_THE_SAME.contains(&model) && NEVER_WRITTEN.iter().any(|pattern| matches(pattern, model))
}

/// Whether agents may never read records of `model`.
pub fn is_never_read(model: &str) -> bool {
    NEVER_READ.iter().any(|pattern| matches(pattern, model))
}

/// Whether a field is named like a credential. Such a field is neither read nor written, on any model.
pub fn is_credential(field: &str) -> bool {
    let name = field.to_ascii_lowercase();
    let parts: Vec<&str> = name.split(['_', '.', '-']).collect();
    parts.iter().any(|part| CREDENTIAL_WORDS.contains(part))
        || parts.windows(2).any(|pair| CREDENTIAL_PAIRS.contains(&(pair[0], pair[1])))
}

fn wrong_context(context: &Map<String, Value>) -> Option<Denial> {
    let key = context.keys().find(|key| !CONTEXT.contains(&key.as_str()))?;
    let allowed = CONTEXT.join(", ");
    Some(denial(format!("The context may hold {allowed} only, not “{key}”."), Retry::WhenChanged))
}

fn wrong_method(facts: &CallFacts) -> Option<Denial> {
    let method = facts.method.as_deref()?;
    let public = !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !method.starts_with('_');
    (!public || method == "init").then(|| denial(format!("The method “{method}” is private to Odoo."), Retry::Never))
}

fn wrong_model(facts: &CallFacts, opened: &[String]) -> Option<Denial> {
    let model = facts.model.as_deref()?;
    if is_opened(model, opened) {
        return None;
    }
    let by_its_tool = WRITTEN_BY.contains(&(model, facts.tool.as_str()));
    if facts.changes_odoo() && is_never_written(model) && !by_its_tool {
        return Some(closed(model, "written"));
    }
    is_never_read(model).then(|| closed(model, "read"))
}

fn wrong_fields(facts: &CallFacts) -> Option<Denial> {
    let model = facts.model.as_deref().unwrap_or_default();
    let bad = facts
        .fields
        .iter()
        .find(|field| is_credential(field) || NEVER_WRITTEN_FIELDS.contains(&(model, field.as_str())))?;
    Some(closed_field(model, bad, "written"))
}

/// Writes inside a write. Linking a record writes it only where the link is kept on it, and then names that field.
fn wrong_commands(commands: &[Nested], opened: &[String]) -> Option<Denial> {
    commands.iter().find_map(|nested| {
        let only_links =
            matches!(nested.command.as_str(), "link" | "unlink" | "set" | "clear") && nested.fields.is_empty();
        if !only_links && is_never_written(&nested.model) && !is_opened(&nested.model, opened) {
            return Some(closed(&nested.model, "written, also not inside another record"));
        }
        let bad = |field: &&String| {
            is_credential(field) || NEVER_WRITTEN_FIELDS.contains(&(nested.model.as_str(), field.as_str()))
        };
        nested.fields.iter().find(bad).map(|field| closed_field(&nested.model, field, "written"))
    })
}

fn wrong_reads(facts: &CallFacts, opened: &[String]) -> Option<Denial> {
    let Some(reads) = &facts.reads else {
        let unseen = facts.risk.category == Category::Read;
        return unseen.then(|| {
            denial("What this call reads cannot be told, so it does not run.".to_owned(), Retry::WhenChanged)
        });
    };
    reads.iter().find_map(|FieldPath { model, field }| {
        if is_never_read(model) && !is_opened(model, opened) {
            return Some(closed(model, "read"));
        }
        is_credential(field).then(|| closed_field(model, field, "read"))
    })
}

fn is_opened(model: &str, opened: &[String]) -> bool {
    opened.iter().any(|open| open == model)
}

fn matches(pattern: &str, model: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == model, |stem| model.starts_with(stem))
}

fn closed(model: &str, verb: &str) -> Denial {
    let message =
        format!("{model} is never {verb} by agents. Do not try again; a person can open it for an hour in Gatehouse.");
    denial(message, Retry::Never)
}

fn closed_field(model: &str, field: &str, verb: &str) -> Denial {
    denial(format!("{model}.{field} is never {verb} by agents. Leave it out."), Retry::WhenChanged)
}

fn denial(message: String, retry: Retry) -> Denial {
    Denial { rule: RULE.to_owned(), message, retry }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_core::{Risk, Severity};
    use serde_json::json;

    fn facts(tool: &str, category: Category, model: &str) -> CallFacts {
        CallFacts {
            model: Some(model.to_owned()),
            ..CallFacts::local(tool, Risk { category, severity: Severity::Low })
        }
    }

    fn refused(facts: &CallFacts) -> bool {
        judge(facts, &Map::new(), &[]).is_some()
    }

    #[test]
    fn tables_of_power_are_never_written() {
        for model in [
            "ir.rule",
            "ir.model.access",
            "ir.actions.server",
            "ir.cron",
            "ir.ui.view",
            "ir.config_parameter",
            "ir.attachment",
            "base.automation",
            "base.language.install",
            "auth.oauth.provider",
            "auth_totp.device",
            "res.users",
            "res.users.apikeys",
            "res.groups",
            "res.groups.privilege",
            "res.config.settings",
            "mail.template",
            "mail.alias",
            "mail.alias.domain",
            "fetchmail.server",
            "payment.provider",
            "payment.token",
            "iap.account",
            "portal.wizard",
            "portal.wizard.user",
            "change.password.wizard",
            "change.password.own",
            "hr.salary.rule",
            "base_import.import",
        ] {
            for category in [Category::Write, Category::Execute, Category::Destructive] {
                assert!(refused(&facts("odoo_write", category, model)), "{model}");
            }
        }
        for model in [
            "res.partner",
            "sale.order",
            "irish.pub",
            "mail.activity",
            "mail.activity.schedule",
            "ir.filters",
            "base.partner.merge.automatic.wizard",
            "hr.employee",
            "res.partner.bank",
        ] {
            assert!(!refused(&facts("odoo_write", Category::Write, model)), "{model}");
        }
        assert!(!refused(&facts("odoo_attachment_upload", Category::Write, "ir.attachment")));
    }

    #[test]
    fn tables_of_credentials_are_never_read_and_others_of_power_are() {
        for model in [
            "res.users.apikeys",
            "auth_totp.device",
            "ir.config_parameter",
            "ir.mail_server",
            "payment.provider",
            "payment.token",
            "iap.account",
            "fetchmail.server",
        ] {
            assert!(refused(&facts("odoo_read", Category::Read, model)), "{model}");
        }
        for model in ["res.users", "ir.model", "ir.cron", "res.groups", "ir.attachment", "mail.template"] {
            assert!(!refused(&facts("odoo_read", Category::Read, model)), "{model}");
        }
    }

    #[test]
    fn a_field_named_like_a_credential_is_closed_on_any_model() {
        for field in [
            "password",
            "new_password",
            "password_crypt",
            "access_token",
            "signup_token",
            "oauth_access_token",
            "api_key",
            "openai_api_key",
            "client_secret",
            "totp_secret",
            "pin",
            "private_key",
            "smtp_pass",
            "apikey",
            "webhook_secret",
            "session_id",
            "signup_url",
            "Token",
        ] {
            assert!(is_credential(field), "{field}");
        }
        for field in [
            "name",
            "key",
            "pinned",
            "shipping_id",
            "opinion",
            "description",
            "boarding_pass",
            "tokenized",
            "access_url",
            "keyword",
            "secretary_id",
            "spin",
        ] {
            assert!(!is_credential(field), "{field}");
        }
        let mut reading = facts("odoo_search_read", Category::Read, "hr.employee");
        reading.reads = Some(vec![FieldPath { model: "hr.employee".into(), field: "pin".into() }]);
        assert!(refused(&reading));
        let mut writing = facts("odoo_write", Category::Write, "website");
        writing.fields = vec!["api_key".into()];
        assert!(refused(&writing));
        reading.reads = Some(vec![FieldPath { model: "payment.token".into(), field: "id".into() }]);
        assert!(refused(&reading), "also on the way through a dotted path");
    }

    #[test]
    fn nothing_closed_is_written_inside_another_record() {
        let with = |model: &str, command: &str, fields: &[&str]| {
            let mut facts = facts("odoo_write", Category::Write, "res.partner");
            let fields = fields.iter().map(|f| (*f).to_owned()).collect();
            facts.commands = vec![Nested { model: model.into(), command: command.into(), fields }];
            refused(&facts)
        };
        assert!(with("res.users", "create", &["login"]));
        assert!(with("res.users", "update", &["name"]));
        assert!(with("res.users", "delete", &[]));
        assert!(with("res.users", "link", &["partner_id"]), "a one2many link writes the user");
        assert!(!with("res.users", "link", &[]), "a many2many link does not");
        assert!(!with("res.users", "set", &[]));
        assert!(with("sale.order", "update", &["access_token"]));
        assert!(!with("res.partner", "create", &["name"]));
    }

    #[test]
    fn who_may_do_what_is_not_changed_from_the_other_side() {
        let mut company = facts("odoo_write", Category::Write, "res.company");
        company.fields = vec!["user_ids".into()];
        assert!(refused(&company));
    }

    #[test]
    fn the_context_says_nothing_but_language_zone_companies_and_archived() {
        let call = facts("odoo_create", Category::Write, "res.partner");
        let with = |context: Value| judge(&call, context.as_object().unwrap(), &[]).is_some();
        assert!(!with(json!({"lang": "fr_FR", "tz": "UTC", "allowed_company_ids": [1], "active_test": false})));
        for key in
            ["default_name", "default_groups_id", "tracking_disable", "mail_create_nolog", "no_reset_password", "Lang"]
        {
            assert!(with(json!({ key: 1 })), "{key}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_the_worst_case() {
        let mut reading = facts("odoo_search_read", Category::Read, "res.partner");
        reading.reads = None;
        assert!(refused(&reading));
        for method in ["_write", "__class__", "init", "", "write;drop"] {
            let mut running = facts("odoo_execute", Category::Execute, "res.partner");
            running.method = Some(method.into());
            assert!(refused(&running), "{method:?}");
        }
    }

    #[test]
    fn a_model_that_a_person_opened_is_open_but_its_credentials_are_not() {
        let opened = ["res.users".to_owned()];
        let mut writing = facts("odoo_write", Category::Write, "res.users");
        assert!(judge(&writing, &Map::new(), &opened).is_none());
        writing.fields = vec!["password".into()];
        assert!(judge(&writing, &Map::new(), &opened).is_some());
        assert!(judge(&facts("odoo_write", Category::Write, "res.groups"), &Map::new(), &opened).is_some());
    }
}
