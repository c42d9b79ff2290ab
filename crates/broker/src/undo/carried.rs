//! After the click: everything once more from live data, then each call written down, sent and settled, until the first
//! that fails.

use super::no_way_back;
use super::plain::holds;
use super::prepared::{Prepared, Step, Turn};
use crate::desk::Matter;
use crate::journal::outcome_of;
use crate::planned::Progress;
use crate::policy::payload;
use crate::preview::{KEPT_TEXT, shortened};
use crate::read_back::Change;
use crate::state::{Broker, new_call_id};
use crate::tools::{self, Done, Site, in_step};
use crate::view::Topic;
use gatehouse_core::{CallHeader, CallId, EdgeError, ErrorCode, JournalEvent, Outcome, TicketId, Undo};
use gatehouse_ipc::message::CallAnswer;
use serde_json::{Value, json};

/// What decided: the person, on the card.
const RULE: &str = "(undo)";

impl Broker {
    /// Takes back what the approved card of this ticket showed. Runs to its end once begun.
    pub(crate) async fn carry_back(self, id: TicketId) -> Result<(), EdgeError> {
        let _alone = self.0.undoing.lock().await;
        let now = self.now();
        let claimed = self.0.desk.change(&id, |held| {
            let Matter::Undo { card, asked } = &held.matter else { return None };
            let (card, asked) = (card.as_ref().clone(), asked.clone());
            held.ticket.claim(now).ok().map(|()| (card, asked, *held.ticket.digest()))
        });
        let (seen, asked, digest) = claimed
            .flatten()
            .ok_or_else(|| EdgeError::new(ErrorCode::TicketGone, "Too late: this question is gone."))?;
        let prepared = match self.prepare_undo(&asked).await {
            Ok(prepared) => prepared,
            Err(error) => {
                let why = error.message.clone();
                return self.void_undo(&id, &why, error);
            }
        };
        if prepared.digest != digest {
            self.raise_undo(asked, prepared, Some(&seen));
            return self.void_undo(
                &id,
                "what it would take back has changed since",
                EdgeError::new(
                    ErrorCode::Drifted,
                    "Nothing was taken back: what the card showed has changed in Odoo since. A new card shows how it is now.",
                ),
            );
        }
        let result = self.take_turns(&prepared, &id).await;
        let now = self.now();
        self.0.desk.change(&id, |held| {
            let told = |()| CallAnswer::text(json!({"status": "done"}).to_string());
            held.result = Some(result.clone().map(told));
            held.ticket.settle(now)
        });
        self.changed(&[Topic::Approvals, Topic::Activity]);
        result
    }

    fn void_undo(&self, id: &TicketId, why: &str, error: EdgeError) -> Result<(), EdgeError> {
        let now = self.now();
        self.0.desk.change(id, |held| {
            held.result = Some(Err(error.clone()));
            held.ticket.void(why, now)
        });
        self.note_ticket(id, "void");
        self.changed(&[Topic::Approvals]);
        Err(error)
    }

    async fn take_turns(&self, prepared: &Prepared, ticket: &TicketId) -> Result<(), EdgeError> {
        let all = prepared.turns.len();
        for (done, turn) in prepared.turns.iter().enumerate() {
            let taken = match turn.steps.as_slice() {
                [step] => self.take_step(turn, step, &prepared.site, ticket, None).await.map(drop),
                _ => self.take_steps(turn, &prepared.site, ticket).await,
            };
            if let Err(error) = taken {
                let message = if all == 1 {
                    error.message
                } else {
                    format!("{done} of {all} calls were taken back, then: {}", error.message)
                };
                return Err(EdgeError { message, ..error });
            }
        }
        Ok(())
    }

