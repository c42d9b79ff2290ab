use crate::answer::{Exception, Unread};
use crate::credential::Credential;
use crate::error::{Lost, OdooError, Words};
use crate::http::Answer;
use crate::transport::Kind;

/// Where a call went, for the words of its error.
pub(crate) struct Scene<'a> {
    pub(crate) host: &'a str,
    pub(crate) api: &'static str,
    pub(crate) database: &'a str,
    pub(crate) credential: &'a Credential,
    pub(crate) kind: Kind,
    /// How much memory the values of an answer may take, in bytes.
    pub(crate) memory: u64,
}

impl Exception {
    /// What it means: by the class first, by the HTTP status where the class says nothing.
    pub(crate) fn error(&self, status: Option<u16>, scene: &Scene<'_>) -> OdooError {
        let (name, message) = (self.name(), self.message());
        let words = || Words::new(message, scene.credential.expose());
        let refused = || {
            if speaks_of_plan(message) {
                OdooError::ApiNotIncluded
            } else {
                OdooError::CredentialRefused { credential: scene.credential.kind() }
            }
        };
        if name.starts_with("psycopg2.") {
            return self.database_error(message, scene);
        }
        match name.rsplit('.').next().unwrap_or_default() {
            "AccessDenied" | "Unauthorized" | "SessionExpired" | "SessionExpiredException" => refused(),
            "AccessError" | "Forbidden" if speaks_of_plan(message) => OdooError::ApiNotIncluded,
            "AccessError" | "Forbidden" => OdooError::AccessDenied { words: words() },
            "MissingError" => OdooError::RecordMissing { words: words() },
            "LockError" | "ConcurrencyError" | "TooManyRequests" => OdooError::Busy { retry_after: None },
            // What `/jsonrpc` says of a model that is not there.
            "UserError" if message.starts_with("Object ") && message.ends_with(" doesn't exist") => {
                OdooError::UnknownSchema { words: words() }
            }
            "UserError" | "ValidationError" | "RedirectWarning" | "Warning" => OdooError::Refused { words: words() },
            "ValueError" if message.starts_with("Expected singleton") => OdooError::BadArguments { words: words() },
            "KeyError" => OdooError::UnknownSchema {
                words: Words::new(
                    &format!("the name “{}” is not known", message.trim_matches(['\'', '"'])),
                    scene.credential.expose(),
                ),
            },
            "ValueError" | "NotFound" => OdooError::UnknownSchema { words: words() },
            "AttributeError" if message.contains("does not exist") || message.contains("has no attribute") => {
                OdooError::UnknownSchema { words: words() }
            }
            "TypeError" if message.contains("argument") => OdooError::BadArguments { words: words() },
            "UnprocessableEntity" | "BadRequest" => OdooError::BadArguments { words: words() },
            _ => match status {
                Some(401) => refused(),
                Some(402 | 403) if speaks_of_plan(message) => OdooError::ApiNotIncluded,
                Some(403) => OdooError::AccessDenied { words: words() },
                Some(404) => OdooError::UnknownSchema { words: words() },
                Some(422) => OdooError::BadArguments { words: words() },
                Some(429) => OdooError::Busy { retry_after: None },
                _ => OdooError::Failed { class: self.class(), words: words() },
            },
        }
    }

    /// The class as it may be shown: names of Python, nothing else.
    fn class(&self) -> String {
        self.name().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).take(80).collect()
    }

    fn database_error(&self, message: &str, scene: &Scene<'_>) -> OdooError {
        let class = self.name().rsplit('.').next().unwrap_or_default();
        if class == "OperationalError" && message.contains("database") && message.contains("does not exist") {
            return OdooError::UnknownDatabase { database: scene.database.to_owned() };
        }
        match class {
            "SerializationFailure" | "TransactionRollbackError" | "DeadlockDetected" | "LockNotAvailable" => {
                OdooError::Busy { retry_after: None }
            }
            "IntegrityError"
            | "UniqueViolation"
            | "NotNullViolation"
            | "ForeignKeyViolation"
            | "CheckViolation"
            | "RestrictViolation"
            | "ExclusionViolation" => OdooError::Refused { words: Words::new(message, scene.credential.expose()) },
            // Values that no column takes. As below, its words stay here.
            "DataError"
            | "NumericValueOutOfRange"
            | "StringDataRightTruncation"
            | "InvalidTextRepresentation"
            | "InvalidDatetimeFormat"
            | "DatetimeFieldOverflow"
            | "CharacterNotInRepertoire"
            | "UntranslatableCharacter"
            | "InvalidRowCountInLimitClause"
            | "InvalidRowCountInResultOffsetClause" => OdooError::BadArguments { words: Words::default() },
            // What PostgreSQL says is for Odoo's developers: it may hold SQL and the server's inner addresses.
            _ => OdooError::Failed { class: self.class(), words: Words::default() },
        }
    }
}

