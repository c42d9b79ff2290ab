mod errors;
mod files;
mod groups;
mod mail;
mod methods;
mod plans;
mod reads;
mod writes;

use crate::scene::{Scene, Target};
use gatehouse_core::Protocol;

/// All of it, one story after another.
pub(crate) async fn run(target: Target, protocol: Protocol) {
    let scene = Scene::open(target, protocol).await;
    reads::connection_models_and_fields_are_told(&scene).await;
    reads::records_are_found_read_and_paged(&scene).await;
    reads::answers_are_small(&scene).await;
    reads::what_was_handed_out_is_taken_back(&scene).await;
    reads::a_relative_date_is_resolved_and_shown(&scene).await;
    groups::records_are_counted_and_summed_up_in_one_shape(&scene).await;
    groups::amounts_are_summed_up_in_one_currency_and_never_over_several(&scene).await;
    writes::values_are_checked_before_anything_is_sent(&scene).await;
    writes::odoos_silent_mistakes_do_not_happen(&scene).await;
    writes::many_records_change_in_one_call_and_back(&scene).await;
    plans::a_document_is_made_in_one_plan_and_a_broken_one_stops(&scene).await;
    mail::notes_and_comments_are_posted_as_safe_html(&scene).await;
    files::a_file_goes_up_and_comes_back_as_text(&scene).await;
    files::a_file_comes_by_its_id_however_large_and_wherever_it_hangs(&scene).await;
    files::a_picture_comes_as_a_picture_and_a_report_tells_its_way(&scene).await;
    methods::a_quotation_is_confirmed_and_a_second_time_refused(&scene).await;
    methods::a_wizard_is_told_with_the_call_that_answers_it(&scene).await;
    methods::the_orms_own_verbs_are_no_methods(&scene).await;
    errors::every_refusal_has_its_code_and_a_next_step(&scene).await;
}
