//! A plan runs step by step: each described once more with what earlier steps made, written down, executed, settled. It
//! stops at the first failure, and says what was done and how to take it back.

mod recipients;

use crate::answers::BUDGET;
use crate::failpoint::{self, Point};
use crate::journal::outcome_of;
use crate::policy::payload;
use crate::preview::{KEPT_TEXT, shortened};
use crate::read_back::Change;
use crate::running::Job;
use crate::state::{Broker, new_call_id};
use crate::tools::{CREATE, Call, Done, PlanCall, Site, Step, in_step};
use gatehouse_core::{
    CallHeader, CallId, Category, EdgeError, ErrorCode, Evidence, JournalEvent, Outcome, Undo, UndoCall,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a plan came to so far.
#[derive(Default)]
pub(crate) struct Progress {
    /// For the agent, one entry a step.
    told: Vec<Value>,
    /// Records made, by step.
    made: BTreeMap<usize, Vec<i64>>,
    /// The ways back, in the order of the steps; none of a step that changed nothing.
    undo: Vec<Option<Undo>>,
    rows: u64,
    /// Bytes of answers told.
    length: usize,
}

/// Why a plan stopped at a step.
pub(crate) struct Stop {
    error: EdgeError,
    /// For the person, where that tells what the agent may not read.
    seen: Option<String>,
}

impl From<EdgeError> for Stop {
    fn from(error: EdgeError) -> Self {
        Self { error, seen: None }
    }
}

impl Broker {
    /// Runs the steps of a plan whose intent is durable. Gives what it came to, and how all of it is taken back.
    pub(crate) async fn run_plan(
        &self,
        job: &Job,
        plan: &PlanCall,
        claimed_by: &Evidence,
    ) -> Result<(Done, Undo), EdgeError> {
        let mut progress = Progress::default();
        for step in plan.steps() {
            // The person may have paused the agent, or changed the rules, since the step before.
            let stepped = match self.still_allowed(job, claimed_by) {
                Ok((site, _)) => self.plan_step(job, plan, step, (&site, claimed_by), &progress.made).await,
                Err(error) => Err(error.into()),
            };
            match stepped {
                Ok((done, undo)) => progress.did(step.number, &step.call.facts().tool, &done, undo),
                Err(stop) if progress.told.is_empty() => return Err(in_step(step.number, stop.error)),
                Err(stop) => return Ok(progress.stopped(step.number, plan.steps().len(), &job.site, &stop)),
            }
        }
        let count = progress.told.len();
        let undo = progress.way_back();
        let mut answer = progress.place(&job.site);
        answer["status"] = json!("done");
        answer["steps"] = Value::Array(progress.told);
        let summary = format!("did {count} of {count} steps");
        Ok((Done { answer, summary, rows: progress.rows, outcome: None, images: Vec::new() }, undo))
    }

    /// One step, with what earlier ones made: not sent where it would no longer be what was decided, or go to whom nobody
    /// was shown.
    async fn plan_step(
        &self,
        job: &Job,
        plan: &PlanCall,
        step: &Step,
        (site, claimed_by): (&Site, &Evidence),
        made: &BTreeMap<usize, Vec<i64>>,
    ) -> Result<(Done, Option<Undo>), Stop> {
        let (call, arguments) = step.described_with(site, made).await?;
        if let Some(shown) = recipients::shown(plan, &job.observed, step.number) {
            recipients::check(site, call.as_ref(), shown, made).await?;
        }
        Ok(self.run_step(job, (site, claimed_by), call.as_ref(), arguments).await?)
    }

    async fn run_step(
        &self,
        job: &Job,
        (site, claimed_by): (&Site, &Evidence),
        call: &dyn Call,
        arguments: Value,
    ) -> Result<(Done, Option<Undo>), EdgeError> {
        let id = new_call_id();
        let facts = call.facts();
        let header = CallHeader {
            tool: facts.tool.clone(),
            category: facts.risk.category,
            model: facts.model.clone(),
            method: facts.method.clone(),
            records: facts.records,
            charges: Vec::new(),
            plan: Some(job.id.clone()),
            ..Self::header_of(job)
        };
        let mut kept = payload(&arguments, Some(facts), job.about.as_ref(), None, 0);
        let started = self.now();
        if !facts.changes_odoo() || facts.risk.category == Category::Read {
            let done = call.run(site).await;
            if let Ok(done) = &done {
                kept["rows"] = json!(done.rows);
            }
            let outcome = outcome_of(&done);
            let duration_ms = self.millis_since(started);
            self.note_with(JournalEvent::Call { call: id, of: header, outcome, duration_ms }, kept);
            return done.map(|done| (done, None));
        }
        let before = call.before(site).await?;
        kept["resolved"] = shortened(&call.resolved(), KEPT_TEXT);
        kept["before"] = before.clone();
        self.note_intent(JournalEvent::Intent { call: id.clone(), of: header }, kept).await?;
        failpoint::at(Point::StepDurable).await;
        // The disk may have taken its time.
        let done = match self.still_allowed(job, claimed_by) {
            Ok(_) => call.run(site).await,
            Err(error) => Err(error),
        };
        let undo = done.as_ref().ok().map(|done| call.undo(&before, done));
        self.settle_step(id.clone(), &done, undo.as_ref(), self.millis_since(started));
        let done = self.told_with_read_back(done, || Change::sent(self, &id, site, call, &before, started)).await;
        done.map(|done| (done, undo))
    }

    pub(crate) fn settle_step(
        &self,
        call: CallId,
        done: &Result<Done, EdgeError>,
        undo: Option<&Undo>,
        duration_ms: u64,
    ) {
        let outcome = outcome_of(done);
        let settled = JournalEvent::settled(call, outcome, duration_ms, Vec::new());
        match undo {
            Some(undo) => self.note_with(settled, json!({"undo": undo})),
            None => self.note(settled),
        }
    }
}

impl Progress {
    /// Where the plan took place, told once: what every step says of it is taken out of the steps.
    fn place(&mut self, site: &Site) -> Value {
        let mut place = Map::new();
        if let Some(connection) = &site.connection {
            place.insert("connection".into(), json!(connection.name));
            place.insert("database".into(), json!(connection.database));
        }
        for name in ["company", "companies"] {
            let mut said = self.told.iter().filter_map(|step| step.get(name));
            let Some(first) = said.next().cloned() else { continue };
            if said.all(|other| *other == first) {
                self.told.iter_mut().filter_map(Value::as_object_mut).for_each(|step| drop(step.remove(name)));
                place.insert(name.into(), first);
            }
        }
        Value::Object(place)
    }

    pub(crate) fn did(&mut self, number: usize, tool: &str, done: &Done, undo: Option<Undo>) {
        let ids = done.answer["ids"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        self.made.insert(number, ids);
        self.undo.push(undo);
        self.rows += done.rows;
        let mut told = Map::from_iter([("step".to_owned(), json!(number)), ("tool".to_owned(), json!(tool))]);
        if let Value::Object(answer) = &done.answer {
            // Told once, for the whole plan.
            let own = answer.iter().filter(|(name, _)| !matches!(name.as_str(), "connection" | "database"));
            let own: Map<String, Value> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
            let length = json!(own).to_string().len();
            if self.length + length <= BUDGET {
                self.length += length;
                told.extend(own);
            } else {
                told.insert(
                    "left_out".into(),
                    json!("Too much for one answer: call it on its own to see what it read."),
                );
            }
        }
        self.told.push(Value::Object(told));
    }

    /// The ways back of everything that was done, the last step first.
    pub(crate) fn way_back(&self) -> Undo {
        let mut calls: Vec<UndoCall> = Vec::new();
        let mut leaves = Vec::new();
        for (place, undo) in self.undo.iter().enumerate().rev() {
            match undo {
                Some(Undo::Calls { calls: own, leaves: own_leaves }) => {
                    calls.extend(own.iter().cloned());
                    leaves.extend(own_leaves.iter().map(|left| format!("Step {}: {left}", place + 1)));
                }
                None => {}
                Some(Undo::None { why }) => leaves.push(format!("Step {}: {why}", place + 1)),
            }
        }
        if calls.is_empty() {
            let why = leaves.join(" ");
            return Undo::none(if why.is_empty() { "It changed nothing.".to_owned() } else { why });
        }
        Undo::Calls { calls, leaves }
    }

    fn stopped(mut self, number: usize, all: usize, site: &Site, stop: &Stop) -> (Done, Undo) {
        let Stop { error, seen } = stop;
        let undo = self.way_back();
        let done = number - 1;
        let summary = format!("did {done} of {all} steps, then: {}", seen.as_ref().unwrap_or(&error.message));
        let is_unknown = error.code == ErrorCode::OutcomeUnknown;
        let mut answer = self.place(site);
        answer["status"] = json!("partly_done");
        answer["steps"] = Value::Array(self.told);
        answer[if is_unknown { "unknown" } else { "failed" }] = json!({"step": number, "error": error});
        answer["not_run"] = json!(all - number);
        if let Undo::Calls { calls, leaves } = &undo {
            // What deleted records held is the person's to make again: policy may keep it from the agent.
            let steps = calls.iter().filter(|call| call.tool != CREATE);
            let step = |call: &UndoCall| json!({"tool": call.tool, "arguments": call.arguments});
            answer["undo"] = steps.map(step).collect();
            if !leaves.is_empty() {
                answer["undo_leaves"] = json!(leaves);
            }
        }
        answer["next"] = json!(if is_unknown {
            "Under unknown stands what is known of that step; where that is not enough, read its records first. What was \
             done stays done; odoo_plan with the steps under undo takes it back."
        } else {
            "What was done stays done. Send the rest again once it is right, or odoo_plan with the steps under undo to take \
             back what was done."
        });
        let outcome = is_unknown.then(|| Outcome::Unknown { message: summary.clone() });
        (Done { answer, summary, rows: self.rows, outcome, images: Vec::new() }, undo)
    }
}