/// What it means that a complete answer is not JSON: a web page of Odoo's, a proxy's or somebody else's.
pub(crate) fn not_json(answer: &Answer, scene: &Scene<'_>) -> OdooError {
    let host = || scene.host.to_owned();
    let page = String::from_utf8_lossy(&answer.body[..answer.body.len().min(16 * 1024)]);
    let is_write = scene.kind == Kind::Write;
    let not_odoo = |what: String| OdooError::NotOdoo { host: host(), what };
    match answer.status.as_u16() {
        100..=299 if is_write => OdooError::OutcomeUnknown { cause: Lost::Unreadable },
        200..=299 if answer.body.is_empty() => not_odoo("its answer is empty".to_owned()),
        200..=299 => not_odoo("it answers with a web page".to_owned()),
        402 | 403 if speaks_of_plan(&page) => OdooError::ApiNotIncluded,
        // What Odoo 19 says to a name in `X-Odoo-Database` that it does not serve here.
        404 if page.contains("No database is selected") => {
            OdooError::UnknownDatabase { database: scene.database.to_owned() }
        }
        404 | 405 => OdooError::NoApi { host: host(), api: scene.api },
        401 | 407 => not_odoo("something in front of it asks for a sign-in of its own".to_owned()),
        status @ 403 => {
            not_odoo(format!("something in front of it, a firewall perhaps, refuses programs (HTTP {status})"))
        }
        413 => OdooError::InvalidRequest("the server takes none that large"),
        429 | 503 | 521 | 523 => OdooError::Busy { retry_after: answer.retry_after },
        status @ (408 | 499 | 500..=599) if is_write => OdooError::OutcomeUnknown { cause: Lost::Gateway(status) },
        408 | 502 | 504 => OdooError::Busy { retry_after: answer.retry_after },
        status @ 500..=599 => OdooError::Failed { class: format!("HTTP {status}"), words: Words::default() },
        status => not_odoo(format!("it answers HTTP {status}, which Odoo's API never does")),
    }
}

/// What it means that an answer begins like JSON and cannot be taken.
pub(crate) fn unreadable(why: Unread, scene: &Scene<'_>) -> OdooError {
    let host = || scene.host.to_owned();
    match (scene.kind, why) {
        (Kind::Write, Unread::TooLarge) => OdooError::OutcomeUnknown { cause: Lost::TooLarge },
        (Kind::Write, _) => OdooError::OutcomeUnknown { cause: Lost::Unreadable },
        (Kind::Read, Unread::TooLarge) => OdooError::TooLarge { limit: scene.memory },
        (Kind::Read, Unread::Ends) => OdooError::Interrupted { host: host() },
        (Kind::Read, Unread::Flawed(flaw)) => OdooError::Unreadable { host: host(), flaw },
        (Kind::Read, Unread::NotJson) => OdooError::NotOdoo { host: host(), what: "its answer is not JSON".to_owned() },
    }
}

