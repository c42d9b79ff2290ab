//! Taking back, prepared from live data: what will be sent, in which order, and the card that shows it.

use super::chosen::Chosen;
use super::plain::shown;
use super::recalled::{Change, Part};
use super::sifted::{Restored, Sieve, Sifted};
use super::there::There;
use super::{Asked, no_way_back};
use crate::preview::{Entry, Preview, alone, typed_count};
use crate::state::Broker;
use crate::tools::arguments::Arguments;
use crate::tools::{Call, Locale, Site};
use crate::view::{FieldChange, RecordChange, StepCard, UndoCard, UndoConflict, UndoneCall};
use gatehouse_core::{CallFacts, CallId, Category, Digest, EdgeError, ErrorCode, Hasher, UndoCall};
use gatehouse_policy::guard;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Values named in one sentence.
const NAMED: usize = 3;

/// What would be sent, and the card.
pub(crate) struct Prepared {
    pub(super) turns: Vec<Turn>,
    pub(super) card: UndoCard,
    /// Over everything that would be sent, and the values that it was prepared from.
    pub(super) digest: Digest,
    pub(super) site: Site,
}

/// A call that is taken back.
pub(super) struct Turn {
    pub(super) change: Change,
    pub(super) steps: Vec<Step>,
}

/// A call that is sent for it.
pub(super) struct Step {
    /// The call that it takes back: the turn's own, or a step of it.
    pub(super) of: CallId,
    pub(super) call: Box<dyn Call>,
    pub(super) arguments: Value,
    /// What it brings back; what is there by then is looked at once more before it is sent.
    pub(super) restored: Vec<Restored>,
    observed: Value,
}

/// One call, prepared.
#[derive(Default)]
struct Draft {
    steps: Vec<Step>,
    cards: Vec<StepCard>,
    conflicts: Vec<UndoConflict>,
}

