//! Methods that are never run here: the ORM's own verbs under whatever name, by which a rule about another tool could be
//! walked around, and those that hand out credentials.

use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_policy::guard;

const SEARCH: &str = "odoo_search_read";
const READ: &str = "odoo_read";
const GROUP: &str = "odoo_read_group";
const FIELDS: &str = "odoo_fields_get";
const CREATE: &str = "odoo_create";
const WRITE: &str = "odoo_write";
const UNLINK: &str = "odoo_unlink";
const ARCHIVE: &str = "odoo_write with active";
const FOLLOW: &str = "odoo_write with message_partner_ids";
const POST: &str = "odoo_message_post";
const ACTIVITY: &str = "the other odoo_ tools on mail.activity";
const REPORT: &str = "odoo_report";

/// Beginnings of names, and what does the same. The longest that fits counts.
const BEGINNINGS: [(&str, &str); 41] = [
    ("create_multi", CREATE),
    ("export_", SEARCH),
    ("fields_view_get", FIELDS),
    ("filtered", SEARCH),
    ("flush", ""),
    ("formatted_read_group", GROUP),
    ("from_db", ""),
    ("get_external_id", READ),
    ("get_field_translations", READ),
    ("get_formview", FIELDS),
    ("get_metadata", READ),
    ("get_portal_url", REPORT),
    ("get_property_definition", READ),
    ("get_view", FIELDS),
    ("get_xml_id", READ),
    ("import_", CREATE),
    ("invalidate_", ""),
    ("load_", CREATE),
    ("message_get_followers", SEARCH),
    ("message_post", POST),
    ("message_subscribe", FOLLOW),
    ("message_unsubscribe", FOLLOW),
    ("message_", POST),
    ("name_", SEARCH),
    ("name_create", CREATE),
    ("next_by_", ""),
    ("onchange", ""),
    ("read_group", GROUP),
    ("read_progress_bar", GROUP),
    ("search_count", "odoo_search_count"),
    ("search_panel_", GROUP),
    ("search_", SEARCH),
    ("signup_", ""),
    ("translate", WRITE),
    ("update_field_translations", WRITE),
    ("web_override", WRITE),
    ("web_read_group", GROUP),
    ("web_resequence", WRITE),
    ("web_save", WRITE),
    ("web_", SEARCH),
    ("with_", ""),
];

/// Whole names.
const NAMES: [(&str, &str); 91] = [
    ("action_archive", ARCHIVE),
    ("action_mass_archive", ARCHIVE),
    ("action_unarchive", ARCHIVE),
    ("activity_feedback", "odoo_execute action_feedback on mail.activity"),
    ("activity_reschedule", ACTIVITY),
    ("activity_schedule_with_view", ACTIVITY),
    ("activity_search", ACTIVITY),
    ("activity_send_mail", POST),
    ("activity_unlink", ACTIVITY),
    ("browse", READ),
    ("check_access", ""),
    ("check_access_rights", ""),
    ("check_access_rule", ""),
    ("check_field_access_rights", ""),
    ("compute_concurrency_field", ""),
    ("concat", ""),
    ("copy", "odoo_read, then odoo_create"),
    ("copy_data", READ),
    ("copy_multi", "odoo_read, then odoo_create"),
    ("copy_translations", WRITE),
    ("create", CREATE),
    ("create_action", ""),
    ("create_from_ui", CREATE),
    ("create_or_replace", CREATE),
    ("default_get", FIELDS),
    ("diff", READ),
    ("ensure_one", ""),
    ("env", ""),
    ("execute_import", CREATE),
    ("exists", READ),
    ("export_data", SEARCH),
    ("fetch", READ),
    ("fetch_mail", ""),
    ("fields_get", FIELDS),
    ("find_or_create", "odoo_search_read, then odoo_create"),
    ("get_available_models", "odoo_list_models"),
    ("get_base_url", ""),
    ("get_empty_list_help", ""),
    ("get_import_templates", ""),
    ("get_objects_to_merge", ""),
    ("get_param", ""),
    ("grouped", SEARCH),
    ("has_access", ""),
    ("has_changed", ""),
    ("init", ""),
    ("is_transient", ""),
    ("load", CREATE),
    ("lock_for_update", ""),
    ("mail_action_blacklist_remove", ""),
    ("mail_allowed_qweb_expressions", ""),
    ("mail_get_partner_fields", ""),
    ("mapped", READ),
    ("method_direct_trigger", ""),
    ("modified", ""),
    ("name_get", READ),
    ("new", CREATE),
    ("notify_cancel_by_type", ""),
    ("parse_preview", ""),
    ("print_report", REPORT),
    ("quick_create", CREATE),
    ("rating_apply", POST),
    ("rating_send_request", POST),
    ("read", READ),
    ("recompute", ""),
    ("recompute_fields", ""),
    ("recordset", ""),
    ("refresh", ""),
    ("register_hook", ""),
    ("render_qweb_html", REPORT),
    ("render_qweb_pdf", REPORT),
    ("resequence", WRITE),
    ("run", ""),
    ("search", SEARCH),
    ("search_fetch", SEARCH),
    ("set_param", ""),
    ("sorted", SEARCH),
    ("sudo", ""),
    ("sync_from_ui", CREATE),
    ("toggle_active", ARCHIVE),
    ("toggle_is_favorite", WRITE),
    ("trigger", ""),
    ("try_lock_for_update", ""),
    ("union", ""),
    ("unlink", UNLINK),
    ("unlink_action", ""),
    ("unsubscribe", ""),
    ("update", WRITE),
    ("user_has_groups", ""),
    ("view_init", ""),
    ("write", WRITE),
    ("write_multi", WRITE),
];

