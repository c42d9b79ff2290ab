//! The last three steps: everything once more at the moment of running, the durable intent, the execution, the settling.

use crate::admission::Admitted;
use crate::arrival::{Arrival, Stop};
use crate::desk::{Held, Matter, Raised, ended_error};
use crate::dispatch::{limited, paused, refused};
use crate::failpoint::{self, Point};
use crate::journal::outcome_of;
use crate::lost_before::keep_key;
use crate::policy::{Decided, Judgement, payload};
use crate::preview::{Entry, KEPT_TEXT, shortened};
use crate::read_back::Change;
use crate::sheet::Sheet;
use crate::state::{Broker, new_ticket_id};
use crate::tools::{Call, Done, Site};
use crate::view::Topic;
use gatehouse_core::{
    BridgeId, CallHeader, CallId, Category, Charge, Decision, Digest, EdgeError, ErrorCode, Evidence, Hasher,
    JournalEvent, Outcome, Question, Ticket, TicketId, TicketKind, Undo,
};
use gatehouse_ipc::message::CallAnswer;
use gatehouse_policy::{ConnectionFacts, Reservation};
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
    /// What its card was made from.
    pub(crate) shown: Shown,
    /// Its connection as policies saw it.
    pub(crate) about: Option<ConnectionFacts>,
    /// Why it was decided as it was, the last time.
    pub(crate) judgement: Mutex<Option<Judgement>>,
}

/// What the card of a call was made from.
#[derive(Default)]
pub(crate) struct Shown {
    /// Every record, those that do not stand on the card too.
    pub(crate) entries: Vec<Entry>,
    /// The preview could not be made.
    pub(crate) is_unseen: bool,
}

impl Job {
    fn judgement(&self) -> Option<Judgement> {
        self.judgement.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is encrypted of it.
    fn payload(&self, rows: u64) -> Value {
        payload(&self.arguments, Some(self.call.facts()), self.about.as_ref(), self.judgement().as_ref(), rows)
    }

    fn charges(&self) -> Vec<Charge> {
        let reservation = self.reservation.lock().unwrap_or_else(PoisonError::into_inner);
        reservation.as_ref().map(|reserved| reserved.charges.clone()).unwrap_or_default()
    }
}

/// The live call that claims an approved ticket.
pub(crate) struct Claimer {
    /// What the system saw of its bridge.
    pub(crate) evidence: Evidence,
    /// Fires when it no longer wants the answer.
    pub(crate) cancel: CancellationToken,
}

impl Claimer {
    pub(crate) fn of(arrival: &Arrival) -> Self {
        Self { evidence: arrival.evidence.clone(), cancel: arrival.cancel.clone() }
    }
}

enum Recheck {
    /// The data has changed.
    Drifted,
    /// The same call ran since the person was asked.
    Ran,
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
    pub(crate) async fn run_claimed(self, job: Arc<Job>, id: TicketId, claimer: Claimer) {
        match self.recheck(&job, &claimer).await {
            Ok(()) => {
                let result = self.run_job(&job, &claimer.evidence).await;
                let now = self.now();
                self.0.desk.change(&id, |held| {
                    held.result = Some(result);
                    held.ticket.settle(now)
                });
            }
            Err(Recheck::Drifted) => {
                let told = EdgeError::new(
                    ErrorCode::Drifted,
                    "Nothing ran: what the person saw has changed in Odoo since. Repeat the call and they will be asked \
                     anew, with the difference marked.",
                );
                self.void_claimed(&job, &id, told, "what the person saw has changed since");
            }
            Err(Recheck::Ran) => {
                let told = EdgeError::new(
                    ErrorCode::Drifted,
                    "Nothing of this one ran: the same call has run since the person was asked. Look at what it did; where it is to \
                     run once more, repeat the call and they will be asked anew.",
                );
                self.void_claimed(&job, &id, told, "the same call has run since");
            }
            Err(Recheck::Refused(error)) => {
                let why = error.message.clone();
                self.void_claimed(&job, &id, error, &why);
            }
            Err(Recheck::Limited(error)) => self.release(&job, &id, &claimer, Some(error)),
            Err(Recheck::Detached) => self.release(&job, &id, &claimer, None),
        }
        self.changed(&[Topic::Approvals, Topic::Activity]);
    }

    fn void_claimed(&self, job: &Job, id: &TicketId, told: EdgeError, why: &str) {
        let now = self.now();
        self.give_back_job(job);
        self.0.desk.change(id, |held| {
            held.result = Some(Err(told));
            held.ticket.void(why, now)
        });
        self.note_ticket(id, "void");
        self.note_not_run(id);
    }