    /// A call that several calls take back: one entry for the whole, and one for each, as of a plan.
    async fn take_steps(&self, turn: &Turn, site: &Site, ticket: &TicketId) -> Result<(), EdgeError> {
        let id = new_call_id();
        let steps = &turn.steps;
        let category = steps.iter().map(|step| step.call.facts().risk).max_by_key(|risk| risk.severity);
        let whole = CallHeader {
            category: category.map_or(gatehouse_core::Category::Execute, |risk| risk.category),
            tool: tools::PLAN.to_owned(),
            model: steps.first().and_then(|step| step.call.facts().model.clone()),
            records: steps.iter().map(|step| step.call.facts().records).sum(),
            ..header(turn, site, ticket)
        };
        let started = self.now();
        let told = steps.iter().map(|step| json!({"tool": step.call.facts().tool, "arguments": step.arguments}));
        let mut kept =
            payload(&json!({"steps": told.collect::<Vec<_>>()}), None, self.facts_of(site).as_ref(), None, 0);
        let resolved =
            steps.iter().map(|step| json!({"tool": step.call.facts().tool, "resolved": step.call.resolved()}));
        kept["resolved"] = shortened(&json!({"steps": resolved.collect::<Vec<_>>()}), KEPT_TEXT);
        self.note_intent(JournalEvent::Intent { call: id.clone(), of: whole }, kept).await?;
        let mut progress = Progress::default();
        let mut failed = None;
        for (place, step) in steps.iter().enumerate() {
            match self.take_step(turn, step, site, ticket, Some(&id)).await {
                Ok((done, undo)) => progress.did(place + 1, &step.call.facts().tool, &done, Some(undo)),
                Err(error) => {
                    failed = Some((place, in_step(place + 1, error)));
                    break;
                }
            }
        }
        let all = steps.len();
        let outcome = match &failed {
            None => Outcome::Done { summary: format!("did {all} of {all} steps") },
            Some((_, error)) if error.code == ErrorCode::OutcomeUnknown => {
                Outcome::Unknown { message: error.message.clone() }
            }
            Some((0, error)) => Outcome::Failed { code: error.code, message: error.message.clone() },
            Some((done, error)) => {
                Outcome::Done { summary: format!("did {done} of {all} steps, then: {}", error.message) }
            }
        };
        let event = JournalEvent::settled(id, outcome, self.millis_since(started), Vec::new());
        self.note_with(event, json!({"undo": progress.way_back()}));
        failed.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// One call at `place`: what is there by now is looked at once more, the intent is durable before it is sent.
    async fn take_step(
        &self,
        turn: &Turn,
        step: &Step,
        place: &Site,
        ticket: &TicketId,
        plan: Option<&CallId>,
    ) -> Result<(Done, Undo), EdgeError> {
        let (id, started) = (new_call_id(), self.now());
        let facts = step.call.facts();
        let of = CallHeader {
            tool: facts.tool.clone(),
            category: facts.risk.category,
            model: facts.model.clone(),
            method: facts.method.clone(),
            records: facts.records,
            plan: plan.cloned(),
            undoes: Some(plan.map_or(&turn.change.call, |_| &step.of).clone()),
            ..header(turn, place, ticket)
        };
        let mut kept = payload(&step.arguments, Some(facts), self.facts_of(place).as_ref(), None, 0);
        let ready = match self.may_go_on(turn) {
            Ok(site) => self.before(step, &site).await.map(|before| (site, before)),
            Err(error) => Err(error),
        };
        let (site, before) = match ready {
            Ok(ready) => ready,
            // A step that was not sent stands in the journal, too: what it belongs to was not taken back as a whole.
            Err(error) => {
                let outcome = Outcome::Failed { code: error.code, message: error.message.clone() };
                let duration_ms = self.millis_since(started);
                self.note_with(JournalEvent::Call { call: id, of, outcome, duration_ms }, kept);
                return Err(error);
            }
        };
        kept["resolved"] = shortened(&step.call.resolved(), KEPT_TEXT);
        kept["before"] = before.clone();
        self.note_intent(JournalEvent::Intent { call: id.clone(), of }, kept).await?;
        let mut done = match self.may_go_on(turn) {
            Ok(_) => step.call.run(&site).await,
            Err(error) => Err(error),
        };
        // Some of its records are written and the rest are not: the rest can still be taken back.
        let is_part = done.as_ref().is_ok_and(|done| done.answer["status"] == "partly_done");
        if let (true, Ok(done)) = (is_part, &mut done) {
            done.outcome = Some(Outcome::Unknown { message: done.summary.clone() });
        }
        let undo = done.as_ref().ok().map(|done| step.call.undo(&before, done));
        self.settle_step(id.clone(), &done, undo.as_ref(), self.millis_since(started));
        if !is_part {
            let sent = || Change::sent(self, &id, &site, step.call.as_ref(), &before, started);
            done = self.told_with_read_back(done, sent).await;
        }
        self.changed(&[Topic::Activity]);
        let (done, undo) = (done?, undo.unwrap_or_else(|| Undo::none("It changed nothing.")));
        match outcome_of(&Ok(done.clone())) {
            _ if is_part => Err(EdgeError::new(ErrorCode::OdooRefused, done.summary)),
            Outcome::Unknown { message } => Err(EdgeError::new(ErrorCode::OutcomeUnknown, message)),
            _ => Ok((done, undo)),
        }
    }

    /// Whether more may be sent: the connection may have been signed out, or the app quit, since.
    fn may_go_on(&self, turn: &Turn) -> Result<Site, EdgeError> {
        if self.is_stopping() {
            return Err(EdgeError::new(ErrorCode::AppUnavailable, "Gatehouse is being quit."));
        }
        self.site_of_undo(&turn.change)
    }

    /// The values before, where they still are those that the step was prepared for.
    async fn before(&self, step: &Step, site: &Site) -> Result<Value, EdgeError> {
        let before = step.call.before(site).await?;
        for change in &step.restored {
            let record = change
                .line_of
                .as_ref()
                .map_or_else(|| change.at.id.to_string(), |model| format!("{model},{}", change.at.id));
            let now = before.get(&record).and_then(|record| record.get(&change.name)).unwrap_or(&Value::Null);
            if !holds(now, &change.now, &change.field) {
                let error = no_way_back(&format!(
                    "“{}” was changed by somebody in the same moment; it stays as it is.",
                    change.field.label
                ));
                return Err(EdgeError { code: ErrorCode::Drifted, ..error });
            }
        }
        Ok(before)
    }

    fn facts_of(&self, site: &Site) -> Option<gatehouse_policy::ConnectionFacts> {
        self.about(site).map(|(_, facts)| facts)
    }
}

/// What all entries of a call that is taken back have in common.
fn header(turn: &Turn, site: &Site, ticket: &TicketId) -> CallHeader {
    CallHeader {
        agent: turn.change.agent.clone(),
        connection: site.connection.as_ref().map(|connection| connection.id.clone()),
        connection_name: site.connection.as_ref().map(|connection| connection.name.clone()),
        tool: turn.change.tool.clone(),
        category: gatehouse_core::Category::Execute,
        model: None,
        method: None,
        records: None,
        decision: "ask".to_owned(),
        rule: RULE.to_owned(),
        ticket: Some(ticket.clone()),
        charges: Vec::new(),
        policy: None,
        plan: None,
        undoes: Some(turn.change.call.clone()),
    }
}