/// Odoo Online refuses its external API below the Custom plan. No published source holds the exact words, so this looks for
/// what they have to speak of; an ordinary refusal does not.
fn speaks_of_plan(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("pricing plan")
        || text.contains("custom plan")
        || (text.contains("external api") && (text.contains(" plan") || text.contains("subscription")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer;
    use serde_json::json;

    fn scene(credential: &Credential, kind: Kind) -> Scene<'_> {
        Scene { host: "erp", api: "JSON-2", database: "prod", credential, kind, memory: 1024 }
    }

    fn classify(name: &str, message: &str, status: Option<u16>) -> OdooError {
        let credential = Credential::ApiKey("key-123".into());
        let body = json!({"name": name, "message": message, "arguments": [], "debug": "Traceback key-123"}).to_string();
        answer::exception(body.as_bytes()).unwrap().error(status, &scene(&credential, Kind::Write))
    }

    fn page(status: u16, body: &str, kind: Kind) -> OdooError {
        let credential = Credential::ApiKey("key-123".into());
        let answer =
            Answer { status: reqwest::StatusCode::from_u16(status).unwrap(), retry_after: None, body: body.into() };
        not_json(&answer, &scene(&credential, kind))
    }

    #[test]
    fn the_class_decides_before_the_status() {
        assert!(matches!(classify("odoo.exceptions.AccessError", "no", Some(500)), OdooError::AccessDenied { .. }));
        assert!(matches!(classify("odoo.exceptions.MissingError", "gone", None), OdooError::RecordMissing { .. }));
        assert!(matches!(classify("odoo.exceptions.ValidationError", "no", None), OdooError::Refused { .. }));
        assert!(matches!(classify("odoo.exceptions.RedirectWarning", "no", None), OdooError::Refused { .. }));
        assert!(matches!(
            classify("odoo.exceptions.AccessDenied", "Access Denied", None),
            OdooError::CredentialRefused { .. }
        ));
        assert!(matches!(classify("odoo.http.SessionExpiredException", "", None), OdooError::CredentialRefused { .. }));
        assert!(matches!(
            classify("werkzeug.exceptions.Unauthorized", "Invalid apikey", Some(401)),
            OdooError::CredentialRefused { .. }
        ));
        assert!(matches!(
            classify("werkzeug.exceptions.NotFound", "the model 'x' does not exist", Some(404)),
            OdooError::UnknownSchema { .. }
        ));
        assert!(matches!(
            classify("werkzeug.exceptions.UnprocessableEntity", "missing 'vals'", Some(422)),
            OdooError::BadArguments { .. }
        ));
        assert!(matches!(
            classify("builtins.ValueError", "Invalid field 'x' on 'y'", Some(500)),
            OdooError::UnknownSchema { .. }
        ));
        assert!(matches!(
            classify("odoo.exceptions.UserError", "Object x.y doesn't exist", None),
            OdooError::UnknownSchema { .. }
        ));
        assert!(matches!(
            classify("builtins.AttributeError", "'x' has no attribute 'y'", None),
            OdooError::UnknownSchema { .. }
        ));
        assert!(matches!(
            classify("builtins.ZeroDivisionError", "division by zero", Some(500)),
            OdooError::Failed { .. }
        ));
        assert!(matches!(classify("x.y.Other", "", Some(403)), OdooError::AccessDenied { .. }));
    }

    #[test]
    fn what_postgresql_says_is_told_apart_and_kept_to_itself() {
        let missing = r#"connection to server at "10.0.0.7", port 5432 failed: FATAL:  database "prod" does not exist"#;
        assert_eq!(
            classify("psycopg2.OperationalError", missing, None),
            OdooError::UnknownDatabase { database: "prod".into() }
        );
        let down = classify("psycopg2.OperationalError", "connection to server at 10.0.0.7 refused", None);
        assert!(!format!("{down:?} {down}").contains("10.0.0.7"));
        assert!(matches!(classify("psycopg2.errors.SerializationFailure", "", None), OdooError::Busy { .. }));
        assert_eq!(
            classify("psycopg2.errors.NumericValueOutOfRange", "integer out of range", Some(500)),
            OdooError::BadArguments { words: Words::default() }
        );
        assert!(matches!(
            classify("psycopg2.errors.UniqueViolation", "duplicate key", None),
            OdooError::Refused { .. }
        ));
    }

    #[test]
    fn a_missing_plan_is_not_a_wrong_key() {
        let words = "Access to the external API is only available on Custom Odoo pricing plans.";
        assert_eq!(classify("odoo.exceptions.AccessDenied", words, None), OdooError::ApiNotIncluded);
        assert_eq!(classify("odoo.exceptions.AccessError", words, Some(403)), OdooError::ApiNotIncluded);
        assert_eq!(page(403, &format!("<html>{words}</html>"), Kind::Read), OdooError::ApiNotIncluded);
        assert!(matches!(
            classify("odoo.exceptions.AccessError", "You cannot plan this task", None),
            OdooError::AccessDenied { .. }
        ));
    }

    #[test]
    fn a_web_page_in_odoo_s_place_means_an_unknown_outcome_only_where_the_write_may_have_run() {
        for status in [500, 502, 504, 524, 408, 200] {
            assert!(page(status, "<html>", Kind::Write).is_outcome_unknown(), "{status}");
            assert!(!page(status, "<html>", Kind::Read).is_outcome_unknown(), "{status}");
        }
        for status in [400, 401, 403, 404, 413, 429, 503] {
            assert!(!page(status, "<html>", Kind::Write).is_outcome_unknown(), "{status}");
        }
        assert!(matches!(page(404, "<p>No database is selected and …", Kind::Read), OdooError::UnknownDatabase { .. }));
        assert!(matches!(page(404, "<html>", Kind::Read), OdooError::NoApi { .. }));
    }
}
