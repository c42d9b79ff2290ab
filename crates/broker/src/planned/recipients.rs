//! Who gets what a step sends: read again right before it is sent, because earlier steps may have changed it since the card.

use super::Stop;
use crate::tools::{Call, Difference, PlanCall, Site};
use gatehouse_core::{EdgeError, ErrorCode};
use serde_json::Value;
use std::collections::BTreeMap;

/// Who was shown for a step, in what was observed of its plan; `None` where nobody was, and nothing can be compared. A form
/// that an earlier step makes goes to whom that step was shown to name.
pub(super) fn shown<'v>(plan: &PlanCall, observed: &'v Value, number: usize) -> Option<&'v Value> {
    let place = number.checked_sub(1)?;
    let of_step = plan.steps().get(place)?.call.recipients(observed.get(place)?)?;
    match of_step.get("step").and_then(Value::as_u64).and_then(|step| usize::try_from(step).ok()) {
        Some(maker) if maker < number => shown(plan, observed, maker),
        Some(_) => None,
        None => Some(of_step),
    }
}

/// Refused where it would go to somebody else now, or to another address.
pub(super) async fn check(
    site: &Site,
    call: &dyn Call,
    shown: &Value,
    made: &BTreeMap<usize, Vec<i64>>,
) -> Result<(), Stop> {
    let observed = call.observe(site).await?;
    let now = call.recipients(&observed).unwrap_or(&Value::Null);
    match Difference::between(shown, now, made) {
        None => Ok(()),
        Some(Difference { told, seen }) => {
            Err(Stop { error: EdgeError::new(ErrorCode::Drifted, told), seen: Some(seen) })
        }
    }
}
