//! `user_connection_add`: opens the form filled with what the agent proposes. The person types the secret; an argument
//! that looks like one is refused.

use super::arguments::Arguments;
use super::{Call, Done, Site, Target, Tool, define};
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, ErrorCode, Severity, ToolDefinition};
use serde_json::{Value, json};

pub(crate) const NAME: &str = "user_connection_add";

pub(crate) struct ConnectionAdd;

#[async_trait]
impl Tool for ConnectionAdd {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Propose a connection",
            Category::Write,
            Severity::Medium,
            "Opens a form filled with what you propose; the user checks it and types the secret there. Never ask for \
             one. Answers awaiting_person: approval_wait has the outcome.",
            &json!({
                "url": {"type": "string", "maxLength": 500, "description": "e.g. https://acme.odoo.com"},
                "alias": {"type": "string", "maxLength": 60},
                "db": {"type": "string", "maxLength": 100},
                "user": {"type": "string", "maxLength": 200, "description": "Login"},
                "environment": {"type": "string", "enum": ["production", "staging", "development"]},
            }),
            &["url"],
        )
    }

    fn target(&self) -> Target {
        Target::None
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        for name in ["url", "alias", "db", "user"] {
            if let Some(text) = arguments.text(name)
                && let Some(what) = looks_like_a_secret(name, text)
            {
                return Err(EdgeError::new(
                    ErrorCode::InvalidArguments,
                    format!(
                        "{name}: this looks like {what}. A secret must never pass through the conversation: leave it out, \
                         the user enters it in Gatehouse. Tell them to consider it exposed and to make a new one."
                    ),
                ));
            }
        }
        let address = gatehouse_odoo::address::parse(arguments.text("url").unwrap_or_default())
            .map_err(|error| EdgeError::new(ErrorCode::InvalidAddress, format!("url: {error}")))?;
        site.broker.must_be_allowed(address.authority())?;
        let alias =
            arguments.text("alias").map_or_else(|| address.short_name().to_owned(), |alias| alias.trim().to_owned());
        let db = arguments.text("db").map(str::to_owned).or(address.database.clone()).unwrap_or_default();
        Ok(Box::new(ConnectionAddCall {
            facts: CallFacts::local(NAME, site.risk(NAME)),
            resolved: json!({
                "url": address.origin,
                "alias": alias,
                "db": db,
                "user": arguments.text("user").unwrap_or_default(),
                "environment": arguments.text("environment"),
            }),
        }))
    }
}

struct ConnectionAddCall {
    facts: CallFacts,
    resolved: Value,
}

#[async_trait]
impl Call for ConnectionAddCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        self.resolved.clone()
    }

    async fn run(&self, _: &Site) -> Result<Done, EdgeError> {
        // The form is filled in by a person; see `form.rs`.
        Err(EdgeError::new(ErrorCode::Internal, "a form is not run"))
    }
}

/// Names of arguments that carry secrets elsewhere: refused with words of their own, before the schema is looked at.
pub(crate) fn secret_argument(arguments: &Value) -> Option<String> {
    const NAMES: &[&str] = &["key", "secret", "password", "passwd", "pwd", "token", "credential"];
    let given = arguments.as_object()?;
    let name = given.keys().find(|name| {
        let name = name.to_ascii_lowercase();
        NAMES.iter().any(|secret| name.contains(secret))
            || name.split(['_', '-']).any(|part| part == "pass" || part == "pin")
    })?;
    Some(name.chars().take(40).collect())
}

/// What a text looks like that should not be sent: Odoo's API keys are 40 hex digits.
fn looks_like_a_secret(argument: &str, text: &str) -> Option<&'static str> {
    let words = || text.split(|c: char| !c.is_ascii_alphanumeric());
    if words().any(|word| word.len() >= 32 && word.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Some("an API key");
    }
    if argument == "url" {
        let lower = text.to_ascii_lowercase();
        let after_scheme = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
        let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Some("a password in an address");
        }
        if ["key=", "password=", "token=", "secret=", "access_token="].iter().any(|part| lower.contains(part)) {
            return Some("a secret in an address");
        }
    }
    let mixed = |word: &str| {
        word.len() >= 24
            && word.bytes().any(|b| b.is_ascii_digit())
            && word.bytes().any(|b| b.is_ascii_lowercase())
            && word.bytes().any(|b| b.is_ascii_uppercase())
    };
    if argument != "url" && words().any(mixed) {
        return Some("a key or token");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_any_argument_is_noticed() {
        let key = "0123456789abcdef0123456789abcdef01234567";
        for argument in ["url", "alias", "db", "user"] {
            assert!(looks_like_a_secret(argument, key).is_some(), "{argument}");
        }
        assert!(looks_like_a_secret("url", "https://me:hunter2@acme.odoo.com").is_some());
        assert!(looks_like_a_secret("url", "https://acme.odoo.com/?token=abc").is_some());
        assert!(looks_like_a_secret("user", "sk9fKq2LmZx81PqRs7TuVw3Y").is_some());
    }

    #[test]
    fn what_people_call_things_is_not_taken_for_a_secret() {
        for (argument, text) in [
            ("url", "https://my-company-production-12345.odoo.com/odoo?db=acme"),
            ("db", "acme-production-main-1234567"),
            ("user", "first.last@a-very-long-company-name.example.com"),
            ("alias", "Acme (production)"),
        ] {
            assert_eq!(looks_like_a_secret(argument, text), None, "{text}");
        }
    }

    #[test]
    fn an_argument_named_like_a_secret_is_noticed() {
        assert_eq!(secret_argument(&json!({"url": "x", "api_key": "y"})).as_deref(), Some("api_key"));
        assert_eq!(secret_argument(&json!({"web_password": "y"})).as_deref(), Some("web_password"));
        assert_eq!(secret_argument(&json!({"url": "x"})), None);
    }
}