    /// The approval stays, unless something was paused or taken back while the ticket was claimed.
    fn release(&self, job: &Job, id: &TicketId, claimer: &Claimer, limited: Option<EdgeError>) {
        if let Err(error) = self.still_allowed(job, &claimer.evidence) {
            let why = error.message.clone();
            return self.void_claimed(job, id, error, &why);
        }
        let now = self.now();
        self.0.desk.change(id, |held| {
            held.limited = limited;
            held.ticket.release(now)
        });
    }

    /// Step 8: everything once more at the moment of running. What takes time comes first, so that nothing can change
    /// between the last look and the sending.
    async fn recheck(&self, job: &Job, claimer: &Claimer) -> Result<(), Recheck> {
        self.still_allowed(job, &claimer.evidence).map_err(Recheck::Refused)?;
        // What nobody saw cannot have changed since; it is read before it is sent, as of a change that nobody is asked about.
        if job.question.is_some() && !job.shown.is_unseen {
            let observed = job.call.observe(&job.site).await.map_err(Recheck::Refused)?;
            if shown_digest(&job.key, &observed) != shown_digest(&job.key, &job.observed) {
                return Err(Recheck::Drifted);
            }
        }
        failpoint::at(Point::Recheck).await;
        let (site, decided) = self.still_allowed(job, &claimer.evidence).map_err(Recheck::Refused)?;
        if job.call.facts().changes_odoo() && job.ticket.as_ref().is_some_and(|id| self.0.desk.ran_since_asked(id)) {
            return Err(Recheck::Ran);
        }
        if claimer.cancel.is_cancelled() {
            return Err(Recheck::Detached);
        }
        self.move_charges(job, &site, &decided).map_err(Recheck::Limited)
    }

    /// Moves what was reserved into the windows of now, and under the limits of now. When one of them is full, everything
    /// stays as it was.
    fn move_charges(&self, job: &Job, site: &Site, decided: &Decided) -> Result<(), EdgeError> {
        let mut reservation = job.reservation.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let mut limits = self.limits();
        if let Some(reserved) = reservation.as_ref() {
            limits.give_back_all(reserved);
        }
        let judgement = self.explained(decided, site, job.call.as_ref(), &job.arguments, &limits);
        match limits.reserve(&decided.verdict.charges, now) {
            Ok(moved) => {
                *reservation = Some(moved);
                *job.judgement.lock().unwrap_or_else(PoisonError::into_inner) = Some(judgement);
                Ok(())
            }
            Err(full) => {
                limits.restore(reservation.iter().flat_map(|reserved| reserved.charges.clone()), now);
                Err(limited(&full))
            }
        }
    }

    /// Whether a call may still run, by what holds now: not paused, this program admitted, the connection granted and as
    /// it was, no layer denying. Gives the call's place as it is now, and what was decided.
    pub(crate) fn still_allowed(&self, job: &Job, claimed_by: &Evidence) -> Result<(Site, Decided), EdgeError> {
        if self.is_stopping() {
            return Err(EdgeError::new(ErrorCode::AppUnavailable, "Gatehouse is being quit; nothing ran."));
        }
        if self.is_paused() {
            return Err(paused("The user paused every agent in Gatehouse."));
        }
        let agent = match self.admitted(&job.site.agent.id, claimed_by) {
            Admitted::Yes(agent) if job.site.agent.evidence.is_same_program(claimed_by) => agent,
            Admitted::Yes(_) => {
                return Err(EdgeError::new(ErrorCode::NotAdmitted, "Another program made this call."));
            }
            Admitted::Paused => return Err(paused("The user paused this agent in Gatehouse.")),
            Admitted::No { .. } => {
                return Err(EdgeError::new(
                    ErrorCode::NotAdmitted,
                    "This program is not the one that the user admitted.",
                ));
            }
        };
        let mut site = job.site.clone();
        if let Some(connection) = &job.site.connection {
            let now = self.connection(&connection.id)?;
            let moved =
                now.origin != connection.origin || now.database != connection.database || now.login != connection.login;
            if moved || !agent.is_granted(&connection.id) {
                return Err(EdgeError::new(
                    ErrorCode::ConnectionUnavailable,
                    "The connection has changed since the call was made.",
                ));
            }
            site.connection = Some(now);
        }
        if let Some((_, definition)) = self.0.tools.get(&job.call.facts().tool) {
            self.screen(&agent.id, site.connection.as_ref(), definition, true)?;
        }
        let decided = self.decide(&site, job.call.as_ref(), &job.arguments);
        match &decided.verdict.decision {
            Decision::Deny(denial) => Err(refused(denial)),
            // What ran unasked may have to be asked about by now.
            Decision::Ask(question) if job.question.is_none() => Err(EdgeError::new(
                ErrorCode::Denied,
                "The rules have changed since the call was made; nothing ran. Repeat the call.",
            )
            .with_rule(question.rule.as_str())),
            Decision::Ask(_) | Decision::Allow => Ok((site, decided)),
        }
    }

