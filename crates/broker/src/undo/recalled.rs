//! What the journal knows of a call that is to be taken back: where it ran, what it wrote, what was there before.

use crate::state::Broker;
use crate::tools;
use crate::view::UndoOffer;
use gatehouse_core::{
    AgentId, CallHeader, CallId, Category, ConnectionId, EdgeError, Finding, JournalEntry, JournalEvent, Outcome,
    Timestamp, Undo, UndoCall,
};
use gatehouse_store::{Line, PayloadState, SentCall};
use serde_json::Value;
use std::collections::BTreeSet;

/// Undos of undos that are followed. Each is a click of a person's.
const DEPTH: usize = 64;

/// What can be said of taking a call back.
pub(super) enum Recalled {
    /// It changed something and has a way back.
    Change(Box<Change>),
    /// It changed something and has no way back, as was known when it ended: why.
    Stays(String),
    /// It changed something, or may have, and cannot be taken back: why.
    Final(String),
    /// It changed nothing.
    Nothing,
}

/// A call that changed something and has a way back.
pub(super) struct Change {
    pub(super) call: CallId,
    pub(super) agent: AgentId,
    pub(super) at: Timestamp,
    pub(super) tool: String,
    /// What it did, in a few words.
    pub(super) summary: String,
    pub(super) connection: ConnectionId,
    /// Host and database, as they were.
    pub(super) place: (String, String),
    /// What was sent; of a plan its steps, the last one first.
    pub(super) parts: Vec<Part>,
    pub(super) leaves: Vec<String>,
}

/// A call that was sent, and the calls that take it back.
pub(super) struct Part {
    pub(super) call: CallId,
    pub(super) tool: String,
    /// The values as they were sent.
    pub(super) resolved: Value,
    /// The values before, by record.
    pub(super) before: Value,
    pub(super) back: Vec<UndoCall>,
}

/// What is known of an undo whose answer was lost. The first of these counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Lost {
    /// Odoo was not asked yet what came of it.
    NotLookedFor,
    /// What was found there, a sentence.
    Perhaps(String),
}

impl Part {
    /// What was written into a field of a record, or was foreseen to come along; none where nobody knows.
    pub(super) fn written(&self, id: i64, field: &str) -> Option<&Value> {
        let updates = self.resolved.get("updates")?.as_array()?.iter();
        let mut of_record = updates
            .filter(|update| update["ids"].as_array().into_iter().flatten().any(|one| one.as_i64() == Some(id)))
            .filter_map(|update| update.get("values")?.get(field));
        of_record.next().or_else(|| self.before.get(tools::BESIDES)?.get(id.to_string())?.get(field))
    }

    /// What was there before: of a record of the model that was written, or of a line of it.
    pub(super) fn was(&self, line_of: Option<&str>, id: i64, field: &str) -> Option<&Value> {
        let record = line_of.map_or_else(|| id.to_string(), |model| format!("{model},{id}"));
        self.before.get(record)?.get(field)
    }
}

impl Broker {
    /// Whether a call can be taken back; none of one that changed nothing.
    pub(crate) fn undo_offer(&self, call: &CallId) -> Result<Option<UndoOffer>, EdgeError> {
        Ok(match self.recall(call)? {
            Recalled::Nothing => None,
            Recalled::Stays(why) | Recalled::Final(why) => Some(UndoOffer::Impossible { why }),
            Recalled::Change(change) => Some(match self.taken_back_at(call)? {
                Some(at) => UndoOffer::Undone { at },
                None => UndoOffer::Possible { leaves: change.leaves },
            }),
        })
    }

    /// The calls among these entries that were taken back, and the steps of such plans.
    pub(crate) fn undone_among(&self, entries: &[JournalEntry]) -> Result<Vec<CallId>, EdgeError> {
        let mut undone = Vec::new();
        for entry in entries {
            let JournalEvent::Intent { call, of } = &entry.event else { continue };
            if of.category == Category::Read {
                continue;
            }
            let whole = of.plan.as_ref().unwrap_or(call);
            if self.taken_back_at(call)?.is_some() || (whole != call && self.taken_back_at(whole)?.is_some()) {
                undone.push(call.clone());
            }
        }
        Ok(undone)
    }

    /// When a call was taken back as a whole, if it was and that was not taken back itself.
    pub(super) fn taken_back_at(&self, call: &CallId) -> Result<Option<Timestamp>, EdgeError> {
        self.taken_back_within(call, DEPTH)
    }

    /// A call that takes this one back was sent, and nobody knows what came of it; none where there is no such call.
    fn may_have_gone_back(&self, call: &CallId) -> Result<Option<Lost>, EdgeError> {
        let lines = self.0.store.undoing(call).map_err(|error| error.edge())?;
        let one = |line: &Line| {
            let is_sent = matches!(line.entry.event, JournalEvent::Intent { .. });
            match (is_sent, outcome_of(line), line.read_back.as_ref().map(|entry| &entry.event)) {
                (true, None, _) | (true, Some(Outcome::Unknown { .. }), None) => Some(Lost::NotLookedFor),
                (true, Some(Outcome::Unknown { .. }), Some(JournalEvent::ReadBack { finding, message, .. }))
                    if *finding != Finding::NotApplied =>
                {
                    Some(Lost::Perhaps(message.clone()))
                }
                _ => None,
            }
        };
        Ok(lines.iter().filter_map(one).min())
    }

