//! The last three steps: everything once more at the moment of running, the durable intent, the execution, the settling.

use crate::admission::Admitted;
use crate::arrival::{Arrival, Stop};
use crate::desk::Matter;
use crate::dispatch::{limited, paused, refused};
use crate::sheet::Sheet;
use crate::state::Broker;
use crate::tools::{Call, Done, Site};
use crate::view::Topic;
use gatehouse_core::{
    CallHeader, CallId, Category, Charge, Decision, Digest, EdgeError, ErrorCode, Hasher, JournalEvent, Outcome,
    Question, TicketId, Timestamp,
};
use gatehouse_ipc::message::CallAnswer;
use gatehouse_policy::Reservation;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// A described call with all it needs to run: what a ticket keeps. Never a resent one.
pub(crate) struct Job {
    pub(crate) id: CallId,
    pub(crate) site: Site,
    pub(crate) call: Box<dyn Call>,
    pub(crate) arguments: Value,
    pub(crate) key: Digest,
    pub(crate) question: Option<Question>,
    pub(crate) reservation: Mutex<Option<Reservation>>,
    pub(crate) ticket: Option<TicketId>,
    /// The values that the preview was made from.
    pub(crate) observed: Value,
}

impl Job {
    fn charges(&self) -> Vec<Charge> {
        let reservation = self.reservation.lock().unwrap_or_else(PoisonError::into_inner);
        reservation.as_ref().map(|reserved| reserved.charges.clone()).unwrap_or_default()
    }
}

enum Recheck {
    /// The data has changed.
    Drifted,
    /// Refused now.
    Refused(EdgeError),
    /// A limit is full in the window of now.
    Limited(EdgeError),
    /// The caller is gone.
    Detached,
}

impl Broker {
    /// Takes an approved ticket, exactly once; `None` when another call was faster or it is too late.
    pub(crate) fn claim(&self, id: &TicketId) -> Option<Arc<Job>> {
        let now = self.now();
        self.0.desk.change(id, |held| {
            let Matter::Call { job, .. } = &held.matter else { return None };
            let job = job.clone();
            held.ticket.claim(now).ok().map(|()| job)
        })?
    }

    /// Runs a claimed ticket to its end, whatever becomes of the call that claimed it: what was sent is settled.
    pub(crate) async fn run_claimed(self, job: Arc<Job>, id: TicketId, cancel: CancellationToken) {
        match self.recheck(&job, &cancel).await {
            Ok(()) => {
                let result = self.run_job(&job).await;
                let now = self.now();
                self.0.desk.change(&id, |held| {
                    held.result = Some(result);
                    held.ticket.settle(now)
                });
            }
            Err(Recheck::Drifted) => {
                let now = self.now();
                self.give_back_job(&job);
                self.0.desk.change(&id, |held| {
                    held.result = Some(Err(EdgeError::new(
                        ErrorCode::Drifted,
                        "Nothing ran: what the person saw has changed in Odoo since. Repeat the call and they will be \
                         asked anew, with the difference marked.",
                    )));
                    held.ticket.void("what the person saw has changed since", now)
                });
                self.note_ticket(&id, "void");
            }
            Err(Recheck::Refused(error)) => {
                let now = self.now();
                self.give_back_job(&job);
                self.0.desk.change(&id, |held| {
                    held.result = Some(Err(error.clone()));
                    held.ticket.void(error.message.clone(), now)
                });
                self.note_ticket(&id, "void");
            }
            Err(Recheck::Limited(error)) => {
                let now = self.now();
                self.0.desk.change(&id, |held| {
                    held.limited = Some(error);
                    held.ticket.release(now)
                });
            }
            Err(Recheck::Detached) => {
                let now = self.now();
                self.0.desk.change(&id, |held| held.ticket.release(now));
            }
        }
        self.changed(&[Topic::Approvals, Topic::Activity]);
    }

