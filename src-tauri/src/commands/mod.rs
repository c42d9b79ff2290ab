//! What the windows can ask for. Each command is one to three lines over the broker; which window may call it is said in
//! `capabilities/`, and `build.rs` lists them all.

mod approval_window;
mod main_window;
mod policy;

/// Every command of both windows.
pub(crate) fn all() -> impl Fn(tauri::ipc::Invoke) -> bool + Send + Sync + 'static {
    use approval_window as a;
    use main_window as m;
    use policy as p;
    tauri::generate_handler![
        m::overview,
        m::parse_url,
        m::databases,
        m::save_connection,
        m::test_connection,
        m::cancel_test,
        m::trash_connection,
        m::restore_connection,
        m::purge_connection,
        m::disconnect_connection,
        m::reconnect_connection,
        m::start_demo,
        m::dismiss_proposal,
        m::approvals,
        m::withdraw_ticket,
        m::review,
        m::activity,
        m::activity_detail,
        m::undo_call,
        m::undo_agent,
        m::verify_journal,
        m::pause_agent,
        m::revoke_agent,
        m::revoke_standing,
        m::revoke_grant,
        m::grant_connection,
        m::pause_all,
        m::change_pin,
        m::retry_vault,
        m::use_session_vault,
        m::open_external,
        m::window_ready,
        p::policy_page,
        p::check_policy,
        p::print_policy,
        p::save_policy,
        p::restore_policy,
        p::import_policy,
        p::policy_schema,
        p::policy_paths,
        p::try_call,
        p::recorded_calls,
        p::recorded_call,
        p::replay_policy,
        p::explain_recorded,
        p::open_model,
        p::close_model,
        a::queue,
        a::wanted_card,
        a::present_card,
        a::settle_pin,
        a::decide,
        a::export_card,
        a::recent_calls,
        a::undo_recent,
        a::close_approval,
    ]
}