/// Why a method is not run, with the tool that does the same where there is one.
pub(super) fn why(model: &str, method: &str) -> Option<EdgeError> {
    let is_name = !method.is_empty()
        && method.len() <= 128
        && !method.starts_with(|c: char| c.is_ascii_digit())
        && method.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        return Some(refused("method: give the plain name of a method, such as action_confirm."));
    }
    if method.starts_with('_') {
        return Some(refused(&format!(
            "method: “{method}” is private: Odoo runs no method that begins with an underscore. Look for the button's own \
             method, such as action_confirm or button_validate."
        )));
    }
    if guard::is_credential(method) {
        return Some(refused(&format!("method: “{method}” handles credentials, and no agent runs it.")));
    }
    // Odoo looks at case; a rule does not need to.
    let name = method.to_ascii_lowercase();
    let whole = NAMES.iter().find(|(known, _)| *known == name);
    let begins = || BEGINNINGS.iter().filter(|(known, _)| name.starts_with(known)).max_by_key(|(known, _)| known.len());
    let (_, instead) = whole.or_else(begins)?;
    Some(refused(&match *instead {
        "" => format!(
            "method: “{method}” is Odoo's inside and not run by odoo_execute; say what you want to achieve by \
                       another tool."
        ),
        instead => {
            format!("method: use {instead} for {model} instead of “{method}”: it checks values and shows what changes.")
        }
    }))
}

fn refused(message: &str) -> EdgeError {
    EdgeError::new(ErrorCode::InvalidArguments, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_of_the_orm_and_their_aliases_name_the_tool_to_use() {
        for (method, tool) in [
            ("create", "odoo_create"),
            ("name_create", "odoo_create"),
            ("load", "odoo_create"),
            ("copy", "odoo_create"),
            ("web_save", "odoo_write"),
            ("web_save_multi", "odoo_write"),
            ("web_override_translations", "odoo_write"),
            ("update_field_translations", "odoo_write"),
            ("toggle_active", "odoo_write with active"),
            ("action_archive", "odoo_write with active"),
            ("unlink", "odoo_unlink"),
            ("search", "odoo_search_read"),
            ("search_fetch", "odoo_search_read"),
            ("name_search", "odoo_search_read"),
            ("web_search_read", "odoo_search_read"),
            ("web_name_search", "odoo_search_read"),
            ("export_data", "odoo_search_read"),
            ("search_count", "odoo_search_count"),
            ("read", "odoo_read"),
            ("fetch", "odoo_read"),
            ("formatted_read_grouping_sets", ""),
            ("formatted_read_group", "odoo_read_group"),
            ("web_read_group", "odoo_read_group"),
            ("read_progress_bar", "odoo_read_group"),
            ("get_views", "odoo_fields_get"),
            ("fields_get", "odoo_fields_get"),
            ("message_post", "odoo_message_post"),
            ("message_post_with_source", "odoo_message_post"),
            ("message_notify", "odoo_message_post"),
            ("message_subscribe", "odoo_write with message_partner_ids"),
            ("get_portal_url", "odoo_report"),
            ("sudo", ""),
            ("with_context", ""),
            ("with_user", ""),
            ("onchange", ""),
            ("signup_get_auth_param", ""),
            ("message_process", ""),
            ("Write", "odoo_write"),
        ] {
            let error = why("res.partner", method).unwrap_or_else(|| panic!("{method} is not refused"));
            assert!(error.message.contains(tool), "{method}: {}", error.message);
        }
    }

    #[test]
    fn what_is_no_plain_public_name_is_refused() {
        for method in [
            "_write",
            "__class__",
            "",
            "write;drop",
            "a.b",
            "1a",
            "ｗrite",
            "action_reset_password",
            "get_access_token",
        ] {
            assert!(why("res.partner", method).is_some(), "{method:?}");
        }
    }

    #[test]
    fn business_methods_are_not_refused() {
        for method in [
            "action_confirm",
            "action_post",
            "button_validate",
            "create_invoices",
            "action_create_payments",
            "reverse_moves",
            "action_send_mail",
            "process",
            "reconcile",
            "get_unusual_days",
            "action_update_prices",
        ] {
            assert!(why("sale.order", method).is_none(), "{method}");
        }
    }

    #[test]
    fn each_name_stands_once_in_order() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let beginnings: std::collections::BTreeSet<_> = BEGINNINGS.iter().map(|(name, _)| name).collect();
        assert_eq!(beginnings.len(), BEGINNINGS.len());
    }
}
