//! Rules that ask: their conditions say what must be true for the question.

use super::super::DifferenceKind;
use super::super::draft::{Draft, Kind, RuleDraft, Spot, Topic};
use super::super::shape::Shape;
use super::super::source::Node;
use super::conditions::{Carried, argument, doubts, shape_of};

pub(super) fn approval(
    node: &Node,
    tool: &str,
    conditions: &[Node],
    words: Option<String>,
    spot: &Spot,
    draft: &mut Draft<'_>,
) {
    let mut rule = RuleDraft { words, ..RuleDraft::default() };
    let at = spot.key("conditions", node.get("conditions").map_or(spot.place, |conditions| conditions.place));
    let mut wrong = Vec::new();
    let mut kept = Vec::new();
    for (index, condition) in conditions.iter().enumerate() {
        let here = at.index(index, condition.place);
        match argument(condition, tool, Kind::Ask, &here, draft) {
            Ok(Carried::As(json)) => {
                kept.push((condition, here));
                rule.conditions.push(json);
            }
            Ok(Carried::Always) => {}
            Ok(Carried::Never(why)) | Err(why) => wrong.push((here, why)),
        }
    }
    let time = node.get("approval_timeout");
    if let Some(time) = time {
        let seconds = time.words().and_then(duration);
        rule.timeout = seconds.map(|seconds| format!("{}s", seconds.min(86_400)));
        if seconds.is_none() {
            let here = spot.key("approval_timeout", time.place);
            let message = "The time is not one that can be read (30m, 1h30m, 90s). It is left out, so the ticket's own time counts.";
            draft.tell(DifferenceKind::Lost, &here, "", message);
        }
    }
    let target = draft.rule(Kind::Ask, tool, rule, spot);
    for (here, why) in wrong {
        draft.tell(
            DifferenceKind::Stricter,
            &here,
            target.clone(),
            format!("{why} It is left out, so the rule asks more often."),
        );
    }
    for (condition, here) in kept {
        doubts(condition, tool, &here, &target, draft);
        if shape_of(condition.get("path").and_then(Node::words).unwrap_or_default(), tool, draft) == Shape::List {
            let message =
                "Intercept does not look into lists. Here the rule asks when the condition holds for any element.";
            draft.tell_once(Topic::Lists, DifferenceKind::Stricter, &here, &target, message);
        }
    }
}

/// Seconds of a time as Go writes it: `90s`, `1h30m`.
fn duration(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut seconds = 0_u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let amount: u64 = rest.get(..end)?.parse().ok()?;
        let unit = match rest.as_bytes().get(end)? {
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(amount.checked_mul(unit)?)?;
        rest = rest.get(end + 1..)?;
    }
    (seconds > 0).then_some(seconds)
}