    /// 8. Everything once more at the moment of running.
    async fn recheck(&self, job: &Job, cancel: &CancellationToken) -> Result<(), Recheck> {
        if cancel.is_cancelled() {
            return Err(Recheck::Detached);
        }
        if self.is_paused() || self.is_stopping() {
            return Err(Recheck::Refused(paused("The user paused every agent in Gatehouse.")));
        }
        if let Admitted::Paused = self.admitted(&job.site.agent.id, &job.site.bridge) {
            return Err(Recheck::Refused(paused("The user paused this agent in Gatehouse.")));
        }
        let agent = self.registry(|registry| registry.agents.get(&job.site.agent.id).cloned());
        if let Some(connection) = &job.site.connection {
            let granted = agent.is_some_and(|agent| agent.is_granted(&connection.id));
            let now = self.connection(&connection.id).map_err(Recheck::Refused)?;
            if !granted
                || now.origin != connection.origin
                || now.database != connection.database
                || now.login != connection.login
            {
                return Err(Recheck::Refused(EdgeError::new(
                    ErrorCode::ConnectionUnavailable,
                    "The connection has changed since the person approved.",
                )));
            }
            let tool = &job.call.facts().tool;
            if tool.starts_with("odoo_") && tool != "odoo_disconnect" {
                let definition = self.0.tools.get(tool).map(|(_, definition)| definition.clone());
                if let Some(definition) = definition {
                    self.screen(Some(&now), &definition).map_err(Recheck::Refused)?;
                }
            }
        }
        if let Decision::Deny(denial) = self.decide(&job.site, job.call.as_ref(), &job.arguments).decision {
            return Err(Recheck::Refused(refused(&denial)));
        }
        let observed = job.call.preview(&job.site).await.map_err(Recheck::Refused)?.observed;
        if shown_digest(&job.key, &observed) != shown_digest(&job.key, &job.observed) {
            return Err(Recheck::Drifted);
        }
        if cancel.is_cancelled() {
            return Err(Recheck::Detached);
        }
        let mut reservation = job.reservation.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reserved) = reservation.as_mut() {
            let moved = self.limits().move_to(reserved, self.now());
            *reserved = moved.map_err(|full| Recheck::Limited(limited(&full)))?;
        }
        Ok(())
    }

    /// A call that nobody has to be asked about.
    pub(crate) async fn run_unasked(
        &self,
        arrival: &Arrival,
        job: Arc<Job>,
        sheet: &mut Sheet,
    ) -> Result<Result<CallAnswer, EdgeError>, Stop> {
        if job.call.facts().changes_odoo() {
            // Once sent it goes on to its end, whatever becomes of the caller.
            sheet.recorded = true;
            let broker = self.clone();
            let running = tokio::spawn(async move { broker.run_job(&job).await });
            return running
                .await
                .map_err(|_| EdgeError::new(ErrorCode::Internal, "The call failed inside Gatehouse.").into());
        }
        tokio::select! {
            done = job.call.run(&job.site) => Ok(match done {
                Ok(done) => {
                    sheet.header.charges.extend(self.charge_rows(&job, &done));
                    sheet.summary.clone_from(&done.summary);
                    Ok(answer_of(&done))
                }
                Err(error) => Err(error),
            }),
            () = arrival.cancel.cancelled() => {
                self.give_back_job(&job);
                Err(Stop::Cancelled)
            }
        }
    }

    /// 9 and 10. Writes the intent down durably, executes, settles. What changes nothing needs no intent.
    pub(crate) async fn run_job(&self, job: &Job) -> Result<CallAnswer, EdgeError> {
        let mut header = Self::header_of(job);
        let started = self.now();
        let elapsed = |until: Timestamp| u64::try_from(until.since(started).as_millis()).unwrap_or(u64::MAX);
        if job.call.facts().risk.category == Category::Read {
            let done = job.call.run(&job.site).await;
            let outcome = match &done {
                Ok(done) => {
                    header.charges.extend(self.charge_rows(job, done));
                    Outcome::Done { summary: done.summary.clone() }
                }
                Err(error) => Outcome::Failed { code: error.code, message: error.message.clone() },
            };
            let duration_ms = elapsed(self.now());
            let event = JournalEvent::Call { call: job.id.clone(), of: header, outcome, duration_ms };
            self.note_call(event, json!({"arguments": job.arguments}));
            return done.map(|done| answer_of(&done));
        }
        let payload = json!({"arguments": job.arguments, "resolved": job.call.resolved(), "before": job.observed});
        if let Err(error) = self.note_intent(JournalEvent::Intent { call: job.id.clone(), of: header }, payload).await {
            self.give_back_job(job);
            return Err(error);
        }
        let done = job.call.run(&job.site).await;
        let duration_ms = elapsed(self.now());
        let (outcome, given_back) = match &done {
            Ok(done) => (Outcome::Done { summary: done.summary.clone() }, Vec::new()),
            Err(error) if error.code == ErrorCode::OutcomeUnknown => {
                (Outcome::Unknown { message: error.message.clone() }, Vec::new())
            }
            Err(error) => {
                (Outcome::Failed { code: error.code, message: error.message.clone() }, self.give_back_job(job))
            }
        };
        self.note(JournalEvent::Settled { call: job.id.clone(), outcome, duration_ms, given_back });
        self.changed(&[Topic::Activity]);
        done.map(|done| answer_of(&done))
    }

    /// Rows are charged when they were counted.
    fn charge_rows(&self, job: &Job, done: &Done) -> Vec<Charge> {
        let now = self.now();
        let reservation = job.reservation.lock().unwrap_or_else(PoisonError::into_inner);
        reservation.as_ref().map(|reserved| self.limits().settle_rows(reserved, done.rows, now)).unwrap_or_default()
    }

    fn header_of(job: &Job) -> CallHeader {
        let facts = job.call.facts();
        CallHeader {
            agent: job.site.agent.id.clone(),
            connection: job.site.connection.as_ref().map(|c| c.id.clone()),
            connection_name: job.site.connection.as_ref().map(|c| c.name.clone()),
            tool: facts.tool.clone(),
            category: facts.risk.category,
            model: facts.model.clone(),
            method: facts.method.clone(),
            records: facts.records,
            decision: if job.question.is_some() { "ask".into() } else { "allow".into() },
            rule: job.question.as_ref().map(|question| question.rule.clone()).unwrap_or_default(),
            ticket: job.ticket.clone(),
            charges: job.charges(),
        }
    }
}

/// What the person approves: the call and the values it was shown with.
pub(crate) fn shown_digest(key: &Digest, observed: &Value) -> Digest {
    Hasher::new("shown").part(key.as_bytes()).json(observed).finish()
}

fn answer_of(done: &Done) -> CallAnswer {
    CallAnswer { text: done.answer.to_string(), is_error: false }
}