    fn taken_back_within(&self, call: &CallId, depth: usize) -> Result<Option<Timestamp>, EdgeError> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(None) };
        let mut tries: Vec<(CallId, Vec<Line>)> = Vec::new();
        for line in self.0.store.undoing(call).map_err(|error| error.edge())? {
            let Some((id, of)) = call_of(&line.entry) else { continue };
            let whole = of.plan.as_ref().unwrap_or(id).clone();
            match tries.iter_mut().find(|(one, _)| *one == whole) {
                Some((_, lines)) => lines.push(line),
                None => tries.push((whole, vec![line])),
            }
        }
        for (whole, lines) in tries {
            let Some(at) = all_done(&lines) else { continue };
            if self.is_complete(&whole, &lines)? && self.taken_back_within(&whole, depth)?.is_none() {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Whether a plan that took a call back did all of its steps; a call of its own, and steps for themselves, are complete.
    fn is_complete(&self, whole: &CallId, lines: &[Line]) -> Result<bool, EdgeError> {
        let is_whole = |line: &Line| call_of(&line.entry).is_some_and(|(call, _)| call == whole);
        if !lines.iter().any(is_whole) {
            return Ok(true);
        }
        let steps = self.0.store.steps(whole, None).map_err(|error| error.edge())?;
        let steps: Vec<Line> = steps.into_iter().map(|step| step.line).collect();
        Ok(steps.is_empty() || all_done(&steps).is_some())
    }

    /// What the journal knows of a call.
    pub(super) fn recall(&self, call: &CallId) -> Result<Recalled, EdgeError> {
        let sealer = self.sealer().ok();
        let found = self.0.store.sent_call(call, sealer.as_deref()).map_err(|error| error.edge())?;
        let Some(found) = found else { return Ok(Recalled::Nothing) };
        let Some((_, of)) = call_of(&found.line.entry) else { return Ok(Recalled::Nothing) };
        if of.category == Category::Read {
            return Ok(Recalled::Nothing);
        }
        if of.plan.is_some() {
            return Ok(Recalled::Final("It is a step of a plan: take the plan back as a whole.".to_owned()));
        }
        let (summary, is_known) = match outcome_of(&found.line) {
            None => return Ok(Recalled::Final("It has not ended yet.".to_owned())),
            Some(Outcome::Done { summary }) => (summary.clone(), true),
            Some(Outcome::Unknown { message }) => (message.clone(), false),
            Some(Outcome::Failed { .. } | Outcome::Pending) => return Ok(Recalled::Nothing),
        };
        let undo = match undo_of(&found.settled) {
            Ok(undo) => undo,
            Err(_) if !is_known => {
                return Ok(Recalled::Final(
                    "Nobody knows whether it happened: look at the records in Odoo.".to_owned(),
                ));
            }
            Err(why) => return Ok(Recalled::Final(why)),
        };
        let (calls, leaves) = match undo {
            Undo::Calls { calls, leaves } => (calls, leaves),
            Undo::None { why } => return Ok(Recalled::Stays(why)),
        };
        let parts =
            if of.tool == tools::PLAN { self.parts_of(call)? } else { part_of(&found, calls).map(|part| vec![part]) };
        let (Ok(parts), Some(connection), Some(place)) = (parts, of.connection.clone(), place_of(&found.sent)) else {
            return Ok(Recalled::Final("What the journal keeps of it cannot be read any more.".to_owned()));
        };
        let makes = parts.iter().flat_map(|part| &part.back).any(|back| back.tool == tools::CREATE);
        let perhaps = if makes { self.may_have_gone_back(call)? } else { None };
        if perhaps == Some(Lost::NotLookedFor) {
            return Ok(Recalled::Final(
                "It was sent to be taken back, and Odoo's answer was lost. Gatehouse looks in a few minutes what became of \
                 that; then ask again."
                    .to_owned(),
            ));
        }
        let mut leaves: Vec<String> = leaves.into_iter().filter(|left| !left.contains(tools::OF_A_PLACE)).collect();
        if let Some(Lost::Perhaps(found)) = perhaps {
            leaves.push(format!("It may have been taken back already, and would be made twice. {found}"));
        }
        if !is_known {
            leaves.push("Whether all of it happened is not known; what is known of it is taken back.".to_owned());
        }
        Ok(Recalled::Change(Box::new(Change {
            call: call.clone(),
            agent: of.agent.clone(),
            at: found.line.entry.at,
            tool: of.tool.clone(),
            summary,
            connection,
            place,
            parts,
            leaves,
        })))
    }

    /// The steps of a plan that have a way back and were not taken back, the last one first.
    fn parts_of(&self, plan: &CallId) -> Result<Result<Vec<Part>, String>, EdgeError> {
        let sealer = self.sealer().ok();
        let steps = self.0.store.steps(plan, sealer.as_deref()).map_err(|error| error.edge())?;
        let mut parts = Vec::new();
        for step in steps {
            let Some((call, of)) = call_of(&step.line.entry) else { continue };
            let happened = matches!(outcome_of(&step.line), Some(Outcome::Done { .. } | Outcome::Unknown { .. }));
            if of.category == Category::Read || !happened || self.taken_back_at(call)?.is_some() {
                continue;
            }
            match undo_of(&step.settled) {
                Ok(Undo::Calls { calls, .. }) => match part_of(&step, calls) {
                    Ok(part) => parts.push(part),
                    Err(why) => return Ok(Err(why)),
                },
                Ok(Undo::None { .. }) => {}
                // A step that nobody knows of stands among what the plan leaves.
                Err(_) if step.settled == PayloadState::None => {}
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(parts))
    }
}

/// A call's id and header, of the entries that have one.
pub(super) fn call_of(entry: &JournalEntry) -> Option<(&CallId, &CallHeader)> {
    match &entry.event {
        JournalEvent::Call { call, of, .. } | JournalEvent::Intent { call, of } => Some((call, of)),
        _ => None,
    }
}

/// How a call ended; none of one that has not.
pub(super) fn outcome_of(line: &Line) -> Option<&Outcome> {
    let settled = line.settled.as_ref().map_or(&line.entry.event, |settled| &settled.event);
    match settled {
        JournalEvent::Call { outcome, .. } | JournalEvent::Settled { outcome, .. } => Some(outcome),
        _ => None,
    }
}

/// What was found in Odoo of a call of unknown outcome.
fn found(line: &Line) -> Option<Finding> {
    match line.read_back.as_ref().map(|entry| &entry.event) {
        Some(JournalEvent::ReadBack { finding, .. }) => Some(*finding),
        _ => None,
    }
}

/// When the last of these ended, where every one of them was done.
fn all_done(lines: &[Line]) -> Option<Timestamp> {
    let done =
        |line: &Line| matches!(outcome_of(line), Some(Outcome::Done { .. })) || found(line) == Some(Finding::Applied);
    let ended = lines.iter().map(|line| line.settled.as_ref().unwrap_or(&line.entry).at);
    if lines.iter().all(done) { ended.max() } else { None }
}

fn part_of(found: &SentCall, back: Vec<UndoCall>) -> Result<Part, String> {
    let sent = match &found.sent {
        PayloadState::Present(sent) => sent,
        other => return Err(lost(other)),
    };
    let (call, of) = call_of(&found.line.entry).ok_or_else(|| lost(&found.sent))?;
    Ok(Part {
        call: call.clone(),
        tool: of.tool.clone(),
        resolved: sent.get("resolved").cloned().unwrap_or_default(),
        before: sent.get("before").cloned().unwrap_or_default(),
        back,
    })
}

/// Host and database that the call went to.
fn place_of(sent: &PayloadState) -> Option<(String, String)> {
    let PayloadState::Present(sent) = sent else { return None };
    let of = |name: &str| sent.get("connection")?.get(name)?.as_str().map(str::to_owned);
    Some((of("host")?, of("database")?))
}

/// The way back that the journal keeps; why there is none.
fn undo_of(settled: &PayloadState) -> Result<Undo, String> {
    let PayloadState::Present(settled) = settled else { return Err(lost(settled)) };
    let undo = settled.get("undo").cloned().unwrap_or_default();
    serde_json::from_value(undo).map_err(|_| lost(&PayloadState::None))
}

fn lost(state: &PayloadState) -> String {
    match state {
        PayloadState::None | PayloadState::Present(_) => "The journal keeps no way back for this call.",
        PayloadState::Purged => "The way back was purged by retention, with the other details.",
        PayloadState::Locked => "The way back can be read when the vault is open.",
        PayloadState::Missing => "The way back was deleted from the journal from outside.",
        PayloadState::Damaged => "The way back was altered from outside and cannot be read.",
    }
    .to_owned()
}

/// The fields that a write's calls back would write, by record: `[id, values]`.
pub(super) fn updates_of(arguments: &Value) -> Vec<(i64, serde_json::Map<String, Value>)> {
    if let Some(updates) = arguments.get("updates").and_then(Value::as_array) {
        let one = |update: &Value| Some((update["id"].as_i64()?, update["values"].as_object()?.clone()));
        return updates.iter().filter_map(one).collect();
    }
    let values = arguments.get("values").and_then(Value::as_object).cloned().unwrap_or_default();
    ids_of(arguments).into_iter().map(|id| (id, values.clone())).collect()
}

/// The records that a call names, each once.
pub(super) fn ids_of(arguments: &Value) -> BTreeSet<i64> {
    arguments["ids"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
}
