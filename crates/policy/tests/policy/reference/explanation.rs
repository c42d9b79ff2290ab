//! What the engine says about why, held against what the reference says.

use super::counters::{Ledger, Spent};
use super::run::{Disagreement, agree, disagree, said};
use super::verdict::{Answer, Layer, judge};
use crate::generated::Call;
use gatehouse_core::Decision;
use gatehouse_policy::{CounterSeen, Explanation, LayerExplanation, StepKind, StepOutcome};

/// The explanation decides as the verdict and the limits do, and each of its layers as that layer does alone.
pub(super) fn same_explanation(
    explanation: &Explanation,
    layers: &[Layer<'_>],
    call: &Call,
    ledger: &Ledger,
    now: i64,
) -> Result<(), Disagreement> {
    let judged = judge(layers, call);
    same("the explanation's decision", &explanation.decision, &judged.answer, &ledger.spent(&judged.charges, now))?;
    if call.facts.tool == "approval_wait" {
        return Ok(());
    }
    for layer in
        layers.iter().filter(|(name, policy)| *name != "local" || policy["tools"].get(&call.facts.tool).is_some())
    {
        let Some(explained) = explanation.layers.iter().find(|explained| explained.layer == layer.0) else {
            return disagree("the layers that are explained", &explanation.layers, layer);
        };
        let alone = judge(&[*layer], call);
        let spent = ledger.spent(&alone.charges, now);
        same("a layer's decision", &explained.decision, &alone.answer, &spent)?;
        same_steps(explained)?;
        for (step, counter) in explained.steps.iter().filter_map(|step| Some((step, step.counter.as_ref()?))) {
            let Some(wanted) =
                alone.charges.iter().find(|wanted| wanted.counter.ends_with(&format!("/{}", counter.counter)))
            else {
                continue;
            };
            let runs = !matches!(explanation.decision, Decision::Deny(_));
            let before = u64::try_from(ledger.taken_at(wanted, now)).unwrap_or(u64::MAX);
            let expected = CounterSeen {
                before,
                amount: wanted.amount,
                after: if runs { before + wanted.amount } else { before },
                resets_in: ledger.until_next(wanted, now),
                ..counter.clone()
            };
            agree("a counter", &(&step.rule, counter), &(&step.rule, &expected))?;
        }
    }
    Ok(())
}

fn same(about: &'static str, engine: &Decision, answer: &Answer, spent: &[Spent]) -> Result<(), Disagreement> {
    match engine {
        Decision::Deny(denial) if answer.strictness() < 2 && !spent.is_empty() => {
            let one_of_them = spent.iter().any(|spent| spent.wanted.rule == denial.rule);
            if one_of_them { Ok(()) } else { disagree(about, denial, spent) }
        }
        _ if answer.strictness() < 2 && !spent.is_empty() => disagree(about, engine, spent),
        _ => agree(about, &said(engine), &answer.said()),
    }
}

/// The steps stand in the order of judging, and lead to the layer's decision.
fn same_steps(layer: &LayerExplanation) -> Result<(), Disagreement> {
    let kinds = [
        StepKind::Hide,
        StepKind::Default,
        StepKind::Redact,
        StepKind::DenyIf,
        StepKind::Require,
        StepKind::Limit,
        StepKind::RequireApproval,
    ];
    let order: Vec<usize> =
        layer.steps.iter().map(|step| kinds.iter().position(|kind| *kind == step.kind).unwrap()).collect();
    if !order.is_sorted() {
        return disagree("the order of the steps", &layer.steps, "sorted");
    }
    let of = |outcome| layer.steps.iter().filter(move |step| step.outcome == outcome).map(|step| step.rule.as_str());
    let (denied, asked) = (of(StepOutcome::Denied).collect::<Vec<_>>(), of(StepOutcome::Asked).next());
    let fits = match &layer.decision {
        Decision::Allow => denied.is_empty() && asked.is_none(),
        Decision::Ask(question) => denied.is_empty() && asked == Some(&question.rule),
        Decision::Deny(denial) => denied == [denial.rule.as_str()],
    };
    if fits { Ok(()) } else { disagree("the steps of a layer", layer, "steps that lead to its decision") }
}
