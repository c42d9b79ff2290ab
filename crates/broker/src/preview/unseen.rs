//! Calls whose preview could not be made.

use super::Preview;
use crate::tools::Call;
use gatehouse_core::{Category, EdgeError, ErrorCode};

/// What a person types to approve without a preview.
const WORDS: &str = "approve unseen";

/// The words that approve this call without a preview; none where nothing does.
pub(super) fn words(call: &dyn Call) -> Option<String> {
    (call.facts().risk.category != Category::Destructive).then(|| WORDS.to_owned())
}

/// Whether a preview failed for a reason that is not the call's own: the person may decide all the same.
pub(crate) fn is_passing(error: &EdgeError) -> bool {
    matches!(error.code, ErrorCode::Unreachable | ErrorCode::OdooFailed | ErrorCode::OdooBusy)
}

/// What is known of a call without asking Odoo.
pub(crate) fn preview(call: &dyn Call, place: &str, error: &EdgeError) -> Preview {
    let facts = call.facts();
    let on = match (&facts.model, facts.records) {
        (Some(model), Some(1)) => format!(" on 1 {model} record"),
        (Some(model), Some(records)) => format!(" on {records} {model} records"),
        (Some(model), None) => format!(" on {model}"),
        (None, _) => String::new(),
    };
    Preview {
        sentence: format!("Run {}{on} in {place}, unseen", facts.tool),
        model: facts.model.clone(),
        error: Some(error.message.clone()),
        ..Preview::default()
    }
}