    /// A read that nobody has to be asked about. It is written down while Odoo answers, before the agent has the answer;
    /// how it ended is left on the sheet.
    pub(crate) async fn read_unasked(
        &self,
        arrival: &Arrival,
        site: &Site,
        call: &dyn Call,
        reservation: &Reservation,
        sheet: &mut Sheet,
    ) -> Result<Result<CallAnswer, EdgeError>, Stop> {
        if arrival.cancel.is_cancelled() {
            self.give_back(reservation);
            sheet.header.charges.clear();
            return Err(Stop::Cancelled);
        }
        let run = async {
            tokio::select! {
                // It may have run by now: what it cost stays spent.
                () = arrival.cancel.cancelled() => Err(Stop::Cancelled),
                done = call.run(site) => Ok(done),
            }
        };
        let asks_odoo = call.facts().model.is_some();
        // Whoever ends the app before the rows are counted pays for as many as there could have been.
        let most = call.facts().records.unwrap_or(0);
        let to_come = self.limits().rows_to_come(reservation, most, self.now());
        let done = if asks_odoo {
            sheet.header.charges.extend(to_come.iter().cloned());
            // The request leaves first.
            let (done, ()) = tokio::join!(run, self.note_reading(sheet));
            done
        } else {
            run.await
        };
        let (rows, charges) = match &done {
            Ok(Ok(done)) => (done.rows, self.limits().settle_rows(reservation, done.rows, self.now())),
            _ => (0, Vec::new()),
        };
        if asks_odoo {
            let outcome = match &done {
                Ok(done) => outcome_of(done),
                Err(_) => Outcome::Failed { code: ErrorCode::Cancelled, message: "cancelled by the client".into() },
            };
            let duration_ms = self.millis_since(arrival.arrived_at);
            let call = sheet.call.clone();
            sheet.settled =
                Some(JournalEvent::Settled { call, outcome, duration_ms, given_back: to_come, charges, rows });
            sheet.recorded = true;
        } else if let Ok(Ok(done)) = &done {
            sheet.header.charges.extend(charges);
            sheet.rows = rows;
            sheet.summary.clone_from(&done.summary);
        }
        Ok(done?.map(answer_of))
    }

    /// A change that nobody has to be asked about: it goes on to its end, whatever becomes of the caller, on a ticket
    /// without a card. So a client that gave up and repeats the call gets the first one's result.
    pub(crate) fn change_unasked(&self, arrival: &Arrival, job: Job) -> TicketId {
        let now = self.now();
        let id = new_ticket_id();
        let mut ticket = Ticket::open(id, TicketKind::Call, job.key, job.key, now)
            .asked_by(arrival.agent.clone(), arrival.bridge.clone());
        if let Some(connection) = &job.site.connection {
            ticket = ticket.about(connection.id.clone());
        }
        // Legal moves of a fresh ticket.
        let running = ticket.approve(&job.key, now).and_then(|()| ticket.claim(now));
        debug_assert!(running.is_ok(), "a fresh ticket can be approved and claimed");
        let job = Arc::new(job);
        let held = Held::new(ticket, "", Matter::Call { job: job.clone(), card: None });
        let is_live = |bridge: &BridgeId| self.0.bridges.is_live(bridge);
        match self.0.desk.start(held, &arrival.agent, &arrival.bridge, is_live, now) {
            Raised::Opened(id) => {
                self.0.jobs.spawn(self.clone().run_claimed(job, id.clone(), Claimer::of(arrival)));
                id
            }
            Raised::Joined(id) => {
                self.give_back_job(&job);
                id
            }
        }
    }