impl Broker {
    /// Prepares from live data what was asked. Refused where nothing is left to take back.
    pub(super) async fn prepare_undo(&self, asked: &Asked) -> Result<Prepared, EdgeError> {
        let Chosen { changes, stays, mut stops_before } = self.choose_undone(asked)?;
        let Some(first) = changes.first() else {
            return Err(nothing_left(asked, stops_before.as_deref(), &[], &stays));
        };
        let site = self.site_of_undo(first)?;
        let is_one = matches!(asked, Asked::Call(_));
        let mut there = There::default();
        let mut turns: Vec<Turn> = Vec::new();
        let (mut calls, mut steps, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
        let mut leaves = stays.clone();
        for change in changes {
            let draft = match self.draft(&site, &mut there, &change, steps.len()).await {
                Ok(draft) => draft,
                Err(error) if is_one || turns.is_empty() => return Err(error),
                Err(error) => {
                    stops_before = Some(format!("It stops before “{}”: {}", change.summary, error.message));
                    break;
                }
            };
            if !is_one && !draft.conflicts.is_empty() {
                let why = in_words(&draft.conflicts);
                stops_before =
                    Some(format!("It stops before “{}”: {why} Take that call back on its own.", change.summary));
                break;
            }
            conflicts.extend(draft.conflicts);
            if draft.steps.is_empty() {
                continue;
            }
            let known: BTreeSet<String> = leaves.iter().cloned().collect();
            leaves.extend(change.leaves.iter().filter(|left| !known.contains(*left)).cloned());
            calls.push(undone_call(&change));
            steps.extend(draft.cards);
            turns.push(Turn { change, steps: draft.steps });
        }
        if turns.is_empty() {
            return Err(nothing_left(asked, stops_before.as_deref(), &conflicts, &stays));
        }
        let type_count = count_to_type(&turns);
        let card = UndoCard { calls, steps, conflicts, leaves, stops_before, preview_error: None, type_count };
        let digest = digest_of(asked, &site, &turns, &card);
        Ok(Prepared { turns, card, digest, site })
    }

    /// Prepares one call. `before` is how many steps stand before its own.
    async fn draft(&self, site: &Site, there: &mut There, change: &Change, before: usize) -> Result<Draft, EdgeError> {
        let mut draft = Draft::default();
        for part in &change.parts {
            let mut blocked = BTreeSet::new();
            for back in &part.back {
                let (locale, given) = self.placed(site, part, back).await?;
                let model = given.arguments["model"].as_str().unwrap_or_default();
                let fields = site.fields(model, locale.lang.as_deref()).await?;
                let (locale, blocked, sifted) = (&locale, &mut blocked, Sifted::default());
                let sieve = Sieve { site, locale, fields, part, there, blocked, sifted };
                let sifted = sieve.sift(&given).await?;
                draft.conflicts.extend(sifted.conflicts);
                for arguments in sifted.arguments {
                    let arguments = with_place(arguments, &given.arguments);
                    let (call, preview) = self.described(site, &given.tool, &arguments).await?;
                    let ids: BTreeSet<i64> = call.facts().ids.iter().copied().collect();
                    let is_its = |change: &&Restored| change.line_of.is_some() || ids.contains(&change.at.id);
                    let restored: Vec<_> = sifted.restored.iter().filter(is_its).cloned().collect();
                    let number = before + draft.steps.len() + 1;
                    draft.cards.push(card_of(number, call.as_ref(), &preview, &restored));
                    let (of, observed) = (part.call.clone(), preview.observed);
                    draft.steps.push(Step { of, call, arguments, restored, observed });
                }
            }
        }
        Ok(draft)
    }

    /// A stored call in the language and companies that the call it takes back was made in.
    async fn placed(&self, site: &Site, part: &Part, back: &UndoCall) -> Result<(Locale, UndoCall), EdgeError> {
        let mut arguments = back.arguments.clone();
        let context = &part.resolved["context"];
        for (name, value) in [("lang", &context["lang"]), ("companies", &context["allowed_company_ids"])] {
            if !value.is_null() {
                arguments[name] = value.clone();
            }
        }
        let (_, definition) = self.0.tools.get(&back.tool).ok_or_else(|| no_way_back("Its way back is not known."))?;
        let locale = Locale::of(site, &Arguments::check(definition, &arguments)?).await?;
        Ok((locale, UndoCall { arguments, ..back.clone() }))
    }

    /// A call that takes another back, described and previewed like any other. The guard is asked, policies are not: a
    /// person decides.
    async fn described(
        &self,
        site: &Site,
        tool: &str,
        arguments: &Value,
    ) -> Result<(Box<dyn Call>, Preview), EdgeError> {
        let (tool, definition) = self.0.tools.get(tool).ok_or_else(|| no_way_back("Its way back is not known."))?;
        let call = tool.describe(site, Arguments::check(definition, arguments)?).await?;
        let opened = self.opened_models(site.connection.as_ref().map(|connection| &connection.id));
        if let Some(denial) = guard::judge(call.facts(), &Map::new(), &opened) {
            return Err(EdgeError::new(ErrorCode::Denied, denial.message).with_rule(guard::RULE));
        }
        let preview = call.preview(site).await?;
        Ok((call, preview))
    }
}

fn with_place(mut arguments: Value, given: &Value) -> Value {
    for name in ["lang", "companies"] {
        if let Some(value) = given.get(name) {
            arguments[name] = value.clone();
        }
    }
    arguments
}

fn undone_call(change: &Change) -> UndoneCall {
    UndoneCall {
        call: change.call.clone(),
        agent: change.agent.clone(),
        at: change.at,
        tool: change.tool.clone(),
        summary: change.summary.clone(),
    }
}

/// The card of one step. What steps before it bring back is there by then: its values before are those.
fn card_of(number: usize, call: &dyn Call, preview: &Preview, restored: &[Restored]) -> StepCard {
    let facts = call.facts();
    let mut entries = preview.entries.clone();
    for change in restored.iter().filter(|change| change.is_foreseen) {
        let is_its = |entry: &&mut Entry| entry.record.id == Some(change.at.id) && entry.model == change.line_of;
        if let Some(entry) = entries.iter_mut().find(is_its) {
            foresee(&mut entry.record, change);
        }
    }
    // All of them: what is taken back was on a card before, and is as long as that.
    let records = entries.into_iter().map(|entry| entry.record).collect();
    StepCard {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        tool: facts.tool.clone(),
        category: facts.risk.category,
        sentence: preview.sentence.clone(),
        model: preview.model.clone(),
        records,
        touches: preview.touches.clone(),
        effects: facts.effects.clone(),
        uses: Vec::new(),
    }
}

fn foresee(record: &mut RecordChange, change: &Restored) {
    let before = Some(alone(&change.now, &change.field));
    match record.fields.iter_mut().find(|field| field.field == change.name) {
        Some(field) => field.before = before,
        None => record.fields.push(FieldChange::new(
            change.name.clone(),
            change.field.label.clone(),
            before,
            Some(shown(&change.then, &change.field)),
        )),
    }
}

/// What has to be typed before all of it is sent, as for a plan: it is as strict as its strictest step. A record that
/// several steps touch counts once, and each of its lines for itself.
fn count_to_type(turns: &[Turn]) -> Option<u64> {
    let facts = || turns.iter().flat_map(|turn| &turn.steps).map(|step| step.call.facts());
    let named = |facts: &CallFacts| facts.ids.iter().map(|id| (facts.model.clone(), *id)).collect::<Vec<_>>();
    let known: BTreeSet<(Option<String>, i64)> = facts().flat_map(named).collect();
    let beside = |facts: &CallFacts| facts.records.unwrap_or(0).saturating_sub(facts.ids.len() as u64);
    let fresh: u64 = facts().map(beside).sum();
    let destructive = facts().any(|facts| facts.risk.category == Category::Destructive);
    let category = if destructive { Category::Destructive } else { Category::Write };
    typed_count(known.len() as u64 + fresh, category)
}

/// What exactly is asked: the calls that would be sent and the values that they were prepared from, what stays, and where
/// it stops.
fn digest_of(asked: &Asked, site: &Site, turns: &[Turn], card: &UndoCard) -> Digest {
    let step = |step: &Step| json!([step.of, step.call.facts().tool, step.call.resolved(), step.observed]);
    let steps: Vec<Value> = turns.iter().flat_map(|turn| turn.steps.iter().map(step)).collect();
    let foreseen = turns.iter().flat_map(|turn| turn.steps.iter().flat_map(|step| &step.restored));
    let foreseen: Vec<Value> = foreseen.map(|change| json!([change.at.id, change.name, change.now])).collect();
    Hasher::new("undo")
        .part(asked.key().as_bytes())
        .part(site.connection.as_ref().map(|connection| connection.id.as_str()).unwrap_or_default().as_bytes())
        .json(&json!([steps, foreseen, card.calls, card.conflicts, card.leaves, card.stops_before]))
        .finish()
}

fn in_words(conflicts: &[UndoConflict]) -> String {
    let one = |conflict: &UndoConflict| {
        if conflict.field.is_empty() {
            format!("{} does not exist there any more", conflict.record)
        } else {
            format!("“{}” of {} was changed since", conflict.label, conflict.record)
        }
    };
    let named = conflicts.iter().take(NAMED).map(one).collect::<Vec<_>>().join(", ");
    let more = conflicts.len().saturating_sub(NAMED);
    if more > 0 { format!("{named}, and {more} more.") } else { format!("{named}.") }
}

/// Why there is no card.
fn nothing_left(asked: &Asked, stops_before: Option<&str>, conflicts: &[UndoConflict], stays: &[String]) -> EdgeError {
    if let Some(why) = stops_before {
        return no_way_back(&format!("Nothing can be taken back. {why}"));
    }
    if !conflicts.is_empty() {
        return no_way_back(&format!("Nothing can be taken back: {}", in_words(conflicts)));
    }
    match asked {
        Asked::Call(_) => no_way_back("Everything is as it was before this call already."),
        Asked::Agent { agent, .. } => {
            let nothing = format!("{agent} changed nothing in the last hour that can still be taken back.");
            let said: Vec<&str> = std::iter::once(nothing.as_str()).chain(stays.iter().map(String::as_str)).collect();
            no_way_back(&said.join(" "))
        }
    }
}
