//! What a write does beyond its values, as far as Odoo's own modules are known. It is *at least* what happens:
//! automations and overrides do more.

use crate::{Field, FieldType};
use gatehouse_core::Effect;
use serde_json::Value;

/// Fields that write to people on any model: an assignee is told, a follower gets what is posted, an activity notifies,
/// a stage may carry a template.
const TELLS_PEOPLE: [&str; 10] = [
    "user_id",
    "user_ids",
    "activity_ids",
    "activity_user_id",
    "activity_type_id",
    "message_follower_ids",
    "message_partner_ids",
    "message_ids",
    "stage_id",
    "website_message_ids",
];

/// Fields that write to people on one model.
const TELLS_PEOPLE_ON: [(&str, &str); 14] = [
    ("calendar.event", "partner_ids"),
    ("calendar.event", "attendee_ids"),
    ("calendar.event", "start"),
    ("calendar.event", "stop"),
    ("calendar.event", "start_date"),
    ("calendar.event", "stop_date"),
    ("calendar.event", "alarm_ids"),
    ("event.event", "date_begin"),
    ("hr.leave", "holiday_status_id"),
    ("project.task", "partner_id"),
    ("project.project", "privacy_visibility"),
    ("helpdesk.ticket", "partner_id"),
    ("slide.channel", "partner_ids"),
    ("survey.user_input", "partner_id"),
];

/// Models whose every write does something beyond it.
const MODELS: [(&str, Effect); 22] = [
    ("mail.message", Effect::Mail),
    ("mail.mail", Effect::Mail),
    ("mail.compose.message", Effect::Mail),
    ("sms.sms", Effect::Mail),
    ("sms.composer", Effect::Mail),
    ("mailing.mailing", Effect::MailPossible),
    ("mail.activity", Effect::MailPossible),
    ("mail.followers", Effect::MailPossible),
    ("calendar.attendee", Effect::MailPossible),
    ("event.registration", Effect::MailPossible),
    ("discuss.channel", Effect::MailPossible),
    ("mail.channel", Effect::MailPossible),
    ("payment.transaction", Effect::Payment),
    ("account.payment.register", Effect::Payment),
    ("ir.actions.server", Effect::Code),
    ("ir.cron", Effect::Code),
    ("ir.ui.view", Effect::Code),
    ("base.automation", Effect::Code),
    ("res.users", Effect::Access),
    ("res.groups", Effect::Access),
    ("ir.rule", Effect::Access),
    ("ir.model.access", Effect::Access),
];

/// What any write on `model` does.
pub(super) fn of_model(model: &str) -> Option<Effect> {
    MODELS.iter().find(|(name, _)| *name == model).map(|(_, effect)| *effect)
}

/// What writing `value` into the field `name` of `model` does.
pub(super) fn of_field(model: &str, name: &str, field: &Field, value: &Value) -> Vec<Effect> {
    let mut effects = Vec::new();
    // Odoo marks what it computes as readonly, unless forms let people overwrite it: a lead's phone, a line's quantity.
    if field.readonly || is_state(name, field) {
        effects.push(Effect::State);
    }
    let emptied = *value == Value::Bool(false);
    if !emptied && (TELLS_PEOPLE.contains(&name) || TELLS_PEOPLE_ON.contains(&(model, name))) {
        effects.push(Effect::MailPossible);
    }
    match (model, name) {
        ("account.move", "state" | "auto_post") | ("account.move.line", "parent_state") => {
            effects.push(Effect::Posting);
        }
        ("account.payment" | "payment.transaction", "state") | ("account.move", "payment_state") => {
            effects.push(Effect::Payment);
        }
        _ => {}
    }
    effects
}

/// The field that a form shows as its status bar. Its widget is not told by `fields_get`, so the name speaks.
fn is_state(name: &str, field: &Field) -> bool {
    name == "state" || (field.kind == FieldType::Selection && (name.ends_with("_state") || name.ends_with("status")))
}
