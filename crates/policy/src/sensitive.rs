//! What counts as sensitive to read: personal and payroll records beyond names, bank accounts, messages.

use gatehouse_core::FieldPath;

/// Every field of these models, and of those that begin with them and a dot.
const MODELS: [&str; 6] =
    ["mail.message", "mail.mail", "discuss.channel", "mail.channel", "res.partner.bank", "mail.compose.message"];

/// Fields that lead to them or hold the same, on any model.
const FIELDS: [&str; 10] = [
    "acc_number",
    "sanitized_acc_number",
    "bank_account_id",
    "bank_account_ids",
    "bank_ids",
    "ssnid",
    "sinid",
    "passport_id",
    "identification_id",
    "message_ids",
];

/// Fields of `hr.*` that only name someone or something.
const NAMES: [&str; 3] = ["id", "name", "display_name"];

/// Whether any of these fields is sensitive; so is a read that cannot tell what it reads.
pub fn is_sensitive(reads: Option<&[FieldPath]>) -> bool {
    reads.is_none_or(|reads| reads.iter().any(is_sensitive_field))
}

fn is_sensitive_field(FieldPath { model, field }: &FieldPath) -> bool {
    let of_model =
        MODELS.iter().any(|name| model.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    let personal = model.starts_with("hr.") && !NAMES.contains(&field.as_str());
    of_model || personal || FIELDS.contains(&field.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_pay_accounts_and_messages_are_sensitive_and_names_are_not() {
        for (path, sensitive) in [
            ("hr.employee/name", false),
            ("hr.employee/work_email", true),
            ("hr.payslip/net_wage", true),
            ("hr.department/id", false),
            ("res.partner.bank/acc_number", true),
            ("res.partner/bank_ids", true),
            ("mail.message/body", true),
            ("discuss.channel.member/id", true),
            ("mail.messages_of_ours/x", false),
            ("res.partner/email", false),
        ] {
            let (model, field) = path.split_once('/').unwrap();
            let read = FieldPath { model: model.into(), field: field.into() };
            assert_eq!(is_sensitive(Some(&[read])), sensitive, "{path}");
        }
        assert!(is_sensitive(None));
        assert!(!is_sensitive(Some(&[])));
    }
}
