//! The guard's tables.

/// Models that are never written; a trailing `*` stands for any rest.
pub(super) const NEVER_WRITTEN: [&str; 21] = [
    "ir.*",
    "base.*",
    "base_*",
    "auth*",
    "res.users*",
    "res.groups*",
    "res.device*",
    "res.config*",
    "mail.template*",
    "mail.alias*",
    "fetchmail.server",
    "payment.provider",
    "payment.acquirer",
    "payment.token",
    "iap.*",
    "iap_*",
    "portal.wizard*",
    "change.password.*",
    "hr.salary.rule",
    "google.*",
    "microsoft.*",
];

/// The harmless ones among them.
pub(super) const WRITTEN_ALL_THE_SAME: [&str; 2] = ["ir.filters", "base.partner.merge.automatic.wizard"];

/// Written by one tool only, which knows what it may touch: the model and the tool.
pub(super) const WRITTEN_BY: [(&str, &str); 1] = [("ir.attachment", "odoo_attachment_upload")];

/// Models that are never read: they hold credentials.
pub(super) const NEVER_READ: [&str; 19] = [
    "auth*",
    "res.users.apikeys*",
    "res.users.identitycheck",
    "res.device*",
    "res.config.settings",
    "ir.config_parameter",
    "ir.mail_server",
    "ir.logging",
    "fetchmail.server",
    "payment.provider",
    "payment.acquirer",
    "payment.token",
    "iap.*",
    "change.password.*",
    "certificate.key",
    "google.*",
    "microsoft.*",
    "portal.wizard*",
    "bus.bus",
];

/// Fields of other models whose writing changes who may do what.
pub(super) const NEVER_WRITTEN_FIELDS: [(&str, &str); 2] = [("res.company", "user_ids"), ("res.partner", "user_ids")];

/// Words that make a field a credential when one of them is a part of its name (parts are cut at `_`).
pub(super) const CREDENTIAL_WORDS: [&str; 18] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "apikey",
    "apikeys",
    "credential",
    "credentials",
    "otp",
    "totp",
    "salt",
    "pin",
    "cvc",
    "cvv",
];

/// The same for two parts in a row.
pub(super) const CREDENTIAL_PAIRS: [(&str, &str); 10] = [
    ("api", "key"),
    ("api", "keys"),
    ("private", "key"),
    ("secret", "key"),
    ("access", "key"),
    ("license", "key"),
    ("smtp", "pass"),
    ("signup", "url"),
    ("session", "id"),
    ("session", "identifier"),
];

/// What a call may say in its context.
pub(super) const CONTEXT: [&str; 4] = ["lang", "tz", "allowed_company_ids", "active_test"];