    /// Steps 9 and 10: writes the intent down durably, executes, settles. What changes nothing needs no intent.
    async fn run_job(&self, job: &Job, claimed_by: &Evidence) -> Result<CallAnswer, EdgeError> {
        let mut header = Self::header_of(job);
        let started = self.now();
        if job.call.facts().risk.category == Category::Read {
            let done = job.call.run(&job.site).await;
            if let Ok(done) = &done {
                header.charges.extend(self.charge_rows(job, done));
            }
            let outcome = outcome_of(&done);
            let duration_ms = self.millis_since(started);
            let event = JournalEvent::Call { call: job.id.clone(), of: header, outcome, duration_ms };
            self.note_with(event, job.payload(done.as_ref().map_or(0, |done| done.rows)));
            return done.map(answer_of);
        }
        // What was not shown to anybody was not read yet.
        let before = if job.observed.is_null() { job.call.before(&job.site).await } else { Ok(job.observed.clone()) };
        let before = match before {
            Ok(before) => before,
            Err(error) => {
                self.give_back_job(job);
                self.note_refused(job, header, &error, self.millis_since(started));
                return Err(error);
            }
        };
        let mut payload = job.payload(0);
        payload["resolved"] = shortened(&job.call.resolved(), KEPT_TEXT);
        payload["before"] = before.clone();
        keep_key(&mut payload, &job.key);
        failpoint::at(Point::Intent).await;
        if let Err(error) = self.note_intent(JournalEvent::Intent { call: job.id.clone(), of: header }, payload).await {
            self.give_back_job(job);
            return Err(error);
        }
        failpoint::at(Point::IntentDurable).await;
        // The disk may have taken its time.
        let (done, began) = match self.still_allowed(job, claimed_by) {
            Ok(_) => (self.execute(job, &before, claimed_by).await, true),
            Err(error) => (Err(error), false),
        };
        failpoint::at(Point::Settle).await;
        let duration_ms = self.millis_since(started);
        let (done, undo) = match done {
            Ok((done, undo)) => (Ok(done), Some(undo)),
            Err(error) => (Err(error), None),
        };
        // What Odoo refused did run there, as far as it got: only what was never sent costs nothing.
        let never_sent = matches!(&done, Err(error) if !began || is_before_sending(error.code));
        let given_back = if never_sent { self.give_back_job(job) } else { Vec::new() };
        let settled = JournalEvent::settled(job.id.clone(), outcome_of(&done), duration_ms, given_back);
        match &undo {
            Some(undo) => self.note_with(settled, json!({"undo": undo})),
            None => self.note(settled),
        }
        self.changed(&[Topic::Activity]);
        let change = || Change::sent(self, &job.id, &job.site, job.call.as_ref(), &before, started);
        self.told_with_read_back(done, change).await.map(answer_of)
    }

    /// Sends it, a plan step by step; and how it is taken back.
    async fn execute(&self, job: &Job, before: &Value, claimed_by: &Evidence) -> Result<(Done, Undo), EdgeError> {
        if let Some(plan) = job.call.plan() {
            return self.run_plan(job, plan, claimed_by).await;
        }
        let done = job.call.run(&job.site).await?;
        let undo = job.call.undo(before, &done);
        Ok((done, undo))
    }

    /// A change that ended before its intent: nothing of it was sent.
    fn note_refused(&self, job: &Job, of: CallHeader, error: &EdgeError, duration_ms: u64) {
        let of = CallHeader { charges: Vec::new(), ..of };
        let outcome = Outcome::Failed { code: error.code, message: error.message.clone() };
        self.note_with(JournalEvent::Call { call: job.id.clone(), of, outcome, duration_ms }, job.payload(0));
    }

    /// Rows are charged when they were counted.
    fn charge_rows(&self, job: &Job, done: &Done) -> Vec<Charge> {
        let now = self.now();
        let reservation = job.reservation.lock().unwrap_or_else(PoisonError::into_inner);
        reservation.as_ref().map(|reserved| self.limits().settle_rows(reserved, done.rows, now)).unwrap_or_default()
    }

    /// Writes a call down whose ticket ended without having run: refused by the person, expired, withdrawn or void.
    pub(crate) fn note_not_run(&self, id: &TicketId) {
        let ended = self.0.desk.look(id, |held| match &held.matter {
            Matter::Call { job, .. } if !held.ticket.state().is_open() => {
                Some((job.clone(), ended_error(held.ticket.state()), held.ticket.opened_at()))
            }
            _ => None,
        });
        let Some((job, error, opened_at)) = ended.flatten() else { return };
        let outcome = Outcome::Failed { code: error.code, message: error.message };
        let duration_ms = self.millis_since(opened_at);
        let event = JournalEvent::Call { call: job.id.clone(), of: Self::header_of(&job), outcome, duration_ms };
        self.note_with(event, job.payload(0));
    }

    pub(crate) fn header_of(job: &Job) -> CallHeader {
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
            policy: job.judgement().map(|judgement| judgement.policy),
            plan: None,
            undoes: None,
        }
    }
}

/// Errors of a call that ended before anything of it was sent.
fn is_before_sending(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Unreachable
            | ErrorCode::CertificateRefused
            | ErrorCode::InvalidAddress
            | ErrorCode::ConnectionUnavailable
            | ErrorCode::VaultLocked
            | ErrorCode::VaultUnavailable
            | ErrorCode::Paused
    )
}

/// What the person approves: the call and the values it was shown with.
pub(crate) fn shown_digest(key: &Digest, observed: &Value) -> Digest {
    Hasher::new("shown").part(key.as_bytes()).json(observed).finish()
}

fn answer_of(done: Done) -> CallAnswer {
    CallAnswer { images: done.images, ..CallAnswer::text(done.answer.to_string()) }
}
